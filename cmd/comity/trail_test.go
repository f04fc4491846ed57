package main

import (
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/internal/golden"
)

// TestDocumentedTrail types the examples of the page on the trail, and compares
// their answers and its lists of fields and flags. With -update it writes the
// answers anew.
func TestDocumentedTrail(t *testing.T) {
	const name = "../../docs/format/trail.md"
	page := pageOf(t, name)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	answers := answered(t, page, events[1])
	require.Len(t, answers, 2)
	golden.Compare(t, name, []byte(withAnswers(page, []string{shortened(t, answers[0]), shortened(t, answers[1])})))

	fields := slices.Concat(keys(reflect.TypeFor[api.Entry]()), keys(reflect.TypeFor[api.Traced]()))
	assert.ElementsMatch(t, fields, documentedFields(page, "Fields"))
	for _, m := range regexp.MustCompile("`--([a-z-]+)`").FindAllStringSubmatch(page, -1) {
		cmd := (&program{}).trailCommand()
		if m[1] != "output" {
			assert.NotNil(t, cmd.Flags().Lookup(m[1]), "the page names --%s", m[1])
		}
	}
}
