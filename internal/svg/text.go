package svg

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
)

// textWidth estimates how wide text is at a size in pixels: rather too wide than
// too narrow, since nobody knows the reader's font.
func textWidth(text string, size float64) float64 {
	em := 0.0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r):
			// stands over the last
		case r > 0x2e80: // East Asian, symbols
			em++
		case strings.ContainsRune("iljtfrI.,:;'|!()[] -", r):
			em += 0.4
		case strings.ContainsRune("mwMW@%", r):
			em += 0.95
		case unicode.IsUpper(r):
			em += 0.75
		default:
			em += 0.62
		}
	}
	return em * size
}

// fit cuts text off where its room ends.
func fit(text string, room, size float64) string {
	if textWidth(text, size) <= room {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(runes[:n]), " ") + "…"; textWidth(short, size) <= room {
			return short
		}
	}
	return "…"
}

// wrap divides text into at most so many lines; the last is cut off by who
// writes it.
func wrap(text string, room, size float64, most int) []string {
	var lines []string
	for word := range strings.FieldsSeq(text) {
		n := len(lines)
		if n > 0 && (n == most || textWidth(lines[n-1]+" "+word, size) <= room) {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// num writes a length with one decimal at most.
func num(x float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
}

// escape writes text as XML, without what XML can't hold.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder never fails
	return b.String()
}
