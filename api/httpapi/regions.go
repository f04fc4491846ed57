package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func regionsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/regions", ID: "listRegions", Need: auth.Read, Do: listRegions},
	}
}

// listRegions lists the regional offices, and says which of them serves a mission or a
// place if one is named.
func listRegions(c *api.Call) error {
	r, err := read(c, "mission", "place")
	if err != nil {
		return err
	}
	q := engine.RegionsQuery{Place: r.text("place"), Mission: domain.MissionID(r.text("mission"))}
	if q.Mission != "" {
		if q.Place != "" {
			return api.Bad("query", "mission and place say two things: keep one")
		}
		if _, err := r.find(auth.Read, domain.KindMission, string(q.Mission), ""); err != nil {
			return err
		}
	}
	if err := r.settle(); err != nil {
		return err
	}
	q.AsOf, q.AsKnown = r.AsOf, r.AsKnown
	found, err := c.Office.Regions(c.Context(), q)
	if err != nil {
		return err
	}
	c.Seen(found.AsKnown)
	return c.JSON(http.StatusOK, api.RegionsOf(found, q))
}
