package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// on records one event on a day and returns its id.
func (o office) on(t *testing.T, day, subject string, event domain.Event, target domain.EventID) domain.EventID {
	t.Helper()
	o.clock.set(day + "T20:00Z")
	e := drafts(domaintest.Event(subject, day, event, domaintest.Authority("note 25-1")))[0]
	e.Target = target
	return o.submit(t, e).Events[0]
}

// proposed lists violations and what is proposed for how somebody stands, a line
// each: "traffic.dui requested: waiver.requested done, ...".
func (o office) proposed(t *testing.T, q engine.EnforcementQuery, asOf string) (out []string) {
	t.Helper()
	if asOf != "" {
		q.AsOf = domaintest.When(asOf).At
	}
	found, err := o.Enforcement(t.Context(), q)
	require.NoError(t, err)
	for _, v := range found.Violations {
		text := v.Subject.ID + " " + string(v.Event.Offence)
		if v.Waiver != "" {
			text += " (" + v.Waiver + ")"
		}
		for _, p := range v.Proposals {
			text += fmt.Sprintf(", %s %s", p.Consequence, p.State)
		}
		out = append(out, text)
	}
	for _, s := range found.Standing {
		out = append(out, fmt.Sprintf("%s stands, %s %s", s.Subject.ID, s.Consequence, s.State))
	}
	for _, p := range found.Points {
		out = append(out, fmt.Sprintf("%s has %d of %d months", p.Subject.ID, p.Points, p.Months))
	}
	return out
}

var none domain.EventID

// Driving under the influence: a waiver is asked for and refused, and the
// license is suspended.
func TestADrunkenDriverWhoIsNotWaived(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	ana := engine.EnforcementQuery{Subject: domain.Member("ana")}
	dui := o.on(t, "2025-01-05", "member/ana", domain.ViolationRecorded{Offence: "traffic.dui", Matter: "case-1"}, none)
	assert.Equal(t, []string{"ana traffic.dui, waiver.requested open, license.suspended waits, departure.required waits"}, o.proposed(t, ana, ""))
	o.on(t, "2025-01-12", "member/ana", domain.WaiverRequested{Matter: "case-1", Immunities: []domain.Privilege{"imm.criminal"}}, none)
	o.on(t, "2025-01-13", "member/ana", domain.WaiverRequested{Matter: "case-2", Immunities: []domain.Privilege{"imm.civil"}}, none)
	o.on(t, "2025-01-14", "member/ana", domain.WaiverRefused{Matter: "case-2"}, none)
	requested := []string{"ana traffic.dui (requested), waiver.requested done, license.suspended waits, departure.required waits"}
	assert.Equal(t, requested, o.proposed(t, ana, ""), "the other matter does not concern it")
	o.on(t, "2025-02-01", "member/ana", domain.WaiverRefused{Matter: "case-1"}, none)
	assert.Equal(t, []string{"ana traffic.dui (refused), waiver.requested done, license.suspended open, departure.required open"}, o.proposed(t, ana, ""))
	assert.Equal(t, requested, o.proposed(t, ana, "2025-01-20"), "as of before the refusal")

	suspension := o.on(t, "2025-02-01", "member/ana", domain.LicenseSuspended{Term: domain.Term{Months: 12}}, dui)
	assert.Equal(t, []string{"ana traffic.dui (refused), waiver.requested done, license.suspended done, departure.required open"}, o.proposed(t, ana, ""))
	o.on(t, "2025-02-02", "member/ana", domain.ConsequenceDecided{Consequence: "license.suspended", Decided: "imposed"}, dui)
	before := o.Position()
	o.on(t, "2025-02-03", "member/ana", domain.ConsequenceDecided{Consequence: "departure.required", Decided: "declined"}, dui)
	assert.Empty(t, o.proposed(t, ana, ""), "all is decided")
	ana.All = true
	assert.Equal(t, []string{"ana traffic.dui (refused), waiver.requested done, license.suspended imposed, departure.required declined"}, o.proposed(t, ana, ""))
	ana.AsKnown = engine.Known{Position: before, AtPosition: true}
	assert.Equal(t, []string{"ana traffic.dui (refused), waiver.requested done, license.suspended imposed, departure.required open"}, o.proposed(t, ana, ""))

	// A suspension that was retracted was never imposed.
	o.on(t, "2025-02-04", "member/ana", domain.EventRetracted{Reason: "mixed up"}, suspension)
	found, err := o.Enforcement(t.Context(), engine.EnforcementQuery{Subject: domain.Member("ana"), All: true})
	require.NoError(t, err)
	require.Len(t, found.Violations, 1)
	v := found.Violations[0]
	assert.Equal(t, dui, v.ID)
	assert.Equal(t, "driving under the influence", v.Term)
	assert.Equal(t, engine.ProposalImposed, v.Proposals[1].State)
	assert.Equal(t, before-1, v.Proposals[1].By)
	assert.Equal(t, o.Position(), found.AsKnown)
	assert.Equal(t, o.Now(), found.AsOf)
}

