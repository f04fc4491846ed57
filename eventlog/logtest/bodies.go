package logtest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testBodies(t *testing.T, h Harness) {
	log, bodies := h.Open(t)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	if bodies == nil {
		t.Skip("the driver keeps no bodies")
	}
	ctx := t.Context()
	_, err := bodies.Get(ctx, eventlog.HashBody([]byte("nobody put this")))
	require.ErrorIs(t, err, eventlog.ErrNoBody)

	texts := [][]byte{{}, {0}, []byte("edition: 2031-01\n"), bytes.Repeat([]byte("x"), eventlog.MaxBody)}
	for _, text := range texts {
		for range 2 {
			hash, err := bodies.Put(ctx, text)
			require.NoError(t, err)
			require.Equal(t, eventlog.HashBody(text), hash)
		}
		got, err := bodies.Get(ctx, eventlog.HashBody(text))
		require.NoError(t, err)
		require.True(t, bytes.Equal(text, got), "%d bytes", len(text))
		clear(got) // it is ours
		got, err = bodies.Get(ctx, eventlog.HashBody(text))
		require.NoError(t, err)
		require.True(t, bytes.Equal(text, got), "%d bytes", len(text))
	}

	_, err = bodies.Put(ctx, make([]byte, eventlog.MaxBody+1))
	require.ErrorIs(t, err, eventlog.ErrTooLarge)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = bodies.Put(cancelled, []byte("too late"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = bodies.Get(ctx, eventlog.HashBody([]byte("too late")))
	require.ErrorIs(t, err, eventlog.ErrNoBody)

	// Many put the same few at once, between records.
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			body := fmt.Appendf(nil, "body %d", i%3)
			hash, err := bodies.Put(ctx, body)
			assert.NoError(t, err)
			got, err := bodies.Get(ctx, hash)
			assert.NoError(t, err)
			assert.Equal(t, body, got)
		})
	}
	want := fill(t, log, 20)
	wg.Wait()
	requireHolds(t, log, want)
}
