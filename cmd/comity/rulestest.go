package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules/cases"
)

func (p *program) rulesTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [FOLDER|NAME ...]",
		Short: "Run the cases of rulesets",
		Long: `Test runs the cases that rulesets bring along and compares every answer. It also says
which rules no case tries: a rule should be seen to bite in one case and to hold back
in another. Without an argument it tests the rulesets that ship.

The exit code is 4 if a case fails or a rule is not tried, and 3 if a ruleset has
mistakes.`,
		Example: `  comity rules test
  comity rules test ./arandia`,
		RunE: func(_ *cobra.Command, args []string) error { return p.rulesTest(args) },
	}
}

// tested is what the cases of a ruleset came to, for programs.
type tested struct {
	Ruleset string       `json:"ruleset"`
	Edition string       `json:"edition"`
	Passed  int          `json:"passed"`
	Failed  []failedCase `json:"failed"`
	Untried []string     `json:"untried"`
}

type failedCase struct {
	Name  string   `json:"name"`
	At    string   `json:"at"`
	Ask   string   `json:"ask"`
	Want  string   `json:"want"`
	Got   string   `json:"got"`
	Wrong []string `json:"wrong"`
}

func (p *program) rulesTest(names []string) error {
	law, loaded, err := p.loadSources(names)
	if err != nil {
		return err
	}
	list := []tested{}
	for _, s := range loaded {
		report := cases.Run(law, s.edition)
		if !p.json() {
			if _, err := report.WriteTo(p.out); err != nil {
				return err
			}
		}
		t := tested{Ruleset: string(report.Ruleset), Edition: report.Edition, Failed: []failedCase{}, Untried: []string{}}
		for _, r := range report.Failed() {
			t.Failed = append(t.Failed, failedCase{r.Name(), r.Case.Pos.String(), string(r.Case.Ask), r.Want.String(), r.Got, r.Wrong})
		}
		for _, c := range report.Untried() {
			t.Untried = append(t.Untried, c.Rule.ID)
		}
		t.Passed = len(report.Results) - len(t.Failed)
		if !report.OK() {
			p.code = exitTests
		}
		list = append(list, t)
	}
	if p.json() {
		return p.print(list)
	}
	return nil
}
