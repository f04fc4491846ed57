package rulesets_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

const coveragePage = "../docs/coverage.md"

// covered is the page on coverage: the rows of its tables by section, each split
// into cells, and every name that stands in type.
type covered struct {
	rows  map[string][][]string
	names []string
}

func coverage(t *testing.T) covered {
	t.Helper()
	text, err := os.ReadFile(coveragePage)
	require.NoError(t, err)
	c := covered{rows: map[string][][]string{}}
	section := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if heading, found := strings.CutPrefix(line, "## "); found {
			section = heading
		}
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "| ---") {
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			c.rows[section] = append(c.rows[section], cells)
		}
		c.names = append(c.names, inType(line)...)
	}
	return c
}

func inType(text string) []string {
	var names []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// first returns what stands in the first cells of a section, without its heads.
func (c covered) first(section string) []string {
	var out []string
	for _, row := range c.rows[section] {
		if name, found := strings.CutPrefix(row[0], "`"); found {
			out = append(out, strings.TrimSuffix(name, "`"))
		}
	}
	return out
}

// The page on coverage has every code of the law, in the order of the law's own
// lists, every rule that makes answers determinate and every type of event.
func TestCoverageIsWhole(t *testing.T) {
	page, language := coverage(t), common(t).Language
	var privileges []string
	for _, p := range language.PrivilegeOrder {
		privileges = append(privileges, string(p))
	}
	assert.Equal(t, privileges, page.first("Privileges"))
	for section, list := range map[string]string{
		"Mission kinds": "mission_kind", "Mission status": "mission_status", "Categories": "category", "Personal status": "status",
		"Levels": "level", "Offences": "offence", "Consequences": "consequence",
	} {
		assert.ElementsMatch(t, codesOf(language.Lists[list]), page.first(section), section)
	}

	var determinate, events []string
	for _, row := range page.rows["Rules that make answers determinate"][1:] {
		determinate = append(determinate, row[0])
	}
	for i := range determinate {
		assert.Equal(t, fmt.Sprintf("R%d", i+1), determinate[i])
	}
	assert.Len(t, determinate, 26)
	for _, row := range page.rows["Events"][1:] {
		events = append(events, inType(row[1])...)
	}
	var types []string
	for _, e := range domain.Events() {
		types = append(types, string(e.Type()))
	}
	assert.ElementsMatch(t, types, events)
}

func codesOf(list *rules.CodeList) []string {
	var codes []string
	for _, c := range list.Codes {
		codes = append(codes, c.Code)
	}
	return codes
}

// Of every privilege the page names the tables that have a row for it, all of
// them; and what it says an offence proposes is what it proposes.
func TestCoverageAgreesWithTheLaw(t *testing.T) {
	page, e := coverage(t), common(t)
	for _, row := range page.rows["Privileges"][1:] {
		var tables []string
		for _, r := range e.Rules {
			parts := strings.Split(r.ID, "/")
			if len(parts) == 3 && "`"+parts[1]+"`" == row[0] && !slices.Contains(tables, parts[0]) {
				tables = append(tables, parts[0])
			}
		}
		assert.ElementsMatch(t, tables, inType(row[3]), row[0])
	}
	for _, row := range page.rows["Offences"][1:] {
		var proposed []string
		for _, c := range e.Consequences[inType(row[0])[0]] {
			if !slices.Contains(proposed, c.Propose) {
				proposed = append(proposed, c.Propose)
			}
		}
		assert.ElementsMatch(t, proposed, inType(row[2]), row[0])
	}
}

// Whatever the page names in type is there.
func TestCoverageNamesWhatExists(t *testing.T) {
	e := common(t)
	known := map[string]bool{}
	for _, list := range e.Language.Lists {
		for _, code := range codesOf(list) {
			known[code] = true
		}
	}
	for p := range e.Language.Privileges {
		known[string(p)] = true
	}
	for object, decls := range e.Language.Facts {
		for _, d := range decls {
			known[object+"."+d.Name] = true
		}
	}
	for _, r := range e.Rules {
		table, _, _ := strings.Cut(r.ID, "/")
		known[r.ID], known[table] = true, true
	}
	for _, event := range domain.Events() {
		known[string(event.Type())] = true
	}
	for _, name := range coverage(t).names {
		if known[name] {
			continue
		}
		var found []string
		for _, pattern := range []string{"../" + name, "common/" + name, "../engine/scenario/testdata/" + name + ".scenario"} {
			paths, err := filepath.Glob(pattern)
			require.NoError(t, err)
			found = append(found, paths...)
		}
		assert.NotEmpty(t, found, "docs/coverage.md names %q, which is no rule, code, fact, event, file or scenario", name)
	}
}
