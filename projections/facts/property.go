package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// Properties returns the properties that were ever recorded for a mission, sorted.
func (v View) Properties(id domain.MissionID) []domain.PropertyID {
	return named[domain.PropertyID](v, domain.Mission(id), domain.KindProperty)
}

// ReadProperty returns the facts of a property at t.
func (v View) ReadProperty(id domain.PropertyID, t timeline.Instant) Read {
	of := domain.Of(domain.KindProperty, id)
	return v.readSubject(of, t, func(from domain.FactSource) (domain.Value, []domain.Position, bool) {
		if constructor(from.Constructor) != ofProperty {
			return domain.Value{}, nil, false
		}
		return v.property(of, from.Attr, t)
	})
}

func (v View) property(of domain.Subject, attr string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	record, known := last(v.records(of), t)
	known = known && record.Holds(t)
	switch attr {
	case "known":
		if !known {
			return domain.Bool(false), v.endedBy(of, attrLift, t), true
		}
		return domain.Bool(true), []domain.Position{record.Pos}, true
	case "mission":
		if !known {
			return domain.Value{}, nil, false
		}
		e, _ := record.Event.(domain.PropertyRecorded)
		return text(string(e.Mission), []domain.Position{record.Pos})
	case "divest":
		ordered, from := holding(v.divestitures(of), t)
		return domain.Bool(ordered), from, true
	default:
		return domain.Value{}, nil, false
	}
}

// records returns the times in which a property was a mission's, by rank.
func (v View) records(of domain.Subject) []*Span { return v.lift(of, v.spans(of, attrProperty)) }

// divestitures returns the orders to part with a property, each until that was done.
func (v View) divestitures(of domain.Subject) []*Span { return v.lift(of, v.spans(of, attrDivest)) }

// premises says how it stands with the use of a mission's properties at t.
func (v View) premises(id domain.MissionID, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	used, forgone := 0, 0
	var from []domain.Position
	for _, property := range v.Properties(id) {
		of := domain.Of(domain.KindProperty, property)
		record, known := last(v.records(of), t)
		if !known || !record.Holds(t) {
			continue
		}
		if e, ok := record.Event.(domain.PropertyRecorded); !ok || e.Mission != id {
			continue
		}
		from = append(from, record.Pos)
		use, found := v.history(of).Value(attrUseForgone, t)
		if found {
			from = append(from, domain.Position(use.Pos))
		}
		if use.Value.Bool() {
			forgone++
		} else {
			used++
		}
	}
	slices.Sort(from)
	state := "mixed"
	switch {
	case used+forgone == 0:
		state = "none"
	case forgone == 0:
		state = "in_use"
	case used == 0:
		state = "forgone"
	}
	return domain.Text(state), from, true
}

// An outage is a time in which a mission did not work, without a break.
type outage struct {
	from, to timeline.Instant
	since    calendar.Date
	zone     calendar.Zone
	pos      timeline.Position // of the event that began it
}

// over is the instant at which the outage has lasted for so many months.
func (o outage) over(months int) timeline.Instant {
	return midnight(o.zone, o.since.AddMonths(months))
}

// outages returns the times in which a mission was suspended, closed or in custody.
func (v View) outages(id domain.MissionID) []outage {
	var out []outage
	open := false
	for _, change := range v.history(domain.Mission(id)).Register(attrStatus) {
		switch change.Value.Text() {
		case missionSuspended, missionClosed, missionInCustody:
			if !open {
				when := v.began(change)
				local := v.localZone(when, id)
				out = append(out, outage{
					from: change.From, to: timeline.Never, since: dated(when, local), zone: local, pos: change.Pos,
				})
			}
			open = true
		default:
			if open {
				out[len(out)-1].to = change.From
			}
			open = false
		}
	}
	return out
}

// began is the moment of a change of status as it was stated: a closure that was
// ordered comes at its deadline.
func (v View) began(change timeline.Transition[domain.Value]) calendar.When {
	said, when := v.said(change.Pos)
	if order, ok := said.(domain.ClosureOrdered); ok && timeline.Of(order.Deadline.At) == change.From {
		return order.Deadline
	}
	return when
}

// custody says whether the mission has not worked for so many months (FMA 4305(c)).
func (v View) custody(id domain.MissionID, months int, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	for _, o := range v.outages(id) {
		if o.from <= t && t < o.to {
			return domain.Bool(o.over(months) <= t), at(o.pos), true
		}
	}
	return domain.Bool(false), nil, true
}
