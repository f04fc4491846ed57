package analysis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// Options narrow an analysis. The zero Options ask for everything.
type Options struct {
	// Privileges are those looked at; empty: all.
	Privileges []domain.Privilege
	// Only are the codes of the findings that are wanted; empty: all.
	Only []string
	// Progress is told how many steps of how many are done; nil: nobody is.
	Progress func(done, of int)
}

func (o *Options) wants(code string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, code) }

// analysis is one run over one edition.
type analysis struct {
	law    rules.Law
	e      *rules.Edition
	lang   *rules.Language
	common domain.RulesetID
	only   []domain.Privilege
	kinds  map[domain.Category][]domain.MissionKind
	report *Report

	dead map[*rules.Rule]bool // that never fire
	uses map[extent]*use
	// idle counts for how many of its privileges a rule can't change an answer, and
	// beside which rules.
	idle   map[*rules.Rule]int
	beside map[*rules.Rule][]string
	twins  map[*rules.Rule]map[*rules.Rule]int
	spoken map[*rules.Rule]int    // for how many privileges it was looked at
	pairs  map[[2]string]*Finding // of rules
	// milder are the rules, or tables, that a stricter one overrules.
	milder map[*rules.Rule][]string
	strict map[*rules.Rule]*Finding
	steps  int // of all questions
}

// Analyse proves what it can of an edition under the law that it is part of: the
// common edition, or a State's own together with the common one. It depends on the
// editions alone, and names everything in a fixed order.
func Analyse(law rules.Law, e *rules.Edition, o Options) *Report {
	a := &analysis{
		law: law, e: e, lang: law.Common.Language, common: law.Common.Code, only: o.Privileges,
		report: &Report{Ruleset: e.Code, Edition: e.Edition, Findings: []Finding{}, Gaps: []Gap{}, NotAnalysed: []Open{}},
		dead:   map[*rules.Rule]bool{}, uses: map[extent]*use{}, idle: map[*rules.Rule]int{}, beside: map[*rules.Rule][]string{},
		twins: map[*rules.Rule]map[*rules.Rule]int{}, spoken: map[*rules.Rule]int{}, pairs: map[[2]string]*Finding{},
		milder: map[*rules.Rule][]string{}, strict: map[*rules.Rule]*Finding{},
	}
	a.kinds = kindsOf(law, e)
	floorsOnly := len(o.Only) > 0 && !slices.ContainsFunc(o.Only, func(code string) bool { return code != FloorBreach })
	var about []domain.Privilege
	for _, p := range a.lang.PrivilegeOrder {
		if len(a.only) > 0 && !slices.Contains(a.only, p) {
			continue
		}
		if slices.ContainsFunc(e.Rules, func(r *rules.Rule) bool { return r.SpeaksOf(p) }) || e.Code == a.common {
			about = append(about, p)
		}
	}
	a.report.Privileges = len(about)
	done, steps := 0, len(e.Rules)+len(about)*several
	step := func(n int) {
		if done += n; o.Progress != nil {
			o.Progress(done, steps)
		}
	}
	for _, rule := range e.Rules {
		if len(a.privilegesOf(rule)) > 0 {
			a.report.Rules++
			a.opaqueParts(rule)
			if !floorsOnly {
				a.local(rule)
			}
		}
		step(1)
	}
	a.useless()
	for _, p := range about {
		if !floorsOnly {
			a.together(p)
		}
		if o.wants(FloorBreach) {
			a.breaches(p)
		}
		step(several)
	}
	a.conclude()
	a.report.Findings = slices.DeleteFunc(a.report.Findings, func(f Finding) bool { return !o.wants(f.Code) })
	if !o.wants(NoBaseline) {
		a.report.Gaps = []Gap{}
	}
	a.report.sort()
	a.report.Steps = min(a.steps, MostSteps)
	return a.report
}

// several is how many rules a privilege is about as much work as.
const several = 10

// kindsOf is at which kinds of mission a category serves, as the common edition and a
// State's own say.
func kindsOf(law rules.Law, e *rules.Edition) map[domain.Category][]domain.MissionKind {
	out := map[domain.Category][]domain.MissionKind{}
	for _, from := range []*rules.Edition{law.Common, e} {
		for category, kinds := range from.Kinds {
			out[category] = kinds
		}
	}
	return out
}

