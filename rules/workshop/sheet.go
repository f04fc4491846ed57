package workshop

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/rules"
)

// A File is one of a ruleset.
type File struct {
	// Path is how the file is called in findings. Its last part is the name by which
	// the ruleset's own places call it.
	Path string
	Text []byte
}

func (f *File) name() string { return f.Path[strings.LastIndexByte(f.Path, '/')+1:] }

// A sheet is a file that was read, to look at.
type sheet struct {
	path, name string
	text       string
	lines      []string
	scan       *scanner
	root       *yaml.Node
	allowed    []*allowance
	unheeded   []*allowance // those above mostAllowances
}

func newSheet(f File) (*sheet, bool) {
	text := string(f.Text)
	root, err := parse(text)
	if err != nil || root == nil {
		return nil, false
	}
	s := &sheet{path: f.Path, name: f.name(), text: text, lines: strings.Split(text, "\n"), root: root, scan: newScanner(text)}
	s.readComments()
	return s, true
}

// mostAllowances is how many allowances of a file are heeded, so that a hostile one
// costs little.
const mostAllowances = 500

// readComments finds the comments; a file that can't be walked over has none.
func (s *sheet) readComments() {
	defer func() {
		if recover() != nil {
			s.scan.comments, s.scan.places = nil, nil
		}
	}()
	s.scan.skip()
	if s.root.Kind == yaml.MappingNode && !isFlow(s.root) {
		s.scan.block(s.root)
	}
	s.scan.skip()
	for i, text := range s.scan.comments {
		line, column := s.place(s.scan.places[i])
		if a, isOne := readAllowance(text); isOne {
			a.line, a.column = line, column
			if len(s.allowed) == mostAllowances {
				s.unheeded = append(s.unheeded, a)
				continue
			}
			s.reach(a)
			s.allowed = append(s.allowed, a)
		}
	}
}

// place is the line and column of a byte offset.
func (s *sheet) place(at int) (line, column int) {
	at = min(at, len(s.text))
	return 1 + strings.Count(s.text[:at], "\n"), 1 + s.scan.column(at)
}

func (s *sheet) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimRight(s.lines[n-1], "\r")
}

// within is the place of a code point of a scalar of one line, or of its beginning.
func (s *sheet) within(n *yaml.Node, at int) (line, column int) {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Line, n.Column
	}
	column = n.Column
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		column++
	}
	if column+at > utf8.RuneCountInString(s.line(n.Line)) {
		return n.Line, n.Column // it goes over several lines
	}
	return n.Line, column + at
}

// An allowance is a comment that silences findings: # lint: allow W007 because ...
type allowance struct {
	codes        []string
	reason       string
	line, column int
	from, to     int // lines that it reaches
	used         map[string]bool
}

var allowing = regexp.MustCompile(`^#\s*lint:\s*allow\b\s*(.*)$`)

func readAllowance(comment string) (*allowance, bool) {
	m := allowing.FindStringSubmatch(comment)
	if m == nil {
		return nil, false
	}
	codes, reason, _ := strings.Cut(" "+m[1]+" ", " because ")
	a := &allowance{reason: strings.TrimSpace(reason), used: map[string]bool{}}
	a.codes = strings.FieldsFunc(codes, func(c rune) bool { return c == ' ' || c == ',' })
	return a, true
}

// reach settles which lines an allowance reaches: its own, if something else
// stands there; otherwise the entry below it, or the file if it stands at the top
// with an empty line below.
func (s *sheet) reach(a *allowance) {
	a.from, a.to = a.line, a.line
	begin := a.line
	if own := strings.HasPrefix(strings.TrimSpace(s.line(a.line)), "#"); own {
		top := true
		for n := 1; n < a.line; n++ {
			top = top && strings.HasPrefix(strings.TrimSpace(s.line(n)), "#")
		}
		for begin++; strings.HasPrefix(strings.TrimSpace(s.line(begin)), "#"); begin++ {
		}
		if top && strings.TrimSpace(s.line(begin)) == "" {
			a.to = len(s.lines)
			return
		}
		for ; begin <= len(s.lines) && (strings.TrimSpace(s.line(begin)) == "" || strings.HasPrefix(strings.TrimSpace(s.line(begin)), "#")); begin++ {
		}
	}
	indent := len(s.line(begin)) - len(strings.TrimLeft(s.line(begin), " "))
	for a.to = begin; a.to < len(s.lines); a.to++ {
		next := s.line(a.to + 1)
		if trimmed := strings.TrimLeft(next, " "); trimmed != "" && len(next)-len(trimmed) <= indent {
			return
		}
	}
}

// A visit is a node met on the way through a file.
type visit struct {
	node *yaml.Node
	typ  rules.Type
	key  string // under which it stands
	// within are the shapes around it, the outermost first.
	within []string
	// item is the node of the innermost shape around it.
	item *yaml.Node
}

// walk visits every node of a file with what it is.
func (s *sheet) walk(do func(visit)) {
	s.step(visit{node: s.root, typ: shapeType("file")}, do)
}

func (s *sheet) step(v visit, do func(visit)) {
	do(v)
	if v.typ.Kind == rules.ShapeType {
		v.within = append(v.within[:len(v.within):len(v.within)], v.typ.Shape)
		v.item = v.node
	}
	switch v.node.Kind { //nolint:exhaustive // the others hold nothing
	case yaml.MappingNode:
		for i := 0; i+1 < len(v.node.Content); i += 2 {
			k, n := v.node.Content[i], v.node.Content[i+1]
			s.step(visit{node: n, typ: typeAt(v.typ, n, k.Value), key: k.Value, within: v.within, item: v.item}, do)
		}
	case yaml.SequenceNode:
		for _, n := range v.node.Content {
			s.step(visit{node: n, typ: typeAt(v.typ, n, ""), key: v.key, within: v.within, item: v.item}, do)
		}
	}
}

// get returns what stands under a key of a map; nil if nothing does.
func get(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}
