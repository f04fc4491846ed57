package rules

import (
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Where a file is not YAML, one forgotten quote would hide every other mistake.
// So the file is taken apart, into its blocks and these into their entries; what
// can be read by itself is read, and of the rest it is said what is wrong.

// decode reads YAML text into a node, or none if there is nothing in it.
func decode(text string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil //nolint:nilnil // an empty file
		}
		return nil, err
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		return nil, errDocuments
	case !errors.Is(err, io.EOF):
		return nil, err
	case doc.Kind != yaml.DocumentNode || len(doc.Content) != 1:
		return nil, nil //nolint:nilnil // as above
	}
	return doc.Content[0], nil
}

var errDocuments = errors.New("a file holds one YAML document")

// salvage reads what can be read of a file that is not YAML, as maps of one block
// each.
func (l *loader) salvage(src *source, err error) []item {
	lines := strings.Split(strings.ReplaceAll(src.text, "\r\n", "\n"), "\n")
	found := false
	for i, line := range lines {
		if marker(line) && (i > 0 || line[0] == '%') {
			found = true
			l.addAt(src, Pos{src.name, i + 1, 1}, codeSyntax, "leave the line away, or write another file", "a file holds one YAML document, without directives")
			lines[i] = ""
		}
	}
	var starts []int
	for i, line := range lines {
		if line != "" && !strings.ContainsRune(" \t#-]}", rune(line[0])) {
			starts = append(starts, i)
		}
	}
	var out []item
	for n, from := range starts {
		to := len(lines)
		if n+1 < len(starts) {
			to = starts[n+1]
		}
		if l.stop() {
			break
		}
		roots, broken := l.salvageBlock(src, lines, from, to)
		out, found = append(out, roots...), found || broken
	}
	if !found { // each part can be read, but not the whole
		where := fault{line: errorLine(err), message: "the lines do not fit together", hint: generalHint}
		if len(starts) > 0 && starts[0] > 0 {
			for i, line := range lines[:starts[0]] {
				if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
					where = fault{line: i, column: len(line) - len(strings.TrimLeft(line, " \t")), message: "a file of a ruleset begins with a key at the margin, such as ruleset:", hint: "move the line to the left, or give it a key"}
					break
				}
			}
		}
		l.addFault(src, where)
		l.unread[""] = true
	}
	return out
}

// marker reports whether a line begins or ends a document of YAML, or is a directive.
func marker(line string) bool {
	for _, mark := range []string{"---", "..."} {
		if rest, ok := strings.CutPrefix(line, mark); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return strings.HasPrefix(line, "%")
}

// salvageBlock reads the lines of a block, or else those of its entries that can
// be read.
func (l *loader) salvageBlock(src *source, lines []string, from, to int) (out []item, broken bool) {
	root, err := decode(strings.Join(lines[from:to], "\n"))
	if err == nil {
		if root != nil && root.Kind == yaml.MappingNode {
			shift(root, 0, from)
			return []item{{root, src}}, false
		}
		err = errors.New("no map")
	}
	key, rest, _ := strings.Cut(lines[from], ":")
	l.unread[strings.Trim(strings.TrimSpace(key), `"'`)] = true
	children := splitEntries(lines, from+1, to)
	if text := strings.TrimSpace(rest); !isWord(key) || !strings.Contains(lines[from], ":") || text != "" && text[0] != '#' || len(children) == 0 {
		l.addFault(src, explain(lines, from, to, err))
		return nil, true
	}
	whole := true
	for n, start := range children {
		end := to
		if n+1 < len(children) {
			end = children[n+1]
		}
		if l.stop() {
			break
		}
		root, err := decode(lines[from] + "\n" + strings.Join(lines[start:end], "\n"))
		if err == nil && root != nil && root.Kind == yaml.MappingNode {
			shift(root, from, start-1)
			out = append(out, item{root, src})
			continue
		}
		whole = false
		l.addFault(src, explain(lines, start, end, err))
	}
	if whole { // each entry can be read, but not all of them together
		l.addFault(src, explain(lines, from, to, err))
	}
	return out, true
}

// splitEntries returns the first lines of the entries of a block: those that are
// indented as the first is, and begin with a dash if that does.
func splitEntries(lines []string, from, to int) []int {
	var out []int
	margin, dash := "", false
	for i := from; i < to; i++ {
		text := strings.TrimLeft(lines[i], " \t")
		if text == "" || text[0] == '#' {
			continue
		}
		indent := lines[i][:len(lines[i])-len(text)]
		isDash := text == "-" || strings.HasPrefix(text, "- ")
		switch {
		case len(out) == 0:
			margin, dash = indent, isDash
		case indent != margin || dash && !isDash:
			continue
		}
		out = append(out, i)
	}
	return out
}

// shift moves the nodes of the first line by first, and all others by rest.
func shift(n *yaml.Node, first, rest int) {
	if n.Line == 1 {
		n.Line += first
		if first == 0 {
			n.Line += rest
		}
	} else {
		n.Line += rest
	}
	for _, c := range n.Content {
		shift(c, first, rest)
	}
}

func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isNameStart(rune(c)) && !isDigit(rune(c)) && c != '-' && c != '.' {
			return false
		}
	}
	return s != ""
}

// addFault reports what is wrong with the YAML of a file.
func (l *loader) addFault(src *source, f fault) {
	line := max(0, min(f.line, len(src.starts)-1))
	column := f.column
	text := src.line(line + 1)
	column = len([]rune(text[:min(column, len(text))]))
	l.addAt(src, Pos{src.name, line + 1, column + 1}, codeSyntax, f.hint, "%s", f.message)
}
