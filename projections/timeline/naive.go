package timeline

// Naive is the executable specification of [History]: a plain list of what was
// said, read from one end to the other for every question. It is written to be
// read, not to be run; the tests of this package hold History to it.
type Naive[A comparable, V any] struct{ said []naiveEntry[A, V] }

type naiveEntry[A comparable, V any] struct {
	pos, target    Position
	retracts, mend bool
	ops            []Op[A, V]
}

// Record, Retract and Correct are those of [History]; they check nothing.
func (n *Naive[A, V]) Record(pos Position, ops ...Op[A, V]) {
	n.said = append(n.said, naiveEntry[A, V]{pos: pos, ops: ops})
}

// Retract says that the target never was.
func (n *Naive[A, V]) Retract(pos, target Position) {
	n.said = append(n.said, naiveEntry[A, V]{pos: pos, target: target, retracts: true})
}

// Correct says that the target was otherwise.
func (n *Naive[A, V]) Correct(pos, target Position, ops ...Op[A, V]) {
	n.said = append(n.said, naiveEntry[A, V]{pos: pos, target: target, mend: true, ops: ops})
}

// Live reports whether the entry at pos counts, as known at k.
func (n *Naive[A, V]) Live(k, pos Position) bool {
	known := false
	for _, e := range n.said {
		known = known || e.pos == pos && pos < k
		if (e.retracts || e.mend) && e.target == pos && e.pos < k && n.stands(k, e) {
			return false
		}
	}
	return known
}

// stands reports whether an act still acts: it is live, or it is a correction
// and another that still acts has taken its place.
func (n *Naive[A, V]) stands(k Position, act naiveEntry[A, V]) bool {
	for _, e := range n.said {
		if e.mend && act.mend && e.target == act.pos && e.pos < k && n.stands(k, e) {
			return true
		}
	}
	return n.Live(k, act.pos)
}

// Root follows corrections back to what was said first.
func (n *Naive[A, V]) Root(pos Position) Position {
	for _, e := range n.said {
		if e.pos == pos && e.mend {
			return n.Root(e.target)
		}
	}
	return pos
}

// Value returns what a register holds at t, as known at k.
func (n *Naive[A, V]) Value(k Position, attr A, t Instant) (value V, found bool) {
	var from Instant
	var root, pos Position
	for _, e := range n.said {
		for _, op := range e.ops {
			if op.kind != opSet || op.attr != attr || op.from > t || !n.Live(k, e.pos) {
				continue
			}
			r := n.Root(e.pos)
			if !found || op.from > from || op.from == from && (r > root || r == root && e.pos > pos) {
				value, found, from, root, pos = op.value, true, op.from, r, e.pos
			}
		}
	}
	return value, found
}

// Holding returns the values of the spans of attr that hold at t, as known at
// k, by the position of the entry that says so.
func (n *Naive[A, V]) Holding(k Position, attr A, t Instant) map[Position][]V {
	out := map[Position][]V{}
	for _, e := range n.said {
		for _, op := range e.ops {
			if op.kind == opSpan && op.attr == attr && n.Live(k, e.pos) && op.from <= t && t < op.to && !n.ended(k, n.Root(e.pos), t) {
				out[e.pos] = append(out[e.pos], op.value)
			}
		}
	}
	return out
}

func (n *Naive[A, V]) ended(k, root Position, t Instant) bool {
	for _, e := range n.said {
		for _, op := range e.ops {
			if op.kind == opEnd && n.Root(op.target) == root && op.from <= t && n.Live(k, e.pos) {
				return true
			}
		}
	}
	return false
}
