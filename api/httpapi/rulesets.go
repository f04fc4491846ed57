package httpapi

import (
	"net/http"
	"slices"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func rulesetsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/rulesets", ID: "listRulesets", Need: auth.Read, Do: listRulesets},
		{Method: http.MethodGet, Path: "/v1/rulesets/{id}", ID: "getRuleset", Need: auth.Read, Do: getRuleset},
		{Method: http.MethodGet, Path: "/v1/rulesets/{id}/editions", ID: "listEditions", Need: auth.Read, Do: listEditions},
		{Method: http.MethodGet, Path: "/v1/rulesets/{id}/life", ID: "listLife", Need: auth.Read, Do: listLife},
		{Method: http.MethodGet, Path: "/v1/rulesets/{id}/rules/{rule...}", ID: "explainRule", Need: auth.Read, Do: explainRule},
		{Method: http.MethodGet, Path: "/v1/texts/{hash}", ID: "getText", Need: auth.Read, Do: getText},
	}
}

// readsLaw reports whether the caller may read the published law of a ruleset. The
// common law is for everybody who may read anything; that of a State for those who may
// read about the State, in whatever programme.
func readsLaw(c *api.Call, id domain.RulesetID) bool {
	if id == rulesets.CommonName {
		return true
	}
	return slices.ContainsFunc(c.Caller.Grants, func(g auth.Grant) bool {
		return slices.ContainsFunc(g.Programmes, func(programme string) bool {
			return c.Caller.Over(auth.Read, c.Office.ID, domain.StateID(id), domain.Privilege(programme))
		})
	})
}

// law reads a query about the law on record.
func law(c *api.Call) (*reading, error) {
	r, err := read(c)
	if err == nil && r.text("as_known") != "" {
		err = api.Bad("query", "as_known is no matter here: the law is told as it is on record now")
	}
	if err == nil {
		err = r.settle()
	}
	return r, err
}

// ruleset finds the ruleset that is named in the path, if the caller may read it.
func (r *reading) ruleset() (domain.RulesetID, error) {
	id := domain.RulesetID(r.R.PathValue("id"))
	if !readsLaw(r.Call, id) {
		return "", api.Forbidden("the right %q was not granted for the ruleset %s", auth.Read, clipped(string(id)))
	}
	_, err := r.Office.Lives(id)
	return id, err
}

// editions lists the editions of a ruleset, or of all that the caller may read; and how
// each stands at the time asked about.
func (r *reading) editions(of domain.RulesetID) []api.Edition {
	return slices.DeleteFunc(api.Editions(r.Office.Engine, r.AsOf), func(e api.Edition) bool {
		return of != "" && e.Ruleset != of || !readsLaw(r.Call, e.Ruleset)
	})
}

// listRulesets lists every edition on record.
func listRulesets(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, r.editions(""))
}

// A ruleset is one ruleset, with the edition that is in force at the time asked about.
type ruleset struct {
	Ruleset  domain.RulesetID `json:"ruleset"`
	InForce  *api.Edition     `json:"in_force"`
	Editions []api.Edition    `json:"editions"`
}

func getRuleset(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	id, err := r.ruleset()
	if err != nil {
		return err
	}
	out := ruleset{Ruleset: id, Editions: r.editions(id)}
	for i := range out.Editions {
		if out.Editions[i].InForce {
			out.InForce = &out.Editions[i]
		}
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

func listEditions(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	id, err := r.ruleset()
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, r.editions(id))
}

// explaining lets one rule be explained at a time: the cases that try it are all run.
var explaining = make(chan struct{}, 1)

// explainRule says in plain words what a rule of the edition in force means, which cases
// try it, and which rules that the caller may read meet it.
func explainRule(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	id, err := r.ruleset()
	if err != nil {
		return err
	}
	inForce, editions, err := r.inForce()
	if err != nil {
		return err
	}
	name := c.R.PathValue("rule")
	var known []string
	for _, edition := range editions {
		if edition.Code != id {
			continue
		}
		for _, rule := range edition.Rules {
			if rule.ID != name {
				known = append(known, rule.ID)
				continue
			}
			sources, err := rulesets.Sources(string(id))
			if err != nil {
				sources = nil // the program brings along no titles of what it cites
			}
			select {
			case explaining <- struct{}{}:
				defer func() { <-explaining }()
			case <-c.Context().Done():
				return c.Context().Err()
			}
			c.Seen(r.AsKnown.Position)
			return c.JSON(http.StatusOK, api.ExplainRule(inForce, editions, edition, rule, api.Titles(sources)))
		}
	}
	return api.NotFound("no rule of %s that is in force then is called %q%s", id, clipped(name), domain.DidYouMean(name, known))
}

// inForce returns the law in force at the time asked about, and its editions that the
// caller may read.
func (r *reading) inForce() (law rules.Law, editions []*rules.Edition, err error) {
	law.States = map[domain.StateID]*rules.Edition{}
	library := r.Office.Root().Library()
	all := r.editions("")
	common := slices.IndexFunc(all, func(e api.Edition) bool { return e.InForce && e.Ruleset == rulesets.CommonName })
	if common < 0 {
		return law, nil, projections.ErrNoLaw
	}
	if law.Common, err = library.Common(all[common].Hash); err != nil {
		return law, nil, err
	}
	for _, e := range all {
		if !e.InForce {
			continue
		}
		edition := law.Common
		if e.Ruleset != rulesets.CommonName {
			if edition, err = library.State(e.Hash, all[common].Hash); err != nil {
				return law, nil, err
			}
			law.States[domain.StateID(e.Ruleset)] = edition
		}
		editions = append(editions, edition)
	}
	return law, editions, nil
}

// listLife lists every step that was taken with the texts of a ruleset. It tells of
// drafts too, so that it is for those who may read about all of the ruleset.
func listLife(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	id, err := r.ruleset()
	if err != nil {
		return err
	}
	if err := c.Need(auth.Read, stateOf(id), ""); err != nil {
		return err
	}
	lives, err := c.Office.Lives(id)
	if err != nil {
		return err
	}
	out := []api.LifeStep{}
	for _, step := range lives[0].Steps {
		out = append(out, api.LifeStepOf(step))
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

// getText tells the text of an edition or a draft, as it is stored.
func getText(c *api.Call) error {
	r, err := law(c)
	if err != nil {
		return err
	}
	hash := c.R.PathValue("hash")
	refused := api.Forbidden("the right %q was not granted for the text %s", auth.Read, clipped(hash))
	id, draft, err := c.Office.FindDraft("", hash)
	switch {
	case err != nil && !c.Caller.Whole(auth.Read, c.Office.ID):
		return refused
	case err != nil:
		return err
	}
	published := draft.State == domain.DraftPublished || draft.State == domain.DraftWithdrawn
	if !published && c.Need(auth.Read, stateOf(id), "") != nil || !readsLaw(c, id) {
		return refused
	}
	text, err := c.Office.Text(c.Context(), draft.Hash)
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.Raw(http.StatusOK, "text/plain; charset=utf-8", text)
}
