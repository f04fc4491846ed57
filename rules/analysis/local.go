package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// local is what can be said of each rule by itself: whether it can fire, whether
// each part of its condition says something, and whether its conditions can be met.
func (a *analysis) local(rule *rules.Rule) {
	defer a.recover(rule, "", "the rule by itself")
	s := newSpace(question(&a.steps), a.lang, a.common, a.privilegesOf(rule), []*rules.Rule{rule})
	if !slices.Contains(s.d.ends(s.fires(rule)), int(rules.Yes)) {
		a.dead[rule] = true
		a.unreachable(s, rule)
		return
	}
	a.parts(s, rule)
	a.conditions(rule)
}

func (a *analysis) privilegesOf(rule *rules.Rule) []domain.Privilege {
	all := rule.Privileges
	if len(all) == 0 {
		all = a.lang.PrivilegeOrder
	}
	if len(a.only) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p domain.Privilege) bool { return !slices.Contains(a.only, p) })
}

// unreachable says why a rule never fires.
func (a *analysis) unreachable(s *space, rule *rules.Rule) {
	f := Finding{Code: Unreachable, Severity: Error, Rule: rule.ID, Pos: rule.Pos}
	if reached := s.reached(rule); !slices.Contains(s.d.ends(reached), int(rules.Yes)) {
		f.Message = fmt.Sprintf("rule %s never fires: it reaches nobody. %s", rule.ID, a.whyNobody(rule))
		f.Hint = "widen its applies or of, or take the rule out"
		a.report.add(f)
		return
	}
	f.Message = fmt.Sprintf("rule %s never fires: %s", rule.ID, a.contradiction(s, rule))
	f.Hint = "mend the condition, or take the rule out"
	if slices.Contains(s.d.ends(s.fires(rule)), int(rules.Unclear)) {
		f.Hint += "; as it stands it can only make answers uncertain, where a fact is lacking that it reads"
	}
	a.report.add(f)
}

func (a *analysis) whyNobody(rule *rules.Rule) string {
	for p := range slices.Values(a.privilegesOf(rule)) {
		if decl := a.lang.Privileges[p]; decl != nil && decl.Of&rule.Of != 0 {
			if rule.InForceFrom >= rule.InForceTo {
				return "Its period ends before it begins."
			}
			scope := &rule.Applies.Scope
			switch {
			case rule.Of == rules.OfMission && (len(scope.Categories) > 0 || len(scope.Statuses) > 0 || len(scope.Ranks) > 0 || rule.Applies.Family == rules.FamilyOnly):
				return "It is of missions, and narrows by what only persons have."
			case rule.Ruleset != a.common && len(rule.Applies.States) > 0 && !slices.Contains(texts(rule.Applies.States), string(rule.Ruleset)):
				return "It narrows to other States than that whose ruleset it is in."
			default:
				return "The keys of its applies exclude each other."
			}
		}
	}
	return "It is of others than the privileges that it speaks of."
}

// contradiction says which parts of a condition exclude each other.
func (a *analysis) contradiction(s *space, rule *rules.Rule) string {
	f := rule.When.Form()
	if f.IsZero() {
		return "its condition can't hold"
	}
	parts := []rules.Form{f}
	if f.Op() == rules.OpAnd {
		parts = f.Parts()
	}
	possible := func(some ...rules.Form) bool {
		for v := range int(subjects) {
			n := s.reach(rule, subject(v))
			for _, part := range some {
				n = s.and.of(n, s.form(part, subject(v)))
			}
			if slices.Contains(s.d.ends(n), int(rules.Yes)) {
				return true
			}
		}
		return false
	}
	for _, part := range parts {
		if !possible(part) {
			return fmt.Sprintf("`%s` holds for nobody whom it reaches", short(part.Source()))
		}
	}
	for i, one := range parts {
		for _, other := range parts[i+1:] {
			if !possible(one, other) {
				return fmt.Sprintf("`%s` and `%s` exclude each other for whom it reaches", short(one.Source()), short(other.Source()))
			}
		}
	}
	return "the parts of its condition exclude each other"
}

// short writes a source in a line, and not too long.
func short(source string) string {
	const most = 120
	text := []rune(strings.Join(strings.Fields(source), " "))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}

// An extent is where a part of a condition stands. What several rules share, such as
// the when of a table or a name of let, says nothing only if it does so in all.
type extent struct{ from, to rules.Pos }

type use struct {
	part    rules.Form
	first   *rules.Rule
	rules   int
	useless [2]int // how often it could be left out as never, and as always holding
}

// parts counts which parts of a condition could be constants.
func (a *analysis) parts(s *space, rule *rules.Rule) {
	whole := rule.When.Form()
	if whole.IsZero() {
		return
	}
	reach := make([]node, subjects)
	original := make([]node, subjects)
	for v := range reach {
		reach[v] = s.reach(rule, subject(v))
		if reach[v] != never {
			original[v] = s.and.of(reach[v], s.form(whole, subject(v)))
		}
	}
	seen := map[extent]bool{}
	var walk func(rules.Form)
	walk = func(part rules.Form) {
		from, to := part.Extent()
		at := extent{from, to}
		if part.Op() != rules.OpConst && !seen[at] {
			seen[at] = true
			u := a.uses[at]
			if u == nil {
				u = &use{part: part, first: rule}
				a.uses[at] = u
			}
			u.rules++
			for held := range u.useless {
				same := true
				for v := range reach {
					if same && reach[v] != never {
						same = s.and.of(reach[v], s.without(whole, part, truthNode(held == 1), subject(v))) == original[v]
					}
				}
				if same {
					u.useless[held]++
				}
			}
		}
		for _, p := range part.Parts() {
			walk(p)
		}
	}
	walk(whole)
}

