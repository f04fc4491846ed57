package decisions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
)

// ErrRecord is returned for bytes that are no record of this log, in its one form.
var ErrRecord = errors.New("not a record of answers given")

// ErrNewer is returned for a log of a format that a later program writes.
var ErrNewer = errors.New("the log of answers was written by a later program: upgrade to read it")

// A head is what every record begins with.
type head struct {
	Type     string         `json:"type"`
	ID       domain.EventID `json:"id"`
	Recorded instant        `json:"recorded"`
}

// An instant is written as the office's log writes it.
type instant time.Time

func (i instant) MarshalJSON() ([]byte, error) {
	t := time.Time(i).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("the year %d can't be written", y)
	}
	return strconv.AppendQuote(nil, calendar.FormatInstant(t)), nil
}

func (i *instant) UnmarshalJSON(data []byte) error {
	text, err := strconv.Unquote(string(data))
	if err != nil {
		return fmt.Errorf("%s is not an instant", data)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	*i = instant(t.UTC())
	return err
}

// An asked is whom a question is about, who need not be on record.
type asked domain.Subject

func (a asked) MarshalText() ([]byte, error) { return []byte(domain.Subject(a).String()), nil }

func (a *asked) UnmarshalText(text []byte) error {
	s, err := domain.ParseAsked(string(text))
	*a = asked(s)
	return err
}

// The bodies as they are written. The answer itself follows its record's other
// keys, as it is.
type (
	boundJSON struct {
		Format   int             `json:"format"`
		Office   domain.OfficeID `json:"office"`
		Founding eventlog.Hash   `json:"founding"`
	}
	openedJSON struct {
		Session domain.EventID `json:"session"`
		Mode    Mode           `json:"mode"`
		Since   instant        `json:"since"`
	}
	answeredJSON struct {
		Session   domain.EventID  `json:"session"`
		By        string          `json:"by,omitempty"`
		Call      Call            `json:"call"`
		Batch     *batchJSON      `json:"batch,omitempty"`
		Office    domain.OfficeID `json:"office"`
		Question  questionJSON    `json:"question"`
		Root      domain.Position `json:"root"`
		Semantics int             `json:"semantics"`
	}
	batchJSON struct {
		First  domain.EventID `json:"first"`
		Number int            `json:"number"`
		Of     int            `json:"of"`
	}
	questionJSON struct {
		Subject   asked             `json:"subject"`
		Privilege domain.Privilege  `json:"privilege,omitempty"`
		View      string            `json:"view,omitempty"`
		AsOf      instant           `json:"as_of"`
		AsKnown   domain.Position   `json:"as_known"`
		Request   map[string]string `json:"request,omitempty"`
	}
	gapJSON struct {
		Session domain.EventID `json:"session"`
		From    instant        `json:"from"`
		To      instant        `json:"to"`
		Count   int            `json:"count"`
		Reason  Reason         `json:"reason"`
	}
	closedJSON struct {
		Session domain.EventID `json:"session"`
		Answers int            `json:"answers"`
		Missing int            `json:"missing"`
	}
)

// Encode returns the one stored form of a record.
func Encode(r Record) ([]byte, error) {
	rest, err := encodeBody(r.Body)
	if err != nil {
		return nil, err
	}
	return encodeWith(r.Body.Type(), r.ID, r.Recorded, rest)
}

// encodeWith puts the head of a record before the rest of it.
func encodeWith(typ string, id domain.EventID, recorded time.Time, rest []byte) ([]byte, error) {
	data, err := marshal(head{typ, id, instant(recorded)})
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", typ, err)
	}
	data = append(data[:len(data)-1], ',')
	return append(data, rest...), nil
}

// encodeBody returns what follows the head.
func encodeBody(body Body) ([]byte, error) {
	if err := check(body); err != nil {
		return nil, fmt.Errorf("encode %s: %w", body.Type(), err)
	}
	var out any
	var answer []byte
	switch b := body.(type) {
	case Bound:
		out = boundJSON{Format, b.Office, b.Founding}
	case Opened:
		out = openedJSON{b.Session, b.Mode, instant(b.Since)}
	case Answer:
		q := b.Question
		line := answeredJSON{b.Session, b.By, b.Call, nil, b.Office, questionJSON{asked(q.Subject), q.Privilege, q.View, instant(q.AsOf), q.AsKnown, q.Request}, b.Root, b.Semantics}
		if b.Batch != (Batch{}) {
			line.Batch = &batchJSON{b.Batch.First, b.Batch.Number, b.Batch.Of}
		}
		out, answer = line, b.Bytes
	case Gap:
		out = gapJSON{b.Session, instant(b.From), instant(b.To), b.Count, b.Reason}
	case Closed:
		out = closedJSON(b)
	}
	data, err := marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", body.Type(), err)
	}
	if answer != nil {
		data = append(data[:len(data)-1], `,"answer":`...)
		data = append(append(data, answer...), '}')
	}
	return data[1:], nil
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Decode reads what Encode writes, and nothing else: an error matches
// [ErrRecord], or [ErrNewer].
func Decode(data []byte) (Record, error) {
	r, err := decode(data)
	if err != nil {
		return Record{}, err
	}
	again, err := Encode(r)
	if err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	if !bytes.Equal(again, data) {
		return Record{}, fmt.Errorf("%w: %s is not written in its one form (differs at byte %d)", ErrRecord, r.Body.Type(), firstDifference(again, data))
	}
	return r, nil
}

