package lsp

import (
	"maps"
	"slices"
	"strings"
)

// symbols outlines a document: its blocks, and what stands in each.
func (s *Server) symbols(p *documentParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	out := outline(doc.file, s.enc)
	if s.client.TextDocument.DocumentSymbol.HierarchicalDocumentSymbolSupport {
		return out, nil
	}
	return flatten(doc.uri, "", out), nil
}

func flatten(uri, container string, symbols []documentSymbol) []symbolInformation {
	out := []symbolInformation{}
	for _, o := range symbols {
		out = append(out, symbolInformation{o.Name, o.Kind, location{uri, o.Range}, container})
		out = append(out, flatten(uri, o.Name, o.Children)...)
	}
	return out
}

// kinds are what the entries of each block are shown as.
var kinds = map[string]int{
	"rules": symbolFunction, "tables": symbolStruct, "cases": symbolEvent, "floors": symbolConstant, "views": symbolStruct, "offices": symbolObject,
	"let": symbolVariable, "privileges": symbolConstant, "vocabulary": symbolEnum, "facts": symbolClass, "request": symbolProperty, "conditions": symbolObject,
	"clocks": symbolObject, "consequences": symbolObject, "kinds": symbolObject,
}

// inner are what the entries of entries are shown as.
var inner = map[string]int{"vocabulary": symbolEnumValue, "facts": symbolProperty}

func outline(f *file, enc encoding) []documentSymbol {
	out := []documentSymbol{}
	if f.root == nil || f.root.kind != mapNode {
		return out
	}
	for _, e := range entriesIn(f.root) {
		block := documentSymbol{
			Name: named(e.key.word()), Kind: symbolNamespace, Range: f.text.span(e.key.from, max(e.end(), e.key.to), enc), SelectionRange: f.text.span(e.key.from, e.key.to, enc),
		}
		kind, listed := kinds[e.key.word()]
		switch {
		case e.value == nil:
		case e.value.kind == scalarNode:
			block.Kind, block.Detail = symbolProperty, short(e.value.word())
		case listed:
			block.Children = inside(f, enc, e.value, kind, inner[e.key.word()])
		}
		out = append(out, block)
	}
	return out
}

// inside outlines what stands in a block.
func inside(f *file, enc encoding, n *node, kind, deeper int) []documentSymbol {
	var out []documentSymbol
	for _, i := range itemsIn(n) {
		at, name := i.title()
		out = append(out, documentSymbol{Name: named(name), Detail: i.detail(), Kind: kind, Range: f.text.span(i.from, i.to, enc), SelectionRange: f.text.span(at.from, min(at.to, i.to), enc)})
	}
	for _, e := range entriesIn(n) {
		o := documentSymbol{
			Name: named(e.key.word()), Kind: kind, Range: f.text.span(e.key.from, max(e.end(), e.key.to), enc), SelectionRange: f.text.span(e.key.from, e.key.to, enc),
		}
		if e.value != nil && e.value.kind == scalarNode {
			o.Detail = short(e.value.word())
		} else if e.value != nil {
			o.Detail = e.value.detail()
		}
		if deeper != 0 {
			o.Children = inside(f, enc, e.value, deeper, 0)
		}
		out = append(out, o)
	}
	return out
}

// named is a name for an outline, which may not be empty.
func named(name string) string {
	if strings.TrimSpace(name) == "" {
		return "(unnamed)"
	}
	return short(name)
}

// title is by what an item of a list is known, and the node where that stands.
func (n *node) title() (*node, string) {
	for _, key := range []string{"id", "name", "privilege", "code"} {
		if v := n.get(key); v != nil {
			return v, strings.Join(v.texts(), ", ")
		}
	}
	return n, ""
}

// detail says in a few words what a map is about.
func (n *node) detail() string {
	var parts []string
	for _, key := range []string{"tier", "outcome", "mark", "ask", "expect", "term", "type", "text"} {
		if v := n.get(key); v != nil && v.kind == scalarNode {
			parts = append(parts, v.word())
		}
	}
	return short(strings.Join(parts, " · "))
}

// short cuts a text for an outline.
func short(text string) string {
	const most = 80
	if r := []rune(text); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return text
}

// workspaceSymbols finds rules, tables, cases and names by parts of their name, in
// the rulesets of the documents that are open.
func (s *Server) workspaceSymbols(p *struct {
	Query string `json:"query"`
}) (any, *rpcError) {
	dirs := map[string]bool{}
	for _, doc := range s.documents {
		dirs[doc.dir] = true
	}
	out := []symbolInformation{}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		for _, f := range s.viewOf(dir).own {
			for _, o := range flatten(s.uri(f), "", outline(f, s.enc)) {
				if o.ContainerName != "" && fits(p.Query, o.Name) && len(out) < mostItems {
					out = append(out, o)
				}
			}
		}
	}
	return out, nil
}

// folding returns what can be folded away: everything of several lines under a key
// or in a list.
func (s *Server) folding(p *documentParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	out := []foldingRange{}
	t := doc.file.text
	add := func(from, to int) {
		if a, b := t.lineOf(from), t.lineOf(max(from, to-1)); b > a {
			out = append(out, foldingRange{a, b})
		}
	}
	var visit func(n *node)
	visit = func(n *node) {
		if n == nil {
			return
		}
		for _, e := range n.entries {
			if e.key != nil && e.value != nil {
				add(e.key.from, e.value.to)
			}
			visit(e.value)
		}
		for _, i := range n.items {
			if i != nil && i.kind != scalarNode {
				add(i.from, i.to)
			}
			visit(i)
		}
	}
	visit(doc.file.root)
	return out, nil
}
