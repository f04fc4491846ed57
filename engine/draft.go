package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Draft is the text of an edition that is not published.
type Draft struct {
	Bundle []byte
	// Effective is when it would come into force; zero is when [Engine.Publish] would
	// have it: at the date in its head, or now if it has none.
	Effective time.Time
	// Instead takes it in place of every other edition of its ruleset, at all times.
	Instead bool
}

// A Supposition is the office as known at one position under a law that is not in
// force. Nothing is recorded for its sake, and nobody else is answered by it.
type Supposition struct {
	*standing.Moment
	// Edition is the draft as it was loaded, and Name what answers call it.
	Edition *rules.Edition
	Name    domain.Edition
	// Effective is when it is taken to come into force; Always if it is taken instead
	// of others.
	Effective timeline.Instant
	Now       time.Time // of the office's clock when it was supposed
}

// Suppose returns the office as it would be if a draft had been published after all
// that was known at a moment: its own law, or that of another supposition. A draft with
// mistakes is refused with [rules.Diagnostics]; one of a State is checked against the
// common law in force when it takes effect.
func (e *Engine) Suppose(ctx context.Context, m *standing.Moment, d Draft) (*Supposition, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := e.works(); err != nil {
		return nil, err
	}
	root, now := m.Root(), e.Now()
	library := root.Library().Over()
	hash := library.Put(d.Bundle)
	code, named := rules.CodeOf(d.Bundle)
	s := &Supposition{Effective: timeline.Of(d.Effective), Now: now}
	if d.Effective.IsZero() {
		s.Effective = timeline.Of(now)
	}
	var err error
	if !named || code == "common" {
		s.Edition, err = library.Common(hash)
	} else {
		var base *rules.Edition
		at := s.Effective
		if base, _, err = root.LawAt(at, m.Known()); err != nil {
			base, err = root.CommonFor(now)
		}
		if err != nil {
			return nil, fmt.Errorf("the common law to check it against: %w", err)
		}
		s.Edition, err = library.State(hash, base.Hash)
	}
	if err != nil {
		return nil, err
	}
	if head := effectiveOf(s.Edition, root.Zone()); d.Effective.IsZero() && !head.At.IsZero() {
		s.Effective = timeline.Of(head.At)
	}
	if d.Instead {
		s.Effective = timeline.Always
	}
	s.Name = domain.Edition{Ruleset: s.Edition.Code, Edition: s.Edition.Edition, Hash: hash}
	under := root.Under(library, projections.Draft{Ruleset: s.Edition.Code, Hash: hash, From: s.Effective, Instead: d.Instead})
	s.Moment = standing.At(under, m.Known())
	return s, nil
}

// Moment returns what is known at one position, from which any number of questions are
// answered, and as of when a question is asked that does not say it. Errors match
// [ErrKnown].
func (e *Engine) Moment(ctx context.Context, w When) (*standing.Moment, time.Time, error) {
	return e.moment(ctx, Question{AsOf: w.AsOf, AsKnown: w.AsKnown})
}

// Outward turns what a question got wrong into errors that match [ErrUnknown] or
// [ErrRequest], for packages that ask a [standing.Moment] themselves.
func Outward(err error) error { return outward(err) }
