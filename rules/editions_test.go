package rules_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

const borvia = "-- ruleset.yaml --\nruleset: borvia\nedition: \"2025-07\"\ntitle: Borvia\neffective: 2025-07-01\n"

// The same text is read once, under the same common law; another, or a mistake, anew.
func TestEditions(t *testing.T) {
	var k rules.Editions
	text := bundleOf(t, "testdata/mini")
	first, err := k.LoadCommon(text)
	require.NoError(t, err)
	again, err := k.LoadCommon(bytes.Clone(text))
	require.NoError(t, err)
	assert.Same(t, first, again)

	changed := bytes.Replace(text, []byte("edition: mini"), []byte("edition: other"), 1)
	require.NotEqual(t, text, changed)
	other, err := k.LoadCommon(changed)
	require.NoError(t, err)
	assert.Equal(t, "other", other.Edition)
	assert.Equal(t, "mini", first.Edition)

	here, err := k.LoadState([]byte(borvia), first)
	require.NoError(t, err)
	same, err := k.LoadState([]byte(borvia), first)
	require.NoError(t, err)
	assert.Same(t, here, same)
	there, err := k.LoadState([]byte(borvia), other)
	require.NoError(t, err)
	assert.NotSame(t, here, there)
	assert.Same(t, other.Language, there.Language)

	for range 2 {
		_, err = k.LoadCommon([]byte(borvia))
		require.ErrorContains(t, err, "it says that it is borvia")
		_, err = k.LoadState([]byte(borvia), nil)
		require.ErrorContains(t, err, "there is none")
	}
}

// Whoever has none reads each time.
func TestNoEditions(t *testing.T) {
	var k *rules.Editions
	text := bundleOf(t, "testdata/mini")
	first, err := k.LoadCommon(text)
	require.NoError(t, err)
	again, err := k.LoadCommon(text)
	require.NoError(t, err)
	assert.NotSame(t, first, again)
	here, err := k.LoadState([]byte(borvia), first)
	require.NoError(t, err)
	there, err := k.LoadState([]byte(borvia), first)
	require.NoError(t, err)
	assert.NotSame(t, here, there)
}

// Many who want one text at the same time get one edition.
func TestEditionsAtOnce(t *testing.T) {
	var k rules.Editions
	text := bundleOf(t, "testdata/mini")
	got := make([]*rules.Edition, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i], _ = k.LoadCommon(text) })
	}
	all.Wait()
	require.NotNil(t, got[0])
	for _, e := range got[1:] {
		assert.Same(t, got[0], e)
	}
}
