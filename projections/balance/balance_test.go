package balance_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

var (
	states     = []domain.StateID{"arandia", "borvia"}
	privileges = []domain.Privilege{"tax.fuel", "tax.sales", "travel.move"}
	levels     = []domain.Level{"full", "minimum_purchase", "minimum_purchase", "approval", "withdrawn", "more_favorable", "unknown"}
)

// days is how many instants a generated office knows; few, so that many are the same.
const days = 6

// day is an instant of a generated office.
func day(n int) timeline.Instant {
	return timeline.Of(time.Date(2025, 1, 1+n, 0, 0, 0, 0, time.UTC))
}

func onDay(n int) calendar.When { return calendar.When{At: day(n).Time()} }

// statute is a law with every sort of floor, and one rule of Borvia's own.
type statute struct{}

func (statute) Needs(p domain.Privilege, _ timeline.Instant) (practice, finding bool, err error) {
	return p != "tax.fuel", p == "travel.move", nil
}

// Restricts knows some levels that restrict nobody.
func (statute) Restricts(level domain.Level, _ timeline.Instant) (bool, error) {
	return !slices.Contains([]domain.Level{"", "more_favorable", "full", "unknown", "granted"}, level), nil
}

// Meant reads an amount as a number, however it is written, and knows what is meant
// without a comparison: at least, and since day 3 over.
func (statute) Meant(params domain.Params, at timeline.Instant) (domain.Params, error) {
	out := domain.Params{"compare": domain.Text("at_least")}
	if at >= day(3) {
		out["compare"] = domain.Text("over")
	}
	for name, v := range params {
		if name == "amount" {
			v = domain.Text(strings.TrimSuffix(v.String(), ".0"))
		}
		out[name] = v
	}
	return out, nil
}

func (statute) Rules(state domain.StateID, p domain.Privilege, at timeline.Instant) ([]balance.Rule, error) {
	if state == "borvia" && p == "tax.sales" && day(2) <= at && at < day(4) {
		return []balance.Rule{{ID: "BO-1", Edition: "2025-01"}}, nil
	}
	return nil, nil
}

func (statute) Answered(state domain.StateID) ([]domain.Privilege, []timeline.Instant, error) {
	if state == "borvia" {
		return []domain.Privilege{"tax.sales"}, []timeline.Instant{day(2), day(4)}, nil
	}
	return nil, nil, nil
}

// A scribe writes the log of a generated office.
type scribe struct {
	store *facts.Store
	log   []domain.Envelope
}

func (s *scribe) write(t require.TestingT, subject string, effective int, target domain.EventID, e domain.Event) {
	n := len(s.log)
	of, err := domain.ParseSubject(subject)
	require.NoError(t, err)
	one := domain.Envelope{
		ID: domain.EventID{byte(n), 1}, Subject: of, Effective: onDay(effective), Recorded: day(100).Time().Add(time.Duration(n) * time.Minute),
		Command: domain.CommandID{byte(n), 2}, Actor: "desk", Authority: "note " + strconv.Itoa(n), Target: target, Event: e,
	}
	require.NoError(t, s.store.Apply(domain.Position(n), one), "%+v", one)
	s.log = append(s.log, one)
}

func some[T any](t *rapid.T, from []T, label string) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(t, label)]
}

func scopes(t *rapid.T) (s domain.Scope) {
	yes, no := true, false
	switch rapid.IntRange(0, 13).Draw(t, "scope") {
	case 0, 1:
		s.Categories = []domain.Category{"dip.agent"}
	case 2:
		s.Categories = []domain.Category{"dip.agent", "dip.at"}
	case 3:
		s.Categories, s.Family = []domain.Category{"dip.agent"}, &yes
	case 4:
		s.Family = &no
	case 5:
		s.Family, s.Visitors = &yes, &yes
	case 6, 7, 8:
		s.Members = []domain.MemberID{"ana"}
	case 9:
		s.Missions, s.Visitors = []domain.MissionID{"embassy"}, &yes
	default: // everybody whom a measure reaches that says nothing
	}
	return s
}

