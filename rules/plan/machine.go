package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Machine decides for many people at one instant, by their names: each is a row of
// numbers, and every rule is a few instructions that compare numbers.
//
//	privilege, State -> the lines of each tier, the strictest first
//	line             = whom it reaches, as sets of bits; its code; its outcome
//	code             = is slot 3 (request.amount) less than 30000? then line fires
//
// The tiers are combined as [rules.Resolve] does. What the machine can't say for
// certain it leaves to the law: a person in several capacities, or whom a measure
// covers; a rule that lifts, or with a condition that is held against the request; a
// part of an expression that is left to cel-go; a fact that is lacking where it
// matters; a floor that might be touched. So an answer is either exact or slower.
//
// After the last Enroll it may be used by any number of goroutines.
type Machine struct {
	law  rules.Law
	lang *rules.Language
	at   timeline.Instant
	// situate makes the situation of somebody whom the law is to be asked about.
	situate func(name string, p domain.Privilege, request *rules.Object) (*rules.Situation, error)

	slots   slots // of people
	asked   slots // of requests
	symbols map[string]int64
	sets    [][]int64
	code    []instruction
	names   []name // of rules

	privileges map[domain.Privilege]int32
	persons    []bool // by number of the privilege: asked of persons
	states     map[domain.StateID]int32
	buckets    []bucket // by State, then privilege; the last State has no edition of its own
	bits       map[string]map[string]uint8
	codes      map[string]map[string]int64 // of each list, by name

	categories, kinds int // how many there are

	people map[string]int32
	heads  []head
	rows   []int64 // slots.n to each head
}

// A Verdict is what a question comes to: the outcome and the rule that decides, the
// first that the answer rests on. Conditions are told by [rules.Weigh].
type Verdict struct {
	Outcome domain.Outcome // empty: there is none, for want of a fact
	Rule    string         // empty: no rule speaks
}

// slots are the places of facts in a row.
type slots struct {
	n     int
	of    map[rules.FactRef]int
	refs  []rules.FactRef
	decl  []domain.FactDecl
	codes []map[string]int64 // of those that are codes
}

// absent is the number of a fact that is missing.
const absent = -1 << 63

// A head is what rules ask of whom they reach.
type head struct {
	state                  int32
	plain                  bool // the machine can answer for them
	category, kind, status uint8
}

// A bucket holds the lines about one privilege for people of one State, in each list
// the strictest first, and of equals in the order of their names.
type bucket struct {
	simple      bool     // no rule is beyond the machine
	floor       bool     // there is a floor that holds fast
	baseline    [][]line // by category, then kind of mission
	cuts        [][]line // by status
	restricting [3][]line
	// conditional is where in each list those with conditions are past.
	conditional [3]int
}

// The tiers of a bucket.
const (
	baseline = iota
	cuts
	restricting // reciprocity, individual, programme
)

// A line is a rule.
type line struct {
	categories, kinds, statuses uint64
	code                        int32 // where it begins, or one of the ends
	rule                        int32 // by its place among the names
	strictness                  uint8
	conditions                  bool
}

// A name is what is told of a rule.
type name struct {
	ruleset domain.RulesetID
	verdict Verdict
}

// Compile makes a machine of a law at an instant. Situate makes the situations of
// those questions that are left to the law.
func Compile(law rules.Law, at timeline.Instant, situate func(name string, p domain.Privilege, request *rules.Object) (*rules.Situation, error)) *Machine {
	m := &Machine{
		law: law, lang: law.Common.Language, at: at, situate: situate, symbols: map[string]int64{}, people: map[string]int32{},
		privileges: map[domain.Privilege]int32{}, states: map[domain.StateID]int32{}, bits: map[string]map[string]uint8{}, codes: map[string]map[string]int64{},
		slots: slots{of: map[rules.FactRef]int{}}, asked: slots{of: map[rules.FactRef]int{}},
	}
	for _, list := range []string{"category", "mission_kind", "status"} {
		m.bits[list] = map[string]uint8{}
		for i, code := range m.lang.Codes(list) {
			m.bits[list][code] = uint8(min(i, 64))
		}
	}
	for i, p := range m.lang.PrivilegeOrder {
		m.privileges[p] = int32(i)
		m.persons = append(m.persons, m.lang.Privileges[p].Of&rules.OfPerson != 0)
	}
	for _, d := range m.lang.Facts["request"] {
		m.slot(rules.Operand{Fact: rules.FactRef{Object: "request", Name: d.Name}, Type: d.Type})
	}
	m.categories, m.kinds = min(64, len(m.bits["category"])), min(64, len(m.bits["mission_kind"]))
	own := make([]domain.StateID, 0, len(law.States))
	for state := range law.States {
		own = append(own, state)
	}
	slices.Sort(own)
	m.buckets = make([]bucket, 0, (len(own)+1)*len(m.lang.PrivilegeOrder))
	byPrivilege := func(e *rules.Edition) [][]*rules.Rule {
		out := make([][]*rules.Rule, len(m.lang.PrivilegeOrder))
		for _, r := range e.Rules {
			for _, p := range r.Privileges {
				if n, known := m.privileges[p]; known {
					out[n] = append(out[n], r)
				}
			}
			if len(r.Privileges) == 0 {
				for n := range out {
					out[n] = append(out[n], r)
				}
			}
		}
		return out
	}
	lines := map[*rules.Rule]made{}
	common := make([]*gathered, len(m.lang.PrivilegeOrder))
	plain := make([]bucket, len(common))
	for n, of := range byPrivilege(law.Common) {
		common[n] = &gathered{simple: true, floor: law.Common.Floored(m.lang.PrivilegeOrder[n], 'H')}
		m.gather(common[n], of, "", lines)
		plain[n] = m.bucket(common[n])
	}
	for i, state := range own {
		m.states[state] = int32(i)
		for n, of := range byPrivilege(law.States[state]) {
			b := plain[n]
			if len(of) > 0 {
				both := &gathered{simple: common[n].simple, floor: common[n].floor}
				for tier := range both.tiers {
					both.tiers[tier] = slices.Clone(common[n].tiers[tier])
				}
				m.gather(both, of, state, lines)
				b = m.bucket(both)
				if len(both.tiers[baseline]) == len(common[n].tiers[baseline]) && len(both.tiers[cuts]) == len(common[n].tiers[cuts]) {
					b.baseline, b.cuts = plain[n].baseline, plain[n].cuts
				}
			}
			m.buckets = append(m.buckets, b)
		}
	}
	m.buckets = append(m.buckets, plain...)
	return m
}

