package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/timeline"
)

// TestDocumentedImpact types the examples of the page on the impact of drafts, and
// compares their answers and its lists of fields. With -update it writes the answers
// anew.
func TestDocumentedImpact(t *testing.T) {
	const name = "../../docs/format/impact.md"
	page := pageOf(t, name)
	draft := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, draft, 2)
	asJSON := regexp.MustCompile("`(comity [^`]*--output json)` prints this").FindStringSubmatch(page)
	asCSV := regexp.MustCompile("`(comity [^`]*--output csv)` prints this").FindStringSubmatch(page)
	require.Len(t, asJSON, 2)
	require.Len(t, asCSV, 2)
	history, err := os.ReadFile("testdata/history.jsonl")
	require.NoError(t, err)
	var object, table string
	require.True(t, t.Run("type", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.Mkdir("arandia", 0o700))
		require.NoError(t, os.WriteFile("arandia/ruleset.yaml", []byte(draft[1]), 0o600))
		require.NoError(t, os.WriteFile("history.jsonl", history, 0o600))
		typed(t, "comity init --history")
		typed(t, "comity record --file history.jsonl")
		object = shortened(t, typed(t, asJSON[1]))
		table = strings.ReplaceAll(typed(t, asCSV[1]), "\r\n", "\n")
	}))
	written := withAnswers(page, []string{object})
	written = csvBlock.ReplaceAllString(written, "```csv\n"+strings.ReplaceAll(table, "$", "$$")+"```")
	golden.Compare(t, name, []byte(written))

	for _, of := range []reflect.Type{
		reflect.TypeFor[api.Impact](), reflect.TypeFor[api.ImpactKinds](), reflect.TypeFor[api.Unsupported](), reflect.TypeFor[api.ImpactOn](),
		reflect.TypeFor[redrafted](), reflect.TypeFor[redraftCount](), reflect.TypeFor[redraftedSaid](),
	} {
		for _, key := range keys(of) {
			assert.Contains(t, page, "`"+key+"`", of)
		}
	}
}

// What is drawn for many instants is the most that there are between two that are kept.
func TestCrowdsAreTheMostBetweenEdges(t *testing.T) {
	changes := map[timeline.Instant]int{}
	for _, spell := range [][2]timeline.Instant{{10, 20}, {15, timeline.Never}, {16, 17}, {40, 50}} {
		changes[spell[0]]++
		changes[spell[1]]--
	}
	edges := []timeline.Instant{10, 15, 30, 45, 60}
	assert.Equal(t, []crowd{{10, 1}, {15, 3}, {30, 2}, {60, 1}}, crowdsOf(changes, edges))
}
