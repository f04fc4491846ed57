package workshop

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A comment is one of a file, with its #.
type comment struct {
	text   string
	blank  bool // an empty line stands before it
	column int  // from 0
	own    bool // it stands on a line of its own
}

// An entry is one of a map or a list in block style, with the comments around it.
type entry struct {
	heads []comment // above it
	line  string    // on its first line, or after its value
	blank bool      // an empty line stands above it, below its heads
	key   *part     // nil in a list
	value *part
	// column is that of the key or the dash, from 0.
	column int
}

// A part is a node of the file with its place: a block, which has entries, or a
// leaf, whose text is taken as a whole.
type part struct {
	node       *yaml.Node
	block      bool
	entries    []*entry
	feet       []comment // at the end of the block
	start, end int       // of a leaf
	broken     bool      // it goes over several lines
	comments   int       // within it, of flow
}

// A scanner walks over the text of a file along its tree, so that what the tree
// leaves out, which is comments and empty lines, is found where it stands.
type scanner struct {
	text     string
	starts   []int // of lines
	at       int
	pending  []comment             // found and not yet given to an entry
	comments []string              // all of the file
	places   []int                 // of the comments
	spans    map[*yaml.Node][2]int // of scalars in flow style
}

type lost struct{ line int }

func (e *lost) Error() string {
	return fmt.Sprintf("line %d can't be laid out; write it more plainly", e.line)
}

func newScanner(text string) *scanner {
	s := &scanner{text: text, starts: []int{0}, spans: map[*yaml.Node][2]int{}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// fail gives up: the text is not what the tree says. It is recovered by [layOut].
func (s *scanner) fail() { panic(&lost{1 + strings.Count(s.text[:min(s.at, len(s.text))], "\n")}) }

// offset returns where a line and column are; columns count code points.
func (s *scanner) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(s.starts) {
		return len(s.text)
	}
	at := s.starts[n.Line-1]
	for column := n.Column; column > 1 && at < len(s.text) && s.text[at] != '\n'; column-- {
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

func (s *scanner) lineStart(at int) int { return strings.LastIndexByte(s.text[:at], '\n') + 1 }

func (s *scanner) column(at int) int { return utf8.RuneCountInString(s.text[s.lineStart(at):at]) }

// blankAbove reports whether the line above that of a place is empty, and not the
// top of the file.
func (s *scanner) blankAbove(at int) bool {
	start := s.lineStart(at)
	if start == 0 {
		return false
	}
	return strings.TrimSpace(s.text[s.lineStart(start-1):start-1]) == ""
}

// skip goes over spaces, ends of lines and comments, which it keeps.
func (s *scanner) skip() {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == ' ' || c == '\t' || c == '\n':
			s.at++
		case c == '#' && (s.at == 0 || strings.IndexByte(" \t\n", s.text[s.at-1]) >= 0):
			end := strings.IndexByte(s.text[s.at:], '\n')
			if end < 0 {
				end = len(s.text) - s.at
			}
			text := strings.TrimRight(s.text[s.at:s.at+end], " \t")
			c := comment{text: text, column: s.column(s.at), blank: s.blankAbove(s.at)}
			c.own = strings.TrimSpace(s.text[s.lineStart(s.at):s.at]) == ""
			s.pending = append(s.pending, c)
			s.comments = append(s.comments, text)
			s.places = append(s.places, s.at)
			s.at += end
		default:
			return
		}
	}
}

func (s *scanner) expect(c byte) {
	if s.at >= len(s.text) || s.text[s.at] != c {
		s.fail()
	}
	s.at++
}

// peek is the next byte; 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// value reads what stands after a key or a dash. e is the entry it belongs to.
func (s *scanner) value(n *yaml.Node, e *entry) *part {
	if n.Kind != yaml.ScalarNode && !isFlow(n) {
		s.afterSign(e)
		return s.block(n)
	}
	p := &part{node: n}
	if empty(n) {
		p.start, p.end = s.at, s.at
		s.afterSign(e)
		return p
	}
	s.skip()
	for _, c := range s.take() { // between the key and its value
		if c.own {
			e.heads = append(e.heads, c)
		} else {
			s.lineComment(e, c)
		}
	}
	p.start = s.at
	s.leaf(n, p, e)
	p.end = s.at
	p.broken = strings.ContainsRune(s.text[p.start:p.end], '\n')
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		s.afterSign(e)
	}
	return p
}

// afterSign keeps the comment on the rest of the line for the entry.
func (s *scanner) afterSign(e *entry) {
	at := s.at
	for at < len(s.text) && (s.text[at] == ' ' || s.text[at] == '\t') {
		at++
	}
	if at >= len(s.text) || s.text[at] != '#' || at == s.at {
		return
	}
	had := len(s.pending)
	end := strings.IndexByte(s.text[at:], '\n')
	if end < 0 {
		end = len(s.text) - at
	}
	rest := s.text
	s.text = s.text[:at+end]
	s.skip()
	s.text = rest
	for _, c := range s.pending[had:] {
		s.lineComment(e, c)
	}
	s.pending = s.pending[:had]
}

func (s *scanner) lineComment(e *entry, c comment) {
	if e.line != "" {
		e.heads = append(e.heads, comment{text: e.line})
	}
	e.line = c.text
}

