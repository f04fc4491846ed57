package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/standing"
)

// A Failure is a line that did not come true.
type Failure struct {
	File        string
	Line        int
	Source      string
	Differences []Difference
	// Answer is the answer in short, with the reasons for it.
	Answer string
}

// A Difference is what came out beside what was expected.
type Difference struct{ What, Got, Want string }

// String prints the failure as
//
//	file:line: ask ana imm.arrest → denied
//	    outcome: got allowed, want denied
//	    the answer: allowed
//	        baseline B-DIP/imm.arrest/agent: The person is inviolable. (VCDR 29)
func (f Failure) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s:%d: %s", f.File, f.Line, strings.TrimSpace(f.Source))
	for _, d := range f.Differences {
		fmt.Fprintf(&out, "\n    %s: got %s, want %s", d.What, d.Got, d.Want)
	}
	if f.Answer != "" {
		out.WriteString("\n    the answer: " + strings.ReplaceAll(f.Answer, "\n", "\n    "))
	}
	return out.String()
}

// A reader gives what an answer holds under the name of a check.
type reader interface {
	read(c check) (got []string, ok bool)
}

// compare holds an answer against all that is expected of it.
func (p *player) compare(s *step, r reader, answer string) {
	failures := map[int][]Difference{}
	var lines []line
	for _, c := range s.ask.checks {
		got, ok := r.read(c)
		if ok != c.not {
			continue
		}
		want := c.wanted(p.scene.office.zone)
		if c.not {
			want = "not " + want
		}
		if !slices.ContainsFunc(lines, func(l line) bool { return l.number == c.number }) {
			lines = append(lines, c.line)
		}
		failures[c.number] = append(failures[c.number], Difference{What: c.name(), Got: list(got), Want: want})
	}
	for i, l := range lines {
		p.fail(l, failures[l.number]...)
		if i == len(lines)-1 { // once is enough
			p.report.Failures[len(p.report.Failures)-1].Answer = answer
		}
	}
}

func (c check) name() string {
	if c.what == "said" {
		return c.key
	}
	return c.what
}

func (c check) wanted(zone calendar.Zone) string {
	switch {
	case c.what == "conditions":
		var out []string
		for _, one := range c.conditions {
			out = append(out, one.String())
		}
		return list(out)
	case c.what == "facts" && c.want != "":
		return c.key + "=" + c.want
	case c.what == "facts":
		return c.key
	case !c.time.IsZero():
		return localTime(c.time, zone)
	}
	return c.want
}

func (c condition) String() string {
	text := c.code
	for _, p := range c.params {
		text += " " + p.Name + "=" + p.Value
	}
	if c.state != "" {
		text += " state=" + string(c.state)
	}
	return text
}

// list writes several values, or that there are none.
func list(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	return strings.Join(values, "; ")
}

// has reports whether the values are as wanted: one of them, or nothing.
func has(values []string, want string) bool {
	if want == "nothing" {
		return len(values) == 0
	}
	return slices.Contains(values, want)
}

// cites reports whether a source is among those cited. Naming an article is
// enough for its paragraphs: VCDR 31 is found in VCDR 31(1).
func cites(sources []string, want string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return s == want || strings.HasPrefix(s, want+"(") })
}

// A decisionReader reads a decision.
type decisionReader struct {
	domain.Decision
	zone calendar.Zone
}

func (r decisionReader) read(c check) (got []string, ok bool) {
	d := r.Decision
	switch c.what {
	case "outcome":
		got = []string{outcomeOf(d)}
	case "conditions":
		return compareConditions(d.Conditions, c.conditions)
	case "error":
		got = facts(d.Errors, true)
	case "errors":
		got = facts(d.Errors, false)
	case "code":
		got = ofReasons(d, true, func(x domain.Reason) string { return x.Detail })
	case "reason":
		got = ofReasons(d, false, func(x domain.Reason) string { return string(x.Code) })
	case "rule":
		got = ofReasons(d, true, func(x domain.Reason) string { return x.Rule })
	case "by":
		got = ofReasons(d, true, func(x domain.Reason) string {
			_, id, _ := strings.Cut(x.By, " ")
			return id
		})
	case "cite":
		return d.Cite, cites(d.Cite, c.want)
	case "cites":
		all := allCited(d)
		return all, cites(all, c.want)
	case "permits":
		got = []string{fmt.Sprint(d.Permits())}
	case "from":
		return r.edge(d.Holds.From.IsZero(), "always", c, localTime(d.Holds.From, r.zone), d.Holds.From.Equal(c.time))
	case "until":
		return r.edge(d.Holds.Until.IsZero(), "never", c, localTime(d.Holds.Until, r.zone), d.Holds.Until.Equal(c.time))
	case "facts":
		return compareFacts(d, c)
	default:
		return compareRemarks(remarksOf(d, c.what), c.want)
	}
	return got, has(got, c.want)
}

// edge compares an end of the time for which an answer holds.
func (r decisionReader) edge(open bool, word string, c check, text string, equal bool) ([]string, bool) {
	if open {
		return []string{word}, c.want == word
	}
	return []string{text}, !c.time.IsZero() && equal
}

