package httpapi

import (
	"net/http"
	"slices"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func enforcementRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/enforcement", ID: "listEnforcement", Need: auth.Read, Do: listEnforcement},
	}
}

// listEnforcement lists the violations that stand, with the consequences that the law
// calls for: of one member or mission, of a State's, or of everybody.
func listEnforcement(c *api.Call) error {
	r, err := read(c, "member", "mission", "state", "offence", "all")
	if err != nil {
		return err
	}
	q := engine.EnforcementQuery{Offence: domain.Offence(r.text("offence")), AtLeast: r.least}
	if q.All, err = r.flag("all"); err != nil {
		return err
	}
	mine := func(domain.Subject) bool { return true }
	if q.Subject, err = r.memberOrMission(auth.Read); err != nil {
		return err
	}
	if q.Subject.IsZero() {
		mine, err = r.ofState(auth.Read, domain.StateID(r.text("state")), nil)
	} else if r.text("state") != "" {
		err = api.Bad("query", "state and a member or mission say two things: keep one")
	}
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	q.AsOf, q.AsKnown = r.AsOf, r.AsKnown
	found, err := c.Office.Enforcement(c.Context(), q)
	if err != nil {
		return err
	}
	found.Violations = slices.DeleteFunc(found.Violations, func(one engine.EnforcementItem) bool { return !mine(one.Subject) })
	found.Standing = slices.DeleteFunc(found.Standing, func(one engine.StandingProposal) bool { return !mine(one.Subject) })
	found.Points = slices.DeleteFunc(found.Points, func(one engine.PointsTotal) bool { return !mine(one.Subject) })
	c.Seen(found.AsKnown)
	return c.JSON(http.StatusOK, api.EnforcedOf(found))
}

// memberOrMission reads a member or a mission of the query; the zero subject if neither
// is there.
func (r *reading) memberOrMission(right auth.Right) (domain.Subject, error) {
	member, mission := r.text("member"), r.text("mission")
	switch {
	case member != "" && mission != "":
		return domain.Subject{}, api.Bad("query", "member and mission say two things: keep one")
	case member != "":
		return r.find(right, domain.KindMember, member, "")
	case mission != "":
		return r.find(right, domain.KindMission, mission, "")
	}
	return domain.Subject{}, nil
}
