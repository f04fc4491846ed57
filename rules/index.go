package rules

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// An index finds the rules of an edition that speak of a privilege, by tier. It
// is made on first use and never changed.
type index struct {
	once  sync.Once
	about map[domain.Privilege]*about
}

// about is what an edition says of one privilege.
type about struct {
	tiers  [tiers][]*Rule // in order of declaration
	floors []*Floor       // that are hard
	// objects are those of which a rule reads anything.
	objects []string
	// asks are the facts of the request of which a floor asks whether they are
	// there.
	asks []string
	// by are the parts of a reach that some rule compares, so that those who
	// differ in nothing else share their rules.
	by    parts
	reach sync.Map // of a class to its *reached
	count atomic.Int32
}

// tiers is how many there are.
const tiers = 8

func tierIndex(t domain.Tier) int {
	switch t {
	case domain.TierBaseline:
		return 0
	case domain.TierStatus:
		return 1
	case domain.TierAgreement:
		return 2
	case domain.TierReciprocity:
		return 3
	case domain.TierIndividual:
		return 4
	case domain.TierProgramme:
		return 5
	case domain.TierWaiver:
		return 6
	default:
		return 7
	}
}

// parts of a reach that are compared.
type parts struct{ states, kinds, ranks, statuses, names bool }

// A class is all that the rules about a privilege compare of a reach.
type class struct {
	want                     Of
	state                    domain.StateID
	kind                     domain.MissionKind
	category                 domain.Category
	rank                     string
	status                   domain.Status
	family, visitor, liberty bool
}

// reached are the rules that reach everybody of a class.
type reached [tiers][]*Rule

// mostClasses bounds what is kept of one privilege: there are as many classes as
// people in the language, but ranks are free text.
const mostClasses = 4096

// of returns the rules that reach somebody, by tier.
func (a *about) of(reach *domain.Reach) *reached {
	c := class{want: wanted(reach), category: reach.Category, family: reach.Family, visitor: reach.Visitor, liberty: reach.Liberty}
	if a.by.states {
		c.state = reach.State
	}
	if a.by.kinds {
		c.kind = reach.MissionKind
	}
	if a.by.ranks {
		c.rank = reach.Rank
	}
	if a.by.statuses {
		c.status = reach.Status
	}
	if !a.by.names {
		if found, ok := a.reach.Load(c); ok {
			return found.(*reached)
		}
	}
	out := &reached{}
	for i, rules := range a.tiers {
		for _, rule := range rules {
			if rule.reaches(*reach) {
				out[i] = append(out[i], rule)
			}
		}
	}
	if !a.by.names && a.count.Load() < mostClasses {
		a.count.Add(1)
		a.reach.Store(c, out)
	}
	return out
}

// Reads reports whether a rule about the privilege reads a fact of an object,
// such as filing: what nobody reads need not be found out.
func (e *Edition) Reads(p domain.Privilege, object string) bool {
	return slices.Contains(e.aboutOf(p).objects, object)
}

// Proposing lists the privileges about which some rule proposes consequences, in
// order of declaration.
func (e *Edition) Proposing() []domain.Privilege {
	var out []domain.Privilege
	for _, p := range e.Language.PrivilegeOrder {
		if slices.ContainsFunc(e.Rules, func(r *Rule) bool { return len(r.Propose) > 0 && slices.Contains(r.Privileges, p) }) {
			out = append(out, p)
		}
	}
	return out
}

// bucket returns the rules of one tier that speak of the privilege, in order of
// declaration. A rule that names no privilege speaks of all of them: what it is
// evaluated for narrows it.
func (e *Edition) bucket(p domain.Privilege, tier domain.Tier) []*Rule {
	return e.aboutOf(p).tiers[tierIndex(tier)]
}

// silent is of an edition that says nothing of a privilege.
var silent = &about{}

func (e *Edition) aboutOf(p domain.Privilege) *about {
	e.index.make(e)
	if a := e.index.about[p]; a != nil {
		return a
	}
	return silent
}

