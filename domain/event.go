package domain

import (
	"strings"

	"github.com/comity-project/comity/domain/calendar"
)

// Type names a kind of event, as it stands in the log: "member.accredited".
type Type string

// An Event is a fact about the office, a State, a mission or a person, in the
// past tense. The set is closed: every Event is declared in this package and
// listed in [Events].
type Event interface {
	// Type is the name under which the log keeps the event.
	Type() Type
	// About is the kind of subject that the event may have; for events that may
	// be about several kinds it is empty, and [Kinds] lists them.
	About() SubjectKind
	sealed()
}

// Codes of the controlled vocabulary. Which codes exist is data of the common
// ruleset; Go only keeps them apart.
type (
	Privilege   string // "imm.arrest"
	Category    string // "dip.agent"
	MissionKind string // "embassy"
	Status      string // personal status: "none", "us_national", "lpr", "permanently_resident"
	Level       string // level of treatment: "full", "minimum_purchase"
	Relations   string // "normal", "severed"
	Relation    string // of a family member to the sponsor: "spouse", "child"
	CardKind    string // "identity"
	VisaClass   string // "a1", "g4"
	CardDesign  string // of a tax card: "eagle", "deer", "owl", "buffalo"
	Stage       string // of a matter: "jurisdiction", "execution"
	WaivedBy    string // "state" or "individual"
	ExpulsionAs string // "persona_non_grata", "not_acceptable" or "departure_required"
)

// Mode says who states when an event was recorded.
type Mode string

// An office is live, when only its own clock stamps what is recorded, or a
// history, when the loader states it (archives, samples, scenarios).
const (
	Live    Mode = "live"
	History Mode = "history"
)

// Personal holds names and birth dates, and is the only place that does, so
// that they can be encrypted or erased without touching the rest.
type Personal struct {
	Name string `json:"name,omitzero"`
	// Birth is the date of birth, or zero if it is not known.
	Birth calendar.Date `json:"birth,omitzero"`
}

// Params are the parameters of a treatment, by the names that the common
// ruleset declares for facts of measures: radius, amount, currency, places.
type Params map[string]Value

// A Period to leave is stated in hours from delivery, in days from the local
// date on which functions end, or as the instant at which it ends. The zero
// Period leaves it to the law.
type Period struct {
	Hours int           `json:"hours,omitzero"`
	Days  int           `json:"days,omitzero"`
	Until calendar.When `json:"until,omitzero"`
}

// A Scope narrows whom a measure reaches. Empty lists do not narrow. Silent on
// family, it reaches what is derived from the sponsor but not the general
// liberties; silent on visitors, it does not reach them.
type Scope struct {
	MissionKinds []MissionKind `json:"mission_kinds,omitzero"`
	Missions     []MissionID   `json:"missions,omitzero"`
	Categories   []Category    `json:"categories,omitzero"`
	Ranks        []string      `json:"ranks,omitzero"`
	Statuses     []Status      `json:"statuses,omitzero"`
	Members      []MemberID    `json:"members,omitzero"`
	Family       *bool         `json:"family,omitzero"`
	Visitors     *bool         `json:"visitors,omitzero"`
}

// IsZero reports whether the scope narrows nothing.
func (s Scope) IsZero() bool {
	return len(s.MissionKinds)+len(s.Missions)+len(s.Categories)+len(s.Ranks)+len(s.Statuses)+len(s.Members) == 0 &&
		s.Family == nil && s.Visitors == nil
}

// Events returns a zero value of every event there is, in the order of the
// documentation.
func Events() []Event {
	return []Event{
		OfficeFounded{}, SemanticsAdopted{},
		RulesetDraftSaved{}, RulesetProposed{}, RulesetReturned{}, RulesetApproved{},
		RulesetPublished{}, RulesetSuperseded{}, RulesetWithdrawn{},
		StateRegistered{}, RelationsChanged{}, StateSucceeded{}, PracticeObserved{},
		AgreementConcluded{}, AgreementTerminated{}, MeasureDetermined{}, MeasureLifted{},
		MissionOpened{}, MissionSuspended{}, ClosureOrdered{}, MissionClosed{}, MissionReopened{}, ArchivesKept{},
		MemberAccredited{}, MemberReassigned{}, CategoryChanged{}, StatusChanged{}, NationalityChanged{},
		LocalHireChanged{}, PrivateWorkChanged{}, StudentChanged{}, BirthRecorded{},
		FunctionsEnded{}, PeriodSet{}, MemberDeparted{}, MemberDied{}, PersonaNonGrata{},
		FamilyJoined{}, FamilyLeft{}, CourierDelivered{}, VisitorRecorded{},
		CardIssued{}, CardRecalled{}, CardReturned{}, VisaRecorded{},
		PrivilegeGranted{}, PrivilegeRestricted{}, RestrictionLifted{}, PrivilegeRevoked{}, PrivilegeReinstated{},
		WaiverRequested{}, WaiverGranted{}, WaiverRefused{},
		VehicleRecorded{}, VehicleTransferred{}, VehicleDisposed{}, VehicleRegistered{}, PlatesRecalled{}, PlatesSurrendered{}, InsuranceRecorded{}, InsuranceLapsed{}, LienRecorded{}, LienReleased{}, TicketIssued{}, TicketCleared{},
		ViolationRecorded{}, ViolationDismissed{}, PointsAssessed{}, LicenseSuspended{}, LicenseRevoked{}, LicenseReinstated{}, RegistrationWithheld{}, RegistrationReleased{}, FeeImposed{}, SurchargeImposed{}, DutyAssessed{}, ChargeSettled{}, ConsequenceDecided{}, ExequaturWithdrawn{}, VisaBarred{}, WarrantRecorded{}, NoteSent{},
		RequestFiled{}, RequestAcknowledged{}, RequestApproved{}, RequestDisapproved{}, RequestWithdrawn{}, BenefitUsed{}, RateRecorded{},
		PropertyRecorded{}, PropertyUseChanged{}, PropertyUseForgone{}, PropertyUseRestored{}, DivestitureOrdered{}, PropertyDisposed{}, CustodyTaken{},
		ThreatAssessed{}, ProtectionAssigned{}, ProtectionEnded{}, OutreachRecorded{},
		ConflictNoted{},
		EventRetracted{}, EventCorrected{},
	}
}

