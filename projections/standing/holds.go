package standing

import (
	"errors"
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// holds finds between which instants the answer stays as it is at t. Facts only
// change at the breakpoints, so it is enough to ask there.
func (in *inquiry) holds(p domain.Privilege, t timeline.Instant, now resolved) domain.Holds {
	breaks := in.breakpoints()
	var h domain.Holds
	next, _ := slices.BinarySearch(breaks, t+1)
	for i := next; i < len(breaks); i++ {
		then, err := in.briefly(p, breaks[i])
		if err == nil && same(now.Answer, then) {
			continue
		}
		h.Until = breaks[i].Time()
		h.Ends = in.describe(breaks[i], then, err)
		break
	}
	for i := next - 1; i >= 0; i-- {
		before, err := in.briefly(p, breaks[i]-1)
		if err == nil && same(now.Answer, before) {
			continue
		}
		h.From = breaks[i].Time()
		h.Begins = in.why(breaks[i], now.Answer) + "; before: " + outcomeOf(before, err)
		break
	}
	return h
}

// briefly answers with the one reason that is told of what comes before or after.
func (in *inquiry) briefly(p domain.Privilege, t timeline.Instant) (rules.Answer, error) {
	r, err := in.situation(p, t)
	if err != nil {
		return rules.Answer{}, err
	}
	return rules.Weigh(r.law, r.situation), nil
}

func (in *inquiry) breakpoints() []timeline.Instant {
	if in.breaks == nil {
		about := in.subject
		if in.host != "" {
			about = domain.Mission(in.host)
		}
		breaks := slices.Concat(in.view.Breakpoints(about, in.law), in.root.RuleEdges(in.k))
		if object := in.words["object"]; object != "" {
			for _, kind := range []domain.SubjectKind{domain.KindVehicle, domain.KindProperty} {
				breaks = append(breaks, in.view.Breakpoints(domain.Of(kind, object), in.law)...)
			}
		}
		slices.Sort(breaks)
		in.breaks = slices.Compact(breaks)
	}
	return in.breaks
}

// same reports whether two answers come to the same.
func same(a, b rules.Answer) bool { return verdictOf(a).Same(verdictOf(b)) }

// describe says what the answer becomes at an instant, and why.
func (in *inquiry) describe(at timeline.Instant, a rules.Answer, err error) string {
	outcome := outcomeOf(a, err)
	if err != nil || a.Outcome == "" {
		return outcome
	}
	return outcome + ": " + in.why(at, a)
}

// why says in a few words what makes an answer what it is from an instant on.
func (in *inquiry) why(at timeline.Instant, a rules.Answer) string {
	if turn := in.turn(at); turn != "" {
		return turn
	}
	for _, r := range a.Reasons {
		switch {
		case r.Decisive && r.By != "":
			return fmt.Sprintf("%s (%s)", r.Code.Words(), r.By)
		case r.Decisive:
			return r.Code.Words()
		}
	}
	return "not certain"
}

func outcomeOf(a rules.Answer, err error) string {
	switch {
	case errors.Is(err, projections.ErrNoLaw):
		return "no law in force"
	case err != nil:
		return err.Error()
	case a.Outcome == "":
		return "cannot tell"
	default:
		return string(a.Outcome)
	}
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
