package lsp

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A reader makes a tree of any text. Of a file that the loader can read it makes
// what the loader makes of it; of any other, something as near to what was meant as
// its indentation tells. It takes time in proportion to the text, save for the
// depth of nesting, which is bounded.
type reader struct {
	text  string
	at    int
	depth int
	open  [2]int // lists and maps in flow style around the place
}

// maxDepth is how deep trees are; what is nested deeper is left out.
const maxDepth = 60

// maxLine is how long a line may be, as for the loader; a file with a longer one
// has no tree.
const maxLine = 10_000

// readTree returns the tree of a text, nil if nothing stands in it.
func readTree(text string) *node {
	for at, last := 0, 0; at <= len(text); at++ {
		if at == len(text) || isBreak(text[at]) {
			if at-last > maxLine {
				return nil
			}
			last = at + 1
		}
	}
	r := &reader{text: text}
	if strings.HasPrefix(text, "\uFEFF") {
		r.at = len("\uFEFF")
	}
	var root *node
	for r.content() {
		before := r.at
		if strings.HasPrefix(text[r.at:], "---") && r.column() == 0 {
			r.skipLine()
			continue
		}
		n := r.block(-1)
		switch {
		case root == nil:
			root = n
		case n != nil && root.kind == mapNode && n.kind == mapNode: // after something that no map can have in between
			root.entries = append(root.entries, n.entries...)
			root.to = n.to
		}
		if r.at == before {
			r.skipLine()
		}
	}
	root.adopt(nil)
	return root
}

// manyEntries is from how many on a map has an index.
const manyEntries = 12

// adopt tells every node what it is in, and indexes large maps.
func (n *node) adopt(parent *node) {
	if n == nil {
		return
	}
	n.parent = parent
	if len(n.entries) > manyEntries {
		n.index = make(map[string]int, len(n.entries))
	}
	for i, e := range n.entries {
		if _, have := n.index[e.key.word()]; n.index != nil && e.key != nil && !have {
			n.index[e.key.word()] = i
		}
		e.key.adopt(n)
		e.value.adopt(n)
	}
	for _, i := range n.items {
		i.adopt(n)
	}
}

func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// second is the byte after the next, 0 beyond the end.
func (r *reader) second() byte {
	if r.at+1 < len(r.text) {
		return r.text[r.at+1]
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
func isBreak(c byte) bool { return c == '\n' || c == '\r' }

// isGap reports whether a byte ends a word: a blank, a line's end, or the text's.
func isGap(c byte) bool { return c == 0 || isBlank(c) || isBreak(c) }

// column is in how many bytes the place stands from the beginning of its line.
func (r *reader) column() int {
	return r.at - 1 - strings.LastIndexAny(r.text[:r.at], "\n\r")
}

func (r *reader) skipLine() {
	for r.at < len(r.text) && !isBreak(r.text[r.at]) {
		r.at++
	}
	if r.at < len(r.text) {
		r.at++
	}
}

func (r *reader) blanks() {
	for isBlank(r.peek()) {
		r.at++
	}
}

// content moves to the next thing that is neither blank nor a comment, and reports
// whether there is one.
func (r *reader) content() bool {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case isBlank(c) || isBreak(c):
			r.at++
		case c == '#' && (r.at == 0 || isGap(r.text[r.at-1])):
			r.skipLine()
		default:
			return true
		}
	}
	return false
}

// lineEnds reports whether nothing but a comment follows on the line.
func (r *reader) lineEnds() bool {
	r.blanks()
	return r.at >= len(r.text) || isBreak(r.text[r.at]) || r.text[r.at] == '#' && r.at > 0 && isGap(r.text[r.at-1])
}

// dash reports whether an item of a list begins here.
func (r *reader) dash() bool { return r.peek() == '-' && isGap(r.second()) }

// block reads what begins here. Its lines are indented by more than parent, which
// is the column of the map or list around it.
func (r *reader) block(parent int) *node {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth {
		r.skipDeeper(parent)
		return nil
	}
	switch c := r.peek(); {
	case r.dash():
		return r.list(r.column(), false)
	case c == '|' || c == '>':
		return r.literal(parent)
	case r.keyEnd() >= 0:
		return r.mapping(r.column())
	case c == '[' || c == '{':
		return r.flow(parent)
	default:
		return r.scalar(parent, false)
	}
}

// skipDeeper passes over all lines that are indented by more than a column.
func (r *reader) skipDeeper(parent int) {
	r.skipLine()
	for r.content() && r.column() > parent {
		r.skipLine()
	}
}

