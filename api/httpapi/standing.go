package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

func standingRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/standing", ID: "getStanding", Need: auth.Read, Do: getStanding},
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/cards/{view}", ID: "getCard", Need: auth.Read, Do: getCard},
		{Method: http.MethodGet, Path: "/v1/views/{view}", ID: "getView", Need: auth.Read, Do: getView},
	}
}

// question is a question about somebody at the times of the reading.
func (r *reading) question(of domain.Subject) engine.Question {
	return engine.Question{Subject: of, AsOf: r.AsOf, AsKnown: r.AsKnown, Request: api.RequestOf(r.q), AskedBy: r.Caller.ID, AtLeast: r.least}
}

// getStanding answers every privilege that can be asked of a member or a mission.
func getStanding(c *api.Call) error {
	r, err := read(c, "request.*")
	if err != nil {
		return err
	}
	of, err := r.subject(auth.Read, "", domain.KindMember, domain.KindMission)
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	decisions, err := c.Office.Standing(c.Context(), r.question(of))
	if err != nil {
		return err
	}
	out := make([]json.RawMessage, len(decisions))
	for i, d := range decisions {
		if out[i], err = codec.EncodeDecision(d); err != nil {
			return err
		}
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

// getCard answers a view, such as law_enforcement, for one member.
func getCard(c *api.Call) error {
	r, err := read(c, "request.*")
	if err != nil {
		return err
	}
	of, err := r.subject(auth.Read, "", domain.KindMember)
	if err != nil {
		return err
	}
	card, err := c.Office.Card(c.Context(), c.R.PathValue("view"), r.question(of))
	if err != nil {
		return err
	}
	c.Seen(card.AsKnown)
	return c.JSON(http.StatusOK, card)
}

// getView answers a view for every kind of person, under the general law alone.
func getView(c *api.Call) error {
	r, err := read(c, "request.*")
	if err != nil {
		return err
	}
	table, err := c.Office.Table(c.Context(), c.R.PathValue("view"), r.question(domain.Subject{}))
	if err != nil {
		return err
	}
	c.Seen(table.AsKnown)
	return c.JSON(http.StatusOK, table)
}
