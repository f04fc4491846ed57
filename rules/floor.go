package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Breach says that a rule or measure would lower an answer below its floor.
// The witness is a person for whom it would.
type Breach struct {
	Privilege domain.Privilege
	Mark      byte
	Rule      string // what would lower it: the rule, the measure, the restriction of bo
	Measure   bool   // it is a measure, and not a rule
	Witness   string // a diplomatic agent at an embassy, status none
	Entitled  domain.Outcome
	Lowered   domain.Outcome
	Cite      []string // of the witness's baseline rule: the article breached
	Finding   bool     // a finding under FMA 4304(b) would be ground enough
	Pos       Pos
}

func (b *Breach) Error() string {
	text := b.What() + "."
	if b.Mark == 'H' {
		return text + " This floor is hard: no rule and no measure may lower it (FMA 4310). Take the privilege out, or record what the law allows as a fact or a waiver."
	}
	text += " It may be lowered only in answer to a recorded restrictive practice of that State for the same privilege (VCDR 47(2)(a)): "
	if b.Measure {
		text += "record the practice with it as observed, or as practice.observed before it."
	} else {
		text += "record the practice and name it as basis."
	}
	if b.Finding {
		text += " Here a finding under FMA 4304(b) is ground enough: name it as the ground."
	}
	return text
}

// What says what would be lowered, and for whom.
func (b *Breach) What() string {
	return fmt.Sprintf("%s would lower %s below its floor for %s: %s is due under %s, and it would be %s",
		b.Rule, b.Privilege, b.Witness, b.Entitled, strings.Join(b.Cite, ", "), b.Lowered)
}

// Remedy says how a rule of which b is said is mended, and why it has to be.
func (b *Breach) Remedy() string {
	if b.Mark == 'H' {
		return "take the privilege out, or record what the law allows as a fact or a waiver: this floor is hard, and no rule and no measure may lower it (FMA 4310)"
	}
	text := "if it answers a restrictive practice of that State for the same privilege, record the practice and say `basis: {practice: same}` in the rule; without one this floor may not be lowered (VCDR 47(2)(a))"
	if b.Finding {
		text += "; here a finding under FMA 4304(b) is ground enough too: name it as the ground"
	}
	return text
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
		privileges := rule.Privileges
		if len(privileges) == 0 && rule.Effect != domain.Restricts {
			privileges = law.Common.Language.PrivilegeOrder
		}
		// A rule for whatever a measure names is tried when the measure is recorded.
		for _, p := range privileges {
			for _, floor := range law.Common.floorsOf(p) {
				if b := breachBy(law, e, rule, p, floor); b != nil {
					out = append(out, b)
					break
				}
			}
		}
	}
	return out
}

// Floored reports whether the privilege has a floor of that mark, 'H' or 'R'.
func (e *Edition) Floored(p domain.Privilege, mark byte) bool {
	return slices.ContainsFunc(e.floorsOf(p), func(f *Floor) bool { return f.Mark == mark })
}

// floorsOf returns the floors of a privilege, the hard ones first.
func (e *Edition) floorsOf(p domain.Privilege) []*Floor {
	var hard, soft []*Floor
	for _, f := range e.Floors {
		switch {
		case !slices.Contains(f.Privileges, p):
		case f.Mark == 'H':
			hard = append(hard, f)
		default:
			soft = append(soft, f)
		}
	}
	return append(hard, soft...)
}

func breachBy(law Law, e *Edition, rule *Rule, p domain.Privilege, floor *Floor) *Breach {
	if floor.Mark == 'R' && rule.Practice {
		return nil
	}
	state := domain.StateID("some-state")
	if e.Code != law.Common.Code {
		state = domain.StateID(e.Code)
	}
	general := Law{Common: law.Common}
	l := law.Common.Language
	stages := stagesOf(law, p, floor, timeOf(rule))
	for h := range witnesses(l, p, state) {
		reach := h.reach()
		reach.Liberty = l.Privileges[p].Liberty
		if !rule.reaches(reach) {
			continue
		}
		c := l.Capacity(h)
		c.Reach.Liberty = reach.Liberty
		for i := range stages {
			if floor.Mark == 'H' && !stages[i].hard(law, h) {
				continue
			}
			r := newResolver(general, stages[i].with(c))
			entitled := r.entitlement(doubt)
			for f := range tries(r, rule, &c, h, stages[i].words) {
				lowered := restrict(entitled, []*firing{f}, doubt)
				if below(lowered, entitled) {
					return &Breach{Privilege: p, Mark: floor.Mark, Rule: "rule " + rule.ID, Witness: h.describe(l),
						Entitled: entitled.outcome, Lowered: lowered.outcome, Cite: citesOf(entitled), Finding: floor.Finding, Pos: rule.Pos}
				}
			}
		}
	}
	return nil
}

