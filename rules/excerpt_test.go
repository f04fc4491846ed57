package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestExcerpt(t *testing.T) {
	for name, test := range map[string]struct {
		line   string
		column int
		want   string
	}{
		"plain":            {"when: x = 3", 9, "\n    when: x = 3\n            ^"},
		"the end":          {"abc", 4, "\n    abc\n       ^"},
		"past the end":     {"abc", 40, "\n    abc\n       ^"},
		"tabs":             {"\ta\tb", 4, "\n     a b\n       ^"},
		"two columns each": {"日本 = x", 4, "\n    日本 = x\n         ^"},
		"combining":        {"e\u0301e\u0301 = x", 6, "\n    e\u0301e\u0301 = x\n       ^"},
		"turned round":     {"a\u202eb = x", 5, "\n    a<U+202E>b = x\n               ^"},
		"invisible":        {"a\u200bb", 3, "\n    a<U+200B>b\n             ^"},
		"no-break space":   {"a\u00a0b", 2, "\n    a<U+00A0>b\n     ^"},
		"a terminal":       {"\x1b[31mred", 2, "\n    <U+001B>[31mred\n            ^"},
		"no line":          {"", 3, ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, excerpt(test.line, test.column)) })
	}
}

// TestExcerptIsAWindow looks at every column of a long line: what is there stands
// over the caret.
func TestExcerptIsAWindow(t *testing.T) {
	var line strings.Builder
	for i := range 1000 {
		line.WriteRune(rune('A' + i%50))
	}
	for column := 1; column <= 1000; column++ {
		parts := strings.Split(excerpt(line.String(), column), "\n")
		assert.LessOrEqual(t, len(parts[1]), 4+longestExcerpt)
		assert.Equal(t, line.String()[column-1], parts[1][len(parts[2])-1], column)
	}
}

func TestExcerptOfMarksIsShort(t *testing.T) {
	start := time.Now()
	for range 100 {
		assert.Less(t, len(excerpt(strings.Repeat("\u0301", maxLine), maxLine/2)), 4000)
	}
	assert.Less(t, time.Since(start), time.Minute)
}

// TestExcerptLooksNoFurtherThanItShows shows the same of a million characters that must
// be written out as of the thousands around the mistake, and with as little work.
func TestExcerptLooksNoFurtherThanItShows(t *testing.T) {
	few, many := strings.Repeat("\x00", 5_000), strings.Repeat("\x00", 1_000_000)
	for _, line := range []string{few, many} {
		assert.Equal(t, excerpt(few, 2_500), excerpt(line, len(line)/2))
		assert.Equal(t, excerpt(few, len(few)), excerpt(line, len(line)))
		assert.Equal(t, excerpt(few, 1), excerpt(line, 1))
		assert.Less(t, testing.AllocsPerRun(3, func() { excerpt(line, len(line)/2) }), 10_000.0)
	}
}
