package rulesets_test

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rulesets"
)

// Every ruleset that ships says where it comes from, beside its files and not among
// them; what is no ruleset has no name.
func TestSources(t *testing.T) {
	for _, name := range rulesets.Names() {
		text, err := rulesets.Sources(name)
		require.NoError(t, err)
		assert.Contains(t, string(text), "| tag | source |", name)
		files, err := rulesets.Of(name)
		require.NoError(t, err)
		_, err = fs.Stat(files, "SOURCES.md")
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	_, err := rulesets.Sources("archive")
	require.ErrorIs(t, err, rulesets.ErrUnknown)
}
