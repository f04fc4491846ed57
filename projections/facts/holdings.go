package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// A Card is a card as it stands at one instant.
type Card struct {
	ID domain.CardID
	domain.CardIssued
	Issued calendar.When
	State  string // held, returned, recalled or expired
	Events []domain.Position
}

// CardsOf returns the cards that had been issued by t to a person, or in the name
// of a mission, by id.
func (v View) CardsOf(of domain.Subject, t timeline.Instant) []Card {
	var out []Card
	for _, s := range v.cardsOf(of) {
		state, from, issued := document(v, []*Span{s}, t)
		if !issued {
			continue
		}
		_, when := v.said(timeline.Position(s.Pos))
		out = append(out, Card{ID: domain.CardID(s.ID), CardIssued: s.Event.(domain.CardIssued), Issued: when, State: state.Text(), Events: from})
	}
	return out
}

func (v View) cardsOf(of domain.Subject) []*Span {
	if of.Kind == domain.KindMission {
		return v.missionCards(domain.MissionID(of.ID), "")
	}
	return v.cards(domain.MemberID(of.ID), "")
}

// A Vehicle is a vehicle as it stands at one instant.
type Vehicle struct {
	ID          domain.VehicleID
	Kind        domain.VehicleKind
	Description string
	Leased      bool
	Plate       string // the last that was issued, whatever became of it
	Plates      string // none, held, expired, recalled or returned
	Registered  bool
	Until       calendar.When // of the decal that was issued last; zero if none runs out
	Insurance   string        // none, in_force or lapsed
	// Policy is the one recorded last, also if it has run out; zero once it lapsed.
	Policy   domain.InsuranceRecorded
	Tickets  int // open ones
	Overdue  int // those of them that are overdue by the law
	Liens    []string
	Withheld bool // whether registration of this vehicle is withheld
}

// VehiclesOf returns the vehicles that a member or a mission owns at t, by id.
// The sources are how the law in force counts tickets as overdue.
func (v View) VehiclesOf(owner domain.Subject, t timeline.Instant, sources []domain.FactSource) []Vehicle {
	var out []Vehicle
	for _, id := range v.Vehicles(owner) {
		if now, _, found := v.owner(domain.Of(domain.KindVehicle, id), t); found && now == owner {
			out = append(out, v.vehicleAt(id, t, sources))
		}
	}
	return out
}

func (v View) vehicleAt(id domain.VehicleID, t timeline.Instant, sources []domain.FactSource) Vehicle {
	of := domain.Of(domain.KindVehicle, id)
	out := Vehicle{ID: id}
	if recorded, found := last(v.spans(of, attrVehicle), t); found {
		e, _ := recorded.Event.(domain.VehicleRecorded)
		out.Kind, out.Description, out.Leased = e.Kind, e.Description, e.Leased
	}
	for _, mark := range begun(v.spans(of, attrPlates), t) {
		if e, registered := mark.Event.(domain.VehicleRegistered); registered {
			out.Until = e.Until
			if e.Plate != "" { // a new decal may leave the plate as it was
				out.Plate = e.Plate
			}
		}
	}
	plates, _, _ := v.plates(of, t)
	out.Plates = plates.Text()
	out.Registered, _ = holding(v.lift(of, v.spans(of, attrRegistered)), t)
	insured, _, _ := v.insurance(of, "insurance", t)
	out.Insurance = insured.Text()
	if mark, found := last(v.spans(of, attrInsurance), t); found {
		out.Policy, _ = mark.Event.(domain.InsuranceRecorded)
	}
	_, open := holding(v.Tickets(id), t)
	out.Tickets = len(open)
	var late []domain.Position
	for _, s := range sources {
		if constructor(s.Constructor) == ofOverdue {
			late = append(late, positionsOf(v.overdue(v.Tickets(id), s, t))...)
		}
	}
	slices.Sort(late)
	out.Overdue = len(slices.Compact(late))
	for _, s := range v.spans(of, attrLien) {
		if e, ok := s.Event.(domain.LienRecorded); ok && s.Holds(t) {
			out.Liens = append(out.Liens, e.Holder)
		}
	}
	out.Withheld, _ = holding(v.spans(of, attrWithheld), t)
	return out
}

// begun returns the spans that have begun at t, by rank.
func begun(spans []*Span, t timeline.Instant) []*Span {
	return slices.DeleteFunc(slices.Clone(spans), func(s *Span) bool { return s.From > t })
}
