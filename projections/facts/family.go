package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// A household is a person's membership of a sponsor's household.
type household struct {
	sponsor  domain.MemberID
	relation domain.Relation
	from, to timeline.Instant
	pos      timeline.Position // of the event that began it
	endPos   timeline.Position // of the event that ended it, if to is not Never
}

// households returns them in order. Each lasts until the person leaves it,
// joins another (or the same again), departs for good, or dies.
func (p *Person) households() []household {
	marks := lastOfInstant(p.history.Spans(attrHousehold))
	var out []household
	for i, m := range marks {
		said, _ := p.view.said(m.Pos)
		joined, ok := said.(domain.FamilyJoined)
		if !ok {
			continue
		}
		h := household{sponsor: joined.Sponsor, relation: joined.Relation, from: m.From, to: timeline.Never, pos: m.Pos}
		if i+1 < len(marks) {
			h.to, h.endPos = marks[i+1].From, marks[i+1].Pos
		}
		for _, a := range []attribute{attrDeparted, attrDied} {
			if gone, found := p.firstMark(a, h.from, h.to); found {
				h.to, h.endPos = gone.From, gone.Pos
			}
		}
		out = append(out, h)
	}
	return out
}

// lastOfInstant leaves of the marks at each instant the one of highest rank.
func lastOfInstant(in []interval) []interval {
	var out []interval
	for i, m := range in {
		if i+1 == len(in) || in[i+1].From != m.From {
			out = append(out, m)
		}
	}
	return out
}

// family returns a family capacity for each episode of each sponsor's
// functions, cut to the time in the household.
func (p *Person) family(law Law) []Capacity {
	var out []Capacity
	for _, h := range p.households() {
		sponsor := Person{ID: h.sponsor, view: p.view, history: p.view.history(domain.Member(h.sponsor))}
		for _, e := range sponsor.episodes() {
			if e.category == categoryCourier {
				continue
			}
			if c, found := p.relative(h, &sponsor, e, law); found {
				out = append(out, c)
			}
		}
	}
	return out
}

// relative returns the family capacity that an episode of the sponsor's
// functions gives. Functions that end take the family with them at the end of
// the same period; the sponsor's own departure in that period does not.
func (p *Person) relative(h household, sponsor *Person, e episode, law Law) (Capacity, bool) {
	c := Capacity{
		Kind: Family, Label: mainCapacity, Mission: e.mission, State: p.view.sendingState(e.mission),
		Category: domain.FamilyCategory,
		Sponsor:  h.sponsor, SponsorCategory: e.category, SponsorRank: e.rank, SponsorLabel: e.label, Relation: h.relation,
		Start: max(e.start, h.from), EndOfFunctions: timeline.Never, EndOfPeriod: timeline.Never, Ended: e.next,
	}
	for _, pos := range append([]timeline.Position{h.pos}, e.events...) {
		c.rests(c.Start, pos)
	}
	sets := append(sponsor.periodsSet(), p.periodsSet()...)
	slices.SortFunc(sets, func(a, b periodSet) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
	})
	ending, ends := p.view.first(sponsor.causes(e, law), law)
	if ends {
		c.Ended = c.end(p.view, ending, sets, law)
		if left, found := sponsor.firstMark(attrDeparted, ending.at, timeline.Never); found && mutant.On(mutant.FamilyEndsAtDeparture) {
			c.Ended = min(c.Ended, left.From)
		}
	} else if e.next != timeline.Never {
		c.rests(e.next, e.nextPos)
	}
	// Somebody expelled in person leaves in a period of their own, if it is the
	// shorter; whatever happens to the sponsor then does not give it back.
	if own, found := p.view.first(p.expulsions(h, e), law); found && (!ends || own.at < ending.at) {
		c.Missing = nil
		c.Ended = min(c.Ended, c.end(p.view, own, sets, law))
	}
	if h.to < c.Ended {
		c.stop(h.to, h.endPos)
	}
	p.cutByLaw(&c, law)
	for i := range c.Missing {
		c.Missing[i].From = max(c.Missing[i].From, c.Start)
		c.Missing[i].To = min(c.Missing[i].To, c.Ended)
	}
	c.Missing = slices.DeleteFunc(c.Missing, func(m Missing) bool { return m.From >= m.To })
	return c, c.Start < c.Ended
}

// expulsions returns what expels the person while they are in a household.
func (p *Person) expulsions(h household, e episode) []cause {
	var out []cause
	for _, m := range p.history.Spans(attrExpelled) {
		if m.From < h.from || m.From >= h.to {
			continue
		}
		said, when := p.view.said(m.Pos)
		expelled, _ := said.(domain.PersonaNonGrata)
		out = append(out, cause{at: m.From, root: m.Root, pos: m.Pos, of: ofPerson, when: when, period: expelled.Period, mission: e.mission})
	}
	return out
}

