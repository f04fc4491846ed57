package analysis

import "github.com/comity-project/comity/rules"

// The ends of a diagram of a condition are the three truths of [rules.Truth].
var (
	never   = end(int(rules.No))
	always  = end(int(rules.Yes))
	unclear = end(int(rules.Unclear))
)

func truthNode(holds bool) node {
	if holds {
		return always
	}
	return never
}

// A logic joins conditions as expressions do.
type logic struct {
	d       *diagrams
	and, or *operation
}

func newLogic(d *diagrams) *logic {
	l := &logic{d: d}
	l.and = d.operation(func(a, b int) int {
		switch {
		case a == int(rules.No) || b == int(rules.No):
			return int(rules.No)
		case a == int(rules.Unclear) || b == int(rules.Unclear):
			return int(rules.Unclear)
		default:
			return int(rules.Yes)
		}
	}, func(a, b node) (node, bool) {
		switch {
		case a == never || b == never:
			return never, true
		case a == always || a == b:
			return b, true
		case b == always:
			return a, true
		}
		return 0, false
	})
	l.or = d.operation(func(a, b int) int {
		switch {
		case a == int(rules.Yes) || b == int(rules.Yes):
			return int(rules.Yes)
		case a == int(rules.Unclear) || b == int(rules.Unclear):
			return int(rules.Unclear)
		default:
			return int(rules.No)
		}
	}, func(a, b node) (node, bool) {
		switch {
		case a == always || b == always:
			return always, true
		case a == never || a == b:
			return b, true
		case b == never:
			return a, true
		}
		return 0, false
	})
	return l
}

func (l *logic) all(list ...node) node {
	out := always
	for _, n := range list {
		out = l.and.of(out, n)
	}
	return out
}

func (l *logic) any(list ...node) node {
	out := never
	for _, n := range list {
		out = l.or.of(out, n)
	}
	return out
}

func (l *logic) not(n node) node {
	return l.d.mapped(n, func(t int) int {
		switch rules.Truth(t) {
		case rules.Yes:
			return int(rules.No)
		case rules.No:
			return int(rules.Yes)
		default:
			return t
		}
	})
}

// choice is the second where the first holds, the third where it does not.
func (l *logic) choice(when, chosen, otherwise node) node {
	// Where the first is unclear, so is the whole, even if both come to the same.
	sure := l.d.mapped(when, func(t int) int {
		if rules.Truth(t) == rules.Unclear {
			return int(rules.Unclear)
		}
		return int(rules.Yes)
	})
	yes := l.d.mapped(when, func(t int) int { return one(rules.Truth(t) == rules.Yes) })
	no := l.d.mapped(when, func(t int) int { return one(rules.Truth(t) == rules.No) })
	both := l.or.of(l.and.of(yes, chosen), l.and.of(no, otherwise))
	known := l.d.operation(func(a, b int) int {
		if a == int(rules.Unclear) {
			return a
		}
		return b
	}, nil)
	return known.of(sure, both)
}

// surely is where a condition holds, and nowhere unclear.
func (l *logic) surely(n node) node {
	return l.d.mapped(n, func(t int) int { return one(rules.Truth(t) == rules.Yes) })
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
