package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// submit lets a writer submit something: new, or again what it does not know the
// outcome of, or that it knows very well.
func (w *world) submit(c *client, o *office) {
	var p proposal
	again := ""
	switch {
	case len(w.pending) > 0 && !w.chance(3):
		i := w.IntN(len(w.pending))
		p = w.pending[i]
		w.undeny(p.Correlation)
		w.pending = slices.Delete(w.pending, i, i+1)
		again = ", again"
	case len(w.acked) > 0 && w.chance(8):
		p = w.said[pick(w.generator, w.acked).key].proposal
		again = ", a repetition"
	default:
		p = w.propose(w.log)
		p.Correlation = fmt.Sprintf("p%d", len(w.said)+1)
		w.said[p.Correlation] = proposalState{proposal: p}
	}
	fresh := again == ""
	what := p.Correlation + again
	for _, d := range p.Drafts {
		what += fmt.Sprintf("; %s of %s on %s", d.Type(), d.Subject, d.Effective)
	}
	w.launch(c, o, what, &p, func(ctx context.Context) func() {
		receipt, err := o.engine.Submit(ctx, p.Command)
		return func() { w.submitted(c, o, p, fresh, receipt, err) }
	})
}

// submitted deals with the outcome of a submission.
func (w *world) submitted(c *client, o *office, p proposal, fresh bool, receipt engine.Receipt, err error) {
	recorded := w.said[p.Correlation].recorded
	if fresh && err != nil && !errors.Is(err, engine.ErrUncertain) {
		w.deny(p.Correlation, err)
	}
	var refused domain.Refusals
	switch {
	case err == nil:
		w.tell("%s: %s is recorded at %d to %d", c.name, p.Correlation, receipt.First, receipt.Position)
		w.acknowledged(p.Correlation, receipt)
		w.acked = append(w.acked, acked{p.Correlation, receipt})
		if at := o.engine.Position(); at < receipt.Position {
			w.fail(TokenHonoured, "%s acknowledged %d, and shows %d", o.name, receipt.Position, at)
		}
	case errors.As(err, &refused):
		w.tell("%s: %s is refused", c.name, p.Correlation)
		w.counts["refused"]++
		if recorded {
			w.fail(OneEffect, "%s is on record, and was refused when it came again: %v", p.Correlation, err)
		}
	case errors.Is(err, engine.ErrRepeated):
		w.fail(OneEffect, "%s is taken for another: %v", p.Correlation, err)
	case errors.Is(err, engine.ErrUncertain), errors.Is(err, context.Canceled), errors.Is(err, errLink),
		errors.Is(err, eventlog.ErrFull), errors.Is(err, eventlog.ErrConflict), errors.Is(err, engine.ErrUnreachable):
		w.tell("%s: outcome of %s: %v", c.name, p.Correlation, err)
		w.counts["unknown"]++
		w.pending = append(w.pending, p)
	default:
		w.fail(Progress, "%s fails: %v", p.Correlation, err)
	}
}

// deny notes that something was submitted once and was said not to be recorded.
func (w *world) deny(key string, err error) {
	state := w.said[key]
	if state.recorded {
		w.fail(Certain, "%s is on record, and was submitted once, which came to: %v", key, err)
	}
	state.denied = true
	w.said[key] = state
}

// undeny notes that it is submitted again.
func (w *world) undeny(key string) {
	state := w.said[key]
	state.denied = false
	w.said[key] = state
}

// acknowledged checks that what a receipt says is on record.
func (w *world) acknowledged(key string, r engine.Receipt) {
	if r.Position > domain.Position(len(w.log)) {
		w.fail(AckSurvives, "%s was acknowledged at %d, and %d is durable", key, r.Position, len(w.log))
	}
	for i, e := range w.log[r.First:r.Position] {
		if e.Correlation != key || e.ID != r.Events[i] {
			w.fail(AckSurvives, "%s was acknowledged at %d to %d, and there is %s", key, r.First, r.Position, e.Correlation)
		}
	}
	if int(r.Position-r.First) != len(w.said[key].Drafts) {
		w.fail(AckSurvives, "%s has %d events, and %d to %d was acknowledged", key, len(w.said[key].Drafts), r.First, r.Position)
	}
}

