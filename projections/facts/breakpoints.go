package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Breakpoints returns the instants at which anything changes that an answer
// about a member, mission or State may depend on, in order and without
// repetition. Between two neighbours every fact is the same.
func (v View) Breakpoints(of domain.Subject, law Law) []timeline.Instant {
	b := breakpoints{view: v, law: law, done: map[domain.Subject]bool{}}
	switch of.Kind {
	case domain.KindMember:
		b.member(domain.MemberID(of.ID))
	case domain.KindMission:
		b.mission(domain.MissionID(of.ID))
	case domain.KindState:
		b.state(domain.StateID(of.ID))
	default:
		// nobody asks about the others
	}
	b.editions(commonLaw)
	slices.Sort(b.points)
	b.points = slices.Compact(b.points)
	return slices.DeleteFunc(b.points, func(t timeline.Instant) bool { return t == timeline.Always || t == timeline.Never })
}

type breakpoints struct {
	view   View
	law    Law
	done   map[domain.Subject]bool
	points []timeline.Instant
}

func (b *breakpoints) add(points ...timeline.Instant) { b.points = append(b.points, points...) }

// begin reports whether the subject's own points are still to be added.
func (b *breakpoints) begin(s domain.Subject) bool {
	before := b.done[s]
	b.done[s] = true
	return !before
}

func (b *breakpoints) registers(s domain.Subject) {
	h := b.view.history(s)
	for _, r := range registers {
		for _, change := range h.Register(r) {
			b.add(change.From)
		}
	}
}

func (b *breakpoints) spans(spans []*Span) {
	for _, s := range spans {
		b.add(s.From, s.To)
		for _, l := range s.lifts {
			b.add(l.at)
		}
	}
}

func (b *breakpoints) member(id domain.MemberID) {
	if !b.begin(domain.Member(id)) {
		return
	}
	b.registers(domain.Member(id))
	b.spans(b.view.Personal(domain.Member(id)))
	b.spans(b.view.Waivers(id))
	b.spans(b.view.cards(id, ""))
	p := b.view.Person(id, b.law)
	if birth, known := p.history.Value(attrBirth, timeline.Never); known {
		for age := range oldest + 1 {
			b.add(p.birthday(birth.Value, age))
		}
	}
	for i := range p.Capacities {
		c := &p.Capacities[i]
		b.add(c.Start, c.Ended)
		for _, p := range c.periods { // the first begins at the end of functions
			b.add(p.from, p.end)
		}
		for _, m := range c.Missing {
			b.add(m.From, m.To)
		}
		b.mission(c.Mission)
		if c.Kind == Family {
			b.member(c.Sponsor)
		}
	}
}

func (b *breakpoints) mission(id domain.MissionID) {
	if !b.begin(domain.Mission(id)) {
		return
	}
	b.registers(domain.Mission(id))
	b.spans(b.view.Personal(domain.Mission(id)))
	b.state(b.view.sendingState(id))
}

func (b *breakpoints) state(id domain.StateID) {
	if !b.begin(domain.State(id)) {
		return
	}
	b.registers(domain.State(id))
	b.spans(b.view.Measures(id))
	b.spans(b.view.Agreements(id))
	b.editions(domain.RulesetID(id))
}

func (b *breakpoints) editions(id domain.RulesetID) {
	for _, change := range b.view.editions(id) {
		b.add(change.From)
	}
}
