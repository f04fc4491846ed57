package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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

// parseFile reads one file into maps of blocks: one map if all is well. It refuses
// what could hurt or mislead.
func (l *loader) parsedFile(file **source) []item {
	src := *file
	text := src.text
	one := l.before.files[src.name]
	if one == nil || one.text != text {
		wrong := len(l.wrong)
		one = &parsed{text, src, l.parseFile(src)}
		if len(l.wrong) > wrong || len(l.unread) > 0 || len(l.quiet) > 0 || l.full() {
			return one.roots
		}
	}
	*file, l.parsed[src.name] = one.src, one
	return one.roots
}

func (l *loader) parseFile(src *source) []item {
	l.cleanText(src)
	if line, deep := deepFlow(src.text); deep {
		l.addAt(src, Pos{File: src.name, Line: line, Column: 1}, codeDeep, "write it flatter", "brackets and braces are nested more than %d deep", maxFlowDepth)
		l.unread[""] = true
		return nil
	}
	if line := longLine(src.text); line > 0 {
		l.addAt(src, Pos{File: src.name, Line: line, Column: 1}, codeDeep, "break it", "the line has more than %d characters", maxLine)
		l.unread[""] = true
		return nil
	}
	var roots []item
	switch root, err := l.ahead[src].decode(src.text); {
	case err != nil:
		roots = l.salvage(src, err)
	case root == nil || root.Kind == yaml.ScalarNode && root.Tag == "!!null":
		return nil // an empty file
	default:
		roots = []item{{root, src}}
	}
	for _, root := range roots {
		l.plain(root, 0)
		l.characters(root, false)
	}
	return roots
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

// plain refuses anchors, aliases, merge keys and tags, and nodes nested too
// deeply. Each is replaced by something harmless, and nothing else is said of it.
func (l *loader) plain(n item, depth int) (deep bool) {
	refuse := func(code, hint, format string, args ...any) {
		l.add(n, code, hint, format, args...)
		l.quiet[n.pos()] = true
	}
	harmless := func() {
		*n.Node = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "true", Line: n.Line, Column: n.Column}
	}
	if depth > maxYAMLDepth {
		refuse(codeDeep, "write it flatter", "maps and lists are nested more than %d deep", maxYAMLDepth)
		harmless()
		return true
	}
	if n.Kind == yaml.AliasNode {
		refuse(codeFeature, "write it out; a value that begins with * stands in quotes", "*%s is an alias", clip(n.Value))
		harmless()
		return false
	}
	if n.Anchor != "" {
		refuse(codeFeature, "write it out; a value that begins with & stands in quotes", "&%s is an anchor", clip(n.Anchor))
		n.Anchor = ""
	}
	if n.Style&yaml.TaggedStyle != 0 {
		if rest, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(rest, "!") && n.Kind == yaml.ScalarNode && n.Style == yaml.TaggedStyle {
			text := n.Tag
			if n.Value != "" {
				text += " " + n.Value
			}
			l.add(n, codeFeature, "put the value in quotes: '"+clip(strings.ReplaceAll(text, "'", "''"))+"'", "a value that begins with ! has another meaning in YAML")
			n.Tag, n.Value, n.Style = "!!str", text, 0
		} else {
			refuse(codeFeature, "leave it out", "%s is a tag", clip(n.Tag))
			harmless()
			return false
		}
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); {
			if k := n.child(n.Content[i]); k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
				l.add(k, codeFeature, "write it out", "<< is a merge key")
				l.quiet[n.pos()] = true
				n.Content = slices.Delete(n.Content, i, i+2)
				continue
			}
			i += 2
		}
	}
	for _, c := range n.Content {
		deep = l.plain(n.child(c), depth+1) || deep
	}
	if deep && depth > 1 {
		l.quiet[n.pos()] = true
	}
	return deep
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
	f := &fields{l: l, of: n, what: what, values: make(map[string]item, len(n.Content)/2), keys: make([]item, 0, len(n.Content)/2)}
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
	if near := domain.Nearest(word, known); near != "" && alike(word, near) {
		return "did you mean " + near + "?"
	}
	return ""
}

// alike reports whether at least half of the letters of two words are the same, so
// that "yes" is not taken for "red".
func alike(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if strings.Contains(b, a) && len(a) > 2 {
		return true
	}
	common := 0
	rest := []rune(b)
	for _, c := range a {
		if i := slices.Index(rest, c); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			common++
		}
	}
	return 2*common > max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
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
		l.add(n, codeShape, truthHint(n), "%s is true or false, and this is %s", what, n.describe())
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// truthHint says how to write yes and no.
func truthHint(n item) string {
	if truth := truths[strings.ToLower(n.Value)]; truth != "" && n.Kind == yaml.ScalarNode {
		return "write " + truth
	}
	return ""
}

func (l *loader) list(n item, what string) []item {
	if n.Kind != yaml.SequenceNode {
		hint := "begin each item with - on a line of its own"
		switch {
		case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
			hint = "write [] if it is empty"
		case n.Kind == yaml.ScalarNode && len(n.Value) < 60 && !strings.Contains(n.Value, "\n"):
			hint = "write [" + n.Value + "]"
		case n.Kind == yaml.ScalarNode:
			hint = "write it in [brackets]"
		}
		l.add(n, codeShape, hint, "%s is a list, and this is %s", what, n.describe())
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
