package lsp

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// An encoding is the unit in which the client counts the characters of a line.
type encoding string

// The encodings of positions. UTF-16 is what holds unless client and server agree
// on another.
const (
	utf16Units encoding = "utf-16"
	utf8Units  encoding = "utf-8"
	utf32Units encoding = "utf-32"
)

// units is how many of them a code point takes that has size bytes.
func (e encoding) units(r rune, size int) int {
	switch {
	case e == utf8Units:
		return size
	case e == utf16Units && r >= 0x10000:
		return 2
	default:
		return 1
	}
}

// A text is what a file says, divided into lines. Lines end in \n, \r\n or \r, as
// the protocol has it. It is immutable.
type text struct {
	all    string
	starts []int // byte offset of each line; never empty
}

func newText(all string) *text {
	t := &text{all: all, starts: []int{0}}
	for i := 0; i < len(all); i++ {
		if all[i] == '\n' || all[i] == '\r' && (i+1 == len(all) || all[i+1] != '\n') {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// line returns the byte offsets at which a line begins and ends, without what ends it.
func (t *text) line(n int) (from, to int) {
	from, to = t.starts[n], len(t.all)
	if n+1 < len(t.starts) {
		to = t.starts[n+1]
	}
	for to > from && (t.all[to-1] == '\n' || t.all[to-1] == '\r') {
		to--
	}
	return from, to
}

// lineOf returns the number of the line in which a byte offset is.
func (t *text) lineOf(offset int) int { return sort.SearchInts(t.starts, offset+1) - 1 }

// offset returns the byte offset of a position. One beyond the end of a line is
// its end, one beyond the last line the end of the text, and one inside a
// character its beginning.
func (t *text) offset(p position, enc encoding) int {
	if p.Line < 0 {
		return 0
	}
	if p.Line >= len(t.starts) {
		return len(t.all)
	}
	at, end := t.line(p.Line)
	for left := p.Character; at < end && left > 0; {
		r, size := utf8.DecodeRuneInString(t.all[at:end])
		if left -= enc.units(r, size); left < 0 {
			break
		}
		at += size
	}
	return at
}

// position returns the position of a byte offset.
func (t *text) position(offset int, enc encoding) position {
	offset = max(0, min(offset, len(t.all)))
	n := t.lineOf(offset)
	from, to := t.line(n)
	p := position{Line: n}
	for at := from; at < min(offset, to); {
		r, size := utf8.DecodeRuneInString(t.all[at:to])
		at += size
		p.Character += enc.units(r, size)
	}
	return p
}

func (t *text) span(from, to int, enc encoding) span {
	return span{t.position(from, enc), t.position(max(from, to), enc)}
}

// place returns the byte offset of a line and column as package rules counts them:
// from 1, in code points, and lines ending in \n alone.
func (t *text) place(line, column int) int {
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(t.all[at:], '\n')
		if n < 0 {
			return len(t.all)
		}
		at += n + 1
	}
	for ; column > 1 && at < len(t.all) && t.all[at] != '\n' && t.all[at] != '\r'; column-- {
		_, size := utf8.DecodeRuneInString(t.all[at:])
		at += size
	}
	return at
}

// change returns the text after one change of the editor: of a range, or of all.
func (t *text) change(c contentChange, enc encoding) *text {
	if c.Range == nil {
		return newText(c.Text)
	}
	from, to := t.offset(c.Range.Start, enc), t.offset(c.Range.End, enc)
	if to < from {
		from, to = to, from
	}
	return newText(t.all[:from] + c.Text + t.all[to:])
}
