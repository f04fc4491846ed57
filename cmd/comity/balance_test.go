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
	"github.com/comity-project/comity/projections/balance"
)

// TestDocumentedBalance types the examples of the page on the ledger, and compares
// their answers and its lists of fields and grounds. With -update it writes the
// answers anew.
func TestDocumentedBalance(t *testing.T) {
	const name = "../../docs/format/balance.md"
	page := pageOf(t, name)
	events := regexp.MustCompile("(?s)```jsonl\n(.*?)```").FindStringSubmatch(page)
	require.Len(t, events, 2)
	answers := answered(t, page, events[1])
	require.Len(t, answers, 2)
	golden.Compare(t, name, []byte(withAnswers(page, []string{shortened(t, answers[0]), shortened(t, answers[1])})))

	for title, fields := range map[string]reflect.Type{
		"Fields": reflect.TypeFor[api.Balanced](), "Cells": reflect.TypeFor[api.BalancedCell](), "Practice": reflect.TypeFor[api.Practised](),
		"Measures": reflect.TypeFor[api.BalancedMeasure](), "Parts": reflect.TypeFor[api.BalancedPart](), "Basis": reflect.TypeFor[api.Basis](),
		"Rules": reflect.TypeFor[api.BalancedRule](), "Agreements": reflect.TypeFor[api.BalancedRaise](), "Stop": reflect.TypeFor[api.Stopped](),
	} {
		assert.ElementsMatch(t, keys(fields), documentedFields(page, title), title)
	}
	assert.Equal(t, texts(balance.Grounds()), documented(page, "Grounds"))
}

// documentedFields returns the words in the first column of the table of a
// section, where a row may be about several.
func documentedFields(page, title string) (out []string) {
	_, section, _ := strings.Cut(page, "\n## "+title+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, rows, _ := strings.Cut(section, "| --- |")
	for line := range strings.Lines(rows) {
		if first, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | "); isRow {
			for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(first, -1) {
				out = append(out, m[1])
			}
		}
	}
	return out
}