// gathered are the lines of a bucket before they are put in order.
type gathered struct {
	simple, floor bool
	tiers         [restricting + 3][]line
}

// bucket puts lines in order.
func (m *Machine) bucket(g *gathered) bucket {
	for tier := range g.tiers {
		slices.SortStableFunc(g.tiers[tier], func(x, y line) int {
			a, b := &m.names[x.rule], &m.names[y.rule]
			return cmp.Or(cmp.Compare(y.strictness, x.strictness), cmp.Compare(a.ruleset, b.ruleset), cmp.Compare(a.verdict.Rule, b.verdict.Rule))
		})
	}
	b := bucket{simple: g.simple, floor: g.floor}
	b.baseline = make([][]line, m.categories*m.kinds)
	for i := range b.baseline {
		category, kind := i/m.kinds, i%m.kinds
		for _, l := range g.tiers[baseline] {
			if l.categories>>category&(l.kinds>>kind)&1 != 0 {
				b.baseline[i] = append(b.baseline[i], l)
			}
		}
	}
	b.cuts = make([][]line, min(64, len(m.bits["status"])))
	for status := range b.cuts {
		for _, l := range g.tiers[cuts] {
			if l.statuses>>status&1 != 0 {
				b.cuts[status] = append(b.cuts[status], l)
			}
		}
	}
	for i := range b.restricting {
		b.restricting[i] = g.tiers[restricting+i]
		for j, l := range b.restricting[i] {
			if l.conditions {
				b.conditional[i] = j + 1
			}
		}
	}
	return b
}

// A made line is kept, since a rule speaks of several privileges.
type made struct {
	line line
	tier int
	ok   bool // the machine can do it
	none bool // it changes no verdict
}

// gather adds rules.
func (m *Machine) gather(to *gathered, of []*rules.Rule, state domain.StateID, lines map[*rules.Rule]made) {
	for _, r := range of {
		one, known := lines[r]
		if !known {
			one = m.make(r)
			lines[r] = one
		}
		switch {
		case one.none, state != "" && len(r.Applies.States) > 0 && !slices.Contains(r.Applies.States, state):
		case !one.ok, state == "" && len(r.Applies.States) > 0:
			to.simple = false
		default:
			to.tiers[one.tier] = append(to.tiers[one.tier], one.line)
		}
	}
}

