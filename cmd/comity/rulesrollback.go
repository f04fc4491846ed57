package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
)

func (p *program) rulesRollbackCommand() *cobra.Command {
	var f publishing
	cmd := &cobra.Command{
		Use:   "rollback RULESET HASH|FOLDER",
		Short: "Publish an old edition again, in place of the one in force",
		Long: `Rollback brings back an edition that was published before: the same text comes into force
again, and the event says which edition it replaces. Nothing is undone: what was asked
about the time between is answered as before.

In a live office the old text is proposed (comity rules propose HASH) and approved like a
new one.`,
		Example: `  comity rules publish ./arandia --effective 2025-05-01 --recorded 2025-05-20
  comity rules publish ./arandia-2 --effective 2025-05-10 --recorded 2025-05-21
  comity rules rollback arandia ./arandia --effective 2025-05-15 --reason "published too early" --recorded 2025-05-22`,
		Args:              atLeast(false, "RULESET", "HASH|FOLDER"),
		ValidArgsFunction: p.completeRuleset,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.rollback, f.ruleset = true, domain.RulesetID(args[0])
			return p.publish(cmd.Context(), args[1], f)
		},
	}
	f.flags(cmd.Flags())
	return cmd
}
