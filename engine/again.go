package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// ErrUndecidable is returned for an answer that can't be decided again: this
// program does not implement its semantics version, or the log does not reach to
// what was known.
var ErrUndecidable = errors.New("can't be decided again")

// Again decides what was answered once more, as it was asked, and returns the
// bytes. It records nothing. The error matches [ErrUndecidable], or is what the
// question comes to now.
func (e *Engine) Again(ctx context.Context, a decisions.Answer) ([]byte, error) {
	if err := e.works(); err != nil {
		return nil, err
	}
	return again(ctx, e.Root(), a, a.Question.AsKnown)
}

func again(ctx context.Context, root *projections.Root, a decisions.Answer, k domain.Position) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case a.Semantics != Semantics:
		return nil, fmt.Errorf("%w: it has semantics version %d, and this program implements %d", ErrUndecidable, a.Semantics, Semantics)
	case k > root.Position():
		return nil, fmt.Errorf("%w: it was known at %d, and the log ends at %d", ErrUndecidable, k, root.Position())
	}
	m, q, t := standing.At(root, k), a.Question, timeline.Of(a.Question.AsOf)
	if a.Call == decisions.CallCard {
		card, err := m.Card(q.View, q.Subject, t, q.Request)
		if err != nil {
			return nil, outward(err)
		}
		return encodeCard(card)
	}
	d, err := m.Decide(q.Subject, q.Privilege, t, q.Request)
	if err != nil {
		return nil, outward(err)
	}
	d.Semantics = Semantics
	return codec.EncodeDecision(d)
}

// A Repetition is what became of an answer that was decided again.
type Repetition string

// Decided again, an answer is the same bytes or others, or it can't be decided.
const (
	RepeatedEqual     Repetition = "equal"
	RepeatedDifferent Repetition = "different"
	NotDecidable      Repetition = "not_decidable"
)

// A Redecided is an answer on record, decided again.
type Redecided struct {
	decisions.Entry
	Answer decisions.Answer
	Result Repetition
	// Differences are the fields that differ; Problem says why there is no
	// answer now, or none that can be compared.
	Differences []decisions.Difference
	Problem     string
}

// Redecide decides answers again, by several workers, and yields what became of
// each in the order in which they come. Other records are passed over. An error
// is that of the records, or the context's, and ends the loop.
func (e *Engine) Redecide(ctx context.Context, records iter.Seq2[decisions.Entry, error], workers int) iter.Seq2[Redecided, error] {
	root := e.Root()
	return inOrder(ctx, records, workers, func(ctx context.Context, entry decisions.Entry, a decisions.Answer) (Redecided, error) {
		out := Redecided{Entry: entry, Answer: a, Result: RepeatedEqual}
		if err := e.works(); err != nil {
			return out, err
		}
		is, err := again(ctx, root, a, a.Question.AsKnown)
		switch {
		case ctx.Err() != nil:
			return out, ctx.Err()
		case errors.Is(err, ErrUndecidable):
			out.Result, out.Problem = NotDecidable, err.Error()
		case err != nil:
			out.Result, out.Problem = RepeatedDifferent, "there was an answer, and now there is an error: "+err.Error()
		case !bytes.Equal(a.Bytes, is):
			out.Result, out.Differences = RepeatedDifferent, decisions.Compare(a.Bytes, is)
		}
		return out, nil
	})
}

// A Reconsidered is an answer on record beside what it would be as known now.
type Reconsidered struct {
	decisions.Entry
	Answer decisions.Answer
	// Changed says that it would be another: another outcome or other conditions,
	// or on a card other words.
	Changed bool
	// Was and Is are the decisions; those of a card are zero.
	Was, Is domain.Decision
	// Differences are the fields that differ, but for what was known.
	Differences []decisions.Difference
	// Because are the positions of the events, recorded since, that changed it.
	Because []domain.Position
	// Problem says why it can't be reconsidered, or is no answer any more.
	Problem string
}

// Reconsider decides answers as known now. It yields all of them, in the order in
// which they come. Errors are as those of Redecide.
func (e *Engine) Reconsider(ctx context.Context, records iter.Seq2[decisions.Entry, error], workers int) iter.Seq2[Reconsidered, error] {
	root := e.Root()
	return inOrder(ctx, records, workers, func(ctx context.Context, entry decisions.Entry, a decisions.Answer) (Reconsidered, error) {
		out := Reconsidered{Entry: entry, Answer: a}
		if err := e.works(); err != nil {
			return out, err
		}
		err := out.reconsider(ctx, root)
		return out, err
	})
}

