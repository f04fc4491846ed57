package workshop_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/pages"
	"github.com/comity-project/comity/rules/workshop"
)

// hostile are findings that would break out of any form.
var hostile = workshop.Findings{
	{File: "arandia/a,b:c%.yaml", Line: 3, Column: 5, Code: "W002", Severity: workshop.Warning, Message: "100% \"<b>\"\r\n::error::x", Hint: "say: no, more", Source: "    \u202ewhen: a\tb\x1b[31m"},
	{File: "arandia/über uns.yaml", Line: 1, Column: 1, Code: "E001", Severity: workshop.Error, Message: "é", Source: ""},
	{File: "x.yaml", Line: 9, Column: 900, Code: "W021", Severity: workshop.Note, Message: "far", Source: strings.Repeat("ä", 1000)},
}

func written(t *testing.T, form workshop.Form, found workshop.Findings) string {
	t.Helper()
	var out bytes.Buffer
	r := workshop.Report{Check: "lint", Version: "1.2.3", Findings: found, Pages: []*pages.Catalogue{workshop.Help()}}
	require.NoError(t, r.Write(&out, form))
	return out.String()
}

func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	name := "testdata/sarif-2.1.0.json"
	if other := os.Getenv("SARIF_SCHEMA"); other != "" {
		name = other // the whole of it, if somebody has it at hand
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(name)
	require.NoError(t, err)
	return s
}

func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	for _, found := range []workshop.Findings{nil, hostile} {
		text := written(t, workshop.AsSARIF, found)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(doc))
	}
	for _, bad := range []string{`{"version":"2.1.0"}`, `{"version":"2.0","runs":[]}`, `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"level":"notice","message":{"text":"x"}}]}]}`} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		require.NoError(t, err)
		require.Error(t, schema.Validate(doc), bad)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID      string
						HelpURI string
						Help    struct{ Markdown string }
					}
				}
			}
			Results []struct {
				RuleID              string
				RuleIndex           int
				Level               string
				PartialFingerprints map[string]string
				Locations           []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, workshop.AsSARIF, append(hostile, hostile[0]))), &log))
	run := log.Runs[0]
	require.Len(t, run.Results, 4)
	for i, r := range run.Results {
		assert.Equal(t, r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		for _, other := range run.Results[:i] {
			assert.NotEqual(t, r.PartialFingerprints, other.PartialFingerprints)
		}
	}
	assert.Equal(t, "arandia/a%2Cb:c%25.yaml", run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	assert.Equal(t, "arandia/%C3%BCber%20uns.yaml", run.Results[1].Locations[0].PhysicalLocation.ArtifactLocation.URI)
	assert.Equal(t, "warning", run.Results[0].Level)
	_, inHouse, _ := strings.Cut(run.Tool.Driver.Rules[1].HelpURI, "/blob/main/")
	require.FileExists(t, "../../"+inHouse)
	assert.Contains(t, run.Tool.Driver.Rules[1].Help.Markdown, "## Wrong")

	// Lines that come or go above leave the fingerprint as it is.
	moved := workshop.Findings{hostile[0]}
	before := written(t, workshop.AsSARIF, moved)
	moved[0].Line = 77
	after := written(t, workshop.AsSARIF, moved)
	assert.NotEqual(t, before, after)
	assert.Equal(t, before, strings.ReplaceAll(after, `"startLine":77`, `"startLine":3`))
}

func TestGitHub(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(written(t, workshop.AsGitHub, hostile), "\n"), "\n")
	require.Len(t, lines, 3)
	assert.Equal(t, "::warning file=arandia/a%2Cb%3Ac%25.yaml,line=3,col=5,title=W002%3A a part of a condition is there twice::100%25 \"<b>\"%0D%0A::error::x; say: no, more", lines[0])
	assert.Equal(t, "::error file=arandia/über uns.yaml,line=1,col=1,title=E001::é", lines[1])
	assert.True(t, strings.HasPrefix(lines[2], "::notice file=x.yaml,line=9,col=900,"), lines[2])
}

func TestJUnit(t *testing.T) {
	var all struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Type    string `xml:"type,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(written(t, workshop.AsJUnit, hostile)), &all))
	require.Len(t, all.Suites, 3)
	assert.Equal(t, 3, all.Tests)
	assert.Equal(t, 3, all.Failures)
	assert.Equal(t, "W002", all.Suites[0].Cases[0].Failure.Type)
	assert.Equal(t, "W002 at 3:5", all.Suites[0].Cases[0].Name)
	none := written(t, workshop.AsJUnit, nil)
	assert.Contains(t, none, `<testsuites name="comity rules lint" tests="1" failures="0">`)
}

func TestTextAndJSON(t *testing.T) {
	text := written(t, workshop.AsText, hostile)
	assert.NotContains(t, text, "\x1b")
	assert.NotContains(t, text, "\u202e")
	assert.Contains(t, text, "arandia/a,b:c%.yaml:3:5: warning: 100% \"<b>\"U+000DU+000A::error::x; say: no, more [W002]\n    ")
	for line := range strings.Lines(text) {
		assert.Less(t, len([]rune(line)), 200)
	}
	var out struct {
		Errors, Warnings, Notes int
		Findings                workshop.Findings
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, workshop.AsJSON, hostile)), &out))
	assert.Equal(t, hostile, out.Findings)
	assert.Equal(t, []int{1, 1, 1}, []int{out.Errors, out.Warnings, out.Notes})
	assert.Contains(t, written(t, workshop.AsJSON, nil), `"findings":[]`)
	var b bytes.Buffer
	require.Error(t, (&workshop.Report{}).Write(&b, "xml"))
}

// Mistakes become findings in order, each once, in their folder.
func TestFindingsOf(t *testing.T) {
	d := rules.Diagnostic{Pos: rules.Pos{File: "b.yaml", Line: 2, Column: 3}, Code: "E012", Message: "x", Hint: "y", Source: "z"}
	first := rules.Diagnostic{Pos: rules.Pos{File: "a.yaml"}, Code: "E001", Message: "x"}
	got := workshop.FindingsOf(rules.Diagnostics{d, first, d}, "f")
	assert.Equal(t, workshop.Findings{
		{File: "f/a.yaml", Line: 1, Column: 1, Code: "E001", Severity: workshop.Error, Message: "x"},
		{File: "f/b.yaml", Line: 2, Column: 3, Code: "E012", Severity: workshop.Error, Message: "x", Hint: "y", Source: "z"},
	}, got)
	assert.Equal(t, workshop.Error, got.Worst())
	assert.Equal(t, workshop.Severity(""), workshop.Findings{}.Worst())
	assert.True(t, workshop.Error.AtLeast(workshop.Note))
	assert.False(t, workshop.Note.AtLeast(workshop.Warning))
}

// A difference can be applied: what is left of it is one text, what is new the other.
func TestDifference(t *testing.T) {
	a := []byte("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n")
	b := []byte("one\nTWO\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\ntwelve\nmore\n")
	assert.Equal(t, `--- x
+++ x, laid out
@@ -1,5 +1,5 @@
 one
-two
+TWO
 three
 four
 five
@@ -8,5 +8,5 @@
 eight
 nine
 ten
-eleven
 twelve
+more
`, workshop.Difference("x", a, b))
	assert.Empty(t, workshop.Difference("x", a, a))
}
