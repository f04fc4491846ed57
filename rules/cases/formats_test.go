package cases_test

import (
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

// wrong is the report of a ruleset whose cases are wrong in every way.
func wrong(t *testing.T, o cases.Options) (cases.Report, []byte) {
	t.Helper()
	law := rules.Law{Common: mini(t)}
	bundle, err := os.ReadFile("testdata/wrong.txt")
	require.NoError(t, err)
	e, err := rules.LoadState(bundle, law.Common)
	require.NoError(t, err)
	return cases.RunWith(law, e, o), bundle
}

func TestTree(t *testing.T) {
	r, bundle := wrong(t, cases.Options{})
	var out strings.Builder
	require.NoError(t, r.WriteTree(&out, bundle, false))
	golden.Compare(t, "testdata/wrong.tree.golden", []byte(out.String()))
	for _, passed := range []string{"some are right: dip.agent", "an age that is not known"} {
		assert.NotContains(t, out.String(), passed)
		out.Reset()
		require.NoError(t, r.WriteTree(&out, bundle, true))
		assert.Contains(t, out.String(), "ok   "+passed)
		out.Reset()
		require.NoError(t, r.WriteTree(&out, bundle, false))
	}
}

// What is written as JUnit is read back by another's eyes: the counts are those of
// the elements, and each failure has its text.
func TestJUnit(t *testing.T) {
	r, bundle := wrong(t, cases.Options{Cover: true})
	r.Results[0].Case.Name += " \x1b[31m\x00 <&> \ufffe"
	var out strings.Builder
	require.NoError(t, cases.WriteJUnit(&out, []cases.Report{r, r}, [][]byte{bundle, bundle}))
	var got struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []struct {
			Name       string `xml:"name,attr"`
			Tests      int    `xml:"tests,attr"`
			Failures   int    `xml:"failures,attr"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				File    string `xml:"file,attr"`
				Line    int    `xml:"line,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	dec := xml.NewDecoder(strings.NewReader(out.String()))
	require.NoError(t, dec.Decode(&got))
	require.Len(t, got.Suites, 2)
	tests, failures := 0, 0
	for _, s := range got.Suites {
		properties := map[string]string{}
		for _, p := range s.Properties {
			properties[p.Name] = p.Value
		}
		assert.Equal(t, "xa", properties["ruleset"])
		assert.Equal(t, "2025-01", properties["edition"])
		assert.Equal(t, rules.Hash(bundle), properties["hash"])
		assert.Regexp(t, `^\d+\.\d%$`, properties["coverage"])
		assert.Len(t, s.Cases, s.Tests)
		failed := 0
		for _, c := range s.Cases {
			assert.NotEmpty(t, c.Name)
			assert.NotEmpty(t, c.File)
			assert.Positive(t, c.Line)
			if c.Failure != nil {
				failed++
				assert.NotEmpty(t, c.Failure.Message)
				assert.Contains(t, c.Failure.Text, c.File)
			}
		}
		assert.Equal(t, s.Failures, failed)
		tests, failures = tests+s.Tests, failures+failed
	}
	assert.Equal(t, got.Tests, tests)
	assert.Equal(t, got.Failures, failures)
	assert.Equal(t, 2*(6+3), failures, "of cases, and of rules")
}

// The stream is what version 14 of the protocol says: a version, a plan, and points
// that are numbered through, each failure with a block of YAML.
func TestTAP(t *testing.T) {
	r, _ := wrong(t, cases.Options{})
	r.Results[0].Case.Name += " # TODO \\ \x1b[31m\nBail out!"
	var out strings.Builder
	require.NoError(t, cases.WriteTAP(&out, []cases.Report{r}))
	golden.Compare(t, "testdata/wrong.tap.golden", []byte(out.String()))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Equal(t, "TAP version 14", lines[0])
	var planned int
	_, err := fmt.Sscanf(lines[1], "1..%d", &planned)
	require.NoError(t, err)
	point := regexp.MustCompile(`^(not )?ok (\d+) - (.+)$`)
	n, failed, blocks, inside := 0, 0, 0, false
	for _, line := range lines[2:] {
		m := point.FindStringSubmatch(line)
		switch {
		case inside && line == "  ...":
			inside = false
		case inside:
			assert.Regexp(t, `^  \w+: ("(\\.|[^"\\])*"|\d+)$`, line)
		case line == "  ---":
			inside, blocks = true, blocks+1
		case strings.HasPrefix(line, "# "):
		default:
			require.NotNil(t, m, line)
			n++
			assert.Equal(t, strconv.Itoa(n), m[2])
			assert.NotRegexp(t, `(^|[^\\])#`, m[3], "which would begin a directive")
			if m[1] != "" {
				failed++
			}
		}
	}
	assert.Equal(t, planned, n)
	assert.Equal(t, failed, blocks)
	assert.Equal(t, 9, failed)
	assert.NotContains(t, out.String(), "\x1b")

	out.Reset()
	require.NoError(t, cases.WriteTAP(&out, nil))
	assert.Equal(t, "TAP version 14\n1..0 # SKIP there are no cases\n", out.String())
}

// Only some cases leave the rules unjudged.
func TestOnly(t *testing.T) {
	r, _ := wrong(t, cases.Options{Only: func(name string) bool { return strings.HasPrefix(name, "some are right: dip.a") }})
	assert.Len(t, r.Results, 2)
	assert.Equal(t, 6, r.Left)
	assert.Empty(t, r.Untried())
	assert.Equal(t, "xa 2025-01: 1 of 2 cases came true, 6 were left out", r.Summary())
}

// Watching changes no answer, and what it counts is what the cases do.
func TestCover(t *testing.T) {
	e := mini(t)
	law := rules.Law{Common: e}
	plain, r := cases.Run(law, e), cases.RunWith(law, e, cases.Options{Cover: true})
	require.Len(t, r.Results, len(plain.Results))
	for i := range plain.Results {
		assert.Equal(t, plain.Results[i].Got, r.Results[i].Got)
	}
	sums := r.Cover.Sums()
	assert.Equal(t, sums.Rules, cases.Share{Set: len(e.Rules), Of: len(e.Rules)})
	assert.Positive(t, sums.Clauses.Set)
	assert.LessOrEqual(t, sums.Clauses.Set, sums.Clauses.Of)
	byID := map[string]*cases.RuleCover{}
	for _, rule := range r.Cover.Rules {
		byID[rule.Rule.ID] = rule
	}
	cell, other := byID["B-PERSON/imm.arrest/agent"], byID["B-PERSON/imm.civil/agent"]
	require.Len(t, cell.Clauses, 1)
	assert.Same(t, cell.Clauses[0], other.Clauses[0], "cells of a table share the table's condition")
	assert.Equal(t, "member.phase != ENDED", cell.Clauses[0].Form.Source())
	assert.Len(t, cell.Parts, 2, "the category, and that there is no family")
	minimum := byID["C-MIN"]
	require.Len(t, minimum.Outcomes, 4)
	for i, what := range []string{"allowed_with_conditions", "minimum_purchase met", "minimum_purchase not met", "minimum_purchase open"} {
		assert.Equal(t, what, minimum.Outcomes[i].What)
		assert.Equal(t, i < 3, minimum.Outcomes[i].Seen > 0, "no case leaves the amount open: %s", what)
	}
	for _, c := range r.Cover.Clauses {
		assert.Equal(t, len(c.Missing()) == 0, c.True > 0 && c.False > 0 && c.Decisive > 0)
		assert.LessOrEqual(t, c.Decisive, c.True+c.False)
	}
}

func TestShare(t *testing.T) {
	assert.InDelta(t, 100.0, cases.Share{}.Percent(), 0)
	assert.InDelta(t, 99.9, cases.Share{Set: 9999, Of: 10000}.Percent(), 0, "100 is all")
	assert.Equal(t, cases.Share{Set: 3, Of: 5}, cases.Share{Set: 1, Of: 2}.Add(cases.Share{Set: 2, Of: 3}))
}
