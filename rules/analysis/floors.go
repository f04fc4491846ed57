package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// breaches finds rules of the edition that lower a privilege below its floor for
// somebody who has a right to it: the witness is answered by the engine with the
// baseline and the cuts alone, and then with the rule besides.
func (a *analysis) breaches(p domain.Privilege) {
	defer a.recover(nil, p, "whether rules about it go below a floor")
	var floors []*rules.Floor
	var whens []meeting
	for _, f := range a.law.Common.Floors {
		if slices.Contains(f.Privileges, p) {
			floors = append(floors, f)
			whens = append(whens, meeting{expr: f.When})
		}
	}
	if len(floors) == 0 {
		return
	}
	var candidates []*rules.Rule
	for _, rule := range a.about(p) {
		if rule.Tier == domain.TierDuty {
			continue // it changes no answer
		}
		own := a.e.Code != a.common && (rule.Effect == domain.Cuts || rule.Effect == domain.Sets || rule.Effect == domain.Removes)
		if !a.owns(rule) || rule.Effect != domain.Restricts && !own || len(rule.Privileges) == 0 && rule.Effect == domain.Restricts {
			continue // what a measure names is tried when it is recorded
		}
		candidates = append(candidates, rule)
	}
	if len(candidates) == 0 {
		return
	}
	base := slices.DeleteFunc(slices.Clone(a.law.Common.Rules), func(r *rules.Rule) bool {
		return r.Tier != domain.TierBaseline && r.Tier != domain.TierStatus || !r.SpeaksOf(p)
	})
	room := newBench(question(&a.steps), a.lang, a.common, p, append(slices.Clone(base), candidates...), whens...)
	entitled := end(0)
	pairs := newPairs(room.s.d)
	for _, at := range room.order {
		mine := slices.DeleteFunc(slices.Clone(room.slots[at]), func(r *rules.Rule) bool { return slices.Contains(candidates, r) })
		if len(mine) > 0 {
			entitled = pairs.of(entitled, room.all(at, mine))
		}
	}
	general := rules.Law{Common: editionOf(a.law.Common, base)}
	for _, rule := range candidates {
		for _, floor := range floors {
			if floor.Mark == 'R' && rule.Practice {
				continue
			}
			if f := a.breach(room, pairs, rule, floor, entitled, general, base); f != nil {
				a.report.add(*f)
				break
			}
		}
	}
}

// mostTried is how many kinds of person are put to the engine for one question.
const mostTried = 5000

func (a *analysis) breach(b *bench, pairs *pairs, rule *rules.Rule, floor *rules.Floor, entitled node, general rules.Law, base []*rules.Rule) *Finding {
	s := b.s
	held := s.d.branch(s.index[subjectKey], func(v int) node {
		if who := subject(v); who == nobody || who == visitor {
			return never
		}
		return s.and.of(s.goesOn(subject(v)), s.condition(floor.When, subject(v)))
	})
	lowering := s.and.of(held, b.fires[rule])
	classes := pairs.where(lowering, entitled)
	with := rules.Law{Common: editionOf(a.law.Common, append(slices.Clone(base), rule))}
	bounds := boundsOf(slotOf(rule))
	doubtful := false
	for i, class := range s.d.ends(classes) {
		if class == 0 {
			continue
		}
		if i >= mostTried {
			a.report.leave(Open{Rule: rule.ID, Privilege: b.p, Pos: rule.Pos, What: "whether it goes below a floor", Why: fmt.Sprintf("more than %d kinds of person would have to be tried", mostTried)})
			break
		}
		b.weigh(2)
		values := s.find(classes, a.kinds, func(n int) bool { return n == class })
		w := s.situate(values, b.p, a.kinds, a.e.Code, bounds)
		w.situation.Nobody = w.situation.Capacities[0] // a rule that lacks a fact of nobody is no matter here
		seen := &fired{}
		due, given := rules.Resolve(general, w.situation), rules.ResolveWatched(with, w.situation, seen)
		if due.Outcome == "" || !below(given, due) {
			doubtful = doubtful || due.Outcome == "" || unmet(due) || s.reads(b.fires[rule], values) == int(rules.Yes) && !slices.Contains(seen.rules, rule)
			continue
		}
		outcome := "it would be " + string(given.Outcome)
		if given.Outcome == "" {
			outcome = "it could not be told what is due, for want of a fact"
		}
		mark := "hard"
		if floor.Mark == 'R' {
			mark = "to be lowered only in answer to a practice"
		}
		return &Finding{Code: FloorBreach, Severity: Error, Rule: rule.ID, Privileges: []domain.Privilege{b.p}, Pos: rule.Pos, Witness: w,
			Message: fmt.Sprintf("rule %s goes below the floor of %s, which is %s (%s): %s is due under %s, and %s", rule.ID, b.p, mark, strings.Join(floor.Cite, ", "), due.Outcome, strings.Join(due.Cite, ", "), outcome),
			Hint:    "narrow the rule so that it does not reach whom the floor protects"}
	}
	if doubtful || s.rests(classes) {
		a.report.leave(Open{Rule: rule.ID, Privilege: b.p, Pos: rule.Pos, What: "whether it goes below a floor", Why: "nobody was found for whom it does; yet it rests on a part that is not looked into, or on a right that can't be told for want of a fact, or that hangs on what a request meets"})
	}
	return nil
}

