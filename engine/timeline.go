package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Range bounds a question over time. The zero Range is all of time, as learned
// since the office was founded.
type Range struct {
	// From and To bound effective time, half-open; zero is an open end.
	From, To time.Time
	// Since is the first that is known; zero is the founding. The last is what
	// the question says to be known.
	Since Known
}

func (r Range) instants() (from, to timeline.Instant) {
	from, to = timeline.Always, timeline.Never
	if !r.From.IsZero() {
		from = timeline.Of(r.From)
	}
	if !r.To.IsZero() {
		to = timeline.Of(r.To)
	}
	return from, to
}

// Timeline answers one question at every moment of a range, as known at one
// position; the effective time of the question does not matter. Errors are those
// of [Engine.Ask].
func (e *Engine) Timeline(ctx context.Context, q Question, r Range) (standing.Timeline, error) {
	m, _, err := e.moment(ctx, q)
	if err != nil {
		return standing.Timeline{}, err
	}
	from, to := r.instants()
	tl, err := m.Timeline(q.Subject, q.Privilege, from, to, q.Request)
	return tl, outward(err)
}

// Timelines answers every privilege that can be asked of the subject at every
// moment of a range; the privilege of the question does not matter.
func (e *Engine) Timelines(ctx context.Context, q Question, r Range) ([]standing.Timeline, error) {
	m, _, err := e.moment(ctx, q)
	if err != nil {
		return nil, err
	}
	from, to := r.instants()
	all, err := m.Timelines(q.Subject, from, to, q.Request)
	return all, outward(err)
}

// NextChange returns when the answer to a question changes next, what it changes
// to, and why; false if nothing on record changes it.
func (e *Engine) NextChange(ctx context.Context, q Question) (standing.Change, bool, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return standing.Change{}, false, err
	}
	next, changes, err := m.NextChange(q.Subject, q.Privilege, timeline.Of(asOf), q.Request)
	return next, changes, outward(err)
}

// KnownTimeline answers one question about one moment as known at every position
// of a range that can be asked at.
func (e *Engine) KnownTimeline(ctx context.Context, q Question, r Range) (standing.KnownTimeline, error) {
	root, asOf, first, last, err := e.learned(ctx, q, r)
	if err != nil {
		return standing.KnownTimeline{}, err
	}
	tl, err := standing.Known(ctx, root, q.Subject, q.Privilege, timeline.Of(asOf), first, last, q.Request)
	return tl, outward(err)
}

// TimeMap answers one question at every moment of a range, as known at every
// position of it that can be asked at.
func (e *Engine) TimeMap(ctx context.Context, q Question, r Range) (standing.Map, error) {
	root, _, first, last, err := e.learned(ctx, q, r)
	if err != nil {
		return standing.Map{}, err
	}
	from, to := r.instants()
	m, err := standing.Mapped(ctx, root, q.Subject, q.Privilege, from, to, first, last, q.Request)
	return m, outward(err)
}

// learned settles what a question over known time goes by: one root, and the
// first and the last position.
func (e *Engine) learned(ctx context.Context, q Question, r Range) (root *projections.Root, asOf time.Time, first, last domain.Position, err error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return nil, asOf, 0, 0, err
	}
	now := e.Now()
	root = e.Root()
	if last, err = e.position(root, q.AsKnown, now); err != nil {
		return nil, asOf, 0, 0, err
	}
	if first = foundingEnds(root); r.Since != (Known{}) {
		if first, err = e.position(root, r.Since, now); err != nil {
			return nil, asOf, 0, 0, err
		}
	}
	if first > last {
		return nil, asOf, 0, 0, &KnownError{At: last, Text: fmt.Sprintf("as known from %d to %d: the first position comes after the last", first, last)}
	}
	if asOf = q.AsOf; asOf.IsZero() {
		asOf = now
	}
	return root, asOf, first, last, nil
}
