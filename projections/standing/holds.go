package standing

import (
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// holds finds between which instants the answer stays as it is at t.
func (in *inquiry) holds(p domain.Privilege, t timeline.Instant, now resolved) domain.Holds {
	breaks := in.breakpointsOf(p)
	next := after(breaks, t)
	is := verdictOf(now.Answer)
	onward, _, _ := in.walk(p, t) // it can be put: it was answered
	back := onward
	var h domain.Holds
	for _, b := range breaks[next:] {
		if !onward.crosses(b) {
			continue
		}
		if then, err := onward.ask(b.At); err != nil || !is.Same(then) {
			h.Until = b.At.Time()
			h.Ends = in.describe(b.At, then, err)
			break
		}
	}
	for _, b := range slices.Backward(breaks[:next]) {
		if !back.crosses(b) {
			continue
		}
		if before, err := back.ask(b.At - 1); err != nil || !is.Same(before) {
			h.From = b.At.Time()
			h.Begins = in.why(b.At, is) + "; before: " + outcomeOf(before, err)
			break
		}
	}
	return h
}

// breakpoints are the instants at which any answer may change.
func (in *inquiry) breakpoints() []timeline.Instant {
	return facts.Instants(in.breakpointsFor(everything))
}

// breakpointsOf are those at which the answer about one privilege may.
func (in *inquiry) breakpointsOf(p domain.Privilege) []facts.Breakpoint {
	return in.breakpointsFor(in.root.Reading(p, in.k, in.everBound(p)...))
}

// everBound says which of measures, agreements and waivers that concern a privilege
// are on record for the subject at any time.
func (in *inquiry) everBound(p domain.Privilege) []rules.Each {
	var out []rules.Each
	look := func(each rules.Each, spans []*facts.Span) {
		if slices.Contains(out, each) {
			return
		}
		if slices.ContainsFunc(spans, func(s *facts.Span) bool {
			named := s.Privileges()
			return len(named) == 0 || slices.Contains(named, p)
		}) {
			out = append(out, each)
		}
	}
	missions := []domain.MissionID{in.host}
	if in.subject.Kind == domain.KindMission {
		missions = []domain.MissionID{domain.MissionID(in.subject.ID)}
	}
	for i := range in.person.Capacities {
		if id := in.person.Capacities[i].Mission; !slices.Contains(missions, id) {
			missions = append(missions, id)
		}
	}
	var states []domain.StateID
	for _, id := range missions {
		if id == "" {
			continue
		}
		look(rules.EachMeasure, in.personal(domain.Mission(id)))
		if state := in.stateOf(id, timeline.Never); !slices.Contains(states, state) {
			states = append(states, state)
		}
	}
	for _, state := range states {
		of := domain.State(state)
		look(rules.EachMeasure, in.of(rules.EachMeasure, of, func() []*facts.Span { return in.view.Measures(state) }))
		look(rules.EachAgreement, in.of(rules.EachAgreement, of, func() []*facts.Span { return in.view.Agreements(state) }))
	}
	look(rules.EachMeasure, in.personal(in.subject))
	if in.subject.Kind == domain.KindMember {
		look(rules.EachWaiver, in.waivers())
	}
	slices.Sort(out)
	return out
}

var everything = &projections.Reading{Name: "everything"}

func (in *inquiry) breakpointsFor(r *projections.Reading) []facts.Breakpoint {
	breaks, found := in.breaks[r.Name]
	if !found {
		about := in.subject
		if in.host != "" {
			about = domain.Mission(in.host)
		}
		edges := r.Edges
		if r.Facts == nil {
			edges = in.root.RuleEdges(in.k)
		}
		breaks = in.view.BreakpointsOf(about, in.law, r.Facts, in.somebody)
		for _, at := range edges {
			breaks = append(breaks, facts.Breakpoint{At: at, Of: facts.Standing})
		}
		if object := in.words["object"]; object != "" {
			for _, kind := range []domain.SubjectKind{domain.KindVehicle, domain.KindProperty} {
				breaks = append(breaks, in.view.BreakpointsOf(domain.Of(kind, object), in.law, nil, nil)...)
			}
		}
		breaks = facts.Ordered(breaks)
		if in.breaks == nil {
			in.breaks = map[string][]facts.Breakpoint{}
		}
		in.breaks[r.Name] = breaks
	}
	return breaks
}

// describe says what the answer becomes at an instant, and why.
func (in *inquiry) describe(at timeline.Instant, v Verdict, err error) string {
	outcome := outcomeOf(v, err)
	if err != nil || v.Outcome == "" {
		return outcome
	}
	return outcome + ": " + in.why(at, v)
}

// why says in a few words what makes an answer what it is from an instant on.
func (in *inquiry) why(at timeline.Instant, v Verdict) string {
	turn := in.turn(at)
	switch {
	case turn != "":
		return turn
	case v.By != "":
		return fmt.Sprintf("%s (%s)", v.Code.Words(), v.By)
	case v.Code != "":
		return v.Code.Words()
	default:
		return "not certain"
	}
}

func outcomeOf(v Verdict, err error) string {
	if err != nil {
		return err.Error()
	}
	return v.Words()
}

// turn says what becomes of the person's capacities at an instant.
func (in *inquiry) turn(at timeline.Instant) string {
	for i := range in.person.Capacities {
		c := &in.person.Capacities[i]
		switch {
		case c.Start == at:
			return "the capacity begins"
		case c.Ended == at && c.EndOfPeriod == at && c.EndOfFunctions < at:
			return "the period to leave ends"
		case c.Ended == at && c.EndOfFunctions == timeline.Never:
			return "the capacity gives way to the next"
		case c.Ended == at:
			return "the capacity ends"
		case c.EndOfFunctions == at:
			return "functions end"
		}
	}
	return ""
}
