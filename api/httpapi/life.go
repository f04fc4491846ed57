package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

func lifeRoutes() []api.Route {
	const drafts, draft = "/v1/rulesets/{id}/drafts", "/v1/rulesets/{id}/drafts/{hash}"
	return []api.Route{
		{Method: http.MethodGet, Path: drafts, ID: "listDrafts", Need: auth.Read, Do: listDrafts},
		{Method: http.MethodPost, Path: drafts, ID: "saveDraft", Need: auth.Draft, Body: mostText, Do: saveDraft},
		{Method: http.MethodPost, Path: draft + "/propose", ID: "proposeDraft", Need: auth.Draft, Do: proposeDraft},
		{Method: http.MethodPost, Path: draft + "/approve", ID: "approveDraft", Need: auth.Approve, Do: approveDraft},
		{Method: http.MethodPost, Path: draft + "/return", ID: "returnDraft", Need: auth.Nothing, Do: returnDraft},
		{Method: http.MethodPost, Path: draft + "/publish", ID: "publishDraft", Need: auth.Publish, Do: publishDraft},
		{Method: http.MethodPost, Path: draft + "/withdraw", ID: "withdrawEdition", Need: auth.Publish, Do: withdrawEdition},
		{Method: http.MethodPost, Path: "/v1/rulesets/{id}/rollback", ID: "rollbackRuleset", Need: auth.Publish, Do: rollbackRuleset},
	}
}

// rulesetOf is the ruleset that a path names, if the caller has a right to it.
func rulesetOf(c *api.Call, rights ...auth.Right) (domain.RulesetID, error) {
	id := c.R.PathValue("id")
	if err := domain.CheckID(id); err != nil {
		return "", api.NotFound("ruleset: %v", err)
	}
	var refused error
	for _, right := range rights {
		if refused = c.Need(right, stateOf(domain.RulesetID(id)), ""); refused == nil {
			return domain.RulesetID(id), nil
		}
	}
	return "", refused
}

func listDrafts(c *api.Call) error {
	q, err := c.Query("all")
	if err != nil {
		return err
	}
	if all := q.Get("all"); all != "" && all != "true" && all != "false" {
		return api.Bad("all", "all is %q: write true or false", all)
	}
	id, err := rulesetOf(c, auth.Read)
	if err != nil {
		return err
	}
	at, err := c.AtLeast()
	if err != nil {
		return err
	}
	if err := c.Office.Await(c.Context(), at); err != nil {
		return err
	}
	lives, err := c.Office.Lives(id)
	if err != nil {
		return err
	}
	out := []api.Draft{}
	for _, d := range lives[0].Drafts() {
		if q.Get("all") == "true" || d.State != domain.DraftPublished && d.State != domain.DraftWithdrawn {
			out = append(out, api.DraftOf(lives[0], d, c.Office.Now()))
		}
	}
	c.Seen(c.Office.Position())
	return c.JSON(http.StatusOK, out)
}

// A newStep is what every step says. Who takes it is the caller.
type newStep struct {
	// Recorded is when it was taken; only a history office is told.
	Recorded string `json:"recorded,omitzero"`
}

// of makes the step that the request is: about the ruleset and the text of its path, by
// the caller, under the key of the request.
func (s newStep) of(c *api.Call, id domain.RulesetID) (step engine.Step, err error) {
	if _, err := c.Query(); err != nil {
		return step, err
	}
	if err := c.Unexpected(); err != nil {
		return step, err
	}
	step.Ruleset, step.Hash = id, c.R.PathValue("hash")
	if step.Actor, err = c.Actor(); err != nil {
		return step, err
	}
	key, err := c.Key()
	if err != nil {
		return step, err
	}
	step.Command = c.CommandOf(key, 0)
	if s.Recorded != "" {
		if step.Recorded, err = calendar.ParseInstant(s.Recorded, c.Office.Zone()); err != nil {
			return step, api.Bad("recorded", "recorded: %v", err)
		}
	}
	return step, nil
}

// effectiveAt reads when a step takes effect; empty is what goes without saying.
func effectiveAt(c *api.Call, text string) (w calendar.When, err error) {
	if text == "" {
		return w, nil
	}
	if w, err = calendar.ParseWhen(text, c.Office.Zone()); err != nil {
		return w, api.Bad("effective", "effective: %v", err)
	}
	return w, nil
}

// taken answers with what became of a step.
func taken(c *api.Call, r engine.Receipt, err error) error {
	if err != nil {
		return c.Written(err)
	}
	c.Seen(r.Position)
	return c.JSON(http.StatusOK, receipt{Receipt: r})
}

// A newDraft is a text to be saved, finished or not.
type newDraft struct {
	rulesetText `json:",inline"`
	newStep     `json:",inline"`
	// Parent is the hash of the text that it was made from.
	Parent string `json:"parent,omitzero"`
	Note   string `json:"note,omitzero"`
}

// A savedDraft is a receipt, and the hash that names the text.
type savedDraft struct {
	receipt
	Hash string `json:"hash"`
}

