package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

func dayOf(d calendar.Date) timeline.Instant {
	return timeline.Of(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC))
}

// effects are what each tier does unless a rule says otherwise.
var effects = map[domain.Tier]domain.Effect{
	domain.TierBaseline: domain.Sets, domain.TierStatus: domain.Cuts, domain.TierAgreement: domain.Lifts,
	domain.TierReciprocity: domain.Restricts, domain.TierIndividual: domain.Restricts, domain.TierProgramme: domain.Restricts,
	domain.TierWaiver: domain.Removes, domain.TierDuty: domain.Obliges,
}

func (l *loader) readRules() {
	for _, n := range l.items("rules") {
		if l.stop() {
			return
		}
		f := l.fields(n, "a rule", keysOf("rule")...)
		if f.bad {
			continue
		}
		r := &Rule{Ruleset: l.edition.Code, Pos: n.pos()}
		if r.ID = f.needText("id"); r.ID != "" {
			f.what = "rule " + clip(r.ID)
			r.Pos = f.values["id"].pos()
			l.newID(f.values["id"], r.ID)
		}
		r.Tier = l.tier(f)
		l.readEffect(r, f)
		l.readScope(r, f)
		l.readPrivilege(r, f)
		whens := []item{}
		if w, ok := f.get("when"); ok {
			whens = append(whens, w)
		}
		l.readConsequence(r, f, whens)
		r.Cite = f.cite(true)
		r.Because = f.needText("because")
		l.finish(r)
	}
}

func (l *loader) newID(n item, id string) {
	if strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./_") != "" || len(id) > 160 {
		l.add(n, codeIdentifier, "", "%s is no identifier of a rule: use letters, digits, '-', '.', '/' and '_'", clip(id))
	}
	if first, twice := l.ids[id]; twice {
		l.add(n, codeSameID, "", "the id %s is used twice; the first is at %s:%d", clip(id), first.File, first.Line)
		return
	}
	l.ids[id] = n.pos()
}

func (l *loader) tier(f *fields) domain.Tier {
	v, ok := f.need("tier")
	if !ok {
		return ""
	}
	t := domain.Tier(l.text(v, f.what+"'s tier"))
	if t == "" || slices.Contains(domain.Tiers(), t) {
		return t
	}
	var names []string
	for _, t := range domain.Tiers() {
		names = append(names, string(t))
	}
	l.add(v, codeEffect, orList(string(t), names), "%s is no tier", clip(string(t)))
	return ""
}

// readEffect reads the effect, which mostly follows from the tier.
func (l *loader) readEffect(r *Rule, f *fields) {
	r.Effect = effects[r.Tier]
	v, ok := f.get("effect")
	if !ok {
		return
	}
	e := domain.Effect(l.text(v, f.what+"'s effect"))
	switch {
	case e == "" || r.Tier == "":
	case e == domain.Lifts && (r.Tier == domain.TierReciprocity || r.Tier == domain.TierIndividual):
		r.Effect = e
	case e == r.Effect:
	case e == domain.Lifts:
		l.add(v, codeEffect, "leave it away", "only rules of the tiers reciprocity and individual may lift; a rule of the tier %s %s", r.Tier, r.Effect)
	default:
		l.add(v, codeEffect, "leave it away", "a rule of the tier %s %s; it can't be made to do anything else by effect: %s", r.Tier, r.Effect, clip(string(e)))
	}
}

// readScope reads whom the rule reaches, when, and for what it is evaluated.
func (l *loader) readScope(r *Rule, f *fields) {
	if v, ok := f.get("of"); ok {
		r.Of = l.of(v)
	}
	if v, ok := f.get("applies"); ok {
		r.Applies = l.applies(v)
	}
	r.InForceFrom, r.InForceTo = l.inForce(f)
	if v, ok := f.get("each"); ok {
		r.Each = l.each(v)
	}
}

func (l *loader) each(n item) Each {
	text := l.text(n, "each")
	kind, letter, _ := strings.Cut(text, " ")
	if want := boundNames[Each(kind)]; want != "" && want == letter {
		return Each(kind)
	}
	if text != "" {
		l.add(n, codeEach, "", "%s: write measure m, agreement a or waiver w", clip(text))
	}
	return EachNothing
}

