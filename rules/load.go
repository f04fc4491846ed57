package rules

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// LoadCommon reads the common ruleset, which declares the language. The error is
// [Diagnostics] with every mistake. It never panics, and a hostile bundle takes
// bounded time and memory.
func LoadCommon(bundle []byte) (*Edition, error) { return load(bundle, nil) }

// LoadState reads a State's ruleset in the language of the common one. The error
// is [Diagnostics] with every mistake. It never panics, and a hostile bundle
// takes bounded time and memory.
func LoadState(bundle []byte, common *Edition) (*Edition, error) {
	if common == nil || common.Language == nil {
		return nil, Diagnostics{{Pos: Pos{File: "bundle", Line: 1, Column: 1}, Code: codeBundle, Message: "a State's ruleset is read in the language of the common one, and there is none"}}
	}
	return load(bundle, common)
}

// The time that checking one bundle may take; the second is grace for the
// expression that is being checked when it runs out.
const (
	timeToLoad = 10 * time.Second
	grace      = 5 * time.Second
)

func load(bundle []byte, common *Edition) (*Edition, error) {
	type result struct {
		edition *Edition
		wrong   Diagnostics
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{wrong: Diagnostics{{Pos: Pos{File: "bundle", Line: 1, Column: 1}, Code: codeBundle, Message: fmt.Sprintf("the bundle can't be read: %v", p)}}}
			}
			done <- r
		}()
		l := newLoader(common)
		r.edition, r.wrong = l.load(bundle)
		if len(r.wrong) == 0 {
			r.wrong = l.breaches(r.edition)
		}
	}()
	timer := time.NewTimer(timeToLoad + grace)
	defer timer.Stop()
	select {
	case r := <-done:
		if len(r.wrong) > 0 {
			return nil, r.wrong
		}
		return r.edition, nil
	case <-timer.C:
		return nil, Diagnostics{outOfTime}
	}
}

var outOfTime = Diagnostic{Pos: Pos{File: "bundle", Line: 1, Column: 1}, Code: codeTime, Message: "the ruleset takes too long to check; split long expressions"}

// A loader reads one bundle.
type loader struct {
	common   *Edition // nil: this is the common one
	lang     *Language
	edition  *Edition
	wrong    Diagnostics
	seen     map[Diagnostic]bool // without source and hint
	blocks   map[string][]item   // by key, in order of file name
	head     map[string]item
	lets     map[string]*let
	compiled map[string]*compiled
	deadline time.Time
	tooLate  bool
	files    []*source

	// brokenLists and brokenFacts were declared wrongly; what can't be found
	// because of that is not reported again.
	brokenLists map[string]bool
	brokenFacts map[string]bool
	ids         map[string]Pos // of rules
	needs       []needed
}

func newLoader(common *Edition) *loader {
	l := &loader{
		common: common, edition: &Edition{}, seen: map[Diagnostic]bool{}, blocks: map[string][]item{}, head: map[string]item{},
		lets: map[string]*let{}, compiled: map[string]*compiled{}, deadline: time.Now().Add(timeToLoad),
		brokenLists: map[string]bool{}, brokenFacts: map[string]bool{}, ids: map[string]Pos{},
	}
	if common != nil {
		l.lang = common.Language
	}
	return l
}

func (l *loader) env() *environment { return l.lang.env }

// full reports whether so many mistakes were found that looking for more helps
// nobody.
func (l *loader) full() bool { return len(l.wrong) >= 4*mostDiagnostics }

// stop reports whether to leave the rest of the ruleset unread: there is no
// time, or no room for more mistakes. Either way it is refused.
func (l *loader) stop() bool { return l.full() || l.late() }

// add reports a mistake at a node.
func (l *loader) add(n item, code, hint, format string, args ...any) {
	l.addAt(n.src, n.pos(), code, hint, format, args...)
}

