package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Step is what all steps in the life of a ruleset say.
type Step struct {
	// Ruleset and Hash name the text. The ruleset may be left out, and a hash may be
	// shortened to eight digits or more, if that names one text of the office.
	Ruleset domain.RulesetID
	Hash    string
	// Actor takes the step, and is never empty: the authors of a text can't approve it.
	Actor   string
	Command domain.CommandID
	// Recorded is when the step was taken; only a history office may state it, and
	// zero is now.
	Recorded time.Time
}

// A Saving saves a text of a ruleset, finished or not.
type Saving struct {
	Bundle []byte
	// Parent is the hash of the text that it was made from, which may be shortened;
	// empty if it is none that the office has.
	Parent   string
	Note     string
	Actor    string
	Command  domain.CommandID
	Recorded time.Time
}

// SaveDraft stores a text, durably, and records that somebody saved it. The text
// may have mistakes, but it has to say of which ruleset it is an edition, and to be
// no longer than [eventlog.MaxBody].
func (e *Engine) SaveDraft(ctx context.Context, s Saving) (Receipt, error) {
	cmd, err := e.saving(s)
	if err != nil {
		return Receipt{}, err
	}
	if _, err := e.Check(ctx, cmd); err != nil {
		return Receipt{}, err
	}
	if _, err := e.bodies.Put(ctx, s.Bundle); err != nil {
		return Receipt{}, fmt.Errorf("store the text of a draft of %s: %w", cmd.Drafts[0].Subject.ID, err)
	}
	return e.Submit(ctx, cmd)
}

// saving is the command that saves a text.
func (e *Engine) saving(s Saving) (domain.Command, error) {
	if err := e.works(); err != nil {
		return domain.Command{}, err
	}
	code, named := rules.CodeOf(s.Bundle)
	if len(s.Bundle) > eventlog.MaxBody {
		return domain.Command{}, fmt.Errorf("%w: a text of %d bytes, at most %d", eventlog.ErrTooLarge, len(s.Bundle), eventlog.MaxBody)
	}
	if err := domain.CheckID(code); !named || err != nil {
		return domain.Command{}, domain.Refusals{{Type: domain.RulesetDraftSaved{}.Type(), Field: "payload.hash", Text: `the text does not say of which ruleset it is: begin it with "ruleset: " and common, or the code of a State`}}
	}
	id := domain.RulesetID(code)
	saved := domain.RulesetDraftSaved{Hash: rules.Hash(s.Bundle), Note: s.Note}
	at := e.soon()
	if edition, err := e.Load(s.Bundle); err == nil {
		saved.Edition, saved.Title = edition.Edition, edition.Title
		if when := effectiveOf(edition, e.Zone()); !when.At.IsZero() {
			at = when.At
		}
	}
	life := e.Root().View().Life(id)
	saved.Base = life.InForce(at)
	if id != domain.CommonRuleset {
		saved.Common = life.CommonInForce(at)
	}
	if s.Parent != "" {
		_, parent, err := e.FindDraft(id, s.Parent)
		if err != nil {
			return domain.Command{}, err
		}
		saved.Parent = parent.Hash
	}
	if before, repeated := e.taken(s.Command).(domain.RulesetDraftSaved); repeated {
		saved.Base, saved.Common = before.Base, before.Common
	}
	e.library.Put(s.Bundle)
	return stepOf(id, saved, Step{Actor: s.Actor, Command: s.Command, Recorded: s.Recorded}), nil
}

// A Proposing proposes that a text come into force, or that an edition be withdrawn.
type Proposing struct {
	Step
	// From is when; zero is the date in the head of the text if it has one, and
	// otherwise whenever it will be carried out.
	From     calendar.When
	Withdraw bool
	Reason   string
}

// Propose records a proposal. A text with mistakes, or with a rule below a floor,
// is refused with [rules.Diagnostics].
func (e *Engine) Propose(ctx context.Context, p Proposing) (Receipt, error) {
	id, draft, err := e.FindDraft(p.Ruleset, p.Hash)
	if err != nil {
		return Receipt{}, err
	}
	var bundle []byte
	if !p.Withdraw {
		if bundle, err = e.text(ctx, draft.Hash); err != nil {
			return Receipt{}, fmt.Errorf("the text of draft %.12s of %s: %w", draft.Hash, id, err)
		}
	}
	p.Hash = draft.Hash
	cmd, err := e.proposing(id, p, bundle)
	if err != nil {
		return Receipt{}, err
	}
	return e.Submit(ctx, cmd)
}

