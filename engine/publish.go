package engine

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
)

// A Publication brings an edition of a ruleset into force.
type Publication struct {
	Bundle []byte
	// Ruleset and Hash name a text that the office has, if there is no Bundle: the
	// ruleset may be left out, and the hash shortened, as in a [Step].
	Ruleset domain.RulesetID
	Hash    string
	// Effective is when it comes into force; zero is as it was approved, or else the
	// date in its head, or now if it has none.
	Effective calendar.When
	Authority string
	// Reason is why; empty is the reason of the proposal. To change the law of the
	// past a live office needs one.
	Reason  string
	Actor   string
	Command domain.CommandID
	// Recorded is when it was published; only a history office may state it, and
	// zero is now.
	Recorded time.Time

	rollback bool
}

// Publish checks an edition against the common law that will be in force with
// it, stores its text, and records that it is published. A live office refuses what
// was not approved, with [domain.Refusals] that say which steps are missing. A rule
// below a floor, or any other mistake, refuses it with [rules.Diagnostics], and
// nothing is recorded.
func (e *Engine) Publish(ctx context.Context, p Publication) (Receipt, error) {
	cmd, bundle, err := e.publishing(ctx, p)
	if err != nil {
		return Receipt{}, err
	}
	if _, err := e.Check(ctx, cmd); err != nil {
		return Receipt{}, err
	}
	if _, err := e.bodies.Put(ctx, bundle); err != nil {
		return Receipt{}, fmt.Errorf("store the text of the edition of %s: %w", cmd.Drafts[0].Subject.ID, err)
	}
	return e.Submit(ctx, cmd)
}

// publishing drafts the publication, and returns the text that it is of.
func (e *Engine) publishing(ctx context.Context, p Publication) (cmd domain.Command, bundle []byte, err error) {
	bundle = p.Bundle
	if bundle == nil {
		_, draft, err := e.FindDraft(p.Ruleset, p.Hash)
		if err != nil {
			return cmd, nil, err
		}
		if bundle, err = e.text(ctx, draft.Hash); err != nil {
			return cmd, nil, fmt.Errorf("the text of %.12s of %s: %w", draft.Hash, draft.Ruleset, err)
		}
	}
	edition, err := e.Load(bundle)
	if err != nil {
		return cmd, nil, err
	}
	if p.Ruleset != "" && edition.Code != p.Ruleset {
		return cmd, nil, domain.Refusals{{Type: domain.RulesetPublished{}.Type(), Field: "subject", Text: fmt.Sprintf("the text is an edition of %s, not of %s", edition.Code, p.Ruleset)}}
	}
	e.library.Put(bundle)
	hash := rules.Hash(bundle)
	draft := publicationOf(edition, hash, e.Zone())
	body := domain.RulesetPublished{Edition: edition.Edition, Hash: hash, Reason: p.Reason}
	life := e.Root().View().Life(edition.Code)
	if known, found := life.Draft(hash); found && known.Proposal != nil && !known.Proposal.Withdraw && (e.Mode() == domain.Live || known.State == domain.DraftApproved) {
		draft.Effective = known.Proposal.From
		if strings.TrimSpace(body.Reason) == "" {
			body.Reason = known.Proposal.Reason
		}
	}
	if !p.Effective.At.IsZero() {
		draft.Effective = p.Effective
	}
	draft.Authority = cmp.Or(p.Authority, draft.Authority)
	if p.rollback {
		at := draft.Effective.At
		if at.IsZero() {
			at = e.soon()
		}
		if body.RollbackOf = life.InForce(at); body.RollbackOf == "" {
			return cmd, nil, domain.Refusals{{Type: body.Type(), Field: "payload.rollback_of", Text: fmt.Sprintf("no edition of %s is in force then, so there is none to roll back: publish the old edition instead", edition.Code)}}
		}
	}
	if before, repeated := e.taken(p.Command).(domain.RulesetPublished); repeated && before.Hash == hash {
		body.RollbackOf = before.RollbackOf
		if p.Reason == "" {
			body.Reason = before.Reason
		}
	}
	draft.Event = body
	return domain.Command{ID: p.Command, Actor: p.Actor, Recorded: p.Recorded, Drafts: []domain.Envelope{draft}}, bundle, nil
}

// Foresee says which answers a publication would change, and records nothing. It is
// decided as Publish would; what is asked of the query is which privileges, request
// facts, and time. The state is built anew beside the one in use.
func (e *Engine) Foresee(ctx context.Context, p Publication, rollback bool, q EffectsQuery) (*Effects, Receipt, error) {
	p.rollback = rollback
	cmd, _, err := e.publishing(ctx, p)
	if err != nil {
		return nil, Receipt{}, err
	}
	commands := withIDs([]domain.Command{cmd})
	failures := e.failures.Load()
	if err := e.mu.enter(ctx); err != nil {
		return nil, Receipt{}, err
	}
	if err := e.upToDate(ctx, failures); err != nil {
		e.mu.Unlock()
		return nil, Receipt{}, err
	}
	batch, receipt, err := e.prepare(ctx, Premise{}, commands)
	head := e.head
	e.mu.Unlock()
	if err != nil || receipt.Repeated {
		return nil, receipt, err
	}
	b := projections.NewBuilder(e.library)
	if err := e.replay(ctx, b, head, nil, nil); err != nil {
		return nil, receipt, err
	}
	for i, env := range batch {
		if err := e.apply(ctx, b, head+domain.Position(i), env); err != nil {
			return nil, receipt, err
		}
	}
	to := head + domain.Position(len(batch))
	found, err := effects(ctx, b.Root(to), head, to, q)
	if err != nil {
		return nil, receipt, err
	}
	found.Events = batch
	return found, receipt, nil
}

// Load checks the text of an edition: a common one by itself, a State's against
// the common edition in force now. It records nothing.
func (e *Engine) Load(bundle []byte) (*rules.Edition, error) {
	code, named := rules.CodeOf(bundle)
	if !named || code == string(domain.CommonRuleset) {
		return e.library.ReadCommon(bundle)
	}
	common, err := e.Root().CommonFor(e.Now())
	if err != nil {
		return nil, fmt.Errorf("the common law to check it against: %w", err)
	}
	return e.library.ReadState(bundle, common)
}
