package rules

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What is shown to those who review a ruleset must be what is evaluated. Unicode
// has characters that turn the order of reading (CVE-2021-42574, "Trojan
// Source"), that can't be seen, and that look like others (CVE-2021-42694). The
// first have no place in a ruleset. The others may stand in texts for people and
// in remarks, where spaces that don't break, joiners and foreign letters are
// usual, but not in names, codes and expressions.

// misleads reports whether a character turns the order in which text is shown, or
// hides text from people: controls of direction, tags, and separators of lines
// that editors don't show as such.
func misleads(c rune) bool {
	switch {
	case c == 0x061c, c == 0x200e, c == 0x200f, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x206f:
		return true
	case c >= 0xe0000 && c <= 0xe007f, c >= 0xfff9 && c <= 0xfffb:
		return true
	}
	return false
}

// hidden reports whether a character can't be seen or looks like a space.
func hidden(c rune) bool {
	switch c {
	case ' ', '\t', '\n':
		return false
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return unicode.In(c, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Variation_Selector)
}

// likenesses are letters of other scripts and the ASCII letters that they look like.
var likenesses = func() map[rune]rune {
	out := map[rune]rune{}
	for _, pair := range []string{
		"аaсcеeіiјjоoрpѕsхxуyԁdһhԛqԝwѵvӏl", "АAВBСCЕEНHІIЈJКKМMОOРPЅSТTХXУYԌGԚQԜW", // Cyrillic
		"αaοoρpνvιiκkυuχx", "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX", // Greek
		"ıiɡgɑaʏYⅰiⅴvⅹxⅼlⅽcⅾdⅿmⅠIⅤVⅩXⅬLⅭCⅮDⅯMօoսuոnԼL", "ꓐBꓑPꓒDꓓDꓔTꓖGꓗKꓙJꓚCꓜZꓝFꓟMꓠNꓡLꓢSꓣRꓦVꓧHꓪWꓫXꓬYꓮAꓰEꓲIꓳOꓴU＿_",
	} {
		runes := []rune(pair)
		for i := 0; i+1 < len(runes); i += 2 {
			out[runes[i]] = runes[i+1]
		}
	}
	return out
}()

// likeness returns the ASCII character that a character looks like, or 0.
func likeness(c rune) rune {
	switch {
	case c < utf8.RuneSelf:
		return 0
	case c >= 0xff01 && c <= 0xff5e: // as wide as a character of East Asia
		return c - 0xff01 + '!'
	case c >= 0x1d400 && c <= 0x1d6a3: // letters of mathematics: thirteen alphabets
		i := (c - 0x1d400) % 52
		if i < 26 {
			return 'A' + i
		}
		return 'a' + i - 26
	}
	return likenesses[c]
}

// scriptOf names the script of a letter, as in " of the script Cyrillic".
func scriptOf(c rune) string {
	for _, name := range []string{"Cyrillic", "Greek", "Armenian", "Lisu", "Cherokee", "Hebrew", "Arabic"} {
		if unicode.Is(unicode.Scripts[name], c) {
			return " of the script " + name
		}
	}
	return ""
}

// mostCharacters is how many mistakes are reported of the characters of a file.
const mostCharacters = 20

// cleanText refuses what can't be in any file, and reads on with something
// else in its place, of the same number of code points, so that every other
// mistake stands where it did.
func (l *loader) cleanText(src *source) {
	original := src.text
	if plainText(original) {
		return
	}
	var out, shown strings.Builder
	out.Grow(len(original))
	line, column, found := 1, 0, 0
	unbroken := false // this kind of line end was reported
	lead, last := true, rune(0)
	bad := func(code, hint, format string, args ...any) {
		if found++; found <= mostCharacters {
			l.addAt(src, Pos{File: src.name, Line: line, Column: column}, code, hint, format, args...)
		}
	}
	text := strings.TrimPrefix(original, "\ufeff")
	src.setText(text)
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		column++
		put := c
		switch {
		case c == '\n':
			line, column = line+1, 0
		case c == utf8.RuneError && size == 1:
			bad(codeSyntax, "save the file as UTF-8", "this byte, 0x%02X, is no character", text[i])
			put = '?'
		case c == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		case c == '\r', c == 0x85, c == 0x2028, c == 0x2029:
			if !unbroken {
				bad(codeSyntax, "save the file with the line ends of Linux or Windows", "a line ends here with U+%04X, which few programs take for the end of a line", c)
			}
			unbroken = true
			put, c = '\n', '\n'
			line, column = line+1, 0
		case c == '\t':
		case c != ' ' && unicode.Is(unicode.Zs, c) && (lead || last == ':'):
			bad(codeCharacter, "write a plain space", "U+%04X looks like a space and is none", c)
			put = ' '
		case unicode.IsControl(c):
			bad(codeSyntax, "delete it", "the control character U+%04X has no place in a ruleset", c)
			put = '?'
		case misleads(c):
			bad(codeCharacter, "delete it", "U+%04X turns the order in which text is shown, or hides it, so that others would read another rule than is evaluated", c)
			put = '_'
		}
		lead = put == '\n' || lead && (put == ' ' || put == '-')
		last = put
		out.WriteRune(put)
		shown.WriteRune(c)
		i += size
	}
	if found > 0 {
		src.setText(out.String())
		src.shown = &source{}
		src.shown.setText(shown.String())
	}
}

