package workload

import (
	"fmt"
	"strings"
)

// Common writes the common part of the law as a ruleset of comity: one file.
func (l *Law) Common() string {
	var b strings.Builder
	b.WriteString(`ruleset: common
edition: peers
title: The common law of the workload
note: Invented, to compare engines. Not law.
effective: 2000-01-01

privileges:
`)
	for _, p := range l.Privileges {
		fmt.Fprintf(&b, "  %s: {term: %s, of: [person], cite: [the workload]}\n", p, p)
	}
	b.WriteString("\nvocabulary:\n")
	list := func(name string, codes ...string) {
		fmt.Fprintf(&b, "  %s:\n", name)
		for _, code := range codes {
			fmt.Fprintf(&b, "    %s: {term: %s}\n", code, strings.ReplaceAll(code, "_", " "))
		}
	}
	list("category", append(l.Categories[:len(l.Categories):len(l.Categories)], "visitor", "family")...)
	list("mission_kind", l.Kinds...)
	list("status", l.Statuses...)
	list("goods", l.Goods...)
	list("level", "unknown")
	list("relations", "normal", "severed")
	list("relation", "spouse", "child")
	list("phase", "none", "current", "leaving", "ended")
	list("capacity", "none", "accredited", "family", "courier", "visitor")
	list("mission_status", "open", "suspended", "closing", "closed")
	list("stage", "jurisdiction", "execution")
	list("waived_by", "state", "individual")
	list("card_kind", "identity")
	list("border", "blue")
	list("offence", "traffic")
	list("consequence", "noted")
	b.WriteString(`
facts:
  member:
    category: {type: category, from: capacity category}
    capacity: {type: capacity, from: capacity kind}
    phase: {type: phase, from: capacity phase}
    relation: {type: relation, from: capacity relation}
    status: {type: status, from: status, default: none}
    age: {type: int, from: age, unit: years}
    points: {type: int, from: points, months: 120, default: 0}
    local_hire: {type: bool, from: register local_hire, default: false}
    nationalities: {type: set of text, from: nationalities, default: []}
  mission:
    kind: {type: mission_kind, from: register kind}
    status: {type: mission_status, from: register status, default: open}
  state:
    id: {type: text, from: field id, default: ""}
    relations: {type: relations, from: register relations, default: normal}

request:
  amount: {type: money}
  miles: {type: int, unit: mi}
  article: {type: goods}
  in_person: {type: bool}

conditions:
  quota: {text: within the quota}

capacities:
  period: {days: 30}
  relations: {spouse: {}, child: {}}
  cite: [the workload]

tables:
`)
	l.table(&b)
	b.WriteString("\nrules:\n")
	for _, tier := range []Tier{Status, Programme} {
		for _, r := range l.Of(tier, "") {
			r.write(&b)
		}
	}
	return b.String()
}

// table writes the baseline: for each kind of mission one table.
func (l *Law) table(b *strings.Builder) {
	cells := map[string]Outcome{}
	for _, r := range l.Of(Baseline, "") {
		cells[r.ID] = r.Outcome
	}
	for _, kind := range l.Kinds {
		fmt.Fprintf(b, `  - id: B-%s
    tier: baseline
    of: person
    applies: {mission_kind: [%s]}
    codes:
      A: {outcome: allowed}
      C: {outcome: allowed_with_conditions, conditions: [quota]}
      N: {outcome: notification_required}
      P: {outcome: permission_required}
      D: {outcome: denied}
    by: category
    columns:
`, Dashed(kind), kind)
		for _, c := range l.Categories {
			fmt.Fprintf(b, "      %s: {keys: [%s], cite: [the workload]}\n", Dashed(c), c)
		}
		b.WriteString("    rows:\n")
		for _, p := range l.Privileges {
			fmt.Fprintf(b, "      - {privilege: [%s], cite: [the workload], because: As the table says., cells:", p)
			for _, c := range l.Categories {
				fmt.Fprintf(b, " %c", "ACNPD"[cells[BaselineID(kind, p, c)]])
			}
			b.WriteString("}\n")
		}
	}
}

// Own writes the rules of one State as a ruleset of comity: one file.
func (l *Law) Own(state string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ruleset: %s\nedition: peers\ntitle: %s\nnote: Invented, to compare engines. Not law.\neffective: 2000-01-01\n\nrules:\n", state, state)
	for _, r := range l.Of(Reciprocity, state) {
		r.write(&b)
	}
	return b.String()
}

var tiers = [...]string{"baseline", "status", "reciprocity", "programme"}

func (r *Rule) write(b *strings.Builder) {
	fmt.Fprintf(b, "  - id: %s\n    tier: %s\n    of: person\n    privilege: [%s]\n", r.ID, tiers[r.Tier], strings.Join(r.Privileges, ", "))
	var applies []string
	narrow := func(key string, codes []string) {
		if len(codes) > 0 {
			applies = append(applies, key+": ["+strings.Join(codes, ", ")+"]")
		}
	}
	narrow("mission_kind", r.Kinds)
	narrow("category", r.Categories)
	narrow("status", r.Statuses)
	if len(applies) > 0 {
		fmt.Fprintf(b, "    applies: {%s}\n", strings.Join(applies, ", "))
	}
	if when := r.when(); when != "" {
		fmt.Fprintf(b, "    when: %q\n", when)
	}
	fmt.Fprintf(b, "    outcome: %s\n", r.Outcome)
	if r.Outcome == Conditional {
		b.WriteString("    conditions: [quota]\n")
	}
	b.WriteString("    cite: [the workload]\n    because: The workload says so.\n")
}

// when is what a rule asks as an expression of comity; empty if it asks nothing.
func (r *Rule) when() string {
	set := strings.ToUpper(strings.Join(r.Set, ", "))
	switch r.Shape {
	case Always:
		return ""
	case AmountBelow:
		return fmt.Sprintf("request.amount < %d", r.A)
	case AmountUpTo:
		return fmt.Sprintf("request.amount >= %d", r.A)
	case Beyond:
		return fmt.Sprintf("request.miles > %d", r.A)
	case GoodsIn:
		return fmt.Sprintf("request.article in [%s]", set)
	case Younger:
		return fmt.Sprintf("member.age < %d", r.A)
	case Remote:
		return "!request.in_person"
	case RemoteUpTo:
		return fmt.Sprintf("!request.in_person && request.amount >= %d", r.A)
	case EitherOver:
		return fmt.Sprintf("request.amount >= %d || request.miles > %d", r.A, r.B)
	case Points:
		return fmt.Sprintf("member.points >= %d", r.A)
	case LocalPoints:
		return fmt.Sprintf("member.local_hire && member.points >= %d", r.A)
	case BelowUnless:
		return fmt.Sprintf("request.amount < %d && !(request.article in [%s])", r.A, set)
	}
	return "false"
}
