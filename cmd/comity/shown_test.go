package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"note 24-7, attaché, Wærøy":   "note 24-7, attaché, Wærøy",
		"two\nlines\tand a tab":       "two\nlines\tand a tab",
		"\x1b[31mred\x1b[0m":          `\x1b[31mred\x1b[0m`,
		"back\rover\a\x7f":            `back\x0dover\x07\u007f`,
		"\u009b31m":                   `\u009b31m`,
		"lost \ufffd":                 "lost \ufffd",
		"\x9b31m":                     `\x9b31m`,
		"evil\u202egnp.\u2066x\u2069": `evil\u202egnp.\u2066x\u2069`,
		"\u200fעברית":                 "\u200fעברית",
	} {
		assert.Equal(t, want, shown(text))
		assert.Equal(t, want, shown(want))
	}
}

// Whatever is recorded, neither a page nor a CSV writes a character that commands a
// terminal, except the page its own colours.
func TestNothingCommandsTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "\u202e", "\u009b", "\ufdd1", "\ufdd2", "\ufdd131\ufdd2", "\r", "\x1f", " ", "\n"}))
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
		var to bytes.Buffer
		g := &page{to: &to, width: 60, coloured: rapid.Bool().Draw(t, "coloured")}
		g.say("lead ", text)
		g.line("%s and %s", g.paint(bold, text), text)
		g.list([]string{"a", "b"}, [][]string{{text, whole(text)}})
		g.table([]string{"a", "b"}, [][]string{{text, text}, {text}})
		plain := to.String()
		for _, colour := range []string{"0", bold, faint, "31"} {
			plain = strings.ReplaceAll(plain, "\x1b["+colour+"m", "")
		}
		for _, r := range plain + strings.ReplaceAll(written(t, []string{"a"}, [][]string{{text}}), "\r\n", "\n") {
			require.False(t, r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) && r > 0x2010), "%q", plain)
		}
	})
}
