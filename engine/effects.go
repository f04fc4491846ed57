package engine

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// An EffectsQuery asks what something that was recorded changed of the past. The
// zero query is about the last command.
type EffectsQuery struct {
	// Event, if AtEvent is set, is the position of an event: its command is meant,
	// whose events became known together.
	Event   domain.Position
	AtEvent bool
	// Since, if FromSince is set, is what was known before: everything recorded
	// afterwards is meant.
	Since     Known
	FromSince bool
	// Future asks also for what changed after it was recorded.
	Future bool
	// Privileges are those asked about; nil is all.
	Privileges []domain.Privilege
	// Request holds the facts of the request, the same for everybody.
	Request map[string]string
	// Given is the record of answers given; nil looks for none that are contradicted.
	Given    standing.Given
	Progress func(done, of int)
	AtLeast  domain.Position
}

// Effects are what a range of the log changed.
type Effects struct {
	// The events From to To-1 are meant. What was known before them is the log as
	// known at From, and what is known after them as known at To.
	From, To domain.Position
	// Recorded is when the last of them was recorded. Unless the future was asked
	// for, the time before it is looked at and no other.
	Recorded time.Time
	// Everybody says that what was recorded may reach everybody; otherwise Reached
	// is whom it may reach, and nobody else was asked.
	Everybody bool
	Reached   []domain.Subject
	// Changed yields what became otherwise, by subject, members first: see
	// [standing.Consequence]. Each loop over it asks anew.
	Changed iter.Seq2[standing.Consequence, error]
	// Events are those meant, if they are not recorded; see [Engine.Foresee].
	Events []domain.Envelope
}

// Effects says which answers about the past became otherwise by what was recorded,
// for whom and from when until when, and which of the answers given are contradicted
// by it. It records nothing. Errors match [ErrUnknown], [ErrKnown] or [ErrRequest],
// or are the context's.
func (e *Engine) Effects(ctx context.Context, q EffectsQuery) (*Effects, error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return nil, err
	}
	root := e.Root()
	from, to, err := e.rangeOf(root, q)
	if err != nil {
		return nil, err
	}
	return effects(ctx, root, from, to, q)
}

// effects asks what the events from one position to another changed.
func effects(ctx context.Context, root *projections.Root, from, to domain.Position, q EffectsQuery) (*Effects, error) {
	before, after := standing.At(root, from), standing.At(root, to)
	out := &Effects{From: from, To: to}
	until := timeline.Never
	if last, found := root.View().Envelope(to - 1); found && from < to {
		out.Recorded = last.Recorded
		if !q.Future {
			until = timeline.Of(last.Recorded)
		}
	}
	out.Reached, out.Everybody = standing.Reached(before, after)
	all := standing.Consequences{
		Before: before, After: after, Until: until, Who: out.Reached,
		Privileges: q.Privileges, Request: q.Request, Given: q.Given, Progress: q.Progress,
	}
	if err := all.Check(); err != nil {
		return nil, outward(err)
	}
	out.Changed = facing(all.All(ctx))
	return out, nil
}

// rangeOf finds the range of the log that is meant.
func (e *Engine) rangeOf(root *projections.Root, q EffectsQuery) (from, to domain.Position, err error) {
	head := root.Position()
	if q.FromSince {
		from, err = e.position(root, q.Since, e.Now())
		return from, head, err
	}
	at := q.Event
	if !q.AtEvent {
		at = head - 1
	}
	if at >= head {
		return 0, 0, &KnownError{At: at, Text: fmt.Sprintf("there is no event at %d: the log ends at %d, after event %d", at, head, head-1)}
	}
	from, to = at, at+1
	if first, _, inside := root.Splits(at); inside {
		from = first
	}
	if _, after, inside := root.Splits(at + 1); inside {
		to = after
	}
	if from == 0 {
		return 0, 0, &KnownError{At: at, Text: fmt.Sprintf("event %d is of the founding of the office: nothing was known before, so it changed nothing; the first position to look from is %d", at, to)}
	}
	return from, to, nil
}

// GivenIn finds contradicted answers in a log of answers given.
func GivenIn(of decisions.Given) standing.Given { return givenIn{of} }

type givenIn struct{ log decisions.Given }

// Given implements [standing.Given].
func (g givenIn) Given(ctx context.Context, s domain.Subject, p domain.Privilege) iter.Seq2[standing.GivenAnswer, error] {
	return func(yield func(standing.GivenAnswer, error) bool) {
		for a, err := range g.log.Given(ctx, s, p) {
			d := a.Decision
			one := standing.GivenAnswer{
				Position: uint64(a.Position), Recorded: a.Recorded, AsOf: d.AsOf, AsKnown: d.AsKnown, Request: d.Request,
				Outcome: d.Outcome, Conditions: d.Conditions,
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}
