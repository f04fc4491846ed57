package analysis_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
)

// What loading a ruleset finds to be below a floor, the analysis finds too, or says
// that it did not look into it; and it shows everybody whom it names.
func TestFloorsAsLoadingSeesThem(t *testing.T) {
	head := language(t, false)
	held := common(t, language(t, true), "rules: []\n").Floors
	found, more, careful := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var list []drawn
		p := rapid.SampledFrom([]string{"imm.civil", "travel.move", "customs.personal"}).Draw(t, "privilege")
		for i := range rapid.IntRange(2, 5).Draw(t, "rules") {
			r := anyRule(t, fmt.Sprintf("R-%d", i), false)
			r.privilege = p
			switch i {
			case 0:
				r.tier, r.outcome, r.conditions = "baseline", "allowed", ""
			case 1:
				r.tier = "programme"
			}
			list = append(list, r)
		}
		loaded := common(t, head, text(list))
		e := &rules.Edition{Code: loaded.Code, Language: loaded.Language, Rules: loaded.Rules, Kinds: loaded.Kinds, Capacities: loaded.Capacities, Floors: held}
		law := rules.Law{Common: e}
		report := analysis.Analyse(law, e, analysis.Options{Only: []string{analysis.FloorBreach}})
		var named []string
		for _, f := range report.Findings {
			for _, p := range f.Privileges {
				named = append(named, f.Rule+" "+string(p))
			}
			require.NotNil(t, f.Witness)
		}
		for _, b := range rules.CheckFloors(law, e) {
			found++
			key := fmt.Sprintf("%s %s", b.Rule[len("rule "):], b.Privilege)
			at := slices.Index(named, key)
			if at < 0 && slices.ContainsFunc(report.NotAnalysed, func(o analysis.Open) bool { return "rule "+o.Rule == b.Rule && o.Privilege == b.Privilege }) {
				continue
			}
			if at < 0 { // loading takes everything that it does not know to be possible
				if who := lowered(e, b.Rule[len("rule "):], p, text(list)); who != "" {
					t.Fatalf("loading says: %v\nand it is so for %s\nrules:\n%s", b, who, text(list))
				}
				careful++
				continue
			}
			named = slices.Delete(named, at, at+1)
		}
		more += len(named)
	})
	require.Positive(t, found)
	t.Logf("%d found by loading, %d more by the analysis; %d were none", found, more, careful)
}

// lowered finds somebody who has less with a rule than without it, by trying everybody.
func lowered(e *rules.Edition, id, p, about string) string {
	var base, with []*rules.Rule
	for _, r := range e.Rules {
		if r.Tier == domain.TierBaseline || r.Tier == domain.TierStatus {
			base, with = append(base, r), append(with, r)
		} else if r.ID == id {
			with = append(with, r)
		}
	}
	law := func(list []*rules.Rule) rules.Law {
		return rules.Law{Common: &rules.Edition{Code: e.Code, Language: e.Language, Rules: list, Kinds: e.Kinds, Capacities: e.Capacities}}
	}
	without, within := law(base), law(with)
	out := ""
	everybody(e.Language, domain.Privilege(p), about, [][]rules.Bound{nil}, func(s *rules.Situation) bool {
		if len(s.Capacities) == 0 || s.Capacities[0].Reach.Visitor || s.Capacities[0].Ended {
			return true
		}
		s.Nobody = s.Capacities[0]
		due, given := rules.Weigh(without, s), rules.Weigh(within, s)
		if due.Outcome != "" && given.Outcome.Stricter(due.Outcome) {
			out = fmt.Sprint(s.Capacities[0].Reach, due.Outcome, given.Outcome)
		}
		return out == ""
	})
	return out
}
