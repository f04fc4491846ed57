package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Witness is somebody for whom a finding holds: a person or a mission, a request,
// and what is on record. It was put to the engine.
type Witness struct {
	Who       string             `json:"who"` // in words
	Privilege domain.Privilege   `json:"privilege"`
	Category  domain.Category    `json:"category,omitzero"` // of a relative that of the sponsor
	Kind      domain.MissionKind `json:"mission_kind,omitzero"`
	Status    domain.Status      `json:"status,omitzero"`
	Phase     string             `json:"phase,omitzero"`
	Family    bool               `json:"family,omitzero"`
	Visitor   bool               `json:"visitor,omitzero"`
	Mission   bool               `json:"mission,omitzero"` // it is a mission
	At        timeline.Instant   `json:"-"`
	Time      string             `json:"at,omitzero"` // if rules have dates of their own
	Facts     []Fact             `json:"facts"`       // that rules look at and that are on record
	situation *rules.Situation
	make      func(*rules.Language) *rules.Situation // the same in another language
}

// A Fact of a witness.
type Fact struct {
	Name  string `json:"name"` // request.amount
	Value string `json:"value"`
}

// Names that a witness bears.
const (
	somebody    = "somebody"
	someSponsor = "some-sponsor"
	someMission = "some-mission"
	someState   = "some-state"
)

// find makes a witness for an end of a diagram: first one whose category serves at
// such a mission. It returns nil if there is no end that is wanted.
func (s *space) find(n node, kinds map[domain.Category][]domain.MissionKind, wanted func(int) bool) []int {
	if path := s.d.path(s.serving(n, kinds), s.order, func(v int) bool { return v > 0 && wanted(v-1) }); path != nil {
		return path
	}
	return s.d.path(n, s.order, wanted)
}

func (s *space) order(dim int) []int { return s.dims[dim].order }

// serving is 1 more than n holds for who serves where his category does, and 0 for
// the others.
func (s *space) serving(n node, kinds map[domain.Category][]domain.MissionKind) node {
	mask := s.d.branch(s.index[subjectKey], func(v int) node {
		who := subject(v)
		object := "member"
		switch who {
		case mission, nobody:
			return end(1)
		case family:
			object = "sponsor"
		default:
			// persons and visitors have their own category
		}
		category, kind := s.index[s.reachFact(object, fromCategory).String()], s.index[s.reachFact("mission", fromKind).String()]
		phase := s.index[s.reachFact("member", fromPhase).String()]
		here := s.d.branch(phase, func(v int) node { return end(one(s.dims[phase].values[v].text == "current")) })
		fits := s.d.operation(func(a, b int) int { return a * b }, nil)
		serves := s.d.branch(category, func(v int) node { return end(v) })
		matched := s.d.operation(func(c, k int) int {
			where := kinds[domain.Category(s.dims[category].values[c].text)]
			return one(len(where) == 0 || slices.Contains(where, domain.MissionKind(s.dims[kind].values[k].text)))
		}, nil)
		return fits.of(here, matched.of(serves, s.d.branch(kind, func(v int) node { return end(v) })))
	})
	return s.d.operation(func(m, v int) int { return m * (v + 1) }, nil).of(mask, n)
}

// A person under construction: the facts of each object.
type figure struct {
	s      *space
	values []int
	who    subject
	facts  map[rules.FactRef]domain.Value
	gone   map[rules.FactRef]bool
	broken map[rules.FactRef]bool
	lang   *rules.Language // of the objects that are made
}

