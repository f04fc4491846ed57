package rules

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDescribedIsWhatThereIs(t *testing.T) {
	names := func(words []Word) []string {
		var out []string
		for _, w := range words {
			assert.Contains(t, w.Form, w.Name)
			assert.NotEmpty(t, w.Doc)
			out = append(out, w.Name)
		}
		assert.True(t, slices.IsSorted(out))
		return out
	}
	assert.ElementsMatch(t, ourFunctions, names(Functions()))
	assert.ElementsMatch(t, objectNames, names(Objects()))
	assert.Equal(t, map[string]Each{"m": EachMeasure, "a": EachAgreement, "w": EachWaiver}, BoundObjects())
	assert.Equal(t, "DIP_AGENT", Constant("dip.agent"))
	assert.NoError(t, CheckName("here"))
	assert.ErrorContains(t, CheckName("member"), "already means something")
	assert.ErrorContains(t, CheckName("3x"), "no name")
	assert.Contains(t, ConstructorsOf("member"), "capacity category")
	assert.Contains(t, ConstructorsOf("member"), "age")
	assert.NotContains(t, ConstructorsOf("mission"), "age")
}
