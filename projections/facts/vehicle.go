package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// Vehicles returns the vehicles that a member or mission ever owned, sorted.
func (v View) Vehicles(owner domain.Subject) []domain.VehicleID {
	return named[domain.VehicleID](v, owner, domain.KindVehicle)
}

// Tickets returns the parking tickets of a vehicle, each from its issue until it
// is cleared, by rank.
func (v View) Tickets(id domain.VehicleID) []*Span {
	return v.spans(domain.Of(domain.KindVehicle, id), attrTicket)
}

// ReadVehicle returns the facts of a vehicle at t. Of one that was not yet
// recorded nothing is known, save that it is neither known nor disposed of; what
// is missing of it is the vehicle itself, such as vehicle/car-1.
func (v View) ReadVehicle(id domain.VehicleID, t timeline.Instant) Read {
	of := domain.Of(domain.KindVehicle, id)
	read := v.readVehicle(of, id, t)
	_, recorded := last(v.spans(of, attrVehicle), t)
	return func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		if !recorded && id != "" && constructor(decl.From.Constructor) == ofRegister && !decl.HasDefault {
			return domain.Text(of.String()), nil, false
		}
		return read(decl)
	}
}

func (v View) readVehicle(of domain.Subject, id domain.VehicleID, t timeline.Instant) Read {
	return v.readSubject(of, t, func(from domain.FactSource) (domain.Value, []domain.Position, bool) {
		switch constructor(from.Constructor) {
		case ofVehicle:
			return v.vehicle(of, from.Attr, t)
		case ofOverdue:
			return count(v.overdue(v.Tickets(id), from, t))
		case ofWithheld:
			return v.holds(of, attrWithheld, t)
		default:
			return domain.Value{}, nil, false
		}
	})
}

func (v View) vehicle(of domain.Subject, attr string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	marks := v.spans(of, attrVehicle)
	recorded, found := last(marks, t)
	if !found {
		if attr == "known" || attr == "disposed" {
			return domain.Bool(false), nil, true
		}
		return domain.Value{}, nil, false
	}
	if attr == "known" || attr == "disposed" {
		inside, from := holding(v.lift(of, marks), t)
		if !inside {
			from = append([]domain.Position{recorded.Pos}, v.endedBy(of, attrLift, t)...)
		}
		return domain.Bool(inside == (attr == "known")), from, true
	}
	switch attr {
	case "owner":
		owner, pos, found := v.owner(of, t)
		if !found {
			return domain.Value{}, nil, false
		}
		return text(owner.String(), []domain.Position{pos})
	case "registered":
		registered, from := holding(v.lift(of, v.spans(of, attrRegistered)), t)
		return domain.Bool(registered), from, true
	case "plates":
		return v.plates(of, t)
	case "lien":
		return v.holds(of, attrLien, t)
	default:
		return v.insurance(of, attr, t)
	}
}

// owner is who owns a vehicle at t, and the event that says so; false for
// nobody, and for whoever bought it from the community.
func (v View) owner(vehicle domain.Subject, t timeline.Instant) (domain.Subject, domain.Position, bool) {
	mark, found := last(v.spans(vehicle, attrOwner), t)
	if !found {
		return domain.Subject{}, 0, false
	}
	var owner domain.Subject
	switch e := mark.Event.(type) {
	case domain.VehicleRecorded:
		owner = ownedBy(e.Owner, e.OwnerMission)
	case domain.VehicleTransferred:
		owner = ownedBy(e.Owner, e.OwnerMission)
	default:
		// disposed of: nobody that the Office knows
	}
	return owner, mark.Pos, !owner.IsZero()
}

func ownedBy(member domain.MemberID, mission domain.MissionID) domain.Subject {
	switch {
	case member != "":
		return domain.Member(member)
	case mission != "":
		return domain.Mission(mission)
	default:
		return domain.Subject{}
	}
}

