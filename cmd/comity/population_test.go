package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/standing"
)

var csvBlock = regexp.MustCompile("(?s)```csv\n(.*?)```")

// TestDocumentedPopulation types the examples of the page on everybody, as JSON and
// as CSV, and compares their answers and its lists of fields. With -update it writes
// the answers anew.
func TestDocumentedPopulation(t *testing.T) {
	const name = "../../docs/format/population.md"
	page := pageOf(t, name)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	answers := answered(t, page, events[1])
	require.Len(t, answers, 5)
	for i := range answers {
		answers[i] = shortened(t, answers[i])
	}
	written := withAnswers(page, answers)

	var tables []string
	commands := regexp.MustCompile("`(comity [^`]*--output csv)` prints this").FindAllStringSubmatch(page, -1)
	require.Len(t, csvBlock.FindAllString(page, -1), len(commands))
	history, err := os.ReadFile("testdata/history.jsonl")
	require.NoError(t, err)
	require.True(t, t.Run("type", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("history.jsonl", slices.Concat(history, []byte(events[1])), 0o600))
		typed(t, "comity init --history")
		typed(t, "comity record --file history.jsonl")
		for _, c := range commands {
			tables = append(tables, strings.ReplaceAll(typed(t, c[1]), "\r\n", "\n"))
		}
	}))
	written = csvBlock.ReplaceAllStringFunc(written, func(string) string {
		first := tables[0]
		tables = tables[1:]
		return "```csv\n" + first + "```"
	})
	golden.Compare(t, name, []byte(written))

	for _, of := range []reflect.Type{
		reflect.TypeFor[api.Populated](), reflect.TypeFor[api.CountedOutcomes](), reflect.TypeFor[api.FoundWho](), reflect.TypeFor[api.Answered](),
		reflect.TypeFor[api.Diffed](), reflect.TypeFor[api.DiffedOver](), reflect.TypeFor[api.Differs](), reflect.TypeFor[api.ChangedAll](),
		reflect.TypeFor[api.ChangedFor](), reflect.TypeFor[api.ChangedOver](), reflect.TypeFor[api.Contradicted](),
		reflect.TypeFor[api.Verdict](), reflect.TypeFor[standing.Verdict](), reflect.TypeFor[standing.Post](),
	} {
		for _, key := range keys(of) {
			assert.Contains(t, page, "`"+key+"`", of)
		}
	}
}