func (l *loader) addAt(src *source, pos Pos, code, hint, format string, args ...any) {
	d := Diagnostic{Pos: pos, Code: code, Message: fmt.Sprintf(format, args...)}
	if l.seen[d] || l.full() {
		return
	}
	l.seen[d] = true
	d.Hint = hint
	if src != nil {
		d.Source = src.line(pos.Line)
	}
	l.wrong = append(l.wrong, d)
}

// report reports the mistakes of an expression where they stand in the file.
func (l *loader) report(e expression, wrong []problem) {
	for _, p := range wrong {
		if p.code == "" {
			continue // reported where it is declared
		}
		at := e.places[max(0, min(p.at, len(e.places)-1))]
		hint := p.hint
		if at.via != nil {
			used := at.via.pos()
			if hint != "" {
				hint += "; "
			}
			hint += fmt.Sprintf("it is used at %s:%d", used.File, used.Line)
		}
		l.addAt(at.src, at.pos(), p.code, hint, "%s", p.message)
	}
}

// The keys of a file. Heads stand in one file; blocks may be in several.
var (
	headKeys   = []string{"ruleset", "edition", "title", "effective", "note"}
	blockKeys  = []string{"vocabulary", "privileges", "facts", "request", "conditions", "capacities", "clocks", "offices", "kinds", "let", "tables", "rules", "floors", "consequences", "views", "cases"}
	commonOnly = []string{"vocabulary", "privileges", "facts", "request", "conditions", "capacities", "clocks", "offices", "floors", "consequences", "views"}
)

func (l *loader) load(bundle []byte) (*Edition, Diagnostics) {
	files, bad := unbundle(bundle)
	if bad != nil {
		return nil, Diagnostics{*bad}
	}
	l.files = files
	l.edition.Hash = Hash(bundle)
	for _, src := range files {
		if root, ok := l.parseFile(src); ok {
			l.readBlocks(root)
		}
	}
	if len(l.head) == 0 && len(l.wrong) > 0 {
		return nil, l.wrong.sorted() // the head may be in a file that can't be read
	}
	l.readHead()
	if l.common == nil {
		l.readLanguage()
	}
	l.edition.Language = l.lang
	l.readLets()
	if l.common == nil {
		l.compileConditions()
		l.readCapacities()
		l.readClocks()
		l.readOffices()
	}
	l.readKinds()
	l.readTables()
	l.readRules()
	if l.common == nil {
		l.readFloors()
		l.readConsequences()
		l.readViews()
	}
	l.readCases()
	if l.tooLate {
		return nil, append(Diagnostics{outOfTime}, l.wrong.sorted()...)
	}
	if len(l.wrong) > 0 {
		return nil, l.wrong.sorted()
	}
	return l.edition, nil
}

func (l *loader) readBlocks(root item) {
	f := l.fields(root, "a file of a ruleset", slices.Concat(headKeys, blockKeys)...)
	for _, k := range f.keys {
		v := f.values[k.Value]
		switch {
		case slices.Contains(headKeys, k.Value):
			if first, twice := l.head[k.Value]; twice {
				l.add(k, codeTwice, "", "the key %s is given twice; the first is at %s:%d", k.Value, first.src.name, first.Line)
				continue
			}
			l.head[k.Value] = v
		case l.common != nil && slices.Contains(commonOnly, k.Value):
			l.add(k, codePlace, "", "only the common ruleset has the block %s", k.Value)
		case v.Kind == yaml.ScalarNode && v.Tag == "!!null":
			l.add(v, codeShape, "leave the block away", "the block %s is empty", k.Value)
		default:
			l.blocks[k.Value] = append(l.blocks[k.Value], v)
		}
	}
}

