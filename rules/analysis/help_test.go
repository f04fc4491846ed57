package analysis_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// mini is the small law for tests, with more files if any are given.
func mini(t *testing.T, more string) (*rules.Edition, error) {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"00-language.yaml", "01-vocabulary.yaml", "10-rules.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "testdata", "mini", name))
		require.NoError(t, err)
		b.WriteString("-- " + name + " --\n" + string(text))
	}
	if more != "" {
		b.WriteString("-- 50-more.yaml --\n" + more)
	}
	return rules.LoadCommon([]byte(b.String()))
}

// analysed is the report on a page's example.
func analysed(t *testing.T, example string) (*analysis.Report, error) {
	t.Helper()
	if strings.HasPrefix(example, "# in the common ruleset") {
		e, err := mini(t, example)
		if err != nil {
			return nil, err
		}
		return analysis.Analyse(rules.Law{Common: e}, e, analysis.Options{}), nil
	}
	common, err := mini(t, "")
	require.NoError(t, err)
	e, err := rules.LoadState([]byte("-- a.yaml --\nruleset: xa\nedition: e\ntitle: Arandia\n"+example), common)
	if err != nil {
		return nil, err
	}
	return analysis.Analyse(rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{"xa": e}}, e, analysis.Options{}), nil
}

// Package rulesets runs the examples of States once more, under the common law that
// ships.
func TestPages(t *testing.T) {
	known := []string{
		analysis.Unreachable, analysis.Redundant, analysis.NoEffect, analysis.Overlap, analysis.NoBaseline, analysis.FloorBreach,
		analysis.Duplicate, analysis.Interregnum, analysis.Incompatible,
	}
	var codes []string
	for _, page := range analysis.Help().Pages() {
		codes = append(codes, page.Code)
		t.Run(page.Code, func(t *testing.T) {
			if page.Code == analysis.Incompatible {
				t.Skip("a minimum purchase has one parameter more in the common law that ships, under which package rulesets runs this")
			}
			has := func(r *analysis.Report) bool {
				if page.Code == analysis.NoBaseline {
					for _, g := range r.Gaps {
						if g.Privilege == "travel.assembly" {
							return true
						}
					}
					return false
				}
				for _, f := range r.Findings {
					if f.Code == page.Code && (strings.HasPrefix(f.Rule, "XA-") || strings.HasPrefix(page.Wrong, "#")) {
						return true
					}
				}
				return false
			}
			wrong, err := analysed(t, page.Wrong)
			if page.Code == analysis.FloorBreach && err != nil {
				require.ErrorContains(t, err, "floor") // which loading finds too
			} else {
				require.NoError(t, err)
				assert.True(t, has(wrong), "the wrong example: %+v", wrong.Findings)
			}
			right, err := analysed(t, page.Right)
			require.NoError(t, err)
			assert.False(t, has(right), "the right example: %+v", right.Findings)
		})
	}
	assert.Equal(t, known, codes)
}
