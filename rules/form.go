package rules

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
)

// A Form is the plan of an expression that is true or false, or of a part of it:
// atoms that compare facts, joined by and, or, not and a choice. It is the one form
// in which an expression is evaluated, specialised, covered by cases and analysed. A
// part outside of it is an opaque atom, which cel-go evaluates.
//
// Evaluation knows three truths. What lacks a fact is [Unclear], and
//
//	and: No if any part is No, else Unclear if any is, else Yes
//	or:  Yes if any part is Yes, else Unclear if any is, else No
//
// which is what CEL says of errors: one does not matter where the rest decides
// (CEL language definition, "Logical Operators"). The zero Form is none.
type Form struct {
	e *Expr
	t *test
}

// A Truth is what an evaluation comes to.
type Truth uint8

// The three truths.
const (
	No Truth = iota
	Yes
	Unclear
)

func (t Truth) String() string {
	switch t {
	case No:
		return "no"
	case Yes:
		return "yes"
	default:
		return "unclear"
	}
}

// An Op is what a form does.
type Op uint8

// Atoms look at operands, the others at parts.
const (
	OpConst   Op = iota // Held says what it comes to
	OpTrue              // the left is true
	OpHas               // the left is there
	OpEqual             // the left is the right
	OpDiffers           // the left is not the right
	OpOneOf             // the left is one of Set
	OpIn                // the left is in the list, or a key of the map, that is the right
	OpLess              // the left is less than the right
	OpAtMost            // less or equal
	OpMore              // greater
	OpAtLeast           // greater or equal
	OpAnd               // all parts
	OpOr                // any part
	OpNot               // not the part
	OpChoice            // the second part if the first holds, else the third
	OpOpaque            // what cel-go makes of it
)

var opOf = map[testOp]Op{
	always: OpConst, isTrue: OpTrue, there: OpHas, equal: OpEqual, differs: OpDiffers, oneOf: OpOneOf, within: OpIn, less: OpLess,
	atMost: OpAtMost, more: OpMore, atLeast: OpAtLeast, both: OpAnd, either: OpOr, not: OpNot, which: OpChoice, foreign: OpOpaque,
}

// Form is the plan of a condition; that of an expression that is not true or false,
// or of none, is the zero Form.
func (e *Expr) Form() Form {
	if e == nil || e.test == nil {
		return Form{}
	}
	return Form{e, e.test}
}

// IsZero reports whether there is no form.
func (f Form) IsZero() bool { return f.t == nil }

// Op is what the form does.
func (f Form) Op() Op { return opOf[f.t.op] }

// Held is what a constant comes to.
func (f Form) Held() bool { return f.t.held }

// Parts are what the form joins; an atom has none.
func (f Form) Parts() []Form {
	out := make([]Form, len(f.t.kids))
	for i, kid := range f.t.kids {
		out[i] = Form{f.e, kid}
	}
	return out
}

// Atom reports whether the form has no parts.
func (f Form) Atom() bool { return len(f.t.kids) == 0 }

// Opaque reports whether some part is left to cel-go.
func (f Form) Opaque() bool {
	return f.t.op == foreign || slices.ContainsFunc(f.Parts(), Form.Opaque)
}

// Eval evaluates the form. If it is unknown for want of a fact, that is named;
// otherwise something else went wrong, and evaluating the expression says what.
func (f Form) Eval(frame *Frame) (Truth, *MissingFact) {
	holds, missing := f.t.eval(f.e.lang, frame)
	return Truth(holds), missing
}

// Left and Right are what an atom looks at; zero where it has none.
func (f Form) Left() Operand  { return operandOf(f.t.a) }
func (f Form) Right() Operand { return operandOf(f.t.b) }

// Set lists the values of which the left is to be one.
func (f Form) Set() []domain.Value {
	if f.t.set == nil {
		return nil
	}
	var out []domain.Value
	for _, v := range f.t.set.elems {
		if value, err := toValue(v); err == nil {
			out = append(out, value)
		}
	}
	return out
}

// Reads lists the facts that the form may read.
func (f Form) Reads() []FactRef {
	var out []FactRef
	var walk func(*test)
	walk = func(t *test) {
		if t.cel != nil {
			out = append(out, t.cel.reads...)
		}
		for _, o := range []operand{t.a, t.b} {
			if o.layout != nil {
				out = append(out, operandOf(o).Fact)
			}
		}
		for _, kid := range t.kids {
			walk(kid)
		}
	}
	walk(f.t)
	slices.SortFunc(out, func(a, b FactRef) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

// Source is the form as it is written, with the names of let substituted.
func (f Form) Source() string { return string(f.e.text[f.t.from:f.t.to]) }

// Extent is where the form stands in its file: its first character, and the place
// after its last. What a name of let brought in stands where the let is written.
func (f Form) Extent() (from, to Pos) {
	last := f.e.places[max(f.t.from, f.t.to-1)].pos()
	last.Column++
	return f.e.places[f.t.from].pos(), last
}

// An Operand is what an atom compares.
type Operand struct {
	// Fact is a fact of one of the objects of a frame; of the object that a rule is
	// evaluated for it is measure, agreement or waiver, and of a condition's
	// parameters condition.
	Fact FactRef
	// Size says that the number of its elements is meant.
	Size bool
	// Privilege says that it is the privilege that is asked about.
	Privilege bool
	// Const is a constant, if it is none of these.
	Const domain.Value
	// Type says what it is.
	Type domain.FactType
	// List names the list of codes it is of; empty if it is no code.
	List string

	given bool
}

// IsZero reports whether there is no operand.
func (o Operand) IsZero() bool { return !o.given }

// IsFact reports whether it is a fact, of which the value counts and not the size.
func (o Operand) IsFact() bool { return o.Fact.Name != "" && !o.Size }

func operandOf(o operand) Operand {
	switch {
	case o.constant != nil:
		out := Operand{given: true}
		switch v := o.constant.(type) {
		case types.Bool:
			out.Type = domain.BoolFact
		case types.Int:
			out.Type = domain.IntFact
		case *enumVal:
			out.Type, out.List = domain.EnumFact, v.enum.list.Name
		default:
			out.Type = domain.TextFact
		}
		out.Const, _ = toValue(o.constant)
		return out
	case o.privilege:
		return Operand{Privilege: true, Type: domain.EnumFact, List: "privilege", given: true}
	case o.layout == nil:
		return Operand{}
	}
	fact := &o.layout.facts[o.slot]
	out := Operand{Fact: FactRef{o.kind(), fact.decl.Name}, Size: o.size, Type: fact.decl.Type, given: true}
	if o.size {
		out.Type = domain.IntFact
	} else if fact.enum != nil {
		out.List = fact.enum.list.Name
	}
	return out
}

// kind is what the object is called of which a fact is read.
func (o *operand) kind() string {
	switch o.object {
	case inSponsor:
		return "sponsor"
	case inCondition:
		return "condition"
	default:
		return o.layout.object
	}
}
