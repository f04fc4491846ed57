package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
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
		switch body := body.(type) {
		case domain.RulesetPublished:
			bundle, err := e.text(ctx, body.Hash)
			if err != nil {
				if errors.Is(err, eventlog.ErrNoBody) {
					refuse("payload.hash", "the text of this edition is not in the office: publish the ruleset's folder, which stores it and records this event")
					continue
				}
				return err
			}
			if code, _ := rules.CodeOf(bundle); code != d.Subject.ID {
				refuse("subject", "the text with this hash is an edition of %q, not of %q", code, d.Subject.ID)
				continue
			}
			edition, err := e.loadFor(d.Subject.ID, bundle, v)
			if err != nil {
				refuse("payload.hash", "the edition has mistakes:\n%v", err)
				continue
			}
			for _, ground := range v.groundless(edition, timeline.Of(d.Effective.At)) {
				refuse("payload.hash", "%s", ground)
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
		return nil, err
	}
	return e.bodies.Get(ctx, h)
}

// loadFor loads an edition as it will be used. While an office is being founded
// there is no common law on record yet: then the founding has checked it.
func (e *Engine) loadFor(code string, bundle []byte, v *overlay) (*rules.Edition, error) {
	e.library.Put(bundle)
	hash := rules.Hash(bundle)
	if code == "common" {
		return e.library.Common(hash)
	}
	base := v.root.Editions("common", v.root.Position())
	if len(base) == 0 {
		return nil, nil
	}
	return e.library.State(hash, base[len(base)-1])
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
