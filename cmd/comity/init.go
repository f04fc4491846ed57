package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) initCommand() *cobra.Command {
	var f founding
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Found an office: make its log and publish the law in it",
		Long: `Init makes the file of a log and founds an office in it. The common ruleset that ships
with this program is published as its first event, and with --states those of States
too; from then on the office answers by what is in its log, whatever later programs
bring along. "comity rules list --shipped" lists the rulesets that ship; "comity rules
publish" publishes one later.

A live office is the usual one: its own clock says when a thing is recorded. A
history office is for archives, samples and tests: whoever loads it states when
each event was recorded. Which of the two an office is never changes.

With --log esdb://one:2113,two:2113,three:2113/ofm the log is a stream in a cluster of
EventStoreDB, which other machines can work on too.

With --import it founds the office that comity export wrote out: a history office with
the same events, ids and positions, and the rulesets of then.`,
		Example: `  comity init
  comity init --log embassy.db --zone America/Chicago --office ofm-chicago
  comity init --log archive.db --history --founded 1990-01-01 --states all
  comity init --log copy.db --history --import office.jsonl`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.from != "" {
				return p.restore(cmd.Context(), f)
			}
			return p.found(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.history, "history", false, "found a history office, whose events state when they were recorded")
	flags.StringVar(&f.founded, "founded", "", "when a history office was founded (default 1970-01-01T00:00:00Z); nothing can be recorded before")
	flags.StringVar(&f.zone, "zone", "America/New_York", "the office's time zone, in which bare dates are read")
	flags.StringVar(&f.office, "office", "office", "the office's id")
	flags.StringVar(&f.name, "name", "", "what the office is called")
	flags.StringVar(&f.actor, "actor", "", "who founds it, as claimed (default $USER)")
	flags.StringVar(&f.from, "import", "", "`FILE` of all events of an office, as comity export writes them")
	flags.StringSliceVar(&f.states, "states", nil, "States whose rulesets are published too, such as cn,ru, or all")
	for _, own := range []string{"founded", "zone", "office", "name", "states"} {
		cmd.MarkFlagsMutuallyExclusive("import", own) // the file says it
	}
	return cmd
}

// founding holds the flags of init.
type founding struct {
	from string // what is restored, or ""

	history                            bool
	founded, zone, office, name, actor string
	states                             []string
}

// found founds an office. Whatever can be refused is refused before there is a file.
func (p *program) found(ctx context.Context, f founding) error {
	how := engine.Founding{Office: domain.OfficeID(f.office), Name: f.name, Zone: f.zone, Mode: domain.Live, Actor: p.actor(f.actor)}
	if err := domain.CheckID(f.office); err != nil {
		return badInput(fmt.Errorf("--office: %w", err))
	}
	zone, err := calendar.LoadZone(f.zone)
	if err != nil {
		return badInput(fmt.Errorf("--zone: %w", err))
	}
	switch {
	case f.founded != "" && !f.history:
		return badInput(errors.New("--founded is for a history office: a live one is founded now; add --history, or leave it out"))
	case f.history:
		how.Mode, how.At = domain.History, time.Unix(0, 0).UTC()
		if f.founded != "" {
			if how.At, err = calendar.ParseInstant(f.founded, zone); err != nil {
				return badInput(fmt.Errorf("--founded: %w", err))
			}
		}
	}
	if how.Bundles, err = shippedBundles(f.states...); err != nil {
		return err
	}
	log, _, err := p.makeLog(ctx)
	if err != nil {
		return err
	}
	o := &office{p: p, log: log}
	if err := o.found(ctx, how); err != nil {
		return errors.Join(err, o.close(ctx))
	}
	if err := o.close(ctx); err != nil {
		return err
	}
	return p.showFounded(o, how)
}

func (o *office) found(ctx context.Context, how engine.Founding) (err error) {
	at, err := head(ctx, o.log)
	if err != nil {
		return err
	}
	if at > 0 {
		for first, err := range o.log.Read(ctx, 0) {
			if err != nil {
				return err
			}
			if _, err := codec.Decode(first.Data); err != nil {
				return badInput(fmt.Errorf("%s already holds %s, and not of an office: name another log", o.p.log, plural(int(at), "record")))
			}
			break
		}
		return badInput(fmt.Errorf("%s already holds an office with %d events: name another file with --log", o.p.log, at))
	}
	if err := o.openSeal(ctx); err != nil {
		return err
	}
	o.Engine, err = engine.Found(ctx, o.config(), how)
	return err
}

func (p *program) showFounded(o *office, how engine.Founding) error {
	founded, _ := o.Root().View().Envelope(0)
	editions := api.Editions(o.Engine, o.Now())
	if p.json() {
		return p.print(struct {
			Log      string          `json:"log"`
			Seal     string          `json:"seal"`
			Office   domain.OfficeID `json:"office"`
			Name     string          `json:"name,omitempty"`
			Mode     domain.Mode     `json:"mode"`
			Zone     string          `json:"zone"`
			Founded  time.Time       `json:"founded"`
			Position domain.Position `json:"position"`
			Rulesets []api.Edition   `json:"rulesets"`
		}{p.log, p.seal(), how.Office, how.Name, how.Mode, how.Zone, founded.Recorded, o.Position(), editions})
	}
	g := p.page()
	g.say("", fmt.Sprintf("Founded %s office %q in %s, zone %s, on %s.", how.Mode, how.Office, p.log, how.Zone, o.local(founded.Recorded)))
	for _, e := range editions {
		g.line("Published %s, edition %s, effective %s.", e.Ruleset, e.Edition, e.When)
	}
	g.line("The log is at position %d; its seal is %s.", o.Position(), p.seal())
	return nil
}

// shippedBundles returns the common ruleset that the program carries, and after it
// those of the States named, or of all.
func shippedBundles(states ...string) ([][]byte, error) {
	common, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return nil, err
	}
	bundles := [][]byte{common}
	if slices.Equal(states, []string{"all"}) {
		states = rulesets.States()
	}
	for _, name := range states {
		if !slices.Contains(rulesets.States(), name) {
			return nil, badInput(fmt.Errorf("--states: no ruleset of a State %q ships%s; there are %s", name, domain.DidYouMean(name, rulesets.States()), strings.Join(rulesets.States(), ", ")))
		}
		files, err := rulesets.Of(name)
		if err != nil {
			return nil, err
		}
		bundle, err := rules.Bundle(files)
		if err != nil {
			return nil, fmt.Errorf("ruleset %s: %w", name, err)
		}
		bundles = append(bundles, bundle)
	}
	return bundles, nil
}

// actor says who acts: as claimed, since nothing is proved at the command line.
func (p *program) actor(claimed string) string {
	for _, name := range []string{claimed, p.getenv("USER"), p.getenv("USERNAME")} {
		if name != "" {
			return name
		}
	}
	return "cli"
}