// unmet reports whether somebody has less only because the request does not meet a
// condition: with another request the right would be there to be lowered.
func unmet(due rules.Answer) bool {
	return slices.ContainsFunc(due.Reasons, func(r domain.Reason) bool { return r.Code == domain.ReasonConditionNotMet })
}

// rests reports whether a diagram depends on a part that is not looked into.
func (s *space) rests(n node) bool {
	seen := map[node]bool{}
	var walk func(node) bool
	walk = func(n node) bool {
		if n.isEnd() || seen[n] {
			return false
		}
		seen[n] = true
		s.effort.spend(1)
		return s.dims[s.d.dimOf(n)].sort == ofOpaque || slices.ContainsFunc(s.d.inner[n].kids, walk)
	}
	return walk(n)
}

// reads is the end to which values lead, those that were left open being as they are
// for a witness.
func (s *space) reads(n node, values []int) int {
	for !n.isEnd() {
		dim := s.d.dimOf(n)
		v := values[dim]
		if v == unset {
			v = s.dims[dim].order[0]
		}
		n = s.d.inner[n].kids[v]
	}
	return n.value()
}

// below reports whether one answer is less than another: a stricter outcome, or a
// condition that the other does not have.
func below(given, due rules.Answer) bool {
	if given.Outcome.Stricter(due.Outcome) {
		return true
	}
	return given.Outcome == due.Outcome && slices.ContainsFunc(given.Conditions, func(c domain.Condition) bool {
		return !slices.ContainsFunc(due.Conditions, func(d domain.Condition) bool { return sameCondition(c, d) })
	})
}

func sameCondition(c, d domain.Condition) bool {
	return c.Code == d.Code && slices.Equal(c.Params, d.Params)
}

// editionOf is an edition with other rules, and without floors, which the engine
// would hold.
func editionOf(e *rules.Edition, list []*rules.Rule) *rules.Edition {
	return &rules.Edition{Code: e.Code, Edition: e.Edition, Language: e.Language, Rules: list, Consequences: e.Consequences, Capacities: e.Capacities, Kinds: e.Kinds}
}

// boundsOf is of what a witness needs one for rules of a slot to be evaluated.
func boundsOf(list ...slot) []slot {
	var out []slot
	for _, at := range list {
		one := slot{each: at.each}
		if at.each == rules.EachMeasure && at.tier == domain.TierIndividual {
			one.tier = domain.TierIndividual
		}
		if at.each != rules.EachNothing && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// pairs number the combinations of what several diagrams say.
type pairs struct {
	d       *diagrams
	numbers map[[2]int]int
	joined  *operation
}

func newPairs(d *diagrams) *pairs {
	p := &pairs{d: d, numbers: map[[2]int]int{}}
	p.joined = d.operation(p.number, nil)
	return p
}

func (p *pairs) number(a, b int) int {
	k := [2]int{a, b}
	if n, found := p.numbers[k]; found {
		return n
	}
	n := len(p.numbers) + 1 // 0 is left to mean none
	p.numbers[k] = n
	return n
}

func (p *pairs) of(a, b node) node { return p.joined.of(a, b) }

// where numbers what two diagrams say where the first is not 0, and is 0 elsewhere.
func (p *pairs) where(a, b node) node {
	return p.d.operation(func(x, y int) int {
		if x == 0 {
			return 0
		}
		return p.number(x, y)
	}, func(a, _ node) (node, bool) { return a, a == end(0) }).of(a, b)
}
