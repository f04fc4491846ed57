package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

func (p *program) rulesWithdrawCommand() *cobra.Command {
	var f recording
	var reason string
	cmd := &cobra.Command{
		Use:   "withdraw RULESET",
		Short: "Withdraw the edition of a ruleset, with nothing in its place",
		Long: `Withdraw says that an edition goes out of force. A State without an edition of its own is
under the general law; without an edition of the common law there are no answers. What
was asked about the time before is answered as before.

In a live office it takes an approved proposal: comity rules propose HASH --withdraw. It
takes effect as approved.`,
		Example: `  comity rules publish ./arandia --effective 2025-05-01 --recorded 2025-05-20
  comity rules withdraw arandia --effective 2025-06-01 --reason "the practice ended" --recorded 2025-05-21`,
		Args:              atLeast(false, "RULESET"),
		ValidArgsFunction: p.completeRuleset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.steps(cmd.Context(), args[0], f, func(o *office, s engine.Step) (r engine.Receipt, err error) {
				w := engine.Withdrawing{Step: s, Authority: f.authority, Reason: reason}
				if f.effective != "" {
					if w.Effective, err = calendar.ParseWhen(f.effective, o.Zone()); err != nil {
						return r, badInput(fmt.Errorf("--effective: %w", err))
					}
				}
				if w.Ruleset, w.Hash, err = o.toWithdraw(domain.RulesetID(args[0]), w.Effective); err != nil {
					return r, err
				}
				return o.Withdraw(cmd.Context(), w)
			})
		},
	}
	cmd.Flags().StringVar(&f.effective, "effective", "", "when it goes out of force: see comity help times (default as approved, or now)")
	cmd.Flags().StringVar(&f.authority, "authority", "", "the law or order relied upon (default the edition itself)")
	cmd.Flags().StringVar(&reason, "reason", "", "why (default that of the proposal)")
	f.stepFlags(cmd.Flags(), "withdraws it")
	return cmd
}

// toWithdraw finds the edition that is meant: the one that was approved for
// withdrawal, or else the one in force then.
func (o *office) toWithdraw(id domain.RulesetID, at calendar.When) (domain.RulesetID, string, error) {
	lives, err := o.Lives(id)
	if err != nil {
		return id, "", err
	}
	for _, d := range lives[0].Drafts() {
		if d.State == domain.DraftApproved && d.Proposal.Withdraw {
			return id, d.Hash, nil
		}
	}
	if at.At.IsZero() {
		at.At = o.Now()
	}
	if hash := lives[0].InForce(at.At); hash != "" {
		return id, hash, nil
	}
	return id, "", badInput(fmt.Errorf("no edition of %s is in force then, so there is none to withdraw", id))
}
