package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
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
		if ending, found := first(p.causes(e, law)); found {
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

// A cause is something that ends functions.
type cause struct {
	at        timeline.Instant
	root, pos timeline.Position
	when      calendar.When // as the event states the instant
	period    domain.Period // to leave, if the event states one
	mission   domain.MissionID
}

// first returns the earliest cause; of those at one instant, that recorded first.
func first(in []cause) (cause, bool) {
	if len(in) == 0 {
		return cause{}, false
	}
	return slices.MinFunc(in, func(a, b cause) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
	}), true
}

// causes returns what ends the functions of an episode while it lasts. What
// happens at the very instant at which functions go on elsewhere, or in
// another category, ends neither the old nor the new.
func (p *Person) causes(e episode, law Law) []cause {
	all := p.ownCauses(e)
	all = append(all, p.missionCauses(e, law)...)
	return slices.DeleteFunc(all, func(c cause) bool {
		return c.at < e.start || c.at >= e.next || c.at == e.start && !e.first
	})
}

func (p *Person) ownCauses(e episode) []cause {
	var out []cause
	for _, a := range []attribute{attrFunctions, attrExpelled, attrDied, attrDeparted} {
		for _, m := range p.history.Spans(a) {
			c := cause{at: m.From, root: m.Root, pos: m.Pos, mission: e.mission}
			var said domain.Event
			said, c.when = p.view.said(m.Pos)
			switch said := said.(type) {
			case domain.FunctionsEnded:
				if said.Capacity != "" && said.Capacity != e.label {
					continue
				}
				c.period = said.Period
			case domain.PersonaNonGrata:
				c.period = said.Period
			case domain.ExequaturWithdrawn:
				c.period = said.Period
			}
			out = append(out, c)
		}
	}
	return out
}

// missionCauses returns what happens to the mission and to relations with its
// State. A register that is set again to what it holds does not change.
func (p *Person) missionCauses(e episode, law Law) []cause {
	var out []cause
	mission := p.view.history(domain.Mission(e.mission))
	changes := mission.Register(attrStatus)
	for i, change := range changes {
		if change.Value.Text() != missionClosed || mutant.On(mutant.MissionNotLatched) && i+1 < len(changes) {
			continue
		}
		c := cause{at: change.From, root: change.Root, pos: change.Pos, mission: e.mission}
		var said domain.Event
		said, c.when = p.view.said(change.Pos)
		switch said := said.(type) {
		case domain.MissionClosed:
			c.period = said.Period
		case domain.ClosureOrdered:
			c.period = said.Period
			if timeline.Of(said.Deadline.At) == change.From {
				c.when = said.Deadline
			}
		}
		out = append(out, c)
	}
	for _, order := range mission.Spans(attrLeave) {
		said, when := p.view.said(order.Pos)
		suspended, _ := said.(domain.MissionSuspended)
		status, _ := p.Status(nil, order.From)
		if slices.Contains(suspended.ExemptMembers, p.ID) || slices.Contains(suspended.ExemptStatuses, status) {
			continue
		}
		out = append(out, cause{at: order.From, root: order.Root, pos: order.Pos, when: when, period: suspended.Period, mission: e.mission})
	}
	state := p.view.history(domain.State(p.view.sendingState(e.mission)))
	for _, change := range state.Register(attrRelations) {
		if change.Value.Text() != relationsSevered || !p.touches(change.From, e.mission, law) {
			continue
		}
		said, when := p.view.said(change.Pos)
		severed, _ := said.(domain.RelationsChanged)
		out = append(out, cause{at: change.From, root: change.Root, pos: change.Pos, when: when, period: severed.Period, mission: e.mission})
	}
	return out
}

// touches reports whether severed relations end the functions at a mission, by
// the law in force when they are severed. Without law, they do.
func (p *Person) touches(at timeline.Instant, mission domain.MissionID, law Law) bool {
	numbers, err := law.Capacities(at)
	if err != nil || len(numbers.Severed) == 0 {
		return true
	}
	return slices.Contains(numbers.Severed, p.view.MissionReach(mission, at).MissionKind)
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

	stated := by.period
	if stated == (domain.Period{}) {
		measured := by.at
		if mutant.On(mutant.PeriodByTodaysRules) {
			measured = timeline.Never - 1
		}
		numbers, err := law.Capacities(measured)
		if err != nil {
			c.Missing = append(c.Missing, Missing{Fact: MissingLaw, From: by.at, To: timeline.Never})
		}
		stated = numbers.Period
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
