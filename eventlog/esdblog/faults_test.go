package esdblog_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
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

// written fills a log with the records from 0 to n.
func written(t *testing.T, log eventlog.Log, n int) {
	t.Helper()
	for from := 0; from < n; from += 100 {
		_, err := log.Append(t.Context(), eventlog.Position(from), logtest.Records(from, min(100, n-from))...)
		require.NoError(t, err)
	}
}

// holds fails the test unless a log has the records from 0 to n and no others.
func holds(t *testing.T, log eventlog.Log, n int) {
	t.Helper()
	at := 0
	for r, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		require.True(t, eventlog.Same(logtest.Record(at), r), "record %d", at)
		at++
	}
	require.Equal(t, n, at)
}

// insists makes a call again for as long as it is told that patience has ended: a log that
// has little of it may be told so of a server that is well and slow.
func insists(call func() error) (err error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err = call(); !errors.Is(err, eventlog.ErrUnavailable) {
			return err
		}
	}
	return err
}

// refused fails the test unless patience with a server that can't be reached ends, each time,
// and the error says why as soon as there was the time to find that out.
func refused(t *testing.T, why string, call func() error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		err := call()
		require.ErrorIs(t, err, eventlog.ErrUnavailable)
		if strings.Contains(err.Error(), why) {
			return
		}
		require.True(t, time.Now().Before(end), "it never says %q: %v", why, err)
	}
}

// Whatever goes wrong with an append on the way, it has one effect, and the caller
// is told of it.
func TestAppendThroughFaults(t *testing.T) {
	for _, fault := range []esdbtest.Mischief{
		esdbtest.CutBefore, esdbtest.CutAfter, esdbtest.UnavailableBefore, esdbtest.UnavailableAfter,
		esdbtest.AbortBefore, esdbtest.AbortAfter, esdbtest.HoldBefore, esdbtest.HoldAfter, esdbtest.Unknown, esdbtest.EmptyAnswer,
	} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			t.Parallel()
			c := esdbtest.New(t, 1)
			log := open(t, c.Address("ofm"), esdblog.Options{Patience: time.Minute, Attempt: time.Second})
			written(t, log, 5)
			for n := 5; n < 11; n += 3 {
				in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: fault})
				head, err := log.Append(t.Context(), eventlog.Position(n), logtest.Records(n, 3)...)
				require.NoError(t, err)
				require.EqualValues(t, n+3, head)
				require.Equal(t, 1, in.Struck())
			}
			holds(t, log, 11)
		})
	}
}

// When patience ends the outcome is not known, and the same append made again finds out.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	c := esdbtest.New(t, 1)
	patient := open(t, c.Address("ofm"), esdblog.Options{Patience: time.Minute})
	written(t, patient, 3)
	var log *esdblog.Log
	require.NoError(t, insists(func() (err error) {
		log, err = esdblog.Open(t.Context(), c.Address("ofm"), esdblog.Options{Patience: 300 * time.Millisecond})
		return err
	}))
	t.Cleanup(func() { _ = log.Close() })
	in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: esdbtest.UnavailableAfter, Times: -1})
	_, err := log.Append(t.Context(), 3, logtest.Record(3))
	require.ErrorIs(t, err, eventlog.ErrUnavailable)
	require.NotErrorIs(t, err, eventlog.ErrConflict)
	in.Clear()
	var head eventlog.Position
	require.NoError(t, insists(func() (err error) {
		head, err = log.Append(t.Context(), 3, logtest.Record(3))
		return err
	}))
	require.EqualValues(t, 4, head)

	c.Kill(0)
	for what, call := range map[string]func() error{
		"append": func() error { _, err := log.Append(t.Context(), 4, logtest.Record(4)); return err },
		"head":   func() error { _, err := log.Head(t.Context()); return err },
		"read":   func() error { return first(log.Read(t.Context(), 0)) },
		"get":    func() error { _, err := log.Get(t.Context(), eventlog.Hash{}); return err },
		"put":    func() error { _, err := log.Put(t.Context(), []byte("b")); return err },
	} {
		t.Run(what, func(t *testing.T) { refused(t, "refused", call) })
	}
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = patient.Head(short)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	c.Start(0)
	require.Eventually(t, func() bool { head, err := log.Head(t.Context()); return err == nil && head == 4 }, 30*time.Second, 10*time.Millisecond)
	holds(t, patient, 4)
}

