package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/comity-project/comity/domain"
)

// A Frame is what one evaluation reads. An object that is not there has no
// facts: reading one is a [MissingFact].
type Frame struct {
	Member, Sponsor, Mission, State, Request *Object
	// Vehicle and Property are what request.object names; Filing is the latest
	// request on record that serves for what is asked, and Protection what was
	// done for the security of whom it is asked.
	Vehicle, Property, Filing, Protection *Object
	// Bound is the measure, agreement or waiver that a rule is evaluated for.
	Bound *Object
	// Condition holds the parameters that a condition's met expression reads.
	Condition *Object
	Privilege domain.Privilege
	// Answers and Conditions are what views read.
	Answers    map[domain.Privilege]domain.Outcome
	Conditions map[domain.Privilege][]string

	// trace notes what is asked of the frame, which stands at; nil: nothing.
	trace *Trace
	at    where
}

// An Expr is a checked expression. It is immutable and safe for concurrent use.
type Expr struct {
	Pos    Pos
	source string
	reads  []FactRef
	lang   *Language
	typ    *cel.Type
	prog   program
	// test or value is the expression in the form that is evaluated first; nil
	// if it has none.
	test  *test
	value *choice
	tests []FactRef // of which it asks whether they are there
	// text is what was checked, names of let substituted; places says where each of
	// its code points stands.
	text   []rune
	places []place
}

// A program evaluates a checked expression. Errors in one operand of && and ||
// do not matter if the other decides.
type program interface {
	eval(*Language, *Frame) (ref.Val, error)
}

// Source is the expression as it is written, names of let not substituted.
func (e *Expr) Source() string { return e.source }

// Expanded is the expression with names of let substituted: what was checked.
func (e *Expr) Expanded() string { return string(e.text) }

// Reads lists every fact that the expression may read, sorted.
func (e *Expr) Reads() []FactRef { return e.reads }

// Bool evaluates a condition. If it needs a fact that is missing, the error is a
// [*MissingFact].
func (e *Expr) Bool(f *Frame) (bool, error) {
	if f.trace != nil {
		return e.tracedBool(f)
	}
	return e.bool(f)
}

func (e *Expr) bool(f *Frame) (bool, error) {
	if e.test != nil {
		holds, missing := e.test.eval(e.lang, f)
		if o := e.lang.oracle; o != nil {
			if err := o.bool(e, f, holds, missing); err != nil {
				return false, err
			}
		}
		switch {
		case holds != unknown:
			return holds == yes, nil
		case missing != nil:
			return false, missing
		}
	}
	return e.foreignBool(f)
}

// foreignBool evaluates a condition by cel-go.
func (e *Expr) foreignBool(f *Frame) (bool, error) {
	v, err := e.prog.eval(e.lang, f)
	if err != nil {
		return false, e.plain(err)
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, fmt.Errorf("%s: the expression came to something that is neither true nor false", e.Pos) // unreachable: it was checked
	}
	return bool(b), nil
}

// Value evaluates the expression. Codes come back as texts, money as whole
// cents, decimals as texts. If it needs a fact that is missing, the error is a
// [*MissingFact].
func (e *Expr) Value(f *Frame) (domain.Value, error) {
	v, err := e.worth(f)
	if f.trace != nil {
		f.trace.add(Step{at: f.at, kind: stepValue, expr: e}, resultOf(v, err))
	}
	return v, err
}

func (e *Expr) worth(f *Frame) (domain.Value, error) {
	if e.value != nil {
		v, missing := e.value.eval(e.lang, f)
		if v == nil && missing == nil {
			return e.foreignValue(f)
		}
		var ours domain.Value
		var err error
		if v != nil {
			ours, err = toValue(v)
		}
		if o := e.lang.oracle; o != nil && err == nil {
			err = o.value(e, f, ours, missing)
		}
		switch {
		case err != nil:
			return domain.Value{}, err
		case missing != nil && v == nil:
			return domain.Value{}, missing
		default:
			return ours, nil
		}
	}
	return e.foreignValue(f)
}

