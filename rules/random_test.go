package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
)

// An author writes expressions at random, well typed, with everything that the
// language has.
type author struct {
	t     *rapid.T
	l     *Language
	s     scope
	folds int
	// facts by type, as they are written.
	facts map[domain.FactType][]factText
}

type factText struct {
	text string
	fact *factType
}

func newAuthor(t *rapid.T, l *Language, s scope) *author {
	a := &author{t: t, l: l, s: s, facts: map[domain.FactType][]factText{}}
	objects := slices.Clone(objectNames)
	if s.each != EachNothing {
		objects = append(objects, boundNames[s.each])
	}
	for _, name := range objects {
		kind := l.env.layoutOf(name)
		if name == boundNames[s.each] {
			kind = string(s.each)
		}
		lay := l.env.layouts[kind]
		for i := range lay.facts {
			f := &lay.facts[i]
			a.facts[f.decl.Type] = append(a.facts[f.decl.Type], factText{name + "." + f.decl.Name, f})
		}
	}
	return a
}

func (a *author) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(a.t, label) }

func (a *author) fact(kinds ...domain.FactType) factText {
	var all []factText
	for _, k := range kinds {
		all = append(all, a.facts[k]...)
	}
	return rapid.SampledFrom(all).Draw(a.t, "fact")
}

func (a *author) code(e *enum) string {
	v := rapid.SampledFrom(e.values).Draw(a.t, "code")
	return e.list.Name + "." + constantOf(v.code)
}

func (a *author) list(of func() string) string {
	var out []string
	for range a.pick("length", 3) + 1 {
		out = append(out, of())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// truth writes an expression that is true or false.
func (a *author) truth(depth int) string {
	if depth <= 0 {
		return a.atom(0)
	}
	switch a.pick("truth", 9) {
	case 0:
		return "(" + a.truth(depth-1) + " && " + a.truth(depth-1) + ")"
	case 1:
		return "(" + a.truth(depth-1) + " || " + a.truth(depth-1) + ")"
	case 2:
		return "!(" + a.truth(depth-1) + ")"
	case 3:
		return "(" + a.truth(depth-1) + " ? " + a.truth(depth-1) + " : " + a.truth(depth-1) + ")"
	case 4:
		return a.truth(depth-1) + " && " + a.atom(depth) + " || " + a.atom(depth)
	case 5:
		return "(" + a.truth(depth-1) + ") == (" + a.atom(depth-1) + ")"
	case 6:
		return a.fold(depth)
	default:
		return a.atom(depth)
	}
}

func (a *author) atom(depth int) string {
	sign := func() string {
		return rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="}).Draw(a.t, "sign")
	}
	switch a.pick("atom", 12) {
	case 0:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(a.t, "constant")
	case 1:
		return a.fact(domain.BoolFact).text
	case 2:
		return "has(" + a.fact(domain.BoolFact, domain.IntFact, domain.EnumFact, domain.SetFact, domain.TextFact, domain.MoneyFact).text + ")"
	case 3:
		f := a.fact(domain.EnumFact)
		return f.text + rapid.SampledFrom([]string{" == ", " != "}).Draw(a.t, "sign") + a.code(f.fact.enum)
	case 4:
		f := a.fact(domain.EnumFact)
		return f.text + " in " + a.list(func() string { return a.code(f.fact.enum) })
	case 5:
		f := a.fact(domain.SetFact)
		if f.fact.enum == nil {
			return a.text(depth-1) + " in " + f.text
		}
		return a.code(f.fact.enum) + " in " + f.text
	case 6:
		return a.text(depth-1) + " " + sign() + " " + a.text(depth-1)
	case 7:
		return a.text(depth-1) + " in " + a.list(func() string { return a.text(0) })
	case 8:
		return a.text(depth-1) + "." + rapid.SampledFrom([]string{"startsWith", "endsWith", "contains"}).Draw(a.t, "call") + "(" + a.text(0) + ")"
	case 9:
		if len(a.facts[domain.DecimalFact]) > 0 {
			return a.fact(domain.DecimalFact).text + " " + rapid.SampledFrom([]string{"<", "<=", ">", ">="}).Draw(a.t, "sign") + " " + a.number(0)
		}
		fallthrough
	default:
		return a.number(depth-1) + " " + sign() + " " + a.number(depth-1)
	}
}

// fold writes exists or all, one of which must not stand in another.
func (a *author) fold(depth int) string {
	f := a.fact(domain.SetFact)
	if a.folds > 0 {
		return "size(" + f.text + ") > 0"
	}
	a.folds++
	defer func() { a.folds-- }()
	inner := "x == " + a.text(0)
	if f.fact.enum != nil {
		inner = "x == " + a.code(f.fact.enum)
	}
	if a.pick("inner", 2) == 0 {
		inner += " || " + a.truth(depth-2)
	}
	return f.text + rapid.SampledFrom([]string{".exists", ".all"}).Draw(a.t, "fold") + "(x, " + inner + ")"
}

func (a *author) number(depth int) string {
	switch n := a.pick("number", 9); {
	case depth > 0 && n == 0:
		return "(" + a.number(depth-1) + rapid.SampledFrom([]string{" + ", " - ", " * ", " / ", " % "}).Draw(a.t, "sign") + a.number(depth-1) + ")"
	case depth > 0 && n == 1:
		return "(" + a.atom(depth-1) + " ? " + a.number(depth-1) + " : " + a.number(depth-1) + ")"
	case n == 2:
		return "size(" + a.fact(domain.SetFact).text + ")"
	case n == 3:
		return a.fact(domain.SetFact).text + ".size()"
	case depth > 0 && n == 4 && len(a.facts[domain.DecimalFact]) > 0:
		return "percent(" + a.number(depth-1) + ", " + a.fact(domain.DecimalFact).text + ")"
	case n <= 6:
		return fmt.Sprint(rapid.SampledFrom([]int64{0, 1, 7, 21, 30000, 9223372036854775807}).Draw(a.t, "literal"))
	default:
		return a.fact(domain.IntFact, domain.MoneyFact).text
	}
}

func (a *author) text(depth int) string {
	switch n := a.pick("text", 6); {
	case depth > 0 && n == 0:
		return "string(" + a.number(depth-1) + ")"
	case depth > 0 && n == 1:
		return "(" + a.text(depth-1) + " + " + a.text(depth-1) + ")"
	case n <= 3:
		return rapid.SampledFrom([]string{`"xa"`, `"fuel"`, `'capital'`, `""`, `"café ☕"`, `"(a.b)"`}).Draw(a.t, "literal")
	default:
		return a.fact(domain.TextFact, domain.WordFact).text
	}
}

// Whatever can be written comes to the same in our own form as by cel-go: the value,
// or for want of which fact there is none. Every part stands where it says.
func TestRandomExpressionsMeanWhatCELMeans(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	common := shipped(t)[0]
	written, seen, opaque, parts := 0, map[string]int{}, 0, 0
	try := func(t *rapid.T) {
		c := compareRandom(t, common.Language, seen)
		if c == nil {
			return
		}
		written++
		if c.Form().Opaque() {
			opaque++
		}
		parts += len(c.Form().Parts())
	}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			try(t)
		}
	})
	t.Logf("%d expressions, %d with a part that is left to cel-go; %v", written, opaque, len(seen))
	assert.Greater(t, written, 100)
	assert.Greater(t, opaque, written/20)
	assert.Greater(t, written-opaque, written/4)
	assert.Greater(t, seen["true <nil>"], 20)
	assert.Greater(t, seen["false <nil>"], 20)
	assert.Greater(t, len(seen), 20, "many facts are missing, and numbers divided by zero")
}