func params(t *rapid.T) domain.Params {
	var out domain.Params
	if n := rapid.IntRange(0, 2).Draw(t, "amount"); n > 0 {
		out = domain.Params{"amount": domain.Int(int64(n))}
		if rapid.IntRange(0, 2).Draw(t, "written") == 0 {
			out["amount"] = domain.Text(fmt.Sprintf("%d.0", n))
		}
		if how := some(t, []string{"", "", "at_least", "over"}, "compare"); how != "" {
			out["compare"] = domain.Text(how)
		}
	}
	return out
}

// drawn is an event of one of the subjects, with its subject.
func drawn(t *rapid.T) (string, domain.Event) {
	named := func() []domain.Privilege {
		out := []domain.Privilege{some(t, privileges, "privilege")}
		if other := some(t, privileges, "privilege"); other != out[0] {
			out = append(out, other)
		}
		return out
	}
	state := some(t, states, "state")
	measures := []domain.MeasureID{"m1", "m2", "m3"}
	id := some(t, measures, "measure")
	until := func() calendar.When {
		if rapid.IntRange(0, 3).Draw(t, "bounded") == 0 {
			return onDay(rapid.IntRange(0, days).Draw(t, "until"))
		}
		return calendar.When{}
	}
	switch rapid.IntRange(0, 11).Draw(t, "event") {
	case 0, 1, 2, 3:
		return "state/" + string(state), domain.PracticeObserved{Privileges: named(), Level: some(t, levels, "level"), Params: params(t), Source: "post"}
	case 4, 5, 6, 7:
		m := domain.MeasureDetermined{State: state, Privileges: named(), Level: some(t, levels, "level"), Params: params(t), Scope: scopes(t), Until: until()}
		if rapid.Bool().Draw(t, "observed") {
			m.Observed = &domain.Observation{Level: some(t, levels, "level"), Params: params(t), Source: "post"}
		}
		if rapid.IntRange(0, 3).Draw(t, "ground") == 0 {
			m.Ground = "Finding under FMA 4304(b)"
		}
		if rapid.Bool().Draw(t, "replaces") {
			m.Replaces = []domain.MeasureID{some(t, measures, "replaced")}
		}
		return "measure/" + string(id), m
	case 8, 9:
		lifted := domain.MeasureLifted{}
		if rapid.Bool().Draw(t, "part") {
			lifted.Scope = scopes(t)
		}
		return "measure/" + string(id), lifted
	case 10:
		a := domain.AgreementConcluded{States: []domain.StateID{state}, Families: true, Until: until()}
		if rapid.Bool().Draw(t, "as") {
			a.As = "dip.agent"
		} else {
			a.Raises = map[domain.Privilege]domain.Outcome{some(t, privileges, "privilege"): domain.Allowed}
		}
		return "agreement/a1", a
	default:
		return "agreement/a1", domain.AgreementTerminated{}
	}
}

// generate draws an office: equal dates, events that take effect later than
// others known before them, and revisions of the last few records.
func generate(t *rapid.T) *scribe {
	s := &scribe{store: facts.NewStore()}
	for _, state := range states {
		s.write(t, "state/"+string(state), 0, domain.EventID{}, domain.StateRegistered{Name: string(state)})
	}
	for range rapid.IntRange(2, 14).Draw(t, "events") {
		effective := rapid.IntRange(0, days-1).Draw(t, "day")
		back := rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3, 5}).Draw(t, "back")
		target := s.log[max(len(states)-1, len(s.log)-back)]
		_, registered := target.Event.(domain.StateRegistered)
		kind := rapid.IntRange(0, 9).Draw(t, "act")
		_, retraction := target.Event.(domain.EventRetracted)
		switch {
		case registered || kind < 7:
			subject, e := drawn(t)
			s.write(t, subject, effective, domain.EventID{}, e)
		case kind < 8 || retraction:
			s.write(t, target.Subject.String(), effective, target.ID, domain.EventRetracted{Reason: "never was"})
		default:
			root := target.Event
			if c, corrects := root.(domain.EventCorrected); corrects {
				root = c.Body
			}
			for { // another event of the same type
				if _, e := drawn(t); e.Type() == root.Type() {
					s.write(t, target.Subject.String(), effective, target.ID, domain.EventCorrected{Reason: "otherwise", Body: e})
					break
				}
			}
		}
	}
	return s
}

