package standing

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A walk goes along effective time with one question, one way or the other, from
// breakpoint to breakpoint. The question is put again only where something changes on
// which the last answer rests. In between the law would read what it read then, and
// come to the same; and only what it read can be otherwise there.
type walk struct {
	privilege domain.Privilege
	at        *instant     // where the question was put last
	rests     facts.Topics // of the answer there
	changed   facts.Topics // since then
}

// walk begins where the question is put first.
func (in *inquiry) walk(p domain.Privilege, t timeline.Instant) (walk, Verdict, error) {
	w := walk{privilege: p, at: in.instant(t)}
	v, err := w.put()
	return w, v, err
}

// crosses goes past a breakpoint, and reports whether the answer may change there.
func (w *walk) crosses(b facts.Breakpoint) bool {
	w.changed |= b.Of
	return w.changed&w.rests != 0
}

// ask puts the question at an instant, before which everything was crossed.
func (w *walk) ask(t timeline.Instant) (Verdict, error) {
	w.at = w.at.moved(t, w.changed)
	return w.put()
}

func (w *walk) put() (v Verdict, err error) {
	v, w.rests, err = w.at.rested(w.privilege)
	w.changed = 0
	return v, err
}

// after is the place of the first breakpoint after t.
func after(breaks []facts.Breakpoint, t timeline.Instant) int {
	next, _ := slices.BinarySearchFunc(breaks, t+1, func(b facts.Breakpoint, t timeline.Instant) int { return cmp.Compare(b.At, t) })
	return next
}
