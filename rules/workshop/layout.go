package workshop

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/rules"
)

// layOut writes a tree as files are laid out, and lists the comments that it found.
func layOut(text string, root *yaml.Node) (out string, comments []string, err error) {
	s := newScanner(text)
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *lost:
			err = p
		case error:
			err = fmt.Errorf("the file can't be laid out: %w", p)
		default:
			err = errors.New("the file can't be laid out")
		}
	}()
	w := &writer{s: s, plain: map[string]bool{}}
	s.skip()
	if root == nil {
		w.comments(s.take(), 0, true)
	} else {
		w.file(root)
	}
	s.skip()
	if s.at < len(s.text) {
		s.fail()
	}
	w.comments(s.take(), 0, len(w.lines) == 0) // below what has no block to belong to
	return w.String(), s.comments, nil
}

// A writer writes lines.
type writer struct {
	s     *scanner
	lines []string
	plain map[string]bool // texts that may stand without quotes
}

func (w *writer) String() string {
	if len(w.lines) == 0 {
		return ""
	}
	return strings.Join(w.lines, "\n") + "\n"
}

func (w *writer) add(line string) { w.lines = append(w.lines, strings.TrimRight(line, " ")) }

// comments writes comments; first says that nothing stands above them.
func (w *writer) comments(list []comment, indent int, first bool) {
	for i, c := range list {
		if c.blank && (i > 0 || !first) {
			w.add("")
		}
		w.add(pad(indent) + c.text)
	}
}

func pad(n int) string { return strings.Repeat(" ", n) }

// file writes the whole file. What stands above its first entry stays at its top.
func (w *writer) file(root *yaml.Node) {
	if root.Kind == yaml.ScalarNode || isFlow(root) {
		top := w.s.take()
		e := &entry{column: -1}
		p := w.s.value(root, e)
		if len(e.heads) > 0 || e.line != "" {
			w.s.fail()
		}
		w.comments(top, 0, true)
		first, more := w.leaf(p, e, -2, shapeType("file"))
		w.add(first)
		w.lines = append(w.lines, more...)
		return
	}
	top := w.s.take()
	p := w.s.block(root)
	below := len(top) > 0
	w.comments(top, 0, true)
	t := anyType
	if root.Kind == yaml.MappingNode {
		t = shapeType("file")
	}
	for i, e := range ordered(p, t) {
		if i > 0 && e.value.block && e.key != nil {
			if len(e.heads) > 0 {
				e.heads[0].blank = true
			} else {
				e.blank = true
			}
		}
		w.entry(e, 0, t, i == 0 && !below)
	}
	w.comments(p.feet, 0, false)
}

// block writes the entries of a block.
func (w *writer) block(p *part, indent int, t rules.Type) {
	for i, e := range ordered(p, t) {
		w.entry(e, indent, t, i == 0)
	}
	w.comments(p.feet, indent, false)
}

// ordered puts the keys of a shape into the order in which they are written.
func ordered(p *part, t rules.Type) []*entry {
	if p.node.Kind != yaml.MappingNode {
		return p.entries
	}
	order := orderOf(t, p.node)
	out := slices.Clone(p.entries)
	if order == nil {
		return out
	}
	slices.SortStableFunc(out, func(a, b *entry) int { return order(a.key.node.Value) - order(b.key.node.Value) })
	return out
}

// hoisted takes the comments that would stand between a dash and the first entry
// of the block after it.
func hoisted(p *part, t rules.Type) []comment {
	first := ordered(p, t)[0]
	out := first.heads
	first.heads, first.blank = nil, false
	if p.node.Kind == yaml.SequenceNode && first.value.block {
		if first.line != "" {
			out = append(out, comment{text: first.line})
			first.line = ""
		}
		out = append(out, hoisted(first.value, typeAt(t, first.value.node, ""))...)
	}
	return out
}

// entry writes one entry of a block; first says that nothing of the block stands above.
func (w *writer) entry(e *entry, indent int, t rules.Type, first bool) {
	name := ""
	if e.key != nil {
		name = e.key.node.Value
	}
	inner := typeAt(t, e.value.node, name)
	if e.key == nil && e.value.block {
		if e.line != "" {
			e.heads = append(e.heads, comment{text: e.line})
			e.line = ""
		}
		e.heads = append(e.heads, hoisted(e.value, inner)...)
	}
	w.comments(e.heads, indent, first)
	if e.blank && (!first || len(e.heads) > 0) {
		w.add("")
	}
	lead := pad(indent) + "-"
	if e.key != nil {
		lead = pad(indent) + w.scalar(e.key.node, w.s.text[e.key.start:e.key.end], anyType, false) + ":"
	}
	if !e.value.block {
		line, more := w.leaf(e.value, e, indent, inner)
		if line != "" {
			lead += " " + line
		}
		if e.line != "" && len(more) == 0 {
			lead += " " + e.line
		}
		w.add(lead)
		if e.line != "" && len(more) > 0 {
			more[len(more)-1] += " " + e.line
		}
		w.lines = append(w.lines, more...)
		return
	}
	if e.key == nil {
		at := len(w.lines)
		w.block(e.value, indent+2, inner)
		w.lines[at] = lead + " " + strings.TrimLeft(w.lines[at], " ")
		return
	}
	if e.line != "" {
		lead += " " + e.line
	}
	w.add(lead)
	w.block(e.value, indent+2, inner)
}