// situate makes the situation that values describe. What they leave open is as
// inconspicuous as can be. Bounds are made for each of the kinds that are given.
func (s *space) situate(values []int, p domain.Privilege, kinds map[domain.Category][]domain.MissionKind, own domain.RulesetID, bounds []slot) *Witness {
	f := &figure{s: s, values: slices.Clone(values), facts: map[rules.FactRef]domain.Value{}, gone: map[rules.FactRef]bool{}, broken: map[rules.FactRef]bool{}}
	f.fill(kinds)
	f.who = subject(f.values[s.index[subjectKey]])
	for i, d := range s.dims {
		switch {
		case values[i] != unset, d.decl.From == fromCategory, d.decl.From == fromKind, d.decl.From == fromPhase, d.decl.From == fromStatus:
			f.set(d, f.values[i])
		}
	}
	for range 3 {
		for i, d := range s.dims {
			if d.sort == ofComparison && values[i] != unset {
				f.relate(d, values[i]-1)
			}
		}
	}
	for i, d := range s.dims {
		if d.sort == ofMembership && values[i] != unset {
			f.enrol(d, values[i] == 1)
		}
	}
	for i, d := range s.dims {
		if d.sort == ofSize && values[i] != unset {
			f.pad(d, &d.values[f.values[i]])
		}
	}
	w := f.witness(s.lang, p, own, bounds)
	w.make = func(lang *rules.Language) *rules.Situation {
		if lang == s.lang {
			return w.situation
		}
		return f.witness(lang, p, own, bounds).situation
	}
	return w
}

// fill chooses values that were left open.
func (f *figure) fill(kinds map[domain.Category][]domain.MissionKind) {
	s := f.s
	for i := range f.values {
		if f.values[i] == unset {
			f.values[i] = s.dims[i].order[0]
			if s.dims[i].key == s.reachFact("mission", fromKind).String() {
				f.values[i] = unset // after the category
			}
		}
	}
	object := "member"
	if subject(f.values[s.index[subjectKey]]) == family {
		object = "sponsor"
	}
	kind := s.index[s.reachFact("mission", fromKind).String()]
	if f.values[kind] != unset {
		return
	}
	f.values[kind] = s.dims[kind].order[0]
	category := s.index[s.reachFact(object, fromCategory).String()]
	where := kinds[domain.Category(s.dims[category].values[f.values[category]].text)]
	for i := range s.dims[kind].values {
		if len(where) > 0 && s.dims[kind].values[i].text == string(where[0]) {
			f.values[kind] = i
		}
	}
}

// set gives a fact the value of its dimension.
func (f *figure) set(d *dimension, i int) {
	if d.ref.Name == "" || d.sort == ofMembership || d.sort == ofSize {
		return
	}
	v := &d.values[i]
	switch {
	case v.missing:
		f.gone[d.ref] = true
	case v.broken:
		f.broken[d.ref] = true
	case d.sort == ofBool:
		f.facts[d.ref] = domain.Bool(v.holds)
	case d.sort == ofCode, d.sort == ofText:
		f.facts[d.ref] = domain.Text(v.text)
	case d.sort == ofNumber:
		f.facts[d.ref] = v.number()
	case d.sort == ofPresence:
		if d.decl.HasDefault {
			f.facts[d.ref] = d.decl.Default
		} else {
			f.facts[d.ref] = domain.List([]string{})
		}
	}
}

// number is a number of the value.
func (v *value) number() domain.Value {
	n := v.from
	if n < 0 && v.to <= 0 && n < -mostDoubled {
		n = v.to
	}
	if v.between {
		return halfAfter(n)
	}
	return domain.Int(n)
}

// halfAfter is n and a half.
func halfAfter(n int64) domain.Value {
	if n < 0 {
		if n == -1 {
			return domain.Text("-0.5")
		}
		return domain.Text(fmt.Sprintf("%d.5", n+1))
	}
	return domain.Text(fmt.Sprintf("%d.5", n))
}

// relate makes one fact less than, equal to or more than another, where there is
// room for it.
func (f *figure) relate(d *dimension, c int) {
	left, right := f.dimensionOf(d.left), f.dimensionOf(d.right)
	if left == nil || right == nil {
		return
	}
	if left.sort != ofNumber || right.sort != ofNumber {
		if a, known := f.facts[left.ref]; known && c == 0 {
			f.facts[right.ref] = a
		} else if known && a.Equal(f.facts[right.ref]) && a.Kind() == domain.TextValue {
			f.facts[right.ref] = domain.Text(a.Text() + "-too")
		}
		return
	}
	for _, a := range f.candidates(left) {
		for _, b := range f.candidates(right) {
			if a.Kind() == domain.IntValue && b.Kind() == domain.IntValue && compareTo(a.Int(), b.Int()) == c {
				f.facts[left.ref], f.facts[right.ref] = a, b
				return
			}
		}
	}
}

