package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rulesets"
)

// theShipped is the law that ships, loaded once for all tests that leave it as it is.
var theShipped []*Edition

// shipped is the law that ships with the program, which is not to be changed.
func shipped(t testing.TB) []*Edition {
	t.Helper()
	if theShipped == nil {
		theShipped = shippedAnew(t)
	}
	return theShipped
}

// shippedAnew loads the law that ships with the program.
func shippedAnew(t testing.TB) []*Edition {
	t.Helper()
	bundle := func(folder fs.FS) []byte {
		text, err := Bundle(folder)
		require.NoError(t, err)
		return text
	}
	common, err := LoadCommon(bundle(rulesets.Common()))
	require.NoError(t, err)
	out := []*Edition{common}
	for _, state := range rulesets.States() {
		folder, err := rulesets.Of(state)
		require.NoError(t, err)
		own, err := LoadState(bundle(folder), common)
		require.NoError(t, err)
		out = append(out, own)
	}
	return out
}

// An asked expression stands in a rule for something.
type askedExpr struct {
	*Expr
	each      Each
	condition *ConditionDecl
}

// expressions are all that the editions evaluate, each once.
func expressions(editions []*Edition) []askedExpr {
	var out []askedExpr
	add := func(e *Expr, each Each, c *ConditionDecl) {
		if e != nil && !slices.ContainsFunc(out, func(a askedExpr) bool { return a.prog == e.prog && a.each == each && a.condition == c }) {
			out = append(out, askedExpr{e, each, c})
		}
	}
	for _, e := range editions {
		for _, rule := range e.Rules {
			add(rule.When, rule.Each, nil)
			add(rule.OutcomeExpr, rule.Each, nil)
			add(rule.As, rule.Each, nil)
			for _, use := range rule.Conditions {
				for _, p := range use.Params {
					add(p.Expr, rule.Each, nil)
				}
			}
			for _, uses := range [][]RemarkUse{rule.Oblige, rule.Note, rule.Route, rule.Limit} {
				for _, use := range uses {
					add(use.Expr, rule.Each, nil)
				}
			}
		}
		for _, f := range e.Floors {
			add(f.When, EachNothing, nil)
		}
		for _, code := range sortedKeys(e.Consequences) {
			for _, c := range e.Consequences[code] {
				add(c.When, EachNothing, nil)
			}
		}
	}
	for _, code := range sortedKeys(editions[0].Language.Conditions) {
		c := editions[0].Language.Conditions[code]
		add(c.Met, EachNothing, c)
	}
	return out
}

// anyValue draws a value of a fact: often one that rules speak of.
func anyValue(t *rapid.T, f *factType) domain.Value {
	codes := func(e *enum) []string { return e.list.names() }
	switch f.decl.Type {
	case domain.BoolFact:
		return domain.Bool(rapid.Bool().Draw(t, "bool"))
	case domain.IntFact, domain.MoneyFact:
		return domain.Int(rapid.SampledFrom([]int64{0, 1, 7, 8, 12, 21, 22, 100, 30000, 500000}).Draw(t, "int"))
	case domain.DecimalFact:
		return domain.Text(rapid.SampledFrom([]string{"0", "1", "24.9", "25", "25.1", "40"}).Draw(t, "decimal"))
	case domain.EnumFact:
		return domain.Text(rapid.SampledFrom(codes(f.enum)).Draw(t, "code"))
	case domain.SetFact:
		if f.enum != nil {
			return domain.List(rapid.SliceOfNDistinct(rapid.SampledFrom(codes(f.enum)), 0, 3, rapid.ID).Draw(t, "codes"))
		}
		return domain.List(rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"xa", "xb", "fuel", "wine", "capital"}), 0, 3, rapid.ID).Draw(t, "texts"))
	case domain.MapFact:
		key, value := rapid.SampledFrom(codes(f.keys)).Draw(t, "key"), rapid.SampledFrom(codes(f.outcomes)).Draw(t, "outcome")
		return domain.List([]string{key + "=" + value})
	default:
		return domain.Text(rapid.SampledFrom([]string{"", "xa", "fuel", "wine", "capital"}).Draw(t, "text"))
	}
}