// keyEnd returns the offset of the colon if a key begins here, else -1.
func (r *reader) keyEnd() int {
	i := r.at
	switch c := r.peek(); c {
	case '[', '{', '|', '>', '#', '&', '*':
		return -1
	case '"', '\'':
		for i++; i < len(r.text) && !isBreak(r.text[i]); i++ {
			if r.text[i] == '\\' && c == '"' {
				i++
			} else if r.text[i] == c {
				for i++; i < len(r.text) && isBlank(r.text[i]); i++ {
				}
				if i < len(r.text) && r.text[i] == ':' && (i+1 == len(r.text) || isGap(r.text[i+1])) {
					return i
				}
				return -1
			}
		}
		return -1
	}
	for ; i < len(r.text) && !isBreak(r.text[i]); i++ {
		switch {
		case r.text[i] == ':' && (i+1 == len(r.text) || isGap(r.text[i+1])):
			if i == r.at {
				return -1
			}
			return i
		case r.text[i] == '#' && i > r.at && isBlank(r.text[i-1]):
			return -1
		}
	}
	return -1
}

// mapping reads a block map whose keys stand in a column.
func (r *reader) mapping(column int) *node {
	n := &node{kind: mapNode, from: r.at, to: r.at, column: column}
	for r.content() {
		c := r.column()
		if c < column || c == column && r.dash() {
			break
		}
		before := r.at
		if c > column { // no value can be here: it belongs to the last key, or to nothing
			v := r.block(column)
			if last := len(n.entries) - 1; last >= 0 && n.entries[last].value == nil && n.entries[last].colon {
				n.entries[last].value, n.entries[last].to = v, r.at
			} else if v != nil {
				n.entries = append(n.entries, entry{value: v, to: r.at})
			}
		} else {
			n.entries = append(n.entries, r.blockEntry(column))
		}
		if r.at == before {
			r.skipLine()
		}
		n.to = max(n.to, n.entries[len(n.entries)-1].end())
	}
	return n
}

// end is where the last part of the entry ends.
func (e *entry) end() int {
	switch {
	case e.value != nil:
		return e.value.to
	case e.key != nil:
		return e.to
	}
	return 0
}

func (r *reader) blockEntry(column int) entry {
	colon := r.keyEnd()
	if colon < 0 { // a key that is being written
		key := r.scalar(column, true)
		return entry{key: key, to: key.to}
	}
	key := r.plainOrQuoted(colon)
	r.at = colon + 1
	e := entry{key: key, colon: true, to: r.at}
	if !r.lineEnds() {
		switch c := r.peek(); c {
		case '[', '{':
			e.value = r.flow(column)
			r.rest()
		case '|', '>':
			e.value = r.literal(column)
		default:
			e.value = r.scalar(column, false)
		}
		return e
	}
	if !r.content() {
		return e
	}
	switch c := r.column(); {
	case c > column:
		e.value = r.block(column)
	case c == column && r.dash():
		e.value = r.list(column, true)
	}
	return e
}

// rest passes over what stands behind a value on its line.
func (r *reader) rest() {
	if !r.lineEnds() {
		for r.at < len(r.text) && !isBreak(r.text[r.at]) {
			r.at++
		}
	}
}

// plainOrQuoted reads a key, which ends before its colon.
func (r *reader) plainOrQuoted(colon int) *node {
	if c := r.peek(); c == '"' || c == '\'' {
		return r.quoted(-1)
	}
	end := colon
	for end > r.at && isBlank(r.text[end-1]) {
		end--
	}
	n := &node{kind: scalarNode, from: r.at, to: end, style: plainStyle}
	n.take(r.text, r.at, end)
	n.places = append(n.places, end)
	r.at = end
	return n
}

// take appends a piece of text to the value.
func (n *node) take(text string, from, to int) {
	for i := from; i < to; {
		c, size := utf8.DecodeRuneInString(text[i:to])
		n.value, n.places = append(n.value, c), append(n.places, i)
		i += size
	}
}

// list reads a block list whose dashes stand in a column. Beside is set if that is
// the column of the key it stands under.
func (r *reader) list(column int, beside bool) *node {
	n := &node{kind: listNode, from: r.at, to: r.at, column: column}
	for r.content() {
		c := r.column()
		if c < column || c == column && !r.dash() && (beside || r.keyEnd() >= 0) {
			break
		}
		before := r.at
		if c > column || !r.dash() { // an item without its dash
			n.add(r.block(column - 1))
		} else {
			r.at++
			n.to = r.at
			switch {
			case !r.lineEnds():
				n.add(r.item(column))
			case r.content() && r.column() > column:
				n.add(r.block(column))
			default:
				n.items = append(n.items, nil)
			}
		}
		if r.at == before {
			r.skipLine()
		}
	}
	return n
}

