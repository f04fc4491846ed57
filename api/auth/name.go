package auth

import (
	"errors"
	"unicode"
	"unicode/utf8"
)

// mostName is how many characters the name of a caller may have.
const mostName = 128

// CheckName says whether a text can name a caller: 1 to 128 characters that can be seen,
// and plain spaces between them. The error does not repeat the text.
func CheckName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return errors.New("is empty: use 1 to 128 characters")
	case len(name) > 4*mostName || n > mostName:
		return errors.New("is too long: use at most 128 characters")
	case !utf8.ValidString(name):
		return errors.New("is not UTF-8")
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return errors.New("begins or ends with a space")
	}
	for _, c := range name {
		if !unicode.IsPrint(c) { // of spaces, only U+0020 is printed
			return errors.New("has a character that can't be seen")
		}
	}
	return nil
}
