package cases_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

func mini(t *testing.T) *rules.Edition {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS("../testdata/mini"))
	require.NoError(t, err)
	e, err := rules.LoadCommon(bundle)
	require.NoError(t, err)
	return e
}

func TestMini(t *testing.T) {
	e := mini(t)
	r := cases.Run(rules.Law{Common: e}, e)
	assert.True(t, r.OK(), "%s", &r)
	assert.Greater(t, len(r.Results), len(e.Cases), "some cases are repeated")
	for _, c := range r.Coverage {
		assert.NotZero(t, c.Fired, c.Rule.ID)
	}
}

func TestState(t *testing.T) {
	common := mini(t)
	bundle, err := rules.Bundle(os.DirFS("../testdata/arandia"))
	require.NoError(t, err)
	e, err := rules.LoadState(bundle, common)
	require.NoError(t, err)
	law := rules.Law{Common: common}
	r := cases.Run(law, e)
	assert.True(t, r.OK(), "%s", &r)
	require.Len(t, r.Coverage, 1, "the rules of the State's own edition")
	assert.Equal(t, 1, r.Coverage[0].Fired)
	assert.Equal(t, 1, r.Coverage[0].Silent)
	assert.Nil(t, law.States, "the law that was given is as it was")
}

// TestReport compares what is said of cases that don't come true, and of rules
// that none tries.
func TestReport(t *testing.T) {
	common := mini(t)
	bundle, err := os.ReadFile("testdata/wrong.txt")
	require.NoError(t, err)
	e, err := rules.LoadState(bundle, common)
	require.NoError(t, err)
	r := cases.Run(rules.Law{Common: common}, e)
	assert.False(t, r.OK())
	golden.Compare(t, "testdata/wrong.golden", []byte(r.String()))
	for range 5 {
		again := cases.Run(rules.Law{Common: common}, e)
		assert.Equal(t, r.String(), again.String())
	}
}

// TestSituations looks at what cases make of their subjects.
func TestSituations(t *testing.T) {
	common := mini(t)
	bundle := []byte(`-- a.yaml --
ruleset: xa
edition: e
title: t
cases:
  - {name: family, given: {sponsor: {category: con.officer, rank: consul}, member: {status: lpr}}, ask: travel.move, expect: allowed}
  - {name: nobody, given: {member: nobody}, ask: travel.move, expect: allowed}
  - {name: of a mission, given: {member: {category: con.honorary}}, ask: prem.archives, expect: denied}
  - {name: at another, given: {member: {category: dip.agent, phase: ended}, mission: {kind: consular_post}, state: {id: xb}}, ask: imm.arrest, at: 2024-02-29, expect: denied}
  - {name: a visitor, given: {member: {category: visitor}}, ask: imm.arrest, expect: denied}
  - {name: an order, given: {member: {category: visitor}, restrictions: [{privileges: [travel.*]}], grants: [{}], measures: [{level: full, scope: {family: true, status: [lpr]}}]}, ask: travel.move, expect: allowed}
`)
	e, err := rules.LoadState(bundle, common)
	require.NoError(t, err)
	situate := func(i int) *rules.Situation {
		s, err := cases.Situate(rules.Law{Common: common}, e, e.Cases[i], "")
		require.NoError(t, err)
		return s
	}
	read := func(o *rules.Object, name string) string {
		v, _ := o.Value(name)
		return v.String()
	}

	family := situate(0).Capacities[0]
	assert.Equal(t, "con.officer", string(family.Reach.Category), "the sponsor's")
	assert.Equal(t, "consul", family.Reach.Rank)
	assert.Equal(t, "lpr", string(family.Reach.Status), "the person's own")
	assert.Equal(t, "consular_post", string(family.Reach.MissionKind), "it goes without saying")
	assert.Equal(t, "xa", string(family.Reach.State))
	assert.True(t, family.Reach.Family)
	assert.True(t, family.Reach.Liberty)
	assert.Equal(t, "family", read(family.Member, "category"))
	assert.Equal(t, "family", read(family.Member, "capacity"))
	assert.Equal(t, "con.officer", read(family.Sponsor, "category"))
	assert.Equal(t, "[xa]", read(family.Member, "nationalities"))
	require.NotNil(t, family.Principal)
	assert.False(t, family.Principal.Reach.Family)
	assert.Equal(t, "none", string(family.Principal.Reach.Status))

	assert.Empty(t, situate(1).Capacities)
	archives := situate(2).Capacities[0]
	assert.Empty(t, archives.Reach.Member, "asked of the person's mission")
	assert.Equal(t, "honorary_post", string(archives.Reach.MissionKind))
	other := situate(3)
	assert.True(t, other.Capacities[0].Ended)
	assert.Equal(t, "xb", read(other.Capacities[0].State, "id"))
	assert.Equal(t, "2024-02-29T00:00:00Z", other.At.String())
	assert.True(t, situate(4).Capacities[0].Reach.Visitor)

	order := situate(5)
	require.Len(t, order.Bounds, 3)
	for _, b := range order.Bounds {
		reaches := b.Covers(order.Capacities[0].Reach)
		assert.Equal(t, b.Individual, reaches, "an order against a visitor reaches, a measure silent on visitors does not")
	}
	assert.Equal(t, "granted", read(order.Bounds[1].Object, "level"))
	assert.Equal(t, "withdrawn", read(order.Bounds[2].Object, "level"))
	assert.Empty(t, order.Bounds[1].Privileges, "all of them")
	assert.True(t, order.Bounds[0].NamesStatus)
}
