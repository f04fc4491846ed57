// Package domaintest makes events for tests: one at a time by name, or any
// number of arbitrary ones with pgregory.net/rapid.
//
// The builders return whole envelopes with everything that an envelope needs,
// so that a test states only what it is about:
//
//	ana := domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
//	oops := domaintest.Retracted(ana, "entered for the wrong person", domaintest.Recorded("2024-02-01"))
//
// States, missions and people are invented. Times without a zone are those of
// [Office]. A mistake in an argument is a mistake in the test, and panics.
package domaintest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"reflect"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Office is the zone in which the builders read dates.
var Office = must(calendar.LoadZone("America/New_York"))

// An Option changes an envelope that a builder has made.
type Option func(*domain.Envelope)

// Event makes an envelope around any event. Unless an option says otherwise it
// was recorded when it took effect, in a command of its own, by "desk/1", and
// on the authority "note 1" if it needs one. Its id is made from all that, so
// that equal envelopes have equal ids and others do not.
func Event(subject, effective string, event domain.Event, options ...Option) domain.Envelope {
	e := domain.Envelope{
		Subject:   must(domain.ParseSubject(subject)),
		Effective: When(effective),
		Actor:     "desk/1",
		Event:     event,
	}
	says := event
	if corrected, ok := event.(domain.EventCorrected); ok {
		says = corrected.Body
	}
	if domain.NeedsAuthority(says) {
		e.Authority = "note 1"
	}
	e.Recorded = e.Effective.At
	for _, option := range options {
		option(&e)
	}
	if e.ID.IsZero() {
		e.ID = domain.EventID(hash("event", e))
	}
	if e.Command.IsZero() {
		e.Command = domain.CommandID(hash("command", e))
	}
	return e
}

// hash makes an id from what an envelope says. The golden files of domain/codec
// hold such ids, so it stays as it is.
func hash(what string, e domain.Envelope) [16]byte {
	h := sha256.New()
	fmt.Fprintln(h, what, e.Subject, e.Type(), e.Effective, e.Recorded, e.Authority, e.Target)
	dump(h, reflect.ValueOf(asBefore(e.Event)))
	return [16]byte(h.Sum(nil)[:16])
}

// asBefore leaves out what an event can say since its golden file was written, as
// long as it does not say it, so that the file's ids stay what they are.
func asBefore(e domain.Event) any {
	if p, ok := e.(domain.RulesetPublished); ok && p.Reason == "" && p.RollbackOf == "" {
		return struct{ Edition, Hash string }{p.Edition, p.Hash}
	}
	return e
}

// dump writes all that v says, and follows pointers, which fmt does not.
func dump(w io.Writer, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			fmt.Fprintln(w, "nil")
			return
		}
		dump(w, v.Elem())
	case reflect.Struct:
		if _, whole := v.Interface().(fmt.Stringer); whole {
			fmt.Fprintln(w, v.Interface())
			return
		}
		for i := range v.NumField() {
			dump(w, v.Field(i))
		}
	default:
		fmt.Fprintf(w, "%q\n", fmt.Sprint(v.Interface()))
	}
}

// When reads a time as people write it, in the zone of [Office].
func When(text string) calendar.When { return must(calendar.ParseWhen(text, Office)) }

// Recorded says when the event was recorded.
func Recorded(text string) Option {
	return func(e *domain.Envelope) { e.Recorded = When(text).At }
}

// Authority says on what the event relies.
func Authority(text string) Option { return func(e *domain.Envelope) { e.Authority = text } }

// Actor says who recorded the event.
func Actor(text string) Option { return func(e *domain.Envelope) { e.Actor = text } }

// Target names the event that this one acts on.
func Target(of domain.Envelope) Option { return func(e *domain.Envelope) { e.Target = of.ID } }

// ID gives the event an id.
func ID(id domain.EventID) Option { return func(e *domain.Envelope) { e.ID = id } }

// Command says which command recorded the event.
func Command(id domain.CommandID) Option { return func(e *domain.Envelope) { e.Command = id } }

