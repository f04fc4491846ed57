package esdbtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// heard is what a subscription says, as text: the numbers of events, "caught up",
// "at N" for checkpoints and at last how it was dropped. It is closed after that.
func heard(sub *esdb.Subscription) <-chan string {
	said := make(chan string, 10_000)
	go func() {
		defer close(said)
		for {
			e := sub.Recv()
			switch {
			case e.EventAppeared != nil:
				said <- fmt.Sprint(e.EventAppeared.Event.EventID[1])
			case e.CaughtUp != nil:
				said <- "caught up"
			case e.CheckPointReached != nil:
				said <- fmt.Sprint("at ", e.CheckPointReached.Commit)
			case e.SubscriptionDropped != nil:
				said <- fmt.Sprint("dropped: ", e.SubscriptionDropped.Error)
				return
			}
		}
	}()
	return said
}

// next waits for so many things a subscription says.
func next(ctx context.Context, t *testing.T, said <-chan string, n int) []string {
	t.Helper()
	var got []string
	for range n {
		select {
		case s, ok := <-said:
			if !ok {
				return got
			}
			got = append(got, s)
		case <-ctx.Done():
			require.Fail(t, "the subscription says no more", "after %v", got)
		}
	}
	return got
}

func subscribe(ctx context.Context, t *testing.T, client *esdb.Client, stream string, from esdb.StreamPosition) <-chan string {
	t.Helper()
	sub, err := client.SubscribeToStream(ctx, stream, esdb.SubscribeToStreamOptions{From: from})
	require.NoError(t, err)
	t.Cleanup(func() { sub.Close() })
	return heard(sub)
}

// write puts the events with these numbers into a stream.
func write(c *esdbtest.Cluster, stream string, numbers ...byte) {
	for _, n := range numbers {
		e := event(n)
		c.Write(stream, esdbtest.Event{ID: e.EventID, Data: e.Data})
	}
}

func TestSubscribe(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	none := subscribe(ctx, t, client, "s", esdb.Start{})
	assert.Equal(t, []string{"caught up"}, next(ctx, t, none, 1))
	write(c, "s", 1, 2)
	write(c, "other", 7)
	start := subscribe(ctx, t, client, "s", esdb.Start{})
	middle := subscribe(ctx, t, client, "s", esdb.Revision(0))
	end := subscribe(ctx, t, client, "s", esdb.End{})
	assert.Equal(t, []string{"1", "2", "caught up"}, next(ctx, t, start, 3))
	assert.Equal(t, []string{"2", "caught up"}, next(ctx, t, middle, 2))
	assert.Equal(t, []string{"caught up"}, next(ctx, t, end, 1))
	assert.Equal(t, 4, c.Counts().Subscribed)
	_, err := add(ctx, client, "s", esdb.Revision(1), 3)
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2", "3"}, next(ctx, t, none, 3))
	for _, said := range []<-chan string{start, middle, end} {
		assert.Equal(t, []string{"3"}, next(ctx, t, said, 1))
	}
}

func TestSubscribeTruncated(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "s", 1, 2, 3)
	c.Truncate("s", 2)
	said := subscribe(ctx, t, client, "s", esdb.Start{})
	assert.Equal(t, []string{"3", "caught up"}, next(ctx, t, said, 2))
	c.Tombstone("s")
	assert.Contains(t, next(ctx, t, said, 2)[1], "FailedPrecondition", "after the tombstone")
	for name, from := range map[string]esdb.StreamPosition{"start": esdb.Start{}, "revision": esdb.Revision(2)} {
		late := subscribe(ctx, t, client, "s", from)
		assert.Contains(t, next(ctx, t, late, 1)[0], "FailedPrecondition", "%s: it is confirmed, and ends", name)
	}
}

// Before version 24 nobody is told that he has caught up with a stream that
// isn't there.
func TestSubscribeToNothingOfOld(t *testing.T) {
	c := esdbtest.New(t, 1, esdbtest.Version("23.10.1"))
	client, ctx := dial(t, c.Address("")), within(t)
	said := subscribe(ctx, t, client, "s", esdb.Start{})
	require.Eventually(t, func() bool { return c.Counts().Subscribed == 1 }, 30*time.Second, time.Millisecond)
	write(c, "s", 1)
	assert.Equal(t, []string{"1"}, next(ctx, t, said, 1))
}

// Who falls behind while live reads from disk again and has caught up once more;
// before version 24 he is dropped.
func TestFallsBehind(t *testing.T) {
	many := make([]esdbtest.Event, 100)
	for i := range many {
		many[i] = esdbtest.Event{ID: [16]byte{1, byte(i)}}
	}
	for version, old := range map[string]bool{"24.6.0": false, "23.10.1": true} {
		t.Run(version, func(t *testing.T) {
			c := esdbtest.New(t, 1, esdbtest.Version(version))
			client, ctx := dial(t, c.Address("")), within(t)
			write(c, "s", 1)
			said := subscribe(ctx, t, client, "s", esdb.Start{})
			assert.Equal(t, []string{"1", "caught up"}, next(ctx, t, said, 2))
			c.Write("s", many...)
			if old {
				assert.Contains(t, next(ctx, t, said, 1)[0], "Aborted")
				return
			}
			got := next(ctx, t, said, 101)
			assert.Equal(t, "caught up", got[100])
			assert.NotContains(t, got[:100], "caught up")
		})
	}
}

func TestSubscribeToAll(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "a", 1)
	write(c, "b", 2)
	write(c, "a", 3)
	stored := c.Stream("a")
	place := esdb.Position{Commit: stored[0].Position, Prepare: stored[0].Position}
	sub, err := client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: place})
	require.NoError(t, err)
	defer sub.Close()
	said := heard(sub)
	assert.Equal(t, []string{"2", "3", "caught up"}, next(ctx, t, said, 3))
	for name, filter := range map[string]*esdb.SubscriptionFilter{
		"prefix": {Type: esdb.StreamFilterType, Prefixes: []string{"a"}},
		"regex":  {Type: esdb.StreamFilterType, Regex: "^a$"},
	} {
		t.Run(name, func(t *testing.T) {
			sub, err := client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{
				From: esdb.Start{}, Filter: filter, MaxSearchWindow: 2, CheckpointInterval: 1,
			})
			require.NoError(t, err)
			defer sub.Close()
			b, a := c.Stream("b")[0].Position, c.Stream("a")[1].Position
			assert.Equal(t, []string{"1", fmt.Sprint("at ", b), "3", fmt.Sprint("at ", a), "caught up"}, next(ctx, t, heard(sub), 5))
		})
	}
}

func TestDropSubscriptions(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	a, b := subscribe(ctx, t, client, "a", esdb.Start{}), subscribe(ctx, t, client, "b", esdb.Start{})
	next(ctx, t, a, 1)
	next(ctx, t, b, 1)
	assert.Equal(t, 1, c.DropSubscriptions("a", esdbtest.SlowConsumer))
	assert.Contains(t, next(ctx, t, a, 1)[0], "Aborted")
	assert.Equal(t, 1, c.DropSubscriptions("b", nil))
	assert.Contains(t, next(ctx, t, b, 1)[0], "EOF")
	require.Eventually(t, func() bool { return c.Counts().Subscribed == 0 }, 30*time.Second, time.Millisecond)
}
