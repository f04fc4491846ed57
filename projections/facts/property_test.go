package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

func load(t require.TestingT, log []domain.Envelope) *facts.Store {
	s := facts.NewStore()
	for i, e := range log {
		require.NoError(t, s.Apply(domain.Position(i), e))
	}
	return s
}

// said is what the package says of the capacities of a person at t, in the
// words of the specification.
func said(p *facts.Person, t timeline.Instant) []string {
	var out []string
	for _, c := range p.At(t) {
		status, _ := p.Status(c, t)
		label, rest := c.Label, ""
		if c.Kind == facts.Family {
			label = string(c.Sponsor) + "/" + c.SponsorLabel
		}
		if c.Phase(t) == facts.Leaving {
			end, _ := c.Period(t)
			rest = fmt.Sprintf(" since %s until %s", c.EndOfFunctions, end)
		}
		out = append(out, verdict(string(c.Kind), label, c.Start, c.Mission, c.Category, c.Rank, string(c.Phase(t)), status, rest))
	}
	slices.Sort(out)
	return out
}

func live(spans []*facts.Span, r domain.Reach, t timeline.Instant) []int {
	var out []int
	for _, s := range spans {
		if s.LiveFor(r, t) {
			out = append(out, int(s.Pos))
		}
	}
	slices.Sort(out)
	return out
}

// instants draws some around which anything may change.
func drawInstants(t *rapid.T, view facts.View, n int) []timeline.Instant {
	who := pick(t, people, "around")
	pool := view.Breakpoints(domain.Member(who), lawIn{view})
	for _, m := range moments {
		pool = append(pool, at(m), at(m))
	}
	pool = slices.DeleteFunc(pool, func(i timeline.Instant) bool { return i < at("2024-02-01") || i > at("2025-06-01") })
	var out []timeline.Instant
	for range n {
		out = append(out, pick(t, pool, "t")+timeline.Instant(number(t, -1, 1, "beside")))
	}
	return out
}

// The fold says what the specification says, at random times, as known at
// random positions.
func TestFoldAgreesWithNaive(t *testing.T) {
	checks := 0
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := generate(t)
		store := load(t, s.log)
		for range 4 {
			k := domain.Position(max(0, len(s.log)-pick(t, []int{0, 0, 0, 1, 1, 2, 3, 5, 8, 13}, "unknown")))
			view := store.At(k)
			plain := newNaive(s.log[:k], officeZone)
			law := lawIn{view}
			for _, at := range drawInstants(t, view, 4) {
				for _, who := range people {
					p := view.Person(who, law)
					if want, got := plain.capacities(who, at), said(&p, at); !slices.Equal(want, got) {
						t.Fatalf("%s at (%s, %d):\nwant %s\ngot  %s\n%s", who, at, k, strings.Join(want, "\n     "), strings.Join(got, "\n     "), s)
					}
					if want, got := plain.personal(domain.Member(who), at), live(view.Personal(domain.Member(who)), domain.Reach{}, at); !slices.Equal(want, got) {
						t.Fatalf("individual acts on %s at (%s, %d): want %v, got %v\n%s", who, at, k, want, got, s)
					}
					for _, c := range p.At(at) {
						r := p.Reach(c, at)
						r.Liberty = rapid.Bool().Draw(t, "liberty")
						if want, got := plain.measures(c.State, r, at), live(view.Measures(c.State), r, at); !slices.Equal(want, got) {
							t.Fatalf("measures for %s, %+v, at (%s, %d): want %v, got %v\n%s", who, r, at, k, want, got, s)
						}
					}
					checks++
				}
				for _, id := range missions {
					status, _ := plain.missionStatus(id, at)
					got, _, _ := view.ReadMission(id, at)(register("status"))
					require.Equal(t, status, got.Text(), "status of %s at (%s, %d)\n%s", id, at, k, s)
					r := view.MissionReach(id, at)
					if want, got := plain.measures(r.State, r, at), live(view.Measures(r.State), r, at); !slices.Equal(want, got) {
						t.Fatalf("measures for %s at (%s, %d): want %v, got %v\n%s", id, at, k, want, got, s)
					}
				}
				for _, id := range states {
					said := "none"
					if seen, pos, found := view.Practice(id, "tax.sales", at); found {
						said = fmt.Sprint(seen.Level, pos)
					}
					require.Equal(t, plain.practice(id, "tax.sales", at), said, "practice of %s at (%s, %d)\n%s", id, at, k, s)
				}
			}
		}
	})
	t.Logf("%d persons at (t, k) compared", checks)
}

