package engine

import (
	"context"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A RegionsQuery asks which regional office serves a mission, or a place. Neither
// asks for the list.
type RegionsQuery struct {
	AsOf    time.Time // zero is now
	AsKnown Known
	Mission domain.MissionID
	Place   string
}

// Regions are the regional offices by the law in force, and what it says of the
// mission or place asked about.
type Regions struct {
	AsOf    time.Time
	AsKnown domain.Position
	Offices []*rules.RegionalOffice
	// City is where the mission is, or the place asked about.
	City string
	// Serves is the office that serves posts in the city; nil if that is not published.
	Serves *rules.RegionalOffice
	// ServesState is the office that serves the whole State of the federation that
	// has the name of the place. It is not asked of a mission, whose city may share
	// that name and lie elsewhere.
	ServesState *rules.RegionalOffice
}

// Regions says which regional office serves a mission or a place, as far as the
// law in force at the time asked about has it. Errors match [ErrKnown] or
// projections.ErrNoLaw, or are the context's.
func (e *Engine) Regions(ctx context.Context, q RegionsQuery) (Regions, error) {
	if err := ctx.Err(); err != nil {
		return Regions{}, err
	}
	root, now := e.Root(), e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return Regions{}, err
	}
	if q.AsOf.IsZero() {
		q.AsOf = now
	}
	at := timeline.Of(q.AsOf)
	law, _, err := root.LawAt(at, k)
	if err != nil {
		return Regions{}, root.Lawless(err, at, k)
	}
	out := Regions{AsOf: q.AsOf, AsKnown: k, Offices: law.Offices, City: q.Place}
	if q.Mission != "" {
		out.City = root.ViewAt(k).City(q.Mission, at)
	} else if q.Place != "" {
		out.ServesState = law.OfficeForState(q.Place)
	}
	if out.City != "" {
		out.Serves = law.OfficeFor(out.City)
	}
	return out, nil
}
