package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The kinds of mistake in a ruleset. A code never changes its meaning, so that
// it can be looked up and searched for.
const (
	codeBundle      = "E001"
	codeSyntax      = "E002"
	codeFeature     = "E003"
	codeDeep        = "E004"
	codeTwice       = "E005"
	codeUnknownKey  = "E006"
	codeMissingKey  = "E007"
	codeShape       = "E008"
	codePlace       = "E009"
	codeHead        = "E010"
	codeIdentifier  = "E011"
	codeSameID      = "E012"
	codePrivilege   = "E013"
	codeCode        = "E014"
	codeCondition   = "E015"
	codeList        = "E016"
	codeFact        = "E017"
	codeEffect      = "E018"
	codeOutcome     = "E019"
	codeConditions  = "E020"
	codeParam       = "E021"
	codeTable       = "E022"
	codeLet         = "E023"
	codeDate        = "E024"
	codeEach        = "E025"
	codeOf          = "E026"
	codeVocabulary  = "E027"
	codeConstant    = "E028"
	codeCase        = "E029"
	codeParse       = "E030"
	codeName        = "E031"
	codeField       = "E032"
	codeTypes       = "E033"
	codeResult      = "E034"
	codeUnavailable = "E035"
	codeLimit       = "E036"
	codeNested      = "E037"
	codeTime        = "E038"
	codeView        = "E039"
	codeMany        = "E040"
	codeFloor       = "E041"
	codeClock       = "E042"
	codeSecurity    = "E043"
	codeOffice      = "E044"
	codeCharacter   = "E045"
)

// DiagnosticCodes says in a line what each code of a [Diagnostic] means.
var DiagnosticCodes = map[string]string{
	codeBundle:      "the bundle is too large, empty, or not a bundle",
	codeSyntax:      "the file is not YAML",
	codeFeature:     "anchors, aliases, merge keys and tags are not available",
	codeDeep:        "the file is nested too deeply, or a line is too long",
	codeTwice:       "a key is given twice",
	codeUnknownKey:  "a key is unknown",
	codeMissingKey:  "a required key is missing or empty",
	codeShape:       "a value is of the wrong kind: a map, list, text, number or truth is expected",
	codePlace:       "a block belongs only in the common ruleset",
	codeHead:        "the head of the ruleset is missing or wrong",
	codeIdentifier:  "an identifier or a code is malformed",
	codeSameID:      "an identifier is used twice",
	codePrivilege:   "a privilege is unknown, or a pattern matches none",
	codeCode:        "a code is not in its list",
	codeCondition:   "a condition is unknown",
	codeList:        "a type or a list of the vocabulary is unknown",
	codeFact:        "the declaration of a fact is wrong",
	codeEffect:      "a tier or its effect is wrong",
	codeOutcome:     "an outcome is missing, unknown or out of place",
	codeConditions:  "conditions and outcome contradict each other",
	codeParam:       "a parameter of a condition is unknown, missing or of the wrong type",
	codeTable:       "a table does not add up",
	codeLet:         "a name of let is unusable",
	codeDate:        "a date is malformed, or a period is empty",
	codeEach:        "`each` is wrong",
	codeOf:          "a rule is asked of others than its privileges are",
	codeVocabulary:  "a list of the vocabulary is missing",
	codeConstant:    "two codes of a list have the same constant",
	codeCase:        "a case is wrong",
	codeParse:       "an expression can't be read",
	codeName:        "a name in an expression is unknown",
	codeField:       "a fact in an expression is unknown",
	codeTypes:       "values of different types are compared or combined",
	codeResult:      "an expression has the wrong type",
	codeUnavailable: "something of CEL is not available in rules",
	codeLimit:       "an expression is too long, too deep or too costly",
	codeNested:      "exists and all can't be nested",
	codeTime:        "the ruleset takes too long to check",
	codeView:        "a view is wrong",
	codeMany:        "there are more mistakes than are listed",
	codeFloor:       "a rule would lower an answer below its floor",
	codeClock:       "the clock of a kind of request is wrong",
	codeSecurity:    "security and reciprocity are mixed",
	codeOffice:      "the regional offices don't add up",
	codeCharacter:   "a character can't be seen, or looks like another",
}