func (f *figure) dimensionOf(key string) *dimension {
	i, found := f.s.index[key]
	if !found || f.s.dims[i].ref.Name == "" {
		return nil
	}
	return f.s.dims[i]
}

// candidates are numbers that a fact may have where it is.
func (f *figure) candidates(d *dimension) []domain.Value {
	v := &d.values[f.values[f.s.index[d.key]]]
	if v.absent() {
		return nil
	}
	out := []domain.Value{v.number()}
	from, to := max(v.from, -1_000_000_000), min(v.to, 1_000_000_000)
	if v.between {
		from, to = from+1, to-1
	}
	for _, n := range []int64{from, from + 1, from + 2, from + 100, to, to - 1, to - 2, from + (to-from)/2} {
		if from <= n && n <= to {
			out = append(out, domain.Int(n))
		}
	}
	return out
}

// enrol puts something into a list, or leaves it out.
func (f *figure) enrol(d *dimension, within bool) {
	list, known := f.listed(d)
	if !known || !within {
		return
	}
	element := d.element
	if d.left == privilegeKey {
		dim := f.s.index[privilegeKey]
		element = f.s.dims[dim].values[f.values[dim]].text
	} else if d.left != "" {
		of := f.dimensionOf(d.left)
		if of == nil {
			return
		}
		element = f.facts[of.ref].Text()
	}
	if d.decl.Type == domain.MapFact {
		element += "=" + string(domain.Allowed)
	}
	if element != "" && !slices.Contains(list.List(), element) {
		f.facts[d.ref] = domain.List(append(slices.Clone(list.List()), element))
	}
}

// listed is the list that a dimension is about, as far as it is made. It is one also
// where nothing was said of its being there; then it begins as its default, or empty.
func (f *figure) listed(d *dimension) (list domain.Value, known bool) {
	list, known = f.facts[d.ref]
	switch {
	case known:
		return list, true
	case f.gone[d.ref], f.broken[d.ref]:
		return list, false
	case d.decl.HasDefault:
		return d.decl.Default, true
	default:
		return domain.List([]string{}), true
	}
}

// pad makes a list as long as it is to be.
func (f *figure) pad(d *dimension, v *value) {
	list, known := f.listed(d)
	if !known || int64(len(list.List())) >= v.from || v.from > 100 {
		return
	}
	more := slices.Clone(list.List())
	for _, code := range f.s.lang.Codes(d.decl.Enum) {
		if int64(len(more)) < v.from && !slices.Contains(more, code) {
			more = append(more, code)
		}
	}
	for i := 0; d.decl.Enum == "" && int64(len(more)) < v.from; i++ {
		more = append(more, fmt.Sprintf("another_%d", i+1))
	}
	f.facts[d.ref] = domain.List(more)
}

// object makes an object of the facts of the figure.
func (f *figure) object(kind string, supposed map[string]domain.Value) *rules.Object {
	return f.lang.Object(kind, func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		ref := rules.FactRef{Object: kind, Name: decl.Name}
		switch {
		case f.broken[ref]:
			return domain.Text("what it is worked out from"), nil, false
		case f.gone[ref]:
			return domain.Value{}, nil, false
		}
		if v, known := f.facts[ref]; known {
			return v, nil, true
		}
		v, known := supposed[decl.Name]
		if known && decl.Type == domain.EnumFact && !f.lang.Has(decl.Enum, v.Text()) {
			return domain.Value{}, nil, false
		}
		return v, nil, known
	})
}

