package sim

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	seed    = flag.Uint64("sim.seed", 0, "run this seed alone")
	steps   = flag.Int("sim.steps", usualSteps, "how many steps a run takes")
	without = flag.String("sim.without", "", "what does not go wrong: "+AllTroubles.String())
)

const usualSteps = 160

// TestMain loads the law before any bubble.
func TestMain(m *testing.M) {
	Load()
	os.Exit(m.Run())
}

// run runs one seed in a bubble of its own.
func run(t *testing.T, c Config) (result Result, err error) {
	t.Helper()
	c.Wait = synctest.Wait
	synctest.Test(t, func(*testing.T) { result, err = Run(c) })
	return result, err
}

// cases is how many seeds are run where usually so many are: COMITY_CASES times as many,
// and a fifth of it with -short.
func cases(usual uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv("COMITY_CASES"), 10, 32); err == nil && n > 0 {
		usual *= n
	}
	if testing.Short() {
		usual = max(1, usual/5)
	}
	return usual
}

// TestSeed runs the seed of the flags, or the first.
func TestSeed(t *testing.T) {
	troubles, err := ParseTroubles(*without)
	require.NoError(t, err)
	result, err := run(t, Config{Seed: max(1, *seed), Steps: *steps, Without: troubles})
	if testing.Verbose() {
		for _, line := range result.Trace {
			t.Log(line)
		}
	}
	require.NoError(t, err)
}

func TestSeeds(t *testing.T) {
	if *seed != 0 {
		t.Skip("one seed was asked for")
	}
	total := map[string]int{}
	var mu sync.Mutex
	t.Run("all", func(t *testing.T) {
		const lanes = 2
		for lane := range uint64(lanes) {
			t.Run(fmt.Sprintf("lane %d", lane+1), func(t *testing.T) {
				t.Parallel()
				for s := lane; s < cases(200); s += lanes {
					result, err := run(t, Config{Seed: s + 1, Steps: *steps})
					if err != nil {
						t.Fatal(shrunk(t, err))
					}
					mu.Lock()
					total["answers"] += result.Answers
					total["events"] += result.Events
					total["acknowledged"] += result.Acked
					for what, n := range result.Counts {
						total[what] += n
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Log(total)
	for _, what := range []string{"answers", "acknowledged", "refused", "unknown", "unanswered", "looks", "now", "standings", "undone", "reordered"} {
		assert.Positive(t, total[what], "no run has had any %s", what)
	}
}

// shrunk looks for the fewest troubles and steps with which the seed still fails.
func shrunk(t *testing.T, err error) error {
	t.Helper()
	least := err.(*Failure) //nolint:errorlint // Run returns no other
	for {
		before := least
		for i := range troubleNames {
			_, err := run(t, Config{Seed: least.Seed, Steps: least.Step, Without: least.Without | 1<<i})
			if f, failed := err.(*Failure); failed && least.Without&(1<<i) == 0 { //nolint:errorlint // as above
				least = f
			}
		}
		if least == before {
			return least
		}
	}
}

// The same seed tells the same story.
func TestSameSeedSameStory(t *testing.T) {
	for s := range cases(12) {
		one, err := run(t, Config{Seed: s + 1, Steps: *steps})
		require.NoError(t, err)
		other, err := run(t, Config{Seed: s + 1, Steps: *steps})
		require.NoError(t, err)
		require.Equal(t, one.Trace, other.Trace)
		require.NotEmpty(t, one.Trace)
	}
}
