package facts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
)

// offices are the generators whose offices differ in what happens in them.
var offices = map[string]func(*rapid.T) *scribe{"persons": generate, "programmes": generateProgramme}

// askable are all of whom a question may be.
func askable(view facts.View) []domain.Subject {
	var out []domain.Subject
	for _, id := range people {
		if len(view.Events(domain.Member(id))) > 0 {
			out = append(out, domain.Member(id))
		}
	}
	for _, id := range missions {
		out = append(out, domain.Mission(id))
	}
	return out
}

// image is all that the facts say of a subject that depends on others: the
// capacities, what was said by whom, and everything that changes, with when.
func image(view facts.View, s domain.Subject) string {
	var b strings.Builder
	law := lawIn{view}
	fmt.Fprintln(&b, view.Breakpoints(s, law))
	states := []domain.StateID{}
	if s.Kind == domain.KindMission {
		states = append(states, view.MissionReach(domain.MissionID(s.ID), 0).State)
	}
	for _, c := range view.Person(domain.MemberID(s.ID), law).Capacities {
		states = append(states, c.State)
		fmt.Fprintln(&b, c.Label, c.Kind, c.Mission, c.State, c.Category, c.Rank, c.Sponsor, c.Start, c.Ended, c.EndOfFunctions, c.EndOfPeriod, c.Missing, c.Events)
	}
	for _, state := range states {
		for _, span := range append(view.Measures(state), view.Agreements(state)...) {
			fmt.Fprintln(&b, span.ID, span.From, span.To, span.Pos, span.Ends, span.Scope)
		}
	}
	return b.String()
}

// No event about anything that is not relevant changes what is said of anybody.
func TestOnlyWhatIsRelevantMatters(t *testing.T) {
	for name, office := range offices {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := office(t)
				store := load(t, s.log)
				last := map[domain.Subject]string{}
				for k := range domain.Position(len(s.log)) {
					view := store.At(k + 1)
					about, _ := view.Envelope(k)
					for _, one := range askable(view) {
						before := last[one]
						last[one] = image(view, one)
						if !slices.Contains(view.Relevant(one), about.Subject) {
							require.Equal(t, before, last[one], "%s, of %s at %d%s", one, about.Subject, k, s)
						}
					}
				}
			})
		})
	}
}

// Whom a subject reaches are those to whom it is relevant.
func TestReachedIsTheInverseOfRelevant(t *testing.T) {
	for name, office := range offices {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := office(t)
				store := load(t, s.log)
				view := store.At(domain.Position(number(t, 0, len(s.log), "k")))
				relevant := map[domain.Subject][]domain.Subject{}
				subjects := map[domain.Subject]bool{}
				for _, one := range askable(view) {
					if len(view.Events(one)) == 0 {
						continue // nobody yet
					}
					relevant[one] = view.Relevant(one)
					for _, to := range relevant[one] {
						subjects[to] = true
					}
				}
				for _, e := range s.log {
					subjects[e.Subject] = true
				}
				for to := range subjects {
					who, everybody := view.Reached(to)
					for one, all := range relevant {
						want := slices.Contains(all, to)
						require.Equal(t, want, everybody || slices.Contains(who, one), "%s, of %s%s", to, one, s)
					}
					for _, one := range who {
						require.Contains(t, relevant, one)
					}
				}
			})
		})
	}
}

// What is relevant never stops being so.
func TestRelevantOnlyGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := generate(t)
		store := load(t, s.log)
		k := domain.Position(number(t, 1, len(s.log), "k"))
		for _, one := range askable(store.At(k)) {
			assert.Subset(t, store.At(domain.Position(len(s.log))).Relevant(one), store.At(k).Relevant(one))
		}
	})
}

// An accreditation that was retracted still says on what the answer did depend.
func TestWhatWasRetractedIsRelevant(t *testing.T) {
	s := &scribe{}
	s.found()
	posted := s.tell(domain.Member("ana"), "2024-01-01", domain.MemberAccredited{Mission: "office", Category: "dip.agent"})
	s.write(domain.Member("ana"), when("2024-01-01"), posted, domain.EventRetracted{Reason: "mixed up"})
	s.tell(domain.Member("ana"), "2024-01-01", domain.MemberAccredited{Mission: "post", Category: "con.officer"})
	s.tell(domain.Of(domain.KindMeasure, "m1"), "2024-01-01", domain.MeasureDetermined{State: "borvia", Params: domain.Params{"currency": domain.Text("EUR")}})
	view := load(t, s.log).At(domain.Position(len(s.log)))
	var names []string
	for _, one := range view.Relevant(domain.Member("ana")) {
		names = append(names, one.String())
	}
	assert.Equal(t, []string{
		"measure/m1", "member/ana", "mission/office", "mission/post", "office/office", "rate/eur",
		"ruleset/arandia", "ruleset/borvia", "ruleset/common", "state/arandia", "state/borvia",
	}, names)
	who, everybody := view.Reached(domain.Of(domain.KindRate, "eur"))
	assert.False(t, everybody)
	assert.Equal(t, []domain.Subject{domain.Member("ana"), domain.Mission("mission"), domain.Mission("office")}, who)
	who, everybody = view.Reached(domain.Of(domain.KindOffice, "office"))
	assert.True(t, everybody)
	assert.Empty(t, who)
	assert.Contains(t, view.Relevant(domain.Member("visitor@office")), domain.State("borvia"))
}

// Whoever's anchors an event is known by to have reached is among those whom it is said
// to touch.
func TestTouchedIsWhatIsMarked(t *testing.T) {
	touched := 0
	for name, office := range offices {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := office(t)
				store := load(t, s.log)
				whole := store.At(store.Position())
				for k := range store.Position() {
					store.Touch(k, k+1)
					marks := map[facts.Mark]bool{}
					everybody := whole.Touched(k, func(_ facts.Handle, m facts.Mark) { marks[m] = true })
					for _, one := range askable(whole) {
						anchors := whole.Anchors(one)
						reached := everybody
						for _, m := range anchors.Marks() {
							reached = reached || marks[m]
						}
						require.Equal(t, reached, !anchors.Untouched(k), "%s at %d%s", one, k, s)
						if reached {
							touched++
						}
					}
				}
			})
		})
	}
	require.Positive(t, touched)
}