func (l *loader) applies(n item) Applies {
	f := l.fields(n, "applies", keysOf("applies")...)
	a := Applies{States: ids[domain.StateID](l, f, "state")}
	a.Scope = l.scopeOf(f)
	if v, ok := f.get("family"); ok {
		switch {
		case v.Kind == yaml.ScalarNode && v.Value == "only":
			a.Family = FamilyOnly
		case v.Kind == yaml.ScalarNode && v.Tag == "!!bool":
			a.Family = FamilyNo
			if l.bool(v, "family") {
				a.Family = FamilyYes
			}
		default:
			l.add(v, codeShape, truthHint(v), "family is true, false or only")
		}
	}
	return a
}

// scopeOf reads the keys that a rule's applies block and a measure's scope share,
// save family.
func (l *loader) scopeOf(f *fields) domain.Scope {
	s := domain.Scope{
		MissionKinds: codes[domain.MissionKind](l, f, "mission_kind", "mission_kind"),
		Missions:     ids[domain.MissionID](l, f, "mission"),
		Categories:   codes[domain.Category](l, f, "category", "category"),
		Ranks:        f.texts("rank"),
		Statuses:     codes[domain.Status](l, f, "status", "status"),
		Members:      ids[domain.MemberID](l, f, "member"),
	}
	if v, given := f.bool("visitors"); given {
		s.Visitors = &v
	}
	return s
}

func ids[T ~string](l *loader, f *fields, key string) []T {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	var out []T
	for _, n := range l.list(v, f.what+"'s "+key) {
		if id := l.text(n, "each of "+f.what+"'s "+key); id != "" && l.checkID(n, id) {
			out = append(out, T(id))
		}
	}
	return out
}

// readPrivilege reads of which privileges a rule speaks.
func (l *loader) readPrivilege(r *Rule, f *fields) {
	v, ok := f.get("privilege")
	if !ok {
		if r.Each == EachNothing {
			if _, tried := f.get("each"); !tried {
				f.need("privilege")
			}
		}
		if r.Of == 0 {
			r.Of = OfBoth
		}
		return
	}
	r.Privileges, r.Of = l.privileges(v, f.what, r.Of)
}

// mostNamed bounds how often a ruleset names privileges: thousands of patterns of
// thousands of privileges would fill any memory.
const mostNamed = 500_000

// privileges reads a list of privileges and patterns, in order of declaration.
// With of given, patterns take only those that are of it, and a privilege that
// is not is a mistake; else what they are of is returned.
func (l *loader) privileges(n item, what string, of Of) ([]domain.Privilege, Of) {
	found := map[domain.Privilege]bool{}
	items := l.list(n, what+"'s privilege")
	for _, i := range items {
		word := l.text(i, "each of "+what+"'s privilege")
		if l.named++; strings.HasSuffix(word, "*") {
			l.named += len(l.lang.PrivilegeOrder)
		}
		if l.named > mostNamed {
			if l.named < 2*mostNamed { // once
				l.add(i, codeLimit, "say it in one rule for many privileges, or in a table", "the ruleset names privileges more than %d times, patterns counted by what they may match", mostNamed)
				l.named = 2 * mostNamed
			}
			break
		}
		prefix, pattern := strings.CutSuffix(word, "*")
		switch {
		case word == "":
			if i.Kind == yaml.ScalarNode && i.Tag == "!!str" {
				l.add(i, codePrivilege, "", "an empty text is no privilege")
			}
		case pattern:
			if !l.matchPrivileges(found, prefix, of) && !l.brokenLists["privilege"] {
				l.add(i, codePrivilege, "", "no privilege matches %s", clip(word))
			}
		default:
			p := domain.Privilege(word)
			d := l.lang.Privileges[p]
			switch {
			case d == nil:
				l.knownPrivilege(i, word)
			case found[p]:
				l.add(i, codeTwice, "", "%s is given twice", word)
			case of != 0 && d.Of&of == 0:
				l.add(i, codeOf, "", "%s is not of what %s is asked of, so that the rule would never be asked", word, what)
			default:
				found[p] = true
			}
		}
	}
	if len(items) == 0 && n.Kind == yaml.SequenceNode {
		l.add(n, codeMissingKey, "", "%s's privilege is empty", what)
	}
	var out []domain.Privilege
	all := of
	for _, p := range l.lang.PrivilegeOrder {
		if found[p] {
			out = append(out, p)
			if of == 0 {
				all |= l.lang.Privileges[p].Of
			}
		}
	}
	return out, all
}

