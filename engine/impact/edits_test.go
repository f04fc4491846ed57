package impact_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Small changes of the common law, each as text and what takes its place.
var edits = [][]string{
	{"cells: A A D D D", "cells: A A A D D"},
	{"cells: A R D A D", "cells: R D D R D"},
	{"cells: A R D A D", "cells: A A A A A"},
	{"cells: R D D R D", "cells: A D D R D"},
	{"cells: A F D A D", "cells: F F D A D"},
	{"cells: A A S", "cells: A A A"},
	{"national: member.status in [US_NATIONAL, LPR, PERMANENTLY_RESIDENT]", "national: member.status in [US_NATIONAL]"},
	{"national: member.status in [US_NATIONAL, LPR, PERMANENTLY_RESIDENT]", "national: member.status in [US_NATIONAL, LPR] && (member.age >= 18 || member.local_hire)"},
	{"period: {days: 30}", "period: {days: 75}"},
	{"work_ends: true", "work_ends: false"},
	{"student_age: 23", "student_age: 24"},
	{"Anybody may travel freely", "Whoever is here may travel freely"},
	{"id: C-WITHDRAWN", "id: C-GONE"},
	{"when: m.level == WITHDRAWN\n    outcome: denied\n    code: restricted", "when: m.level == WITHDRAWN && member.age < 18\n    outcome: permission_required\n    code: restricted"},
	{"customs.personal: {term: customs franchise for personal articles, of: [person]", "customs.personal: {term: customs franchise for personal articles, of: [person, mission]"},
	{"when: m.level == MORE_FAVORABLE", "when: m.level in [MORE_FAVORABLE, WITHDRAWN]"},
	{"- {privilege: [prem.archives], mark: H", "- {privilege: [customs.personal], mark: R"},
	{"local_hire: {type: bool, from: register local_hire, default: false}", "local_hire: {type: bool, from: register local_hire, default: true}"},
}

// newRules are conditions and reaches of rules that might be added.
var (
	newReaches = []string{"", "    applies: {state: [xa], family: true}\n", "    applies: {mission: [borvia-embassy]}\n", "    applies: {member: [ana, bo]}\n",
		"    applies: {rank: [attaché]}\n", "    applies: {category: [dip.agent, dip.at], family: true}\n"}
	newConditions = []string{"", "    when: member.local_hire\n", "    when: member.age < 18\n", "    when: request.amount < 500\n", "    when: mission.kind == EMBASSY && state.relations == relations.NORMAL\n",
		"    when: member.phase == LEAVING\n", "    when: member.capacity == capacity.FAMILY || member.age == 17\n", "    when: has(member.card)\n"}
	newDates = []string{"", "    in_force: {from: 2024-04-15}\n", "    in_force: {from: 2024-02-10, to: 2025-03-03}\n"}
)

// A change draws an edition of the common law that differs in some things.
func change(t testing.TB, r *rapid.T) []byte {
	var replace []string
	for range rapid.IntRange(1, 4).Draw(r, "edits") {
		replace = append(replace, draw(r, edits, "edit")...)
	}
	var add strings.Builder
	for n := range rapid.IntRange(0, 3).Draw(r, "rules") {
		add.WriteString(ruleOf(r, fmt.Sprintf("N-%d", n)))
	}
	replace = append(replace, "\nviews:", add.String()+"\nviews:")
	return edited(t, "mini", replace...)
}

func ruleOf(r *rapid.T, id string) string {
	tier, effect, outcome := "programme", "", draw(r, []string{"denied", "permission_required", "notification_required"}, "outcome")
	p := draw(r, []string{"tax.sales", "tax.fuel", "tax.sales, tax.fuel"}, "of")
	if rapid.Bool().Draw(r, "lifts") {
		tier, effect, outcome = "individual", "    effect: lifts\n", "allowed"
		p = draw(r, []string{"tax.sales", "tax.fuel", "imm.civil, customs.personal"}, "of")
	}
	return fmt.Sprintf("\n  - id: %s\n    tier: %s\n    of: person\n    privilege: [%s]\n%s%s%s%s    outcome: %s\n    cite: [a draft]\n    because: It was drafted so.\n",
		id, tier, p, effect, draw(r, newReaches, "reach"), draw(r, newConditions, "condition"), draw(r, newDates, "dates"), outcome)
}

// changeOfXA draws an edition of the State's own ruleset.
func changeOfXA(t testing.TB, r *rapid.T) []byte {
	rule := ruleOf(r, "XA-NEW")
	return edited(t, "arandia", "\ncases:", rule+"\ncases:", "m.amount >= 5000", draw(r, []string{"m.amount >= 5000", "m.amount >= 1"}, "least"))
}
