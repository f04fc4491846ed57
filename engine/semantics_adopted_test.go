package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// A program that meets a log of a greater semantics version than its own answers
// by its own, says so, and records nothing.
func TestALogOfAGreaterSemanticsVersion(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	adopt := func(version int) domain.Envelope {
		return drafts(domaintest.Event("office/office", "2025-01-01", domain.SemanticsAdopted{Version: version, Program: "a later one"}))[0]
	}
	o.submit(t, adopt(engine.Semantics))
	_, err := o.Submit(t.Context(), domain.Command{Drafts: []domain.Envelope{adopt(engine.Semantics + 1)}})
	require.ErrorIs(t, err, engine.ErrSemantics, "it is for the later program to adopt it")
	o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2024-02-01"))...)

	// The later program does.
	e := adopt(engine.Semantics + 1)
	last, _ := o.Root().View().Envelope(o.Position() - 1)
	e.ID, e.Command, e.Recorded = engine.NewID(), domain.CommandID(engine.NewID()), last.Recorded.Add(1_000_000)
	records, err := engine.Records([]domain.Envelope{e})
	require.NoError(t, err)
	_, err = o.log.Append(t.Context(), eventlog.Position(o.Position()), records...)
	require.NoError(t, err)

	later, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library()})
	require.NoError(t, err)
	for _, try := range []*engine.Engine{later, o.Engine} { // one that begins with it, and one that it comes upon
		_, err = try.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.StatusChanged("ana", "none", "2024-03-01"))})
		require.ErrorIs(t, err, engine.ErrSemantics)
		require.ErrorContains(t, err, "upgrade it to record")
		_, err = try.Check(t.Context(), domain.Command{Drafts: drafts(domaintest.StatusChanged("ana", "none", "2024-03-01"))})
		require.ErrorIs(t, err, engine.ErrSemantics)
		d, err := try.Ask(t.Context(), onceAsked)
		require.NoError(t, err)
		assert.Equal(t, engine.Semantics, d.Semantics)
	}
}
