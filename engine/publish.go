package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/rules"
)

// A Publication brings an edition of a ruleset into force.
type Publication struct {
	Bundle []byte
	// Effective is when it comes into force; zero is the date in its head, or
	// now if it has none.
	Effective calendar.When
	Authority string
	Actor     string
	Command   domain.CommandID
	// Recorded is when it was published; only a history office may state it, and
	// zero is now.
	Recorded time.Time
}

// Publish checks an edition against the common law that will be in force with
// it, stores its text, and records that it is published. A rule below a floor,
// or any other mistake, refuses it with [rules.Diagnostics], and nothing is
// recorded.
func (e *Engine) Publish(ctx context.Context, p Publication) (Receipt, error) {
	edition, err := e.Load(p.Bundle)
	if err != nil {
		return Receipt{}, err
	}
	draft, err := e.publication(ctx, edition, p.Bundle, e.Zone())
	if err != nil {
		return Receipt{}, err
	}
	if !p.Effective.At.IsZero() {
		draft.Effective = p.Effective
	}
	if p.Authority != "" {
		draft.Authority = p.Authority
	}
	return e.Submit(ctx, domain.Command{ID: p.Command, Actor: p.Actor, Recorded: p.Recorded, Drafts: []domain.Envelope{draft}})
}

// Load checks the text of an edition: a common one by itself, a State's against
// the common edition in force now. It records nothing.
func (e *Engine) Load(bundle []byte) (*rules.Edition, error) {
	code, named := rules.CodeOf(bundle)
	if !named || code == "common" {
		return rules.LoadCommon(bundle)
	}
	common, err := e.Root().CommonFor(e.Now())
	if err != nil {
		return nil, fmt.Errorf("the common law to check it against: %w", err)
	}
	return rules.LoadState(bundle, common)
}
