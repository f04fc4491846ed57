package plan

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// An instruction compares the number in a slot, and says where to go on.
type instruction struct {
	op   opcode
	slot int32 // of a person; of a request it is negative: ^slot
	with int32 // of the second slot, likewise; or which of the sets
	n    int64 // to compare with, or a set of bits
	// yes, no and unclear are where the code goes on, or one of the ends.
	yes, no, unclear int32
}

type opcode uint8

const (
	opHas opcode = iota // the slot is not absent
	opEqual
	opLess   // the slot is less than n
	opBits   // the bit of the slot is in n
	opOneOf  // the slot is in the set
	opSame   // the slot is that of with
	opBefore // the slot is less than that of with
)

// The ends of code: the condition holds, it does not, or a fact is lacking.
const (
	endYes int32 = -1 - iota
	endNo
	endUnclear
)

// mostCode bounds the instructions of a machine, about 40 bytes each.
const mostCode = 1 << 20

// compile translates a form into code that goes to one of three targets, from the
// last part to the first; false if it can't. Where a part is unclear the rest still
// decides, so that there are two ways through it: one on which nothing was unclear
// yet, and one on which something was.
func (m *Machine) compile(f rules.Form, yes, no, unclear int32) (int32, bool) {
	if len(m.code) > mostCode {
		return 0, false
	}
	switch f.Op() {
	case rules.OpConst:
		if f.Held() {
			return yes, true
		}
		return no, true
	case rules.OpNot:
		return m.compile(f.Parts()[0], no, yes, unclear)
	case rules.OpAnd, rules.OpOr:
		return m.join(f, yes, no, unclear)
	case rules.OpChoice:
		parts := f.Parts()
		chosen, ok1 := m.compile(parts[1], yes, no, unclear)
		otherwise, ok2 := m.compile(parts[2], yes, no, unclear)
		if !ok1 || !ok2 {
			return 0, false
		}
		return m.compile(parts[0], chosen, otherwise, unclear)
	default:
		return m.atom(f, yes, no, unclear)
	}
}

// join translates && and ||.
func (m *Machine) join(f rules.Form, yes, no, unclear int32) (int32, bool) {
	and := f.Op() == rules.OpAnd
	clean, doubtful := yes, unclear // where it goes on after the last part
	if !and {
		clean = no
	}
	for i, part := range slices.Backward(f.Parts()) {
		var ok1, ok2 bool
		was := doubtful
		if and {
			if i > 0 {
				doubtful, ok2 = m.compile(part, was, no, was)
			}
			clean, ok1 = m.compile(part, clean, no, was)
		} else {
			if i > 0 {
				doubtful, ok2 = m.compile(part, yes, was, was)
			}
			clean, ok1 = m.compile(part, yes, clean, was)
		}
		if !ok1 || i > 0 && !ok2 {
			return 0, false
		}
	}
	return clean, true
}

// atom translates a comparison.
func (m *Machine) atom(f rules.Form, yes, no, unclear int32) (int32, bool) {
	op, a, b := f.Op(), f.Left(), f.Right()
	if !a.IsFact() && b.IsFact() { // a constant on the left
		switch op {
		case rules.OpEqual, rules.OpDiffers:
		case rules.OpLess:
			op = rules.OpMore
		case rules.OpAtMost:
			op = rules.OpAtLeast
		case rules.OpMore:
			op = rules.OpLess
		case rules.OpAtLeast:
			op = rules.OpAtMost
		default:
			return 0, false
		}
		a, b = b, a
	}
	slot, decl, ok := m.slot(a)
	if !ok {
		return 0, false
	}
	in := instruction{slot: slot, yes: yes, no: no, unclear: unclear}
	switch op {
	case rules.OpHas:
		in.op = opHas
	case rules.OpTrue:
		in.op, in.n = opEqual, 1
	case rules.OpDiffers:
		in.yes, in.no = no, yes
		fallthrough
	case rules.OpEqual:
		in.op = opEqual
		ok = m.against(&in, b, decl, opSame)
	case rules.OpAtLeast:
		in.yes, in.no = no, yes
		fallthrough
	case rules.OpLess:
		in.op = opLess
		ok = ordered(decl) && m.against(&in, b, decl, opBefore)
	case rules.OpMore:
		in.yes, in.no = no, yes
		fallthrough
	case rules.OpAtMost: // less than the next; of two slots the other way round
		in.op = opLess
		switch {
		case !ordered(decl):
			return 0, false
		case b.IsFact():
			in.yes, in.no = in.no, in.yes
			var other *domain.FactDecl
			if in.with, other, ok = m.slot(b); ok {
				ok = alike(decl, other)
			}
			in.op, in.slot, in.with = opBefore, in.with, in.slot
		default:
			if ok = m.against(&in, b, decl, opBefore); ok {
				ok = in.n < 1<<62
				in.n++
			}
		}
	case rules.OpOneOf:
		ok = m.oneOf(&in, f.Set(), decl)
	default:
		ok = false
	}
	if !ok {
		return 0, false
	}
	m.code = append(m.code, in)
	return int32(len(m.code) - 1), true
}

