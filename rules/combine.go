package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// A state is where the resolution stands after a step: the outcome, its
// conditions, and the firings that it rests on.
type state struct {
	outcome    domain.Outcome
	conditions []heldCondition
	reciprocal bool // denied only until a determination is on record
	cut        bool // personal status replaced the baseline
	rests      []*firing
	// sponsorCut says that a relative has nothing because the sponsor is cut.
	sponsorCut bool
	opened     bool // a reciprocal cell was to be opened
	nothing    bool // no baseline rule fired
	broken     bool // a baseline rule erred: there is no outcome

	entitled       *evaluated
	failed         []heldCondition // conditions that the request does not meet
	guarded        bool            // the floor was held against a fault of the ruleset
	faults         []*firing       // what would have breached it
	waived         bool
	usedCapacities int
}

// combine goes through the tiers.
func (r *resolver) combine(m mode) state {
	s := r.entitlement(m)
	s.broken = r.problems.broken
	entitlement := s

	s = r.reciprocity(s, m)
	s = r.individual(s, m)
	s = restrict(s, r.later[tierIndex(domain.TierProgramme)], m)
	s = r.check(s)
	s = r.guard(s, r.check(entitlement))
	for _, f := range r.later[tierIndex(domain.TierWaiver)] {
		if f.fires(m) && f.outcome != "" {
			if !s.waived {
				s.rests = nil
			}
			s.outcome, s.conditions, s.failed, s.waived = f.outcome, nil, nil, true
			s.rests = append(s.rests, f)
		}
	}
	return s
}

// entitlement is the best over the capacities; of equals the one with the
// fewest conditions, then one that a determination can open, then one that goes
// on, then the oldest.
func (r *resolver) entitlement(m mode) state {
	var best state
	used := 0
	for i := range r.entitled {
		e := &r.entitled[i]
		if e.capacity.Missing != "" && m == doubt {
			continue
		}
		s := r.standing(e, m)
		s.entitled = e
		if used++; used == 1 || better(&s, &best) {
			best = s
		}
	}
	if used == 0 {
		best = r.standing(&r.nobody, m)
		best.entitled = &r.nobody
	}
	best.usedCapacities = used
	return best
}

func better(a, b *state) bool {
	return cmp.Or(
		cmp.Compare(a.outcome.Strictness(), b.outcome.Strictness()),
		cmp.Compare(len(a.conditions), len(b.conditions)),
		cmp.Compare(closed(a), closed(b)),
		cmp.Compare(over(a), over(b))) < 0
}

// over is 0 for a capacity that goes on, and 1 for one that has ended.
func over(s *state) int {
	if s.entitled != nil && s.entitled.capacity.Ended {
		return 1
	}
	return 0
}

// closed is 0 for what a determination can open, and 1 for the rest.
func closed(s *state) int {
	if s.reciprocal {
		return 0
	}
	return 1
}

// standing is what one capacity gives: baseline, then cuts, then lifts.
func (r *resolver) standing(e *evaluated, m mode) state {
	s := strictest(e.baseline, m)
	if s.outcome == "" {
		s = state{outcome: domain.Denied, nothing: true}
	}
	if cut := strictest(e.sponsorCuts, m); cut.outcome != "" {
		s = s.replaced(state{outcome: domain.Denied, rests: cut.rests, sponsorCut: true})
	}
	if cut := strictest(e.cuts, m); cut.outcome != "" && !s.outcome.Stricter(cut.outcome) {
		s = s.replaced(cut)
	}
	if s.cut {
		named := slices.DeleteFunc(slices.Clone(e.lifts), func(f *firing) bool { return !f.namesStatus() })
		return lift(s, named, m)
	}
	return lift(s, e.lifts, m)
}

// replaced is the state after a cut. Where nothing gives the privilege, there is
// nothing to cut; yet lifts that do not name the status no longer reach it.
func (s state) replaced(by state) state {
	if s.nothing {
		s.cut = true
		return s
	}
	return state{outcome: by.outcome, conditions: by.conditions, rests: by.rests, cut: true, sponsorCut: by.sponsorCut}
}

