package logtest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testReadBounds(t *testing.T, h Harness) {
	log := start(t, h)
	const n = 700
	want := fill(t, log, n)
	for _, from := range []int{0, 1, 2, 255, 256, 257, n - 1, n} {
		requireSame(t, want[from:], read(t, log, eventlog.Position(from)))
	}
	for _, from := range []eventlog.Position{n + 1, 1 << 62, 1 << 63, 1<<64 - 1} {
		require.ErrorIs(t, firstError(log.Read(t.Context(), from)), eventlog.ErrPastEnd)
		require.ErrorIs(t, firstError(log.Follow(t.Context(), from)), eventlog.ErrPastEnd)
	}
	for range 50 { // what a loop holds is released when it is left
		for record, err := range log.Read(t.Context(), 3) {
			require.NoError(t, err)
			require.Equal(t, want[3].ID, record.ID)
			break
		}
	}
}

// testReadLarge reads more than a driver would want to hold at a time.
func testReadLarge(t *testing.T, h Harness) {
	log := start(t, h)
	var want []eventlog.Record
	for len(want) < 84 {
		next := Records(len(want), 14)
		for i := range next {
			next[i].Data = bytes.Repeat(next[i].Data, eventlog.MaxData/len(next[i].Data))
		}
		_, err := log.Append(t.Context(), eventlog.Position(len(want)), next...)
		require.NoError(t, err)
		want = append(want, next...)
	}
	for _, from := range []int{0, 1, 63, 64} {
		requireSame(t, want[from:], read(t, log, eventlog.Position(from)))
	}
}

// testReadWhileWriting appends from inside the loop, which holds nothing, and
// doesn't see what came after it began.
func testReadWhileWriting(t *testing.T, h Harness) {
	log := start(t, h)
	const n = 40
	want := fill(t, log, n)
	head, seen := eventlog.Position(n), 0
	for record, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		require.True(t, eventlog.Same(want[seen], record))
		seen++
		head, err = log.Append(t.Context(), head, Record(int(head)))
		require.NoError(t, err)
	}
	require.Equal(t, n, seen)
	requireHolds(t, log, Records(0, 2*n))
}

// testFollow starts followers at many places while the log grows. Each must
// see every record once and in order.
func testFollow(t *testing.T, h Harness) {
	log := start(t, h)
	const before, n = 150, 600
	fill(t, log, before)
	var wg sync.WaitGroup
	random := rand.New(rand.NewPCG(1, 2))
	for _, from := range []int{0, 1, before - 1, before, random.IntN(before), random.IntN(before)} {
		wg.Go(func() { follow(t, log, from, n) })
	}
	for head := before; head < n; {
		size := min(1+random.IntN(9), n-head)
		_, err := log.Append(t.Context(), eventlog.Position(head), Records(head, size)...)
		require.NoError(t, err)
		head += size
		if head%5 == 0 {
			wg.Go(func() { follow(t, log, head, n) })
		}
	}
	wg.Wait()
}

// follow follows the log from one record to another and checks each.
func follow(t *testing.T, log eventlog.Log, from, to int) {
	if from == to {
		return
	}
	for record, err := range log.Follow(t.Context(), eventlog.Position(from)) {
		if !assert.NoError(t, err) || !assert.True(t, eventlog.Same(Record(from), record), "record %d", from) {
			return
		}
		if from++; from == to {
			return
		}
	}
	assert.Fail(t, "Follow ended", "at %d", from)
}

func testFollowEnds(t *testing.T, h Harness) {
	log := start(t, h)
	fill(t, log, 3)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	var last error
	for _, err := range log.Follow(ctx, 0) {
		if last = err; err == nil {
			if seen++; seen == 3 {
				cancel()
			}
		}
	}
	cancel()
	require.Equal(t, 3, seen)
	require.ErrorIs(t, last, context.Canceled)

	ended := make(chan error)
	go func() { ended <- firstError(log.Follow(t.Context(), 3)) }()
	require.NoError(t, log.Close())
	require.ErrorIs(t, <-ended, eventlog.ErrClosed)
}

func testClosed(t *testing.T, h Harness) {
	log, bodies := h.Open(t)
	fill(t, log, 3)
	var late eventlog.Pipeliner
	if p, ok := log.(eventlog.Pipeliner); ok {
		late = p
	}
	require.NoError(t, log.Close())
	require.NoError(t, log.Close(), "closing twice does nothing")
	_, err := log.Append(t.Context(), 3, Record(3))
	require.ErrorIs(t, err, eventlog.ErrClosed)
	_, err = log.Head(t.Context())
	require.ErrorIs(t, err, eventlog.ErrClosed)
	require.ErrorIs(t, firstError(log.Read(t.Context(), 0)), eventlog.ErrClosed)
	require.ErrorIs(t, firstError(log.Follow(t.Context(), 0)), eventlog.ErrClosed)
	if late != nil {
		_, err = late.Enqueue(3, Record(3))(t.Context())
		require.ErrorIs(t, err, eventlog.ErrClosed)
	}
	if bodies != nil {
		_, err = bodies.Put(t.Context(), []byte("b"))
		require.ErrorIs(t, err, eventlog.ErrClosed)
		_, err = bodies.Get(t.Context(), eventlog.Hash{})
		require.ErrorIs(t, err, eventlog.ErrClosed)
	}
}
