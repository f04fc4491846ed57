package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/timeline"
)

// charged holds the flags of comity enforcement.
type charged struct {
	asking
	all     bool
	offence string
}

func (p *program) enforcementCommand() *cobra.Command {
	var c charged
	cmd := &cobra.Command{
		Use:   "enforcement [MEMBER|MISSION]",
		Short: "Show the violations on record, and which consequences wait for a decision",
		Long: `Enforcement lists the violations that stand, with the consequences that the rules call
for, what follows from all points together, and how many points count.

The rules only propose. A person decides, and records consequence.decided for the
violation. What takes effect is an event of its own, and shows that the consequence was
drawn if it names the violation: points.assessed, license.suspended,
license.revoked, registration.withheld, fee.imposed, surcharge.imposed. Others are
plates.recalled, card.recalled, privilege.restricted, member.persona_non_grata.

A consequence that depends on the answer to a request for a waiver waits for it. A
violation that was dismissed is no longer listed, as known from then on. With --all,
those about which nothing is left to decide are listed too. With --offence, points and
what follows from them are not shown, since they are of all violations together.`,
		Example: `  comity enforcement
  comity enforcement ana --all
  comity enforcement --offence traffic.dui --as-of 2025-02-01 -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: name one member or mission", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.enforcement(cmd.Context(), strings.Join(args, ""), c)
		},
	}
	c.times(cmd.Flags())
	cmd.Flags().BoolVar(&c.all, "all", false, "also violations about which nothing is left to decide")
	cmd.Flags().StringVar(&c.offence, "offence", "", "only violations of this kind, such as traffic.dui")
	if err := cmd.RegisterFlagCompletionFunc("offence", p.completeOffence); err != nil {
		panic("bad math in enforcement: " + err.Error()) // unreachable unless the flag is not declared
	}
	return cmd
}

// completeOffence lets a shell complete offences: those of the law in force now.
func (p *program) completeOffence(cmd *cobra.Command, _ []string, _ string) (_ []string, _ cobra.ShellCompDirective) {
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
	for _, c := range edition.Language.Lists["offence"].Codes {
		out = append(out, cobra.CompletionWithDesc(c.Code, c.Term))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) enforcement(ctx context.Context, name string, c charged) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	asked, err := o.query(c.asking)
	if err != nil {
		return err
	}
	q := engine.EnforcementQuery{AsOf: asked.AsOf, AsKnown: asked.AsKnown, All: c.all, Offence: domain.Offence(c.offence)}
	if name != "" {
		if q.Subject, err = o.find(name, domain.KindMember, domain.KindMission); err != nil {
			return badInput(err)
		}
	}
	found, err := o.Enforcement(ctx, q)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(api.EnforcedOf(found))
	}
	g := p.page()
	g.line("as of     %s", o.local(found.AsOf))
	g.say("as known  ", o.knownAt(found.AsKnown))
	if len(found.Violations)+len(found.Standing) == 0 {
		g.line("")
		g.say("", c.none())
	}
	for _, v := range found.Violations {
		o.showViolation(g, v)
	}
	for _, s := range found.Standing {
		g.line("")
		g.line("%s  %s", g.paint(bold, s.Subject.String()), s.Privilege)
		if len(s.Events) > 0 {
			g.say("  ", "by "+positions(s.Events)+" together")
		}
		g.list([]string{"proposed", "state", "why"}, [][]string{proposalRow(s.Proposal)})
	}
	if len(found.Points) > 0 {
		var rows [][]string
		for _, one := range found.Points {
			rows = append(rows, []string{one.Subject.String(), fmt.Sprint(one.Points), plural(one.Months, "month"), positions(one.Events)})
		}
		g.line("")
		g.list([]string{"points of", "count", "within", "by"}, rows)
	}
	return nil
}

// none says that nothing was found, and where else to look.
func (c *charged) none() string {
	switch {
	case c.all && c.offence != "":
		return "No violation is like that."
	case c.all:
		return "No violation is on record."
	default:
		return "Nothing waits for a decision. Violations about which everything is decided are shown with --all."
	}
}

// positions writes places in the log: @11, @12.
func positions(of []domain.Position) string {
	words := make([]string, len(of))
	for i, pos := range of {
		words[i] = fmt.Sprintf("@%d", pos)
	}
	return strings.Join(words, ", ")
}

func (o *office) showViolation(g *page, v engine.EnforcementItem) {
	g.line("")
	g.line("%s  %s, %s", g.paint(bold, v.Subject.String()), v.Event.Offence, v.Term)
	details := []string{"on " + api.Moment(v.When, o.Zone())}
	for _, d := range []struct{ lead, text string }{
		{"citation", v.Event.Citation}, {"at", v.Event.Place}, {"vehicle", string(v.Event.Vehicle)}, {"matter", string(v.Event.Matter)}, {"waiver", v.Waiver},
	} {
		if d.text != "" {
			details = append(details, d.lead+" "+d.text)
		}
	}
	if v.Points > 0 {
		details = append(details, plural(v.Points, "point"))
	}
	g.say("  ", strings.Join(details, ", "))
	g.say("  ", fmt.Sprintf("event @%d, %s", v.Pos, v.ID))
	var rows [][]string
	for _, p := range v.Proposals {
		rows = append(rows, proposalRow(p))
	}
	g.list([]string{"proposed", "state", "why"}, rows)
}

func proposalRow(p engine.Proposal) []string {
	state := string(p.State)
	switch p.State {
	case engine.ProposalWaits:
		state = "waits for the waiver"
	case engine.ProposalMoot:
		state = "does not apply"
	case engine.ProposalImposed, engine.ProposalDeclined:
		state += fmt.Sprintf(" @%d", p.By)
	case engine.ProposalOpen, engine.ProposalDone:
	}
	return []string{whole(p.Consequence), whole(state), p.Text + cited(p.Cite)}
}