func (l *loader) matchPrivileges(found map[domain.Privilege]bool, prefix string, of Of) bool {
	any := false
	if prefix != "" && !strings.HasSuffix(prefix, ".") {
		return false
	}
	for _, p := range l.lang.PrivilegeOrder {
		if strings.HasPrefix(string(p), prefix) && (of == 0 || l.lang.Privileges[p].Of&of != 0) {
			found[p], any = true, true
		}
	}
	return any
}

func (l *loader) knownPrivilege(n item, word string) bool {
	if l.lang.Privileges[domain.Privilege(word)] != nil {
		return true
	}
	if !l.brokenLists["privilege"] && word != "" {
		l.add(n, codePrivilege, l.codeHint("privilege", word), "there is no privilege %s", clip(word))
	}
	return false
}

// readConsequence reads what a rule does when it fires.
func (l *loader) readConsequence(r *Rule, f *fields, whens []item) {
	s := scope{each: r.Each}
	r.When = l.when(s, whens...)
	l.readOutcome(r, f, s)
	if v, ok := f.get("conditions"); ok {
		r.Conditions = l.conditions(v, f.what, s)
	}
	l.checkConditions(r, f)
	r.Code = f.text("code")
	if r.Offence = f.text("offence"); r.Offence != "" {
		l.knownCode(f.values["offence"], "offence", r.Offence)
		if r.Tier == domain.TierDuty || r.Effect == domain.Lifts {
			l.add(f.values["offence"], codeEffect, "leave it away", "only a rule that denies or restricts can say what it would be to act against it")
		}
	}
	r.Propose = codes[string](l, f, "propose", "consequence")
	if v, ok := f.get("basis"); ok {
		b := l.fields(v, "basis", keysOf("basis")...)
		if p, ok := b.need("practice"); ok {
			if p.Value != "same" {
				l.add(p, codeShape, "write same", "a basis is the practice for the same privilege, not %s", clip(p.Value))
			}
			r.Practice = true
		}
	}
	r.Oblige = l.remarks(f, "oblige", s)
	r.Note = l.remarks(f, "note", s)
	r.Route = l.remarks(f, "route", s)
	r.Limit = l.remarks(f, "limit", s)
}

func (l *loader) readOutcome(r *Rule, f *fields, s scope) {
	out, hasOutcome := f.get("outcome")
	as, hasAs := f.get("as")
	if r.Tier == domain.TierDuty {
		for _, v := range []item{out, as} {
			if v.Node != nil {
				l.add(v, codeOutcome, "leave it away", "a duty has no outcome")
			}
		}
		return
	}
	switch {
	case hasOutcome && hasAs:
		l.add(as, codeOutcome, "", "a rule has an outcome or `as`, not both")
	case hasAs && r.Tier != "" && r.Effect != domain.Lifts:
		l.add(as, codeOutcome, "", "only a rule that lifts may give what another category has")
	case hasAs && !isExpr(as):
		l.add(as, codeOutcome, "write as: =a.as", "`as` is an expression that begins with =")
	case hasAs:
		r.As = l.value(as, s, l.env().enums["category"].typ)
	case !hasOutcome:
		if r.Tier != "" && !f.bad {
			l.add(f.of, codeMissingKey, "", "%s needs the key outcome", f.what)
		}
	case isExpr(out):
		r.OutcomeExpr = l.value(out, s, l.env().enums["outcome"].typ)
	default:
		if o := l.text(out, f.what+"'s outcome"); o != "" && l.knownOutcome(out, o) {
			r.Outcome = domain.Outcome(o)
		}
	}
	if v, given := f.bool("reciprocal"); given && v {
		opens := r.Tier == domain.TierReciprocity && r.Effect == domain.Lifts
		if !opens && (r.Outcome != "" && r.Outcome != domain.Denied || r.Outcome == "" && (hasAs || isExpr(out))) {
			l.add(f.values["reciprocal"], codeOutcome, "", "reciprocal goes with outcome: denied, which a determination on record opens, or with a lift of the tier reciprocity, which opens it")
		}
		r.Reciprocal = true
	}
}