func (i *index) make(e *Edition) {
	i.once.Do(func() {
		i.about = map[domain.Privilege]*about{}
		for _, rule := range e.Rules {
			rule.implies = [2][]implied{rule.implied(false), rule.implied(true)}
			rule.asks = rule.asked()
		}
		for _, p := range e.Language.PrivilegeOrder {
			a := &about{}
			i.about[p] = a
			for _, rule := range e.Rules {
				if len(rule.Privileges) > 0 && !slices.Contains(rule.Privileges, p) {
					continue
				}
				a.add(rule)
				for _, ref := range rule.Reads {
					a.objects = appendNew(a.objects, ref.Object)
				}
			}
			for _, f := range e.Floors {
				if f.Mark == 'H' && slices.Contains(f.Privileges, p) {
					a.floors = append(a.floors, f)
					a.asks = append(a.asks, asksOf(f.When)...)
				}
			}
		}
	})
}

func (a *about) add(rule *Rule) {
	tier := tierIndex(rule.Tier)
	a.tiers[tier] = append(a.tiers[tier], rule)
	scope := &rule.Applies.Scope
	a.by.states = a.by.states || len(rule.Applies.States) > 0
	a.by.kinds = a.by.kinds || len(scope.MissionKinds) > 0
	a.by.ranks = a.by.ranks || len(scope.Ranks) > 0
	a.by.statuses = a.by.statuses || len(scope.Statuses) > 0
	a.by.names = a.by.names || len(scope.Members) > 0 || len(scope.Missions) > 0
}

// asked lists the facts of the request of which a rule asks whether they are
// there, where it matters to what is needed: not to a duty, of which nothing is
// told that lacks a fact.
func (rule *Rule) asked() []string {
	if rule.Tier == domain.TierDuty {
		return nil
	}
	exprs := []*Expr{rule.When, rule.As, rule.OutcomeExpr}
	for _, use := range rule.Conditions {
		exprs = append(exprs, use.Decl.Met)
		for _, p := range use.Params {
			exprs = append(exprs, p.Expr)
		}
	}
	return asksOf(exprs...)
}

func asksOf(exprs ...*Expr) []string {
	var out []string
	for _, e := range exprs {
		if e == nil {
			continue
		}
		for _, ref := range e.tests {
			if ref.Object == "request" {
				out = appendNew(out, ref.Name)
			}
		}
	}
	return out
}

// weighed are the expressions on which a verdict about a privilege may depend: those
// of its hard floors, and of its rules that are evaluated for nothing or for what is
// listed. A duty changes no verdict.
func (a *about) weighed(each []Each) []*Expr {
	var out []*Expr
	for i, tier := range a.tiers {
		if i == tierIndex(domain.TierDuty) {
			continue
		}
		for _, rule := range tier {
			if rule.Each != EachNothing && !slices.Contains(each, rule.Each) {
				continue
			}
			out = append(out, rule.When, rule.OutcomeExpr, rule.As)
			for _, use := range rule.Conditions {
				out = append(out, use.Decl.Met)
				for _, p := range use.Params {
					out = append(out, p.Expr)
				}
			}
		}
	}
	for _, f := range a.floors {
		out = append(out, f.When)
	}
	return slices.DeleteFunc(out, func(e *Expr) bool { return e == nil })
}

// Constructors names the constructors of the facts on which a verdict about the
// privilege may depend, sorted, where no more is on record than measures, agreements
// or waivers, as listed.
func (e *Edition) Constructors(p domain.Privilege, each ...Each) []string {
	var out []string
	for _, ref := range joinReads(e.aboutOf(p).weighed(each)...) {
		lay := e.Language.env.layouts[e.Language.kindOf(ref.Object)]
		if lay == nil {
			continue // of a condition, whose parameters are worked out by its rule
		}
		if i, declared := lay.index[ref.Name]; declared {
			out = appendNew(out, lay.facts[i].decl.From.Constructor)
		}
	}
	slices.Sort(out)
	return out
}

// Ages returns the ages at which a verdict about the privilege may change because
// somebody comes to be so old; all if it can't be said which.
func (e *Edition) Ages(p domain.Privilege, each ...Each) (ages []int64, all bool) {
	for _, expr := range e.aboutOf(p).weighed(each) {
		if !slices.ContainsFunc(expr.reads, e.isAge) {
			continue
		}
		if expr.test == nil || !expr.test.ages(&ages) {
			return nil, true
		}
	}
	return ages, false
}