// TestLedgerAgreesWithNaive compares every cell of generated offices, as known at
// every position, with what the naive ledger says of every instant in it.
func TestLedgerAgreesWithNaive(t *testing.T) {
	seen := map[string]int{}
	domaintest.Check(t, 5, func(t *rapid.T) {
		s := generate(t)
		k := domain.Position(rapid.IntRange(2, len(s.log)).Draw(t, "known"))
		if rapid.Bool().Draw(t, "head") {
			k = domain.Position(len(s.log))
		}
		ledger := balance.New(s.store.At(k), statute{})
		n := naive{log: s.log[:k]}
		for at := -1; at <= days; at++ {
			cells, err := ledger.At(balance.Selection{}, day(at))
			require.NoError(t, err)
			var want []balance.Cell
			for _, state := range states {
				for _, p := range privileges {
					if c := n.cell(state, p, at); !c.Empty() && n.kept(state, p) {
						want = append(want, c)
					}
				}
			}
			for i := range cells {
				c := &cells[i]
				require.True(t, c.From <= day(at) && day(at) < c.To)
				note(seen, *c)
				c.From, c.To = 0, 0
			}
			if !reflect.DeepEqual(want, cells) {
				for i, e := range s.log[:k] {
					t.Logf("%d %s %s -> %v %+v", i, e.Effective.At.Format("01-02"), e.Subject, e.Target, e.Event)
				}
				require.Equal(t, want, cells, "on day %d", at)
			}
		}
	})
	if testing.Short() {
		return // too few were generated to show everything
	}
	for _, word := range []string{
		"stands", "ended", "changed", "unobserved", "none", "finding", "unneeded",
		"expired", "lifted", "displaced", "terminated", "lifted part", "displaced part", "unanswered", "rule", "agreement",
		"in other words", "lost in another way before", "unanswered by one against persons",
	} {
		assert.Positive(t, seen[word], "no generated office shows %s", word)
	}
}

func note(seen map[string]int, c balance.Cell) {
	for _, m := range c.Measures {
		seen[string(m.Basis.Ground)]++
		seen[string(m.Stop.How)]++
		if m.Basis.Ground == balance.Stands && c.Practice != nil && !reflect.DeepEqual(m.Basis.Practice.Params, c.Practice.Params) {
			seen["in other words"]++
		}
		if m.Basis.By != m.Basis.LostBy {
			seen["lost in another way before"]++
		}
		if m.Individual && c.Unanswered {
			seen["unanswered by one against persons"]++
		}
		for _, p := range m.Parts {
			seen[string(p.How)+" part"]++
		}
	}
	seen["rule"] += len(c.Rules)
	for _, a := range c.Agreements {
		seen["agreement"]++
		seen[string(a.Stop.How)]++
	}
	if c.Unanswered {
		seen["unanswered"]++
	}
}

