package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// show writes an answer as the scenarios do.
func show(a rules.Answer) string {
	if a.Outcome == "" {
		var facts []string
		for _, e := range a.Errors {
			facts = append(facts, e.Fact)
		}
		return "no answer: " + strings.Join(facts, ", ")
	}
	text := string(a.Outcome)
	var conditions []string
	for _, c := range a.Conditions {
		one := c.Code
		for _, p := range c.Params {
			one += " " + p.Value
		}
		conditions = append(conditions, one+" "+string(c.State))
	}
	if len(conditions) > 0 {
		text += " [" + strings.Join(conditions, ", ") + "]"
	}
	return text
}

// A bench puts questions to the small language.
type bench struct {
	t    testing.TB
	law  rules.Law
	lang *rules.Language
}

func newBench(t testing.TB) bench {
	common := mini(t)
	return bench{t: t, law: rules.Law{Common: common}, lang: common.Language}
}

func (b bench) person(category domain.Category) rules.Capacity {
	return b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: category})
}

func (b bench) bound(each rules.Each, id string, facts map[string]domain.Value, privileges ...domain.Privilege) rules.Bound {
	return rules.Bound{Each: each, ID: id, Privileges: privileges, Covers: func(domain.Reach) bool { return true },
		Object: b.lang.Object(string(each), func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
			v, found := facts[decl.Name]
			return v, nil, found
		})}
}

func (b bench) measure(id, level string, privileges ...domain.Privilege) rules.Bound {
	return b.bound(rules.EachMeasure, id, map[string]domain.Value{"level": domain.Text(level), "amount": domain.Int(30000), "radius": domain.Text("25")}, privileges...)
}

func (b bench) ask(p domain.Privilege, c []rules.Capacity, bounds []rules.Bound, words map[string]string) rules.Answer {
	request, err := b.lang.Request(words)
	require.NoError(b.t, err)
	return rules.Resolve(b.law, &rules.Situation{Privilege: p, At: 1, Request: request, Capacities: c, Nobody: b.lang.Nobody("somebody"), Bounds: bounds})
}