// recover lists what grew too large as not analysed.
func (a *analysis) recover(rule *rules.Rule, p domain.Privilege, what string) {
	switch r := recover().(type) {
	case nil:
	case tooLarge:
		o := Open{Privilege: p, What: what, Why: "there are too many combinations: " + r.Error()}
		if rule != nil {
			o.Rule, o.Pos = rule.ID, rule.Pos
			if r.all {
				o.Pos, o.What = rules.Pos{}, "these rules, each by itself" // in one
			}
		}
		a.report.leave(o)
	default:
		panic(r)
	}
}

// A bench holds the rules about one privilege with what each does.
type bench struct {
	s     *space
	g     *givings
	p     domain.Privilege
	list  []*rules.Rule
	fires map[*rules.Rule]node
	gives map[*rules.Rule]node
	// family is what rules that cut sponsors bring to their families.
	family map[*rules.Rule]node
	slots  map[slot][]*rules.Rule
	order  []slot
}

// bySponsor is the slot of what cuts the family because it cuts the sponsor.
var bySponsor = slot{domain.TierStatus, domain.Restricts, rules.EachNothing}

// newBench makes the bench of rules about a privilege, those of the tier duty left
// out, since they change no answer.
func newBench(e *effort, lang *rules.Language, common domain.RulesetID, p domain.Privilege, list []*rules.Rule, more ...meeting) *bench {
	b := &bench{p: p, fires: map[*rules.Rule]node{}, gives: map[*rules.Rule]node{}, family: map[*rules.Rule]node{}, slots: map[slot][]*rules.Rule{}}
	for _, rule := range list {
		if rule.SpeaksOf(p) && rule.Tier != domain.TierDuty {
			b.list = append(b.list, rule)
		}
	}
	b.s = newSpace(e, lang, common, []domain.Privilege{p}, b.list, more...)
	b.g = newGivings(b.s)
	for _, rule := range b.list {
		if _, twice := b.fires[rule]; twice {
			continue // two editions share it
		}
		b.fires[rule] = b.s.fires(rule)
		b.gives[rule] = b.g.diagram(rule, b.fires[rule])
		places := []slot{slotOf(rule)}
		if rule.Tier == domain.TierStatus {
			b.family[rule] = b.g.denying(b.s.cutsFamily(rule))
			places = append(places, bySponsor)
		}
		for _, at := range places {
			if b.slots[at] == nil {
				b.order = append(b.order, at)
			}
			b.slots[at] = append(b.slots[at], rule)
		}
	}
	return b
}

// brings is what a rule brings to a slot.
func (b *bench) brings(at slot, rule *rules.Rule) node {
	if at == bySponsor {
		return b.family[rule]
	}
	return b.gives[rule]
}

// spare says of each rule of a slot whether the slot brings the same without it.
func (b *bench) spare(at slot) []bool {
	list := b.slots[at]
	before := make([]node, len(list)+1) // what the first n bring
	after := make([]node, len(list)+1)  // what all but the first n bring
	before[0], after[len(list)] = end(0), end(0)
	for i, rule := range list {
		before[i+1] = b.g.union(at, before[i], b.brings(at, rule))
	}
	for i := len(list) - 1; i >= 0; i-- {
		after[i] = b.g.union(at, b.brings(at, list[i]), after[i+1])
	}
	out := make([]bool, len(list))
	for i := range list {
		out[i] = b.g.union(at, before[i], after[i+1]) == before[len(list)]
	}
	return out
}

// all is what the rules of a slot bring together.
func (b *bench) all(at slot, list []*rules.Rule) node {
	out := end(0)
	for _, rule := range list {
		out = b.g.union(at, out, b.brings(at, rule))
	}
	return out
}

// about is the list of rules about a privilege, with those of the common edition.
func (a *analysis) about(p domain.Privilege) []*rules.Rule {
	list := spoken(a.law.Common.Rules, p)
	if a.e.Code != a.common {
		list = slices.Concat(list, spoken(a.e.Rules, p))
	}
	return list
}

