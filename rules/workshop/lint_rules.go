package workshop

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules/cases"
)

func (l *linter) untried() {
	report := cases.Run(l.law, l.edition)
	for _, c := range report.Untried() {
		if c.Fired == 0 {
			l.here(c.Rule.Pos, "write a case in which it decides", "no case sees the rule %s bite", c.Rule.ID)
			continue
		}
		l.here(c.Rule.Pos, "write a case about the same privilege for which it is silent", "no case sees the rule %s hold back", c.Rule.ID)
	}
}

// mostBecause is how long the sentence of a rule may be, in characters.
const mostBecause = 220

func (l *linter) sentences() {
	l.each(func(s *sheet, v visit) {
		if v.key != "because" || v.node.Kind != yaml.ScalarNode || v.node.Value == "" || len(v.within) == 0 {
			return
		}
		text := strings.TrimSpace(v.node.Value)
		first, _ := utf8.DecodeRuneInString(text)
		n := utf8.RuneCountInString(text)
		switch {
		case n > mostBecause:
			l.at(s, v.node, "say it shorter, and the rest in a note", "the reason has %d characters, and people read no more than %d", n, mostBecause)
		case unicode.IsLower(first) || !strings.ContainsRune(".?!)", rune(text[len(text)-1])):
			l.at(s, v.node, "", "the reason is no sentence: it begins with a capital and ends with a full stop")
		}
	})
}

func (l *linter) citedTwice() {
	l.each(func(s *sheet, v visit) {
		if v.key != "cite" || v.node.Kind != yaml.SequenceNode {
			return
		}
		seen := map[string]bool{}
		for _, c := range v.node.Content {
			if seen[c.Value] {
				l.at(s, c, "leave it out", "%s is cited twice", c.Value)
			}
			seen[c.Value] = true
		}
	})
}

var wordyCitation = regexp.MustCompile(`(?i)^(art\.?|article|sec\.?|section|§)\s`)

func (l *linter) oddCitations() {
	spellings := map[string]map[string]int{}
	bare := func(c string) string { return strings.ToLower(strings.Join(strings.Fields(c), "")) }
	visits := func(do func(*sheet, *yaml.Node)) {
		l.each(func(s *sheet, v visit) {
			if v.key == "cite" && v.node.Kind == yaml.SequenceNode {
				for _, c := range v.node.Content {
					if c.Kind == yaml.ScalarNode {
						do(s, c)
					}
				}
			}
		})
	}
	visits(func(_ *sheet, c *yaml.Node) {
		if spellings[bare(c.Value)] == nil {
			spellings[bare(c.Value)] = map[string]int{}
		}
		spellings[bare(c.Value)][c.Value]++
	})
	visits(func(s *sheet, c *yaml.Node) {
		text := c.Value
		switch {
		case wordyCitation.MatchString(text):
			l.at(s, c, "begin with the treaty or statute, as in VCDR 38(1)", "the citation does not say of what it is an article")
		case strings.ContainsAny(text, ";\n") || strings.Contains(text, "  ") || strings.HasSuffix(text, ",") || strings.HasSuffix(text, "."):
			l.at(s, c, "one source for each item of the list", "the citation has an odd form")
		default:
			for other, n := range spellings[bare(text)] {
				if mine := spellings[bare(text)][text]; other != text && (n > mine || n == mine && other < text) {
					l.at(s, c, "write "+other, "the same source is written %s elsewhere", other)
					break
				}
			}
		}
	})
}

var upperID, lowerID = regexp.MustCompile(`^[A-Z0-9]+([-./_][A-Z0-9]+)*$`), regexp.MustCompile(`^[a-z0-9]+([-./_][a-z0-9]+)*$`)

func (l *linter) ids() {
	type id struct {
		s     *sheet
		n     *yaml.Node
		style string
	}
	var all []id
	count := map[string]int{}
	l.each(func(s *sheet, v visit) {
		if v.key != "id" || len(v.within) == 0 || v.node.Kind != yaml.ScalarNode || v.within[len(v.within)-1] != "rule" && v.within[len(v.within)-1] != "table" {
			return
		}
		style := "mixed"
		switch {
		case upperID.MatchString(v.node.Value):
			style = "upper case"
		case lowerID.MatchString(v.node.Value):
			style = "lower case"
		}
		all = append(all, id{s, v.node, style})
		count[style]++
	})
	for _, i := range all {
		for style, n := range count {
			if style != i.style && style != "mixed" && n >= 3 && 4*n >= 3*len(all) {
				l.at(i.s, i.n, "", "the ids of this ruleset are in %s, and this one is not", style)
			}
		}
	}
}

