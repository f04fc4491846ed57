package timeline

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/comity-project/comity/internal/mutant"
)

// An Op is one operation of an entry. Make it with [Set], [Span] or [End].
type Op[A comparable, V any] struct {
	kind     opKind
	attr     A
	value    V
	from, to Instant
	target   Position
}

type opKind uint8

const (
	opSet opKind = iota
	opSpan
	opEnd
)

// Set says that a register holds value from an instant on.
func Set[A comparable, V any](attr A, value V, from Instant) Op[A, V] {
	return Op[A, V]{kind: opSet, attr: attr, value: value, from: from}
}

// Span says that value holds from one instant until another, which may be
// [Never]. One that ends where it begins, or before, holds nowhere.
func Span[A comparable, V any](attr A, value V, from, to Instant) Op[A, V] {
	return Op[A, V]{kind: opSpan, attr: attr, value: value, from: from, to: to}
}

// End says that all spans of an entry stopped at an instant. The target may be
// any entry of the lineage: what counts is its root.
func End[A comparable, V any](target Position, at Instant) Op[A, V] {
	return Op[A, V]{kind: opEnd, target: target, from: at}
}

type act uint8

const (
	record act = iota
	retract
	correct
)

// An entry is never changed once it is in a history. Target and root are
// indices of entries in the same history.
type entry[A comparable, V any] struct {
	pos    Position
	act    act
	target int
	root   int
	ops    []Op[A, V]
}

// A History is everything ever said about one subject. One goroutine may add
// to it while many read, without locks: an addition writes behind the end of
// what readers see and then publishes the longer slice.
type History[A comparable, V any] struct {
	equal   func(a, b V) bool
	entries atomic.Pointer[[]entry[A, V]]
	// whole is the view of all entries, if somebody asked for it. It is never
	// wrong: whoever uses it compares lengths first.
	whole atomic.Pointer[view[A, V]]
	// recent is the view of fewer entries that was asked for last.
	recent atomic.Pointer[view[A, V]]
}

// New returns an empty history. Equal says which neighbours in a register are
// the same.
func New[A comparable, V any](equal func(a, b V) bool) *History[A, V] {
	h := &History[A, V]{equal: equal}
	h.entries.Store(&[]entry[A, V]{})
	return h
}

// Record adds an entry that says what happened. It fails, and changes nothing,
// unless pos is after the last position, every End points at an earlier entry
// that is not a retraction, and no register is set twice at one instant.
func (h *History[A, V]) Record(pos Position, ops ...Op[A, V]) error {
	return h.add(entry[A, V]{pos: pos, act: record, ops: ops}, pos)
}

// Retract adds an entry that says that the target never was. It fails, and
// changes nothing, unless pos is after the last position and the target is an
// entry of this history.
func (h *History[A, V]) Retract(pos, target Position) error {
	return h.add(entry[A, V]{pos: pos, act: retract}, target)
}

// Correct adds an entry that says that the target was otherwise. It fails like
// [History.Retract], and if the target is a retraction.
func (h *History[A, V]) Correct(pos, target Position, ops ...Op[A, V]) error {
	return h.add(entry[A, V]{pos: pos, act: correct, ops: ops}, target)
}

func (h *History[A, V]) add(e entry[A, V], target Position) error {
	old := *h.entries.Load()
	if n := len(old); n > 0 && old[n-1].pos >= e.pos {
		return fmt.Errorf("position %d is not after %d, the last of this history", e.pos, old[n-1].pos)
	}
	e.root = len(old)
	if e.act != record {
		i, found := find(old, target)
		switch {
		case !found:
			return fmt.Errorf("position %d acts on %d, which is not in this history", e.pos, target)
		case e.act == correct && old[i].act == retract:
			return fmt.Errorf("position %d corrects %d, which is a retraction: retract it instead", e.pos, target)
		case e.act == correct:
			e.root = old[i].root
		}
		e.target = i
	}
	if err := Check(e.ops...); err != nil {
		return fmt.Errorf("position %d %w", e.pos, err)
	}
	ops := slices.Clone(e.ops)
	for i, op := range ops {
		if op.kind != opEnd {
			continue
		}
		t, found := find(old, op.target)
		if !found || old[t].act == retract {
			return fmt.Errorf("position %d ends %d, which is not in this history or says nothing", e.pos, op.target)
		}
		if !mutant.On(mutant.EndsPointAtCorrection) {
			ops[i].target = old[old[t].root].pos
		}
	}
	e.ops = ops
	longer := append(old, e)
	h.entries.Store(&longer)
	return nil
}

// Check refuses operations that can't be of one entry: those that set a register
// twice at one instant, so that their order would decide.
func Check[A comparable, V any](ops ...Op[A, V]) error {
	for i, op := range ops {
		if op.kind == opSet && slices.ContainsFunc(ops[:i], func(o Op[A, V]) bool {
			return o.kind == opSet && o.attr == op.attr && o.from == op.from
		}) {
			return fmt.Errorf("sets %v twice at %s", op.attr, op.from)
		}
	}
	return nil
}

// find returns the index of the entry at a position.
func find[A comparable, V any](in []entry[A, V], pos Position) (int, bool) {
	i := before(in, pos)
	return i, i < len(in) && in[i].pos == pos
}

// before returns how many entries are before a position.
func before[A comparable, V any](in []entry[A, V], pos Position) int {
	if n := len(in); n == 0 || in[n-1].pos < pos { // nearly all questions are about the present
		return n
	}
	i, _ := slices.BinarySearchFunc(in, pos, func(e entry[A, V], p Position) int {
		switch {
		case e.pos < p:
			return -1
		case e.pos > p:
			return 1
		default:
			return 0
		}
	})
	return i
}
