package esdblog_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
	"github.com/comity-project/comity/eventlog/logtest"
)

// Who may read and not write is told so, also where the server ends the call while he is
// still sending and the client hears only that.
func TestDenied(t *testing.T) {
	c := esdbtest.New(t, 1, esdbtest.Users(map[string]string{"admin": "changeit", "comity": "c", "reader": "r"}))
	body := make([]byte, 500_000)
	for _, stream := range []string{"ofm", "ofm-body-" + eventlog.HashBody(body).String()} {
		c.SetMetadata(stream, `{"$acl":{"$r":["comity","reader"],"$w":["comity"],"$mr":["comity","reader"]}}`)
	}
	may := open(t, c.AddressAs("comity", "ofm"), esdblog.Options{})
	written(t, may, 3)
	log := open(t, c.AddressAs("reader", "ofm"), esdblog.Options{Patience: time.Minute})
	holds(t, log, 3)
	_, err := log.Append(t.Context(), 3, logtest.Record(3))
	require.ErrorIs(t, err, eventlog.ErrDenied)
	large := logtest.Records(3, 14)
	for i := range large {
		large[i].Data = make([]byte, 60_000)
	}
	_, err = log.Append(t.Context(), 3, large...)
	require.ErrorIs(t, err, eventlog.ErrDenied)
	_, err = log.Put(t.Context(), body)
	require.ErrorIs(t, err, eventlog.ErrDenied)
	holds(t, may, 3)
	_, err = may.Put(t.Context(), body)
	require.NoError(t, err)

	c.SetMetadata("ofm", `{"$acl":{"$r":["comity"],"$w":["comity"]}}`)
	require.ErrorIs(t, first(log.Read(t.Context(), 0)), eventlog.ErrDenied)
	require.ErrorIs(t, first(log.Follow(t.Context(), 0)), eventlog.ErrDenied)
}

// A loop over a stream that is deleted for ever ends, and says so. It is shown the
// tombstone, and each new subscription is confirmed before it ends.
func TestFollowOfADeletedLog(t *testing.T) {
	c := esdbtest.New(t, 1)
	log := open(t, c.Address("ofm"), esdblog.Options{})
	written(t, log, 3)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := 0
	for r, err := range log.Follow(ctx, 0) {
		if err != nil {
			require.ErrorIs(t, err, eventlog.ErrCorrupt)
			require.ErrorContains(t, err, "was deleted")
			break
		}
		require.True(t, eventlog.Same(logtest.Record(at), r))
		if at++; at == 3 {
			c.Tombstone("ofm")
		}
	}
	require.Equal(t, 3, at)
}

// A loop over a log follows the leader, whichever node the address names: another may show
// less, and one that comes back what is cut off afterwards.
func TestFollowAtTheLeader(t *testing.T) {
	c := esdbtest.New(t, 3)
	may := open(t, c.Address("ofm"), esdblog.Options{})
	written(t, may, 3)
	for i := range 3 {
		c.Lag(i, true) // which counts only where a node does not lead
	}
	log := open(t, c.NodeAddress(1, "ofm"), esdblog.Options{Attempt: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := 0
	for r, err := range log.Follow(ctx, 0) {
		require.NoError(t, err)
		require.True(t, eventlog.Same(logtest.Record(at), r))
		switch at++; at {
		case 3: // of which no follower hears
			_, err := may.Append(t.Context(), 3, logtest.Record(3))
			require.NoError(t, err)
		case 4:
			c.Elect(2)
			_, err := may.Append(t.Context(), 4, logtest.Record(4))
			require.NoError(t, err)
			c.Kill(0)
		}
		if at == 5 {
			break
		}
	}
	require.Equal(t, 5, at)
}

// More loops follow a log than the server lets go over one connection.
func TestManyFollow(t *testing.T) {
	c := esdbtest.New(t, 1)
	// Whoever waits for a place gives up only after twice this.
	log := open(t, c.Address("ofm"), esdblog.Options{Attempt: time.Minute, Patience: time.Minute})
	written(t, log, 1)
	const many = 250
	var seen atomic.Int64
	var following sync.WaitGroup
	for range many {
		following.Go(func() {
			for _, err := range log.Follow(t.Context(), 0) {
				if assert.NoError(t, err) && seen.Add(1) == many {
					assert.LessOrEqual(t, c.Counts().Connected, 2+many/90)
				}
				for seen.Load() < many && t.Context().Err() == nil && !t.Failed() {
					time.Sleep(time.Millisecond)
				}
				return
			}
		})
	}
	done := make(chan struct{})
	go func() { following.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(50 * time.Second):
		require.Fail(t, "not all follow", "%d of %d", seen.Load(), many)
	}
}
