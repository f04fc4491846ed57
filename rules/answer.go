package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// brief tells what a state comes to, with the first reason that it rests on.
func (s state) brief(r *resolver) Answer {
	a := s.bare()
	r.short = true
	a.Reasons = s.reasons(r)
	return a
}

// bare is what a state comes to, without reasons.
func (s state) bare() Answer {
	a := Answer{Outcome: s.outcome}
	if len(s.conditions) > 0 {
		a.Conditions = make([]domain.Condition, 0, len(s.conditions))
	}
	for i := range s.conditions {
		a.Conditions = append(a.Conditions, s.conditions[i].Condition)
	}
	return a
}

// answer tells what a state comes to, with its reasons.
func (s state) answer(r *resolver) Answer {
	a := s.bare()
	a.Reasons = s.reasons(r)
	for _, reason := range a.Reasons {
		if reason.Decisive {
			a.Cite = appendNew(a.Cite, reason.Cite...)
		}
		for _, f := range reason.Facts {
			if !slices.ContainsFunc(a.Facts, func(g domain.FactUsed) bool { return g.Name == f.Name && g.Value == f.Value }) {
				a.Facts = append(a.Facts, f)
			}
		}
	}
	slices.SortFunc(a.Facts, func(x, y domain.FactUsed) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Value, y.Value))
	})
	s.remark(r, &a)
	a.Proposals = r.proposals(s)
	return a
}

// reasons lists every rule that fired, in the order of the resolution, and says
// on which of them the outcome rests.
func (s state) reasons(r *resolver) []domain.Reason {
	var out []domain.Reason
	several := len(r.s.Capacities) > 1
	done := false // a short answer has the first decisive reason alone
	decisive := func(f *firing) bool {
		return slices.ContainsFunc(s.rests, func(g *firing) bool { return g.rule == f.rule && g.bound == f.bound && g.capacity == f.capacity })
	}
	add := func(code domain.ReasonCode, f *firing) {
		if f.truth != yes || done || r.short && !decisive(f) {
			return
		}
		done = r.short
		reason := r.reason(code, f)
		reason.Decisive = r.short || decisive(f)
		if several {
			reason.Capacity = f.capacity.Label
		}
		out = append(out, reason)
	}
	entitled := r.entitled
	if len(entitled) == 0 {
		entitled = []evaluated{r.nobody}
		if r.short {
			// nobody is no decisive reason
		} else if r.s.Nobody.Reach.Mission == "" || r.s.Nobody.Reach.Member != "" {
			out = append(out, domain.Reason{Code: domain.ReasonNobody, Because: "The person holds no accredited or derived capacity at this time."})
		}
	}
	for i := range entitled {
		e := &entitled[i]
		for _, f := range sorted(e.baseline) {
			add(domain.ReasonBaseline, f)
		}
		for _, f := range sorted(e.sponsorCuts) {
			add(domain.ReasonCutByStatus, f)
		}
		for _, f := range sorted(e.cuts) {
			add(domain.ReasonCutByStatus, f)
		}
		for _, f := range sorted(e.lifts) {
			add(domain.ReasonAgreement, f)
		}
	}
	if several && s.entitled != nil && s.usedCapacities > 1 && !r.short {
		out = append(out, domain.Reason{Code: domain.ReasonBestOfCapacities, Capacity: s.entitled.capacity.Label, Because: "Of several capacities, this one gives most."})
	}
	for _, f := range sorted(r.later[tierIndex(domain.TierReciprocity)]) {
		if f.rule.Effect == domain.Lifts && f.rule.Reciprocal && !s.opened {
			continue // there was nothing for it to open
		}
		if f.rule.Effect == domain.Lifts {
			add(domain.ReasonReciprocityLift, f)
		} else {
			add(domain.ReasonReciprocity, f)
		}
	}
	for _, f := range sorted(r.later[tierIndex(domain.TierIndividual)]) {
		if f.rule.Effect == domain.Lifts {
			add(domain.ReasonGranted, f)
		} else {
			add(domain.ReasonIndividual, f)
		}
	}
	for _, f := range sorted(r.later[tierIndex(domain.TierProgramme)]) {
		switch f.outcome {
		case domain.Notification:
			add(domain.ReasonMissingNotice, f)
		case domain.Permission:
			add(domain.ReasonMissingApproval, f)
		default:
			add(domain.ReasonProgramme, f)
		}
	}
	for _, c := range s.failed {
		if done {
			break
		}
		done = r.short
		out = append(out, domain.Reason{Code: domain.ReasonConditionNotMet, Outcome: domain.Denied, Detail: c.decl.Denial, Decisive: true, Because: "The request does not meet the condition: " + c.Text + "."})
	}
	for _, f := range sorted(s.faults) {
		if r.short {
			break
		}
		reason := r.reason(domain.ReasonFloorHeld, f)
		reason.Because = "This rule would go below what the treaty holds fast, so it has no effect; the ruleset is at fault."
		out = append(out, reason)
	}
	for _, f := range sorted(r.later[tierIndex(domain.TierWaiver)]) {
		add(domain.ReasonWaived, f)
	}
	if s.nothing && (!r.short || !done && s.outcome == domain.Denied && len(s.rests) == 0) {
		out = append(out, domain.Reason{Code: domain.ReasonNoBaseline, Outcome: domain.Denied, Decisive: s.outcome == domain.Denied && len(s.rests) == 0,
			Because: "Nothing in the law in force gives this privilege here."})
	}
	return out
}

