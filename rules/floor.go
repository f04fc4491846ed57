package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Breach says that a rule or measure would lower an answer below its floor.
// The witness is a person for whom it would.
type Breach struct {
	Privilege domain.Privilege
	Mark      byte
	Rule      string // the rule, or the measure
	Witness   string // a diplomatic agent at an embassy, status none
	Entitled  domain.Outcome
	Lowered   domain.Outcome
	Cite      []string // of the witness's baseline rule: the article breached
	Pos       Pos
}

func (b *Breach) Error() string {
	text := fmt.Sprintf("%s would lower %s below its floor for %s: %s is due under %s, and it would be %s.",
		b.Rule, b.Privilege, b.Witness, b.Entitled, strings.Join(b.Cite, ", "), b.Lowered)
	if b.Mark == 'H' {
		return text + " This floor is hard: no rule and no measure may lower it (FMA 4310). Take the privilege out, or record what the law allows as a fact or a waiver."
	}
	return text + " It may be lowered only in answer to a recorded restrictive practice of that State for the same privilege (VCDR 47(2)(a)): record the practice and name it as basis."
}

// CheckFloors tries every rule of the edition that can lower an answer on every
// kind of person that it may reach, with what it reads of requests and measures
// unknown: a rule that can't be shown to stay above an H floor is a breach, one
// below an R floor is a breach unless it names the practice it answers. It
// returns at most one breach for each rule and privilege.
func CheckFloors(law Law, e *Edition) []*Breach {
	var out []*Breach
	own := e.Code != law.Common.Code
	for _, rule := range e.Rules {
		lowers := rule.Effect == domain.Restricts || own && (rule.Effect == domain.Cuts || rule.Effect == domain.Sets || rule.Effect == domain.Removes)
		if !lowers {
			continue
		}
		for _, p := range rule.Privileges {
			if floor := law.Common.floorOf(p); floor != nil {
				if b := breachBy(law, e, rule, p, floor); b != nil {
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// floorOf returns the floor of a privilege, the hardest if there are several.
func (e *Edition) floorOf(p domain.Privilege) *Floor {
	var found *Floor
	for _, f := range e.Floors {
		if slices.Contains(f.Privileges, p) && (found == nil || f.Mark == 'H') {
			found = f
		}
	}
	return found
}

func breachBy(law Law, e *Edition, rule *Rule, p domain.Privilege, floor *Floor) *Breach {
	if floor.Mark == 'R' && rule.Practice {
		return nil
	}
	state := domain.StateID("some-state")
	if e.Code != law.Common.Code {
		state = domain.StateID(e.Code)
	}
	for h := range witnesses(law.Common.Language, p, state) {
		for _, request := range append([]map[string]string{nil}, floor.Witness...) {
			s, err := situate(law.Common.Language, p, h, request, timeOf(rule))
			if err != nil {
				continue // a witness request of another edition's language
			}
			r := newResolver(Law{Common: law.Common}, s)
			entitled := r.entitlement(doubt)
			c := &s.Capacities[0]
			if floor.Mark == 'H' && !law.Common.Language.hard(law.Common, s, c) {
				continue
			}
			f := tryRule(r, rule, c)
			if f == nil {
				continue
			}
			lowered := restrict(entitled, []*firing{f}, doubt)
			if below(lowered, entitled) {
				return &Breach{Privilege: p, Mark: floor.Mark, Rule: "rule " + rule.ID, Witness: h.describe(law.Common.Language),
					Entitled: entitled.outcome, Lowered: lowered.outcome, Cite: citesOf(entitled), Pos: rule.Pos}
			}
		}
	}
	return nil
}

// tryRule says what a rule would do to a capacity. What it is evaluated for is
// not known, so that whatever reads it may turn out either way.
func tryRule(r *resolver, rule *Rule, c *Capacity) *firing {
	var b *Bound
	if rule.Each != EachNothing {
		b = &Bound{Each: rule.Each, ID: "any", Covers: func(domain.Reach) bool { return true }, Object: r.lang.unknown(string(rule.Each))}
	}
	f := r.evaluateRule(rule, c, b)
	if f == nil || f.truth == no {
		return nil
	}
	if rule.OutcomeExpr != nil && f.truth == unknown {
		f.outcome = domain.Denied
	}
	return f
}

func timeOf(rule *Rule) timeline.Instant {
	switch {
	case rule.InForceFrom != timeline.Always:
		return rule.InForceFrom
	case rule.InForceTo != timeline.Never:
		return rule.InForceTo - 1
	default:
		return 0
	}
}

func citesOf(s state) []string {
	var out []string
	for _, f := range s.rests {
		out = appendNew(out, f.rule.Cite...)
	}
	return out
}

// witnesses yields every kind of person, or of mission, that the privilege can
// be asked of.
func witnesses(l *Language, p domain.Privilege, state domain.StateID) func(func(Hypothetical) bool) {
	decl := l.Privileges[p]
	return func(yield func(Hypothetical) bool) {
		for _, kind := range l.Lists["mission_kind"].Codes {
			h := Hypothetical{State: state, MissionKind: domain.MissionKind(kind.Code)}
			if decl.Of&OfMission != 0 {
				h.OfMission = true
				if !yield(h) {
					return
				}
				h.OfMission = false
			}
			if decl.Of&OfPerson == 0 {
				continue
			}
			for _, category := range l.Lists["category"].Codes {
				if category.Code == string(domain.FamilyCategory) {
					continue
				}
				h.Category = domain.Category(category.Code)
				for _, status := range l.Lists["status"].Codes {
					h.Status = domain.Status(status.Code)
					for _, phase := range []string{"current", "leaving"} {
						h.Phase = phase
						for _, family := range []bool{false, true} {
							h.Family = family
							if !yield(h) {
								return
							}
						}
					}
				}
			}
		}
	}
}

func situate(l *Language, p domain.Privilege, h Hypothetical, request map[string]string, at timeline.Instant) (*Situation, error) {
	o, err := l.Request(request)
	if err != nil {
		return nil, err
	}
	c := l.Capacity(h)
	return &Situation{Privilege: p, At: at, Request: o, Capacities: []Capacity{c}, Nobody: l.Nobody(c.Reach.Member)}, nil
}

func (h Hypothetical) describe(l *Language) string {
	term := func(list, code string) string {
		for _, c := range l.Lists[list].Codes {
			if c.Code == code && c.Term != "" {
				return c.Term
			}
		}
		return code
	}
	if h.OfMission {
		return fmt.Sprintf("a mission of kind %s", term("mission_kind", string(h.MissionKind)))
	}
	who := fmt.Sprintf("a person of category %s (%s)", h.Category, term("category", string(h.Category)))
	if h.Family {
		who = "a family member of " + who
	}
	return fmt.Sprintf("%s at a mission of kind %s, status %s, phase %s", who, h.MissionKind, cmp.Or(string(h.Status), "none"), cmp.Or(h.Phase, "current"))
}

// A Candidate is a measure before it is recorded.
type Candidate struct {
	State domain.StateID
	Bound Bound
	// Practised reports whether a restrictive practice of the State for the
	// privilege is on record, or comes with the measure.
	Practised func(domain.Privilege) bool
	// Finding says that the measure rests on a finding under FMA 4304(b).
	Finding bool
}

// CheckMeasure tries a measure on every kind of person that it reaches, with and
// without it. It returns a breach for each privilege that it would lower below
// an H floor, and for each that it would lower below an R floor without a ground.
// A measure against one person needs no practice for an R floor.
func CheckMeasure(law Law, c Candidate, at timeline.Instant) []*Breach {
	var out []*Breach
	for _, p := range c.Bound.Privileges {
		floor := law.Common.floorOf(p)
		if floor == nil || law.Common.Language.Privileges[p] == nil {
			continue
		}
		if floor.Mark == 'R' && (c.Bound.Individual || floor.Finding && c.Finding || c.Practised(p)) {
			continue
		}
		if b := c.breach(law, p, floor, at); b != nil {
			out = append(out, b)
		}
	}
	return out
}

func (c Candidate) breach(law Law, p domain.Privilege, floor *Floor, at timeline.Instant) *Breach {
	for h := range witnesses(law.Common.Language, p, c.State) {
		for _, request := range append([]map[string]string{nil}, floor.Witness...) {
			s, err := situate(law.Common.Language, p, h, request, at)
			if err != nil {
				continue
			}
			without := newResolver(law, s)
			if floor.Mark == 'H' && !law.Common.Language.hard(law.Common, s, &s.Capacities[0]) {
				continue
			}
			entitled := without.entitlement(doubt)
			s.Bounds = []Bound{c.Bound}
			r := newResolver(law, s)
			lowered := r.individual(r.reciprocity(r.entitlement(doubt), doubt), doubt)
			if below(lowered, entitled) {
				return &Breach{Privilege: p, Mark: floor.Mark, Rule: string(c.Bound.Each) + " " + c.Bound.ID, Witness: h.describe(law.Common.Language),
					Entitled: entitled.outcome, Lowered: lowered.outcome, Cite: citesOf(entitled)}
			}
		}
	}
	return nil
}