// mostDoubts is how many optional facts a rule may read for which every
// combination of present and absent is tried. A rule that reads more counts as
// one that fires.
const mostDoubts = 8

// tries yields all that a rule might do to a kind of person. Only the kind is
// known: every other fact that the rule reads may have any value, and one
// without a default may also be absent, so that each way is tried. What a value
// decides is thereby unknown, and counts against the rule.
func tries(r *resolver, rule *Rule, c *Capacity, h Hypothetical, request map[string]string) func(func(*firing) bool) {
	optional := r.lang.optional(rule.Reads)
	return func(yield func(*firing) bool) {
		if len(optional) > mostDoubts {
			yield(&firing{rule: rule, capacity: c, truth: unknown, outcome: cmp.Or(rule.Outcome, domain.Denied)})
			return
		}
		for absent := range 1 << len(optional) {
			gone := map[FactRef]bool{}
			for i, ref := range optional {
				gone[ref] = absent&(1<<i) != 0
			}
			doubted := *r
			situation := *r.s
			doubted.s, doubted.problems, doubted.shown = &situation, problems{}, nil
			situation.Request = r.lang.doubtful("request", stated(r.s.Request, request), gone)
			situation.Vehicle, situation.Property = r.lang.doubtful("vehicle", nil, gone), r.lang.doubtful("property", nil, gone)
			var bound *Bound
			if rule.Each != EachNothing {
				bound = &Bound{Each: rule.Each, ID: "any", Covers: func(domain.Reach) bool { return true }, Object: r.lang.doubtful(string(rule.Each), nil, gone)}
			}
			who := r.lang.doubt(c, h, gone)
			f := doubted.evaluateRule(rule, &who, bound)
			if f != nil && f.truth != no && !yield(f) {
				return
			}
		}
	}
}

// stated returns the facts of a request that the words state.
func stated(o *Object, words map[string]string) map[string]domain.Value {
	known := map[string]domain.Value{}
	for name := range words {
		if v, found := o.Value(name); found {
			known[name] = v
		}
	}
	return known
}

// optional lists those of the facts that have no default, and so may be absent.
func (l *Language) optional(refs []FactRef) []FactRef {
	var out []FactRef
	for _, ref := range refs {
		lay := l.env.layouts[l.kindOf(ref.Object)]
		if lay == nil {
			continue // privilege, answers and the like are no facts
		}
		if i, declared := lay.index[ref.Name]; declared && lay.defaults[i] == nil {
			out = append(out, ref)
		}
	}
	return out
}

func (l *Language) kindOf(object string) string {
	if object == "sponsor" {
		return "member"
	}
	return object
}

// doubt returns the capacity with all facts in doubt but those that make the
// hypothetical the kind that it is.
func (l *Language) doubt(c *Capacity, h Hypothetical, gone map[FactRef]bool) Capacity {
	keep := func(o *Object, names ...string) map[string]domain.Value {
		known := map[string]domain.Value{}
		for _, name := range names {
			if v, found := o.Value(name); found {
				known[name] = v
			}
		}
		return known
	}
	out := *c
	out.Member = l.doubtful("member", keep(c.Member, "category", "phase", "capacity", "status"), gone)
	out.Sponsor = out.Member
	if h.Family {
		out.Sponsor = l.doubtful("sponsor", keep(c.Sponsor, "category", "phase", "capacity", "status"), gone)
	}
	out.Mission = l.doubtful("mission", keep(c.Mission, "kind"), gone)
	out.Filing, out.Protection = l.doubtful("filing", nil, gone), l.doubtful("protection", nil, gone)
	stated := []string{}
	if h.State != "some-state" {
		stated = append(stated, "id")
	}
	out.State = l.doubtful("state", keep(c.State, stated...), gone)
	return out
}

