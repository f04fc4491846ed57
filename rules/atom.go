package rules

import (
	"errors"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// Most expressions of rules compare facts with codes and join what comes of it.
// These are evaluated here, without cel-go, and allocate nothing. They mean what
// cel-go says that they mean: a false operand of && decides whatever the other
// comes to, and of several errors the leftmost counts. Where that would take more
// than is known here, the answer is left to cel-go.

// A test is an expression that is true or false.
type test struct {
	op   testOp
	kids []*test
	a, b operand
	set  *set    // of oneOf
	held bool    // of always
	cel  *opaque // of foreign
	// from and to is where the test stands in the expression, in code points.
	from, to int
}

type testOp uint8

const (
	always testOp = iota // held
	isTrue               // a is true
	there                // a is not missing
	equal
	differs
	oneOf  // a is in set
	within // a is in the list, or a key of the map, b
	less
	atMost
	more
	atLeast
	both // all kids
	either
	not
	which   // the second kid if the first holds, else the third
	foreign // what cel-go makes of it
)

// orders reports whether the operation compares sizes.
func (op testOp) orders() bool { return less <= op && op <= atLeast }

// ordered says what such an operation makes of a comparison.
func (op testOp) ordered(c int) bool {
	switch op {
	case less:
		return c < 0
	case atMost:
		return c <= 0
	case more:
		return c > 0
	default:
		return c >= 0
	}
}

// An opaque part of an expression is outside the fragment that is evaluated here:
// it calls functions, or goes through a list. It is left to cel-go, by itself.
type opaque struct {
	prog  program
	reads []FactRef
	ages  bool // it reads an age
}

// eval evaluates the part; unknown without a missing fact if it errs otherwise.
func (o *opaque) eval(l *Language, f *Frame) (truth, *MissingFact) {
	v, err := o.prog.eval(l, f)
	if err != nil {
		missing, _ := errors.AsType[*MissingFact](err)
		return unknown, missing
	}
	if b, ok := v.(types.Bool); ok {
		return truthOf(bool(b)), nil
	}
	return unknown, nil
}

// eval evaluates the test. If it is unknown, missing says for want of what; if
// that is nil too, cel-go is to be asked.
func (t *test) eval(l *Language, f *Frame) (truth, *MissingFact) {
	switch t.op {
	case always:
		return truthOf(t.held), nil
	case both, either:
		return t.join(l, f)
	case not:
		holds, missing := t.kids[0].eval(l, f)
		switch holds {
		case yes:
			return no, nil
		case no:
			return yes, nil
		default:
			return unknown, missing
		}
	case which:
		holds, missing := t.kids[0].eval(l, f)
		switch holds {
		case yes:
			return t.kids[1].eval(l, f)
		case no:
			return t.kids[2].eval(l, f)
		default:
			return unknown, missing
		}
	default:
		if f.trace != nil {
			return f.trace.atom(t, l, f)
		}
		return t.atom(l, f)
	}
}

// atom evaluates a test that joins no others.
func (t *test) atom(l *Language, f *Frame) (truth, *MissingFact) {
	switch t.op {
	case there:
		return truthOf(t.a.isThere(f)), nil
	case foreign:
		return t.cel.eval(l, f)
	default:
		return t.compare(l, f)
	}
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// join evaluates && and ||: an operand that decides does so whatever the others
// come to.
func (t *test) join(l *Language, f *Frame) (truth, *MissingFact) {
	decides, otherwise := no, yes
	if t.op == either {
		decides, otherwise = yes, no
	}
	out, first := otherwise, (*MissingFact)(nil)
	for _, kid := range t.kids {
		holds, missing := kid.eval(l, f)
		if holds == decides {
			return decides, nil
		}
		if holds == unknown && out != unknown {
			out, first = unknown, missing
		}
	}
	return out, first
}

// compare evaluates what looks at values.
func (t *test) compare(l *Language, f *Frame) (truth, *MissingFact) {
	a, missing := t.a.load(l, f)
	if a == nil {
		return unknown, missing
	}
	switch t.op {
	case isTrue:
		if b, ok := a.(types.Bool); ok {
			return truthOf(bool(b)), nil
		}
		return unknown, nil
	case oneOf:
		return truthOf(t.set.has(a)), nil
	default:
		// the others look at a second value
	}
	b, missing := t.b.load(l, f)
	if b == nil {
		return unknown, missing
	}
	switch t.op {
	case equal:
		return truthOf(a.Equal(b) == types.True), nil
	case differs:
		return truthOf(a.Equal(b) != types.True), nil
	case within:
		switch in := b.(type) {
		case *set:
			return truthOf(in.has(a)), nil
		case *mapping:
			_, found := in.Find(a)
			return truthOf(found), nil
		}
	case less, atMost, more, atLeast:
		switch x := a.(type) {
		case types.Int:
			if y, ok := b.(types.Int); ok {
				return truthOf(t.op.ordered(compareInts(int64(x), int64(y)))), nil
			}
		case types.String:
			if y, ok := b.(types.String); ok {
				return truthOf(t.op.ordered(strings.Compare(string(x), string(y)))), nil
			}
		}
		x, okX := asDecimal(a)
		y, okY := asDecimal(b)
		if okX && okY {
			return truthOf(t.op.ordered(x.compare(&y))), nil
		}
	default:
		// unreachable: eval knows the others
	}
	return unknown, nil
}

// An operand is what is compared: a constant, a fact, the size of one, or the
// privilege that is asked about.
type operand struct {
	constant  ref.Val
	object    spot
	layout    *layout
	slot      int
	missing   *MissingFact // of the fact
	size      bool
	privilege bool
}

// A spot is where a frame has an object.
type spot uint8

const (
	inMember spot = iota + 1
	inSponsor
	inMission
	inState
	inRequest
	inVehicle
	inProperty
	inFiling
	inProtection
	inBound
	inCondition
)

var spotsOf = map[string]spot{
	"member": inMember, "sponsor": inSponsor, "mission": inMission, "state": inState, "request": inRequest, "vehicle": inVehicle,
	"property": inProperty, "filing": inFiling, "protection": inProtection, "m": inBound, "a": inBound, "w": inBound, "c": inCondition,
}

func (f *Frame) inSpot(p spot) *Object {
	switch p {
	case inMember:
		return f.Member
	case inSponsor:
		return f.Sponsor
	case inMission:
		return f.Mission
	case inState:
		return f.State
	case inRequest:
		return f.Request
	case inVehicle:
		return f.Vehicle
	case inProperty:
		return f.Property
	case inFiling:
		return f.Filing
	case inProtection:
		return f.Protection
	case inBound:
		return f.Bound
	default:
		return f.Condition
	}
}

// isThere reports whether a fact is not missing.
func (o *operand) isThere(f *Frame) bool {
	of := f.inSpot(o.object)
	return of != nil && of.layout == o.layout && of.slot(o.slot) != nil
}

// load returns a value; nil if it is missing, and without what is missing if
// cel-go is to be asked.
func (o *operand) load(l *Language, f *Frame) (ref.Val, *MissingFact) {
	switch {
	case o.constant != nil:
		return o.constant, nil
	case o.privilege:
		if v, found := l.env.enums["privilege"].value(string(f.Privilege)); found {
			return v, nil
		}
		return nil, nil
	}
	of := f.inSpot(o.object)
	if of == nil {
		return nil, o.missing
	}
	if of.layout != o.layout {
		return nil, nil
	}
	v := of.slot(o.slot)
	if v == nil {
		return nil, o.lacking(of)
	}
	if err, bad := v.(*types.Err); bad {
		missing, _ := errors.AsType[*MissingFact](err.Unwrap())
		return nil, missing
	}
	if !o.size {
		return v, nil
	}
	switch v := v.(type) {
	case *set:
		return v.Size(), nil
	case *mapping:
		return v.Size(), nil
	}
	return nil, nil
}

// lacking says that the fact is missing of an object, which may go by another
// name: a sponsor is read as a member.
func (o *operand) lacking(of *Object) *MissingFact {
	name := o.layout.facts[o.slot].decl.Name
	if kind, _, _ := strings.Cut(o.missing.Fact, "."); kind == of.kind {
		return o.missing
	}
	return &MissingFact{Fact: of.kind + "." + name}
}

// A choice is an expression that comes to one of a few operands.
type choice struct {
	operand
	when              *test // nil: it is the operand
	chosen, otherwise *choice
}

func (c *choice) eval(l *Language, f *Frame) (ref.Val, *MissingFact) {
	if c.when == nil {
		return c.load(l, f)
	}
	holds, missing := c.when.eval(l, f)
	switch holds {
	case yes:
		return c.chosen.eval(l, f)
	case no:
		return c.otherwise.eval(l, f)
	default:
		return nil, missing
	}
}
