package rules_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/rules"
)

// TestConstructors holds what rulesets may ask for and what can be computed
// equal. What only one of the two narrows is of no matter.
func TestConstructors(t *testing.T) {
	asked, computed := rules.Constructors(), facts.Constructors()
	for name, attrs := range computed {
		mine, known := asked[name]
		if !assert.True(t, known, "rulesets can't ask for %s", name) || attrs == nil {
			continue
		}
		slices.Sort(attrs)
		mine = slices.Sorted(slices.Values(mine))
		assert.Equal(t, attrs, mine, name)
	}
	assert.Len(t, asked, len(computed))
}