func TestResolve(t *testing.T) {
	b := newBench(t)
	one := func(c rules.Capacity) []rules.Capacity { return []rules.Capacity{c} }
	resident := b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent", Status: "lpr"})
	ended := b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent", Phase: "ended"})
	spouse := b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent", Family: true})
	cutSpouse := spouse
	cutSpouse.Principal = &resident
	likeAgent := b.bound(rules.EachAgreement, "a-1", map[string]domain.Value{"as": domain.Text("dip.agent")})
	waiver := b.bound(rules.EachWaiver, "25-118", map[string]domain.Value{"by": domain.Text("state"), "matter": domain.Text("25-118"), "immunities": domain.List([]domain.Privilege{"imm.criminal"})}, "imm.criminal")
	grant := b.measure("g-1", "granted", "imm.civil", "tax.sales")
	grant.Individual = true
	order := b.measure("o-1", "withdrawn", "tax.sales")
	order.Individual = true
	type bounds = []rules.Bound
	for _, tt := range []struct {
		name   string
		p      domain.Privilege
		who    []rules.Capacity
		bounds bounds
		words  string
		want   string
	}{
		{"baseline", "imm.arrest", one(b.person("dip.agent")), nil, "", "allowed"},
		{"no baseline", "imm.arrest", one(b.person("dip.service")), nil, "", "denied"},
		{"nobody", "imm.arrest", nil, nil, "", "denied"},
		{"nobody has the liberties", "travel.move", nil, nil, "", "allowed"},
		{"cut by status", "imm.criminal", one(resident), nil, "", "allowed_with_conditions [official_acts_only unchecked]"},
		{"a cut replaces a more favourable baseline only", "tax.fuel", one(resident), nil, "", "denied"},
		{"family", "imm.criminal", one(spouse), nil, "", "allowed"},
		{"family of a sponsor who is cut", "imm.criminal", one(cutSpouse), nil, "", "denied"},
		{"an agreement lifts", "imm.criminal", one(b.person("dip.service")), bounds{likeAgent}, "", "allowed"},
		{"not what is cut", "imm.criminal", one(resident), bounds{likeAgent}, "", "allowed_with_conditions [official_acts_only unchecked]"},
		{"not what has ended", "imm.criminal", one(ended), bounds{likeAgent}, "", "denied"},
		{"an agreement lifts family with the sponsor", "imm.criminal", one(b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.service", Family: true})), bounds{likeAgent}, "", "allowed"},
		{"a closed reciprocal cell", "tax.fuel", one(b.person("dip.agent")), nil, "", "denied"},
		{"opened by a determination", "tax.fuel", one(b.person("dip.agent")), bounds{b.measure("m-1", "full", "tax.fuel")}, "", "allowed"},
		{"and restricted by the same", "tax.fuel", one(b.person("dip.agent")), bounds{b.measure("m-1", "minimum_purchase", "tax.fuel")}, "amount=299.99", "denied"},
		{"not by one that is not known", "tax.fuel", one(b.person("dip.agent")), bounds{b.measure("m-1", "unknown", "tax.fuel")}, "", "denied"},
		{"not by one for another privilege", "tax.fuel", one(b.person("dip.agent")), bounds{b.measure("m-1", "full", "tax.sales")}, "", "denied"},
		{"a lift replaces outcome and conditions", "customs.personal", one(b.person("dip.at")), bounds{b.measure("m-1", "more_favorable", "customs.personal")}, "first=false", "allowed"},
		{"a condition not met", "customs.personal", one(b.person("dip.at")), nil, "first=false", "denied"},
		{"a condition met", "customs.personal", one(b.person("dip.at")), nil, "first=true", "allowed_with_conditions [first_installation met]"},
		{"meets or exceeds", "tax.sales", one(b.person("dip.agent")), bounds{b.measure("m-1", "minimum_purchase", "tax.sales")}, "amount=300.00", "allowed_with_conditions [minimum_purchase $300.00 met]"},
		{"an open condition", "tax.sales", one(b.person("dip.agent")), bounds{b.measure("m-1", "minimum_purchase", "tax.sales")}, "", "allowed_with_conditions [minimum_purchase $300.00 open]"},
		{"the strictest of two restrictions", "tax.sales", one(b.person("dip.agent")), bounds{b.measure("m-1", "minimum_purchase", "tax.sales"), b.measure("m-2", "withdrawn", "tax.sales")}, "amount=500", "denied"},
		{"a grant lifts over a cut", "imm.civil", one(resident), bounds{grant}, "", "allowed"},
		{"a grant lifts over reciprocity", "tax.sales", one(b.person("dip.agent")), bounds{b.measure("m-1", "withdrawn", "tax.sales"), grant}, "", "allowed"},
		{"an order stands beside a grant", "tax.sales", one(b.person("dip.agent")), bounds{grant, order}, "", "denied"},
		{"waived in this matter", "imm.criminal", one(b.person("dip.agent")), bounds{waiver}, "matter=25-118", "denied"},
		{"not in another", "imm.criminal", one(b.person("dip.agent")), bounds{waiver}, "matter=25-119", "allowed"},
		{"not for execution", "imm.criminal", one(b.person("dip.agent")), bounds{waiver}, "matter=25-118 stage=execution", "allowed"},
		{"the best of two capacities", "imm.criminal", []rules.Capacity{b.person("dip.service"), b.person("dip.at")}, nil, "", "allowed"},
		{"a missing fact that matters", "travel.move", one(b.person("dip.agent")), bounds{b.measure("m-1", "approval", "travel.move")}, "", "no answer: request.distance"},
		{"up to and including", "travel.move", one(b.person("dip.agent")), bounds{b.measure("m-1", "approval", "travel.move")}, "distance=25.0", "allowed"},
		{"beyond", "travel.move", one(b.person("dip.agent")), bounds{b.measure("m-1", "approval", "travel.move")}, "distance=25.1", "permission_required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			words := map[string]string{}
			for _, w := range strings.Fields(tt.words) {
				k, v, _ := strings.Cut(w, "=")
				words[k] = v
			}
			assert.Equal(t, tt.want, show(b.ask(tt.p, tt.who, tt.bounds, words)))
		})
	}
}

// A fact that is missing does not matter if the answer is the same either way.
func TestAMissingFactThatDoesNotMatter(t *testing.T) {
	b := newBench(t)
	a := b.ask("travel.move", []rules.Capacity{b.person("dip.agent")}, []rules.Bound{b.measure("m-1", "approval", "travel.move"), b.measure("m-2", "withdrawn", "travel.move")}, nil)
	assert.Equal(t, domain.Denied, a.Outcome)
	require.Len(t, a.Errors, 1)
	assert.Equal(t, "request.distance", a.Errors[0].Fact)
	assert.False(t, a.Errors[0].Mattered)
}

// A capacity that may or may not go on is taken both ways too.
func TestACapacityThatMayHaveEnded(t *testing.T) {
	b := newBench(t)
	child := b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent", Family: true, Relation: "child"})
	child.Missing = "member.birth"
	a := b.ask("imm.criminal", []rules.Capacity{child}, nil, nil)
	assert.Equal(t, "no answer: member.birth", show(a))
	assert.Equal(t, "allowed", show(b.ask("travel.move", []rules.Capacity{child}, nil, nil)))
	assert.Equal(t, "denied", show(b.ask("customs.personal", []rules.Capacity{child}, nil, nil)))
}

// A denial says which kind it is.
func TestADenialSaysWhichKindItIs(t *testing.T) {
	b := newBench(t)
	decisive := func(a rules.Answer) (codes []domain.ReasonCode) {
		for _, r := range a.Reasons {
			if r.Decisive {
				codes = append(codes, r.Code)
			}
		}
		return codes
	}
	person := func(c domain.Category) []rules.Capacity { return []rules.Capacity{b.person(c)} }
	assert.Equal(t, []domain.ReasonCode{domain.ReasonNoBaseline}, decisive(b.ask("imm.arrest", person("dip.service"), nil, nil)))
	assert.Equal(t, []domain.ReasonCode{domain.ReasonReciprocalOnly}, decisive(b.ask("tax.fuel", person("dip.agent"), nil, nil)))
	assert.Equal(t, []domain.ReasonCode{domain.ReasonReciprocity}, decisive(b.ask("tax.sales", person("dip.agent"), []rules.Bound{b.measure("m-1", "withdrawn", "tax.sales")}, nil)))
	below := b.ask("tax.sales", person("dip.agent"), []rules.Bound{b.measure("m-1", "minimum_purchase", "tax.sales")}, map[string]string{"amount": "299.99"})
	assert.Contains(t, decisive(below), domain.ReasonConditionNotMet)
	for _, r := range below.Reasons {
		if r.Code == domain.ReasonConditionNotMet {
			assert.Equal(t, "below_minimum_purchase", r.Detail)
		}
	}
}

// The guard puts back what a faulty measure would take below a hard floor.
func TestTheGuardHoldsAHardFloor(t *testing.T) {
	b := newBench(t)
	a := b.ask("imm.arrest", []rules.Capacity{b.person("dip.agent")}, []rules.Bound{b.measure("m-1", "withdrawn", "imm.arrest")}, nil)
	assert.Equal(t, "allowed", show(a))
	assert.True(t, slices.ContainsFunc(a.Reasons, func(r domain.Reason) bool { return r.Code == domain.ReasonFloorHeld && r.By == "measure m-1" }))
}

// The order in which measures were recorded, and capacities were listed, never
// shows.
func TestOrderNeverMatters(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	b := newBench(t)
	levels := []string{"full", "more_favorable", "minimum_purchase", "withdrawn", "unknown", "granted", "approval", "notice"}
	privileges := []domain.Privilege{"imm.arrest", "imm.criminal", "tax.sales", "tax.fuel", "travel.move", "customs.personal"}
	rapid.Check(t, func(t *rapid.T) {
		var bounds []rules.Bound
		for i := range rapid.IntRange(0, 5).Draw(t, "measures") {
			m := b.measure(fmt.Sprintf("m-%d", i), rapid.SampledFrom(levels).Draw(t, "level"), privileges...)
			m.Individual = rapid.Bool().Draw(t, "individual")
			bounds = append(bounds, m)
		}
		if rapid.Bool().Draw(t, "agreement") {
			bounds = append(bounds, b.bound(rules.EachAgreement, "a-1", map[string]domain.Value{"as": domain.Text("dip.agent")}))
		}
		var who []rules.Capacity
		for i := range rapid.IntRange(0, 3).Draw(t, "capacities") {
			c := b.lang.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy",
				Category: rapid.SampledFrom([]domain.Category{"dip.agent", "dip.at", "dip.service", "con.officer"}).Draw(t, "category"),
				Status:   rapid.SampledFrom([]domain.Status{"none", "lpr", "us_national"}).Draw(t, "status"),
				Family:   rapid.Bool().Draw(t, "family")})
			c.Label = fmt.Sprintf("c-%d", i)
			who = append(who, c)
		}
		p := rapid.SampledFrom(privileges).Draw(t, "privilege")
		words := map[string]string{}
		if rapid.Bool().Draw(t, "amount") {
			words["amount"] = rapid.SampledFrom([]string{"299.99", "300", "300.01"}).Draw(t, "price")
		}
		want := b.ask(p, who, bounds, words)
		again := b.ask(p, who, rapid.Permutation(bounds).Draw(t, "order"), words)
		assert.Equal(t, want.Outcome, again.Outcome)
		assert.Equal(t, want.Conditions, again.Conditions)
		assert.Equal(t, want.Reasons, again.Reasons)
		assert.Equal(t, want.Errors, again.Errors)
		shuffled := b.ask(p, rapid.Permutation(who).Draw(t, "capacities"), bounds, words)
		assert.Equal(t, show(want), show(shuffled))
	})
}

