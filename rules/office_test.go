package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// A city is served by the office that is in it or that names it, and a State of
// the same name tells nothing about it. Who is not named is served by none.
func TestRegionalOffices(t *testing.T) {
	e := rules.Edition{Offices: []*rules.RegionalOffice{
		{ID: "east", City: "Eastport", Cities: []string{"Harbour"}},
		{ID: "west", City: "Westport", States: []string{"Lakeland"}, Parts: []string{"northern Hills"}},
		{ID: "old", City: "Oldport", Former: true},
	}}
	for city, want := range map[string]string{"Eastport": "east", "harbour": "east", "WESTPORT": "west", "Lakeland": "", "Hills": "", "Oldport": "", "": ""} {
		got := ""
		if o := e.OfficeFor(city); o != nil {
			got = o.ID
		}
		assert.Equal(t, want, got, city)
	}
	require.NotNil(t, e.OfficeForState("lakeland"))
	assert.Equal(t, "west", e.OfficeForState("lakeland").ID)
	assert.Nil(t, e.OfficeForState("Eastport"))
}

// An edition may do without regional offices, as all earlier ones did.
func TestWithoutOffices(t *testing.T) {
	assert.Empty(t, mini(t).Offices)
}
