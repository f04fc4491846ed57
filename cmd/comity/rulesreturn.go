package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func (p *program) rulesReturnCommand() *cobra.Command {
	var f recording
	var reason string
	cmd := &cobra.Command{
		Use:   "return HASH|FOLDER|NAME",
		Short: "Return what is proposed to its authors",
		Long: `Return says that a proposal is not taken up, and why. Anybody may return one, its authors
too, also if it was approved already. It takes a new proposal to go on.`,
		Example: `  comity rules propose ./arandia --actor ana --recorded 2025-05-20
  comity rules return ./arandia --reason "the amount is in euros" --actor ben --recorded 2025-05-21`,
		Args:              atLeast(false, "HASH|FOLDER|NAME"),
		ValidArgsFunction: p.completeText(domain.DraftProposed, domain.DraftApproved),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := textOf(args[0])
			if err != nil {
				return err
			}
			return p.steps(cmd.Context(), args[0], f, func(o *office, s engine.Step) (engine.Receipt, error) {
				s.Hash = text.hash
				return o.Return(cmd.Context(), engine.Returning{Step: s, Reason: reason})
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why it is not taken up; needed")
	f.stepFlags(cmd.Flags(), "returns it")
	return cmd
}
