package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) rulesShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show RULE|CODE|PRIVILEGE [FOLDER|NAME|HASH]",
		Short: "Show a rule as it is written, with its citations",
		Long: `Show prints the source of a rule, named by its id as answers name it, or of all rules
with a reason's code. For the first part of the id of a table's rules, or a privilege,
it lists the rules.

It looks among the editions in force in the log; if there is no log, or a folder or
name is given, among those.`,
		Example: `  comity rules show S-AGENT
  comity rules show B-DIP/imm.arrest/agent
  comity rules show imm.criminal
  comity rules show S-AGENT common`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 {
				return usage(cmd, "%q is too much", args[2])
			}
			return atLeast(true, "RULE|CODE|PRIVILEGE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			sources, err := p.sourcesOf(cmd.Context(), args[1:])
			if err != nil {
				return err
			}
			return p.rulesShow(sources, args[0])
		},
	}
}

// sourcesOf returns the rulesets to look in.
func (p *program) sourcesOf(ctx context.Context, names []string) (sources []source, err error) {
	if len(names) > 0 || p.noLog() {
		_, sources, err = p.loadSources(ctx, names)
		return sources, err
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	library := o.Root().Library()
	var common string
	for _, e := range api.Editions(o.Engine, o.Now()) {
		if e.InForce && e.Ruleset == rulesets.CommonName {
			common = e.Hash
		}
	}
	for _, e := range api.Editions(o.Engine, o.Now()) {
		if !e.InForce {
			continue
		}
		s := source{name: string(e.Ruleset), inLog: true}
		s.bundle, _ = library.Bundle(e.Hash) // the engine read it, or would not have opened
		if e.Hash == common {
			s.edition, err = library.Common(e.Hash)
		} else {
			s.edition, err = library.State(e.Hash, common)
		}
		if err != nil {
			return nil, &invalid{name: s.name, error: err}
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// A shown rule, for programs.
type shownRule struct {
	ID         string             `json:"id"`
	Ruleset    string             `json:"ruleset"`
	Edition    string             `json:"edition"`
	Tier       domain.Tier        `json:"tier"`
	Effect     domain.Effect      `json:"effect"`
	Outcome    domain.Outcome     `json:"outcome,omitempty"`
	Privileges []domain.Privilege `json:"privileges,omitempty"`
	Cite       []string           `json:"cite"`
	Because    string             `json:"because"`
	File       string             `json:"file"`
	Line       int                `json:"line"`
	Source     string             `json:"source"`
}

func (p *program) rulesShow(sources []source, word string) error {
	found, whole := lookUp(sources, word)
	if len(found) == 0 {
		var known []string
		for _, s := range sources {
			for _, r := range s.edition.Rules {
				known = append(known, r.ID)
			}
		}
		return badInput(fmt.Errorf("no rule, code or privilege is called %q%s", word, domain.DidYouMean(word, known)))
	}
	if p.json() {
		return p.print(found)
	}
	g := p.page()
	if !whole {
		var rows [][]string
		for _, r := range found {
			rows = append(rows, []string{r.ID, r.Ruleset, string(r.Tier), strings.TrimSpace(string(r.Effect) + " " + outcomeOf(r.Outcome)), strings.Join(r.Cite, ", ")})
		}
		g.list([]string{"rule", "ruleset", "tier", "effect", "cites"}, rows)
		return nil
	}
	for i, r := range found {
		if i > 0 {
			g.line("")
		}
		g.line("%s  %s of edition %s, %s:%d", g.paint(bold, r.ID), r.Ruleset, r.Edition, r.File, r.Line)
		g.line("")
		g.line("%s", r.Source)
		g.line("")
		var to []string
		for _, p := range r.Privileges {
			to = append(to, string(p))
		}
		g.say("says     ", strings.TrimSpace(string(r.Effect)+" "+outcomeOf(r.Outcome))+" at the tier "+string(r.Tier)+" for "+or(strings.Join(to, ", "), "what it is evaluated for"))
		g.say("cites    ", strings.Join(r.Cite, ", "))
		g.say("because  ", r.Because)
	}
	return nil
}

func outcomeOf(o domain.Outcome) string {
	if o == "" {
		return ""
	}
	return outcomes[o].text
}

// lookUp finds rules by id or code, which are shown whole, or else by what they
// belong to, which are listed.
func lookUp(sources []source, word string) (found []shownRule, whole bool) {
	for _, by := range []struct {
		matches func(*rules.Rule) bool
		whole   bool
	}{
		{func(r *rules.Rule) bool { return r.ID == word }, true},
		{func(r *rules.Rule) bool { return r.Code == word }, false},
		{func(r *rules.Rule) bool { return strings.HasPrefix(r.ID, word+"/") }, false},
		{func(r *rules.Rule) bool { return slices.Contains(r.Privileges, domain.Privilege(word)) }, false},
	} {
		for _, s := range sources {
			for _, r := range s.edition.Rules {
				if by.matches(r) {
					found = append(found, shownRule{
						r.ID, string(r.Ruleset), s.edition.Edition, r.Tier, r.Effect, r.Outcome, r.Privileges, r.Cite, r.Because,
						r.Pos.File, r.Pos.Line, sourceOf(s.bundle, r.Pos),
					})
				}
			}
		}
		if len(found) > 0 {
			return found, by.whole || len(found) == 1
		}
	}
	return nil, false
}

// sourceOf cuts the item of a list around a place out of a bundle.
func sourceOf(bundle []byte, pos rules.Pos) string {
	_, text, _ := strings.Cut("\n"+string(bundle), "\n-- "+pos.File+" --\n")
	text, _, _ = strings.Cut(text, "\n-- ")
	lines := strings.Split(text, "\n")
	if pos.Line < 1 || pos.Line > len(lines) {
		return ""
	}
	first := pos.Line - 1
	for first > 0 && !strings.HasPrefix(strings.TrimSpace(lines[first]), "- ") {
		first--
	}
	indent := indentOf(lines[first])
	end := first + 1
	for end < len(lines) && (strings.TrimSpace(lines[end]) == "" || indentOf(lines[end]) > indent) {
		end++
	}
	out := make([]string, 0, end-first)
	for _, line := range lines[first:end] {
		out = append(out, strings.TrimRight(line[min(indent, len(line)):], " "))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
