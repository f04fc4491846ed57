package rules

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
)

// An item is a node of a file.
type item struct {
	*yaml.Node
	src *source
}

func (n item) pos() Pos {
	return Pos{File: n.src.name, Line: n.Line, Column: max(1, n.Column)}
}

func (n item) child(of *yaml.Node) item { return item{of, n.src} }

// describe says for people what kind of node it is.
func (n item) describe() string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!null":
			return "nothing"
		case "!!bool":
			return "a truth"
		case "!!int", "!!float":
			return "a number"
		}
		return "a text"
	}
	return "something else"
}

// The bounds within which YAML is read. No ruleset of people comes near them.
const (
	maxFlowDepth = 1000
	maxYAMLDepth = 30
	maxLine      = 10_000
)

// parseFile reads one file into nodes, refusing what could hurt or mislead.
func (l *loader) parseFile(src *source) (item, bool) {
	if line, deep := deepFlow(src.text); deep {
		l.addAt(src, Pos{File: src.name, Line: line, Column: 1}, codeDeep, "", "brackets and braces are nested more than %d deep", maxFlowDepth)
		return item{}, false
	}
	for i := range src.starts {
		if line := src.line(i + 1); len(line) > maxLine {
			l.addAt(src, Pos{File: src.name, Line: i + 1, Column: 1}, codeDeep, "break it", "the line has more than %d characters", maxLine)
			return item{}, false
		}
	}
	dec := yaml.NewDecoder(strings.NewReader(src.text))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return item{}, false // an empty file
		}
		l.syntax(src, err)
		return item{}, false
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		l.add(item{&more, src}, codeSyntax, "", "a file holds one YAML document")
		return item{}, false
	} else if !errors.Is(err, io.EOF) {
		l.syntax(src, err)
		return item{}, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return item{}, false
	}
	root := item{doc.Content[0], src}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return item{}, false
	}
	return root, l.plain(root, 0)
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)

func (l *loader) syntax(src *source, err error) {
	pos, text := Pos{File: src.name, Line: 1, Column: 1}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	pos.Line = max(1, min(pos.Line, len(src.starts)))
	l.addAt(src, pos, codeSyntax, "", "this is not YAML: %s", text)
}

