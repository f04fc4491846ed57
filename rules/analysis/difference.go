package analysis

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A Verdict says what is known of two editions and one privilege.
type Verdict string

// The verdicts.
const (
	// Same: everybody gets the same answer, which is proved.
	Same Verdict = "same"
	// Different: somebody gets another answer, who is named.
	Different Verdict = "different"
	// Undecided: the rules differ, and nobody was found whose answer does.
	Undecided Verdict = "undecided"
	// Added and Removed: only one of the editions has the privilege.
	Added   Verdict = "added"
	Removed Verdict = "removed"
)

// A Difference is how the answers about one privilege differ between two editions.
type Difference struct {
	Privilege domain.Privilege `json:"privilege"`
	Verdict   Verdict          `json:"verdict"`
	Why       string           `json:"why,omitzero"` // of undecided
	Changes   []Change         `json:"changes,omitzero"`
}

// A Change is one way in which answers differ, and for whom.
type Change struct {
	Before     Given             `json:"before"`
	After      Given             `json:"after"`
	Categories []domain.Category `json:"categories,omitzero"` // of whom it is so for some; none: of missions, or of nobody in particular
	Family     bool              `json:"family,omitzero"`     // it is so for relatives
	Witness    *Witness          `json:"witness"`
}

// A Given is an answer in short.
type Given struct {
	Outcome    domain.Outcome `json:"outcome"` // empty: none, for want of a fact
	Conditions []string       `json:"conditions,omitzero"`
	Rules      []string       `json:"rules,omitzero"` // on which it rests
	Lacks      []string       `json:"lacks,omitzero"`
}

// String writes an answer in a line.
func (g Given) String() string {
	text := string(g.Outcome)
	if text == "" {
		return "no answer for want of " + strings.Join(g.Lacks, ", ")
	}
	if len(g.Conditions) > 0 {
		text += " [" + strings.Join(g.Conditions, "; ") + "]"
	}
	if len(g.Rules) > 0 {
		text += " (" + strings.Join(g.Rules, ", ") + ")"
	}
	return text
}

func given(a rules.Answer) Given {
	g := Given{Outcome: a.Outcome}
	for _, c := range a.Conditions {
		text := c.Code
		for _, p := range c.Params {
			text += " " + p.Name + " " + p.Value
		}
		g.Conditions = append(g.Conditions, text)
	}
	slices.Sort(g.Conditions) // they are a set
	for _, r := range a.Reasons {
		if r.Decisive && r.Rule != "" && !slices.Contains(g.Rules, r.Rule) {
			g.Rules = append(g.Rules, r.Rule)
		}
	}
	for _, p := range a.Errors {
		if a.Outcome == "" && p.Fact != "" && !slices.Contains(g.Lacks, p.Fact) {
			g.Lacks = append(g.Lacks, p.Fact)
		}
	}
	return g
}

func (g Given) same(h Given) bool {
	return g.Outcome == h.Outcome && slices.Equal(g.Conditions, h.Conditions)
}

// A Side is one of two editions, with the common edition that it is under.
type Side struct {
	Law     rules.Law
	Edition *rules.Edition
}

// list are the rules that a side has about a privilege.
func (d *Side) list() []*rules.Rule {
	if d.Edition.Code == d.Law.Common.Code {
		return d.Edition.Rules
	}
	return slices.Concat(d.Law.Common.Rules, d.Edition.Rules)
}

// Compare says for each privilege, in order of declaration, whether everybody gets
// the same answer under the new edition as under the old. Both must be of one
// ruleset. What is proved the same is so for any number of capacities, measures,
// agreements and waivers; a difference is shown by a witness whom the engine answered
// twice.
func Compare(before, after Side, o Options) []Difference {
	c := &comparison{before: before, after: after}
	c.kinds = kindsOf(after.Law, after.Edition)
	var out []Difference
	old, new := before.Law.Common.Language, after.Law.Common.Language
	all := slices.Clone(new.PrivilegeOrder)
	for _, p := range old.PrivilegeOrder {
		if new.Privileges[p] == nil {
			all = append(all, p)
		}
	}
	for i, p := range all {
		if len(o.Privileges) > 0 && !slices.Contains(o.Privileges, p) {
			continue
		}
		switch {
		case old.Privileges[p] == nil:
			out = append(out, Difference{Privilege: p, Verdict: Added})
		case new.Privileges[p] == nil:
			out = append(out, Difference{Privilege: p, Verdict: Removed})
		default:
			out = append(out, c.privilege(p))
		}
		if o.Progress != nil {
			o.Progress(i+1, len(all))
		}
	}
	return out
}

type comparison struct {
	before, after Side
	kinds         map[domain.Category][]domain.MissionKind
	steps         int // of all privileges
}