var privileges = []domain.Privilege{"imm.arrest", "imm.criminal", "tax.sales"}

// ask lets a reader ask something.
func (w *world) ask(c *client, o *office) {
	q := engine.Question{Subject: domain.Member(pick(w.generator, members)), Privilege: pick(w.generator, privileges)}
	what := fmt.Sprintf("%s %s", q.Subject, q.Privilege)
	switch n := w.IntN(12); {
	case n < 4:
		q.AsOf = w.instant()
		q.AsKnown = engine.Known{Position: w.known(o.shown), AtPosition: true}
		what += fmt.Sprintf(" as of %s as known at %d", calendar.FormatInstant(q.AsOf), q.AsKnown.Position)
	case n < 6:
		what += " now"
	case n < 10 && len(w.acked) > 0:
		last := w.acked[max(0, len(w.acked)-1-w.IntN(2))].receipt
		q.AtLeast = last.Position
		what += fmt.Sprintf(" at least at %d", q.AtLeast)
	case n < 11:
		q.AsOf = w.instant()
		q.AsKnown.By = calendar.Known{Bound: w.log[max(0, len(w.log)-1-w.IntN(6))].Recorded}
		what += " as known by " + calendar.FormatInstant(q.AsKnown.By.Bound)
	default:
		if w.chance(4) {
			w.askAll(c, o, q)
			return
		}
	}
	w.launch(c, o, what, nil, func(ctx context.Context) func() {
		d, err := o.engine.Ask(ctx, q)
		return func() { w.answered(c, o, q, d, err) }
	})
}

// answered checks one answer.
func (w *world) answered(c *client, o *office, q engine.Question, d domain.Decision, err error) {
	if err != nil {
		w.tell("%s is not answered: %v", c.name, err)
		w.counts["unanswered"]++
		if !expected(err, q) {
			w.fail(Progress, "%s %s can't be asked: %v", q.Subject, q.Privilege, err)
		}
		return
	}
	w.tell("%s hears %s as of %s as known at %d", c.name, d.Outcome, calendar.FormatInstant(d.AsOf), d.AsKnown)
	if bound := q.AsKnown.By.Bound; !bound.IsZero() {
		k := domain.Position(0)
		for k < domain.Position(len(w.log)) && !w.log[k].Recorded.After(bound) {
			k++
		}
		if d.AsKnown > k {
			w.fail(NoForesight, "%s answers from %d what was known by %s, which is %d", o.name, d.AsKnown, bound, k)
		}
	}
	w.told(o, q, d)
	if q.AsOf.IsZero() {
		w.counts["now"]++
		w.tellAgain(o, stated(q, d))
	}
	if w.chance(3) {
		w.holds(o, q, d)
	}
}

// tellAgain asks with stated times what was asked about now.
func (w *world) tellAgain(o *office, q engine.Question) {
	key := len(w.order)
	w.told(o, q, w.again(o.engine, q))
	if len(w.order) != key {
		w.fail(NowIsFold, "%s %s: the answer about now was of other times", q.Subject, q.Privilege)
	}
}

// askAll asks for every privilege of a member in one request.
func (w *world) askAll(c *client, o *office, q engine.Question) {
	q.Privilege = ""
	w.launch(c, o, fmt.Sprintf("all of %s", q.Subject), nil, func(ctx context.Context) func() {
		all, err := o.engine.Standing(ctx, q)
		return func() {
			if err != nil {
				if !expected(err, q) {
					w.fail(Progress, "the standing of %s can't be asked: %v", q.Subject, err)
				}
				return
			}
			w.counts["standings"]++
			w.tell("%s hears all as known at %d", c.name, all[0].AsKnown)
			for _, d := range all {
				if d.AsKnown != all[0].AsKnown || !d.AsOf.Equal(all[0].AsOf) {
					w.fail(OnePosition, "%s answers %s from %d and %s from %d", o.name, all[0].Privilege, all[0].AsKnown, d.Privilege, d.AsKnown)
				}
				if slices.Contains(privileges, d.Privilege) {
					w.told(o, q, d)
				}
			}
		}
	})
}
