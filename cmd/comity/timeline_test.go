package main

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/standing"
)

// TestDocumentedTimeline types the examples of the page on answers over time and
// compares answers, fields and columns. With -update it writes the answers anew.
func TestDocumentedTimeline(t *testing.T) {
	const name = "../../docs/format/timeline.md"
	page := pageOf(t, name)
	answers := answered(t, page, "")
	require.Len(t, answers, 3)
	for _, answer := range answers {
		var fields []string
		for field := range fieldsOf(t, answer) {
			fields = append(fields, field)
		}
		assert.Subset(t, append(allDocumented(page), "as_of", "as_known", "known_from", "known_to", "stretches", "answer", "code", "state", "text"), fields)
	}
	for i := range answers {
		answers[i] = shortened(t, answers[i])
	}
	page = withAnswers(page, answers)
	history, err := os.ReadFile("testdata/history.jsonl")
	require.NoError(t, err)
	csv := regexp.MustCompile("(?s)`(comity [^`]*--output csv)` prints\n\n```csv\n.*?```")
	command := csv.FindStringSubmatch(page)
	require.NotNil(t, command)
	require.True(t, t.Run("csv", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("history.jsonl", history, 0o600))
		typed(t, "comity init --history")
		typed(t, "comity record --file history.jsonl")
		out := strings.ReplaceAll(typed(t, command[1]), "\r\n", "\n")
		page = csv.ReplaceAllLiteralString(page, "`"+command[1]+"` prints\n\n```csv\n"+out+"```")
		for header, of := range map[string]string{
			"":        "effective time",
			"--known": "what was known",
			"--map":   "both",
		} {
			first, _, _ := strings.Cut(typed(t, "comity timeline ana imm.criminal -o csv "+header), "\r\n")
			assert.Contains(t, page, "| "+of+" | `"+strings.ReplaceAll(first, ",", "`, `")+"` |")
		}
	}))
	golden.Compare(t, name, []byte(page))

	assert.Equal(t, keys(reflect.TypeFor[standing.About]()), documented(page, "What was asked"))
	assert.Equal(t, keys(reflect.TypeFor[standing.Learned]()), documented(page, "What was learned"))
	assert.Equal(t, slices.Concat(keys(reflect.TypeFor[standing.Verdict]()), keys(reflect.TypeFor[standing.Said]()), []string{"permits"}), documented(page, "Answers"))
}

func allDocumented(page string) (out []string) {
	for _, field := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(page, -1) {
		out = append(out, field[1])
	}
	return out
}

// fieldsOf collects the fields of objects, however deep.
func fieldsOf(t *testing.T, text string) map[string]bool {
	t.Helper()
	var any any
	require.NoError(t, json.Unmarshal([]byte(text), &any))
	return fieldsIn(any)
}

func fieldsIn(v any) map[string]bool {
	out := map[string]bool{}
	switch v := v.(type) {
	case map[string]any:
		for field, value := range v {
			out[field] = true
			maps.Copy(out, fieldsIn(value))
		}
	case []any:
		for _, value := range v {
			maps.Copy(out, fieldsIn(value))
		}
	}
	return out
}
