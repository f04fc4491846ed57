package rulesets_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// BenchmarkLoad loads the common law that ships, and the rulesets of the 190 States
// of a law that is made.
func BenchmarkLoad(b *testing.B) {
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(b, err)
	b.Run("common", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := rules.LoadCommon(bundle)
			require.NoError(b, err)
		}
	})
	law := workload.NewLaw(1)
	written := func(text string) []byte {
		bundle, err := rules.Bundle(fstest.MapFS{"ruleset.yaml": {Data: []byte(text)}})
		require.NoError(b, err)
		return bundle
	}
	common, states := written(law.Common()), make([][]byte, len(law.States))
	for i, state := range law.States {
		states[i] = written(law.Own(state))
	}
	b.Run("190 States", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			base, err := rules.LoadCommon(common)
			require.NoError(b, err)
			for _, state := range states {
				_, err := rules.LoadState(state, base)
				require.NoError(b, err)
			}
		}
	})
}