// What failed leaves no connection behind: the client forgets its last one, without closing
// it, when it looks for another node.
func TestFailuresLeaveNothing(t *testing.T) {
	for _, do := range []esdbtest.Mischief{esdbtest.UnavailableAfter, esdbtest.UnavailableBefore, esdbtest.CutAfter, esdbtest.Unknown} {
		t.Run(do.String(), func(t *testing.T) {
			c := esdbtest.New(t, 3)
			log := open(t, c.Address("ofm"), esdblog.Options{})
			written(t, log, 3)
			before, connected := runtime.NumGoroutine(), c.Counts().Connected
			const failures = 30
			for i := range failures {
				in := c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: do})
				_, err := log.Append(t.Context(), eventlog.Position(3+i), logtest.Record(3+i))
				require.NoError(t, err)
				require.Equal(t, 1, in.Struck())
			}
			require.Eventually(t, func() bool {
				return c.Counts().Connected < connected+failures/4 && runtime.NumGoroutine() < before+failures
			}, 30*time.Second, 10*time.Millisecond, "%d connections, %d before", c.Counts().Connected, connected)
		})
	}
}

// Subscriptions that were given up while no node could be reached are gone when one can:
// otherwise each would keep a slot and a client for ever, and a log that was away for long
// enough would never be followed again.
func TestLongOutageLeavesNothing(t *testing.T) {
	c := esdbtest.New(t, 3)
	var lost, seen atomic.Int64
	steady := open(t, c.Address("ofm"), esdblog.Options{})
	written(t, steady, 3)
	var log *esdblog.Log
	require.NoError(t, insists(func() (err error) {
		log, err = esdblog.Open(t.Context(), c.Address("ofm"), esdblog.Options{Attempt: 20 * time.Millisecond, Notice: func(text string) {
			if strings.Contains(text, "the subscription to") {
				lost.Add(1)
			}
		}})
		return err
	}))
	t.Cleanup(func() { _ = log.Close() })
	const loops = 4 // so that there is enough to leave behind before they wait for long
	for range loops {
		go func() {
			for at := eventlog.Position(0); t.Context().Err() == nil; {
				for _, err := range log.Follow(t.Context(), at) {
					if err == nil {
						at++
						seen.Add(1)
					}
				}
			}
		}()
	}
	soon := func(condition func() bool) {
		t.Helper()
		require.Eventually(t, condition, time.Minute, 5*time.Millisecond, "%d lost, %d seen, %d goroutines", lost.Load(), seen.Load(), runtime.NumGoroutine())
	}
	soon(func() bool { return seen.Load() == 3*loops })
	before := runtime.NumGoroutine()
	for i := range 3 {
		c.Kill(i)
	}
	whole := lost.Load()
	soon(func() bool { return lost.Load() >= whole+12+loops }) // the first of each was there before
	for i := range 3 {
		c.Start(i)
	}
	c.Elect(0)
	soon(func() bool {
		_, err := steady.Append(t.Context(), 3, logtest.Record(3))
		return err == nil
	})
	soon(func() bool { return seen.Load() == 4*loops })
	soon(func() bool { return runtime.NumGoroutine() < before+8 })
}

func first(all func(func(eventlog.Record, error) bool)) error {
	for _, err := range all {
		return err
	}
	return nil
}