// strictest combines rules of one step that each replace: the strictest
// outcome, with the conditions of all that come to it.
func strictest(firings []*firing, m mode) state {
	var s state
	for _, f := range firings {
		if !f.fires(m) {
			continue
		}
		switch {
		case s.outcome == "" || f.outcome.Stricter(s.outcome):
			s = state{outcome: f.outcome, conditions: f.conditions, reciprocal: f.reciprocal, rests: []*firing{f}}
		case f.outcome == s.outcome:
			s.conditions = merge(s.conditions, f.conditions)
			s.reciprocal = s.reciprocal && f.reciprocal
			s.rests = append(slices.Clone(s.rests), f)
		}
	}
	return s
}

// lift replaces outcome and conditions by those of the most favourable lift, if
// that is at most as strict. Of equals the one with the fewest conditions wins;
// all that come to the same are what the answer rests on.
func lift(s state, firings []*firing, m mode) state {
	var best []*firing
	for _, f := range firings {
		if !f.fires(m) {
			continue
		}
		switch {
		case len(best) == 0 || moreFavourable(f, best[0]) < 0:
			best = []*firing{f}
		case moreFavourable(f, best[0]) == 0:
			best = append(best, f)
		}
	}
	if len(best) == 0 || best[0].outcome.Stricter(s.outcome) || best[0].bare() && !s.outcome.Stricter(domain.Conditional) {
		return s
	}
	s.outcome, s.conditions, s.rests = best[0].outcome, best[0].conditions, best
	s.reciprocal, s.nothing = false, false
	return s
}

// bare reports whether a lift says that there are conditions and not which. It
// gives something to who has nothing, and takes no conditions away.
func (f *firing) bare() bool { return f.outcome == domain.Conditional && len(f.conditions) == 0 }

func moreFavourable(a, b *firing) int {
	bare := func(f *firing) int {
		if f.bare() {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.outcome.Strictness(), b.outcome.Strictness()),
		cmp.Compare(bare(a), bare(b)),
		cmp.Compare(len(a.conditions), len(b.conditions)),
		slices.CompareFunc(a.conditions, b.conditions, compareConditions))
}

// reciprocity opens a reciprocal cell, lifts, and restricts.
func (r *resolver) reciprocity(s state, m mode) state {
	if len(r.later[tierIndex(domain.TierReciprocity)]) == 0 {
		s.opened = s.opened || s.reciprocal
		return restrict(s, nil, m)
	}
	var opens, lifts, restrictions []*firing
	for _, f := range r.later[tierIndex(domain.TierReciprocity)] {
		switch {
		case f.rule.Effect != domain.Lifts:
			restrictions = append(restrictions, f)
		case f.rule.Reciprocal:
			opens = append(opens, f)
		case !f.cut:
			lifts = append(lifts, f)
		}
	}
	if s.reciprocal {
		s = lift(s, opens, m)
		s.opened = true
	}
	return restrict(lift(s, lifts, m), restrictions, m)
}

func (r *resolver) individual(s state, m mode) state {
	var lifts, restrictions []*firing
	for _, f := range r.later[tierIndex(domain.TierIndividual)] {
		if f.rule.Effect == domain.Lifts {
			lifts = append(lifts, f)
		} else {
			restrictions = append(restrictions, f)
		}
	}
	return restrict(lift(s, lifts, m), restrictions, m)
}

// restrict combines restrictions: the strictest outcome, all conditions.
func restrict(s state, firings []*firing, m mode) state {
	for _, f := range firings {
		if !f.fires(m) || f.outcome == domain.Allowed || f.outcome == "" {
			continue
		}
		switch {
		case f.outcome.Stricter(s.outcome):
			s.outcome, s.rests, s.reciprocal = f.outcome, []*firing{f}, false
		case f.outcome == s.outcome:
			s.rests = append(slices.Clone(s.rests), f)
		}
		if s.outcome != domain.Denied {
			s.conditions = merge(s.conditions, f.conditions)
		}
	}
	if s.outcome == domain.Denied {
		s.conditions = nil
	}
	return s
}

