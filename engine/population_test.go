package engine_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// cases is how many generated offices a property is tried on: few, unless
// COMITY_CASES multiplies them.
func cases(few int) int {
	if by, err := strconv.Atoi(os.Getenv("COMITY_CASES")); err == nil && by > 0 {
		return few * by
	}
	return few
}

// The privileges that are asked about: of persons, of missions, liberties, with
// conditions and without.
var asked = []domain.Privilege{"imm.arrest", "imm.civil", "tax.sales", "travel.move", "prem.inviolability"}

// days are few, so that events often share one.
var days = []string{"2024-01-01", "2024-02-01", "2024-02-29", "2024-03-01", "2024-06-01", "2025-02-01", "2025-07-01"}

var (
	crew   = []domain.MemberID{"ana", "bo", "cy", "dee"}
	houses = []domain.MissionID{"arandia-embassy", "arandia-chicago", "borvia-embassy"}
	lands  = []domain.StateID{"arandia", "borvia"}
)

func draw[T any](t *rapid.T, from []T, label string) T { return rapid.SampledFrom(from).Draw(t, label) }

// A history is an office in which anything may have been recorded, with what may
// still be acted on.
type history struct {
	office
	recorded []domain.Envelope // as submitted, with ids
	n        int
}

func foundHistory(t *testing.T) *history {
	h := &history{office: found(t, domain.History, nil)}
	h.tell(t, domaintest.Registered("arandia", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Opened("arandia-chicago", "arandia", "consular_post", "2024-02-01"),
		domaintest.Opened("borvia-embassy", "borvia", "embassy", "2020-01-01"))
	return h
}

// tell records events in one command, a month after the last, and reports whether
// the office took them.
func (h *history) tell(t *testing.T, events ...domain.Envelope) bool {
	h.n++
	for i := range events {
		e := &events[i]
		e.ID, e.Command, e.Recorded = domain.EventID{1, byte(h.n >> 8), byte(h.n), byte(i)}, domain.CommandID{}, time.Time{}
	}
	at := time.Date(2023, 12, 1, 12, 0, 0, 0, time.UTC).AddDate(0, h.n, 0)
	now := at.Add(time.Hour)
	h.clock.now.Store(&now)
	_, err := h.Submit(t.Context(), domain.Command{ID: domain.CommandID{2, byte(h.n >> 8), byte(h.n)}, Actor: "test", Recorded: at, Drafts: events})
	if err != nil {
		return false
	}
	for i := range events {
		events[i].Recorded = at
	}
	h.recorded = append(h.recorded, events...)
	return true
}

// happens draws an event that an office might hear of: late, early, on the day of
// another, or about another.
func (h *history) happens(r *rapid.T) domain.Envelope {
	day, who := draw(r, days, "day"), draw(r, crew, "who")
	switch rapid.IntRange(0, 11).Draw(r, "what") {
	case 0, 1:
		return domaintest.Accredited(who, draw(r, houses, "mission"), draw(r, []domain.Category{"dip.agent", "dip.at", "con.officer"}, "category"), day)
	case 2:
		return domaintest.Joined(who, draw(r, crew, "sponsor"), "spouse", day)
	case 3:
		return domaintest.StatusChanged(who, draw(r, []domain.Status{"none", "lpr", "us_national"}, "status"), day)
	case 4:
		return domaintest.Ended(who, day)
	case 5:
		return domaintest.Departed(who, day)
	case 6:
		return domaintest.Determined(draw(r, []domain.MeasureID{"m1", "m2"}, "measure"), draw(r, lands, "state"), "withdrawn", []domain.Privilege{"tax.sales"}, day)
	case 7:
		return domaintest.Event("member/"+string(who), day, domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Reason: "card lent"})
	case 8, 9, 10:
		if len(h.recorded) == 0 {
			return domaintest.Departed(who, day)
		}
		of := draw(r, h.recorded, "of")
		if rapid.Bool().Draw(r, "retract") {
			return domaintest.Retracted(of, "entered by mistake")
		}
		says := of.Event
		if c, corrects := says.(domain.EventCorrected); corrects {
			says = c.Body
		}
		return domaintest.Event(of.Subject.String(), day, domain.EventCorrected{Body: says, Reason: "the day was wrong"}, domaintest.Target(of))
	default:
		return domaintest.Event("mission/"+string(draw(r, houses, "mission")), day, domain.MissionClosed{})
	}
}

// naive answers one question on a root that has seen the first k events and no
// other. Roots are kept, since the answers of all the others are made from one.
type naive struct {
	t     *testing.T
	from  *projections.Root
	roots map[domain.Position]*projections.Root
}

