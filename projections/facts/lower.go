package facts

import (
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

type op = timeline.Op[attribute, domain.Value]

// lower says what an event does to the history of its subject, when it takes
// effect at when. Target is the event that it ends, if it names one.
// Retractions and corrections act on entries, not on attributes, and are no
// business of lower's.
func lower(e domain.Event, when calendar.When, target *timeline.Position) ([]op, error) {
	at := timeline.Of(when.At)
	switch e := e.(type) {
	case domain.OfficeFounded, domain.SemanticsAdopted, domain.StateRegistered,
		domain.RulesetDraftSaved, domain.RulesetProposed, domain.RulesetReturned, domain.RulesetApproved:
		return nil, nil
	case domain.RulesetPublished, domain.RulesetSuperseded, domain.RulesetWithdrawn:
		return mark(attrEdition, at), nil

	case domain.RelationsChanged:
		return set(attrRelations, domain.Text(e.Relations), at), nil
	case domain.StateSucceeded:
		return append(mark(attrSuccession, at), set(attrSuccessorOf, domain.Text(e.Predecessor), at)...), nil
	case domain.PracticeObserved:
		return mark(attrPractice, at), nil
	case domain.AgreementConcluded:
		return span(attrAgreement, at, e.Until), nil
	case domain.MeasureDetermined:
		ops := span(attrMeasure, at, e.Until)
		if e.Observed != nil {
			ops = append(ops, mark(attrPractice, at)...) // outlives the measure
		}
		return ops, nil
	case domain.AgreementTerminated, domain.MeasureLifted, domain.CardRecalled, domain.CardReturned:
		return mark(attrLift, at), nil

	case domain.MissionOpened:
		// What a mission is does not depend on when it opened.
		ops := set(attrState, domain.Text(e.State), timeline.Always)
		ops = append(ops, set(attrKind, domain.Text(e.Kind), timeline.Always)...)
		if e.City != "" {
			ops = append(ops, set(attrCity, domain.Text(e.City), timeline.Always)...)
		}
		if e.Zone != "" {
			ops = append(ops, set(attrZone, domain.Text(e.Zone), timeline.Always)...)
		}
		return append(ops, set(attrStatus, domain.Text(missionOpen), at)...), nil
	case domain.MissionSuspended:
		ops := set(attrStatus, domain.Text(missionSuspended), at)
		if e.Leave {
			ops = append(ops, mark(attrLeave, at)...)
		}
		return ops, nil
	case domain.ClosureOrdered:
		deadline := timeline.Of(e.Deadline.At)
		if deadline <= at {
			return set(attrStatus, domain.Text(missionClosed), at), nil
		}
		return append(set(attrStatus, domain.Text(missionClosing), at), set(attrStatus, domain.Text(missionClosed), deadline)...), nil
	case domain.MissionClosed:
		return set(attrStatus, domain.Text(missionClosed), at), nil
	case domain.MissionReopened:
		return set(attrStatus, domain.Text(missionOpen), at), nil
	case domain.ArchivesKept:
		return set(attrArchivesSeparate, domain.Bool(e.Separate), at), nil

	case domain.MemberAccredited:
		return append(mark(attrCapacity, at), person(e.Nationalities, e.Status, e.Personal, at)...), nil
	case domain.MemberReassigned, domain.CategoryChanged:
		return mark(attrCapacity, at), nil
	case domain.StatusChanged:
		return set(attrStatus, domain.Text(e.Status), at), nil
	case domain.NationalityChanged:
		return set(attrNationalities, domain.List(e.Nationalities), at), nil
	case domain.LocalHireChanged:
		return set(attrLocalHire, domain.Bool(e.LocalHire), at), nil
	case domain.PrivateWorkChanged:
		return set(attrPrivateWork, domain.Bool(e.PrivateWork), at), nil
	case domain.StudentChanged:
		return set(attrStudent, domain.Bool(e.Student), at), nil
	case domain.BirthRecorded:
		return person(nil, "", e.Personal, at), nil
	case domain.FunctionsEnded:
		return mark(attrFunctions, at), nil
	case domain.PeriodSet:
		return mark(attrPeriod, at), nil
	case domain.MemberDeparted:
		return mark(attrDeparted, at), nil
	case domain.MemberDied:
		return mark(attrDied, at), nil
	case domain.PersonaNonGrata:
		return mark(attrExpelled, at), nil
	case domain.FamilyJoined:
		return append(mark(attrHousehold, at), person(e.Nationalities, e.Status, e.Personal, at)...), nil
	case domain.FamilyLeft:
		return mark(attrHousehold, at), nil
	case domain.CourierDelivered:
		return mark(attrDelivered, at), nil
	case domain.VisitorRecorded:
		return append(mark(attrVisit, at), person(e.Nationalities, e.Status, e.Personal, at)...), nil
	case domain.VisaRecorded, domain.ConflictNoted:
		return mark(attrNoted, at), nil
	case domain.CardIssued:
		return span(attrCard, at, e.Until), nil

	case domain.PrivilegeGranted:
		return span(attrGrant, at, e.Until), nil
	case domain.PrivilegeRestricted:
		return span(attrRestriction, at, e.Until), nil
	case domain.PrivilegeRevoked:
		if target == nil {
			return mark(attrRestriction, at), nil
		}
		return end(*target, at), nil
	case domain.RestrictionLifted, domain.PrivilegeReinstated:
		return ends(e, target, at)
	case domain.WaiverRequested, domain.WaiverGranted, domain.WaiverRefused:
		return mark(attrWaiver, at), nil

	case domain.CustodyTaken:
		return append(mark(attrCustody, at), set(attrStatus, domain.Text(missionInCustody), at)...), nil
	case domain.VehicleRecorded, domain.VehicleTransferred, domain.VehicleDisposed, domain.VehicleRegistered,
		domain.PlatesRecalled, domain.PlatesSurrendered, domain.InsuranceRecorded, domain.InsuranceLapsed,
		domain.LienRecorded, domain.LienReleased, domain.TicketIssued, domain.TicketCleared:
		return lowerVehicle(e, at, target)
	case domain.ViolationRecorded, domain.PointsAssessed, domain.ConsequenceDecided,
		domain.LicenseSuspended, domain.LicenseRevoked, domain.LicenseReinstated,
		domain.RegistrationWithheld, domain.RegistrationReleased,
		domain.FeeImposed, domain.SurchargeImposed, domain.DutyAssessed, domain.ChargeSettled,
		domain.ExequaturWithdrawn, domain.VisaBarred, domain.WarrantRecorded, domain.NoteSent:
		return lowerEnforcement(e, at, target)
	case domain.PropertyRecorded, domain.PropertyUseChanged, domain.PropertyUseForgone, domain.PropertyUseRestored,
		domain.DivestitureOrdered, domain.PropertyDisposed:
		return lowerProperty(e, at), nil
	case domain.RequestFiled:
		return mark(attrRequest, at), nil
	case domain.RequestAcknowledged, domain.RequestApproved, domain.RequestDisapproved, domain.RequestWithdrawn:
		return mark(attrHandled, at), nil
	case domain.BenefitUsed:
		return mark(attrBenefit, at), nil
	case domain.RateRecorded:
		return set(attrDollars, domain.Text(e.Dollars), at), nil
	case domain.ThreatAssessed:
		return span(attrThreat, at, e.Until), nil
	case domain.ProtectionAssigned:
		return span(attrProtection, at, e.Until), nil
	case domain.ProtectionEnded:
		return ends(e, target, at)
	case domain.OutreachRecorded:
		return mark(attrNoted, at), nil
	default:
		return nil, fmt.Errorf("%T is not an event that says what happened", e)
	}
}

// person lowers what several events may say of a person. A birth date holds
// whenever it was recorded.
func person(nationalities []domain.StateID, status domain.Status, personal *domain.Personal, at timeline.Instant) []op {
	var ops []op
	if len(nationalities) > 0 {
		ops = append(ops, set(attrNationalities, domain.List(nationalities), at)...)
	}
	if status != "" {
		ops = append(ops, set(attrStatus, domain.Text(status), at)...)
	}
	if personal != nil && !personal.Birth.IsZero() {
		ops = append(ops, set(attrBirth, domain.Text(personal.Birth.String()), timeline.Always)...)
	}
	return ops
}

func set(a attribute, v domain.Value, from timeline.Instant) []op {
	return []op{timeline.Set(a, v, from)}
}

func mark(a attribute, at timeline.Instant) []op {
	return []op{timeline.Span(a, domain.Value{}, at, timeline.Never)}
}

func span(a attribute, from timeline.Instant, until calendar.When) []op {
	to := timeline.Never
	if !until.At.IsZero() {
		to = timeline.Of(until.At)
	}
	return []op{timeline.Span(a, domain.Value{}, from, to)}
}

func end(target timeline.Position, at timeline.Instant) []op {
	return []op{timeline.End[attribute, domain.Value](target, at)}
}

// ends lowers what ends the event that it names.
func ends(e domain.Event, target *timeline.Position, at timeline.Instant) ([]op, error) {
	if target == nil {
		return nil, fmt.Errorf("%s names no event to end", e.Type())
	}
	return end(*target, at), nil
}

func lowerVehicle(e domain.Event, at timeline.Instant, target *timeline.Position) ([]op, error) {
	switch e := e.(type) {
	case domain.VehicleRecorded:
		ops := append(mark(attrVehicle, at), mark(attrOwner, at)...)
		ops = append(ops, set(attrKind, domain.Text(e.Kind), timeline.Always)...)
		return append(ops, set(attrLeased, domain.Bool(e.Leased), at)...), nil
	case domain.VehicleTransferred:
		return mark(attrOwner, at), nil
	case domain.VehicleDisposed:
		return append(mark(attrLift, at), mark(attrOwner, at)...), nil
	case domain.VehicleRegistered:
		return append(mark(attrPlates, at), span(attrRegistered, at, e.Until)...), nil
	case domain.PlatesRecalled, domain.PlatesSurrendered:
		return mark(attrPlates, at), nil
	case domain.InsuranceRecorded, domain.InsuranceLapsed:
		return mark(attrInsurance, at), nil
	case domain.LienRecorded:
		return mark(attrLien, at), nil
	case domain.TicketIssued:
		return mark(attrTicket, at), nil
	default: // a lien released, a ticket cleared
		return ends(e, target, at)
	}
}

func lowerEnforcement(e domain.Event, at timeline.Instant, target *timeline.Position) ([]op, error) {
	switch e.(type) {
	case domain.ViolationRecorded, domain.PointsAssessed, domain.ConsequenceDecided:
		return mark(attrViolation, at), nil
	case domain.LicenseSuspended, domain.LicenseRevoked:
		return mark(attrLicense, at), nil
	case domain.RegistrationWithheld:
		return mark(attrWithheld, at), nil
	case domain.FeeImposed, domain.SurchargeImposed, domain.DutyAssessed:
		return mark(attrCharge, at), nil
	case domain.ExequaturWithdrawn:
		return mark(attrExpelled, at), nil
	case domain.VisaBarred, domain.WarrantRecorded, domain.NoteSent:
		return mark(attrNoted, at), nil
	default: // a license reinstated, a registration released, a charge settled
		return ends(e, target, at)
	}
}

func lowerProperty(e domain.Event, at timeline.Instant) []op {
	switch e := e.(type) {
	case domain.PropertyRecorded:
		ops := append(mark(attrProperty, at), set(attrUse, domain.Text(e.Use), at)...)
		if e.Tenure != "" {
			ops = append(ops, set(attrTenure, domain.Text(e.Tenure), at)...)
		}
		return append(ops, set(attrCommercial, domain.Bool(e.Commercial), at)...)
	case domain.PropertyUseChanged:
		return append(set(attrUse, domain.Text(e.Use), at), set(attrCommercial, domain.Bool(e.Commercial), at)...)
	case domain.PropertyUseForgone:
		return set(attrUseForgone, domain.Bool(true), at)
	case domain.PropertyUseRestored:
		return set(attrUseForgone, domain.Bool(false), at)
	case domain.DivestitureOrdered:
		return mark(attrDivest, at)
	default: // disposed
		return mark(attrLift, at)
	}
}