// A server that can't be reached is said so when the log is opened, and what is wrong
// with it.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	opens := func(address string) func() error {
		patience := 200 * time.Millisecond
		return func() error {
			_, err := esdblog.Open(t.Context(), address, esdblog.Options{Patience: patience})
			patience *= 2 // there may have been no time to find out
			return err
		}
	}
	refused(t, "esdb://127.0.0.1:1/ofm", opens("esdb://127.0.0.1:1/ofm?tls=false"))
	refused(t, "refused", opens("esdb://127.0.0.1:1/ofm?tls=false"))

	c := esdbtest.New(t, 1)
	refused(t, "tls", opens(strings.Replace(c.Address("ofm"), "tls=false", "tls=true", 1))) // the server speaks without

	log := open(t, c.Address("ofm"), esdblog.Options{})
	written(t, log, 10)
	c.SetMetadata("ofm", `{"$maxCount": 100}`)
	var said []string
	open(t, c.Address("ofm"), esdblog.Options{Notice: func(text string) { said = append(said, text) }})
	require.Contains(t, strings.Join(said, "\n"), "$maxCount")
	c.Truncate("ofm", 3)
	opened := func() error {
		_, err := esdblog.Open(t.Context(), c.Address("ofm"), esdblog.Options{Patience: time.Minute})
		return err
	}
	err := opened()
	require.ErrorIs(t, err, eventlog.ErrCorrupt)
	require.Contains(t, err.Error(), "$tb")
	require.ErrorIs(t, first(log.Read(t.Context(), 0)), eventlog.ErrCorrupt, "a log that was open notices")

	c.Delete("ofm")
	err = opened()
	require.ErrorIs(t, err, eventlog.ErrCorrupt)
	require.Contains(t, err.Error(), "was deleted")
	c.Tombstone("ofm")
	_, err = log.Append(t.Context(), 10, logtest.Record(10))
	require.ErrorIs(t, err, eventlog.ErrCorrupt)
	require.ErrorIs(t, opened(), eventlog.ErrCorrupt)
}

// A loop over a log goes on, once and in order, whatever becomes of its subscription.
func TestFollowThroughFaults(t *testing.T) {
	always := func(do esdbtest.Mischief, after int) esdbtest.Fault {
		return esdbtest.Fault{On: esdbtest.Subscribe, Do: do, After: after, Times: 3}
	}
	lies := func(alter func(esdbtest.Event) []esdbtest.Event) esdbtest.Fault {
		return esdbtest.Fault{On: esdbtest.Subscribe, Alter: alter, Times: 2}
	}
	for name, fault := range map[string]esdbtest.Fault{
		"cut before": always(esdbtest.CutBefore, 0), "cut after": always(esdbtest.CutAfter, 7),
		"not ready": always(esdbtest.UnavailableBefore, 0), "slow": always(esdbtest.AbortAfter, 5),
		"ended": always(esdbtest.EndAfter, 4), "unknown": always(esdbtest.Unknown, 0),
		"unknown content": always(esdbtest.UnknownContent, 6), "caught up": always(esdbtest.CaughtUpTwice, 0),
		"checkpoints": always(esdbtest.OddCheckpoints, 0),
		"skipped":     lies(esdbtest.Skip(40)), "repeated": lies(esdbtest.Repeat(40)), "swapped": lies(esdbtest.Swap(40)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.New(t, 1)
			log := open(t, c.Address("ofm"), esdblog.Options{Patience: time.Minute})
			const n = 120
			written(t, log, 60)
			c.Inject(fault)
			var writing sync.WaitGroup
			writing.Go(func() {
				for at := 60; at < n; at += 2 {
					_, err := log.Append(t.Context(), eventlog.Position(at), logtest.Records(at, 2)...)
					assert.NoError(t, err)
				}
			})
			at := 30
			for r, err := range log.Follow(t.Context(), 30) {
				require.NoError(t, err)
				require.True(t, eventlog.Same(logtest.Record(at), r), "record %d", at)
				if at++; at == n {
					break
				}
			}
			writing.Wait()
		})
	}
}