func (n *naive) root(k domain.Position) *projections.Root {
	if n.roots[k] == nil {
		b := projections.NewBuilder(library())
		for pos := range k {
			e, _ := n.from.View().Envelope(pos)
			require.NoError(n.t, b.Apply(pos, e))
		}
		n.roots[k] = b.Root(k)
	}
	return n.roots[k]
}

// said is an answer as far as answers are compared; "" if it can't be asked.
func (n *naive) said(s domain.Subject, p domain.Privilege, t timeline.Instant, k domain.Position) string {
	d, err := standing.At(n.root(k), k).Decide(s, p, t, nil)
	if wrong := new(standing.WrongSubject); assert.ObjectsAreEqual(fmt.Sprintf("%T", wrong), fmt.Sprintf("%T", err)) {
		return ""
	}
	require.NoError(n.t, err)
	v := standing.Verdict{Outcome: d.Outcome, Conditions: d.Conditions}
	if d.Outcome == "" {
		for _, e := range d.Errors {
			if e.Mattered && e.Fact != "" && !slices.Contains(v.Lacks, e.Fact) {
				v.Lacks = append(v.Lacks, e.Fact)
			}
		}
		slices.Sort(v.Lacks)
	}
	return told(&v)
}

// told writes what verdicts are compared by.
func told(v *standing.Verdict) string {
	if v == nil {
		return ""
	}
	text := fmt.Sprint(v.Outcome, v.NoLaw, v.Lacks)
	for _, c := range v.Conditions {
		text += fmt.Sprint(" ", c.Code, c.State, c.Params)
	}
	return text
}

// here reports whether a member has a capacity as of t, or a mission is open: as the
// specification says it.
func (n *naive) here(s domain.Subject, t timeline.Instant, k domain.Position) bool {
	root := n.root(k)
	view := root.View()
	if s.Kind == domain.KindMission {
		return opened(view, s, t)
	}
	person := view.Person(domain.MemberID(s.ID), root.Law(k))
	for _, c := range person.Capacities {
		if c.Start <= t && t < c.Ended {
			return true
		}
	}
	return false
}

// opened reports whether the last that happened to a mission by t was not its closing.
func opened(view facts.View, s domain.Subject, t timeline.Instant) bool {
	var last struct {
		at   timeline.Instant
		root domain.Position
		open bool
	}
	for _, pos := range view.Events(s) {
		e, _ := view.Envelope(pos)
		says, root := e.Event, view.Lineage(pos)[0]
		if c, corrects := says.(domain.EventCorrected); corrects {
			says = c.Body
		}
		_, opens := says.(domain.MissionOpened)
		_, closes := says.(domain.MissionClosed)
		at := timeline.Of(e.Effective.At)
		if !opens && !closes || !view.Live(pos) || at > t || last.at != 0 && (at < last.at || at == last.at && root < last.root) {
			continue
		}
		last.at, last.root, last.open = at, root, opens
	}
	return last.open
}

// everybody is who was ever mentioned: members first.
func (n *naive) everybody() (out []domain.Subject) {
	for _, id := range crew {
		out = append(out, domain.Member(id))
	}
	for _, id := range slices.Sorted(slices.Values(houses)) {
		out = append(out, domain.Mission(id))
	}
	return out
}

// population is everybody who is here, asked one by one: "member/ana tax.sales" to
// the answer.
func (n *naive) population(t timeline.Instant, k domain.Position) (order []string, answers map[string]string) {
	answers = map[string]string{}
	for _, s := range n.everybody() {
		if !n.here(s, t, k) {
			continue
		}
		for _, p := range inLawsOrder(asked) {
			if said := n.said(s, p, t, k); said != "" {
				key := s.String() + " " + string(p)
				order, answers[key] = append(order, key), said
			}
		}
	}
	return order, answers
}

func inLawsOrder(privileges []domain.Privilege) []domain.Privilege {
	law, err := common()
	if err != nil {
		panic(err)
	}
	edition, err := library().Common(library().Put(law))
	if err != nil {
		panic(err)
	}
	out := slices.Clone(privileges)
	slices.SortFunc(out, func(a, b domain.Privilege) int {
		return slices.Index(edition.Language.PrivilegeOrder, a) - slices.Index(edition.Language.PrivilegeOrder, b)
	})
	return out
}

func collect[T any](t testing.TB, in iter.Seq2[T, error]) (out []T) {
	t.Helper()
	for v, err := range in {
		require.NoError(t, err)
		out = append(out, v)
	}
	return out
}