// plainText reports whether a text has nothing at which [loader.cleanText] has to look:
// no control but the ends of lines of Linux and tabs, and nothing that looks like a
// space or turns the order of reading.
func plainText(text string) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		if c == utf8.RuneError || c == '\ufeff' || unicode.IsControl(c) || unicode.Is(unicode.Zs, c) || misleads(c) || c == 0x2028 || c == 0x2029 {
			return false
		}
		i += size
	}
	return true
}

// freeKeys are the keys of texts for people.
var freeKeys = []string{"title", "note", "because", "text", "term", "doc", "ask", "name", "cite", "group", "oblige", "route", "limit", "unit", "footnotes", "guidance", "city", "parts"}

// strict refuses in names, codes and expressions what can't be seen or looks like
// something else, and reads on with what it looks like.
func (l *loader) strict(n item) {
	if ascii(n.Value) {
		return
	}
	value := []rune(n.Value)
	places := n.src.scalarPlaces(n.Node)
	if last := len(value) - 1; n.Style == 0 && strings.ContainsRune("“”„«‘’‚‹", value[0]) && last > 0 && strings.ContainsRune(closing[value[0]], value[last]) && closing[value[0]] != "" {
		inside := string(value[1:last])
		l.add(n, codeSyntax, "write \""+clip(inside)+"\"", "%c is not a quote of YAML", value[0])
		n.Value = inside
		return
	}
	var out []rune
	for i, c := range value {
		put, keep := c, true
		bad := func(hint, format string, args ...any) {
			l.addAt(n.src, n.src.pos(places[i]), codeCharacter, hint, format, args...)
		}
		switch {
		case unicode.Is(unicode.Zs, c) && c != ' ':
			bad("write a plain space", "U+%04X looks like a space and is none", c)
			put = ' '
		case hidden(c), misleads(c):
			bad("delete it", "a character that can't be seen stands here, U+%04X", c)
			keep = false
		case likeness(c) != 0 && isNameStart(likeness(c)) && mixed(value, i):
			bad("type it again", "%c (U+%04X%s) looks like %c and is another letter", c, c, scriptOf(c), likeness(c))
			put = likeness(c)
		case unicode.In(c, unicode.Mn, unicode.Me) && i > 0 && unicode.In(value[i-1], unicode.Latin):
			bad("type the letter again", "a letter and its accent are two characters here, U+%04X and U+%04X, which is not the same as one", value[i-1], c)
		}
		if keep {
			out = append(out, put)
		}
	}
	n.Value = string(out)
}

// mixed reports whether a letter stands in a word with ASCII letters, digits or
// signs of names, or in one of which every letter looks like ASCII.
func mixed(value []rune, at int) bool {
	part := func(c rune) bool { return unicode.IsLetter(c) || isDigit(c) || c == '_' }
	from, to := at, at
	for from > 0 && part(value[from-1]) {
		from--
	}
	for to < len(value) && part(value[to]) {
		to++
	}
	word := value[from:to]
	return slices.ContainsFunc(word, isNameStart) || !slices.ContainsFunc(word, func(c rune) bool { return unicode.IsLetter(c) && likeness(c) == 0 })
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// misleading refuses what a text for people says by escapes that can't be seen.
func (l *loader) misleading(n item) {
	if ascii(n.Value) && !strings.ContainsFunc(n.Value, unicode.IsControl) {
		return
	}
	for i, c := range []rune(n.Value) {
		if misleads(c) || unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' {
			place := n.src.scalarPlaces(n.Node)[i]
			l.addAt(n.src, n.src.pos(place), codeCharacter, "delete it", "U+%04X turns the order in which text is shown, or can't be seen", c)
			return
		}
	}
}

// characters looks at the characters of every scalar under a node.
func (l *loader) characters(n item, free bool) {
	switch n.Kind {
	case yaml.ScalarNode:
		if free && !isExpr(n) {
			l.misleading(n)
		} else {
			l.strict(n)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			l.characters(n.child(n.Content[i]), false)
			key := n.Content[i].Value
			l.characters(n.child(n.Content[i+1]), slices.Contains(freeKeys, key) || free && n.Content[i+1].Kind == yaml.ScalarNode)
		}
	default:
		for _, c := range n.Content {
			l.characters(n.child(c), free)
		}
	}
}
