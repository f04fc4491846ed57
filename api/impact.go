package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/impact"
)

// An Impact is what a draft would do, for programs: docs/format/impact.md. The list of
// those who are affected follows.
type Impact struct {
	Draft       domain.Edition     `json:"draft"`
	Effective   time.Time          `json:"effective"`
	Before      *domain.Edition    `json:"before"`
	After       *domain.Edition    `json:"after"`
	From        time.Time          `json:"from"`
	Until       time.Time          `json:"until,omitzero"`
	AsKnown     domain.Position    `json:"as_known"`
	Position    domain.Position    `json:"position"`
	Semantics   int                `json:"semantics"`
	Request     map[string]string  `json:"request,omitempty"`
	Subjects    int                `json:"subjects"`
	Asked       int                `json:"asked"`
	People      ImpactCounts       `json:"people"`
	By          string             `json:"by"`
	Counts      []ImpactCount      `json:"counts"`
	Same        []domain.Privilege `json:"same"`
	Needs       []string           `json:"needs"`
	Unsupported []Unsupported      `json:"unsupported"`
	Failures    []string           `json:"failures"`
}

// ImpactCounts say how many there are of each kind, at the first moment and at any.
type ImpactCounts struct {
	Now  ImpactKinds `json:"now"`
	Over ImpactKinds `json:"over"`
}

// ImpactKinds say how many there are of each kind.
type ImpactKinds struct {
	Loses       int `json:"loses"`
	Gains       int `json:"gains"`
	Conditions  int `json:"conditions"`
	CannotTell  int `json:"cannot_tell"`
	OtherReason int `json:"other_reason"`
	Unchanged   int `json:"unchanged"`
}

// An ImpactCount is of one privilege, and of one group if they are grouped.
type ImpactCount struct {
	Group     *string          `json:"group,omitzero"`
	Privilege domain.Privilege `json:"privilege"`
	ImpactCounts
}

// An Unsupported edition of a State can't be applied under the draft.
type Unsupported struct {
	Ruleset domain.RulesetID `json:"ruleset"`
	Hash    string           `json:"hash"`
	Problem string           `json:"problem"`
}

// An ImpactOn is one answer that would be another.
type ImpactOn struct {
	Subject   domain.Subject   `json:"subject"`
	Posts     any              `json:"posts"`
	Privilege domain.Privilege `json:"privilege"`
	Kind      string           `json:"kind"`
	From      time.Time        `json:"from"`
	Until     time.Time        `json:"until,omitzero"`
	Before    *ImpactSaid      `json:"before"`
	After     *ImpactSaid      `json:"after"`
}

// An ImpactSaid is an answer in short, and what the rule says that decides.
type ImpactSaid struct {
	*Verdict
	Ruleset domain.RulesetID `json:"ruleset,omitzero"`
	Cite    []string         `json:"cite,omitzero"`
	Because string           `json:"because,omitzero"`
	Failure string           `json:"failure,omitzero"`
}

func impactKindsOf(c impact.Counts) ImpactKinds {
	return ImpactKinds{c[impact.Loses], c[impact.Gains], c[impact.Conditions], c[impact.CannotTell], c[impact.OtherReason], c[impact.Unchanged]}
}

func impactCountsOf(t impact.Tally) ImpactCounts {
	return ImpactCounts{impactKindsOf(t.Now), impactKindsOf(t.Over)}
}

func impactSaidOf(s impact.Said) *ImpactSaid {
	if s.Verdict == nil && s.Failure == "" {
		return nil
	}
	return &ImpactSaid{VerdictOf(s.Verdict), s.Ruleset, s.Cite, s.Because, s.Failure}
}

// ImpactOnOf writes one answer that would be another.
func ImpactOnOf(a impact.Affected) ImpactOn {
	return ImpactOn{a.Subject, ListOf(a.Posts), a.Privilege, a.Kind.String(), a.From.Time(), a.To.Time(), impactSaidOf(a.Before), impactSaidOf(a.After)}
}

// ByPrivilege is the grouping of an impact that goes without saying.
const ByPrivilege = "privilege"

// ImpactOf writes what a draft would do, with the tallies of a grouping.
func ImpactOf(r *impact.Report, tallies []impact.Tally, by string) Impact {
	out := Impact{
		Draft: r.Draft, Effective: r.Effective.Time(), Before: editionOrNone(r.Before), After: editionOrNone(r.After), From: r.From.Time(), Until: r.To.Time(),
		AsKnown: r.AsKnown, Position: r.Position, Semantics: r.Semantics, Request: r.Request, Subjects: r.Subjects, Asked: r.Asked(), People: impactCountsOf(r.People), By: by,
		Counts: []ImpactCount{}, Same: ListOf(r.Same), Needs: ListOf(r.Needs), Unsupported: []Unsupported{}, Failures: ListOf(r.Failures),
	}
	for _, t := range tallies {
		one := ImpactCount{Privilege: t.Privilege, ImpactCounts: impactCountsOf(t)}
		if by != ByPrivilege {
			one.Group = &t.Group
		}
		out.Counts = append(out.Counts, one)
	}
	for _, u := range r.Unsupported {
		out.Unsupported = append(out.Unsupported, Unsupported{u.Ruleset, u.Hash, u.Err.Error()})
	}
	return out
}

func editionOrNone(e domain.Edition) *domain.Edition {
	if e.Hash == "" {
		return nil
	}
	return &e
}