// deepFlow reports whether flow collections are nested too deeply, without
// parsing: it may count brackets in texts, which never are so many.
func deepFlow(text string) (line int, deep bool) {
	line = 1
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '\n':
			line++
		case '[', '{':
			depth++
			if depth > maxFlowDepth {
				return line, true
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return 0, false
}

// plain refuses anchors, aliases, merge keys and tags, and nodes nested too deeply.
func (l *loader) plain(n item, depth int) bool {
	switch {
	case depth > maxYAMLDepth:
		l.add(n, codeDeep, "", "maps and lists are nested more than %d deep", maxYAMLDepth)
		return false
	case n.Kind == yaml.AliasNode:
		l.add(n, codeFeature, "write it out", "*%s is an alias", clip(n.Value))
		return false
	case n.Anchor != "":
		l.add(n, codeFeature, "write it out", "&%s is an anchor", clip(n.Anchor))
		return false
	case n.Style&yaml.TaggedStyle != 0:
		l.add(n, codeFeature, "leave it out", "%s is a tag", clip(n.Tag))
		return false
	case n.Kind == yaml.ScalarNode && n.Tag == "!!merge":
		l.add(n, codeFeature, "write it out", "<< is a merge key")
		return false
	}
	ok := true
	for _, c := range n.Content {
		ok = l.plain(n.child(c), depth+1) && ok
	}
	return ok
}

// fields are the entries of a map, in order.
type fields struct {
	l      *loader
	of     item
	what   string
	values map[string]item
	keys   []item
	bad    bool // it is not a map, which was reported
}

// fields reads a map that may have the known keys; none known means any.
func (l *loader) fields(n item, what string, known ...string) *fields {
	f := &fields{l: l, of: n, what: what, values: map[string]item{}}
	if n.Kind != yaml.MappingNode {
		f.bad = true
		l.add(n, codeShape, "", "%s is a map, and this is %s", what, n.describe())
		return f
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.child(n.Content[i]), n.child(n.Content[i+1])
		if k.Kind != yaml.ScalarNode || k.Tag == "!!null" {
			l.add(k, codeShape, "", "a key is a text, and this is %s", k.describe())
			continue
		}
		if _, twice := f.values[k.Value]; twice {
			l.add(k, codeTwice, "", "the key %s is given twice in %s", clip(k.Value), what)
			continue
		}
		if known != nil && !slices.Contains(known, k.Value) {
			l.add(k, codeUnknownKey, orList(k.Value, known), "%s has no key %s", what, clip(k.Value))
			continue
		}
		f.values[k.Value] = v
		f.keys = append(f.keys, k)
	}
	return f
}

// suggest returns a hint, or nothing.
func suggest(word string, known []string) string {
	if len(word) > 100 {
		return ""
	}
	if near := domain.Nearest(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// orList suggests the nearest word or, if none is near, lists the short list.
func orList(word string, known []string) string {
	if s := suggest(word, known); s != "" || len(known) == 0 || len(known) > 20 {
		return s
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	return "known are " + strings.Join(sorted, ", ")
}

func (f *fields) get(key string) (item, bool) { v, ok := f.values[key]; return v, ok }

func (f *fields) has(key string) bool { _, ok := f.values[key]; return ok }

// need returns the value of a required key.
func (f *fields) need(key string) (item, bool) {
	v, ok := f.values[key]
	if !ok && !f.bad {
		f.l.add(f.of, codeMissingKey, "", "%s needs the key %s", f.what, key)
	}
	return v, ok
}

// text returns the text under a key, or "".
func (f *fields) text(key string) string {
	if v, ok := f.get(key); ok {
		return f.l.text(v, f.what+"'s "+key)
	}
	return ""
}

// needText returns the text under a required key, which may not be empty.
func (f *fields) needText(key string) string {
	v, ok := f.need(key)
	if !ok {
		return ""
	}
	s := f.l.text(v, f.what+"'s "+key)
	if s == "" && v.Kind == yaml.ScalarNode && v.Tag != "!!null" && v.Tag != "!!bool" {
		f.l.add(v, codeMissingKey, "", "%s's %s is empty", f.what, key)
	}
	return s
}

func (f *fields) bool(key string) (value, given bool) {
	v, ok := f.get(key)
	if !ok {
		return false, false
	}
	return f.l.bool(v, f.what+"'s "+key), true
}

func (f *fields) int(key string) int {
	v, ok := f.get(key)
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(v.Value); v.Kind == yaml.ScalarNode && err == nil && n >= 0 {
		return n
	}
	f.l.add(v, codeShape, "", "%s's %s is a whole number from 0 on, and not %s", f.what, key, clip(v.Value))
	return 0
}

func (f *fields) texts(key string) []string {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	return f.l.texts(v, f.what+"'s "+key)
}

// cite returns the citations, of which a required list has at least one.
func (f *fields) cite(required bool) []string {
	v, ok := f.get("cite")
	if !ok {
		if required {
			f.need("cite")
		}
		return nil
	}
	out := f.l.texts(v, f.what+"'s cite")
	if len(out) == 0 && v.Kind == yaml.SequenceNode {
		f.l.add(v, codeMissingKey, "", "%s cites nothing: name at least one article, statute, regulation or source", f.what)
	}
	return out
}

// text reads a scalar. Numbers and dates are taken as they are written.
func (l *loader) text(n item, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Tag == "!!bool" {
		hint := ""
		if n.Tag == "!!bool" {
			hint = fmt.Sprintf("write \"%s\" in quotes", n.Value)
		}
		l.add(n, codeShape, hint, "%s is a text, and this is %s", what, n.describe())
		return ""
	}
	return n.Value
}

func (l *loader) bool(n item, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		l.add(n, codeShape, "", "%s is true or false, and this is %s", what, n.describe())
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

func (l *loader) list(n item, what string) []item {
	if n.Kind != yaml.SequenceNode {
		l.add(n, codeShape, "write it in [brackets]", "%s is a list, and this is %s", what, n.describe())
		return nil
	}
	out := make([]item, len(n.Content))
	for i, c := range n.Content {
		out[i] = n.child(c)
	}
	return out
}

func (l *loader) texts(n item, what string) []string {
	items := l.list(n, what)
	out := make([]string, 0, len(items))
	for _, i := range items {
		if i.Kind == yaml.ScalarNode && i.Tag == "!!str" && i.Value == "" {
			l.add(i, codeMissingKey, "", "%s has an empty text", what)
			continue
		}
		if s := l.text(i, "each of "+what); s != "" {
			out = append(out, s)
		}
	}
	return out
}
