package analysis

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// condition is the diagram of a condition for one kind of subject. A condition that
// is not there holds.
func (s *space) condition(e *rules.Expr, who subject) node {
	if e == nil {
		return always
	}
	f := e.Form()
	if f.IsZero() {
		return s.free(unformed(e)) // it is true or false, and cel-go alone knows when
	}
	return s.form(f, who)
}

// form is the diagram of a form for one kind of subject.
func (s *space) form(f rules.Form, who subject) node {
	s.effort.spend(1)
	switch f.Op() {
	case rules.OpConst:
		return truthNode(f.Held())
	case rules.OpAnd, rules.OpOr, rules.OpNot, rules.OpChoice:
		parts := f.Parts()
		nodes := make([]node, len(parts))
		for i, part := range parts {
			nodes[i] = s.form(part, who)
		}
		return s.join(f.Op(), nodes)
	default:
		return s.atom(f, who)
	}
}

func (s *space) join(op rules.Op, parts []node) node {
	switch op {
	case rules.OpAnd:
		return s.all(parts...)
	case rules.OpOr:
		return s.any(parts...)
	case rules.OpNot:
		return s.not(parts[0])
	default:
		return s.choice(parts[0], parts[1], parts[2])
	}
}

// unformed is the key of an expression without a form.
func unformed(e *rules.Expr) string { return "{" + e.Expanded() + "}" }

// free is the diagram of what may come to anything.
func (s *space) free(key string) node {
	dim, found := s.index[key]
	if !found {
		return unclear
	}
	return s.d.branch(dim, func(v int) node { return end([]int{int(rules.No), int(rules.Yes), int(rules.Unclear)}[v]) })
}

// A fixed value is one that a fact has for all of a kind of subject.
type fixed struct {
	value domain.Value
	known bool
}

// fixedFor says whether a fact is the same for all subjects of a kind: a mission
// has no facts of a member, and nobody none of a mission.
func (s *space) fixedFor(ref rules.FactRef, who subject) (fixed, bool) {
	decl := s.decls[ref]
	none := func() (fixed, bool) { return fixed{decl.Default, decl.HasDefault}, true }
	switch {
	case who == family && ref.Object == "member" && decl.From == fromCategory && s.lang.Has("category", string(domain.FamilyCategory)):
		return fixed{domain.Text(domain.FamilyCategory), true}, true
	case who == family && ref.Object == "member" && decl.From == fromCapacity && s.lang.Has("capacity", "family"):
		return fixed{domain.Text("family"), true}, true
	case who == visitor && ref.Object == "member" && decl.From == fromCapacity && s.lang.Has("capacity", "visitor"):
		return fixed{domain.Text("visitor"), true}, true
	case (who == mission || who == nobody) && ref.Object == "member" && decl.From == fromPhase && s.lang.Has("phase", "none"):
		return fixed{domain.Text("none"), true}, true
	case who == nobody && ref.Object == "member" && decl.From == fromCapacity && s.lang.Has("capacity", "none"):
		return fixed{domain.Text("none"), true}, true
	case who == mission && ref.Object == "member", who == nobody && (ref.Object == "member" || ref.Object == "mission" || ref.Object == "state"):
		return none()
	default:
		return fixed{}, false
	}
}

// read is the diagram of what a term is for a kind of subject: its ends are what f
// says of a value.
func (s *space) read(t term, who subject, f func(*value) int) node {
	if t.ref.Name != "" && !t.size {
		if have, found := s.fixedFor(t.ref, who); found {
			d := s.dims[s.index[t.key]]
			for i := range d.values {
				v := &d.values[i]
				if v.missing && !have.known || have.known && !v.absent() && d.has(v, have.value) {
					return end(f(v))
				}
			}
			return end(f(&value{missing: true}))
		}
	}
	dim := s.index[t.key]
	d := s.dims[dim]
	return s.d.branch(dim, func(v int) node { return end(f(&d.values[v])) })
}

// has reports whether a value of the dimension holds what is given.
func (d *dimension) has(v *value, given domain.Value) bool {
	switch d.sort {
	case ofBool:
		return v.holds == given.Bool()
	case ofNumber, ofSize:
		return !v.between && v.from <= given.Int() && given.Int() <= v.to
	case ofPresence:
		return true
	default:
		return v.text == given.Text()
	}
}

func truthEnd(t bool) int {
	if t {
		return int(rules.Yes)
	}
	return int(rules.No)
}

// present is unclear where a term is absent, and else holds. Of the size of a list
// it is the list that counts.
func (s *space) present(t term, who subject) node {
	if t.ref.Name == "" {
		return always
	}
	t.key, t.size = t.ref.String(), false
	return s.read(t, who, func(v *value) int {
		if v.absent() {
			return int(rules.Unclear)
		}
		return int(rules.Yes)
	})
}

