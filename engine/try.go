package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Trial is an expression or a draft that is tried on somebody on record. The zero
// times mean now.
type Trial struct {
	Subject domain.Subject
	// Privilege is what is asked. An expression that does not read it may leave it
	// empty.
	Privilege domain.Privilege
	Request   map[string]string
	AsOf      []time.Time // at which it is tried; none is now
	AsKnown   Known

	// Expr is an expression, as in the `when` of a rule.
	Expr string

	// Draft is the bundle of a draft that takes the place of the edition of its
	// ruleset in force; Rule narrows it to the rule with this id. With Added, the
	// draft holds rules alone, and these are added to the edition in force.
	Draft []byte
	Rule  string
	Added bool
}

// Tried is what a trial came to.
type Tried struct {
	AsKnown domain.Position
	At      []TriedAt // in the order in which the times were given
}

// TriedAt is what a trial came to at one time.
type TriedAt struct {
	AsOf     time.Time
	Editions []domain.Edition // in force; of the draft, with the draft
	// Of an expression: what it comes to, for each capacity and, if it speaks of one,
	// each measure, agreement or waiver that covers it.
	Type   string // in words, of what it comes to
	Values []TriedValue
	// Of a draft: its rules that speak of what is asked, and the answers under the
	// law in force and under the draft.
	Rules         []TriedRule
	Before, After domain.Decision
}

// A TriedValue is what an expression comes to in one capacity.
type TriedValue struct {
	Capacity string // empty: the subject has none, and the facts are nobody's
	Ended    bool
	By       string // the measure, agreement or waiver
	Value    domain.Value
	Err      error // why there is no value
	// Clauses are the parts of a condition, with what each came to; the zero value of
	// other expressions.
	Clauses rules.Weighed
	Facts   []TriedFact // that it may read, in order of name
}

// A TriedFact is a fact that an expression may read.
type TriedFact struct {
	Name   string
	Known  bool
	Value  string
	Events []domain.Position // that it comes from; none of a default
}

// A TriedRule is what a rule of a draft comes to in one capacity.
type TriedRule struct {
	Rule     *rules.Rule
	Capacity string
	InForce  bool // by its own dates
	Of       bool // it is of persons, or of missions, as is asked
	Parts    []TriedPart
	Reaches  bool
	// Whens are what its condition came to: once, or once for each measure, agreement
	// or waiver that covers the capacity. None if it was not evaluated.
	Whens []TriedWhen
}

// A TriedPart is one key of applies, with what was compared.
type TriedPart struct {
	Part   rules.Part
	Wanted []string
	Passes bool
}

// A TriedWhen is one evaluation of a rule.
type TriedWhen struct {
	TriedValue
	Fires      bool
	Outcome    domain.Outcome // of a rule that fires, or might
	Conditions []string
}

// Try evaluates an expression or a draft on somebody on record. Nothing is recorded.
// Mistakes of either are [rules.Diagnostics]; other errors match [ErrUnknown],
// [ErrRequest] or [ErrKnown], or are the context's.
func (e *Engine) Try(ctx context.Context, t Trial) (Tried, error) {
	times := t.AsOf
	if len(times) == 0 {
		times = []time.Time{{}}
	}
	var out Tried
	for _, asOf := range times {
		m, at, err := e.moment(ctx, Question{AsOf: asOf, AsKnown: t.AsKnown})
		if err != nil {
			return out, err
		}
		out.AsKnown = m.Known()
		var one TriedAt
		if t.Draft != nil {
			one, err = e.tryDraft(ctx, m, t, at)
		} else {
			one, err = tryExpr(m, t, timeline.Of(at))
		}
		if err != nil {
			return out, outward(err)
		}
		out.At = append(out.At, one)
	}
	return out, nil
}

// errPrivilege is returned when it matters what is asked, and nobody says it.
var errPrivilege = requestError{errors.New("the expression reads what is asked: say which privilege it is asked about")}

func tryExpr(m *standing.Moment, t Trial, at timeline.Instant) (TriedAt, error) {
	out := TriedAt{AsOf: at.Time()}
	law, _, err := m.Root().LawAt(at, m.Known())
	if err != nil {
		return out, m.Root().Lawless(err, at, m.Known())
	}
	expr, each, err := parseAny(law, t.Expr)
	if err != nil {
		return out, err
	}
	p := t.Privilege
	if p == "" {
		if rules.AsksPrivilege(expr) {
			return out, errPrivilege
		}
		p = anyPrivilege(law, t.Subject)
	}
	var objects []string
	for _, ref := range expr.Reads() {
		objects = append(objects, ref.Object)
	}
	s, err := m.Situate(t.Subject, p, at, t.Request, objects...)
	if err != nil {
		return out, err
	}
	out.AsOf, out.Editions, out.Type = s.At.Time(), s.Editions, expr.Type()
	capacities := s.Situation.Capacities
	nobody := len(capacities) == 0
	if nobody {
		capacities = []rules.Capacity{s.Situation.Nobody}
	}
	for i := range capacities {
		c := &capacities[i]
		label := c.Label
		if nobody {
			label = ""
		}
		for _, b := range boundsFor(s.Situation, each, c, t.Privilege) {
			v := valueOf(expr, s.Situation.Frame(law.Language, c, b))
			v.Capacity, v.Ended = label, c.Ended
			if b != nil {
				v.By = b.ID
			}
			out.Values = append(out.Values, v)
		}
	}
	return out, nil
}

