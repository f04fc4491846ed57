package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// decideEditions refuses to record editions whose text is not in the office, or
// that have mistakes: an edition that can't be loaded would leave the office
// without answers.
func (e *Engine) decideEditions(ctx context.Context, c domain.Command, v *overlay) error {
	var refusals domain.Refusals
	for i, d := range c.Drafts {
		body := d.Event
		if correction, corrects := body.(domain.EventCorrected); corrects {
			body = correction.Body
		}
		refuse := func(field, format string, args ...any) {
			refusals = append(refusals, domain.Refusal{Index: i, Type: d.Type(), Field: field, Text: fmt.Sprintf(format, args...)})
		}
		published := func(field, hash string) {
			if !slices.Contains(v.root.Editions(domain.RulesetID(d.Subject.ID), v.root.Position()), hash) {
				refuse(field, "no edition of %s with the hash %s was published", d.Subject.ID, hash)
			}
		}
		// text finds a text that is of this ruleset.
		text := func(hash, what, remedy string) (found bool, err error) {
			bundle, err := e.text(ctx, hash)
			if errors.Is(err, eventlog.ErrNoBody) || errors.Is(err, errHash) {
				refuse("payload.hash", "the text of this %s is not in the office: %s", what, remedy)
				return false, nil
			}
			if err != nil {
				return false, err
			}
			if code, _ := rules.CodeOf(bundle); code != d.Subject.ID {
				refuse("subject", "the text with this hash is an edition of %q, not of %q", code, d.Subject.ID)
				return false, nil
			}
			e.library.Put(bundle)
			return true, nil
		}
		// lawful refuses a text that can't be law from an instant on.
		lawful := func(hash string, from time.Time) {
			t := timeline.Of(from)
			if err := v.loads(e.library, d.Subject.ID, hash, t); err != nil {
				refuse("payload.hash", "the edition has mistakes:\n%v", err)
				return
			}
			edition, err := v.edition(e.library, d.Subject.ID, hash, t)
			if err != nil {
				return // it was said above
			}
			for _, ground := range v.groundless(edition, t) {
				refuse("payload.hash", "%s", ground)
			}
			for _, breach := range e.breaches(edition, v.commons(t)) {
				refuse("payload.hash", "%s", breach)
			}
			for _, left := range v.unsupported(e.library, d.Subject.ID, hash, t) {
				refuse("payload.hash", "the edition %.12s of %s, in force then or later, can't be read under this one, so that nobody of that State would get an answer: publish an edition of it first that can be read under both\n%v", left.Hash, left.Ruleset, left.Err)
			}
		}
		const saving = "save the ruleset's folder as a draft, which stores it and records the event"
		switch body := body.(type) {
		case domain.RulesetDraftSaved:
			if _, err := text(body.Hash, "draft", saving); err != nil {
				return err
			}
		case domain.RulesetProposed:
			if found, err := text(body.Hash, "draft", saving); err != nil {
				return err
			} else if found && !body.Withdraw {
				lawful(body.Hash, fromOr(body.From, d))
			}
		case domain.RulesetApproved:
			if found, err := text(body.Hash, "draft", saving); err != nil {
				return err
			} else if found && !body.Withdraw {
				lawful(body.Hash, fromOr(body.From, d))
			}
		case domain.RulesetPublished:
			if found, err := text(body.Hash, "edition", "publish the ruleset's folder, which stores it and records this event"); err != nil {
				return err
			} else if found {
				lawful(body.Hash, d.Effective.At)
			}
		case domain.RulesetSuperseded:
			published("payload.hash", body.Hash)
			published("payload.by", body.By)
		case domain.RulesetWithdrawn:
			published("payload.hash", body.Hash)
		}
	}
	if len(refusals) > 0 {
		return refusals
	}
	return nil
}

// groundless lists the rules of a State's edition that go below an R floor in
// answer to a practice which is not on record at t (R19).
func (v *overlay) groundless(edition *rules.Edition, t timeline.Instant) []string {
	if edition == nil || edition.Code == "common" {
		return nil
	}
	common, err := v.root.CommonFor(t.Time())
	if err != nil {
		return nil // Decide refused it for want of a vocabulary
	}
	var out []string
	for _, rule := range edition.Rules {
		if !rule.Practice || rule.Effect != domain.Restricts {
			continue
		}
		for _, p := range rule.Privileges {
			if common.Floored(p, 'R') && !v.practised(common, domain.MeasureDetermined{State: domain.StateID(edition.Code)}, p, t) {
				out = append(out, fmt.Sprintf("rule %s lowers %s in answer to a practice, and no restrictive practice of %s for it is on record then: record practice.observed first", rule.ID, p, edition.Code))
			}
		}
	}
	return out
}

// text returns the text of an edition, from the library or the shelf of bodies.
func (e *Engine) text(ctx context.Context, hash string) ([]byte, error) {
	if bundle, have := e.library.Bundle(hash); have {
		return bundle, nil
	}
	h, err := eventlog.ParseHash(hash)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errHash, err)
	}
	return e.bodies.Get(ctx, h)
}