func saveDraft(c *api.Call) error {
	id, err := rulesetOf(c, auth.Draft)
	if err != nil {
		return err
	}
	var sent newDraft
	if err := c.Decode(&sent); err != nil {
		return err
	}
	bundle, _, err := sent.bundleOf(id)
	if err != nil {
		return err
	}
	step, err := sent.of(c, id)
	if err != nil {
		return err
	}
	done, err := c.Office.SaveDraft(c.Context(), engine.Saving{Bundle: bundle, Parent: sent.Parent, Note: sent.Note, Actor: step.Actor, Command: step.Command, Recorded: step.Recorded})
	if err != nil {
		return c.Written(err)
	}
	c.Seen(done.Position)
	return c.JSON(http.StatusOK, savedDraft{receipt{Receipt: done}, hashOf(bundle)})
}

// A newProposal proposes that a text come into force, or that an edition be withdrawn.
type newProposal struct {
	newStep   `json:",inline"`
	Effective string `json:"effective,omitzero"`
	Withdraw  bool   `json:"withdraw,omitzero"`
	Reason    string `json:"reason,omitzero"`
}

func proposeDraft(c *api.Call) error {
	id, err := rulesetOf(c, auth.Draft)
	if err != nil {
		return err
	}
	var sent newProposal
	if err := c.Decode(&sent); err != nil {
		return err
	}
	p := engine.Proposing{Withdraw: sent.Withdraw, Reason: sent.Reason}
	if p.Step, err = sent.of(c, id); err != nil {
		return err
	}
	if p.From, err = effectiveAt(c, sent.Effective); err != nil {
		return err
	}
	done, err := c.Office.Propose(c.Context(), p)
	return taken(c, done, err)
}

// A newApproval approves what another has proposed. Base and Common are the hashes of the
// editions against which it was looked at; empty are those that are to be in force then.
type newApproval struct {
	newStep `json:",inline"`
	Note    string `json:"note,omitzero"`
	Base    string `json:"base,omitzero"`
	Common  string `json:"common,omitzero"`
}

func approveDraft(c *api.Call) error {
	id, err := rulesetOf(c, auth.Approve)
	if err != nil {
		return err
	}
	var sent newApproval
	if err := c.Decode(&sent); err != nil {
		return err
	}
	a := engine.Approving{Note: sent.Note, Base: sent.Base, Common: sent.Common}
	if a.Step, err = sent.of(c, id); err != nil {
		return err
	}
	done, err := c.Office.Approve(c.Context(), a)
	return taken(c, done, err)
}

// A newReturn returns what is proposed, and says why.
type newReturn struct {
	newStep `json:",inline"`
	Reason  string `json:"reason"`
}

// returnDraft returns a proposal: those who approve may, and those who draft.
func returnDraft(c *api.Call) error {
	id, err := rulesetOf(c, auth.Approve, auth.Draft)
	if err != nil {
		return err
	}
	var sent newReturn
	if err := c.Decode(&sent); err != nil {
		return err
	}
	r := engine.Returning{Reason: sent.Reason}
	if r.Step, err = sent.of(c, id); err != nil {
		return err
	}
	done, err := c.Office.Return(c.Context(), r)
	return taken(c, done, err)
}

// A newPublication brings an approved text into force, or an old one back.
type newPublication struct {
	newStep   `json:",inline"`
	Hash      string `json:"hash,omitzero"` // of the text that comes back, in a rollback
	Effective string `json:"effective,omitzero"`
	Authority string `json:"authority,omitzero"`
	Reason    string `json:"reason,omitzero"`
}

func publishDraft(c *api.Call) error { return publish(c, false) }

func rollbackRuleset(c *api.Call) error { return publish(c, true) }

func publish(c *api.Call, rollback bool) error {
	id, err := rulesetOf(c, auth.Publish)
	if err != nil {
		return err
	}
	var sent newPublication
	if err := c.Decode(&sent); err != nil {
		return err
	}
	step, err := sent.of(c, id)
	if err != nil {
		return err
	}
	switch {
	case rollback && sent.Hash == "":
		return api.Bad("hash", `"hash" is missing: name the edition that is to come back`)
	case rollback:
		step.Hash = sent.Hash
	case sent.Hash != "":
		return api.Bad("hash", "the path says which text it is: leave hash out")
	}
	p := engine.Publication{Ruleset: id, Hash: step.Hash, Authority: sent.Authority, Reason: sent.Reason, Actor: step.Actor, Command: step.Command, Recorded: step.Recorded}
	if p.Effective, err = effectiveAt(c, sent.Effective); err != nil {
		return err
	}
	do := c.Office.Publish
	if rollback {
		do = c.Office.Rollback
	}
	done, err := do(c.Context(), p)
	return taken(c, done, err)
}

// A newWithdrawal takes an edition out of force, with nothing in its place.
type newWithdrawal struct {
	newStep   `json:",inline"`
	Effective string `json:"effective,omitzero"`
	Authority string `json:"authority,omitzero"`
	Reason    string `json:"reason,omitzero"`
}

func withdrawEdition(c *api.Call) error {
	id, err := rulesetOf(c, auth.Publish)
	if err != nil {
		return err
	}
	var sent newWithdrawal
	if err := c.Decode(&sent); err != nil {
		return err
	}
	w := engine.Withdrawing{Authority: sent.Authority, Reason: sent.Reason}
	if w.Step, err = sent.of(c, id); err != nil {
		return err
	}
	if w.Effective, err = effectiveAt(c, sent.Effective); err != nil {
		return err
	}
	done, err := c.Office.Withdraw(c.Context(), w)
	return taken(c, done, err)
}
