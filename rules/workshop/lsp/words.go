package lsp

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A file is one file of a ruleset, as the editor has it or as it is on disk.
type file struct {
	name string // in its folder
	path string // "" for one that ships
	uri  string
	text *text
	root *node
}

func newFile(name, path, uri, all string) *file {
	return &file{name: name, path: path, uri: uri, text: newText(all), root: readTree(all)}
}

// A site is a place in a file.
type site struct {
	file     *file
	from, to int
}

// A code is a word of the vocabulary, a privilege, a condition or an outcome.
type code struct {
	list, code string
	term       string // what the field calls it; of a condition, its text
	cite       []string
	of         []string // of a privilege
	liberty    bool
	security   bool
	met        string // of a condition
	needs      []string
	at         site
}

// A fact is a declared fact of an object, of the request, or a parameter of a
// condition.
type fact struct {
	object, name  string
	typ           string // as it is written: set of status
	list          string // of its codes, "" if it has none
	from          string
	number        string // the law's number: 24 months
	unit, doc     string
	standard      string
	hasStandard   bool
	at            site
	isSet, isTrue bool
}

// A let is a name for an expression.
type let struct {
	name, expr string
	at         site
}

// A rule or table, as it is written.
type rule struct {
	id, tier, outcome, because, when string
	privileges, cite                 []string
	table                            bool
	at                               site
}

// A floor, as it is written.
type floor struct {
	patterns, cite []string
	mark           string
	finding        bool
}

// words are what the files of a ruleset, and of the common one beside it, declare.
type words struct {
	lists     map[string][]*code
	listAt    map[string]site
	codes     map[string]*code // by list/code
	constants map[string][]*code
	spelled   map[string]*code   // by list.CONSTANT
	facts     map[string][]*fact // by object: member, request, "condition minimum_purchase"
	factNamed map[string]*fact   // by object.name
	lets      map[string]*let    // of this ruleset alone
	rules     []*rule
	ruleIDs   map[string]*rule
	floors    []floor
	cites     map[string]int
	reasons   map[string]bool
}

// gather collects what files declare. Names of let count only in own files.
func gather(own, common []*file) *words {
	w := &words{
		lists: map[string][]*code{}, listAt: map[string]site{}, codes: map[string]*code{}, constants: map[string][]*code{},
		facts: map[string][]*fact{}, spelled: map[string]*code{}, factNamed: map[string]*fact{}, lets: map[string]*let{}, ruleIDs: map[string]*rule{}, cites: map[string]int{}, reasons: map[string]bool{},
	}
	for _, o := range domain.Outcomes() {
		w.addCode(&code{list: "outcome", code: string(o), term: strings.ReplaceAll(string(o), "_", " ")})
	}
	for _, f := range common {
		w.declarations(f)
		w.laws(f)
	}
	for _, f := range own {
		w.declarations(f)
		w.laws(f)
		for _, e := range entriesIn(f.root.get("let")) {
			if e.key != nil && e.value != nil && w.lets[e.key.word()] == nil {
				w.lets[e.key.word()] = &let{name: e.key.word(), expr: e.value.word(), at: siteOf(f, e.key)}
			}
		}
	}
	return w
}

func siteOf(f *file, n *node) site { return site{f, n.from, n.to} }

// entriesIn returns the entries of a map that have a key; of anything else none.
func entriesIn(n *node) []entry {
	if n == nil || n.kind != mapNode {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.entries), func(e entry) bool { return e.key == nil || !e.colon })
}

// itemsIn returns the maps of a list.
func itemsIn(n *node) []*node {
	if n == nil || n.kind != listNode {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.items), func(i *node) bool { return i == nil || i.kind != mapNode })
}

func (w *words) addCode(c *code) {
	key := c.list + "/" + c.code
	if w.codes[key] != nil {
		return
	}
	w.codes[key] = c
	w.lists[c.list] = append(w.lists[c.list], c)
	constant := rules.Constant(c.code)
	w.constants[constant] = append(w.constants[constant], c)
	if w.spelled[c.list+"."+constant] == nil {
		w.spelled[c.list+"."+constant] = c
	}
}

// declarations collects the language.
func (w *words) declarations(f *file) {
	for _, list := range entriesIn(f.root.get("vocabulary")) {
		w.listAt[list.key.word()] = siteOf(f, list.key)
		for _, e := range entriesIn(list.value) {
			w.addCode(&code{
				list: list.key.word(), code: e.key.word(), term: e.value.get("term").word(), cite: e.value.get("cite").texts(),
				needs: e.value.get("needs").texts(), at: siteOf(f, e.key),
			})
		}
	}
	for _, e := range entriesIn(f.root.get("privileges")) {
		w.addCode(&code{
			list: "privilege", code: e.key.word(), term: e.value.get("term").word(), cite: e.value.get("cite").texts(), of: e.value.get("of").texts(),
			liberty: e.value.get("liberty").word() == "true", security: e.value.get("security").word() == "true", at: siteOf(f, e.key),
		})
	}
	for _, e := range entriesIn(f.root.get("conditions")) {
		w.addCode(&code{
			list: "condition", code: e.key.word(), term: e.value.get("text").word(), cite: e.value.get("cite").texts(),
			met: e.value.get("met").word(), at: siteOf(f, e.key),
		})
		w.declareFacts(f, "condition "+e.key.word(), e.value.get("params"))
	}
	for _, object := range entriesIn(f.root.get("facts")) {
		w.declareFacts(f, object.key.word(), object.value)
	}
	if request := f.root.get("request"); request != nil {
		w.declareFacts(f, "request", request)
	}
}

