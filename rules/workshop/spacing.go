package workshop

import (
	"slices"
	"strings"
	"unicode"
)

// A word of an expression: a name, a number, a text in quotes, or a sign.
type word struct {
	text string
	kind byte // n name, d number, t text, s sign
}

var twoSigns = []string{"==", "!=", "<=", ">=", "&&", "||"}

// wordsOf splits an expression; false if it holds what no expression does.
func wordsOf(text string) (out []word, ok bool) {
	isName := func(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	isDigit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := 0; i < len(text); {
		from, kind := i, byte('s')
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
			continue
		case isName(c):
			kind = 'n'
			for i < len(text) && (isName(text[i]) || isDigit(text[i])) {
				i++
			}
		case isDigit(c):
			kind = 'd'
			for i < len(text) && (isName(text[i]) || isDigit(text[i]) || text[i] == '.' && i+1 < len(text) && isDigit(text[i+1])) {
				i++
			}
		case c == '"' || c == '\'':
			kind = 't'
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if i >= len(text) {
				return nil, false
			}
			i++
		case i+1 < len(text) && slices.Contains(twoSigns, text[i:i+2]):
			i += 2
		case strings.IndexByte("<>!+-*/%.,?:()[]", c) >= 0:
			i++
		default:
			return nil, false
		}
		out = append(out, word{text[from:i], kind})
	}
	return out, true
}

// sameExpression reports whether two texts are one expression but for spaces.
func sameExpression(a, b string) bool {
	a, b = strings.TrimPrefix(a, "="), strings.TrimPrefix(b, "=")
	x, ok := wordsOf(a)
	y, ok2 := wordsOf(b)
	return ok && ok2 && slices.Equal(x, y)
}

// spaced puts the spaces of an expression in order: one around signs that join two
// sides and after commas, none within brackets. What is no expression stays as it is.
func spaced(text string) string {
	lead := ""
	rest := text
	if strings.HasPrefix(text, "=") && !strings.HasPrefix(text, "==") {
		lead, rest = "=", text[1:]
	}
	words, ok := wordsOf(rest)
	if !ok || len(words) == 0 || strings.ContainsFunc(rest, unicode.IsControl) {
		return text
	}
	var out strings.Builder
	for i, w := range words {
		if i > 0 && spaceBetween(words, i) {
			out.WriteByte(' ')
		}
		out.WriteString(w.text)
	}
	result := lead + out.String()
	if !sameExpression(text, result) {
		return text
	}
	return result
}

// spaceBetween reports whether a space stands before a word.
func spaceBetween(words []word, i int) bool {
	before, w := words[i-1], words[i]
	switch {
	case w.text == "," || w.text == ")" || w.text == "]" || w.text == "." || before.text == "(" || before.text == "[" || before.text == ".":
		return false
	case w.text == "(":
		return !(before.kind == 'n' && before.text != "in") && !unary(words, i-1)
	case w.text == "[":
		return before.kind == 's' && before.text != ")" && before.text != "]" && !unary(words, i-1) || before.text == "in"
	case unary(words, i-1):
		return false
	}
	return true
}

// unary reports whether a sign has only the side after it.
func unary(words []word, i int) bool {
	w := words[i]
	if w.kind != 's' || w.text != "!" && w.text != "-" {
		return false
	}
	if w.text == "!" || i == 0 {
		return true
	}
	b := words[i-1]
	return b.kind == 's' && b.text != ")" && b.text != "]" || b.text == "in"
}