// leaf returns the lines of a leaf; the first stands after its key.
func (w *writer) leaf(p *part, e *entry, indent int, t rules.Type) (first string, more []string) {
	raw := w.s.text[p.start:p.end]
	n := p.node
	switch {
	case empty(n):
		return "", nil
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return w.blockScalar(raw, e, indent)
	case !p.broken && n.Kind == yaml.ScalarNode:
		return w.scalar(n, raw, t, false), nil
	case !p.broken:
		return w.flow(n, t), nil
	}
	lines := strings.Split(raw, "\n")
	for _, line := range lines[1:] {
		depth := indent + 2
		if n.Kind != yaml.ScalarNode {
			depth = max(indent, indent+len(line)-len(strings.TrimLeft(line, " "))-e.column)
		}
		line = strings.Trim(line, " \t")
		if line != "" {
			line = pad(max(0, depth)) + line
		}
		more = append(more, line)
	}
	return strings.TrimRight(lines[0], " \t"), more
}

// blockScalar writes a text of several lines, two columns under its entry.
func (w *writer) blockScalar(raw string, e *entry, indent int) (first string, more []string) {
	lines := strings.Split(raw, "\n")
	head, _, _ := strings.Cut(lines[0], " ")
	depth := -1
	if i := strings.IndexAny(head, "123456789"); i >= 0 {
		depth = max(0, e.column) + int(head[i]-'0')
		head = head[:i] + "2" + head[i+1:]
	}
	for _, line := range lines[1:] {
		if depth < 0 && strings.Trim(line, " ") != "" {
			depth = len(line) - len(strings.TrimLeft(line, " "))
		}
		switch {
		case depth < 0 || len(line) <= depth:
			more = append(more, "")
		default:
			more = append(more, pad(indent+2)+line[depth:])
		}
	}
	if e.line != "" {
		head += " " + e.line
		e.line = ""
	}
	return head, more
}

// flow writes a collection in flow style in one line.
func (w *writer) flow(n *yaml.Node, t rules.Type) string {
	switch {
	case empty(n):
		return ""
	case n.Kind == yaml.ScalarNode:
		span := w.s.spans[n]
		return w.scalar(n, w.s.text[span[0]:span[1]], t, true)
	case n.Kind == yaml.SequenceNode:
		var items []string
		for _, c := range n.Content {
			items = append(items, w.flow(c, typeAt(t, c, "")))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	type pair struct{ key, text string }
	var pairs []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		text := w.flow(k, anyType)
		if !empty(v) {
			text += ": " + w.flow(v, typeAt(t, v, k.Value))
		}
		pairs = append(pairs, pair{k.Value, text})
	}
	if order := orderOf(t, n); order != nil {
		slices.SortStableFunc(pairs, func(a, b pair) int { return order(a.key) - order(b.key) })
	}
	var items []string
	for _, p := range pairs {
		items = append(items, p.text)
	}
	return "{" + strings.Join(items, ", ") + "}"
}

// scalar writes a scalar of one line: without quotes if it can do without, and an
// expression with its spaces in order.
func (w *writer) scalar(n *yaml.Node, raw string, t rules.Type, flow bool) string {
	value := n.Value
	if isExpression(t, value) && n.Tag == "!!str" {
		value = spaced(value)
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch {
	case n.Tag != "!!str" || strings.ContainsFunc(value, unicode.IsControl):
		return raw
	case !quoted && value == n.Value:
		return raw
	case w.needsNoQuotes(value, flow):
		return value
	case value == n.Value:
		return raw
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	case !strings.ContainsAny(value, `"\`):
		return `"` + value + `"`
	}
	return raw
}

// needsNoQuotes reports whether a text is the same without quotes, for every reader
// and at a glance: what looks like a number, a date or a truth keeps them.
func (w *writer) needsNoQuotes(v string, flow bool) bool {
	at := v
	if flow {
		at = "," + v
	}
	if known, found := w.plain[at]; found {
		return known
	}
	ok := plainly(v, flow)
	w.plain[at] = ok
	return ok
}

var truths = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}

func plainly(v string, flow bool) bool {
	if v == "" || v != strings.TrimSpace(v) || len(v) > 1 && v[0] == '=' && v[1] == '=' || v == "=" {
		return false
	}
	first := []rune(v)[0]
	if !unicode.IsLetter(first) && !strings.ContainsRune("=(_/", first) {
		return false
	}
	if strings.Contains(v, ": ") || strings.Contains(v, " #") || strings.HasSuffix(v, ":") || strings.ContainsAny(v, "\t\n") {
		return false
	}
	if flow && (strings.ContainsAny(v, ",[]{}") || strings.Contains(v, ":")) || slices.Contains(truths, strings.ToLower(v)) {
		return false
	}
	text := "- " + v
	if flow {
		text = "- [" + v + "]"
	}
	var n yaml.Node
	if yaml.Unmarshal([]byte(text), &n) != nil || len(n.Content) != 1 || len(n.Content[0].Content) != 1 {
		return false
	}
	item := n.Content[0].Content[0]
	if flow {
		if len(item.Content) != 1 {
			return false
		}
		item = item.Content[0]
	}
	return item.Kind == yaml.ScalarNode && item.Tag == "!!str" && item.Value == v
}