// compareRandom writes one expression and compares it in a few frames; nil if it is
// one that the language refuses.
func compareRandom(t *rapid.T, l *Language, seen map[string]int) *Expr {
	s := scope{each: rapid.SampledFrom([]Each{EachNothing, EachMeasure, EachAgreement, EachWaiver}).Draw(t, "each")}
	text := newAuthor(t, l, s).truth(rapid.IntRange(0, 4).Draw(t, "depth"))
	loader := newLoader(&Edition{Language: l})
	c := loader.compileNew(text, s, cel.BoolType)
	if len(c.wrong) > 0 {
		for _, p := range c.wrong {
			require.Equal(t, codeLimit, p.code, "%s: %s", text, p.message)
		}
		return nil
	}
	places := make([]place, len([]rune(text))+1)
	for i := range places {
		places[i] = place{src: &source{name: "x", starts: []int{0}, text: text}}
	}
	e := &Expr{source: text, text: []rune(text), places: places, reads: c.reads, tests: c.tests, lang: l, typ: c.typ, prog: c.prog, test: c.test, value: c.value}
	require.False(t, e.Form().IsZero(), text)
	for range 3 {
		compareWithCEL(t, askedExpr{Expr: e, each: s.each}, seen)
	}
	var walk func(Form)
	walk = func(f Form) {
		alone := loader.compileNew(f.Source(), s, cel.BoolType)
		for _, p := range alone.wrong {
			// x stands for an element: what is bound outside of a part can't be read in it
			require.Contains(t, []string{codeLimit, codeName}, p.code, "%s of %s: %s", f.Source(), text, p.message)
		}
		for _, part := range f.Parts() {
			walk(part)
		}
	}
	walk(e.Form())
	return e
}

// FuzzOurForm lets the fuzzer write the expressions.
func FuzzOurForm(f *testing.F) {
	common := shipped(f)[0]
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { compareRandom(t, common.Language, map[string]int{}) }))
}

// An oracle counts, and where our form is wrong there is no answer.
func TestOracle(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	common := shippedAnew(t)[0]
	o := &Oracle{}
	common.Language.Consult(o)
	c := common.Language.Capacity(Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent"})
	request, err := common.Language.Request(nil)
	require.NoError(t, err)
	s := &Situation{Privilege: "imm.criminal", Request: request, Capacities: []Capacity{c}, Nobody: common.Language.Nobody(somebody)}
	want := Resolve(Law{Common: common}, s)
	require.Equal(t, domain.Allowed, want.Outcome)
	require.Greater(t, o.Compared(), uint64(0))
	require.Zero(t, o.Differed())

	// a form that says the opposite of what is written
	wronged := 0
	for _, rule := range common.Rules {
		if rule.When != nil && rule.When.test != nil {
			rule.When.test = &test{op: not, kids: []*test{rule.When.test}}
			wronged++
		}
	}
	require.Greater(t, wronged, 100)
	got := Resolve(Law{Common: common}, s)
	assert.NotZero(t, o.Differed())
	assert.Empty(t, got.Outcome)
	assert.NotEmpty(t, o.Disagreements())
	require.ErrorContains(t, &o.Disagreements()[0], "this is a fault of the program")
	common.Language.Consult(nil)
	assert.NotEmpty(t, Resolve(Law{Common: common}, s).Outcome, "nobody compares")
}