func decode(data []byte) (Record, error) {
	var peek head
	if !utf8.Valid(data) {
		return Record{}, fmt.Errorf("%w: not UTF-8", ErrRecord)
	}
	if err := json.Unmarshal(data, &peek); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	r := Record{ID: peek.ID, Recorded: time.Time(peek.Recorded)}
	var err error
	switch peek.Type {
	case typeBound:
		var in boundJSON
		err = strictly(data, &struct {
			head
			*boundJSON
		}{boundJSON: &in})
		if err == nil && in.Format > Format {
			return Record{}, fmt.Errorf("%w (format %d, and this one reads %d)", ErrNewer, in.Format, Format)
		}
		r.Body = Bound{in.Office, in.Founding}
	case typeOpened:
		var in openedJSON
		err = strictly(data, &struct {
			head
			*openedJSON
		}{openedJSON: &in})
		r.Body = Opened{in.Session, in.Mode, time.Time(in.Since)}
	case typeAnswered:
		var in struct {
			head
			answeredJSON
			Answer json.RawMessage `json:"answer"`
		}
		err = strictly(data, &in)
		q := in.Question
		a := Answer{
			Session: in.Session, By: in.By, Call: in.Call, Office: in.Office, Root: in.Root, Semantics: in.Semantics, Bytes: in.Answer,
			Question: Asked{domain.Subject(q.Subject), q.Privilege, q.View, time.Time(q.AsOf), q.AsKnown, q.Request},
		}
		if in.Batch != nil {
			a.Batch = Batch{in.Batch.First, in.Batch.Number, in.Batch.Of}
		}
		r.Body = a
	case typeGap:
		var in gapJSON
		err = strictly(data, &struct {
			head
			*gapJSON
		}{gapJSON: &in})
		r.Body = Gap{in.Session, time.Time(in.From), time.Time(in.To), in.Count, in.Reason}
	case typeClosed:
		var in closedJSON
		err = strictly(data, &struct {
			head
			*closedJSON
		}{closedJSON: &in})
		r.Body = Closed(in)
	default:
		return Record{}, fmt.Errorf("%w: unknown type %q", ErrRecord, peek.Type)
	}
	if err != nil {
		return Record{}, fmt.Errorf("%w: %s: %w", ErrRecord, peek.Type, err)
	}
	return r, nil
}

// strictly reads one object without keys that it does not know.
func strictly(data []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the end of the record")
	}
	return nil
}

// check refuses what no reader would take.
func check(body Body) error {
	switch b := body.(type) {
	case Bound:
		return errors.Join(checkOffice(b.Office), unless(b.Founding != eventlog.Hash{}, "the founding is not named"))
	case Opened:
		return errors.Join(checkSession(b.Session), checkMode(b.Mode))
	case Answer:
		return errors.Join(checkSession(b.Session), checkOffice(b.Office), checkAnswer(b))
	case Gap:
		return errors.Join(checkSession(b.Session), unless(b.Count > 0, "a gap of %d answers", b.Count), unless(!b.To.Before(b.From), "a gap that ends before it begins"),
			unless(b.Reason == QueueFull || b.Reason == TooLarge || b.Reason == Refused, "unknown reason %q", b.Reason))
	case Closed:
		return errors.Join(checkSession(b.Session), unless(b.Answers >= 0 && b.Missing >= 0, "a count below nothing"))
	default:
		return errors.New("there is nothing in the record")
	}
}

func checkAnswer(a Answer) error {
	q := a.Question
	if _, err := domain.ParseAsked(q.Subject.String()); err != nil {
		return err
	}
	var errs []error
	switch a.Call {
	case CallAsk, CallStanding:
		errs = append(errs, unless(q.Privilege != "" && q.View == "", "%s asks about one privilege, and no view", a.Call))
	case CallCard:
		errs = append(errs, unless(q.Privilege == "" && q.View != "", "a card is of a view, and of no single privilege"))
	default:
		errs = append(errs, fmt.Errorf("unknown call %q", a.Call))
	}
	b := a.Batch
	if a.Call == CallStanding {
		errs = append(errs, unless(!b.First.IsZero() && b.Number >= 1 && b.Number <= b.Of, "record %d of %d of a standing", b.Number, b.Of))
	} else {
		errs = append(errs, unless(b == Batch{}, "only a standing has several records"))
	}
	errs = append(errs,
		unless(q.AsKnown > 0 && q.AsKnown <= a.Root, "as known at %d by who had read up to %d", q.AsKnown, a.Root),
		unless(a.Semantics >= 1, "semantics version %d", a.Semantics), checkBytes(a.Bytes))
	return errors.Join(errs...)
}

// checkBytes refuses what is not one object of JSON without white space.
func checkBytes(answer []byte) error {
	if len(answer) == 0 || answer[0] != '{' {
		return errors.New("the answer is not an object")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, answer); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	return errors.Join(unless(bytes.Equal(compact.Bytes(), answer), "the answer has white space"), unless(utf8.Valid(answer), "the answer is not UTF-8"))
}

func checkMode(m Mode) error {
	if m == Strict || m == BestEffort {
		return nil
	}
	return fmt.Errorf("unknown mode %q: it is %s or %s", m, Strict, BestEffort)
}

func checkSession(id domain.EventID) error { return unless(!id.IsZero(), "no session is named") }

func checkOffice(id domain.OfficeID) error {
	if err := domain.CheckID(string(id)); err != nil {
		return fmt.Errorf("office: %w", err)
	}
	return nil
}

func unless(fine bool, format string, args ...any) error {
	if fine {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
