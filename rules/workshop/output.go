package workshop

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/comity-project/comity/rules/pages"
)

// A Form is one in which findings are written.
type Form string

// The forms. Text is for people; JSON is ours; SARIF 2.1.0 is what code hosts show
// beside the lines; GitHub are the commands by which a workflow annotates them; and
// JUnit is what every build server knows.
const (
	AsText   Form = "text"
	AsJSON   Form = "json"
	AsSARIF  Form = "sarif"
	AsGitHub Form = "github"
	AsJUnit  Form = "junit"
)

// Forms returns all forms.
func Forms() []Form { return []Form{AsText, AsJSON, AsSARIF, AsGitHub, AsJUnit} }

// A Report is what is written about findings.
type Report struct {
	Check    string // what was done: check, lint, analyse
	Version  string // of the program
	Findings Findings
	// Pages look up what a code means.
	Pages []*pages.Catalogue
}

// Write writes the report in a form.
func (r *Report) Write(w io.Writer, form Form) error {
	switch form {
	case AsText:
		return r.text(w)
	case AsJSON:
		return r.json(w)
	case AsSARIF:
		return r.sarif(w)
	case AsGitHub:
		return r.github(w)
	case AsJUnit:
		return r.junit(w)
	}
	return fmt.Errorf("there is no form %q", form)
}

func (r *Report) page(code string) (pages.Page, bool) {
	for _, c := range r.Pages {
		if p, found := c.Page(code); found {
			return p, true
		}
	}
	return pages.Page{}, false
}

// mostWritten is how many findings are written for people: the gravest, of equals
// the first. Of the others it is said how many there are of each code.
const mostWritten = 200

// written parts the findings in those that are written out and the others, both in
// their order.
func (r *Report) written() (written, others Findings) {
	if len(r.Findings) <= mostWritten {
		return r.Findings, nil
	}
	room := map[Severity]int{}
	left := mostWritten
	for _, s := range Severities() {
		room[s] = min(left, r.Findings.Count(s))
		left -= room[s]
	}
	for _, f := range r.Findings {
		if room[f.Severity] > 0 {
			room[f.Severity]--
			written = append(written, f)
		} else {
			others = append(others, f)
		}
	}
	return written, others
}

// more says how many findings there are of each code; "" if there are none.
func (f Findings) more() string {
	count := map[string]int{}
	for _, one := range f {
		count[one.Code]++
	}
	var of []string
	for _, code := range slices.Sorted(maps.Keys(count)) {
		of = append(of, fmt.Sprintf("%d more of %s", count[code], code))
	}
	if len(of) == 0 {
		return ""
	}
	return "and " + strings.Join(of, ", ") + "; the other forms list them all\n"
}

// text writes each finding as the mistakes of rules are: the place, what is wrong,
// the line and a caret.
func (r *Report) text(w io.Writer) error {
	written, others := r.written()
	for _, f := range written {
		_, err := fmt.Fprintf(w, "%s:%d:%d: %s: %s [%s]\n%s", visible(f.File), f.Line, f.Column, f.Severity, visible(f.text()), f.Code, excerpt(f.Source, f.Column))
		if err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, others.more())
	return err
}

const longestLine = 160

// excerpt shows a line with a caret under one of its code points.
func excerpt(line string, column int) string {
	if line == "" {
		return ""
	}
	cells, at := []rune(line), column-1
	if len(cells) > longestLine {
		from := max(0, min(at-longestLine/2, len(cells)-longestLine))
		cells, at = cells[from:from+longestLine], at-from
	}
	at = max(0, min(at, len(cells)))
	before := len([]rune(visible(string(cells[:at]))))
	return "    " + strings.TrimRight(visible(string(cells)), " ") + "\n    " + strings.Repeat(" ", before) + "^\n"
}

// visible writes out what a terminal would obey or hide.
func visible(text string) string {
	var out strings.Builder
	for _, c := range text {
		switch {
		case c == '\t':
			out.WriteByte(' ')
		case !unicode.IsPrint(c):
			fmt.Fprintf(&out, "%U", c)
		default:
			out.WriteRune(c)
		}
	}
	return out.String()
}

func (r *Report) json(w io.Writer) error {
	all := r.Findings
	if all == nil {
		all = Findings{}
	}
	return encode(w, struct {
		Check    string   `json:"check"`
		Errors   int      `json:"errors"`
		Warnings int      `json:"warnings"`
		Notes    int      `json:"notes"`
		Findings Findings `json:"findings"`
	}{r.Check, all.Count(Error), all.Count(Warning), all.Count(Note), all})
}

func encode(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// github writes a command for each finding, with what would end its fields escaped.
func (r *Report) github(w io.Writer) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range r.Findings {
		command := map[Severity]string{Error: "error", Warning: "warning", Note: "notice"}[f.Severity]
		title := f.Code
		if p, found := r.page(f.Code); found {
			title += ": " + p.Title
		}
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", command, property.Replace(f.File), f.Line, f.Column, property.Replace(title), data.Replace(f.text()))
		if err != nil {
			return err
		}
	}
	return nil
}

// junit writes a suite for each file in which something was found, and one that
// passed if there is none.
func (r *Report) junit(w io.Writer) error {
	type failure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	type testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr,omitempty"`
		Line    int      `xml:"line,attr,omitempty"`
		Failure *failure `xml:"failure,omitempty"`
	}
	type suite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	var all struct {
		XMLName  xml.Name `xml:"testsuites"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []suite  `xml:"testsuite"`
	}
	all.Name = "comity rules " + r.Check
	for _, f := range r.Findings {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != f.File {
			all.Suites = append(all.Suites, suite{Name: f.File})
		}
		s := &all.Suites[len(all.Suites)-1]
		s.Tests++
		s.Failures++
		s.Cases = append(s.Cases, testcase{
			Name: fmt.Sprintf("%s at %d:%d", f.Code, f.Line, f.Column), Class: f.File, File: f.File, Line: f.Line,
			Failure: &failure{Message: f.Message, Type: f.Code, Text: fmt.Sprintf("%s:%d:%d: %s: %s [%s]\n%s", f.File, f.Line, f.Column, f.Severity, visible(f.text()), f.Code, excerpt(f.Source, f.Column))},
		})
		all.Tests++
		all.Failures++
	}
	if len(all.Suites) == 0 {
		all.Tests = 1
		all.Suites = []suite{{Name: r.Check, Tests: 1, Cases: []testcase{{Name: "nothing was found", Class: r.Check}}}}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
