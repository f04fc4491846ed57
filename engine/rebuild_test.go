package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

func TestRebuildAgrees(t *testing.T) {
	if raced {
		t.Skip("TestRebuildWhileAtWork does the same beside others")
	}
	for seed := range uint64(2) {
		log, tree := logOf(t, 8, 250, seed+1)
		s := &shelf{}
		before := open(t, log, tree, s)
		r, err := before.Rebuild(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, before.Position(), r.Position)
		assert.Equal(t, r.InUse, r.Anew)
		assert.NotZero(t, r.Anew.Answers)

		// What began with a snapshot has the same digests; another log has others.
		_, err = before.Freeze(t.Context())
		require.NoError(t, err)
		thawed := open(t, log, tree, s)
		require.Equal(t, before.Position(), thawed.Thawed().From)
		again, err := thawed.Rebuild(t.Context(), nil)
		require.NoError(t, err)
		assert.Equal(t, r, again)
		other, otherTree := logOf(t, 8, 250, seed+100)
		elsewhere, err := open(t, other, otherTree, s).Root().Digest(t.Context())
		require.NoError(t, err)
		assert.NotEqual(t, r.InUse.Content, elsewhere)
	}
}

// Whatever event was otherwise, it is found, named, and nothing is switched.
func TestRebuildFindsADifference(t *testing.T) {
	if raced {
		t.Skip("TestRebuildWhileAtWork does the same beside others")
	}
	log, tree := logOf(t, 40, 1500, 3)
	e := open(t, log, tree, &shelf{})
	before := e.Root()
	for at := domain.Position(1); at < e.Position(); at += 211 {
		r, err := e.RebuildAltered(t.Context(), func(pos domain.Position, env domain.Envelope) domain.Envelope {
			if pos == at {
				env.Actor += "x"
			}
			return env
		})
		require.ErrorIs(t, err, engine.ErrDiffers)
		require.ErrorContains(t, err, fmt.Sprintf("first at position %d", at))
		assert.NotEqual(t, r.InUse.Content, r.Anew.Content)
		assert.Same(t, before, e.Root(), "the old state goes on being used")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := e.Rebuild(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.Same(t, before, e.Root())
}

// An event that is recorded while the states are compared counts as well.
func TestRebuildFindsADifferenceThatCameLater(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	at := o.Position()
	first := true
	_, err := o.RebuildAltered(t.Context(), func(pos domain.Position, env domain.Envelope) domain.Envelope {
		if first { // the position to compare at is settled
			first = false
			o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"))...)
		}
		if pos == at {
			env.Actor += "x"
		}
		return env
	})
	require.ErrorIs(t, err, engine.ErrDiffers)
	require.ErrorContains(t, err, fmt.Sprintf("position %d", at))
}

func TestRebuildWhileAtWork(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	for round := range 5 {
		var all sync.WaitGroup
		done := make(chan struct{})
		for w := range 3 {
			all.Go(func() {
				for i := range 20 { // no more: each makes the next rebuild take longer
					select {
					case <-done:
						return
					default:
					}
					id := domain.MemberID(fmt.Sprintf("m-%d-%d-%d", round, w, i))
					r, err := o.Submit(t.Context(), domain.Command{Actor: "test", Drafts: drafts(domaintest.Accredited(id, "arandia-embassy", "dip.agent", "2024-01-01"))})
					if !assert.NoError(t, err) {
						return
					}
					d, err := o.Ask(t.Context(), engine.Question{Subject: domain.Member(id), Privilege: "imm.arrest", AtLeast: r.Position})
					if !assert.NoError(t, err) || !assert.Equal(t, domain.Allowed, d.Outcome) {
						return
					}
				}
			})
		}
		before := o.Root()
		r, err := o.Rebuild(t.Context(), func(done, of domain.Position) { assert.LessOrEqual(t, done, of) })
		assert.NoError(t, err)
		assert.Equal(t, r.InUse, r.Anew)
		assert.GreaterOrEqual(t, r.Position, before.Position())
		assert.GreaterOrEqual(t, o.Position(), r.Position)
		close(done)
		all.Wait()
	}
	fresh, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Library: library()})
	require.NoError(t, err)
	r, err := fresh.Root().Digest(t.Context())
	require.NoError(t, err)
	mine, err := o.Root().Digest(t.Context())
	require.NoError(t, err)
	assert.Equal(t, r, mine)
}
