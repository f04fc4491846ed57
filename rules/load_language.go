package rules

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// requiredLists are those that events have been checked against since the first
// edition. Later lists are not required, so that old editions go on loading.
var requiredLists = []string{
	"category", "mission_kind", "status", "level", "relations", "relation", "phase", "capacity", "mission_status",
	"stage", "waived_by", "card_kind", "border", "offence", "consequence",
}

// builtLists exist by themselves.
var builtLists = []string{"outcome", "privilege", "condition"}

// readLanguage reads what the common ruleset declares and makes the environment
// of expressions. What is declared wrongly is left out and remembered, so that
// one mistake is not reported twice.
func (l *loader) readLanguage() {
	l.lang = &Language{
		Lists: map[string]*CodeList{}, Privileges: map[domain.Privilege]*PrivilegeDecl{},
		Conditions: map[string]*ConditionDecl{}, Facts: map[string][]domain.FactDecl{},
	}
	l.readVocabulary()
	l.readPrivileges()
	outcomes := &CodeList{Name: "outcome"}
	for _, o := range domain.Outcomes() {
		outcomes.Codes = append(outcomes.Codes, Code{Code: string(o), Term: strings.ReplaceAll(string(o), "_", " ")})
	}
	l.lang.Lists["outcome"] = outcomes
	keys, conditions := l.entries("conditions")
	l.declareConditions(keys)

	enums := map[string]*enum{}
	for _, name := range sortedKeys(l.lang.Lists) {
		list := l.lang.Lists[name]
		list.index = map[string]int{}
		for i := range list.Codes {
			list.index[list.Codes[i].Code] = i
		}
		enums[name] = newEnum(list)
	}
	layouts := map[string]*layout{}
	l.lang.env = newEnvironment(enums, layouts) // codes are looked up while facts are read
	l.readFacts(layouts)
	l.readConditions(keys, conditions, layouts)
}

func (l *loader) readVocabulary() {
	names, lists := l.entries("vocabulary")
	for i, n := range names {
		switch {
		case slices.Contains(builtLists, n.Value):
			l.add(n, codeVocabulary, "", "the list %s exists by itself", n.Value)
			continue
		case !isName(n.Value) || strings.ToLower(n.Value) != n.Value:
			l.add(n, codeIdentifier, "", "%s is no name of a list: use a-z, 0-9 and _, beginning with a letter", clip(n.Value))
			continue
		case slices.Contains(reserved, n.Value) || slices.Contains(objectNames, n.Value) || slices.Contains(ourFunctions, n.Value):
			l.add(n, codeIdentifier, "", "%s already means something in expressions", n.Value)
			continue
		}
		l.lang.Lists[n.Value] = l.readList(n.Value, lists[i])
	}
	first := item{&yaml.Node{Line: 1, Column: 1}, l.files[0]}
	if len(l.blocks["vocabulary"]) > 0 {
		first = l.blocks["vocabulary"][0]
	}
	for _, name := range requiredLists {
		if l.lang.Lists[name] == nil {
			l.add(first, codeVocabulary, "", "the vocabulary needs the list %s", name)
			l.brokenLists[name] = true
			l.lang.Lists[name] = &CodeList{Name: name}
		}
	}
}

func (l *loader) readList(name string, n item) *CodeList {
	list := &CodeList{Name: name}
	f := l.fields(n, "the list "+name)
	if f.bad {
		l.brokenLists[name] = true
	}
	constants := map[string]string{}
	for _, k := range f.keys {
		if !isCode(k.Value) {
			l.add(k, codeIdentifier, "", "%s is no code: use a-z, 0-9, '.' and '_', beginning with a letter or digit", clip(k.Value))
			l.brokenLists[name] = true
			continue
		}
		c := constantOf(k.Value)
		if other := constants[c]; other != "" {
			l.add(k, codeConstant, "", "%s and %s are both %s in expressions", other, k.Value, c)
			continue
		}
		constants[c] = k.Value
		keys := keysOf("code")
		if name == "level" {
			keys = keysOf("level")
		}
		d := l.fields(f.values[k.Value], "the code "+k.Value, keys...)
		code := Code{Code: k.Value, Term: d.needText("term"), Cite: d.cite(false)}
		for _, need := range d.texts("needs") {
			code.Needs = append(code.Needs, strings.Split(need, "|"))
			l.needs = append(l.needs, needed{at: d.values["needs"], params: strings.Split(need, "|")})
		}
		list.Codes = append(list.Codes, code)
	}
	return list
}

