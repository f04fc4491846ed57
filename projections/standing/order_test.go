package standing

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever takes longest, everything comes in order, and progress is of what came.
func TestInOrder(t *testing.T) {
	const n = 500
	var told []int
	var got []int
	for v, err := range inOrder(t.Context(), n, func(done, of int) {
		assert.Equal(t, n, of)
		told = append(told, done)
	}, func(i int) (int, error) {
		if i%7 == 0 {
			time.Sleep(time.Millisecond)
		}
		return i * i, nil
	}) {
		require.NoError(t, err)
		got = append(got, v)
	}
	require.Len(t, got, n)
	for i, v := range got {
		assert.Equal(t, i*i, v)
		assert.Equal(t, i+1, told[i])
	}
	for range inOrder(t.Context(), 0, nil, func(int) (int, error) { return 0, nil }) {
		t.Error("there is nothing to do")
	}
}

// Whoever stops reading stops the work: nothing goes on behind their back, and not
// much was done in advance.
func TestInOrderStops(t *testing.T) {
	const n = 1_000_000
	var worked atomic.Int64
	work := func(i int) (int, error) { worked.Add(1); return i, nil }
	for v, err := range inOrder(t.Context(), n, nil, work) {
		require.NoError(t, err)
		if v == 10 {
			break
		}
	}
	after := worked.Load()
	assert.LessOrEqual(t, after, int64(11+(ahead+2)*runtime.GOMAXPROCS(0)+2))
	time.Sleep(5 * time.Millisecond)
	assert.Equal(t, after, worked.Load(), "work went on")

	broken := errors.New("broken")
	var got []int
	for v, err := range inOrder(t.Context(), n, nil, func(i int) (int, error) {
		if i == 20 {
			return 0, broken
		}
		return i, nil
	}) {
		if err != nil {
			require.ErrorIs(t, err, broken)
			break
		}
		got = append(got, v)
	}
	assert.Len(t, got, 20, "what comes before the error comes")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count, last := 0, error(nil)
	for _, err := range inOrder(ctx, n, nil, work) {
		if last = err; err != nil {
			break
		}
		if count++; count == 5 {
			cancel()
		}
	}
	require.ErrorIs(t, last, context.Canceled)
	assert.LessOrEqual(t, count, 6)
}
