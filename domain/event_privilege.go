package domain

import "github.com/comity-project/comity/domain/calendar"

// PrivilegeGranted gives one person or mission more than the law does, from
// the effective time until the stated end.
type PrivilegeGranted struct {
	Privileges []Privilege   `json:"privileges"`
	Until      calendar.When `json:"until,omitzero"`
	Reason     string        `json:"reason,omitzero"`
}

// PrivilegeRestricted lowers the privileges of one person or mission to a
// level; an empty level means withdrawn.
type PrivilegeRestricted struct {
	Privileges []Privilege   `json:"privileges"`
	Level      Level         `json:"level,omitzero"`
	Params     Params        `json:"params,omitzero"`
	Until      calendar.When `json:"until,omitzero"`
	Reason     string        `json:"reason,omitzero"`
}

// RestrictionLifted ends the restriction that it targets.
type RestrictionLifted struct{}

// PrivilegeRevoked ends the grant that it targets or, without a target, denies
// the privileges that it names.
type PrivilegeRevoked struct {
	Privileges []Privilege `json:"privileges,omitzero"`
	Reason     string      `json:"reason,omitzero"`
}

// PrivilegeReinstated ends the restriction or revocation that it targets.
type PrivilegeReinstated struct{}

// WaiverRequested says that the office asked the sending State to waive.
type WaiverRequested struct {
	Matter     MatterID    `json:"matter"`
	Immunities []Privilege `json:"immunities"`
	Stage      Stage       `json:"stage,omitzero"`
}

// WaiverGranted is an express waiver of the named immunities in the stated
// matter (VCDR 32, VCCR 45). Given by the individual it has no effect: the
// immunity is the State's.
type WaiverGranted struct {
	Matter     MatterID    `json:"matter"`
	Immunities []Privilege `json:"immunities"`
	// Stage is jurisdiction (the default) or execution, which needs its own waiver.
	Stage Stage    `json:"stage,omitzero"`
	By    WaivedBy `json:"by"`
}

// WaiverRefused says that the sending State refused to waive.
type WaiverRefused struct {
	Matter     MatterID    `json:"matter"`
	Immunities []Privilege `json:"immunities,omitzero"`
	Stage      Stage       `json:"stage,omitzero"`
}

// EventRetracted says that the targeted event never was. Retracting a
// correction brings back what it corrected.
type EventRetracted struct {
	Reason string `json:"reason"`
}

// EventCorrected says that the targeted event was otherwise: Body, of the same
// type, stands in its place from the effective time of this event, and keeps
// its rank among events of the same instant.
type EventCorrected struct {
	Reason string `json:"reason"`
	Body   Event  `json:"body"`
}

func (PrivilegeGranted) Type() Type    { return "privilege.granted" }
func (PrivilegeRestricted) Type() Type { return "privilege.restricted" }
func (RestrictionLifted) Type() Type   { return "restriction.lifted" }
func (PrivilegeRevoked) Type() Type    { return "privilege.revoked" }
func (PrivilegeReinstated) Type() Type { return "privilege.reinstated" }
func (WaiverRequested) Type() Type     { return "waiver.requested" }
func (WaiverGranted) Type() Type       { return "waiver.granted" }
func (WaiverRefused) Type() Type       { return "waiver.refused" }
func (EventRetracted) Type() Type      { return "event.retracted" }
func (EventCorrected) Type() Type      { return "event.corrected" }

func (PrivilegeGranted) About() SubjectKind    { return "" }
func (PrivilegeRestricted) About() SubjectKind { return "" }
func (RestrictionLifted) About() SubjectKind   { return "" }
func (PrivilegeRevoked) About() SubjectKind    { return "" }
func (PrivilegeReinstated) About() SubjectKind { return "" }
func (WaiverRequested) About() SubjectKind     { return KindMember }
func (WaiverGranted) About() SubjectKind       { return KindMember }
func (WaiverRefused) About() SubjectKind       { return KindMember }
func (EventRetracted) About() SubjectKind      { return "" }
func (EventCorrected) About() SubjectKind      { return "" }

func (PrivilegeGranted) sealed()    {}
func (PrivilegeRestricted) sealed() {}
func (RestrictionLifted) sealed()   {}
func (PrivilegeRevoked) sealed()    {}
func (PrivilegeReinstated) sealed() {}
func (WaiverRequested) sealed()     {}
func (WaiverGranted) sealed()       {}
func (WaiverRefused) sealed()       {}
func (EventRetracted) sealed()      {}
func (EventCorrected) sealed()      {}