// Registered enters a State.
func Registered(state domain.StateID, effective string, options ...Option) domain.Envelope {
	return Event("state/"+string(state), effective, domain.StateRegistered{Name: string(state)}, options...)
}

// Opened opens a mission of a State.
func Opened(mission domain.MissionID, state domain.StateID, kind domain.MissionKind, effective string, options ...Option) domain.Envelope {
	return Event("mission/"+string(mission), effective, domain.MissionOpened{State: state, Kind: kind}, options...)
}

// Accredited accredits a person to a mission.
func Accredited(member domain.MemberID, mission domain.MissionID, category domain.Category, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.MemberAccredited{Mission: mission, Category: category}, options...)
}

// Joined enters a person in a member's household.
func Joined(member, sponsor domain.MemberID, relation domain.Relation, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.FamilyJoined{Sponsor: sponsor, Relation: relation}, options...)
}

// StatusChanged changes a person's status.
func StatusChanged(member domain.MemberID, status domain.Status, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.StatusChanged{Status: status}, options...)
}

// Ended ends a person's functions, in all capacities.
func Ended(member domain.MemberID, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.FunctionsEnded{}, options...)
}

// Departed says that a person left for good.
func Departed(member domain.MemberID, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.MemberDeparted{}, options...)
}

// Determined is a measure towards a State, with the same practice observed.
func Determined(measure domain.MeasureID, state domain.StateID, level domain.Level, privileges []domain.Privilege, effective string, options ...Option) domain.Envelope {
	return Event("measure/"+string(measure), effective, domain.MeasureDetermined{
		State: state, Privileges: privileges, Level: level, Ground: "reciprocity",
		Observed: &domain.Observation{Level: level},
	}, options...)
}

// Granted grants privileges to "member/..." or "mission/...".
func Granted(subject string, privileges []domain.Privilege, effective string, options ...Option) domain.Envelope {
	return Event(subject, effective, domain.PrivilegeGranted{Privileges: privileges}, options...)
}

// Restricted withdraws privileges from "member/..." or "mission/...".
func Restricted(subject string, privileges []domain.Privilege, effective string, options ...Option) domain.Envelope {
	return Event(subject, effective, domain.PrivilegeRestricted{Privileges: privileges}, options...)
}

// Waived is a waiver by the sending State.
func Waived(member domain.MemberID, matter domain.MatterID, immunities []domain.Privilege, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.WaiverGranted{Matter: matter, Immunities: immunities, By: "state"}, options...)
}

// VehicleRecorded enters a member's vehicle.
func VehicleRecorded(vehicle domain.VehicleID, owner domain.MemberID, kind domain.VehicleKind, effective string, options ...Option) domain.Envelope {
	return Event("vehicle/"+string(vehicle), effective, domain.VehicleRecorded{Kind: kind, Owner: owner}, options...)
}

// MissionVehicleRecorded enters a mission's vehicle.
func MissionVehicleRecorded(vehicle domain.VehicleID, owner domain.MissionID, kind domain.VehicleKind, effective string, options ...Option) domain.Envelope {
	return Event("vehicle/"+string(vehicle), effective, domain.VehicleRecorded{Kind: kind, OwnerMission: owner}, options...)
}

// Insured says that a vehicle is insured with a combined single limit.
func Insured(vehicle domain.VehicleID, combined domain.Cents, effective string, options ...Option) domain.Envelope {
	return Event("vehicle/"+string(vehicle), effective, domain.InsuranceRecorded{Combined: combined}, options...)
}

// TicketIssued says that a vehicle got a parking ticket.
func TicketIssued(vehicle domain.VehicleID, place domain.TicketPlace, effective string, options ...Option) domain.Envelope {
	return Event("vehicle/"+string(vehicle), effective, domain.TicketIssued{Place: place}, options...)
}

// TicketCleared says that a ticket was paid or adjudicated.
func TicketCleared(ticket domain.Envelope, effective string, options ...Option) domain.Envelope {
	return follow(ticket, effective, domain.TicketCleared{}, options...)
}

// ViolationRecorded says that "member/..." or "mission/..." broke a rule.
func ViolationRecorded(subject string, offence domain.Offence, points int, effective string, options ...Option) domain.Envelope {
	return Event(subject, effective, domain.ViolationRecorded{Offence: offence, Points: points}, options...)
}