// sorted orders firings by rule and bound, so that no order of loading shows.
func sorted(in []*firing) []*firing {
	if len(in) < 2 {
		return in
	}
	out := slices.Clone(in)
	id := func(f *firing) string {
		if f.bound == nil {
			return ""
		}
		return f.bound.ID
	}
	slices.SortStableFunc(out, func(a, b *firing) int {
		return cmp.Or(strings.Compare(string(a.rule.Ruleset), string(b.rule.Ruleset)), strings.Compare(a.rule.ID, b.rule.ID), strings.Compare(id(a), id(b)))
	})
	return out
}

func (r *resolver) reason(code domain.ReasonCode, f *firing) domain.Reason {
	rule := f.rule
	switch {
	case code != domain.ReasonBaseline:
	case rule.Reciprocal:
		code = domain.ReasonReciprocalOnly
	case f.outcome == domain.Denied: // the law says itself that it does not give it
		code = domain.ReasonNoBaseline
	}
	reason := domain.Reason{
		Code: code, Tier: rule.Tier, Rule: rule.ID, Ruleset: string(rule.Ruleset), Effect: rule.Effect, Outcome: f.outcome,
		Detail: rule.Code, Cite: rule.Cite, Because: rule.Because,
	}
	if f.bound != nil {
		reason.By = string(f.bound.Each) + " " + f.bound.ID
	}
	if r.short {
		return reason
	}
	frame := r.frame(f.capacity, f.bound)
	implies := rule.implies[0]
	if f.capacity.Reach.Family {
		implies = rule.implies[1]
	}
	if len(implies) > 0 {
		reason.Facts = make([]domain.FactUsed, 0, len(implies))
	}
	for i := range implies {
		if used, found := frame.used(&implies[i]); found {
			reason.Facts = append(reason.Facts, used)
			reason.Events = append(reason.Events, used.Events...)
		}
	}
	if len(reason.Facts) == 0 {
		reason.Facts = nil
	}
	if f.bound != nil {
		reason.Events = append(reason.Events, f.bound.Events...)
	}
	slices.Sort(reason.Events)
	reason.Events = slices.Compact(reason.Events)
	return reason
}

// An implied fact is one that a rule rests on, with the name that it has in
// explanations.
type implied struct {
	FactRef
	name string
}

// implied lists the facts that a rule rests on: those its expressions read, and
// those its applies block compares.
func (rule *Rule) implied(family bool) []implied {
	refs := slices.Clone(rule.Reads)
	scope := &rule.Applies.Scope
	add := func(given bool, object, name string) {
		ref := FactRef{object, name}
		if given && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	principal := "member"
	if family {
		principal = "sponsor"
	}
	add(len(scope.Categories) > 0, principal, "category")
	add(len(scope.Ranks) > 0, principal, "rank")
	add(len(scope.Statuses) > 0, "member", "status")
	add(len(scope.MissionKinds) > 0, "mission", "kind")
	slices.SortFunc(refs, func(a, b FactRef) int {
		return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.Name, b.Name))
	})
	var out []implied
	for _, ref := range slices.Compact(refs) {
		out = append(out, implied{ref, ref.String()})
	}
	return out
}

// used returns a fact of the frame with its value and the events behind it.
func (f *Frame) used(ref *implied) (domain.FactUsed, bool) {
	o := f.object(ref.Object)
	if o == nil {
		return domain.FactUsed{}, false
	}
	i, declared := o.layout.index[ref.Name]
	if !declared {
		return domain.FactUsed{}, false
	}
	v, known := o.known(i)
	if !known {
		return domain.FactUsed{}, false
	}
	used := domain.FactUsed{Name: ref.name, Value: o.layout.facts[i].format(v)}
	if c := o.held(i); c != nil {
		used.Events = c.events
	}
	return used, true
}

