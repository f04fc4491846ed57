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
)

func (p *program) historyCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "history MEMBER|SUBJECT",
		Short: "Show what was recorded about a member, a mission or any other subject",
		Long: `History lists the events about a subject in the order in which the office learned of
them: when each took effect, when it was recorded, and whether it still stands. What
was retracted or corrected stays in the list and names what did it.

Codes on plates are restricted: of a plate the last two characters are shown, unless
--restricted is given.`,
		Example: `  comity history ana
  comity history mission/arandia-embassy
  comity history ana --restricted
  comity history ana --as-known 2025-01-31 -o json`,
		Args: atLeast(false, "MEMBER|SUBJECT"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.history(cmd.Context(), args[0], a) },
	}
	p.mayShowRestricted(cmd.Flags())
	cmd.Flags().StringVar(&a.asKnown, "as-known", "", "what was known: the first so many events, as in 12 or @12, or all by a time (default all)")
	return cmd
}

func (p *program) history(ctx context.Context, who string, a asking) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	kinds := append([]domain.SubjectKind{domain.KindMember, domain.KindMission}, domain.SubjectKinds()...)
	q, err := o.question(who, a, nil, kinds...)
	if err != nil {
		return err
	}
	entries, err := o.History(ctx, q.Subject, q.AsKnown)
	if err != nil {
		return err
	}
	if p.json() {
		list := []api.Entry{}
		for _, e := range entries {
			list = append(list, api.EntryOf(e, o.p.restricted))
		}
		return p.print(list)
	}
	g := p.page()
	g.line("%s", g.paint(bold, q.Subject.String()))
	if o.Mode() == domain.History {
		g.say("", "a history office: when its events were recorded is stated, not stamped")
	}
	g.line("")
	if len(entries) == 0 {
		g.line("Nothing was known of it then.")
		return nil
	}
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, []string{fmt.Sprintf("@%d", e.Position), whole(api.Moment(e.Envelope.Effective, o.Zone())), whole(o.local(e.Envelope.Recorded)), o.happened(e), api.Became(o.Engine, e)})
	}
	g.list([]string{"at", "effective", "recorded", "what", "stands"}, rows)
	return nil
}

// happened says what an event is, without what the other columns say.
func (o *office) happened(e engine.Entry) string {
	env := e.Envelope
	text := o.p.happened(env)
	if at, _, found := o.Root().View().EventByID(env.Target); found && !env.Target.IsZero() {
		text = strings.Replace(text, "event "+env.Target.String(), fmt.Sprintf("@%d", at), 1)
	}
	if env.Authority != "" {
		text += "; on " + env.Authority
	}
	return text
}
