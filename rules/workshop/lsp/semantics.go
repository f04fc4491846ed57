package lsp

// semanticTypes are the kinds of word in expressions that editors colour.
var semanticTypes = []string{"variable", "property", "enumMember", "function", "namespace", "number", "string", "operator", "macro", "enum"}

// semanticOf is the type of a mention in an expression.
var semanticOf = map[string]int{
	ofObject: 0, ofFact: 1, ofCode: 2, ofFunction: 3, ofList: 9, ofNumber: 5, ofText: 6, ofSign: 7, ofLet: 8,
}

// Modifiers of semantic tokens, as bits.
const (
	declares = 1
	readonly = 2
)

// semantics returns the words of all expressions of a document, and the names of
// let where they are declared.
func (s *Server) semantics(p *documentParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	out := semanticTokens{Data: []int{}}
	var last position
	end := 0
	t := doc.file.text
	for _, m := range s.viewOf(doc.dir).words.mentions(doc.file, true) {
		typ, known := semanticOf[m.kind]
		if !known || !m.expression && !(m.kind == ofLet && m.declares) || m.from < end || t.lineOf(m.from) != t.lineOf(max(m.from, m.to-1)) {
			continue
		}
		end = m.to
		modifiers := 0
		if m.declares {
			modifiers |= declares
		}
		if m.kind == ofCode {
			modifiers |= readonly
		}
		at := t.position(m.from, s.enc)
		length := t.position(m.to, s.enc).Character - at.Character
		character := at.Character
		if at.Line == last.Line {
			character -= last.Character
		}
		out.Data = append(out.Data, at.Line-last.Line, character, length, typ, modifiers)
		last = at
	}
	return out, nil
}
