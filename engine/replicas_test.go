package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// A replica is one of several engines over one log.
type replica struct {
	*engine.Engine
	line *remote
}

// join opens one more replica of an office.
func (o office) join(t *testing.T, trip time.Duration) replica {
	t.Helper()
	line := &remote{Log: o.log, trip: trip}
	e, err := engine.Open(t.Context(), engine.Config{Log: line, Bodies: o.log, Clock: o.clock.Now, Library: library()})
	require.NoError(t, err)
	return replica{e, line}
}

func accredit(who string) domain.Command {
	return domain.Command{Actor: "test", Drafts: drafts(domaintest.Accredited(domain.MemberID(who), "arandia-embassy", "dip.at", "2024-01-01"))}
}

// Three replicas that are all busy record over one log, and each of those who submit
// comes through, at each of them.
func TestReplicasThatAreAllBusy(t *testing.T) {
	for _, follow := range []bool{true, false} {
		t.Run(fmt.Sprintf("follow=%v", follow), func(t *testing.T) {
			found(t, domain.Live, nil) // so that the law is loaded outside the bubble
			synctest.Test(t, func(t *testing.T) {
				o := found(t, domain.Live, nil)
				o.submit(t, arandia()...)
				before := o.Position()
				const replicas, submitters, each = 3, 16, 6
				ctx, cancel := context.WithCancel(t.Context())
				var following, submitting sync.WaitGroup
				var contended, done [replicas]atomic.Int64
				begun := time.Now()
				for i := range replicas {
					r := o.join(t, 2*time.Millisecond)
					if follow {
						following.Go(func() { _ = r.Follow(ctx) })
					}
					for j := range submitters {
						submitting.Go(func() {
							for n := range each {
								c := accredit(fmt.Sprintf("m-%d-%d-%d", i, j, n))
								c.ID = domain.CommandID{1, byte(i), byte(j), byte(n)}
								receipt, err := r.Submit(ctx, c)
								for errors.Is(err, engine.ErrContended) {
									contended[i].Add(1)
									receipt, err = r.Submit(ctx, c)
								}
								if assert.NoError(t, err) {
									assert.LessOrEqual(t, receipt.Position, r.Position())
								}
								done[i].Add(1)
							}
						})
					}
				}
				submitting.Wait()
				took := time.Since(begun)
				cancel()
				following.Wait()
				for i := range replicas {
					t.Logf("replica %d: %d recorded, %d times given up", i, done[i].Load(), contended[i].Load())
					assert.LessOrEqual(t, contended[i].Load(), int64(submitters), "giving up is rare")
				}
				t.Logf("%d commands in %v", replicas*submitters*each, took)
				last, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library()})
				require.NoError(t, err)
				assert.Equal(t, before+replicas*submitters*each, last.Position(), "each is recorded once")
				assert.Less(t, took, time.Minute)
			})
		})
	}
}

// What another replica recorded meanwhile is taken into account: a command that is
// decided again may be refused then.
func TestDecidedAgainOnWhatOthersRecorded(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	bo := o.submit(t, accredit("bo").Drafts...)
	r := o.join(t, 0)
	retract := domain.Envelope{Subject: domain.Member("bo"), Target: bo.Events[0], Event: domain.EventRetracted{Reason: "mixed up"}}
	r.line.set(func(l *remote) { l.meeting = func() { o.submit(t, retract) } })
	_, err := r.Submit(t.Context(), domain.Command{Actor: "other", Drafts: []domain.Envelope{retract}})
	require.ErrorContains(t, err, "already retracted")
	assert.Equal(t, o.Position(), r.Position())
}

