package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
)

// A Trace notes what a resolution asks of a situation, in order, and what came of
// it. The resolution sees nothing else but the [Situation.Shape]: another situation
// of the same shape that gives the same result to the first step, then to the
// second and so on, comes to the same answer.
//
// A fact with few values (a code, a truth) is noted with its value; of any other
// only what the comparison came to, so that amounts and ages that the law does not
// tell apart are not told apart here.
type Trace struct {
	Steps   []Step
	Results []Result
	// lost says that something was asked that can't be noted.
	lost bool
}

// A Step is one thing that a resolution asks of a situation.
type Step struct {
	at      where
	kind    stepKind
	operand operand
	test    *test
	expr    *Expr
}

type stepKind uint8

const (
	stepCode  stepKind = iota // the value of a code or a truth
	stepTest                  // what an atom comes to
	stepValue                 // the value of an expression
	stepWhole                 // what cel-go makes of a condition
)

// A Result is what a step came to. Results are comparable.
type Result struct {
	// N tells the usual results apart: [Absent] if the fact is missing, then 2 for no
	// and 3 for yes, or a code by its place in its list from 2 on. It is 0 for what
	// Text says: another fact that is missing, the error, or the value.
	N    int
	Text string
}

// Absent is the result of a step that lacks the fact that it asks for.
const Absent = 1

// The results of what is true or false.
const (
	resultNo  = 2
	resultYes = 3
)

// where says whose frame a step reads.
type where struct {
	capacity int             // by its place; -1: nobody
	depth    uint8           // 0: the capacity itself, 1: its principal
	as       domain.Category // as if of another category
	bound    int             // by its place, from 1; 0: none
	// condition holds the parameters that the step reads; nil: those of a capacity.
	condition *Object
}

// same reports whether two steps read the same frame. The parameters of a condition
// are worked out anew for each situation.
func (w where) same(o where) bool {
	a, b := w.condition, o.condition
	if a == b || a == nil || b == nil || a.layout != b.layout {
		return w == o
	}
	return slices.EqualFunc(a.cells, b.cells, func(x, y cell) bool { return x.slot == y.slot && x.value.Equal(y.value) })
}

// WeighTraced is [Weigh], with what it asked on the way. The trace is nil if
// something was asked that can't be asked again of another situation.
func WeighTraced(law Law, s *Situation) (Answer, *Trace) {
	t := &Trace{}
	a := resolveTold(law, s, nil, t, state.brief)
	if t.lost {
		t = nil
	}
	return a, t
}

func (t *Trace) add(s Step, r Result) {
	if !slices.ContainsFunc(t.Steps, s.Same) {
		t.Steps, t.Results = append(t.Steps, s), append(t.Results, r)
	}
}

// Same reports whether two steps ask the same.
func (s Step) Same(o Step) bool {
	if s.kind != o.kind || !s.at.same(o.at) {
		return false
	}
	switch s.kind {
	case stepCode:
		return s.operand.object == o.operand.object && s.operand.layout == o.operand.layout && s.operand.slot == o.operand.slot
	case stepTest:
		return s.test == o.test || s.test.key() == o.test.key()
	default:
		return s.expr == o.expr
	}
}

