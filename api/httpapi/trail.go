package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/trail"
)

func trailRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/trail", ID: "listTrail", Need: auth.Audit, Do: listTrail},
	}
}

// A trailPage is a page of the auditor's view.
type trailPage struct {
	AsKnown domain.Position `json:"as_known"`
	Entries []api.Traced    `json:"entries"`
	Next    string          `json:"next_page,omitzero"`
}

// listTrail lists who recorded what about whom, when, on what authority, and what became
// of it. Nothing in it is personal data, and of plates it shows two characters.
func listTrail(c *api.Call) error {
	r, err := read(c, "subject", "alone", "state", "actor", "authority", "type", "privilege", "command", "correlation",
		"recorded_from", "recorded_to", "effective_from", "effective_to", "corrections", "late", "limit", "page")
	if err != nil {
		return err
	}
	if r.text("as_of") != "" {
		return api.Bad("query", "as_of is no matter here: the trail is of all time, as known at as_known")
	}
	q, err := r.trailQuery()
	if err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	q.AsKnown, q.Filter.From = r.AsKnown, domain.Position(p.Skip)
	entries, known, err := c.Office.Trail(c.Context(), q)
	if err != nil {
		return err
	}
	p.pin(r.AsOf, known)
	out := trailPage{AsKnown: known, Entries: []api.Traced{}}
	for e, err := range entries {
		if err != nil {
			return err
		}
		if !r.mayAudit(e.Envelope.Subject, q.Filter.Privilege) {
			continue
		}
		if len(out.Entries) == p.limit {
			out.Next = p.next(domain.Subject{}, int(e.Position))
			break
		}
		out.Entries = append(out.Entries, api.TracedOf(e, false))
	}
	c.Seen(known)
	return c.JSON(http.StatusOK, out)
}

// trailQuery reads which entries are meant, and refuses callers who may not audit them.
func (r *reading) trailQuery() (q engine.TrailQuery, err error) {
	q.AtLeast = r.least
	f := &q.Filter
	f.Actor, f.Authority, f.Correlation, f.Types = r.text("actor"), r.text("authority"), r.text("correlation"), list[string](r, "type")
	f.Privilege, f.State = domain.Privilege(r.text("privilege")), domain.StateID(r.text("state"))
	if name := r.text("subject"); name != "" {
		kind, id, found := strings.Cut(name, "/")
		if !found || !slices.Contains(domain.SubjectKinds(), domain.SubjectKind(kind)) {
			return q, api.Bad("subject", "subject is %q: write its kind and its id, as in member/ana", clipped(name))
		}
		if q.Subject, err = r.find(auth.Audit, domain.SubjectKind(kind), id, f.Privilege); err != nil {
			return q, err
		}
	} else if err = r.Need(auth.Audit, f.State, f.Privilege); err != nil {
		return q, err
	}
	if f.State != "" {
		if err := r.Need(auth.Audit, f.State, f.Privilege); err != nil {
			return q, err
		}
		if _, err := r.Office.Find(string(f.State), domain.KindState); err != nil {
			return q, err
		}
	}
	if q.Alone, err = r.flag("alone"); err != nil {
		return q, err
	}
	if q.Alone && q.Subject.IsZero() {
		return q, api.Bad("query", "alone goes with a subject: name one, or leave it away")
	}
	if f.Revisions, err = r.flag("corrections"); err != nil {
		return q, err
	}
	if text := r.text("command"); text != "" {
		if f.Command, err = domain.ParseCommandID(text); err != nil {
			return q, api.Bad("query", "command: %v", err)
		}
	}
	late, err := r.number("late", 0)
	if err != nil {
		return q, err
	}
	const longest = 1 << 20 // days
	f.Late, f.LateOnly = int(min(late, longest)), r.text("late") != ""
	if f.Recorded, err = r.trailStretch("recorded"); err != nil {
		return q, err
	}
	f.Effective, err = r.trailStretch("effective")
	return q, err
}

func (r *reading) trailStretch(of string) (s trail.Stretch, err error) {
	s.From, s.To, err = r.stretch(of+"_from", of+"_to")
	return s, err
}

// mayAudit reports whether the caller may audit what is about a subject: nothing that is
// about another State, too.
func (r *reading) mayAudit(s domain.Subject, p domain.Privilege) bool {
	if r.Caller.Over(auth.Audit, r.Office.ID, "", p) {
		return true
	}
	return !slices.ContainsFunc(r.Office.States(s), func(state domain.StateID) bool {
		return !r.Caller.Over(auth.Audit, r.Office.ID, state, p)
	})
}
