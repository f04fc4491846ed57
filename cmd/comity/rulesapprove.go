package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func (p *program) rulesApproveCommand() *cobra.Command {
	var f recording
	var note string
	cmd := &cobra.Command{
		Use:   "approve HASH|FOLDER|NAME",
		Short: "Approve what somebody else proposed",
		Long: `Approve says that what is proposed may be carried out as it is proposed. None of its
authors can: neither who proposed it, nor who saved it or a draft that it was made from.
Who asks is claimed, not proved; two names that differ only in how they are written are
one.

The approval names the editions that are to be in force then, of the ruleset and of the
common law. Once one of them is another, the approval is void, and somebody has to look
again.`,
		Example: `  comity rules propose ./arandia --actor ana --recorded 2025-05-20
  comity rules approve ./arandia --actor ben --note "compared with order 25-3" --recorded 2025-05-21`,
		Args:              atLeast(false, "HASH|FOLDER|NAME"),
		ValidArgsFunction: p.completeText(domain.DraftProposed, domain.DraftApproved),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := textOf(args[0])
			if err != nil {
				return err
			}
			return p.steps(cmd.Context(), args[0], f, func(o *office, s engine.Step) (engine.Receipt, error) {
				s.Hash = text.hash
				return o.Approve(cmd.Context(), engine.Approving{Step: s, Note: note})
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "what was looked at")
	f.stepFlags(cmd.Flags(), "approves it")
	return cmd
}