// item reads what stands behind a dash.
func (r *reader) item(column int) *node {
	n := r.block(column)
	if n != nil && n.flow {
		r.rest()
	}
	return n
}

func (n *node) add(item *node) {
	n.items = append(n.items, item)
	if item != nil {
		n.to = max(n.to, item.to)
	}
}

// literal reads a block scalar: | or >. What it joins with blanks or line breaks is
// all the same here.
func (r *reader) literal(parent int) *node {
	n := &node{kind: scalarNode, from: r.at, style: r.peek()}
	r.skipLine()
	n.to = max(n.from+1, r.at-1)
	first := true
	for r.at < len(r.text) {
		start := r.at
		r.blanks()
		if r.at < len(r.text) && !isBreak(r.text[r.at]) && r.column() <= parent {
			r.at = start
			break
		}
		from := r.at
		for r.at < len(r.text) && !isBreak(r.text[r.at]) {
			r.at++
		}
		if r.at > from {
			if !first {
				n.value, n.places = append(n.value, ' '), append(n.places, from)
			}
			first = false
			n.take(r.text, from, r.at)
			n.to = r.at
		}
		if strings.HasPrefix(r.text[r.at:], "\r\n") {
			r.at++
		}
		if r.at < len(r.text) {
			r.at++
		}
	}
	n.places = append(n.places, n.to)
	return n
}

// scalar reads a scalar outside of flow style, which goes on in lines that are
// indented by more than parent, unless oneLine is set.
func (r *reader) scalar(parent int, oneLine bool) *node {
	if c := r.peek(); (c == '"' || c == '\'') && !oneLine {
		n := r.quoted(parent)
		r.rest()
		return n
	}
	n := &node{kind: scalarNode, from: r.at, to: r.at, style: plainStyle}
	for first := true; ; first = false {
		from, end := r.at, r.at
		for r.at < len(r.text) && !isBreak(r.text[r.at]) {
			if r.text[r.at] == '#' && r.at > from && isBlank(r.text[r.at-1]) {
				break
			}
			if !isBlank(r.text[r.at]) {
				end = r.at + 1
			}
			r.at++
		}
		comment := r.peek() == '#'
		if !first {
			n.value, n.places = append(n.value, ' '), append(n.places, n.to)
		}
		n.take(r.text, from, end)
		n.to = end
		if comment {
			r.skipLine()
			break
		}
		next := *r
		if oneLine || !next.content() || next.column() <= parent || next.keyEnd() >= 0 || r.commentBefore(next.at) {
			break
		}
		r.at = next.at
	}
	n.places = append(n.places, n.to)
	return n
}

// commentBefore reports whether a comment stands between here and an offset.
func (r *reader) commentBefore(offset int) bool {
	return strings.Contains(r.text[r.at:offset], "#")
}

// quoted reads a scalar in quotes. One that is not closed ends where a line is
// indented by no more than parent.
func (r *reader) quoted(parent int) *node {
	quote := r.peek()
	n := &node{kind: scalarNode, from: r.at, style: quote}
	r.at++
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == quote && quote == '\'' && r.second() == '\'':
			n.value, n.places = append(n.value, '\''), append(n.places, r.at)
			r.at += 2
		case c == quote:
			n.places = append(n.places, r.at)
			r.at++
			n.to = r.at
			return n
		case c == '\\' && quote == '"':
			r.escape(n)
		case isBreak(c):
			next := *r
			if !next.content() || next.column() <= parent || parent < 0 {
				n.to = r.at
				n.places = append(n.places, n.to)
				return n
			}
			n.value, n.places = append(n.value, ' '), append(n.places, r.at)
			for r.at < len(r.text) && (isBlank(r.text[r.at]) || isBreak(r.text[r.at])) {
				r.at++
			}
		default:
			rune, size := utf8.DecodeRuneInString(r.text[r.at:])
			n.value, n.places = append(n.value, rune), append(n.places, r.at)
			r.at += size
		}
	}
	n.to = len(r.text)
	n.places = append(n.places, n.to)
	return n
}

// escapes are what stands behind a backslash for one character.
var escapes = map[byte]rune{'n': '\n', 't': '\t', 'r': '\r', '0': 0, 'a': 7, 'b': 8, 'e': 27, 'f': 12, 'v': 11, '_': 0xa0, 'N': 0x85}

