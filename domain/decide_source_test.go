package domain_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// Sources may differ on any event that says that something happened, whatever it
// is about, and both sides are told.
func TestDecideConflicts(t *testing.T) {
	r := community(t)
	ticket := domaintest.TicketIssued("car-1", "dc", "2024-03-01")
	wrong := domaintest.TicketIssued("car-1", "nyc", "2024-03-02")
	r.add(t, ticket)
	r.add(t, wrong)
	gone := domaintest.Retracted(wrong, "another vehicle")
	r.add(t, gone)
	whole := domain.ConflictNoted{Matter: "the place", Accounts: []string{"the District: ticket", "New York: note 3"}, Taken: "the District"}
	noted := func(change func(*domain.ConflictNoted)) domain.Event {
		c := whole
		change(&c)
		return c
	}
	require.NoError(t, r.decide(domaintest.Event("vehicle/car-1", day, whole, domaintest.Target(ticket))))
	for _, c := range []struct {
		name string
		e    domain.Envelope
		want string
	}{
		{"of nothing", domaintest.Event("vehicle/car-1", day, whole), "target: conflict.noted must name the event it acts on"},
		{"of what was retracted", domaintest.Event("vehicle/car-1", day, whole, domaintest.Target(wrong)), "is already retracted or corrected"},
		{"of a retraction", domaintest.Event("vehicle/car-1", day, whole, domaintest.Target(gone)), "target: sources differ on what happened, and event.retracted says that something did not"},
		{"of another subject", domaintest.Event("member/bo", day, whole, domaintest.Target(ticket)), "use its subject"},
		{"no matter", domaintest.Event("vehicle/car-1", day, noted(func(c *domain.ConflictNoted) { c.Matter = " " }), domaintest.Target(ticket)), "payload.matter: must not be empty"},
		{"one account", domaintest.Event("vehicle/car-1", day, noted(func(c *domain.ConflictNoted) { c.Accounts = c.Accounts[:1] }), domaintest.Target(ticket)), "payload.accounts: sources differ if there are at least two accounts"},
		{"no source", domaintest.Event("vehicle/car-1", day, noted(func(c *domain.ConflictNoted) { c.Accounts = []string{"the District: ticket", "New York"} }), domaintest.Target(ticket)), `payload.accounts: "New York" does not name its source`},
		{"left open", domaintest.Event("vehicle/car-1", day, noted(func(c *domain.ConflictNoted) { c.Taken = "" }), domaintest.Target(ticket)), "payload.taken: say which account was taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refusals, refused := errors.AsType[domain.Refusals](r.decide(c.e))
			require.True(t, refused)
			require.Len(t, refusals, 1)
			assert.Contains(t, refusals[0].Field+": "+refusals[0].Text, c.want)
		})
	}
}
