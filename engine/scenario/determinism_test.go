package scenario_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain/codec"
)

// Fifty fresh loads of law and log give the same answers, byte for byte: nothing
// hangs on the order of a map, on a clock or on chance.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	loads := 50
	if testing.Short() {
		loads = 5
	}
	file := read(t, "testdata/edge-stacked.scenario")
	answers := func() [][]byte {
		var out [][]byte
		for _, a := range run(t, file, inMemory).Answers {
			data, err := codec.EncodeDecision(a.Decision)
			require.NoError(t, err)
			out = append(out, data)
		}
		return out
	}
	first := answers()
	for n := range loads - 1 {
		for i, data := range answers() {
			if !bytes.Equal(first[i], data) {
				t.Fatalf("load %d, answer %d differs:\n%s\n%s", n+2, i+1, first[i], data)
			}
		}
	}
}
