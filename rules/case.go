package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// A Case is an example that must come true: who, what is asked, and what the
// answer is.
type Case struct {
	Name string
	Pos  Pos
	// Given facts by name; those of the language's defaults are not repeated.
	Member, Sponsor, Mission, State       CaseFacts
	Vehicle, Property, Filing, Protection CaseFacts
	Nobody                                bool // a person without any capacity
	OfMission                             bool // the question is about the mission itself
	Bounds                                []CaseBound
	At                                    timeline.Instant
	Ask                                   domain.Privilege
	Request                               map[string]string
	// By is "", or the list by whose codes the case is repeated: category (of
	// the sponsor, if there is one) or mission_kind.
	By     string
	Expect []Expectation
	Code   string   // of a decisive reason; empty: not compared
	Cite   []string // among the decisive ones
}

// CaseFacts are facts by name; nil if the case says nothing of the object.
type CaseFacts map[string]domain.Value

// A CaseBound is a measure, agreement or waiver that a case gives.
type CaseBound struct {
	Each       Each
	Facts      CaseFacts
	Privileges []domain.Privilege
	Individual bool
	Scope      domain.Scope
}

// An Expectation is the answer that a case expects.
type Expectation struct {
	Key        string // the code, of a case repeated by category or mission_kind
	Outcome    domain.Outcome
	Conditions []string
	// Missing is the fact for want of which there is no answer.
	Missing string
	Pos     Pos
}

func (e Expectation) String() string {
	switch {
	case e.Missing != "":
		return "no answer: " + e.Missing
	case len(e.Conditions) > 0:
		return string(e.Outcome) + " [" + strings.Join(e.Conditions, ", ") + "]"
	}
	return string(e.Outcome)
}

// defaultAt is when cases are asked that don't say when.
var defaultAt = dayOf(calendar.Date{Year: 2025, Month: time.January, Day: 1})

func (l *loader) readCases() {
	names := map[string]Pos{}
	for _, n := range l.items("cases") {
		if l.stop() {
			return
		}
		f := l.fields(n, "a case", keysOf("case")...)
		if f.bad {
			continue
		}
		c := &Case{Name: f.needText("name"), Pos: n.pos(), At: defaultAt, Code: f.text("code"), Cite: f.cite(false)}
		if c.Name != "" {
			if first, twice := names[c.Name]; twice {
				l.add(f.values["name"], codeSameID, "", "two cases have the same name; the first is at %s:%d", first.File, first.Line)
			}
			names[c.Name] = f.values["name"].pos()
		}
		if v, ok := f.get("given"); ok {
			l.readGiven(c, v)
		}
		if v, ok := f.get("at"); ok {
			c.At = l.instant(v)
		}
		if ask := f.needText("ask"); ask != "" && l.knownPrivilege(f.values["ask"], ask) {
			c.Ask = domain.Privilege(ask)
		}
		if v, ok := f.get("request"); ok {
			c.Request = l.request(v, "a request")
		}
		l.readExpect(c, f)
		l.edition.Cases = append(l.edition.Cases, c)
	}
}