// bodyOf writes a node without some of its keys, so that equal ones are equal texts.
func bodyOf(n *yaml.Node, but ...string) string {
	switch n.Kind { //nolint:exhaustive // the others do not occur
	case yaml.ScalarNode:
		return fmt.Sprintf("%q", strings.Join(strings.Fields(n.Value), " "))
	case yaml.MappingNode:
		var out []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !slices.Contains(but, n.Content[i].Value) {
				out = append(out, n.Content[i].Value+":"+bodyOf(n.Content[i+1]))
			}
		}
		slices.Sort(out)
		return "{" + strings.Join(out, ",") + "}"
	}
	var out []string
	for _, c := range n.Content {
		out = append(out, bodyOf(c))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (l *linter) sameRules() {
	l.same("rule", "id", "the rule does the same as %s", "keep one, or say in what they differ", "id", "cite", "because", "code")
}

func (l *linter) sameCases() {
	l.same("case", "name", "the case shows the same as %q", "keep one", "name", "note")
	seen := map[string]string{}
	l.each(func(s *sheet, v visit) {
		if v.key != "name" || len(v.within) == 0 || v.within[len(v.within)-1] != "case" {
			return
		}
		bare := strings.ToLower(strings.Join(strings.Fields(v.node.Value), " "))
		if other := seen[bare]; other != "" && other != v.node.Value {
			l.at(s, v.node, "choose another name", "the name differs from %q by spaces or capitals alone", other)
		}
		seen[bare] = v.node.Value
	})
}

func (l *linter) same(shape, name, message, hint string, but ...string) {
	seen := map[string]string{}
	l.each(func(s *sheet, v visit) {
		if v.typ.Shape != shape || v.node.Kind != yaml.MappingNode {
			return
		}
		id := get(v.node, name)
		if id == nil {
			return
		}
		body := bodyOf(v.node, but...)
		if first, twice := seen[body]; twice {
			l.at(s, id, hint, message, first)
			return
		}
		seen[body] = id.Value
	})
}

func (l *linter) overBefore() {
	if l.edition.Effective == timeline.Always {
		return
	}
	for _, r := range l.edition.Rules {
		if r.InForceTo <= l.edition.Effective {
			l.here(r.Pos, "leave the rule out, or correct in_force", "the rule %s is over before the edition is in force", r.ID)
		}
	}
}

// head finds a key of the head, or its place if it is not there.
func (l *linter) head(key string) (*sheet, *yaml.Node) {
	for _, s := range l.sheets {
		if n := get(s.root, key); n != nil {
			return s, n
		}
	}
	return nil, nil
}

var datedName = regexp.MustCompile(`^(\d{4})-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?([.-]\d+)?$`)

// farOff is after how many years of the date in its name an edition that is only
// then to be in force is likely a slip of the pen.
const farOff = 5

func (l *linter) effective() {
	s, n := l.head("effective")
	if n == nil {
		if s, n = l.head("ruleset"); n != nil {
			l.at(s, n, "add effective: and a date to the head", "the head does not say from when the edition is to be in force")
		}
		return
	}
	m := datedName.FindStringSubmatch(l.edition.Edition)
	d, err := calendar.ParseDate(n.Value)
	if m == nil || err != nil {
		return
	}
	var year int
	if _, err := fmt.Sscan(m[1], &year); err == nil && d.Year > year+farOff {
		l.at(s, n, "", "the edition %s is to be in force only from %s", l.edition.Edition, n.Value)
	}
}

func (l *linter) editionName() {
	if s, n := l.head("edition"); n != nil && !datedName.MatchString(n.Value) {
		l.at(s, n, "name it by its date, as in \"2026-01\"", "the name of the edition %s is no date, so that nobody knows which of two is the later", n.Value)
	}
}

// familySilent finds rules that narrow categories and say nothing of relatives,
// where those around them do.
func (l *linter) familySilent() {
	type rule struct {
		s  *sheet
		id *yaml.Node
	}
	var silent []rule
	says := 0
	l.each(func(s *sheet, v visit) {
		if v.typ.Shape != "rule" || v.node.Kind != yaml.MappingNode {
			return
		}
		applies, of := get(v.node, "applies"), get(v.node, "of")
		if get(applies, "category") == nil || of != nil && of.Value == "mission" {
			return
		}
		if get(applies, "family") != nil {
			says++
		} else if id := get(v.node, "id"); id != nil {
			silent = append(silent, rule{s, id})
		}
	})
	if says < 3 || says < 4*len(silent) {
		return
	}
	for _, r := range silent {
		l.at(r.s, r.id, "add family: true, false or only to applies", "the rule %s says nothing of the family, and %d others with categories do", r.id.Value, says)
	}
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|TBD)\b`)

func (l *linter) unfinished() {
	for _, s := range l.sheets {
		for i := range s.lines {
			if at := unfinished.FindStringIndex(s.line(i + 1)); at != nil {
				l.add(s, i+1, 1+utf8.RuneCountInString(s.line(i + 1)[:at[0]]), "finish it", "something was left to be done")
			}
		}
	}
}

func (l *linter) unformatted() {
	for _, f := range l.files {
		out, err := Format(f.Text)
		if err != nil || bytes.Equal(out, f.Text) {
			continue
		}
		for _, s := range l.sheets {
			if s.path != f.Path {
				continue
			}
			line := 1
			was, is := strings.Split(s.text, "\n"), strings.Split(string(out), "\n")
			for line <= len(was) && line <= len(is) && was[line-1] == is[line-1] {
				line++
			}
			l.add(s, min(line, max(1, len(was)-1)), 1, "run comity rules fmt", "the file is not laid out as all are, from this line on")
		}
	}
}
