package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
)

// The queue of requests is read off the calendar: the same log, asked about
// another day, has another queue.
func TestRequests(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.clock.set("2025-06-01T12:00Z")
	o.submit(t, arandia()...)
	file := func(id, effective string, e domain.RequestFiled) {
		o.submit(t, drafts(domaintest.Event("request/"+id, effective, e))...)
	}
	file("lease", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "arandia-embassy", Privileges: []domain.Privilege{"property.lease"}})
	file("trip", "2025-04-01", domain.RequestFiled{Kind: "travel", Applicant: "ana", From: domaintest.When("2025-04-20"), Until: domaintest.When("2025-04-25")})
	file("tour", "2025-04-01", domain.RequestFiled{Kind: "travel", Mission: "arandia-embassy", Members: []domain.MemberID{"ana"}})
	before := o.Position()
	o.submit(t, drafts(domaintest.Event("request/tour", "2025-04-10", domain.RequestApproved{}, domaintest.Authority("note 1")))...)

	open := []facts.FilingState{facts.StateFiled, facts.StateAwaiting}
	queue := func(q engine.RequestsQuery, asOf string) (out []string) {
		q.AsOf = domaintest.When(asOf).At
		items, err := o.Requests(t.Context(), q)
		require.NoError(t, err)
		for _, item := range items {
			out = append(out, string(item.ID)+" "+string(item.State))
		}
		return out
	}
	assert.Empty(t, queue(engine.RequestsQuery{}, "2025-02-28"))
	assert.Equal(t, []string{"trip filed", "lease awaiting", "tour filed"}, queue(engine.RequestsQuery{}, "2025-04-05"), "by due, then what is never due")
	assert.Equal(t, []string{"trip filed", "lease awaiting"}, queue(engine.RequestsQuery{States: open}, "2025-04-10"))
	assert.Equal(t, []string{"trip filed", "lease awaiting", "tour filed"},
		queue(engine.RequestsQuery{States: open, AsKnown: engine.Known{Position: before, AtPosition: true}}, "2025-04-10"), "as known before the approval")
	assert.Empty(t, queue(engine.RequestsQuery{States: open}, "2025-04-30"), "lapsed, approved, and free")
	assert.Equal(t, []string{"lease unopposed", "tour approved", "trip lapsed"}, queue(engine.RequestsQuery{}, "2025-04-30"))
	assert.Equal(t, []string{"trip filed", "tour approved"}, queue(engine.RequestsQuery{Subject: domain.Member("ana")}, "2025-04-10"))
	assert.Equal(t, []string{"lease awaiting"}, queue(engine.RequestsQuery{Kind: "property"}, "2025-04-10"))
	assert.Equal(t, []string{"trip filed"}, queue(engine.RequestsQuery{DueBefore: domaintest.When("2025-04-30").At}, "2025-04-10"))

	item, filed, err := o.Request(t.Context(), "lease", engine.RequestsQuery{AsOf: domaintest.When("2025-04-28").At})
	require.NoError(t, err)
	require.True(t, filed)
	assert.Equal(t, 2, item.DaysLeft)
	assert.Equal(t, "notice of an act on real property", item.Term)
	_, err = o.Requests(t.Context(), engine.RequestsQuery{Kind: "travle"})
	require.ErrorIs(t, err, engine.ErrUnknown)
	assert.ErrorContains(t, err, `did you mean "travel"?`)
}
