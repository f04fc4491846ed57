package esdbtest_test

import (
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// Each line is what goes wrong with an append, what the client makes of it, and
// whether it was done.
func TestAppendFails(t *testing.T) {
	for name, tt := range map[string]struct {
		do   esdbtest.Mischief
		code esdb.ErrorCode
		done bool
	}{
		"cut before":         {esdbtest.CutBefore, esdb.ErrorUnavailable, false},
		"cut after":          {esdbtest.CutAfter, esdb.ErrorUnavailable, true},
		"unavailable before": {esdbtest.UnavailableBefore, esdb.ErrorUnavailable, false},
		"unavailable after":  {esdbtest.UnavailableAfter, esdb.ErrorUnavailable, true},
		"timeout before":     {esdbtest.AbortBefore, esdb.ErrorAborted, false},
		"timeout after":      {esdbtest.AbortAfter, esdb.ErrorAborted, true},
		"unknown":            {esdbtest.Unknown, esdb.ErrorCodeUnknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := esdbtest.New(t, 1)
			client, ctx := dial(t, c.Address("")), within(t)
			in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "s", Do: tt.do})
			_, err := add(ctx, client, "other", esdb.Any{}, 9)
			require.NoError(t, err)
			_, err = add(ctx, client, "s", esdb.NoStream{}, 1)
			assert.Equal(t, tt.code, code(t, err), "%v", err)
			assert.Equal(t, 1, in.Struck())
			assert.Equal(t, tt.done, len(c.Stream("s")) == 1)
			eventually(t, func() error { _, err := add(ctx, client, "s", esdb.NoStream{}, 1); return err })
			assert.Equal(t, []byte{1}, ids(c.Stream("s")))
			assert.Equal(t, 1, in.Struck())
		})
	}
}

func TestHold(t *testing.T) {
	for name, tt := range map[string]struct {
		do   esdbtest.Mischief
		done bool
	}{"before": {esdbtest.HoldBefore, false}, "after": {esdbtest.HoldAfter, true}} {
		t.Run(name, func(t *testing.T) {
			// Where the call takes longer than that to arrive, it is made anew with more time.
			for deadline := 100 * time.Millisecond; ; deadline *= 4 {
				c := esdbtest.New(t, 1)
				client, ctx := dial(t, c.Address("")), within(t)
				in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: tt.do})
				_, err := client.AppendToStream(ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}, Deadline: &deadline}, event(1))
				assert.Equal(t, esdb.ErrorCodeDeadlineExceeded, code(t, err), "%v", err)
				if done := len(c.Stream("s")) == 1; in.Struck() == 1 && done == tt.done {
					return
				} else if done {
					require.Equal(t, tt.done, done)
				}
				require.Less(t, deadline, 20*time.Second)
			}
		})
	}
}

// A call can be kept waiting until the test has done something else.
func TestUntil(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	until := make(chan struct{})
	in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "s", Until: until})
	done := make(chan error, 1)
	go func() { _, err := add(ctx, client, "s", esdb.NoStream{}, 1); done <- err }()
	require.Eventually(t, func() bool { return in.Struck() == 1 }, 30*time.Second, time.Millisecond)
	write(c, "s", 2)
	close(until)
	assert.Equal(t, esdb.ErrorCodeWrongExpectedVersion, code(t, <-done))
}

func TestRedirect(t *testing.T) {
	c := esdbtest.New(t, 3)
	client, ctx := dial(t, c.NodeAddress(0, "")), within(t)
	c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.Redirect, To: 2})
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "%v", err)
	_, err = add(insisting(ctx), client, "s", esdb.NoStream{}, 1)
	assert.Equal(t, esdb.ErrorCodeNotLeader, code(t, err), "the client is at node 2 now, which does not lead: %v", err)
	_, err = add(insisting(ctx), client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
}

// The client takes an answer that says nothing for revision 1.
func TestEmptyAnswer(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.EmptyAnswer})
	result, err := client.AppendToStream(ctx, "s", expecting(esdb.NoStream{}), event(1), event(2), event(3))
	require.NoError(t, err)
	assert.EqualValues(t, 1, result.NextExpectedVersion)
	assert.Zero(t, result.CommitPosition)
	assert.Len(t, c.Stream("s"), 3)
}

