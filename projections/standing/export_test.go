package standing

import (
	"errors"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Classes counts the classes of a root's builder: verdicts that were worked out.
func Classes(root *projections.Root) int {
	c := classesOf(root)
	var count func(t *twig) int
	count = func(t *twig) int {
		if t.verdict != nil {
			return 1
		}
		n := 0
		for _, next := range *t.branches.Load() {
			n += count(next)
		}
		return n
	}
	n := 0
	for _, t := range c.trees {
		n += count(t)
	}
	return n
}

// View is what was known at the moment.
func (m *Moment) View() facts.View { return m.view }

// HoldsNaively is what is meant by until when an answer holds: the question is put to
// the law anew, without classes, on both sides of every instant at which anything
// changes, from the nearest on until the answer is another.
func (m *Moment) HoldsNaively(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string) (domain.Holds, error) {
	var h domain.Holds
	in, err := m.inquire(subject, request)
	if err != nil {
		return h, err
	}
	ask := func(at timeline.Instant) (Verdict, error) {
		in.instants = map[timeline.Instant]*instant{}
		r, err := in.situation(p, at)
		if errors.Is(err, projections.ErrNoLaw) {
			return Verdict{NoLaw: true}, nil
		}
		if err != nil {
			return Verdict{}, err
		}
		return verdictOf(rules.Weigh(r.law, r.situation)), nil
	}
	t = in.time(t)
	is, err := ask(t)
	if err != nil {
		return h, err
	}
	breaks := in.breakpoints()
	next, _ := slices.BinarySearch(breaks, t+1)
	for _, at := range breaks[next:] {
		if then, err := ask(at); err != nil || !is.Same(then) {
			h.Until, h.Ends = at.Time(), in.describe(at, then, err)
			break
		}
	}
	for _, at := range slices.Backward(breaks[:next]) {
		if before, err := ask(at - 1); err != nil || !is.Same(before) {
			h.From, h.Begins = at.Time(), in.why(at, is)+"; before: "+outcomeOf(before, err)
			break
		}
	}
	return h, nil
}
