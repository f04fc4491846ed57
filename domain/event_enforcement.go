package domain

import "github.com/comity-project/comity/domain/calendar"

// Codes of enforcement.
type (
	Offence     string // "traffic.dui"
	Consequence string // "license.suspended"
	Decided     string // "imposed" or "declined"
)

// Whether a person made a proposed consequence real.
const (
	Imposed  Decided = "imposed"
	Declined Decided = "declined"
)

// A Term is how long something runs: a number of days or months from the local
// date on which it begins, that date included, or until a stated instant. The
// zero Term runs until it is ended.
type Term struct {
	Days   int           `json:"days,omitzero"`
	Months int           `json:"months,omitzero"`
	Until  calendar.When `json:"until,omitzero"`
}

// ViolationRecorded says that a member or a mission broke a rule at the
// effective time, as reported. Points count from 00:00 of the later of that
// date and the date of recording, for the window of the law (R22).
type ViolationRecorded struct {
	Offence  Offence   `json:"offence"`
	Points   int       `json:"points,omitzero"`
	Citation string    `json:"citation,omitzero"` // number of the citation
	Place    string    `json:"place,omitzero"`
	Vehicle  VehicleID `json:"vehicle,omitzero"`
	Matter   MatterID  `json:"matter,omitzero"` // the case, if it went before a court
}

// ViolationDismissed says that the violation that it targets was dismissed or
// a mistake: as known from then on it never counted (R23).
type ViolationDismissed struct {
	Reason string `json:"reason"`
}

// PointsAssessed enters points for the violation that it targets, as when a
// waiver is refused and the case is settled administratively (OFM-VIOLATIONS).
// They age by the date of the violation.
type PointsAssessed struct {
	Points int `json:"points"`
}

// LicenseSuspended takes the driver's license of the Office for a term (R23).
// It may target the violation that it answers.
type LicenseSuspended struct {
	Term   Term   `json:"term,omitzero"`
	Reason string `json:"reason,omitzero"`
}

// LicenseRevoked takes the driver's license of the Office for good. It may
// target the violation that it answers.
type LicenseRevoked struct {
	Reason string `json:"reason,omitzero"`
}

// LicenseReinstated ends the suspension or revocation that it targets.
type LicenseReinstated struct{}

// RegistrationWithheld keeps a vehicle, or all vehicles of a member or mission,
// from registration and renewal. It may target the violation that it answers.
type RegistrationWithheld struct {
	Reason string `json:"reason,omitzero"`
}

// RegistrationReleased ends the withholding that it targets.
type RegistrationReleased struct{}

// FeeImposed charges a member or a mission a fee, as for replacing a product of
// the Office or for failing on insurance, tags, title or registration.
type FeeImposed struct {
	Amount Cents  `json:"amount"`
	Reason string `json:"reason,omitzero"`
}

// SurchargeImposed lays a surcharge on a mission, as for a judgment that an
// uninsured member leaves unpaid (FMA 4304a).
type SurchargeImposed struct {
	Amount Cents  `json:"amount"`
	Reason string `json:"reason,omitzero"`
}

// DutyAssessed says that duty is due for goods that were let in free of it.
type DutyAssessed struct {
	Amount Cents  `json:"amount"`
	Reason string `json:"reason,omitzero"`
}

// ChargeSettled says that the fee, surcharge or duty that it targets was paid
// or remitted.
type ChargeSettled struct {
	Reason string `json:"reason,omitzero"`
}

// ConsequenceDecided says that a person made a proposed consequence of the
// violation that it targets real, or declined to. What takes effect, such as
// license.suspended, is an event of its own.
type ConsequenceDecided struct {
	Consequence Consequence `json:"consequence"`
	Decided     Decided     `json:"decided"`
	Reason      string      `json:"reason,omitzero"`
}

