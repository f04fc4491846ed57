package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
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
for. The rules only propose: a person decides, and records consequence.decided for the
violation. What takes effect is an event of its own: points.assessed,
license.suspended, registration.withheld, plates.recalled, card.recalled,
privilege.restricted, fee.imposed, surcharge.imposed, member.persona_non_grata.

A consequence that depends on the answer to a request for a waiver waits for it. A
violation that was dismissed is no longer listed, as known from then on. With --all,
those about which nothing is left to decide are listed too.`,
		Example: `  comity enforcement
  comity enforcement ana --all
  comity enforcement --offence traffic.dui --as-of 2025-02-01 -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.enforcement(cmd.Context(), strings.Join(args, ""), c)
		},
	}
	c.times(cmd.Flags())
	cmd.Flags().BoolVar(&c.all, "all", false, "also violations about which nothing is left to decide")
	cmd.Flags().StringVar(&c.offence, "offence", "", "only violations of this kind, such as traffic.dui")
	return cmd
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
		return p.print(enforcementOf(found))
	}
	g := p.page()
	g.line("as of     %s", o.local(q.AsOf))
	if len(found.Violations)+len(found.Standing) == 0 {
		g.line("")
		g.say("", "Nothing waits for a decision. Violations about which everything is decided are shown with --all.")
		return nil
	}
	for _, v := range found.Violations {
		o.showViolation(g, v)
	}
	for _, s := range found.Standing {
		g.line("")
		g.line("%s  %s", g.paint(bold, s.Subject.String()), s.Privilege)
		g.list([]string{"proposed", "state", "why"}, [][]string{proposalRow(s.Proposal)})
	}
	return nil
}

func (o *office) showViolation(g *page, v engine.EnforcementItem) {
	g.line("")
	g.line("%s  %s, %s", g.paint(bold, v.Subject.String()), v.Event.Offence, v.Term)
	details := []string{"on " + v.When.String()}
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
	g.say("  ", "event "+v.ID.String())
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

// The JSON of comity enforcement.
type (
	enforced struct {
		Violations []violation `json:"violations"`
		Standing   []proposed  `json:"standing"`
	}
	violation struct {
		Subject   string     `json:"subject"`
		Event     string     `json:"event"`
		Position  uint64     `json:"position"`
		Offence   string     `json:"offence"`
		Term      string     `json:"term"`
		When      string     `json:"when"`
		Points    int        `json:"points"`
		Citation  string     `json:"citation,omitzero"`
		Place     string     `json:"place,omitzero"`
		Vehicle   string     `json:"vehicle,omitzero"`
		Matter    string     `json:"matter,omitzero"`
		Waiver    string     `json:"waiver,omitzero"`
		Proposals []proposed `json:"proposals"`
	}
	proposed struct {
		Subject     string   `json:"subject,omitzero"`
		Privilege   string   `json:"privilege,omitzero"`
		Consequence string   `json:"consequence"`
		State       string   `json:"state"`
		Text        string   `json:"text"`
		Cite        []string `json:"cite"`
		Rule        string   `json:"rule,omitzero"`
		By          *uint64  `json:"by,omitzero"` // position of the event that decided it
	}
)

func enforcementOf(found engine.Enforcement) enforced {
	out := enforced{Violations: []violation{}, Standing: []proposed{}}
	for _, v := range found.Violations {
		one := violation{
			Subject: v.Subject.String(), Event: v.ID.String(), Position: uint64(v.Pos), Offence: string(v.Event.Offence), Term: v.Term,
			When: v.When.String(), Points: v.Points, Citation: v.Event.Citation, Place: v.Event.Place,
			Vehicle: string(v.Event.Vehicle), Matter: string(v.Event.Matter), Waiver: v.Waiver, Proposals: []proposed{},
		}
		for _, p := range v.Proposals {
			one.Proposals = append(one.Proposals, proposedOf(p))
		}
		out.Violations = append(out.Violations, one)
	}
	for _, s := range found.Standing {
		p := proposedOf(s.Proposal)
		p.Subject, p.Privilege, p.Rule = s.Subject.String(), string(s.Privilege), s.Rule
		out.Standing = append(out.Standing, p)
	}
	return out
}

func proposedOf(p engine.Proposal) proposed {
	out := proposed{Consequence: p.Consequence, State: string(p.State), Text: p.Text, Cite: p.Cite}
	if p.Decided {
		by := uint64(p.By)
		out.By = &by
	}
	return out
}
