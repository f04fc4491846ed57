package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// Whatever is recorded, and whenever it is asked: what is kept of how everybody
// stands says the same as working it out.
func TestAGlanceSaysWhatAskingSays(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	office, err := generate.New(generate.Options{Members: 40, Events: 700, Seed: 5, From: generate.DefaultFrom(), To: calendar.Date{Year: 2018, Month: time.December, Day: 31}})
	require.NoError(t, err)
	zone, err := calendar.LoadZone(generate.Zone)
	require.NoError(t, err)
	log := memlog.New()
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Library: library()}, engine.Founding{
		Office: "test", Zone: generate.Zone, Mode: domain.History, At: zone.Midnight(office.From), Actor: "test", Bundles: [][]byte{law(t)},
	})
	require.NoError(t, err)

	privileges := []domain.Privilege{"imm.criminal", "tax.sales", "dmv.registration", "dmv.license", "travel.move", "customs.personal", "property.lease", "imm.inviolability.premises"}
	dice := rand.New(rand.NewPCG(7, 7))
	asked, kept := 0, map[domain.Subject]map[domain.Privilege]engine.Handle{}
	step := 0
	for c := range office.Commands() {
		_, err := e.Submit(t.Context(), c)
		require.NoError(t, err)
		step++
		if step%4 != 0 {
			continue
		}
		members := e.Root().View().Subjects(domain.KindMember)
		missions := e.Root().View().Subjects(domain.KindMission)
		if len(members) == 0 {
			continue
		}
		for range 4 {
			s := domain.Member(domain.MemberID(members[dice.IntN(len(members))]))
			if dice.IntN(6) == 0 {
				s = domain.Mission(domain.MissionID(missions[dice.IntN(len(missions))]))
			}
			p := privileges[dice.IntN(len(privileges))]
			h, have := kept[s][p]
			if !have {
				if h, err = e.Handle(s, p); err != nil {
					require.ErrorIs(t, err, engine.ErrUnknown)
					continue
				}
				if kept[s] == nil {
					kept[s] = map[domain.Privilege]engine.Handle{}
				}
				kept[s][p] = h
			}
			// Now moves on with the log, and now and then steps back or ahead.
			now := e.Root().Last().Add(time.Duration(dice.IntN(40*24)-20*24) * time.Hour)
			short, err := e.GlanceAt(h, timeline.Of(now))
			require.NoError(t, err)
			long, err := e.Ask(t.Context(), engine.Question{Subject: s, Privilege: p, AsOf: now})
			if short == nil {
				require.ErrorIs(t, err, engine.ErrRequest)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, long.Outcome, short.Outcome, "%s of %s at %s, position %d", p, s, now, e.Position())
			require.Equal(t, len(long.Conditions), len(short.Conditions))
			for i := range long.Conditions {
				require.Equal(t, long.Conditions[i].Code, short.Conditions[i].Code)
				require.Equal(t, long.Conditions[i].Params, short.Conditions[i].Params)
			}
			asked++
		}
	}
	assert.Greater(t, asked, 300)
}

// The same with facts of requests.
func TestAGlanceWithARequestSaysWhatAskingSays(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	office, err := generate.New(generate.Options{Members: 40, Events: 2500, Seed: 6, From: generate.DefaultFrom(), To: calendar.Date{Year: 2018, Month: time.December, Day: 31}})
	require.NoError(t, err)
	zone, err := calendar.LoadZone(generate.Zone)
	require.NoError(t, err)
	log := memlog.New()
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Library: library()}, engine.Founding{
		Office: "test", Zone: generate.Zone, Mode: domain.History, At: zone.Midnight(office.From), Actor: "test", Bundles: [][]byte{law(t)},
	})
	require.NoError(t, err)
	dice := rand.New(rand.NewPCG(8, 8))
	privileges := []domain.Privilege{"imm.criminal", "imm.civil", "tax.sales", "tax.meals", "travel.move", "customs.personal", "customs.warehouse", "property.lease", "dmv.license"}
	words := map[string][]string{
		"amount": {"1", "4999", "30000", "30001", "999999"}, "in_person": {"true", "false"}, "payment": {"cash", "mission", "personal"}, "stage": {"jurisdiction", "execution"},
		"matter": {"contract", "vehicle.accident", "none"}, "distance": {"10", "26", "300"}, "goods": {"tobacco", "fuel"}, "bearer": {"self", "other"}, "official": {"true", "false"},
	}
	names := slices.Sorted(maps.Keys(words))
	asked, depends, outcomes := 0, 0, map[domain.Outcome]int{}
	step := 0
	for c := range office.Commands() {
		_, err := e.Submit(t.Context(), c)
		require.NoError(t, err)
		if step++; step%20 != 0 {
			continue
		}
		members := e.Root().View().Subjects(domain.KindMember)
		if len(members) == 0 {
			continue
		}
		for range 2 {
			s := domain.Member(domain.MemberID(members[dice.IntN(len(members))]))
			p := privileges[dice.IntN(len(privileges))]
			h, err := e.Handle(s, p)
			require.NoError(t, err)
			now := e.Root().Last().Add(time.Duration(dice.IntN(48)) * time.Hour)
			var before *standing.Verdict
			for range 6 {
				request := map[string]string{}
				for range 1 + dice.IntN(3) {
					name := names[dice.IntN(len(names))]
					request[name] = words[name][dice.IntN(len(words[name]))]
				}
				short, err := e.GlanceWithAt(h, request, timeline.Of(now))
				long, wrong := e.Ask(t.Context(), engine.Question{Subject: s, Privilege: p, AsOf: now, Request: request})
				if err != nil || short == nil {
					require.ErrorIs(t, wrong, engine.ErrRequest, "%v", request)
					continue
				}
				require.NoError(t, wrong, "%v", request)
				require.Equal(t, long.Outcome, short.Outcome, "%s of %s at %s, position %d, with %v", p, s, now, e.Position(), request)
				require.Equal(t, len(long.Conditions), len(short.Conditions), "%v", request)
				for i := range long.Conditions {
					require.Equal(t, long.Conditions[i], short.Conditions[i], "%v", request)
				}
				asked++
				outcomes[short.Outcome]++
				if before != nil && !before.Same(*short) {
					depends++
				}
				before = short
			}
		}
	}
	t.Logf("%d asked, %d came to something else than the one before; %v", asked, depends, outcomes)
	assert.Greater(t, asked, 300)
	assert.Greater(t, depends, 8)
	assert.Greater(t, len(outcomes), 2)
}

