package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// whose holds the flags of comity who.
type whose struct {
	asking
	whom
	outcomes []string
}

func (p *program) whoCommand() *cobra.Command {
	var f whose
	cmd := writesCSV(&cobra.Command{
		Use:   "who PRIVILEGE [key=value ...]",
		Short: "List who has a privilege, and why",
		Long: `Who asks everybody about one privilege and lists those to whom it is permitted: the
outcome is allowed, or all its conditions are met by the request. With --outcome it
lists those with that outcome instead.

The law says who is asked: members, missions or both. A privilege of missions alone is
asked of the missions.`,
		Example: `  comity who imm.criminal
  comity who tax.fuel --outcome denied
  comity who tax.sales amount=20000 --state arandia
  comity who prem.inviolability -o json
  comity who imm.civil --outcome allowed_with_conditions --as-of 2025-01-20 --as-known 2025-01-24 -o csv`,
		Args: atLeast(true, "PRIVILEGE"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.known(cmd.Context(), privilegesInForce)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.who(cmd.Context(), args[0], args[1:], f) },
	})
	f.times(cmd.Flags())
	f.flags(p, cmd)
	cmd.Flags().StringSliceVar(&f.outcomes, "outcome", nil, "those with these outcomes: "+strings.Join(api.OutcomeChoices(), ", "))
	complete(cmd, "outcome", api.OutcomeChoices())
	return cmd
}

func (p *program) who(ctx context.Context, privilege string, words []string, f whose) error {
	wanted, err := parseOutcomes(f.outcomes)
	if err != nil {
		return err
	}
	return p.everybody(ctx, words, f.asking, func(o *office, when engine.When, request map[string]string) error {
		asking := p.meter("asking")
		all, err := o.Who(ctx, engine.WhoQuery{
			When: when, Privilege: domain.Privilege(privilege), Choice: f.choice(), Outcomes: wanted, Request: request, Progress: asking,
		})
		if err != nil {
			return err
		}
		switch {
		case p.wantsCSV():
			defer asking.end()
			return p.streamCSV(answerColumns, mapped(all.Answers, answerRow))
		case p.json():
			return streamJSON(p, api.FoundWho{AsOf: all.AsOf, AsKnown: all.AsKnown, Privilege: domain.Privilege(privilege)}, "answers", mapped(all.Answers, api.AnsweredOf))
		}
		rows, more, err := someRows(all.Answers, func(a standing.Answer) []string {
			return []string{a.Subject.ID, postText(a.Posts), verdictText(&a.Verdict), whyText(&a.Verdict)}
		})
		if err != nil {
			return err
		}
		asking.end()
		g := p.page()
		g.line("%s", g.paint(bold, privilege))
		o.showWhen(g, engine.Settled{AsOf: all.AsOf, AsKnown: all.AsKnown})
		g.line("")
		if len(rows) == 0 {
			g.line("Nobody.")
			return nil
		}
		g.listSome([]string{"who", "as", "answer", "because"}, rows, more)
		g.line("")
		g.line("%s", fmt.Sprintf("%d in all", len(rows)+more))
		return nil
	})
}
