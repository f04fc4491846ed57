package rules_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// What is not a file is not waited for, and what is far too large is not read.
func TestBundleReadsFilesOnly(t *testing.T) {
	_, err := rules.Bundle(fstest.MapFS{"ruleset.yaml": {Mode: fs.ModeNamedPipe | 0o600}})
	require.ErrorContains(t, err, "ruleset.yaml is not a file")
	_, err = rules.Bundle(fstest.MapFS{"ruleset.yaml": {Data: make([]byte, 16*rules.MaxBundle+1)}})
	require.ErrorContains(t, err, "a ruleset has at most 921600")
	bundle, err := rules.Bundle(fstest.MapFS{"ruleset.yaml": {Data: []byte("ruleset: xa")}})
	require.NoError(t, err)
	require.Equal(t, "-- ruleset.yaml --\nruleset: xa\n", string(bundle))
}
