package engine

import (
	"context"
	"errors"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
)

// A HoldingsQuery asks what a member or a mission has.
type HoldingsQuery struct {
	AsOf    time.Time // zero is now
	AsKnown Known
	Subject domain.Subject
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// Cards returns the cards of a member or a mission that had been issued by the
// time asked about, by id. Errors match [ErrKnown], or are the context's.
func (e *Engine) Cards(ctx context.Context, q HoldingsQuery) ([]facts.Card, error) {
	d, err := e.desk(ctx, RequestsQuery{AsOf: q.AsOf, AsKnown: q.AsKnown, AtLeast: q.AtLeast})
	if err != nil {
		return nil, err
	}
	return d.view.CardsOf(q.Subject, d.at), nil
}

// Vehicles returns the vehicles that a member or a mission owned at the time
// asked about, by id. Without law no ticket is overdue. Errors match [ErrKnown],
// or are the context's.
func (e *Engine) Vehicles(ctx context.Context, q HoldingsQuery) ([]facts.Vehicle, error) {
	d, err := e.desk(ctx, RequestsQuery{AsOf: q.AsOf, AsKnown: q.AsKnown, AtLeast: q.AtLeast})
	if err != nil {
		return nil, err
	}
	var sources []domain.FactSource
	law, _, err := d.root.LawAt(d.at, d.k)
	switch {
	case err == nil:
		sources = law.Language.Sources()
	case !errors.Is(err, projections.ErrNoLaw):
		return nil, err
	}
	return d.view.VehiclesOf(q.Subject, d.at, sources), nil
}
