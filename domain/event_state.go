package domain

import (
	"strings"

	"github.com/comity-project/comity/domain/calendar"
)

// StateRegistered enters a sending State, or an entity treated like one, in the
// office's register.
type StateRegistered struct {
	Name string `json:"name"`
}

// RelationsChanged says how relations with the State stand from then on.
// Severed relations end the functions of everybody at its missions (VCDR 45).
type RelationsChanged struct {
	Relations Relations `json:"relations"`
	Period    Period    `json:"period,omitzero"`
}

// StateSucceeded says that the State takes the place of another in its agreements.
type StateSucceeded struct {
	Predecessor StateID `json:"predecessor"`
}

// PracticeObserved says how the State treats our missions. It changes nothing
// here by itself: only a determination does (VCDR 47(2)(a)).
type PracticeObserved struct {
	Privileges []Privilege `json:"privileges"`
	Level      Level       `json:"level"`
	Params     Params      `json:"params,omitzero"`
	Source     string      `json:"source,omitzero"`
}

// AgreementConcluded says what an agreement with one or more States gives, from
// its entry into force.
type AgreementConcluded struct {
	States       []StateID     `json:"states"`
	MissionKinds []MissionKind `json:"mission_kinds,omitzero"`
	Categories   []Category    `json:"categories,omitzero"`
	// NationalsOnly limits it to nationals of the member's sending State.
	NationalsOnly bool `json:"nationals_only,omitzero"`
	// ExcludedStatuses get nothing from it.
	ExcludedStatuses []Status `json:"excluded_statuses,omitzero"`
	// Families says whether the family of a member it reaches shares in it.
	Families bool `json:"families,omitzero"`
	// As gives the privileges of another category; Raises gives them one by one.
	As     Category              `json:"as,omitzero"`
	Raises map[Privilege]Outcome `json:"raises,omitzero"`
	Until  calendar.When         `json:"until,omitzero"`
	// KeepsAtEnd says that those accredited before its end keep what it gave.
	KeepsAtEnd bool `json:"keeps_at_end,omitzero"`
}

// AgreementTerminated says that the agreement ceased to be in force.
type AgreementTerminated struct{}

// MeasureDetermined is the office's own act towards a State: from the effective
// time on, this is the level at which these privileges are extended.
type MeasureDetermined struct {
	State      StateID     `json:"state"`
	Privileges []Privilege `json:"privileges"`
	Level      Level       `json:"level"`
	Params     Params      `json:"params,omitzero"`
	Scope      Scope       `json:"scope,omitzero"`
	// Ground is why: "reciprocity", or a finding under FMA 4304(b).
	Ground string `json:"ground,omitzero"`
	// Observed records the practice that the measure answers, for each of its
	// privileges, as if it had been observed at the same time.
	Observed *Observation  `json:"observed,omitzero"`
	Replaces []MeasureID   `json:"replaces,omitzero"`
	Until    calendar.When `json:"until,omitzero"`
}

// Finding reports whether the ground of the measure is a finding under FMA
// 4304(b), which answers no practice.
func (m MeasureDetermined) Finding() bool {
	ground := strings.ToLower(m.Ground)
	return strings.Contains(ground, "finding") || strings.Contains(ground, "4304(b)")
}

// An Observation is a State's practice toward our missions.
type Observation struct {
	Level  Level  `json:"level"`
	Params Params `json:"params,omitzero"`
	Source string `json:"source,omitzero"`
}

// MeasureLifted ends a measure; with a scope, only for those inside it.
type MeasureLifted struct {
	Scope Scope `json:"scope,omitzero"`
}

func (StateRegistered) Type() Type     { return "state.registered" }
func (RelationsChanged) Type() Type    { return "relations.changed" }
func (StateSucceeded) Type() Type      { return "state.succeeded" }
func (PracticeObserved) Type() Type    { return "practice.observed" }
func (AgreementConcluded) Type() Type  { return "agreement.concluded" }
func (AgreementTerminated) Type() Type { return "agreement.terminated" }
func (MeasureDetermined) Type() Type   { return "measure.determined" }
func (MeasureLifted) Type() Type       { return "measure.lifted" }

func (StateRegistered) About() SubjectKind     { return KindState }
func (RelationsChanged) About() SubjectKind    { return KindState }
func (StateSucceeded) About() SubjectKind      { return KindState }
func (PracticeObserved) About() SubjectKind    { return KindState }
func (AgreementConcluded) About() SubjectKind  { return KindAgreement }
func (AgreementTerminated) About() SubjectKind { return KindAgreement }
func (MeasureDetermined) About() SubjectKind   { return KindMeasure }
func (MeasureLifted) About() SubjectKind       { return KindMeasure }

func (StateRegistered) sealed()     {}
func (RelationsChanged) sealed()    {}
func (StateSucceeded) sealed()      {}
func (PracticeObserved) sealed()    {}
func (AgreementConcluded) sealed()  {}
func (AgreementTerminated) sealed() {}
func (MeasureDetermined) sealed()   {}
func (MeasureLifted) sealed()       {}
