package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections/standing"
)

// errEarly is returned when answers are to be recorded of an office that is not
// founded yet, so that there is nothing to bind their log to.
var errEarly = errors.New("answers can't be recorded before the office is founded: found it, and open it again with its log of answers")

// recordWith makes a recorder record what is answered, if it is of this office.
func (e *Engine) recordWith(ctx context.Context, r *decisions.Recorder) error {
	if r == nil {
		return nil
	}
	own, err := decisions.Binding(ctx, e.log)
	if err != nil {
		return err
	}
	if own != r.Office() {
		return fmt.Errorf("%w: %s", decisions.ErrOtherOffice, r.Office().Office)
	}
	e.decisions = r
	return nil
}

// given records decisions before they are given.
func (e *Engine) given(ctx context.Context, call decisions.Call, view string, m *standing.Moment, asOf time.Time, q Question, all ...domain.Decision) error {
	answers := make([]decisions.Answer, len(all))
	for i, d := range all {
		data, err := codec.EncodeDecision(d)
		if err != nil && e.decisions.Mode() == decisions.Strict {
			return fmt.Errorf("%w: %w", decisions.ErrNotRecorded, err)
		}
		answers[i] = e.answer(call, view, m, asOf, q, data) // what has no bytes is counted as missing
		answers[i].Question.Privilege = d.Privilege
	}
	return e.decisions.Record(ctx, answers...)
}

// givenCard records a card before it is given.
func (e *Engine) givenCard(ctx context.Context, view string, m *standing.Moment, asOf time.Time, q Question, card standing.Card) error {
	data, err := encodeCard(card)
	if err != nil && e.decisions.Mode() == decisions.Strict {
		return fmt.Errorf("%w: %w", decisions.ErrNotRecorded, err)
	}
	return e.decisions.Record(ctx, e.answer(decisions.CallCard, view, m, asOf, q, data))
}

func (e *Engine) answer(call decisions.Call, view string, m *standing.Moment, asOf time.Time, q Question, data []byte) decisions.Answer {
	return decisions.Answer{
		By: q.AskedBy, Call: call, Root: m.Root().Position(), Semantics: e.semantics, Bytes: data,
		Question: decisions.Asked{Subject: q.Subject, View: view, AsOf: calendar.Instant(asOf), AsKnown: m.Known(), Request: q.Request},
	}
}

// encodeCard returns a card as JSON. The same card gives the same bytes.
func encodeCard(card standing.Card) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(card); err != nil {
		return nil, fmt.Errorf("encode the card of %s: %w", card.Subject, err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}
