package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/rules"
)

// TestDocumentedFacts compares the tables of requests and parameters with the common
// ruleset. With -update it writes them anew.
func TestDocumentedFacts(t *testing.T) {
	law, err := shippedLaw(read)
	require.NoError(t, err)
	var facts, codes, params strings.Builder
	for _, f := range law.Facts["request"] {
		fmt.Fprintf(&facts, "| `%s` | %s | %s | %s |\n", f.Name, factValue(f), factDefault(f), f.Doc)
		if f.Type == domain.EnumFact {
			for _, code := range law.Lists[f.Enum].Codes {
				fmt.Fprintf(&codes, "| `%s` | `%s` | %s |\n", f.Name, code.Code, code.Term)
			}
		}
	}
	for _, f := range law.Facts["measure"] {
		if f.From.Constructor != "param" {
			continue
		}
		with := ""
		if f.With != "" {
			with = "`" + f.With + "`"
		}
		fmt.Fprintf(&params, "| `%s` | %s | %s | %s |\n", f.From.Attr, paramValue(law, f), with, f.Doc+ifLeftOut(f))
	}
	tablesOf(t, "../../docs/format/request.md", map[string]string{
		"| fact | value | if left out | meaning |\n| --- | --- | --- | --- |\n": facts.String(),
		"| fact | code | meaning |\n| --- | --- | --- |\n":                      codes.String(),
	})
	tablesOf(t, "../../docs/format/events.md", map[string]string{
		"| name | value | says nothing without | meaning |\n| --- | --- | --- | --- |\n": params.String(),
	})
}

// paramValue says how the value of a parameter is written in an event.
func paramValue(law *rules.Language, f domain.FactDecl) string {
	switch {
	case f.Type == domain.MoneyFact:
		return "whole number, in cents"
	case f.Type == domain.EnumFact:
		var codes []string
		for _, code := range law.Codes(f.Enum) {
			codes = append(codes, "`"+code+"`")
		}
		return strings.Join(codes, ", ")
	case f.Type == domain.SetFact:
		return "list of words"
	case f.Letters > 0:
		return fmt.Sprintf("%d letters", f.Letters)
	default:
		return factValue(f)
	}
}

// ifLeftOut names the default of a parameter, if it has one that says something.
func ifLeftOut(f domain.FactDecl) string {
	if f.Default.Text() == "" {
		return ""
	}
	return "; `" + f.Default.Text() + "` if left out"
}

// tablesOf holds the tables of a page, by their headers, to what they should be.
func tablesOf(t *testing.T, name string, tables map[string]string) {
	t.Helper()
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	want := string(page)
	for header, table := range tables {
		at := regexp.MustCompile(regexp.QuoteMeta(header) + `(\|.*\n)*`)
		require.Regexp(t, at, want)
		want = at.ReplaceAllLiteralString(want, header+table)
	}
	if golden.Update() {
		require.NoError(t, os.WriteFile(name, []byte(want), 0o644))
		return
	}
	assert.Equal(t, want, string(page), "run go test ./cmd/comity -run TestDocumentedFacts -update")
}