func known(k domain.Position) engine.Known { return engine.Known{Position: k, AtPosition: true} }

// between returns the positions between commands, from the end of the founding.
func (h *history) between() (out []domain.Position) {
	root := h.Root()
	for k := domain.Position(1); k <= root.Position(); k++ {
		if _, _, inside := root.Splits(k); !inside {
			out = append(out, k)
		}
	}
	return out
}

// drawn fills an office with what was drawn, and returns who knows it naively.
func drawn(t *testing.T, r *rapid.T) (*history, *naive) {
	h := foundHistory(t)
	for range rapid.IntRange(4, 12).Draw(r, "events") {
		h.tell(t, h.happens(r))
	}
	return h, &naive{t: t, from: h.Root(), roots: map[domain.Position]*projections.Root{}}
}

// check tries a property on generated offices.
func check(t *testing.T, few int, property func(*rapid.T)) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	require.NoError(t, checks.Value.Set(strconv.Itoa(cases(few))))
	defer func() { require.NoError(t, checks.Value.Set(before)) }()
	rapid.Check(t, property)
}

// instants are where something may change, and just before.
func instants() (out []timeline.Instant) {
	for _, day := range days {
		at := timeline.Of(domaintest.When(day).At)
		out = append(out, at-1, at, at+timeline.Instant(40*24*time.Hour/time.Microsecond))
	}
	return out
}

func drawWhen(h *history, r *rapid.T, label string) (engine.When, timeline.Instant, domain.Position) {
	t := draw(r, instants(), label+" as of")
	k := draw(r, h.between(), label+" as known")
	return engine.When{AsOf: t.Time(), AsKnown: known(k)}, t, k
}

func answersOf(t testing.TB, p *engine.Population) (order []string, answers map[string]string) {
	answers = map[string]string{}
	for _, a := range collect(t, p.Answers) {
		key := a.Subject.String() + " " + string(a.Privilege)
		order, answers[key] = append(order, key), told(&a.Verdict)
	}
	return order, answers
}

// The population is what everybody is answered who is asked alone, by an office
// that has heard so much and no more.
func TestPopulationIsEverybodyAskedAlone(t *testing.T) {
	check(t, 25, func(r *rapid.T) {
		h, n := drawn(t, r)
		w, at, k := drawWhen(h, r, "")
		p, err := h.Population(t.Context(), engine.PopulationQuery{When: w, Census: standing.Census{
			Choice: standing.Choice{Missions: true}, Privileges: asked}})
		require.NoError(r, err)
		assert.Equal(r, k, p.AsKnown)
		order, got := answersOf(t, p)
		wantOrder, want := n.population(at, k)
		require.Equal(r, want, got)
		require.Equal(r, wantOrder, order)

		counts, err := p.Counts(engine.ByNothing)
		require.NoError(r, err)
		total := 0
		for _, c := range counts {
			sum := 0
			for outcome, number := range c.Outcomes {
				sum += number
				assert.NotZero(r, number, outcome)
			}
			assert.Equal(r, c.Of, sum)
			total += c.Of
		}
		assert.Equal(r, len(want), total)
	})
}

// Who is a filter of the population.
func TestWhoIsAFilterOfThePopulation(t *testing.T) {
	check(t, 15, func(r *rapid.T) {
		h, _ := drawn(t, r)
		w, _, _ := drawWhen(h, r, "")
		privilege := draw(r, asked, "privilege")
		state := draw(r, lands, "state")
		outcomes := draw(r, [][]domain.Outcome{nil, {domain.Denied}, {domain.Allowed, domain.Conditional}}, "outcomes")
		all, err := h.Population(t.Context(), engine.PopulationQuery{When: w, Census: standing.Census{Choice: standing.Choice{Missions: true}}})
		require.NoError(r, err)
		var want, got []string
		for _, a := range collect(t, all.Answers) {
			ofMission := a.Subject.Kind == domain.KindMission
			of := slices.ContainsFunc(a.Posts, func(p standing.Post) bool { return p.State == state })
			listed := slices.Contains(outcomes, a.Verdict.Outcome) || outcomes == nil && a.Verdict.Permits()
			if a.Privilege == privilege && of && listed && (privilege != "prem.inviolability" || ofMission) {
				want = append(want, a.Subject.String()+" "+told(&a.Verdict))
			}
		}
		who, err := h.Who(t.Context(), engine.WhoQuery{When: w, Privilege: privilege, Outcomes: outcomes, Choice: standing.Choice{States: []domain.StateID{state}}})
		require.NoError(r, err)
		for _, a := range collect(t, who.Answers) {
			got = append(got, a.Subject.String()+" "+told(&a.Verdict))
		}
		require.Equal(r, want, got)
	})
}

