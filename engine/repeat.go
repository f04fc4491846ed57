package engine

import (
	"bytes"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/internal/mutant"
)

// repeated finds out whether a command is on record already, by its id or by the
// ids of its events, and returns the first of its positions and its events.
func (e *Engine) repeated(c domain.Command, v *overlay) (domain.Position, []domain.Envelope, error) {
	if mutant.On(mutant.RepeatTwice) {
		return 0, nil, nil
	}
	at := v.root.View().Command(c.ID)
	if len(at) > 0 {
		if len(at) != len(c.Drafts) {
			return 0, nil, fmt.Errorf("command %s: %w: it recorded %d events, and this one has %d", c.ID, ErrRepeated, len(at), len(c.Drafts))
		}
		found := make([]domain.Envelope, len(at))
		for i, pos := range at {
			found[i], _ = v.root.View().Envelope(pos)
			if err := sameContent(found[i], c.Drafts[i], c); err != nil {
				return 0, nil, fmt.Errorf("command %s, event %d: %w", c.ID, i+1, err)
			}
		}
		return at[0], found, nil
	}
	var first domain.Position
	var found []domain.Envelope
	for i, d := range c.Drafts {
		if d.ID.IsZero() {
			continue
		}
		pos, env, known := v.root.View().EventByID(d.ID)
		if !known {
			continue
		}
		if err := sameContent(env, d, c); err != nil {
			return 0, nil, fmt.Errorf("event %d: id %s: %w", i+1, d.ID, err)
		}
		if len(found) == 0 {
			first = pos
		}
		found = append(found, env)
	}
	if len(found) > 0 && len(found) < len(c.Drafts) {
		return 0, nil, fmt.Errorf("%w: %d of the %d events are on record already (%s is one); submit the others alone, or the first command again as it was", ErrRepeated, len(found), len(c.Drafts), found[0].ID)
	}
	return first, found, nil
}

// sameContent compares an event on record with a draft, but for what the engine
// adds.
func sameContent(have domain.Envelope, draft domain.Envelope, c domain.Command) error {
	if draft.ID.IsZero() {
		draft.ID = have.ID
	}
	if draft.Actor == "" {
		draft.Actor = c.Actor
	}
	if draft.Correlation == "" {
		draft.Correlation = c.Correlation
	}
	if draft.Effective.At.IsZero() {
		draft.Effective = have.Effective
	}
	draft.Command, draft.Recorded = have.Command, have.Recorded
	a, err := codec.Encode(have)
	if err != nil {
		return err
	}
	b, err := codec.Encode(draft)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return ErrRepeated
	}
	return nil
}
