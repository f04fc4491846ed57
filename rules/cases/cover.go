package cases

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A Cover says which parts of an edition's rules its cases try:
//
//	rules       fired in one case, and held back in another
//	reach       of each key of applies: let somebody pass, kept somebody out
//	clauses     of each atom of a condition: true, false, and decisive
//	outcomes    each that a rule can give; of each condition that it brings:
//	            met, not met, open
//
// Each of these is a mark that some case sets or none does. A clause that many
// cells of a table share is one clause.
type Cover struct {
	Rules []*RuleCover // in order of the rules
	// Clauses are those of all rules and of the conditions of the catalogue, each
	// once, in order of file and place.
	Clauses []*ClauseCover
}

// A RuleCover is what cases try of one rule.
type RuleCover struct {
	Rule     *rules.Rule
	Tried    bool
	Parts    []*PartCover
	Clauses  []*ClauseCover // shared by the cells of a table
	Outcomes []*OutcomeCover
}

// A PartCover is what cases try of one key of a rule's applies: how many it let
// pass, and how many it kept out.
type PartCover struct {
	Part    rules.Part
	In, Out int
}

// A ClauseCover is what cases try of one clause: an atom of a condition.
type ClauseCover struct {
	// Of says what it is a part of: when, outcome, as, a condition's met or one
	// of its parameters.
	Of   string
	Rule string // the first rule that has it; empty: a condition of the catalogue
	Form rules.Form
	// Used is where the expression stands; From and To where the clause does.
	Used, From, To rules.Pos
	// How often it was true, false, and unclear; and how often it alone decided.
	True, False, Unclear, Decisive int
}

// Evaluated reports whether any case came to the clause.
func (c *ClauseCover) Evaluated() bool { return c.True+c.False+c.Unclear > 0 }

// Missing says what no case shows of the clause.
func (c *ClauseCover) Missing() []string {
	if !c.Evaluated() {
		return []string{"never evaluated"}
	}
	var out []string
	for _, m := range []struct {
		seen int
		text string
	}{{c.True, "never true"}, {c.False, "never false"}, {c.Decisive, "never alone decisive"}} {
		if m.seen == 0 {
			out = append(out, m.text)
		}
	}
	return out
}

// An OutcomeCover is one outcome that a rule can give, or one state of a condition
// that it brings.
type OutcomeCover struct {
	What string // "denied", or "minimum_purchase not met"
	Seen int
}

// A Share is how many marks are set of how many.
type Share struct{ Set, Of int }

// Add joins two shares.
func (s Share) Add(o Share) Share { return Share{s.Set + o.Set, s.Of + o.Of} }

// Percent is rounded down, so that 100 is all; of nothing it is 100.
func (s Share) Percent() float64 {
	if s.Of == 0 {
		return 100
	}
	return float64(s.Set*1000/s.Of) / 10
}

func share(seen ...int) Share {
	s := Share{Of: len(seen)}
	for _, n := range seen {
		if n > 0 {
			s.Set++
		}
	}
	return s
}

// Sums are the shares of the marks of each kind.
type Sums struct{ Rules, Reach, Clauses, Outcomes Share }

// Total joins all marks.
func (s Sums) Total() Share { return s.Rules.Add(s.Reach).Add(s.Clauses).Add(s.Outcomes) }

// Sums adds up one rule.
func (r *RuleCover) Sums() Sums {
	var s Sums
	s.Rules = Share{Of: 1}
	if r.Tried {
		s.Rules.Set = 1
	}
	for _, p := range r.Parts {
		s.Reach = s.Reach.Add(share(p.In, p.Out))
	}
	for _, c := range r.Clauses {
		s.Clauses = s.Clauses.Add(c.share())
	}
	for _, o := range r.Outcomes {
		s.Outcomes = s.Outcomes.Add(share(o.Seen))
	}
	return s
}

func (c *ClauseCover) share() Share { return share(c.True, c.False, c.Decisive) }

// Sums adds up all rules, shared clauses once.
func (c *Cover) Sums() Sums {
	var s Sums
	for _, r := range c.Rules {
		one := r.Sums()
		s.Rules, s.Reach, s.Outcomes = s.Rules.Add(one.Rules), s.Reach.Add(one.Reach), s.Outcomes.Add(one.Outcomes)
	}
	for _, clause := range c.Clauses {
		s.Clauses = s.Clauses.Add(clause.share())
	}
	return s
}

