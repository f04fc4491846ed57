package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// A Change says about what two editions of a ruleset may answer otherwise. What is
// left out is answered alike by both, whatever the facts: the rules, floors and words
// that count there say the same. Titles, sentences and citations do not count.
type Change struct {
	// Privileges are those about which some rule or floor changed, in the order of the
	// second edition, then those that only the first has.
	Privileges []domain.Privilege
	// All says that something changed on which every privilege may rest; Privileges
	// has all of them then.
	All bool
	// Facts says that what is on record comes to other facts: the law of capacities or
	// of clocks changed. Then All is true, too.
	Facts bool
}

// Changed compares two editions of one ruleset, by meaning and not by text: the order
// of files, names of let, tables instead of rules and comments make no difference.
// An edition that is nil has no rules.
func Changed(a, b *Edition) Change {
	var c Change
	if a != nil && b != nil && a.Hash == b.Hash && a.Language == b.Language {
		return c
	}
	order := privilegesOf(b)
	for _, p := range privilegesOf(a) {
		if !slices.Contains(order, p) {
			order = append(order, p)
		}
	}
	if a != nil && b != nil && a.Code == "common" {
		c.Facts = a.numbers() != b.numbers()
		c.All = c.Facts || a.Language.words() != b.Language.words()
	}
	for _, p := range order {
		if c.All || a.saysOf(p) != b.saysOf(p) {
			c.Privileges = append(c.Privileges, p)
		}
	}
	return c
}

func privilegesOf(e *Edition) []domain.Privilege {
	if e == nil {
		return nil
	}
	return slices.Clone(e.Language.PrivilegeOrder)
}

// numbers writes down what facts are made by.
func (e *Edition) numbers() string { return notation(e.Capacities) + notation(e.Language.Clocks) }

// words writes down what every rule may rest on.
func (l *Language) words() string {
	var b strings.Builder
	for _, name := range sortedKeys(l.Lists) {
		fmt.Fprintf(&b, "%s:", name)
		for _, c := range l.Lists[name].Codes {
			fmt.Fprintf(&b, "%q%q", c.Code, c.Needs)
		}
	}
	for _, object := range sortedKeys(l.Facts) {
		fmt.Fprintf(&b, "\n%s:", object)
		for _, d := range l.Facts[object] {
			d.Doc, d.Unit = "", ""
			fmt.Fprintf(&b, "%+v;", d)
		}
	}
	return b.String()
}

// saysOf writes down all that an edition makes of a privilege.
func (e *Edition) saysOf(p domain.Privilege) string {
	if e == nil {
		return ""
	}
	var b strings.Builder
	if d := e.Language.Privileges[p]; d != nil && e.Code == "common" {
		fmt.Fprintf(&b, "%d %t %t\n", d.Of, d.Liberty, d.Security)
	}
	about := e.aboutOf(p)
	for i, tier := range about.tiers {
		for _, rule := range tier {
			fmt.Fprintf(&b, "%d ", i)
			b.WriteString(e.written(rule))
		}
	}
	for _, f := range e.Floors {
		if slices.Contains(f.Privileges, p) {
			fmt.Fprintf(&b, "floor %c %t %q\n", f.Mark, f.Finding, f.When.meaning())
		}
	}
	return b.String()
}

// written is what a rule writes, found once: most speak of many privileges.
func (e *Edition) written(r *Rule) string {
	if text, found := e.sayings.Load(r); found {
		return text.(string)
	}
	var b strings.Builder
	r.write(&b)
	e.sayings.Store(r, b.String())
	return b.String()
}

// write writes down all of a rule on which a verdict may rest, and what it says of why.
func (rule *Rule) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s %s %s %d %s %s %d %d %q %s %q %q %t %s %t", rule.ID, rule.Ruleset, rule.Tier, rule.Effect, rule.Of, notation(rule.Applies), rule.Each,
		rule.InForceFrom, rule.InForceTo, rule.When.meaning(), rule.Outcome, rule.OutcomeExpr.meaning(), rule.As.meaning(), rule.Reciprocal, rule.Code, rule.Practice)
	for _, use := range rule.Conditions {
		fmt.Fprintf(b, " %s %q %s(", use.Decl.Code, use.Decl.Met.meaning(), use.Decl.Denial)
		for _, p := range use.Decl.Params {
			p.Doc, p.Unit = "", ""
			fmt.Fprintf(b, "%+v;", p)
		}
		for _, p := range use.Params {
			fmt.Fprintf(b, "%s=%+v%q;", p.Name, p.Const, p.Expr.meaning())
		}
		b.WriteString(")")
	}
	b.WriteString("\n")
}

// meaning is what was checked: the text in which every name of let is what it stands
// for, with one space where there is any.
func (e *Expr) meaning() string {
	if e == nil {
		return ""
	}
	return string(e.text)
}

// notation writes down a value in a form in which equal values look the same.
func notation(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("bad math in notation: " + err.Error()) // unreachable: plain values only
	}
	return string(text)
}
