package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// Resolve answers the question that the situation puts, under the law.
//
// Every rule that speaks of the privilege is evaluated, whatever the others
// say; then the tiers are combined in their fixed order, as
// docs/design/0002-resolution.md lays down. Each step works on sets, so neither
// the order of rules in a file nor the order of recording matters. A rule that
// errs or lacks a fact is taken both ways: if the outcome and conditions are
// the same, that is the answer, otherwise there is none.
func Resolve(law Law, s *Situation) Answer {
	r := newResolver(law, s)
	best, worst := r.combine(favour), r.combine(doubt)
	answer := worst.answer(r)
	if r.problems.empty() {
		return answer
	}
	same := !best.broken && best.outcome == worst.outcome && slices.EqualFunc(best.conditions, worst.conditions, sameCondition)
	answer.Errors = r.problems.list(!same)
	if mutant.On(mutant.ErrorAllows) {
		return best.answer(r)
	}
	if !same {
		answer.Outcome = ""
		answer.Conditions = nil
		answer.Cite = nil
		for i := range answer.Reasons {
			answer.Reasons[i].Decisive = false
		}
	}
	return answer
}

// A mode says how rules that err are taken.
type mode uint8

const (
	favour mode = iota // their lifts fire, their restrictions do not
	doubt              // the reverse
)

type truth uint8

const (
	no truth = iota
	yes
	unknown
)

// A firing is what one rule came to for one capacity and one bound.
type firing struct {
	rule       *Rule
	bound      *Bound
	capacity   *Capacity
	truth      truth
	outcome    domain.Outcome
	conditions []heldCondition
	reciprocal bool
	// cut says of a lift that the capacity it fired for is cut by status,
	// and nothing names that status.
	cut bool
}

// fires reports whether the rule counts as fired in the mode.
func (f *firing) fires(m mode) bool {
	if f.truth != unknown {
		return f.truth == yes
	}
	lifts := f.rule.Effect == domain.Lifts
	return lifts == (m == favour)
}

// A heldCondition is a condition with the object that its Met expression reads.
type heldCondition struct {
	domain.Condition
	decl   *ConditionDecl
	object *Object
}

func sameCondition(a, b heldCondition) bool {
	return a.Code == b.Code && slices.Equal(a.Params, b.Params) && a.State == b.State
}

// A resolver holds the evaluated rules of one situation.
type resolver struct {
	law      Law
	s        *Situation
	lang     *Language
	problems problems
	// entitled holds, for each capacity, its baseline, cuts and lifts.
	entitled []evaluated
	nobody   evaluated
	later    map[domain.Tier][]*firing
}

// evaluated is a capacity with the firings of the tiers that make the entitlement.
type evaluated struct {
	capacity    *Capacity
	baseline    []*firing
	cuts        []*firing
	sponsorCuts []*firing
	lifts       []*firing
}

func newResolver(law Law, s *Situation) *resolver {
	r := &resolver{law: law, s: s, lang: law.Common.Language, later: map[domain.Tier][]*firing{}}
	for i := range s.Capacities {
		c := &s.Capacities[i]
		r.entitled = append(r.entitled, r.entitlementOf(c))
		if c.Missing != "" {
			r.problems.add(domain.Problem{Fact: c.Missing, Text: fmt.Sprintf("%s is not on record, so it is not certain whether the capacity %q goes on", c.Missing, c.Label)}, false)
		}
	}
	r.nobody = r.entitlementOf(&s.Nobody)
	for _, tier := range []domain.Tier{domain.TierReciprocity, domain.TierIndividual, domain.TierProgramme, domain.TierWaiver, domain.TierDuty} {
		r.later[tier] = r.evaluateLater(tier)
	}
	return r
}

func (r *resolver) entitlementOf(c *Capacity) evaluated {
	e := evaluated{capacity: c, baseline: r.evaluate(domain.TierBaseline, c), cuts: r.evaluate(domain.TierStatus, c)}
	if c.Principal != nil {
		e.sponsorCuts = r.evaluate(domain.TierStatus, c.Principal)
	}
	if c.Ended || c.Reach.Visitor {
		return e
	}
	for _, f := range r.evaluate(domain.TierAgreement, c) {
		if c.Principal != nil && !r.sponsorLifted(f) {
			continue
		}
		e.lifts = append(e.lifts, f)
	}
	return e
}

// sponsorLifted narrows the lift of a relative to what lifts the sponsor too.
func (r *resolver) sponsorLifted(f *firing) bool {
	sponsor := r.evaluateRule(f.rule, f.capacity.Principal, f.bound)
	if sponsor == nil || sponsor.truth == no {
		return false
	}
	if sponsor.truth == unknown {
		f.truth = unknown
	}
	return true
}

// evaluate evaluates the rules of one tier for one capacity.
func (r *resolver) evaluate(tier domain.Tier, c *Capacity) []*firing {
	var out []*firing
	for _, rule := range r.rulesOf(tier, c.Reach.State) {
		if !rule.speaks(r.s.At, c.Reach) {
			continue
		}
		for _, b := range r.boundsOf(rule) {
			if f := r.evaluateRule(rule, c, b); f != nil && f.truth != no {
				out = append(out, f)
			}
		}
	}
	return out
}

