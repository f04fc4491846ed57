package scenario_test

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/scenario"
)

// stepOf says at which step of the resolution the rules of a tier speak.
var stepOf = map[domain.Tier]int{
	domain.TierBaseline: 1, domain.TierStatus: 2, domain.TierAgreement: 3, domain.TierReciprocity: 5,
	domain.TierIndividual: 6, domain.TierProgramme: 7, domain.TierWaiver: 8,
}

// The tables of the page on resolution that stand above a scenario were worked by
// hand: for each question of the scenario a column, and at each step the rules
// that speak there, all of them, with whatever they speak for.
func TestWorkedByHand(t *testing.T) {
	text, err := os.ReadFile("../../docs/design/0002-resolution.md")
	require.NoError(t, err)
	worked := regexp.MustCompile("(?ms)((?:^\\|[^\n]*\n)+)\n^```scenario\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	require.Len(t, worked, strings.Count(string(text), "```scenario"))
	require.NotEmpty(t, worked)
	for _, w := range worked {
		file, err := scenario.Parse("worked by hand", []byte(w[2]))
		require.NoError(t, err)
		name := file.Scenarios[0].Name
		report := run(t, file, inMemory)
		for _, row := range rowsOf(w[1]) {
			cells := row[1:]
			require.Len(t, report.Answers, len(cells), "%s: columns and questions, at %s", name, row[0])
			for i, cell := range cells {
				d := report.Answers[i].Decision
				if row[0] == "answer" {
					assert.Equal(t, answerOf(d), cell, "%s: column %d", name, i+1)
					continue
				}
				first, last := steps(t, row[0])
				rules, by := speaking(d, first, last)
				assert.ElementsMatch(t, rules, ruleIDs(cell), "%s: step %s, column %d: %s", name, row[0], i+1, cell)
				for _, id := range by {
					assert.Contains(t, cell, id, "%s: step %s, column %d", name, row[0], i+1)
				}
			}
		}
	}
}

// rowsOf returns the cells of a table but for its head.
func rowsOf(table string) [][]string {
	var rows [][]string
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows[2:]
}

// steps reads the numbers at the beginning of a row: 5 reciprocity, or 2-4.
func steps(t *testing.T, label string) (first, last int) {
	t.Helper()
	m := regexp.MustCompile(`^(\d)(?:-(\d))?\b`).FindStringSubmatch(label)
	require.NotNil(t, m, label)
	first, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	if m[2] == "" {
		return first, first
	}
	last, err = strconv.Atoi(m[2])
	require.NoError(t, err)
	return first, last
}

// speaking returns the rules that speak at the steps, and the measures of States
// and matters that they speak for.
func speaking(d domain.Decision, first, last int) (rules, by []string) {
	for _, r := range d.Reasons {
		step := stepOf[r.Tier]
		if r.Rule == "" || step < first || step > last {
			continue
		}
		rules = append(rules, r.Rule)
		if r.By != "" && r.Tier != domain.TierIndividual {
			by = append(by, r.By[strings.LastIndexByte(r.By, ' ')+1:]) // measure m-1
		}
	}
	return rules, by
}

// ruleIDs returns the rules that a cell names.
func ruleIDs(cell string) []string {
	var ids []string
	for _, m := range regexp.MustCompile("`([A-Z][^`]*)`").FindAllStringSubmatch(cell, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// answerOf is the answer in short, and of a denial the code on which it rests.
func answerOf(d domain.Decision) string {
	if d.Outcome != domain.Denied {
		return inShort(d)
	}
	i := slices.IndexFunc(d.Reasons, func(r domain.Reason) bool { return r.Decisive && r.Detail != "" })
	if i < 0 {
		return inShort(d)
	}
	return inShort(d) + " [" + d.Reasons[i].Detail + "]"
}
