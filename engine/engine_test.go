package engine_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// common is the bundle of the common law, made once.
var common = sync.OnceValues(func() ([]byte, error) { return rules.Bundle(rulesets.Common()) })

// library is shared by the tests, so that the law is loaded once.
var library = sync.OnceValue(projections.NewLibrary)

// An office on a memory log, with a clock that the test holds.
type office struct {
	*engine.Engine
	log   *memlog.Log
	clock *clock
}

type clock struct{ now atomic.Pointer[time.Time] }

func (c *clock) set(text string) {
	t := domaintest.When(text).At
	c.now.Store(&t)
}

func (c *clock) Now() time.Time { return *c.now.Load() }

func found(t testing.TB, mode domain.Mode, wrap func(eventlog.Log) eventlog.Log) office {
	t.Helper()
	bundle, err := common()
	require.NoError(t, err)
	o := office{log: memlog.New(), clock: &clock{}}
	o.clock.set("2025-01-01T12:00Z")
	var log eventlog.Log = o.log
	if wrap != nil {
		log = wrap(log)
	}
	founding := engine.Founding{Office: "office", Zone: "America/New_York", Mode: mode, Bundles: [][]byte{bundle}}
	if mode == domain.History {
		founding.At = domaintest.When("2020-01-01T12:00Z").At
	}
	o.Engine, err = engine.Found(t.Context(), engine.Config{Log: log, Bodies: o.log, Clock: o.clock.Now, Library: library()}, founding)
	require.NoError(t, err)
	return o
}

// drafts returns events as somebody would propose them: without what the
// engine fills in.
func drafts(events ...domain.Envelope) []domain.Envelope {
	for i := range events {
		events[i].ID, events[i].Command, events[i].Recorded = domain.EventID{}, domain.CommandID{}, time.Time{}
	}
	return events
}

func arandia() []domain.Envelope {
	return drafts(
		domaintest.Registered("arandia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"),
	)
}

func (o office) submit(t testing.TB, events ...domain.Envelope) engine.Receipt {
	t.Helper()
	r, err := o.Submit(t.Context(), domain.Command{Actor: "test", Drafts: events})
	require.NoError(t, err)
	return r
}

func (o office) ask(t testing.TB, q engine.Question) domain.Decision {
	t.Helper()
	d, err := o.Ask(t.Context(), q)
	require.NoError(t, err)
	return d
}

func TestAnAgentIsInviolable(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	d := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
	assert.Equal(t, domain.Allowed, d.Outcome)
	assert.Contains(t, d.Cite, "VCDR 29")
	assert.True(t, d.Permits())
	assert.Equal(t, engine.Semantics, d.Semantics)
	assert.Equal(t, o.Position(), d.AsKnown)
	before := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: domaintest.When("2023-12-31").At})
	assert.Equal(t, domain.Denied, before.Outcome)
	assert.Equal(t, domaintest.When("2024-01-01").At, before.Holds.Until)
}

func TestARepeatedCommandHasOneEffect(t *testing.T) {
	o := found(t, domain.Live, nil)
	cmd := domain.Command{ID: domain.CommandID{15: 1}, Actor: "test", Drafts: arandia()}
	first, err := o.Submit(t.Context(), cmd)
	require.NoError(t, err)
	o.submit(t, drafts(domaintest.Registered("borvia", "2020-01-01"))...)
	o.clock.set("2025-06-01T12:00Z")
	head := o.Position()
	again, err := o.Submit(t.Context(), cmd)
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	assert.Equal(t, first.Events, again.Events)
	assert.Equal(t, first.Position, again.Position)
	assert.Equal(t, head, o.Position())

	other := cmd
	other.Drafts = arandia()[:2]
	_, err = o.Submit(t.Context(), other)
	require.ErrorIs(t, err, engine.ErrRepeated)
	other.Drafts = arandia()
	other.Drafts[0].Event = domain.StateRegistered{Name: "Another"}
	_, err = o.Submit(t.Context(), other)
	require.ErrorIs(t, err, engine.ErrRepeated)
	assert.Equal(t, head, o.Position())
}