// privilege compares the answers about one privilege.
func (c *comparison) privilege(p domain.Privilege) (out Difference) {
	out = Difference{Privilege: p}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooLarge:
			out.Verdict, out.Why = Undecided, "there are too many combinations: "+r.Error()
		default:
			panic(r)
		}
	}()
	old, new := spoken(c.before.list(), p), spoken(c.after.list(), p)
	if why := c.language(slices.Concat(old, new)); why != "" {
		out.Verdict, out.Why = Undecided, why
	}
	var whens []meeting
	floors := [2][]*rules.Floor{hardFloors(c.before.Law.Common, p), hardFloors(c.after.Law.Common, p)}
	for _, f := range slices.Concat(floors[0], floors[1]) {
		whens = append(whens, meeting{expr: f.When})
	}
	if before := c.before.Law.Common.Language; before != c.after.Law.Common.Language {
		whens = append(whens, meeting{other: before})
	}
	b := newBench(question(&c.steps), c.after.Law.Common.Language, c.after.Law.Common.Code, p, slices.Concat(old, new), whens...)
	held := [2]node{b.floors(floors[0]), b.floors(floors[1])}
	pairs := newPairs(b.s.d)
	// Where the slots bring the same, whatever else there is, so do the answers.
	changed := b.s.d.operation(func(x, y int) int { return one(x != y) }, func(x, y node) (node, bool) { return end(0), x == y }).of(held[0], held[1])
	together := end(0)
	var slots, differing []slot
	for _, at := range b.order {
		mine := func(list []*rules.Rule) []*rules.Rule {
			return slices.DeleteFunc(slices.Clone(b.slots[at]), func(r *rules.Rule) bool { return !slices.Contains(list, r) })
		}
		x, y := b.all(at, mine(old)), b.all(at, mine(new))
		slots = append(slots, at)
		if x != y {
			differing = append(differing, at)
			other := b.s.d.operation(func(x, y int) int { return one(x != y) }, nil).of(x, y)
			changed = b.s.d.operation(func(x, y int) int { return max(x, y) }, nil).of(changed, other)
			together = pairs.of(together, pairs.of(x, y))
		}
	}
	if changed == end(0) && out.Verdict == "" {
		out.Verdict = Same
		return out
	}
	if changed == end(0) {
		return out
	}
	// A baseline rule that lacks a fact of nobody leaves everybody without an answer.
	baseline := slot{domain.TierBaseline, domain.Sets, rules.EachNothing}
	for _, list := range [][]*rules.Rule{old, new} {
		whole := b.all(baseline, slices.DeleteFunc(slices.Clone(b.slots[baseline]), func(r *rules.Rule) bool { return !slices.Contains(list, r) }))
		ofNobody := b.s.d.given(whole, b.s.index[subjectKey], int(nobody))
		together = pairs.of(together, b.s.d.mapped(ofNobody, func(set int) int { return one(b.g.broken(set)) }))
	}
	// What differs may matter only to whom something was lifted before.
	var plain, lifting []slot
	for _, at := range slots {
		switch {
		case slices.Contains(differing, at):
		case at.each == rules.EachNothing:
			plain = append(plain, at)
		case at.effect == domain.Lifts:
			lifting = append(lifting, at)
		}
	}
	for _, at := range plain {
		together = pairs.of(together, b.all(at, b.slots[at]))
	}
	c.try(b, pairs.where(changed, together), boundsOf(differing...), &out)
	if len(out.Changes) > 0 || len(lifting) == 0 {
		return out
	}
	for _, at := range lifting {
		together = pairs.of(together, b.all(at, b.slots[at]))
	}
	c.try(b, pairs.where(changed, together), boundsOf(slices.Concat(differing, lifting)...), &out)
	return out
}

// try puts somebody of each kind for whom the rules differ to the engine, under the
// old edition and the new.
func (c *comparison) try(b *bench, classes node, bounds []slot, out *Difference) {
	index := map[string]int{}
	ends := b.s.d.ends(classes)
	for i, class := range ends {
		if class == 0 {
			continue
		}
		if i >= mostTried {
			out.Why = fmt.Sprintf("the rules differ, and more than %d kinds of person would have to be tried", mostTried)
			break
		}
		b.weigh(4)
		before, after, w := c.differ(b, classes, class, bounds)
		if w == nil {
			continue
		}
		change := Change{Before: before, After: after, Family: w.Family, Witness: w}
		key := fmt.Sprint(before.Outcome, before.Conditions, before.Outcome == "", after.Outcome, after.Conditions, w.Family, w.Mission)
		at, found := index[key]
		if !found {
			at = len(out.Changes)
			index[key] = at
			out.Changes = append(out.Changes, change)
		}
		have := &out.Changes[at]
		for _, category := range b.categories(classes, class) {
			if !slices.Contains(have.Categories, category) {
				have.Categories = append(have.Categories, category)
			}
		}
		slices.Sort(have.Categories)
	}
	slices.SortStableFunc(out.Changes, func(a, b Change) int { // answers before the want of one
		return cmp.Compare(one(a.Before.Outcome == "")+one(a.After.Outcome == ""), one(b.Before.Outcome == "")+one(b.After.Outcome == ""))
	})
	switch {
	case len(out.Changes) > 0:
		out.Verdict = Different
	default:
		out.Verdict = Undecided
		if out.Why == "" {
			out.Why = "the rules differ, and nobody was found whose answer does: what differs may only matter together with other measures or capacities, or rest on a part that is not looked into"
		}
	}
}

