package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/rules"
)

// TestDocumentedEnforcement types the example of the page on enforcement, and
// compares its answer and its lists of fields and states. With -update it writes
// the answer anew.
func TestDocumentedEnforcement(t *testing.T) {
	const name = "../../docs/format/enforcement.md"
	page := pageOf(t, name)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	answers := answered(t, page, events[1])
	require.Len(t, answers, 1)
	golden.Compare(t, name, []byte(withAnswers(page, []string{shortened(t, answers[0])})))

	assert.Equal(t, keys(reflect.TypeFor[api.Enforced]()), documented(page, "Fields"))
	assert.Equal(t, keys(reflect.TypeFor[api.Violation]()), documented(page, "Violations"))
	assert.Equal(t, keys(reflect.TypeFor[api.Proposed]()), documented(page, "Proposals"))
	assert.Equal(t, keys(reflect.TypeFor[api.Followed]()), documented(page, "Standing"))
	assert.Equal(t, keys(reflect.TypeFor[api.CountedPoints]()), documented(page, "Points"))
	assert.Equal(t, texts(engine.ProposalStates()), documented(page, "States"))
}

// TestDocumentedImmunity does so for the page on the law-enforcement card.
func TestDocumentedImmunity(t *testing.T) {
	const name = "../../docs/format/immunity.md"
	page := pageOf(t, name)
	answers := answered(t, page, "")
	require.Len(t, answers, 2)
	var table standing.Table
	require.NoError(t, json.Unmarshal([]byte(answers[1]), &table))
	assert.Len(t, table.Rows, 12)
	assert.Equal(t, []string{"verify", "no_proof"}, adviceCodes(table.Guidance))
	for _, r := range table.Rows {
		calls := slices.DeleteFunc(adviceCodes(r.Guidance), func(code string) bool { return !strings.HasPrefix(code, "call_") })
		assert.Len(t, calls, 1, "whom to call about %s", r.Term)
	}
	table.Rows = table.Rows[:1]
	one, err := json.Marshal(table)
	require.NoError(t, err)
	golden.Compare(t, name, []byte(withAnswers(page, []string{shortened(t, answers[0]), shortened(t, string(one))})))

	assert.Equal(t, keys(reflect.TypeFor[standing.Card]()), documented(page, "Fields of a card"))
	assert.Equal(t, keys(reflect.TypeFor[rules.Said]()), documented(page, "Answers"))
	assert.Equal(t, keys(reflect.TypeFor[standing.Row]()), documented(page, "Fields of a table"))
}

func adviceCodes(of []domain.Remark) (out []string) {
	for _, g := range of {
		out = append(out, g.Code)
	}
	return out
}

func pageOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// answered records the history of the tests and events, and types the commands of
// a page that print JSON.
func answered(t *testing.T, page, events string) (out []string) {
	t.Helper()
	commands := regexp.MustCompile("`(comity [^`]*--output json)` (?:then )?prints this").FindAllStringSubmatch(page, -1)
	require.Len(t, jsonBlock.FindAllString(page, -1), len(commands))
	history, err := os.ReadFile("testdata/history.jsonl")
	require.NoError(t, err)
	require.True(t, t.Run("type", func(t *testing.T) {
		t.Chdir(t.TempDir())
		require.NoError(t, os.WriteFile("history.jsonl", history, 0o600))
		typed(t, "comity init --history")
		typed(t, "comity record --file history.jsonl")
		if events != "" {
			require.NoError(t, os.WriteFile("events.jsonl", []byte(events), 0o600))
			typed(t, "comity record --file events.jsonl")
		}
		for _, c := range commands {
			out = append(out, typed(t, c[1]))
		}
	}))
	return out
}

// withAnswers puts answers into a page, in their order.
func withAnswers(page string, answers []string) string {
	return jsonBlock.ReplaceAllStringFunc(page, func(string) string {
		first := answers[0]
		answers = answers[1:]
		return "```json\n" + first + "```"
	})
}

// shortened writes JSON over several lines: what fits on a line stands on one.
// The hash of an edition, which every change of the law changes, is left out.
func shortened(t *testing.T, text string) string {
	t.Helper()
	text = regexp.MustCompile(`"hash":"[0-9a-f]+"`).ReplaceAllString(text, `"hash":"..."`)
	var b bytes.Buffer
	require.NoError(t, json.Indent(&b, []byte(strings.TrimSpace(text)), "", "  "))
	inner := regexp.MustCompile(`[\[{]\n([^\[\]{}])*?\n *[\]}]`)
	return inner.ReplaceAllStringFunc(b.String()+"\n", func(block string) string {
		if line := regexp.MustCompile(`\n *`).ReplaceAllString(block, " "); len(line) <= 110 {
			return line
		}
		return block
	})
}

// keys lists the keys that a type has in JSON, without those of what it embeds.
func keys(of reflect.Type) (out []string) {
	for field := range of.Fields() {
		if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "" {
			out = append(out, key)
		}
	}
	return out
}
