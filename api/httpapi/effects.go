package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

func effectsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodPost, Path: "/v1/effects", ID: "getEffects", Need: auth.Read, Do: getEffects},
	}
}

// An effectsAsked says of what the effects on the past are asked: of the command of an
// event, of everything since, or of the last command.
type effectsAsked struct {
	// Event is the position or the id of an event.
	Event string `json:"event,omitzero"`
	// Since is what was known before, as as_known.
	Since string `json:"since,omitzero"`
	// Future asks also for what became otherwise after it was recorded.
	Future     bool               `json:"future,omitzero"`
	Privileges []domain.Privilege `json:"privileges,omitzero"`
	State      domain.StateID     `json:"state,omitzero"`
	Request    map[string]string  `json:"request,omitzero"`
	// Contradicted asks for the answers given that are contradicted, too, which takes
	// the right to audit.
	Contradicted bool            `json:"contradicted,omitzero"`
	AtLeast      domain.Position `json:"at_least,omitzero"`
}

// getEffects says which answers about the past became otherwise by what was recorded.
func getEffects(c *api.Call) error {
	r, err := read(c)
	if err != nil {
		return err
	}
	if r.text("as_of")+r.text("as_known") != "" {
		return api.Bad("query", "as_of and as_known are no matter here: effects are of what was recorded, on all of the past")
	}
	var asked effectsAsked
	if err := c.Decode(&asked); err != nil {
		return err
	}
	if err := c.Office.Await(c.Context(), asked.AtLeast); err != nil {
		return err
	}
	if asked.Event != "" && asked.Since != "" {
		return api.Bad("event", `"event" and "since" say two things: name an event, or say since when`)
	}
	mine, err := r.ofState(auth.Read, asked.State, asked.Privileges)
	if err != nil {
		return err
	}
	q := engine.EffectsQuery{Future: asked.Future, Privileges: asked.Privileges, Request: asked.Request, AtLeast: max(r.least, asked.AtLeast)}
	if asked.Event != "" {
		q.AtEvent = true
		if q.Event, err = eventAt(c, asked.Event); err != nil {
			return err
		}
	}
	if asked.Since != "" {
		q.FromSince = true
		if q.Since, err = c.Office.ParseKnown(asked.Since); err != nil {
			return api.Bad("as_known", "since: %v", err)
		}
	}
	if asked.Contradicted {
		if _, err := r.ofState(auth.Audit, asked.State, asked.Privileges); err != nil {
			return err
		}
		if c.Office.Answers == nil {
			return noAnswers()
		}
		index, err := decisions.NewIndex(c.Context(), c.Office.Answers)
		if err != nil {
			return err
		}
		q.Given = engine.GivenIn(index)
	}
	found, err := c.Office.Effects(c.Context(), q)
	if err != nil {
		return err
	}
	c.Seen(found.To)
	changed := kept(found.Changed, func(one standing.Consequence) bool { return mine(one.Subject) })
	return streamed(c, api.ChangedAllOf(found, asked.Future), "changed", func(yield func(api.ChangedFor, error) bool) {
		for one, err := range changed {
			if !yield(api.ChangedOf(one), err) {
				return
			}
		}
	})
}

// eventAt finds an event by its position or id.
func eventAt(c *api.Call, name string) (domain.Position, error) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(name, "@"), 10, 62); err == nil {
		return domain.Position(n), nil
	}
	id, err := domain.ParseEventID(strings.ToUpper(name))
	if err != nil {
		return 0, api.Bad("event", "%q is neither a position, as in @7, nor the id of an event, which has 26 characters", clipped(name))
	}
	at, _, found := c.Office.Root().View().EventByID(id)
	if !found {
		return 0, api.NotFound("there is no event %s", id)
	}
	return at, nil
}

// noAnswers says that no answers are recorded.
func noAnswers() error {
	return api.NotFound("this server keeps no record of the answers that it gives: start it with one")
}