// plates says what became of the plates that were issued last.
func (v View) plates(of domain.Subject, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	mark, found := last(v.spans(of, attrPlates), t)
	if !found {
		return domain.Text("none"), nil, true
	}
	from := []domain.Position{mark.Pos}
	switch e := mark.Event.(type) {
	case domain.VehicleRegistered:
		if passed(e.Until, t) {
			return domain.Text("expired"), from, true
		}
		return domain.Text("held"), from, true
	case domain.PlatesRecalled:
		return domain.Text("recalled"), from, true
	default:
		return domain.Text("returned"), from, true
	}
}

// insurance says whether a policy is in force, or a limit that it states.
func (v View) insurance(of domain.Subject, attr string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	mark, found := last(v.spans(of, attrInsurance), t)
	if !found {
		if attr == "insurance" {
			return domain.Text("none"), nil, true
		}
		return domain.Value{}, nil, false
	}
	from := []domain.Position{mark.Pos}
	policy, held := mark.Event.(domain.InsuranceRecorded)
	held = held && !passed(policy.Until, t)
	var limit domain.Cents
	switch attr {
	case "insurance":
		if held {
			return domain.Text("in_force"), from, true
		}
		return domain.Text("lapsed"), from, true
	case "combined":
		limit = policy.Combined
	case "per_person":
		limit = policy.PerPerson
	case "per_accident":
		limit = policy.PerAccident
	case "property":
		limit = policy.Property
	}
	if !held || limit == 0 {
		return domain.Value{}, nil, false
	}
	return domain.Int(int64(limit)), from, true
}

// overdue returns those of the tickets that were issued at the place and are
// still not cleared although more than so many days or months have passed since
// the day of issue (R4, R24).
func (v View) overdue(tickets []*Span, law domain.FactSource, t timeline.Instant) []*Span {
	return slices.DeleteFunc(tickets, func(s *Span) bool {
		e, ok := s.Event.(domain.TicketIssued)
		return !ok || string(e.Place) != law.Attr || t >= s.To || v.late(s, law) > t
	})
}

// late is the instant from which a ticket is overdue.
func (v View) late(ticket *Span, law domain.FactSource) timeline.Instant {
	_, issued := v.said(timeline.Position(ticket.Pos))
	z := v.Zone()
	return midnight(z, dated(issued, z).AddMonths(law.Months).AddDays(law.Days+1))
}

// overdueOf returns the overdue tickets of all vehicles that somebody owned when they
// were issued. They stay theirs, whoever owns the vehicle now.
func (v View) overdueOf(owner domain.Subject, law domain.FactSource, t timeline.Instant) []*Span {
	var out []*Span
	for _, id := range v.Vehicles(owner) {
		for _, s := range v.overdue(v.Tickets(id), law, t) {
			if then, _, found := v.owner(s.Subject, s.From); found && then == owner {
				out = append(out, s)
			}
		}
	}
	return out
}

// last returns the highest in rank of the spans that have begun at t, also if it
// is over by then.
func last(spans []*Span, t timeline.Instant) (*Span, bool) {
	for _, s := range slices.Backward(spans) {
		if s.From <= t {
			return s, true
		}
	}
	return nil, false
}

// holding reports whether any of the spans holds at t, and which do.
func holding(spans []*Span, t timeline.Instant) (bool, []domain.Position) {
	var from []domain.Position
	for _, s := range spans {
		if s.Holds(t) {
			from = append(from, s.Pos)
		}
	}
	return len(from) > 0, from
}

// holds is the fact that something holds of a subject at t.
func (v View) holds(of domain.Subject, a attribute, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	yes, from := holding(v.spans(of, a), t)
	return domain.Bool(yes), from, true
}

// endedBy returns the last mark by t, if there is one.
func (v View) endedBy(of domain.Subject, a attribute, t timeline.Instant) []domain.Position {
	if mark, found := last(v.spans(of, a), t); found {
		return []domain.Position{mark.Pos}
	}
	return nil
}

// count is the fact of how many there are.
func count(spans []*Span) (domain.Value, []domain.Position, bool) {
	return domain.Int(int64(len(spans))), positionsOf(spans), true
}

// passed reports whether a limit, if one was stated, is over at t.
func passed(until calendar.When, t timeline.Instant) bool {
	return !until.At.IsZero() && timeline.Of(until.At) <= t
}
