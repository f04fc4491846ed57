package domain

import (
	"fmt"
	"strings"
	"unicode"
)

// CanonicalActor returns the name of an actor as it is compared with another when
// two people have to look at a thing: two spellings of one name give the same. It
// is in lower case, without accents, spaces at its ends, and characters that are not
// seen; a run of spaces is one; wide letters are narrow. "José", typed in any way,
// is "jose".
//
// What would have to be compared by its looks, such as a Cyrillic letter that looks
// like a Latin one, is an error, and so is a name of which nothing remains.
func CanonicalActor(name string) (string, error) {
	var out strings.Builder
	space := false
	for _, c := range name {
		switch {
		case unicode.IsSpace(c):
			space = true
			continue
		case unicode.In(c, unicode.Cf, unicode.Cc, unicode.Mn, unicode.Me) || blank(c):
			continue // invisible, or an accent on the letter before
		}
		plain, known := plainly(narrow(c))
		if !known {
			return "", fmt.Errorf("the name %q holds the letter %q (%U), which can't be told from others by its looks: write it in Latin letters", name, c, c)
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		out.WriteString(strings.ToLower(plain))
	}
	if out.Len() == 0 {
		return "", fmt.Errorf("the name %q says nothing", name)
	}
	return out.String(), nil
}

// blank reports whether a letter shows nothing: the fillers of Hangul, and Braille
// without dots.
func blank(c rune) bool {
	switch c {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	default:
		return false
	}
}

// narrow returns the ASCII character of which c is the wide form, or c.
func narrow(c rune) rune {
	if c >= '\uff01' && c <= '\uff5e' {
		return c - '\uff01' + '!'
	}
	return c
}

// plainly writes a Latin letter without its accents. What is visible ASCII stays
// as it is; nothing else is known.
func plainly(c rune) (string, bool) {
	if c > ' ' && c <= '~' {
		return string(c), true
	}
	for plain, accented := range accents {
		if strings.ContainsRune(accented, c) {
			return plain, true
		}
	}
	return "", false
}

// accents are the letters of the Latin-1 Supplement and of Latin Extended-A, by
// what they are without accents, and the signs that are letters of another name.
var accents = map[string]string{
	"a": "ÀÁÂÃÄÅàáâãäåĀāĂăĄą\u212b", "ae": "Ææ", "c": "ÇçĆćĈĉĊċČč", "d": "ÐðĎďĐđ",
	"e": "ÈÉÊËèéêëĒēĔĕĖėĘęĚě", "g": "ĜĝĞğĠġĢģ", "h": "ĤĥĦħ",
	"i": "ÌÍÎÏìíîïĨĩĪīĬĭĮįİı", "ij": "Ĳĳ", "j": "Ĵĵ", "k": "Ķķĸ\u212a",
	"l": "ĹĺĻļĽľĿŀŁł", "n": "ÑñŃńŅņŇňŉŊŋ", "o": "ÒÓÔÕÖØòóôõöøŌōŎŏŐő", "oe": "Œœ",
	"r": "ŔŕŖŗŘř", "s": "ŚśŜŝŞşŠšſ", "ss": "ß\u1e9e", "t": "ŢţŤťŦŧ", "th": "Þþ",
	"u": "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲų", "w": "Ŵŵ", "y": "ÝýÿŶŷŸ", "z": "ŹźŻżŽž",
}
