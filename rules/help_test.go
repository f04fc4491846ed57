package rules_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// TestEveryCodeHasAPage runs the examples of every page: the wrong one has exactly
// the mistake that the page is about, the right one none. Package rulesets does so
// once more under the common law that ships.
func TestEveryCodeHasAPage(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	common := mini(t)
	pages := rules.Help().Pages()
	for code, meaning := range rules.DiagnosticCodes {
		page, found := rules.Help().Page(code)
		if assert.True(t, found, "%s has no page rules/help/%s.md", code, code) {
			assert.Equal(t, meaning, page.Title, code)
		}
	}
	assert.Len(t, pages, len(rules.DiagnosticCodes), "every page belongs to a code")
	for _, page := range pages {
		t.Run(page.Code, func(t *testing.T) {
			wrong := page.Wrong
			switch page.Code {
			case "E021":
				t.Skip("a minimum purchase has one parameter more in the common law that ships, under which package rulesets runs this")
			case "E038": // takes as long as it says: TestTimeRunsOut
			case "E040":
				lines := strings.SplitAfter(page.Wrong, "\n")
				for i := range 250 {
					wrong += strings.ReplaceAll(lines[len(lines)-2], "XA-1", fmt.Sprintf("XB-%d", i))
				}
				fallthrough
			default:
				text := example(t, wrong, common)
				codes := codesIn(text)
				if page.Code == "E040" {
					codes = codes[len(codes)-1:]
				}
				assert.Equal(t, []string{page.Code}, slices.Compact(codes), text)
			}
			assert.Equal(t, "no mistakes", example(t, page.Right, common))
		})
	}
}

// example loads an example of a page: a whole bundle, a file of the common
// ruleset, or one of a State's.
func example(t *testing.T, text string, common *rules.Edition) string {
	t.Helper()
	switch {
	case strings.HasPrefix(text, "-- "):
	case strings.HasPrefix(text, "# in the common ruleset\n"):
		text = string(bundleOf(t, "testdata/mini")) + "-- zz.yaml --\n" + text
		_, err := rules.LoadCommon([]byte(text))
		if err == nil {
			return "no mistakes"
		}
		return err.Error()
	case strings.HasPrefix(text, "ruleset:"), strings.HasPrefix(text, "edition:"):
		text = "-- arandia.yaml --\n" + text
	default:
		text = "-- arandia.yaml --\nruleset: arandia\nedition: e\ntitle: Arandia\n" + text
	}
	return load([]byte(text), common)
}

// codesIn returns the codes of the mistakes in a text, in order.
func codesIn(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if open := strings.LastIndex(line, "["); open >= 0 && strings.HasSuffix(line, "]") {
			if code := line[open+1 : len(line)-1]; rules.DiagnosticCodes[code] != "" {
				out = append(out, code)
			}
		}
	}
	return out
}

// TestTableOfCodes compares the table of codes in the documentation.
func TestTableOfCodes(t *testing.T) {
	text, err := os.ReadFile("../docs/format/ruleset-errors.md")
	require.NoError(t, err)
	var want strings.Builder
	want.WriteString("| code | means |\n| --- | --- |\n")
	for _, page := range rules.Help().Pages() {
		fmt.Fprintf(&want, "| `%s` | %s |\n", page.Code, page.Title)
	}
	assert.Contains(t, string(text), want.String(), "the table in docs/format/ruleset-errors.md is to be\n%s", want.String())
}