// ExequaturWithdrawn says that the receiving State no longer admits the head of
// a consular post, which ends the functions (VCCR 12, 23, 25).
type ExequaturWithdrawn struct {
	Period Period `json:"period,omitzero"`
}

// VisaBarred notes that no visa is to be issued to the person again.
type VisaBarred struct {
	Reason string `json:"reason,omitzero"`
}

// WarrantRecorded notes that a warrant was obtained and lies waiting for the
// end of immunity (DCI p.31).
type WarrantRecorded struct {
	Matter  MatterID `json:"matter"`
	Offence Offence  `json:"offence,omitzero"`
}

// NoteSent notes that a diplomatic note was sent about the State, mission or member.
type NoteSent struct {
	Number  string `json:"number"`
	Subject string `json:"subject,omitzero"`
}

func (ViolationRecorded) Type() Type    { return "violation.recorded" }
func (ViolationDismissed) Type() Type   { return "violation.dismissed" }
func (PointsAssessed) Type() Type       { return "points.assessed" }
func (LicenseSuspended) Type() Type     { return "license.suspended" }
func (LicenseRevoked) Type() Type       { return "license.revoked" }
func (LicenseReinstated) Type() Type    { return "license.reinstated" }
func (RegistrationWithheld) Type() Type { return "registration.withheld" }
func (RegistrationReleased) Type() Type { return "registration.released" }
func (FeeImposed) Type() Type           { return "fee.imposed" }
func (SurchargeImposed) Type() Type     { return "surcharge.imposed" }
func (DutyAssessed) Type() Type         { return "duty.assessed" }
func (ChargeSettled) Type() Type        { return "charge.settled" }
func (ConsequenceDecided) Type() Type   { return "consequence.decided" }
func (ExequaturWithdrawn) Type() Type   { return "exequatur.withdrawn" }
func (VisaBarred) Type() Type           { return "visa.barred" }
func (WarrantRecorded) Type() Type      { return "warrant.recorded" }
func (NoteSent) Type() Type             { return "note.sent" }

func (ViolationRecorded) About() SubjectKind    { return "" }
func (ViolationDismissed) About() SubjectKind   { return "" }
func (PointsAssessed) About() SubjectKind       { return KindMember }
func (LicenseSuspended) About() SubjectKind     { return KindMember }
func (LicenseRevoked) About() SubjectKind       { return KindMember }
func (LicenseReinstated) About() SubjectKind    { return KindMember }
func (RegistrationWithheld) About() SubjectKind { return "" }
func (RegistrationReleased) About() SubjectKind { return "" }
func (FeeImposed) About() SubjectKind           { return "" }
func (SurchargeImposed) About() SubjectKind     { return KindMission }
func (DutyAssessed) About() SubjectKind         { return "" }
func (ChargeSettled) About() SubjectKind        { return "" }
func (ConsequenceDecided) About() SubjectKind   { return "" }
func (ExequaturWithdrawn) About() SubjectKind   { return KindMember }
func (VisaBarred) About() SubjectKind           { return KindMember }
func (WarrantRecorded) About() SubjectKind      { return KindMember }
func (NoteSent) About() SubjectKind             { return "" }

func (ViolationRecorded) sealed()    {}
func (ViolationDismissed) sealed()   {}
func (PointsAssessed) sealed()       {}
func (LicenseSuspended) sealed()     {}
func (LicenseRevoked) sealed()       {}
func (LicenseReinstated) sealed()    {}
func (RegistrationWithheld) sealed() {}
func (RegistrationReleased) sealed() {}
func (FeeImposed) sealed()           {}
func (SurchargeImposed) sealed()     {}
func (DutyAssessed) sealed()         {}
func (ChargeSettled) sealed()        {}
func (ConsequenceDecided) sealed()   {}
func (ExequaturWithdrawn) sealed()   {}
func (VisaBarred) sealed()           {}
func (WarrantRecorded) sealed()      {}
func (NoteSent) sealed()             {}