// ViolationDismissed says that a violation never counted.
func ViolationDismissed(violation domain.Envelope, effective string, options ...Option) domain.Envelope {
	return follow(violation, effective, domain.ViolationDismissed{Reason: "dismissed by the court"}, options...)
}

// LicenseSuspended takes a person's license for a term.
func LicenseSuspended(member domain.MemberID, term domain.Term, effective string, options ...Option) domain.Envelope {
	return Event("member/"+string(member), effective, domain.LicenseSuspended{Term: term}, options...)
}

// RequestFiled is a notice or an application of a mission, about the
// privileges of its kind unless some are named.
func RequestFiled(request domain.RequestID, mission domain.MissionID, kind domain.RequestKind, privileges []domain.Privilege, effective string, options ...Option) domain.Envelope {
	return Event("request/"+string(request), effective, domain.RequestFiled{Kind: kind, Mission: mission, Privileges: privileges}, options...)
}

// RequestApproved says that the office agreed, on terms if some are stated.
func RequestApproved(request domain.RequestID, terms []string, effective string, options ...Option) domain.Envelope {
	return Event("request/"+string(request), effective, domain.RequestApproved{Terms: terms}, options...)
}

// RequestDisapproved says that the office did not agree.
func RequestDisapproved(request domain.RequestID, effective string, options ...Option) domain.Envelope {
	return Event("request/"+string(request), effective, domain.RequestDisapproved{Reason: "no equivalent treatment"}, options...)
}

// RequestWithdrawn says that a request was taken back.
func RequestWithdrawn(request domain.RequestID, effective string, options ...Option) domain.Envelope {
	return Event("request/"+string(request), effective, domain.RequestWithdrawn{}, options...)
}

// BenefitUsed says that "member/..." or "mission/..." made use of a privilege.
func BenefitUsed(subject string, privilege domain.Privilege, goods string, quantity int, effective string, options ...Option) domain.Envelope {
	return Event(subject, effective, domain.BenefitUsed{Privilege: privilege, Goods: goods, Quantity: quantity}, options...)
}

// RateRecorded says what one unit of a currency is worth in dollars.
func RateRecorded(currency, dollars, effective string, options ...Option) domain.Envelope {
	return Event("rate/"+currency, effective, domain.RateRecorded{Dollars: dollars}, options...)
}

// PropertyRecorded enters a property of a mission.
func PropertyRecorded(property domain.PropertyID, mission domain.MissionID, use domain.PropertyUse, effective string, options ...Option) domain.Envelope {
	return Event("property/"+string(property), effective, domain.PropertyRecorded{Mission: mission, Use: use}, options...)
}

// ProtectionAssigned puts a protective measure in place for "member/...",
// "mission/..." or "property/...".
func ProtectionAssigned(subject string, kind domain.ProtectionKind, ground, effective string, options ...Option) domain.Envelope {
	return Event(subject, effective, domain.ProtectionAssigned{Kind: kind, Ground: ground}, options...)
}

// follow makes an event that acts on an earlier one.
func follow(target domain.Envelope, effective string, event domain.Event, options ...Option) domain.Envelope {
	return Event(target.Subject.String(), effective, event, append([]Option{Target(target)}, options...)...)
}

// Retracted says that an event never was.
func Retracted(target domain.Envelope, reason string, options ...Option) domain.Envelope {
	e := Event(target.Subject.String(), target.Effective.String(), domain.EventRetracted{Reason: reason},
		append([]Option{Target(target), Recorded(calendar.FormatInstant(target.Recorded))}, options...)...)
	e.Effective = target.Effective
	return e
}

// Corrected says that an event was otherwise, from the given time.
func Corrected(target domain.Envelope, effective string, body domain.Event, options ...Option) domain.Envelope {
	return Event(target.Subject.String(), effective, domain.EventCorrected{Reason: "entered wrongly", Body: body},
		append([]Option{Target(target), Recorded(calendar.FormatInstant(target.Recorded))}, options...)...)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