func (s *scanner) take() []comment {
	out := s.pending
	s.pending = nil
	return out
}

// empty reports whether a node has no text at all.
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// block reads a map or list in block style.
func (s *scanner) block(n *yaml.Node) *part {
	p := &part{node: n, block: true}
	step := 2
	if n.Kind == yaml.SequenceNode {
		step = 1
	}
	column := -1
	for i := 0; i < len(n.Content); i += step {
		s.skip()
		if column < 0 {
			column = s.column(s.at)
		}
		e := &entry{heads: s.take(), column: s.column(s.at)}
		e.blank = s.blankAbove(s.at) && strings.TrimSpace(s.text[s.lineStart(s.at):s.at]) == ""
		if step == 1 {
			s.expect('-')
			e.value = s.value(n.Content[i], e)
		} else {
			k := n.Content[i]
			e.key = &part{node: k, start: s.at}
			if s.offset(k) != s.at && !empty(k) {
				s.fail()
			}
			s.leaf(k, e.key, e)
			e.key.end = s.at
			for s.peek() == ' ' || s.peek() == '\t' {
				s.at++
			}
			s.expect(':')
			e.value = s.value(n.Content[i+1], e)
		}
		p.entries = append(p.entries, e)
	}
	s.skip()
	next := -1
	if s.at < len(s.text) {
		next = s.column(s.at)
	}
	for len(s.pending) > 0 && s.pending[0].column >= column && s.pending[0].column > next {
		p.feet = append(p.feet, s.pending[0])
		s.pending = s.pending[1:]
	}
	return p
}

// leaf goes over the text of a scalar or of a collection in flow style.
func (s *scanner) leaf(n *yaml.Node, p *part, e *entry) {
	if n.Kind != yaml.ScalarNode {
		had := len(s.comments)
		s.flow(n)
		s.pending = nil
		p.comments = len(s.comments) - had
		return
	}
	switch {
	case empty(n):
	case n.Style&yaml.DoubleQuotedStyle != 0:
		s.expect('"')
		for s.peek() != '"' {
			if s.peek() == '\\' {
				s.at++
			}
			if s.at >= len(s.text) {
				s.fail()
			}
			s.at++
		}
		s.at++
	case n.Style&yaml.SingleQuotedStyle != 0:
		s.expect('\'')
		for {
			if s.at >= len(s.text) {
				s.fail()
			}
			if s.text[s.at] == '\'' {
				if s.at+1 < len(s.text) && s.text[s.at+1] == '\'' {
					s.at += 2
					continue
				}
				s.at++
				break
			}
			s.at++
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.blockScalar(e)
	default:
		for _, c := range n.Value { // a line break may be one of the spaces
			if c == ' ' || c == '\t' || c == '\n' {
				continue
			}
			for strings.IndexByte(" \t\n", s.peek()) >= 0 && s.at < len(s.text) {
				s.at++
			}
			have, size := utf8.DecodeRuneInString(s.text[min(s.at, len(s.text)):])
			if have != c || size == 0 {
				s.fail()
			}
			s.at += size
		}
	}
}

// blockScalar goes over a text of several lines that begins with | or >.
func (s *scanner) blockScalar(e *entry) {
	depth := -1
	for strings.IndexByte("|>+-123456789", s.peek()) >= 0 && s.at < len(s.text) {
		if c := s.peek(); c >= '1' && c <= '9' {
			depth = max(0, e.column) + int(c-'0')
		}
		s.at++
	}
	s.afterSign(e)
	for s.peek() == ' ' || s.peek() == '\t' {
		s.at++
	}
	if s.at < len(s.text) {
		s.expect('\n')
	}
	end := s.at
	for s.at < len(s.text) {
		stop := strings.IndexByte(s.text[s.at:], '\n')
		if stop < 0 {
			stop = len(s.text) - s.at
		}
		line := s.text[s.at : s.at+stop]
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if strings.Trim(line, " ") != "" {
			if depth < 0 {
				if indent <= e.column {
					break
				}
				depth = indent
			}
			if indent < depth {
				break
			}
			end = s.at + stop
		}
		s.at = min(s.at+stop+1, len(s.text))
	}
	s.at = end
}

// flow goes over a collection in flow style.
func (s *scanner) flow(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		s.skip()
		from := s.at
		s.leaf(n, &part{}, nil)
		s.spans[n] = [2]int{from, s.at}
		return
	}
	s.skip()
	closing := byte(']')
	if n.Kind == yaml.MappingNode {
		closing = '}'
		if s.peek() != '{' { // a pair in a list
			s.pair(n.Content[0], n.Content[1])
			return
		}
		s.expect('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.pair(n.Content[i], n.Content[i+1])
			s.comma(closing)
		}
	} else {
		s.expect('[')
		for _, c := range n.Content {
			s.flow(c)
			s.comma(closing)
		}
	}
	s.skip()
	s.expect(closing)
}

func (s *scanner) pair(k, v *yaml.Node) {
	s.flow(k)
	s.skip()
	if s.peek() == ':' {
		s.at++
		s.flow(v)
	} else if !empty(v) {
		s.fail()
	}
}

func (s *scanner) comma(closing byte) {
	s.skip()
	if s.peek() != closing {
		s.expect(',')
	}
}
