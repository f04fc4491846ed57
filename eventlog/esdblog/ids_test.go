package esdblog

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
)

// Every id is found where it is, and one that is not there hardly ever is.
func TestIDs(t *testing.T) {
	const n = 200_000
	var s ids
	require.Empty(t, s.perhaps(logtest.Number(0)))
	for i := range n {
		r := eventlog.Record{ID: logtest.Number(i), Recorded: logtest.Epoch.Add(time.Duration(i))}
		if i%1000 == 0 {
			s.saw(eventlog.Position(i+1), &r) // what is not next is nothing
			s.saw(0, &r)
		}
		s.saw(eventlog.Position(i), &r)
	}
	end, last := s.at()
	require.EqualValues(t, n, end)
	require.Equal(t, logtest.Epoch.Add(n-1), last)
	wrong := 0
	for i := range n {
		found := s.perhaps(logtest.Number(i))
		if !slices.Contains(found, eventlog.Position(i)) {
			require.Contains(t, found, eventlog.Position(i))
		}
		wrong += len(found) - 1
		wrong += len(s.perhaps(logtest.Number(n + i)))
	}
	assert.Less(t, wrong, 100)
	assert.Less(t, 8*len(s.cells), 24*n, "bytes of memory a record, just after it grew")
}
