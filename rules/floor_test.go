package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// delmark loads an edition of an invented State with one rule.
func delmark(t *testing.T, rule string) error {
	t.Helper()
	text := "-- ruleset.yaml --\nruleset: delmark\nedition: \"1\"\ntitle: Delmark\nrules:\n" + rule
	_, err := rules.LoadState([]byte(text), mini(t))
	return err
}

func TestFloorsAreCheckedWhenARulesetIsLoaded(t *testing.T) {
	for _, tt := range []struct {
		name, rule string
		want       []string // in the error; none: accepted
	}{
		{
			"arrest for misdemeanors",
			`  - {id: D-1, tier: reciprocity, privilege: [imm.arrest], applies: {category: [dip.agent]}, when: has(request.offence) && request.offence == MISDEMEANOR, outcome: denied, cite: [an order], because: A test.}
`,
			[]string{"imm.arrest", "VCDR 29", "dip.agent", "E041"},
		},
		{
			"arrest on doubt: a fact that is missing counts against the rule",
			`  - {id: D-1, tier: programme, privilege: [imm.arrest], when: request.offence == FELONY, outcome: denied, cite: [an order], because: A test.}
`,
			[]string{"imm.arrest", "VCDR 29"},
		},
		{
			"a condition that was not there before",
			`  - {id: D-1, tier: reciprocity, privilege: [imm.criminal], outcome: allowed_with_conditions, conditions: [official_acts_only], basis: {practice: same}, cite: [an order], because: A test.}
`,
			[]string{"imm.criminal", "VCDR 31"},
		},
		{
			"a waiver of its own making",
			`  - {id: D-1, tier: waiver, privilege: [imm.criminal], outcome: denied, cite: [an order], because: A test.}
`,
			[]string{"imm.criminal"},
		},
		{
			"a cut of its own making",
			`  - {id: D-1, tier: status, privilege: [imm.criminal], outcome: denied, cite: [an order], because: A test.}
`,
			[]string{"imm.criminal"},
		},
		{
			"below an R floor without the practice",
			`  - {id: D-1, tier: reciprocity, privilege: [customs.personal], outcome: denied, cite: [an order], because: A test.}
`,
			[]string{"customs.personal", "answers a restrictive practice"},
		},
		{
			"below an R floor in answer to the practice",
			`  - {id: D-1, tier: reciprocity, privilege: [customs.personal], outcome: denied, basis: {practice: same}, cite: [VCDR 47(2)(a)], because: A test.}
`,
			nil,
		},
		{
			"no floor",
			`  - {id: D-1, tier: reciprocity, privilege: [tax.sales], outcome: denied, cite: [an order], because: A test.}
`,
			nil,
		},
		{
			"no further than the law goes itself",
			`  - {id: D-1, tier: reciprocity, privilege: [imm.arrest], applies: {category: [dip.service]}, outcome: denied, cite: [an order], because: A test.}
`,
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := delmark(t, tt.rule)
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			for _, want := range tt.want {
				assert.Contains(t, err.Error(), want)
			}
			assert.True(t, strings.HasPrefix(err.Error(), "ruleset.yaml:5:"), "%v", err)
		})
	}
}

func TestFloorsAreCheckedForMeasures(t *testing.T) {
	b := newBench(t)
	try := func(level string, p domain.Privilege, individual, practised, finding bool) []*rules.Breach {
		m := b.measure("m-1", level, p)
		m.Individual = individual
		return rules.CheckMeasure(b.law, rules.Candidate{State: "xa", Bound: m, Finding: finding, Practised: func(domain.Privilege) bool { return practised }}, 1)
	}
	breaches := try("withdrawn", "imm.arrest", false, true, true)
	require.Len(t, breaches, 1)
	assert.Equal(t, byte('H'), breaches[0].Mark)
	assert.Contains(t, breaches[0].Error(), "VCDR 29")
	assert.Len(t, try("withdrawn", "imm.criminal", true, true, true), 1, "not against one person either")
	assert.Len(t, try("withdrawn", "customs.personal", false, false, true), 1, "a finding is no ground for customs")
	assert.Empty(t, try("withdrawn", "customs.personal", false, true, false))
	assert.Empty(t, try("withdrawn", "customs.personal", true, false, false), "against one person the authority is enough")
	assert.Len(t, try("approval", "travel.move", false, false, false), 1)
	assert.Empty(t, try("approval", "travel.move", false, false, true), "VCDR 26 and FMA 4304(b)")
	assert.Empty(t, try("withdrawn", "tax.sales", false, false, false), "no floor")
	assert.Empty(t, try("more_favorable", "customs.personal", false, false, false), "it gives more")
}

// A breach names its remedy, which is another for a rule than for a measure, and
// calls a restriction what it is.
func TestBreachRemedy(t *testing.T) {
	rule := rules.Breach{Rule: "rule X", Mark: 'R'}
	assert.Contains(t, rule.Error(), "record the practice and name it as basis.")
	measure := rules.Breach{Rule: "measure m", Measure: true, Mark: 'R'}
	assert.Contains(t, measure.Error(), "record the practice with it as observed, or as practice.observed before it.")
	assert.NotContains(t, measure.Error(), "basis")
}
