package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func holdingsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/cards", ID: "listCards", Need: auth.Read, Do: listCards},
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/vehicles", ID: "listVehicles", Need: auth.Read, Do: listVehicles},
	}
}

// holdings reads what is asked about whom.
func holdings(c *api.Call) (engine.HoldingsQuery, error) {
	r, err := read(c)
	if err != nil {
		return engine.HoldingsQuery{}, err
	}
	of, err := r.subject(auth.Read, "", domain.KindMember, domain.KindMission)
	if err == nil {
		err = r.settle()
	}
	return engine.HoldingsQuery{AsOf: r.AsOf, AsKnown: r.AsKnown, Subject: of, AtLeast: r.least}, err
}

// listCards lists the cards that were issued, and whether each is held.
func listCards(c *api.Call) error {
	q, err := holdings(c)
	if err != nil {
		return err
	}
	cards, err := c.Office.Cards(c.Context(), q)
	if err != nil {
		return err
	}
	c.Seen(q.AsKnown.Position)
	return c.JSON(http.StatusOK, api.HeldCardsOf(q, cards))
}

// listVehicles lists what is owned. Of plates it shows two characters.
func listVehicles(c *api.Call) error {
	q, err := holdings(c)
	if err != nil {
		return err
	}
	vehicles, err := c.Office.Vehicles(c.Context(), q)
	if err != nil {
		return err
	}
	c.Seen(q.AsKnown.Position)
	return c.JSON(http.StatusOK, api.OwnedVehiclesOf(q, vehicles))
}
