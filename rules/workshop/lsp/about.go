package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/rules"
)

// about says in Markdown what a mention names; "" if there is nothing to say.
func (w *words) about(m mention) string {
	switch m.kind {
	case ofCode:
		if c := w.codes[m.name]; c != nil {
			return w.aboutCode(c)
		}
	case ofFact:
		object, name := cut(m.name)
		if f := w.fact(object, name); f != nil {
			return w.aboutFact(f)
		}
	case ofLet:
		if l := w.lets[m.name]; l != nil {
			return w.aboutLet(l)
		}
	case ofRule:
		if r := w.ruleIDs[m.name]; r != nil {
			return aboutRule(r)
		}
	case ofList:
		return fmt.Sprintf("**%s** · a list of %d codes\n\n%s", m.name, len(w.lists[m.name]), w.some(m.name))
	case ofObject:
		return w.aboutObject(m.name)
	case ofFunction:
		for _, f := range rules.Functions() {
			if f.Name == m.name {
				return fmt.Sprintf("`%s`\n\n%s", f.Form, f.Doc)
			}
		}
	case ofPattern:
		return w.aboutPattern(m.name)
	case ofReason:
		return w.aboutReason(m.name)
	}
	return ""
}

// cut divides object.fact, where the object may be `condition minimum.purchase`.
func cut(name string) (object, fact string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}

// mostListed is how many codes are listed in a text for people.
const mostListed = 30

// some lists the codes of a list, if they are not too many.
func (w *words) some(list string) string {
	var out []string
	for _, c := range w.lists[list] {
		if len(out) == mostListed {
			out = append(out, "...")
			break
		}
		out = append(out, "`"+c.code+"`")
	}
	return strings.Join(out, ", ")
}

func (w *words) aboutCode(c *code) string {
	var out strings.Builder
	fmt.Fprintf(&out, "**%s** · %s", c.code, c.list)
	if c.list != "outcome" {
		fmt.Fprintf(&out, " · `%s` in expressions", w.constant(c))
	}
	if c.term != "" {
		fmt.Fprintf(&out, "\n\n%s", c.term)
	}
	if c.list == "privilege" {
		var is []string
		if len(c.of) > 0 {
			is = append(is, "of "+strings.Join(c.of, " and "))
		}
		if c.liberty {
			is = append(is, "a liberty, which anybody has until a determination restricts it")
		}
		if c.security {
			is = append(is, "security, which follows the threat and never reciprocity")
		}
		if len(is) > 0 {
			fmt.Fprintf(&out, "\n\n%s", strings.Join(is, "; "))
		}
		fmt.Fprintf(&out, "\n\n%s", w.aboutFloor(c.code))
	}
	if c.met != "" {
		fmt.Fprintf(&out, "\n\nmet if `%s`", c.met)
	}
	for _, p := range w.facts["condition "+c.code] {
		if c.list == "condition" {
			fmt.Fprintf(&out, "\n\nparameter `%s`: %s", p.name, strings.TrimSpace(p.typ+" "+p.unit))
		}
	}
	if len(c.needs) > 0 {
		fmt.Fprintf(&out, "\n\nneeds %s", strings.Join(c.needs, ", "))
	}
	if len(c.cite) > 0 {
		fmt.Fprintf(&out, "\n\ncites %s", strings.Join(c.cite, ", "))
	}
	return out.String()
}

// aboutFloor says below what answers about a privilege may not be lowered.
func (w *words) aboutFloor(privilege string) string {
	for _, f := range w.floors {
		if !slices.ContainsFunc(f.patterns, func(p string) bool { return matches(p, privilege) }) {
			continue
		}
		cites := strings.Join(f.cite, ", ")
		switch {
		case f.mark == "H":
			return fmt.Sprintf("floor **H**: no rule and no measure may lower it (%s)", cites)
		case f.finding:
			return fmt.Sprintf("floor **R**: only in answer to the State's practice, or on a finding, may it be lowered (%s)", cites)
		case f.mark == "R":
			return fmt.Sprintf("floor **R**: only in answer to the State's practice may it be lowered (%s)", cites)
		}
	}
	return "no floor: it may be lowered"
}

