package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func (p *program) cardsCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "cards MEMBER|MISSION",
		Short: "Show the cards of a member or a mission, and whether each is held",
		Long: `Cards lists the cards that were issued to a member, or in the name of a mission:
identity cards, tax cards, licenses. Each is held, returned, recalled or expired at the
time asked about.

A card gives nothing. It shows what its holder was thought to have; what the holder may
do is for comity ask and comity standing to say.`,
		Example: `  comity cards ana
  comity cards arandia-embassy --as-of 2025-02-01
  comity cards ana -o json`,
		Args:              atLeast(false, "MEMBER|MISSION"),
		ValidArgsFunction: p.completeHolder,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.cards(cmd.Context(), args[0], a) },
	}
	a.times(cmd.Flags())
	return cmd
}

// completeHolder lets a shell complete the members and missions on record.
func (p *program) completeHolder(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	o, err := p.readOffice(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = o.close(cmd.Context()) }() // there is nobody to tell
	view := o.Root().View()
	return append(view.Subjects(domain.KindMember), view.Subjects(domain.KindMission)...), cobra.ShellCompDirectiveNoFileComp
}

// holdings opens the office and gives do what was asked about whom.
func (p *program) holdings(ctx context.Context, who string, a asking, do func(*office, engine.HoldingsQuery) error) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	asked, err := o.query(a)
	if err != nil {
		return err
	}
	subject, err := o.find(who, domain.KindMember, domain.KindMission)
	if err != nil {
		return badInput(err)
	}
	return do(o, engine.HoldingsQuery{AsOf: asked.AsOf, AsKnown: asked.AsKnown, Subject: subject})
}

func (p *program) cards(ctx context.Context, who string, a asking) error {
	return p.holdings(ctx, who, a, func(o *office, q engine.HoldingsQuery) error {
		cards, err := o.Cards(ctx, q)
		if err != nil {
			return err
		}
		if p.json() {
			return p.print(api.HeldCardsOf(q, cards))
		}
		g := p.page()
		o.showHolder(g, q)
		if len(cards) == 0 {
			g.line("No card is on record.")
			return nil
		}
		var rows [][]string
		for _, c := range cards {
			until := "no end"
			if !c.Until.At.IsZero() {
				until = api.Moment(c.Until, o.Zone())
			}
			rows = append(rows, []string{
				string(c.ID), string(c.Kind), or(string(c.Design), or(c.Border, "-")), or(string(c.Holder), "-"),
				whole(api.Moment(c.Issued, o.Zone())), whole(until), c.State,
			})
		}
		g.list([]string{"card", "kind", "design/border", "holder", "issued", "until", "state"}, rows)
		return nil
	})
}

// showHolder heads a page with whom and when it is about.
func (o *office) showHolder(g *page, q engine.HoldingsQuery) {
	g.line("%s", g.paint(bold, q.Subject.String()))
	g.line("as of     %s", o.local(q.AsOf))
	g.line("")
}