// A subscription that says nothing although the log has grown is made again.
func TestFollowOfASilentServer(t *testing.T) {
	t.Parallel()
	c := esdbtest.New(t, 1)
	log := open(t, c.Address("ofm"), esdblog.Options{Attempt: time.Second})
	written(t, log, 3)
	in := c.Inject(esdbtest.Fault{On: esdbtest.Subscribe, Alter: func(esdbtest.Event) []esdbtest.Event { return nil }})
	for _, err := range log.Follow(t.Context(), 2) {
		require.NoError(t, err)
		break
	}
	require.Equal(t, 1, in.Struck())
}

// A server that insists on something else than the log is not believed.
func TestFollowOfADamagedLog(t *testing.T) {
	for name, alter := range map[string]func(esdbtest.Event) []esdbtest.Event{
		"skipped": esdbtest.Skip(4), "swapped": esdbtest.Swap(4),
		"no metadata": esdbtest.Forge(4, func(e *esdbtest.Event) { e.Metadata = nil }),
		"no data":     esdbtest.Forge(4, func(e *esdbtest.Event) { e.Data = nil }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.New(t, 1)
			log := open(t, c.Address("ofm"), esdblog.Options{})
			written(t, log, 9)
			c.Inject(esdbtest.Fault{On: esdbtest.Subscribe, Alter: alter, Times: -1})
			at := 0
			for r, err := range log.Follow(t.Context(), 0) {
				if err != nil {
					require.ErrorIs(t, err, eventlog.ErrCorrupt)
					require.Contains(t, err.Error(), "position 4")
					break
				}
				require.True(t, eventlog.Same(logtest.Record(at), r))
				at++
			}
			require.Equal(t, 4, at)
			c.ClearFaults()
			c.Inject(esdbtest.Fault{On: esdbtest.Read, Alter: alter, Times: -1})
			require.ErrorIs(t, lastError(log.Read(t.Context(), 0)), eventlog.ErrCorrupt)
		})
	}
}

func lastError(all func(func(eventlog.Record, error) bool)) (last error) {
	for _, err := range all {
		last = err
	}
	return last
}

// unhurried is how a log is opened whose appends a test holds up.
var unhurried = esdblog.Options{Patience: 2 * time.Minute, Attempt: time.Minute}

// What was enqueued on top of a failed append fails with it, also where another process
// has put as many records in the place of those it counted on.
func TestChains(t *testing.T) {
	c := esdbtest.New(t, 1)
	one, other := open(t, c.Address("ofm"), unhurried), open(t, c.Address("ofm"), unhurried)
	written(t, one, 2)
	release := make(chan struct{})
	hold := c.Inject(esdbtest.Fault{On: esdbtest.Append, Until: release})
	busy := one.Enqueue(2, logtest.Record(2)) // holds the line while the others enter it
	require.Eventually(t, func() bool { return hold.Struck() == 1 }, 30*time.Second, time.Millisecond)
	_, err := other.Append(t.Context(), 2, logtest.Record(100))
	require.NoError(t, err)
	a := one.Enqueue(3, logtest.Record(3))
	b := one.Enqueue(4, logtest.Record(4))
	close(release)
	_, err = busy(t.Context())
	require.ErrorIs(t, err, eventlog.ErrConflict)
	for _, wait := range []func(context.Context) (eventlog.Position, error){a, b} {
		_, err := wait(t.Context())
		require.ErrorIs(t, err, eventlog.ErrConflict)
	}
	// Whoever was told so, reads the log and decides anew, is heard.
	late := one.Enqueue(5, logtest.Record(5)) // on what was decided before it was told
	_, err = late(t.Context())
	require.ErrorIs(t, err, eventlog.ErrConflict)
	head, err := one.Enqueue(3, logtest.Record(200))(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4, head)
}

