package cases_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

func load(t *testing.T, dir string, common *rules.Edition) *rules.Edition {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS(dir))
	require.NoError(t, err)
	if common == nil {
		e, err := rules.LoadCommon(bundle)
		require.NoError(t, err)
		return e
	}
	e, err := rules.LoadState(bundle, common)
	require.NoError(t, err)
	return e
}

func TestMini(t *testing.T) {
	common := load(t, "../testdata/mini", nil)
	r := cases.Run(rules.Law{Common: common}, common)
	t.Log("\n" + r.String())
}
func TestReal(t *testing.T) {
	common := load(t, "../../rulesets/common", nil)
	r := cases.Run(rules.Law{Common: common}, common)
	t.Log("\n" + r.String())
}