// doubtful makes an object of which only the known facts have a value: the
// others are there, but reading them is an error, or they are gone.
func (l *Language) doubtful(kind string, known map[string]domain.Value, gone map[FactRef]bool) *Object {
	lay := l.layout(kind)
	o := lay.empty(kind)
	for i := range lay.facts {
		name := lay.facts[i].decl.Name
		if v, found := known[name]; found {
			o.cells[i] = lay.given(kind, i, v, nil)
		} else if !gone[FactRef{kind, name}] {
			o.cells[i].boxed = types.WrapErr(&MissingFact{Fact: kind + "." + name})
		}
	}
	return o
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

// A stage is where a floor is tried: the facts of one request, and what every
// kind of person shares there.
type stage struct {
	words map[string]string
	base  Situation
	held  map[domain.MissionKind]bool // whether the hard floor holds there
}

// stagesOf are the empty request and those that the floor names. A request of
// another edition's language is passed over.
func stagesOf(law Law, p domain.Privilege, floor *Floor, at timeline.Instant) []stage {
	l := law.Common.Language
	var out []stage
	for _, words := range append([]map[string]string{nil}, floor.Witness...) {
		request, err := l.Request(words)
		if err != nil {
			continue
		}
		out = append(out, stage{words: words, held: map[domain.MissionKind]bool{}, base: Situation{Privilege: p, At: at, Request: request, Nobody: l.Nobody(somebody)}})
	}
	return out
}

// with is the situation of one person there.
func (s *stage) with(c Capacity) *Situation {
	out := s.base
	out.Capacities = []Capacity{c}
	return &out
}

// hard reports whether the privilege has an H floor there for somebody at a kind
// of mission, of whom nothing else is known.
func (s *stage) hard(law Law, h Hypothetical) bool {
	held, known := s.held[h.MissionKind]
	if !known {
		l := law.Common.Language
		mission := l.object("mission", map[string]domain.Value{"id": domain.Text(someMission), "kind": domain.Text(h.MissionKind), "status": domain.Text("open")})
		held = l.hard(law.Common, &s.base, &Capacity{Mission: mission})
		s.held[h.MissionKind] = held
	}
	return held
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
	// Called says what it is to be called if it is no measure: the restriction of
	// bo.
	Called string
}

// CheckMeasure tries a measure on every kind of person that it reaches, with and
// without it. It returns a breach for each privilege that it would lower below
// an H floor, and for each that it would lower below an R floor without a ground.
// A measure against one person needs no practice for an R floor.
func CheckMeasure(law Law, c Candidate, at timeline.Instant) []*Breach {
	var out []*Breach
	for _, p := range c.Bound.Privileges {
		if law.Common.Language.Privileges[p] == nil {
			continue // Decide refuses what the vocabulary does not know
		}
		for _, floor := range law.Common.floorsOf(p) {
			if floor.Mark == 'R' && (c.Bound.Individual || floor.Finding && c.Finding || c.Practised(p)) {
				continue
			}
			if b := c.breach(law, p, floor, at); b != nil {
				out = append(out, b)
				break
			}
		}
	}
	return out
}

func (c Candidate) breach(law Law, p domain.Privilege, floor *Floor, at timeline.Instant) *Breach {
	l := law.Common.Language
	if !c.restricts(law, p, at) {
		return nil
	}
	stages := stagesOf(law, p, floor, at)
	for h := range witnesses(l, p, c.State) {
		reach := h.reach()
		reach.Liberty = l.Privileges[p].Liberty
		if !c.Bound.Covers(reach) {
			continue
		}
		var who Capacity
		for i := range stages {
			stage := &stages[i]
			if floor.Mark == 'H' && !stage.hard(law, h) {
				continue
			}
			if who.Member == nil {
				who = l.Capacity(h)
				who.Reach.Liberty = reach.Liberty
			}
			s, request := stage.with(who), stage.words
			entitled := newResolver(law, s).entitlement(doubt)
			for _, gone := range []map[FactRef]bool{nil, l.allOptional("request")} {
				doubted := *s
				doubted.Bounds = []Bound{c.Bound}
				doubted.Capacities = []Capacity{l.doubt(&who, h, gone)}
				doubted.Request = l.doubtful("request", stated(s.Request, request), gone)
				doubted.Vehicle, doubted.Property = l.doubtful("vehicle", nil, gone), l.doubtful("property", nil, gone)
				r := newResolver(law, &doubted)
				lowered := r.individual(r.reciprocity(entitled, doubt), doubt)
				if below(lowered, entitled) {
					return &Breach{Privilege: p, Mark: floor.Mark, Rule: cmp.Or(c.Called, string(c.Bound.Each)+" "+c.Bound.ID), Measure: true, Witness: h.describe(l),
						Entitled: entitled.outcome, Lowered: lowered.outcome, Cite: citesOf(entitled), Finding: floor.Finding}
				}
			}
		}
	}
	return nil
}

// Needs names the facts of the request that the question does not bring and on
// which the answer may depend: what a rule would read if it were brought.
func Needs(law Law, s *Situation) []string {
	l := law.Common.Language
	doubted := *s
	known := map[string]domain.Value{}
	s.Request.Facts(func(d domain.FactDecl, v domain.Value) bool {
		known[d.Name] = v
		return true
	})
	doubted.Request = l.doubtful("request", known, nil)
	r := newResolver(law, &doubted)
	if !r.forNobody() { // what nobody would be asked for has always been among them
		r.nobody = r.entitlementOf(&doubted.Nobody)
	}
	var out []string
	for _, p := range r.problems.all {
		if strings.HasPrefix(p.Fact, "request.") {
			out = appendNew(out, p.Fact)
		}
	}
	for _, m := range []mode{favour, doubt} {
		for _, c := range r.combine(m).conditions {
			out = appendNew(out, c.Needs...)
		}
	}
	slices.Sort(out)
	return out
}

// restricts reports whether the measure might restrict anybody at all: whether
// some rule that restricts would fire for somebody of whom nothing is known but
// what is asked. If not, there is no need to try it on every kind of person.
func (c Candidate) restricts(law Law, p domain.Privilege, at timeline.Instant) bool {
	l := law.Common.Language
	anybody := c.Bound
	anybody.Covers = func(domain.Reach) bool { return true }
	for _, gone := range []map[FactRef]bool{nil, l.allOptional("request")} {
		s := &Situation{Privilege: p, At: at, Request: l.doubtful("request", nil, gone), Vehicle: l.doubtful("vehicle", nil, gone), Property: l.doubtful("property", nil, gone)}
		who := Capacity{
			Member: l.doubtful("member", nil, gone), Sponsor: l.doubtful("member", nil, gone), Mission: l.doubtful("mission", nil, gone),
			State: l.doubtful("state", nil, gone), Filing: l.doubtful("filing", nil, gone), Protection: l.doubtful("protection", nil, gone),
		}
		s.Nobody = who
		r := &resolver{law: law, s: s, lang: l}
		editions := []*Edition{law.Common}
		for _, own := range law.States {
			editions = append(editions, own)
		}
		for _, e := range editions {
			for _, tier := range []domain.Tier{domain.TierReciprocity, domain.TierIndividual} {
				for _, rule := range e.bucket(p, tier) {
					if rule.Each != EachMeasure || rule.Effect != domain.Restricts || (tier == domain.TierIndividual) != c.Bound.Individual {
						continue
					}
					holds, err := true, error(nil)
					if rule.When != nil {
						holds, err = rule.When.Bool(r.frame(&who, &anybody))
					}
					if holds || err != nil {
						return true
					}
				}
			}
		}
	}
	return false
}

// Restricts reports whether a determination of a level, whatever its parameters, may
// give anybody less: whether some rule of the edition that restricts might fire for
// it.
func (e *Edition) Restricts(level domain.Level) bool {
	if level == "" {
		return false
	}
	if known, found := e.restricting.Load(level); found {
		return known.(bool)
	}
	c := Candidate{Bound: Bound{Each: EachMeasure, Object: e.Language.Object(string(EachMeasure), func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
		return domain.Text(level), nil, d.From.Constructor == "field" && d.From.Attr == "level"
	})}}
	out := slices.ContainsFunc(e.Language.PrivilegeOrder, func(p domain.Privilege) bool {
		return c.restricts(Law{Common: e}, p, timeline.Always)
	})
	e.restricting.Store(level, out)
	return out
}

func (l *Language) allOptional(kind string) map[FactRef]bool {
	gone := map[FactRef]bool{}
	for i, f := range l.layout(kind).facts {
		if l.layout(kind).defaults[i] == nil {
			gone[FactRef{kind, f.decl.Name}] = true
		}
	}
	return gone
}

// breaches reports the rules of a loaded edition that go below a floor.
func (l *loader) breaches(e *Edition) Diagnostics {
	law := Law{Common: e}
	if l.common != nil {
		law.Common = l.common
	}
	for _, b := range CheckFloors(law, e) {
		l.addAt(l.sourceOf(b.Pos), b.Pos, codeFloor, b.Remedy(), "%s", b.What())
	}
	return l.wrong
}
