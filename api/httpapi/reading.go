package httpapi

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// readRoutes lists what can be read and changes nothing.
func readRoutes() []api.Route {
	return slices.Concat(
		standingRoutes(),
		timelineRoutes(),
		historyRoutes(),
		holdingsRoutes(),
		populationRoutes(),
		subjectsRoutes(),
		effectsRoutes(),
		balanceRoutes(),
		enforcementRoutes(),
		requestsRoutes(),
		regionsRoutes(),
		trailRoutes(),
		logRoutes(),
		decisionsRoutes(),
		rulesetsRoutes(),
	)
}

// A reading is what all that is read has: a query, and two times. The zero times mean
// now, as they do to the engine.
type reading struct {
	*api.Call
	q url.Values
	engine.When
	least domain.Position // that the answer must have seen
}

// read reads the query of a URL, of which the names are known, and waits for what the
// answer must have seen.
func read(c *api.Call, names ...string) (*reading, error) {
	r := &reading{Call: c}
	var err error
	if r.q, err = c.Query(names...); err != nil {
		return nil, err
	}
	if r.least, err = c.AtLeast(); err != nil {
		return nil, err
	}
	if err = c.Office.Await(c.Context(), r.least); err != nil {
		return nil, err
	}
	r.AsOf, r.AsKnown, err = api.TimesOf(r.q).Parse(c.Office)
	return r, err
}

// settle puts what now means in the place of the times that are not said, so that the
// answer shows those that it was asked for.
func (r *reading) settle() (err error) {
	known, asOf, err := r.Office.Times(engine.Question{AsOf: r.AsOf, AsKnown: r.AsKnown})
	r.AsOf, r.AsKnown = asOf, engine.Known{Position: known, AtPosition: true}
	return err
}

// text is a value of the query; "" if it is not there.
func (r *reading) text(name string) string { return r.q.Get(name) }

// flag reads a value that is true or false; false if it is not there.
func (r *reading) flag(name string) (bool, error) {
	switch r.q.Get(name) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, api.Bad("query", "%s is %q: write true or false", name, clipped(r.q.Get(name)))
}

// number reads a whole number from 0; otherwise if it is not there.
func (r *reading) number(name string, otherwise uint64) (uint64, error) {
	text := r.q.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "@"), 10, 62)
	if err != nil {
		return 0, api.Bad("query", "%s is %q: write a whole number from 0", name, clipped(text))
	}
	return n, nil
}

// time reads a moment as people in the office write it; the zero time if it is not there.
func (r *reading) time(name string) (time.Time, error) {
	text := r.q.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	if text == "now" {
		return r.Office.Now(), nil
	}
	t, err := calendar.ParseInstant(text, r.Office.Zone())
	if err != nil {
		return t, api.Bad("query", "%s: %v", name, err)
	}
	return t, nil
}

// stretch reads two moments, of which the first comes first.
func (r *reading) stretch(from, to string) (begin, end time.Time, err error) {
	if begin, err = r.time(from); err == nil {
		end, err = r.time(to)
	}
	if err == nil && !begin.IsZero() && !end.IsZero() && !begin.Before(end) {
		err = api.Bad("query", "%s is not after %s: the stretch begins at the one and ends before the other", to, from)
	}
	return begin, end, err
}

// list reads words with commas between them; nil if there are none.
func list[T ~string](r *reading, name string) []T {
	var out []T
	for word := range strings.SplitSeq(r.q.Get(name), ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, T(word))
		}
	}
	return out
}

// outcomes reads outcomes; nil if there are none.
func (r *reading) outcomes() (out []domain.Outcome, err error) {
	for _, word := range list[string](r, "outcome") {
		o, known := api.ParseOutcome(word)
		if !known {
			return nil, oneOf("outcome", word, api.OutcomeChoices()...)
		}
		out = append(out, o)
	}
	return out, nil
}

