package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// A cause is something that ends functions.
type cause struct {
	at        timeline.Instant
	root, pos timeline.Position
	of        concern
	when      calendar.When // as the event states the instant
	period    domain.Period // to leave, if the event states one
	mission   domain.MissionID
}

// A concern is whom a cause is about: the nearer to the person, the sooner it counts.
type concern int

const (
	ofPerson concern = iota
	ofMission
	ofState
)

// first returns the cause that counts: the earliest. Of those at one instant it is one
// of the command recorded first, and in that the choice is by what the causes say,
// since the order inside a command says nothing: what is about the person before what
// is about the mission, and that before what is about the State; then a stated period
// before none, and then the period that is over sooner. A correction keeps the place
// of what it corrects.
func (v View) first(in []cause, law Law) (cause, bool) {
	if len(in) == 0 {
		return cause{}, false
	}
	return slices.MinFunc(in, func(a, b cause) int {
		if order := cmp.Compare(a.at, b.at); order != 0 {
			return order
		}
		if v.together(a.root, b.root) && !mutant.On(mutant.CauseByPosition) {
			if order := v.compare(a, b, law); order != 0 {
				return order
			}
		}
		return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
	}), true
}

// together reports whether two events were recorded by one command.
func (v View) together(a, b timeline.Position) bool {
	return v.CommandAt(domain.Position(a)) == v.CommandAt(domain.Position(b))
}

// compare orders two causes of one instant and one command by what they say. Of two
// that come to the same now, a period set later might be counted from different dates:
// again the sooner is first, and the zones are told apart by name.
func (v View) compare(a, b cause, law Law) int {
	unstated := func(c cause) int {
		if c.period == (domain.Period{}) {
			return 1
		}
		return 0
	}
	if order := cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(unstated(a), unstated(b))); order != 0 {
		return order
	}
	aDue, _ := v.due(a, law)
	bDue, _ := v.due(b, law)
	day := domain.Period{Days: 1}
	return cmp.Or(
		cmp.Compare(v.leave(aDue, a.at, a), v.leave(bDue, b.at, b)),
		cmp.Compare(v.leave(day, a.at, a), v.leave(day, b.at, b)),
		cmp.Compare(v.localZone(a.when, a.mission).String(), v.localZone(b.when, b.mission).String()),
	)
}

// due is the period to leave that a cause gives: the stated one, or else that of the
// law in force at the end of functions. Without law it is none, and an error.
func (v View) due(c cause, law Law) (domain.Period, error) {
	if c.period != (domain.Period{}) {
		return c.period, nil
	}
	measured := c.at
	if mutant.On(mutant.PeriodByTodaysRules) {
		measured = timeline.Never - 1
	}
	numbers, err := law.Capacities(measured)
	return numbers.Period, err
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
			c := cause{at: m.From, root: m.Root, pos: m.Pos, of: ofPerson, mission: e.mission}
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
		for _, set := range p.view.alike(mission, attrStatus, change) {
			c := cause{at: set.From, root: set.Root, pos: set.Pos, of: ofMission, mission: e.mission}
			var said domain.Event
			said, c.when = p.view.said(set.Pos)
			switch said := said.(type) {
			case domain.MissionClosed:
				c.period = said.Period
			case domain.ClosureOrdered:
				c.period = said.Period
				if timeline.Of(said.Deadline.At) == set.From {
					c.when = said.Deadline
				}
			}
			out = append(out, c)
		}
	}
	for _, order := range mission.Spans(attrLeave) {
		said, when := p.view.said(order.Pos)
		suspended, _ := said.(domain.MissionSuspended)
		status, _ := p.Status(nil, order.From)
		if slices.Contains(suspended.ExemptMembers, p.ID) || slices.Contains(suspended.ExemptStatuses, status) {
			continue
		}
		out = append(out, cause{at: order.From, root: order.Root, pos: order.Pos, of: ofMission, when: when, period: suspended.Period, mission: e.mission})
	}
	state := p.view.history(domain.State(p.view.sendingState(e.mission)))
	for _, change := range state.Register(attrRelations) {
		if change.Value.Text() != relationsSevered || !p.touches(change.From, e.mission, law) {
			continue
		}
		for _, set := range p.view.alike(state, attrRelations, change) {
			said, when := p.view.said(set.Pos)
			severed, _ := said.(domain.RelationsChanged)
			out = append(out, cause{at: set.From, root: set.Root, pos: set.Pos, of: ofState, when: when, period: severed.Period, mission: e.mission})
		}
	}
	return out
}

// alike returns a change of a register with all else by which the same command says
// the same for the same instant.
func (v View) alike(in historyView, a attribute, change timeline.Transition[domain.Value]) []timeline.Transition[domain.Value] {
	return slices.DeleteFunc(in.Sets(a, change.From), func(set timeline.Transition[domain.Value]) bool {
		return !set.Value.Equal(change.Value) || !v.together(set.Root, change.Root)
	})
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
