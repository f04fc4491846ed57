package cases

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The elements of a report as JUnit writes them, which programs that run builds
// read: a suite for each edition, a case for each result, and one for each rule
// that is not tried.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes reports as one JUnit file. The bundles are those of the
// editions, in the same order.
func WriteJUnit(w io.Writer, reports []Report, bundles [][]byte) error {
	all := junitSuites{Name: "comity rules test"}
	for i := range reports {
		r := &reports[i]
		s := junitSuite{Name: clean(string(r.Ruleset)), Properties: []junitProperty{
			{"ruleset", clean(string(r.Ruleset))}, {"edition", clean(r.Edition)}, {"hash", r.Hash},
		}}
		if r.Left > 0 {
			s.Properties = append(s.Properties, junitProperty{"left_out", strconv.Itoa(r.Left)})
		}
		if r.Cover != nil {
			s.Properties = append(s.Properties, junitProperty{"coverage", fmt.Sprintf("%.1f%%", r.Cover.Sums().Total().Percent())})
		}
		for j := range r.Results {
			x := &r.Results[j]
			c := junitCase{Class: clean(fmt.Sprintf("%s.%s", r.Ruleset, x.Case.Pos.File)), Name: clean(x.Name()), File: clean(r.at(x.Want.Pos).File), Line: x.Want.Pos.Line}
			if len(x.Wrong) > 0 {
				c.Failure = &junitFailure{Message: clean(strings.Join(x.Wrong, "; ")), Type: "case", Text: clean(strings.Join(x.detail(r, bundles[i]), "\n"))}
			}
			s.Cases = append(s.Cases, c)
		}
		for _, c := range r.Untried() {
			s.Cases = append(s.Cases, junitCase{
				Class: clean(fmt.Sprintf("%s.rules", r.Ruleset)), Name: "rule " + clean(c.Rule.ID) + " is tried", File: clean(r.at(c.Rule.Pos).File), Line: c.Rule.Pos.Line,
				Failure: &junitFailure{Message: "rule " + clean(c.Rule.ID) + " " + c.why(), Type: "untried", Text: clean(r.at(c.Rule.Pos).String())},
			})
		}
		s.Tests = len(s.Cases)
		for _, c := range s.Cases {
			if c.Failure != nil {
				s.Failures++
			}
		}
		all.Tests, all.Failures = all.Tests+s.Tests, all.Failures+s.Failures
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// clean writes what XML can't hold as a sign that says so.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '\t' || c >= ' ' && c != 0xfffe && c != 0xffff {
			return c
		}
		return '\ufffd'
	}, strings.ToValidUTF8(text, "\ufffd"))
}