// isCode reports whether s can be a code: dip.agent.
func isCode(s string) bool {
	for i, c := range s {
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && (c == '.' || c == '_' || c == '-')
		if !ok {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func (l *loader) readPrivileges() {
	keys, values := l.entries("privileges")
	list := &CodeList{Name: "privilege"}
	constants := map[string]string{}
	for i, k := range keys {
		if !isCode(k.Value) {
			l.add(k, codeIdentifier, "", "%s is no code of a privilege: use a-z, 0-9, '.' and '_', beginning with a letter or digit", clip(k.Value))
			continue
		}
		if other := constants[constantOf(k.Value)]; other != "" {
			l.add(k, codeConstant, "", "%s and %s are both %s in expressions", other, k.Value, constantOf(k.Value))
			continue
		}
		constants[constantOf(k.Value)] = k.Value
		f := l.fields(values[i], "the privilege "+k.Value, keysOf("privilege")...)
		d := &PrivilegeDecl{Code: domain.Privilege(k.Value), Term: f.needText("term"), Cite: f.cite(true)}
		d.Liberty, _ = f.bool("liberty")
		d.Security, _ = f.bool("security")
		if of, ok := f.need("of"); ok {
			for _, n := range l.list(of, f.what+"'s of") {
				d.Of |= l.of(n)
			}
			if d.Of == 0 && len(of.Content) == 0 {
				l.add(of, codeMissingKey, "", "%s is of nobody: write [person], [mission] or both", f.what)
			}
		}
		l.lang.Privileges[d.Code] = d
		l.lang.PrivilegeOrder = append(l.lang.PrivilegeOrder, d.Code)
		list.Codes = append(list.Codes, Code{Code: k.Value, Term: d.Term, Cite: d.Cite})
	}
	if len(keys) == 0 {
		l.add(item{&yaml.Node{Line: 1, Column: 1}, l.files[0]}, codeVocabulary, "", "the common ruleset declares no privileges")
		l.brokenLists["privilege"] = true
	}
	l.lang.Lists["privilege"] = list
}

func (l *loader) of(n item) Of {
	switch l.text(n, "of") {
	case "person":
		return OfPerson
	case "mission":
		return OfMission
	case "":
		return 0
	}
	l.add(n, codeOf, "", "%s is neither person nor mission", clip(n.Value))
	return 0
}

// factObjects are the objects whose facts the block facts declares.
var factObjects = []string{"member", "mission", "state", "vehicle", "property", "filing", "protection", "measure", "agreement", "waiver"}

func (l *loader) readFacts(layouts map[string]*layout) {
	facts := map[string][]factType{}
	objects, values := l.entries("facts")
	for i, k := range objects {
		if !slices.Contains(factObjects, k.Value) {
			hint := orList(k.Value, factObjects)
			if k.Value == "sponsor" {
				hint = "a sponsor has the facts of member"
			}
			l.add(k, codeUnknownKey, hint, "there is no object %s", clip(k.Value))
			continue
		}
		f := l.fields(values[i], "the facts of "+k.Value)
		for _, name := range f.keys {
			if t, ok := l.factDecl(name, f.values[name.Value], k.Value, true); ok {
				facts[k.Value] = append(facts[k.Value], t)
			}
		}
	}
	names, decls := l.entries("request")
	for i, name := range names {
		if t, ok := l.factDecl(name, decls[i], "request", false); ok {
			facts["request"] = append(facts["request"], t)
		}
	}
	for _, object := range append([]string{"request"}, factObjects...) {
		layouts[object] = newLayout(object, facts[object])
		for i := range facts[object] {
			l.lang.Facts[object] = append(l.lang.Facts[object], facts[object][i].decl)
		}
	}
	for _, need := range l.needs {
		for _, name := range need.params {
			if l.lang.param(name) == nil {
				l.add(need.at, codeFact, orList(name, l.lang.Params()), "no fact of measures reads a parameter %s", clip(name))
			}
		}
	}
	l.env().nothing = map[string]*Object{}
	for _, object := range []string{"vehicle", "property", "filing", "protection"} {
		l.env().nothing[object] = l.lang.object(object, nil)
	}
}

// factDecl reads the declaration of a fact; computed ones say from what.
func (l *loader) factDecl(name, n item, object string, computed bool) (factType, bool) {
	full := object + "." + name.Value
	broken := func() (factType, bool) {
		l.brokenFacts[full] = true
		return factType{}, false
	}
	if !isName(name.Value) || strings.ToLower(name.Value) != name.Value || slices.Contains([]string{"in", "true", "false", "null"}, name.Value) {
		l.add(name, codeIdentifier, "", "%s is no name of a fact: use a-z, 0-9 and _, beginning with a letter", clip(name.Value))
		return broken()
	}
	known := keysOf("asked")
	if computed {
		known = keysOf("fact")
	}
	f := l.fields(n, "the fact "+full, known...)
	if f.bad {
		return broken()
	}
	t := factType{decl: domain.FactDecl{Object: object, Name: name.Value, Unit: f.text("unit"), Doc: f.text("doc")}}
	typ, ok := f.need("type")
	if !ok || !l.factType(&t, typ) {
		return broken()
	}
	if computed {
		if from, ok := f.need("from"); ok {
			l.factSource(&t.decl, f, from)
		}
	}
	l.factLetters(&t.decl, f)
	if with, given := f.get("with"); given {
		t.decl.With = f.text("with")
		l.needs = append(l.needs, needed{at: with, params: []string{t.decl.With}})
		if t.decl.From.Constructor != "param" {
			l.add(with, codeFact, "", "%s is no parameter, so there is none that it says nothing without", full)
		}
	}
	if v, given := f.get("default"); given {
		if value, ok := l.factValue(&t, v); ok {
			t.decl.Default, t.decl.HasDefault = value, true
		}
	}
	return t, true
}

// factLetters reads of how many letters a text consists.
func (l *loader) factLetters(d *domain.FactDecl, f *fields) {
	n, given := f.get("letters")
	if !given {
		return
	}
	d.Letters = f.int("letters")
	switch {
	case d.Type != domain.TextFact:
		l.add(n, codeFact, "", "only a text has letters, and %s.%s is none", d.Object, d.Name)
	case d.Letters < 1 || d.Letters > 64:
		l.add(n, codeFact, "", "letters is a number from 1 to 64")
	}
}

// needed are parameters of which the vocabulary or a fact says that one has to be
// stated.
type needed struct {
	at     item
	params []string
}

// factType reads a type: bool, decimal 3, category, set of text.
func (l *loader) factType(t *factType, n item) bool {
	text := l.text(n, "a type")
	if text == "" {
		return false
	}
	list, isSet := strings.CutPrefix(text, "set of ")
	scale, isDecimal := strings.CutPrefix(text, "decimal")
	switch {
	case text == "bool" || text == "int" || text == "money" || text == "text" || text == "word":
		t.decl.Type = domain.FactType(text)
	case text == "map":
		t.decl.Type = domain.MapFact
		t.keys, t.outcomes = l.env().enums["privilege"], l.env().enums["outcome"]
	case isDecimal:
		places, err := strconv.Atoi(strings.TrimPrefix(scale, " "))
		if err != nil || !strings.HasPrefix(scale, " ") || places < 1 || places > maxScale {
			l.add(n, codeList, "", "%s: write the number of decimal places, 1 to %d, as in decimal 3", clip(text), maxScale)
			return false
		}
		t.decl.Type, t.decl.Scale = domain.DecimalFact, places
	case isSet && (list == "text" || list == "word"):
		t.decl.Type, t.decl.Words = domain.SetFact, list == "word"
	default:
		t.decl.Type, t.decl.Enum = domain.EnumFact, text
		if isSet {
			t.decl.Type, t.decl.Enum = domain.SetFact, list
		}
		if t.enum = l.env().enums[t.decl.Enum]; t.enum == nil {
			known := append(sortedKeys(l.env().enums), "bool", "int", "decimal 3", "money", "text", "word", "set of text", "set of word", "map")
			l.add(n, codeList, suggest(text, known), "%s is neither a type nor a list of the vocabulary", clip(text))
			return false
		}
	}
	return true
}

func (l *loader) factSource(d *domain.FactDecl, f *fields, n item) {
	name, attr, _ := strings.Cut(l.text(n, "from"), " ")
	if name == "" {
		return
	}
	c, known := constructors[name]
	switch {
	case !known:
		l.add(n, codeFact, orList(name, sortedKeys(constructors)), "no facts are computed by %s", clip(name))
	case c.attr && attr == "":
		l.add(n, codeFact, "", "%s is applied to something: write %s NAME", name, name)
	case !c.attr && attr != "":
		l.add(n, codeFact, "", "%s is applied to nothing", name)
	case attr != "" && !isName(attr):
		l.add(n, codeFact, "", "%s is applied to one name, and %q is none", name, clip(attr))
	case len(c.attrs) > 0 && !slices.Contains(c.attrs, attr):
		l.add(n, codeFact, orList(attr, c.attrs), "%s is not applied to %s", name, clip(attr))
	case !slices.Contains(c.objects, d.Object):
		l.add(n, codeFact, "", "%s computes facts of %s, and this is one of %s", name, strings.Join(c.objects, ", "), d.Object)
	case len(c.types) > 0 && !slices.Contains(c.types, d.Type):
		l.add(n, codeFact, "", "%s does not compute facts of type %s", name, d.Type)
	default:
		d.From = domain.FactSource{Constructor: name, Attr: attr}
		l.factNumbers(d, f, n, c)
	}
}

// factNumbers reads the law's numbers that a constructor takes.
func (l *loader) factNumbers(d *domain.FactDecl, f *fields, n item, c constructor) {
	d.From.Months, d.From.Days = f.int("months"), f.int("days")
	given := 0
	for _, number := range []struct {
		key   string
		value int
		taken bool
	}{{"months", d.From.Months, c.months}, {"days", d.From.Days, c.days}} {
		v, stated := f.get(number.key)
		if !stated {
			continue
		}
		given++
		if !number.taken {
			l.add(v, codeFact, "", "%s takes no %s", d.From.Constructor, number.key)
		} else if number.value < 1 || number.value > 10_000 {
			l.add(v, codeFact, "", "%s is a number from 1 to 10000", number.key)
		}
	}
	if (c.months || c.days) && given != 1 {
		l.add(n, codeFact, "", "%s needs the law's number: %s", d.From.Constructor, c.numbers())
	}
}

// numbers names the numbers that the constructor takes.
func (c constructor) numbers() string {
	switch {
	case c.months && c.days:
		return "months or days"
	case c.months:
		return "months"
	default:
		return "days"
	}
}

// factValue reads a value of a fact, as a default or in a case: a word, a list
// for a set, a map for a map.
func (l *loader) factValue(t *factType, n item) (domain.Value, bool) {
	var v domain.Value
	var err error
	switch {
	case t.decl.Type == domain.MapFact && n.Kind == yaml.MappingNode:
		f := l.fields(n, "the value")
		words := []string{}
		for _, k := range f.keys {
			words = append(words, k.Value+"="+l.text(f.values[k.Value], "an outcome"))
		}
		v, err = t.parseList(words)
	case t.decl.Type == domain.SetFact && n.Kind == yaml.SequenceNode:
		v, err = t.parseList(l.texts(n, "the value"))
	case n.Kind != yaml.ScalarNode || n.Tag == "!!null" || t.decl.Type == domain.SetFact || t.decl.Type == domain.MapFact:
		l.add(n, codeShape, "", "%s.%s is %s, and this is %s", t.decl.Object, t.decl.Name, t.describe(), n.describe())
		return domain.Value{}, false
	default:
		v, err = t.parse(n.Value)
	}
	if err != nil {
		if t.enum == nil || !l.brokenLists[t.enum.list.Name] {
			l.add(n, codeCode, "", "%v", err)
		}
		return domain.Value{}, false
	}
	return v, true
}

// declareConditions makes the list of conditions, which exists by itself.
func (l *loader) declareConditions(keys []item) {
	list := &CodeList{Name: "condition"}
	constants := map[string]string{}
	for _, k := range keys {
		c := constantOf(k.Value)
		switch {
		case !isCode(k.Value):
			l.add(k, codeIdentifier, "", "%s is no code of a condition: use a-z, 0-9, '.' and '_', beginning with a letter or digit", clip(k.Value))
			l.brokenLists["condition"] = true
		case constants[c] != "":
			l.add(k, codeConstant, "", "%s and %s are both %s in expressions", constants[c], k.Value, c)
		default:
			constants[c] = k.Value
			list.Codes = append(list.Codes, Code{Code: k.Value})
		}
	}
	l.lang.Lists["condition"] = list
}

func (l *loader) readConditions(keys, values []item, layouts map[string]*layout) {
	for i, k := range keys {
		at, listed := l.lang.Lists["condition"].index[k.Value]
		if !listed || l.lang.Conditions[k.Value] != nil {
			continue
		}
		f := l.fields(values[i], "the condition "+k.Value, keysOf("condition")...)
		d := &ConditionDecl{Code: k.Value, Text: f.needText("text"), Denial: f.text("denial"), object: conditionLayout(k.Value)}
		l.lang.Lists["condition"].Codes[at].Term = d.Text
		var params []factType
		if p, ok := f.get("params"); ok {
			pf := l.fields(p, "params")
			for _, name := range pf.keys {
				if t, ok := l.factDecl(name, pf.values[name.Value], "condition", false); ok {
					params = append(params, t)
					d.Params = append(d.Params, t.decl)
				} else {
					l.brokenFacts[d.object+"."+name.Value] = true
				}
			}
		}
		layouts[d.object] = newLayout(d.object, params)
		l.lang.Conditions[k.Value] = d
		switch {
		case f.has("met") && !f.has("denial"):
			l.add(f.of, codeMissingKey, "", "%s has met, so it needs denial: the code shown when it is not met", f.what)
		case !f.has("met") && f.has("denial"):
			l.add(f.values["denial"], codeConditions, "", "%s has a denial, but no met that could fail", f.what)
		}
	}
}

// compileConditions compiles the met expressions, which may use names of let.
// mostConditions and mostNames bound the catalogue: each condition with met is a
// scope of its own for expressions, which takes memory for every name of a code
// there is. Of more conditions than these none is compiled.
const (
	mostConditions = 500
	mostNames      = 4_000_000
)

func (l *loader) compileConditions() {
	keys, values := l.entries("conditions")
	if len(keys) > mostConditions {
		l.add(keys[mostConditions], codeLimit, "give conditions parameters, so that fewer are needed", "there are more than %d conditions", mostConditions)
		return
	}
	names := len(l.env().constants)
	for i, k := range keys {
		d := l.lang.Conditions[k.Value]
		if d == nil || values[i].Kind != yaml.MappingNode {
			continue
		}
		var met *Expr
		for j := 0; j+1 < len(values[i].Content); j += 2 {
			if values[i].Content[j].Value == "met" && met == nil {
				if names += len(l.env().constants); names > mostNames {
					l.add(k, codeLimit, "declare fewer codes, or fewer conditions with met", "the ruleset has too many conditions with met for its %d codes", len(l.env().constants))
					return
				}
				met = l.when(scope{condition: k.Value}, values[i].child(values[i].Content[j+1]))
			}
		}
		if !l.shared {
			d.Met = met
		}
	}
}

func (l *loader) readCapacities() {
	blocks := l.blocks["capacities"]
	if len(blocks) == 0 {
		l.add(item{&yaml.Node{Line: 1, Column: 1}, l.files[0]}, codeMissingKey, "", "the common ruleset needs the block capacities")
		return
	}
	for _, more := range blocks[1:] {
		l.add(more, codeTwice, "", "the block capacities is given twice")
	}
	f := l.fields(blocks[0], "capacities", keysOf("capacities")...)
	law := &l.edition.Capacities
	if p, ok := f.need("period"); ok {
		pf := l.fields(p, "the period", keysOf("period")...)
		law.Period = domain.Period{Hours: pf.int("hours"), Days: pf.int("days")}
		if !pf.bad && (law.Period.Hours == 0) == (law.Period.Days == 0) {
			l.add(p, codeShape, "", "the period is stated in hours or in days")
		}
	}
	law.WorkEnds, _ = f.bool("work_ends")
	for _, code := range f.texts("severed") {
		l.knownCode(f.values["severed"], "mission_kind", code)
		law.Severed = append(law.Severed, domain.MissionKind(code))
	}
	f.cite(true)
	law.Relations = map[domain.Relation]domain.RelationLaw{}
	r, ok := f.need("relations")
	if !ok {
		return
	}
	rf := l.fields(r, "relations")
	for _, k := range rf.keys {
		l.knownCode(k, "relation", k.Value)
		e := l.fields(rf.values[k.Value], "the relation "+k.Value, keysOf("relation")...)
		rel := domain.RelationLaw{Age: e.int("age"), StudentAge: e.int("student_age")}
		if by, ok := e.get("by_sponsor"); ok {
			rel.BySponsor = map[domain.Category]domain.AgeLimit{}
			bf := l.fields(by, "by_sponsor")
			for _, c := range bf.keys {
				l.knownCode(c, "category", c.Value)
				a := l.fields(bf.values[c.Value], "by_sponsor", keysOf("ages")...)
				rel.BySponsor[domain.Category(c.Value)] = domain.AgeLimit{Age: a.int("age"), StudentAge: a.int("student_age")}
			}
		}
		law.Relations[domain.Relation(k.Value)] = rel
	}
}

// readKinds reads at which kinds of mission a category serves, the first being
// the one that goes without saying.
func (l *loader) readKinds() {
	l.edition.Kinds = map[domain.Category][]domain.MissionKind{}
	if l.common != nil {
		for c, kinds := range l.common.Kinds {
			l.edition.Kinds[c] = kinds
		}
	}
	keys, values := l.entries("kinds")
	for i, k := range keys {
		if !l.knownCode(k, "category", k.Value) {
			continue
		}
		one := &fields{l: l, of: values[i], what: "kinds", values: map[string]item{k.Value: values[i]}}
		l.edition.Kinds[domain.Category(k.Value)] = codes[domain.MissionKind](l, one, k.Value, "mission_kind")
	}
}

// date reads a date as the first instant of that day, UTC.
func (l *loader) date(f *fields, key string, otherwise timeline.Instant) timeline.Instant {
	v, ok := f.get(key)
	if !ok {
		return otherwise
	}
	d, err := calendar.ParseDate(v.Value)
	if v.Kind != yaml.ScalarNode || err != nil {
		l.add(v, codeDate, "", "%s is no date: write it as in 2025-05-31", clip(v.Value))
		return otherwise
	}
	return dayOf(d)
}
