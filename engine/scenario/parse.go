package scenario

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// The size of what is read, so that a wrong file is refused and not digested.
const (
	maxFile = 1 << 20
	maxLine = 16 << 10
)

// The office that a scenario is played in unless it says otherwise.
const (
	defaultZone    = "America/New_York"
	defaultFounded = "2020-01-01"
)

// verbs are what a line can begin with.
var verbs = map[string]func(*parser, []word){
	"scenario": (*parser).scenario,
	"cite":     (*parser).cite,
	"see":      (*parser).see,
	"office":   (*parser).office,
	"at":       (*parser).at,
	"state":    (*parser).state,
	"mission":  (*parser).mission,
	"member":   (*parser).member,
	"family":   (*parser).family,
	"given":    (*parser).given,
	"when":     (*parser).given,
	"and":      (*parser).and,
	"publish":  (*parser).publish,
	"correct":  (*parser).correct,
	"retract":  (*parser).retract,
	"refused":  (*parser).refused,
	"ask":      (*parser).ask,
	"card":     (*parser).card,
	"then":     (*parser).then,
}

// A parser reads a file line by line.
type parser struct {
	file     *File
	scene    *Scenario
	here     line
	mistakes Mistakes
	// last is the step before, which lines with and or then go on.
	last *step
	// lost says that the step before could not be read, so that what goes on
	// from it is passed over in silence.
	lost bool
	// spoilt says that the current line has a mistake.
	spoilt bool
	events int
}