func TestAnEventIDIsTakenOnce(t *testing.T) {
	o := found(t, domain.Live, nil)
	events := arandia()
	for i := range events {
		events[i].ID = domain.EventID{15: byte(i + 1)}
	}
	first := o.submit(t, events...)
	again := o.submit(t, events...) // another command, the same events
	assert.True(t, again.Repeated)
	assert.Equal(t, first.Position, again.Position)

	mixed := append(events[:1:1], drafts(domaintest.Registered("borvia", "2020-01-01"))...)
	_, err := o.Submit(t.Context(), domain.Command{Actor: "test", Drafts: mixed})
	require.ErrorIs(t, err, engine.ErrRepeated)
}

func TestRefusalsNameEveryMistakeAndRecordNothing(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	head := o.Position()
	_, err := o.Submit(t.Context(), domain.Command{Actor: "test", Drafts: drafts(
		domaintest.Accredited("bo", "arandia-embasy", "dip.att", "2024-01-01"),
		domaintest.StatusChanged("anna", "lpr", "2024-01-01"),
		domaintest.Joined("hal", "", "spouse", "2024-01-01"),
		domaintest.Event("member/ana", "2024-01-01", domain.PrivilegeRestricted{Privileges: []domain.Privilege{"dmv.license"}}, domaintest.Authority("")),
	)})
	refusals, ok := err.(domain.Refusals) //nolint:errorlint // the type itself is asserted
	require.True(t, ok, "%v", err)
	text := refusals.Error()
	for _, want := range []string{
		`unknown mission "arandia-embasy" (did you mean "arandia-embassy"?)`,
		`unknown category "dip.att" (did you mean "dip.at"?)`,
		`unknown member "anna" (did you mean "ana"?)`,
		"a family member always has a sponsor",
		"needs the law, note or order relied upon",
	} {
		assert.Contains(t, text, want)
	}
	assert.Equal(t, head, o.Position())
}

// The order inside one command is invisible, so it must not decide anything.
func TestContradictionsInOneCommand(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(
		domaintest.StatusChanged("ana", "lpr", "2025-01-01"), domaintest.StatusChanged("ana", "us_national", "2025-01-01"))})
	require.ErrorContains(t, err, "event 1 of the same command says something else of the status")
	_, err = o.Submit(t.Context(), domain.Command{Drafts: drafts(
		domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"),
		domaintest.Event("member/bo", "2024-01-01", domain.CategoryChanged{Category: "dip.agent"}))})
	require.ErrorContains(t, err, "capacity")
	o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2025-01-01"), domaintest.StatusChanged("ana", "lpr", "2025-01-01"),
		domaintest.StatusChanged("ana", "none", "2025-01-02"),
		domaintest.Event("member/ana", "2024-02-01", domain.MemberAccredited{Mission: "arandia-embassy", Category: "dip.at", Capacity: "second"}))...)
}

func TestCommandsOfOneSubmissionSeeEachOther(t *testing.T) {
	o := found(t, domain.History, nil)
	events := arandia()
	_, err := o.Submit(t.Context(),
		domain.Command{Actor: "test", Recorded: domaintest.When("2021-01-01").At, Drafts: events[:2]},
		domain.Command{Actor: "test", Recorded: domaintest.When("2024-02-01").At, Drafts: events[2:]})
	require.NoError(t, err)
	known := func(text string) domain.Outcome {
		k, err := o.ParseKnown(text)
		require.NoError(t, err)
		return o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AsOf: domaintest.When("2024-06-01").At, AsKnown: k}).Outcome
	}
	assert.Equal(t, domain.Denied, known("2024-01-31"))
	assert.Equal(t, domain.Allowed, known("2024-02-01"))
}

func TestAsKnown(t *testing.T) {
	o := found(t, domain.History, nil)
	o.submit(t, arandia()...)
	ask := func(text string) error {
		k, err := o.ParseKnown(text)
		require.NoError(t, err)
		_, err = o.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AsKnown: k})
		return err
	}
	assert.ErrorContains(t, ask("2019-12-31"), "the log begins at 2020-01-01 07:00 EST")
	assert.ErrorContains(t, ask("99"), "the log ends at 5")
	assert.ErrorContains(t, ask("@3"), "inside a command")
	assert.ErrorContains(t, ask("0"), "nothing was known")
	assert.ErrorContains(t, ask("2031-01-01"), "in the future")
	assert.NoError(t, ask("@5"))
	for _, text := range []string{"2019-12-31", "99", "@3", "0", "2031-01-01"} {
		assert.ErrorIs(t, ask(text), engine.ErrKnown)
	}
}

