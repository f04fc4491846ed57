package logtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

// TestFaults passes the suite while nothing is planned, and fails as planned.
func TestFaults(t *testing.T) {
	logtest.Test(t, func(*testing.T) logtest.Harness {
		log := memlog.New()
		faults := logtest.NewFaults(log)
		return logtest.Harness{
			Open:       func(*testing.T) (eventlog.Log, eventlog.Bodies) { return faults, log },
			FailCommit: faults.FailNext,
		}
	})

	faults := logtest.NewFaults(memlog.New())
	faults.FailNext(true)
	faults.FailNext(false)
	first := faults.Enqueue(0, logtest.Record(0))
	second := faults.Enqueue(1, logtest.Record(1))
	third := faults.Enqueue(1, logtest.Record(1))
	_, err := first(t.Context())
	require.ErrorIs(t, err, logtest.ErrFault)
	_, err = second(t.Context())
	require.ErrorIs(t, err, logtest.ErrFault)
	head, err := third(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(2), head)
}

// TestCheckBatches sees half a batch.
func TestCheckBatches(t *testing.T) {
	whole, half := memlog.New(), memlog.New()
	_, err := whole.Append(t.Context(), 0, logtest.Batch(0, 3)...)
	require.NoError(t, err)
	_, err = half.Append(t.Context(), 0, logtest.Batch(0, 3)[:2]...)
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(3), logtest.CheckBatches(t, whole))
	failed := &failures{}
	func() {
		defer func() { _ = recover() }()
		logtest.CheckBatches(failed, half)
	}()
	require.True(t, failed.any)
}

// failures is a test that only remembers that it failed.
type failures struct{ any bool }

func (f *failures) Errorf(string, ...any) { f.any = true }
func (f *failures) FailNow()              { f.any = true; panic("failed") }
