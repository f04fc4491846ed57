package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/projections/standing"
)

// publishing holds the flags of comity rules publish and rollback.
type publishing struct {
	recording
	reason   string
	rollback bool
	ruleset  domain.RulesetID
}

func (f *publishing) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.effective, "effective", "", "when it comes into force: see comity help times (default as approved, or the date in its head)")
	flags.StringVar(&f.recorded, "recorded", "", "when the office learned of it; only in a history office, and needed there")
	flags.StringVar(&f.authority, "authority", "", "the law or order relied upon (default the edition itself)")
	flags.StringVar(&f.reason, "reason", "", "why (default that of the proposal); a live office needs one to change the law of the past")
	flags.StringVar(&f.actor, "actor", "", "who publishes it, as claimed (default $USER)")
	flags.StringVar(&f.command, "command", "", "id of the command, a ULID: the same command has one effect, however often it is given")
	flags.BoolVar(&f.dryRun, "dry-run", false, "decide it, show which answers about the past it would change, and record nothing")
}

func (p *program) rulesPublishCommand() *cobra.Command {
	var f publishing
	cmd := &cobra.Command{
		Use:   "publish HASH|FOLDER|NAME",
		Short: "Publish an edition of a ruleset in the log",
		Long: `Publish checks a ruleset, stores its text beside the log and records that it comes into
force: as it was approved, or on the date in its head, or when --effective says. Editions
that are on record stay, so that what was asked under them is answered as before.

In a live office somebody other than its authors has to have approved it, from just that
time on: see comity rules draft, propose and approve. If that time is past, say why with
--reason; which answers about the past become otherwise is shown then, as by comity
effects, and with --dry-run before.

In a history office say with --recorded when the office learned of the edition: from
then on it is known.`,
		Example: `  comity rules publish ./arandia --effective 2025-06-01 --authority "order 25-3" --recorded 2025-05-20
  comity rules publish ./common --effective 2026-01-01 --authority "order 25-9" --recorded 2025-05-28`,
		Args:              atLeast(false, "HASH|FOLDER|NAME"),
		ValidArgsFunction: p.completeText(domain.DraftApproved),
		RunE:              func(cmd *cobra.Command, args []string) error { return p.publish(cmd.Context(), args[0], f) },
	}
	f.flags(cmd.Flags())
	return cmd
}

func (p *program) publish(ctx context.Context, name string, f publishing) (err error) {
	text, err := textOf(name)
	if err != nil {
		return err
	}
	o, err := p.openFor(ctx, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	s, err := o.step(f.recording)
	if err != nil {
		return err
	}
	what := engine.Publication{
		Bundle: text.bundle, Ruleset: f.ruleset, Hash: text.hash, Authority: f.authority, Reason: f.reason,
		Actor: s.Actor, Command: s.Command, Recorded: s.Recorded,
	}
	if f.effective != "" {
		if what.Effective, err = calendar.ParseWhen(f.effective, o.Zone()); err != nil {
			return badInput(fmt.Errorf("--effective: %w", err))
		}
	}
	if f.dryRun {
		return namedInvalid(name, stepRefused(name, p.foresee(ctx, o, what, f.rollback)))
	}
	publish := o.Publish
	if f.rollback {
		publish = o.Rollback
	}
	receipt, err := publish(ctx, what)
	if err != nil {
		return namedInvalid(name, stepRefused(name, err))
	}
	return o.showStep(ctx, what.Actor, receipt)
}

// showStep shows what was recorded and, if it changes the law of a live office's
// past, which answers become otherwise.
func (o *office) showStep(ctx context.Context, actor string, receipt engine.Receipt) error {
	done := o.recordedBy(actor, receipt)
	one := done.Commands[0].Drafts[0]
	if !domain.ChangesLaw(one.Event) || !one.Effective.At.Before(one.Recorded) || o.Mode() != domain.Live {
		return o.showReceipt(done, receipt, false)
	}
	found, err := o.Effects(ctx, engine.EffectsQuery{Event: receipt.First, AtEvent: true, Progress: o.p.meter("asking")})
	if err != nil {
		return err
	}
	return o.p.showRetroactive(o, done, receipt, found, false)
}

// foresee shows what a publication would change of the past, and records nothing.
func (p *program) foresee(ctx context.Context, o *office, what engine.Publication, rollback bool) error {
	found, receipt, err := o.Foresee(ctx, what, rollback, engine.EffectsQuery{Progress: p.meter("asking")})
	if err != nil {
		return err
	}
	if found == nil { // on record already
		return o.showReceipt(o.recordedBy(what.Actor, receipt), receipt, true)
	}
	batch := &intake.Batch{Commands: []domain.Command{{Actor: what.Actor, Drafts: found.Events}}}
	return p.showRetroactive(o, batch, receipt, found, true)
}

// A retroactive effect is what a publication into the past changed of it, for
// programs.
type retroactive struct {
	receiptSaid
	Everybody bool             `json:"everybody"`
	Reached   int              `json:"reached"`
	Changed   []api.ChangedFor `json:"changed"`
}

// showRetroactive shows a receipt, and which answers about the past are otherwise.
func (p *program) showRetroactive(o *office, batch *intake.Batch, r engine.Receipt, found *engine.Effects, dryRun bool) error {
	if p.json() {
		out := retroactive{receiptSaid: o.receiptOf(batch, r, dryRun), Everybody: found.Everybody, Reached: len(found.Reached), Changed: []api.ChangedFor{}}
		for c, err := range found.Changed {
			if err != nil {
				return err
			}
			out.Changed = append(out.Changed, api.ChangedOf(c))
		}
		return p.print(out)
	}
	if err := o.showReceipt(batch, r, dryRun); err != nil {
		return err
	}
	g := p.page()
	var rows [][]string
	more, who := 0, map[domain.Subject]bool{}
	for c, err := range found.Changed {
		if err != nil {
			return err
		}
		for _, e := range c.Effects {
			who[e.Subject] = true
			if len(rows) == mostListed {
				more++
				continue
			}
			rows = append(rows, effectRow(o, e))
		}
	}
	if len(rows) == 0 {
		g.title("No answer about the past becomes otherwise")
		return nil
	}
	g.title(fmt.Sprintf("Answers about the past that become otherwise, for %s", plural(len(who), "subject")))
	g.listSome([]string{"who", "privilege", "from", "until", "was", "is", "because"}, rows, more)
	return nil
}

func effectRow(o *office, e standing.Effect) []string {
	bound := func(t time.Time) string { return whole(o.boundText(t)) }
	return []string{e.Subject.ID, string(e.Privilege), bound(e.From.Time()), bound(e.To.Time()), verdictText(e.Was), verdictText(e.Is), whyText(e.Is)}
}
