package analysis_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// Somebody whose list holds an element is made also where the list has a default and
// no rule looks at whether it is there.
func TestDifferenceShownByAList(t *testing.T) {
	head := language(t, false)
	edition := func(when string) analysis.Side {
		e := common(t, head, text([]drawn{
			{id: "R-1", tier: "baseline", privilege: "tax.sales", applies: "family: false", outcome: "allowed", when: `"p" in member.nationalities || "q" in member.nationalities`},
			{id: "R-2", tier: "status", privilege: "tax.sales", applies: "family: false", outcome: "denied", when: when},
		}))
		return analysis.Side{Law: rules.Law{Common: e}, Edition: e}
	}
	all := analysis.Compare(edition(`"q" in member.nationalities`), edition(`!("q" in member.nationalities)`), analysis.Options{Privileges: []domain.Privilege{"tax.sales"}})
	require.Len(t, all, 1)
	require.Equal(t, analysis.Different, all[0].Verdict, all[0].Why)
	require.True(t, slices.ContainsFunc(all[0].Changes, func(c analysis.Change) bool {
		return slices.ContainsFunc(c.Witness.Facts, func(f analysis.Fact) bool { return f.Name == "member.nationalities" })
	}))
}

// A list of numbers is the same as its numbers one by one, and a size is a number.
func TestNumbersInAList(t *testing.T) {
	head := language(t, false)
	edition := func(when string) analysis.Side {
		e := common(t, head, text([]drawn{{id: "R-1", tier: "baseline", privilege: "tax.sales", applies: "family: false", outcome: "allowed", when: when}}))
		return analysis.Side{Law: rules.Law{Common: e}, Edition: e}
	}
	for _, c := range []struct {
		one, other string
		verdict    analysis.Verdict
	}{
		{"member.age in [17, 21]", "member.age == 17 || member.age == 21", analysis.Same},
		{"!(member.age in [21, 17])", "member.age != 17 && member.age != 21", analysis.Same},
		{"member.age in [17, 21]", "member.age >= 17 && member.age <= 21", analysis.Different},
		{"size(member.nationalities) in [0, 1]", "size(member.nationalities) < 2", analysis.Same},
		{"size(member.nationalities) > 0", "!(size(member.nationalities) <= 0)", analysis.Same},
	} {
		all := analysis.Compare(edition(c.one), edition(c.other), analysis.Options{Privileges: []domain.Privilege{"tax.sales"}})
		require.Len(t, all, 1)
		require.Equal(t, c.verdict, all[0].Verdict, "%s and %s: %s", c.one, c.other, all[0].Why)
	}
	never := edition("member.age in [17, 21] && member.age > 30")
	r := analysis.Analyse(never.Law, never.Edition, analysis.Options{})
	require.Empty(t, r.NotAnalysed)
	require.True(t, slices.ContainsFunc(r.Findings, func(f analysis.Finding) bool { return f.Code == analysis.Unreachable }))
}
