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
)

// TestDocumentedFacts compares the tables of the page on requests with the common
// ruleset. With -update it writes them anew.
func TestDocumentedFacts(t *testing.T) {
	const name = "../../docs/format/request.md"
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	law, err := shippedLaw()
	require.NoError(t, err)
	var facts, codes strings.Builder
	for _, f := range law.Facts["request"] {
		fmt.Fprintf(&facts, "| `%s` | %s | %s | %s |\n", f.Name, factValue(f), factDefault(f), f.Doc)
		if f.Type == domain.EnumFact {
			for _, code := range law.Lists[f.Enum].Codes {
				fmt.Fprintf(&codes, "| `%s` | `%s` | %s |\n", f.Name, code.Code, code.Term)
			}
		}
	}
	want := string(page)
	for header, table := range map[string]string{
		"| fact | value | if left out | meaning |\n| --- | --- | --- | --- |\n": facts.String(),
		"| fact | code | meaning |\n| --- | --- | --- |\n":                      codes.String(),
	} {
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
