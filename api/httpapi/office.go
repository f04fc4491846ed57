package httpapi

import (
	"net/http"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

func officeRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/office", ID: "getOffice", Need: auth.Nothing, Do: getOffice},
		{Method: http.MethodGet, Path: "/v1/caller", ID: "getCaller", Need: auth.Nothing, Do: getCaller},
	}
}

// An office is what is served.
type office struct {
	Office   domain.OfficeID `json:"office"`
	Zone     string          `json:"zone"`
	Mode     domain.Mode     `json:"mode"`
	Position domain.Position `json:"position"`
	// Last is when the last event was recorded.
	Last      time.Time `json:"last_recorded"`
	Semantics int       `json:"semantics"`
	// Decisions says whether answers are recorded, and what comes first: strict,
	// best-effort, or none.
	Decisions string `json:"decisions"`
	Version   string `json:"version"`
}

func getOffice(c *api.Call) error {
	if _, err := c.Query(); err != nil {
		return err
	}
	at, err := c.AtLeast()
	if err != nil {
		return err
	}
	if err := c.Office.Await(c.Context(), at); err != nil {
		return err
	}
	root := c.Office.Root()
	out := office{
		Office: c.Office.ID, Zone: c.Office.Zone().String(), Mode: c.Office.Mode(), Position: root.Position(), Last: root.Last(),
		Semantics: root.View().Semantics(), Decisions: "none", Version: c.Office.Version,
	}
	if c.Office.Recorder != nil {
		out.Decisions = string(c.Office.Recorder.Mode())
	}
	c.Seen(root.Position())
	return c.JSON(http.StatusOK, out)
}

// getCaller says who the server takes the caller for, and what they may do.
func getCaller(c *api.Call) error {
	return c.JSON(http.StatusOK, struct {
		ID     string       `json:"id"`
		Means  auth.Means   `json:"means"`
		Grants []auth.Grant `json:"grants"`
	}{c.Caller.ID, c.Caller.Means, c.Caller.Grants})
}
