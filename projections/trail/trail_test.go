package trail_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/trail"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var newYork = must(calendar.LoadZone("America/New_York"))

func day(n int) time.Time { return time.Date(2025, 1, 1+n, 12, 0, 0, 0, time.UTC) }

// A scribe writes the log of an office.
type scribe struct {
	store *facts.Store
	log   []domain.Envelope
}

func (s *scribe) write(t require.TestingT, e domain.Envelope) domain.Envelope {
	n := len(s.log)
	e.ID = domain.EventID{byte(n), 1}
	if e.Command.IsZero() {
		e.Command = domain.CommandID{byte(n), 2}
	}
	if e.Recorded.IsZero() {
		e.Recorded = day(10).Add(time.Duration(n) * time.Minute)
	}
	require.NoError(t, s.store.Apply(domain.Position(n), e), "%+v", e)
	s.log = append(s.log, e)
	return e
}

func about(subject string, effective int, e domain.Event) domain.Envelope {
	return domain.Envelope{Subject: must(domain.ParseSubject(subject)), Effective: calendar.When{At: day(effective)}, Actor: "desk", Event: e}
}

// furnished is an office with two States, a mission of each, and what belongs to them.
func furnished(t require.TestingT) *scribe {
	s := &scribe{store: facts.NewStore()}
	s.write(t, about("office/ofm", 0, domain.OfficeFounded{Name: "ofm", Zone: "America/New_York", Mode: domain.Live}))
	for _, state := range []domain.StateID{"arandia", "borvia"} {
		s.write(t, about("state/"+string(state), 0, domain.StateRegistered{Name: string(state)}))
		s.write(t, about("mission/"+string(state)+"-embassy", 0, domain.MissionOpened{State: state, Kind: "embassy"}))
	}
	s.write(t, about("member/ana", 0, domain.MemberAccredited{Mission: "arandia-embassy", Category: "dip.agent", Nationalities: []domain.StateID{"borvia"}}))
	s.write(t, about("member/hal", 0, domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"}))
	s.write(t, about("vehicle/car", 0, domain.VehicleRecorded{Kind: "car", Owner: "hal"}))
	return s
}

func read(view facts.View, f trail.Filter) (out []domain.Position) {
	for e := range trail.Read(view, f) {
		out = append(out, e.Position)
	}
	return out
}

func TestWhatIsAState(t *testing.T) {
	s := furnished(t)
	s.write(t, about("measure/m-1", 1, domain.MeasureDetermined{State: "borvia", Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn",
		Scope: domain.Scope{Missions: []domain.MissionID{"arandia-embassy"}}}))
	s.write(t, about("agreement/a-1", 1, domain.AgreementConcluded{States: []domain.StateID{"arandia", "borvia"}, As: "dip.agent"}))
	view := s.store.At(domain.Position(len(s.log)))
	assert.Equal(t, []domain.Position{1, 2, 5, 6, 7, 9}, read(view, trail.Filter{State: "arandia"}), "with the family, and the car of the family")
	assert.Equal(t, []domain.Position{3, 4, 8, 9}, read(view, trail.Filter{State: "borvia"}), "without the dual national, and with the measure")
	assert.Empty(t, read(view, trail.Filter{State: "cordania"}))
	s.write(t, about("member/ana", 2, domain.MemberReassigned{Mission: "borvia-embassy", Category: "dip.agent"}))
	assert.Equal(t, []domain.Position{3, 4, 5, 6, 7, 8, 9, 10}, read(s.store.At(11), trail.Filter{State: "borvia"}), "with all of whoever was there at any time")
}

func TestLineageAndReplacements(t *testing.T) {
	s := furnished(t)
	status := s.write(t, about("member/ana", 1, domain.StatusChanged{Status: "lpr"})) // 8
	fix := about("member/ana", 2, domain.EventCorrected{Reason: "a slip", Body: domain.StatusChanged{Status: "none"}})
	fix.Target = status.ID
	fixed := s.write(t, fix) // 9
	again := about("member/ana", 3, domain.EventCorrected{Reason: "another", Body: domain.StatusChanged{Status: "national"}})
	again.Target = fixed.ID
	s.write(t, again) // 10
	never := about("member/hal", 3, domain.EventRetracted{Reason: "another person"})
	never.Target = s.log[6].ID
	s.write(t, never) // 11
	at := func(k, pos domain.Position) trail.Entry {
		for e := range trail.Read(s.store.At(k), trail.Filter{}) {
			if e.Position == pos {
				return e
			}
		}
		t.Fatalf("position %d is not in the trail as known at %d", pos, k)
		return trail.Entry{}
	}
	e := at(12, 8)
	assert.False(t, e.Live)
	assert.Equal(t, []domain.Position{8, 9, 10}, e.Lineage)
	assert.Equal(t, []domain.Position{9}, e.By, "what names it, and not what names that")
	replacement, replaced := e.Replacement()
	assert.True(t, replaced)
	assert.Equal(t, domain.Position(10), replacement)
	e = at(12, 10)
	assert.True(t, e.Acts && e.Live)
	assert.Equal(t, domain.Position(9), e.ActsOn)
	assert.Equal(t, domain.Position(8), e.Root())
	assert.Equal(t, []domain.Position{10}, e.Standing)
	e = at(12, 6)
	assert.False(t, e.Live)
	assert.Empty(t, e.Standing, "it never was")
	_, replaced = e.Replacement()
	assert.False(t, replaced)
	e = at(9, 8)
	assert.True(t, e.Live && !e.Acts)
	assert.Empty(t, e.By, "a correction is not seen before its position")
}

func TestLateByTheCalendarOfTheOffice(t *testing.T) {
	s := furnished(t)
	late := func(effective calendar.When, recorded time.Time) int {
		e := about("member/ana", 0, domain.StudentChanged{})
		e.Effective, e.Recorded = effective, recorded
		s.write(t, e)
		k := domain.Position(len(s.log))
		for e := range trail.Read(s.store.At(k), trail.Filter{}) {
			if e.Position == k-1 {
				return e.LateDays
			}
		}
		t.Fatal("it is not there")
		return 0
	}
	on := func(text string) calendar.When { return must(calendar.ParseWhen(text, newYork)) }
	assert.Equal(t, 0, late(on("2025-02-01"), time.Date(2025, 2, 2, 4, 59, 0, 0, time.UTC)), "still that day in the office")
	assert.Equal(t, 1, late(on("2025-02-01"), time.Date(2025, 2, 2, 5, 0, 0, 0, time.UTC)))
	assert.Equal(t, 2, late(on("2025-03-08"), time.Date(2025, 3, 10, 4, 0, 0, 0, time.UTC)), "over the night on which clocks are put forward")
	assert.Equal(t, -28, late(on("2025-04-10"), time.Date(2025, 3, 13, 12, 0, 0, 0, time.UTC)))
	k := domain.Position(len(s.log))
	assert.Equal(t, []domain.Position{10}, read(s.store.At(k), trail.Filter{LateOnly: true, Late: 1, Subjects: []domain.Subject{domain.Member("ana")}, Recorded: trail.Stretch{From: day(20)}}))
	assert.Equal(t, []domain.Position{9, 10}, read(s.store.At(k), trail.Filter{LateOnly: true, Subjects: []domain.Subject{domain.Member("ana")}, Recorded: trail.Stretch{From: day(20)}}))
}

func TestDisplacedPrivileges(t *testing.T) {
	s := furnished(t)
	determined := func(id string, p domain.Privilege, replaces ...domain.MeasureID) {
		s.write(t, about("measure/"+id, 1, domain.MeasureDetermined{State: "borvia", Privileges: []domain.Privilege{p}, Level: "withdrawn", Replaces: replaces}))
	}
	determined("m-1", "tax.fuel")           // 8
	determined("m-2", "tax.sales", "m-1")   // 9
	determined("m-3", "travel.move", "m-2") // 10
	lifted := about("measure/m-2", 2, domain.MeasureLifted{})
	s.write(t, lifted) // 11
	never := about("measure/m-2", 3, domain.EventRetracted{Reason: "never was"})
	never.Target = s.log[9].ID
	s.write(t, never) // 12
	view := s.store.At(domain.Position(len(s.log)))
	assert.Equal(t, []domain.Position{8, 9, 12}, read(view, trail.Filter{Privilege: "tax.fuel"}), "with what displaces it, and acts on that")
	assert.Equal(t, []domain.Position{9, 10, 11, 12}, read(view, trail.Filter{Privilege: "tax.sales"}))
	assert.Equal(t, []domain.Position{10}, read(view, trail.Filter{Privilege: "travel.move"}))
}

// generate draws what the desks recorded about ana and a measure, with revisions
// of the last few records.
func generate(t *rapid.T) *scribe {
	s := furnished(t)
	number := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	command := domain.CommandID{200}
	for range 1 + number(14, "events") {
		var e domain.Envelope
		privileges := [][]domain.Privilege{{"tax.sales"}, {"travel.move"}, {"tax.sales", "travel.move"}}[number(3, "privileges")]
		effective := number(12, "day")
		target := s.log[max(5, len(s.log)-1-number(4, "back"))]
		_, retraction := target.Event.(domain.EventRetracted)
		switch kind := number(10, "event"); {
		case kind < 2:
			e = about("member/ana", effective, domain.StatusChanged{Status: "lpr"})
		case kind < 4:
			e = about("member/ana", effective, domain.PrivilegeRestricted{Privileges: privileges, Level: "withdrawn"})
		case kind < 5:
			determined := domain.MeasureDetermined{State: "borvia", Privileges: privileges, Level: "approval"}
			this, that := "m-1", domain.MeasureID("m-2")
			if number(2, "measure") == 0 {
				this, that = "m-2", "m-1"
			}
			if number(2, "replaces") == 0 {
				determined.Replaces = []domain.MeasureID{that}
			}
			e = about("measure/"+this, effective, determined)
		case kind < 6:
			e = about("measure/m-1", effective, domain.MeasureLifted{})
		case kind < 8 || retraction:
			e = about(target.Subject.String(), effective, domain.EventRetracted{Reason: "never was"})
			e.Target = target.ID
		default:
			e = about(target.Subject.String(), effective, domain.EventCorrected{Reason: "otherwise", Body: said(target.Event)})
			e.Target = target.ID
		}
		if restriction, found := lastOf(s.log, e.Subject, "privilege.restricted"); found && number(6, "lift") == 0 {
			e = about("member/ana", effective, domain.RestrictionLifted{})
			e.Target = restriction
		}
		e.Actor = []string{"desk/1", "desk/2"}[number(2, "actor")]
		e.Authority = []string{"", "note 1", "Determination 2"}[number(3, "authority")]
		e.Correlation = []string{"", "affair"}[number(2, "correlation")]
		if number(3, "together") > 0 {
			command[1]++
		}
		e.Command = command
		s.write(t, e)
	}
	return s
}

func said(e domain.Event) domain.Event {
	if c, corrects := e.(domain.EventCorrected); corrects {
		return c.Body
	}
	return e
}

func lastOf(log []domain.Envelope, of domain.Subject, typ domain.Type) (domain.EventID, bool) {
	for _, e := range slices.Backward(log) {
		if e.Subject == of && e.Type() == typ {
			return e.ID, true
		}
	}
	return domain.EventID{}, false
}

// TestTrailAgreesWithNaive holds each entry, and each filter alone and with
// another, to a plain reading of the list of events.
func TestTrailAgreesWithNaive(t *testing.T) {
	domaintest.Check(t, 5, func(t *rapid.T) {
		s := generate(t)
		k := rapid.IntRange(len(s.log)/2, len(s.log)).Draw(t, "known")
		n := naive(s.log[:k])
		view := s.store.At(domain.Position(k))
		got := slices.Collect(trail.Read(view, trail.Filter{}))
		require.Equal(t, n.entries(), got)
		filters := n.filters()
		one := filters[rapid.IntRange(0, len(filters)-1).Draw(t, "one")]
		two := filters[rapid.IntRange(0, len(filters)-1).Draw(t, "two")]
		f := trail.Filter{}
		one.set(&f)
		two.set(&f)
		if one.name == two.name { // the second is set over the first
			one = two
		}
		var want []domain.Position
		for i, e := range n {
			if one.fits(i, e) && two.fits(i, e) {
				want = append(want, domain.Position(i))
			}
		}
		require.Equal(t, want, read(view, f), "%s and %s", one.name, two.name)
		// Whoever has seen enough stops it.
		for range trail.Read(view, f) {
			break
		}
	})
}

// naive reads a plain list for every question.
type naive []domain.Envelope

func revises(e domain.Envelope) bool {
	return e.Type() == "event.retracted" || e.Type() == "event.corrected"
}

func (n naive) live(i int) bool {
	for j, e := range n {
		if revises(e) && e.Target == n[i].ID && n.stands(j) {
			return false
		}
	}
	return true
}

func (n naive) stands(i int) bool {
	for j, e := range n {
		if e.Type() == "event.corrected" && n[i].Type() == "event.corrected" && e.Target == n[i].ID && n.stands(j) {
			return true
		}
	}
	return n.live(i)
}

func (n naive) at(id domain.EventID) int {
	return slices.IndexFunc(n, func(e domain.Envelope) bool { return e.ID == id })
}

// root follows what revises back to what was recorded first.
func (n naive) root(i int) int {
	if revises(n[i]) {
		return n.root(n.at(n[i].Target))
	}
	return i
}

func (n naive) entries() (out []trail.Entry) {
	for i, e := range n {
		one := trail.Entry{Position: domain.Position(i), Envelope: e, Live: n.live(i), Standing: []domain.Position{}}
		if at := n.at(e.Target); at >= 0 {
			one.ActsOn, one.Acts = domain.Position(at), true
		}
		for j, other := range n {
			if other.Target == e.ID {
				one.By = append(one.By, domain.Position(j))
			}
			if n.root(j) == n.root(i) {
				one.Lineage = append(one.Lineage, domain.Position(j))
				if n.live(j) && other.Type() != "event.retracted" {
					one.Standing = append(one.Standing, domain.Position(j))
				}
			}
		}
		one.LateDays = days(e.Recorded) - days(e.Effective.At)
		out = append(out, one)
	}
	return out
}

// everNamed reports whether what was recorded about a subject names a privilege.
func (n naive) everNamed(of domain.Subject, p string) bool {
	return slices.ContainsFunc(n, func(e domain.Envelope) bool {
		return e.Subject == of && strings.Contains(fmt.Sprintf("%+v", said(e.Event)), p)
	})
}

// displaces reports whether a measure takes the place of one that names a privilege.
func (n naive) displaces(e domain.Envelope, p string) bool {
	m, _ := said(e.Event).(domain.MeasureDetermined)
	return slices.ContainsFunc(m.Replaces, func(id domain.MeasureID) bool { return n.everNamed(domain.Of(domain.KindMeasure, id), p) })
}

// days counts days in the office's zone.
func days(t time.Time) int {
	local := t.In(newYork.Location())
	return int(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// A naiveFilter sets a part of a filter and says what fits it.
type naiveFilter struct {
	name string
	set  func(*trail.Filter)
	fits func(int, domain.Envelope) bool
}

func (n naive) filters() []naiveFilter {
	names := func(e domain.Envelope) bool {
		for {
			if strings.Contains(fmt.Sprintf("%+v", said(e.Event)), "tax.sales") || n.displaces(e, "tax.sales") {
				return true
			}
			if e.Target.IsZero() {
				break
			}
			e = n[n.at(e.Target)]
		}
		return false
	}
	return []naiveFilter{
		{"no filter", func(*trail.Filter) {}, func(int, domain.Envelope) bool { return true }},
		{"subject", func(f *trail.Filter) { f.Subjects = []domain.Subject{domain.Member("ana"), domain.Member("hal")} },
			func(_ int, e domain.Envelope) bool { return e.Subject.Kind == domain.KindMember }},
		{"state", func(f *trail.Filter) { f.State = "arandia" }, func(_ int, e domain.Envelope) bool {
			return slices.Contains([]string{"arandia", "arandia-embassy", "ana", "hal", "car"}, e.Subject.ID)
		}},
		{"actor", func(f *trail.Filter) { f.Actor = "desk/2" }, func(_ int, e domain.Envelope) bool { return e.Actor == "desk/2" }},
		{"authority", func(f *trail.Filter) { f.Authority = "DETERM" }, func(_ int, e domain.Envelope) bool { return e.Authority == "Determination 2" }},
		{"types", func(f *trail.Filter) { f.Types = []string{"measure", "card"} }, func(i int, _ domain.Envelope) bool {
			return n[n.root(i)].Subject.Kind == domain.KindMeasure
		}},
		{"types", func(f *trail.Filter) { f.Types = []string{"member.status_changed"} }, func(i int, _ domain.Envelope) bool {
			return n[n.root(i)].Type() == "member.status_changed"
		}},
		{"privilege", func(f *trail.Filter) { f.Privilege = "tax.sales" }, func(_ int, e domain.Envelope) bool {
			if first := e; !first.Target.IsZero() {
				for ; !first.Target.IsZero(); first = n[n.at(first.Target)] {
				}
				if first.Type() == "measure.lifted" {
					e = first
				}
			}
			if e.Type() == "measure.lifted" {
				return n.everNamed(e.Subject, "tax.sales")
			}
			return names(e)
		}},
		{"command", func(f *trail.Filter) { f.Command = n[len(n)-1].Command }, func(_ int, e domain.Envelope) bool { return e.Command == n[len(n)-1].Command }},
		{"correlation", func(f *trail.Filter) { f.Correlation = "affair" }, func(_ int, e domain.Envelope) bool { return e.Correlation == "affair" }},
		{"recorded", func(f *trail.Filter) { f.Recorded = trail.Stretch{From: n[3].Recorded, To: n[len(n)-1].Recorded} },
			func(i int, _ domain.Envelope) bool { return i >= 3 && i < len(n)-1 }},
		{"effective", func(f *trail.Filter) { f.Effective = trail.Stretch{From: day(2), To: day(5)} },
			func(_ int, e domain.Envelope) bool {
				return !e.Effective.At.Before(day(2)) && e.Effective.At.Before(day(5))
			}},
		{"revisions", func(f *trail.Filter) { f.Revisions = true }, func(_ int, e domain.Envelope) bool { return revises(e) }},
		{"late", func(f *trail.Filter) { f.LateOnly, f.Late = true, 4 }, func(_ int, e domain.Envelope) bool { return days(e.Recorded)-days(e.Effective.At) > 4 }},
	}
}

// BenchmarkRead reads a whole office: many subjects with a few events each, and
// then one with all of them.
func BenchmarkRead(b *testing.B) {
	for _, each := range []int{10, 4000} {
		b.Run(fmt.Sprintf("of4000/each%d", each), func(b *testing.B) {
			store := facts.NewStore()
			for n := range 4000 {
				e := about(fmt.Sprintf("member/m%d", n/each), n%300, domain.StudentChanged{Student: n%2 == 0})
				e.ID, e.Command = domain.EventID{byte(n), byte(n >> 8), 1}, domain.CommandID{byte(n), byte(n >> 8), 2}
				e.Recorded = day(300).Add(time.Duration(n) * time.Minute)
				require.NoError(b, store.Apply(domain.Position(n), e))
			}
			view := store.At(4000)
			b.ReportAllocs()
			for b.Loop() {
				for range trail.Read(view, trail.Filter{}) {
				}
			}
		})
	}
}