func (l *loader) instant(n item) timeline.Instant {
	if d, err := calendar.ParseDate(n.Value); n.Kind == yaml.ScalarNode && err == nil {
		return dayOf(d)
	}
	t, err := time.Parse(time.RFC3339Nano, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || t.Year() < 1700 || t.Year() > 2300 {
		l.add(n, codeDate, "", "%s is no time: write it as in 2025-05-31 or 2025-05-31T12:00:00Z", clip(n.Value))
		return defaultAt
	}
	return timeline.Of(t)
}

func (l *loader) readGiven(c *Case, n item) {
	f := l.fields(n, "given", keysOf("given")...)
	if v, ok := f.get("subject"); ok {
		switch l.text(v, "subject") {
		case "mission":
			c.OfMission = true
		case "", "member":
		default:
			l.add(v, codeCase, "write mission, or leave it away", "%s is nobody to ask of", clip(v.Value))
		}
	}
	if v, ok := f.get("member"); ok {
		if v.Kind == yaml.ScalarNode && v.Value == "nobody" {
			c.Nobody = true
		} else {
			c.Member = l.caseFacts(v, "member")
		}
	}
	for name, to := range map[string]*CaseFacts{"sponsor": &c.Sponsor, "mission": &c.Mission, "state": &c.State,
		"vehicle": &c.Vehicle, "property": &c.Property, "filing": &c.Filing, "protection": &c.Protection} {
		if v, ok := f.get(name); ok {
			*to = l.caseFacts(v, name)
		}
	}
	if c.Nobody && c.Sponsor != nil {
		l.add(f.values["sponsor"], codeCase, "", "a person without any capacity has no sponsor")
	}
	if c.OfMission && (c.Member != nil || c.Nobody || c.Sponsor != nil) {
		l.add(n, codeCase, "", "the case is asked of a mission, so that there is no person in it")
	}
	for _, b := range []struct {
		key        string
		each       Each
		individual bool
		level      string
	}{
		{"measures", EachMeasure, false, ""}, {"agreements", EachAgreement, false, ""}, {"waivers", EachWaiver, false, ""},
		{"grants", EachMeasure, true, "granted"}, {"restrictions", EachMeasure, true, "withdrawn"},
	} {
		v, ok := f.get(b.key)
		if !ok {
			continue
		}
		for _, i := range l.list(v, "given's "+b.key) {
			bound := l.caseBound(i, b.each)
			bound.Individual = b.individual
			if _, stated := bound.Facts["level"]; !stated && b.level != "" && l.lang.Has("level", b.level) {
				bound.Facts["level"] = domain.Text(b.level)
			}
			c.Bounds = append(c.Bounds, bound)
		}
	}
}

func (l *loader) caseFacts(n item, object string, extra ...string) CaseFacts {
	lay := l.env().layouts[l.env().layoutOf(object)]
	f := l.fields(n, "the "+object)
	out := CaseFacts{}
	for _, k := range f.keys {
		if slices.Contains(extra, k.Value) {
			continue
		}
		i, declared := lay.index[k.Value]
		if !declared {
			if !l.brokenFacts[lay.object+"."+k.Value] {
				l.add(k, codeField, orList(k.Value, append(lay.names(), extra...)), "%s has no fact %s", object, clip(k.Value))
			}
			continue
		}
		if v, ok := l.factValue(&lay.facts[i], f.values[k.Value]); ok {
			out[k.Value] = v
		}
	}
	return out
}

func (l *loader) caseBound(n item, each Each) CaseBound {
	b := CaseBound{Each: each, Facts: l.caseFacts(n, string(each), keysOf("bound")...)}
	if n.Kind != yaml.MappingNode {
		return b
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		v := n.child(n.Content[i+1])
		switch n.Content[i].Value {
		case "privileges":
			b.Privileges, _ = l.privileges(v, "the "+string(each), 0)
		case "scope":
			f := l.fields(v, "scope", keysOf("scope")...)
			b.Scope = l.scopeOf(f)
			if family, given := f.bool("family"); given {
				b.Scope.Family = &family
			}
		}
	}
	return b
}

func (l *loader) readExpect(c *Case, f *fields) {
	v, ok := f.need("expect")
	if by, given := f.get("by"); given {
		c.By = l.text(by, "by")
		switch {
		case c.By == "":
			return
		case c.By != "category" && c.By != "mission_kind":
			l.add(by, codeCase, orList(c.By, []string{"category", "mission_kind"}), "a case can't be repeated by %s", clip(c.By))
			return
		case c.By == "category" && (c.Nobody || c.OfMission):
			l.add(by, codeCase, "", "there is no person in the case whose category could change")
		}
	}
	if !ok {
		return
	}
	if c.By == "" {
		if e, ok := l.expectation(v); ok {
			c.Expect = []Expectation{e}
		}
		return
	}
	ef := l.fields(v, "expect")
	if !ef.bad && len(ef.keys) == 0 {
		l.add(v, codeCase, "", "the case expects nothing")
	}
	for _, k := range ef.keys {
		l.knownCode(k, c.By, k.Value)
		if e, ok := l.expectation(ef.values[k.Value]); ok {
			e.Key = k.Value
			c.Expect = append(c.Expect, e)
		}
	}
}

var expectConditions = regexp.MustCompile(`^(\S+)\s*\[(.*)\]$`)

// expectation reads `denied`, `allowed_with_conditions [official_acts_only]` or
// `no answer: request.amount`.
func (l *loader) expectation(n item) (Expectation, bool) {
	e := Expectation{Pos: n.pos()}
	text := l.text(n, "what is expected")
	if text == "" {
		return e, false
	}
	if fact, none := strings.CutPrefix(text, "no answer:"); none {
		e.Missing = strings.TrimSpace(fact)
		object, name, _ := strings.Cut(e.Missing, ".")
		if object == "sponsor" {
			object = "member"
		}
		if lay := l.env().layouts[object]; lay == nil || !hasKey(lay.index, name) {
			l.add(n, codeField, orList(e.Missing, l.allFacts()), "there is no fact %s", clip(e.Missing))
			return e, false
		}
		return e, true
	}
	if m := expectConditions.FindStringSubmatch(text); m != nil {
		text = m[1]
		for c := range strings.SplitSeq(m[2], ",") {
			if c = strings.TrimSpace(c); l.knownCode(n, "condition", c) {
				e.Conditions = append(e.Conditions, c)
			}
		}
		slices.Sort(e.Conditions)
	}
	if !l.knownOutcome(n, text) {
		return e, false
	}
	e.Outcome = domain.Outcome(text)
	if (e.Outcome == domain.Conditional) != (len(e.Conditions) > 0) {
		l.add(n, codeConditions, "write allowed_with_conditions [CONDITION]", "conditions go with the outcome allowed_with_conditions")
		return e, false
	}
	return e, true
}

func hasKey[K comparable, V any](m map[K]V, k K) bool { _, ok := m[k]; return ok }

// allFacts lists the facts of all objects, as they are missed.
func (l *loader) allFacts() []string {
	var out []string
	for _, object := range slices.Sorted(maps.Keys(l.env().layouts)) {
		if !strings.Contains(object, " ") {
			for _, name := range l.env().layouts[object].names() {
				out = append(out, object+"."+name)
			}
		}
	}
	return out
}
