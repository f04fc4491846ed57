package watch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/watch"
	"github.com/comity-project/comity/projections/standing"
)

func members() []domain.Subject {
	return []domain.Subject{domain.Member("ana"), domain.Member("bo"), domain.Mission("arandia-embassy")}
}

// Whatever happens, whenever the clock is read and however it is set: when all is quiet
// each watcher knows what is so, and who comes back is told the same as who stayed.
func TestWhoWatchesKnows(t *testing.T) {
	found(t) // so that the law is loaded outside the bubbles
	byEvent, byTime, joined, left, tails := 0, 0, 0, 0, 0
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dice := rand.New(rand.NewPCG(seed, 5))
				o := found(t)
				o.arandia(t)
				back := seed%3 == 0 // the clock is set back now and then
				h := watch.New(o.Engine, watch.Options{NoTimers: seed%4 == 1})
				ctx, cancel := context.WithCancel(t.Context())
				all, some, of, mission := &view{}, &view{}, &view{}, &view{}
				go all.watch(ctx, h, watch.Watching{Subjects: members()})
				go some.watch(ctx, h, watch.Watching{Subjects: members(), Privileges: []domain.Privilege{"tax.sales", "imm.arrest"}})
				go of.watch(ctx, h, watch.Watching{Of: []domain.Subject{domain.State("arandia")}, Privileges: []domain.Privilege{"tax.sales"}})
				go mission.watch(ctx, h, watch.Watching{Of: []domain.Subject{domain.Mission("borvia-embassy"), domain.Mission("arandia-chicago")}, Privileges: []domain.Privilege{"imm.arrest"}})
				synctest.Wait()
				latest := o.clock.Now()
				check := func(step int) {
					h.Look()
					synctest.Wait()
					if now := o.clock.Now(); now.After(latest) {
						latest = now
					}
					now := latest
					if last := o.Root().Last(); last.After(now) {
						now = last
					}
					for _, v := range []*view{all, some, of, mission} {
						require.NoError(t, v.problem(), "step %d", step)
					}
					message := fmt.Sprintf("step %d at %s, position %d", step, now, o.Position())
					same(t, o.fresh(t, all, now), all.known(), message)
					same(t, o.fresh(t, some, now), some.known(), message)
					same(t, o.asked(t, standing.Choice{States: []domain.StateID{"arandia"}}, "tax.sales", now), of.known(), message)
					same(t, o.asked(t, standing.Choice{At: []domain.MissionID{"borvia-embassy", "arandia-chicago"}}, "imm.arrest", now), mission.known(), message)
				}
				check(0)
				for step := range 60 {
					switch dice.IntN(4) {
					case 0:
						time.Sleep(time.Duration(dice.IntN(20*24)) * time.Hour)
					case 1:
						d := time.Duration(dice.IntN(30*24*60)) * time.Minute
						if back && dice.IntN(2) == 0 {
							d = -d
						}
						o.clock.step(d)
					default:
						for range 1 + dice.IntN(3) {
							_ = o.happen(dice) // refused or not
						}
					}
					if dice.IntN(3) > 0 {
						check(step)
					}
				}
				check(60)
				for _, c := range all.changes() {
					switch {
					case c.Cause == watch.ByEvent:
						byEvent++
					case c.Cause == watch.ByTime:
						byTime++
					}
				}
				for _, c := range of.changes() {
					joined += map[bool]int{true: 1}[c.Before == nil && !c.Initial && !c.Idle]
					left += map[bool]int{true: 1}[c.After == nil && !c.Idle]
				}
				// Who comes back.
				for which, one := range []struct {
					*view
					watch.Watching
				}{
					{all, watch.Watching{Subjects: members()}},
					{of, watch.Watching{Of: []domain.Subject{domain.State("arandia")}, Privileges: []domain.Privilege{"tax.sales"}}},
				} {
					for i, c := range one.changes() {
						if c.Token.IsZero() || dice.IntN(3) > 0 {
							continue
						}
						again := &view{}
						one.Since = c.Token
						until, stop := context.WithCancel(t.Context())
						for c, err := range h.Answers(until, one.Watching) {
							if err != nil {
								require.ErrorIs(t, err, context.Canceled)
								break
							}
							again.all = append(again.all, c)
							if c.Token.Position == o.Position() {
								stop()
							}
						}
						stop()
						tails++
						if back {
							// What is told in between depends on the clock that was read; what it
							// comes to does not.
							assert.Equal(t, folded(one.changes()[i+1:]), folded(again.all), "%d, since %d %s", which, i, c.Token)
							continue
						}
						require.Equal(t, told(one.changes()[i+1:]), told(again.all), "%d, since %d %s", which, i, c.Token)
					}
				}
				cancel()
				synctest.Wait()
				for _, v := range []*view{all, some, of, mission} {
					require.ErrorIs(t, v.problem(), context.Canceled)
				}
				assert.Zero(t, h.Watchers())
			})
		})
	}
	t.Logf("%d changes by events, %d by time; %d joined, %d left; %d tails", byEvent, byTime, joined, left, tails)
	assert.Greater(t, byEvent, 200)
	assert.Greater(t, byTime, 50)
	assert.Greater(t, joined, 10)
	assert.Greater(t, left, 10)
	assert.Greater(t, tails, 30)
}