// cutByLaw stops the capacity at the first instant at which the law in force no
// longer counts the person as family.
func (p *Person) cutByLaw(c *Capacity, law Law) {
	edges := []timeline.Instant{c.Start}
	for _, change := range p.view.editions(commonLaw) {
		if change.From > c.Start {
			edges = append(edges, change.From)
		}
	}
	for i, from := range edges {
		to := c.Ended
		if i+1 < len(edges) {
			to = min(to, edges[i+1])
		}
		if from >= to {
			return
		}
		numbers, err := law.Capacities(from)
		if err != nil {
			c.Missing = append(c.Missing, Missing{Fact: MissingLaw, From: from, To: to})
			continue
		}
		if at, by, found := p.excluded(c, numbers, from, to); found {
			c.stop(at, by)
			return
		}
	}
}

// commonLaw is the ruleset that holds the law on capacities.
const commonLaw = domain.CommonRuleset

// excluded returns the first instant in [from, to) at which a law does not
// count the person as family, and the event that shows it.
func (p *Person) excluded(c *Capacity, law domain.CapacityLaw, from, to timeline.Instant) (timeline.Instant, timeline.Position, bool) {
	relation, recognized := law.Relations[c.Relation]
	if !recognized {
		return from, timeline.Position(c.basis[0].pos), true
	}
	at, by := timeline.Never, timeline.Position(0)
	earlier := func(t timeline.Instant, pos timeline.Position) {
		if t < at {
			at, by = t, pos
		}
	}
	if law.WorkEnds {
		if t, pos, found := p.firstTime(attrPrivateWork, true, from, to); found {
			earlier(t, pos)
		}
	}
	if limits := relation.Limits(c.SponsorCategory); limits.Age > 0 {
		birth, known := p.history.Value(attrBirth, timeline.Never)
		if !known {
			c.Missing = append(c.Missing, Missing{Fact: MissingBirth, From: from, To: to})
		} else {
			// Up to the first age all are children, up to the second those who study.
			grown := max(from, p.birthday(birth.Value, limits.Age))
			if t, pos, found := p.firstTime(attrStudent, false, grown, to); found {
				earlier(t, max(pos, birth.Pos))
			}
			old := grown
			if grown < to && limits.StudentAge > limits.Age {
				old = max(from, p.birthday(birth.Value, limits.StudentAge))
			}
			if old < to {
				earlier(old, birth.Pos)
			}
		}
	}
	return at, by, at < to
}

// firstTime returns the first instant in [from, to) at which a register of truths,
// false until it is set, holds the value, and the event that says so.
func (p *Person) firstTime(a attribute, holds bool, from, to timeline.Instant) (timeline.Instant, timeline.Position, bool) {
	if from >= to {
		return 0, 0, false
	}
	changes := p.history.Register(a)
	now, _ := timeline.Last(changes, from)
	if now.Value.Bool() == holds {
		return from, now.Pos, true
	}
	for _, change := range changes {
		if change.From > from && change.From < to && change.Value.Bool() == holds {
			return change.From, change.Pos, true
		}
	}
	return 0, 0, false
}

// birthday is 00:00 in the office's zone of the day on which the person
// completes so many years.
func (p *Person) birthday(birth domain.Value, years int) timeline.Instant {
	date, err := calendar.ParseDate(birth.Text())
	if err != nil {
		return timeline.Never // unreachable: the date was written by lower
	}
	return timeline.Of(p.view.Zone().Midnight(date.AddYears(years)))
}

// visits returns the capacities as a visitor: each until its stated end, the
// next visit, or departure.
func (p *Person) visits() []Capacity {
	var out []Capacity
	marks := lastOfInstant(p.history.Spans(attrVisit))
	for i, m := range marks {
		said, _ := p.view.said(m.Pos)
		visit, ok := said.(domain.VisitorRecorded)
		if !ok {
			continue
		}
		c := Capacity{
			Kind: Visitor, Label: mainCapacity, Mission: visit.Mission, State: p.view.sendingState(visit.Mission),
			Start: m.From, EndOfFunctions: timeline.Never, EndOfPeriod: timeline.Never, Ended: timeline.Never,
		}
		c.rests(m.From, m.Pos)
		if i+1 < len(marks) {
			c.Ended = marks[i+1].From
			c.rests(c.Ended, marks[i+1].Pos)
		}
		if until := visit.Until.At; !until.IsZero() && timeline.Of(until) < c.Ended {
			c.stop(timeline.Of(until), m.Pos)
		}
		if left, found := p.firstMark(attrDeparted, m.From, c.Ended); found {
			c.stop(left.From, left.Pos)
		}
		if c.Start < c.Ended {
			out = append(out, c)
		}
	}
	return out
}