// NeedsAuthority reports whether an event of e's type is refused without the
// law, note or order that it relies upon.
func NeedsAuthority(e Event) bool {
	switch e.(type) {
	case MeasureDetermined, MeasureLifted,
		PrivilegeGranted, PrivilegeRestricted, RestrictionLifted, PrivilegeRevoked, PrivilegeReinstated,
		WaiverGranted, ClosureOrdered, PersonaNonGrata, RulesetPublished, RulesetSuperseded, RulesetWithdrawn,
		LicenseSuspended, LicenseRevoked, LicenseReinstated, RegistrationWithheld, RegistrationReleased,
		FeeImposed, SurchargeImposed, DutyAssessed, ConsequenceDecided, ExequaturWithdrawn,
		RequestApproved, RequestDisapproved, PropertyUseForgone, PropertyUseRestored, DivestitureOrdered, CustodyTaken,
		ThreatAssessed, ProtectionAssigned:
		return true
	default:
		return false
	}
}

// NeedsTarget reports whether an event of e's type names the event it acts on.
func NeedsTarget(e Event) bool {
	switch e.(type) {
	case EventRetracted, EventCorrected, RestrictionLifted, PrivilegeReinstated,
		LienReleased, TicketCleared, ViolationDismissed, PointsAssessed, LicenseReinstated, RegistrationReleased,
		ChargeSettled, ConsequenceDecided, ProtectionEnded, ConflictNoted:
		return true
	default:
		return false
	}
}

// MayTarget reports whether an event of e's type may name an event it acts on.
func MayTarget(e Event) bool {
	switch e.(type) {
	case PrivilegeRevoked, LicenseSuspended, LicenseRevoked, RegistrationWithheld, FeeImposed, SurchargeImposed, DutyAssessed:
		return true
	default:
		return NeedsTarget(e)
	}
}

// Kinds lists the kinds of subject that an event of e's type may be about. A
// retraction, a correction and a note that sources differ have the subject of
// their target, whatever it is.
func Kinds(e Event) []SubjectKind {
	switch e.(type) {
	case EventRetracted, EventCorrected, ConflictNoted:
		return SubjectKinds()
	case PrivilegeGranted, PrivilegeRestricted, RestrictionLifted, PrivilegeRevoked, PrivilegeReinstated,
		ViolationRecorded, ViolationDismissed, FeeImposed, DutyAssessed, ChargeSettled, ConsequenceDecided, BenefitUsed:
		return []SubjectKind{KindMember, KindMission}
	case RegistrationWithheld, RegistrationReleased:
		return []SubjectKind{KindMember, KindMission, KindVehicle}
	case NoteSent:
		return []SubjectKind{KindMember, KindMission, KindState}
	case ThreatAssessed, ProtectionAssigned, ProtectionEnded, OutreachRecorded:
		return []SubjectKind{KindMember, KindMission, KindProperty}
	default:
		return []SubjectKind{e.About()}
	}
}

// KindsText says in words what [Kinds] lists: "a member or a mission".
func KindsText(e Event) string {
	var text strings.Builder
	kinds := Kinds(e)
	for i, kind := range kinds {
		switch {
		case i > 0 && i == len(kinds)-1:
			text.WriteString(" or ")
		case i > 0:
			text.WriteString(", ")
		}
		text.WriteString("a " + string(kind))
	}
	return text.String()
}

// Retracts reports whether an event of e's type says that the event which it
// targets never was, as known from then on.
func Retracts(e Event) bool {
	switch e.(type) {
	case EventRetracted, ViolationDismissed:
		return true
	default:
		return false
	}
}

// Revises reports whether an event of e's type says that the event which it
// targets never was, or was otherwise: whether that ceases to stand.
func Revises(e Event) bool {
	_, corrects := e.(EventCorrected)
	return corrects || Retracts(e)
}
