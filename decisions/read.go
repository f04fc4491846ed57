package decisions

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// An Entry is a record with its place in the log of answers given.
type Entry struct {
	Position eventlog.Position
	Record
}

// Read yields the records of a log of answers from a position on. An error ends
// the loop; it names the position, and matches [ErrRecord] if that record, or a
// copy that the log keeps beside it, is not as it was written.
func Read(ctx context.Context, log eventlog.Log, from eventlog.Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		at := from
		for stored, err := range log.Read(ctx, from) {
			var r Record
			if err == nil {
				r, err = open(stored)
			}
			_, binds := r.Body.(Bound)
			if err == nil && binds != (at == 0) {
				err = fmt.Errorf("%w: the log begins with what binds it to an office, and nothing else does, but this is %s", ErrRecord, r.Body.Type())
			}
			if err != nil {
				yield(Entry{Position: at}, fmt.Errorf("record %d of the log of answers: %w", at, err))
				return
			}
			if !yield(Entry{at, r}, nil) {
				return
			}
			at++
		}
	}
}

// open decodes a stored record and holds the copies to it.
func open(stored eventlog.Record) (Record, error) {
	r, err := Decode(stored.Data)
	if err != nil {
		return r, err
	}
	subject := stored.Subject
	switch b := r.Body.(type) {
	case Answer:
		subject = b.Question.Subject.String()
	case Bound:
		subject = domain.Of(domain.KindOffice, b.Office).String()
	default: // about the office, which only the first record names
		if !strings.HasPrefix(subject, string(domain.KindOffice)+"/") {
			subject = string(domain.KindOffice)
		}
	}
	if stored.ID != eventlog.ID(r.ID) || !stored.Recorded.Equal(r.Recorded) || stored.Type != r.Body.Type() || stored.Subject != subject {
		return r, fmt.Errorf("%w: what the log says of it (%s, %s, about %s) is not what it says", ErrRecord, stored.ID, stored.Type, stored.Subject)
	}
	return r, nil
}

// BoundTo returns whose answers a log keeps. The error matches [ErrNotDecisions]
// if it holds something else, or nothing.
func BoundTo(ctx context.Context, log eventlog.Log) (Bound, error) {
	for stored, err := range log.Read(ctx, 0) {
		if err != nil {
			return Bound{}, fmt.Errorf("read the first record of the log of answers: %w", err)
		}
		r, err := Decode(stored.Data)
		if err != nil {
			return Bound{}, fmt.Errorf("%w: it begins with %q: %w", ErrNotDecisions, stored.Type, err)
		}
		bound, binds := r.Body.(Bound)
		if !binds {
			return Bound{}, fmt.Errorf("%w: it begins with %s", ErrNotDecisions, r.Body.Type())
		}
		return bound, nil
	}
	return Bound{}, fmt.Errorf("%w: it is empty", ErrNotDecisions)
}
