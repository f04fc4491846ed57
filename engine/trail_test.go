package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/trail"
)

func TestTrailOfASubject(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Registered("borvia", "2020-01-01"))...)
	status := o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2024-03-01"))...)
	o.submit(t, domain.Envelope{Subject: domain.Member("ana"), Target: status.Events[0], Event: domain.EventRetracted{Reason: "her sister"}})
	read := func(q engine.TrailQuery) (out []trail.Entry) {
		entries, k, err := o.Trail(t.Context(), q)
		require.NoError(t, err)
		for e, err := range entries {
			require.NoError(t, err)
			require.Less(t, e.Position, k)
			out = append(out, e)
		}
		return out
	}
	subjects := func(entries []trail.Entry) map[domain.Subject]bool {
		out := map[domain.Subject]bool{}
		for _, e := range entries {
			out[e.Envelope.Subject] = true
		}
		return out
	}
	whole := subjects(read(engine.TrailQuery{Subject: domain.Member("ana")}))
	assert.Contains(t, whole, domain.Mission("arandia-embassy"))
	assert.Contains(t, whole, domain.State("arandia"))
	assert.NotContains(t, whole, domain.State("borvia"))
	alone := read(engine.TrailQuery{Subject: domain.Member("ana"), Alone: true})
	assert.Len(t, subjects(alone), 1)
	last := alone[len(alone)-1]
	assert.Equal(t, status.First, last.ActsOn)
	assert.Empty(t, last.Standing)
	assert.Len(t, read(engine.TrailQuery{}), int(o.Position()))
	assert.Len(t, read(engine.TrailQuery{Filter: trail.Filter{Revisions: true}}), 1)
	assert.Empty(t, read(engine.TrailQuery{Filter: trail.Filter{Revisions: true}, AsKnown: engine.Known{Position: status.Position, AtPosition: true}}))
}

func TestTrailIsRefused(t *testing.T) {
	o := found(t, domain.Live, nil)
	_, _, err := o.Trail(t.Context(), engine.TrailQuery{Filter: trail.Filter{Types: []string{"mesure"}}})
	require.EqualError(t, err, `unknown type of event "mesure" (did you mean "measure"?)`)
	_, _, err = o.Trail(t.Context(), engine.TrailQuery{Filter: trail.Filter{Privilege: "tax.sale"}})
	require.ErrorIs(t, err, engine.ErrUnknown)
	ctx, cancel := context.WithCancel(t.Context())
	entries, _, err := o.Trail(ctx, engine.TrailQuery{})
	require.NoError(t, err)
	cancel()
	for _, err := range entries {
		require.ErrorIs(t, err, context.Canceled)
	}
}
