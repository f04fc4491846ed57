package engine_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/rules"
)

// R19 refuses a measure without a practice when it is recorded. That the practice
// is mended afterwards changes no answer: only the ledger lists it.
func TestAGroundLostLaterIsListed(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	seen := o.submit(t, drafts(domaintest.Event("state/arandia", "2024-01-01", domain.PracticeObserved{
		Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Source: "cable 1"}))...)
	require.NoError(t, determineAs(o, t, "m-1", domain.MeasureDetermined{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn"}))
	ask := func(q engine.BalanceQuery) []balance.Cell {
		got, err := o.Balance(t.Context(), q)
		require.NoError(t, err)
		return got.Cells
	}
	whole := engine.BalanceQuery{State: "arandia", Privilege: "tax.sales", Over: true}
	assert.Len(t, ask(whole), 3, "before, observed, answered")
	assert.Empty(t, ask(engine.BalanceQuery{Lost: true}))
	before := o.Position()

	eased := o.submit(t, drafts(domaintest.Event("state/arandia", "2025-02-01", domain.PracticeObserved{
		Privileges: []domain.Privilege{"tax.sales"}, Level: "full", Source: "cable 2"}))...)
	lost := ask(engine.BalanceQuery{Lost: true, AsOf: domaintest.When("2025-03-01").At})
	require.Len(t, lost, 1)
	require.Len(t, lost[0].Measures, 1)
	basis := lost[0].Measures[0].Basis
	assert.Equal(t, balance.Ended, basis.Ground)
	assert.Equal(t, eased.First, basis.By)
	assert.Equal(t, seen.First, basis.Practice.Pos)
	assert.Equal(t, domaintest.When("2025-02-01").At, basis.Since.Time())
	assert.Equal(t, domain.Denied, o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "tax.sales", AsOf: domaintest.When("2025-03-01").At}).Outcome)
	assert.Empty(t, ask(engine.BalanceQuery{Lost: true, AsOf: domaintest.When("2025-03-01").At, AsKnown: engine.Known{Position: before, AtPosition: true}}))

	// What was observed never was: then the measure has no ground on record at all.
	o.submit(t, domain.Envelope{Subject: domain.State("arandia"), Target: seen.Events[0], Event: domain.EventRetracted{Reason: "another State"}})
	o.submit(t, domain.Envelope{Subject: domain.State("arandia"), Target: eased.Events[0], Event: domain.EventRetracted{Reason: "another State"}})
	lost = ask(engine.BalanceQuery{Lost: true, AsOf: domaintest.When("2025-03-01").At})
	require.Len(t, lost, 1)
	assert.True(t, lost[0].Unfounded())
}

// A rule of a State's own edition that names the practice it answers stands in the
// ledger, from when it is in force.
func TestARuleThatAnswersAPractice(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Event("state/arandia", "2024-01-01", domain.PracticeObserved{
		Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Source: "cable 1"}))...)
	o.enact(t, engine.Publication{Bundle: arandiaAnswers(t), Authority: "determination 1"})
	got, err := o.Balance(t.Context(), engine.BalanceQuery{State: "arandia", AsOf: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Len(t, got.Cells, 1)
	require.Len(t, got.Cells[0].Rules, 1)
	assert.Equal(t, "AR-SALES", got.Cells[0].Rules[0].ID)
	assert.Equal(t, balance.Stands, got.Cells[0].Rules[0].Basis.Ground)
	assert.False(t, got.Cells[0].Unanswered)
}

func TestBalanceOfWhatIsNotThere(t *testing.T) {
	o := found(t, domain.Live, nil)
	_, err := o.Balance(t.Context(), engine.BalanceQuery{Privilege: "tax.sale"})
	require.EqualError(t, err, `unknown privilege "tax.sale" (did you mean "tax.sales"?)`)
	_, err = o.Balance(t.Context(), engine.BalanceQuery{AsKnown: engine.Known{Position: 1 << 30, AtPosition: true}})
	require.ErrorIs(t, err, engine.ErrKnown)
}

// arandiaAnswers is an edition of Arandia with one rule of its own.
func arandiaAnswers(t *testing.T) []byte {
	bundle, err := rules.Bundle(fstest.MapFS{
		"ruleset.yaml": {Data: []byte(`ruleset: arandia
edition: "2024-02"
title: Arandia
effective: 2024-02-01
rules:
  - id: AR-SALES
    tier: reciprocity
    privilege: [tax.sales]
    outcome: denied
    code: withdrawn
    basis: {practice: same}
    cite: [VCDR 47(2)(a)]
    because: Arandia relieves our missions of no tax.
`)},
	})
	require.NoError(t, err)
	return bundle
}
