package watch

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A walk goes along the path of the office for one subject, and finds where it comes to
// stand otherwise. Where it leads does not depend on when it is gone, nor in how many
// parts.
type walk struct {
	root    *projections.Root
	board   *standing.Board
	moment  func(domain.Position) *standing.Moment
	subject domain.Subject

	at     domain.Position
	now    timeline.Instant
	stance standing.Stance // at this point

	found func(at Token, stance standing.Stance, cause Cause, events []domain.Position)
}

// to goes on to a point: through events that may reach the subject, in order, and through
// time.
func (w *walk) to(events []domain.Position, at domain.Position, now timeline.Instant) error {
	for len(events) > 0 {
		first := events[0]
		begin, after, inside := first, first+1, false
		if b, a, in := w.root.Splits(first + 1); in {
			begin, after, inside = b, a, true
		} else if b, a, in := w.root.Splits(first); in {
			begin, after, inside = b, a, true
		}
		n := 1
		for inside && n < len(events) && events[n] < after {
			n++
		}
		if err := w.learn(events[:n], begin, after); err != nil {
			return err
		}
		events = events[n:]
	}
	return w.pass(now, at)
}

// learn goes on to what is known after a command, some of whose events may reach the
// subject.
func (w *walk) learn(events []domain.Position, begin, after domain.Position) error {
	recorded := timeline.Of(w.root.View().Recorded(after - 1))
	if err := w.pass(recorded, begin); err != nil {
		return err
	}
	w.at, w.now = after, max(w.now, recorded)
	return w.look(ByEvent, events)
}

// pass lets time pass, through each instant at which a fact changes. The position is the
// greatest that may have been reached meanwhile.
func (w *walk) pass(until timeline.Instant, most domain.Position) error {
	for w.stance.Until <= until {
		w.now = w.stance.Until
		w.at = max(w.at, min(w.root.KnownAt(w.now.Time()), most))
		if err := w.look(ByTime, nil); err != nil {
			return err
		}
	}
	return nil
}

// look works out how the subject stands at this point.
func (w *walk) look(cause Cause, events []domain.Position) error {
	next, err := w.board.Stance(w.moment(w.at), w.subject, w.now)
	if err != nil {
		return err
	}
	changed := !alike(w.stance.Verdicts, next.Verdicts) || !slices.Equal(w.stance.Posts, next.Posts)
	w.stance = next
	if changed {
		w.found(Token{w.at, w.now}, next, cause, slices.Clone(events))
	}
	return nil
}

// alike reports whether lists of verdicts of one board are the same in every word.
func alike(a, b []*standing.Verdict) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if !same(a[i], b[i], true) {
			return false
		}
	}
	return true
}

// same reports whether two verdicts, or none, come to the same, and if it matters for the
// same reason.
func same(a, b *standing.Verdict, why bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a == b || a.Same(*b) && (!why || a.Code == b.Code && a.Rule == b.Rule && a.By == b.By && a.Detail == b.Detail)
}

// relevant are the events from a position on, up to another, on which answers about a
// subject may depend.
func relevant(root *projections.Root, of domain.Subject, from, to domain.Position) []domain.Position {
	view := root.ViewAt(to)
	var out []domain.Position
	for _, s := range view.Relevant(of) {
		out = append(out, view.EventsSince(s, from)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