// Two that append the same ids with other content at the same place: one of them is told
// that it is not what lies there.
func TestSameIDsOtherContent(t *testing.T) {
	c := esdbtest.New(t, 1)
	one, other := open(t, c.Address("ofm"), unhurried), open(t, c.Address("ofm"), unhurried)
	written(t, one, 2)
	mine, theirs := logtest.Record(2), logtest.Record(2)
	theirs.Data = append(theirs.Data, ' ')
	release := make(chan struct{})
	hold := c.Inject(esdbtest.Fault{On: esdbtest.Append, Until: release})
	wait := one.Enqueue(2, mine)
	require.Eventually(t, func() bool { return hold.Struck() == 1 }, 30*time.Second, time.Millisecond)
	_, err := other.Append(t.Context(), 2, theirs)
	require.NoError(t, err)
	close(release)
	_, err = wait(t.Context())
	require.ErrorIs(t, err, eventlog.ErrDuplicate)
}

// Appends that wait together reach the server together.
func TestTogether(t *testing.T) {
	c := esdbtest.New(t, 1)
	log := open(t, c.Address("ofm"), unhurried)
	written(t, log, 1)
	before := c.Counts().Appends
	release := make(chan struct{})
	hold := c.Inject(esdbtest.Fault{On: esdbtest.Append, Until: release})
	var waits []func(context.Context) (eventlog.Position, error)
	for i := 1; i < 200; i++ {
		waits = append(waits, log.Enqueue(eventlog.Position(i), logtest.Record(i)))
		if i == 1 {
			require.Eventually(t, func() bool { return hold.Struck() == 1 }, 30*time.Second, time.Millisecond)
		}
	}
	close(release)
	for i, wait := range waits {
		head, err := wait(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, i+2, head)
	}
	holds(t, log, 200)
	require.LessOrEqual(t, c.Counts().Appends-before, 3)
}