// rounds of a hundred generated offices each, all of them different.
const rounds = 2

func register(attr string) domain.FactDecl {
	return domain.FactDecl{From: domain.FactSource{Constructor: "register", Attr: attr}}
}

// everything renders every fact about every subject at t.
func everything(view facts.View, t timeline.Instant) string {
	var b strings.Builder
	for _, who := range people {
		describe(&b, view, who, t)
	}
	for _, id := range missions {
		fmt.Fprintf(&b, "%s: %s %v\n", id, registers(view.ReadMission(id, t)), live(view.Measures(view.MissionReach(id, t).State), view.MissionReach(id, t), t))
	}
	for _, id := range states {
		fmt.Fprintf(&b, "%s: %s\n", id, registers(view.ReadState(id, t)))
	}
	return b.String()
}

func describe(b *strings.Builder, view facts.View, who domain.MemberID, t timeline.Instant) {
	p := view.Person(who, lawIn{view})
	hash, _, _ := view.Ruleset("common", t)
	fmt.Fprintf(b, "%s: %v %s %v %s\n", who, said(&p, t), registers(p.Read(nil, t)), live(view.Personal(domain.Member(who)), domain.Reach{}, t), hash)
	constructors := facts.Constructors()
	for _, c := range append(p.At(t), nil) {
		for _, constructor := range []string{"capacity", "status", "nationalities", "age", "identity_card"} {
			attrs := constructors[constructor]
			if attrs == nil {
				attrs = []string{""}
			}
			for _, attr := range attrs {
				if v, _, ok := p.Read(c, t)(domain.FactDecl{From: domain.FactSource{Constructor: constructor, Attr: attr}}); ok {
					fmt.Fprintf(b, "  %s %s %s\n", constructor, attr, v)
				}
			}
		}
		if c != nil {
			r := p.Reach(c, t)
			fmt.Fprintf(b, "  %+v missing %q, measures %v, %s %s\n", r, c.MissingAt(t), live(view.Measures(c.State), r, t), registers(view.ReadMission(c.Mission, t)), registers(view.ReadState(c.State, t)))
		}
	}
}

func registers(read facts.Read) string {
	var b strings.Builder
	for _, attr := range facts.Constructors()["register"] {
		if v, from, ok := read(register(attr)); ok {
			fmt.Fprintf(&b, "%s=%s%v ", attr, v, from)
		}
	}
	return b.String()
}

// What is known at k is the same in a store that has gone on and in one that
// stopped there, and a store built in one go equals one built in two.
func TestAnswersIgnoreWhatIsLearntLater(t *testing.T) {
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := generate(t)
		split := number(t, 0, len(s.log), "split")
		grown := load(t, s.log[:split])
		early := map[timeline.Instant]string{}
		ts := drawInstants(t, grown.At(domain.Position(split)), 2)
		for _, at := range ts {
			early[at] = everything(grown.At(domain.Position(split)), at)
		}
		for i, e := range s.log[split:] {
			require.NoError(t, grown.Apply(domain.Position(split+i), e))
		}
		whole := load(t, s.log)
		for _, at := range ts {
			require.Equal(t, early[at], everything(grown.At(domain.Position(split)), at), "as known at %d, %s\n%s", split, at, s)
			require.Equal(t, everything(whole.At(whole.Position()), at), everything(grown.At(grown.Position()), at), "grown in two, %s\n%s", at, s)
		}
	})
}

