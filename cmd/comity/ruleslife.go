package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
)

func (p *program) rulesLifeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "life RULESET",
		Short: "Show who saved, proposed, approved and published the editions of a ruleset",
		Long: `Life shows every step that was taken with the texts of a ruleset, in order: who saved,
proposed, returned, approved, published and withdrew which text, when, and why. Who took
a step is as claimed then.`,
		Example: `  comity rules life common
  comity rules life common -o json`,
		Args:              atLeast(false, "RULESET"),
		ValidArgsFunction: p.completeRuleset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.rulesLife(cmd.Context(), domain.RulesetID(args[0]))
		},
	}
}

func (p *program) rulesLife(ctx context.Context, id domain.RulesetID) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	lives, err := o.Lives(id)
	if err != nil {
		return err
	}
	list := []api.LifeStep{}
	var rows [][]string
	for _, r := range lives[0].Steps {
		one := api.LifeStepOf(r)
		list = append(list, one)
		takes := ""
		if domain.ChangesLaw(r.Event) {
			takes = whole(api.Moment(r.Effective, o.Zone()))
		}
		rows = append(rows, []string{fmt.Sprintf("@%d", r.At), whole(o.local(r.Recorded)), or(r.Actor, "-"), one.Hash[:min(12, len(one.Hash))], takes, one.Said})
	}
	if p.json() {
		return p.print(list)
	}
	g := p.page()
	g.list([]string{"at", "recorded", "who", "text", "effective", "what"}, rows)
	return nil
}