// A Diagnostic is one mistake in a ruleset.
type Diagnostic struct {
	Pos     Pos
	Code    string // one of [DiagnosticCodes]
	Message string
	Source  string // the line
	Hint    string // did you mean DIP_AGENT?
}

// Diagnostics are all mistakes of a ruleset, in order of file and place.
type Diagnostics []Diagnostic

// Error prints every mistake as
//
//	file:line:column: nothing is called DIP_AGNT; did you mean DIP_AGENT? [E031]
//	    when: member.category == DIP_AGNT
//	                             ^
//
// What is too long for a line goes on in the next ones, indented by two columns.
func (d Diagnostics) Error() string {
	var out strings.Builder
	for i, m := range d {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(m.String())
	}
	return out.String()
}

func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// In returns the place as it is called from outside a ruleset: with the folder before
// the name of its file, unless that is empty or ".".
func (p Pos) In(folder string) Pos {
	if folder = strings.TrimSuffix(folder, "/"); folder != "" && folder != "." && p.File != "" {
		p.File = folder + "/" + p.File
	}
	return p
}

// In returns the mistakes with their places as they are called from outside.
func (d Diagnostics) In(folder string) Diagnostics {
	out := slices.Clone(d)
	for i := range out {
		out[i].Pos = out[i].Pos.In(folder)
	}
	return out
}

func (p Pos) compare(q Pos) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

func (d Diagnostic) String() string {
	text, hint, code := d.Pos.String()+": "+visible(d.Message), visible(d.Hint), " ["+d.Code+"]"
	if breadth(text)+breadth(hint) > longestOneLine {
		text = folded(text + code)
		if hint != "" {
			text += "\n  " + folded(hint)
		}
		return text + excerpt(d.Source, d.Pos.Column)
	}
	if hint != "" {
		text += "; " + hint
	}
	return text + code + excerpt(d.Source, d.Pos.Column)
}

// longestOneLine is how many columns a mistake with its hint has at most that stands in
// one line, and foldedAt where the lines of a longer one end.
const (
	longestOneLine = 240
	foldedAt       = 100
)

// folded breaks a long text between words; all its lines but the first are indented.
func folded(text string) string {
	var out strings.Builder
	at := 0
	for word := range strings.SplitSeq(text, " ") {
		switch n := breadth(word); {
		case at == 0:
			at = n
		case at+1+n > foldedAt:
			out.WriteString("\n  ")
			at = 2 + n
		default:
			out.WriteByte(' ')
			at += 1 + n
		}
		out.WriteString(word)
	}
	return out.String()
}

// mostDiagnostics is how many mistakes are listed of one ruleset.
const mostDiagnostics = 200

// sorted returns the mistakes in order, each once.
func (d Diagnostics) sorted() Diagnostics {
	slices.SortStableFunc(d, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.compare(b.Pos), strings.Compare(a.Code, b.Code), strings.Compare(a.Message, b.Message))
	})
	d = slices.CompactFunc(d, func(a, b Diagnostic) bool { return a.Pos == b.Pos && a.Code == b.Code && a.Message == b.Message })
	if len(d) > mostDiagnostics {
		rest := fmt.Sprintf("there are %d more mistakes", len(d)-mostDiagnostics)
		if len(d) >= 4*mostDiagnostics {
			rest = "there are many more mistakes"
		}
		d = append(d[:mostDiagnostics:mostDiagnostics], Diagnostic{Pos: d[mostDiagnostics-1].Pos, Code: codeMany, Message: rest})
	}
	return d
}

// clip shortens what a ruleset says, for a message.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:57]) + "..."
}
