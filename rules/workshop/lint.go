package workshop

import (
	"embed"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/pages"
)

//go:embed help/*.md
var helpFiles embed.FS

// Help returns the pages on what lint finds: one for each of [Lints].
var Help = sync.OnceValue(func() *pages.Catalogue {
	return pages.Read("findings of lint", helpFiles, "help")
})

// Lints says how much each finding of lint matters.
func Lints() map[string]Severity {
	out := map[string]Severity{}
	for _, l := range lints {
		out[l.code] = l.severity
	}
	return out
}

// A lint is one thing that is looked for.
type lint struct {
	code     string
	severity Severity
	find     func(*linter)
}

// lints are in order of code. A code never changes its meaning.
var lints []lint

func init() {
	lints = []lint{
		{"W001", Warning, (*linter).unguarded},
		{"W002", Warning, (*linter).repeatedParts},
		{"W003", Warning, (*linter).constantParts},
		{"W004", Warning, (*linter).unusedLets},
		{"W005", Warning, (*linter).untried},
		{"W006", Note, (*linter).sentences},
		{"W007", Warning, (*linter).citedTwice},
		{"W008", Note, (*linter).oddCitations},
		{"W009", Note, (*linter).ids},
		{"W010", Warning, (*linter).sameRules},
		{"W011", Warning, (*linter).noWords},
		{"W012", Warning, (*linter).misspelled},
		{"W013", Warning, (*linter).overBefore},
		{"W014", Note, (*linter).complicated},
		{"W015", Note, (*linter).effective},
		{"W016", Note, (*linter).editionName},
		{"W017", Note, (*linter).sameCases},
		{"W018", Note, (*linter).familySilent},
		{"W019", Warning, (*linter).numbers},
		{"W020", Note, (*linter).unfinished},
		{"W021", Note, (*linter).unformatted},
		{"W022", Warning, (*linter).otherStates},
		{"W023", Note, (*linter).confusing},
		{"W090", Warning, nil}, // by silence
		{"W091", Note, nil},
	}
}

// A linter looks at one edition.
type linter struct {
	law     rules.Law
	edition *rules.Edition
	files   []File
	sheets  []*sheet
	code    string
	level   Severity
	found   Findings
	exprs   []*written
	lets    map[string]*written
}

// Lint finds in an edition and its files what is no mistake and yet worth a second
// look. The law is what the edition is loaded under; its cases are run. A finding
// is silenced by a comment at its line, or above the entry it is in, that says why:
//
//	# lint: allow W014 because the regulation lists them all
//
// One without a reason, or with a code that is none, is a finding itself, and so is
// one that silences nothing.
func Lint(law rules.Law, edition *rules.Edition, files []File) Findings {
	l := &linter{law: law, edition: edition, files: files, lets: map[string]*written{}}
	for _, f := range files {
		if s, ok := newSheet(f); ok {
			l.sheets = append(l.sheets, s)
		}
	}
	l.readExpressions()
	for _, one := range lints {
		if one.find != nil {
			l.code, l.level = one.code, one.severity
			one.find(l)
		}
	}
	return l.silence().Sorted()
}

// at reports a finding at a node.
func (l *linter) at(s *sheet, n *yaml.Node, hint, format string, args ...any) {
	l.add(s, n.Line, n.Column, hint, format, args...)
}

func (l *linter) add(s *sheet, line, column int, hint, format string, args ...any) {
	line = max(1, line)
	l.found = append(l.found, Finding{
		File: s.path, Line: line, Column: max(1, column), Code: l.code, Severity: l.level,
		Message: fmt.Sprintf(format, args...), Hint: hint, Source: s.line(line),
	})
}

// here reports a finding at a place of the edition.
func (l *linter) here(pos rules.Pos, hint, format string, args ...any) {
	for _, s := range l.sheets {
		if s.name == pos.File {
			l.add(s, pos.Line, pos.Column, hint, format, args...)
			return
		}
	}
}

// each visits all nodes of all files.
func (l *linter) each(do func(*sheet, visit)) {
	for _, s := range l.sheets {
		s.walk(func(v visit) { do(s, v) })
	}
}

// silence takes out what is allowed where it stands, and complains of allowances
// that say too little or do nothing.
func (l *linter) silence() Findings {
	known := Lints()
	var out Findings
	for _, f := range l.found {
		silenced := false
		for _, s := range l.sheets {
			for _, a := range s.allowed {
				if s.path == f.File && a.reason != "" && f.Line >= a.from && f.Line <= a.to && slices.Contains(a.codes, f.Code) {
					a.used[f.Code] = true
					silenced = true
				}
			}
		}
		if !silenced {
			out = append(out, f)
		}
	}
	l.found = nil
	for _, s := range l.sheets {
		if len(s.unheeded) > 0 {
			l.code, l.level = "W090", Warning
			first := s.unheeded[0]
			l.add(s, first.line, first.column, "silence what is meant above the entries or at the top of the file", "no more than %d comments of a file allow something, so that this one and %d after it do not", mostAllowances, len(s.unheeded)-1)
		}
		for _, a := range s.allowed {
			l.code, l.level = "W090", Warning
			if a.reason == "" {
				l.add(s, a.line, a.column, "write # lint: allow CODE because REASON", "this allows something and does not say why")
				continue
			}
			if len(a.codes) == 0 {
				l.add(s, a.line, a.column, "write # lint: allow CODE because REASON", "this allows nothing in particular")
			}
			for _, code := range a.codes {
				l.code, l.level = "W090", Warning
				switch _, is := known[code]; {
				case !is:
					hint := ""
					if near := domain.Nearest(code, sortedCodes()); near != "" {
						hint = "did you mean " + near + "?"
					}
					l.add(s, a.line, a.column, hint, "lint finds nothing with the code %s", code)
				case !a.used[code]:
					l.code, l.level = "W091", Note
					l.add(s, a.line, a.column, "leave it out", "nothing here is %s any more", code)
				}
			}
		}
	}
	return append(out, l.found...)
}

func sortedCodes() []string {
	var out []string
	for _, one := range lints {
		out = append(out, one.code)
	}
	return out
}
