package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/rules"
)

func (p *program) rulesPublishCommand() *cobra.Command {
	var f recording
	cmd := &cobra.Command{
		Use:   "publish FOLDER|NAME",
		Short: "Publish an edition of a ruleset in the log",
		Long: `Publish checks a ruleset, stores its text beside the log and records that it comes into
force: on the date in its head, or when --effective says. Editions that are on record
stay, so that what was asked under them is answered as before.

In a history office say with --recorded when the office learned of the edition: from
then on it is known.`,
		Example: `  comity rules publish ./arandia --effective 2025-06-01 --authority "order 25-3" --recorded 2025-05-20
  comity rules publish ./common --effective 2026-01-01 --authority "order 25-9" --recorded 2025-05-28`,
		Args: atLeast(false, "FOLDER|NAME"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.publish(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.effective, "effective", "", "when it comes into force: see comity help times (default the date in its head)")
	flags.StringVar(&f.recorded, "recorded", "", "when the office learned of it; only in a history office, and needed there")
	flags.StringVar(&f.authority, "authority", "", "the law or order relied upon (default the edition itself)")
	flags.StringVar(&f.actor, "actor", "", "who publishes it, as claimed (default $USER)")
	flags.StringVar(&f.command, "command", "", "id of the command, a ULID: the same command has one effect, however often it is given")
	return cmd
}

func (p *program) publish(ctx context.Context, name string, f recording) (err error) {
	files, err := filesOf(name)
	if err != nil {
		return badInput(err)
	}
	what := engine.Publication{Authority: f.authority, Actor: p.actor(f.actor)}
	if what.Bundle, err = rules.Bundle(files); err != nil {
		return badInput(fmt.Errorf("%s: %w", name, err))
	}
	if f.command != "" {
		if what.Command, err = domain.ParseCommandID(f.command); err != nil {
			return badInput(fmt.Errorf("--command: %w", err))
		}
	}
	o, err := p.writeOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	if f.effective != "" {
		if what.Effective, err = calendar.ParseWhen(f.effective, o.Zone()); err != nil {
			return badInput(fmt.Errorf("--effective: %w", err))
		}
	}
	switch {
	case f.recorded != "":
		if what.Recorded, err = calendar.ParseInstant(f.recorded, o.Zone()); err != nil {
			return badInput(fmt.Errorf("--recorded: %w", err))
		}
	case o.Mode() == domain.History:
		return badInput(errors.New("this is a history office, which knows of an edition from when it is said to have been recorded: add --recorded and a time, such as --recorded 2025-05-20; see comity help times"))
	}
	receipt, err := o.Publish(ctx, what)
	if as[rules.Diagnostics](err) {
		return &invalid{name: name, error: err}
	}
	if err != nil {
		return err
	}
	done, _ := o.Root().View().Envelope(receipt.First)
	return o.showReceipt(&intake.Batch{Commands: []domain.Command{{Actor: what.Actor, Drafts: []domain.Envelope{done}}}}, receipt, false)
}
