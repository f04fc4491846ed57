package lsp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/comity-project/comity/rules"
)

// actions offers to mend what was found at a place, where the mistake says how.
func (s *Server) actions(p *actionParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil || len(p.Context.Only) > 0 && !slices.ContainsFunc(p.Context.Only, func(kind string) bool {
		return kind == "quickfix" || kind == "" || strings.HasPrefix("quickfix.", kind+".")
	}) {
		return []codeAction{}, nil
	}
	out := []codeAction{}
	t := doc.file.text
	from, to := t.offset(p.Range.Start, s.enc), t.offset(p.Range.End, s.enc)
	for _, m := range s.mistakesAt(doc, from, to) {
		begin, end := doc.file.extent(m)
		about := diagnostic{Range: t.span(begin, end, s.enc), Severity: m.severity, Code: m.Code, Source: "comity", Message: m.Message}
		if m.Hint != "" {
			about.Message += "; " + m.Hint
		}
		for i, fix := range fixes(doc.file, m) {
			edit := textEdit{t.span(fix.from, fix.to, s.enc), fix.text}
			out = append(out, codeAction{
				Title: fix.title, Kind: "quickfix", Diagnostics: []diagnostic{about}, IsPreferred: i == 0,
				Edit: s.edits(map[*file][]textEdit{doc.file: {edit}}),
			})
		}
	}
	return out, nil
}

// A fix replaces a part of a file.
type fix struct {
	title    string
	from, to int
	text     string
}

var (
	meant   = regexp.MustCompile(`^did you mean (\S+?)\?`)
	write   = regexp.MustCompile(`^write (\S+?)(?: to compare)?(?:;|$)`)
	orWrite = regexp.MustCompile(`^write (\S+(?: or \S+)+)(?:;|$)`)
	lacks   = regexp.MustCompile(`needs the key (\S+)$`)
)

// fixes returns the ways in which a mistake can be mended.
func fixes(f *file, m mistake) []fix {
	from, to := f.extent(m)
	instead := func(word string) fix {
		written := f.text.all[from:to]
		if quote := written[:min(1, len(written))]; (quote == "'" || quote == `"`) && len(written) > 1 && strings.HasSuffix(written, quote) {
			return fix{"Write " + word, from + 1, to - 1, word}
		}
		if written == word || from == to {
			return fix{}
		}
		return fix{"Write " + word, from, to, word}
	}
	var out []fix
	switch {
	case meant.MatchString(m.Hint):
		word := meant.FindStringSubmatch(m.Hint)[1]
		out = append(out, meaning(f, m, from, to, word, instead))
	case orWrite.MatchString(m.Hint):
		for word := range strings.SplitSeq(orWrite.FindStringSubmatch(m.Hint)[1], " or ") {
			out = append(out, instead(word))
		}
	case write.MatchString(m.Hint) && replaceable[m.Code]:
		out = append(out, instead(write.FindStringSubmatch(m.Hint)[1]))
	case strings.HasPrefix(m.Hint, "leave it away"):
		out = append(out, leaveAway(f, from))
	case m.Code == "E007" && lacks.MatchString(m.Message):
		out = append(out, addKey(f, from, lacks.FindStringSubmatch(m.Message)[1]))
	}
	return slices.DeleteFunc(out, func(x fix) bool { return x.title == "" })
}

// replaceable are the codes of mistakes whose hint `write X` is about the very
// word at their place.
var replaceable = map[string]bool{"E013": true, "E014": true, "E019": true, "E030": true, "E031": true}

// meaning replaces the word that was misspelled. A scalar that has more words than
// that, such as what a case expects, keeps the others.
func meaning(f *file, m mistake, from, to int, word string, instead func(string) fix) fix {
	written := strings.Trim(f.text.all[from:to], `'"`)
	if !strings.ContainsAny(written, " [") || strings.Contains(word, " ") {
		return instead(word)
	}
	for _, w := range strings.FieldsFunc(written, func(r rune) bool { return strings.ContainsRune(" [],:", r) }) {
		if strings.Contains(m.Message, w) {
			at := from + strings.Index(f.text.all[from:to], w)
			return fix{"Write " + word, at, at + len(w), word}
		}
	}
	return fix{}
}

// entryAt finds the entry whose value begins at an offset.
func entryAt(n *node, offset int) (of *node, found *entry) {
	for i := range n.entries {
		e := &n.entries[i]
		if e.key != nil && e.value != nil && e.value.from == offset {
			return n, e
		}
	}
	for _, e := range n.entries {
		if e.value != nil && e.value.from <= offset && offset <= e.value.to {
			if of, found := entryAt(e.value, offset); found != nil {
				return of, found
			}
		}
	}
	for _, i := range n.items {
		if i != nil && i.from <= offset && offset <= i.to {
			if of, found := entryAt(i, offset); found != nil {
				return of, found
			}
		}
	}
	return nil, nil
}

// leaveAway removes a key with its value, if it stands on lines of its own.
func leaveAway(f *file, offset int) fix {
	if f.root == nil {
		return fix{}
	}
	of, e := entryAt(f.root, offset)
	if e == nil || of.flow || of.entries[0].key == e.key {
		return fix{}
	}
	first, last := f.text.lineOf(e.key.from), f.text.lineOf(max(e.key.from, e.end()-1))
	from, to := f.text.starts[first], len(f.text.all)
	if last+1 < len(f.text.starts) {
		to = f.text.starts[last+1]
	}
	return fix{"Leave " + e.key.word() + " away", from, to, ""}
}

// addKey writes a key that a map lacks, behind those that stand before it in the
// format. Its value is left to be written.
func addKey(f *file, offset int, key string) fix {
	n := mapAt(f.root, offset)
	if n == nil || n.get(key) != nil || len(n.entries) == 0 {
		return fix{}
	}
	after := n.entries[len(n.entries)-1]
	order := orderOf(n, key)
	for _, e := range n.entries {
		if e.key != nil && slices.Index(order, e.key.word()) > slices.Index(order, key) {
			break
		}
		if e.key != nil {
			after = e
		}
	}
	title := "Add the key " + key
	value := ""
	if key == "cite" || key == "privilege" || key == "of" {
		value = "[]"
	}
	end := max(after.end(), after.to)
	if n.flow {
		return fix{title, end, end, ", " + strings.TrimRight(key+": "+value, " ")}
	}
	line := f.text.lineOf(max(end-1, 0))
	_, at := f.text.line(line)
	return fix{title, at, at, "\n" + strings.Repeat(" ", n.column) + strings.TrimRight(key+": "+value, " ")}
}

// orderOf returns the keys of the shape that has all keys of a map and one more.
func orderOf(n *node, key string) []string {
	for _, s := range rules.Shapes() {
		var names []string
		for _, k := range s.Keys {
			names = append(names, k.Name)
		}
		if slices.Contains(names, key) && !slices.ContainsFunc(n.keys(), func(k string) bool { return !slices.Contains(names, k) }) {
			return names
		}
	}
	return nil
}

// mapAt finds the outermost map that begins at an offset: that of which the loader
// says where it is.
func mapAt(n *node, offset int) *node {
	if n == nil || n.kind == scalarNode || offset < n.from || offset > n.to {
		return nil
	}
	if n.kind == mapNode && n.from == offset {
		return n
	}
	for _, e := range n.entries {
		if found := mapAt(e.value, offset); found != nil {
			return found
		}
	}
	for _, i := range n.items {
		if found := mapAt(i, offset); found != nil {
			return found
		}
	}
	return nil
}