// What follows from a refusal does not apply once the State waives; a waiver by
// the person, or of execution, is no answer.
func TestAWaiverMakesWhatFollowsARefusalMoot(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	immunities := []domain.Privilege{"imm.criminal"}
	o.on(t, "2025-01-05", "member/ana", domain.ViolationRecorded{Offence: "crime.felony", Matter: "case-1"}, none)
	o.on(t, "2025-01-12", "member/ana", domain.WaiverRequested{Matter: "case-1", Immunities: immunities}, none)
	o.on(t, "2025-01-13", "member/ana", domain.WaiverGranted{Matter: "case-1", Immunities: immunities, By: "individual"}, none)
	o.on(t, "2025-01-14", "member/ana", domain.WaiverRefused{Matter: "case-1", Stage: "execution"}, none)
	waits := []string{"ana crime.felony (requested), waiver.requested done, departure.required waits, visa.barred waits, warrant.recorded waits"}
	assert.Equal(t, waits, o.proposed(t, engine.EnforcementQuery{}, ""))
	o.on(t, "2025-01-20", "member/ana", domain.WaiverGranted{Matter: "case-1", Immunities: immunities, By: "state"}, none)
	assert.Empty(t, o.proposed(t, engine.EnforcementQuery{}, ""))
	assert.Equal(t, []string{"ana crime.felony (granted), waiver.requested done, departure.required moot, visa.barred moot, warrant.recorded moot"},
		o.proposed(t, engine.EnforcementQuery{All: true}, ""))
	assert.Equal(t, waits, o.proposed(t, engine.EnforcementQuery{}, "2025-01-19"))
}

// At eight points the license is reviewed, at twelve it is suspended: that
// follows from all violations together.
func TestWhatPointsPropose(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	cite := func(day string, points int) domain.EventID {
		id := o.on(t, day, "member/ana", domain.ViolationRecorded{Offence: "traffic.prepayable", Points: points}, none)
		o.on(t, day, "member/ana", domain.ConsequenceDecided{Consequence: "fine.paid_or_contested", Decided: "imposed"}, id)
		return id
	}
	ask := func(asOf string) []string { return o.proposed(t, engine.EnforcementQuery{}, asOf) }
	cite("2025-03-10", 4)
	assert.Equal(t, []string{"ana has 4 of 24 months"}, ask(""))
	second := cite("2025-11-02", 4)
	assert.Equal(t, []string{"ana stands, license.review open", "ana has 8 of 24 months"}, ask(""))
	o.on(t, "2025-11-10", "member/ana", domain.ConsequenceDecided{Consequence: "license.review", Decided: "imposed"}, second)
	assert.Equal(t, []string{"ana has 8 of 24 months"}, ask(""))
	cite("2026-01-15", 1)
	assert.Equal(t, []string{"ana stands, license.review open", "ana has 9 of 24 months"}, ask(""), "the review did not see these points")

	o.on(t, "2026-06-15", "member/ana", domain.ViolationRecorded{Offence: "traffic.prepayable", Points: 4}, none)
	twelve := []string{
		"ana traffic.prepayable, fine.paid_or_contested open, points.assessed done, license.revoked open",
		"ana stands, license.suspended open", "ana has 13 of 24 months",
	}
	assert.Equal(t, twelve, ask(""), "a habitual violator: these points are counted with the others")
	assert.Equal(t, twelve[:1], o.proposed(t, engine.EnforcementQuery{Offence: "traffic.prepayable"}, ""))
	o.on(t, "2026-06-20", "member/ana", domain.LicenseSuspended{Term: domain.Term{Days: 90}}, none)
	assert.Equal(t, []string{twelve[0], twelve[2]}, ask(""), "suspended by an event that names no violation")
	assert.Contains(t, o.proposed(t, engine.EnforcementQuery{All: true}, ""), "ana stands, license.suspended done")
	assert.Contains(t, o.proposed(t, engine.EnforcementQuery{All: true}, "2026-06-19"), "ana stands, license.suspended open")

	found, err := o.Enforcement(t.Context(), engine.EnforcementQuery{All: true})
	require.NoError(t, err)
	require.Len(t, found.Standing, 1)
	assert.Len(t, found.Standing[0].Events, 4)
	assert.Contains(t, found.Standing[0].Text, "12 points or more")
	assert.Equal(t, []string{"ana stands, license.review open", "ana has 9 of 24 months"}, o.proposed(t, engine.EnforcementQuery{}, "2027-03-10")[1:],
		"four points are two years old, and what is left is reviewed anew")
}

