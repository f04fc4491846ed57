package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A slot is where rules are combined with each other: those of one tier and effect
// that are evaluated for the same.
type slot struct {
	tier   domain.Tier
	effect domain.Effect
	each   rules.Each
}

func slotOf(rule *rules.Rule) slot { return slot{rule.Tier, rule.Effect, rule.Each} }

// A giving is what a rule brings to its slot where it fires: all that the resolution
// knows of it.
type giving struct {
	outcome    domain.Outcome // empty: it is computed
	conditions []string       // each with its parameters, sorted
	reciprocal bool
	doubtful   bool   // it may fire, or not: something is lacking
	computed   bool   // something of it is worked out, which may fail
	own        string // what tells it from any other, if nothing can be said of it
}

func (g *giving) key() string {
	return fmt.Sprint(g.outcome, g.conditions, g.reciprocal, g.doubtful, g.computed, g.own)
}

// givings keep what rules bring, each kind once, and sets of them.
type givings struct {
	s       *space
	numbers map[string]int
	list    []giving
	sets    [][]int // sorted numbers of givings
	setOf   map[string]int
	unions  map[slot]*operation
}

func newGivings(s *space) *givings {
	g := &givings{s: s, numbers: map[string]int{}, setOf: map[string]int{}, unions: map[slot]*operation{}}
	g.set(nil) // the number 0 is nothing
	return g
}

func (g *givings) number(what giving) int {
	g.s.effort.spend(len(what.conditions) * stepsOfGiving)
	k := what.key()
	if n, found := g.numbers[k]; found {
		return n
	}
	g.numbers[k] = len(g.list)
	g.list = append(g.list, what)
	return len(g.list) - 1
}

func (g *givings) set(numbers []int) int {
	g.s.effort.spend(len(numbers))
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	k := fmt.Sprint(numbers)
	if n, found := g.setOf[k]; found {
		return n
	}
	g.setOf[k] = len(g.sets)
	g.sets = append(g.sets, numbers)
	return len(g.sets) - 1
}

// of is what a rule brings where it surely fires. Where the diagram of its firing
// says more than the outcome does, it is part of what tells it.
func (g *givings) of(rule *rules.Rule, fires node) giving {
	out := giving{outcome: rule.Outcome, reciprocal: rule.Reciprocal}
	for _, use := range rule.Conditions {
		text, computed := conditionKey(use)
		out.conditions = append(out.conditions, text)
		out.computed = out.computed || computed
	}
	slices.Sort(out.conditions)
	switch {
	case rule.As != nil:
		out.own, out.computed, out.outcome = "as "+rule.As.Expanded(), true, ""
	case rule.OutcomeExpr != nil:
		out.own, out.computed, out.outcome = "outcome "+rule.OutcomeExpr.Expanded(), true, ""
	}
	if rule.Effect == domain.Lifts {
		scope := &rule.Applies.Scope
		out.own += fmt.Sprint(" status ", len(scope.Statuses) > 0, " visitors ", scope.Visitors != nil && *scope.Visitors)
	}
	if rule.Tier == domain.TierAgreement || out.computed && rule.Tier != domain.TierBaseline && rule.Tier != domain.TierStatus {
		// A relative is lifted by what lifts the sponsor too; and of several capacities
		// the first for which a rule fires says what its conditions are.
		out.own += fmt.Sprint(" where ", fires)
	}
	return out
}

// conditionKey is a condition with its parameters, and all that says when it is met.
func conditionKey(use rules.ConditionUse) (key string, computed bool) {
	var b strings.Builder
	b.WriteString(use.Decl.Code)
	for _, p := range use.Params {
		if p.Expr != nil {
			computed = true
			fmt.Fprintf(&b, " %s=%s", p.Name, p.Expr.Expanded())
			continue
		}
		fmt.Fprintf(&b, " %s=%q", p.Name, p.Const.String())
	}
	if use.Decl.Met != nil {
		fmt.Fprintf(&b, " {%s}", use.Decl.Met.Expanded())
	}
	return b.String(), computed
}

// diagram is what a rule brings: its ends are sets.
func (g *givings) diagram(rule *rules.Rule, fires node) node {
	sure := g.of(rule, fires)
	doubtful := sure
	doubtful.doubtful = true
	sets := [3]int{
		rules.No:      0,
		rules.Yes:     g.normal(slotOf(rule), []int{g.number(sure)}),
		rules.Unclear: g.normal(slotOf(rule), []int{g.number(doubtful)}),
	}
	return g.s.d.mapped(fires, func(t int) int { return sets[t] })
}

