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
// expression that is being checked when it runs out. Tests alone change them.
var (
	timeToLoad = 15 * time.Second * slower
	grace      = 5 * time.Second * slower
)

func load(bundle []byte, common *Edition) (*Edition, error) {
	e, _, err := loadAfter(bundle, common, kept{})
	return e, err
}

// loadAfter loads an edition after another, of which something is kept.
func loadAfter(bundle []byte, common *Edition, before kept) (*Edition, kept, error) {
	type result struct {
		edition *Edition
		after   kept
		wrong   Diagnostics
	}
	r, inTime := bounded(func() (r result) {
		l := newLoader(common)
		l.before = before
		defer func() {
			if p := recover(); p != nil { // what was found before is kept
				l.broke(p)
				r = result{wrong: append(Diagnostics{brokeDown}, l.wrong.sorted()...)}
			}
		}()
		r.edition, r.wrong = l.load(bundle)
		if len(r.wrong) == 0 {
			r.wrong = l.breaches(r.edition)
		}
		r.after = l.keeps()
		return r
	})
	switch {
	case !inTime:
		return nil, kept{}, Diagnostics{outOfTime}
	case len(r.wrong) > 0:
		return nil, kept{}, r.wrong
	}
	return r.edition, r.after, nil
}

// bounded waits for what work comes to, and no longer than a ruleset may keep the
// machine busy. Work must not panic.
func bounded[T any](work func() T) (result T, inTime bool) {
	done := make(chan T, 1)
	go func() { done <- work() }()
	timer := time.NewTimer(timeToLoad + grace)
	defer timer.Stop()
	select {
	case result = <-done:
		return result, true
	case <-timer.C:
		return result, false
	}
}

var brokeDown = Diagnostic{Pos: Pos{File: "bundle", Line: 1, Column: 1}, Code: codeBundle, Message: "this ruleset can't be read to its end, which is a fault of the program, not of the ruleset", Hint: "report it together with the ruleset"}

// broke is told of a fault of the loader; tests fail for it.
func (l *loader) broke(fault any) {
	if onFault != nil {
		onFault(fault)
	}
}

// onFault is set by tests alone.
var onFault func(any)

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
	whens    map[whenKey]madeWhen // that are right
	deadline time.Time
	// substituted counts the characters that names of let stood for; crowded says
	// that they were too many.
	substituted int
	named       int // how often privileges were
	crowded     bool
	tooLate     bool
	files       []*source

	// before is of the edition that was read before; shared says that the language is
	// that of it, and is not to be changed.
	before kept
	shared bool
	parsed map[string]*parsed // by name
	ahead  map[*source]*ahead // files that are decoded ahead

	// brokenLists and brokenFacts were declared wrongly; what can't be found
	// because of that is not reported again.
	brokenLists map[string]bool
	brokenFacts map[string]bool
	// unread are the blocks of which something could not be read; "" is any. quiet
	// are places of which was said that they are no plain YAML.
	unread map[string]bool
	quiet  map[Pos]bool
	ids    map[string]Pos // of rules
	needs  []needed
}

func newLoader(common *Edition) *loader {
	l := &loader{
		common: common, edition: &Edition{}, seen: map[Diagnostic]bool{}, blocks: map[string][]item{}, head: map[string]item{},
		lets: map[string]*let{}, compiled: map[string]*compiled{}, whens: map[whenKey]madeWhen{}, ahead: map[*source]*ahead{}, deadline: time.Now().Add(timeToLoad),
		brokenLists: map[string]bool{}, brokenFacts: map[string]bool{}, unread: map[string]bool{}, parsed: map[string]*parsed{}, quiet: map[Pos]bool{}, ids: map[string]Pos{},
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
	if l.seen[d] || l.full() || l.quiet[pos] || l.follows(code) {
		return
	}
	l.seen[d] = true
	d.Hint = hint
	if src != nil {
		d.Source = src.lineShown(pos.Line)
	}
	l.wrong = append(l.wrong, d)
}

// The blocks that declare what others name, and the codes that say that something
// which is named isn't there.
var (
	declaring = []string{"", "vocabulary", "privileges", "facts", "request", "conditions", "let"}
	nameless  = []string{codePrivilege, codeCode, codeCondition, codeList, codeVocabulary, codeName, codeField, codeFact, codeConstant, codeClock, codeOffice, codeConditions}
)

// follows reports whether a mistake may only follow from what could not be read.
func (l *loader) follows(code string) bool {
	if len(l.unread) == 0 {
		return false
	}
	if l.common != nil {
		return code == codeName && (l.unread[""] || l.unread["let"]) || code == codeHead && (l.unread[""] || slices.ContainsFunc(headKeys, func(k string) bool { return l.unread[k] }))
	}
	switch {
	case slices.Contains(nameless, code):
		return slices.ContainsFunc(declaring, func(block string) bool { return l.unread[block] })
	case code == codeHead:
		return l.unread[""] || slices.ContainsFunc(headKeys, func(k string) bool { return l.unread[k] })
	}
	return false
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

// Among the keys of a file, heads stand in one file; blocks may be in several.
var (
	headKeys   = []string{"ruleset", "edition", "title", "effective", "note"}
	commonOnly = []string{"vocabulary", "privileges", "facts", "request", "conditions", "capacities", "clocks", "offices", "floors", "consequences", "views"}
)

func (l *loader) load(bundle []byte) (*Edition, Diagnostics) {
	files, bad := unbundle(bundle)
	if bad != nil {
		return nil, Diagnostics{*bad}
	}
	l.files = files
	l.edition.Hash = Hash(bundle)
	l.readAhead(files)
	for i := range files {
		for _, root := range l.parsedFile(&files[i]) {
			l.readBlocks(root)
		}
	}
	if len(l.head) == 0 && len(l.wrong) > 0 {
		return nil, l.wrong.sorted() // the head may be in a file that can't be read
	}
	l.readHead()
	if l.common == nil {
		l.readLanguage()
		l.sameLanguage()
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
	f := l.fields(root, "a file of a ruleset", keysOf("file")...)
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
	d := l.fields(v, "in_force", keysOf("in_force")...)
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