// kept makes sure that the texts which events name are stored, durably, before the
// events are: a text that was only looked at is not.
func (e *Engine) kept(ctx context.Context, batch []domain.Envelope) error {
	for i, env := range batch {
		text := domain.TextOf(env.Event)
		if text == "" {
			continue
		}
		h, err := eventlog.ParseHash(text)
		if err == nil {
			_, err = e.bodies.Get(ctx, h)
		}
		if errors.Is(err, eventlog.ErrNoBody) {
			return domain.Refusals{{Index: i, Type: env.Type(), Field: "payload.hash", Text: "the text is not in the office: save it as a draft first, which stores it"}}
		}
		if err != nil {
			return fmt.Errorf("the text of %s: %w", env.Subject, err)
		}
	}
	return nil
}

// errHash says that something is no hash.
var errHash = errors.New("not the hash of a text")

// fromOr is when a proposal takes effect: when it says, or when it is recorded.
func fromOr(from calendar.When, d domain.Envelope) time.Time {
	if from.At.IsZero() {
		return d.Recorded
	}
	return from.At
}

// edition loads an edition as it will be used at t. While an office is being
// founded there is no common law on record yet: then the founding has checked it,
// and there is none here.
func (v *overlay) edition(library *projections.Library, code, hash string, t timeline.Instant) (*rules.Edition, error) {
	if code == string(domain.CommonRuleset) {
		return library.Common(hash)
	}
	base := v.commons(t)
	if len(base) == 0 {
		return nil, nil
	}
	return library.State(hash, base[0])
}

// loads says whether an edition can be law from t on: a State's under the common
// edition in force then, and under each that comes into force later.
func (v *overlay) loads(library *projections.Library, code, hash string, t timeline.Instant) error {
	if code == string(domain.CommonRuleset) {
		_, err := library.Common(hash)
		return err
	}
	for i, base := range v.commons(t) {
		if _, err := library.State(hash, base); err != nil {
			if i > 0 {
				return fmt.Errorf("under the common edition %.12s, which comes into force later: %w", base, err)
			}
			return err
		}
	}
	return nil
}

// breaches lists the rules of an edition that are proved to go below a floor of the
// treaties, each with somebody whom it would strike. Loading has tried every kind of
// person; this looks at every combination of facts that rules tell apart. A history
// office records what was published all the same.
func (e *Engine) breaches(edition *rules.Edition, commons []string) []string {
	if edition == nil || e.Mode() != domain.Live {
		return nil
	}
	law := rules.Law{Common: edition}
	key := [2]string{edition.Hash}
	if edition.Code != domain.CommonRuleset {
		if len(commons) == 0 {
			return nil
		}
		common, err := e.library.Common(commons[0])
		if err != nil {
			return nil // it was said when the edition was loaded
		}
		law = rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{domain.StateID(edition.Code): edition}}
		key[1] = common.Hash
	}
	if known, found := e.proved.Load(key); found {
		return known.([]string)
	}
	var out []string
	for _, f := range analysis.Analyse(law, edition, analysis.Options{Only: []string{analysis.FloorBreach}}).Findings {
		text := f.Message
		if f.Witness != nil {
			text += "; for instance for " + f.Witness.String()
		}
		out = append(out, text)
	}
	e.proved.Store(key, out)
	return out
}

// unsupported lists the States' editions in force from t on that can't be read under an
// edition of the common law. A history office records what was published all the same.
func (v *overlay) unsupported(library *projections.Library, code, hash string, t timeline.Instant) []projections.Unsupported {
	if code != string(domain.CommonRuleset) || v.Mode() != domain.Live || v.root.Position() == 0 {
		return nil
	}
	return v.root.SupportedBy(library, hash, t)
}

// commons are the common editions under which a State's is read from t on: the one
// in force then, or the first there is, and those that come into force later.
func (v *overlay) commons(t timeline.Instant) []string {
	view := v.root.View()
	var out []string
	add := func(hash string) {
		if hash != "" && !slices.Contains(out, hash) {
			out = append(out, hash)
		}
	}
	hash, _, inForce := view.Ruleset(domain.CommonRuleset, t)
	if all := v.root.Editions(domain.CommonRuleset, v.root.Position()); !inForce && len(all) > 0 {
		hash = all[0]
	}
	add(hash)
	for _, from := range view.RulesetChanges(domain.CommonRuleset) {
		if from > t {
			hash, _, _ := view.Ruleset(domain.CommonRuleset, from)
			add(hash)
		}
	}
	return out
}

// withoutText says of which edition there is no text, and what helps.
func withoutText(e domain.Event, err error) error {
	if c, corrects := e.(domain.EventCorrected); corrects {
		e = c.Body
	}
	p, _ := e.(domain.RulesetPublished)
	err = fmt.Errorf("the text of edition %s: %w", p.Edition, err)
	if errors.Is(err, eventlog.ErrNoBody) {
		return fmt.Errorf("%w; without the law that was in force there are no answers: restore the log from a copy that is whole", err)
	}
	return err
}
