package domain

import "github.com/comity-project/comity/domain/calendar"

// Codes of protection. Protection follows the threat and never reciprocity
// (VCDR 22(2), 29; VCCR 40; FMA 4314).
type (
	ThreatLevel    string // "low", "moderate", "elevated", "high", "critical"
	ProtectionKind string // "police_coverage", "uniformed_division", "extraordinary", "sensitive_location"
	OutreachKind   string // "visit", "briefing", "exercise"
)

// ThreatAssessed says how the threat to a member, mission or property stands
// from then on. The ground is what the assessment rests on.
type ThreatAssessed struct {
	Level  ThreatLevel   `json:"level"`
	Ground string        `json:"ground"`
	Until  calendar.When `json:"until,omitzero"`
}

// ProtectionAssigned says that a protective measure is in place for a member,
// mission or property. The ground is why: a threat, a visit, an event.
type ProtectionAssigned struct {
	Kind   ProtectionKind `json:"kind"`
	Ground string         `json:"ground"`
	Until  calendar.When  `json:"until,omitzero"`
}

// ProtectionEnded ends the protective measure that it targets.
type ProtectionEnded struct{}

// OutreachRecorded notes a visit to a member, mission or property, or a
// briefing, about its security.
type OutreachRecorded struct {
	Kind OutreachKind `json:"kind"`
	Note string       `json:"note,omitzero"`
}

func (ThreatAssessed) Type() Type     { return "threat.assessed" }
func (ProtectionAssigned) Type() Type { return "protection.assigned" }
func (ProtectionEnded) Type() Type    { return "protection.ended" }
func (OutreachRecorded) Type() Type   { return "outreach.recorded" }

func (ThreatAssessed) About() SubjectKind     { return "" }
func (ProtectionAssigned) About() SubjectKind { return "" }
func (ProtectionEnded) About() SubjectKind    { return "" }
func (OutreachRecorded) About() SubjectKind   { return "" }

func (ThreatAssessed) sealed()     {}
func (ProtectionAssigned) sealed() {}
func (ProtectionEnded) sealed()    {}
func (OutreachRecorded) sealed()   {}