func (e *Edition) isAge(ref FactRef) bool {
	lay := e.Language.env.layouts[e.Language.kindOf(ref.Object)]
	if lay == nil {
		return false
	}
	i, declared := lay.index[ref.Name]
	return declared && lay.facts[i].decl.From.Constructor == "age"
}

// ages adds the ages with which the test compares, and returns false if it looks at
// an age otherwise.
func (t *test) ages(to *[]int64) bool {
	for _, kid := range t.kids {
		if !kid.ages(to) {
			return false
		}
	}
	if t.op == foreign {
		return !t.cel.ages
	}
	a, b := t.a.isAge(), t.b.isAge()
	if !a && !b || t.op == there {
		return true
	}
	with := t.b.constant
	if b {
		with = t.a.constant
	}
	n, whole := with.(types.Int)
	if !t.op.orders() && t.op != equal && t.op != differs || !whole || a && b {
		return false
	}
	*to = append(*to, int64(n), int64(n)+1)
	return true
}

func (o *operand) isAge() bool {
	return o.layout != nil && o.layout.facts[o.slot].decl.From.Constructor == "age"
}

// Compares says of which parts of a reach some rule depends that many rulesets
// leave alone: whether rules apply to States, ranks, or members and missions by name.
func (e *Edition) Compares() (states, ranks, names bool) {
	for _, r := range e.Rules {
		scope := &r.Applies.Scope
		states = states || len(r.Applies.States) > 0
		ranks = ranks || len(scope.Ranks) > 0
		names = names || len(scope.Members) > 0 || len(scope.Missions) > 0
	}
	return states, ranks, names
}

// Apart says by what the rules about one privilege tell people apart without asking
// for a fact.
type Apart struct {
	// States, Ranks, Members and Missions are those that some rule names.
	States   []domain.StateID
	Members  []domain.MemberID
	Missions []domain.MissionID
	// Some rule names ranks, kinds of mission, or personal statuses.
	Ranks, Kinds, Statuses bool
	// Each says that a rule of the baseline is evaluated for each measure, agreement or
	// waiver: such rules are also asked of somebody as if of another category.
	Each bool
}

// Apart adds by what the rules about a privilege tell people apart, and reports whether
// there are any.
func (e *Edition) Apart(p domain.Privilege, to *Apart) (some bool) {
	for i, tier := range e.aboutOf(p).tiers {
		some = some || len(tier) > 0
		for _, r := range tier {
			scope := &r.Applies.Scope
			to.States = appendNew(to.States, r.Applies.States...)
			to.Members, to.Missions = appendNew(to.Members, scope.Members...), appendNew(to.Missions, scope.Missions...)
			to.Ranks, to.Kinds = to.Ranks || len(scope.Ranks) > 0, to.Kinds || len(scope.MissionKinds) > 0
			to.Statuses = to.Statuses || len(scope.Statuses) > 0
			to.Each = to.Each || i == tierIndex(domain.TierBaseline) && r.Each != EachNothing
		}
	}
	return some
}

// EdgesOf lists those of the rules that speak of a privilege.
func (e *Edition) EdgesOf(p domain.Privilege) []timeline.Instant {
	var out []timeline.Instant
	for _, tier := range e.aboutOf(p).tiers {
		for _, rule := range tier {
			if rule.InForceFrom != timeline.Always {
				out = append(out, rule.InForceFrom)
			}
			if rule.InForceTo != timeline.Never {
				out = append(out, rule.InForceTo)
			}
		}
	}
	return out
}

// Edges lists the instants at which a rule of the edition comes into force or
// goes out of it by its own dates.
func (e *Edition) Edges() []timeline.Instant {
	var out []timeline.Instant
	for _, rule := range e.Rules {
		if rule.InForceFrom != timeline.Always {
			out = append(out, rule.InForceFrom)
		}
		if rule.InForceTo != timeline.Never {
			out = append(out, rule.InForceTo)
		}
	}
	return out
}
