package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/rules/workshop"
)

func (p *program) rulesCheckCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "check [FOLDER|NAME|HASH ...]",
		Short: "Check rulesets and list every mistake",
		Long: `Check reads rulesets as publishing them would: the YAML, every name, the type of every
expression, and that no rule goes below a floor. It lists every mistake with its
file, line and column. Without an argument it checks the rulesets that ship.

--format writes the mistakes for people (text), for programs (json), for code hosts
(sarif), as annotations of a workflow of GitHub (github), or for build servers (junit).

The exit code is 3 if there are mistakes.`,
		Example: `  comity rules check
  comity rules check ./my-common ./arandia
  comity rules check ./arandia --format sarif`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesCheck(cmd, args, format) },
	}
	formatFlag(cmd, &format)
	return cmd
}

func (p *program) rulesCheck(cmd *cobra.Command, names []string, format string) error {
	form, err := p.formOf(format)
	if err != nil {
		return err
	}
	_, loaded, err := p.loadSources(cmd.Context(), names)
	found, mistakes := workshop.Findings{}, false
	if err != nil {
		if found, mistakes = mistakesIn(err); !mistakes || form == workshop.AsText {
			return err
		}
		p.code = exitRules
	}
	switch form {
	case workshop.AsText:
		g := p.page()
		for _, s := range loaded {
			e := s.edition
			g.line("%s: edition %s of %s is valid: %s, %s, hash %s", s.name, e.Edition, e.Code, plural(len(e.Rules), "rule"), plural(len(e.Cases), "case"), e.Hash[:12])
		}
		return nil
	case workshop.AsJSON:
		list := []api.Checked{}
		for _, s := range loaded {
			if e := s.edition; e != nil {
				list = append(list, api.Checked{Name: s.name, Ruleset: string(e.Code), Edition: e.Edition, Hash: e.Hash, Rules: len(e.Rules), Cases: len(e.Cases)})
			}
		}
		return p.print(struct {
			Valid    []api.Checked     `json:"valid"`
			Findings workshop.Findings `json:"findings"`
		}{list, found.Sorted()})
	case workshop.AsSARIF, workshop.AsGitHub, workshop.AsJUnit:
	}
	return p.writeFindings(cmd.Name(), found.Sorted(), form)
}