// Points that were entered late count from then on, and the law asks what they
// come to.
func TestPointsAssessedAfterARefusal(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.on(t, "2024-12-01", "member/ana", domain.ViolationRecorded{Offence: "traffic.prepayable", Points: 8}, none)
	id := o.on(t, "2025-01-05", "member/ana", domain.ViolationRecorded{Offence: "traffic.must_appear", Matter: "case-1"}, none)
	must := engine.EnforcementQuery{Offence: "traffic.must_appear"}
	assert.Equal(t, []string{"ana traffic.must_appear, waiver.requested open, points.assessed waits"}, o.proposed(t, must, ""))
	o.on(t, "2025-01-06", "member/ana", domain.WaiverRefused{Matter: "case-1"}, none)
	assert.Equal(t, []string{"ana traffic.must_appear (refused), waiver.requested done, points.assessed open"}, o.proposed(t, must, ""))
	o.on(t, "2025-01-07", "member/ana", domain.PointsAssessed{Points: 4}, id)
	assert.Equal(t, []string{"ana traffic.must_appear (refused), waiver.requested done, points.assessed done, license.revoked open"}, o.proposed(t, must, ""))
	assert.Equal(t, []string{"ana traffic.must_appear (refused), waiver.requested done, points.assessed open"}, o.proposed(t, must, "2025-01-06"))
	found, err := o.Enforcement(t.Context(), must)
	require.NoError(t, err)
	assert.Equal(t, 4, found.Violations[0].Points)
}

// A dismissed violation never was, as known from then on; before, it was.
func TestADismissedViolation(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	id := o.on(t, "2025-01-05", "member/ana", domain.ViolationRecorded{Offence: "traffic.prepayable", Points: 9}, none)
	before := engine.EnforcementQuery{AsKnown: engine.Known{Position: o.Position(), AtPosition: true}}
	list := []string{"ana traffic.prepayable, fine.paid_or_contested open, points.assessed done", "ana stands, license.review open", "ana has 9 of 24 months"}
	assert.Equal(t, list, o.proposed(t, before, ""))
	assert.Empty(t, o.proposed(t, before, "2025-01-04"), "as of before it happened")
	o.on(t, "2025-03-01", "member/ana", domain.ViolationDismissed{Reason: "mistaken"}, id)
	assert.Empty(t, o.proposed(t, engine.EnforcementQuery{All: true}, ""))
	assert.Empty(t, o.proposed(t, engine.EnforcementQuery{All: true}, "2025-02-01"), "also as of before the dismissal")
	assert.Equal(t, list, o.proposed(t, before, "2025-02-01"))
}

// A corrected violation is decided by what was decided on it before.
func TestACorrectedViolation(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	id := o.on(t, "2025-01-05", "mission/arandia-embassy", domain.ViolationRecorded{Offence: "property.unauthorized"}, none)
	o.on(t, "2025-01-08", "mission/arandia-embassy", domain.ConsequenceDecided{Consequence: "property.divest", Decided: "declined"}, id)
	corrected := o.on(t, "2025-01-09", "mission/arandia-embassy", domain.EventCorrected{Reason: "the address", Body: domain.ViolationRecorded{Offence: "property.unauthorized", Place: "Foxhall Road"}}, id)
	assert.Equal(t, []string{"arandia-embassy property.unauthorized, property.divest declined, property.forgo_use open"}, o.proposed(t, engine.EnforcementQuery{}, ""))
	found, err := o.Enforcement(t.Context(), engine.EnforcementQuery{})
	require.NoError(t, err)
	assert.Equal(t, corrected, found.Violations[0].ID, "what a decision targets")
	assert.Equal(t, "Foxhall Road", found.Violations[0].Event.Place)
}

