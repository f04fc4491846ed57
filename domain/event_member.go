package domain

import "github.com/comity-project/comity/domain/calendar"

// MemberAccredited says that a person took up functions at a mission in a
// category. A person may hold several capacities at once; the usual one is
// called main, and an empty Capacity means it.
type MemberAccredited struct {
	Mission  MissionID `json:"mission"`
	Category Category  `json:"category"`
	Rank     string    `json:"rank,omitzero"`
	Capacity string    `json:"capacity,omitzero"`
	// Nationalities of the person; none stated means the sending State's.
	Nationalities []StateID `json:"nationalities,omitzero"`
	// Status is the personal status; empty leaves it as it was (at first: none).
	Status   Status    `json:"status,omitzero"`
	Personal *Personal `json:"personal,omitzero"`
}

// MemberReassigned says that a member's functions go on at another mission of
// the same State. What is not stated stays.
type MemberReassigned struct {
	Mission  MissionID `json:"mission"`
	Category Category  `json:"category,omitzero"`
	Rank     string    `json:"rank,omitzero"`
	Capacity string    `json:"capacity,omitzero"`
}

// CategoryChanged says that a member's functions go on in another category.
type CategoryChanged struct {
	Category Category `json:"category"`
	Rank     string   `json:"rank,omitzero"`
	Capacity string   `json:"capacity,omitzero"`
}

// StatusChanged says what the person's status as national or resident is from
// then on (VCDR 38, VCCR 71).
type StatusChanged struct {
	Status Status `json:"status"`
}

// NationalityChanged says what nationalities the person has from then on.
type NationalityChanged struct {
	Nationalities []StateID `json:"nationalities"`
}

// LocalHireChanged says whether the person was hired locally.
type LocalHireChanged struct {
	LocalHire bool `json:"local_hire"`
}

// PrivateWorkChanged says whether the person carries on gainful private work
// (VCDR 42, VCCR 57).
type PrivateWorkChanged struct {
	PrivateWork bool `json:"private_work"`
}

// StudentChanged says whether the person is accredited as a full-time student.
type StudentChanged struct {
	Student bool `json:"student"`
}

// BirthRecorded records or mends the name or birth date of a person. It holds
// whatever its effective time.
type BirthRecorded struct {
	Personal *Personal `json:"personal"`
}

// FunctionsEnded says that the person's functions came to an end (VCDR 43). A
// stated period to leave overrides that of the law. An empty capacity means all.
type FunctionsEnded struct {
	Period   Period `json:"period,omitzero"`
	Reason   string `json:"reason,omitzero"`
	Capacity string `json:"capacity,omitzero"`
}

// PeriodSet states the period to leave of a person whose functions ended, in
// place of whatever was set before.
type PeriodSet struct {
	Period Period `json:"period"`
}

// MemberDeparted says that the person left for good (VCDR 39(2)).
type MemberDeparted struct{}

// MemberDied says that the person died; the family keeps its privileges for
// the period to leave (VCDR 39(3)).
type MemberDied struct{}

// PersonaNonGrata says that the office declared the person persona non grata
// or, for other than diplomatic staff and consular officers, not acceptable
// (VCDR 9, VCCR 23).
type PersonaNonGrata struct {
	As     ExpulsionAs `json:"as,omitzero"`
	Period Period      `json:"period,omitzero"`
}

// FamilyJoined says that a person forms part of a member's household.
type FamilyJoined struct {
	Sponsor       MemberID  `json:"sponsor"`
	Relation      Relation  `json:"relation"`
	Nationalities []StateID `json:"nationalities,omitzero"`
	Status        Status    `json:"status,omitzero"`
	Personal      *Personal `json:"personal,omitzero"`
}

// FamilyLeft says that the person no longer forms part of the household.
type FamilyLeft struct {
	Reason string `json:"reason,omitzero"`
}

// CourierDelivered says that a courier delivered the bag, which ends the
// protection of an ad hoc courier (VCDR 27(6), VCCR 35(6)).
type CourierDelivered struct{}

// VisitorRecorded records a person who visits a mission without being its member.
type VisitorRecorded struct {
	Mission       MissionID     `json:"mission"`
	Nationalities []StateID     `json:"nationalities,omitzero"`
	Status        Status        `json:"status,omitzero"`
	Personal      *Personal     `json:"personal,omitzero"`
	Until         calendar.When `json:"until,omitzero"`
}

// MissionTaxCard is the kind of a tax card that belongs to a mission, and the
// one kind of card that Go knows, because alone it is not a person's.
const MissionTaxCard CardKind = "tax_mission"

