package facts_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// declared are facts of every sort that the programmes hold of a subject.
func declared() []domain.FactDecl {
	var out []domain.FactDecl
	for _, s := range sources {
		out = append(out, domain.FactDecl{From: s})
	}
	all := facts.Constructors()
	for _, constructor := range []string{
		"register", "nationalities", "age", "identity_card", "license", "withheld", "charges", "installation", "noted", "premises", "vehicle", "property", "field",
	} {
		for _, attr := range append(all[constructor], "") {
			out = append(out, source(constructor, attr))
		}
	}
	return append(out, source("document", "tax_mission"), source("document", "identity"))
}

// A fact stays as it is until a breakpoint that has its topic, or after which all may
// be otherwise.
func TestTopicsAreComplete(t *testing.T) {
	reads := &facts.Reads{Constructors: map[string]bool{}, AllAges: true, Privilege: "tax.sales"}
	for c := range facts.Constructors() {
		reads.Constructors[c] = true
	}
	spared := 0
	rapid.Check(t, func(t *rapid.T) {
		s := generateProgramme(t)
		view := load(t, s.log).At(domain.Position(len(s.log)))
		of := pick(t, []domain.Subject{
			domain.Member(people[0]), domain.Member(people[1]), domain.Mission("embassy"), domain.Mission("post"),
			domain.Of(domain.KindVehicle, vehicles[0]), domain.Of(domain.KindProperty, properties[0]),
		}, "of")
		breaks := append(view.BreakpointsOf(of, lawIn{view}, reads, nil), facts.Breakpoint{At: at("2026-12-01"), Of: facts.Everything})
		same := func(what string, topics facts.Topics, value func(timeline.Instant) string) {
			from := at("2024-01-01")
			for _, b := range breaks {
				if b.At <= from || b.At > at("2026-12-01") {
					continue
				}
				if b.Of&(topics|facts.Standing) == 0 {
					spared++
					continue
				}
				between := from + timeline.Instant(rapid.Int64Range(0, int64(b.At-from-1)).Draw(t, "between"))
				for _, other := range []timeline.Instant{between, b.At - 1} {
					require.Equal(t, value(from), value(other), "%s of %s between %s and %s, by %s\n%s", what, of, from, b.At, other, s)
				}
				from = b.At
			}
		}
		decl := pick(t, declared(), "fact")
		for _, decl := range []domain.FactDecl{decl, pick(t, declared(), "another")} {
			same(decl.From.Constructor+" "+decl.From.Attr, facts.TopicsOf(string(of.Kind), decl.From), func(t timeline.Instant) string {
				return value(readOf(view, of, t), decl)
			})
		}
		if of.Kind != domain.KindMember && of.Kind != domain.KindMission {
			return
		}
		for _, attr := range []string{"threat", "measures"} {
			decl := source("protection", attr)
			same("protection "+attr, facts.TopicsOf("protection", decl.From), func(t timeline.Instant) string {
				return value(view.ReadProtection(of, t), decl)
			})
		}
		states := []domain.StateID{view.MissionReach(domain.MissionID(of.ID), timeline.Never).State}
		if of.Kind == domain.KindMember {
			states = nil
			for _, c := range view.Person(domain.MemberID(of.ID), lawIn{view}).Capacities {
				states = append(states, c.State)
			}
		}
		for _, m := range view.Measures("arandia") {
			if !slices.Contains(states, "arandia") {
				break
			}
			for _, c := range []string{"threshold", "used"} {
				decl := source(c, "")
				same(m.ID+" "+c, facts.TopicsOf("measure", decl.From), func(t timeline.Instant) string {
					return value(view.ReadBound(m, facts.Asked{Subject: of, Privilege: "tax.sales", At: t}), decl)
				})
			}
		}
	})
	assert.Positive(t, spared)
}

// What nobody here knows of may change at any time.
func TestTopicsOfTheUnknown(t *testing.T) {
	assert.Equal(t, facts.Everything, facts.TopicsOf("member", domain.FactSource{Constructor: "horoscope"}))
	ages, points := domain.FactSource{Constructor: "age"}, domain.FactSource{Constructor: "points", Months: 3}
	assert.Zero(t, facts.TopicsOf("member", ages)&facts.TopicsOf("member", points))
	assert.NotZero(t, facts.TopicsOf("member", ages)&^facts.Standing)
}

// The same of requests, of those that are for the privilege alone.
func TestTopicsOfRequestsAreComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawRequests(t)
		view := s.viewIn(t)
		q := drawAsked(t)
		decl := filing(pick(t, []string{"clearance", "id", "ahead", "terms", "remedy"}, "fact"))
		reads := &facts.Reads{Constructors: map[string]bool{"filing": true}, Privilege: q.Privilege}
		describe := func(t timeline.Instant) string {
			q.At = t
			v, _, _ := view.ReadFiling(q, clockLaw{view})(decl)
			return v.String()
		}
		from := at("2025-02-01")
		for _, b := range append(view.BreakpointsOf(q.Subject, clockLaw{view}, reads, nil), facts.Breakpoint{At: at("2025-04-25"), Of: facts.Everything}) {
			if b.At <= from || b.At > at("2025-04-25") || b.Of&(facts.TopicsOf("filing", decl.From)|facts.Standing) == 0 {
				continue
			}
			between := from + timeline.Instant(rapid.Int64Range(0, int64(b.At-from-1)).Draw(t, "between"))
			for _, other := range []timeline.Instant{between, b.At - 1} {
				require.Equal(t, describe(from), describe(other), "%s between %s and %s, at %s\n%s", decl.From.Attr, from, b.At, other, s)
			}
			from = b.At
		}
	})
}
