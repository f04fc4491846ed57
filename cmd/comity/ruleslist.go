package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) rulesListCommand() *cobra.Command {
	var carried bool
	cmd := &cobra.Command{
		Use:   "list [RULESET ...]",
		Short: "List the editions of the law on record",
		Long: `List shows every edition that was published in the log, with the hash of its text,
when it takes effect, and whether it is in force now: what is not is scheduled, gave way
to another or was withdrawn. comity rules drafts lists what is no law yet.

With RULESETs only their editions are listed. With --shipped it shows the rulesets that this program brings along instead, published
or not, and needs no log. "comity rules publish NAME" publishes one.`,
		Example: `  comity rules list
  comity rules list common -o json
  comity rules list --shipped`,
		Args: atLeast(true),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return p.known(cmd.Context(), func(o *office) []string { return texts(o.Root().View().Rulesets()) })
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if carried {
				return p.rulesShipped(cmd.Context(), args)
			}
			return p.rulesList(cmd.Context(), args)
		},
	}
	cmd.Flags().BoolVar(&carried, "shipped", false, "list the rulesets that ship with this program")
	return cmd
}

// rulesShipped lists the rulesets that the program carries.
func (p *program) rulesShipped(ctx context.Context, only []string) error {
	for _, name := range only {
		if err := oneOf("shipped", name, rulesets.Names()...); err != nil {
			return err
		}
	}
	_, sources, err := p.loadSources(ctx, nil)
	if err != nil {
		return err
	}
	sources = slices.DeleteFunc(sources, func(s source) bool { return len(only) > 0 && !slices.Contains(only, s.name) })
	if p.json() {
		type shipped struct {
			Ruleset string `json:"ruleset"`
			Edition string `json:"edition"`
			Title   string `json:"title"`
			Hash    string `json:"hash"`
		}
		list := []shipped{}
		for _, s := range sources {
			list = append(list, shipped{s.name, s.edition.Edition, s.edition.Title, s.edition.Hash})
		}
		return p.print(list)
	}
	var rows [][]string
	for _, s := range sources {
		rows = append(rows, []string{s.name, s.edition.Edition, s.edition.Title, s.edition.Hash[:12]})
	}
	g := p.page()
	g.list([]string{"ruleset", "edition", "title", "hash"}, rows)
	return nil
}

func (p *program) rulesList(ctx context.Context, only []string) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	for _, name := range only {
		if known := texts(o.Root().View().Rulesets()); !slices.Contains(known, name) {
			return badInput(fmt.Errorf("no edition of %q was published in the log%s", name, domain.DidYouMean(name, known)))
		}
	}
	editions := slices.DeleteFunc(api.Editions(o.Engine, o.Now()), func(e api.Edition) bool { return len(only) > 0 && !slices.Contains(only, string(e.Ruleset)) })
	if p.json() {
		return p.print(editions)
	}
	var rows [][]string
	for _, e := range editions {
		inForce := "no"
		if e.InForce {
			inForce = "yes"
		}
		rows = append(rows, []string{string(e.Ruleset), e.Edition, inForce, strings.ReplaceAll(e.State, "_", " "), whole(e.When), whole(o.local(e.Recorded)), e.Hash[:12]})
	}
	g := p.page()
	g.list([]string{"ruleset", "edition", "in force", "state", "effective", "recorded", "hash"}, rows)
	return nil
}