// together looks at all rules about a privilege together.
func (a *analysis) together(p domain.Privilege) {
	defer a.recover(nil, p, "all rules about it together")
	b := newBench(question(&a.steps), a.lang, a.common, p, a.about(p))
	for _, at := range b.order {
		if at == bySponsor {
			continue // with those who are cut themselves
		}
		a.idlers(b, at)
		a.interregna(b, at)
		if at.each == rules.EachNothing && (at.tier == domain.TierBaseline || at.tier == domain.TierStatus) {
			a.overlapping(b, at)
		}
	}
	if a.e.Code == a.common {
		a.gaps(b)
	}
}

func (a *analysis) owns(rule *rules.Rule) bool { return rule.Ruleset == a.e.Code }

// idlers counts the rules of a slot without which it brings the same.
func (a *analysis) idlers(b *bench, at slot) {
	list, spare := b.slots[at], b.spare(at)
	if at.tier == domain.TierStatus {
		byFamily := map[*rules.Rule]bool{}
		for i, idle := range b.spare(bySponsor) {
			byFamily[b.slots[bySponsor][i]] = idle
		}
		for i, rule := range list {
			spare[i] = spare[i] && byFamily[rule]
		}
	}
	for i, rule := range list {
		if !a.owns(rule) || a.dead[rule] {
			continue
		}
		a.spoken[rule]++
		yes := slices.Contains(b.s.d.ends(b.fires[rule]), int(rules.Yes))
		if !yes || !spare[i] {
			continue
		}
		a.idle[rule]++
		b.s.effort.spend(len(list) + len(a.beside[rule]))
		for _, other := range list {
			if other == rule || a.dead[other] {
				continue
			}
			if b.gives[other] == b.gives[rule] {
				b.s.effort.spend(stepsOfPair)
				if a.twins[rule] == nil {
					a.twins[rule] = map[*rules.Rule]int{}
				}
				a.twins[rule][other]++
			}
			milder := rule.Effect != domain.Lifts && rule.Outcome.Stricter(other.Outcome)
			both := b.s.and.of(b.s.surely(b.fires[rule]), b.s.surely(b.fires[other]))
			if both == never || milder {
				continue
			}
			b.s.effort.spend(1 + len(a.beside[rule])/4)
			if !slices.Contains(a.beside[rule], other.ID) {
				b.s.effort.spend(stepsOfPair)
				a.beside[rule] = append(a.beside[rule], other.ID)
			}
		}
	}
}

// overlapping finds two rules of a tier that give different outcomes to one.
func (a *analysis) overlapping(b *bench, at slot) {
	list := b.slots[at]
	for i, one := range list {
		for _, other := range list[i+1:] {
			if one.Outcome == other.Outcome || one.Outcome == "" || other.Outcome == "" || !a.owns(one) && !a.owns(other) {
				continue
			}
			strict, mild := one, other
			if other.Outcome.Stricter(one.Outcome) {
				strict, mild = other, one
			}
			key := [2]string{Overlap, strict.ID}
			have := a.pairs[key]
			b.s.effort.spend(1 + len(a.milder[strict])/4)
			if have != nil && slices.Contains(a.milder[strict], table(mild)) {
				have.also(b.p)
				continue
			}
			both := b.s.and.of(b.s.surely(b.fires[one]), b.s.surely(b.fires[other]))
			if both == never {
				continue
			}
			w := a.confirmed(b, both, func(t int) bool { return t == int(rules.Yes) }, nil, one, other)
			if w == nil {
				a.report.leave(Open{Rule: one.ID, Privilege: b.p, Pos: one.Pos, What: "whether it and rule " + other.ID + " ever fire together", Why: "what would show it rests on a part that is not looked into"})
				continue
			}
			b.s.effort.spend(stepsOfPair)
			a.milder[strict] = append(a.milder[strict], table(mild))
			if have != nil {
				have.also(b.p)
				continue
			}
			a.pairs[key] = &Finding{Code: Overlap, Severity: Note, Rule: strict.ID, Other: mild.ID, Privileges: []domain.Privilege{b.p}, Pos: strict.Pos, Witness: w,
				Hint: "narrow one of them, if that is not meant"}
			a.strict[strict] = a.pairs[key]
		}
	}
}

