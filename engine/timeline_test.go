package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// One question over effective time, over what was known, and over both.
func TestOverTime(t *testing.T) {
	o := found(t, domain.History, nil)
	founded := o.Position()
	o.submit(t, arandia()...)
	posted := o.Position()
	ended := o.submit(t, drafts(domaintest.Ended("ana", "2024-06-01"))...)
	o.submit(t, domain.Envelope{Subject: domain.Member("ana"), Target: ended.Events[0], Event: domain.EventRetracted{Reason: "mixed up"}})
	q := engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: domaintest.When("2024-08-01").At}

	known, err := o.KnownTimeline(t.Context(), q, engine.Range{})
	require.NoError(t, err)
	assert.Equal(t, founded, known.From)
	assert.Equal(t, o.Position(), known.To)
	require.Len(t, known.Stretches, 4)
	for i, want := range []domain.Outcome{domain.Denied, domain.Allowed, domain.Denied, domain.Allowed} {
		assert.Equal(t, want, known.Stretches[i].Outcome)
	}
	assert.Equal(t, []domain.Position{ended.First}, known.Stretches[2].Turned)

	known, err = o.KnownTimeline(t.Context(), q, engine.Range{Since: engine.Known{Position: posted, AtPosition: true}})
	require.NoError(t, err)
	assert.Len(t, known.Stretches, 3)

	q.AsKnown = engine.Known{Position: ended.Position, AtPosition: true}
	tl, err := o.Timeline(t.Context(), q, engine.Range{From: domaintest.When("2024-01-01").At})
	require.NoError(t, err)
	require.Len(t, tl.Stretches, 2)
	assert.Equal(t, domaintest.When("2024-07-01").At, tl.Stretches[1].From.Time())
	assert.Equal(t, ended.Position, tl.AsKnown)

	q.AsOf = domaintest.When("2024-02-01").At
	next, changes, err := o.NextChange(t.Context(), q)
	require.NoError(t, err)
	assert.True(t, changes)
	assert.Equal(t, tl.Stretches[1].From, next.At)
	assert.Equal(t, "the period to leave ends", next.Cause)

	m, err := o.TimeMap(t.Context(), q, engine.Range{From: domaintest.When("2024-01-01").At, To: domaintest.When("2025-01-01").At})
	require.NoError(t, err)
	assert.Len(t, m.Rows, 3)
	assert.Len(t, m.Answers, 2)
	line, err := json.Marshal(m)
	require.NoError(t, err)
	assert.Contains(t, string(line), `"known_from":2,"known_to":6`)

	all, err := o.Timelines(t.Context(), q, engine.Range{})
	require.NoError(t, err)
	assert.Greater(t, len(all), 20)
}

func TestOverTimeRefused(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	q := engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arest"}
	_, err := o.Timeline(t.Context(), q, engine.Range{})
	require.ErrorIs(t, err, engine.ErrUnknown)
	_, err = o.KnownTimeline(t.Context(), q, engine.Range{})
	require.ErrorIs(t, err, engine.ErrUnknown)
	q.Privilege = "imm.arrest"
	_, err = o.Timeline(t.Context(), q, engine.Range{From: domaintest.When("2025-01-01").At, To: domaintest.When("2024-01-01").At})
	require.ErrorIs(t, err, engine.ErrRequest)
	_, err = o.TimeMap(t.Context(), q, engine.Range{Since: engine.Known{Position: 3, AtPosition: true}})
	require.ErrorIs(t, err, engine.ErrKnown)
	q.AsKnown = engine.Known{Position: 2, AtPosition: true}
	_, err = o.KnownTimeline(t.Context(), q, engine.Range{Since: engine.Known{Position: 5, AtPosition: true}})
	require.ErrorIs(t, err, engine.ErrKnown)
	q.AsKnown, q.Request = engine.Known{}, map[string]string{"at": "2024-01-01"}
	_, err = o.TimeMap(t.Context(), q, engine.Range{})
	require.ErrorIs(t, err, engine.ErrRequest)
	_, _, err = o.NextChange(t.Context(), q)
	require.ErrorIs(t, err, engine.ErrRequest)
}
