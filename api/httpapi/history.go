package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

func historyRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/history", ID: "getHistory", Need: auth.Audit, Do: getHistory},
	}
}

// getHistory lists the events about a subject of any kind. Nothing in it is personal
// data, and of plates it shows two characters.
func getHistory(c *api.Call) error {
	r, err := read(c)
	if err != nil {
		return err
	}
	if r.text("as_of") != "" {
		return api.Bad("query", "as_of is no matter here: a history is of all time, as known at as_known")
	}
	of, err := r.subject(auth.Audit, "", domain.SubjectKinds()...)
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	entries, err := c.Office.History(c.Context(), of, r.AsKnown)
	if err != nil {
		return err
	}
	out := make([]api.Entry, len(entries))
	for i, e := range entries {
		out[i] = api.EntryOf(e, false)
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}
