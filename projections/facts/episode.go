package facts

import (
	"cmp"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// An episode is what lies between two appointments of one capacity: from an
// accreditation, reassignment or change of category until the next.
type episode struct {
	label    string
	mission  domain.MissionID
	category domain.Category
	rank     string
	start    timeline.Instant
	next     timeline.Instant  // start of the next, or Never
	nextPos  timeline.Position // the event that starts the next
	first    bool              // none of this label before it
	events   []timeline.Position
}

func (p *Person) episodes() []episode {
	var out []episode
	current := map[string]int{} // by label: index of the latest
	for _, m := range p.history.Spans(attrCapacity) {
		e, _ := p.view.said(m.Pos)
		next := episode{start: m.From, next: timeline.Never, events: []timeline.Position{m.Pos}}
		var stated episode
		switch e := e.(type) {
		case domain.MemberAccredited:
			stated = episode{label: labelOf(e.Capacity), mission: e.Mission, category: e.Category, rank: e.Rank}
		case domain.MemberReassigned:
			stated = episode{label: labelOf(e.Capacity), mission: e.Mission, category: e.Category, rank: e.Rank}
		case domain.CategoryChanged:
			stated = episode{label: labelOf(e.Capacity), category: e.Category, rank: e.Rank}
		}
		last, before := current[stated.label]
		next.label, next.mission, next.category, next.rank = stated.label, stated.mission, stated.category, stated.rank
		if _, anew := e.(domain.MemberAccredited); !anew {
			if !before {
				continue // there are no functions yet that could go on
			}
			// What is not stated stays.
			next.mission = cmp.Or(stated.mission, out[last].mission)
			next.category = cmp.Or(stated.category, out[last].category)
			next.rank = cmp.Or(stated.rank, out[last].rank)
		}
		next.first = !before
		if before && out[last].start == next.start { // one that lasts no time was none
			next.first = out[last].first
			next.events = append(out[last].events, m.Pos)
			out[last] = next
			continue
		}
		if before {
			out[last].next, out[last].nextPos = next.start, m.Pos
		}
		current[next.label] = len(out)
		out = append(out, next)
	}
	return out
}

func labelOf(capacity string) string { return cmp.Or(capacity, mainCapacity) }

// accredited returns the capacities in which the person has functions: those
// of couriers too.
func (p *Person) accredited(law Law) []Capacity {
	var out []Capacity
	for _, e := range p.episodes() {
		c := Capacity{
			Kind: Accredited, Label: e.label, Mission: e.mission, State: p.view.sendingState(e.mission),
			Category: e.category, Rank: e.rank,
			Start: e.start, EndOfFunctions: timeline.Never, EndOfPeriod: timeline.Never, Ended: e.next,
		}
		for _, pos := range e.events {
			c.rests(e.start, pos)
		}
		if ending, found := p.view.first(p.causes(e, law), law); found {
			over := c.end(p.view, ending, p.periodsSet(), law)
			c.Ended = over
			if left, found := p.firstMark(attrDeparted, ending.at, timeline.Never); found && left.From < over {
				c.Ended = left.From
				c.rests(left.From, left.Pos)
			}
		} else if e.next != timeline.Never {
			c.rests(e.next, e.nextPos)
		}
		if e.category == categoryCourier {
			c.Kind = Courier
			if done, found := p.firstMark(attrDelivered, e.start, e.next); found && done.From < c.Ended {
				c.stop(done.From, done.Pos)
			}
		}
		out = append(out, c)
	}
	return out
}

// firstMark returns the first mark of an attribute in [from, to).
func (p *Person) firstMark(a attribute, from, to timeline.Instant) (interval, bool) {
	for _, m := range p.history.Spans(a) {
		if m.From >= from && m.From < to {
			return m, true
		}
	}
	return interval{}, false
}

// periodsSet returns the periods to leave that were set for the person, by rank.
func (p *Person) periodsSet() []periodSet {
	var out []periodSet
	for _, m := range p.history.Spans(attrPeriod) {
		said, _ := p.view.said(m.Pos)
		if s, ok := said.(domain.PeriodSet); ok {
			out = append(out, periodSet{at: m.From, root: m.Root, pos: m.Pos, period: s.Period})
		}
	}
	return out
}

type periodSet struct {
	at        timeline.Instant
	root, pos timeline.Position
	period    domain.Period
}

// end gives the capacity its end of functions and the period to leave, and
// returns when that is over. The period is what the cause states, or else what
// the law in force at the end of functions gives; a period set since then
// takes its place, unless it is over by then.
func (c *Capacity) end(v View, by cause, sets []periodSet, law Law) (over timeline.Instant) {
	c.EndOfFunctions, c.Cause = by.at, domain.Position(by.pos)
	c.rests(by.at, by.pos)

	stated, err := v.due(by, law)
	if err != nil {
		c.Missing = append(c.Missing, Missing{Fact: MissingLaw, From: by.at, To: timeline.Never})
	}
	leave := v.leave(stated, by.at, by)
	c.periods = []period{{from: by.at, end: leave, pos: domain.Position(by.pos)}}
	over = max(by.at, leave)
	for i, s := range sets {
		if s.at < by.at || i+1 < len(sets) && sets[i+1].at == s.at { // of those at one instant the last counts
			continue
		}
		if s.at > over {
			break
		}
		if s.at == by.at {
			c.Missing = nil // the law no longer matters
		}
		leave = v.leave(s.period, s.at, by)
		over = max(s.at, leave)
		c.periods = append(c.periods, period{from: s.at, end: leave, pos: domain.Position(s.pos)})
		c.rests(s.at, s.pos)
	}
	c.EndOfPeriod = leave
	return over
}

// leave computes when a period to leave is over: at the stated instant; after
// so many hours from delivery; or at 00:00 local after so many days, of which
// the date of the end of functions is the first.
func (v View) leave(p domain.Period, delivered timeline.Instant, by cause) timeline.Instant {
	const hour = 3600 * 1_000_000
	switch {
	case !p.Until.At.IsZero():
		return timeline.Of(p.Until.At)
	case p.Hours != 0:
		return delivered + timeline.Instant(p.Hours)*hour
	}
	local := v.localZone(by.when, by.mission)
	date := local.DateOf(by.at.Time())
	if by.when.HasDate {
		date = by.when.Date
	}
	return timeline.Of(local.Midnight(date.AddDays(p.Days)))
}

// localZone is the zone in which the days after an event are counted: its own if
// it states one, else that of the mission, else the office's.
func (v View) localZone(when calendar.When, mission domain.MissionID) calendar.Zone {
	if when.Zone != "" {
		return zone(when.Zone)
	}
	if name, found := v.history(domain.Mission(mission)).Value(attrZone, timeline.Never); found {
		return zone(name.Value.Text())
	}
	return v.Zone()
}