func (w *words) aboutFact(f *fact) string {
	var out strings.Builder
	object := strings.TrimPrefix(f.object, "condition ")
	fmt.Fprintf(&out, "**%s.%s** · %s", object, f.name, f.typ)
	if f.unit != "" {
		fmt.Fprintf(&out, ", in %s", f.unit)
	}
	if f.doc != "" {
		fmt.Fprintf(&out, "\n\n%s", f.doc)
	}
	switch {
	case f.from != "":
		fmt.Fprintf(&out, "\n\ncomputed from `%s`", f.from)
		if f.number != "" {
			fmt.Fprintf(&out, " over %s", f.number)
		}
	case f.object == "request":
		out.WriteString("\n\nbrought by the question")
	case object != f.object:
		out.WriteString("\n\na parameter of the condition")
	}
	if f.hasStandard {
		fmt.Fprintf(&out, "\n\ndefault `%s`", f.standard)
	} else {
		out.WriteString("\n\nno default: where nobody recorded it, a rule that reads it can't be decided")
	}
	if f.list != "" {
		fmt.Fprintf(&out, "\n\none of %s", w.some(f.list))
		if f.isSet {
			return strings.Replace(out.String(), "\n\none of ", "\n\nsome of ", 1)
		}
	}
	return out.String()
}

func (w *words) aboutLet(l *let) string {
	out := fmt.Sprintf("**%s** · a name of let\n\n```\n%s\n```", l.name, l.expr)
	if full := w.expand(l.expr, 0); full != l.expr {
		out += fmt.Sprintf("\n\nwhich is\n\n```\n%s\n```", full)
	}
	return out
}

// The bounds of an expansion for people.
const (
	deepestLet  = 8
	longestText = 4000
)

// expand puts the expressions of let in the place of their names. What leads back
// to itself, or grows too long, stays as it is from some depth on.
func (w *words) expand(expr string, depth int) string {
	if depth == deepestLet {
		return expr
	}
	t := tokensOf([]rune(expr))
	var out strings.Builder
	last := 0
	for i, tok := range t.list {
		l := w.lets[t.word(i)]
		if l == nil || tok.kind != nameToken || t.word(i-1) == "." || t.word(i+1) == "(" {
			continue
		}
		out.WriteString(string(t.text[last:tok.from]))
		out.WriteString("(" + w.expand(l.expr, depth+1) + ")")
		last = tok.to
		if out.Len() > longestText {
			return expr
		}
	}
	out.WriteString(string(t.text[last:]))
	return out.String()
}

func aboutRule(r *rule) string {
	var out strings.Builder
	kind := "rule"
	if r.table {
		kind = "table"
	}
	fmt.Fprintf(&out, "**%s** · %s of the tier %s", r.id, kind, r.tier)
	if r.outcome != "" {
		fmt.Fprintf(&out, " · %s", strings.ReplaceAll(r.outcome, "_", " "))
	}
	if r.because != "" {
		fmt.Fprintf(&out, "\n\n%s", r.because)
	}
	if r.when != "" {
		fmt.Fprintf(&out, "\n\nwhen `%s`", r.when)
	}
	if len(r.privileges) > 0 {
		fmt.Fprintf(&out, "\n\nof %s", strings.Join(r.privileges, ", "))
	}
	if len(r.cite) > 0 {
		fmt.Fprintf(&out, "\n\ncites %s", strings.Join(r.cite, ", "))
	}
	return out.String()
}

func (w *words) aboutObject(name string) string {
	doc := ""
	for _, o := range rules.Objects() {
		if o.Name == name {
			doc = o.Doc
		}
	}
	if each := rules.BoundObjects()[name]; each != "" {
		doc, name = "the "+string(each)+" for which the rule is evaluated", string(each)
	}
	return fmt.Sprintf("**%s**\n\n%s\n\n%d facts", name, doc, len(w.factsOf(name)))
}

func (w *words) aboutPattern(pattern string) string {
	found := w.matching(pattern)
	if len(found) == 0 {
		return fmt.Sprintf("**%s** matches no privilege", pattern)
	}
	out := fmt.Sprintf("**%s** matches %d privileges\n", pattern, len(found))
	for i, c := range found {
		if i == mostListed {
			return out + "\n- ..."
		}
		out += fmt.Sprintf("\n- `%s` %s", c.code, c.term)
	}
	return out
}

func (w *words) aboutReason(name string) string {
	return fmt.Sprintf("**%s** · the reason shown with an answer", name)
}

// aboutKey says what a key of the format means.
func aboutKey(slots []slot, key string) string {
	for _, s := range choicesOf(slots) {
		if s.is.Kind != rules.ShapeType {
			continue
		}
		for _, k := range shapes[s.is.Shape].Keys {
			if k.Name == key {
				need := ""
				if k.Required {
					need = " · required"
				}
				return fmt.Sprintf("**%s** · a key of %s%s\n\n%s", key, s.is.Shape, need, k.Doc)
			}
		}
	}
	return ""
}
