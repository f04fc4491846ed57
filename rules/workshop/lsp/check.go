package lsp

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/comity-project/comity/rules"
)

// A job is a ruleset to be loaded.
type job struct {
	dir     string
	edit    int // the edit after which the files were taken
	own     []*file
	common  []*file // nil: own is the common ruleset
	shipped bool
	// stale is set when there was another edit, after which the findings of lint are
	// of no use.
	stale *atomic.Bool
}

// A verdict is what loading came to.
type verdict struct {
	job
	wrong []mistake
}

// A mistake is a diagnostic of a loader, or a finding, at its place.
type mistake struct {
	rules.Diagnostic
	severity int
}

// A checker loads rulesets. It keeps the common editions that it loaded last,
// since every keystroke in a State's ruleset needs one.
type checker struct {
	commons []*common // the latest first
}

type common struct {
	hash    string
	files   []*file
	edition *rules.Edition // nil if it has mistakes
	wrong   []mistake
	linted  bool
	found   []mistake // of lint
}

// lint returns what lint has to say of it, which is found out when it is asked.
func (c *common) lint() []mistake {
	if !c.linted {
		c.linted, c.found = true, findings(c.files, c.edition, nil)
	}
	return c.found
}

const keptCommons = 3

func (c *checker) check(j job) (v verdict) {
	v = verdict{job: j}
	defer func() {
		if p := recover(); p != nil {
			v.wrong = append(v.wrong, atHead(j.own, fmt.Sprintf("the ruleset can't be checked: %v", p)))
		}
	}()
	text, err := bundle(j.own)
	if err != nil {
		v.wrong = append(v.wrong, unbundled(j.own, err))
		return v
	}
	if j.common == nil {
		base := c.common(text, j.own)
		v.wrong = base.wrong
		if base.edition != nil && !j.stale.Load() {
			v.wrong = base.lint()
		}
		return v
	}
	over, err := bundle(j.common)
	if err != nil {
		v.wrong = append(v.wrong, atHead(j.own, fmt.Sprintf("the common ruleset beside this one can't be read, so that this one is not checked: %v", err)))
		return v
	}
	base := c.common(over, j.common)
	if base.edition == nil {
		v.wrong = append(v.wrong, atHead(j.own, fmt.Sprintf("the common ruleset beside this one has mistakes, so that this one is not checked; the first is at %s", first(base.wrong))))
		return v
	}
	edition, err := rules.LoadState(text, base.edition)
	v.wrong = mistakesOf(err)
	if edition != nil && !j.stale.Load() {
		v.wrong = append(v.wrong, findings(j.own, edition, base.edition)...)
	}
	return v
}

// common loads a common ruleset, unless it was among the last.
func (c *checker) common(text []byte, files []*file) *common {
	hash := rules.Hash(text)
	for i, known := range c.commons {
		if known.hash == hash {
			copy(c.commons[1:i+1], c.commons[:i])
			c.commons[0] = known
			return known
		}
	}
	made := &common{hash: hash, files: files}
	var err error
	made.edition, err = rules.LoadCommon(text)
	made.wrong = mistakesOf(err)
	c.commons = append([]*common{made}, c.commons[:min(len(c.commons), keptCommons-1)]...)
	return made
}

func mistakesOf(err error) []mistake {
	var out []mistake
	if wrong, ok := errors.AsType[rules.Diagnostics](err); ok {
		for _, d := range wrong {
			out = append(out, mistake{d, severityError})
		}
	}
	return out
}

// first says where the first mistake is.
func first(wrong []mistake) string {
	if len(wrong) == 0 {
		return "an unknown place" // unreachable: what has no mistake loads
	}
	return fmt.Sprintf("%s: %s", wrong[0].Pos, wrong[0].Message)
}

// unbundled is the mistake of files that are no bundle. The text of the error
// begins with the name of the file.
func unbundled(files []*file, err error) mistake {
	d := rules.Diagnostic{Pos: rules.Pos{Line: 1, Column: 1}, Code: "E001", Message: err.Error()}
	for _, f := range files {
		if rest, found := strings.CutPrefix(d.Message, f.name+": "); found {
			d.Pos.File, d.Message = f.name, rest
		}
	}
	return mistake{d, severityError}
}

