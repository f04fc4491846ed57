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

// What happens to a proxy happens to those behind it and to nobody else, though
// they are told addresses by gossip and by redirection.
func TestProxy(t *testing.T) {
	c := esdbtest.New(t, 3)
	p := esdbtest.NewProxy(t, c)
	require.NotEqual(t, c.Address("s"), p.Address("s"))
	behind, direct, ctx := dial(t, p.Address("")), dial(t, c.Address("")), within(t)
	_, err := add(ctx, behind, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	said := subscribe(ctx, t, behind, "s", esdb.Start{})
	assert.Equal(t, []string{"1", "caught up"}, next(ctx, t, said, 2))

	p.Cut()
	assert.Contains(t, next(ctx, t, said, 1)[0], "dropped")
	_, err = add(ctx, behind, "s", esdb.Revision(0), 2)
	lost(t, err)
	_, err = add(ctx, direct, "s", esdb.Revision(0), 2)
	require.NoError(t, err)
	c.Elect(1)
	p.Mend()
	eventually(t, func() error { _, err := add(insisting(ctx), behind, "s", esdb.Revision(1), 3); return err })

	follower := dial(t, p.NodeAddress(0, ""))
	_, err = add(insisting(ctx), follower, "s", esdb.Revision(2), 4)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "%v", err)
	_, err = add(insisting(ctx), follower, "s", esdb.Revision(2), 4)
	require.NoError(t, err)
	p.Cut(1)
	_, err = add(insisting(ctx), follower, "s", esdb.Revision(3), 5)
	lost(t, err) // it had been sent to the leader's port at the proxy
}

func TestStall(t *testing.T) {
	c := esdbtest.New(t, 1)
	p := esdbtest.NewProxy(t, c)
	behind, direct, ctx := dial(t, p.Address("")), dial(t, c.Address("")), within(t)
	_, err := add(ctx, behind, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	p.Stall()
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	_, err = revisions(short, behind, "s", esdb.ReadStreamOptions{}, 9)
	assert.Equal(t, esdb.ErrorCodeDeadlineExceeded, code(t, err), "%v", err)
	_, err = add(ctx, direct, "s", esdb.Revision(0), 2)
	require.NoError(t, err)
	p.Mend()
	got, err := revisions(ctx, behind, "s", esdb.ReadStreamOptions{}, 9)
	require.NoError(t, err)
	assert.Equal(t, []uint64{0, 1}, got)
}

func TestReset(t *testing.T) {
	c := esdbtest.New(t, 1)
	p := esdbtest.NewProxy(t, c)
	behind, ctx := dial(t, p.Address("")), within(t)
	said := subscribe(ctx, t, behind, "s", esdb.Start{})
	next(ctx, t, said, 1)
	p.Reset()
	assert.Contains(t, next(ctx, t, said, 1)[0], "dropped")
	eventually(t, func() error { _, err := add(ctx, behind, "s", esdb.NoStream{}, 1); return err })
}

// One client is told another history, on the subscription it has and on every
// other, until the lie is taken back.
func TestForgedForOne(t *testing.T) {
	c := esdbtest.New(t, 3)
	p := esdbtest.NewProxy(t, c)
	behind, direct, ctx := dial(t, p.Address("")), dial(t, c.Address("")), within(t)
	write(c, "s", 1)
	deceived, told := subscribe(ctx, t, behind, "s", esdb.Start{}), subscribe(ctx, t, direct, "s", esdb.Start{})
	next(ctx, t, deceived, 2)
	next(ctx, t, told, 2)
	lie := c.Inject(esdbtest.Fault{Proxy: p, Times: -1, Alter: esdbtest.Forge(1, func(e *esdbtest.Event) { e.ID[1] = 99 })})
	write(c, "s", 2)
	assert.Equal(t, []string{"99"}, next(ctx, t, deceived, 1))
	assert.Equal(t, []string{"2"}, next(ctx, t, told, 1))
	assert.Equal(t, []string{"1", "99"}, next(ctx, t, subscribe(ctx, t, behind, "s", esdb.Start{}), 2))
	assert.Equal(t, []byte{1, 2}, ids(c.Stream("s")))
	lie.Clear()
	assert.Equal(t, []string{"1", "2"}, next(ctx, t, subscribe(ctx, t, behind, "s", esdb.Start{}), 2))
}
