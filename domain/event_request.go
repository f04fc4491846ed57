package domain

import "github.com/comity-project/comity/domain/calendar"

// RequestKind is the sort of a notice or application: "property", "travel".
// Which kinds there are, for which privileges, and how long their clocks run is
// data of the common ruleset.
type RequestKind string

// RequestFiled says that a notice or an application reached the Office, from a
// member or a mission. The effective time is the date of the notice, from which
// clocks run (R4, R16, R17).
type RequestFiled struct {
	Kind      RequestKind `json:"kind"`
	Applicant MemberID    `json:"applicant,omitzero"`
	Mission   MissionID   `json:"mission,omitzero"`
	// Members for whom a mission files; none means the mission itself.
	Members []MemberID `json:"members,omitzero"`
	// Privileges that it is about; none means those of its kind.
	Privileges []Privilege `json:"privileges,omitzero"`
	// Object is what the act is done to: a vehicle, a property, a shipment.
	// Empty, it serves for whatever object is asked about.
	Object string `json:"object,omitzero"`
	// From and Until are the window of the act; none means at any time.
	From        calendar.When `json:"from,omitzero"`
	Until       calendar.When `json:"until,omitzero"`
	Place       string        `json:"place,omitzero"`
	Amount      Cents         `json:"amount,omitzero"`
	Description string        `json:"description,omitzero"`
}

// RequestAcknowledged says that the Office took the request up. It may set a
// shorter period than the law's (FMA 4305(a)(1)).
type RequestAcknowledged struct {
	Days int `json:"days,omitzero"`
}

// RequestApproved says that the Office agreed, on terms if it states any.
type RequestApproved struct {
	Terms []string      `json:"terms,omitzero"`
	Until calendar.When `json:"until,omitzero"`
}

// RequestDisapproved says that the Office did not agree. Remedy names terms
// that would remove the disapproval.
type RequestDisapproved struct {
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitzero"`
}

// RequestWithdrawn says that whoever filed the request took it back.
type RequestWithdrawn struct {
	Reason string `json:"reason,omitzero"`
}

// BenefitUsed says that a member or a mission made use of a privilege: a
// purchase, a shipment, a trip. What is used counts against quantities.
type BenefitUsed struct {
	Privilege Privilege `json:"privilege"`
	Goods     string    `json:"goods,omitzero"`
	Quantity  int       `json:"quantity,omitzero"`
	Unit      string    `json:"unit,omitzero"`
	Amount    Cents     `json:"amount,omitzero"`
	Object    string    `json:"object,omitzero"`
	// FirstInstallation says that articles were cleared as those of first
	// installation (VCDR 37(2), VCCR 50(2)).
	FirstInstallation bool `json:"first_installation,omitzero"`
}

// RateRecorded says what one unit of a currency is worth in United States
// dollars from then on: a decimal such as 1.0842. Its subject is the currency,
// rate/eur.
type RateRecorded struct {
	Dollars string `json:"dollars"`
	Source  string `json:"source,omitzero"`
}

func (RequestFiled) Type() Type        { return "request.filed" }
func (RequestAcknowledged) Type() Type { return "request.acknowledged" }
func (RequestApproved) Type() Type     { return "request.approved" }
func (RequestDisapproved) Type() Type  { return "request.disapproved" }
func (RequestWithdrawn) Type() Type    { return "request.withdrawn" }
func (BenefitUsed) Type() Type         { return "benefit.used" }
func (RateRecorded) Type() Type        { return "rate.recorded" }

func (RequestFiled) About() SubjectKind        { return KindRequest }
func (RequestAcknowledged) About() SubjectKind { return KindRequest }
func (RequestApproved) About() SubjectKind     { return KindRequest }
func (RequestDisapproved) About() SubjectKind  { return KindRequest }
func (RequestWithdrawn) About() SubjectKind    { return KindRequest }
func (BenefitUsed) About() SubjectKind         { return "" }
func (RateRecorded) About() SubjectKind        { return KindRate }

func (RequestFiled) sealed()        {}
func (RequestAcknowledged) sealed() {}
func (RequestApproved) sealed()     {}
func (RequestDisapproved) sealed()  {}
func (RequestWithdrawn) sealed()    {}
func (BenefitUsed) sealed()         {}
func (RateRecorded) sealed()        {}
