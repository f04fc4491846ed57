package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// exprOf compiles a condition as that of a rule for each measure, agreement or
// waiver.
func exprOf(t testing.TB, common *rules.Edition, each, when string) *rules.Expr {
	t.Helper()
	bundle := "-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\nrules:\n  - {id: X, tier: programme, privilege: [tax.sales], " + each +
		" outcome: denied, basis: {practice: same}, cite: [a], because: b, when: '" + strings.ReplaceAll(when, "'", "''") + "'}\n"
	e, err := rules.LoadState([]byte(bundle), common)
	require.NoError(t, err)
	return e.Rules[0].When
}

func objectOf(e *rules.Edition, kind string, facts map[string]domain.Value) *rules.Object {
	return e.Language.Object(kind, func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
		v, known := facts[d.Name]
		return v, []domain.Position{7}, known
	})
}

// frame is an agent of thirty at an embassy, with a measure.
func frame(t testing.TB, e *rules.Edition, request map[string]string) *rules.Frame {
	t.Helper()
	member := objectOf(e, "member", map[string]domain.Value{
		"category": domain.Text("dip.agent"), "phase": domain.Text("current"), "status": domain.Text("lpr"), "age": domain.Int(30),
		"rank": domain.Text("attaché"), "nationalities": domain.List([]string{"xa", "xb"}),
	})
	o, err := e.Language.Request(request)
	require.NoError(t, err)
	return &rules.Frame{
		Member: member, Sponsor: member, Request: o, Privilege: "tax.sales",
		Mission: objectOf(e, "mission", map[string]domain.Value{"kind": domain.Text("embassy")}),
		State:   objectOf(e, "state", nil),
		Bound: objectOf(e, "measure", map[string]domain.Value{
			"level": domain.Text("approval"), "amount": domain.Int(30000), "radius": domain.Text("25.5"), "places": domain.List([]string{"capital"}),
		}),
	}
}

func TestExprBool(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	e := mini(t)
	request := map[string]string{"distance": "25.501", "amount": "$300", "place": "capital"}
	for _, tt := range []struct {
		when string
		want string // true, false, or the error
	}{
		{"member.category == DIP_AGENT", "true"},
		{"member.category == category.DIP_AGENT", "true"},
		{"member.category != DIP_AT", "true"},
		{"member.category in [DIP_AT, DIP_AGENT]", "true"},
		{"!(member.category in [DIP_AT, DIP_SERVICE])", "true"},
		{"member.status == status.NONE", "false"},
		{"mission.status == OPEN", "true"},
		{"mission.archives_separate", "false"},
		{"member.age >= 30 && member.age < 31", "true"},
		{"member.age * 2 - 1 == 59 && -member.age / 7 % 3 == -1", "true"},
		{`member.rank == "attaché" && size(member.rank) == 7`, "true"},
		{`member.rank.startsWith("att") && member.rank.endsWith("é") && member.rank.contains("ach")`, "true"},
		{`"xa" in member.nationalities && !("xc" in member.nationalities)`, "true"},
		{"size(member.nationalities) == 2", "true"},
		{`member.nationalities[0] == "xa"`, "true"},
		{`member.nationalities.exists(n, n == "xb")`, "true"},
		{`member.nationalities.all(n, n == "xb")`, "false"},
		{`member.nationalities.exists_one(n, n.startsWith("x"))`, "false"},
		{`request.place in m.places`, "true"},
		{"request.amount == m.amount", "true"},
		{"request.distance > m.radius", "true"},
		{"request.distance > 25 && request.distance < 26 && 26 >= m.radius && m.radius >= m.radius", "true"},
		{"request.distance == m.radius", "false"},
		{"privilege == TAX_SALES", "true"},
		{"privilege in [TAX_FUEL, IMM_ARREST]", "false"},
		{`"in " + string(member.age) + " years" == "in 30 years"`, "true"},
		{"member.local_hire ? member.private_work : member.age == 30", "true"},
		{"m.level == APPROVAL && sponsor.category == member.category", "true"},
		// has
		{"has(member.age)", "true"},
		{"has(member.relation)", "false"},
		{"has(member.rank) && has(mission.status)", "true"},
		{"has(request.offence) && request.offence == FELONY", "false"},
		// what is missing
		{"member.relation == SPOUSE", "member.relation is not known"},
		{"request.offence == FELONY", "request.offence is not known"},
		{"m.ground == \"reciprocity\" && request.offence == FELONY", "request.offence is not known"},
		{"m.places.exists(p, p == request.matter) || request.first", "request.first is not known"},
		{"[request.offence].exists(o, o == FELONY)", "request.offence is not known"},
		{"request.offence == FELONY ? true : false", "request.offence is not known"},
		// an error in one operand matters only if the other does not decide
		{"request.first && member.local_hire", "false"},
		{"member.local_hire && request.first", "false"},
		{"request.first || member.age == 30", "true"},
		{"request.first || member.age == 31", "request.first is not known"},
		{"!(request.first || member.age == 30)", "false"},
		// what goes wrong
		{"member.age / (member.age - 30) == 1", "a.yaml:5:142: a number is divided by zero"},
		{"member.age * 9223372036854775807 > 0", "a.yaml:5:142: a number becomes too large"},
		{`member.nationalities[2] == "xa"`, "a.yaml:5:142: a list has fewer elements than are asked for"},
	} {
		t.Run(tt.when, func(t *testing.T) {
			expr := exprOf(t, e, "each: measure m,", tt.when)
			got, err := expr.Bool(frame(t, e, request))
			text := fmt.Sprint(got)
			if err != nil {
				text = err.Error()
			}
			assert.Equal(t, tt.want, text)
			if strings.HasSuffix(tt.want, "is not known") {
				missing, ok := errors.AsType[*rules.MissingFact](err)
				require.True(t, ok)
				assert.Equal(t, strings.TrimSuffix(tt.want, " is not known"), missing.Fact)
			}
		})
	}
}