// MayPropose decides whether a text could be saved and then proposed, and records
// neither. The proposal is of the text that is saved, whatever hash it names.
func (e *Engine) MayPropose(ctx context.Context, s Saving, p Proposing) error {
	save, err := e.saving(s)
	if err != nil {
		return err
	}
	p.Hash = rules.Hash(s.Bundle)
	propose, err := e.proposing(domain.RulesetID(save.Drafts[0].Subject.ID), p, s.Bundle)
	if err != nil {
		return err
	}
	_, err = e.Check(ctx, save, propose)
	return err
}

// proposing is the command that proposes a text, of which the whole hash is given.
func (e *Engine) proposing(id domain.RulesetID, p Proposing, bundle []byte) (domain.Command, error) {
	if !p.Withdraw {
		edition, err := e.Load(bundle)
		if err != nil {
			return domain.Command{}, err
		}
		if p.From.At.IsZero() {
			p.From = effectiveOf(edition, e.Zone())
		}
		at := p.From.At
		if at.IsZero() {
			at = e.soon()
		}
		if err := e.loads(id, bundle, timeline.Of(at)); err != nil {
			return domain.Command{}, err
		}
	}
	return stepOf(id, domain.RulesetProposed{Hash: p.Hash, From: p.From, Withdraw: p.Withdraw, Reason: p.Reason}, p.Step), nil
}

// A Returning returns what is proposed.
type Returning struct {
	Step
	Reason string
}

// Return records that a proposal is not taken up.
func (e *Engine) Return(ctx context.Context, r Returning) (Receipt, error) {
	id, draft, err := e.FindDraft(r.Ruleset, r.Hash)
	if err != nil {
		return Receipt{}, err
	}
	return e.Submit(ctx, stepOf(id, domain.RulesetReturned{Hash: draft.Hash, Reason: r.Reason}, r.Step))
}

// An Approving approves what is proposed.
type Approving struct {
	Step
	Note string
	// Base and Common are the hashes of the editions against which the proposal was
	// looked at; empty are those that are to be in force then, as known now.
	Base, Common string
}

// Approve records an approval of what is proposed, by somebody who is not among the
// authors.
func (e *Engine) Approve(ctx context.Context, a Approving) (Receipt, error) {
	id, draft, err := e.FindDraft(a.Ruleset, a.Hash)
	if err != nil {
		return Receipt{}, err
	}
	approved := domain.RulesetApproved{Hash: draft.Hash, Note: a.Note, Base: a.Base, Common: a.Common}
	if p := draft.Proposal; p != nil {
		approved.From, approved.Withdraw = p.From, p.Withdraw
	}
	at := approved.From.At
	if at.IsZero() {
		at = e.soon()
	}
	life := e.Root().View().Life(id)
	if approved.Base == "" {
		approved.Base = life.InForce(at)
	}
	if approved.Common == "" && id != domain.CommonRuleset {
		approved.Common = life.CommonInForce(at)
	}
	if before, repeated := e.taken(a.Command).(domain.RulesetApproved); repeated && before.Hash == approved.Hash {
		approved = before
		approved.Note = a.Note
	}
	return e.Submit(ctx, stepOf(id, approved, a.Step))
}

// A Withdrawing withdraws an edition.
type Withdrawing struct {
	Step
	// Effective is when it goes out of force; zero is as approved, or now.
	Effective calendar.When
	Authority string
	// Reason is why; empty is the reason of the proposal.
	Reason string
}

// Withdraw records that an edition goes out of force with nothing in its place.
// In a live office it takes an approved proposal to withdraw it.
func (e *Engine) Withdraw(ctx context.Context, w Withdrawing) (Receipt, error) {
	id, draft, err := e.FindDraft(w.Ruleset, w.Hash)
	if err != nil {
		return Receipt{}, err
	}
	withdrawn := domain.RulesetWithdrawn{Hash: draft.Hash, Reason: w.Reason}
	if p := draft.Proposal; p != nil && p.Withdraw {
		if withdrawn.Reason == "" {
			withdrawn.Reason = p.Reason
		}
		if w.Effective.At.IsZero() && (e.Mode() == domain.Live || draft.State == domain.DraftApproved) {
			w.Effective = p.From
		}
	}
	if strings.TrimSpace(withdrawn.Reason) == "" {
		return Receipt{}, domain.Refusals{{Type: withdrawn.Type(), Field: "payload.reason", Text: "say why the edition is withdrawn"}}
	}
	cmd := stepOf(id, withdrawn, w.Step)
	cmd.Drafts[0].Effective = w.Effective
	cmd.Drafts[0].Authority = cmp.Or(w.Authority, "withdrawal of edition "+cmp.Or(draft.Edition, draft.Hash[:12])+" of "+string(id))
	return e.Submit(ctx, cmd)
}

