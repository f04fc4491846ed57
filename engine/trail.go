package engine

import (
	"context"
	"iter"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/projections/trail"
)

// A TrailQuery says which entries of the log are meant, as known.
type TrailQuery struct {
	AsKnown Known
	// Subject, if given, asks for the events about it and about everything on
	// which an answer about it may rest; with Alone, for its own only.
	Subject domain.Subject
	Alone   bool
	// Filter holds what else has to fit. Its Subjects are set from Subject.
	Filter trail.Filter
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// Trail returns the entries that fit, in the order of the log, all of one
// position, which it returns too. Nothing is kept of an entry that was yielded.
// The sequence yields an error, and then ends, if the context is done. Errors
// before it match [ErrUnknown] or [ErrKnown], or are the context's.
func (e *Engine) Trail(ctx context.Context, q TrailQuery) (iter.Seq2[trail.Entry, error], domain.Position, error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return nil, 0, err
	}
	root, now := e.Root(), e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return nil, 0, err
	}
	if err := checkPrivilege(root, q.Filter.Privilege, timeline.Of(now), k); err != nil {
		return nil, 0, err
	}
	for _, t := range q.Filter.Types {
		if err := checkType(t); err != nil {
			return nil, 0, err
		}
	}
	view := root.ViewAt(k)
	switch {
	case q.Subject.IsZero():
	case q.Alone:
		q.Filter.Subjects = []domain.Subject{q.Subject}
	default:
		q.Filter.Subjects = view.Relevant(q.Subject)
	}
	return func(yield func(trail.Entry, error) bool) {
		for one := range trail.Read(view, q.Filter) {
			if err := ctx.Err(); err != nil {
				yield(trail.Entry{}, err)
				return
			}
			if !yield(one, nil) {
				return
			}
		}
	}, k, nil
}

// EventTypes lists the types of event, and the families of which they are.
func EventTypes() []string {
	var out []string
	family := ""
	for _, t := range codec.Types() { // sorted
		if of, _, _ := strings.Cut(string(t), "."); of != family {
			family = of
			out = append(out, of)
		}
		out = append(out, string(t))
	}
	return out
}

func checkType(t string) error {
	known := EventTypes()
	for _, k := range known {
		if k == t {
			return nil
		}
	}
	return &UnknownError{What: "type of event", Name: t, Near: domain.Nearest(t, known)}
}
