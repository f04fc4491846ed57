package lsp

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/comity-project/comity/rules"
)

// pointed returns what a place names, with the words around it.
func (s *Server) pointed(p *placeParams) (doc *document, v *view, m mention, found bool) {
	if doc = s.document(p.TextDocument.URI); doc == nil {
		return nil, nil, mention{}, false
	}
	v = s.viewOf(doc.dir)
	m, found = v.words.mentionAt(doc.file, doc.file.text.offset(p.Position, s.enc))
	return doc, v, m, found
}

// definition returns where what a place names is declared. What ships with the
// program is in no file of the editor's.
func (s *Server) definition(p *placeParams) (any, *rpcError) {
	doc, v, m, found := s.pointed(p)
	if !found {
		return nil, nil
	}
	var out []location
	for _, at := range v.declared(doc.file, m) {
		if at.file != nil && s.uri(at.file) != "" {
			out = append(out, location{s.uri(at.file), at.file.text.span(at.from, at.to, s.enc)})
		}
	}
	if out == nil {
		return nil, nil
	}
	return out, nil
}

// declared returns the places of the declaration of what a mention names.
func (v *view) declared(in *file, m mention) []site {
	w := v.words
	switch m.kind {
	case ofCode:
		return []site{w.codes[m.name].at} // only what is there is mentioned
	case ofFact:
		object, name := cut(m.name)
		if f := w.fact(object, name); f != nil {
			return []site{f.at}
		}
	case ofLet:
		if l := w.lets[m.name]; l != nil {
			return []site{l.at}
		}
	case ofRule:
		if r := w.ruleIDs[m.name]; r != nil {
			return []site{r.at}
		}
	case ofList:
		return []site{w.listAt[m.name]}
	case ofPattern:
		var out []site
		for _, c := range w.matching(m.name) {
			if len(out) < mostListed {
				out = append(out, c.at)
			}
		}
		return out
	case ofLetter, ofReason:
		files := []*file{in}
		if m.kind == ofReason {
			files = slices.Concat(v.own, v.common)
		}
		var out []site
		for _, f := range files {
			for _, o := range w.mentions(f, false) {
				if o.declares && o.same(m) {
					out = append(out, site{f, o.from, o.to})
				}
			}
		}
		return out
	}
	return nil
}

// references returns every place that names the same.
func (s *Server) references(p *referenceParams) (any, *rpcError) {
	doc, v, m, found := s.pointed(&p.placeParams)
	if !found {
		return nil, nil
	}
	out := []location{}
	for _, o := range s.everywhere(doc, v, m) {
		if (!o.declares || p.Context.IncludeDeclaration) && s.uri(o.file) != "" {
			out = append(out, location{s.uri(o.file), o.file.text.span(o.from, o.to, s.enc)})
		}
	}
	return out, nil
}

// everywhere returns all mentions of the same: in the ruleset, the common one beside
// it and, of what that declares, in the rulesets of other States.
func (s *Server) everywhere(doc *document, v *view, m mention) []mention {
	var out []mention
	in := func(w *words, files []*file) {
		for _, f := range files {
			for _, o := range w.mentions(f, false) {
				if o.same(m) {
					out = append(out, o)
				}
			}
		}
	}
	switch m.kind {
	case ofLetter:
		in(v.words, []*file{doc.file})
		return out
	case ofLet:
		in(v.words, v.own)
		return out
	}
	in(v.words, v.own)
	if !v.shipped {
		in(v.words, v.common)
	}
	if m.kind == ofRule || m.kind == ofReason || v.shipped {
		return out
	}
	for _, dir := range s.beside(doc.dir) {
		if other := s.filesOf(dir); slices.ContainsFunc(other, func(f *file) bool { return mayName(f, m) }) && !isCommon(other) {
			in(s.viewOf(dir).words, other)
		}
	}
	return out
}

// mayName reports whether a file has the letters of what a mention names.
func mayName(f *file, m mention) bool {
	name := m.name[strings.LastIndexAny(m.name, "/")+1:]
	_, last := cut(m.name)
	return strings.Contains(f.text.all, name) || strings.Contains(f.text.all, last) || strings.Contains(f.text.all, rules.Constant(name))
}

// mostBeside is in how many rulesets of other States something is looked for.
const mostBeside = 300

// beside returns the other folders beside one, in order.
func (s *Server) beside(dir string) []string {
	if s.commonOf(dir) == "" {
		return nil
	}
	entries, _ := os.ReadDir(filepath.FromSlash(path.Dir(dir))) // none, if it can't be read
	var out []string
	for _, e := range entries {
		at := path.Join(path.Dir(dir), e.Name())
		if e.IsDir() && at != dir && len(out) < mostBeside && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, at)
		}
	}
	return out
}

// highlights returns the places in one document that name the same.
func (s *Server) highlights(p *placeParams) (any, *rpcError) {
	doc, v, m, found := s.pointed(p)
	if !found {
		return nil, nil
	}
	out := []highlight{}
	for _, o := range v.words.mentions(doc.file, false) {
		if o.same(m) {
			kind := 2 // read
			if o.declares {
				kind = 3 // written
			}
			out = append(out, highlight{doc.file.text.span(o.from, o.to, s.enc), kind})
		}
	}
	return out, nil
}

// prepareRename says whether what stands at a place can have another name: only
// names of let can, since everything else is what the record and answers speak of.
func (s *Server) prepareRename(p *placeParams) (any, *rpcError) {
	doc, _, m, found := s.pointed(p)
	if !found || m.kind != ofLet {
		return nil, nil
	}
	return map[string]any{"range": doc.file.text.span(m.from, m.to, s.enc), "placeholder": m.name}, nil
}

func (s *Server) rename(p *renameParams) (any, *rpcError) {
	doc, v, m, found := s.pointed(&p.placeParams)
	if !found || m.kind != ofLet {
		return nil, refuse(requestFailed, "only names of let can be changed here: ids and codes are what the record and answers speak of")
	}
	if p.NewName == m.name {
		return workspaceEdit{}, nil
	}
	if err := rules.CheckName(p.NewName); err != nil {
		return nil, refuse(requestFailed, "%v", err)
	}
	switch w := v.words; {
	case w.lets[p.NewName] != nil:
		return nil, refuse(requestFailed, "let has a name %s already", p.NewName)
	case len(w.lists[p.NewName]) > 0 || len(w.constants[p.NewName]) > 0:
		return nil, refuse(requestFailed, "%s already means something in expressions", p.NewName)
	}
	edits := map[*file][]textEdit{}
	for _, o := range s.everywhere(doc, v, m) {
		edits[o.file] = append(edits[o.file], textEdit{o.file.text.span(o.from, o.to, s.enc), p.NewName})
	}
	return s.edits(edits), nil
}

// edits writes changes of files in the form that the editor takes.
func (s *Server) edits(of map[*file][]textEdit) workspaceEdit {
	files := make([]*file, 0, len(of))
	for f := range of {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
	var out workspaceEdit
	for _, f := range files {
		uri := s.uri(f)
		if !s.client.Workspace.WorkspaceEdit.DocumentChanges {
			if out.Changes == nil {
				out.Changes = map[string][]textEdit{}
			}
			out.Changes[uri] = of[f]
			continue
		}
		id := versionedID{URI: uri}
		if doc := s.document(uri); doc != nil {
			id.Version = &doc.version
		}
		out.DocumentChanges = append(out.DocumentChanges, documentEdits{id, of[f]})
	}
	return out
}
