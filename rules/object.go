package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/comity-project/comity/domain"
)

// MissingFact is the error of an expression that reads a fact that nobody
// recorded, or that the question did not bring. Nothing was decided.
type MissingFact struct{ Fact string } // request.amount

func (e *MissingFact) Error() string { return e.Fact + " is not known" }

// A layout is what the objects of one kind have: a slot for each fact.
type layout struct {
	object string // as CEL's type is called
	typ    *cel.Type
	facts  []factType
	index  map[string]int
	// defaults are the boxed defaults; nil where there is none.
	defaults []ref.Val
}

func newLayout(object string, facts []factType) *layout {
	l := &layout{object: object, typ: types.NewObjectType(object), facts: facts, index: map[string]int{}, defaults: make([]ref.Val, len(facts))}
	for i := range facts {
		d := &facts[i].decl
		l.index[d.Name] = i
		if d.HasDefault {
			boxed, err := facts[i].box(d.Default)
			if err != nil {
				continue // unreachable: defaults are parsed by the same type
			}
			l.defaults[i] = boxed
		}
	}
	return l
}

func (l *layout) names() []string {
	out := make([]string, len(l.facts))
	for i := range l.facts {
		out[i] = l.facts[i].decl.Name
	}
	return out
}

// An Object is what rules read: a member, a mission, a measure. It holds a
// value, or nothing, for every fact that the language declares of its kind. It
// is never changed, and safe for concurrent use, unless it was made by
// [Language.Lazy].
type Object struct {
	kind   string
	layout *layout
	// cells are the facts that the object holds itself; the others have their
	// defaults, or are missing. If whole is set there is a cell for every fact,
	// in order of declaration.
	cells []cell
	whole bool
	finds Finder // of facts that are not among the cells; nil: nothing is left to find out
}

// A cell is one fact that an object holds.
type cell struct {
	slot   int
	boxed  ref.Val // as expressions read it; nil: missing
	value  domain.Value
	events []domain.Position
}

// held returns the cell of a fact, or nil if it has its default. It is good until
// another fact is asked for.
func (o *Object) held(i int) *cell {
	if o.whole {
		return &o.cells[i]
	}
	for j := range o.cells {
		if o.cells[j].slot == i {
			return &o.cells[j]
		}
	}
	if o.finds == nil {
		return nil
	}
	v, events, known := o.finds.Fact(&o.layout.facts[i].decl)
	c := o.layout.cell(o.kind, i, v, events, known)
	if o.cells == nil {
		o.cells = make([]cell, 0, someCells)
	}
	o.cells = append(o.cells, c)
	return &o.cells[len(o.cells)-1]
}

// someCells is about how many facts of an object an answer rests on.
const someCells = 5

// slot returns a fact as expressions read it; nil: missing.
func (o *Object) slot(i int) ref.Val {
	if c := o.held(i); c != nil {
		return c.boxed
	}
	return o.layout.defaults[i]
}

// A Read finds the value of a fact, with the positions of the events that it
// comes from; false if nothing is known of it. A text that comes with false names
// what is missing, where that is something else than the fact itself.
type Read func(decl domain.FactDecl) (domain.Value, []domain.Position, bool)

// Object makes an object of a kind: member, sponsor (of the same facts as a
// member), mission, state, request, vehicle, property, filing, protection,
// measure, agreement or waiver. Facts of which
// nothing is known have their defaults, or are missing. It panics if there is no
// such kind.
func (l *Language) Object(kind string, read Read) *Object {
	lay := l.layout(kind)
	o := lay.empty(kind)
	for i := range lay.facts {
		v, events, known := read(lay.facts[i].decl)
		o.cells[i] = lay.cell(kind, i, v, events, known)
	}
	return o
}

// Lazy makes an object of which every fact is found out when it is first read, so
// that what no rule needs never is. It is for one goroutine at a time.
func (l *Language) Lazy(kind string, finds Finder) *Object {
	return &Object{kind: kind, layout: l.layout(kind), finds: finds}
}

// A Finder finds out the facts of one object, as a [Read] does.
type Finder interface {
	Fact(decl *domain.FactDecl) (domain.Value, []domain.Position, bool)
}

// cell is that of a fact that a Read came to.
func (l *layout) cell(kind string, i int, v domain.Value, events []domain.Position, known bool) cell {
	t := &l.facts[i]
	switch {
	case known && (v.Text() != "" || t.decl.Type != domain.EnumFact): // an empty code is none
		return l.given(kind, i, v, events)
	case !known && v.Text() != "":
		return cell{slot: i, boxed: types.WrapErr(&MissingFact{Fact: v.Text()})}
	default:
		return l.standard(i)
	}
}

// given is the cell of a fact that is known.
func (l *layout) given(kind string, i int, v domain.Value, events []domain.Position) cell {
	boxed, err := l.facts[i].box(v)
	if err != nil {
		return cell{slot: i, boxed: types.WrapErr(fmt.Errorf("%s.%s %w", kind, l.facts[i].decl.Name, err))}
	}
	return cell{slot: i, boxed: boxed, value: l.facts[i].canonical(v, boxed), events: events}
}

// standard is the cell of a fact of which nothing is known.
func (l *layout) standard(i int) cell {
	if boxed := l.defaults[i]; boxed != nil {
		return cell{slot: i, boxed: boxed, value: l.facts[i].decl.Default}
	}
	return cell{slot: i}
}

func (l *Language) layout(kind string) *layout {
	if kind == "sponsor" {
		kind = "member"
	}
	lay := l.env.layouts[kind]
	if lay == nil {
		panic(fmt.Sprintf("bad kind of object %q", kind)) // unreachable unless a caller invents one
	}
	return lay
}

