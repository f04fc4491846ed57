package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A space is all that the conditions of some rules can tell apart: for each fact
// that they look at, the values that make a difference. Whatever is not looked into
// is a dimension of its own that may come to anything, so that what holds in the
// whole space holds of everybody.
type space struct {
	lang  *rules.Language
	other *rules.Language // of rules of another edition; nil: there are none
	// privileges are those asked about; of several, which one is a dimension.
	privileges []domain.Privilege
	common     domain.RulesetID
	decls      map[rules.FactRef]domain.FactDecl
	dims       []*dimension
	index      map[string]int
	compared   map[string]*constants
	edges      []timeline.Instant // sorted
	cuts       bool               // the rule that is looked at is of the tier status
	// params are those of the condition that is looked at.
	params map[string]domain.Value
	effort *effort

	d *diagrams
	*logic
}

// The keys of dimensions that are no facts.
const (
	subjectKey   = "subject"
	timeKey      = "time"
	privilegeKey = "privilege"
)

// newSpace makes the space of rules, and of more conditions, for a question.
func newSpace(e *effort, lang *rules.Language, common domain.RulesetID, privileges []domain.Privilege, list []*rules.Rule, more ...meeting) *space {
	s := &space{lang: lang, common: common, privileges: privileges, decls: map[rules.FactRef]domain.FactDecl{}, index: map[string]int{}, compared: map[string]*constants{}, effort: e}
	for object, decls := range lang.Facts {
		for _, decl := range decls {
			s.decls[rules.FactRef{Object: object, Name: decl.Name}] = decl
		}
	}
	for name, decl := range s.decls { // the facts of sponsors are those of members
		if name.Object == "member" {
			s.decls[rules.FactRef{Object: "sponsor", Name: name.Name}] = decl
		}
	}
	s.add(&dimension{key: subjectKey, sort: ofSubject, values: make([]value, subjects)})
	for _, rule := range list {
		for _, at := range []timeline.Instant{rule.InForceFrom, rule.InForceTo} {
			if at != timeline.Always && at != timeline.Never {
				s.edges = append(s.edges, at)
			}
		}
	}
	slices.Sort(s.edges)
	s.edges = slices.Compact(s.edges)
	times := []value{{at: 0}}
	if len(s.edges) > 0 {
		times = []value{{at: s.edges[0] - 1}}
	}
	for _, at := range s.edges {
		times = append(times, value{at: at})
	}
	s.add(&dimension{key: timeKey, sort: ofTime, values: times})
	asked := &dimension{key: privilegeKey, sort: ofPrivilege}
	for _, p := range privileges {
		asked.values = append(asked.values, value{text: string(p)})
	}
	s.add(asked)
	for _, rule := range list {
		s.lookAtReach(rule)
	}
	for _, rule := range list {
		s.cuts = rule.Tier == domain.TierStatus
		s.look(rule.When)
		s.cuts = false
	}
	for _, m := range more {
		if m.other != nil {
			s.other = m.other
		}
		s.params = m.params
		s.look(m.expr)
		s.params = nil
	}
	sizes := make([]int, len(s.dims))
	for i, d := range s.dims {
		s.finish(d)
		sizes[i] = len(d.values)
	}
	e.begin(s)
	s.d = newDiagrams(sizes, e)
	s.logic = newLogic(s.d)
	return s
}

func (s *space) add(d *dimension) {
	if _, found := s.index[d.key]; !found {
		s.index[d.key] = len(s.dims)
		s.dims = append(s.dims, d)
	}
}

// Facts that make a reach, by where they come from: rulesets name them as they like.
var (
	fromCategory = domain.FactSource{Constructor: "capacity", Attr: "category"}
	fromRank     = domain.FactSource{Constructor: "capacity", Attr: "rank"}
	fromPhase    = domain.FactSource{Constructor: "capacity", Attr: "phase"}
	fromCapacity = domain.FactSource{Constructor: "capacity", Attr: "kind"}
	fromStatus   = domain.FactSource{Constructor: "status"}
	fromKind     = domain.FactSource{Constructor: "register", Attr: "kind"}
	fromID       = domain.FactSource{Constructor: "field", Attr: "id"}
)

