package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

func TestValue(t *testing.T) {
	list := []domain.StateID{"arandia", "borvia"}
	values := []domain.Value{
		{}, domain.Bool(false), domain.Bool(true), domain.Int(0), domain.Int(1), domain.Int(-7),
		domain.Text(""), domain.Text(domain.StateID("arandia")), domain.Text("1"), domain.Text("true"),
		domain.List([]string(nil)), domain.List(list), domain.List([]string{""}),
	}
	kinds := []domain.ValueKind{
		domain.NoValue, domain.BoolValue, domain.BoolValue, domain.IntValue, domain.IntValue, domain.IntValue,
		domain.TextValue, domain.TextValue, domain.TextValue, domain.TextValue,
		domain.ListValue, domain.ListValue, domain.ListValue,
	}
	written := []string{"nothing", "false", "true", "0", "1", "-7", "", "arandia", "1", "true", "[]", "[arandia, borvia]", "[]"}
	for i, v := range values {
		assert.Equal(t, kinds[i], v.Kind())
		assert.Equal(t, written[i], v.String())
		assert.Equal(t, kinds[i] == domain.NoValue, v.IsZero())
		for j, w := range values {
			assert.Equal(t, i == j, v.Equal(w), "%d %d", i, j)
		}
	}
	assert.True(t, domain.Bool(true).Bool())
	assert.False(t, domain.Int(1).Bool(), "a number is not a truth")
	assert.Equal(t, int64(-7), domain.Int(-7).Int())
	assert.Zero(t, domain.Bool(true).Int(), "a truth is not a number")
	assert.Equal(t, "arandia", domain.Text("arandia").Text())
	assert.Equal(t, []string{"arandia", "borvia"}, domain.List(list).List())
	assert.Empty(t, domain.Int(1).Text())
	assert.Nil(t, domain.Text("a").List())

	v := domain.List(list)
	list[0] = "hestia"
	assert.Equal(t, "arandia", v.List()[0], "a value has its own copy")
}