// TestOverIsTheMinimalPartition wants cells that follow one another without gaps,
// differ from their neighbours, and say throughout what At says.
func TestOverIsTheMinimalPartition(t *testing.T) {
	domaintest.Check(t, 2, func(t *rapid.T) {
		s := generate(t)
		ledger := balance.New(s.store.At(domain.Position(len(s.log))), statute{})
		from := rapid.IntRange(-1, days-1).Draw(t, "from")
		to := rapid.IntRange(from+1, days).Draw(t, "to")
		selection := balance.Selection{State: some(t, states, "state"), Privilege: some(t, privileges, "privilege")}
		cells, err := ledger.Over(selection, day(from), day(to))
		require.NoError(t, err)
		for i, c := range cells {
			require.Less(t, c.From, c.To)
			if i == 0 {
				require.Equal(t, day(from), c.From)
			} else {
				require.Equal(t, cells[i-1].To, c.From)
				before, after := cells[i-1], c
				before.From, before.To, after.From, after.To = 0, 0, 0, 0
				require.NotEqual(t, before, after)
			}
		}
		if n := len(cells); n > 0 {
			require.Equal(t, day(to), cells[n-1].To)
		}
		for at := from; at < to; at++ {
			want, err := ledger.At(selection, day(at))
			require.NoError(t, err)
			var got []balance.Cell
			for _, c := range cells {
				if c.From <= day(at) && day(at) < c.To && !c.Empty() {
					got = append(got, c)
				}
			}
			require.Len(t, got, len(want), "on day %d", at)
			for i := range want {
				require.LessOrEqual(t, want[i].From, got[i].From)
				require.GreaterOrEqual(t, want[i].To, got[i].To)
				want[i].From, want[i].To = got[i].From, got[i].To
			}
			require.Equal(t, want, got, "on day %d", at)
		}
	})
}

// TestNobodyIsLeftOut wants every measure that is in force for somebody in the
// ledger, with that person in none of its parts.
func TestNobodyIsLeftOut(t *testing.T) {
	domaintest.Check(t, 2, func(t *rapid.T) {
		s := generate(t)
		view := s.store.At(domain.Position(len(s.log)))
		ledger := balance.New(view, statute{})
		at := day(rapid.IntRange(0, days).Draw(t, "at"))
		for _, state := range states {
			for _, span := range view.Measures(state) {
				for _, r := range reaches() {
					if !span.LiveFor(r, at) {
						continue
					}
					for _, p := range span.Privileges() {
						cells, err := ledger.At(balance.Selection{State: state, Privilege: p}, at)
						require.NoError(t, err)
						require.Len(t, cells, 1)
						i := slices.IndexFunc(cells[0].Measures, func(m balance.Measure) bool { return m.Pos == span.Pos })
						require.GreaterOrEqual(t, i, 0, "%s reaches %+v and is not in the ledger", span.ID, r)
						for _, part := range cells[0].Measures[i].Parts {
							require.False(t, part.How == balance.Lifted && part.Scope.Covers(r), "%s reaches %+v, which %+v says it does not", span.ID, r, part)
						}
					}
				}
			}
		}
	})
}

