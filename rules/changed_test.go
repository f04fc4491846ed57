package rules_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// altered loads the small language with some text in its files replaced by other.
func altered(t *testing.T, replace ...string) *rules.Edition {
	t.Helper()
	files := fstest.MapFS{}
	entries, err := os.ReadDir("testdata/mini")
	require.NoError(t, err)
	r := strings.NewReplacer(replace...)
	for _, entry := range entries {
		data, err := os.ReadFile("testdata/mini/" + entry.Name())
		require.NoError(t, err)
		files[entry.Name()] = &fstest.MapFile{Data: []byte(r.Replace(string(data)))}
	}
	bundle, err := rules.Bundle(files)
	require.NoError(t, err)
	edition, err := rules.LoadCommon(bundle)
	require.NoError(t, err)
	return edition
}

func TestWhatChangedBetweenEditions(t *testing.T) {
	was := altered(t)
	assert.Equal(t, rules.Change{}, rules.Changed(was, was))
	assert.Equal(t, rules.Change{}, rules.Changed(was, altered(t, "title: A small language", "title: # a remark\n  Another language")), "titles and comments do not count")
	assert.Equal(t, rules.Change{}, rules.Changed(was, altered(t, "here: member.phase", "present: member.phase", "when: here", "when: present", "here &&", "present &&", "&& here", "&& present")), "nor names of let")
	deep := rules.Changed(was, altered(t, "period: {days: 30}", "period: {days: 31}"))
	assert.True(t, deep.Facts && deep.All)
	assert.Equal(t, was.Language.PrivilegeOrder, deep.Privileges)
	wide := rules.Changed(was, altered(t, "local_hire: {type: bool, from: register local_hire, default: false}", "local_hire: {type: bool, from: register local_hire, default: true}"))
	assert.True(t, wide.All && !wide.Facts)
	one := rules.Changed(was, altered(t, "- {privilege: [customs.personal], mark: R", "- {privilege: [customs.personal], mark: R, finding: true"))
	assert.Equal(t, rules.Change{Privileges: []domain.Privilege{"customs.personal"}}, one)
	assert.ElementsMatch(t, was.Language.PrivilegeOrder, rules.Changed(nil, was).Privileges)
}
