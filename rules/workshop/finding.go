package workshop

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/rules"
)

// A Severity says how much a finding matters.
type Severity string

// The severities, the gravest first. What can't be published is an error, what is
// likely not what was meant is a warning, and what is a matter of style is a note.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Severities returns all of them, the gravest first.
func Severities() []Severity { return []Severity{Error, Warning, Note} }

// AtLeast reports whether s is as grave as t, or graver.
func (s Severity) AtLeast(t Severity) bool {
	return slices.Index(Severities(), s) <= slices.Index(Severities(), t)
}

// A Finding is what a check found at one place of a ruleset.
type Finding struct {
	// File is the path of the file, with slashes, as whoever asked for the check
	// can open it.
	File     string   `json:"file"`
	Line     int      `json:"line"`   // from 1
	Column   int      `json:"column"` // from 1, in code points
	Code     string   `json:"code"`   // E012, W003: each has a page
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`   // what to do
	Source   string   `json:"source,omitempty"` // the line
}

// Findings are what a check found, in order of file and place.
type Findings []Finding

// FindingsOf makes findings of the mistakes of a ruleset. The folder stands before
// the name of each file; it may be empty.
func FindingsOf(wrong rules.Diagnostics, folder string) Findings {
	out := Findings{}
	for _, d := range wrong {
		out = append(out, Finding{
			File: d.Pos.In(folder).File, Line: max(1, d.Pos.Line), Column: max(1, d.Pos.Column),
			Code: d.Code, Severity: Error, Message: d.Message, Hint: d.Hint, Source: d.Source,
		})
	}
	return out.Sorted()
}

// Sorted returns the findings in order of file, place and code, each once.
func (f Findings) Sorted() Findings {
	out := slices.Clone(f)
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(out)
}

// Worst is the gravest severity among the findings; "" if there are none.
func (f Findings) Worst() Severity {
	for _, s := range Severities() {
		if slices.ContainsFunc(f, func(x Finding) bool { return x.Severity == s }) {
			return s
		}
	}
	return ""
}

// Count counts the findings of a severity.
func (f Findings) Count(s Severity) int {
	n := 0
	for _, x := range f {
		if x.Severity == s {
			n++
		}
	}
	return n
}

// text is the message with its hint.
func (f *Finding) text() string {
	if f.Hint == "" {
		return f.Message
	}
	return f.Message + "; " + f.Hint
}
