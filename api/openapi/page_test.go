package openapi_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/internal/golden"
)

// TestCodesOnThePage has every code of a problem in the table of docs/format/api.md, with
// its status and what it means. After a change that was meant, run it with -update.
func TestCodesOnThePage(t *testing.T) {
	const page = "../../docs/format/api.md"
	source, err := os.ReadFile("problems.yaml")
	require.NoError(t, err)
	var listed struct {
		Codes map[string]struct {
			Status int
			Means  string
		}
	}
	require.NoError(t, yaml.Unmarshal(source, &listed))
	require.NotEmpty(t, listed.Codes)
	var table strings.Builder
	table.WriteString("| status | code | means |\n| --- | --- | --- |\n")
	for _, code := range slices.SortedFunc(maps.Keys(listed.Codes), func(a, b string) int {
		return cmp.Or(listed.Codes[a].Status-listed.Codes[b].Status, strings.Compare(a, b))
	}) {
		fmt.Fprintf(&table, "| %d | `%s` | %s |\n", listed.Codes[code].Status, code, listed.Codes[code].Means)
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, begins := strings.Cut(string(text), "<!-- codes -->\n")
	had, after, ends := strings.Cut(rest, "<!-- end of codes -->\n")
	require.True(t, begins && ends)
	if golden.Update() {
		require.NoError(t, os.WriteFile(page, []byte(before+"<!-- codes -->\n"+table.String()+"<!-- end of codes -->\n"+after), 0o600))
		return
	}
	assert.Equal(t, table.String(), had)
}