// A difference is between the answers to everybody who is here at either point.
func TestDiffComparesTwoPopulations(t *testing.T) {
	check(t, 25, func(r *rapid.T) {
		h, n := drawn(t, r)
		from, t1, k1 := drawWhen(h, r, "from")
		to, t2, k2 := drawWhen(h, r, "to")
		var want, got []string
		for _, s := range n.everybody() {
			if !n.here(s, t1, k1) && !n.here(s, t2, k2) {
				continue
			}
			for _, p := range inLawsOrder(asked) {
				a, b, c := n.said(s, p, t1, k1), n.said(s, p, t2, k1), n.said(s, p, t2, k2)
				if a != c {
					want = append(want, fmt.Sprintln(s, p, a, b, c, a != b, b != c))
				}
			}
		}
		diff, err := h.Diff(t.Context(), engine.DiffQuery{From: from, To: to, Comparison: standing.Comparison{Choice: standing.Choice{Missions: true}, Privileges: asked}})
		require.NoError(r, err)
		for _, c := range collect(t, diff.Differences) {
			got = append(got, fmt.Sprintln(c.Subject, c.Privilege, told(c.Before), told(c.Between), told(c.After), c.ByTime, c.ByKnowledge))
			assert.Equal(r, c.ByKnowledge, len(c.Learnt) > 0, "what is learnt is learnt from events")
			for _, pos := range c.Learnt {
				assert.GreaterOrEqual(r, pos, min(k1, k2))
				assert.Less(r, pos, max(k1, k2))
			}
		}
		require.Equal(r, want, got)
		if k1 == k2 && t1 == t2 {
			require.Empty(r, got)
		}
	})
}

// fakeGiven is a record of answers in memory.
type fakeGiven map[string][]standing.GivenAnswer

func (g fakeGiven) Given(_ context.Context, s domain.Subject, p domain.Privilege) iter.Seq2[standing.GivenAnswer, error] {
	return func(yield func(standing.GivenAnswer, error) bool) {
		for _, a := range g[s.String()+" "+string(p)] {
			if !yield(a, nil) {
				return
			}
		}
	}
}

// What is said to have become otherwise is so at every instant, and nothing else:
// every instant that is tried of everybody, whether the events are said to reach
// them or not. So are the answers given that are contradicted.
func TestEffectsAreWhatAnybodyWouldFind(t *testing.T) {
	few := 20
	if raced { // with -short that is one: the goroutines are those of any population
		few = 5
	}
	check(t, few, func(r *rapid.T) {
		h, n := drawn(t, r)
		ks := h.between()
		q := engine.EffectsQuery{Privileges: asked, Future: rapid.Bool().Draw(r, "future")}
		k0 := draw(r, ks[:len(ks)-1], "since")
		k1 := h.Position()
		if rapid.Bool().Draw(r, "one command") {
			q.Event, q.AtEvent = k0, true
			k1 = ks[slices.Index(ks, k0)+1]
		} else {
			q.Since, q.FromSince = known(k0), true
		}
		given := fakeGiven{}
		type one struct {
			key string
			a   standing.GivenAnswer
		}
		var all []one
		for i := range 30 {
			s, p := draw(r, n.everybody(), "asked whom"), draw(r, asked, "asked what")
			k, at := draw(r, ks, "on what"), draw(r, instants(), "as of")
			d, err := standing.At(n.root(k), k).Decide(s, p, at, nil)
			if err != nil {
				continue
			}
			key := s.String() + " " + string(p)
			a := standing.GivenAnswer{Position: uint64(i), AsOf: at.Time(), AsKnown: k, Outcome: d.Outcome, Conditions: d.Conditions}
			given[key] = append(given[key], a)
			all = append(all, one{key, a})
		}
		q.Given = given
		effects, err := h.Effects(t.Context(), q)
		require.NoError(r, err)
		require.Equal(r, []domain.Position{k0, k1}, []domain.Position{effects.From, effects.To})
		until := timeline.Never
		if !q.Future {
			until = timeline.Of(effects.Recorded)
		}
		found := map[string][]standing.Effect{}
		contradicted := map[uint64]string{}
		for _, c := range collect(t, effects.Changed) {
			for _, e := range c.Effects {
				key := e.Subject.String() + " " + string(e.Privilege)
				found[key] = append(found[key], e)
			}
			for _, x := range c.Contradicted {
				contradicted[x.Position] = told(x.Now)
			}
		}
		for key, of := range found {
			for i, e := range of {
				assert.Less(r, e.From, e.To, key)
				assert.LessOrEqual(r, e.To, until, key)
				assert.NotEqual(r, told(e.Was), told(e.Is), key)
				if i > 0 && of[i-1].To >= e.From {
					assert.Equal(r, of[i-1].To, e.From, key)
					assert.NotEqual(r, told(of[i-1].Was)+told(of[i-1].Is), told(e.Was)+told(e.Is), "%s: two that are one", key)
				}
			}
		}
		for _, s := range n.everybody() {
			for _, p := range asked {
				key := s.String() + " " + string(p)
				for _, at := range instants() {
					was, is := n.said(s, p, at, k0), n.said(s, p, at, k1)
					i := slices.IndexFunc(found[key], func(e standing.Effect) bool { return e.From <= at && at < e.To })
					switch {
					case at >= until || was == is:
						require.Negative(r, i, "%s at %s", key, at)
					default:
						require.GreaterOrEqual(r, i, 0, "%s at %s: %s is %s", key, at, was, is)
						require.Equal(r, []string{was, is}, []string{told(found[key][i].Was), told(found[key][i].Is)}, "%s at %s", key, at)
					}
				}
			}
		}
		want := map[uint64]string{}
		for _, g := range all {
			s, err := domain.ParseSubject(g.key[:len(g.key)-len(" ")-len(privilegeOf(g.key))])
			require.NoError(r, err)
			p, at := privilegeOf(g.key), timeline.Of(g.a.AsOf)
			now := n.said(s, p, at, k1)
			said := standing.Verdict{Outcome: g.a.Outcome, Conditions: g.a.Conditions}
			differs := g.a.Outcome != "" && told(&said) != now
			if at < until && g.a.AsKnown < k1 && n.said(s, p, at, max(k0, g.a.AsKnown)) != now && differs {
				want[g.a.Position] = now
			}
		}
		require.Equal(r, want, contradicted)
	})
}