func TestTheClockOfALiveOffice(t *testing.T) {
	o := found(t, domain.Live, nil)
	first := o.submit(t, arandia()...)
	o.clock.set("2024-01-01T12:00Z") // it steps back a year
	second := o.submit(t, drafts(domaintest.Registered("borvia", "2020-01-01"))...)
	assert.Equal(t, first.Recorded.Add(time.Microsecond), second.Recorded)
	_, err := o.Submit(t.Context(), domain.Command{Recorded: first.Recorded, Drafts: drafts(domaintest.Registered("cordania", "2020-01-01"))})
	require.ErrorIs(t, err, engine.ErrMode)
}

func TestTheRecordedTimesOfAHistory(t *testing.T) {
	o := found(t, domain.History, nil)
	at := func(text, state string) error {
		_, err := o.Submit(t.Context(), domain.Command{Recorded: domaintest.When(text).At, Drafts: drafts(domaintest.Registered(domain.StateID(state), "2020-01-01"))})
		return err
	}
	require.NoError(t, at("2021-01-01", "arandia"))
	require.NoError(t, at("2021-01-01", "borvia")) // equal: a microsecond later
	require.ErrorIs(t, at("2020-12-31", "cordania"), engine.ErrMode)
	require.ErrorIs(t, at("2025-01-02", "cordania"), engine.ErrMode) // after the clock
}

func TestOpenGivesTheSameAnswers(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := found(t, domain.History, nil)
	o.submit(t, arandia()...)
	q := engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AsOf: domaintest.When("2025-02-03").At}
	want, err := codec.EncodeDecision(o.ask(t, q))
	require.NoError(t, err)
	for range 3 { // each reads the law anew
		again, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now})
		require.NoError(t, err)
		d, err := again.Ask(t.Context(), q)
		require.NoError(t, err)
		got, err := codec.EncodeDecision(d)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got))
	}
	_, err = engine.Open(t.Context(), engine.Config{Log: memlog.New(), Bodies: o.log})
	require.ErrorIs(t, err, engine.ErrNotFounded)
	_, err = engine.Found(t.Context(), engine.Config{Log: o.log, Bodies: o.log}, engine.Founding{})
	require.ErrorIs(t, err, engine.ErrFounded)
}

// Two engines on one log take turns: what one decided against an old state is
// decided again.
func TestTwoWritersTakeTurns(t *testing.T) {
	o := found(t, domain.Live, nil)
	other, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library()})
	require.NoError(t, err)
	o.submit(t, arandia()...)
	_, err = other.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.StatusChanged("ana", "lpr", "2025-01-01"))})
	require.NoError(t, err) // it knows nothing of ana until it catches up
	o.submit(t, drafts(domaintest.Registered("borvia", "2020-01-01"))...)
	assert.Equal(t, domain.Position(7), o.Position())
}

func TestAFailedAppendLeavesNoTrace(t *testing.T) {
	for _, written := range []bool{false, true} {
		t.Run(fmt.Sprint("written=", written), func(t *testing.T) {
			var faults *logtest.Faults
			o := found(t, domain.Live, func(l eventlog.Log) eventlog.Log {
				faults = logtest.NewFaults(l)
				return faults
			})
			faults.FailNext(written)
			o.submit(t, arandia()...) // found out by appending again
			assert.Equal(t, domain.Position(5), o.Position())
			assert.Equal(t, domain.Allowed, o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal"}).Outcome)
		})
	}
}

func TestManyWritersAndReaders(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	const writers, each = 8, 20
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		group.Go(func() {
			last := domain.Position(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				root := o.Root()
				require.GreaterOrEqual(t, root.Position(), last)
				last = root.Position()
				d, err := o.Ask(context.Background(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal"})
				assert.NoError(t, err)
				assert.NotEmpty(t, d.Outcome)
			}
		})
	}
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				id := domain.MemberID(fmt.Sprintf("m-%d-%d", w, i))
				r, err := o.Submit(context.Background(), domain.Command{Drafts: drafts(domaintest.Accredited(id, "arandia-embassy", "dip.at", "2024-01-01"), domaintest.Joined(id+"-spouse", id, "spouse", "2024-01-01"))})
				if !assert.NoError(t, err) {
					return
				}
				d, err := o.Ask(context.Background(), engine.Question{Subject: domain.Member(id + "-spouse"), Privilege: "imm.criminal", AtLeast: r.Position})
				assert.NoError(t, err)
				assert.Equal(t, domain.Allowed, d.Outcome) // what was acknowledged is visible
			}
		})
	}
	writing.Wait()
	close(done)
	group.Wait()
	assert.Equal(t, domain.Position(5+writers*each*2), o.Position())
}

