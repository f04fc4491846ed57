package rulesets_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The six regional offices and the one of an earlier list; of whom they serve,
// only what is published. The capital is not the State of its name.
func TestRegionalOffices(t *testing.T) {
	e := common(t)
	var now, former []string
	for _, o := range e.Offices {
		if o.Former {
			former = append(former, o.City)
		} else {
			now = append(now, o.City)
		}
	}
	assert.Equal(t, []string{"Chicago", "Houston", "Los Angeles", "Miami", "New York", "San Francisco"}, now)
	assert.Equal(t, []string{"Honolulu"}, former)
	assert.Equal(t, "new-york", e.OfficeFor("Boston").ID)
	assert.Equal(t, "san-francisco", e.OfficeForState("Washington").ID)
	for _, city := range []string{"Washington", "Seattle", "Denver", "Honolulu"} {
		assert.Nil(t, e.OfficeFor(city), city)
	}
	assert.Nil(t, e.OfficeForState("California"), "only its north")
}
