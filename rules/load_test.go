package rules_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

func mini(t testing.TB) *rules.Edition {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS("testdata/mini"))
	require.NoError(t, err)
	e, err := rules.LoadCommon(bundle)
	if err != nil {
		t.Fatalf("mini:\n%v", err)
	}
	return e
}

func TestMini(t *testing.T) {
	e := mini(t)
	require.NotEmpty(t, e.Rules)
}

func TestReal(t *testing.T) {
	bundle, err := rules.Bundle(os.DirFS("../rulesets/common"))
	require.NoError(t, err)
	_, err = rules.LoadCommon(bundle)
	if err != nil {
		t.Fatalf("real:\n%v", err)
	}
}
