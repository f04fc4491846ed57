package lsp

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
)

// findings returns what lint has to say of a ruleset without mistakes. Common is
// nil for the common one itself.
func findings(files []*file, edition, common *rules.Edition) []mistake {
	law := rules.Law{Common: edition}
	if common != nil {
		law = rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{domain.StateID(edition.Code): edition}}
	}
	list := make([]workshop.File, len(files))
	for i, f := range files {
		list[i] = workshop.File{Path: f.name, Text: []byte(f.text.all)}
	}
	var out []mistake
	for _, f := range workshop.Lint(law, edition, list) {
		severity := severityInformation
		switch f.Severity {
		case workshop.Error:
			severity = severityError
		case workshop.Warning:
			severity = severityWarning
		case workshop.Note:
		}
		out = append(out, mistake{rules.Diagnostic{Pos: rules.Pos{File: f.File, Line: f.Line, Column: f.Column}, Code: f.Code, Message: f.Message, Hint: f.Hint}, severity})
	}
	return out
}
