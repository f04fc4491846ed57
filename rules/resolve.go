package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

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
func Resolve(law Law, s *Situation) Answer { return resolve(law, s, state.answer) }

// Weigh answers in short: the outcome, the conditions, what was lacking, and of
// the reasons the first that the answer rests on.
func Weigh(law Law, s *Situation) Answer { return resolve(law, s, state.brief) }

func resolve(law Law, s *Situation, tell func(state, *resolver) Answer) Answer {
	return resolveTold(law, s, nil, nil, tell)
}

func resolveTold(law Law, s *Situation, w Watch, t *Trace, tell func(state, *resolver) Answer) Answer {
	r := newWatched(law, s, w, t)
	defer r.release()
	worst := r.combine(doubt)
	answer := tell(worst, r)
	answer.asked = r.asked
	for _, c := range worst.conditions {
		answer.needs = appendNew(answer.needs, c.Needs...)
	}
	if r.problems.empty() {
		return answer // either way of taking what errs comes to the same
	}
	best := r.combine(favour)
	for _, c := range best.conditions {
		answer.needs = appendNew(answer.needs, c.Needs...)
	}
	for _, p := range r.problems.all {
		if strings.HasPrefix(p.Fact, "request.") {
			answer.needs = appendNew(answer.needs, p.Fact)
		}
	}
	same := !best.broken && best.outcome == worst.outcome && sameConditions(best.conditions, worst.conditions)
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

// Needs names the facts of the request that the question does not bring and on
// which the answer may depend: what a rule would read if it were brought. The
// answer is what the situation resolves to.
func (a *Answer) Needs(law Law, s *Situation) []string {
	if a.asked || lacksAny(s.Request, law.Common.aboutOf(s.Privilege).asks) {
		return Needs(law, s) // rules ask whether it is there, and take it for granted that it is not
	}
	out := slices.Clone(a.needs)
	slices.Sort(out)
	return out
}

// lacksAny reports whether one of the facts is missing.
func lacksAny(o *Object, names []string) bool {
	for _, name := range names {
		if _, known := o.Value(name); !known {
			return true
		}
	}
	return false
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

// sameConditions compares conditions, in whatever order they were found.
func sameConditions(a, b []heldCondition) bool {
	return slices.EqualFunc(slices.SortedStableFunc(slices.Values(a), compareConditions), slices.SortedStableFunc(slices.Values(b), compareConditions), sameCondition)
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
	short    bool // only the first decisive reason is wanted
	asked    bool // a rule asked whether the request brings a fact, which it does not
	common   *about
	watch    Watch  // nil: nobody watches
	trace    *Trace // nil: nothing is noted
	// entitled holds, for each capacity, its baseline, cuts and lifts.
	entitled []evaluated
	nobody   evaluated
	later    [tiers][]*firing

	// What is used again for the next situation: the frame that expressions
	// read, with the capacity that it shows, and room for firings.
	shown   *Capacity
	scratch Frame
	met     Frame
	room    []firing
	places  []*firing
	reached []reaching
}

// evaluated is a capacity with the firings of the tiers that make the entitlement.
type evaluated struct {
	capacity    *Capacity
	baseline    []*firing
	cuts        []*firing
	sponsorCuts []*firing
	lifts       []*firing
}

var resolvers = sync.Pool{New: func() any { return new(resolver) }}

func newResolver(law Law, s *Situation) *resolver { return newWatched(law, s, nil, nil) }

func newWatched(law Law, s *Situation, w Watch, t *Trace) *resolver {
	r, _ := resolvers.Get().(*resolver)
	r.watch, r.trace = w, t
	r.law, r.s, r.lang, r.common = law, s, law.Common.Language, law.Common.aboutOf(s.Privilege)
	if n := len(s.Capacities); n > cap(r.entitled) {
		r.entitled = make([]evaluated, 0, n)
	}
	for i := range s.Capacities {
		c := &s.Capacities[i]
		r.entitled = append(r.entitled, r.entitlementOf(c))
		if c.Missing != "" {
			r.problems.add(domain.Problem{Fact: c.Missing, Text: fmt.Sprintf("%s is not on record, so it is not certain whether the capacity %q goes on", c.Missing, c.Label)}, false)
		}
	}
	known := r.problems
	r.nobody = r.entitlementOf(&s.Nobody)
	if !r.forNobody() {
		r.problems = known // what a rule lacks of nobody is no trouble for who is there
	}
	for tier := tierIndex(domain.TierReciprocity); tier < tiers; tier++ {
		r.later[tier] = r.evaluateLater(tier)
	}
	return r
}

// forNobody reports whether it may come to what somebody in no capacity is entitled
// to: there is none, or of each it is uncertain whether it goes on.
func (r *resolver) forNobody() bool {
	return !slices.ContainsFunc(r.s.Capacities, func(c Capacity) bool { return c.Missing == "" })
}

// roomFor is for how many firings there is room in a resolver; there are rarely more.
const roomFor = 48

// release gives the resolver back. Nothing of it may be used any more.
func (r *resolver) release() {
	room, places, entitled, reached := r.room, r.places, r.entitled, r.reached
	clear(room)
	clear(places)
	clear(entitled)
	clear(reached)
	*r = resolver{room: room[:0], places: places[:0], entitled: entitled[:0], reached: reached[:0]}
	resolvers.Put(r)
}

// fire keeps a firing.
func (r *resolver) fire(f firing) *firing {
	if len(r.room) == cap(r.room) {
		if r.room != nil { // those made before stay where they are
			one := new(firing)
			*one = f
			return one
		}
		r.room = make([]firing, 0, roomFor)
	}
	r.room = append(r.room, f)
	return &r.room[len(r.room)-1]
}

// gather appends a firing to a list, of which the first few have a place kept.
func (r *resolver) gather(to []*firing, f *firing) []*firing {
	const few = 3
	if to == nil {
		if r.places == nil {
			r.places = make([]*firing, 0, few*roomFor)
		}
		if n := len(r.places); n+few <= cap(r.places) {
			r.places = r.places[:n+few]
			to = r.places[n : n : n+few]
		}
	}
	return append(to, f)
}

func (r *resolver) entitlementOf(c *Capacity) evaluated {
	e := evaluated{capacity: c, baseline: r.evaluate(0, c), cuts: r.evaluate(1, c)}
	if c.Principal != nil {
		e.sponsorCuts = r.evaluate(1, c.Principal)
	}
	if c.Ended || c.Reach.Visitor {
		return e
	}
	for _, f := range r.evaluate(tierIndex(domain.TierAgreement), c) {
		if c.Principal != nil && !r.sponsorLifted(f) {
			continue
		}
		e.lifts = r.gather(e.lifts, f)
	}
	return e
}

// sponsorLifted narrows the lift of a relative to what lifts the sponsor too.
func (r *resolver) sponsorLifted(f *firing) bool {
	sponsor := r.evaluateRule(f.rule, f.capacity.Principal, f.bound)
	if sponsor == nil {
		return false
	}
	if sponsor.truth == unknown {
		f.truth = unknown
	}
	return true
}

// evaluate evaluates the rules of one tier for one capacity: those of the common
// edition, then those of the State's own.
func (r *resolver) evaluate(tier int, c *Capacity) []*firing {
	rules := r.reaching(c)
	out := r.evaluateAll(nil, rules.common[tier], c)
	if rules.own != nil {
		out = r.evaluateAll(out, rules.own[tier], c)
	}
	return out
}

// A reaching holds the rules that reach a capacity.
type reaching struct {
	capacity    *Capacity
	common, own *reached
}

func (r *resolver) reaching(c *Capacity) reaching {
	for i := range r.reached {
		if r.reached[i].capacity == c {
			return r.reached[i]
		}
	}
	found := reaching{capacity: c, common: r.common.of(&c.Reach)}
	if own := r.law.States[c.Reach.State]; own != nil {
		found.own = own.aboutOf(r.s.Privilege).of(&c.Reach)
	}
	r.reached = append(r.reached, found)
	return found
}

func (r *resolver) evaluateAll(out []*firing, rules []*Rule, c *Capacity) []*firing {
	for _, rule := range rules {
		if r.s.At < rule.InForceFrom || rule.InForceTo <= r.s.At {
			continue
		}
		if rule.Each == EachNothing {
			if f := r.fired(rule, c, nil); f != nil {
				out = r.gather(out, f)
			}
			continue
		}
		for i := range r.s.Bounds {
			b := &r.s.Bounds[i]
			if !r.concerns(rule, b) || !b.Covers(c.Reach) {
				continue
			}
			if f := r.fired(rule, c, b); f != nil {
				out = r.gather(out, f)
			}
		}
	}
	return out
}

// evaluateLater evaluates a tier that matches any capacity not ended: a rule
// fires once for each bound, through the first capacity for which it does.
func (r *resolver) evaluateLater(tier int) []*firing {
	var out []*firing
	seen, some := map[firedKey]*firing(nil), false
	for i := range r.s.Capacities {
		c := &r.s.Capacities[i]
		if c.Ended && tier != tierIndex(domain.TierWaiver) && tier != tierIndex(domain.TierDuty) {
			continue
		}
		if some && seen == nil {
			seen = map[firedKey]*firing{}
			for _, f := range out {
				seen[firedKey{f.rule, f.bound}] = f
			}
		}
		some = true
		out = r.through(out, seen, tier, c)
	}
	if !some {
		out = r.through(out, nil, tier, &r.s.Nobody)
	}
	return out
}

type firedKey struct {
	rule  *Rule
	bound *Bound
}

// through adds what fires through one capacity. What fired before is seen; nil
// if nothing can have.
func (r *resolver) through(out []*firing, seen map[firedKey]*firing, tier int, c *Capacity) []*firing {
	for _, f := range r.evaluate(tier, c) {
		if f.rule.Effect == domain.Lifts && tier == tierIndex(domain.TierReciprocity) {
			if c.Reach.Visitor && !f.namesVisitors() {
				continue
			}
			f.cut = r.isCut(c) && !f.namesStatus()
		}
		before := seen[firedKey{f.rule, f.bound}]
		switch {
		case before == nil:
			if seen != nil {
				seen[firedKey{f.rule, f.bound}] = f
			}
			out = r.gather(out, f)
		case before.truth == unknown && f.truth == yes, before.cut && !f.cut:
			*before = *f
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

// concerns reports whether the rule is to be evaluated for a bound.
func (r *resolver) concerns(rule *Rule, b *Bound) bool {
	if b.Each != rule.Each || len(b.Privileges) > 0 && !slices.Contains(b.Privileges, r.s.Privilege) {
		return false
	}
	if rule.Each == EachMeasure && !b.Individual && r.lang.Security(r.s.Privilege) {
		return false // protection follows the threat, never reciprocity
	}
	return rule.Each != EachMeasure || (rule.Tier == domain.TierIndividual) == b.Individual || rule.Tier == domain.TierDuty || rule.Tier == domain.TierProgramme
}

// evaluateRule returns nil if the rule does not reach the capacity, the bound
// does not cover it, or the rule does not fire.
func (r *resolver) evaluateRule(rule *Rule, c *Capacity, b *Bound) *firing {
	if !rule.speaks(r.s.At, c.Reach) || b != nil && !b.Covers(c.Reach) {
		return nil
	}
	return r.fired(rule, c, b)
}

// fired evaluates a rule that reaches the capacity, and returns nil if it does
// not fire.
func (r *resolver) fired(rule *Rule, c *Capacity, b *Bound) *firing {
	r.asked = r.asked || lacksAny(r.s.Request, rule.asks)
	frame := r.frame(c, b)
	truth := yes
	if rule.When != nil {
		holds, err := rule.When.Bool(frame)
		if r.watch != nil {
			r.watch.Weighed(rule, c, b, frame, holds, err)
		}
		switch {
		case err != nil:
			truth = unknown
			r.note(rule, err)
		case !holds:
			return nil
		}
	} else if r.watch != nil {
		r.watch.Weighed(rule, c, b, frame, true, nil)
	}
	f := r.fire(firing{rule: rule, bound: b, capacity: c, truth: truth, outcome: rule.Outcome, reciprocal: rule.Reciprocal})
	r.consequencesOf(f, frame)
	if r.watch != nil {
		r.gave(f)
	}
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
		other := r.standing(&evaluated{baseline: r.evaluate(0, f.capacity.as(domain.Category(v.Text())))}, doubt)
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
	other.origin = c
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

// frame is what expressions read. It is good until the next is asked for.
func (r *resolver) frame(c *Capacity, b *Bound) *Frame {
	if r.shown != c {
		r.s.show(&r.scratch, r.lang, c)
		r.shown = c
	}
	r.scratch.Bound = nil
	if b != nil {
		r.scratch.Bound = b.Object
	}
	if r.trace != nil {
		r.scratch.trace, r.scratch.at = r.trace, r.trace.where(r.s, c, b)
	}
	return &r.scratch
}

// frameOfCondition is what the met expression of a condition reads. It is good
// until the next is asked for.
func (r *resolver) frameOfCondition(o *Object) *Frame {
	r.met = Frame{Request: r.s.Request, Condition: o, Privilege: r.s.Privilege, trace: r.trace, at: where{condition: o}}
	return &r.met
}

// frame is what expressions read of the situation in one capacity.
func (s *Situation) frame(l *Language, c *Capacity) *Frame {
	f := &Frame{}
	s.show(f, l, c)
	return f
}

func (s *Situation) show(f *Frame, l *Language, c *Capacity) {
	or := func(o *Object, kind string) *Object {
		if o == nil {
			return l.env.nothing[kind]
		}
		return o
	}
	*f = Frame{
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
	all    []domain.Problem
	broken bool // a baseline rule erred
}

func (p *problems) add(problem domain.Problem, baseline bool) {
	p.broken = p.broken || baseline
	if !slices.Contains(p.all, problem) {
		p.all = append(p.all, problem)
	}
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

// wanted is whom a rule has to be of to reach somebody.
func wanted(reach *domain.Reach) Of {
	if reach.Member == "" && reach.Mission != "" {
		return OfMission
	}
	return OfPerson
}

// reaches reports whether the rule's applies block covers the reach.
func (rule *Rule) reaches(reach domain.Reach) bool {
	if rule.Of&wanted(&reach) == 0 {
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
