package rulesets_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
	"github.com/comity-project/comity/rules/pages"
	"github.com/comity-project/comity/rules/workshop"
)

// The pages of help are read by people who write under the common law that ships.
// There too the right example of a State has no mistake, and the wrong one just the
// mistake or finding of its page.
func TestHelpUnderTheCommonLaw(t *testing.T) {
	base := common(t)
	mistakes := func(text string) (*rules.Edition, string) {
		e, err := rules.LoadState([]byte(text), base)
		if err != nil {
			return nil, err.Error()
		}
		return e, ""
	}
	each := func(c *pages.Catalogue, try func(t *testing.T, p pages.Page, wrong, right string)) {
		for _, p := range c.Pages() {
			if strings.HasPrefix(p.Right, "# in the common ruleset\n") {
				continue // it would declare again what the common law declares
			}
			t.Run(p.Code, func(t *testing.T) { try(t, p, ofArandia(p.Wrong), ofArandia(p.Right)) })
		}
	}

	each(rules.Help(), func(t *testing.T, p pages.Page, wrong, right string) {
		_, text := mistakes(right)
		assert.Empty(t, text, "the right example")
		switch p.Code {
		case "E038", "E040": // they take as long or as many as they say
		default:
			_, text = mistakes(wrong)
			assert.Equal(t, []string{p.Code}, mistakesIn(text), "the wrong example: %s", text)
		}
	})

	const path = "arandia.yaml"
	each(workshop.Help(), func(t *testing.T, p pages.Page, wrong, right string) {
		found := func(text string) (codes []string) {
			e, wrong := mistakes(text)
			require.Empty(t, wrong)
			law := rules.Law{Common: base, States: map[domain.StateID]*rules.Edition{domain.StateID(e.Code): e}}
			for _, f := range workshop.Lint(law, e, []workshop.File{{Path: path, Text: []byte(strings.TrimPrefix(text, "-- "+path+" --\n"))}}) {
				if f.Code != "W005" || p.Code == "W005" { // that no case tries the rule
					codes = append(codes, f.Code)
				}
			}
			return codes
		}
		assert.Equal(t, []string{p.Code}, found(wrong), "the wrong example")
		assert.Empty(t, found(right), "the right example")
	})

	each(analysis.Help(), func(t *testing.T, p pages.Page, wrong, right string) {
		found := func(text string) bool {
			e, wrong := mistakes(text)
			if p.Code == analysis.FloorBreach && wrong != "" {
				assert.Equal(t, []string{"E041"}, mistakesIn(wrong))
				return true // which loading finds too
			}
			require.Empty(t, wrong)
			law := rules.Law{Common: base, States: map[domain.StateID]*rules.Edition{domain.StateID(e.Code): e}}
			for _, f := range analysis.Analyse(law, e, analysis.Options{}).Findings {
				if f.Code == p.Code && strings.HasPrefix(f.Rule, "XA-") {
					return true
				}
			}
			return false
		}
		assert.True(t, found(wrong), "the wrong example")
		assert.False(t, found(right), "the right example")
	})
}

// ofArandia makes of a State's example a bundle, and gives it a head if it has none.
func ofArandia(example string) string {
	const name = "-- arandia.yaml --\n"
	switch {
	case strings.HasPrefix(example, "-- "):
		return example
	case strings.HasPrefix(example, "ruleset:"), strings.HasPrefix(example, "edition:"):
		return name + example
	default:
		return name + "ruleset: arandia\nedition: \"2025-07\"\neffective: 2025-07-01\ntitle: Arandia\n\n" + example
	}
}

// mistakesIn lists the codes of the mistakes in a text, each once.
func mistakesIn(text string) (out []string) {
	for code := range rules.DiagnosticCodes {
		if strings.Contains(text, "["+code+"]") {
			out = append(out, code)
		}
	}
	return out
}
