package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
)

func (p *program) vehiclesCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "vehicles MEMBER|MISSION",
		Short: "Show the vehicles of a member or a mission: plates, insurance, tickets, liens",
		Long: `Vehicles lists what a member or a mission owns at the time asked about: until when each
vehicle is registered, how it is insured, how many tickets are open and how many of
them overdue by the law in force, and who holds a lien.

Of a plate only the last two characters are shown, since its codes are restricted. A
plate never proves who drives.`,
		Example: `  comity record vehicle.recorded car-1 kind=car owner=ana --effective 2025-02-01 --recorded 2025-05-01
  comity vehicles ana
  comity vehicles arandia-embassy --as-of 2025-02-01
  comity vehicles ana -o json`,
		Args:              atLeast(false, "MEMBER|MISSION"),
		ValidArgsFunction: p.completeHolder,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.vehicles(cmd.Context(), args[0], a) },
	}
	a.times(cmd.Flags())
	return cmd
}

func (p *program) vehicles(ctx context.Context, who string, a asking) error {
	return p.holdings(ctx, who, a, func(o *office, q engine.HoldingsQuery) error {
		vehicles, err := o.Vehicles(ctx, q)
		if err != nil {
			return err
		}
		if p.json() {
			return p.print(api.OwnedVehiclesOf(q, vehicles))
		}
		g := p.page()
		o.showHolder(g, q)
		if len(vehicles) == 0 {
			g.line("No vehicle is on record.")
			return nil
		}
		var rows [][]string
		for _, v := range vehicles {
			rows = append(rows, []string{
				string(v.ID), string(v.Kind), o.platesText(v), o.registeredText(v), insuranceText(v),
				ticketsText(v), or(strings.Join(v.Liens, ", "), "-"),
			})
		}
		g.list([]string{"vehicle", "kind", "plate", "registered", "insurance", "tickets", "liens"}, rows)
		return nil
	})
}

func (o *office) platesText(v facts.Vehicle) string {
	if v.Plate == "" {
		return or(strings.TrimPrefix(v.Plates, "none"), "-")
	}
	return whole(domain.MaskedPlate(v.Plate) + " " + v.Plates)
}

func (o *office) registeredText(v facts.Vehicle) string {
	text := "no"
	switch {
	case v.Registered && v.Until.At.IsZero():
		text = "yes"
	case v.Registered:
		text = "until " + whole(api.Moment(v.Until, o.Zone()))
	case !v.Until.At.IsZero():
		text = "no, was until " + whole(api.Moment(v.Until, o.Zone()))
	}
	if v.Withheld {
		text += ", withheld"
	}
	return text
}

// insuranceText says how a vehicle is insured, and for how much.
func insuranceText(v facts.Vehicle) string {
	var limits []string
	for _, l := range []struct {
		amount domain.Cents
		what   string
	}{{v.Policy.Combined, "combined"}, {v.Policy.PerPerson, "per person"}, {v.Policy.PerAccident, "per accident"}, {v.Policy.Property, "property"}} {
		if l.amount != 0 {
			limits = append(limits, whole(dollars(l.amount))+" "+l.what)
		}
	}
	state := strings.ReplaceAll(v.Insurance, "_", " ")
	if len(limits) == 0 {
		return state
	}
	return state + ": " + strings.Join(limits, ", ")
}

func ticketsText(v facts.Vehicle) string {
	if v.Overdue > 0 {
		return fmt.Sprintf("%d open, %d overdue", v.Tickets, v.Overdue)
	}
	if v.Tickets > 0 {
		return fmt.Sprintf("%d open", v.Tickets)
	}
	return "-"
}
