package projections_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// Libraries share what was read and never a text: an office that lacks one is told so,
// also if another has it.
func TestLibrariesShareNoTexts(t *testing.T) {
	text, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	read := &rules.Editions{}
	one, other := projections.NewLibrary(), projections.NewLibrary()
	one.Editions, other.Editions = read, read
	hash := one.Put(text)
	first, err := one.Common(hash)
	require.NoError(t, err)
	_, err = other.Common(hash)
	require.ErrorContains(t, err, "is not in this office")
	_, found := other.Bundle(hash)
	assert.False(t, found)
	other.Put(text)
	again, err := other.Common(hash)
	require.NoError(t, err)
	assert.Same(t, first, again)

	judged := projections.NewLibrary()
	judged.Editions, judged.Oracle = read, &rules.Oracle{}
	judged.Put(text)
	consulting, err := judged.Common(hash)
	require.NoError(t, err)
	assert.True(t, consulting.Language.Consults())
	assert.False(t, first.Language.Consults(), "whoever shares consults nobody")
}

// What a library has is not read again, and what it has not is read and not kept.
func TestALibraryReadsOnce(t *testing.T) {
	text, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	state := []byte("-- ruleset.yaml --\nruleset: borvia\nedition: \"2025-07\"\ntitle: Borvia\neffective: 2025-07-01\n")
	l := projections.NewLibrary()
	draft, err := l.ReadCommon(text)
	require.NoError(t, err)
	_, err = l.Common(draft.Hash)
	require.ErrorContains(t, err, "is not in this office")
	common, err := l.Common(l.Put(text))
	require.NoError(t, err)
	assert.NotSame(t, draft, common)
	again, err := l.ReadCommon(text)
	require.NoError(t, err)
	assert.Same(t, common, again)

	first, err := l.ReadState(state, common)
	require.NoError(t, err)
	kept, err := l.State(l.Put(state), common.Hash)
	require.NoError(t, err)
	assert.NotSame(t, first, kept)
	second, err := l.ReadState(state, common)
	require.NoError(t, err)
	assert.Same(t, kept, second)
	under, err := l.ReadState(state, draft)
	require.NoError(t, err)
	assert.NotSame(t, kept, under, "another's edition of the common law")
	assert.Same(t, draft.Language, under.Language)
}
