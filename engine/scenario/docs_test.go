package scenario_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine/scenario"
	"github.com/comity-project/comity/internal/golden"
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

const decisionPage = "../../docs/format/decision.md"

// The decisions on the page on decisions are those that its scenarios get. Run
// with -update to write them anew.
func TestDocumentedDecisions(t *testing.T) {
	text, err := os.ReadFile(decisionPage)
	require.NoError(t, err)
	page := string(text)
	pair := regexp.MustCompile("(?ms)^```scenario\n(.*?)^```\n\n```json\n(.*?)^```$")
	require.Len(t, pair.FindAllString(page, -1), strings.Count(page, "```json"), "each decision has its scenario above it")
	n := 0
	anew := pair.ReplaceAllStringFunc(page, func(block string) string {
		n++
		parts := pair.FindStringSubmatch(block)
		file, err := scenario.Parse(fmt.Sprintf("decision %d", n), []byte(parts[1]))
		require.NoError(t, err)
		report := run(t, file, inMemory)
		require.Len(t, report.Answers, 1)
		return "```scenario\n" + parts[1] + "```\n\n```json\n" + spread(t, report.Answers[0].Decision) + "```"
	})
	golden.Compare(t, decisionPage, []byte(anew))
}

// spread writes a decision over several lines, with its hash shortened.
func spread(t *testing.T, d domain.Decision) string {
	t.Helper()
	data, err := codec.EncodeDecision(d)
	require.NoError(t, err)
	data = regexp.MustCompile(`"hash":"([0-9a-f]{64})"`).ReplaceAll(data, []byte(`"hash":"..."`))
	var out bytes.Buffer
	require.NoError(t, json.Indent(&out, data, "", "  "))
	// what fits on a line stands on one
	text, inner := out.String(), regexp.MustCompile(`(?m)[\[{]\n([^\[\]{}]|\[[^\[\]{}\n]*\]|\{[^\[\]{}\n]*\})*?\n *[\]}]`)
	for range 3 {
		text = inner.ReplaceAllStringFunc(text, func(block string) string {
			line := regexp.MustCompile(`\n *`).ReplaceAllString(block, " ")
			if len(line) > 110 {
				return block
			}
			return line
		})
	}
	return text + "\n"
}

// The page has every field, in order, and every reason code.
func TestDocumentedFields(t *testing.T) {
	text, err := os.ReadFile(decisionPage)
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Fields\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var fields []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1) {
		fields = append(fields, m[1])
	}
	whole, err := codec.EncodeDecision(domain.Decision{AsOf: asOf, Request: map[string]string{"a": "b"}, Needs: []string{"request.amount"}})
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(whole))
	var keys []string
	depth, key := 0, true
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
			key = true
		default:
			if depth == 1 && key {
				keys = append(keys, token.(string))
			}
			key = depth != 1 || !key
		}
	}
	require.Equal(t, keys, fields)

	source, err := os.ReadFile("../../domain/decision.go")
	require.NoError(t, err)
	codes := regexp.MustCompile(`ReasonCode = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, codes)
	for _, code := range codes {
		require.Contains(t, string(text), "| `"+code[1]+"` |")
	}
}