// A replica that loses each time gives up, says so, and has recorded nothing.
func TestAReplicaThatIsAlwaysLate(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		r := o.join(t, time.Millisecond)
		n := 0
		var overtake func()
		overtake = func() {
			n++
			o.submit(t, drafts(domaintest.Accredited(domain.MemberID(fmt.Sprintf("first-%d", n)), "arandia-embassy", "dip.at", "2024-01-01"))...)
			r.line.set(func(l *remote) { l.meeting = overtake })
		}
		r.line.set(func(l *remote) { l.meeting = overtake })
		_, err := r.Submit(t.Context(), accredit("bo"))
		require.ErrorIs(t, err, engine.ErrContended)
		require.ErrorIs(t, err, eventlog.ErrConflict)
		require.ErrorContains(t, err, "submit it again a little later")
		assert.GreaterOrEqual(t, n, 32)
		assert.EqualValues(t, 32, r.Conflicts())
		assert.Zero(t, o.Conflicts())

		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err = r.Submit(ctx, accredit("bo"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, engine.ErrUncertain, "between two attempts it is known that nothing was recorded")
		assert.Less(t, time.Since(begun), 100*time.Millisecond)
		r.line.set(func(l *remote) { l.meeting = nil })
		require.NoError(t, func() error { _, err := r.Submit(t.Context(), accredit("bo")); return err }())
	})
}

// While the log can't be reached nothing is decided, nobody waits without end, questions
// are answered as of what was durable, and afterwards all goes on by itself.
func TestTheLogCannotBeReached(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		r := o.join(t, 2*time.Millisecond)
		at := r.Position()
		r.line.set(func(l *remote) { l.down = true })

		var all sync.WaitGroup
		for i := range 8 { // these are on their way when it breaks
			all.Go(func() {
				_, err := r.Submit(t.Context(), accredit(fmt.Sprintf("lost-%d", i)))
				assert.True(t, errors.Is(err, engine.ErrUncertain) || errors.Is(err, engine.ErrUnreachable), "%v", err)
			})
		}
		all.Wait()
		assert.Equal(t, at, r.Position(), "nothing is shown that is not durable")
		_, err := r.Ask(t.Context(), onceAsked)
		require.NoError(t, err, "readers are not held up")
		for _, c := range []domain.Command{accredit("later"), {Drafts: drafts(domaintest.StatusChanged("nobody", "lpr", "2024-02-01"))}} {
			_, err = r.Submit(t.Context(), c)
			require.ErrorIs(t, err, engine.ErrUnreachable)
			var refused domain.Refusals
			require.NotErrorAs(t, err, &refused, "what is not known of can't be refused")
			_, err = r.Check(t.Context(), c)
			require.ErrorIs(t, err, engine.ErrUnreachable)
		}
		_, err = r.Begin(t.Context())
		require.ErrorIs(t, err, errDown)

		o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2024-02-01"))...)
		r.line.set(func(l *remote) { l.down = false })
		receipt, err := r.Submit(t.Context(), accredit("later"))
		require.NoError(t, err)
		assert.Equal(t, o.Position()+1, receipt.Position, "it was decided on what others recorded meanwhile")
	})
}

// A submission that waits while another waits for a log which can't be reached leaves
// when its time is up, and those who waited are not made to wait once more, each in turn.
func TestWaitingWhileTheLogCannotBeReached(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		r := o.join(t, 10*time.Second)
		r.line.set(func(l *remote) { l.down = true })
		_, err := r.Submit(t.Context(), accredit("first"))
		require.ErrorIs(t, err, engine.ErrUncertain)

		begun := time.Now()
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := r.Submit(t.Context(), accredit(fmt.Sprintf("m-%d", i)))
				assert.ErrorIs(t, err, engine.ErrUnreachable)
			})
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := r.Submit(ctx, accredit("hurried"))
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.NotErrorIs(t, err, engine.ErrUncertain)
			assert.Less(t, time.Since(begun), 2*time.Second)
		})
		all.Wait()
		assert.Less(t, time.Since(begun), 30*time.Second, "one attempt is enough for all who waited for it")
	})
}

// A log that breaks off while it is read, in the midst of what was appended together,
// shows nothing of it.
func TestReadingBreaksOffInACommand(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	r := o.join(t, 0)
	at := r.Position()
	pair := drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"), domaintest.Accredited("cy", "arandia-embassy", "dip.at", "2024-01-01"))
	o.submit(t, pair...)
	r.line.set(func(l *remote) { l.cut = 1 })
	_, err := r.Submit(t.Context(), accredit("di"))
	require.ErrorIs(t, err, engine.ErrUnreachable)
	assert.Equal(t, at, r.Position())
	r.line.set(func(l *remote) { l.cut = 0 })
	receipt, err := r.Submit(t.Context(), accredit("di"))
	require.NoError(t, err)
	assert.Equal(t, at+3, receipt.Position)
}