// check holds the conditions against the request: one that is not met denies,
// one whose facts are absent stays open.
func (r *resolver) check(s state) state {
	if s.outcome == domain.Denied || s.outcome == domain.Allowed {
		return s
	}
	var kept []heldCondition
	if len(s.conditions) > 0 {
		kept = make([]heldCondition, 0, len(s.conditions))
	}
	for _, c := range s.conditions {
		if c.decl.Met == nil {
			kept = append(kept, c)
			continue
		}
		met, err := c.decl.Met.Bool(r.frameOfCondition(c.object))
		switch {
		case err != nil:
			c.State = domain.ConditionOpen
			c.Needs = r.absent(c.decl.Met)
			kept = append(kept, c)
		case met:
			c.State = domain.ConditionMet
			kept = append(kept, c)
		default:
			s.failed = append(s.failed, c)
		}
	}
	s.conditions = kept
	if len(s.failed) > 0 {
		s.outcome, s.conditions = domain.Denied, nil
	}
	return s
}

// absent lists the request facts that an expression reads and the request lacks.
func (r *resolver) absent(e *Expr) []string {
	var out []string
	for _, ref := range e.Reads() {
		if ref.Object != "request" {
			continue
		}
		if r.trace != nil {
			r.trace.presence(r.s.Request, ref.Name)
		}
		if _, known := r.s.Request.Value(ref.Name); !known {
			out = append(out, ref.String())
		}
	}
	return out
}

// guard puts back an answer that fell below an H floor. It can only fall there
// through a fault of a ruleset, since floors are checked on entry.
func (r *resolver) guard(s, entitlement state) state {
	if !below(s, entitlement) || !r.hard(entitlement.capacityOrNobody(r)) {
		return s
	}
	entitlement.guarded, entitlement.faults = true, s.rests
	return entitlement
}

func (s state) capacityOrNobody(r *resolver) *Capacity {
	if s.entitled != nil && s.entitled.capacity != nil {
		return s.entitled.capacity
	}
	return &r.s.Nobody
}

// below reports whether a is less than b: a stricter outcome, or a condition
// that b does not have.
func below(a, b state) bool {
	if a.outcome.Stricter(b.outcome) {
		return true
	}
	for _, c := range a.conditions {
		if !slices.ContainsFunc(b.conditions, func(d heldCondition) bool { return compareConditions(c, d) == 0 }) && a.outcome == b.outcome {
			return true
		}
	}
	return false
}

// hard reports whether the privilege has an H floor in this situation. A floor
// whose when can't be decided counts: the doubt is the treaty's.
func (l *Language) hard(common *Edition, s *Situation, c *Capacity) bool {
	return hardIn(common, s.Privilege, func() *Frame { return s.frame(l, c) })
}

func (r *resolver) hard(c *Capacity) bool {
	return hardIn(r.law.Common, r.s.Privilege, func() *Frame { return r.frame(c, nil) })
}

func hardIn(common *Edition, p domain.Privilege, frame func() *Frame) bool {
	for _, floor := range common.aboutOf(p).floors {
		if floor.When == nil {
			return true
		}
		holds, err := floor.When.Bool(frame())
		if err != nil || holds {
			return true
		}
	}
	return false
}

// merge joins conditions without repetition, sorted, so that the order in which
// they were found does not show.
func merge(a, b []heldCondition) []heldCondition {
	out := slices.Concat(a, b)
	slices.SortFunc(out, compareConditions)
	return slices.CompactFunc(out, func(x, y heldCondition) bool { return compareConditions(x, y) == 0 })
}

func compareConditions(a, b heldCondition) int {
	return cmp.Or(strings.Compare(a.Code, b.Code), slices.CompareFunc(a.Params, b.Params, func(p, q domain.Param) int {
		return cmp.Or(strings.Compare(p.Name, q.Name), strings.Compare(p.Value, q.Value))
	}))
}