// parseAny reads an expression that may speak of a measure, an agreement or a waiver,
// and says of which.
func parseAny(law *rules.Edition, text string) (*rules.Expr, rules.Each, error) {
	expr, first := rules.ParseExpr(law, text, rules.EachNothing)
	if first == nil {
		return expr, rules.EachNothing, nil
	}
	worst := first
	for _, each := range []rules.Each{rules.EachMeasure, rules.EachAgreement, rules.EachWaiver} {
		expr, err := rules.ParseExpr(law, text, each)
		if err == nil {
			return expr, each, nil
		}
		if speaksOf(text, each.Name()) {
			worst = err
		}
	}
	return nil, rules.EachNothing, worst
}

// speaksOf reports whether a text seems to read a fact of a name: m.level.
func speaksOf(text, name string) bool {
	for i := strings.Index(text, name+"."); i >= 0; {
		if i == 0 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.", rune(text[i-1])) {
			return true
		}
		next := strings.Index(text[i+1:], name+".")
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// anyPrivilege is one that can be asked of the subject, for what does not depend on it.
func anyPrivilege(law *rules.Edition, s domain.Subject) domain.Privilege {
	of := rules.OfPerson
	if s.Kind == domain.KindMission {
		of = rules.OfMission
	}
	for _, p := range law.Language.PrivilegeOrder {
		if law.Language.Privileges[p].Of&of != 0 {
			return p
		}
	}
	return ""
}

// boundsFor lists what an expression is evaluated for: nothing, once, or everything of
// a kind that covers the capacity and, if one is asked about, concerns the privilege.
func boundsFor(s *rules.Situation, each rules.Each, c *rules.Capacity, p domain.Privilege) []*rules.Bound {
	if each == rules.EachNothing {
		return []*rules.Bound{nil}
	}
	var out []*rules.Bound
	for i := range s.Bounds {
		b := &s.Bounds[i]
		if b.Each == each && b.Covers(c.Reach) && (p == "" || len(b.Privileges) == 0 || slices.Contains(b.Privileges, p)) {
			out = append(out, b)
		}
	}
	return out
}

// valueOf evaluates an expression with everything that it may read.
func valueOf(expr *rules.Expr, frame *rules.Frame) TriedValue {
	var v TriedValue
	for _, ref := range expr.Reads() {
		used, known := frame.Fact(ref)
		v.Facts = append(v.Facts, TriedFact{Name: ref.String(), Known: known, Value: used.Value, Events: used.Events})
	}
	if !expr.IsTest() {
		v.Value, v.Err = expr.Value(frame)
		return v
	}
	var holds bool
	if holds, v.Err = expr.Bool(frame); v.Err == nil {
		v.Value = domain.Bool(holds)
	}
	if form := expr.Form(); !form.IsZero() {
		v.Clauses = form.Weigh(frame)
	}
	return v
}

func (e *Engine) tryDraft(ctx context.Context, m *standing.Moment, t Trial, at time.Time) (TriedAt, error) {
	out := TriedAt{AsOf: at}
	draft := Draft{Bundle: t.Draft, Instead: true}
	if t.Added {
		var err error
		if draft.Bundle, err = e.added(m, t, timeline.Of(at)); err != nil {
			return out, err
		}
	}
	supposed, err := e.Suppose(ctx, m, draft)
	if err != nil {
		return out, err
	}
	if t.Rule != "" && !slices.ContainsFunc(supposed.Edition.Rules, func(r *rules.Rule) bool { return r.ID == t.Rule }) {
		var known []string
		for _, r := range supposed.Edition.Rules {
			known = append(known, r.ID)
		}
		return out, &standing.Unknown{What: "rule", Name: t.Rule, Near: domain.Nearest(t.Rule, known)}
	}
	if out.Before, err = m.Decide(t.Subject, t.Privilege, timeline.Of(at), t.Request); err != nil {
		return out, err
	}
	if out.After, err = supposed.Decide(t.Subject, t.Privilege, timeline.Of(at), t.Request); err != nil {
		return out, err
	}
	out.Before.Semantics, out.After.Semantics = Semantics, Semantics
	s, err := supposed.Situate(t.Subject, t.Privilege, timeline.Of(at), t.Request)
	if err != nil {
		return out, err
	}
	out.AsOf, out.Editions = s.At.Time(), s.Editions
	w := &ruleWatch{situation: s.Situation, whens: map[weighedOf][]TriedWhen{}}
	rules.ResolveWatched(s.Law, s.Situation, w)
	// The draft may be of another State, and then is not asked.
	for _, r := range supposed.Edition.Rules {
		if !r.SpeaksOf(t.Privilege) || t.Rule != "" && r.ID != t.Rule {
			continue
		}
		out.Rules = append(out.Rules, w.tried(r)...)
	}
	return out, nil
}

// added joins rules to the edition in force of the ruleset that they are of: that of
// the State of the subject, whose first edition they are if it has none.
func (e *Engine) added(m *standing.Moment, t Trial, at timeline.Instant) ([]byte, error) {
	s, err := m.Situate(t.Subject, t.Privilege, at, t.Request)
	if err != nil {
		return nil, err
	}
	state := stateOf(s)
	for _, other := range t.AsOf { // somebody may have come later
		if state == "" && !other.IsZero() {
			if then, err := m.Situate(t.Subject, t.Privilege, timeline.Of(other), t.Request); err == nil {
				state = stateOf(then)
			}
		}
	}
	if state == "" {
		return nil, requestError{fmt.Errorf("%s belongs to no State then, so that it can't be said whose ruleset the rules are added to", t.Subject)}
	}
	for _, edition := range s.Editions {
		if edition.Ruleset == domain.RulesetID(state) {
			bundle, _ := m.Root().Library().Bundle(edition.Hash)
			return slices.Concat(bundle, t.Draft), nil
		}
	}
	head := fmt.Sprintf("-- 00-draft.yaml --\nruleset: %s\nedition: draft\ntitle: Draft\n", state)
	return slices.Concat([]byte(head), t.Draft), nil
}

func stateOf(s standing.Situated) domain.StateID {
	for i := range s.Situation.Capacities {
		if state := s.Situation.Capacities[i].Reach.State; state != "" {
			return state
		}
	}
	return ""
}

// A ruleWatch gathers what rules come to while a question is resolved.
type ruleWatch struct {
	situation *rules.Situation
	whens     map[weighedOf][]TriedWhen
	last      weighedOf // what was weighed last, of which it is told what it gave
}

type weighedOf struct {
	rule     *rules.Rule
	capacity *rules.Capacity
}

// Weighed is told by [rules.ResolveWatched].
func (w *ruleWatch) Weighed(rule *rules.Rule, c *rules.Capacity, b *rules.Bound, f *rules.Frame, fires bool, err error) {
	k := weighedOf{rule, c}
	w.last = k
	when := TriedWhen{TriedValue: TriedValue{Value: domain.Bool(fires), Err: err, Ended: c.Ended}, Fires: fires && err == nil}
	if rule.When != nil {
		when.TriedValue = valueOf(rule.When, f)
		when.Ended = c.Ended
	}
	if b != nil {
		when.By = b.ID
	}
	w.whens[k] = append(w.whens[k], when)
}

// Gave is told by [rules.ResolveWatched].
func (w *ruleWatch) Gave(rule *rules.Rule, outcome domain.Outcome, conditions []rules.Attached) {
	all := w.whens[w.last]
	if w.last.rule != rule || len(all) == 0 {
		return // it gave what another category has, which was worked out in between
	}
	when := &all[len(all)-1]
	when.Outcome = outcome
	for _, c := range conditions {
		when.Conditions = append(when.Conditions, c.Decl.Code)
	}
}

// tried says what a rule came to in each capacity.
func (w *ruleWatch) tried(rule *rules.Rule) []TriedRule {
	s := w.situation
	capacities := s.Capacities
	one := func(c *rules.Capacity, label string) TriedRule {
		r := TriedRule{
			Rule: rule, Capacity: label, InForce: rule.InForceFrom <= s.At && s.At < rule.InForceTo,
			Of: rule.Of&rules.WantedOf(c.Reach) != 0, Reaches: rule.Reaches(c.Reach), Whens: w.whens[weighedOf{rule, c}],
		}
		for _, part := range rule.Parts() {
			r.Parts = append(r.Parts, TriedPart{part, rule.Values(part), rule.Within(part, c.Reach)})
		}
		for _, part := range []rules.Part{rules.PartFamily, rules.PartVisitors} { // what they are silent on may keep somebody out
			if !rule.Within(part, c.Reach) && !slices.ContainsFunc(r.Parts, func(p TriedPart) bool { return p.Part == part }) {
				r.Parts = append(r.Parts, TriedPart{Part: part})
			}
		}
		return r
	}
	if len(capacities) == 0 {
		return []TriedRule{one(&s.Nobody, "")}
	}
	out := make([]TriedRule, len(capacities))
	for i := range capacities {
		out[i] = one(&capacities[i], capacities[i].Label)
	}
	return out
}