func TestReadFails(t *testing.T) {
	for name, tt := range map[string]struct {
		fault esdbtest.Fault
		code  esdb.ErrorCode
		most  int // how many events can have come: a cut loses what is on its way
	}{
		"cut before":             {esdbtest.Fault{Do: esdbtest.CutBefore}, esdb.ErrorUnavailable, 0},
		"cut after two":          {esdbtest.Fault{Do: esdbtest.CutAfter, After: 2}, esdb.ErrorUnavailable, 2},
		"unavailable after none": {esdbtest.Fault{Do: esdbtest.UnavailableAfter}, esdb.ErrorUnavailable, 0},
		"aborted after one":      {esdbtest.Fault{Do: esdbtest.AbortAfter, After: 1}, esdb.ErrorAborted, 1},
		"unknown":                {esdbtest.Fault{Do: esdbtest.Unknown}, esdb.ErrorCodeUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := esdbtest.New(t, 1)
			client, ctx := dial(t, c.Address("")), within(t)
			write(c, "s", 1, 2, 3)
			tt.fault.On = esdbtest.Read
			c.Inject(tt.fault)
			got, err := revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
			assert.Equal(t, tt.code, code(t, err), "%v", err)
			assert.LessOrEqual(t, len(got), tt.most)
			eventually(t, func() error { got, err = revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9); return err })
			assert.Equal(t, []uint64{0, 1, 2}, got)
		})
	}
}

// What a server says that lies, and what the client makes of it.
func TestLies(t *testing.T) {
	swapped, twice, skipped := esdbtest.Swap(1), esdbtest.Repeat(1), esdbtest.Skip(1)
	forged := esdbtest.Forge(1, func(e *esdbtest.Event) { e.ID[1] = 99 })
	for name, tt := range map[string]struct {
		fault esdbtest.Fault
		want  []string
	}{
		"skipped":         {esdbtest.Fault{Alter: skipped}, []string{"1", "3"}},
		"repeated":        {esdbtest.Fault{Alter: twice}, []string{"1", "2", "2", "3"}},
		"swapped":         {esdbtest.Fault{Alter: swapped}, []string{"1", "3", "2"}},
		"forged":          {esdbtest.Fault{Alter: forged}, []string{"1", "99", "3"}},
		"ended":           {esdbtest.Fault{Do: esdbtest.EndAfter, After: 2}, []string{"1", "2", "dropped: EOF"}},
		"caught up":       {esdbtest.Fault{Do: esdbtest.CaughtUpTwice}, []string{"1", "caught up", "2", "caught up", "3", "caught up", "caught up"}},
		"checkpoints":     {esdbtest.Fault{Do: esdbtest.OddCheckpoints}, []string{"1", "at 18446744073709551615", "2", "at 18446744073709551615"}},
		"unknown content": {esdbtest.Fault{Do: esdbtest.UnknownContent, After: 1}, []string{"1", "2", "3", "caught up"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := esdbtest.New(t, 1)
			client, ctx := dial(t, c.Address("")), within(t)
			write(c, "s", 1, 2, 3)
			tt.fault.On = esdbtest.Subscribe
			c.Inject(tt.fault)
			assert.Equal(t, tt.want, next(ctx, t, subscribe(ctx, t, client, "s", esdb.Start{}), len(tt.want)))
			got, err := revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
			require.NoError(t, err)
			assert.Equal(t, []uint64{0, 1, 2}, got, "reads were not lied to")
			assert.Equal(t, []string{"1", "2", "3"}, next(ctx, t, subscribe(ctx, t, client, "s", esdb.Start{}), 3), "the next one was not lied to")
			assert.Equal(t, []byte{1, 2, 3}, ids(c.Stream("s")))
		})
	}
}

func TestFaultsInTurn(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	twice := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.AbortAfter, Times: 2})
	once := c.Inject(esdbtest.Fault{Do: esdbtest.UnavailableBefore})
	never := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.AbortBefore})
	never.Clear()
	for i, want := range []esdb.ErrorCode{esdb.ErrorAborted, esdb.ErrorAborted, esdb.ErrorUnavailable} {
		_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
		assert.Equal(t, want, code(t, err), "call %d: %v", i, err)
	}
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1, 0}, []int{twice.Struck(), once.Struck(), never.Struck()})
	c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.AbortBefore, Times: -1})
	c.ClearFaults()
	_, err = add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	assert.Equal(t, []byte{1}, ids(c.Stream("s")))
}

func TestMischiefNames(t *testing.T) {
	names := map[string]bool{}
	for m := esdbtest.Nothing; m <= esdbtest.OddCheckpoints; m++ {
		names[m.String()] = true
	}
	assert.Len(t, names, int(esdbtest.OddCheckpoints)+1)
	assert.NotContains(t, names, "")
	assert.Equal(t, "mischief 99", esdbtest.Mischief(99).String())
}
