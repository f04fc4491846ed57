package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules"
)

func (p *program) rulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Write, check, prove, preview and publish rulesets",
		Long: `The law is data: rulesets, of which dated editions are published in the log. One is
common to all sending States; a State's own adds what is peculiar to it.`,
		Example: `  comity rules list
  comity rules check ./my-ruleset
  comity rules test
  comity rules show S-AGENT
  comity rules analyse`,
	}
	for _, g := range []struct{ id, title string }{
		{"write", "Writing:"}, {"check", "Checking and proving:"}, {"before", "Before it is published:"}, {"publish", "From draft to law:"}, {"look", "Looking things up:"},
	} {
		cmd.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
	}
	for _, c := range []struct {
		group string
		cmd   *cobra.Command
	}{
		{"write", p.rulesNewCommand()},
		{"write", p.rulesFmtCommand()},
		{"write", p.rulesSchemaCommand()},
		{"write", p.rulesLSPCommand()},
		{"check", p.rulesCheckCommand()},
		{"check", p.rulesLintCommand()},
		{"check", p.rulesTestCommand()},
		{"check", p.rulesCoverCommand()},
		{"check", p.rulesAnalyseCommand()},
		{"before", p.rulesTryCommand()},
		{"before", p.rulesDiffCommand()},
		{"before", p.rulesImpactCommand()},
		{"publish", p.rulesDraftCommand()},
		{"publish", p.rulesDraftsCommand()},
		{"publish", p.rulesProposeCommand()},
		{"publish", p.rulesReturnCommand()},
		{"publish", p.rulesApproveCommand()},
		{"publish", p.rulesPublishCommand()},
		{"publish", p.rulesRollbackCommand()},
		{"publish", p.rulesWithdrawCommand()},
		{"publish", p.rulesLifeCommand()},
		{"look", p.rulesListCommand()},
		{"look", p.rulesShowCommand()},
		{"look", p.rulesExplainCommand()},
		{"look", p.rulesReadsCommand()},
		{"look", p.rulesHelpCommand()},
	} {
		c.cmd.GroupID = c.group
		cmd.AddCommand(c.cmd)
	}
	needsSubcommand(cmd)
	return cmd
}

// An invalid ruleset, with what is wrong with it.
type invalid struct {
	name string
	error
}

func (i *invalid) Error() string {
	n, text := 1, i.error
	if d, ok := errors.AsType[rules.Diagnostics](i.error); ok {
		n, text = len(d), d.In(folderOf(i.name))
	}
	return fmt.Sprintf("ruleset %s: %s\n%s", i.name, plural(n, "mistake"), text)
}

func (i *invalid) Unwrap() error { return i.error }
