package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// What was retracted can still be asked about, as it was known before.
func TestARetractedMemberIsStillFound(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	bo := o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"))...)
	o.submit(t, domain.Envelope{Subject: domain.Member("bo"), Target: bo.Events[0], Event: domain.EventRetracted{Reason: "mixed up"}})
	s, err := o.Find("bo", domain.KindMember)
	require.NoError(t, err)
	q := engine.Question{Subject: s, Privilege: "imm.arrest", AsOf: domaintest.When("2024-02-10").At}
	assert.Equal(t, domain.Denied, o.ask(t, q).Outcome)
	q.AsKnown = engine.Known{Position: bo.Position, AtPosition: true}
	assert.Equal(t, domain.Allowed, o.ask(t, q).Outcome)
}

// Retracting a retraction brings the event back, so that it can be retracted
// again: also within one submission, and within one command.
func TestARevivedEventCanBeActedOn(t *testing.T) {
	id := func(n byte) domain.EventID { return domain.EventID{0: 1, 15: n} }
	retract := func(n, target byte) domain.Envelope {
		return domain.Envelope{ID: id(n), Subject: domain.Member("ana"), Target: id(target), Event: domain.EventRetracted{Reason: "x"}}
	}
	status := drafts(domaintest.StatusChanged("ana", "lpr", "2025-03-01"))[0]
	status.ID = id(1)
	lineage := []domain.Envelope{status, retract(2, 1), retract(3, 2), retract(4, 1)}

	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, lineage...)
	twice := domain.Command{Drafts: []domain.Envelope{retract(5, 1)}}
	_, err := o.Submit(t.Context(), twice)
	require.ErrorContains(t, err, "already retracted")

	o = found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	var commands []domain.Command
	for _, e := range lineage {
		commands = append(commands, domain.Command{Drafts: []domain.Envelope{e}})
	}
	_, err = o.Submit(t.Context(), commands...)
	require.NoError(t, err)
	_, err = o.Submit(t.Context(), twice)
	require.ErrorContains(t, err, "already retracted")
}

func TestReassignmentStaysWithTheState(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Registered("borvia", "2020-01-01"), domaintest.Opened("borvia-embassy", "borvia", "embassy", "2020-01-01"),
		domaintest.Opened("arandia-chicago", "arandia", "consular_post", "2020-01-01"))...)
	reassign := func(to domain.MissionID) error {
		_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("member/ana", "2024-06-01", domain.MemberReassigned{Mission: to, Category: "con.officer"}))})
		return err
	}
	require.ErrorContains(t, reassign("borvia-embassy"), "is a mission of borvia")
	require.NoError(t, reassign("arandia-chicago"))
}

func TestWhatAnAgreementRaises(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"), domaintest.Accredited("cy", "arandia-embassy", "dip.service", "2024-01-01"))...)
	agree := func(id string, as domain.Category, to domain.Outcome) error {
		_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("agreement/"+id, "2024-01-01", domain.AgreementConcluded{
			States: []domain.StateID{"arandia"}, Categories: []domain.Category{"dip.agent", "dip.at"}, As: as, Raises: map[domain.Privilege]domain.Outcome{"imm.civil": to}}))})
		return err
	}
	conditions := func(who domain.MemberID) (codes []string) {
		d := o.ask(t, engine.Question{Subject: domain.Member(who), Privilege: "imm.civil", AsOf: domaintest.When("2024-06-01").At})
		for _, c := range d.Conditions {
			codes = append(codes, c.Code)
		}
		return append(codes, string(d.Outcome))
	}
	require.ErrorContains(t, agree("a-1", "", domain.Denied), "not to")
	// That there are conditions, without saying which, takes none away.
	require.NoError(t, agree("a-2", "dip.agent", domain.Conditional))
	assert.Equal(t, []string{"three_exceptions", "allowed_with_conditions"}, conditions("ana"))
	assert.Equal(t, []string{"three_exceptions", "allowed_with_conditions"}, conditions("bo"))
	assert.Equal(t, []string{"official_acts_only", "allowed_with_conditions"}, conditions("cy"))
	require.NoError(t, agree("a-3", "", domain.Allowed))
	assert.Equal(t, []string{"allowed"}, conditions("bo"))
}

// The card's column on the family speaks of this member's family.
func TestTheCardSpeaksOfThisFamily(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Opened("arandia-chicago", "arandia", "consular_post", "2020-01-01"),
		domaintest.Accredited("co", "arandia-chicago", "con.officer", "2024-01-01"),
		domaintest.Accredited("lp", "arandia-embassy", "dip.at", "2024-01-01"), domaintest.StatusChanged("lp", "lpr", "2024-01-01"))...)
	family := func(who domain.MemberID) string {
		card, err := o.Card(t.Context(), "law_enforcement", engine.Question{Subject: domain.Member(who), AsOf: domaintest.When("2024-06-01").At})
		require.NoError(t, err)
		for _, said := range card.Said {
			if said.ID == "family" {
				return said.Code
			}
		}
		return ""
	}
	assert.Equal(t, "same", family("ana"))
	assert.Equal(t, "none", family("lp"))
	assert.Equal(t, "none", family("co"))
	o.submit(t, drafts(domaintest.Event("agreement/a-1", "2024-02-01", domain.AgreementConcluded{
		States: []domain.StateID{"arandia"}, MissionKinds: []domain.MissionKind{"consular_post"}, Categories: []domain.Category{"con.officer"}, Families: true, As: "dip.agent"}))...)
	assert.Equal(t, "same", family("co"))
}

// Somebody who visits a mission has the general liberties, until a measure names
// visitors.
func TestAVisitorWhoIsNotOnRecord(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	visitor, err := o.Find("visitor@arandia-embassy", domain.KindMember)
	require.NoError(t, err)
	_, err = o.Find("visitor@arandia-embasy", domain.KindMember)
	require.ErrorContains(t, err, `did you mean "arandia-embassy"?`)
	ask := func(p domain.Privilege) domain.Outcome {
		return o.ask(t, engine.Question{Subject: visitor, Privilege: p, AsOf: domaintest.When("2025-02-01").At, Request: map[string]string{"distance": "30"}}).Outcome
	}
	assert.Equal(t, domain.Allowed, ask("travel.move"))
	assert.Equal(t, domain.Denied, ask("imm.arrest"))
	yes := true
	m := domain.MeasureDetermined{Privileges: []domain.Privilege{"travel.move"}, Level: "approval", Ground: "Finding under FMA 4304(b)", Params: domain.Params{"radius": domain.Text("25")}}
	require.NoError(t, determineAs(o, t, "m-1", m))
	assert.Equal(t, domain.Allowed, ask("travel.move"), "silent on visitors")
	m.Scope.Visitors = &yes
	require.NoError(t, determineAs(o, t, "m-2", m))
	assert.Equal(t, domain.Permission, ask("travel.move"))
}