// CardIssued says that a card was issued. A card gives nothing; it shows what
// the holder was thought to have.
type CardIssued struct {
	// Holder is the person, and Mission the mission, whose card it is. A mission
	// card names the mission and may name the person pictured on it.
	Holder  MemberID      `json:"holder,omitzero"`
	Kind    CardKind      `json:"kind"`
	Border  string        `json:"border,omitzero"` // of an identity card: blue, green, red
	Until   calendar.When `json:"until,omitzero"`
	Mission MissionID     `json:"mission,omitzero"`
	// Design of a tax card: eagle or owl without restriction, deer or buffalo
	// with one. It shows the level; it does not make it.
	Design CardDesign `json:"design,omitzero"`
}

// CardRecalled says that the office called a card back.
type CardRecalled struct {
	Reason string `json:"reason,omitzero"`
}

// CardReturned says that a card came back.
type CardReturned struct{}

// VisaRecorded notes the class of the visa on which the person was admitted. A
// visa is no proof of status or immunity (DCI p.25, 27), and no rule reads it.
type VisaRecorded struct {
	Class VisaClass     `json:"class"`
	Until calendar.When `json:"until,omitzero"`
}

func (MemberAccredited) Type() Type   { return "member.accredited" }
func (MemberReassigned) Type() Type   { return "member.reassigned" }
func (CategoryChanged) Type() Type    { return "member.category_changed" }
func (StatusChanged) Type() Type      { return "member.status_changed" }
func (NationalityChanged) Type() Type { return "member.nationality_changed" }
func (LocalHireChanged) Type() Type   { return "member.local_hire_changed" }
func (PrivateWorkChanged) Type() Type { return "member.private_work_changed" }
func (StudentChanged) Type() Type     { return "member.student_changed" }
func (BirthRecorded) Type() Type      { return "member.birth_recorded" }
func (FunctionsEnded) Type() Type     { return "member.functions_ended" }
func (PeriodSet) Type() Type          { return "member.period_set" }
func (MemberDeparted) Type() Type     { return "member.departed" }
func (MemberDied) Type() Type         { return "member.died" }
func (PersonaNonGrata) Type() Type    { return "member.persona_non_grata" }
func (FamilyJoined) Type() Type       { return "family.joined" }
func (FamilyLeft) Type() Type         { return "family.left" }
func (CourierDelivered) Type() Type   { return "courier.delivered" }
func (VisitorRecorded) Type() Type    { return "visitor.recorded" }
func (CardIssued) Type() Type         { return "card.issued" }
func (CardRecalled) Type() Type       { return "card.recalled" }
func (CardReturned) Type() Type       { return "card.returned" }
func (VisaRecorded) Type() Type       { return "visa.recorded" }

func (MemberAccredited) About() SubjectKind   { return KindMember }
func (MemberReassigned) About() SubjectKind   { return KindMember }
func (CategoryChanged) About() SubjectKind    { return KindMember }
func (StatusChanged) About() SubjectKind      { return KindMember }
func (NationalityChanged) About() SubjectKind { return KindMember }
func (LocalHireChanged) About() SubjectKind   { return KindMember }
func (PrivateWorkChanged) About() SubjectKind { return KindMember }
func (StudentChanged) About() SubjectKind     { return KindMember }
func (BirthRecorded) About() SubjectKind      { return KindMember }
func (FunctionsEnded) About() SubjectKind     { return KindMember }
func (PeriodSet) About() SubjectKind          { return KindMember }
func (MemberDeparted) About() SubjectKind     { return KindMember }
func (MemberDied) About() SubjectKind         { return KindMember }
func (PersonaNonGrata) About() SubjectKind    { return KindMember }
func (FamilyJoined) About() SubjectKind       { return KindMember }
func (FamilyLeft) About() SubjectKind         { return KindMember }
func (CourierDelivered) About() SubjectKind   { return KindMember }
func (VisitorRecorded) About() SubjectKind    { return KindMember }
func (CardIssued) About() SubjectKind         { return KindCard }
func (CardRecalled) About() SubjectKind       { return KindCard }
func (CardReturned) About() SubjectKind       { return KindCard }
func (VisaRecorded) About() SubjectKind       { return KindMember }

func (MemberAccredited) sealed()   {}
func (MemberReassigned) sealed()   {}
func (CategoryChanged) sealed()    {}
func (StatusChanged) sealed()      {}
func (NationalityChanged) sealed() {}
func (LocalHireChanged) sealed()   {}
func (PrivateWorkChanged) sealed() {}
func (StudentChanged) sealed()     {}
func (BirthRecorded) sealed()      {}
func (FunctionsEnded) sealed()     {}
func (PeriodSet) sealed()          {}
func (MemberDeparted) sealed()     {}
func (MemberDied) sealed()         {}
func (PersonaNonGrata) sealed()    {}
func (FamilyJoined) sealed()       {}
func (FamilyLeft) sealed()         {}
func (CourierDelivered) sealed()   {}
func (VisitorRecorded) sealed()    {}
func (CardIssued) sealed()         {}
func (CardRecalled) sealed()       {}
func (CardReturned) sealed()       {}
func (VisaRecorded) sealed()       {}
