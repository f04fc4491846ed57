package domain

import (
	"strings"
	"unicode"
)

// Fold writes a word as rules compare it: in lower case, with an underscore in
// place of spaces and hyphens. "Airline tickets" is airline_tickets.
func Fold(word string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(word, parts), "_"))
}

// parts reports whether c stands between the parts of a word.
func parts(c rune) bool { return unicode.IsSpace(c) || c == '-' || c == '_' }