// told are changes in words, without where to go on.
func told(all []watch.Change) []string {
	out := []string{}
	for _, c := range all {
		if !c.Idle {
			out = append(out, fmt.Sprintf("%s %s at %d as of %s by %s: %s to %s", c.Subject, c.Privilege, c.Position, c.AsOf, c.Cause, words(c.Before), words(c.After)))
		}
	}
	return out
}

func words(v *standing.Verdict) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(v.Words(), v.Conditions, v.Rule)
}

// folded is what changes come to, without those that were taken back.
func folded(all []watch.Change) map[question][2]string {
	out := map[question][2]string{}
	short := func(v *standing.Verdict) string {
		if v == nil {
			return "none"
		}
		return fmt.Sprint(v.Words(), v.Conditions, v.Lacks)
	}
	for _, c := range all {
		if c.Idle {
			continue
		}
		q := question{c.Subject, c.Privilege}
		was, found := out[q]
		if !found {
			was[0] = short(c.Before)
		}
		was[1] = short(c.After)
		out[q] = was
	}
	for q, was := range out {
		if was[0] == was[1] {
			delete(out, q)
		}
	}
	return out
}

func collect(ctx context.Context, h *watch.Hub, q watch.Watching) (out []watch.Change, err error) {
	for c, err := range h.Answers(ctx, q) {
		if err != nil {
			return out, err
		}
		out = append(out, c)
		if !c.Token.IsZero() {
			return out, nil
		}
	}
	return out, nil
}

