package workload_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/bench/peers/workload"
)

// What is written to be fast says what the law says.
func TestFloorIsNaive(t *testing.T) {
	law := workload.NewLaw(1)
	members := workload.NewMembers(law, 1, 5000)
	naive, floor := workload.NewNaive(law, members), workload.NewFloor(law, members)
	tiers := map[byte]int{}
	outcomes := map[workload.Outcome]int{}
	for _, q := range workload.NewRequests(law, members, 1, 20_000) {
		want := naive.Decide(q)
		require.Equal(t, want, floor.Decide(&q), "%+v", q)
		tiers[want.Rule[0]]++
		outcomes[want.Outcome]++
	}
	for tier, least := range map[byte]int{'B': 4000, 'S': 1000, 'R': 3000, 'P': 1000} {
		assert.Greater(t, tiers[tier], least, "too few questions are decided by rules %c: %v", tier, tiers)
	}
	for o := workload.Allowed; o <= workload.Denied; o++ {
		assert.Greater(t, outcomes[o], 500, "too few questions come to %s: %v", o, outcomes)
	}
	t.Log(tiers, outcomes)
}

// Equal seeds give equal workloads, so that engines in different processes answer
// the same questions; the people don't depend on how many there are.
func TestSeed(t *testing.T) {
	law, again, other := workload.NewLaw(7), workload.NewLaw(7), workload.NewLaw(8)
	require.Equal(t, law, again)
	require.NotEqual(t, law, other)
	few, many := workload.NewMembers(law, 7, 10), workload.NewMembers(law, 7, 100)
	require.Equal(t, few, many[:10])
	require.Len(t, law.States, workload.States)
	require.Len(t, law.Privileges, 24)
	t.Log(len(law.Rules), "rules")
}