func (l *loader) readHead() {
	first := item{&yaml.Node{Line: 1, Column: 1}, l.files[0]}
	get := func(key string) string {
		v, ok := l.head[key]
		if !ok {
			l.add(first, codeHead, "", "no file says what the %s is", key)
			return ""
		}
		s := l.text(v, key)
		if s == "" && v.Kind == yaml.ScalarNode && v.Tag == "!!str" {
			l.add(v, codeHead, "", "the %s is empty", key)
		}
		return s
	}
	code := get("ruleset")
	l.edition.Code = domain.RulesetID(code)
	l.edition.Edition = get("edition")
	l.edition.Title = get("title")
	if v, ok := l.head["note"]; ok {
		l.edition.Note = l.text(v, "note")
	}
	l.edition.Effective = timeline.Always
	if v, ok := l.head["effective"]; ok {
		one := &fields{values: map[string]item{"effective": v}}
		l.edition.Effective = l.date(one, "effective", timeline.Always)
	}
	v := l.head["ruleset"]
	switch {
	case code == "":
	case l.common == nil && code != "common":
		l.add(v, codeHead, "", "this is loaded as the common ruleset, and it says that it is %s", clip(code))
	case l.common != nil && code == "common":
		l.add(v, codeHead, "", "this is loaded as the ruleset of a State, and it says that it is the common one")
	default:
		l.checkID(v, code)
	}
}

func (l *loader) checkID(n item, id string) bool {
	if err := domain.CheckID(id); err != nil {
		l.add(n, codeIdentifier, "", "%v", err)
		return false
	}
	return true
}

// entries reads the maps of all blocks of a name as one map.
func (l *loader) entries(block string) (keys, values []item) {
	seen := map[string]item{}
	for _, b := range l.blocks[block] {
		f := l.fields(b, "the block "+block)
		for _, k := range f.keys {
			if first, twice := seen[k.Value]; twice {
				l.add(k, codeTwice, "", "the key %s is given twice in %s; the first is at %s:%d", clip(k.Value), block, first.src.name, first.Line)
				continue
			}
			seen[k.Value] = k
			keys, values = append(keys, k), append(values, f.values[k.Value])
		}
	}
	return keys, values
}

// items reads the lists of all blocks of a name as one list.
func (l *loader) items(block string) []item {
	var out []item
	for _, b := range l.blocks[block] {
		out = append(out, l.list(b, "the block "+block)...)
	}
	return out
}

// inForce reads the dates of a rule, a table or a view.
func (l *loader) inForce(f *fields) (from, to timeline.Instant) {
	from, to = timeline.Always, timeline.Never
	v, ok := f.get("in_force")
	if !ok {
		return from, to
	}
	d := l.fields(v, "in_force", "from", "to")
	if !d.bad && len(d.keys) == 0 {
		l.add(v, codeDate, "", "in_force has a from, a to, or both")
	}
	from = l.date(d, "from", from)
	to = l.date(d, "to", to)
	if from >= to {
		l.add(v, codeDate, "", "this period is empty: it begins when it ends or later")
	}
	return from, to
}

// knownCode checks a code of a list.
func (l *loader) knownCode(n item, list, code string) bool {
	if l.lang.Has(list, code) {
		return true
	}
	if code != "" && !l.brokenLists[list] {
		l.add(n, codeCode, l.codeHint(list, code), "the list %s has no code %s", list, clip(code))
	}
	return false
}

func (l *loader) codeHint(list, code string) string {
	if e := l.env().enums[list]; e != nil {
		for _, v := range e.values {
			if constantOf(v.code) == code {
				return "write " + v.code
			}
		}
		return orList(code, e.list.names())
	}
	return ""
}

// codes reads a list of codes.
func codes[T ~string](l *loader, f *fields, key, list string) []T {
	v, ok := f.get(key)
	if !ok {
		return nil
	}
	var out []T
	for _, n := range l.list(v, f.what+"'s "+key) {
		code := l.text(n, "each of "+f.what+"'s "+key)
		if code != "" && l.knownCode(n, list, code) {
			if slices.Contains(out, T(code)) {
				l.add(n, codeTwice, "", "%s is given twice", code)
				continue
			}
			out = append(out, T(code))
		}
	}
	if len(out) == 0 && v.Kind == yaml.SequenceNode && len(v.Content) == 0 {
		l.add(v, codeMissingKey, "leave it away", "%s's %s is empty", f.what, key)
	}
	return out
}
