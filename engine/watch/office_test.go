package watch_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/watch"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// common is the bundle of the common law, made once.
var common = sync.OnceValues(func() ([]byte, error) { return rules.Bundle(rulesets.Common()) })

// library is shared by the tests, so that the law is loaded once.
var library = sync.OnceValue(projections.NewLibrary)

// A clock can be set, and goes on by itself.
type clock struct{ by atomic.Int64 }

func (c *clock) Now() time.Time       { return time.Now().Add(time.Duration(c.by.Load())) }
func (c *clock) step(d time.Duration) { c.by.Add(int64(d)) }

// An office with a clock that the test can set.
type office struct {
	*engine.Engine
	clock *clock
	log   *memlog.Log
}

func found(t testing.TB) office {
	t.Helper()
	bundle, err := common()
	require.NoError(t, err)
	o := office{clock: &clock{}, log: memlog.New()}
	o.clock.step(time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC).Sub(time.Now().Truncate(time.Second)))
	o.Engine, err = engine.Found(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library()}, engine.Founding{
		Office: "office", Zone: "America/New_York", Mode: domain.Live, Bundles: [][]byte{bundle},
	})
	require.NoError(t, err)
	return o
}

func (o office) try(events ...domain.Envelope) error {
	for i := range events {
		events[i].ID, events[i].Command, events[i].Recorded = domain.EventID{}, domain.CommandID{}, time.Time{}
	}
	_, err := o.Submit(context.Background(), domain.Command{Actor: "test", Drafts: events})
	return err
}

func (o office) submit(t testing.TB, events ...domain.Envelope) {
	t.Helper()
	require.NoError(t, o.try(events...))
}

func (o office) arandia(t testing.TB) {
	o.submit(t,
		domaintest.Registered("arandia", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"), domaintest.Opened("arandia-chicago", "arandia", "consular_post", "2020-01-01"),
		domaintest.Opened("borvia-embassy", "borvia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"),
		domaintest.Accredited("bo", "borvia-embassy", "dip.at", "2024-01-01"),
	)
}

var people = []domain.MemberID{"ana", "bo", "cy", "di", "ed"}

// happen lets something happen, which may be refused.
func (o office) happen(dice *rand.Rand) error {
	one := func(list ...string) string { return list[dice.IntN(len(list))] }
	day := func() string { return o.clock.Now().AddDate(0, 0, dice.IntN(90)-60).Format("2006-01-02") }
	who := people[dice.IntN(len(people))]
	mission := one("arandia-embassy", "arandia-chicago", "borvia-embassy")
	state := domain.StateID(one("arandia", "borvia"))
	privileges := []domain.Privilege{domain.Privilege(one("tax.sales", "travel.move", "property.lease"))}
	var e domain.Envelope
	switch dice.IntN(12) {
	case 0, 1:
		e = domaintest.Accredited(who, domain.MissionID(mission), domain.Category(one("dip.agent", "dip.at", "con.officer")), day())
	case 2:
		e = domaintest.Joined(who, people[dice.IntN(len(people))], domain.Relation(one("spouse", "child")), day())
	case 3:
		e = domaintest.StatusChanged(who, domain.Status(one("lpr", "none")), day())
	case 4, 5:
		e = domaintest.Ended(who, day())
	case 6:
		e = domaintest.Departed(who, day())
	case 7, 8:
		from := o.clock.Now().AddDate(0, 0, dice.IntN(40)-20)
		e = domaintest.Determined(domain.MeasureID(fmt.Sprintf("m-%d", dice.IntN(1000))), state, domain.Level(one("notification", "approval", "withdrawn")), privileges, from.Format("2006-01-02"))
	case 9:
		e = domaintest.Restricted("member/"+string(who), privileges, day())
	case 10:
		e = domaintest.Opened(domain.MissionID(fmt.Sprintf("new-%d", dice.IntN(50))), state, "embassy", day())
	default:
		view := o.Root().View()
		at := domain.Position(dice.IntN(int(o.Position())))
		target, _ := view.Envelope(at)
		e = domain.Envelope{Subject: target.Subject, Target: target.ID, Event: domain.EventRetracted{Reason: "mixed up"}}
	}
	return o.try(e)
}

// A question is what a view has an answer to.
type question struct {
	subject   domain.Subject
	privilege domain.Privilege
}

// A view is what somebody who watches knows.
type view struct {
	mu      sync.Mutex
	answers map[question]*standing.Verdict
	all     []watch.Change
	wrong   error
}

// watch follows what is told until ctx ends.
func (v *view) watch(ctx context.Context, h *watch.Hub, q watch.Watching) {
	v.mu.Lock()
	v.answers = map[question]*standing.Verdict{}
	v.mu.Unlock()
	var last watch.Change
	for c, err := range h.Answers(ctx, q) {
		v.mu.Lock()
		if err != nil {
			v.wrong = err
			v.mu.Unlock()
			return
		}
		v.all = append(v.all, c)
		if !c.Idle {
			k := question{c.Subject, c.Privilege}
			switch {
			case c.Initial:
			case !alike(c.Before, v.answers[k]):
				v.wrong = fmt.Errorf("%v: before it was %v", c, v.answers[k])
			case alike(c.Before, c.After):
				v.wrong = fmt.Errorf("%v is no change", c)
			case c.AsOf.Before(last.AsOf) || c.Position < last.Position:
				v.wrong = fmt.Errorf("%v comes after %v", c, last)
			}
			last = c
			v.answers[k] = c.After
		}
		v.mu.Unlock()
	}
}

// known are the answers that it knows, and changes what it was told.
func (v *view) known() map[question]*standing.Verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.answers)
}

func (v *view) changes() []watch.Change {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.all)
}

func (v *view) problem() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wrong
}

func alike(a, b *standing.Verdict) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Same(*b)
}

// fresh are the answers to the questions of a view, worked out now.
func (o office) fresh(t testing.TB, v *view, now time.Time) map[question]*standing.Verdict {
	out := map[question]*standing.Verdict{}
	for q := range v.known() {
		handle, err := o.Handle(q.subject, q.privilege)
		require.NoError(t, err)
		verdict, err := o.GlanceAt(handle, timeline.Of(now))
		require.NoError(t, err)
		out[q] = verdict
	}
	return out
}

// asked are the answers about the members of missions and States, worked out now.
func (o office) asked(t testing.TB, c standing.Choice, p domain.Privilege, now time.Time) map[question]*standing.Verdict {
	out := map[question]*standing.Verdict{}
	population, err := o.Population(t.Context(), engine.PopulationQuery{When: engine.When{AsOf: now}, Census: standing.Census{Choice: c, Privileges: []domain.Privilege{p}}})
	require.NoError(t, err)
	for a, err := range population.Answers {
		require.NoError(t, err)
		out[question{a.Subject, p}] = &a.Verdict
	}
	return out
}

func same(t testing.TB, want, got map[question]*standing.Verdict, message string) {
	t.Helper()
	for q := range want {
		require.True(t, alike(want[q], got[q]), "%s: %v: it is %+v, and %+v was told", message, q, want[q], got[q])
	}
	for q := range got {
		require.True(t, alike(want[q], got[q]), "%s: %v: it is %+v, and %+v was told", message, q, want[q], got[q])
	}
}
