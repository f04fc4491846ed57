package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

func (p *program) officesCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "offices [CITY|MISSION]",
		Short: "Show the regional offices, and which of them serves a city or a mission",
		Long: `Offices lists the regional offices of the Office of Foreign Missions; with a city or a
mission, it says which of them serves posts there.

Most of who serves whom is published as a map only. What is not published in words is
not guessed: the answer is then to ask the Office.`,
		Example: `  comity offices
  comity offices Boston
  comity offices Oregon -o json
  comity offices arandia-embassy`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: name one city or mission, in quotes if it has spaces", args[1])
			}
			return nil
		},
		ValidArgsFunction: p.completeCity,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.offices(cmd.Context(), strings.Join(args, ""), a)
		},
	}
	a.times(cmd.Flags())
	return cmd
}

// completeCity lets a shell complete the cities of which it is published who serves them.
func (p *program) completeCity(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	o, err := p.readOffice(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = o.close(cmd.Context()) }() // there is nobody to tell
	edition, _, err := o.Root().LawAt(timeline.Of(o.Now()), o.Position())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, one := range edition.Offices {
		if !one.Former {
			out = append(out, one.City)
			out = append(out, one.Cities...)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) offices(ctx context.Context, name string, a asking) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	asked, err := o.query(a)
	if err != nil {
		return err
	}
	q := engine.RegionsQuery{AsOf: asked.AsOf, AsKnown: asked.AsKnown, Place: name}
	if name != "" {
		mission, err := o.Find(name, domain.KindMission)
		switch {
		case err == nil:
			q.Mission, q.Place = domain.MissionID(mission.ID), ""
		case strings.HasPrefix(name, "mission/"):
			return badInput(err)
		}
	}
	found, err := o.Regions(ctx, q)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(api.RegionsOf(found, q))
	}
	g := p.page()
	if name != "" {
		g.say("", api.Served(found, q))
		if found.Serves == nil && found.ServesState == nil {
			return nil
		}
		g.line("")
	}
	var rows [][]string
	for _, one := range found.Offices {
		if name != "" && one != found.Serves && one != found.ServesState {
			continue
		}
		city := one.City
		if one.Former {
			city += " (former)"
		}
		rows = append(rows, []string{whole(city), one.Zone, or(serves(one), "-"), one.Note + cited(one.Cite)})
	}
	if len(rows) == 0 {
		g.line("The law in force lists no regional offices.")
		return nil
	}
	g.list([]string{"office", "zone", "also serves", "note"}, rows)
	return nil
}

// serves lists what an office serves beside its own city, as far as published.
func serves(o *rules.RegionalOffice) string {
	var words []string
	if len(o.Cities) > 0 {
		words = append(words, "posts in "+strings.Join(o.Cities, ", "))
	}
	if len(o.States) > 0 {
		words = append(words, "the states "+strings.Join(o.States, ", "))
	}
	return strings.Join(append(words, o.Parts...), "; ")
}