func (f *Frame) object(name string) *Object {
	switch name {
	case "member":
		return f.Member
	case "sponsor":
		return f.Sponsor
	case "mission":
		return f.Mission
	case "state":
		return f.State
	case "request":
		return f.Request
	case "vehicle":
		return f.Vehicle
	case "property":
		return f.Property
	case "filing":
		return f.Filing
	case "protection":
		return f.Protection
	case "measure", "agreement", "waiver":
		return f.Bound
	default:
		return nil
	}
}

// remark gathers what rules that fired oblige, note, limit and route to, and
// the duties.
func (s state) remark(r *resolver, a *Answer) {
	say := func(fired []*firing) {
		for _, f := range fired {
			rule := f.rule
			if f.truth != yes || len(rule.Oblige)+len(rule.Note)+len(rule.Route)+len(rule.Limit) == 0 {
				continue
			}
			frame := r.frame(f.capacity, f.bound)
			a.Obligations = r.remarks(a.Obligations, f, frame, rule.Oblige)
			a.Notes = r.remarks(a.Notes, f, frame, rule.Note)
			a.Routes = r.remarks(a.Routes, f, frame, rule.Route)
			a.Limits = r.remarks(a.Limits, f, frame, rule.Limit)
		}
	}
	if e := s.entitled; e != nil {
		say(e.baseline)
		say(e.sponsorCuts)
		say(e.cuts)
		say(e.lifts)
	}
	for tier := tierIndex(domain.TierReciprocity); tier < tiers; tier++ {
		say(r.later[tier])
	}
	for _, list := range [][]domain.Remark{a.Obligations, a.Notes, a.Routes, a.Limits} {
		slices.SortFunc(list, func(x, y domain.Remark) int {
			return cmp.Or(strings.Compare(x.Rule, y.Rule), strings.Compare(x.Code, y.Code), strings.Compare(x.Text, y.Text))
		})
	}
}

func (r *resolver) remarks(to []domain.Remark, f *firing, frame *Frame, uses []RemarkUse) []domain.Remark {
	for _, use := range uses {
		text := use.Text
		if use.Expr != nil {
			v, err := use.Expr.Value(frame)
			if err != nil {
				continue // a remark that lacks a fact remarks nothing
			}
			text = v.Text()
		}
		remark := domain.Remark{Code: use.Code, Text: text, Rule: f.rule.ID, Cite: f.rule.Cite}
		if !slices.ContainsFunc(to, func(have domain.Remark) bool {
			return have.Rule == remark.Rule && have.Code == remark.Code && have.Text == remark.Text
		}) {
			to = append(to, remark)
		}
	}
	return to
}

// proposals lists the consequences of the offence that the question brings.
func (r *resolver) proposals(s state) []domain.Remark {
	frame := r.frame(s.capacityOrNobody(r), nil)
	var out []domain.Remark
	if offence, known := r.s.Request.Value("offence"); known {
		out = r.law.Common.propose(offence.Text(), frame)
	}
	for _, f := range s.rests {
		if f.truth != yes {
			continue
		}
		for _, code := range f.rule.Propose {
			out = append(out, domain.Remark{Code: code, Text: r.lang.Term("consequence", code), Rule: f.rule.ID, Cite: f.rule.Cite})
		}
		offence := f.rule.Offence
		if offence == "" {
			continue
		}
		out = append(out, domain.Remark{Code: offence, Text: "What is asked would be: " + r.lang.Term("offence", offence) + ".", Rule: f.rule.ID, Cite: f.rule.Cite})
		out = append(out, r.law.Common.propose(offence, frame)...)
	}
	return out
}

// Called lists the consequences that an offence calls for.
func (e *Edition) Called(offence string, frame *Frame) []*Consequence {
	var out []*Consequence
	for _, c := range e.Consequences[offence] {
		if c.When != nil {
			if holds, err := c.When.Bool(frame); err != nil || !holds {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

func (e *Edition) propose(offence string, frame *Frame) []domain.Remark {
	var out []domain.Remark
	for _, c := range e.Called(offence, frame) {
		out = append(out, domain.Remark{Code: c.Propose, Text: c.said(), Cite: c.Cite})
	}
	return out
}

// said is the text of a consequence, with what it waits for.
func (c *Consequence) said() string {
	switch c.After {
	case AfterRefused:
		return "If the waiver is refused: " + lowered(c.Text)
	case AfterGranted:
		return "If the waiver is given: " + lowered(c.Text)
	default:
		return c.Text
	}
}

// lowered writes the first letter of a sentence small, unless a capital follows.
func lowered(text string) string {
	if len(text) < 2 || text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

func appendNew[T comparable](to []T, more ...T) []T {
	for _, s := range more {
		if !slices.Contains(to, s) {
			to = append(to, s)
		}
	}
	return to
}