func TestExprMaps(t *testing.T) {
	e := mini(t)
	f := frame(t, e, nil)
	f.Bound = objectOf(e, "agreement", map[string]domain.Value{"raises": domain.List([]string{"tax.sales=allowed", "tax.fuel=denied"})})
	for when, want := range map[string]bool{
		"privilege in a.raises":                   true,
		"IMM_ARREST in a.raises":                  false,
		"a.raises[privilege] == ALLOWED":          true,
		"a.raises[TAX_FUEL] == DENIED":            true,
		"size(a.raises) == 2":                     true,
		"a.raises.exists(p, p == TAX_FUEL)":       true,
		"a.raises.all(p, a.raises[p] == ALLOWED)": false,
		"has(a.as)": false,
		"has(a.raises) && member.status in a.excluded":           false,
		"TAX_FUEL in a.raises && a.raises[TAX_FUEL] in [DENIED]": true,
	} {
		got, err := exprOf(t, e, "each: agreement a,", when).Bool(f)
		require.NoError(t, err, when)
		assert.Equal(t, want, got, when)
	}
	_, err := exprOf(t, e, "each: agreement a,", "a.raises[IMM_ARREST] == ALLOWED").Bool(f)
	assert.ErrorContains(t, err, "the map says nothing of imm.arrest")
}

func TestExprValue(t *testing.T) {
	e := mini(t)
	f := frame(t, e, nil)
	v, err := ruleOf(t, e, "C-MIN").Conditions[0].Params[0].Expr.Value(f)
	require.NoError(t, err)
	assert.Equal(t, domain.Int(30000), v)
	v, err = ruleOf(t, e, "C-NOTICE").Note[0].Expr.Value(f)
	require.NoError(t, err)
	assert.Equal(t, "by note to the office, for journeys outside 1 places", v.Text())
	f.Bound = objectOf(e, "agreement", map[string]domain.Value{"as": domain.Text("dip.agent")})
	v, err = ruleOf(t, e, "A-AS").As.Value(f)
	require.NoError(t, err)
	assert.Equal(t, domain.Text("dip.agent"), v, "a code comes back as its text")
	_, err = ruleOf(t, e, "A-RAISE").OutcomeExpr.Value(f)
	missing, ok := errors.AsType[*rules.MissingFact](err)
	require.True(t, ok)
	assert.Equal(t, "agreement.raises", missing.Fact)
}