// make translates a rule.
func (m *Machine) make(r *rules.Rule) made {
	var out made
	switch r.Tier {
	case domain.TierBaseline:
		out.tier = baseline
	case domain.TierStatus:
		out.tier = cuts
	case domain.TierReciprocity:
		out.tier = restricting
	case domain.TierIndividual:
		out.tier = restricting + 1
	case domain.TierProgramme:
		out.tier = restricting + 2
	case domain.TierDuty:
		out.none = true
		return out
	default: // agreements and waivers
		out.none = r.Each != rules.EachNothing
		return out
	}
	if r.Each != rules.EachNothing || r.Of&rules.OfPerson == 0 || m.at < r.InForceFrom || r.InForceTo <= m.at {
		out.none = true // no measure covers those for whom the machine answers
		return out
	}
	if r.Applies.Family == rules.FamilyOnly {
		out.none = true
		return out
	}
	scope := &r.Applies.Scope
	if r.Effect == domain.Lifts || r.OutcomeExpr != nil || r.As != nil || len(scope.Missions)+len(scope.Members)+len(scope.Ranks) > 0 {
		return out
	}
	for _, use := range r.Conditions {
		if use.Decl.Met != nil || slices.ContainsFunc(use.Params, func(p rules.ParamUse) bool { return p.Expr != nil }) {
			return out
		}
	}
	categories, ok1 := bitsOf(m.bits["category"], scope.Categories)
	kinds, ok2 := bitsOf(m.bits["mission_kind"], scope.MissionKinds)
	statuses, ok3 := bitsOf(m.bits["status"], scope.Statuses)
	if !ok1 || !ok2 || !ok3 {
		return out
	}
	code := endYes
	if r.When != nil {
		form := r.When.Form()
		if form.IsZero() {
			return out
		}
		begin := len(m.code)
		var ok bool
		if code, ok = m.compile(form, endYes, endNo, endUnclear); !ok {
			m.code = m.code[:begin]
			return out
		}
	}
	out.ok = true
	out.line = line{
		categories: categories, kinds: kinds, statuses: statuses, code: code, rule: int32(len(m.names)),
		strictness: uint8(r.Outcome.Strictness()), conditions: len(r.Conditions) > 0,
	}
	m.names = append(m.names, name{r.Ruleset, Verdict{r.Outcome, r.ID}})
	return out
}

// bitsOf is the set of some codes; of all if none is named.
func bitsOf[T ~string](of map[string]uint8, codes []T) (uint64, bool) {
	if len(codes) == 0 {
		return ^uint64(0), true
	}
	var out uint64
	for _, c := range codes {
		n, known := of[string(c)]
		if !known || n >= 64 {
			return 0, false
		}
		out |= 1 << n
	}
	return out, true
}

// Enroll adds a person with the one capacity in which he stands. Whoever stands in
// another way (in none or several, as a relative, as a visitor, in one that ended or
// is in doubt, or covered by a measure, agreement or waiver) is enrolled with nil.
func (m *Machine) Enroll(name string, c *rules.Capacity) error {
	if _, twice := m.people[name]; twice {
		return fmt.Errorf("%s is enrolled already", name)
	}
	h := head{state: int32(len(m.states))}
	m.people[name] = int32(len(m.heads))
	row := make([]int64, m.slots.n)
	if c != nil && c.Principal == nil && !c.Ended && c.Missing == "" && !c.Reach.Family && !c.Reach.Visitor && c.Reach.Member != "" {
		if n, own := m.states[c.Reach.State]; own {
			h.state = n
		}
		category, known1 := m.bits["category"][string(c.Reach.Category)]
		kind, known2 := m.bits["mission_kind"][string(c.Reach.MissionKind)]
		status, known3 := m.bits["status"][string(c.Reach.Status)]
		h.category, h.kind, h.status = category, kind, status
		h.plain = known1 && known2 && known3 && category < 64 && kind < 64 && status < 64
		for i, ref := range m.slots.refs {
			row[i] = m.number(objectOf(c, ref.Object), ref.Name, &m.slots.decl[i])
		}
	}
	m.heads = append(m.heads, h)
	m.rows = append(m.rows, row...)
	return nil
}

func objectOf(c *rules.Capacity, kind string) *rules.Object {
	switch kind {
	case "member":
		return c.Member
	case "sponsor":
		return c.Sponsor
	case "mission":
		return c.Mission
	default:
		return c.State
	}
}

// number is the value of a fact as rows hold it.
func (m *Machine) number(o *rules.Object, name string, d *domain.FactDecl) int64 {
	v, known := o.Value(name)
	if !known {
		return absent
	}
	return m.valueOf(v, d)
}

func (m *Machine) valueOf(v domain.Value, d *domain.FactDecl) int64 {
	switch d.Type {
	case domain.BoolFact:
		if v.Bool() {
			return 1
		}
		return 0
	case domain.IntFact, domain.MoneyFact:
		return v.Int()
	case domain.EnumFact:
		return m.codeOf(d.Enum, v.Text())
	case domain.DecimalFact:
		n, _ := scaled(v.String(), d.Scale)
		return n
	default:
		if n, known := m.symbols[v.Text()]; known {
			return n
		}
		return 0 // a text that no rule speaks of
	}
}

// codeOf is the number of a code, from 0 on; -1 if it is not in the list.
func (m *Machine) codeOf(list, code string) int64 {
	codes := m.codes[list]
	if codes == nil {
		codes = map[string]int64{}
		for i, c := range m.lang.Codes(list) {
			codes[c] = int64(i)
		}
		m.codes[list] = codes
	}
	if n, known := codes[code]; known {
		return n
	}
	return -1
}

// scaled reads a decimal as a whole number of its last place.
func scaled(text string, scale int) (int64, bool) {
	whole, rest, _ := strings.Cut(text, ".")
	if len(rest) > scale {
		return 0, false
	}
	var n int64
	negative := strings.HasPrefix(whole, "-")
	for _, c := range strings.TrimPrefix(whole, "-") + rest + strings.Repeat("0", scale-len(rest)) {
		if c < '0' || c > '9' || n > (1<<62)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