// What was asked for is what the ledger says after the events, whatever is
// recorded later.
func TestLaterRecordsAreNotSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := generate(t)
		k := domain.Position(rapid.IntRange(2, len(s.log)).Draw(t, "known"))
		short := &scribe{store: facts.NewStore()}
		for i, e := range s.log[:k] {
			require.NoError(t, short.store.Apply(domain.Position(i), e))
		}
		want, err := balance.New(short.store.At(k), statute{}).Over(balance.Selection{}, day(0), day(days))
		require.NoError(t, err)
		got, err := balance.New(s.store.At(k), statute{}).Over(balance.Selection{}, day(0), day(days))
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func TestGroundIsLostAndReturns(t *testing.T) {
	s := &scribe{store: facts.NewStore()}
	observe := func(on int, level domain.Level, amount int64) {
		s.write(t, "state/arandia", on, domain.EventID{}, domain.PracticeObserved{
			Privileges: []domain.Privilege{"tax.sales"}, Level: level, Params: domain.Params{"amount": domain.Int(amount)}, Source: fmt.Sprint("cable ", on)})
	}
	s.write(t, "state/arandia", 0, domain.EventID{}, domain.StateRegistered{Name: "Arandia"})
	observe(1, "minimum_purchase", 300) // @1
	s.write(t, "measure/m1", 10, domain.EventID{}, domain.MeasureDetermined{
		State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Level: "minimum_purchase", Params: domain.Params{"amount": domain.Int(300)}}) // @2
	observe(20, "minimum_purchase", 300) // @3: said again
	observe(30, "minimum_purchase", 100) // @4
	observe(40, "full", 0)               // @5
	observe(50, "minimum_purchase", 300) // @6
	s.write(t, "measure/m1", 60, domain.EventID{}, domain.MeasureLifted{})

	type line struct {
		from       int
		practice   domain.Position
		ground     balance.Ground
		since      int
		by         domain.Position
		lost       domain.Position
		unanswered int
	}
	cells, err := balance.New(s.store.At(8), statute{}).Over(balance.Selection{}, day(0), day(70))
	require.NoError(t, err)
	var got []line
	for _, c := range cells {
		one := line{from: daysAfter(c.From)}
		if c.Practice != nil {
			one.practice = c.Practice.Pos
		}
		if c.Unanswered {
			one.unanswered = daysAfter(c.UnansweredSince)
		}
		for _, m := range c.Measures {
			one.ground = m.Basis.Ground
			if one.by = m.Basis.By; one.ground.Lost() {
				one.since, one.lost = daysAfter(m.Basis.Since), m.Basis.LostBy
			}
		}
		got = append(got, one)
	}
	assert.Equal(t, []line{
		{from: 0},
		{from: 1, practice: 1, unanswered: 1},
		{from: 10, practice: 1, ground: balance.Stands},
		{from: 20, practice: 3, ground: balance.Stands},
		{from: 30, practice: 4, ground: balance.Changed, since: 30, by: 4, lost: 4},
		{from: 40, practice: 5, ground: balance.Ended, since: 40, by: 5, lost: 4},
		{from: 50, practice: 6, ground: balance.Stands},
		{from: 60, practice: 6, unanswered: 60},
	}, got)
	assert.Equal(t, []domain.Position{1, 2, 4, 5}, cells[5].Events())
}

// A measure against a person neither answers a practice nor loses its ground when
// that ends: its authority is all that it needs.
func TestNoPracticeIsAnsweredByName(t *testing.T) {
	s := &scribe{store: facts.NewStore()}
	observe := func(on int, level domain.Level) {
		s.write(t, "state/arandia", on, domain.EventID{}, domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: level})
	}
	s.write(t, "state/arandia", 0, domain.EventID{}, domain.StateRegistered{Name: "Arandia"})
	s.write(t, "measure/m1", 1, domain.EventID{}, domain.MeasureDetermined{
		State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Scope: domain.Scope{Members: []domain.MemberID{"ana"}}})
	observe(2, "minimum_purchase")
	observe(4, "full")
	ledger := balance.New(s.store.At(4), statute{})
	for on, unanswered := range map[int]bool{1: false, 2: true, 3: true, 4: false} {
		cells, err := ledger.At(balance.Selection{}, day(on))
		require.NoError(t, err)
		require.Len(t, cells, 1)
		assert.Equal(t, balance.Basis{Ground: balance.Unneeded}, cells[0].Measures[0].Basis, "day %d", on)
		assert.Equal(t, unanswered, cells[0].Unanswered, "day %d", on)
		assert.False(t, cells[0].Lost() || cells[0].Unfounded(), "day %d", on)
	}
}