func (l *loader) knownOutcome(n item, o string) bool {
	if slices.Contains(domain.Outcomes(), domain.Outcome(o)) {
		return true
	}
	l.add(n, codeOutcome, l.codeHint("outcome", o), "%s is no outcome", clip(o))
	return false
}

// checkConditions holds the outcome and the conditions of a rule together.
func (l *loader) checkConditions(r *Rule, f *fields) {
	v, given := f.get("conditions")
	switch {
	case r.Tier == domain.TierDuty && given:
		l.add(v, codeConditions, "", "a duty has no conditions")
	case r.As != nil && given:
		l.add(v, codeConditions, "", "a rule with `as` takes the conditions of the other category, and has none of its own")
	case r.Outcome == domain.Conditional && !given:
		l.add(f.values["outcome"], codeConditions, "", "an outcome allowed_with_conditions needs conditions")
	case r.Outcome == domain.Conditional && len(r.Conditions) == 0 && v.Kind == yaml.SequenceNode && len(v.Content) == 0:
		l.add(v, codeConditions, "", "an outcome allowed_with_conditions needs conditions")
	case r.Outcome != "" && r.Outcome != domain.Conditional && given:
		l.add(v, codeConditions, "", "conditions go with the outcome allowed_with_conditions, not with %s", r.Outcome)
	}
}

// conditions reads `[code, {code: {param: value}}]`.
func (l *loader) conditions(n item, what string, s scope) []ConditionUse {
	var out []ConditionUse
	for _, i := range l.list(n, what+"'s conditions") {
		name, params := i, item{}
		if i.Kind == yaml.MappingNode {
			f := l.fields(i, "a condition")
			if len(f.keys) != 1 {
				l.add(i, codeShape, "", "write a condition with parameters as {code: {param: value}}")
				continue
			}
			name, params = f.keys[0], f.values[f.keys[0].Value]
		}
		code := l.text(name, "a condition")
		d := l.lang.Conditions[code]
		if d == nil {
			if code != "" && !l.brokenLists["condition"] && !l.lang.Has("condition", code) {
				l.add(name, codeCondition, orList(code, l.lang.Lists["condition"].names()), "there is no condition %s", clip(code))
			}
			continue
		}
		if slices.ContainsFunc(out, func(u ConditionUse) bool { return u.Decl == d }) {
			l.add(name, codeTwice, "", "the condition %s is given twice", code)
			continue
		}
		out = append(out, ConditionUse{Decl: d, Params: l.params(d, name, params, s)})
	}
	return out
}

// params reads the parameters of a condition, in the order of their declaration.
func (l *loader) params(d *ConditionDecl, at, n item, s scope) []ParamUse {
	given := &fields{values: map[string]item{}}
	lay := l.env().layouts[d.object]
	if n.Node != nil {
		given = l.fields(n, "the condition "+d.Code, lay.names()...)
	}
	var out []ParamUse
	for i := range lay.facts {
		t := &lay.facts[i]
		u := ParamUse{Name: t.decl.Name}
		v, ok := given.get(u.Name)
		switch {
		case ok && isExpr(v):
			u.Expr = l.value(v, s, t.cel())
		case ok:
			u.Const, _ = l.factValue(t, v)
		case t.decl.HasDefault:
			u.Const = t.decl.Default
		case !given.bad:
			l.add(at, codeParam, "", "the condition %s needs the parameter %s: %s", d.Code, u.Name, t.describe())
		}
		out = append(out, u)
	}
	return out
}

// remarks reads a text, a {code, text}, or a list of these.
func (l *loader) remarks(f *fields, key string, s scope) []RemarkUse {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	items := []item{v}
	if v.Kind == yaml.SequenceNode {
		items = l.list(v, key)
	}
	var out []RemarkUse
	for _, i := range items {
		text, code := i, ""
		if i.Kind == yaml.MappingNode {
			rf := l.fields(i, f.what+"'s "+key, keysOf("remark")...)
			code = rf.text("code")
			if text, ok = rf.need("text"); !ok {
				continue
			}
		}
		u := RemarkUse{Code: code}
		if isExpr(text) {
			u.Expr = l.value(text, s, cel.StringType)
		} else if u.Text = l.text(text, f.what+"'s "+key); u.Text == "" && text.Kind == yaml.ScalarNode && text.Tag == "!!str" {
			l.add(text, codeMissingKey, "", "%s's %s is empty", f.what, key)
		}
		out = append(out, u)
	}
	return out
}