func TestWaitingForAPosition(t *testing.T) {
	o := found(t, domain.Live, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := o.Ask(ctx, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AtLeast: 99})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the log is at 2, and the answer must have seen 99")
}

func TestFind(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	s, err := o.Find("ana", domain.KindMember, domain.KindMission)
	require.NoError(t, err)
	assert.Equal(t, domain.Member("ana"), s)
	s, err = o.Find("mission/arandia-embassy", domain.KindMember, domain.KindMission)
	require.NoError(t, err)
	assert.Equal(t, domain.Mission("arandia-embassy"), s)
	_, err = o.Find("anna", domain.KindMember)
	require.ErrorIs(t, err, engine.ErrUnknown)
	assert.ErrorContains(t, err, `did you mean "ana"?`)
	_, err = o.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arest"})
	require.ErrorIs(t, err, engine.ErrUnknown)
	assert.ErrorContains(t, err, `did you mean "imm.arrest"?`)
}

func TestFloorsOfMeasures(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	determine := func(m domain.MeasureDetermined) error { return determineAs(o, t, "m-1", m) }
	hard := determine(domain.MeasureDetermined{Privileges: []domain.Privilege{"imm.arrest"}, Level: "withdrawn", Observed: &domain.Observation{Level: "withdrawn"}})
	require.ErrorContains(t, hard, "imm.arrest")
	assert.ErrorContains(t, hard, "VCDR 29")
	bare := determine(domain.MeasureDetermined{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn"})
	require.ErrorContains(t, bare, "recorded restrictive practice")
	kind := determine(domain.MeasureDetermined{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Observed: &domain.Observation{Level: "more_favorable"}})
	require.ErrorContains(t, kind, "recorded restrictive practice")
	require.NoError(t, determine(domain.MeasureDetermined{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Observed: &domain.Observation{Level: "withdrawn"}}))
	d := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "tax.sales", AsOf: domaintest.When("2025-02-01").At})
	assert.Equal(t, domain.Denied, d.Outcome)

	// A practice that is observed in the same command, or before it in the same
	// submission, is on record for what follows.
	_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(
		domaintest.Event("state/arandia", "2025-01-01", domain.PracticeObserved{Privileges: []domain.Privilege{"tax.meals"}, Level: "withdrawn"}),
		domaintest.Event("measure/m-3", "2025-02-01", domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"tax.meals"}, Level: "withdrawn"}, domaintest.Authority("determination 3")))})
	require.NoError(t, err)

	// A general restriction of movement needs a practice or a finding, whatever
	// the narrow hard floor on the way to the United Nations.
	move := domain.MeasureDetermined{Privileges: []domain.Privilege{"travel.move"}, Level: "approval", Params: domain.Params{"radius": domain.Text("25")}}
	require.ErrorContains(t, determineAs(o, t, "m-2", move), "recorded restrictive practice")
	move.Ground = "finding under FMA 4304(b)"
	require.NoError(t, determineAs(o, t, "m-2", move))

	person := func(p domain.Privilege) error {
		_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("member/ana", "2025-01-01", domain.PrivilegeRestricted{Privileges: []domain.Privilege{p}}, domaintest.Authority("order 2")))})
		return err
	}
	require.ErrorContains(t, person("imm.criminal"), "the restriction of ana would lower imm.criminal")
	require.NoError(t, person("dmv.license"))
}

func determineAs(o office, t *testing.T, id string, m domain.MeasureDetermined) error {
	m.State = "arandia"
	_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("measure/"+id, "2025-01-01", m, domaintest.Authority("determination 2")))})
	return err
}