// anyObject draws an object of which the facts that an expression reads are
// known, missing, in doubt, or wanting another; the rest have their defaults.
func anyObject(t *rapid.T, l *Language, kind, called string, reads []FactRef) *Object {
	lay := l.layout(kind)
	return l.Object(kind, func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
		if !slices.Contains(reads, FactRef{called, d.Name}) {
			return domain.Value{}, nil, false
		}
		switch how := rapid.IntRange(0, 9).Draw(t, called+"."+d.Name); how {
		case 0:
			return domain.Value{}, nil, false
		case 1:
			return domain.Text("member.birth"), nil, false
		case 2:
			return domain.Text("no such value"), nil, true
		default:
			return anyValue(t, &lay.facts[lay.index[d.Name]]), []domain.Position{1}, true
		}
	})
}

func anyFrame(t *rapid.T, l *Language, e askedExpr) *Frame {
	f := &Frame{Privilege: rapid.SampledFrom(l.PrivilegeOrder).Draw(t, "privilege")}
	object := func(kind, called string) *Object { return anyObject(t, l, kind, called, e.reads) }
	f.Member, f.Sponsor, f.Mission, f.State = object("member", "member"), object("member", "sponsor"), object("mission", "mission"), object("state", "state")
	f.Request, f.Vehicle, f.Property = object("request", "request"), object("vehicle", "vehicle"), object("property", "property")
	f.Filing, f.Protection = object("filing", "filing"), object("protection", "protection")
	if rapid.IntRange(0, 9).Draw(t, "nobody") == 0 {
		f.Sponsor = nil
	}
	if e.each != EachNothing {
		f.Bound = object(string(e.each), string(e.each))
	}
	if e.condition != nil {
		var params []domain.Value
		lay := l.env.layouts[e.condition.object]
		for i := range lay.facts {
			params = append(params, anyValue(t, &lay.facts[i]))
		}
		f.Condition = l.ConditionObject(e.condition, params)
	}
	return f
}

// Every expression of the law that ships comes to the same in our own form as by
// cel-go, also for want of facts, and with the same error.
func TestOurFormMeansWhatCELMeans(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	editions := shipped(t)
	all := expressions(editions)
	ours := 0
	for _, e := range all {
		if e.test != nil && !e.Form().Opaque() || e.value != nil {
			ours++
		}
	}
	t.Logf("%d of %d expressions are wholly of our own form", ours, len(all))
	assert.Greater(t, ours, len(all)*8/10)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		for _, e := range all {
			compareWithCEL(t, e, seen)
		}
	})
	assert.Positive(t, seen["true <nil>"])
	assert.Positive(t, seen["false <nil>"])
	assert.Greater(t, len(seen), 10, "facts are missing too")
}

func compareWithCEL(t *rapid.T, e askedExpr, seen map[string]int) {
	f := anyFrame(t, e.lang, e)
	oracle := *e.Expr
	oracle.test, oracle.value = nil, nil
	evaluate := func(x *Expr) string {
		if x.typ.String() == "bool" {
			v, err := x.Bool(f)
			return fmt.Sprint(v, err)
		}
		v, err := x.Value(f)
		return fmt.Sprint(v, err)
	}
	want := evaluate(&oracle)
	require.Equal(t, want, evaluate(e.Expr), e.Source())
	seen[want]++
	if e.test != nil { // what is left to cel-go is not counted
		holds, missing := e.test.eval(e.lang, f)
		if v, err := oracle.Bool(f); err == nil {
			require.Equal(t, truthOf(v), holds, e.Source())
		} else if missing != nil {
			wanted, ok := errors.AsType[*MissingFact](err)
			require.True(t, ok, e.Source())
			require.Equal(t, wanted.Fact, missing.Fact, e.Source())
		}
	}
}

// Evaluating a test allocates nothing.
func TestOurFormAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	common := shipped(t)[0]
	c := common.Language.Capacity(Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent"})
	request, err := common.Language.Request(map[string]string{"distance": "30"})
	require.NoError(t, err)
	f := FrameOf(&c, request, nil)
	f.Privilege = "imm.arrest"
	tried := 0
	for _, rule := range common.Rules {
		if rule.When == nil || rule.When.test == nil || rule.Each != EachNothing || rule.When.Form().Opaque() {
			continue
		}
		if _, err := rule.When.Bool(f); err != nil {
			continue
		}
		tried++
		assert.Zero(t, testing.AllocsPerRun(1, func() { _, _ = rule.When.Bool(f) }), rule.When.Source())
	}
	assert.Greater(t, tried, 100)
}