func (w *words) declareFacts(f *file, object string, n *node) {
	for _, e := range entriesIn(n) {
		if w.fact(object, e.key.word()) == nil {
			d := factOf(f, object, e)
			w.facts[object] = append(w.facts[object], d)
			w.factNamed[object+"."+d.name] = d
		}
	}
}

// factOf reads the declaration of a fact.
func factOf(f *file, object string, e entry) *fact {
	d := &fact{
		object: object, name: e.key.word(), typ: e.value.get("type").word(), from: e.value.get("from").word(),
		unit: e.value.get("unit").word(), doc: e.value.get("doc").word(), at: siteOf(f, e.key),
	}
	for _, unit := range []string{"months", "days"} {
		if n := e.value.get(unit).word(); n != "" {
			d.number = n + " " + unit
		}
	}
	if v := e.value.get("default"); v != nil {
		d.hasStandard, d.standard = true, v.word()
		if v.kind != scalarNode {
			d.standard = "[" + strings.Join(v.texts(), ", ") + "]"
		}
	}
	d.list, d.isSet = strings.CutPrefix(d.typ, "set of ")
	d.isTrue = d.typ == "bool"
	if slices.Contains(rules.FactTypes(), d.typ) || strings.HasPrefix(d.typ, "decimal") {
		d.list = ""
	}
	return d
}

// laws collects rules, tables and floors, and what they cite.
func (w *words) laws(f *file) {
	for _, n := range itemsIn(f.root.get("rules")) {
		w.addRule(f, n, false)
	}
	for _, n := range itemsIn(f.root.get("tables")) {
		w.addRule(f, n, true)
		for _, row := range itemsIn(n.get("rows")) {
			w.addCites(row)
		}
	}
	for _, n := range itemsIn(f.root.get("floors")) {
		w.floors = append(w.floors, floor{n.get("privilege").texts(), n.get("cite").texts(), n.get("mark").word(), n.get("finding").word() == "true"})
		w.addCites(n)
	}
	for _, e := range entriesIn(f.root.get("privileges")) {
		w.addCites(e.value)
	}
}

func (w *words) addRule(f *file, n *node, table bool) {
	w.addCites(n)
	for _, part := range append([]*node{n}, itemsIn(n.get("rows"))...) {
		if c := part.get("code").word(); c != "" {
			w.reasons[c] = true
		}
	}
	for _, e := range entriesIn(n.get("codes")) {
		if c := e.value.get("code").word(); c != "" {
			w.reasons[c] = true
		}
	}
	id := n.get("id")
	if id == nil || id.word() == "" {
		return
	}
	r := &rule{
		id: id.word(), tier: n.get("tier").word(), outcome: n.get("outcome").word(), because: n.get("because").word(), when: n.get("when").word(),
		privileges: n.get("privilege").texts(), cite: n.get("cite").texts(), table: table, at: siteOf(f, id),
	}
	w.rules = append(w.rules, r)
	if w.ruleIDs[r.id] == nil {
		w.ruleIDs[r.id] = r
	}
}

func (w *words) addCites(n *node) {
	for _, c := range n.get("cite").texts() {
		w.cites[c]++
	}
}

// fact finds a declared fact. A sponsor has those of a member.
func (w *words) fact(object, name string) *fact {
	if object == "sponsor" {
		object = "member"
	}
	return w.factNamed[object+"."+name]
}

func (w *words) factsOf(object string) []*fact {
	if object == "sponsor" {
		object = "member"
	}
	return w.facts[object]
}

// named returns what a bare constant of an expression means, or nil if that is
// nothing or not one thing.
func (w *words) named(constant string) *code {
	meant := w.constants[constant]
	if len(meant) == 2 && meant[0].list == "condition" {
		meant = meant[1:]
	} else if len(meant) == 2 && meant[1].list == "condition" {
		meant = meant[:1]
	}
	if len(meant) != 1 {
		return nil
	}
	return meant[0]
}

// constant is how expressions write a code: bare if that is clear, else with its list.
func (w *words) constant(c *code) string {
	bare := rules.Constant(c.code)
	if w.named(bare) == c {
		return bare
	}
	return c.list + "." + bare
}

// coded finds a code of a list by its constant.
func (w *words) coded(list, constant string) *code {
	return w.spelled[list+"."+constant]
}

// matches reports whether a privilege is one of a pattern: imm.*.
func matches(pattern, privilege string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	return pattern == privilege || open && strings.HasPrefix(privilege, prefix)
}

// matching returns the privileges of a pattern, in order of declaration.
func (w *words) matching(pattern string) []*code {
	var out []*code
	for _, c := range w.lists["privilege"] {
		if matches(pattern, c.code) {
			out = append(out, c)
		}
	}
	return out
}

// citesByUse are all citations, the most frequent first.
func (w *words) citesByUse() []string {
	out := make([]string, 0, len(w.cites))
	for c := range w.cites {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(w.cites[b], w.cites[a]), cmp.Compare(a, b)) })
	return out
}
