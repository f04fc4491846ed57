package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
)

func (p *program) explainCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "explain MEMBER|MISSION PRIVILEGE [key=value ...]",
		Short: "Answer a question with every step that led to the answer",
		Long: `Explain answers the question that ask answers, and shows how: tier by tier in the
order in which the law is applied, every rule that fired with what it did, what it
rests on in law and in the record, and the editions that were in force.`,
		Example: `  comity explain ana imm.criminal
  comity explain ana imm.criminal --as-of 2025-02-03 --as-known @8
  comity explain ana tax.sales amount=15000 -o json`,
		Args: atLeast(true, "MEMBER|MISSION", "PRIVILEGE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), args, a, p.showSteps)
		},
	}
	a.times(cmd.Flags())
	a.keeping.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.exitCode, "exit-code", false, "exit with 5 if not permitted, and 6 if it can't be told")
	return cmd
}

func (p *program) showSteps(o *office, d domain.Decision) error {
	events := api.CitedBy(o.Engine, d, p.restricted)
	if p.json() {
		decision, err := codec.EncodeDecision(d)
		if err != nil {
			return err
		}
		return p.print(struct {
			Decision json.RawMessage  `json:"decision"`
			Events   []api.CitedEvent `json:"events"`
		}{decision, events})
	}
	g := p.page()
	o.showHead(g, d)
	o.showTerms(g, d)
	g.title("How")
	showTiers(g, d)
	g.title("Facts")
	for _, f := range d.Facts {
		g.say("  - ", f.Name+": "+f.Value+at(f.Events))
	}
	g.title("Events")
	for _, e := range events {
		text := e.Said + "; recorded " + o.local(e.Recorded)
		if e.Authority != "" {
			text += "; on " + e.Authority
		}
		g.say(fmt.Sprintf("  %5s  ", fmt.Sprintf("@%d", e.Position)), text)
	}
	g.title("By")
	for _, e := range d.Editions {
		g.line("  %s, edition %s, %s", e.Ruleset, e.Edition, e.Hash[:min(12, len(e.Hash))])
	}
	g.line("  semantics %d, zone data %s, office %s (%s)", d.Semantics, d.ZoneData, d.Office, d.Mode)
	return nil
}

// showTiers shows the reasons under the steps of the resolution.
func showTiers(g *page, d domain.Decision) {
	said := map[domain.Tier]string{
		domain.TierBaseline: "what the law gives", domain.TierStatus: "what nationality or residence takes away",
		domain.TierAgreement: "what an agreement adds", domain.TierReciprocity: "what reciprocity changes",
		domain.TierIndividual: "what was decided about the person or mission", domain.TierProgramme: "what a programme asks for",
		domain.TierWaiver: "what the sending State waived", domain.TierDuty: "duties, which change no outcome",
	}
	step := 0
	for _, tier := range domain.Tiers() {
		step++
		var own []domain.Reason
		for _, r := range append(slices.Clone(d.Reasons), duties(d)...) {
			if tierOf(r) == tier {
				own = append(own, r)
			}
		}
		g.line("  %d. %s: %s", step, g.paint(bold, string(tier)), said[tier])
		if len(own) == 0 {
			g.line("     %s", g.paint(faint, "nothing"))
		}
		for _, r := range own {
			showReason(g, r)
		}
	}
}

// duties makes steps of the rules that only left a remark, each once.
func duties(d domain.Decision) []domain.Reason {
	var out []domain.Reason
	seen := map[string]bool{}
	for _, r := range d.Reasons {
		seen[r.Rule] = true
	}
	for _, r := range slices.Concat(d.Obligations, d.Limits, d.Routes, d.Notes) {
		if r.Rule != "" && !seen[r.Rule] {
			seen[r.Rule] = true
			out = append(out, domain.Reason{Code: domain.ReasonDuty, Tier: domain.TierDuty, Rule: r.Rule, Effect: domain.Obliges, Because: r.Text, Cite: r.Cite})
		}
	}
	return out
}

// tierOf returns the step at which a reason came up that no rule gave.
func tierOf(r domain.Reason) domain.Tier {
	if r.Tier != "" {
		return r.Tier
	}
	switch r.Code {
	case domain.ReasonBestOfCapacities:
		return domain.TierAgreement
	case domain.ReasonConditionNotMet:
		return domain.TierProgramme
	default:
		return domain.TierBaseline
	}
}

func showReason(g *page, r domain.Reason) {
	var head []string
	switch {
	case r.Rule != "" && r.Ruleset != "":
		head = append(head, r.Rule+" of "+r.Ruleset)
	case r.Rule != "":
		head = append(head, r.Rule)
	default:
		head = append(head, strings.ReplaceAll(string(r.Code), "_", " "))
	}
	if r.Effect != "" {
		head = append(head, string(r.Effect))
	}
	if r.Outcome != "" {
		head = append(head, outcomes[r.Outcome].text)
	}
	if r.Detail != "" {
		head = append(head, "("+r.Detail+")")
	}
	if r.By != "" {
		head = append(head, "for "+r.By)
	}
	if r.Capacity != "" {
		head = append(head, "in the capacity "+r.Capacity)
	}
	mark := "-"
	if r.Decisive {
		mark = "*"
		head = append(head, "<- decisive")
	}
	g.say("     "+mark+" ", strings.Join(head, " "))
	if r.Because != "" || len(r.Cite) > 0 {
		g.say("       ", r.Because+cited(r.Cite))
	}
	var facts []string
	for _, f := range r.Facts {
		facts = append(facts, f.Name+" = "+f.Value)
	}
	if len(facts) > 0 || len(r.Events) > 0 {
		g.say("       ", "read "+or(strings.Join(facts, ", "), "the record")+at(r.Events))
	}
}

// at writes positions of events after what rests on them.
func at(events []domain.Position) string {
	if len(events) == 0 {
		return ""
	}
	words := make([]string, len(events))
	for i, e := range events {
		words[i] = fmt.Sprintf("@%d", e)
	}
	return " (" + strings.Join(words, " ") + ")"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
