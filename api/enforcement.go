package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// Enforced is what there is to decide, with its parts: docs/format/enforcement.md.
type (
	Enforced struct {
		AsOf       time.Time       `json:"as_of"`
		AsKnown    domain.Position `json:"as_known"`
		Violations []Violation     `json:"violations"`
		Standing   []Followed      `json:"standing"`
		Points     []CountedPoints `json:"points"`
	}
	Violation struct {
		Subject   domain.Subject   `json:"subject"`
		Event     domain.EventID   `json:"event"`
		Position  domain.Position  `json:"position"`
		Offence   domain.Offence   `json:"offence"`
		Term      string           `json:"term"`
		When      Stated           `json:"when"`
		Points    int              `json:"points"`
		Citation  string           `json:"citation,omitempty"`
		Place     string           `json:"place,omitempty"`
		Vehicle   domain.VehicleID `json:"vehicle,omitempty"`
		Matter    domain.MatterID  `json:"matter,omitempty"`
		Waiver    string           `json:"waiver,omitempty"`
		Proposals []Proposed       `json:"proposals"`
	}
	Proposed struct {
		Consequence string               `json:"consequence"`
		State       engine.ProposalState `json:"state"`
		Text        string               `json:"text"`
		Cite        []string             `json:"cite"`
		By          *domain.Position     `json:"by,omitempty"` // the event that decided it
	}
	Followed struct {
		Subject   domain.Subject   `json:"subject"`
		Privilege domain.Privilege `json:"privilege"`
		Rule      string           `json:"rule"`
		Proposed
		Events []domain.Position `json:"events"`
	}
	CountedPoints struct {
		Subject domain.Subject    `json:"subject"`
		Points  int               `json:"points"`
		Months  int               `json:"months"`
		Events  []domain.Position `json:"events"`
	}
)

// EnforcedOf writes what there is to decide.
func EnforcedOf(found engine.Enforcement) Enforced {
	out := Enforced{AsOf: found.AsOf, AsKnown: found.AsKnown, Violations: []Violation{}, Standing: []Followed{}, Points: []CountedPoints{}}
	for _, v := range found.Violations {
		one := Violation{
			Subject: v.Subject, Event: v.ID, Position: v.Pos, Offence: v.Event.Offence, Term: v.Term, When: *StatedAt(v.When),
			Points: v.Points, Citation: v.Event.Citation, Place: v.Event.Place, Vehicle: v.Event.Vehicle, Matter: v.Event.Matter,
			Waiver: v.Waiver, Proposals: []Proposed{},
		}
		for _, p := range v.Proposals {
			one.Proposals = append(one.Proposals, proposedOf(p))
		}
		out.Violations = append(out.Violations, one)
	}
	for _, s := range found.Standing {
		out.Standing = append(out.Standing, Followed{Subject: s.Subject, Privilege: s.Privilege, Rule: s.Rule, Proposed: proposedOf(s.Proposal), Events: ListOf(s.Events)})
	}
	for _, p := range found.Points {
		out.Points = append(out.Points, CountedPoints{Subject: p.Subject, Points: p.Points, Months: p.Months, Events: ListOf(p.Events)})
	}
	return out
}

func proposedOf(p engine.Proposal) Proposed {
	out := Proposed{Consequence: p.Consequence, State: p.State, Text: p.Text, Cite: ListOf(p.Cite)}
	if p.Decided {
		out.By = &p.By
	}
	return out
}