// A watcher gathers what cases try of an edition.
type watcher struct {
	edition *rules.Edition
	rules   map[*rules.Rule]*watched
	met     map[*rules.ConditionDecl]*covered
	places  map[placeOf]*ClauseCover
	cover   *Cover
	now     *rules.Situation
}

// A placeOf tells clauses apart.
type placeOf struct {
	of             string
	used, from, to rules.Pos
}

type watched struct {
	*RuleCover
	when     *covered
	outcome  []*covered // conditions of what it gives, and of parameters
	outcomes map[string]*OutcomeCover
}

// covered is a condition with the covers of its atoms, by where they stand.
type covered struct {
	form  rules.Form
	atoms map[placeOf]*ClauseCover
	key   func(rules.Form) placeOf
}

func newWatcher(edition *rules.Edition) *watcher {
	w := &watcher{
		edition: edition, rules: map[*rules.Rule]*watched{}, met: map[*rules.ConditionDecl]*covered{},
		places: map[placeOf]*ClauseCover{}, cover: &Cover{},
	}
	for _, rule := range edition.Rules {
		r := &watched{RuleCover: &RuleCover{Rule: rule}, outcomes: map[string]*OutcomeCover{}}
		w.rules[rule] = r
		w.cover.Rules = append(w.cover.Rules, r.RuleCover)
		for _, part := range rule.Parts() {
			r.Parts = append(r.Parts, &PartCover{Part: part})
		}
		r.when = w.condition(r.RuleCover, "when", rule.When, rule.When.Form())
		w.value(r, "outcome", rule.OutcomeExpr)
		w.value(r, "as", rule.As)
		for _, use := range rule.Conditions {
			for _, p := range use.Params {
				w.value(r, use.Decl.Code+"."+p.Name, p.Expr)
			}
		}
		for _, what := range gives(rule) {
			r.expect(what)
		}
		for _, use := range rule.Conditions {
			for _, state := range states(use.Decl) {
				r.expect(state)
			}
		}
	}
	if edition.Language != nil && edition.Code == common {
		codes := make([]string, 0, len(edition.Language.Conditions))
		for code := range edition.Language.Conditions {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		for _, code := range codes {
			decl := edition.Language.Conditions[code]
			w.met[decl] = w.condition(nil, code+".met", decl.Met, decl.Met.Form())
		}
	}
	slices.SortStableFunc(w.cover.Clauses, func(a, b *ClauseCover) int {
		return cmp.Or(cmp.Compare(a.Used.File, b.Used.File), cmp.Compare(a.Used.Line, b.Used.Line), cmp.Compare(a.Used.Column, b.Used.Column),
			cmp.Compare(a.From.Line, b.From.Line), cmp.Compare(a.From.Column, b.From.Column))
	})
	return w
}

// common is the code of the ruleset that declares the language.
const common domain.RulesetID = "common"

func (r *watched) expect(what string) {
	if r.outcomes[what] == nil {
		o := &OutcomeCover{What: what}
		r.outcomes[what] = o
		r.Outcomes = append(r.Outcomes, o)
	}
}

// The words for what can't be said beforehand.
const (
	anOutcome = "an outcome"
	asAnother = "what another category has"
	aRemark   = "a remark"
)

// gives lists what a rule can give.
func gives(rule *rules.Rule) []string {
	switch {
	case rule.Tier == domain.TierDuty:
		return []string{aRemark}
	case rule.As != nil:
		return []string{asAnother}
	case rule.OutcomeExpr != nil:
		values, known := rule.OutcomeExpr.Gives()
		if !known {
			return []string{anOutcome}
		}
		out := make([]string, len(values))
		for i, v := range values {
			out[i] = v.Text()
		}
		return out
	default:
		return []string{string(rule.Outcome)}
	}
}

// states lists what a condition can be.
func states(d *rules.ConditionDecl) []string {
	if d.Met == nil {
		return []string{d.Code}
	}
	return []string{d.Code + " met", d.Code + " not met", d.Code + " open"}
}

func (w *watcher) value(r *watched, of string, e *rules.Expr) {
	for _, form := range e.Conditions() {
		r.outcome = append(r.outcome, w.condition(r.RuleCover, of, e, form))
	}
	if e != nil && e.IsTest() {
		r.outcome = append(r.outcome, w.condition(r.RuleCover, of, e, e.Form()))
	}
}

// condition finds the clauses of a condition; nil if it has none.
func (w *watcher) condition(r *RuleCover, of string, e *rules.Expr, form rules.Form) *covered {
	if form.IsZero() {
		return nil
	}
	c := &covered{form: form, atoms: map[placeOf]*ClauseCover{}}
	c.key = func(f rules.Form) placeOf {
		from, to := f.Extent()
		return placeOf{of, e.Pos, from, to}
	}
	var walk func(rules.Form)
	walk = func(f rules.Form) {
		if !f.Atom() {
			for _, part := range f.Parts() {
				walk(part)
			}
			return
		}
		k := c.key(f)
		if f.Op() == rules.OpConst || c.atoms[k] != nil {
			return
		}
		clause := w.places[k]
		if clause == nil {
			clause = &ClauseCover{Of: of, Form: f, Used: e.Pos, From: k.from, To: k.to}
			if r != nil {
				clause.Rule = r.Rule.ID
			}
			w.places[k] = clause
			w.cover.Clauses = append(w.cover.Clauses, clause)
		}
		c.atoms[k] = clause
		if r != nil {
			r.Clauses = append(r.Clauses, clause)
		}
	}
	walk(form)
	return c
}

func (c *covered) see(frame *rules.Frame) {
	if c == nil {
		return
	}
	weighed := c.form.Weigh(frame)
	weighed.Atoms(func(atom *rules.Weighed) {
		clause := c.atoms[c.key(atom.Form)]
		switch atom.Truth {
		case rules.Yes:
			clause.True++
		case rules.No:
			clause.False++
		default:
			clause.Unclear++
		}
		if atom.Decisive {
			clause.Decisive++
		}
	})
}

// look counts whom the rules that speak of what is asked reach.
func (w *watcher) look(s *rules.Situation) {
	w.now = s
	capacities := s.Capacities
	if len(capacities) == 0 {
		capacities = []rules.Capacity{s.Nobody}
	}
	for _, rule := range w.edition.Rules {
		r := w.rules[rule]
		if len(r.Parts) == 0 || !rule.SpeaksOf(s.Privilege) || s.At < rule.InForceFrom || rule.InForceTo <= s.At {
			continue
		}
		for i := range capacities {
			reach := capacities[i].Reach
			if rule.Of&rules.WantedOf(reach) == 0 {
				continue
			}
			for _, p := range r.Parts {
				if rule.Within(p.Part, reach) {
					p.In++
				} else {
					p.Out++
				}
			}
		}
	}
}

// Weighed is told by [rules.ResolveWatched].
func (w *watcher) Weighed(rule *rules.Rule, c *rules.Capacity, _ *rules.Bound, f *rules.Frame, fires bool, err error) {
	r := w.rules[rule]
	if r == nil || c == &w.now.Nobody && len(w.now.Capacities) > 0 { // the one who is not asked about
		return
	}
	r.when.see(f)
	if fires || err != nil {
		for _, o := range r.outcome {
			o.see(f)
		}
	}
}

// Gave is told by [rules.ResolveWatched].
func (w *watcher) Gave(rule *rules.Rule, outcome domain.Outcome, attached []rules.Attached) {
	r := w.rules[rule]
	for _, a := range attached {
		w.met[a.Decl].see(a.Frame)
	}
	if r == nil {
		return
	}
	what := string(outcome)
	switch {
	case rule.Tier == domain.TierDuty:
		what = aRemark
	case rule.As != nil:
		what = asAnother
	case r.outcomes[what] == nil:
		what = anOutcome
	}
	if o := r.outcomes[what]; o != nil {
		o.Seen++
	}
	for _, a := range attached {
		state := a.Decl.Code
		if a.Decl.Met != nil {
			switch met, err := a.Decl.Met.Bool(a.Frame); {
			case err != nil:
				state += " open"
			case met:
				state += " met"
			default:
				state += " not met"
			}
		}
		if o := r.outcomes[state]; o != nil { // not of what another category has
			o.Seen++
		}
	}
}