// where is n where all of the terms are present, and else unclear.
func (s *space) where(n node, who subject, terms ...term) node {
	first := s.d.operation(func(a, b int) int {
		if a == int(rules.Unclear) {
			return a
		}
		return b
	}, nil)
	for _, t := range terms {
		n = first.of(s.present(t, who), n)
	}
	return n
}

func (s *space) atom(f rules.Form, who subject) node {
	left, right := s.term(f.Left(), who), s.term(f.Right(), who)
	switch s.shape(f, left, right) {
	case shapeHas:
		return s.read(left, who, func(v *value) int { return truthEnd(!v.missing) })
	case shapeTrue:
		return s.read(left, who, func(v *value) int {
			if v.absent() {
				return int(rules.Unclear)
			}
			return truthEnd(v.holds)
		})
	case shapeConst:
		return s.against(f, left, right, who)
	case shapeIn:
		dim := s.index[s.membership(left, right).key]
		n := s.d.branch(dim, func(v int) node { return truthNode(v == 1) })
		return s.where(n, who, left, right)
	case shapeCodes:
		return s.codes(f.Op(), left, right, who)
	case shapeCompare:
		d := s.comparison(left, right)
		op := f.Op()
		if d.left != left.key {
			op = turned(op)
		}
		n := s.d.branch(s.index[d.key], func(v int) node { return truthNode(ordered(op, v-1)) })
		return s.where(n, who, left, right)
	default:
		return s.free(opaqueKey(f))
	}
}

// turned is the operation with its sides changed.
func turned(op rules.Op) rules.Op {
	switch op {
	case rules.OpLess:
		return rules.OpMore
	case rules.OpAtMost:
		return rules.OpAtLeast
	case rules.OpMore:
		return rules.OpLess
	case rules.OpAtLeast:
		return rules.OpAtMost
	default:
		return op
	}
}

// ordered says what an operation makes of a comparison.
func ordered(op rules.Op, c int) bool {
	switch op {
	case rules.OpEqual:
		return c == 0
	case rules.OpDiffers:
		return c != 0
	case rules.OpLess:
		return c < 0
	case rules.OpAtMost:
		return c <= 0
	case rules.OpMore:
		return c > 0
	default:
		return c >= 0
	}
}

// against compares a fact with constants.
func (s *space) against(f rules.Form, left, right term, who subject) node {
	op, fact, with := f.Op(), left, []domain.Value{right.constant}
	switch {
	case op == rules.OpOneOf:
		op, with = rules.OpEqual, f.Set()
	case left.key == "" && right.key != "":
		op, fact, with = turned(op), right, []domain.Value{left.constant}
	}
	among := map[any]bool{}
	if op == rules.OpEqual && len(with) > 1 { // a long list is not gone through for each value
		for _, c := range with {
			switch c.Kind() {
			case domain.IntValue:
				among[2*c.Int()] = true
			case domain.TextValue:
				among[c.Text()] = true
			default:
				among[c.Bool()] = true
			}
		}
		s.effort.spend(len(with))
	}
	holds := func(v *value, text string) bool {
		if len(among) > 0 {
			switch with[0].Kind() { // all are of one kind
			case domain.IntValue:
				return among[v.twice()]
			case domain.TextValue:
				return among[text]
			default:
				return among[v.holds]
			}
		}
		return slices.ContainsFunc(with, func(c domain.Value) bool {
			switch c.Kind() {
			case domain.BoolValue:
				return ordered(op, differ(v.holds != c.Bool()))
			case domain.IntValue:
				return ordered(op, compareTo(v.twice(), 2*c.Int()))
			default:
				return ordered(op, differ(text != c.Text()))
			}
		})
	}
	if fact.key == "" { // a constant against constants
		v := value{holds: fact.constant.Bool(), from: fact.constant.Int(), to: fact.constant.Int()}
		return truthNode(holds(&v, fact.constant.Text()))
	}
	n := s.read(fact, who, func(v *value) int {
		if v.absent() {
			return int(rules.Unclear)
		}
		return truthEnd(holds(v, v.text))
	})
	if fact.size {
		return s.where(n, who, fact)
	}
	return n
}

func differ(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareTo(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// codes compares two codes.
func (s *space) codes(op rules.Op, left, right term, who subject) node {
	numbers := map[string]int{}
	read := func(t term) node {
		return s.read(t, who, func(v *value) int {
			if v.absent() {
				return 0
			}
			if numbers[v.text] == 0 {
				numbers[v.text] = len(numbers) + 1
			}
			return numbers[v.text]
		})
	}
	a, b := read(left), read(right)
	return s.d.operation(func(a, b int) int {
		if a == 0 || b == 0 {
			return int(rules.Unclear)
		}
		return truthEnd(ordered(op, differ(a != b)))
	}, nil).of(a, b)
}