// Leaders change, nodes die and come back, while several processes append and follow:
// what was acknowledged is there, once, and everybody sees the same.
func TestFailover(t *testing.T) {
	t.Parallel()
	c := esdbtest.New(t, 3)
	const writers, each = 3, 40
	address := c.Address("ofm")
	stop := make(chan struct{})
	var disturbing sync.WaitGroup
	disturbing.Go(func() {
		const shortest = 30 * time.Millisecond
		pause, written := shortest, 0
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
			pause *= 2 // until something could be done between two, however slow the machine is
			if n := len(c.Stream("ofm")); n > written {
				pause, written = shortest, n
			}
			switch i % 4 {
			case 0:
				c.Elect((c.Leader() + 1) % 3)
			case 1:
				c.Depose()
				time.Sleep(10 * time.Millisecond)
				c.Elect(i % 3)
			case 2:
				c.Kill((c.Leader() + 1) % 3) // a follower
				time.Sleep(10 * time.Millisecond)
				c.Start((c.Leader() + 1) % 3)
			case 3:
				was := c.Leader()
				c.Kill(was)
				c.Elect((was + 1) % 3)
				time.Sleep(10 * time.Millisecond)
				c.Start(was)
			}
		}
	})
	var mu sync.Mutex
	acknowledged := map[eventlog.ID]eventlog.Position{}
	var writing sync.WaitGroup
	for w := range writers {
		log := open(t, address, esdblog.Options{Patience: time.Minute})
		writing.Go(func() {
			for i := range each {
				r := logtest.Record(w*each + i)
				r.Recorded = logtest.Epoch
				for {
					head, err := log.Head(t.Context())
					if !assert.NoError(t, err) {
						return
					}
					after, err := log.Append(t.Context(), head, r)
					if errors.Is(err, eventlog.ErrConflict) {
						continue
					}
					if !assert.NoError(t, err) {
						return
					}
					mu.Lock()
					acknowledged[r.ID] = after - 1
					mu.Unlock()
					break
				}
			}
		})
	}
	var following sync.WaitGroup
	seen := make([][]eventlog.ID, 3)
	for f := range seen {
		log := open(t, c.NodeAddress(f, "ofm"), esdblog.Options{ReadOnly: true, Patience: time.Minute})
		following.Go(func() {
			for r, err := range log.Follow(t.Context(), 0) {
				if !assert.NoError(t, err) {
					return
				}
				if seen[f] = append(seen[f], r.ID); len(seen[f]) == writers*each {
					return
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	disturbing.Wait()
	following.Wait()
	require.Len(t, acknowledged, writers*each)
	stored := c.Stream("ofm")
	require.Len(t, stored, writers*each)
	for f := range seen {
		require.Equal(t, seen[0], seen[f])
	}
	for at, id := range seen[0] {
		require.EqualValues(t, at, acknowledged[id])
		require.Equal(t, [16]byte(id), stored[at].ID)
	}
}

// A leader that is lost while nobody asks anything of it is found out by whatever is asked
// next: the client finds out by itself only if that is an append.
func TestLostWhileIdle(t *testing.T) {
	for name, asks := range map[string]func(*testing.T, *esdblog.Log) error{
		"head": func(t *testing.T, log *esdblog.Log) error {
			_, err := log.Head(t.Context())
			return err
		},
		"read": func(t *testing.T, log *esdblog.Log) error {
			for _, err := range log.Read(t.Context(), 0) {
				return err
			}
			return nil
		},
		"append": func(t *testing.T, log *esdblog.Log) error {
			_, err := log.Append(t.Context(), 5, logtest.Record(5))
			return err
		},
		"follow": func(t *testing.T, log *esdblog.Log) error {
			for _, err := range log.Follow(t.Context(), 0) {
				return err
			}
			return nil
		},
		"body": func(t *testing.T, log *esdblog.Log) error {
			_, err := log.Put(t.Context(), []byte("whole"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.New(t, 3)
			log := open(t, c.Address("ofm"), esdblog.Options{Patience: 30 * time.Second})
			written(t, log, 5)
			for range 3 {
				leader := c.Leader()
				c.Kill(leader)
				c.Elect((leader + 1) % 3)
				require.NoError(t, asks(t, log))
				c.Start(leader)
				_, err := log.Head(t.Context())
				require.NoError(t, err)
				if name == "append" {
					break
				}
			}
		})
	}
}

// Nothing hangs, panics or is left behind when a log is closed in the middle of it.
func TestCloseInTheMiddle(t *testing.T) {
	c := esdbtest.New(t, 1)
	for range 20 {
		log := open(t, c.Address(fresh()), esdblog.Options{})
		var busy sync.WaitGroup
		for range 8 {
			busy.Go(func() { _, _ = log.Append(t.Context(), 0, logtest.Record(0)) })
			busy.Go(func() { _, _ = log.Head(t.Context()) })
			busy.Go(func() { _ = lastError(log.Follow(t.Context(), 0)) })
		}
		time.Sleep(2 * time.Millisecond)
		require.NoError(t, log.Close())
		busy.Wait()
		_, err := log.Append(t.Context(), 0, logtest.Record(0))
		require.ErrorIs(t, err, eventlog.ErrClosed)
	}
	log := open(t, c.Address("ofm"), esdblog.Options{})
	c.Pause(0)
	ended := make(chan error, 20)
	for range 20 {
		go func() { _, err := log.Head(t.Context()); ended <- err }()
	}
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, log.Close())
	c.Resume(0)
	for range 20 {
		<-ended
	}
}

// A server that takes less than the contract says it so.
func TestSmallServer(t *testing.T) {
	c := esdbtest.New(t, 1, esdbtest.Limit(10_000))
	log := open(t, c.Address("ofm"), esdblog.Options{Patience: time.Minute})
	written(t, log, 1)
	r := logtest.Record(1)
	r.Data = make([]byte, 20_000)
	_, err := log.Append(t.Context(), 1, r)
	require.ErrorIs(t, err, eventlog.ErrTooLarge)
	require.Contains(t, err.Error(), "MaxAppendSize")
	several := logtest.Records(1, 40)
	for i := range several {
		several[i].Data = make([]byte, 20_000/4)
	}
	_, err = log.Append(t.Context(), 1, several...)
	require.ErrorIs(t, err, eventlog.ErrTooLarge, "of several the server hears no more than it takes")
	require.Contains(t, err.Error(), "MaxAppendSize")
	_, err = log.Append(t.Context(), 1, logtest.Record(1))
	require.NoError(t, err)
}

// Callers who give up are let go at once, also while the client looks for a node.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	c := esdbtest.New(t, 1)
	log := open(t, c.Address("ofm"), esdblog.Options{})
	written(t, log, 1)
	c.Kill(0)
	var waiting sync.WaitGroup
	for range 100 { // more than may be in flight
		waiting.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := log.Head(ctx)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
	}
	waiting.Wait()
	c.Start(0)
	require.Eventually(t, func() bool { _, err := log.Head(t.Context()); return err == nil }, 30*time.Second, 10*time.Millisecond)
	_, err := log.Append(t.Context(), 1, logtest.Record(1))
	require.NoError(t, err)
}

// An outage that lasts leaves nothing behind, neither where the server is gone nor where
// it says nothing.
func TestOutage(t *testing.T) {
	for name, stop := range map[string][2]func(*esdbtest.Cluster){
		"gone":   {func(c *esdbtest.Cluster) { c.Kill(0) }, func(c *esdbtest.Cluster) { c.Start(0) }},
		"silent": {func(c *esdbtest.Cluster) { c.Pause(0) }, func(c *esdbtest.Cluster) { c.Resume(0) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := esdbtest.New(t, 1)
			log := open(t, c.Address("ofm"), esdblog.Options{})
			written(t, log, 1)
			var hasty *esdblog.Log // so much so that it may give up at its first sight of the server
			require.Eventually(t, func() (opened bool) {
				var err error
				hasty, err = esdblog.Open(t.Context(), c.Address("ofm"), esdblog.Options{Patience: 100 * time.Millisecond, Attempt: 20 * time.Millisecond})
				return err == nil
			}, time.Minute, time.Millisecond)
			t.Cleanup(func() { _ = hasty.Close() })
			ask := func(n int) {
				for range n {
					_, err := hasty.Head(t.Context())
					require.ErrorIs(t, err, eventlog.ErrUnavailable)
				}
			}
			stop[0](c)
			// Some calls are left to themselves, up to as many as may be in flight. From then
			// on asking leaves nothing behind; what leaked at each question would go on.
			leaves := func() bool {
				before := runtime.NumGoroutine()
				ask(20)
				return runtime.NumGoroutine() >= before+20
			}
			for rounds := 0; leaves(); rounds++ {
				require.Less(t, rounds, 10)
			}
			stop[1](c)
			require.Eventually(t, func() bool { _, err := hasty.Head(t.Context()); return err == nil }, 30*time.Second, 10*time.Millisecond)
			_, err := log.Append(t.Context(), 1, logtest.Record(1))
			require.NoError(t, err)
		})
	}
}

// Beside a log are others, over the same connections.
func TestBeside(t *testing.T) {
	c := esdbtest.New(t, 1)
	log := open(t, c.Address("ofm"), esdblog.Options{})
	beside, err := log.Beside("checkpoints")
	require.NoError(t, err)
	_, err = beside.Append(t.Context(), 0, logtest.Record(0))
	require.NoError(t, err)
	holds(t, log, 0)
	require.Len(t, c.Stream("ofm-checkpoints"), 1)
	require.NoError(t, beside.Close())
	written(t, log, 3)
	_, err = log.Beside("$odd")
	require.Error(t, err)
}
