package esdbtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// eventually calls again until it goes well: the client finds out by failing.
func eventually(t *testing.T, call func() error) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { require.NoError(c, call()) }, 30*time.Second, 10*time.Millisecond)
}

func TestLeaderChanges(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	said := subscribe(ctx, t, client, "s", esdb.Start{})
	assert.Equal(t, []string{"1", "caught up"}, next(ctx, t, said, 2))
	c.Kill(0)
	assert.Equal(t, -1, c.Leader())
	assert.Contains(t, next(ctx, t, said, 1)[0], "dropped")
	c.Elect(2)
	eventually(t, func() error { _, err := add(ctx, client, "s", esdb.Revision(0), 2); return err })
	c.Kill(1)
	c.Kill(2)
	c.Start(0)
	c.Elect(0)
	eventually(t, func() error { _, err := add(ctx, client, "s", esdb.Revision(1), 3); return err })
	assert.Equal(t, []byte{1, 2, 3}, ids(c.Stream("s")))
}

func TestRestartOnTheSamePort(t *testing.T) {
	c := esdbtest.New(t, 1)
	address := c.Address("s")
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	c.Kill(0)
	_, err = add(ctx, client, "s", esdb.Revision(0), 2)
	lost(t, err)
	c.Start(0)
	assert.Equal(t, address, c.Address("s"))
	eventually(t, func() error { _, err := add(ctx, client, "s", esdb.Revision(0), 2); return err })
	assert.Equal(t, []byte{1, 2}, ids(c.Stream("s")))
}

// A follower serves what it has, forwards what is written, and sends those to the
// leader who ask for it.
func TestFollower(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.NodeAddress(1, "")), within(t)
	got, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	assert.Zero(t, got)
	c.Lag(1, true)
	write(c, "s", 2)
	found, err := revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err)
	assert.Equal(t, []uint64{0}, found, "a follower that lags shows what it has")
	said := subscribe(ctx, t, client, "s", esdb.Start{})
	assert.Equal(t, []string{"1", "caught up"}, next(ctx, t, said, 2))
	c.Lag(1, false)
	assert.Equal(t, []string{"2"}, next(ctx, t, said, 1))
	c.Lag(1, true)
	write(c, "s", 3)
	_, err = revisions(insisting(ctx), client, "s", esdb.ReadStreamOptions{}, 9)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "%v", err)
	found, err = revisions(insisting(ctx), client, "s", esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err, "the client has gone where it was sent")
	assert.Equal(t, []uint64{0, 1, 2}, found)
}

// A subscription that insists on the leader is confirmed by a follower too, goes on there
// if there is nothing to catch up with, and ends if there is.
func TestSubscriptionsInsist(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.NodeAddress(1, "")), within(t)
	write(c, "s", 1)
	behind := subscribe(insisting(ctx), t, client, "s", esdb.Start{})
	assert.Contains(t, next(ctx, t, behind, 1)[0], "NotFound")
	live := subscribe(insisting(ctx), t, client, "s", esdb.Revision(0))
	assert.Equal(t, []string{"caught up"}, next(ctx, t, live, 1))
	write(c, "s", 2)
	assert.Equal(t, []string{"2"}, next(ctx, t, live, 1))
}

func TestWritesInsist(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.NodeAddress(2, "")), within(t)
	_, err := add(insisting(ctx), client, "s", esdb.NoStream{}, 1)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "%v", err)
	assert.Empty(t, c.Stream("s"))
	_, err = add(insisting(ctx), client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
}

func TestNoLeader(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	c.Depose()
	_, err = add(ctx, client, "s", esdb.Revision(0), 2)
	assert.Equal(t, esdb.ErrorUnavailable, code(t, err), "%v", err)
	gossips := c.Counts().Gossips
	done := make(chan error, 1)
	go func() { _, err := add(ctx, client, "s", esdb.Revision(0), 2); done <- err }()
	require.Eventually(t, func() bool { return c.Counts().Gossips > gossips+3 }, 30*time.Second, time.Millisecond, "the client asks on")
	c.Elect(1)
	require.NoError(t, <-done)
}

func TestReplica(t *testing.T) {
	c := esdbtest.New(t, 2, esdbtest.Replica(1))
	client, ctx := dial(t, c.NodeAddress(1, "")), within(t)
	write(c, "s", 1)
	found, err := revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err)
	assert.Equal(t, []uint64{0}, found)
	_, err = add(ctx, client, "s", esdb.Revision(0), 2)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "%v", err)
}

// A paused node answers nothing, to those who are there nor to those who come.
func TestPause(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	c.Pause(0)
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = add(short, client, "s", esdb.Revision(0), 2)
	assert.Equal(t, esdb.ErrorCodeDeadlineExceeded, code(t, err), "%v", err)
	c.Resume(0)
	got, err := add(ctx, client, "s", esdb.Revision(0), 2)
	require.NoError(t, err)
	assert.EqualValues(t, 1, got)

	c.Pause(0)
	follower := dial(t, c.NodeAddress(1, ""))
	done := make(chan error, 1)
	go func() { _, err := add(ctx, follower, "s", esdb.Revision(1), 3); done <- err }()
	require.Eventually(t, func() bool { return c.Counts().Appends >= 4 }, 30*time.Second, time.Millisecond)
	assert.Len(t, c.Stream("s"), 2, "what is forwarded waits for the leader")
	c.Elect(2)
	require.NoError(t, <-done)
	assert.Equal(t, []byte{1, 2, 3}, ids(c.Stream("s")))
}

// When everything was down, everything is there again.
func TestKillAll(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	for i := range 3 {
		c.Kill(i)
	}
	require.Eventually(t, func() bool { return c.Counts().Connected == 0 }, 30*time.Second, time.Millisecond)
	for i := range 3 {
		c.Start(i)
	}
	c.Elect(1)
	eventually(t, func() error { _, err := add(ctx, client, "s", esdb.NoStream{}, 1); return err })
	assert.Equal(t, []byte{1}, ids(c.Stream("s")))
	assert.Equal(t, []string{"s"}, c.Streams())
}
