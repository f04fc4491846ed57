package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

func (p *program) requestsShowCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "show REQUEST",
		Short: "Show a notice or an application with its history, and what each step means",
		Long: `Show says how it stands with a request: who filed it for what, which clock runs, what
is due by whom; and what was done about it, with what each step means.`,
		Example: `  comity record request.filed lease-1 mission=arandia-embassy kind=property privileges=property.lease --effective 2025-03-01 --recorded 2025-05-01
  comity requests show lease-1
  comity requests show lease-1 --as-of 2025-04-29
  comity requests show lease-1 -o json`,
		Args: atLeast(false, "REQUEST"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.requestsShow(cmd.Context(), args[0], a) },
	}
	a.times(cmd.Flags())
	return cmd
}

func (p *program) requestsShow(ctx context.Context, name string, a asking) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	subject, err := o.find(name, domain.KindRequest)
	if err != nil {
		return badInput(err)
	}
	q, err := o.query(a)
	if err != nil {
		return err
	}
	item, filed, err := o.Request(ctx, domain.RequestID(subject.ID), q)
	if err != nil {
		return err
	}
	entries, err := o.History(ctx, subject, q.AsKnown)
	if err != nil {
		return err
	}
	if p.json() {
		if !filed {
			return badInput(fmt.Errorf("%s had not been filed by %s, as known then", subject, o.local(q.AsOf)))
		}
		out := api.RequestedOf(item, q)
		for _, e := range entries {
			out.History = append(out.History, api.RequestStep{Entry: api.EntryOf(e, o.p.restricted), Means: api.Means(o.Engine, item, e)})
		}
		return p.print(out)
	}
	g := p.page()
	g.line("%s", g.paint(bold, subject.String()))
	o.showQuery(g, q)
	g.line("")
	if filed {
		o.showRequest(g, item)
	} else {
		g.line("It had not been filed by then, as known then.")
	}
	if len(entries) == 0 {
		return nil
	}
	g.title("What was done")
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, []string{fmt.Sprintf("@%d", e.Position), whole(api.Moment(e.Envelope.Effective, o.Zone())), o.happened(e), api.Means(o.Engine, item, e)})
	}
	g.list([]string{"at", "effective", "what", "what it means"}, rows)
	return nil
}

// showRequest shows a request as it stands.
func (o *office) showRequest(g *page, item engine.RequestItem) {
	g.line("  %s", g.paint(bold+";"+stateColours[item.State], strings.ToUpper(stateText(item.State))))
	g.line("")
	show := func(lead, text string) {
		if text != "" {
			g.say(fmt.Sprintf("%-10s", lead), text)
		}
	}
	show("kind", fmt.Sprintf("%s: %s%s", item.Kind, item.Term, cited(item.Clock.Cite)))
	show("filed by", whoFiled(item))
	show("for", strings.Join(texts(item.Members), ", "))
	show("about", strings.Join(texts(item.Privileges), ", "))
	show("object", item.Object)
	show("place", item.Place)
	if item.Amount != 0 {
		show("amount", dollars(item.Amount))
	}
	show("what for", item.Description)
	show("window", o.window(item.From, item.Until))
	show("filed", fmt.Sprintf("%s; days are counted in %s", item.On, item.Zone))
	show("period", periodText(item))
	show("due", o.dueLine(item))
	if !item.Decided.At.IsZero() && (item.State != facts.StateWithdrawn) {
		show("decided", api.Moment(item.Decided, o.Zone()))
	}
	if !item.ApprovedUntil.At.IsZero() {
		show("holds", "until "+api.Moment(item.ApprovedUntil, o.Zone()))
	}
	show("terms", strings.Join(item.Terms, "; "))
	show("because", item.Reason)
	show("remedy", item.Remedy)
}

// dollars writes an amount as people do: $1,250.50.
func dollars(c domain.Cents) string {
	whole := strconv.Itoa(int(c / 100))
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("$%s.%02d", whole, c%100)
}

func (o *office) window(from, until calendar.When) string {
	var parts []string
	if !from.At.IsZero() {
		parts = append(parts, "from "+api.Moment(from, o.Zone()))
	}
	if !until.At.IsZero() {
		parts = append(parts, "until "+api.Moment(until, o.Zone()))
	}
	return strings.Join(parts, " ")
}

// periodText says which clock the law starts, and when it ends.
func periodText(item engine.RequestItem) string {
	if item.PeriodEnds == timeline.Never {
		return "no clock runs"
	}
	text := plural(item.Clock.Days, "day") + " by law"
	if item.Clock.Months > 0 {
		text = plural(item.Clock.Months, "month") + " by law"
	}
	if item.PeriodEnds < item.Steps[0].PeriodEnds {
		text += ", made shorter"
	}
	text += "; over on " + api.LocalTime(item.PeriodEnds.Time(), item.Zone)
	if item.Clock.Free {
		return text + ", and what is not disapproved by then may be done"
	}
	return text + ", and nothing may be done until there is a decision"
}

func (o *office) dueLine(item engine.RequestItem) string {
	if item.DueBy == "" {
		return ""
	}
	text := "from the Office"
	if item.DueBy == facts.DueByApplicant {
		text = "from the applicant, who may remedy it"
	}
	if item.Due == timeline.Never {
		return text
	}
	left := daysLeft(item)
	if item.DaysLeft > 0 {
		left += " left"
	}
	return fmt.Sprintf("%s by %s (%s)", text, o.dueText(item), left)
}