// Rollback publishes an edition again that was published before, in place of the
// one in force at the effective time, and says so. In a live office the old text
// has to be proposed and approved like a new one.
func (e *Engine) Rollback(ctx context.Context, p Publication) (Receipt, error) {
	p.rollback = true
	return e.Publish(ctx, p)
}

func stepOf(id domain.RulesetID, body domain.Event, s Step) domain.Command {
	return domain.Command{ID: s.Command, Actor: s.Actor, Recorded: s.Recorded, Drafts: []domain.Envelope{{Subject: domain.Of(domain.KindRuleset, id), Event: body}}}
}

// soon is when a step that is taken now will be recorded, unless others come first.
func (e *Engine) soon() time.Time {
	now, next := e.Now(), e.Root().Last().Add(time.Microsecond)
	if now.Before(next) {
		return next
	}
	return now
}

// taken returns what the first event of a command says that is on record already,
// or nil. What the engine fills in of a step then is what it was.
func (e *Engine) taken(id domain.CommandID) domain.Event {
	if id.IsZero() {
		return nil
	}
	view := e.Root().View()
	at := view.Command(id)
	if len(at) == 0 {
		return nil
	}
	env, _ := view.Envelope(at[0])
	return env.Event
}

// Lives returns the lives of all rulesets, sorted by name, or that of the one which
// is named.
func (e *Engine) Lives(id domain.RulesetID) ([]*domain.Life, error) {
	if err := e.works(); err != nil {
		return nil, err
	}
	view := e.Root().View()
	known := view.Rulesets()
	if id != "" {
		if !slices.Contains(known, id) {
			return nil, unknownRuleset(id, known)
		}
		known = []domain.RulesetID{id}
	}
	var out []*domain.Life
	for _, one := range known {
		out = append(out, view.Life(one))
	}
	return out, nil
}

func unknownRuleset(id domain.RulesetID, known []domain.RulesetID) error {
	var names []string
	for _, k := range known {
		names = append(names, string(k))
	}
	return &UnknownError{What: "ruleset", Name: string(id), Near: domain.Nearest(string(id), names), More: "save a draft of it first"}
}

// FindDraft finds a text by its hash, of which the first eight digits are enough if
// no other begins so; of one ruleset, if it is named. Errors match [ErrUnknown].
func (e *Engine) FindDraft(id domain.RulesetID, hash string) (domain.RulesetID, *domain.RulesetDraft, error) {
	const least = 8
	name := hash
	hash = strings.ToLower(strings.TrimSpace(hash))
	lives, err := e.Lives("")
	if err != nil {
		return "", nil, err
	}
	var found []*domain.RulesetDraft
	for _, l := range lives {
		if id != "" && l.Ruleset != id {
			continue
		}
		for _, d := range l.Drafts() {
			if d.Hash == hash || len(hash) >= least && strings.HasPrefix(d.Hash, hash) {
				found = append(found, d)
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0].Ruleset, found[0], nil
	case len(found) > 1:
		var names []string
		for _, d := range found {
			names = append(names, fmt.Sprintf("%.16s of %s", d.Hash, d.Ruleset))
		}
		return "", nil, &UnknownError{What: "text", Name: name, More: "several begin so, write more of it: " + strings.Join(names, ", ")}
	case len(hash) < least:
		return "", nil, &UnknownError{What: "text", Name: name, More: fmt.Sprintf("a text is named by %d hexadecimal digits of its hash or more", least)}
	default:
		more := "save it as a draft first"
		if id != "" {
			more = fmt.Sprintf("no text of %s begins so; %s", id, more)
		}
		return "", nil, &UnknownError{What: "text", Name: name, More: more}
	}
}

// Text returns the text of a draft or an edition, by its whole hash.
func (e *Engine) Text(ctx context.Context, hash string) ([]byte, error) { return e.text(ctx, hash) }

// loads says whether a text can be law from t on; see [overlay.loads].
func (e *Engine) loads(id domain.RulesetID, bundle []byte, t timeline.Instant) error {
	e.library.Put(bundle)
	return newOverlay(e.Root()).loads(e.library, string(id), rules.Hash(bundle), t)
}