func ordered(d *domain.FactDecl) bool {
	return d.Type == domain.IntFact || d.Type == domain.MoneyFact || d.Type == domain.DecimalFact
}

// alike reports whether the numbers of two facts can be compared.
func alike(a, b *domain.FactDecl) bool {
	switch a.Type {
	case domain.IntFact, domain.MoneyFact:
		return b.Type == domain.IntFact || b.Type == domain.MoneyFact
	case domain.DecimalFact:
		return b.Type == domain.DecimalFact && a.Scale == b.Scale
	case domain.EnumFact:
		return b.Type == domain.EnumFact && a.Enum == b.Enum
	default:
		return a.Type == domain.BoolFact && b.Type == domain.BoolFact
	}
}

// against sets what the slot is compared with: a constant, or another slot.
func (m *Machine) against(in *instruction, b rules.Operand, decl *domain.FactDecl, two opcode) bool {
	if b.IsFact() {
		with, other, ok := m.slot(b)
		in.op, in.with = two, with
		return ok && alike(decl, other)
	}
	n, ok := m.constant(b.Const, decl)
	in.n = n
	return ok && !b.Privilege && !b.Size && !b.IsZero()
}

// constant is the number of a constant as the slot's fact has it.
func (m *Machine) constant(v domain.Value, decl *domain.FactDecl) (int64, bool) {
	switch decl.Type {
	case domain.DecimalFact:
		if v.Kind() != domain.IntValue {
			return 0, false
		}
		n := v.Int()
		for range decl.Scale {
			if n > 1<<58 || n < -1<<58 {
				return 0, false
			}
			n *= 10
		}
		return n, true
	case domain.TextFact, domain.WordFact:
		if v.Kind() != domain.TextValue {
			return 0, false
		}
		n, known := m.symbols[v.Text()]
		if !known {
			n = int64(len(m.symbols) + 1)
			m.symbols[v.Text()] = n
		}
		return n, true
	case domain.EnumFact:
		n := m.valueOf(v, decl)
		return n, n >= 0
	case domain.BoolFact:
		return m.valueOf(v, decl), v.Kind() == domain.BoolValue
	default:
		return v.Int(), v.Kind() == domain.IntValue
	}
}

func (m *Machine) oneOf(in *instruction, of []domain.Value, decl *domain.FactDecl) bool {
	var set []int64
	small := decl.Type == domain.EnumFact
	for _, v := range of {
		n, ok := m.constant(v, decl)
		if !ok {
			return false
		}
		set = append(set, n)
		small = small && n < 64
	}
	if small {
		in.op = opBits
		for _, n := range set {
			in.n |= 1 << n
		}
		return true
	}
	in.op, in.with = opOneOf, int32(len(m.sets))
	m.sets = append(m.sets, set)
	return true
}

// slot finds or makes the place of a fact.
func (m *Machine) slot(o rules.Operand) (int32, *domain.FactDecl, bool) {
	if !o.IsFact() {
		return 0, nil, false
	}
	of := &m.slots
	kind := o.Fact.Object
	switch kind {
	case "member", "mission", "state":
	case "sponsor":
		kind = "member"
	case "request":
		of = &m.asked
	default:
		return 0, nil, false
	}
	switch o.Type {
	case domain.BoolFact, domain.IntFact, domain.MoneyFact, domain.EnumFact, domain.DecimalFact, domain.TextFact, domain.WordFact:
	default:
		return 0, nil, false
	}
	n, known := of.of[o.Fact]
	if !known {
		i := slices.IndexFunc(m.lang.Facts[kind], func(d domain.FactDecl) bool { return d.Name == o.Fact.Name })
		if i < 0 {
			return 0, nil, false
		}
		n = of.n
		of.of[o.Fact] = n
		of.refs, of.decl = append(of.refs, o.Fact), append(of.decl, m.lang.Facts[kind][i])
		of.codes = append(of.codes, nil)
		if d := &of.decl[n]; d.Type == domain.EnumFact {
			m.codeOf(d.Enum, "")
			of.codes[n] = m.codes[d.Enum]
		}
		of.n++
	}
	place := int32(n)
	if kind == "request" {
		place = ^place
	}
	return place, &of.decl[n], true
}

// run runs code on a row and a request, and returns the end that it comes to.
func (m *Machine) run(at int32, row, request []int64) int32 {
	for at >= 0 {
		in := &m.code[at]
		v := load(in.slot, row, request)
		if v == absent {
			if in.op == opHas {
				at = in.no
			} else {
				at = in.unclear
			}
			continue
		}
		holds := true
		switch in.op {
		case opEqual:
			holds = v == in.n
		case opLess:
			holds = v < in.n
		case opBits:
			holds = in.n>>uint64(v)&1 != 0
		case opOneOf:
			holds = slices.Contains(m.sets[in.with], v)
		case opSame, opBefore:
			w := load(in.with, row, request)
			if w == absent {
				at = in.unclear
				continue
			}
			holds = v == w
			if in.op == opBefore {
				holds = v < w
			}
		default: // it is there
		}
		if holds {
			at = in.yes
		} else {
			at = in.no
		}
	}
	return at
}

func load(slot int32, row, request []int64) int64 {
	if slot < 0 {
		return request[^slot]
	}
	return row[slot]
}