// Parse reads the text of a file whose name is only used in messages. If there
// are mistakes, it returns [Mistakes].
func Parse(name string, text []byte) (*File, error) {
	p := &parser{file: &File{Name: name}}
	p.here = line{file: name, number: 1}
	if len(text) > maxFile {
		p.wrong(1, "the file has more than %d bytes", maxFile)
		return nil, p.mistakes
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for raw := range bytes.Lines(text) {
		p.read(strings.TrimRight(string(raw), "\r\n"))
		p.here.number++
	}
	if len(p.file.Scenarios) == 0 && len(p.mistakes) == 0 {
		p.here = line{file: name, number: 1}
		p.wrong(1, `there is no scenario: begin with scenario "what it is about"`)
	}
	if len(p.mistakes) > 0 {
		return nil, p.mistakes
	}
	return p.file, nil
}

// wrong notes a mistake at a column of the current line.
func (p *parser) wrong(column int, format string, args ...any) {
	p.spoilt = true
	p.mistakes = append(p.mistakes, Mistake{File: p.here.file, Line: p.here.number, Column: max(1, column), Text: fmt.Sprintf(format, args...), Source: p.here.text})
}

func (p *parser) read(text string) {
	p.here.text, p.spoilt = text, false
	switch {
	case len(text) > maxLine:
		p.here.text = ""
		p.wrong(1, "the line has more than %d bytes", maxLine)
		return
	case !utf8.ValidString(text):
		p.here.text = strings.ToValidUTF8(text, "?")
		p.wrong(1, "the line is not UTF-8")
		return
	}
	if rest, found := strings.CutPrefix(strings.TrimLeft(text, " \t"), "|"); found {
		p.ruleset(strings.TrimPrefix(rest, " "))
		return
	}
	words, err := split(text)
	if err != nil {
		p.wrong(err.col, "%s", err.text)
		p.last, p.lost = nil, true
		return
	}
	if len(words) == 0 {
		return
	}
	verb, known := verbs[words[0].text]
	switch {
	case !words[0].plain() || !known:
		p.wrong(words[0].col, "unknown verb %q%s; a line begins with one of %s", words[0], domain.DidYouMean(words[0].text, verbNames()), strings.Join(verbNames(), ", "))
		p.last, p.lost = nil, true
		return
	case p.scene == nil && words[0].text != "scenario":
		p.wrong(words[0].col, `a file begins with scenario "what it is about"`)
		p.scene = p.newScenario("without a name")
	}
	verb(p, words)
	if p.spoilt && words[0].text != "then" && words[0].text != "and" {
		p.last, p.lost = nil, true
	}
}

func verbNames() []string { return slices.Sorted(maps.Keys(verbs)) }

func (p *parser) newScenario(name string) *Scenario {
	zone, err := calendar.LoadZone(defaultZone)
	if err != nil {
		panic("bad zone in scenario: " + err.Error()) // unreachable: the zone is in our own data
	}
	founded, err := calendar.ParseInstant(defaultFounded, zone)
	if err != nil {
		panic("bad date in scenario: " + err.Error()) // unreachable: the date is one
	}
	s := &Scenario{
		Name: name, line: p.here, office: office{id: "scenario", zone: zone, founded: founded}, clock: founded,
		labels: map[string]*draft{}, known: map[domain.SubjectKind][]string{},
	}
	p.file.Scenarios = append(p.file.Scenarios, s)
	p.last, p.lost = nil, false
	return s
}

func (p *parser) scenario(words []word) {
	if len(words) != 2 || words[1].keyed || words[1].mark != 0 {
		p.wrong(after(words, 0), `write scenario "what it is about"`)
	}
	name := "without a name"
	if len(words) > 1 {
		name = words[1].text
	}
	p.scene = p.newScenario(name)
}

// cite and see take the rest of the line as it stands, separated by semicolons.
func (p *parser) cite(words []word) {
	for _, c := range p.sources(words) {
		p.scene.Cite = append(p.scene.Cite, c)
		p.scene.cited = append(p.scene.cited, p.here)
	}
}

func (p *parser) see(words []word) { p.scene.See = append(p.scene.See, p.sources(words)...) }

func (p *parser) sources(words []word) []string {
	var texts []string
	for _, w := range words[1:] {
		if w.mark == 0 { // the brackets around a source are not part of it
			texts = append(texts, w.String())
		}
	}
	sources := parts(strings.Join(texts, " "))
	if len(sources) == 0 {
		p.wrong(after(words, 0), "name at least one source, and separate several by semicolons")
	}
	return sources
}

// parts splits a text at semicolons.
func parts(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (p *parser) office(words []word) {
	if len(p.scene.steps) > 0 || p.scene.ticking {
		p.wrong(words[0].col, "the office comes before everything that happens in it: put this line above the first at or record")
		return
	}
	if p.scene.office.stated {
		p.wrong(words[0].col, "a scenario has one office: put everything on one line")
		return
	}
	p.scene.office.stated = true
	var founded word
	for _, w := range words[1:] {
		switch {
		case !w.keyed:
			p.wrong(w.col, "an office has zone=... and founded=..., and nothing else")
		case w.key == "zone":
			zone, err := calendar.LoadZone(w.text)
			if err != nil {
				p.wrong(w.value, "%v", err)
				continue
			}
			p.scene.office.zone = zone
		case w.key == "founded":
			founded = w
		default:
			p.wrong(w.col, "unknown key %q%s: an office has zone=... and founded=..., and nothing else", w.key, domain.DidYouMean(w.key, []string{"zone", "founded"}))
		}
	}
	text := defaultFounded
	if founded.keyed {
		text = founded.text
	}
	when, ok := p.when(word{text: text, value: max(founded.value, 1)})
	if ok {
		p.scene.office.founded, p.scene.clock = when.At, when.At
	}
}

// when reads a time. A time of day without a zone is local to the office.
func (p *parser) when(w word) (calendar.When, bool) {
	when, err := calendar.ParseWhen(p.localized(w.text), p.scene.office.zone)
	if err != nil {
		p.wrong(w.value, "%v", err)
		return calendar.When{}, false
	}
	return when, true
}

func (p *parser) at(words []word) {
	var texts []string
	for _, w := range words[1:] {
		texts = append(texts, w.String())
	}
	if len(texts) == 0 {
		p.wrong(after(words, 0), "say when: at 2025-02-03, or at 2025-02-03T16:00")
		return
	}
	when, ok := p.when(word{text: strings.Join(texts, " "), value: words[1].col})
	if !ok {
		return
	}
	if when.At.Before(p.scene.clock) {
		before := "the line at before this one says"
		if !p.scene.ticking {
			before = "the office was founded at"
		}
		p.wrong(words[1].col, "the clock never goes back, and %s %s; what is learned later is recorded later, with effective=... of its own", before, localTime(p.scene.clock, p.scene.office.zone))
		return
	}
	p.scene.clock, p.scene.ticking = when.At, true
	p.last, p.lost = nil, false
}

// after is the column where a word is missing: behind word i.
func after(words []word, i int) int {
	if i+1 < len(words) {
		return words[i+1].col
	}
	w := words[len(words)-1]
	return w.col + len([]rune(w.String())) + 1
}

// step adds a step.
func (p *parser) step(s *step) {
	s.line, s.clock = p.here, p.scene.clock
	p.scene.steps = append(p.scene.steps, s)
	p.last, p.lost = s, false
}

// subject reads kind/id, or an id alone of one of the kinds.
func (p *parser) subject(w word, kinds ...domain.SubjectKind) (domain.Subject, bool) {
	if !w.plain() {
		p.wrong(w.col, "name the subject: an id, or kind/id")
		return domain.Subject{}, false
	}
	if strings.Contains(w.text, "/") {
		s, err := domain.ParseSubject(w.text)
		if err != nil {
			p.wrong(w.col, "%v", err)
		}
		return s, err == nil
	}
	if err := domain.CheckID(w.text); err != nil {
		p.wrong(w.col, "%v", err)
		return domain.Subject{}, false
	}
	for _, kind := range kinds {
		if slices.Contains(p.scene.known[kind], w.text) {
			return domain.Subject{Kind: kind, ID: w.text}, true
		}
	}
	return domain.Subject{Kind: kinds[0], ID: w.text}, true
}