// ConditionObject makes the object c that the met expression of a condition
// reads, of the values of its parameters in the order of their declaration.
func (l *Language) ConditionObject(d *ConditionDecl, params []domain.Value) *Object {
	lay := l.env.layouts[d.object]
	o := lay.empty("condition")
	for i := range lay.facts {
		if i < len(params) && !params[i].IsZero() {
			o.cells[i] = lay.given(o.kind, i, params[i], nil)
		} else {
			o.cells[i] = lay.standard(i)
		}
	}
	return o
}

// empty makes an object of which every fact is missing.
func (l *layout) empty(kind string) *Object {
	return &Object{kind: kind, layout: l, cells: make([]cell, len(l.facts)), whole: true}
}

// known returns a fact by its slot, and false if it is missing.
func (o *Object) known(i int) (domain.Value, bool) {
	c := o.held(i)
	switch {
	case c == nil:
		return o.layout.facts[i].decl.Default, o.layout.defaults[i] != nil
	case c.boxed == nil || types.IsError(c.boxed):
		return domain.Value{}, false
	default:
		return c.value, true
	}
}

// Value returns a fact, and false if it is missing.
func (o *Object) Value(name string) (domain.Value, bool) {
	if o == nil {
		return domain.Value{}, false
	}
	i, declared := o.layout.index[name]
	if !declared {
		return domain.Value{}, false
	}
	return o.known(i)
}

// Events returns the positions of the events that a fact comes from.
func (o *Object) Events(name string) []domain.Position {
	if o == nil {
		return nil
	}
	if i, declared := o.layout.index[name]; declared {
		if c := o.held(i); c != nil {
			return c.events
		}
	}
	return nil
}

// With returns a copy of the object in which one fact is v, which comes from no
// event. A fact that the language does not declare is left out.
func (o *Object) With(name string, v domain.Value) *Object {
	if o == nil {
		return nil
	}
	i, declared := o.layout.index[name]
	if !declared {
		return o
	}
	copied := *o
	copied.cells = slices.Clone(o.cells)
	given := o.layout.given(o.kind, i, v, nil)
	for j := range copied.cells {
		if copied.whole && j == i || !copied.whole && copied.cells[j].slot == i {
			copied.cells[j] = given
			return &copied
		}
	}
	copied.cells = append(copied.cells, given)
	return &copied
}

// Format writes the value of a fact for people: $300.00, 25 mi.
func (o *Object) Format(name string, v domain.Value) string {
	if o == nil {
		return v.String()
	}
	if i, declared := o.layout.index[name]; declared {
		return o.layout.facts[i].format(v)
	}
	return v.String()
}

// Facts yields the facts that are known, in order of declaration.
func (o *Object) Facts(yield func(domain.FactDecl, domain.Value) bool) {
	for i := range o.layout.facts {
		if v, known := o.known(i); known && !yield(o.layout.facts[i].decl, v) {
			return
		}
	}
}

// formatParam writes the value of a condition's parameter for people.
func (l *Language) formatParam(d *ConditionDecl, name string, v domain.Value) string {
	lay := l.env.layouts[d.object]
	if i, declared := lay.index[name]; declared {
		return lay.facts[i].format(v)
	}
	return v.String()
}

var errOtherLanguage = errors.New("an object of another language is read")

// field makes the access to one fact of a layout.
func (l *layout) field(i int, kind string) *types.FieldType {
	missing := &MissingFact{Fact: kind + "." + l.facts[i].decl.Name}
	get := func(of any) (any, error) {
		o, _ := of.(*Object)
		if o == nil {
			return nil, missing
		}
		if o.layout != l {
			return nil, errOtherLanguage
		}
		v := o.slot(i)
		if v == nil {
			if o.kind != kind {
				return nil, &MissingFact{Fact: o.kind + "." + l.facts[i].decl.Name}
			}
			return nil, missing
		}
		if err, bad := v.(*types.Err); bad {
			return nil, err.Unwrap()
		}
		return v, nil
	}
	isSet := func(of any) bool {
		o, _ := of.(*Object)
		return o != nil && o.layout == l && o.slot(i) != nil
	}
	return &types.FieldType{Type: l.facts[i].cel(), IsSet: isSet, GetFrom: get}
}

// A RequestError says which words of a request do not fit, each with what is
// expected.
type RequestError struct{ Wrong []string }

func (e *RequestError) Error() string { return strings.Join(e.Wrong, "\n") }

// Request makes the object of the facts that a question brings, each given by
// its name as a word. The error names every word that does not fit, and says
// what is expected.
func (l *Language) Request(words map[string]string) (*Object, error) {
	lay := l.env.layouts["request"]
	if len(words) == 0 {
		return l.constants().request, nil
	}
	o := &Object{kind: "request", layout: lay}
	var wrong []string
	for _, name := range sortedKeys(words) {
		i, declared := lay.index[name]
		if !declared {
			text := fmt.Sprintf("a question can't bring %q", clip(name))
			if h := orList(name, lay.names()); h != "" {
				text += "; " + h
			}
			wrong = append(wrong, text)
			continue
		}
		v, err := lay.facts[i].parse(words[name])
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("request.%s: %v", name, err))
			continue
		}
		if lay.facts[i].negative(v) {
			wrong = append(wrong, fmt.Sprintf("request.%s: %q can't be negative", name, clip(words[name])))
			continue
		}
		o.cells = append(o.cells, lay.given("request", i, v, nil))
	}
	if len(wrong) > 0 {
		return nil, &RequestError{Wrong: wrong}
	}
	return o, nil
}
