package codec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A Draft is an event as somebody wrote it down for the office to record. What
// was not given is zero in the envelope: the engine fills it in.
type Draft struct {
	Envelope domain.Envelope
	// HasRecorded says that the writer stated when it was recorded, which only
	// an office of past records lets them.
	HasRecorded bool
	// HasEffective is false for a retraction that did not say since when: it
	// takes effect when it is recorded.
	HasEffective bool
	// Ref is the name of this draft within its file, and TargetRef that of the
	// draft it acts on; see [Refs].
	Ref, TargetRef string
}

// MaxLine is how many bytes a line of a file of events may have.
const MaxLine = 128 << 10

var (
	draftKeys  = append(slices.Clone(envelopeKeys), "ref")
	givenKeys  = []string{"type", "subject", "effective"} // that a writer must give
	retractKey = []string{"type", "subject"}              // and for a retraction
)

// DecodeDraft reads the door form of an event: the stored form in which times
// may be written as [calendar.ParseWhen] reads them, a bare date being in the
// office's zone, and in which all may be left out but type, subject, effective
// and what the payload requires. Errors are as those of [Decode]. It refuses
// besides what no office would record: an event without the authority or the
// target that it needs, or with a target that it cannot have.
func DecodeDraft(line []byte, office calendar.Zone) (Draft, error) {
	return known.decodeDraft(line, office)
}

func (k registry) decodeDraft(line []byte, office calendar.Zone) (Draft, error) {
	if len(line) > MaxLine {
		return Draft{}, fmt.Errorf("%w: the line has more than %d bytes", ErrTooLong, MaxLine)
	}
	r := newReader(line)
	defer r.done()
	r.door, r.office = true, office
	d, err := k.readLine(r, line, draftKeys, retractKey)
	if err != nil {
		return Draft{}, err
	}
	if _, retracted := d.Envelope.Event.(domain.EventRetracted); !d.HasEffective && !retracted {
		return Draft{}, &Error{Err: missingKeys(without(givenKeys, retractKey))}
	}
	if err := checkDraft(d); err != nil {
		return Draft{}, err
	}
	return d, nil
}

// checkDraft refuses what no office would record, whatever it knows.
func checkDraft(d Draft) error {
	e := d.Envelope
	says := e.Event
	if corrected, ok := says.(domain.EventCorrected); ok {
		says = corrected.Body
	}
	targets := !e.Target.IsZero() || d.TargetRef != ""
	switch {
	case domain.NeedsAuthority(says) && strings.TrimSpace(e.Authority) == "":
		return &Error{Pointer: "/authority", Err: fmt.Errorf("%s needs the law, note or order that it relies upon", says.Type())}
	case domain.NeedsTarget(e.Event) && !targets:
		return &Error{Pointer: "/target", Err: fmt.Errorf(`%s needs the event that it acts on: its id, or "#" and the ref of an earlier line`, e.Type())}
	case targets && !domain.MayTarget(e.Event):
		return &Error{Pointer: "/target", Err: fmt.Errorf("%s acts on no other event: leave the target out, or record event.corrected", e.Type())}
	}
	if !slices.Contains(domain.Kinds(says), e.Subject.Kind) {
		return &Error{Pointer: "/subject", Err: fmt.Errorf("%s is about %s, not about %s", says.Type(), domain.KindsText(says), e.Subject)}
	}
	if revoked, ok := e.Event.(domain.PrivilegeRevoked); ok && !targets && len(revoked.Privileges) == 0 {
		return &Error{Pointer: "/payload", Err: errors.New("a revocation names the grant that it ends as target, or the privileges that it denies")}
	}
	return nil
}

// readTarget reads the id of an event or, at the doors, "#" and a ref.
func (d *Draft) readTarget(text string, door bool) (err error) {
	if ref, isRef := strings.CutPrefix(text, "#"); door && isRef {
		d.TargetRef = ref
		return domain.CheckID(ref)
	}
	d.Envelope.Target, err = parseULID(domain.ParseEventID, text)
	if err != nil && door {
		return fmt.Errorf(`%w; or write "#" and the ref of an earlier line`, err)
	}
	return err
}

// DecodeDrafts reads a file of events, one in the door form on each line.
// Blank lines and lines that begin with # are skipped. A line that cannot be
// read is yielded as a [*LineError] and the next one follows, so that all
// mistakes can be shown at once; so is an error of r, which ends the sequence.
// It holds one line at a time.
func DecodeDrafts(r io.Reader, office calendar.Zone) iter.Seq2[Draft, error] {
	return func(yield func(Draft, error) bool) {
		in := bufio.NewReaderSize(r, MaxLine+2) // a line with its CR and LF
		for n := 1; ; n++ {
			line, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, ErrTooLong) {
				yield(Draft{}, &LineError{Line: n, Err: err})
				return
			}
			ended := errors.Is(err, io.EOF)
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\ufeff")) // some editors mark UTF-8 so
			}
			line = bytes.TrimSpace(line)
			if !errors.Is(err, ErrTooLong) {
				err = nil
			}
			if err != nil || len(line) > 0 && line[0] != '#' {
				var d Draft
				if err == nil {
					d, err = DecodeDraft(line, office)
				}
				if err != nil {
					err = &LineError{Line: n, Err: err}
				}
				if !yield(d, err) {
					return
				}
			}
			if ended {
				return
			}
		}
	}
}

// readLine returns the next line, valid until the next call, and io.EOF with
// the last. Of a line that is too long it returns only that error.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, fmt.Errorf("%w: the line has more than %d bytes", ErrTooLong, MaxLine)
}

// Refs resolves the refs of one file: the zero value knows none yet.
type Refs struct {
	ids map[string]domain.EventID
}

// Resolve puts the id of the draft's target in its envelope, if it names one by
// ref, and remembers the draft's own ref. The draft must have its id by then.
// Refs are used in the order of the file: a target is an earlier line.
func (r *Refs) Resolve(d *Draft) error {
	if d.TargetRef != "" {
		id, found := r.ids[d.TargetRef]
		if !found {
			var refs []string
			for ref := range r.ids {
				refs = append(refs, ref)
			}
			return &Error{Pointer: "/target", Err: fmt.Errorf("no earlier line has the ref %q%s", d.TargetRef, domain.DidYouMean(d.TargetRef, refs))}
		}
		d.Envelope.Target = id
	}
	if d.Ref == "" {
		return nil
	}
	if _, taken := r.ids[d.Ref]; taken {
		return &Error{Pointer: "/ref", Err: fmt.Errorf("an earlier line has the ref %q already: choose another", d.Ref)}
	}
	if r.ids == nil {
		r.ids = map[string]domain.EventID{}
	}
	r.ids[d.Ref] = d.Envelope.ID
	return nil
}
