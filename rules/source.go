package rules

import (
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A source is one file of a bundle.
type source struct {
	name   string
	text   string
	starts []int   // byte offset of each line
	shown  *source // as it was before characters were replaced one by one, or nil
}

func (s *source) setText(text string) {
	s.text = text
	s.starts = make([]int, 0, strings.Count(text, "\n")+1)
	for i := 0; i < len(text); {
		s.starts = append(s.starts, i)
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
}

// line returns a line's text; lines count from 1.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.starts) {
		return ""
	}
	end := len(s.text)
	if n < len(s.starts) {
		end = s.starts[n]
	}
	return strings.TrimRight(s.text[s.starts[n-1]:end], "\r\n")
}

// lineShown returns a line as its author sees it.
func (s *source) lineShown(n int) string {
	if s.shown != nil {
		return s.shown.line(n)
	}
	return s.line(n)
}

// offset returns the byte offset of a line and column, which counts code points.
func (s *source) offset(line, column int) int {
	if line < 1 || line > len(s.starts) {
		return len(s.text)
	}
	at := s.starts[line-1]
	for ; column > 1 && at < len(s.text) && s.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

// pos is the place of a byte offset.
func (s *source) pos(offset int) Pos {
	offset = max(0, min(offset, len(s.text)))
	line := sort.SearchInts(s.starts, offset+1)
	if line == 0 {
		return Pos{File: s.name, Line: 1, Column: 1}
	}
	return Pos{File: s.name, Line: line, Column: 1 + utf8.RuneCountInString(s.text[s.starts[line-1]:offset])}
}

// scalarPlaces finds, for each code point of a scalar's value, the byte offset
// at which it stands in the file, whatever the style of the scalar: plain,
// quoted, or a block. There is one more place, for the end. What can't be found
// is placed where its neighbour is.
func (s *source) scalarPlaces(n *yaml.Node) []int {
	value := []rune(n.Value)
	places := make([]int, 0, len(value)+1)
	at := s.offset(n.Line, n.Column)
	switch n.Style &^ yaml.TaggedStyle {
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		at++
	case yaml.LiteralStyle, yaml.FoldedStyle:
		if end := strings.IndexByte(s.text[min(at, len(s.text)):], '\n'); end >= 0 {
			at += end + 1 // the header: | or >
		}
	}
	blank := func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }
	next := func() (rune, int) { return utf8.DecodeRuneInString(s.text[min(at, len(s.text)):]) }
	limit := at + 4*len(n.Value) + 4096 // how far a scalar may be spread out by its indentation
	for _, r := range value {
		have, size := next()
		if blank(r) {
			places = append(places, min(at, len(s.text)))
			if blank(have) {
				at += size
			}
			continue
		}
		for (blank(have) || have != r && hidden(have)) && at < limit {
			at += size
			have, size = next()
		}
		places = append(places, min(at, len(s.text)))
		switch {
		case size == 0:
		case n.Style&yaml.DoubleQuotedStyle != 0 && have == '\\':
			at += escaped(s.text[at:])
		case n.Style&yaml.SingleQuotedStyle != 0 && r == '\'' && have == '\'':
			at += 2
		default:
			at += size
		}
	}
	return append(places, min(at, len(s.text)))
}

// escaped returns the length of an escape sequence of a double-quoted scalar.
func escaped(text string) int {
	if len(text) < 2 {
		return len(text)
	}
	length := 2
	switch text[1] {
	case 'x':
		length = 4
	case 'u':
		length = 6
	case 'U':
		length = 10
	}
	return min(length, len(text))
}
