package main

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/facts"
)

// TestDocumentedRequests types the example of the page on requests, and compares
// its answer and its lists of fields and states. With -update it writes the
// answer anew.
func TestDocumentedRequests(t *testing.T) {
	const name = "../../docs/format/requests.md"
	page := pageOf(t, name)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	answers := answered(t, page, events[1])
	require.Len(t, answers, 1)
	golden.Compare(t, name, []byte(withAnswers(page, []string{shortened(t, answers[0])})))

	assert.Equal(t, keys(reflect.TypeFor[api.Requested]()), documented(page, "Fields"))
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
