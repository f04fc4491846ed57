package engine_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/rules"
)

// amended returns the common law with one text in place of another.
func amended(t *testing.T, before, after string) []byte {
	t.Helper()
	bundle, err := common()
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(bundle, []byte(before)), "%q", before)
	return bytes.Replace(bundle, []byte(before), []byte(after), 1)
}

// The length of a period to leave is that of the law in force when functions
// ended, on both axes of time.
func TestEditionsOnBothAxes(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := found(t, domain.History, nil)
	o.submit(t, arandia()...)
	shorter := amended(t, "period: {days: 30}", "period: {days: 10}")
	published, err := o.Publish(t.Context(), engine.Publication{Bundle: shorter, Effective: domaintest.When("2024-07-01"), Authority: "rule 24-7"})
	require.NoError(t, err)
	o.submit(t, drafts(
		domaintest.Accredited("bo", "arandia-embassy", "dip.agent", "2024-01-01"),
		domaintest.Ended("ana", "2024-06-01"),
		domaintest.Ended("bo", "2024-08-01"),
	)...)
	outcome := func(who domain.MemberID, asOf string, known engine.Known) domain.Outcome {
		return o.ask(t, engine.Question{Subject: domain.Member(who), Privilege: "imm.arrest", AsOf: domaintest.When(asOf).At, AsKnown: known}).Outcome
	}
	now := engine.Known{}
	assert.Equal(t, domain.Allowed, outcome("ana", "2024-06-20", now))
	assert.Equal(t, domain.Denied, outcome("ana", "2024-07-01", now))
	assert.Equal(t, domain.Allowed, outcome("bo", "2024-08-10", now))
	assert.Equal(t, domain.Denied, outcome("bo", "2024-08-11", now))

	d := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: domaintest.When("2024-08-01").At})
	assert.Equal(t, rules.Hash(shorter), d.Editions[0].Hash)
	d = o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: domaintest.When("2024-08-01").At,
		AsKnown: engine.Known{Position: published.First, AtPosition: true}})
	assert.NotEqual(t, rules.Hash(shorter), d.Editions[0].Hash, "not known yet")

	o.submit(t, drafts(domaintest.Event("ruleset/common", "2024-09-01", domain.RulesetWithdrawn{Hash: rules.Hash(shorter), Reason: "a test"}))...)
	_, err = o.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: domaintest.When("2024-09-01").At})
	require.ErrorContains(t, err, "no edition of the common law is in force")
}

func TestEditionsThatMayNotBePublished(t *testing.T) {
	o := found(t, domain.Live, nil)
	head := o.Position()
	delmark := func(rule string) []byte {
		return []byte("-- ruleset.yaml --\nruleset: delmark\nedition: \"1\"\ntitle: Delmark\nrules:\n" + rule)
	}
	_, err := o.Publish(t.Context(), engine.Publication{Bundle: delmark("  - {id: D-1, tier: reciprocity, privilege: [imm.arrest], outcome: denied, cite: [an order], because: A test.}\n")})
	require.ErrorContains(t, err, "VCDR 29")
	_, err = o.Publish(t.Context(), engine.Publication{Bundle: delmark("  - {id: D-1, tier: reciprocity, privilege: [tax.salse], outcome: denied, cite: [an order], because: A test.}\n")})
	require.ErrorContains(t, err, "did you mean tax.sales?")
	bundle, err := common()
	require.NoError(t, err)
	archive := found(t, domain.History, nil)
	for _, c := range []struct {
		o    office
		says func(hash string) domain.Event
	}{
		{archive, func(hash string) domain.Event { return domain.RulesetPublished{Edition: "1", Hash: hash} }},
		{o, func(hash string) domain.Event { return domain.RulesetDraftSaved{Hash: hash} }},
	} {
		_, err = c.o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("ruleset/delmark", "2025-01-01", c.says(strings.Repeat("0", 64))))})
		require.ErrorContains(t, err, "not in the office")
		_, err = c.o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("ruleset/delmark", "2025-01-01", c.says("hash")))})
		require.ErrorContains(t, err, "not in the office")
		_, err = c.o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("ruleset/delmark", "2025-01-01", c.says(rules.Hash(bundle))))})
		require.ErrorContains(t, err, `an edition of "common"`)
	}
	assert.Equal(t, head, o.Position())

	// What answers a recorded practice may go below an R floor, and bites only there.
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Registered("delmark", "2020-01-01"), domaintest.Opened("delmark-embassy", "delmark", "embassy", "2020-01-01"),
		domaintest.Accredited("pia", "delmark-embassy", "dip.agent", "2024-01-01"))...)
	answer := delmark("  - {id: D-1, tier: reciprocity, privilege: [tax.sales], outcome: denied, basis: {practice: same}, cite: [VCDR 47(2)(a)], because: A test.}\n")
	saved, err := o.SaveDraft(t.Context(), engine.Saving{Bundle: answer, Actor: "desk/1"})
	require.NoError(t, err, "what is saved may have mistakes")
	assert.Equal(t, o.Position(), saved.Position)
	_, err = o.Propose(t.Context(), engine.Proposing{Step: engine.Step{Hash: rules.Hash(answer), Actor: "desk/1"}, From: domaintest.When("2024-06-01"), Reason: "a test"})
	require.ErrorContains(t, err, "no restrictive practice of delmark")
	o.submit(t, drafts(domaintest.Event("state/delmark", "2024-05-01", domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn"}))...)
	o.enact(t, engine.Publication{Effective: domaintest.When("2024-06-01"), Authority: "determination 7", Bundle: answer})
	for who, want := range map[domain.MemberID]domain.Outcome{"ana": domain.Allowed, "pia": domain.Denied} {
		d := o.ask(t, engine.Question{Subject: domain.Member(who), Privilege: "tax.sales", AsOf: domaintest.When("2025-01-01").At})
		assert.Equal(t, want, d.Outcome, who)
	}
}

// An office whose law is lost does not open, and says which edition it was and what
// helps.
func TestALawThatIsLostIsNamed(t *testing.T) {
	o := found(t, domain.Live, nil)
	_, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: memlog.New()})
	require.ErrorIs(t, err, eventlog.ErrNoBody)
	require.ErrorContains(t, err, "replay record 1 (ruleset.published of ruleset/common): the text of edition 2026-01: ")
	require.ErrorContains(t, err, "restore the log from a copy that is whole")
}