// To say that something never was, and then that this was said in error,
// changes nothing.
func TestRetractAndUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := generate(t)
		n := len(s.log)
		target := s.log[max(1, n-number(t, 1, 12, "back"))]
		retraction := s.write(target.Subject, drawMoment(t), target.ID, domain.EventRetracted{Reason: "in error"})
		s.write(target.Subject, drawMoment(t), retraction, domain.EventRetracted{Reason: "no, it was so"})
		store := load(t, s.log)
		for _, at := range drawInstants(t, store.At(domain.Position(n)), 3) {
			require.Equal(t, everything(store.At(domain.Position(n)), at), everything(store.At(domain.Position(n+2)), at), "%s\n%s", at, s)
		}
	})
}

// In which order the events of one command stand shows in no answer, whatever they
// are corrected to afterwards.
func TestOrderInACommandIsInvisible(t *testing.T) {
	cases, differing := 0, 0
	domaintest.Check(t, rounds, func(t *rapid.T) {
		cases++
		s := generate(t)
		n := len(s.log)
		s.command(drawEndings(t))
		order := rapid.Permutation(s.log[n:]).Draw(t, "order")
		if rapid.Bool().Draw(t, "corrected") {
			was := pick(t, s.log[n:], "which")
			if body, states := withPeriod(was.Event, drawEndPeriod(t)); states {
				s.write(was.Subject, was.Effective, was.ID, domain.EventCorrected{Reason: "it was otherwise", Body: body})
			}
		}
		if rapid.Bool().Draw(t, "set") {
			s.write(domain.Member(pick(t, people, "who")), drawMoment(t), domain.EventID{}, domain.PeriodSet{Period: domain.Period{Days: 5}})
		}
		turned := slices.Clone(s.log)
		copy(turned[n:], order)
		one, other := load(t, s.log), load(t, turned)
		view, after := one.At(one.Position()), other.At(other.Position())
		for _, at := range drawInstants(t, view, 6) {
			for _, who := range people {
				p, q := view.Person(who, lawIn{view}), after.Person(who, lawIn{after})
				require.Equal(t, said(&p, at), said(&q, at), "%s at %s, turned around from %d\n%s", who, at, n, s)
			}
		}
		if !slices.EqualFunc(turned, s.log, func(a, b domain.Envelope) bool { return a.ID == b.ID }) {
			differing++
		}
	})
	require.Greater(t, differing, cases/4)
}

// withPeriod says the same with another period to leave, if it can state one.
func withPeriod(e domain.Event, p domain.Period) (domain.Event, bool) {
	switch e := e.(type) {
	case domain.FunctionsEnded:
		e.Period = p
		return e, true
	case domain.PersonaNonGrata:
		e.Period = p
		return e, true
	case domain.MissionClosed:
		e.Period = p
		return e, true
	case domain.RelationsChanged:
		e.Period = p
		return e, true
	default:
		return nil, false
	}
}

// Between two neighbouring breakpoints of a person nothing about them changes.
func TestBreakpointsAreComplete(t *testing.T) {
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := generate(t)
		view := load(t, s.log).At(domain.Position(len(s.log)))
		who := pick(t, people, "who")
		points := view.Breakpoints(domain.Member(who), lawIn{view})
		require.True(t, slices.IsSorted(points))
		require.Equal(t, slices.Compact(slices.Clone(points)), points)
		from := at("2024-01-01")
		points = append(points, at("2025-12-01"))
		for _, to := range points {
			if to <= from || to > at("2025-12-01") {
				continue
			}
			between := from + timeline.Instant(rapid.Int64Range(0, int64(to-from-1)).Draw(t, "between"))
			for _, other := range []timeline.Instant{between, to - 1} {
				var want, got strings.Builder
				describe(&want, view, who, from)
				describe(&got, view, who, other)
				require.Equal(t, want.String(), got.String(), "%s changed between %s and %s, by %s\n%s", who, from, to, other, s)
			}
			from = to
		}
	})
}