// evaluateLater evaluates a tier that matches any capacity not ended: a rule
// fires once for each bound, through the first capacity for which it does.
func (r *resolver) evaluateLater(tier domain.Tier) []*firing {
	var capacities []*Capacity
	for i := range r.s.Capacities {
		if c := &r.s.Capacities[i]; !c.Ended || tier == domain.TierWaiver || tier == domain.TierDuty {
			capacities = append(capacities, c)
		}
	}
	if len(capacities) == 0 {
		capacities = []*Capacity{&r.s.Nobody}
	}
	type key struct {
		rule  *Rule
		bound *Bound
	}
	var out []*firing
	seen := map[key]*firing{}
	for _, c := range capacities {
		for _, f := range r.evaluate(tier, c) {
			if f.rule.Effect == domain.Lifts && tier == domain.TierReciprocity {
				if c.Reach.Visitor && !f.namesVisitors() {
					continue
				}
				f.cut = r.isCut(c) && !f.namesStatus()
			}
			k := key{f.rule, f.bound}
			before := seen[k]
			switch {
			case before == nil:
				seen[k] = f
				out = append(out, f)
			case before.truth == unknown && f.truth == yes, before.cut && !f.cut:
				*before = *f
			}
		}
	}
	return out
}

func (f *firing) namesStatus() bool {
	return len(f.rule.Applies.Scope.Statuses) > 0 || f.bound != nil && f.bound.NamesStatus
}

func (f *firing) namesVisitors() bool {
	v := f.rule.Applies.Scope.Visitors
	return v != nil && *v || f.bound != nil && f.bound.NamesVisitors
}

// isCut reports whether a status cut replaces the baseline of the capacity.
func (r *resolver) isCut(c *Capacity) bool {
	for i := range r.entitled {
		if r.entitled[i].capacity == c {
			s := r.standing(&r.entitled[i], doubt)
			return s.cut
		}
	}
	return false
}

// rulesOf returns the rules of a tier that speak of the privilege: those of the
// common edition, then those of the State's own.
func (r *resolver) rulesOf(tier domain.Tier, state domain.StateID) []*Rule {
	out := r.law.Common.bucket(r.s.Privilege, tier)
	if own := r.law.States[state]; own != nil {
		out = slices.Concat(out, own.bucket(r.s.Privilege, tier))
	}
	return out
}

// unbound are the bounds of a rule that is evaluated once, for nothing.
var unbound = []*Bound{nil}

// boundsOf returns what the rule is to be evaluated for: each bound of its
// kind, or once for nothing.
func (r *resolver) boundsOf(rule *Rule) []*Bound {
	if rule.Each == EachNothing {
		return unbound
	}
	var out []*Bound
	for i := range r.s.Bounds {
		b := &r.s.Bounds[i]
		if b.Each != rule.Each || len(b.Privileges) > 0 && !slices.Contains(b.Privileges, r.s.Privilege) {
			continue
		}
		if rule.Each == EachMeasure && !b.Individual && r.lang.Security(r.s.Privilege) {
			continue // protection follows the threat, never reciprocity
		}
		if rule.Each == EachMeasure && (rule.Tier == domain.TierIndividual) != b.Individual && rule.Tier != domain.TierDuty && rule.Tier != domain.TierProgramme {
			continue
		}
		out = append(out, b)
	}
	return out
}

// evaluateRule returns nil if the rule does not reach the capacity or the
// bound does not cover it.
func (r *resolver) evaluateRule(rule *Rule, c *Capacity, b *Bound) *firing {
	if !rule.speaks(r.s.At, c.Reach) {
		return nil
	}
	if b != nil && !b.Covers(c.Reach) {
		return nil
	}
	f := &firing{rule: rule, bound: b, capacity: c, truth: yes, outcome: rule.Outcome, reciprocal: rule.Reciprocal}
	frame := r.frame(c, b)
	if rule.When != nil {
		holds, err := rule.When.Bool(frame)
		switch {
		case err != nil:
			f.truth = unknown
			r.note(rule, err)
		case !holds:
			f.truth = no
			return f
		}
	}
	r.consequencesOf(f, frame)
	return f
}

// consequencesOf works out the outcome and conditions of a rule that fires, or
// might.
func (r *resolver) consequencesOf(f *firing, frame *Frame) {
	rule := f.rule
	fail := func(err error) {
		if f.truth != unknown {
			f.truth = unknown
			r.note(rule, err)
		}
		if f.outcome == "" {
			f.outcome = domain.Denied
			if rule.Effect == domain.Lifts {
				f.outcome = domain.Allowed
			}
		}
	}
	switch {
	case rule.As != nil:
		v, err := rule.As.Value(frame)
		if err != nil {
			fail(err)
			return
		}
		other := r.standing(&evaluated{baseline: r.evaluate(domain.TierBaseline, f.capacity.as(domain.Category(v.Text())))}, doubt)
		f.outcome, f.conditions, f.reciprocal = other.outcome, other.conditions, other.reciprocal
		return
	case rule.OutcomeExpr != nil:
		v, err := rule.OutcomeExpr.Value(frame)
		if err != nil {
			fail(err)
			return
		}
		f.outcome = domain.Outcome(v.Text())
	}
	for _, use := range rule.Conditions {
		held, err := r.hold(use, frame)
		if err != nil {
			fail(err) // the condition stays, with what is known of it
		}
		f.conditions = append(f.conditions, held)
	}
}