func (r *reader) escape(n *node) {
	from := r.at
	c := r.second()
	if c == 0 || isBreak(c) { // the line goes on
		r.at++
		for r.at < len(r.text) && (isBlank(r.text[r.at]) || isBreak(r.text[r.at])) {
			r.at++
		}
		return
	}
	value, size := utf8.DecodeRuneInString(r.text[r.at+1:])
	if plain, known := escapes[c]; known {
		value = plain
	}
	r.at += 1 + size
	if digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; digits > 0 && r.at+digits <= len(r.text) {
		if code, err := strconv.ParseUint(r.text[r.at:r.at+digits], 16, 32); err == nil {
			value = rune(code)
			r.at += digits
		}
	}
	n.value, n.places = append(n.value, value), append(n.places, from)
}

// flow reads a map or list in brackets. One that is not closed ends where a line is
// indented by no more than parent.
func (r *reader) flow(parent int) *node {
	r.depth++
	defer func() { r.depth-- }()
	n := &node{kind: listNode, flow: true, from: r.at}
	closes, which := byte(']'), 0
	if r.peek() == '{' {
		n.kind, closes, which = mapNode, '}', 1
	}
	r.at++
	r.open[which]++
	defer func() { r.open[which]-- }()
	for {
		line := r.at
		if !r.content() || strings.ContainsAny(r.text[line:r.at], "\n\r") && r.column() <= parent {
			r.at = line
			break
		}
		before := r.at
		switch c := r.peek(); {
		case c == ',':
			r.at++
		case c == closes:
			r.at++
			n.to = r.at
			return n
		case c == ']' || c == '}':
			if r.open[1-which] > 0 { // it closes what is around this one, which was not closed
				n.to = r.at
				return n
			}
			r.at++
		case n.kind == mapNode:
			n.entries = append(n.entries, r.flowEntry(parent))
		default:
			n.items = append(n.items, r.flowItem(parent))
		}
		if r.at == before {
			r.at++
		}
	}
	n.to = r.at
	for n.to > n.from+1 && (isBlank(r.text[n.to-1]) || isBreak(r.text[n.to-1])) {
		n.to--
	}
	return n
}

// flowEntry reads a key and its value, up to the comma.
func (r *reader) flowEntry(parent int) entry {
	key := r.flowValue(parent)
	e := entry{key: key, to: r.at}
	if key != nil && key.kind != scalarNode {
		e.key, e.value = nil, key
		return e
	}
	r.blanks()
	if r.peek() != ':' {
		r.junk()
		return e
	}
	r.at++
	e.colon, e.to = true, r.at
	line := r.at
	if !r.content() || strings.ContainsAny(r.text[line:r.at], "\n\r") && r.column() <= parent {
		r.at = line
		return e
	}
	if c := r.peek(); c != ',' && c != '}' && c != ']' {
		e.value = r.flowValue(parent)
		r.junk()
	}
	return e
}

// flowItem reads an item of a list; `[a: b]` is one with a map.
func (r *reader) flowItem(parent int) *node {
	from := r.at
	n := r.flowValue(parent)
	r.blanks()
	if n == nil || n.kind != scalarNode || r.peek() != ':' {
		r.junk()
		return n
	}
	r.at++
	e := entry{key: n, colon: true, to: r.at}
	r.blanks()
	if c := r.peek(); c != ',' && c != '}' && c != ']' && !isBreak(c) && c != 0 {
		e.value = r.flowValue(parent)
		r.junk()
	}
	return &node{kind: mapNode, flow: true, from: from, to: max(e.to, e.end()), entries: []entry{e}}
}

// junk passes over what can't stand behind a value in flow style.
func (r *reader) junk() {
	for r.at < len(r.text) && !strings.ContainsRune(",]}\n\r", rune(r.text[r.at])) {
		r.at++
	}
}

// flowValue reads one thing in flow style.
func (r *reader) flowValue(parent int) *node {
	switch c := r.peek(); {
	case c == '[' || c == '{':
		if r.depth >= maxDepth {
			r.at++
			return nil
		}
		return r.flow(parent)
	case c == '"' || c == '\'':
		return r.quoted(max(parent, 0))
	}
	n := &node{kind: scalarNode, from: r.at, to: r.at, style: plainStyle}
	from := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if isBreak(c) || strings.IndexByte(",[]{}", c) >= 0 || c == ':' && (isGap(r.second()) || strings.IndexByte(",[]{}", r.second()) >= 0) ||
			c == '#' && r.at > from && isBlank(r.text[r.at-1]) {
			break
		}
		r.at++
		if !isBlank(c) {
			n.to = r.at
		}
	}
	n.take(r.text, from, n.to)
	n.places = append(n.places, n.to)
	return n
}