// differ finds somebody of a class who is answered otherwise by the new edition.
func (c *comparison) differ(b *bench, classes node, class int, bounds []slot) (before, after Given, w *Witness) {
	wanted := func(n int) bool { return n == class }
	for _, some := range [][]slot{bounds, nil} {
		values := b.s.find(classes, c.kinds, wanted)
		w := b.s.situate(values, b.p, c.kinds, c.after.Edition.Code, some)
		old, new := given(rules.Resolve(c.before.Law, w.in(c.before))), given(rules.Resolve(c.after.Law, w.in(c.after)))
		if !old.same(new) {
			return old, new, w
		}
		if len(some) == 0 {
			break
		}
	}
	return before, after, nil
}

// in is the situation of a witness in the language of a side.
func (w *Witness) in(s Side) *rules.Situation { return w.make(s.Law.Common.Language) }

// categories are those of the people of a class.
func (b *bench) categories(classes node, class int) []domain.Category {
	var out []domain.Category
	for _, who := range []subject{person, family} {
		object := []string{"member", "sponsor"}[who]
		dim := b.s.index[b.s.reachFact(object, fromCategory).String()]
		part := b.s.d.given(classes, b.s.index[subjectKey], int(who))
		for i, v := range b.s.dims[dim].values {
			if v.absent() || !slices.Contains(b.s.d.ends(b.s.d.given(part, dim, i)), class) {
				continue
			}
			if !slices.Contains(out, domain.Category(v.text)) {
				out = append(out, domain.Category(v.text))
			}
		}
	}
	return out
}

// language says what keeps the answers of rules from being compared: that a fact
// which they read is worked out otherwise.
func (c *comparison) language(list []*rules.Rule) string {
	old, new := c.before.Law.Common, c.after.Law.Common
	if old == new {
		return ""
	}
	read := map[rules.FactRef]bool{}
	for _, rule := range list {
		for _, ref := range rule.Reads {
			if ref.Object == "sponsor" {
				ref.Object = "member"
			}
			read[ref] = true
		}
	}
	for _, object := range sorted(old.Language.Facts) {
		for _, decl := range old.Language.Facts[object] {
			for _, other := range new.Language.Facts[object] {
				if decl.Name == other.Name && read[rules.FactRef{Object: object, Name: decl.Name}] && !sameFact(decl, other) {
					return fmt.Sprintf("the fact %s.%s is computed otherwise", object, decl.Name)
				}
			}
		}
	}
	if !reflect.DeepEqual(old.Capacities, new.Capacities) {
		return "the law of capacities differs, so that capacities may begin and end at other times"
	}
	return ""
}

func sameFact(a, b domain.FactDecl) bool {
	a.Doc, b.Doc = "", ""
	same := a.Default.Equal(b.Default)
	a.Default, b.Default = domain.Value{}, domain.Value{}
	return same && fmt.Sprint(a) == fmt.Sprint(b)
}

func spoken(list []*rules.Rule, p domain.Privilege) []*rules.Rule {
	return slices.DeleteFunc(slices.Clone(list), func(r *rules.Rule) bool { return !r.SpeaksOf(p) })
}

func hardFloors(e *rules.Edition, p domain.Privilege) []*rules.Floor {
	return slices.DeleteFunc(slices.Clone(e.Floors), func(f *rules.Floor) bool { return f.Mark != 'H' || !slices.Contains(f.Privileges, p) })
}

// floors is where a hard floor holds; one of which that can't be said counts.
func (b *bench) floors(list []*rules.Floor) node {
	return b.s.d.branch(b.s.index[subjectKey], func(v int) node {
		out := never
		for _, f := range list {
			out = b.s.or.of(out, b.s.d.mapped(b.s.condition(f.When, subject(v)), func(t int) int { return one(t != int(rules.No)) }))
		}
		return out
	})
}
