package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/impact"
)

// longestImpact is how long everybody may be asked under a draft. It ends before that if
// the caller leaves.
const longestImpact = time.Minute

func tryRoutes() []api.Route {
	const of, draft = "/v1/rulesets/{id}", "/v1/rulesets/{id}/drafts/{hash}"
	return []api.Route{
		{Method: http.MethodPost, Path: draft + "/try", ID: "tryDraft", Need: auth.Draft, Do: tryRuleset},
		{Method: http.MethodPost, Path: of + "/try", ID: "tryRuleset", Need: auth.Draft, Body: mostText, Do: tryRuleset},
		{Method: http.MethodPost, Path: draft + "/impact", ID: "draftImpact", Need: auth.Draft, Time: longestImpact, Do: rulesetImpact},
		{Method: http.MethodPost, Path: of + "/impact", ID: "rulesetImpact", Need: auth.Draft, Body: mostText, Time: longestImpact, Do: rulesetImpact},
	}
}

// draftText is the text that a request is about: that of the path, by its hash, or that of
// the body.
func draftText(c *api.Call, id domain.RulesetID, sent *rulesetText) ([]byte, error) {
	hash := c.R.PathValue("hash")
	if hash == "" {
		bundle, _, err := sent.bundleOf(id)
		return bundle, err
	}
	if sent.Text != "" || len(sent.Files) > 0 {
		return nil, api.Bad("files", "the path says which text it is: leave the files out")
	}
	_, draft, err := c.Office.FindDraft(id, hash)
	if err != nil {
		return nil, err
	}
	return c.Office.Text(c.Context(), draft.Hash)
}

// readTrial reads the body of a question about a text, and waits for what it must have
// seen.
func readTrial(c *api.Call, into any) error {
	if _, err := c.Query(); err != nil {
		return err
	}
	if err := c.Decode(into); err != nil {
		return err
	}
	at, err := c.AtLeast()
	if err != nil {
		return err
	}
	return c.Office.Await(c.Context(), at)
}

// A newTrial tries a text on one member or mission.
type newTrial struct {
	rulesetText `json:",inline"`
	Subject     string            `json:"subject"`
	Privilege   domain.Privilege  `json:"privilege"`
	Request     map[string]string `json:"request,omitzero"`
	// Rule narrows the text to the rule with this id.
	Rule      string `json:"rule,omitzero"`
	api.Times `json:",inline"`
	// Then is a second moment asked about.
	Then string `json:"then,omitzero"`
}

// tryRuleset answers one question under the law in force and with the text in place of
// the edition of its ruleset, and says what its rules come to. Nothing is recorded.
func tryRuleset(c *api.Call) error {
	id, err := rulesetOf(c, auth.Draft)
	if err != nil {
		return err
	}
	var sent newTrial
	if err := readTrial(c, &sent); err != nil {
		return err
	}
	switch {
	case sent.Subject == "":
		return api.Bad("subject", `"subject" is missing: name a member or a mission`)
	case sent.Privilege == "":
		return api.Bad("privilege", `"privilege" is missing: say what is asked, such as tax.sales`)
	}
	trial := engine.Trial{Privilege: sent.Privilege, Request: sent.Request, Rule: sent.Rule}
	if trial.Draft, err = draftText(c, id, &sent.rulesetText); err != nil {
		return err
	}
	if trial.Subject, err = findAsked(c, sent.Subject, sent.Privilege); err != nil {
		return err
	}
	asOf, known, err := sent.Parse(c.Office)
	if err != nil {
		return err
	}
	trial.AsOf, trial.AsKnown = []time.Time{asOf}, known
	if sent.Then != "" {
		then, err := c.Office.ParseAsOf(sent.Then)
		if err != nil {
			return api.Bad("as_of", "then: %v", err)
		}
		trial.AsOf = append(trial.AsOf, then)
	}
	tried, err := c.Office.Try(c.Context(), trial)
	if err != nil {
		return err
	}
	said, err := api.TriedOf(trial, tried)
	if err != nil {
		return err
	}
	c.Seen(tried.AsKnown)
	return c.JSON(http.StatusOK, said)
}

// A newImpact asks everybody under the law in force and with a text in it.
type newImpact struct {
	rulesetText `json:",inline"`
	// Effective is when the text is taken to come into force; empty is the date in its
	// head, or now.
	Effective string `json:"effective,omitzero"`
	api.Times `json:",inline"`
	// Until ends the time that is looked at; Once looks at the first moment alone.
	Until      string             `json:"until,omitzero"`
	Once       bool               `json:"once,omitzero"`
	Privileges []domain.Privilege `json:"privileges,omitzero"`
	States     []domain.StateID   `json:"states,omitzero"`
	Missions   []domain.MissionID `json:"missions,omitzero"`
	Request    map[string]string  `json:"request,omitzero"`
	// By is what is counted by: privilege, or a grouping.
	By string `json:"by,omitzero"`
	// Limit is how many answers are listed; 0 is the usual number.
	Limit int `json:"limit,omitzero"`
}