func (f *figure) text(object string, from domain.FactSource, otherwise string) string {
	ref := f.s.reachFact(object, from)
	if f.gone[ref] {
		return ""
	}
	if v, known := f.facts[ref]; known {
		if v.Text() != "" || from != fromID {
			return v.Text()
		}
	}
	return otherwise
}

func (f *figure) witness(lang *rules.Language, p domain.Privilege, own domain.RulesetID, bounds []slot) *Witness {
	s := f.s
	f.lang = lang
	home := someState
	if own != s.common {
		home = string(own)
	}
	request := f.object("request", nil)
	at := s.dims[s.index[timeKey]].values[f.values[s.index[timeKey]]].at
	out := &rules.Situation{Privilege: p, At: at, Request: request, Vehicle: f.object("vehicle", nil), Property: f.object("property", nil)}
	w := &Witness{Privilege: p, At: at, situation: out}
	if len(s.edges) > 0 {
		w.Time = at.String()
	}
	liberty := lang.Privileges[p] != nil && lang.Privileges[p].Liberty
	for _, b := range bounds {
		out.Bounds = append(out.Bounds, rules.Bound{Each: b.each, ID: "some-" + string(b.each), Object: f.object(string(b.each), nil),
			Individual: b.each == rules.EachMeasure && b.tier == domain.TierIndividual, Covers: func(domain.Reach) bool { return true }})
	}
	if f.who == nobody {
		out.Nobody = lang.Nobody(somebody)
		out.Nobody.Reach.Liberty = liberty
		w.Who = "a person without any capacity"
		w.Facts = f.shown()
		return w
	}
	c := rules.Capacity{Label: "main", Filing: f.object("filing", nil), Protection: f.object("protection", nil)}
	c.State = f.object("state", map[string]domain.Value{"id": domain.Text(home), "relations": domain.Text("normal")})
	c.Mission = f.object("mission", map[string]domain.Value{"id": domain.Text(someMission), "status": domain.Text("open")})
	c.Reach = domain.Reach{State: domain.StateID(f.text("state", fromID, home)), MissionKind: domain.MissionKind(f.text("mission", fromKind, "")), Mission: domain.MissionID(f.text("mission", fromID, someMission)), Liberty: liberty}
	w.Kind = c.Reach.MissionKind
	if f.who == mission {
		none := lang.Nobody("")
		c.Member, c.Sponsor, c.Label = none.Member, none.Sponsor, "mission"
		c.Reach.Liberty = liberty
		out.Capacities, out.Nobody = []rules.Capacity{c}, none
		w.Mission, w.Who, w.Facts = true, "a mission of kind "+s.named("mission_kind", string(w.Kind)), f.shown()
		return w
	}
	supposed := map[string]domain.Value{
		"phase": domain.Text("current"), "capacity": domain.Text("accredited"), "status": domain.Text("none"),
		"nationalities": domain.List([]string{home}), "id": domain.Text(somebody), "mission": domain.Text(someMission), "state": domain.Text(home),
	}
	principal := "member"
	switch f.who {
	case family:
		principal = "sponsor"
		supposed["capacity"] = domain.Text("family")
		if lang.Has("category", string(domain.FamilyCategory)) {
			for _, decl := range lang.Facts["member"] {
				if decl.From == fromCategory {
					f.facts[rules.FactRef{Object: "member", Name: decl.Name}] = domain.Text(domain.FamilyCategory)
					delete(f.gone, rules.FactRef{Object: "member", Name: decl.Name})
				}
			}
		}
	case visitor:
		supposed["capacity"] = domain.Text("visitor")
	default:
		// accredited
	}
	c.Member = f.object("member", supposed)
	c.Sponsor = c.Member
	c.Reach.Member = domain.MemberID(f.text("member", fromID, somebody))
	c.Reach.Status = domain.Status(cmp.Or(f.text("member", fromStatus, "none"), "none"))
	c.Reach.Category = domain.Category(f.text(principal, fromCategory, ""))
	c.Reach.Rank = f.text(principal, fromRank, "")
	c.Reach.Family, c.Reach.Visitor = f.who == family, f.who == visitor
	w.Phase = cmp.Or(f.text("member", fromPhase, "current"), "none")
	c.Ended = w.Phase == "ended"
	if f.who == family {
		supposed["capacity"], supposed["id"] = domain.Text("accredited"), domain.Text(someSponsor)
		c.Sponsor = f.object("sponsor", supposed)
		principal := c
		principal.Reach.Family, principal.Reach.Member = false, someSponsor
		principal.Reach.Status = "none"
		if v, known := c.Sponsor.Value(s.reachFact("member", fromStatus).Name); known {
			principal.Reach.Status = domain.Status(v.Text())
		}
		if v, known := c.Sponsor.Value(s.reachFact("member", fromPhase).Name); known {
			principal.Ended = v.Text() == "ended"
		}
		principal.Label, principal.Member = "main", c.Sponsor
		c.Label, c.Principal = "family", &principal
	}
	out.Capacities, out.Nobody = []rules.Capacity{c}, lang.Nobody(somebody)
	out.Nobody.Reach.Liberty = liberty
	w.Category, w.Status, w.Family, w.Visitor = c.Reach.Category, c.Reach.Status, c.Reach.Family, c.Reach.Visitor
	w.Who, w.Facts = f.words(w), f.shown()
	return w
}