// oneOf refuses a word that is none of the choices.
func oneOf(name, word string, choices ...string) error {
	if slices.Contains(choices, word) {
		return nil
	}
	return api.Bad("query", "%s is %q: write one of %s%s", name, clipped(word), strings.Join(choices, ", "), domain.DidYouMean(word, choices))
}

func clipped(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// subject finds who is named in the path, of one of the kinds, if the caller has a right
// about them and a privilege. An empty privilege is all.
func (r *reading) subject(right auth.Right, p domain.Privilege, kinds ...domain.SubjectKind) (domain.Subject, error) {
	kind := domain.SubjectKind(r.R.PathValue("kind"))
	if !slices.Contains(kinds, kind) {
		words := make([]string, len(kinds))
		for i, k := range kinds {
			words[i] = string(k)
		}
		return domain.Subject{}, api.Bad("subject", "%q has none of this: name a %s", clipped(string(kind)), strings.Join(words, " or "))
	}
	return r.find(right, kind, r.R.PathValue("id"), p)
}

// find finds somebody by kind and id, if the caller has a right about them.
func (r *reading) find(right auth.Right, kind domain.SubjectKind, id string, p domain.Privilege) (domain.Subject, error) {
	if _, err := domain.ParseSubject(string(kind) + "/" + id); err != nil && !strings.Contains(id, "@") {
		return domain.Subject{}, api.Bad("subject", "%v", err)
	}
	if err := r.NeedAbout(right, domain.Subject{Kind: kind, ID: id}, p); err != nil {
		return domain.Subject{}, err
	}
	return r.Office.Find(id, kind)
}

// choice reads who is meant of everybody: states, missions and categories. It refuses
// callers whose right to read does not reach all of them, about each of the privileges.
func (r *reading) choice(privileges []domain.Privilege) (c standing.Choice, err error) {
	c.States, c.At, c.Categories = list[domain.StateID](r, "state"), list[domain.MissionID](r, "mission"), list[domain.Category](r, "category")
	if c.All, err = r.flag("all"); err != nil {
		return c, err
	}
	if len(privileges) == 0 {
		privileges = []domain.Privilege{""}
	}
	for _, p := range privileges {
		for _, state := range c.States {
			if err := r.Need(auth.Read, state, p); err != nil {
				return c, err
			}
		}
		for _, mission := range c.At {
			if err := r.NeedAbout(auth.Read, domain.Mission(mission), p); err != nil {
				return c, err
			}
		}
		if len(c.States)+len(c.At) == 0 {
			if err := r.Need(auth.Read, "", p); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// reaches reports whether the caller's right reaches all posts that somebody holds. Who
// serves two States is told only to those who may know of both.
func (r *reading) reaches(right auth.Right, posts []standing.Post, p domain.Privilege) bool {
	return !slices.ContainsFunc(posts, func(post standing.Post) bool {
		return !r.Caller.Over(right, r.Office.ID, post.State, p)
	})
}

// ofState reads a State to which a list is narrowed, and returns whether somebody is of
// it. It refuses callers whose right does not reach all of the list: of the State or of
// every one, about each of the privileges.
func (r *reading) ofState(right auth.Right, state domain.StateID, privileges []domain.Privilege) (func(domain.Subject) bool, error) {
	if len(privileges) == 0 {
		privileges = []domain.Privilege{""}
	}
	for _, p := range privileges {
		if err := r.Need(right, state, p); err != nil {
			return nil, err
		}
	}
	if state == "" {
		return func(domain.Subject) bool { return true }, nil
	}
	if _, err := r.Office.Find(string(state), domain.KindState); err != nil {
		return nil, err
	}
	known := map[domain.Subject]bool{}
	return func(s domain.Subject) bool {
		is, met := known[s]
		if !met {
			is = slices.Contains(r.Office.States(s), state) && !slices.ContainsFunc(privileges, func(p domain.Privilege) bool { return r.NeedAbout(right, s, p) != nil })
			known[s] = is
		}
		return is
	}, nil
}
