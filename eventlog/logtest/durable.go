package logtest

import (
	"slices"
	"testing"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/require"
)

// testUnknownOutcome lets commits fail before and after they took place.
// Made again, each append has one effect.
func testUnknownOutcome(t *testing.T, h Harness) {
	log := start(t, h)
	fail := h.FailCommit
	if fail == nil {
		faults := NewFaults(log)
		log, fail = faults, faults.FailNext
	}
	fill(t, log, 4)
	head := 4
	for _, written := range []bool{true, false, true, true, false} {
		fail(written)
		_, err := log.Append(t.Context(), eventlog.Position(head), Records(head, 3)...)
		require.Error(t, err)
		require.True(t, unknown(err), "%v", err)
		got, err := log.Head(t.Context())
		require.NoError(t, err)
		if written {
			require.Equal(t, eventlog.Position(head+3), got)
		} else {
			require.Equal(t, eventlog.Position(head), got)
		}
		got, err = settle(t.Context(), log, eventlog.Position(head), Records(head, 3)...)
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(head+3), got)
		head += 3
	}
	requireHolds(t, log, Records(0, head))

	// What was in line behind the failure counted on it, and is refused.
	p, ok := log.(eventlog.Pipeliner)
	if !ok {
		return
	}
	fail(false)
	first := p.Enqueue(eventlog.Position(head), Record(head))
	_, err := first(t.Context())
	require.True(t, unknown(err), "%v", err)
	_, err = p.Enqueue(eventlog.Position(head+1), Record(head+1))(t.Context())
	require.ErrorIs(t, err, eventlog.ErrConflict)
	requireHolds(t, log, Records(0, head))
}

func testReopen(t *testing.T, h Harness) {
	if !h.Reopens {
		t.Skip("the log does not outlive its process")
	}
	var want []eventlog.Record
	body := []byte("kept")
	for round := range 4 {
		log, bodies := h.Open(t)
		requireHolds(t, log, want)
		size := 1 + 40*round
		next := Records(len(want), size)
		_, err := log.Append(t.Context(), eventlog.Position(len(want)), next...)
		require.NoError(t, err)
		want = append(want, next...)
		if round > 0 { // a retry after a restart
			head, err := log.Append(t.Context(), 0, want[0])
			require.NoError(t, err)
			require.Equal(t, eventlog.Position(1), head)
			_, err = log.Append(t.Context(), eventlog.Position(len(want)), want[0])
			require.ErrorIs(t, err, eventlog.ErrDuplicate)
			early := Record(len(want))
			early.Recorded = want[0].Recorded
			_, err = log.Append(t.Context(), eventlog.Position(len(want)), early)
			require.ErrorIs(t, err, eventlog.ErrClock)
		}
		if bodies != nil {
			hash, err := bodies.Put(t.Context(), body)
			require.NoError(t, err)
			got, err := bodies.Get(t.Context(), hash)
			require.NoError(t, err)
			require.Equal(t, body, got)
		}
		require.NoError(t, log.Close())
	}
}

func testReader(t *testing.T, h Harness) {
	if h.Reader == nil {
		t.Skip("the driver has no readers in other processes")
	}
	log := start(t, h)
	want := fill(t, log, 30)
	reader := h.Reader(t)
	t.Cleanup(func() { require.NoError(t, reader.Close()) })
	requireHolds(t, reader, want)
	_, err := reader.Append(t.Context(), 30, Record(30))
	require.ErrorIs(t, err, eventlog.ErrReadOnly)

	done := make(chan struct{})
	go func() {
		defer close(done)
		follow(t, reader, 10, 200)
	}()
	for head := 30; head < 200; head += 10 {
		_, err := log.Append(t.Context(), eventlog.Position(head), Records(head, 10)...)
		require.NoError(t, err)
	}
	<-done
	requireHolds(t, reader, Records(0, 200))
}

// testFull runs out of space, finds everything that was acknowledged and
// nothing else, and goes on when there is space again.
func testFull(t *testing.T, h Harness) {
	if h.Fill == nil {
		t.Skip("the driver can't be made to run out of space")
	}
	log, bodies := h.Open(t)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	want := fill(t, log, 5)
	release := h.Fill(t)
	large := func(from int) []eventlog.Record {
		records := Records(from, 10)
		for i := range records {
			records[i].Data = slices.Repeat([]byte{byte(i + 1)}, 30_000)
		}
		return records
	}
	var err error
	for range 100 {
		next := large(len(want))
		if _, err = log.Append(t.Context(), eventlog.Position(len(want)), next...); err != nil {
			break
		}
		want = append(want, next...)
	}
	require.ErrorIs(t, err, eventlog.ErrFull)
	requireHolds(t, log, want)
	if bodies != nil {
		_, err = bodies.Put(t.Context(), make([]byte, eventlog.MaxBody))
		require.ErrorIs(t, err, eventlog.ErrFull)
	}
	if p, ok := log.(eventlog.Pipeliner); ok { // nothing behind it gets through
		n := len(want)
		first := p.Enqueue(eventlog.Position(n), large(n)...)
		second := p.Enqueue(eventlog.Position(n+10), large(n+10)...)
		_, err = first(t.Context())
		require.ErrorIs(t, err, eventlog.ErrFull)
		_, err = second(t.Context())
		require.Error(t, err)
		require.False(t, unknown(err), "%v", err)
	}
	requireHolds(t, log, want)

	release()
	next := large(len(want))
	_, err = log.Append(t.Context(), eventlog.Position(len(want)), next...)
	require.NoError(t, err)
	requireHolds(t, log, append(want, next...))
}