func TestConditionMet(t *testing.T) {
	e := mini(t)
	d := e.Language.Conditions["minimum_purchase"]
	for amount, want := range map[string]bool{"$299.99": false, "30000": true, "300.01": true} {
		f := frame(t, e, map[string]string{"amount": amount})
		f.Condition = e.Language.ConditionObject(d, []domain.Value{domain.Int(30000)})
		met, err := d.Met.Bool(f)
		require.NoError(t, err)
		assert.Equal(t, want, met, amount)
	}
	f := frame(t, e, nil)
	f.Condition = e.Language.ConditionObject(d, []domain.Value{domain.Int(30000)})
	_, err := d.Met.Bool(f)
	missing, ok := errors.AsType[*rules.MissingFact](err)
	require.True(t, ok)
	assert.Equal(t, "request.amount", missing.Fact)
	f = frame(t, e, map[string]string{"amount": "1"})
	f.Condition = e.Language.ConditionObject(d, nil)
	_, err = d.Met.Bool(f)
	missing, ok = errors.AsType[*rules.MissingFact](err)
	require.True(t, ok)
	assert.Equal(t, "condition.amount", missing.Fact)
}

func TestViewExpressions(t *testing.T) {
	e := mini(t)
	says := e.Views[0].Questions[1].Says
	f := frame(t, e, nil)
	f.Answers = map[domain.Privilege]domain.Outcome{"imm.criminal": domain.Conditional}
	f.Conditions = map[domain.Privilege][]string{"imm.criminal": {"official_acts_only"}}
	got, err := says[0].When.Bool(f)
	require.NoError(t, err)
	assert.False(t, got)
	got, err = says[1].When.Bool(f)
	require.NoError(t, err)
	assert.True(t, got)
	f.Answers = nil
	_, err = says[0].When.Bool(f)
	assert.ErrorContains(t, err, "the map says nothing of imm.criminal", "no outcome is no answer")
}

// TestReads looks for facts wherever they may hide.
func TestReads(t *testing.T) {
	e := mini(t)
	for when, want := range map[string]string{
		"member.nationalities.exists(n, n == request.matter)": "[member.nationalities request.matter]",
		"[sponsor.age].exists(n, n > member.age)":             "[member.age sponsor.age]",
		"has(member.age) ? has(m.radius) : state.id == \"x\"": "[measure.radius member.age state.id]",
		"m.places[member.age] == \"x\"":                       "[measure.places member.age]",
		"!(request.place in m.places) && member.local_hire":   "[measure.places member.local_hire request.place]",
		"privilege == TAX_SALES":                              "[]",
	} {
		assert.Equal(t, want, fmt.Sprint(exprOf(t, e, "each: measure m,", when).Reads()), when)
	}
}

// sixAtoms is a typical rule.
const sixAtoms = `member.category == DIP_AGENT && member.status in [US_NATIONAL, LPR] && mission.kind == EMBASSY && m.level == APPROVAL && ` +
	`!(request.place in m.places) && request.distance > m.radius`

func TestBoolAllocatesNothing(t *testing.T) {
	e := mini(t)
	expr := exprOf(t, e, "each: measure m,", sixAtoms)
	f := frame(t, e, map[string]string{"distance": "30", "place": "coast"})
	holds, err := expr.Bool(f)
	require.NoError(t, err)
	require.True(t, holds)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = expr.Bool(f) }))
}

func BenchmarkExprBool(b *testing.B) {
	e := mini(b)
	f := frame(b, e, map[string]string{"distance": "30", "place": "coast"})
	for name, when := range map[string]string{
		"one atom":  "member.category == DIP_AGENT",
		"six atoms": sixAtoms,
		"exists":    `member.nationalities.exists(n, n == "xb")`,
		"missing":   "request.offence == FELONY",
	} {
		expr := exprOf(b, e, "each: measure m,", when)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = expr.Bool(f)
			}
		})
	}
}

func BenchmarkObject(b *testing.B) {
	e := mini(b)
	facts := map[string]domain.Value{"category": domain.Text("dip.agent"), "status": domain.Text("lpr"), "nationalities": domain.List([]string{"xa"}), "age": domain.Int(30)}
	b.ReportAllocs()
	for b.Loop() {
		objectOf(e, "member", facts)
	}
}

func BenchmarkLoadCommon(b *testing.B) {
	bundle := bundleOf(b, "testdata/mini")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rules.LoadCommon(bundle); err != nil {
			b.Fatal(err)
		}
	}
}
