package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
)

func requestsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/requests", ID: "listRequests", Need: auth.Read, Do: listRequests},
		{Method: http.MethodGet, Path: "/v1/requests/{id}", ID: "getRequest", Need: auth.Read, Do: getRequest},
	}
}

// A requestsPage is a page of the notices and applications.
type requestsPage struct {
	Requests []api.Requested `json:"requests"`
	Next     string          `json:"next_page,omitzero"`
}

// listRequests lists the notices and applications, what is due soonest first: those that
// wait for the Office, unless all or some states are asked for.
func listRequests(c *api.Call) error {
	r, err := read(c, "all", "state", "kind", "mission", "member", "due_before", "of_state", "limit", "page")
	if err != nil {
		return err
	}
	every, err := r.flag("all")
	if err != nil {
		return err
	}
	q := engine.RequestsQuery{Kind: domain.RequestKind(r.text("kind")), States: list[facts.FilingState](r, "state"), AtLeast: r.least}
	for _, state := range q.States {
		words := make([]string, len(facts.FilingStates()))
		for i, one := range facts.FilingStates() {
			words[i] = string(one)
		}
		if err := oneOf("state", string(state), words...); err != nil {
			return err
		}
	}
	switch {
	case every && len(q.States) > 0:
		return api.Bad("query", "all and state say two things: keep one")
	case !every && len(q.States) == 0:
		q.States = []facts.FilingState{facts.StateFiled, facts.StateAwaiting}
	}
	mine := func(domain.Subject) bool { return true }
	if q.Subject, err = r.memberOrMission(auth.Read); err != nil {
		return err
	}
	if q.Subject.IsZero() {
		mine, err = r.ofState(auth.Read, domain.StateID(r.text("of_state")), nil)
	} else if r.text("of_state") != "" {
		err = api.Bad("query", "of_state and a member or mission say two things: keep one")
	}
	if err != nil {
		return err
	}
	if q.DueBefore, err = r.time("due_before"); err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	p.pin(r.AsOf, r.AsKnown.Position)
	q.AsOf, q.AsKnown = r.AsOf, r.AsKnown
	items, err := c.Office.Requests(c.Context(), q)
	if err != nil {
		return err
	}
	var out requestsPage
	out.Requests, out.Next, err = counted(p, each(items),
		func(one engine.RequestItem) bool { return mine(domain.Of(domain.KindRequest, one.ID)) },
		func(one engine.RequestItem) api.Requested { return api.RequestedOf(one, q) })
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

// getRequest shows a request as it stands, with its history.
func getRequest(c *api.Call) error {
	r, err := read(c)
	if err != nil {
		return err
	}
	of, err := r.find(auth.Read, domain.KindRequest, c.R.PathValue("id"), "")
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	q := engine.RequestsQuery{AsOf: r.AsOf, AsKnown: r.AsKnown, AtLeast: r.least}
	item, filed, err := c.Office.Request(c.Context(), domain.RequestID(of.ID), q)
	if err != nil {
		return err
	}
	if !filed {
		return api.NotFound("%s had not been filed by %s, as known then", of, api.LocalTime(q.AsOf, c.Office.Zone()))
	}
	entries, err := c.Office.History(c.Context(), of, q.AsKnown)
	if err != nil {
		return err
	}
	out := api.RequestedOf(item, q)
	for _, e := range entries {
		out.History = append(out.History, api.RequestStep{Entry: api.EntryOf(e, false), Means: api.Means(c.Office.Engine, item, e)})
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}