// also notes another privilege for which a finding holds.
func (f *Finding) also(p domain.Privilege) {
	if !slices.Contains(f.Privileges, p) {
		f.Privileges = append(f.Privileges, p)
	}
}

// table is the name that all cells of a table share.
func table(rule *rules.Rule) string {
	name, _, _ := strings.Cut(rule.ID, "/")
	return name
}

// fired sees which rules fire while the engine resolves.
type fired struct{ rules []*rules.Rule }

func (f *fired) Weighed(rule *rules.Rule, _ *rules.Capacity, _ *rules.Bound, _ *rules.Frame, fires bool, err error) {
	if fires && err == nil {
		f.rules = append(f.rules, rule)
	}
}

func (f *fired) Gave(*rules.Rule, domain.Outcome, []rules.Attached) {}

// confirmed finds a witness at an end of a diagram, and puts him to the engine: all
// of the rules must fire. It returns nil if there is none, or the engine disagrees.
func (a *analysis) confirmed(b *bench, n node, wanted func(int) bool, bounds []slot, list ...*rules.Rule) *Witness {
	values := b.s.find(n, a.kinds, wanted)
	if values == nil {
		return nil
	}
	b.weigh(1)
	w := b.s.situate(values, b.p, a.kinds, a.e.Code, bounds)
	seen := &fired{}
	rules.ResolveWatched(a.law, w.situation, seen)
	for _, rule := range list {
		if !slices.Contains(seen.rules, rule) {
			return nil
		}
	}
	return w
}

// interregna finds rules of a slot that follow each other, with a time between.
func (a *analysis) interregna(b *bench, at slot) {
	list := b.slots[at]
	time := b.s.index[timeKey]
	when := func(rule *rules.Rule, instant func(v *value) bool) node {
		out := never
		b.s.effort.spend(len(b.s.dims[time].values))
		for i := range b.s.dims[time].values {
			if instant(&b.s.dims[time].values[i]) {
				out = b.s.or.of(out, b.s.d.given(b.s.surely(b.fires[rule]), time, i))
			}
		}
		return out
	}
	for _, early := range list {
		b.s.effort.spend(1 + len(list)/16)
		var next *rules.Rule
		for _, late := range list {
			if early.InForceTo <= late.InForceFrom && early != late && (next == nil || late.InForceFrom < next.InForceFrom) {
				next = late
			}
		}
		if next == nil || early.InForceTo == next.InForceFrom || !a.owns(early) && !a.owns(next) {
			continue
		}
		same := b.s.and.of(when(early, func(v *value) bool { return early.InForceFrom <= v.at && v.at < early.InForceTo }),
			when(next, func(v *value) bool { return next.InForceFrom <= v.at && v.at < next.InForceTo }))
		between := never
		for _, other := range list {
			between = b.s.or.of(between, when(other, func(v *value) bool { return early.InForceTo <= v.at && v.at < next.InForceFrom }))
		}
		if b.s.and.of(same, b.s.not(between)) == never {
			continue
		}
		key := [2]string{Interregnum + early.ID, next.ID}
		f := &Finding{Code: Interregnum, Severity: Warning, Rule: next.ID, Other: early.ID, Privileges: []domain.Privilege{b.p}, Pos: next.Pos,
			Message: fmt.Sprintf("rule %s goes out of force at %s and rule %s comes into force at %s, for some of the same; in between neither is", early.ID, early.InForceTo, next.ID, next.InForceFrom),
			Hint:    "let the second begin where the first ends, if that is meant"}
		if have := a.pairs[key]; have != nil {
			have.also(b.p)
			continue
		}
		a.pairs[key] = f
	}
}

