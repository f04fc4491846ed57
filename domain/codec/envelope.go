package codec

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// MaxSize is how many bytes the stored form of an envelope may have.
const MaxSize = 64<<10 - 1

// The keys of an envelope, in the stored order.
var (
	envelopeKeys = []string{"id", "subject", "type", "version", "effective", "recorded", "actor", "authority",
		"command", "correlation", "target", "payload"}
	storedKeys = []string{"id", "subject", "type", "version", "effective", "recorded", "payload"} // that are never left out
)

// Encode returns the one stored form of an envelope. It refuses what [Decode]
// would not read back as the same, with an [*Error] that names the place, and
// what the log cannot hold, with an error matching [ErrTooLong].
func Encode(e domain.Envelope) ([]byte, error) { return known.encode(e) }

func (k registry) encode(e domain.Envelope) ([]byte, error) {
	data, err := k.append(make([]byte, 0, 512), e)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	if len(data) > MaxSize {
		return nil, fmt.Errorf("encode event %s: %w: %d bytes, of at most %d: keep long texts in a document and refer to it", e.ID, ErrTooLong, len(data), MaxSize)
	}
	return data, nil
}

func (k registry) append(dst []byte, e domain.Envelope) ([]byte, error) {
	switch {
	case e.ID.IsZero():
		return nil, under("id", errors.New("the event has no id yet"))
	case e.Event == nil:
		return nil, under("payload", errors.New("there is no event in the envelope"))
	}
	if _, err := domain.ParseSubject(e.Subject.String()); err != nil {
		return nil, under("subject", err)
	}
	if err := checkAbout(e); err != nil {
		return nil, under("subject", err)
	}
	if _, err := k.find(e.Type()); err != nil {
		return nil, under("type", err)
	}
	if err := checkInstant(e.Recorded); err != nil {
		return nil, under("recorded", err)
	}

	dst = fmt.Appendf(dst, `{"id":"%s","subject":"%s","type":"%s","version":%d,"effective":`,
		e.ID, e.Subject, e.Type(), k.newest(e.Type()))
	dst, err := appendWhen(dst, e.Effective)
	if err != nil {
		return nil, under("effective", err)
	}
	dst = fmt.Appendf(dst, `,"recorded":"%s"`, calendar.FormatInstant(e.Recorded))
	for _, word := range []struct{ key, text string }{
		{"actor", e.Actor}, {"authority", e.Authority}, {"command", textOf(e.Command)},
		{"correlation", e.Correlation}, {"target", textOf(e.Target)},
	} {
		if word.text == "" {
			continue
		}
		dst = fmt.Appendf(dst, `,"%s":`, word.key)
		if dst, err = appendText(dst, word.text); err != nil {
			return nil, under(word.key, err)
		}
	}
	dst = append(dst, `,"payload":`...)
	if dst, err = k.appendPayload(dst, e.Event); err != nil {
		return nil, under("payload", err)
	}
	return append(dst, '}'), nil
}

// Decode reads the stored form of an envelope, of any version ever written.
// It is strict: an [*Error] names the place of the first thing that Encode
// would not have written, and what to do about it. Only white space and the
// order of keys are free. A payload of an older version comes out as the newest.
func Decode(data []byte) (domain.Envelope, error) { return known.decode(data) }

func (k registry) decode(data []byte) (domain.Envelope, error) {
	if len(data) > MaxSize {
		return domain.Envelope{}, fmt.Errorf("decode event: %w: %d bytes, of at most %d", ErrTooLong, len(data), MaxSize)
	}
	if e, ok := k.scan(data); ok {
		return e, nil
	}
	return k.decodeAny(data)
}

// decodeAny reads the stored form in any order and with white space.
func (k registry) decodeAny(data []byte) (domain.Envelope, error) {
	r := newReader(data)
	defer r.done()
	d, err := k.readLine(r, data, envelopeKeys, storedKeys)
	if err != nil {
		return domain.Envelope{}, err
	}
	return d.Envelope, nil
}

// readLine reads an envelope in either form, with nothing after it.
func (k registry) readLine(r *reader, data []byte, keys, required []string) (Draft, error) {
	var (
		d     Draft
		b     body
		given []string
	)
	if err := checkUTF8(data); err != nil {
		return d, err
	}
	given = make([]string, 0, len(keys))
	err := r.object(keys, func(key string) error {
		given = append(given, key)
		switch key {
		case "type", "version", "payload":
			return b.read(k, r, key)
		default:
			return d.read(r, key)
		}
	})
	if err != nil {
		return d, err
	}
	if err := r.end(); err != nil {
		return d, err
	}
	for _, key := range required {
		if !contains(given, key) {
			return d, &Error{Err: missingKeys(without(required, given))}
		}
	}
	if d.Envelope.Event, err = b.finish(k, r, "/payload"); err != nil {
		return d, err
	}
	if err := checkAbout(d.Envelope); err != nil {
		return d, &Error{Pointer: "/subject", Err: err}
	}
	return d, nil
}

// read reads the value of a key of the envelope other than those of the body.
func (d *Draft) read(r *reader, key string) (err error) {
	e := &d.Envelope
	if key == "effective" {
		d.HasEffective = true
		e.Effective, err = r.when()
		return err
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	switch key {
	case "id":
		e.ID, err = parseULID(domain.ParseEventID, text)
	case "command":
		e.Command, err = parseULID(domain.ParseCommandID, text)
	case "target":
		err = d.readTarget(text, r.door)
	case "subject":
		e.Subject, err = domain.ParseSubject(text)
	case "recorded":
		d.HasRecorded = true
		e.Recorded, err = readRecorded(text, r)
	case "actor":
		e.Actor = text
	case "authority":
		e.Authority = text
	case "correlation":
		e.Correlation = text
	case "ref":
		d.Ref = text
		err = domain.CheckID(text)
	}
	return r.at(err)
}

func readRecorded(text string, r *reader) (time.Time, error) {
	if r.door {
		return calendar.ParseInstant(text, r.office)
	}
	return parseInstant(text)
}

// A ulid is one of the identifiers of 26 characters.
type ulid interface {
	IsZero() bool
	String() string
}

// textOf writes an id, and one not given as nothing.
func textOf(id ulid) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// parseULID refuses besides what the log writes otherwise: small letters, and
// the id that means none.
func parseULID[T ulid](parse func(string) (T, error), text string) (T, error) {
	id, err := parse(text)
	switch {
	case err != nil:
		return id, err
	case id.IsZero():
		return id, errors.New("an id of nothing but zeros means none: leave the key out")
	case strings.ToUpper(text) != text:
		return id, fmt.Errorf("the id %q is spelled otherwise in the log: write %q", text, id)
	default:
		return id, nil
	}
}

// checkAbout refuses an event about a subject of the wrong kind.
func checkAbout(e domain.Envelope) error {
	event := e.Event
	if corrected, ok := event.(domain.EventCorrected); ok && corrected.Body != nil {
		event = corrected.Body
	}
	if kind := event.About(); kind != "" && kind != e.Subject.Kind {
		return fmt.Errorf("%s is about a %s, not about %s: write %s/ID", event.Type(), kind, e.Subject, kind)
	}
	return nil
}
