package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

func (p *program) rulesProposeCommand() *cobra.Command {
	var f recording
	var reason string
	var withdraw bool
	cmd := &cobra.Command{
		Use:   "propose HASH|FOLDER|NAME",
		Short: "Propose that a draft come into force, or that an edition be withdrawn",
		Long: `Propose asks for somebody's approval: that a saved draft come into force on the date in
its head or when --effective says, and otherwise when it is published; or, with
--withdraw, that an edition go out of force. A text with mistakes, or with a rule below
a floor, can't be proposed. A folder that was not saved yet is saved first,
unless the proposal is refused.

A new proposal of the same text takes the place of the last one and of its approval: so
the date is changed. An edition that was published before is proposed in the same way to
bring it back; comity rules rollback publishes it then.`,
		Example: `  comity rules propose ./arandia --effective 2025-07-01 --reason "order 25-3" --actor ana --recorded 2025-05-20
  comity rules propose ./arandia --effective 2025-08-01 --actor ana --recorded 2025-05-21 -o json`,
		Args:              atLeast(false, "HASH|FOLDER|NAME"),
		ValidArgsFunction: p.completeText(),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := textOf(args[0])
			if err != nil {
				return err
			}
			err = p.steps(cmd.Context(), args[0], f, func(o *office, s engine.Step) (r engine.Receipt, err error) {
				var from calendar.When
				if f.effective != "" {
					if from, err = calendar.ParseWhen(f.effective, o.Zone()); err != nil {
						return r, badInput(fmt.Errorf("--effective: %w", err))
					}
				}
				s.Hash = text.hash
				proposing := engine.Proposing{Step: s, From: from, Withdraw: withdraw, Reason: reason}
				_, known, err := o.FindDraft("", text.hash)
				switch {
				case err != nil && text.bundle == nil:
					return r, err
				case text.bundle != nil && (err != nil || known.State == domain.DraftUnknown):
					saving := engine.Saving{Bundle: text.bundle, Actor: s.Actor, Recorded: s.Recorded}
					if err := o.MayPropose(cmd.Context(), saving, proposing); err != nil {
						return r, err
					}
					if _, err := o.SaveDraft(cmd.Context(), saving); err != nil {
						return r, err
					}
					p.note("saved the draft %.12s", text.hash)
				}
				return o.Propose(cmd.Context(), proposing)
			})
			return namedInvalid(args[0], err)
		},
	}
	cmd.Flags().StringVar(&f.effective, "effective", "", "when it is to take effect: see comity help times (default the date in its head, or when it is published)")
	cmd.Flags().BoolVar(&withdraw, "withdraw", false, "that the edition be withdrawn")
	cmd.Flags().StringVar(&reason, "reason", "", "why; a live office needs one to change the law of the past")
	f.stepFlags(cmd.Flags(), "proposes it")
	return cmd
}

// namedInvalid says of which ruleset mistakes are.
func namedInvalid(name string, err error) error {
	if _, said := errors.AsType[*invalid](err); !said && as[rules.Diagnostics](err) {
		return &invalid{name: name, error: err}
	}
	return err
}
