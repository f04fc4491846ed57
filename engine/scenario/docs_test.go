package scenario_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine/scenario"
)

// fenced returns the fenced blocks of a page in a language.
func fenced(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	require.NotEmpty(t, found, page)
	return found
}

// The examples of the page on scenarios come true.
func TestDocumentedScenarios(t *testing.T) {
	for i, text := range fenced(t, "../../docs/format/scenario.md", "scenario") {
		name := fmt.Sprintf("example %d", i+1)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := scenario.Parse(name, []byte(text))
			require.NoError(t, err)
			run(t, file, inMemory)
		})
	}
}

// The page has every verb in its summary, and no other.
func TestDocumentedVerbs(t *testing.T) {
	text, err := os.ReadFile("../../docs/format/scenario.md")
	require.NoError(t, err)
	_, summary, _ := strings.Cut(string(text), "\n## Summary\n")
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z`, ]+`) \\|").FindAllStringSubmatch(summary, -1) {
		for _, verb := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(row[1], -1) {
			documented[verb[1]] = true
		}
	}
	_, err = scenario.Parse("x", []byte("no such verb"))
	require.Error(t, err)
	_, names, _ := strings.Cut(strings.SplitN(err.Error(), "\n", 2)[0], "one of ")
	for verb := range strings.SplitSeq(names, ", ") {
		assert.True(t, documented[verb], "%s is not documented", verb)
		delete(documented, verb)
	}
	assert.Empty(t, documented, "no such verbs")
}
