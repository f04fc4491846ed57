package lsp

import (
	"slices"
	"strings"
)

// markup is a text for people, in Markdown if the editor shows that.
func (s *Server) markup(text string, markdown bool) *markup {
	if markdown {
		return &markup{"markdown", text}
	}
	return &markup{"plaintext", strings.NewReplacer("**", "", "`", "", "```\n", "").Replace(text)}
}

// hover says what stands at a place, and explains the mistake that was found there.
func (s *Server) hover(p *placeParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	offset := doc.file.text.offset(p.Position, s.enc)
	w := s.viewOf(doc.dir).words
	var texts []string
	from, to := offset, offset
	if m, found := w.mentionAt(doc.file, offset); found {
		if text := w.about(m); text != "" {
			texts, from, to = append(texts, text), m.from, m.to
		}
	}
	if n := doc.file.root.at(offset); n != nil && len(texts) == 0 {
		if _, is := n.isKey(); is {
			if text := aboutKey(w.slots(n.parent), n.word()); text != "" {
				texts, from, to = append(texts, text), n.from, n.to
			}
		}
	}
	for _, m := range s.mistakesAt(doc, offset, offset) {
		if text := aboutMistake(m.Code); text != "" {
			texts = append(texts, text)
			if from == to {
				from, to = doc.file.extent(m)
			}
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	markdown := slices.Contains(s.client.TextDocument.Hover.ContentFormat, "markdown")
	return hoverResult{*s.markup(strings.Join(texts, "\n\n---\n\n"), markdown), doc.file.text.span(from, to, s.enc)}, nil
}

// mistakesAt returns what the latest check found between two offsets of a document,
// if that has not changed since.
func (s *Server) mistakesAt(doc *document, from, to int) []mistake {
	v, checked := s.verdicts[doc.dir]
	if !checked || !slices.Contains(v.own, doc.file) {
		return nil
	}
	var out []mistake
	for _, m := range v.wrong {
		if m.Pos.File != doc.file.name {
			continue
		}
		if begin, end := doc.file.extent(m); begin <= to && from <= end {
			out = append(out, m)
		}
	}
	return out
}

// aboutMistake is the page of a code, shortened.
func aboutMistake(code string) string {
	p, found := page(code)
	if !found {
		return ""
	}
	return "**" + p.Code + ": " + p.Title + "**\n\n" + p.About + "\n\nRight:\n\n```yaml\n" + p.Right + "```\n\n" + p.Why
}
