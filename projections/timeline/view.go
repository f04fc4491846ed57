package timeline

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/comity-project/comity/internal/mutant"
)

// A View is a history as known at one position. It never changes.
type View[A comparable, V any] struct{ *view[A, V] }

type view[A comparable, V any] struct {
	equal   func(a, b V) bool
	entries []entry[A, V]
	dead    []bool
	// registers are those worked out so far; the list is replaced, never changed.
	registers atomic.Pointer[[]register[A, V]]
}

type register[A comparable, V any] struct {
	attr    A
	changes []Transition[V]
}

// At returns the history as known at k: what was recorded before k.
func (h *History[A, V]) At(k Position) View[A, V] {
	all := *h.entries.Load()
	n := before(all, k)
	if w := h.whole.Load(); w != nil && len(w.entries) == n {
		return View[A, V]{w}
	}
	if r := h.recent.Load(); r != nil && len(r.entries) == n {
		return View[A, V]{r}
	}
	v := &view[A, V]{equal: h.equal, entries: all[:n:n], dead: make([]bool, n)}
	replaced := make([]bool, n)
	for i, e := range slices.Backward(v.entries) { // newest first: whatever acts on e has been judged
		if e.act == record || v.dead[i] && !replaced[i] && !mutant.On(mutant.DeadCorrects) {
			continue
		}
		// A correction that was itself corrected still stands against its
		// target, through the one that took its place; one that was retracted
		// does not.
		v.dead[e.target] = true
		replaced[e.target] = replaced[e.target] || e.act == correct && v.entries[e.target].act == correct
	}
	if mutant.On(mutant.EarlyAct) {
		v.foresee(all[n:])
	}
	if n == len(all) {
		h.whole.Store(v)
	} else {
		h.recent.Store(v)
	}
	return View[A, V]{v}
}

// foresee is what a planted fault does: it takes away what later entries name.
func (v *view[A, V]) foresee(later []entry[A, V]) {
	for _, e := range later {
		if e.act != record && e.target < len(v.dead) {
			v.dead[e.target] = true
		}
	}
}

// Len is how many entries the view has seen.
func (v View[A, V]) Len() int { return len(v.entries) }

// A Transition is a change of a register.
type Transition[V any] struct {
	From  Instant
	Value V
	Pos   Position // of the entry that says so
	Root  Position // of the first entry of its lineage
}

// Register returns the changes of a register, in order of time. No two follow
// at one instant and no neighbours hold the same. The list must not be changed.
func (v View[A, V]) Register(attr A) []Transition[V] {
	known := v.registers.Load()
	if known != nil {
		for i := range *known {
			if (*known)[i].attr == attr {
				return (*known)[i].changes
			}
		}
	}
	changes := v.changes(attr)
	var more []register[A, V]
	if known != nil {
		more = append(more, *known...)
	}
	more = append(more, register[A, V]{attr, changes})
	v.registers.CompareAndSwap(known, &more) // whoever was faster is as right
	return changes
}

func (v View[A, V]) changes(attr A) []Transition[V] {
	all := v.sets(attr)
	slices.SortStableFunc(all, func(a, b Transition[V]) int {
		if mutant.On(mutant.RankByOwnPosition) {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Pos, b.Pos))
		}
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Pos, b.Pos))
	})
	out := all[:0]
	for i, t := range all {
		outranked := i+1 < len(all) && all[i+1].From == t.From
		same := len(out) > 0 && v.equal(out[len(out)-1].Value, t.Value) && !mutant.On(mutant.RunsNotMerged)
		if !outranked && !same {
			out = append(out, t)
		}
	}
	return out
}

// sets returns all that is said of a register, in order of recording.
func (v View[A, V]) sets(attr A) []Transition[V] {
	var all []Transition[V]
	for i, e := range v.entries {
		if v.dead[i] {
			continue
		}
		for _, op := range e.ops {
			if op.kind == opSet && op.attr == attr {
				all = append(all, Transition[V]{From: op.from, Value: op.value, Pos: e.pos, Root: v.entries[e.root].pos})
			}
		}
	}
	return all
}

