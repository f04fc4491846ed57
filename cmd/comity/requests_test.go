package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/facts"
)

// TestDocumentedRequests types the example of the page on requests, and compares
// its answer and its lists of fields and states. With -update it writes the
// answer anew.
func TestDocumentedRequests(t *testing.T) {
	const name = "../../docs/format/requests.md"
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	history, err := os.ReadFile("testdata/history.jsonl")
	require.NoError(t, err)
	page := string(text)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	command := regexp.MustCompile("`(comity requests show villa-1 .*?)`").FindStringSubmatch(page)
	require.Len(t, command, 2)
	answer := regexp.MustCompile("(?s)```json\n(.*?)```")
	require.Regexp(t, answer, page)

	var got bytes.Buffer
	require.True(t, t.Run("type", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("history.jsonl", history, 0o600))
		require.NoError(t, os.WriteFile("requests.jsonl", []byte(events[1]), 0o600))
		typed(t, "comity init --history")
		typed(t, "comity record --file history.jsonl")
		typed(t, "comity record --file requests.jsonl")
		require.NoError(t, json.Indent(&got, []byte(typed(t, command[1])), "", "  "))
	}))
	short := got.String() // what fits on a line stands on one
	inner := regexp.MustCompile(`[\[{]\n([^\[\]{}])*?\n *[\]}]`)
	short = inner.ReplaceAllStringFunc(short, func(block string) string {
		if line := regexp.MustCompile(`\n *`).ReplaceAllString(block, " "); len(line) <= 110 {
			return line
		}
		return block
	})
	golden.Compare(t, name, []byte(answer.ReplaceAllLiteralString(page, "```json\n"+short+"```")))

	var want []string
	for field := range reflect.TypeFor[requested]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		want = append(want, key)
	}
	assert.Equal(t, want, documented(page, "Fields"))
	assert.Equal(t, texts(facts.FilingStates()), documented(page, "States"))
}

// documented returns the words in the first column of the table of a section.
func documented(page, title string) (out []string) {
	_, section, _ := strings.Cut(page, "\n## "+title+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, rows, _ := strings.Cut(section, "| --- |")
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ").FindAllStringSubmatch(rows, -1) {
		out = append(out, m[1])
	}
	return out
}