// key tells atoms apart by what they ask.
func (t *test) key() string {
	if t.op == foreign {
		return fmt.Sprintf("%p", t.cel)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d|%s|%s", t.op, t.a.key(), t.b.key())
	if t.set != nil {
		for _, v := range t.set.elems {
			fmt.Fprintf(&b, "|%s %v", v.Type().TypeName(), v.Value())
		}
	}
	return b.String()
}

func (o *operand) key() string {
	if o.constant != nil {
		return fmt.Sprintf("%s %v", o.constant.Type().TypeName(), o.constant.Value())
	}
	return fmt.Sprintf("%d.%p.%d %t %t", o.object, o.layout, o.slot, o.size, o.privilege)
}

// where finds out whose frame is read.
func (t *Trace) where(s *Situation, c *Capacity, b *Bound) where {
	out := where{capacity: -1}
	if b != nil {
		for i := range s.Bounds {
			if &s.Bounds[i] == b {
				out.bound = i + 1
			}
		}
		t.lost = t.lost || out.bound == 0
	}
	if c.origin != nil {
		out.as = c.Reach.Category
		for c.origin != nil {
			c = c.origin
		}
	}
	if c == &s.Nobody {
		return out
	}
	for i := range s.Capacities {
		depth := uint8(0)
		for of := &s.Capacities[i]; of != nil; of = of.Principal {
			if of == c {
				out.capacity, out.depth = i, depth
				return out
			}
			depth++
		}
	}
	t.lost = true
	return out
}

// finite reports whether the operand is a fact of which there are few values.
func (o *operand) finite() bool {
	if o.layout == nil || o.size {
		return false
	}
	kind := o.layout.facts[o.slot].decl.Type
	return kind == domain.EnumFact || kind == domain.BoolFact
}

// atom evaluates an atom and notes what it looked at: the values, if there are few,
// or else what it came to.
func (t *Trace) atom(a *test, l *Language, f *Frame) (truth, *MissingFact) {
	holds, missing := a.atom(l, f)
	few := a.op != foreign && a.op != within
	for _, o := range []*operand{&a.a, &a.b} {
		few = few && (o.layout == nil || o.finite())
	}
	if !few {
		t.add(Step{at: f.at, kind: stepTest, test: a}, truthResult(holds, missing, a.a.missing))
		return holds, missing
	}
	for _, o := range []*operand{&a.a, &a.b} {
		if o.layout != nil {
			s := Step{at: f.at, kind: stepCode, operand: *o}
			t.add(s, s.ask(l, f))
		}
	}
	return holds, missing
}

// presence notes whether the request brings a fact.
func (t *Trace) presence(request *Object, name string) {
	slot, declared := request.layout.index[name]
	if !declared {
		return
	}
	s := Step{at: where{capacity: -1}, kind: stepTest, test: &test{op: there, a: operand{object: inRequest, layout: request.layout, slot: slot}}}
	t.add(s, s.ask(nil, &Frame{Request: request}))
}

// tracedBool evaluates a condition and notes what is left to cel-go as a whole.
func (e *Expr) tracedBool(f *Frame) (bool, error) {
	if e.test != nil {
		holds, missing := e.test.eval(e.lang, f)
		if o := e.lang.oracle; o != nil {
			if err := o.bool(e, f, holds, missing); err != nil {
				f.trace.lost = true
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
	v, err := e.foreignBool(f)
	f.trace.add(Step{at: f.at, kind: stepWhole, expr: e}, wholeResult(v, err))
	return v, err
}

// truthResult is the result of an atom, which lacks own if it lacks a fact of its own.
func truthResult(holds truth, missing, own *MissingFact) Result {
	switch {
	case holds == no:
		return Result{N: resultNo}
	case holds == yes:
		return Result{N: resultYes}
	case missing != nil && missing == own:
		return Result{N: Absent}
	case missing != nil:
		return Result{Text: missing.Fact}
	default:
		return Result{}
	}
}

func wholeResult(v bool, err error) Result {
	if err != nil {
		return errorResult(err)
	}
	return truthResult(truthOf(v), nil, nil)
}

func errorResult(err error) Result {
	if missing, ok := errors.AsType[*MissingFact](err); ok {
		return Result{Text: missing.Fact}
	}
	return Result{Text: "\x00" + err.Error()}
}

func resultOf(v domain.Value, err error) Result {
	if err != nil {
		return errorResult(err)
	}
	return Result{Text: "\x01" + string(v.Kind()) + "\x00" + v.Text() + "\x00" + strconv.FormatInt(v.Int(), 10) + strconv.FormatBool(v.Bool()) + "\x00" + strings.Join(v.List(), "\x00")}
}

// ask asks the step of a frame.
func (s *Step) ask(l *Language, f *Frame) Result {
	switch s.kind {
	case stepCode:
		of := f.inSpot(s.operand.object)
		if of == nil || of.layout != s.operand.layout {
			return Result{N: Absent}
		}
		switch v := of.slot(s.operand.slot).(type) {
		case *enumVal:
			return Result{N: v.index + 2}
		case types.Bool:
			return truthResult(truthOf(bool(v)), nil, nil)
		case *types.Err:
			return errorResult(v.Unwrap())
		default:
			return Result{N: Absent}
		}
	case stepTest:
		holds, missing := s.test.atom(l, f)
		return truthResult(holds, missing, s.test.a.missing)
	case stepValue:
		return resultOf(s.expr.worth(f))
	default:
		return wholeResult(s.expr.foreignBool(f))
	}
}

// OfRequest reports whether the step may look at the request, or at what it names.
func (s *Step) OfRequest() bool {
	ask := func(object string) bool { return slices.Contains(requestObjects, object) }
	of := func(o *operand) bool { return o.layout != nil && ask(operandOf(*o).Fact.Object) }
	reads := func(refs []FactRef) bool {
		return slices.ContainsFunc(refs, func(r FactRef) bool { return ask(r.Object) })
	}
	switch s.kind {
	case stepCode:
		return of(&s.operand)
	case stepTest:
		return of(&s.test.a) || of(&s.test.b) || s.test.cel != nil && reads(s.test.cel.reads)
	default:
		return reads(s.expr.reads)
	}
}

// requestObjects are what a request may change: itself, and what it names.
var requestObjects = []string{"request", "vehicle", "property", "filing"}

// Frames are what the steps of one situation read, each made when it is first
// needed. They are for one goroutine at a time.
type Frames struct {
	lang    *Language
	s       *Situation
	request *Object
	// before are frames of the same situation with another request.
	before *Frames
	made   []framed
}

type framed struct {
	at    where
	frame Frame
}

var framesPool = sync.Pool{New: func() any { return &Frames{made: make([]framed, 0, someFrames)} }}

// someFrames is how many frames a situation mostly needs.
const someFrames = 4

// FramesOf prepares a situation for steps. Release gives the frames back.
func FramesOf(law Law, s *Situation) *Frames {
	fs, _ := framesPool.Get().(*Frames)
	fs.lang, fs.s, fs.request = law.Common.Language, s, s.Request
	return fs
}

// Again prepares the same situation with another request. What was made before must
// not change meanwhile.
func (fs *Frames) Again(request *Object) *Frames {
	out, _ := framesPool.Get().(*Frames)
	out.lang, out.s, out.request, out.before = fs.lang, fs.s, request, fs
	return out
}

// Release gives the frames back. They must not be used any more.
func (fs *Frames) Release() {
	clear(fs.made)
	*fs = Frames{made: fs.made[:0]}
	framesPool.Put(fs)
}

// Ask asks a step of the situation.
func (fs *Frames) Ask(s *Step) Result { return s.ask(fs.lang, fs.frame(&s.at)) }

func (fs *Frames) frame(at *where) *Frame {
	for i := range fs.made {
		if fs.made[i].at == *at {
			return &fs.made[i].frame
		}
	}
	if len(fs.made) == cap(fs.made) { // those made before stay where they are
		fs.made = make([]framed, 0, 2*cap(fs.made))
	}
	fs.made = append(fs.made, framed{at: *at})
	f := &fs.made[len(fs.made)-1].frame
	if fs.before != nil && at.condition == nil {
		for i := range fs.before.made {
			if fs.before.made[i].at == *at {
				*f = fs.before.made[i].frame
				f.Request = fs.request
				return f
			}
		}
	}
	fs.show(f, at)
	return f
}

func (fs *Frames) show(f *Frame, at *where) {
	if at.condition != nil {
		f.Request, f.Condition, f.Privilege = fs.request, at.condition, fs.s.Privilege
		return
	}
	c := &fs.s.Nobody
	if at.capacity >= 0 {
		c = &fs.s.Capacities[at.capacity]
		for range at.depth {
			c = c.Principal
		}
	}
	if at.as != "" {
		c = c.as(at.as)
	}
	fs.s.show(f, fs.lang, c)
	f.Request = fs.request
	if at.bound > 0 {
		f.Bound = fs.s.Bounds[at.bound-1].Object
	}
}
