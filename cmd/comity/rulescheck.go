package main

import "github.com/spf13/cobra"

func (p *program) rulesCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FOLDER|NAME ...]",
		Short: "Check rulesets and list every mistake",
		Long: `Check reads rulesets as publishing them would: the YAML, every name, the type of every
expression, and that no rule goes below a floor. It lists every mistake with its
file, line and column. Without an argument it checks the rulesets that ship.

The exit code is 3 if there are mistakes.`,
		Example: `  comity rules check
  comity rules check ./my-common ./arandia`,
		RunE: func(_ *cobra.Command, args []string) error { return p.rulesCheck(args) },
	}
}

func (p *program) rulesCheck(names []string) error {
	_, loaded, err := p.loadSources(names)
	if err != nil {
		return err
	}
	if p.json() {
		type checked struct {
			Name    string `json:"name"`
			Ruleset string `json:"ruleset"`
			Edition string `json:"edition"`
			Hash    string `json:"hash"`
			Rules   int    `json:"rules"`
			Cases   int    `json:"cases"`
		}
		list := []checked{}
		for _, s := range loaded {
			e := s.edition
			list = append(list, checked{s.name, string(e.Code), e.Edition, e.Hash, len(e.Rules), len(e.Cases)})
		}
		return p.print(list)
	}
	g := p.page()
	for _, s := range loaded {
		e := s.edition
		g.line("%s: edition %s of %s is valid: %s, %s, hash %s", s.name, e.Edition, e.Code, plural(len(e.Rules), "rule"), plural(len(e.Cases), "case"), e.Hash[:12])
	}
	return nil
}