// words describe a person.
func (f *figure) words(w *Witness) string {
	s := f.s
	var b strings.Builder
	switch {
	case w.Family:
		b.WriteString("a family member of ")
	case w.Visitor:
		b.WriteString("a visitor, ")
	}
	category := "a person of no category"
	if w.Category != "" {
		category = "a person of category " + s.named("category", string(w.Category))
	}
	b.WriteString(category)
	if w.Kind != "" {
		b.WriteString(" at a mission of kind " + s.named("mission_kind", string(w.Kind)))
	} else {
		b.WriteString(" at a mission of unknown kind")
	}
	fmt.Fprintf(&b, ", status %s, phase %s", w.Status, w.Phase)
	return b.String()
}

// named is a code with what the field calls it.
func (s *space) named(list, code string) string {
	if t := s.lang.Term(list, code); t != code {
		return code + " (" + t + ")"
	}
	return code
}

// shown are the facts that were looked at and that are on record, but those that
// the words say.
func (f *figure) shown() []Fact {
	out := []Fact{}
	s := f.s
	said := []rules.FactRef{
		s.reachFact("mission", fromKind), s.reachFact("member", fromCategory), s.reachFact("member", fromPhase), s.reachFact("member", fromStatus),
		s.reachFact("sponsor", fromCategory),
	}
	for _, d := range s.dims {
		v, known := f.facts[d.ref]
		if !known || d.sort == ofMembership || d.sort == ofSize || slices.Contains(said, d.ref) || strings.HasPrefix(d.ref.Name, "reach ") {
			continue
		}
		if d.ref.Object == "sponsor" && f.who != family || d.decl.HasDefault && v.Equal(d.decl.Default) {
			continue
		}
		if _, same := s.fixedFor(d.ref, f.who); same {
			continue
		}
		text := v.String()
		if d.decl.Type == domain.MoneyFact {
			text = domain.Cents(v.Int()).Dollars()
		} else if d.decl.Unit != "" {
			text += " " + d.decl.Unit
		}
		if v.Kind() == domain.ListValue && len(v.List()) == 0 {
			continue
		}
		out = append(out, Fact{d.ref.String(), text})
	}
	return out
}

// String writes a witness in one line.
func (w *Witness) String() string {
	var b strings.Builder
	b.WriteString(w.Who)
	for i, f := range w.Facts {
		b.WriteString([]string{", ", "; "}[one(i == 0)])
		b.WriteString(f.Name + " " + f.Value)
	}
	if w.Time != "" {
		b.WriteString("; at " + w.Time)
	}
	return b.String()
}