// How many answers are listed, unless the caller says otherwise, and at most.
const (
	usualAffected = 1000
	mostAffected  = 20_000
)

// An impactReport is what a text would do to everybody.
type impactReport struct {
	api.Impact
	Affected []api.ImpactOn `json:"affected"`
	// More is how many answers are not listed.
	More int `json:"more,omitzero"`
}

// impacts holds a place for each impact that is worked out: it takes all cores.
var impacts = make(chan struct{}, 2)

func rulesetImpact(c *api.Call) error {
	id, err := rulesetOf(c, auth.Draft)
	if err != nil {
		return err
	}
	var sent newImpact
	if err := readTrial(c, &sent); err != nil {
		return err
	}
	options, by, err := sent.options(c, id)
	if err != nil {
		return err
	}
	draft := engine.Draft{}
	if draft.Bundle, err = draftText(c, id, &sent.rulesetText); err != nil {
		return err
	}
	if draft.Effective, err = c.Office.ParseAsOf(sent.Effective); err != nil {
		return api.Bad("effective", "effective: %v", err)
	}
	select {
	case impacts <- struct{}{}:
		defer func() { <-impacts }()
	case <-c.Context().Done():
		return c.Context().Err()
	}
	report, err := impact.Preview(c.Context(), c.Office.Engine, draft, options)
	if err != nil {
		return err
	}
	c.Seen(report.Position)
	out, err := sent.said(c.Context(), report, by)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// options says of whom and of when it is asked.
func (n *newImpact) options(c *api.Call, id domain.RulesetID) (o impact.Options, by string, err error) {
	o = impact.Options{Privileges: n.Privileges, States: n.States, Missions: n.Missions, Request: n.Request, Once: n.Once}
	by = n.By
	if by == "" {
		by = api.ByPrivilege
	}
	known := false
	for _, g := range engine.Groupings() {
		known = known || string(g) == by
	}
	switch {
	case !known && by != api.ByPrivilege:
		return o, by, api.Bad("by", "by is %q: write one of %s, %v", by, api.ByPrivilege, engine.Groupings())
	case n.Limit < 0 || n.Limit > mostAffected:
		return o, by, api.Bad("limit", "limit is %d: write 1 to %d", n.Limit, mostAffected)
	}
	if o.When.AsOf, o.When.AsKnown, err = n.Parse(c.Office); err != nil {
		return o, by, err
	}
	if n.Until != "" {
		if o.Until, err = c.Office.ParseAsOf(n.Until); err != nil {
			return o, by, api.Bad("until", "until: %v", err)
		}
	}
	if !o.Until.IsZero() && !o.When.AsOf.IsZero() && !o.When.AsOf.Before(o.Until) {
		return o, by, api.Bad("until", "until is not after as_of: leave one of them out, or say a later time")
	}
	return o, by, n.scope(c, id, &o)
}

// scope keeps the question to the States that the caller may read about. A text of one
// State's ruleset concerns that State, if none is named; one of the common law everybody.
func (n *newImpact) scope(c *api.Call, id domain.RulesetID, o *impact.Options) error {
	privileges := n.Privileges
	if len(privileges) == 0 {
		privileges = []domain.Privilege{""}
	}
	whole := true
	for _, p := range privileges {
		whole = whole && c.Need(auth.Read, "", p) == nil
	}
	if !whole && len(o.States) == 0 && stateOf(id) != "" {
		o.States = []domain.StateID{stateOf(id)}
	}
	for _, p := range privileges {
		if len(o.States) == 0 {
			if err := c.Need(auth.Read, "", p); err != nil {
				return err
			}
		}
		for _, state := range o.States {
			if err := c.Need(auth.Read, state, p); err != nil {
				return err
			}
		}
	}
	for _, state := range o.States {
		if _, err := c.Office.Find("state/"+string(state), domain.KindState); err != nil {
			return err
		}
	}
	for _, mission := range o.Missions {
		s := domain.Mission(mission)
		for _, p := range privileges {
			if err := c.NeedAbout(auth.Read, s, p); err != nil {
				return err
			}
		}
		if _, err := c.Office.Find(s.String(), domain.KindMission); err != nil {
			return err
		}
	}
	return nil
}

// said writes a report, with as many of those who are affected as are wanted.
func (n *newImpact) said(ctx context.Context, r *impact.Report, by string) (impactReport, error) {
	tallies := r.Privileges
	if by != api.ByPrivilege {
		tallies = r.By(engine.By(by))
	}
	out := impactReport{Impact: api.ImpactOf(r, tallies, by), Affected: []api.ImpactOn{}}
	most := n.Limit
	if most == 0 {
		most = usualAffected
	}
	for a := range r.Affected {
		if len(out.Affected) == most {
			break
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.Affected = append(out.Affected, api.ImpactOnOf(a))
	}
	out.More = max(0, r.Rows()-len(out.Affected))
	return out, nil
}
