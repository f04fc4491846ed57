package rules_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// jargon is what the parsers of expressions and of YAML, and Go itself, say. None
// of it means anything to who writes rules.
var jargon = regexp.MustCompile(`(?i)mismatched input|token recognition|extraneous|no viable|undeclared|overload|(?:^|[^.\w])yaml: |\bdyn\b|proto|google|antlr|<input>|\beof\b|\bast\b|` +
	`mapping values|block sequence|block mapping|\bscalars?\b|did not find|simple key|anchor '|unmarshal|!!|\bin container\b|_[&|=!<>]+_|@in|@not|@result|__result|type\(|timestamp\(|` +
	`interface|nil pointer|runtime error|index out of|slice bounds|%!|strconv|invalid syntax|\bint64\b|\bnode\b|\bcel\b|lexer|parser|grammar|identifier '|literal|operand|predicate`)

// foreign returns a word of jargon in what is said about a mistake, apart from the
// author's own words.
func foreign(d rules.Diagnostic) string {
	said := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(d.Message+"; "+d.Hint, "")
	if found := jargon.FindString(said); !strings.Contains(d.Source, found) {
		return found
	}
	return ""
}

const everything = `-- a.yaml --
ruleset: xa
edition: "2025-01"
title: Arandia
note: |
  Invented, and long: it has
  two lines.
let:
  envoy: member.category in [DIP_AGENT, DIP_AT] && !member.local_hire
  old: has(member.age) && member.age >= 60 # years
tables:
  - id: XA-TAX
    tier: programme
    by: category
    codes: {D: {outcome: denied, code: taxed}, N: none}
    columns:
      agent: {keys: [dip.agent], cite: [note 12]}
      staff: {keys: [dip.at], cite: [note 12]}
    rows:
      - {privilege: [tax.fuel], cells: D N, cite: [note 12], because: "Fuel is not exempt: ever."}
rules:
  - id: XA-FUEL
    tier: reciprocity
    of: person
    privilege: [tax.sales]
    applies: {category: [dip.agent], family: true}
    each: measure m
    in_force: {from: 2025-01-01, to: 2026-01-01}
    when: envoy && m.level == MINIMUM_PURCHASE && m.amount >= 5000 || member.nationalities.exists(n, n == "xb")
    outcome: allowed_with_conditions
    conditions: [{minimum_purchase: {amount: =m.amount}}]
    basis: {practice: same}
    code: arandia_fuel
    cite: [VCDR 47(2)(a), an invented note]
    because: Arandia refunds no tax below fifty dollars.
  - id: XA-OLD
    tier: programme
    privilege: [tax.*]
    when: 'old && request.place != "here" && size(member.rank) > 3 ? member.status == status.NONE : request.distance < 25'
    outcome: denied
    cite: [note 13]
    because: 'The State''s rule.'
    note: ="rank " + member.rank
cases:
  - name: fuel
    given:
      member: {category: dip.agent, status: none}
      measures: [{level: minimum_purchase, amount: 5000, privileges: [tax.fuel]}]
    at: 2025-05-31
    ask: tax.fuel
    expect: denied
`

// mutate breaks a text in up to three places, as typing does.
func mutate(r *rand.Rand, text string) string {
	signs := []rune("\"'[]{}()<>:;,.|&!=?%@`#*-+~^$\\/ \t\n01azAZ_\u00a0\u201c\u2019\u200b\u202e\u0430\u00e9é日\x00\x1b\r")
	words := []string{" and ", " or ", "not ", "null", "true", "=", "&&", "- ", ": ", "---\n", "  ", "\n\n", "\\u12", "\\", "<<: ", "*x", "&x ", "!!str ", "!x ", "1e9", "in ", "..", "==", "if ", "yes", "{", "[[", "# "}
	runes := []rune(text)
	for range 1 + r.IntN(3) {
		if len(runes) == 0 {
			break
		}
		at := len("-- a.yaml --\n") + r.IntN(max(1, len(runes)-20))
		at = min(at, len(runes)-1)
		switch r.IntN(7) {
		case 0, 1:
			runes = slices.Delete(runes, at, at+1)
		case 2:
			runes = slices.Insert(runes, at, signs[r.IntN(len(signs))])
		case 3:
			runes[at] = signs[r.IntN(len(signs))]
		case 4:
			runes = slices.Insert(runes, at, []rune(words[r.IntN(len(words))])...)
		case 5:
			runes = slices.Delete(runes, at, min(len(runes), at+1+r.IntN(12)))
		default:
			to := min(len(runes), at+r.IntN(30))
			runes = slices.Insert(runes, at, slices.Clone(runes[at:to])...)
		}
	}
	return string(runes)
}

// TestNoJargon breaks rulesets in thousands of ways: what is said of each is in the
// words of the field, stands at a place that there is, and is the same every time.
func TestNoJargon(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	common := mini(t)
	_, err := rules.LoadState([]byte(everything), common)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(6, 45)) //nolint:gosec // the same cases every time
	rules.OnFault(func(fault any) { t.Errorf("the loader broke down: %v\n%s", fault, debug.Stack()) })
	defer rules.OnFault(nil)
	broken, exact := 0, 0
	for range 1200 {
		text := mutate(r, everything)
		_, err := rules.LoadState([]byte(text), common)
		wrong, ok := errors.AsType[rules.Diagnostics](err)
		if !ok {
			continue
		}
		broken++
		lines := strings.Split(strings.TrimPrefix(text, "-- a.yaml --\n"), "\n")
		for _, d := range wrong {
			said := d.Message + "; " + d.Hint
			if found := foreign(d); found != "" {
				t.Errorf("%q says %q in\n%s", said, found, d.String())
			}
			if strings.Contains(said, "can't stand here") || strings.Contains(said, "this is not YAML") || strings.Contains(said, "do not fit together") || strings.Contains(said, "does not fit together") {
				exact--
				if testing.Verbose() {
					t.Log(d.String())
				}
			}
			if strings.HasPrefix(text, "-- a.yaml --\n") && !strings.ContainsAny(text, "\r\u0085") && d.Pos.File == "a.yaml" {
				if assert.LessOrEqual(t, d.Pos.Line, len(lines), d.String()) {
					assert.LessOrEqual(t, d.Pos.Column, len([]rune(lines[d.Pos.Line-1]))+1, d.String())
				}
			}
			assert.NotContains(t, d.String(), "\u202e")
		}
		exact++
		if broken%20 == 0 {
			_, again := rules.LoadState([]byte(text), common)
			assert.EqualError(t, again, err.Error())
		}
		if t.Failed() {
			t.Fatalf("of the ruleset\n%q", text)
		}
	}
	assert.Greater(t, broken, 950)
	assert.Greater(t, exact*100, broken*93, "of %d broken rulesets only %d were understood", broken, exact)
}
