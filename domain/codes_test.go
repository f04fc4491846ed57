package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// A code that is like none is answered with those that there are, if they are few.
func TestKnownCodes(t *testing.T) {
	r := community(t)
	err := r.decide(domaintest.VehicleRecorded("truck-1", "bo", "no.truck", day))
	assert.ErrorContains(t, err, `payload.kind): unknown vehicle_kind "no.truck"; known are car, motorcycle`)
	err = r.decide(domaintest.Event("member/bo", day, domain.StatusChanged{Status: "no.such"}))
	assert.ErrorContains(t, err, `unknown status "no.such"`)
	assert.NotContains(t, err.Error(), "known are")
}

// What a level needs is asked of a restriction, and not of what was observed.
func TestLevelsOfParams(t *testing.T) {
	r := community(t)
	restricted := domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Level: "minimum_purchase", Reason: "misuse"}
	assert.ErrorContains(t, r.decide(domaintest.Event("member/bo", day, restricted)), "payload.params.amount): the level minimum_purchase says nothing without amount")
	observed := domain.PracticeObserved{Privileges: restricted.Privileges, Level: "minimum_purchase", Source: "survey"}
	assert.NoError(t, r.decide(domaintest.Event("state/arandia", day, observed)))
	observed.Params = domain.Params{"per": domain.Text("year")}
	assert.ErrorContains(t, r.decide(domaintest.Event("state/arandia", day, observed)), "payload.params.per): says nothing without quantity")
}
