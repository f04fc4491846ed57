package workshop_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
	"github.com/comity-project/comity/rules/workshop"
)

// What a ruleset begins with is valid, laid out, clean, and its cases come true.
func TestBegin(t *testing.T) {
	common := commonIn(t, "../../rulesets/common")
	for _, c := range []struct{ code, name string }{{"arandia", "Arandia"}, {"xb", "Borvia: the \"other\" one's"}, {"new.x_y-1", ""}} {
		files, err := workshop.Begin(c.code, c.name, "2026-01-15")
		require.NoError(t, err)
		require.Len(t, files, 3)
		edition, err := workshop.Loaded(files, common)
		require.NoError(t, err)
		require.Equal(t, domain.RulesetID(c.code), edition.Code)
		require.Equal(t, "2026-01", edition.Edition)
		if c.name != "" {
			require.Equal(t, c.name, edition.Title)
		}
		law := rules.Law{Common: common}
		report := cases.Run(law, edition)
		require.True(t, report.OK(), report.String())
		require.Empty(t, workshop.Lint(law, edition, files[:2]))
	}
	for _, c := range [][2]string{{"", "2026-01-15"}, {"Arandia", "2026-01-15"}, {"common", "2026-01-15"}, {"arandia", "2026-01"}, {"arandia", "soon"}, {"../x", "2026-01-15"}} {
		_, err := workshop.Begin(c[0], "", c[1])
		require.Error(t, err, c)
	}
}