// atHead is a remark at the head of the ruleset.
func atHead(files []*file, text string) mistake {
	d := rules.Diagnostic{Pos: rules.Pos{Line: 1, Column: 1}, Message: text}
	for _, f := range files {
		if e := f.root.entry("ruleset"); e != nil {
			d.Pos.File, d.Pos.Line = f.name, 1+strings.Count(f.text.all[:e.key.from], "\n")
		}
	}
	return mistake{d, severityWarning}
}

// extent returns the byte offsets of what a mistake is about: the word at its
// place, or all of a scalar that begins there and is no expression.
func (f *file) extent(m mistake) (from, to int) {
	from = f.text.place(m.Pos.Line, m.Pos.Column)
	all := f.text.all
	_, lineEnd := f.text.line(f.text.lineOf(from))
	if n := f.root.at(from); n != nil && n.from == from && n.to > from && !inExpressions[m.Code] {
		return from, min(n.to, max(lineEnd, from+1))
	}
	if from < len(all) && all[from] == '(' { // of a function it is its bracket
		begin := from
		for begin > 0 && wordByte(all[begin-1]) {
			begin--
		}
		if begin < from {
			return begin, from
		}
	}
	to = from
	for to < lineEnd && wordByte(all[to]) {
		to++
	}
	if to == from && to < lineEnd {
		if sign := all[from:min(from+2, lineEnd)]; longSigns[sign] || sign == "=>" || sign == "=<" || sign == "<>" || sign == "//" {
			return from, from + 2
		}
		_, size := utf8.DecodeRuneInString(all[from:])
		to += size
	}
	if to == from && from > 0 && !isBreak(all[from-1]) { // at the end of a line
		_, size := utf8.DecodeLastRuneInString(all[:from])
		from -= size
	}
	return from, to
}

// inExpressions are the codes of mistakes that stand inside of an expression.
var inExpressions = map[string]bool{
	"E028": true, "E030": true, "E031": true, "E032": true, "E033": true, "E034": true, "E035": true, "E036": true, "E037": true,
}

func wordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

var elsewhere = regexp.MustCompile(`\b([^\s:/]+\.yaml):(\d+)(?::(\d+))?`)

// diagnostics returns what is wrong with each file of a ruleset.
func (s *Server) diagnostics(v verdict) map[string][]diagnostic {
	byName := map[string]*file{}
	for _, f := range v.own {
		byName[f.name] = f
	}
	out := map[string][]diagnostic{}
	for _, m := range v.wrong {
		f := byName[m.Pos.File]
		if f == nil { // of the bundle
			if f = headFile(v.own); f == nil {
				continue
			}
			m.Pos.Line, m.Pos.Column = 1, 1
		}
		from, to := f.extent(m)
		d := diagnostic{Range: f.text.span(from, to, s.enc), Severity: m.severity, Code: m.Code, Source: "comity", Message: m.Message}
		if m.Hint != "" {
			d.Message += "; " + m.Hint
			d.Data = &diagnosticData{Hint: m.Hint}
		}
		if _, found := page(m.Code); found && s.client.TextDocument.PublishDiagnostics.CodeDescriptionSupport {
			d.CodeDescription = &codeAddress{Href: pageAddress(m.Code)}
		}
		if s.client.TextDocument.PublishDiagnostics.RelatedInformation {
			for _, at := range elsewhere.FindAllStringSubmatch(d.Message, 2) {
				if other := byName[at[1]]; other != nil {
					line, _ := strconv.Atoi(at[2])
					column, _ := strconv.Atoi(at[3])
					place := other.text.place(line, max(1, column))
					_, end := other.text.line(other.text.lineOf(place))
					d.Related = append(d.Related, relatedPlace{location{s.uri(other), other.text.span(place, end, s.enc)}, "the other place"})
				}
			}
		}
		out[s.uri(f)] = append(out[s.uri(f)], d)
	}
	return out
}

// headFile is the file that says which ruleset it is, or the first.
func headFile(files []*file) *file {
	for _, f := range files {
		if f.root.get("ruleset") != nil {
			return f
		}
	}
	if len(files) > 0 {
		return files[0]
	}
	return nil
}