func (r *Reconsidered) reconsider(ctx context.Context, root *projections.Root) error {
	a := r.Answer
	if a.Question.AsKnown > root.Position() {
		r.Problem = fmt.Sprintf("it was known at %d, and the log ends at %d", a.Question.AsKnown, root.Position())
		return nil
	}
	is, err := again(ctx, root, a, root.Position())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrUndecidable):
		r.Problem = err.Error()
		return nil
	case err != nil:
		r.Changed, r.Problem = true, "there is no answer any more: "+err.Error()
		return nil //nolint:nilerr // that is what is reported
	}
	for _, d := range decisions.Compare(a.Bytes, is) {
		if d.Field != "as_known" {
			r.Differences = append(r.Differences, d)
		}
	}
	if a.Call == decisions.CallCard {
		r.Changed = slices.ContainsFunc(r.Differences, func(d decisions.Difference) bool { return strings.HasPrefix(d.Field, "said") })
		r.Because = since(root, a, domain.Decision{}, domain.Decision{})
		return nil
	}
	if r.Was, err = codec.DecodeDecision(a.Bytes); err != nil {
		r.Problem = err.Error()
		return nil //nolint:nilerr // as above
	}
	if r.Is, err = codec.DecodeDecision(is); err != nil {
		return err
	}
	r.Changed = r.Was.Outcome != r.Is.Outcome || !slices.EqualFunc(r.Was.Conditions, r.Is.Conditions, func(x, y domain.Condition) bool {
		return x.Code == y.Code && x.State == y.State && slices.Equal(x.Params, y.Params)
	})
	if r.Changed {
		r.Because = since(root, a, r.Was, r.Is)
	}
	return nil
}

// since are the events recorded after an answer that it would rest on now, or
// that say something else of what it rested on; if there are none, those about
// the subject. A step towards a publication changes no answer, and is none of them.
func since(root *projections.Root, a decisions.Answer, was, is domain.Decision) []domain.Position {
	view, k := root.View(), a.Question.AsKnown
	found := map[domain.Position]bool{}
	for at := range cited(is) {
		if at >= k {
			found[at] = true
		}
	}
	acted := func(s domain.Subject, on func(domain.Envelope) bool) {
		for _, at := range view.Events(s) {
			if e, _ := view.Envelope(at); at >= k && !domain.PreparesLaw(e.Event) && on(e) {
				found[at] = true
			}
		}
	}
	for at := range cited(was) {
		if old, known := view.Envelope(at); known {
			acted(old.Subject, func(e domain.Envelope) bool { return e.Target == old.ID })
		}
	}
	if !slices.Equal(was.Editions, is.Editions) {
		for _, edition := range append(slices.Clone(was.Editions), is.Editions...) {
			acted(domain.Of(domain.KindRuleset, edition.Ruleset), func(domain.Envelope) bool { return true })
		}
	}
	if len(found) == 0 {
		acted(a.Question.Subject, func(domain.Envelope) bool { return true })
	}
	return slices.Sorted(maps.Keys(found))
}

// cited are the positions of the events that a decision rests on.
func cited(d domain.Decision) map[domain.Position]bool {
	out := map[domain.Position]bool{}
	for _, r := range d.Reasons {
		for _, at := range r.Events {
			out[at] = true
		}
	}
	for _, f := range d.Facts {
		for _, at := range f.Events {
			out[at] = true
		}
	}
	return out
}

// inOrder does something with each answer among records, by several workers, and
// yields the results in the order of the records.
func inOrder[T any](ctx context.Context, records iter.Seq2[decisions.Entry, error], workers int, do func(context.Context, decisions.Entry, decisions.Answer) (T, error)) iter.Seq2[T, error] {
	type outcome struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		line := make(chan chan outcome, max(workers, 1)) // bounds what is decided at once
		defer func() {
			stop()
			for range line { // the records are not read any more when this returns
			}
		}()
		go func() {
			defer close(line)
			for entry, err := range records {
				a, answered := entry.Body.(decisions.Answer)
				if err == nil && !answered {
					continue
				}
				result := make(chan outcome, 1)
				select {
				case line <- result:
				case <-ctx.Done():
					return
				}
				if err != nil {
					result <- outcome{err: err}
					return
				}
				go func() {
					value, err := do(ctx, entry, a)
					result <- outcome{value, err}
				}()
			}
		}()
		for result := range line {
			r := <-result
			if !yield(r.value, r.err) || r.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			var none T
			yield(none, err)
		}
	}
}
