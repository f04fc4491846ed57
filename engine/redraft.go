package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Redrafted is an answer on record, decided again with a draft.
type Redrafted struct {
	decisions.Entry
	Answer decisions.Answer
	Shift  Shift
	// Was and Is are the decisions; those of a card are zero.
	Was, Is domain.Decision
	// Differences are the fields of a card that differ.
	Differences []decisions.Difference
	// Problem says why it can't be decided again, or is no answer under the draft.
	Problem string
	// NotDecidable says that it can't be decided again; see [ErrUndecidable].
	NotDecidable bool
}

// Redraft decides answers again with a draft in place of every edition of its ruleset, at
// the same two times and with the same request, by several workers, and yields what
// would become of each in the order in which they come. Other records are passed over.
// An error is that of the records, or the context's, and ends the loop. That of the
// draft itself is returned at once: see [Engine.Suppose].
func (e *Engine) Redraft(ctx context.Context, d Draft, records iter.Seq2[decisions.Entry, error], workers int) (*Supposition, iter.Seq2[Redrafted, error], error) {
	d.Instead = true
	root := e.Root()
	s, err := e.Suppose(ctx, standing.At(root, root.Position()), d)
	if err != nil {
		return nil, nil, err
	}
	return s, inOrder(ctx, records, workers, func(ctx context.Context, entry decisions.Entry, a decisions.Answer) (Redrafted, error) {
		out := Redrafted{Entry: entry, Answer: a, Shift: ShiftNone}
		is, err := again(ctx, s.Root(), a, a.Question.AsKnown)
		switch {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case errors.Is(err, ErrUndecidable):
			out.NotDecidable, out.Problem = true, err.Error()
			return out, nil
		case err != nil:
			out.Shift, out.Problem = ShiftCannotTell, err.Error()
			return out, nil //nolint:nilerr // it is told with the answer
		case a.Call == decisions.CallCard:
			if out.Differences = butForEditions(decisions.Compare(a.Bytes, is)); len(out.Differences) > 0 {
				out.Shift = ShiftOther
			}
			return out, nil
		}
		if out.Was, err = codec.DecodeDecision(a.Bytes); err != nil {
			return out, fmt.Errorf("record %d of the log of answers: %w", entry.Position, err)
		}
		if out.Is, err = codec.DecodeDecision(is); err != nil {
			return out, fmt.Errorf("record %d of the log of answers, decided with the draft: %w", entry.Position, err)
		}
		out.Shift = ShiftOf(out.Was, out.Is)
		return out, nil
	}), nil
}

// Beside answers a question that was answered once more, at the same two times and with
// the same request, with a draft in place of every edition of its ruleset. It records
// nothing. Errors are those of [Engine.Suppose] and [Engine.Ask].
func (e *Engine) Beside(ctx context.Context, d Draft, given domain.Decision) (domain.Decision, error) {
	d.Instead = true
	s, err := e.Suppose(ctx, standing.At(e.Root(), given.AsKnown), d)
	if err != nil {
		return domain.Decision{}, err
	}
	is, err := s.Decide(given.Subject, given.Privilege, timeline.Of(given.AsOf), given.Request)
	is.Semantics = Semantics
	return is, outward(err)
}

// butForEditions leaves out that the editions are others, which goes without saying.
func butForEditions(list []decisions.Difference) []decisions.Difference {
	return slices.DeleteFunc(list, func(d decisions.Difference) bool { return strings.HasPrefix(d.Field, "editions") })
}