// without is the diagram of a form in which a part is a constant, wherever it is
// written.
func (s *space) without(f, part rules.Form, constant node, who subject) node {
	s.effort.spend(1)
	if f == part || f.Op() == part.Op() && sameExtent(f, part) {
		return constant
	}
	if f.Atom() {
		return s.form(f, who)
	}
	parts := f.Parts()
	nodes := make([]node, len(parts))
	for i, p := range parts {
		nodes[i] = s.without(p, part, constant, who)
	}
	return s.join(f.Op(), nodes)
}

func sameExtent(f, g rules.Form) bool {
	from, to := f.Extent()
	otherFrom, otherTo := g.Extent()
	return from == otherFrom && to == otherTo
}

// useless reports the parts that say nothing in any rule that has them.
func (a *analysis) useless() {
	var found []extent
	for at, u := range a.uses {
		if u.useless[0] == u.rules || u.useless[1] == u.rules {
			found = append(found, at)
		}
	}
	size := func(e extent) (int, int) { return e.to.Line - e.from.Line, e.to.Column - e.from.Column }
	slices.SortFunc(found, func(a, b extent) int {
		al, ac := size(a)
		bl, bc := size(b)
		return cmp.Or(cmp.Compare(bl, al), cmp.Compare(bc, ac), comparePos(a.from, b.from))
	})
	var told []extent
	for _, at := range found {
		if slices.ContainsFunc(told, func(e extent) bool {
			return e.from.File == at.from.File && e.to.File == at.to.File && comparePos(e.from, at.from) <= 0 && comparePos(at.to, e.to) <= 0
		}) {
			continue
		}
		told = append(told, at)
		u := a.uses[at]
		how := "always holds"
		switch {
		case u.useless[0] == u.useless[1]:
			how = "makes no difference"
		case u.useless[1] != u.rules:
			how = "never holds"
		}
		where := "where rule " + u.first.ID + " comes to it"
		if u.rules > 1 {
			where = fmt.Sprintf("where any of the %d rules comes to it that have it, such as %s", u.rules, u.first.ID)
		}
		a.report.add(Finding{Code: Redundant, Severity: Warning, Rule: u.first.ID, Pos: at.from,
			Message: fmt.Sprintf("`%s` %s %s, so that it says nothing", short(u.part.Source()), how, where), Hint: "leave it away, or mend what it was meant to say"})
	}
}

// opaqueParts lists what is not looked into.
func (a *analysis) opaqueParts(rule *rules.Rule) {
	if rule.When != nil && rule.When.Form().IsZero() {
		a.report.leave(Open{Rule: rule.ID, Pos: rule.When.Pos, What: "`" + short(rule.When.Source()) + "`", Why: "the condition has no form of comparisons"})
		return
	}
	s := &space{lang: a.lang}
	var walk func(rules.Form)
	walk = func(f rules.Form) {
		if !f.Atom() {
			for _, p := range f.Parts() {
				walk(p)
			}
			return
		}
		if f.Op() == rules.OpConst {
			return
		}
		if s.shape(f, s.term(f.Left(), person), s.term(f.Right(), person)) != shapeOpaque {
			return
		}
		from, _ := f.Extent()
		why := "it calculates, chooses a value, or goes through a list"
		if f.Op() != rules.OpOpaque {
			why = "it compares texts by order, or numbers in a way that is not looked into"
		}
		a.report.leave(Open{Rule: rule.ID, Pos: from, What: "`" + short(f.Source()) + "`", Why: why + "; it may come to anything"})
	}
	if rule.When != nil {
		walk(rule.When.Form())
	}
}

// conditions reports conditions of a rule that can't be met, or not together.
func (a *analysis) conditions(rule *rules.Rule) {
	var mets []meeting
	var codes []string
	for _, use := range rule.Conditions {
		if use.Decl.Met == nil {
			continue
		}
		m := meeting{expr: use.Decl.Met, params: map[string]domain.Value{}}
		for _, p := range use.Params {
			if p.Expr == nil {
				m.params[p.Name] = p.Const
			}
		}
		if slices.ContainsFunc(use.Params, func(p rules.ParamUse) bool { return p.Expr != nil }) {
			continue // what it is is worked out for each
		}
		mets, codes = append(mets, m), append(codes, use.Decl.Code)
	}
	if len(mets) == 0 {
		return
	}
	s := newSpace(question(&a.steps), a.lang, a.common, a.privilegesOf(rule), []*rules.Rule{rule}, mets...)
	possible := func(some ...meeting) bool {
		n := always
		for _, m := range some {
			s.params = m.params
			n = s.and.of(n, s.condition(m.expr, person))
			s.params = nil
		}
		for v := range int(subjects) {
			both := s.and.of(n, s.and.of(s.reach(rule, subject(v)), s.condition(rule.When, subject(v))))
			if slices.Contains(s.d.ends(both), int(rules.Yes)) {
				return true
			}
		}
		return false
	}
	for i, m := range mets {
		if !possible(m) {
			a.report.add(Finding{Code: Incompatible, Severity: Warning, Rule: rule.ID, Pos: rule.Pos,
				Message: fmt.Sprintf("the condition %s of rule %s can't be met where the rule fires: it denies whoever says enough to tell", codes[i], rule.ID), Hint: "mend its parameters, or make the outcome denied"})
			return
		}
	}
	if len(mets) > 1 && !possible(mets...) {
		a.report.add(Finding{Code: Incompatible, Severity: Warning, Rule: rule.ID, Pos: rule.Pos,
			Message: fmt.Sprintf("the conditions %s of rule %s can't be met together: it denies whoever says enough to tell", strings.Join(codes, ", "), rule.ID), Hint: "mend their parameters, or make the outcome denied"})
	}
}