// Practices are compared by what the law of the later one reads in both: before
// day 3, to leave the comparison out is to mean at least.
func TestPracticeInOtherWords(t *testing.T) {
	s := &scribe{store: facts.NewStore()}
	observe := func(on int, params domain.Params) {
		s.write(t, "state/arandia", on, domain.EventID{}, domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: "minimum_purchase", Params: params})
	}
	whole, written := domain.Int(1), domain.Text("1.0")
	s.write(t, "state/arandia", 0, domain.EventID{}, domain.StateRegistered{Name: "Arandia"})
	observe(0, domain.Params{"amount": whole})
	s.write(t, "measure/m1", 0, domain.EventID{}, domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn"})
	observe(1, domain.Params{"amount": written, "compare": domain.Text("at_least")})
	observe(2, domain.Params{"amount": written})
	observe(3, domain.Params{"amount": written, "compare": domain.Text("over")})
	observe(4, domain.Params{"amount": whole, "compare": domain.Text("at_least")})
	observe(5, domain.Params{"amount": domain.Int(2)})
	ledger := balance.New(s.store.At(8), statute{})
	for on, want := range []balance.Ground{balance.Stands, balance.Stands, balance.Stands, balance.Stands, balance.Changed, balance.Changed} {
		cells, err := ledger.At(balance.Selection{}, day(on))
		require.NoError(t, err)
		require.Len(t, cells, 1)
		assert.Equal(t, want, cells[0].Measures[0].Basis.Ground, "day %d", on)
	}
}

// What is known of the practice and what the ground is called are of one event.
func TestGroundIsOfTheEventNamed(t *testing.T) {
	s := &scribe{store: facts.NewStore()}
	observe := func(on int, level domain.Level) {
		s.write(t, "state/borvia", on, domain.EventID{}, domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: level})
	}
	s.write(t, "state/borvia", 0, domain.EventID{}, domain.StateRegistered{Name: "Borvia"})
	observe(1, "approval") // @1, which the rule of Borvia's edition answers from day 2 to 4
	s.write(t, "measure/m1", 1, domain.EventID{}, domain.MeasureDetermined{State: "borvia", Privileges: []domain.Privilege{"tax.sales"}, Level: "approval"})
	observe(2, "unknown")        // @3
	observe(3, "full")           // @4
	observe(4, "more_favorable") // @5
	observe(5, "unknown")        // @6
	ledger := balance.New(s.store.At(7), statute{})
	for on, want := range map[int]balance.Basis{
		2: {Ground: balance.Unobserved, Since: day(2), By: 3, LostSince: day(2), LostBy: 3},
		3: {Ground: balance.Ended, Since: day(3), By: 4, LostSince: day(2), LostBy: 3},
		4: {Ground: balance.Ended, Since: day(3), By: 4, LostSince: day(2), LostBy: 3},
		5: {Ground: balance.Unobserved, Since: day(5), By: 6, LostSince: day(2), LostBy: 3},
	} {
		cells, err := ledger.At(balance.Selection{}, day(on))
		require.NoError(t, err)
		require.Len(t, cells, 1)
		got := cells[0].Measures[0].Basis
		require.Equal(t, domain.Position(1), got.Practice.Pos)
		want.Practice = got.Practice
		assert.Equal(t, want, got, "day %d", on)
		if on < 4 {
			require.Len(t, cells[0].Rules, 1)
			assert.Equal(t, want, cells[0].Rules[0].Basis, "the rule on day %d", on)
		}
	}
}

func daysAfter(t timeline.Instant) int { return int(t.Time().Sub(day(0).Time()) / (24 * time.Hour)) }

func BenchmarkAt(b *testing.B) {
	s := &scribe{store: facts.NewStore()}
	s.write(b, "state/arandia", 0, domain.EventID{}, domain.StateRegistered{Name: "Arandia"})
	for n := range 20 {
		s.write(b, "state/arandia", 5*n, domain.EventID{}, domain.PracticeObserved{Privileges: privileges, Level: levels[n%len(levels)]})
		s.write(b, fmt.Sprintf("measure/m%d", n), 5*n+2, domain.EventID{}, domain.MeasureDetermined{State: "arandia", Privileges: privileges, Level: "withdrawn", Until: onDay(5*n + 9)})
	}
	ledger := balance.New(s.store.At(domain.Position(len(s.log))), statute{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ledger.At(balance.Selection{State: "arandia"}, day(33)); err != nil {
			b.Fatal(err)
		}
	}
}
