package impact

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A lore finds what rules say by their ids.
type lore struct {
	rules map[*rules.Edition]map[string]*rules.Rule
}

// said says why a verdict is as it is.
func (l *lore) said(m *standing.Moment, v *standing.Verdict, failure error, r *row) Said {
	out := Said{Verdict: v}
	if failure != nil {
		out.Failure = failure.Error()
	}
	if v == nil || v.Rule == "" {
		return out
	}
	if rule := l.find(m, v.Rule, r); rule != nil {
		out.Ruleset, out.Cite, out.Because = rule.Ruleset, rule.Cite, rule.Because
	}
	return out
}

// find looks for a rule in the editions in force for somebody: his States' own first.
func (l *lore) find(m *standing.Moment, id string, r *row) *rules.Rule {
	root, k := m.Root(), m.Known()
	common, name, err := root.LawAt(r.from, k)
	if err != nil {
		return nil
	}
	for _, p := range r.posts {
		if own := l.own(m, p.State, r.from, name); own != nil {
			if rule := l.of(own)[id]; rule != nil {
				return rule
			}
		}
	}
	return l.of(common)[id]
}

func (l *lore) own(m *standing.Moment, state domain.StateID, t timeline.Instant, common domain.Edition) *rules.Edition {
	if state == "" {
		return nil
	}
	own, _, err := m.Root().StateLawAt(state, t, m.Known(), common.Hash)
	if err != nil {
		return nil
	}
	return own
}

func (l *lore) of(e *rules.Edition) map[string]*rules.Rule {
	found := l.rules[e]
	if found == nil {
		found = map[string]*rules.Rule{}
		for _, rule := range e.Rules {
			if found[rule.ID] == nil {
				found[rule.ID] = rule
			}
		}
		if l.rules == nil {
			l.rules = map[*rules.Edition]map[string]*rules.Rule{}
		}
		l.rules[e] = found
	}
	return found
}
