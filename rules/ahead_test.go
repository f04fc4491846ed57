package rules_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// What is wrong with a bundle is the same in the same words, whether its files are
// decoded beside each other or one after the other.
func TestFilesAreDecodedAhead(t *testing.T) {
	names, err := filepath.Glob("testdata/errors/*.txt")
	require.NoError(t, err)
	bundles := map[string][]byte{"mini": bundleOf(t, "testdata/mini")}
	for _, name := range names {
		bundles[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	load := func(processors int, bundle []byte) (*rules.Edition, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		return rules.LoadCommon(bundle)
	}
	right, refused := 0, 0
	for name, bundle := range bundles {
		one, oneErr := load(1, bundle)
		many, manyErr := load(4, bundle)
		require.Equal(t, oneErr, manyErr, name)
		if oneErr != nil {
			refused++
			continue
		}
		right++
		assert.Equal(t, rules.Change{}, rules.Changed(one, many), name)
		assert.Equal(t, one.Cases, many.Cases, name)
	}
	assert.Positive(t, right)
	assert.Greater(t, refused, 10)
}
