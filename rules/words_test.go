package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

func say(w rules.Words) string {
	if len(w.Parts) == 0 {
		return w.Text
	}
	parts := make([]string, len(w.Parts))
	for i, p := range w.Parts {
		parts[i] = say(p)
	}
	return w.Text + " {" + strings.Join(parts, "; ") + "}"
}

func TestWords(t *testing.T) {
	e := mini(t)
	for text, want := range map[string]string{
		"member.category == DIP_AGENT":                              "the category of the member is diplomatic agent",
		"member.age in [17, 21]":                                    "the age of the member is one of: 17 years, 21 years",
		"!(member.category in [DIP_AGENT, DIP_AT])":                 "the category of the member is none of: diplomatic agent, administrative and technical staff",
		"member.age >= 21 && !member.local_hire":                    "all of these {the age of the member is at least 21 years; the local hire of the member is not true}",
		"!(member.age < 21 || has(request.amount))":                 "all of these {the age of the member is at least 21 years; the amount of the request is not known}",
		"!(member.age < 21 && has(request.amount))":                 "any of these {the age of the member is at least 21 years; the amount of the request is not known}",
		"request.amount > 15000":                                    "the amount of the request is more than $150.00",
		`"xa" in member.nationalities`:                              `"xa" is among the nationalities of the member`,
		"size(member.nationalities) == 2":                           "the number of the nationalities of the member is 2",
		"privilege == TAX_SALES":                                    "what is asked is exemption from sales tax",
		"request.distance > m.radius":                               "the distance of the request is more than the radius of the measure",
		"member.local_hire ? true : member.age == 30":               "if the first is so the second, otherwise the third {the local hire of the member is true; always; the age of the member is 30 years}",
		`!member.rank.startsWith("att") && sponsor.status != NONE2`: "",
		`!member.rank.startsWith("att")`:                            `it is not so that member.rank.startsWith("att")`,
		"sponsor.status != LPR":                                     "the status of the sponsor is not lawful permanent resident",
	} {
		x, err := rules.ParseExpr(e, text, rules.EachMeasure)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, text)
		w := x.Form().Words()
		assert.Equal(t, want, say(w), text)
	}
}

func TestMeets(t *testing.T) {
	e := mini(t)
	meets := func(a, b string) bool {
		x, y := ruleOf(t, e, a), ruleOf(t, e, b)
		assert.Equal(t, x.Meets(y), y.Meets(x), "%s %s", a, b)
		return x.Meets(y)
	}
	assert.False(t, meets("B-LIBERTY", "B-LIBERTY"), "not itself")
	assert.False(t, meets("S-NATIONAL", "S-REST"), "of other privileges")
	assert.False(t, meets("B-PERSON/imm.civil/agent", "B-PERSON/imm.civil/at"), "of other categories")
	assert.False(t, meets("B-PERSON/imm.civil/agent", "B-FAMILY"), "one of the family alone, the other without")
	assert.False(t, meets("A-AS", "S-NATIONAL"), "of other tiers")
	n := 0
	for _, a := range e.Rules {
		for _, b := range e.Rules {
			if a.Meets(b) {
				n++
			}
		}
	}
	assert.Positive(t, n)
	assert.NotEmpty(t, e.FloorOf("imm.arrest"))
	assert.Equal(t, byte('R'), e.FloorOf("travel.move")[0].Mark)
	assert.Empty(t, e.FloorOf(domain.Privilege("nothing")))
}
