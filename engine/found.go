package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Founding says what the first command of a log records: the office, and the
// editions of the law that it starts with.
type Founding struct {
	Office domain.OfficeID
	Name   string
	Zone   string // IANA name of the office's time zone
	Mode   domain.Mode
	// At is when a history office is founded; zero is now. A live office is
	// always founded now.
	At    time.Time
	Actor string
	// ID is that of the founding command; zero is a new one. With one, the ids of
	// its events come from it, so that the same founding has the same bytes.
	ID domain.CommandID
	// Bundles are the editions to publish: the common law first, then those of
	// States. Each is published as effective from the date in its head.
	Bundles [][]byte
}

// empty returns an engine without an office, over a log that must be empty.
func empty(ctx context.Context, c Config) (*Engine, error) {
	if c.Decisions != nil {
		return nil, errEarly
	}
	head, err := c.Log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the head of the log: %w", err)
	}
	if head != 0 {
		return nil, ErrFounded
	}
	e := newEngine(c)
	return e, e.catchUp(ctx, nil)
}

// Found makes the office that an empty log will hold, and opens it. Everything
// is checked before anything is written; the editions are stored, durably, before
// the events that name them.
func Found(ctx context.Context, c Config, f Founding) (*Engine, error) {
	e, err := empty(ctx, c)
	if err != nil {
		return nil, err
	}
	zone, err := calendar.LoadZone(f.Zone)
	if err != nil {
		return nil, err
	}
	if f.Mode == domain.Live && !f.At.IsZero() {
		return nil, fmt.Errorf("%w: a live office is founded now", ErrMode)
	}
	at := f.At
	if at.IsZero() {
		at = e.Now()
	}
	when := calendar.When{At: calendar.Instant(at)}
	cmd := domain.Command{ID: f.ID, Actor: f.Actor, Recorded: f.At, Drafts: []domain.Envelope{{
		Subject: domain.Of(domain.KindOffice, f.Office), Effective: when, Authority: "founding of the office",
		Event: domain.OfficeFounded{Name: f.Name, Zone: zone.String(), Mode: f.Mode},
	}}}
	library, common := e.library, ""
	for _, bundle := range f.Bundles {
		var edition *rules.Edition
		hash := library.Put(bundle)
		if common == "" {
			edition, err = library.Common(hash)
			common = hash
		} else {
			edition, err = library.State(hash, common)
		}
		if err != nil {
			return nil, err
		}
		draft, err := e.publication(ctx, edition, bundle, zone)
		if err != nil {
			return nil, err
		}
		cmd.Drafts = append(cmd.Drafts, draft)
	}
	if common == "" {
		return nil, fmt.Errorf("an office needs an edition of the common law to answer by")
	}
	if !f.ID.IsZero() {
		for i := range cmd.Drafts {
			cmd.Drafts[i].ID = eventOf(f.ID, i)
		}
	}
	if _, err := e.Submit(ctx, cmd); err != nil {
		return nil, err
	}
	return e, nil
}

// eventOf makes the id of the event with that index in a command that has one.
func eventOf(c domain.CommandID, index int) (id domain.EventID) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s#%d", c, index))
	copy(id[:], sum[:])
	copy(id[:6], c[:6]) // the time in a ULID, so that ids sort as they were made
	return id
}

// publication stores the text of an edition and drafts the event that brings it
// into force, on the date in its head.
func (e *Engine) publication(ctx context.Context, edition *rules.Edition, bundle []byte, zone calendar.Zone) (domain.Envelope, error) {
	hash, err := e.bodies.Put(ctx, bundle)
	if err != nil {
		return domain.Envelope{}, fmt.Errorf("store the text of edition %s of %s: %w", edition.Edition, edition.Code, err)
	}
	return publicationOf(edition, hash.String(), zone), nil
}

// publicationOf drafts the event that brings an edition into force, on the date in
// its head.
func publicationOf(edition *rules.Edition, hash string, zone calendar.Zone) domain.Envelope {
	return domain.Envelope{
		Subject:   domain.Of(domain.KindRuleset, edition.Code),
		Effective: effectiveOf(edition, zone),
		Authority: "edition " + edition.Edition + " of " + string(edition.Code),
		Event:     domain.RulesetPublished{Edition: edition.Edition, Hash: hash},
	}
}

// effectiveOf is 00:00, in the office's zone, of the date in the edition's head;
// nothing if it has none.
func effectiveOf(edition *rules.Edition, zone calendar.Zone) calendar.When {
	if edition.Effective == timeline.Always {
		return calendar.When{}
	}
	date := calendar.UTC.DateOf(edition.Effective.Time())
	return calendar.When{At: zone.Midnight(date), Date: date, HasDate: true, Zone: zone.String()}
}
