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

// A single expression is checked as in a ruleset, and may come to anything.
func TestParseExpr(t *testing.T) {
	e := mini(t)
	for text, want := range map[string]string{
		"member.category == DIP_AGENT":           "true or false: true",
		"member.age":                             "a whole number: 30",
		"member.category":                        "a code of category: dip.agent",
		`"in " + string(member.age)`:             "a text: in 30",
		"member.local_hire ? DIP_AT : DIP_AGENT": "a code of category: dip.agent",
		"\n  member.age > 20\n":                  "true or false: true",
	} {
		x, err := rules.ParseExpr(e, text, rules.EachNothing)
		require.NoError(t, err, text)
		v, err := x.Value(frame(t, e, nil))
		if x.IsTest() {
			var holds bool
			holds, err = x.Bool(frame(t, e, nil))
			v = domain.Bool(holds)
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, x.Type()+": "+v.String(), text)
	}
	x, err := rules.ParseExpr(e, "m.level == APPROVAL", rules.EachMeasure)
	require.NoError(t, err)
	holds, err := x.Bool(frame(t, e, nil))
	require.NoError(t, err)
	assert.True(t, holds)
}

// What is wrong with one is said where it stands, and nothing takes long.
func TestParseExprRefuses(t *testing.T) {
	e := mini(t)
	for text, want := range map[string]string{
		"":                                 "1:1 E030",
		"member.categry == DIP_AGENT":      "1:8 E032",
		"member.age > 1 and true":          "1:16 E030",
		"m.level == APPROVAL":              "1:1 E031",
		"true &&\n  member.age == \"x\"":   "2:14 E033",
		strings.Repeat("(", 500):           "1:41 E036",
		strings.Repeat("true && ", 5000):   "1:1 E036",
		"[[1].all(x, [1].all(y, y == x))]": "1:20 E037",
		"member":                           "1:1 E035",
	} {
		_, err := rules.ParseExpr(e, text, rules.EachNothing)
		wrong, ok := errors.AsType[rules.Diagnostics](err)
		require.True(t, ok)
		require.NotEmpty(t, wrong)
		got := fmt.Sprintf("%d:%d %s", wrong[0].Pos.Line, wrong[0].Pos.Column, wrong[0].Code)
		assert.True(t, got == want, "%.40s: got %s, want %s", text, got, want)
	}
}

func TestGives(t *testing.T) {
	e := mini(t)
	for text, want := range map[string]string{
		"member.local_hire ? ALLOWED : DENIED":                              "[allowed denied] true 1",
		"member.local_hire ? ALLOWED : (member.age > 3 ? DENIED : ALLOWED)": "[allowed denied] true 2",
		"member.category": "[] false 0",
		"has(a.raises) ? a.raises[privilege] : outcome.DENIED": "[] false 0",
	} {
		x, err := rules.ParseExpr(e, text, rules.EachAgreement)
		require.NoError(t, err, text)
		gives, known := x.Gives()
		assert.Equal(t, want, fmt.Sprint(gives, known, len(x.Conditions())), text)
	}
}

func TestPointed(t *testing.T) {
	assert.Equal(t, "  when: member.age > 3\n        ^^^^^^^^^^", rules.Pointed("  when: member.age > 3", 9, 19))
	assert.Equal(t, "ü b\n  ^", rules.Pointed("ü b\r\n", 3, 3))
	assert.Equal(t, "\n^", rules.Pointed("", 9, 19))
}

// The parts of applies say what Covers says.
func TestWithin(t *testing.T) {
	e := mini(t)
	n := 0
	for _, rule := range e.Rules {
		for _, category := range []domain.Category{"dip.agent", "dip.at", "con.honorary"} {
			for _, kind := range []domain.MissionKind{"embassy", "consular_post", "honorary_post"} {
				for bits := range 8 {
					reach := domain.Reach{Member: "ana", Category: category, MissionKind: kind, Status: "lpr", State: "xa",
						Family: bits&1 > 0, Visitor: bits&2 > 0, Liberty: bits&4 > 0}
					all := rule.Of&rules.WantedOf(reach) != 0 && rule.Within(rules.PartVisitors, reach) && rule.Within(rules.PartFamily, reach)
					for _, p := range rule.Parts() {
						require.NotEmpty(t, rule.Values(p), "%s %s", rule.ID, p)
						all = all && rule.Within(p, reach)
					}
					require.Equal(t, rule.Reaches(reach), all, "%s %+v", rule.ID, reach)
					n++
				}
			}
		}
	}
	require.Greater(t, n, 1000)
}
