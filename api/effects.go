package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// A ChangedAll is what became otherwise, for programs: docs/format/population.md.
// The subjects follow.
type ChangedAll struct {
	From      domain.Position `json:"from"`
	To        domain.Position `json:"to"`
	Recorded  time.Time       `json:"recorded,omitzero"`
	Future    bool            `json:"future"`
	Everybody bool            `json:"everybody"`
	Reached   int             `json:"reached"`
}

// ChangedAllOf writes what was asked about, and whom it may reach.
func ChangedAllOf(found *engine.Effects, future bool) ChangedAll {
	return ChangedAll{found.From, found.To, found.Recorded, future, found.Everybody, len(found.Reached)}
}

// A ChangedFor is what became otherwise for one subject.
type ChangedFor struct {
	Subject      domain.Subject `json:"subject"`
	Effects      []ChangedOver  `json:"effects"`
	Contradicted []Contradicted `json:"contradicted,omitzero"`
}

// A ChangedOver is an answer that became otherwise for a time.
type ChangedOver struct {
	Privilege domain.Privilege `json:"privilege"`
	From      time.Time        `json:"from,omitzero"`
	Until     time.Time        `json:"until,omitzero"`
	Was       *Verdict         `json:"was"`
	Is        *Verdict         `json:"is"`
}

// A Contradicted is an answer given that is contradicted.
type Contradicted struct {
	Position   uint64             `json:"position"`
	Subject    domain.Subject     `json:"subject"`
	Privilege  domain.Privilege   `json:"privilege"`
	Recorded   time.Time          `json:"recorded"`
	AsOf       time.Time          `json:"as_of"`
	AsKnown    domain.Position    `json:"as_known"`
	Request    map[string]string  `json:"request,omitempty"`
	Outcome    domain.Outcome     `json:"outcome,omitzero"`
	Conditions []domain.Condition `json:"conditions,omitzero"`
	Now        *Verdict           `json:"now"`
}

// ChangedOf writes what became otherwise for a subject.
func ChangedOf(c standing.Consequence) ChangedFor {
	out := ChangedFor{Subject: c.Subject, Effects: []ChangedOver{}}
	for _, e := range c.Effects {
		out.Effects = append(out.Effects, ChangedOver{e.Privilege, e.From.Time(), e.To.Time(), VerdictOf(e.Was), VerdictOf(e.Is)})
	}
	for _, x := range c.Contradicted {
		out.Contradicted = append(out.Contradicted, Contradicted{
			x.Position, x.Subject, x.Privilege, x.Recorded, x.AsOf, x.AsKnown, x.Request, x.Outcome, x.Conditions, VerdictOf(x.Now),
		})
	}
	return out
}
