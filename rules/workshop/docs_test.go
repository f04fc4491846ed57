package workshop_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules/workshop"
)

// The page on the workshop lists every finding of lint with its severity, and every form.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/format/ruleset-workshop.md")
	require.NoError(t, err)
	var rows []string
	for _, page := range workshop.Help().Pages() {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", page.Code, workshop.Lints()[page.Code], page.Title))
	}
	require.Contains(t, string(text), "| code | severity | finding |\n| --- | --- | --- |\n"+strings.Join(rows, "")+"\n")
	for _, form := range workshop.Forms() {
		require.Contains(t, string(text), fmt.Sprintf("\n| `%s` | ", form))
	}
}