// finish gathers what the rule reads and keeps it.
func (l *loader) finish(r *Rule) {
	exprs := []*Expr{r.When, r.OutcomeExpr, r.As}
	for _, c := range r.Conditions {
		for _, p := range c.Params {
			exprs = append(exprs, p.Expr)
		}
	}
	for _, remarks := range [][]RemarkUse{r.Oblige, r.Note, r.Route, r.Limit} {
		for _, u := range remarks {
			exprs = append(exprs, u.Expr)
		}
	}
	r.Reads = joinReads(exprs...)
	l.keepSecurityApart(r, exprs)
	l.edition.Rules = append(l.edition.Rules, r)
}

// keepSecurityApart refuses rules that would let security and reciprocity meet:
// only rules about protection alone may read what was done for security, and no
// rule of reciprocity may speak of protection (VCDR 22(2), 29; VCCR 40, 59).
func (l *loader) keepSecurityApart(r *Rule, exprs []*Expr) {
	secure := len(r.Privileges) > 0
	for _, p := range r.Privileges {
		secure = secure && l.lang.Security(p)
	}
	own := l.common != nil // a State's edition is a determination about that State
	if !secure || own || r.Tier == domain.TierReciprocity || r.Tier == domain.TierAgreement || r.Each != EachNothing {
		for _, e := range exprs {
			if e == nil {
				continue
			}
			for _, ref := range e.reads {
				if ref.Object == "protection" {
					l.addAt(l.sourceOf(e.Pos), e.Pos, codeSecurity, "", "rule %s reads %s: what is done for security follows the threat, and is read by rules about protection alone, never for a measure, an agreement or reciprocity", clip(r.ID), ref)
				}
			}
		}
	}
	if r.Tier != domain.TierReciprocity && !own {
		return
	}
	for _, p := range r.Privileges {
		if l.lang.Security(p) {
			l.addAt(l.sourceOf(r.Pos), r.Pos, codeSecurity, "", "rule %s makes %s depend on reciprocity, and protection never does (VCDR 22(2), 29; VCCR 40)", clip(r.ID), p)
		}
	}
}

func (l *loader) sourceOf(pos Pos) *source {
	for _, f := range l.files {
		if f.name == pos.File {
			return f
		}
	}
	return nil
}

func (l *loader) readFloors() {
	for _, n := range l.items("floors") {
		if l.stop() {
			return
		}
		f := l.fields(n, "a floor", keysOf("floor")...)
		if f.bad {
			continue
		}
		floor := &Floor{Pos: n.pos(), Cite: f.cite(true)}
		if v, ok := f.need("privilege"); ok {
			floor.Privileges, _ = l.privileges(v, "a floor", 0)
		}
		if v, ok := f.need("mark"); ok {
			if m := l.text(v, "mark"); m == "H" || m == "R" {
				floor.Mark = m[0]
			} else if m != "" {
				l.add(v, codeShape, "", "a mark is H or R, not %s", clip(m))
			}
		}
		if v, ok := f.get("when"); ok {
			floor.When = l.when(scope{}, v)
		}
		floor.Finding, _ = f.bool("finding")
		if v, ok := f.get("witness"); ok {
			for _, w := range l.list(v, "witness") {
				floor.Witness = append(floor.Witness, l.request(w, "a witness"))
			}
		}
		l.edition.Floors = append(l.edition.Floors, floor)
	}
}

// request reads the facts of a request, checked, as words.
func (l *loader) request(n item, what string) map[string]string {
	lay := l.env().layouts["request"]
	f := l.fields(n, what)
	out := map[string]string{}
	for _, k := range f.keys {
		i, declared := lay.index[k.Value]
		if !declared {
			if !l.brokenFacts["request."+k.Value] {
				l.add(k, codeUnknownKey, orList(k.Value, lay.names()), "a question can't bring %s", clip(k.Value))
			}
			continue
		}
		t := &lay.facts[i]
		v, ok := l.factValue(t, f.values[k.Value])
		switch {
		case !ok:
		case v.Kind() == domain.ListValue:
			out[k.Value] = strings.Join(v.List(), ",")
		default:
			out[k.Value] = f.values[k.Value].Value
		}
	}
	return out
}
