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
	case domain.OfficeFounded, domain.StateRegistered:
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
		if target == nil {
			return nil, fmt.Errorf("%s names no event to end", e.Type())
		}
		return end(*target, at), nil
	case domain.WaiverRequested, domain.WaiverGranted, domain.WaiverRefused:
		return mark(attrWaiver, at), nil
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
