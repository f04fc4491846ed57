package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

func timelineRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/timeline", ID: "getTimeline", Need: auth.Read, Do: getTimeline},
		{Method: http.MethodGet, Path: "/v1/subjects/{kind}/{id}/next", ID: "getNextChange", Need: auth.Read, Do: getNextChange},
	}
}

// The axes of a timeline.
const (
	axisEffective = "effective" // over effective time, as known at one position
	axisKnown     = "known"     // over what was known, about one moment
	axisBoth      = "both"
)

// getTimeline answers a question at every moment: one privilege, or those of all that
// change.
func getTimeline(c *api.Call) error {
	r, err := read(c, "privilege", "from", "to", "since", "axis", "request.*")
	if err != nil {
		return err
	}
	privilege, axis := domain.Privilege(r.text("privilege")), r.text("axis")
	if axis == "" {
		axis = axisEffective
	}
	bounds, err := r.bounds(axis, privilege)
	if err != nil {
		return err
	}
	of, err := r.subject(auth.Read, privilege, domain.KindMember, domain.KindMission)
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	q := r.question(of)
	q.Privilege = privilege
	var out any
	switch {
	case axis == axisKnown:
		out, err = c.Office.KnownTimeline(c.Context(), q, bounds)
	case axis == axisBoth:
		out, err = c.Office.TimeMap(c.Context(), q, bounds)
	case privilege == "":
		var lines []standing.Timeline
		lines, err = c.Office.Timelines(c.Context(), q, bounds)
		change := []standing.Timeline{}
		for _, one := range lines {
			if one.Changes() {
				change = append(change, one)
			}
		}
		out = change
	default:
		out, err = c.Office.Timeline(c.Context(), q, bounds)
	}
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

// bounds reads the bounds of a question over time, and refuses those that do not go with
// an axis.
func (r *reading) bounds(axis string, p domain.Privilege) (b engine.Range, err error) {
	refused := func(format string, args ...any) (engine.Range, error) { return b, api.Bad("query", format, args...) }
	switch {
	case axis != axisEffective && axis != axisKnown && axis != axisBoth:
		return b, oneOf("axis", axis, axisEffective, axisKnown, axisBoth)
	case axis != axisEffective && p == "":
		return refused("privilege is missing: over what was known one privilege is asked at a time")
	case axis == axisKnown && r.text("from")+r.text("to") != "":
		return refused("from and to bound the moments asked about, and axis=known is about one: leave them out, or bound what was known with since and as_known")
	case axis == axisEffective && r.text("since") != "":
		return refused("since bounds what was known: it goes with axis=known or axis=both")
	case axis == axisBoth && r.text("as_of") != "":
		return refused("as_of is one moment, and axis=both is about all: bound them with from and to")
	}
	if b.From, b.To, err = r.stretch("from", "to"); err != nil {
		return b, err
	}
	if b.Since, err = r.Office.ParseKnown(r.text("since")); err != nil {
		return refused("since: %v", err)
	}
	if r.text("since") == "" {
		return b, nil
	}
	_, _, err = r.Office.Times(engine.Question{AsKnown: b.Since})
	return b, err
}

// A nextChange is when an answer changes next, and to what; nothing if nothing on record
// changes it.
type nextChange struct {
	Subject   domain.Subject   `json:"subject"`
	Privilege domain.Privilege `json:"privilege"`
	AsKnown   domain.Position  `json:"as_known"`
	Change    *standing.Change `json:"change"`
}

func getNextChange(c *api.Call) error {
	r, err := read(c, "privilege", "request.*")
	if err != nil {
		return err
	}
	privilege := domain.Privilege(r.text("privilege"))
	if privilege == "" {
		return api.Bad("privilege", "privilege is missing: say what is asked, such as tax.sales")
	}
	of, err := r.subject(auth.Read, privilege, domain.KindMember, domain.KindMission)
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	q := r.question(of)
	q.Privilege = privilege
	change, changes, err := c.Office.NextChange(c.Context(), q)
	if err != nil {
		return err
	}
	out := nextChange{Subject: of, Privilege: privilege, AsKnown: r.AsKnown.Position}
	if changes {
		out.Change = &change
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}