// as returns the capacity as if its holder (or, for family, the sponsor) were
// of another category.
func (c *Capacity) as(category domain.Category) *Capacity {
	other := *c
	other.Reach.Category = category
	value := domain.Text(category)
	if c.Reach.Family {
		other.Sponsor = c.Sponsor.With("category", value)
	} else {
		other.Member = c.Member.With("category", value)
		other.Sponsor = other.Member
	}
	return &other
}

func (r *resolver) hold(use ConditionUse, frame *Frame) (heldCondition, error) {
	values := make([]domain.Value, len(use.Params))
	held := heldCondition{Condition: domain.Condition{Code: use.Decl.Code, Text: use.Decl.Text, State: domain.ConditionUnchecked}, decl: use.Decl}
	for i, p := range use.Params {
		v := p.Const
		if p.Expr != nil {
			var err error
			if v, err = p.Expr.Value(frame); err != nil {
				return held, err
			}
		}
		values[i] = v
		held.Params = append(held.Params, domain.Param{Name: p.Name, Value: r.lang.formatParam(use.Decl, p.Name, v)})
	}
	held.object = r.lang.ConditionObject(use.Decl, values)
	return held, nil
}

func (r *resolver) frame(c *Capacity, b *Bound) *Frame {
	f := r.s.frame(r.lang, c)
	if b != nil {
		f.Bound = b.Object
	}
	return f
}

// frame is what expressions read of the situation in one capacity.
func (s *Situation) frame(l *Language, c *Capacity) *Frame {
	or := func(o *Object, kind string) *Object {
		if o == nil {
			return l.env.nothing[kind]
		}
		return o
	}
	return &Frame{
		Member: c.Member, Sponsor: c.Sponsor, Mission: c.Mission, State: c.State, Request: s.Request, Privilege: s.Privilege,
		Vehicle: or(s.Vehicle, "vehicle"), Property: or(s.Property, "property"),
		Filing: or(c.Filing, "filing"), Protection: or(c.Protection, "protection"),
	}
}

// note keeps an error of a rule. An error in a baseline rule leaves no outcome.
// A duty that lacks a fact has nothing to remark.
func (r *resolver) note(rule *Rule, err error) {
	if _, missing := errors.AsType[*MissingFact](err); missing && rule.Tier == domain.TierDuty {
		return
	}
	p := domain.Problem{Rule: rule.ID, Text: err.Error()}
	if missing, ok := errors.AsType[*MissingFact](err); ok {
		p.Fact = missing.Fact
		p.Text = fmt.Sprintf("rule %s needs %s, which is not known", rule.ID, missing.Fact)
	}
	r.problems.add(p, rule.Tier == domain.TierBaseline)
}

// problems are collected without repetition.
type problems struct {
	seen   map[domain.Problem]bool
	all    []domain.Problem
	broken bool // a baseline rule erred
}

func (p *problems) add(problem domain.Problem, baseline bool) {
	p.broken = p.broken || baseline
	if p.seen[problem] {
		return
	}
	if p.seen == nil {
		p.seen = map[domain.Problem]bool{}
	}
	p.seen[problem] = true
	p.all = append(p.all, problem)
}

func (p *problems) empty() bool { return len(p.all) == 0 }

func (p *problems) list(mattered bool) []domain.Problem {
	out := slices.Clone(p.all)
	for i := range out {
		out[i].Mattered = mattered
	}
	slices.SortFunc(out, func(a, b domain.Problem) int {
		return cmp.Or(strings.Compare(a.Fact, b.Fact), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Text, b.Text))
	})
	return out
}

// speaks reports whether the rule is in force at t and reaches the capacity.
func (rule *Rule) speaks(t timeline.Instant, reach domain.Reach) bool {
	return rule.InForceFrom <= t && t < rule.InForceTo && rule.reaches(reach)
}

// reaches reports whether the rule's applies block covers the reach.
func (rule *Rule) reaches(reach domain.Reach) bool {
	want := OfPerson
	if reach.Member == "" && reach.Mission != "" {
		want = OfMission
	}
	if rule.Of&want == 0 {
		return false
	}
	if len(rule.Applies.States) > 0 && !slices.Contains(rule.Applies.States, reach.State) {
		return false
	}
	if rule.Applies.Family == FamilyOnly && !reach.Family {
		return false
	}
	return rule.Applies.scope().Covers(reach)
}

// scope returns the applies block as a scope, with what it says of the family.
func (a *Applies) scope() domain.Scope {
	s := a.Scope
	switch a.Family {
	case FamilyYes, FamilyOnly:
		s.Family = &theTrue
	case FamilyNo:
		s.Family = &theFalse
	case FamilySilent:
	}
	return s
}

var theTrue, theFalse = true, false
