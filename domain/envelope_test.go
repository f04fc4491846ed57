package domain_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

func TestEnvelopeType(t *testing.T) {
	assert.Equal(t, domain.Type("member.departed"), domain.Envelope{Event: domain.MemberDeparted{}}.Type())
}

// Every event has a name of its own in the log, in one form.
func TestEvents(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+\.[a-z]+(_[a-z]+)*$`)
	seen := map[domain.Type]bool{}
	for _, e := range domain.Events() {
		assert.Regexp(t, form, string(e.Type()))
		assert.False(t, seen[e.Type()], "%s is the name of two events", e.Type())
		seen[e.Type()] = true
		if kind := e.About(); kind != "" {
			assert.True(t, slices.Contains(domain.SubjectKinds(), kind), "%s is about %q", e.Type(), kind)
		}
		assert.True(t, !domain.NeedsTarget(e) || domain.MayTarget(e), "%s", e.Type())
	}
}

func TestNeeds(t *testing.T) {
	names := func(is func(domain.Event) bool) []domain.Type {
		var out []domain.Type
		for _, e := range domain.Events() {
			if is(e) {
				out = append(out, e.Type())
			}
		}
		return out
	}
	assert.Equal(t, []domain.Type{
		"ruleset.published", "ruleset.superseded", "ruleset.withdrawn", "measure.determined", "measure.lifted",
		"mission.closure_ordered", "member.persona_non_grata",
		"privilege.granted", "privilege.restricted", "restriction.lifted", "privilege.revoked", "privilege.reinstated", "waiver.granted",
		"license.suspended", "license.revoked", "license.reinstated", "registration.withheld", "registration.released",
		"fee.imposed", "surcharge.imposed", "duty.assessed", "consequence.decided", "exequatur.withdrawn",
		"request.approved", "request.disapproved",
		"property.use_forgone", "property.use_restored", "property.divestiture_ordered", "mission.custody_taken",
		"threat.assessed", "protection.assigned",
	}, names(domain.NeedsAuthority))
	assert.Equal(t, []domain.Type{
		"restriction.lifted", "privilege.reinstated",
		"lien.released", "ticket.cleared", "violation.dismissed", "points.assessed", "license.reinstated", "registration.released",
		"charge.settled", "consequence.decided", "protection.ended", "conflict.noted", "event.retracted", "event.corrected",
	}, names(domain.NeedsTarget))
	assert.Equal(t, []domain.Type{
		"privilege.revoked", "license.suspended", "license.revoked", "registration.withheld", "fee.imposed", "surcharge.imposed", "duty.assessed",
	}, names(func(e domain.Event) bool { return domain.MayTarget(e) && !domain.NeedsTarget(e) }))
	assert.Equal(t, []domain.Type{"violation.dismissed", "event.retracted"}, names(domain.Retracts))
	assert.Equal(t, []domain.Type{"violation.dismissed", "event.retracted", "event.corrected"}, names(domain.Revises))
}

func TestKinds(t *testing.T) {
	for _, e := range domain.Events() {
		if kind := e.About(); kind != "" {
			assert.Equal(t, []domain.SubjectKind{kind}, domain.Kinds(e), e.Type())
			continue
		}
		assert.Greater(t, len(domain.Kinds(e)), 1, e.Type())
	}
	assert.Equal(t, "a member", domain.KindsText(domain.MemberDied{}))
	assert.Equal(t, "a member or a mission", domain.KindsText(domain.ViolationRecorded{}))
	assert.Equal(t, "a member, a mission or a vehicle", domain.KindsText(domain.RegistrationWithheld{}))
}

func TestScopeIsZero(t *testing.T) {
	no := false
	assert.True(t, domain.Scope{}.IsZero())
	assert.True(t, domain.Scope{Missions: []domain.MissionID{}}.IsZero())
	for _, s := range []domain.Scope{
		{MissionKinds: []domain.MissionKind{"embassy"}}, {Missions: []domain.MissionID{"m"}}, {Categories: []domain.Category{"dip.at"}},
		{Ranks: []string{"minister"}}, {Statuses: []domain.Status{"lpr"}}, {Members: []domain.MemberID{"ana"}}, {Family: &no}, {Visitors: &no},
	} {
		assert.False(t, s.IsZero(), "%+v", s)
	}
}