// reachFact is the fact of an object that comes from there. Where the language
// declares none, there is a dimension all the same, since rules may narrow by it.
func (s *space) reachFact(object string, from domain.FactSource) rules.FactRef {
	of := object
	if of == "sponsor" {
		of = "member"
	}
	for _, decl := range s.lang.Facts[of] {
		if decl.From == from {
			return rules.FactRef{Object: object, Name: decl.Name}
		}
	}
	ref := rules.FactRef{Object: object, Name: strings.TrimSpace("reach " + from.Constructor + " " + from.Attr)}
	decl := domain.FactDecl{Object: object, Name: ref.Name, Type: domain.TextFact, HasDefault: true, Default: domain.Text("")}
	switch from {
	case fromCategory:
		decl.Type, decl.Enum, decl.HasDefault = domain.EnumFact, "category", false
	case fromStatus:
		decl.Type, decl.Enum, decl.Default = domain.EnumFact, "status", domain.Text("none")
	case fromKind:
		decl.Type, decl.Enum, decl.HasDefault = domain.EnumFact, "mission_kind", false
	case fromPhase:
		decl.Type, decl.Enum, decl.Default = domain.EnumFact, "phase", domain.Text("none")
	}
	s.decls[ref] = decl
	return ref
}

func (s *space) lookAtReach(rule *rules.Rule) {
	scope := &rule.Applies.Scope
	look := func(from domain.FactSource, words []string, objects ...string) {
		for _, object := range objects {
			s.fact(s.reachFact(object, from), words...)
		}
	}
	look(fromCategory, nil, "member", "sponsor")
	look(fromKind, nil, "mission")
	look(fromPhase, nil, "member")
	if len(scope.Statuses) > 0 {
		look(fromStatus, nil, "member")
		if rule.Tier == domain.TierStatus {
			look(fromStatus, nil, "sponsor")
		}
	}
	if len(scope.Ranks) > 0 {
		look(fromRank, scope.Ranks, "member", "sponsor")
	}
	states := texts(rule.Applies.States)
	if rule.Ruleset != s.common {
		states = append(states, string(rule.Ruleset))
	}
	if len(states) > 0 {
		look(fromID, states, "state")
	}
	if len(scope.Missions) > 0 {
		look(fromID, texts(scope.Missions), "mission")
	}
	if len(scope.Members) > 0 {
		look(fromID, texts(scope.Members), "member", "sponsor")
	}
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// fact notes that a fact is looked at, and with which texts it is compared.
func (s *space) fact(ref rules.FactRef, words ...string) {
	decl := s.decls[ref]
	d := &dimension{key: ref.String(), ref: ref, decl: decl}
	switch decl.Type {
	case domain.BoolFact:
		d.sort = ofBool
	case domain.EnumFact:
		d.sort = ofCode
	case domain.IntFact, domain.MoneyFact, domain.DecimalFact:
		d.sort = ofNumber
	case domain.SetFact, domain.MapFact:
		d.sort = ofPresence
	default:
		d.sort = ofText
	}
	s.add(d)
	c := s.constantsOf(d.key)
	c.asked++
	c.texts = append(c.texts, words...)
	if decl.HasDefault {
		c.add(decl.Default)
	}
}

func (s *space) constantsOf(key string) *constants {
	if s.compared[key] == nil {
		s.compared[key] = &constants{}
	}
	return s.compared[key]
}

// A meeting is an expression with the constants of its parameters: when a condition
// is met. It may also be any other expression, without parameters.
type meeting struct {
	expr   *rules.Expr
	params map[string]domain.Value
	// other is another language, whose rules stand beside those of the first: only
	// codes that both know are looked at.
	other *rules.Language
}

// look notes what an expression looks at.
func (s *space) look(e *rules.Expr) {
	switch {
	case e == nil:
	case e.Form().IsZero():
		s.add(&dimension{key: unformed(e), sort: ofOpaque})
	default:
		s.lookAt(e.Form())
	}
}

// lookAt notes what a form looks at.
func (s *space) lookAt(f rules.Form) {
	if f.IsZero() {
		return
	}
	if !f.Atom() {
		for _, part := range f.Parts() {
			s.lookAt(part)
		}
		return
	}
	if f.Op() == rules.OpConst {
		return
	}
	for _, who := range []subject{person, family, principal} {
		if who != principal || s.cuts {
			s.lookAtAtom(f, who)
		}
	}
}

func (s *space) lookAtAtom(f rules.Form, who subject) {
	left, right := s.term(f.Left(), who), s.term(f.Right(), who)
	for _, t := range []term{left, right} {
		if t.ref.Name != "" {
			s.fact(t.ref)
		}
		if t.size {
			s.add(&dimension{key: t.key, sort: ofSize, ref: t.ref, decl: s.decls[t.ref]})
		}
	}
	compare := func(t term, c domain.Value) {
		if t.key != "" {
			s.constantsOf(t.key).add(c)
		}
	}
	switch s.shape(f, left, right) {
	case shapeConst:
		compare(left, right.constant)
		compare(right, left.constant)
		for _, v := range f.Set() {
			compare(left, v)
		}
	case shapeIn:
		s.add(s.membership(left, right))
	case shapeCompare:
		s.add(s.comparison(left, right))
	case shapeOpaque:
		s.add(&dimension{key: opaqueKey(f), sort: ofOpaque, part: f})
	case shapeCodes, shapeHas, shapeTrue:
		// the facts are enough
	}
}

// opaqueKey is the key of a part that is not looked into: what is written the same
// comes to the same.
func opaqueKey(f rules.Form) string { return "{" + strings.Join(strings.Fields(f.Source()), " ") + "}" }

func (s *space) membership(left, right term) *dimension {
	d := &dimension{key: left.name() + " in " + right.key, sort: ofMembership, ref: right.ref, decl: s.decls[right.ref], left: left.key, right: right.key}
	if left.key == "" {
		d.element = left.constant.Text()
	}
	return d
}

func (s *space) comparison(left, right term) *dimension {
	if right.key < left.key {
		left, right = right, left
	}
	return &dimension{key: left.key + " <=> " + right.key, sort: ofComparison, left: left.key, right: right.key}
}

// A term is what an operand is for one kind of subject.
type term struct {
	rules.Operand
	key      string // of its dimension; empty for a constant
	ref      rules.FactRef
	size     bool
	constant domain.Value
}

func (t *term) name() string {
	if t.key == "" {
		return fmt.Sprintf("%q", t.constant.String())
	}
	return t.key
}

func (s *space) term(o rules.Operand, who subject) term {
	t := term{Operand: o, constant: o.Const}
	switch {
	case o.Privilege:
		t.key = privilegeKey
	case o.Fact.Object == "condition" && s.params[o.Fact.Name].Kind() != domain.NoValue && !o.Size:
		t.constant = s.params[o.Fact.Name]
	case o.Fact.Name != "":
		t.ref = o.Fact
		switch {
		case t.ref.Object == "sponsor" && who != family && who != principal:
			t.ref.Object = "member"
		case t.ref.Object == "member" && who == principal:
			t.ref.Object = "sponsor"
		}
		t.key, t.size = t.ref.String(), o.Size
		if o.Size {
			t.key = "size(" + t.key + ")"
		}
	}
	return t
}

// A shape says how an atom is made into a diagram.
type shape uint8

const (
	shapeOpaque  shape = iota
	shapeConst         // a fact against constants
	shapeHas           // whether a fact is there
	shapeTrue          // a fact that is true or false
	shapeIn            // membership of a list of facts
	shapeCodes         // a code against a code
	shapeCompare       // a number or text against another
)

func (s *space) shape(f rules.Form, left, right term) shape {
	numeric := func(t term) bool {
		return t.Type == domain.IntFact || t.Type == domain.MoneyFact || t.Type == domain.DecimalFact
	}
	for _, t := range []term{left, right} {
		if t.ref.Object == "condition" {
			return shapeOpaque
		}
	}
	switch f.Op() {
	case rules.OpHas:
		return shapeHas
	case rules.OpTrue:
		return shapeTrue
	case rules.OpOneOf:
		if numeric(left) && !(left.Type != domain.DecimalFact && whole(f.Set())) {
			return shapeOpaque
		}
		return shapeConst
	case rules.OpIn:
		if right.ref.Name == "" {
			return shapeOpaque
		}
		return shapeIn
	case rules.OpEqual, rules.OpDiffers, rules.OpLess, rules.OpAtMost, rules.OpMore, rules.OpAtLeast:
		order := f.Op() != rules.OpEqual && f.Op() != rules.OpDiffers
		if order && (!numeric(left) || !numeric(right)) {
			return shapeOpaque
		}
		if left.key == "" || right.key == "" {
			if tooFar(left.constant) || tooFar(right.constant) {
				return shapeOpaque
			}
			return shapeConst
		}
		if left.Type == domain.EnumFact && right.Type == domain.EnumFact {
			return shapeCodes
		}
		if left.key == right.key {
			return shapeOpaque
		}
		return shapeCompare
	default:
		return shapeOpaque
	}
}

// whole reports whether all are whole numbers with which others can be compared.
func whole(list []domain.Value) bool {
	return !slices.ContainsFunc(list, func(v domain.Value) bool { return v.Kind() != domain.IntValue || tooFar(v) })
}

// tooFar reports whether a constant is a number too large to be compared with.
func tooFar(v domain.Value) bool {
	return v.Kind() == domain.IntValue && (v.Int() > mostDoubled/2 || v.Int() < -mostDoubled/2)
}

// mayBreak are the constructors that may find that something else is missing, so
// that a fact is there and can't be read.
var mayBreak = []string{"threshold", "distance", "used", "vehicle"}

// finish works out the values of a dimension.
func (s *space) finish(d *dimension) {
	c := s.constantsOf(d.key)
	least := int64(math.MinInt64)
	if d.ref.Object == "request" || d.decl.Type == domain.MoneyFact && d.ref.Object == "measure" {
		least = 0
	}
	switch d.decl.From.Constructor {
	case "age", "points", "overdue", "used", "distance", "charges":
		least = 0
	}
	switch d.sort {
	case ofCode:
		for _, code := range s.lang.Codes(d.decl.Enum) {
			if s.other == nil || s.other.Has(d.decl.Enum, code) {
				d.values = append(d.values, value{text: code})
			}
		}
	case ofBool:
		d.values = []value{{holds: false, text: "false"}, {holds: true, text: "true"}}
	case ofNumber:
		if d.decl.Type == domain.DecimalFact && d.decl.Scale > 0 {
			d.values = c.decimals(least)
		} else {
			d.values = c.regions(least)
		}
	case ofSize:
		d.values = c.regions(0)
	case ofText:
		d.values = c.words(d.decl.Type == domain.WordFact)
	case ofPresence:
		d.values = []value{{}}
	case ofMembership:
		d.values = []value{{text: "no"}, {text: "yes", holds: true}}
	case ofComparison:
		d.values = []value{{text: "less"}, {text: "equal"}, {text: "more"}}
	case ofOpaque:
		d.values = []value{{text: "no"}, {text: "yes"}, {text: "unclear"}}
	case ofSubject, ofTime, ofPrivilege:
	}
	if d.ref.Name != "" && d.sort != ofMembership && d.sort != ofSize {
		if !d.decl.HasDefault {
			d.values = append(d.values, value{missing: true})
		}
		if slices.Contains(mayBreak, d.decl.From.Constructor) {
			d.values = append(d.values, value{broken: true})
		}
	}
	d.prefer()
}
