// Package logtest is how an event log driver is born: one suite that says, by
// example and by force, what the contracts of package eventlog mean.
//
// A driver's test calls [Test] with a function that makes a [Harness] around
// a new, empty log. What a driver can't do (outlive its process, run out of
// space) it leaves out of the harness, and those tests are skipped by name.
//
//	func TestSuite(t *testing.T) {
//		logtest.Test(t, func(t *testing.T) logtest.Harness {
//			log := memlog.New()
//			return logtest.Harness{Open: func(*testing.T) (eventlog.Log, eventlog.Bodies) { return log, log }}
//		})
//	}
//
// A driver that keeps its log on disk also calls [Crash] and, from TestMain,
// [Main]. Whoever uses a log and wants to see it fail wraps it in [Faults].
package logtest

import (
	"context"
	"testing"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/require"
)

// A Harness is one log under test. Only Open is required.
type Harness struct {
	// Open opens the log: empty the first time, and if Reopens, with what it
	// held when it is opened again after Close. Bodies may be nil.
	Open    func(t *testing.T) (eventlog.Log, eventlog.Bodies)
	Reopens bool

	// Reader opens the log for reading as another process would, while the
	// one from Open goes on writing.
	Reader func(t *testing.T) eventlog.Log

	// FailCommit makes the next commit fail with an error that leaves the
	// outcome open, either after the records are durable or instead.
	FailCommit func(written bool)

	// Fill leaves no room for more than a few records, until the function
	// that it returns is called.
	Fill func(t *testing.T) (release func())
}

// Test runs the suite. It calls open for each test, and expects a new log.
func Test(t *testing.T, open func(t *testing.T) Harness) {
	tests := []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"Empty", testEmpty},
		{"RoundTrip", testRoundTrip},
		{"Conflict", testConflict},
		{"Repeat", testRepeat},
		{"Duplicate", testDuplicate},
		{"Refused", testRefused},
		{"Cancelled", testCancelled},
		{"CancelRace", testCancelRace},
		{"Pipelined", testPipelined},
		{"PipelinedFailure", testPipelinedFailure},
		{"ManyWriters", testManyWriters},
		{"ReadBounds", testReadBounds},
		{"ReadLarge", testReadLarge},
		{"ReadWhileWriting", testReadWhileWriting},
		{"Follow", testFollow},
		{"FollowEnds", testFollowEnds},
		{"Closed", testClosed},
		{"UnknownOutcome", testUnknownOutcome},
		{"Bodies", testBodies},
		{"Reopen", testReopen},
		{"Reader", testReader},
		{"Full", testFull},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
	t.Run("Model", func(t *testing.T) { testModel(t, open) })
}

// start opens the log and has it closed when the test ends.
func start(t *testing.T, h Harness) eventlog.Log {
	t.Helper()
	log, _ := h.Open(t)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	return log
}

// fill appends n records of [Records] from position 0 and returns them.
func fill(t *testing.T, log eventlog.Log, n int) []eventlog.Record {
	t.Helper()
	records := Records(0, n)
	for from := 0; from < n; from += 100 {
		to := min(from+100, n)
		head, err := log.Append(t.Context(), eventlog.Position(from), records[from:to]...)
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(to), head)
	}
	return records
}

// read returns what a log holds from a position on.
func read(t *testing.T, log eventlog.Log, from eventlog.Position) []eventlog.Record {
	t.Helper()
	var got []eventlog.Record
	for record, err := range log.Read(t.Context(), from) {
		require.NoError(t, err)
		got = append(got, record)
	}
	return got
}

// requireHolds fails the test unless the log holds exactly these records,
// whichever way it is asked.
func requireHolds(t *testing.T, log eventlog.Log, want []eventlog.Record) {
	t.Helper()
	head, err := log.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(len(want)), head)
	requireSame(t, want, read(t, log, 0))
}

func requireSame(t require.TestingT, want, got []eventlog.Record) {
	require.Len(t, got, len(want))
	for i := range want {
		if !eventlog.Same(want[i], got[i]) {
			require.Equal(t, want[i], got[i], "record %d", i)
		}
	}
}

// firstError returns the error that ends a Read or Follow.
func firstError(sequence func(func(eventlog.Record, error) bool)) error {
	for _, err := range sequence {
		if err != nil {
			return err
		}
	}
	return nil
}

// unknown reports whether an append may or may not have been made after err.
func unknown(err error) bool { return err != nil && !eventlog.Definite(err) }

// settle makes an append again until its outcome is known.
func settle(ctx context.Context, log eventlog.Log, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	for {
		head, err := log.Append(ctx, expected, records...)
		if !unknown(err) || ctx.Err() != nil {
			return head, err
		}
	}
}