func privilegeOf(key string) domain.Privilege {
	_, p, _ := strings.Cut(key, " ")
	return domain.Privilege(p)
}

// Whatever is learnt late is learnt in some order, and the order is no matter once
// all is known.
func TestTheOrderOfLearningIsNoMatter(t *testing.T) {
	check(t, 2, func(r *rapid.T) {
		free := rapid.Permutation(days).Draw(r, "days")
		var late []func(base []domain.Envelope) domain.Envelope
		for i := range rapid.IntRange(3, 4).Draw(r, "late") {
			day, who := free[i], draw(r, crew, "who")
			what := rapid.IntRange(0, 5).Draw(r, "what")
			target := i % len(crew)
			late = append(late, func(base []domain.Envelope) domain.Envelope {
				switch what {
				case 0:
					return domaintest.StatusChanged(who, "lpr", day)
				case 1:
					return domaintest.Event("member/"+string(who), day, domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Reason: "card lent"})
				case 2:
					return domaintest.Determined("m1", "arandia", "withdrawn", []domain.Privilege{"tax.sales"}, day)
				case 3:
					return domaintest.Event("mission/borvia-embassy", day, domain.MissionClosed{})
				default: // each of another event
					return domaintest.Corrected(base[target], day, base[target].Event)
				}
			})
		}
		var first map[string]string
		var firstOrder []int
		for _, order := range permutations(len(late)) {
			h := foundHistory(t)
			for i, who := range crew {
				require.True(t, h.tell(t, domaintest.Accredited(who, houses[2*(i%2)], "dip.agent", "2024-01-01")))
			}
			base := h.recorded[len(h.recorded)-len(crew):]
			for _, i := range order {
				if !h.tell(t, late[i](base)) {
					r.Skip("one that the office refuses")
				}
			}
			for _, day := range days {
				at := timeline.Of(domaintest.When(day).At)
				p, err := h.Population(t.Context(), engine.PopulationQuery{When: engine.When{AsOf: at.Time()}, Census: standing.Census{
					Choice: standing.Choice{Missions: true, All: true}, Privileges: asked}})
				require.NoError(r, err)
				_, got := answersOf(t, p)
				if first == nil {
					first, firstOrder = map[string]string{}, order
				}
				for key, said := range got {
					key += " " + at.String()
					if want, seen := first[key]; seen {
						require.Equal(r, want, said, "%s: in the order %v and %v", key, firstOrder, order)
					}
					first[key] = said
				}
			}
		}
	})
}

func permutations(n int) (out [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for i := range n {
			out = append(out, slices.Insert(slices.Clone(p), i, n-1))
		}
	}
	return out
}
