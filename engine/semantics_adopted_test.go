package engine_test

import (
	"fmt"
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

// While a program is replaced by a later one, both are at work on one log. Until the later
// version is adopted they answer alike and both record; from then on the old one answers
// as before, says by which version, and records nothing: not even what it had decided
// before it knew.
func TestTwoProgramsSideBySide(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	open := func(version int) replica {
		line := &remote{Log: o.log}
		e, err := engine.Open(t.Context(), engine.Pretend(engine.Config{Log: line, Bodies: o.log, Clock: o.clock.Now, Library: library()}, version))
		require.NoError(t, err)
		return replica{e, line}
	}
	old, later := open(engine.Semantics), open(engine.Semantics+1)
	adopt := domain.Command{Actor: "operator", Drafts: drafts(domaintest.Event("office/office", "2025-01-01", domain.SemanticsAdopted{Version: engine.Semantics + 1, Program: "a later one"}))}

	// Before.
	for i, r := range []replica{old, later, old, later} {
		_, err := r.Submit(t.Context(), accredit(fmt.Sprintf("m-%d", i)))
		require.NoError(t, err)
	}
	_, err := old.Submit(t.Context(), accredit("m-4"))
	require.NoError(t, err)
	_, err = later.Check(t.Context(), accredit("m-5")) // which reads nothing
	require.NoError(t, err)
	ask := func(r replica) domain.Decision {
		d, err := r.Ask(t.Context(), engine.Question{Subject: domain.Member("m-0"), Privilege: "imm.arrest", AsOf: onceAsked.AsOf, AsKnown: engine.Known{Position: o.Position() + 1, AtPosition: true}})
		require.NoError(t, err)
		return d
	}
	was, is := ask(old), ask(later)
	assert.Equal(t, engine.Semantics, was.Semantics)
	assert.Equal(t, engine.Semantics+1, is.Semantics)
	is.Semantics = was.Semantics
	assert.Equal(t, was, is)
	_, err = old.Submit(t.Context(), adopt)
	require.ErrorIs(t, err, engine.ErrSemantics, "the old program can't adopt what it does not implement")

	// The later version is adopted while a command that the old one decided is on its way.
	var adopted engine.Receipt
	old.line.set(func(l *remote) {
		l.meeting = func() {
			var err error
			adopted, err = later.Submit(t.Context(), adopt)
			require.NoError(t, err)
		}
	})
	_, err = old.Submit(t.Context(), accredit("late"))
	require.ErrorIs(t, err, engine.ErrSemantics)
	require.Equal(t, adopted.Position, old.Position(), "it has seen why")
	require.False(t, old.Root().View().Known(domain.Member("late")))

	// After.
	_, err = old.Submit(t.Context(), accredit("later"))
	require.ErrorIs(t, err, engine.ErrSemantics)
	s, err := old.Begin(t.Context())
	require.NoError(t, err)
	_, err = s.Decide(t.Context(), numbered(1, "dip.at"))
	require.ErrorIs(t, err, engine.ErrSemantics)
	require.NoError(t, s.Abandon(t.Context()))
	receipt, err := later.Submit(t.Context(), accredit("later"))
	require.NoError(t, err)
	assert.Equal(t, adopted.Position+1, receipt.Position)
	assert.Equal(t, was, ask(old))
	assert.Equal(t, engine.Semantics+1, old.Root().View().Semantics())
}