// An error in a rule never gives anybody more: with a fact missing there is
// either no answer, or the one that every value of the fact would give.
func TestAnErrorNeverAllows(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	b := newBench(t)
	levels := []string{"full", "minimum_purchase", "withdrawn", "approval", "notice"}
	rapid.Check(t, func(t *rapid.T) {
		var bounds []rules.Bound
		for i := range rapid.IntRange(1, 3).Draw(t, "measures") {
			bounds = append(bounds, b.measure(fmt.Sprintf("m-%d", i), rapid.SampledFrom(levels).Draw(t, "level"), "travel.move", "tax.sales"))
		}
		who := []rules.Capacity{b.person(rapid.SampledFrom([]domain.Category{"dip.agent", "dip.at", "dip.service"}).Draw(t, "category"))}
		without := b.ask("travel.move", who, bounds, nil)
		if without.Outcome == "" {
			return
		}
		for _, distance := range []string{"0", "25", "25.001", "1000"} {
			assert.Equal(t, without.Outcome, b.ask("travel.move", who, bounds, map[string]string{"distance": distance}).Outcome)
		}
	})
}

// What a baseline rule lacks of nobody is no trouble for who is there.
func TestNobodyIsNotAskedWhereSomebodyIs(t *testing.T) {
	text := append(bundleOf(t, "testdata/mini"), "-- zz.yaml --\nrules:\n  - {id: X, tier: baseline, privilege: [tax.sales], when: member.category == DIP_AGENT, outcome: allowed, cite: [a], because: b}\n"...)
	common, err := rules.LoadCommon(text)
	require.NoError(t, err)
	b := bench{t: t, law: rules.Law{Common: common}, lang: common.Language}
	answer := b.ask("tax.sales", []rules.Capacity{b.person("dip.agent")}, nil, nil)
	assert.NotEmpty(t, answer.Outcome)
	assert.Empty(t, answer.Errors)
}