// gaps lists for whom no baseline rule ever speaks of the privilege.
func (a *analysis) gaps(b *bench) {
	decl := a.lang.Privileges[b.p]
	s := b.s
	at := slot{domain.TierBaseline, domain.Sets, rules.EachNothing}
	whole := b.all(at, b.slots[at])
	spoken := s.d.mapped(whole, func(set int) int { return one(set != 0) })
	kind := s.reachFact("mission", fromKind)
	for _, code := range a.lang.Codes("mission_kind") {
		if decl.Of&rules.OfMission == 0 {
			break
		}
		if s.cofactor(spoken, mission, map[rules.FactRef]string{kind: code}) == end(0) {
			a.report.Gaps = append(a.report.Gaps, Gap{Privilege: b.p, Mission: true, Kind: domain.MissionKind(code)})
		}
	}
	if decl.Of&rules.OfPerson == 0 {
		return
	}
	for _, category := range a.lang.Codes("category") {
		for _, k := range a.kinds[domain.Category(category)] {
			for _, who := range []subject{person, family} {
				object := []string{"member", "sponsor"}[who]
				s.effort.spend(stepsOfGap)
				if s.cofactor(spoken, who, map[rules.FactRef]string{kind: string(k), s.reachFact(object, fromCategory): category}) == end(0) {
					a.report.Gaps = append(a.report.Gaps, Gap{Privilege: b.p, Family: who == family, Category: domain.Category(category), Kind: k})
				}
			}
		}
	}
}

// cofactor is a diagram for a kind of subject of whom some codes are known.
func (s *space) cofactor(n node, who subject, codes map[rules.FactRef]string) node {
	n = s.d.given(n, s.index[subjectKey], int(who))
	known := map[int]string{} // by dimension
	for ref, code := range codes {
		if dim, found := s.index[ref.String()]; found {
			known[dim] = code
		}
	}
	for _, dim := range slices.Sorted(maps.Keys(known)) { // each time the same steps
		code := known[dim]
		for i := range s.dims[dim].values {
			if s.dims[dim].values[i].text == code {
				n = s.d.given(n, dim, i)
			}
		}
	}
	return n
}

// conclude reports what could be said only after all privileges were looked at.
func (a *analysis) conclude() {
	for strict, f := range a.strict {
		f.Message = fmt.Sprintf("rule %s (%s) of the tier %s fires for some for whom %s fires too, with another outcome; the strictest, %s, is what counts", strict.ID, strict.Outcome, strict.Tier, listed(a.milder[strict]), strict.ID)
	}
	for _, f := range a.pairs {
		a.report.add(*f)
	}
	told := map[*rules.Rule]bool{}
	for _, rule := range a.e.Rules {
		if a.idle[rule] == 0 || a.idle[rule] != a.spoken[rule] || len(a.only) > 0 && len(a.privilegesOf(rule)) < len(rule.Privileges) {
			continue
		}
		twin := (*rules.Rule)(nil)
		for other, n := range a.twins[rule] {
			if n == a.spoken[rule] && (twin == nil || other.ID < twin.ID) {
				twin = other
			}
		}
		if twin != nil {
			told[rule] = true
			if told[twin] {
				continue
			}
			a.report.add(Finding{Code: Duplicate, Severity: Warning, Rule: rule.ID, Other: twin.ID, Pos: rule.Pos,
				Message: fmt.Sprintf("rules %s and %s give the same to the same", rule.ID, twin.ID), Hint: "keep one of them"})
			continue
		}
		if remarks(rule) {
			continue // it has something to say, though it changes no outcome
		}
		by := ""
		if beside := a.beside[rule]; len(beside) > 0 {
			slices.Sort(beside)
			by = ": wherever it fires, what it gives is given, or overruled, by " + listed(beside)
		}
		a.report.add(Finding{Code: NoEffect, Severity: Warning, Rule: rule.ID, Pos: rule.Pos,
			Message: fmt.Sprintf("rule %s can't change any answer%s", rule.ID, by), Hint: "take it out, or mend it"})
	}
}

// remarks reports whether a rule says more than an outcome.
func remarks(rule *rules.Rule) bool {
	return len(rule.Oblige)+len(rule.Note)+len(rule.Route)+len(rule.Limit)+len(rule.Propose) > 0 || rule.Offence != ""
}

// listed writes a few names, and how many more there are.
func listed(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