// foreignValue evaluates the expression by cel-go.
func (e *Expr) foreignValue(f *Frame) (domain.Value, error) {
	v, err := e.prog.eval(e.lang, f)
	if err != nil {
		return domain.Value{}, e.plain(err)
	}
	return toValue(v)
}

// plain says in the words of the field what went wrong in an evaluation.
func (e *Expr) plain(err error) error {
	if missing, ok := errors.AsType[*MissingFact](err); ok {
		return missing
	}
	text := err.Error()
	for cel, ours := range map[string]string{
		"division by zero":           "a number is divided by zero",
		"modulus by zero":            "a number is divided by zero",
		"integer overflow":           "a number becomes too large",
		"return error for overflow":  "a number becomes too large",
		"actual cost limit exceeded": "the evaluation takes too long",
		"operation cancelled":        "the evaluation takes too long",
		"index out of bounds":        "a list has fewer elements than are asked for",
	} {
		if strings.Contains(text, cel) {
			text = ours
			break
		}
	}
	return fmt.Errorf("%s: %s", e.Pos, text)
}

// celProgram evaluates by cel-go.
type celProgram struct{ cel.Program }

var activations = sync.Pool{New: func() any { return new(activation) }}

func (p celProgram) eval(l *Language, f *Frame) (ref.Val, error) {
	a, _ := activations.Get().(*activation)
	a.lang, a.Frame = l, f
	v, _, err := p.Eval(a)
	a.lang, a.Frame = nil, nil
	activations.Put(a)
	return v, err
}

// An activation finds the names of an expression in a frame.
type activation struct {
	lang *Language
	*Frame
}

func (a *activation) Parent() cel.Activation { return nil }

func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case "member":
		return a.Member, true
	case "sponsor":
		return a.Sponsor, true
	case "mission":
		return a.Mission, true
	case "state":
		return a.State, true
	case "request":
		return a.Request, true
	case "vehicle":
		return a.Vehicle, true
	case "property":
		return a.Property, true
	case "filing":
		return a.Filing, true
	case "protection":
		return a.Protection, true
	case "m", "a", "w":
		return a.Bound, true
	case "c":
		return a.Condition, true
	case "privilege":
		if v, found := a.lang.env.enums["privilege"].value(string(a.Privilege)); found {
			return v, true
		}
		return types.NewErr("no privilege is asked about"), true
	case "answers":
		return a.answers(), true
	case "conditions":
		return a.conditions(), true
	}
	return nil, false
}

// answers makes the map that views read. Every privilege has an outcome; one
// that came to none is an error to read.
func (a *activation) answers() ref.Val {
	m := &mapping{}
	privileges, outcomes := a.lang.env.enums["privilege"], a.lang.env.enums["outcome"]
	for _, k := range privileges.values {
		if v, found := outcomes.value(string(a.Frame.Answers[domain.Privilege(k.code)])); found {
			m.keys, m.values = append(m.keys, k), append(m.values, v)
		}
	}
	return m
}

// conditions makes the map from privileges to the codes of their conditions;
// a privilege without conditions has an empty list.
func (a *activation) conditions() ref.Val {
	m := &mapping{}
	privileges, codes := a.lang.env.enums["privilege"], a.lang.env.enums["condition"]
	for _, k := range privileges.values {
		var list []ref.Val
		for _, code := range a.Frame.Conditions[domain.Privilege(k.code)] {
			if v, found := codes.value(code); found {
				list = append(list, v)
			}
		}
		m.keys, m.values = append(m.keys, k), append(m.values, ref.Val(newSet(list)))
	}
	return m
}

// joinReads merges what several expressions read.
func joinReads(exprs ...*Expr) []FactRef {
	var out []FactRef
	for _, e := range exprs {
		if e != nil {
			out = append(out, e.reads...)
		}
	}
	slices.SortFunc(out, func(a, b FactRef) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}
