package analysis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/rules/analysis"
)

// told writes a report in full.
func told(r *analysis.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d:%d: %s: %s [%s]\n", f.File, f.Line, f.Column, f.Severity, f.Message, f.Code)
		if f.Witness != nil {
			fmt.Fprintf(&b, "  shown by %s\n", f.Witness)
		}
		fmt.Fprintf(&b, "  to do: %s\n", f.Hint)
	}
	for _, o := range r.NotAnalysed {
		fmt.Fprintf(&b, "not analysed: %s %s %s %s: %s\n", o.At, strings.Join(o.Rules, ", "), o.Privilege, o.What, o.Why)
	}
	if b.Len() == 0 {
		return "nothing was found\n"
	}
	return b.String()
}

// Small rulesets of Arandia, and all that is said of them.
func TestSmallRulesets(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 15)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			r, err := analysed(t, string(text))
			require.NoError(t, err)
			golden.Compare(t, strings.TrimSuffix(file, ".yaml")+".golden", []byte(told(r)))
			again, err := analysed(t, string(text))
			require.NoError(t, err)
			require.Equal(t, told(r), told(again))
		})
	}
}
