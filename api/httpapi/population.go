package httpapi

import (
	"iter"
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

func populationRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/population", ID: "getPopulation", Need: auth.Read, Do: getPopulation},
		{Method: http.MethodGet, Path: "/v1/who", ID: "listWho", Need: auth.Read, Do: listWho},
		{Method: http.MethodGet, Path: "/v1/diff", ID: "getDiff", Need: auth.Read, Do: getDiff},
	}
}

// kept yields what is kept of a list.
func kept[T any](in iter.Seq2[T, error], keep func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for one, err := range in {
			if (err != nil || keep(one)) && !yield(one, err) {
				return
			}
		}
	}
}

// answers keeps the answers about those whose every State the caller may read about.
func (r *reading) answers(a standing.Answer) bool { return r.reaches(auth.Read, a.Posts, a.Privilege) }

func subjectOf(a standing.Answer) domain.Subject { return a.Subject }

// A populationPage is how everybody stands: counts, or a page of the answers.
type populationPage struct {
	api.Populated
	Answers []api.Answered `json:"answers,omitzero"`
	Next    string         `json:"next_page,omitzero"`
}

// getPopulation asks everybody about every privilege, and counts or lists the answers.
func getPopulation(c *api.Call) error {
	r, err := read(c, "privilege", "state", "mission", "category", "all", "missions", "outcome", "by", "list", "limit", "page", "request.*")
	if err != nil {
		return err
	}
	lists, err := r.flag("list")
	if err != nil {
		return err
	}
	by := engine.By(r.text("by"))
	switch {
	case by != "" && lists:
		return api.Bad("query", "by and list say two things: count by group, or list every answer")
	case by != "":
		words := make([]string, len(engine.Groupings()))
		for i, one := range engine.Groupings() {
			words[i] = string(one)
		}
		if err := oneOf("by", string(by), words...); err != nil {
			return err
		}
	case !lists && r.text("page")+r.text("limit") != "":
		return api.Bad("query", "limit and page go with list=true: counts are one page")
	}
	q := engine.PopulationQuery{Census: standing.Census{Privileges: list[domain.Privilege](r, "privilege"), Request: api.RequestOf(r.q)}, AtLeast: r.least}
	if q.Choice, err = r.choice(q.Privileges); err != nil {
		return err
	}
	if q.Missions, err = r.flag("missions"); err != nil {
		return err
	}
	if q.Outcomes, err = r.outcomes(); err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	q.When, q.After = r.When, p.After
	found, err := c.Office.Population(c.Context(), q)
	if err != nil {
		return err
	}
	found.Answers = kept(found.Answers, r.answers)
	out := populationPage{Populated: api.Populated{AsOf: found.AsOf, AsKnown: found.AsKnown}}
	if lists {
		p.pin(found.AsOf, found.AsKnown)
		out.Answers, out.Next, err = bySubject(p, found.Answers, subjectOf, all, api.AnsweredOf)
	} else {
		var counts []standing.Count
		counts, err = found.Counts(by)
		out.Populated = api.PopulatedOf(found, counts, string(by))
	}
	if err != nil {
		return err
	}
	c.Seen(found.AsKnown)
	return c.JSON(http.StatusOK, out)
}

// A whoPage is a page of those who have a privilege.
type whoPage struct {
	api.FoundWho
	Answers []api.Answered `json:"answers"`
	Next    string         `json:"next_page,omitzero"`
}

// listWho lists those to whom a privilege is permitted, or whose answer has an outcome.
func listWho(c *api.Call) error {
	r, err := read(c, "privilege", "state", "mission", "category", "all", "outcome", "limit", "page", "request.*")
	if err != nil {
		return err
	}
	privilege := domain.Privilege(r.text("privilege"))
	if privilege == "" {
		return api.Bad("privilege", "privilege is missing: say what is asked, such as tax.sales")
	}
	q := engine.WhoQuery{Privilege: privilege, Request: api.RequestOf(r.q), AtLeast: r.least}
	if q.Choice, err = r.choice([]domain.Privilege{privilege}); err != nil {
		return err
	}
	if q.Outcomes, err = r.outcomes(); err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	q.When, q.After = r.When, p.After
	found, err := c.Office.Who(c.Context(), q)
	if err != nil {
		return err
	}
	p.pin(found.AsOf, found.AsKnown)
	out := whoPage{FoundWho: api.FoundWho{AsOf: found.AsOf, AsKnown: found.AsKnown, Privilege: privilege}}
	if out.Answers, out.Next, err = bySubject(p, found.Answers, subjectOf, r.answers, api.AnsweredOf); err != nil {
		return err
	}
	c.Seen(found.AsKnown)
	return c.JSON(http.StatusOK, out)
}

// A diffPage is what differs between two pairs of times: counts, or a page of the
// differences.
type diffPage struct {
	api.Diffed
	Differences []api.Differs `json:"differences,omitzero"`
	Next        string        `json:"next_page,omitzero"`
}

// getDiff compares everybody at two pairs of times.
func getDiff(c *api.Call) error {
	r, err := read(c, "then_as_of", "then_as_known", "privilege", "state", "mission", "category", "all", "missions", "list", "limit", "page", "request.*")
	if err != nil {
		return err
	}
	lists, err := r.flag("list")
	if err != nil {
		return err
	}
	then := api.Times{AsOf: r.text("then_as_of"), AsKnown: api.Known(r.text("then_as_known"))}
	switch {
	case then == api.TimesOf(r.q):
		return api.Bad("query", "both points are the same, so that nothing differs: say another for one of them, as in as_known=@120 or then_as_of=2026-01-01")
	case !lists && r.text("page")+r.text("limit") != "":
		return api.Bad("query", "limit and page go with list=true: counts are one page")
	}
	q := engine.DiffQuery{Comparison: standing.Comparison{Privileges: list[domain.Privilege](r, "privilege"), Request: api.RequestOf(r.q)}, AtLeast: r.least}
	if q.To.AsOf, q.To.AsKnown, err = then.Parse(c.Office); err != nil {
		return err
	}
	if q.Choice, err = r.choice(q.Privileges); err != nil {
		return err
	}
	if q.Missions, err = r.flag("missions"); err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	if p.goes {
		q.To = engine.When{AsOf: p.ThenAsOf, AsKnown: engine.Known{Position: p.ThenKnown, AtPosition: true}}
	}
	q.From, q.After = r.When, p.After
	found, err := c.Office.Diff(c.Context(), q)
	if err != nil {
		return err
	}
	p.pin(found.From.AsOf, found.From.AsKnown)
	p.ThenAsOf, p.ThenKnown = found.To.AsOf, found.To.AsKnown
	mayRead := func(d standing.Difference) bool { return r.reaches(auth.Read, d.Posts, d.Privilege) }
	out := diffPage{Diffed: api.DiffHead(found)}
	if lists {
		of := func(d standing.Difference) domain.Subject { return d.Subject }
		out.Differences, out.Next, err = bySubject(p, found.Differences, of, mayRead, api.DiffersOf)
	} else {
		var counts standing.CountDiff
		for d, e := range kept(found.Differences, mayRead) {
			if err = e; err != nil {
				break
			}
			counts.Add(d)
		}
		out.Diffed = api.DiffedOf(found, counts.Counts())
	}
	if err != nil {
		return err
	}
	c.Seen(max(found.From.AsKnown, found.To.AsKnown))
	return c.JSON(http.StatusOK, out)
}
