package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// The semantics version of a log never decreases, and is never taken back.
func TestDecideSemantics(t *testing.T) {
	r := community(t)
	const office = "office/ofm"
	r.events = append(r.events, domaintest.Event(office, day, domain.OfficeFounded{Zone: "UTC", Mode: domain.Live}))
	adopt := func(version int) domain.Envelope {
		return domaintest.Event(office, day, domain.SemanticsAdopted{Version: version})
	}
	require.ErrorContains(t, r.decide(adopt(0)), "the office has semantics version 1, and 0 is less")
	require.NoError(t, r.decide(adopt(1)))
	two := adopt(2)
	r.events = append(r.events, two)
	require.ErrorContains(t, r.decide(adopt(1)), "the office has semantics version 2, and 1 is less")
	require.NoError(t, r.decide(adopt(3)))
	require.ErrorContains(t, r.decide(domaintest.Retracted(two, "too early")), "can't be retracted")
	require.ErrorContains(t, r.decide(domaintest.Corrected(two, day, domain.SemanticsAdopted{Version: 1})), "can't be corrected")
	require.ErrorContains(t, r.decide(domaintest.Event("office/other", day, domain.SemanticsAdopted{Version: 2})), "unknown office")
}