// What changes by time alone is told when it takes effect.
func TestByTimeAlone(t *testing.T) {
	found(t)
	synctest.Test(t, func(t *testing.T) {
		o := found(t)
		o.arandia(t)
		h := watch.New(o.Engine, watch.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		v := &view{}
		go v.watch(ctx, h, watch.Watching{Subjects: []domain.Subject{domain.Member("ana")}, Privileges: []domain.Privilege{"imm.arrest"}})
		synctest.Wait()
		require.Len(t, v.changes(), 1)
		first := v.changes()[0]
		assert.True(t, first.Initial)
		assert.Equal(t, domain.Allowed, first.After.Outcome)
		assert.Equal(t, o.Position(), first.Position)
		assert.Equal(t, o.Position(), first.Token.Position)

		o.submit(t, domaintest.Ended("ana", "2025-02-01"))
		synctest.Wait()
		require.Len(t, v.changes(), 1, "it is allowed until a reasonable period is over")
		next, changes, err := o.NextChange(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
		require.NoError(t, err)
		require.True(t, changes)
		wait := next.At.Time().Sub(o.clock.Now())
		time.Sleep(wait - time.Second)
		synctest.Wait()
		require.Len(t, v.changes(), 1)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, v.changes(), 2)
		c := v.changes()[1]
		assert.Equal(t, watch.ByTime, c.Cause)
		assert.Equal(t, next.At.Time(), c.AsOf)
		assert.Equal(t, o.Position(), c.Position)
		assert.Equal(t, domain.Allowed, c.Before.Outcome)
		assert.Equal(t, next.Outcome, c.After.Outcome)
		assert.Zero(t, c.Skipped)
		o.submit(t, domaintest.Accredited("ana", "arandia-embassy", "dip.agent", o.clock.Now().Format("2006-01-02")))
		synctest.Wait()
		require.Len(t, v.changes(), 3)
		assert.Equal(t, watch.ByEvent, v.changes()[2].Cause)
		assert.Equal(t, []domain.Position{o.Position() - 1}, v.changes()[2].Events)
		assert.Equal(t, o.Root().Last(), v.changes()[2].AsOf)
		cancel()
		synctest.Wait()
		require.ErrorIs(t, v.problem(), context.Canceled)
	})
}

// Whoever is slow is told what is so, in fewer steps, and how many were passed over.
func TestWhoIsSlow(t *testing.T) {
	found(t)
	synctest.Test(t, func(t *testing.T) {
		o := found(t)
		o.arandia(t)
		h := watch.New(o.Engine, watch.Options{})
		other := &view{} // who makes the hub keep up
		ctx, cancel := context.WithCancel(t.Context())
		go other.watch(ctx, h, watch.Watching{Subjects: members()})
		synctest.Wait() // until it watches
		steps, skipped := 0, 0
		var slow []watch.Change
		for c, err := range h.Answers(ctx, watch.Watching{Subjects: []domain.Subject{domain.Member("ana")}, Privileges: []domain.Privilege{"tax.sales"}}) {
			if err != nil {
				break
			}
			slow = append(slow, c)
			if steps++; steps == 1 {
				for i := range 101 {
					if i%2 == 0 {
						o.submit(t, domaintest.StatusChanged("ana", "lpr", "2025-01-01"))
					} else {
						last, _ := o.Root().View().Envelope(o.Position() - 1)
						o.submit(t, domain.Envelope{Subject: last.Subject, Target: last.ID, Event: domain.EventRetracted{Reason: "mixed up"}})
					}
					synctest.Wait()
				}
			}
			skipped += c.Skipped
			if len(slow) > 1 && c.Position == o.Position() {
				cancel()
			}
		}
		synctest.Wait()
		require.Len(t, slow, 2)
		assert.Equal(t, 100, skipped)
		assert.False(t, slow[1].Before.Same(*slow[1].After))
		count := 0
		for _, c := range other.changes() {
			if c.Privilege == "tax.sales" && c.Subject == domain.Member("ana") && c.Cause == watch.ByEvent {
				count++
			}
		}
		assert.Equal(t, 101, count)
		cancel()
	})
}

// What can't be watched is refused.
func TestWhatCannotBeWatched(t *testing.T) {
	o := found(t)
	o.arandia(t)
	h := watch.New(o.Engine, watch.Options{})
	try := func(q watch.Watching) error {
		_, err := collect(t.Context(), h, q)
		return err
	}
	require.ErrorIs(t, try(watch.Watching{}), engine.ErrRequest)
	require.ErrorIs(t, try(watch.Watching{Subjects: []domain.Subject{domain.State("arandia")}}), engine.ErrRequest)
	require.ErrorIs(t, try(watch.Watching{Of: []domain.Subject{domain.Member("ana")}}), engine.ErrRequest)
	require.ErrorContains(t, try(watch.Watching{Subjects: []domain.Subject{domain.Member("anna")}}), `unknown member "anna" (did you mean "ana"?)`)
	require.ErrorContains(t, try(watch.Watching{Subjects: members(), Privileges: []domain.Privilege{"tax.sale"}}), `unknown privilege "tax.sale" (did you mean "tax.sales"?)`)
	all, err := collect(t.Context(), h, watch.Watching{Subjects: members(), Privileges: []domain.Privilege{"tax.sales"}})
	require.NoError(t, err)
	token := all[len(all)-1].Token
	require.False(t, token.IsZero())
	again, err := watch.ParseToken(token.String())
	require.NoError(t, err)
	assert.Equal(t, token, again)
	for _, text := range []string{"", "1", "-", "1-", "x-1", "01-1", "1-1 ", "99999999999999999999-1", "-1-1"} {
		_, err := watch.ParseToken(text)
		require.Error(t, err, text)
	}
	beyond := token
	beyond.Position++
	require.ErrorContains(t, try(watch.Watching{Subjects: members(), Since: beyond}), "the log ends at")
	beyond = token
	beyond.Instant += 3600e6
	require.ErrorAs(t, try(watch.Watching{Subjects: members(), Since: beyond}), new(*watch.BeyondError))
	all, err = collect(t.Context(), h, watch.Watching{Subjects: members(), Since: token})
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.True(t, all[0].Idle)
	assert.Zero(t, h.Watchers())
}

// A state that is built anew tells nothing new, and goes on.
func TestARebuiltState(t *testing.T) {
	found(t)
	synctest.Test(t, func(t *testing.T) {
		o := found(t)
		o.arandia(t)
		h := watch.New(o.Engine, watch.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		v := &view{}
		go v.watch(ctx, h, watch.Watching{Subjects: members()})
		synctest.Wait()
		n := len(v.changes())
		_, err := o.Rebuild(t.Context(), nil)
		require.NoError(t, err)
		h.Look()
		synctest.Wait()
		require.Len(t, v.changes(), n)
		o.submit(t, domaintest.StatusChanged("ana", "lpr", "2025-01-01"))
		synctest.Wait()
		require.NoError(t, v.problem())
		require.Greater(t, len(v.changes()), n)
		same(t, o.fresh(t, v, o.clock.Now()), v.known(), "after it")
		cancel()
		synctest.Wait()
	})
}

// Something is told now and then.
func TestIdle(t *testing.T) {
	found(t)
	synctest.Test(t, func(t *testing.T) {
		o := found(t)
		o.arandia(t)
		h := watch.New(o.Engine, watch.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		v := &view{}
		go v.watch(ctx, h, watch.Watching{Subjects: []domain.Subject{domain.Member("ana")}, Privileges: []domain.Privilege{"tax.sales"}, Idle: 15 * time.Second})
		time.Sleep(10 * time.Second)
		o.submit(t, domaintest.Registered("celand", "2025-01-01"))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		require.Len(t, v.changes(), 2)
		assert.True(t, v.changes()[1].Idle)
		assert.Equal(t, o.Position(), v.changes()[1].Token.Position)
		cancel()
		synctest.Wait()
	})
}