func TestViolationsOfMissions(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.on(t, "2025-01-06", "mission/arandia-embassy", domain.ViolationRecorded{Offence: "property.unauthorized"}, none)
	o.on(t, "2025-01-05", "mission/arandia-embassy", domain.ViolationRecorded{Offence: "worker.abuse"}, none)
	o.on(t, "2025-01-05", "member/ana", domain.ViolationRecorded{Offence: "card.misuse"}, none)
	both := []string{
		"arandia-embassy worker.abuse, sponsorship.suspended open",
		"arandia-embassy property.unauthorized, property.divest open, property.forgo_use open",
	}
	assert.Equal(t, both, o.proposed(t, engine.EnforcementQuery{Subject: domain.Mission("arandia-embassy")}, "2025-01-06"), "by when they happened")
	assert.Equal(t, both[1:], o.proposed(t, engine.EnforcementQuery{Offence: "property.unauthorized"}, "2025-01-06"))
	assert.Equal(t, []string{both[0], "ana card.misuse, card.recalled open"}, o.proposed(t, engine.EnforcementQuery{}, "2025-01-05"), "then by when they were recorded")
}

// Whoever acts against the functions leaves as what they are.
func TestConsequencesByCategory(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Opened("arandia-chicago", "arandia", "consular_post", "2020-01-01"), domaintest.Opened("arandia-un", "arandia", "un_mission", "2020-01-01"),
		domaintest.Accredited("emp", "arandia-chicago", "con.employee", "2024-01-01"), domaintest.Accredited("off", "arandia-chicago", "con.officer", "2024-01-01"),
		domaintest.Accredited("una", "arandia-un", "iom.diplomatic", "2024-01-01"))...)
	for _, who := range []string{"ana", "emp", "off", "una"} {
		o.on(t, "2025-01-05", "member/"+who, domain.ViolationRecorded{Offence: "activity.incompatible"}, none)
	}
	o.on(t, "2025-01-06", "member/ana", domain.FunctionsEnded{}, none)
	o.on(t, "2025-01-06", "member/emp", domain.MemberDeparted{}, none)
	assert.Equal(t, []string{
		"ana activity.incompatible, png.declared open",
		"emp activity.incompatible, not_acceptable.declared open",
		"off activity.incompatible, png.declared open, exequatur.withdrawn open",
		"una activity.incompatible, departure.required open",
	}, o.proposed(t, engine.EnforcementQuery{}, "2025-06-01"), "also after they left")
}

// The law in force at the violation calls for what follows, also if the Office
// learned of it when there was another.
func TestConsequencesOfTheLawAtTheViolation(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	later := amended(t, "text: The person is declared persona non grata.,", "text: The person is sent home.,")
	o.enact(t, engine.Publication{Bundle: later, Effective: domaintest.When("2025-01-06"), Authority: "rule 25-1"})
	o.clock.set("2025-01-10T12:00Z")
	o.submit(t, drafts(domaintest.ViolationRecorded("member/ana", "activity.incompatible", 0, "2025-01-05"), domaintest.ViolationRecorded("member/ana", "activity.incompatible", 0, "2025-01-07"))...)
	found, err := o.Enforcement(t.Context(), engine.EnforcementQuery{})
	require.NoError(t, err)
	require.Len(t, found.Violations, 2)
	for i, want := range []string{"The person is declared persona non grata.", "The person is sent home."} {
		require.Len(t, found.Violations[i].Proposals, 1)
		assert.Equal(t, want, found.Violations[i].Proposals[0].Text)
	}
}

func TestEnforcementOfWhatIsNotKnown(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	_, err := o.Enforcement(t.Context(), engine.EnforcementQuery{Offence: "traffic.dux"})
	require.ErrorIs(t, err, engine.ErrUnknown)
	require.EqualError(t, err, `unknown offence "traffic.dux" (did you mean "traffic.dui"?)`)
	_, err = o.Enforcement(t.Context(), engine.EnforcementQuery{AsKnown: engine.Known{Position: 999, AtPosition: true}})
	require.ErrorIs(t, err, engine.ErrKnown)
	assert.Empty(t, o.proposed(t, engine.EnforcementQuery{All: true}, ""))
	assert.Empty(t, o.proposed(t, engine.EnforcementQuery{All: true}, "1900-01-01"), "before there was law")
}