// A glance at what is kept takes no memory.
func TestAGlanceAllocatesNothing(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	h, err := o.Handle(domain.Member("ana"), "imm.arrest")
	require.NoError(t, err)
	v, err := o.Glance(h)
	require.NoError(t, err)
	require.Equal(t, domain.Allowed, v.Outcome)
	require.NotEmpty(t, v.Rule)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = o.Glance(h) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = o.GlanceOf(domain.Member("ana"), "imm.arrest") }))
	_, err = o.Handle(domain.Member("nobody"), "imm.arrest")
	require.ErrorIs(t, err, engine.ErrUnknown)
	_, err = o.Handle(domain.Member("ana"), "imm.arest")
	require.ErrorIs(t, err, engine.ErrUnknown)
}

// Everybody at once, from what is kept, is everybody one by one.
func TestWhatIsKeptOfEverybody(t *testing.T) {
	log, _ := logOf(t, 60, 1500, 8)
	clock := &clock{} // which stands still, so that now is the same each time
	clock.set("2026-01-15T12:00Z")
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Clock: clock.Now, Library: library()})
	require.NoError(t, err)
	count := func(q engine.PopulationQuery) []standing.Count {
		p, err := e.Population(t.Context(), q)
		require.NoError(t, err)
		counts, err := p.Counts(engine.ByCategory)
		require.NoError(t, err)
		return counts
	}
	now := e.Now()
	want := count(engine.PopulationQuery{When: engine.When{AsOf: now}})
	require.Equal(t, want, count(engine.PopulationQuery{}), "nothing is kept yet")
	done := 0
	require.NoError(t, e.Warm(t.Context(), func(n, _ int) { done = n }))
	require.Equal(t, done, len(e.Root().View().Subjects(domain.KindMember)))
	require.Equal(t, want, count(engine.PopulationQuery{}))
}

func BenchmarkGlance(b *testing.B) {
	o := found(b, domain.Live, nil)
	o.submit(b, arandia()...)
	h, err := o.Handle(domain.Member("ana"), "imm.arrest")
	require.NoError(b, err)
	now := timeline.Of(time.Now())
	b.Run("by handle, clock read", func(b *testing.B) {
		for b.Loop() {
			_, _ = o.GlanceAt(h, now)
		}
	})
	b.Run("by handle", func(b *testing.B) {
		for b.Loop() {
			_, _ = o.Glance(h)
		}
	})
	sales, err := o.Handle(domain.Member("ana"), "tax.sales")
	require.NoError(b, err)
	request := map[string]string{"amount": "30000"}
	b.Run("by handle, with a request", func(b *testing.B) {
		for b.Loop() {
			_, _ = o.GlanceWithAt(sales, request, now)
		}
	})
	b.Run("worked out, with a request", func(b *testing.B) {
		for b.Loop() {
			m := standing.At(o.Root(), o.Root().Position())
			_, _ = m.Verdict(domain.Member("ana"), "tax.sales", now, request)
		}
	})
	b.Run("by names", func(b *testing.B) {
		for b.Loop() {
			_, _ = o.GlanceOf(domain.Member("ana"), "imm.arrest")
		}
	})
}

// Glances with requests may come from anywhere at once, while events are recorded.
func TestGlancesWithRequestsAtOnce(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	h, err := o.Handle(domain.Member("ana"), "tax.sales")
	require.NoError(t, err)
	stop := make(chan struct{})
	wrong := make(chan error, 8)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(worker), 1))
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, err := o.GlanceWith(h, map[string]string{"amount": []string{"1", "4000", "90000"}[dice.IntN(3)], "in_person": "true"})
				if err != nil || v == nil || v.Outcome == "" {
					wrong <- fmt.Errorf("%v %w", v, err)
					return
				}
			}
		})
	}
	for i := range 40 {
		o.submit(t, drafts(domaintest.Event("member/ana", "2024-01-01", domain.CategoryChanged{Category: []domain.Category{"dip.agent", "dip.at"}[i%2]}))...)
	}
	close(stop)
	group.Wait()
	close(wrong)
	for err := range wrong {
		require.NoError(t, err)
	}
	asked, err := o.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "tax.sales", Request: map[string]string{"amount": "4000", "in_person": "true"}})
	require.NoError(t, err)
	v, err := o.GlanceWith(h, map[string]string{"amount": "4000", "in_person": "true"})
	require.NoError(t, err)
	require.Equal(t, asked.Outcome, v.Outcome)
}