// What may have been recorded is never said not to be: the second append of the same
// records speaks for itself alone.
func TestUncertainStaysUncertain(t *testing.T) {
	for _, second := range []error{eventlog.ErrClosed, eventlog.ErrFull, eventlog.ErrReadOnly} {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		line := &remote{Log: o.log}
		e, err := engine.Open(t.Context(), engine.Config{Log: &secondThought{line, second}, Bodies: o.log, Clock: o.clock.Now, Library: library()})
		require.NoError(t, err)
		before := o.Position()
		line.set(func(l *remote) { l.mutter = true })
		_, err = e.Submit(t.Context(), accredit("bo"))
		require.ErrorIs(t, err, engine.ErrUncertain)
		require.NotErrorIs(t, err, second)
		head, err := o.log.Head(t.Context())
		require.NoError(t, err)
		assert.Equal(t, eventlog.Position(before+1), head, "it was recorded")
	}
}

// secondThought is a log whose Append, by which the engine finds out, says something else.
type secondThought struct {
	*remote
	err error
}

func (s *secondThought) Append(context.Context, eventlog.Position, ...eventlog.Record) (eventlog.Position, error) {
	return 0, s.err
}

// An append of which nothing was heard is not made again on records that another replica
// has put in the place of those on which it was decided.
func TestLostTogether(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		r := o.join(t, time.Second)
		r.line.set(func(l *remote) {
			l.lose = 2
			l.meeting = func() {
				time.Sleep(100 * time.Millisecond)                                           // until both are in line
				o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2025-02-01"))...) // one event, in the place of the first
			}
		})
		var all sync.WaitGroup
		all.Go(func() {
			_, err := r.Submit(t.Context(), accredit("bo"))
			assert.NoError(t, err)
		})
		all.Go(func() {
			time.Sleep(10 * time.Millisecond)
			_, err := r.Submit(t.Context(), domain.Command{Actor: "test", Drafts: drafts(domaintest.StatusChanged("bo", "lpr", "2025-02-01"))})
			var refused domain.Refusals
			if err != nil { // decided again, before the other was
				assert.ErrorAs(t, err, &refused)
			}
		})
		all.Wait()
		known := false
		for record, err := range o.log.Read(t.Context(), 0) {
			require.NoError(t, err)
			known = known || record.Subject == "member/bo" && record.Type == "member.accredited"
			assert.False(t, record.Subject == "member/bo" && !known, "%s is on record of somebody who was not known yet", record.Type)
		}
		assert.True(t, known)
	})
}

// One caller of a quiet replica comes through, though another replica is busy all the time.
func TestOneCallerBesideABusyReplica(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		ctx, cancel := context.WithCancel(t.Context())
		busy, quiet := o.join(t, 4*time.Millisecond), o.join(t, 4*time.Millisecond)
		var all sync.WaitGroup
		for _, r := range []replica{busy, quiet} {
			all.Go(func() { _ = r.Follow(ctx) })
		}
		var recorded atomic.Int64
		var over atomic.Bool
		var submitting sync.WaitGroup
		for i := range 32 {
			submitting.Go(func() {
				for n := 0; !over.Load(); n++ {
					if _, err := busy.Submit(ctx, accredit(fmt.Sprintf("busy-%d-%d", i, n))); err == nil {
						recorded.Add(1)
					}
				}
			})
		}
		time.Sleep(200 * time.Millisecond)
		begun, given, longest := time.Now(), 0, time.Duration(0)
		for n := range 20 {
			time.Sleep(7 * time.Millisecond)
			at := time.Now()
			_, err := quiet.Submit(ctx, accredit(fmt.Sprintf("quiet-%d", n)))
			if err != nil {
				require.ErrorIs(t, err, engine.ErrContended)
				given++
			}
			longest = max(longest, time.Since(at))
		}
		t.Logf("of 20, %d were given up, the slowest took %v; the busy one recorded %d meanwhile, in %v", given, longest, recorded.Load(), time.Since(begun))
		assert.LessOrEqual(t, given, 4)
		over.Store(true)
		submitting.Wait()
		cancel()
		all.Wait()
	})
}
