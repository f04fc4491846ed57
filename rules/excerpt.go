package rules

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
)

// longestExcerpt is how many columns of a line are shown around a mistake.
const longestExcerpt = 160

// excerpt shows a line and a caret under one of its code points, which count from
// 1, indented by four columns. The caret stands right where a terminal shows that
// code point: a tab is shown as one space, a character of East Asia takes two
// columns, a combining mark none, and what a terminal would obey or hide is
// written out as U+XXXX.
func excerpt(line string, column int) string {
	if line == "" {
		return ""
	}
	cells := []rune(line)
	at := max(0, min(column-1, len(cells)))
	cut := len(cells) > 6*longestExcerpt // what can't be seen is not measured: a line may have a million
	if cut {
		from := max(0, at-2*longestExcerpt)
		cells, at = cells[from:min(len(cells), at+4*longestExcerpt)], at-from
	}
	ends := make([]int, len(cells)+1) // the column before each code point
	for i, c := range cells {
		ends[i+1] = ends[i] + breadth(glyph(c))
	}
	from, to := 0, len(cells)
	if cut || ends[to] > longestExcerpt || to > 2*longestExcerpt { // a window around the mistake
		left := max(0, min(ends[at]-longestExcerpt/2, ends[to]-longestExcerpt))
		from = max(sort.SearchInts(ends[:at+1], left), at-longestExcerpt)
		to = min(sort.SearchInts(ends, ends[from]+longestExcerpt+1)-1, from+2*longestExcerpt)
	}
	var shown strings.Builder
	for _, c := range cells[from:to] {
		shown.WriteString(glyph(c))
	}
	return "\n    " + strings.TrimRight(shown.String(), " ") + "\n    " + strings.Repeat(" ", ends[at]-ends[from]) + "^"
}

// visible writes out what a terminal would obey or hide.
func visible(text string) string {
	var out strings.Builder
	for _, c := range text {
		if c == '\n' {
			out.WriteByte(' ')
			continue
		}
		out.WriteString(glyph(c))
	}
	return out.String()
}

// glyph is what is shown of a code point.
func glyph(c rune) string {
	switch {
	case c == '\t':
		return " "
	case c == unicode.ReplacementChar, unicode.IsControl(c), unicode.Is(unicode.Cf, c), unicode.In(c, unicode.Zl, unicode.Zp, unicode.Co), unicode.Is(unicode.Zs, c) && c != ' ':
		return fmt.Sprintf("<U+%04X>", c)
	}
	return string(c)
}

// breadth is how many columns a text takes.
func breadth(text string) int {
	n := 0
	for _, c := range text {
		n += width(c)
	}
	return n
}

// wide are the characters that take two columns.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115f, 1}, {0x231a, 0x231b, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0x33ff, 1}, {0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1},
		{0xa000, 0xa4cf, 1}, {0xa960, 0xa97f, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1},
	},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1f9ff, 1}, {0x20000, 0x3fffd, 1}},
}

func width(c rune) int {
	switch {
	case unicode.In(c, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, c):
		return 2
	}
	return 1
}