func outcomeOf(d domain.Decision) string {
	if d.Outcome == "" {
		return "no answer"
	}
	return string(d.Outcome)
}

// facts lists what problems name: those that kept the answer from being given,
// or all of them.
func facts(problems []domain.Problem, mattered bool) []string {
	var out []string
	for _, e := range problems {
		if mattered && !e.Mattered {
			continue
		}
		if e.Fact == "" {
			out = append(out, e.Text)
		} else {
			out = append(out, e.Fact)
		}
	}
	return out
}

func ofReasons(d domain.Decision, decisive bool, of func(domain.Reason) string) []string {
	var out []string
	for _, r := range d.Reasons {
		if text := of(r); text != "" && (r.Decisive || !decisive) {
			out = append(out, text)
		}
	}
	return out
}

// compareConditions compares as sets. A state that is not stated may be any.
func compareConditions(have []domain.Condition, want []condition) ([]string, bool) {
	left := slices.Clone(want)
	var got []string
	same := len(have) == len(want)
	for _, c := range have {
		is := condition{code: c.Code, params: c.Params, state: c.State}
		got = append(got, is.String())
		i := slices.IndexFunc(left, func(w condition) bool {
			return w.code == is.code && (w.state == "" || w.state == is.state) && sameParams(w.params, is.params)
		})
		if i < 0 {
			same = false
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	return got, same
}

func sameParams(a, b []domain.Param) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(p domain.Param) bool { return !slices.Contains(b, p) })
}

func compareFacts(d domain.Decision, c check) ([]string, bool) {
	var got []string
	found := false
	for _, f := range d.Facts {
		got = append(got, f.Name+"="+f.Value)
		found = found || f.Name == c.key && (c.want == "" || c.want == f.Value)
	}
	return got, found
}

func remarksOf(d domain.Decision, what string) []domain.Remark {
	switch what {
	case "obliges":
		return d.Obligations
	case "limits":
		return d.Limits
	case "notes":
		return d.Notes
	case "routes":
		return d.Routes
	default: // "proposes": the names of checks are a closed list
		return d.Proposals
	}
}

// compareRemarks looks for a remark by its code, or by a part of its text.
func compareRemarks(remarks []domain.Remark, want string) ([]string, bool) {
	var got []string
	found := want == "nothing" && len(remarks) == 0
	for _, r := range remarks {
		name := r.Code
		if name == "" {
			name = r.Text
		}
		got = append(got, name)
		found = found || r.Code == want || strings.Contains(want, " ") && strings.Contains(r.Text, want)
	}
	return got, found
}

// A cardReader reads a card.
type cardReader struct{ standing.Card }

func (r cardReader) read(c check) (got []string, ok bool) {
	switch c.what {
	case "guidance":
		return compareRemarks(r.Guidance, c.want)
	case "proposes":
		return compareRemarks(r.Proposals, c.want)
	case "note":
		for _, n := range r.Footnotes {
			got = append(got, n.Mark)
		}
	case "capacity":
		got = []string{r.Capacity}
	case "cite":
		return r.Cite, cites(r.Cite, c.want)
	default: // the code of an answer
		var asked []string
		for _, s := range r.Said {
			if s.ID == c.key {
				return []string{s.Code}, s.Code == c.want
			}
			asked = append(asked, s.ID)
		}
		return []string{"no such question (there are " + strings.Join(asked, ", ") + ")"}, false
	}
	return got, has(got, c.want)
}

// allCited lists every source that any part of an answer cites.
func allCited(d domain.Decision) []string {
	all := slices.Clone(d.Cite)
	for _, r := range d.Reasons {
		all = append(all, r.Cite...)
	}
	for _, r := range slices.Concat(d.Obligations, d.Limits, d.Notes, d.Routes, d.Proposals) {
		all = append(all, r.Cite...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// short is an answer with its reasons, for a failure.
func short(d domain.Decision) string {
	var out strings.Builder
	out.WriteString(outcomeOf(d))
	for _, r := range d.Reasons {
		mark := "    "
		if r.Decisive {
			mark = "  * "
		}
		fmt.Fprintf(&out, "\n%s%s %s", mark, r.Code, r.Rule)
		if r.By != "" {
			out.WriteString(" by " + r.By)
		}
		fmt.Fprintf(&out, ": %s", r.Because)
		if len(r.Cite) > 0 {
			fmt.Fprintf(&out, " (%s)", strings.Join(r.Cite, "; "))
		}
	}
	for _, f := range d.Facts {
		fmt.Fprintf(&out, "\n    fact %s: %s", f.Name, f.Value)
	}
	for _, e := range d.Errors {
		fmt.Fprintf(&out, "\n    error: %s %s", e.Rule, e.Text)
	}
	return out.String()
}

func shortCard(card standing.Card) string {
	var said []string
	for _, s := range card.Said {
		said = append(said, s.ID+"="+s.Code)
	}
	for _, g := range card.Guidance {
		said = append(said, "guidance="+g.Code)
	}
	return strings.Join(said, " ")
}
