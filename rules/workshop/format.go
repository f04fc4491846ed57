package workshop

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/rules"
)

// The bounds within which a file is laid out, as those within which it is read.
const (
	maxDepth = 40
	maxLine  = 10_000 // characters
	maxFlow  = 1000
)

// Format lays out a file of a ruleset. The layout is one for all: two columns for
// each depth, lists under their key, the keys of a rule, a table or a case in the
// order in which they are documented, one space around signs and after commas, at
// most one empty line between entries and one before each block, and quotes only
// where they are needed. Comments stay with what they stand at, lines that the
// author broke stay broken, and flow stays flow.
//
// What the file says is the same afterwards, and a formatted file stays as it is.
// If a file can't be laid out without losing something, or is not YAML, there is
// an error, and no text.
func Format(file []byte) ([]byte, error) {
	src, err := plainText(file)
	if err != nil {
		return nil, err
	}
	tree, err := parse(src)
	if err != nil {
		return nil, err
	}
	out, comments, err := layOut(src, tree)
	if err != nil {
		return nil, err
	}
	again, err := parse(out)
	if err != nil {
		return nil, fmt.Errorf("the file can't be laid out: what came of it can't be read: %w", err)
	}
	if what := differs(tree, again); what != "" {
		return nil, fmt.Errorf("the file can't be laid out without changing what it says: %s", what)
	}
	second, kept, err := layOut(out, again)
	if err != nil {
		return nil, fmt.Errorf("the file can't be laid out: %w", err)
	}
	slices.Sort(comments)
	slices.Sort(kept)
	switch {
	case !slices.Equal(comments, kept):
		return nil, fmt.Errorf("the file can't be laid out without losing a comment")
	case second != out:
		return nil, fmt.Errorf("the file can't be laid out once and for all; %s", firstDifference(out, second))
	}
	return []byte(out), nil
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("line %d would change again", i+1)
		}
	}
	return "it would grow"
}

// plainText refuses what would make lines mean different things to different
// readers, and lets lines end in one way.
func plainText(file []byte) (string, error) {
	if len(file) > rules.MaxBundle {
		return "", fmt.Errorf("the file has more than %d KiB", rules.MaxBundle>>10)
	}
	if !utf8.Valid(file) {
		return "", fmt.Errorf("the file is not UTF-8")
	}
	text := string(bytes.TrimPrefix(file, []byte("\ufeff")))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for i, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > maxLine {
			return "", fmt.Errorf("line %d has more than %d characters; break it", i+1, maxLine)
		}
		for _, c := range line {
			if c == '\r' || c == '\u0085' || c == '\u2028' || c == '\u2029' || c == 0 || c == '\ufeff' {
				return "", fmt.Errorf("line %d holds the character %U, which readers take differently", i+1, c)
			}
		}
	}
	if first, rest, found := strings.Cut(text, "\n"); found && strings.TrimRight(first, " ") == "---" {
		text = "\n" + rest
	}
	return text, nil
}

// parse reads a file as one document of what rulesets may hold; nil if it is empty.
func parse(text string) (*yaml.Node, error) {
	depth := 0
	for i, c := range []byte(text) { // as a parser would suffer from it
		switch c {
		case '[', '{':
			if depth++; depth > maxFlow {
				return nil, fmt.Errorf("line %d: brackets are nested too deeply", 1+strings.Count(text[:i], "\n"))
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&doc); err != nil {
		if err.Error() == "EOF" {
			return nil, nil
		}
		return nil, fmt.Errorf("this is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); err == nil || err.Error() != "EOF" {
		return nil, fmt.Errorf("a file holds one YAML document")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, nil
	}
	root := doc.Content[0]
	return root, simple(root, 0)
}

// simple refuses what rulesets may not hold.
func simple(n *yaml.Node, depth int) error {
	switch {
	case depth > maxDepth:
		return fmt.Errorf("line %d: maps and lists are nested too deeply", n.Line)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d: rulesets have no anchors and aliases; write it out", n.Line)
	case n.Style&yaml.TaggedStyle != 0:
		return fmt.Errorf("line %d: rulesets have no tags; leave %s out", n.Line, n.Tag)
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key is a text", k.Line)
			}
			if seen[k.Value] {
				return fmt.Errorf("line %d: the key %q is given twice", k.Line, k.Value)
			}
			seen[k.Value] = true
		}
	}
	for _, c := range n.Content {
		if err := simple(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// differs says where two trees say different things; "" if nowhere. The order of
// keys is none, and expressions may differ in their spaces.
func differs(a, b *yaml.Node) string {
	switch {
	case a == nil || b == nil:
		if a != b {
			return "there would be nothing, or something, where there was not"
		}
		return ""
	case a.Kind != b.Kind || len(a.Content) != len(b.Content):
		return fmt.Sprintf("line %d would be of another kind", a.Line)
	case a.Kind == yaml.ScalarNode && (a.Tag != b.Tag || a.Value != b.Value && !sameExpression(a.Value, b.Value)):
		return fmt.Sprintf("line %d would hold another text", a.Line)
	case a.Kind == yaml.MappingNode:
		at := map[string]*yaml.Node{}
		for i := 0; i+1 < len(b.Content); i += 2 {
			at[b.Content[i].Tag+b.Content[i].Value] = b.Content[i+1]
		}
		for i := 0; i+1 < len(a.Content); i += 2 {
			v, found := at[a.Content[i].Tag+a.Content[i].Value]
			if !found {
				return fmt.Sprintf("the key of line %d would be another", a.Content[i].Line)
			}
			if what := differs(a.Content[i+1], v); what != "" {
				return what
			}
		}
		return ""
	}
	for i := range a.Content {
		if what := differs(a.Content[i], b.Content[i]); what != "" {
			return what
		}
	}
	return ""
}
