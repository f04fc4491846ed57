package impact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/impact"
	"github.com/comity-project/comity/projections/standing"
)

// Who meets the conditions of what was allowed loses nothing, and gains nothing when
// they fall away; who is not known to meet them does.
func TestConditionsThatAreMetAreNoLoss(t *testing.T) {
	allowed := &standing.Verdict{Outcome: domain.Allowed}
	with := func(states ...domain.ConditionState) *standing.Verdict {
		v := &standing.Verdict{Outcome: domain.Conditional}
		for _, s := range states {
			v.Conditions = append(v.Conditions, domain.Condition{Code: "minimum_purchase", State: s})
		}
		return v
	}
	met, unknown := with(domain.ConditionMet), with(domain.ConditionMet, domain.ConditionUnchecked)
	denied := &standing.Verdict{Outcome: domain.Denied}
	for _, c := range []struct {
		name          string
		before, after *standing.Verdict
		want          impact.Kind
	}{
		{"met", allowed, met, impact.Conditions},
		{"met, and gone", met, allowed, impact.Conditions},
		{"one of them unknown", allowed, unknown, impact.Loses},
		{"unknown, and gone", unknown, allowed, impact.Gains},
		{"the same outcome", met, unknown, impact.Conditions},
		{"denied after all", met, denied, impact.Loses},
		{"no more asked", met, nil, impact.Loses},
		{"asked for the first time", nil, met, impact.Gains},
	} {
		assert.Equal(t, c.want, impact.KindOf(c.before, c.after, false), c.name)
	}
}
