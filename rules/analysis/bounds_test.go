package analysis_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// many writes n rules of a tier.
func many(n int, tier, privilege, outcome string, more func(i int) string) string {
	var b strings.Builder
	b.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: R-%d, tier: %s, privilege: %s, cite: [a], because: b, outcome: %s, applies: {family: false}, %s}\n", i, tier, privilege, outcome, more(i))
	}
	return b.String()
}

// What would take more than can be waited for is given up, and said to be: by what is
// counted, so that it is the same everywhere.
func TestMuchIsGivenUp(t *testing.T) {
	const megabyte = 1 << 20
	head := language(t, false)
	year := func(i int) string {
		return fmt.Sprintf("in_force: {from: %d-01-01, to: %d-07-01}, when: '%s'", 1900+i%200, 1901+(i*7)%200+i%200, atoms[i%(len(atoms)-1)])
	}
	for name, body := range map[string]string{
		"a text for each rule":        many(2600, "baseline", "[tax.sales]", "allowed", func(i int) string { return fmt.Sprintf("when: \"member.rank == 'r%d'\"", i) }),
		"a number for each rule":      many(2600, "baseline", "[tax.sales]", "allowed", func(i int) string { return fmt.Sprintf("when: 'member.age > %d'", i) }),
		"texts, of all privileges":    many(2600, "baseline", `["*"]`, "allowed", func(i int) string { return fmt.Sprintf("when: \"member.rank == 'r%d'\"", i) }),
		"many periods, of everything": many(800, "status", `["*"]`, "denied", year),
	} {
		t.Run(name, func(t *testing.T) {
			e, err := rules.LoadCommon([]byte(head + "-- 10-rules.yaml --\n" + body))
			require.NoError(t, err)
			law := rules.Law{Common: e}
			if strings.Contains(body, "*") { // floors, of which something is asked
				held := common(t, language(t, true), "rules: []\n").Floors
				more := common(t, head, body+"  - {id: R-MORE, tier: programme, privilege: [imm.civil], cite: [a], because: b, outcome: denied, when: member.local_hire}\n")
				e = &rules.Edition{Code: e.Code, Language: more.Language, Rules: more.Rules, Kinds: e.Kinds, Capacities: e.Capacities, Floors: held}
				law.Common = e
			}
			for _, o := range []analysis.Options{{}, {Only: []string{analysis.FloorBreach}}} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				r := analysis.Analyse(law, e, o)
				runtime.ReadMemStats(&after)
				t.Logf("%d steps, %d MB", r.Steps, (after.TotalAlloc-before.TotalAlloc)/megabyte)
				assert.LessOrEqual(t, r.Steps, analysis.MostSteps)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1500*megabyte), "all that was ever allocated")
				if len(o.Only) > 0 {
					assert.Empty(t, r.Findings, "nobody is named who was not found")
					if strings.HasPrefix(name, "texts") {
						assert.NotEmpty(t, r.NotAnalysed, "what is asked of floors")
					}
					continue
				}
				require.NotEmpty(t, r.NotAnalysed)
				for _, open := range r.NotAnalysed {
					assert.Contains(t, open.Why, "too many combinations")
					assert.Regexp(t, "split|leave out", open.Why)
				}
			}
		})
	}
}
