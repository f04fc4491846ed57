package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// shown writes text that came from outside so that nothing in it commands a
// terminal or turns the order of reading: control characters other than line ends
// and tabs, and the marks of Unicode that override or isolate a direction, are
// written as they are in Go, \x1b or \u202e. What is shown once stays as it is.
func shown(text string) string {
	if !strings.ContainsFunc(text, commands) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch _, size := utf8.DecodeRuneInString(text[i:]); {
		case r == utf8.RuneError && size == 1, commands(r) && r < ' ':
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case commands(r) && r != utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// commands reports whether a character does something other than being read.
func commands(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', r >= 0x7f && r <= 0x9f: // C0, DEL and C1
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // embeddings, overrides, isolates
		return true
	case r >= 0x2028 && r <= 0x2029: // line ends that few programs know
		return true
	case r == brush, r == brushed:
		return true
	}
	return r == utf8.RuneError
}

// shownAll is shown for the cells of a row.
func shownAll(row []string) []string {
	out := make([]string, len(row))
	for i, cell := range row {
		out[i] = shown(cell)
	}
	return out
}

// shownRows is shown for the cells of rows.
func shownRows(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = shownAll(row)
	}
	return out
}
