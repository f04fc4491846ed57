package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// A Populated is how everybody stands, for programs: docs/format/population.md.
// In a list, the answers follow in place of the counts.
type Populated struct {
	AsOf    time.Time         `json:"as_of"`
	AsKnown domain.Position   `json:"as_known"`
	By      string            `json:"by,omitzero"`
	Counts  []CountedOutcomes `json:"counts,omitzero"`
}

// A CountedOutcomes says how often each outcome is among the answers about a privilege.
type CountedOutcomes struct {
	Group     *string          `json:"group,omitzero"`
	Privilege domain.Privilege `json:"privilege"`
	Of        int              `json:"of"`
	Outcomes  map[string]int   `json:"outcomes"`
}

// A FoundWho is who has a privilege, for programs: docs/format/population.md. The
// answers follow.
type FoundWho struct {
	AsOf      time.Time        `json:"as_of"`
	AsKnown   domain.Position  `json:"as_known"`
	Privilege domain.Privilege `json:"privilege"`
}

// PopulatedOf writes how often each outcome is among the answers, in groups or not.
func PopulatedOf(all *engine.Population, counts []standing.Count, by string) Populated {
	out := Populated{AsOf: all.AsOf, AsKnown: all.AsKnown, By: by, Counts: make([]CountedOutcomes, len(counts))}
	for i, c := range counts {
		out.Counts[i] = CountedOutcomes{Privilege: c.Privilege, Of: c.Of, Outcomes: map[string]int{}}
		if by != "" {
			out.Counts[i].Group = &counts[i].Group
		}
		for outcome, n := range c.Outcomes {
			out.Counts[i].Outcomes[OutcomeWord(outcome)] = n
		}
	}
	return out
}