// denying is the diagram of what denies wherever it fires.
func (g *givings) denying(fires node) node {
	denied := giving{outcome: domain.Denied}
	doubtful := denied
	doubtful.doubtful = true
	sets := [3]int{rules.No: 0, rules.Yes: g.set([]int{g.number(denied)}), rules.Unclear: g.set([]int{g.number(doubtful)})}
	return g.s.d.mapped(fires, func(t int) int { return sets[t] })
}

// broken reports whether a set is that of a baseline rule that lacks a fact.
func (g *givings) broken(set int) bool {
	return slices.ContainsFunc(g.sets[set], func(n int) bool { return g.list[n].own == broken })
}

// broken tells what a baseline rule that lacks a fact brings from all else.
const broken = "broken"

// union is what two sets of rules of a slot bring together.
func (g *givings) union(of slot, a, b node) node {
	o := g.unions[of]
	if o == nil {
		o = g.s.d.operation(func(a, b int) int {
			return g.normal(of, slices.Concat(g.sets[a], g.sets[b]))
		}, func(a, b node) (node, bool) {
			switch {
			case a == b, b == end(0):
				return a, true
			case a == end(0):
				return b, true
			}
			return 0, false
		})
		g.unions[of] = o
	}
	return o.of(a, b)
}

// normal leaves out of a set what the resolution leaves out: so that two sets that
// come to the same whatever else there is are one. What it keeps apart without need
// only makes less provable.
func (g *givings) normal(of slot, numbers []int) int {
	switch of.effect {
	case domain.Sets, domain.Cuts:
		return g.replacing(of, numbers)
	case domain.Restricts:
		return g.restricting(numbers)
	default:
		return g.set(numbers)
	}
}

// replacing is of rules of which the strictest replaces what was before, with the
// conditions of all that come to the same. A baseline rule that lacks a fact leaves
// no outcome at all.
func (g *givings) replacing(of slot, numbers []int) int {
	strictest := domain.Outcome("")
	for _, n := range numbers {
		one := &g.list[n]
		if one.doubtful && of.tier == domain.TierBaseline {
			return g.set([]int{g.number(giving{own: broken})})
		}
		if one.own == broken {
			return g.set([]int{n})
		}
		if !one.doubtful && one.outcome != "" && !one.computed && (strictest == "" || one.outcome.Stricter(strictest)) {
			strictest = one.outcome
		}
	}
	var out []int
	g.s.effort.spend(len(numbers) * stepsOfGiving)
	merged := giving{outcome: strictest, reciprocal: true}
	for _, n := range numbers {
		one := &g.list[n]
		switch {
		case one.computed && (of.tier == domain.TierBaseline || one.outcome == ""):
			out = append(out, n)
		case strictest != "" && strictest.Stricter(one.outcome):
			// it is replaced
		case one.doubtful || one.computed:
			out = append(out, n)
		default:
			merged.conditions = append(merged.conditions, one.conditions...)
			merged.reciprocal = merged.reciprocal && one.reciprocal
		}
	}
	if strictest != "" {
		slices.Sort(merged.conditions)
		merged.conditions = slices.Compact(merged.conditions)
		out = append(out, g.number(merged))
	}
	return g.set(out)
}

// restricting is of rules of which the strictest outcome counts, and all conditions.
func (g *givings) restricting(numbers []int) int {
	merged := giving{}
	for _, n := range numbers {
		one := &g.list[n]
		if one.doubtful || one.outcome == "" || one.outcome == domain.Allowed && !one.computed {
			continue
		}
		if one.outcome == domain.Denied && !one.computed {
			return g.set([]int{g.number(giving{outcome: domain.Denied})})
		}
		if one.computed {
			continue
		}
		if merged.outcome == "" || one.outcome.Stricter(merged.outcome) {
			merged.outcome = one.outcome
		}
		merged.conditions = append(merged.conditions, one.conditions...)
	}
	slices.Sort(merged.conditions)
	merged.conditions = slices.Compact(merged.conditions)
	var out []int
	if merged.outcome != "" {
		out = append(out, g.number(merged))
	}
	for _, n := range numbers {
		one := g.list[n]
		within := !slices.ContainsFunc(one.conditions, func(c string) bool { return !slices.Contains(merged.conditions, c) })
		switch {
		case one.computed:
			out = append(out, n)
		case one.outcome == domain.Allowed:
			// it restricts nothing
		case one.doubtful && (merged.outcome == "" || one.outcome.Stricter(merged.outcome) || !within):
			one.reciprocal = false
			out = append(out, g.number(one))
		}
	}
	return g.set(out)
}
