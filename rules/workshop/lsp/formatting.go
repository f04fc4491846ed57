package lsp

import (
	"github.com/comity-project/comity/rules/workshop"
)

// formatting lays a document out as `comity rules fmt` does.
func (s *Server) formatting(p *formattingParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	before := doc.file.text
	after, err := workshop.Format([]byte(before.all))
	if err != nil {
		return nil, refuse(requestFailed, "the document can't be laid out: %v", err)
	}
	if string(after) == before.all {
		return []textEdit{}, nil
	}
	return []textEdit{difference(before, string(after), s.enc)}, nil
}

// difference is the change of one text into another, from the first line that
// differs to the last, so that the editor's cursor and marks elsewhere stay.
func difference(before *text, after string, enc encoding) textEdit {
	from := 0
	for i := 0; i < min(len(before.all), len(after)) && before.all[i] == after[i]; i++ {
		if after[i] == '\n' {
			from = i + 1
		}
	}
	same := 0 // bytes at the end that are whole lines and equal
	for i := 1; i <= min(len(before.all), len(after))-from; i++ {
		if before.all[len(before.all)-i] != after[len(after)-i] {
			break
		}
		if i < len(before.all)-from && i < len(after)-from && before.all[len(before.all)-i-1] == '\n' && after[len(after)-i-1] == '\n' {
			same = i
		}
	}
	return textEdit{before.span(from, len(before.all)-same, enc), after[from : len(after)-same]}
}