// Sets returns all that is said of a register for the instant at, in order of
// recording: also what is outranked there, or says again what the register holds.
func (v View[A, V]) Sets(attr A, at Instant) []Transition[V] {
	return slices.DeleteFunc(v.sets(attr), func(t Transition[V]) bool { return t.From != at })
}

// Value returns what a register holds at t, since when and by which entry.
func (v View[A, V]) Value(attr A, t Instant) (Transition[V], bool) {
	return Last(v.Register(attr), t)
}

// Last returns the last transition at or before t.
func Last[V any](in []Transition[V], t Instant) (Transition[V], bool) {
	n := len(in)
	for n > 0 && in[n-1].From > t {
		n--
	}
	if n == 0 {
		return Transition[V]{}, false
	}
	return in[n-1], true
}

// An Interval is a span that holds somewhere.
type Interval[V any] struct {
	From, To Instant // half-open
	Value    V
	Pos      Position   // of the entry that says so
	Root     Position   // of the first entry of its lineage
	Ends     []Position // the live entries that say that it stopped, in order
}

// Holds reports whether t lies in the interval.
func (s Interval[V]) Holds(t Instant) bool {
	return s.From <= t && (t < s.To || mutant.On(mutant.EndHolds) && t == s.To)
}

// Spans returns the spans of an attribute by rank. Those that hold nowhere, since
// they ended before they began, are left out.
func (v View[A, V]) Spans(attr A) []Interval[V] {
	var out []Interval[V]
	for i, e := range v.entries {
		if v.dead[i] {
			continue
		}
		for _, op := range e.ops {
			if op.kind == opSpan && op.attr == attr {
				out = append(out, Interval[V]{From: op.from, To: op.to, Value: op.value, Pos: e.pos, Root: v.entries[e.root].pos})
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	for i, e := range v.entries {
		if v.dead[i] {
			continue
		}
		for _, op := range e.ops {
			if op.kind != opEnd {
				continue
			}
			for j := range out {
				if out[j].Root == op.target {
					out[j].To = min(out[j].To, op.from)
					out[j].Ends = append(out[j].Ends, e.pos)
				}
			}
		}
	}
	out = slices.DeleteFunc(out, func(s Interval[V]) bool { return s.From >= s.To })
	slices.SortStableFunc(out, func(a, b Interval[V]) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Pos, b.Pos))
	})
	return out
}

// Live reports whether the entry at pos is known and was neither retracted nor
// corrected.
func (v View[A, V]) Live(pos Position) bool {
	i, found := find(v.entries, pos)
	return found && !v.dead[i]
}

// Positions returns the positions of all entries in order of recording, also of
// those that are not live.
func (v View[A, V]) Positions() []Position {
	out := make([]Position, len(v.entries))
	for i, e := range v.entries {
		out[i] = e.pos
	}
	return out
}

// Root returns the position of the first entry of the lineage of pos: pos itself
// unless it is a correction.
func (v View[A, V]) Root(pos Position) (Position, bool) {
	i, found := find(v.entries, pos)
	if !found {
		return 0, false
	}
	return v.entries[v.entries[i].root].pos, true
}

// Lineage returns all that was ever said on the matter of the entry at pos, in
// order: the entry from which it grew, and every retraction and correction that
// points, through others or directly, at it.
func (v View[A, V]) Lineage(pos Position) []Position {
	i, found := find(v.entries, pos)
	if !found {
		return nil
	}
	for v.entries[i].act != record {
		i = v.entries[i].target
	}
	in := make([]bool, len(v.entries))
	in[i] = true
	out := []Position{v.entries[i].pos}
	for j, e := range v.entries[i+1:] {
		if e.act != record && in[e.target] {
			in[i+1+j] = true
			out = append(out, e.pos)
		}
	}
	return out
}
