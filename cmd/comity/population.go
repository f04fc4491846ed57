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
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// counting holds the flags of comity population.
type counting struct {
	asking
	whom
	privileges, outcomes []string
	by                   string
	withMissions, list   bool
}

func (p *program) populationCommand() *cobra.Command {
	var c counting
	cmd := writesCSV(&cobra.Command{
		Use:   "population [key=value ...]",
		Short: "Ask every member about every privilege, and count or list the answers",
		Long: `Population asks every member about every privilege, at one pair of times, and counts
the answers by outcome: for each privilege or, with --by, for each category, mission,
State or region and privilege. With --list it lists every answer instead, by member and
then in the order in which the law declares the privileges.

Members are those who have a capacity that has begun and not ended; --missions asks
every open mission too, and --all those whose capacities have all ended or not begun
yet. Somebody who holds two posts counts once in the group of each.

The facts of a request hold for everybody who is asked.`,
		Example: `  comity population
  comity population --privilege imm.criminal,tax.sales --by category
  comity population --privilege tax.fuel --outcome denied --list
  comity population amount=20000 --privilege tax.sales --as-of 2025-03-01 -o json
  comity population --missions --state arandia --list -o csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return p.population(cmd.Context(), args, c) },
	})
	c.times(cmd.Flags())
	c.flags(p, cmd)
	p.privilegesFlag(cmd, &c.privileges)
	cmd.Flags().StringSliceVar(&c.outcomes, "outcome", nil, "only answers with these outcomes: "+strings.Join(api.OutcomeChoices(), ", "))
	cmd.Flags().StringVar(&c.by, "by", "", "count for each "+strings.Join(texts(engine.Groupings()), ", "))
	cmd.Flags().BoolVar(&c.withMissions, "missions", false, "also ask the missions")
	cmd.Flags().BoolVar(&c.list, "list", false, "list every answer")
	complete(cmd, "outcome", api.OutcomeChoices())
	complete(cmd, "by", texts(engine.Groupings()))
	return cmd
}

func (p *program) population(ctx context.Context, words []string, c counting) error {
	if c.by != "" && c.list {
		return badInput(errors.New("--by and --list say two things: count by group, or list every answer"))
	}
	if c.by != "" {
		if err := oneOf("by", c.by, texts(engine.Groupings())...); err != nil {
			return err
		}
	}
	wanted, err := parseOutcomes(c.outcomes)
	if err != nil {
		return err
	}
	return p.everybody(ctx, words, c.asking, func(o *office, when engine.When, request map[string]string) error {
		asking := p.meter("asking")
		choice := c.choice()
		choice.Missions = c.withMissions
		all, err := o.Population(ctx, engine.PopulationQuery{When: when, Census: standing.Census{
			Choice: choice, Privileges: typedAs[domain.Privilege](c.privileges), Request: request, Outcomes: wanted, Progress: asking,
		}})
		if err != nil {
			return err
		}
		if c.list {
			return p.listPopulation(o, all, asking)
		}
		counts, err := all.Counts(engine.By(c.by))
		if err != nil {
			return err
		}
		asking.end()
		return p.showCounts(o, all, counts, c.by)
	})
}

func (p *program) showCounts(o *office, all *engine.Population, counts []standing.Count, by string) error {
	switch {
	case p.wantsCSV():
		header := append([]string{"group", "privilege", "of"}, api.OutcomeChoices()...)
		var rows [][]string
		for _, c := range counts {
			row := []string{c.Group, string(c.Privilege), strconv.Itoa(c.Of)}
			for _, outcome := range api.OutcomeOrder {
				row = append(row, strconv.Itoa(c.Outcomes[outcome]))
			}
			rows = append(rows, row)
		}
		return p.csv(header, rows)
	case p.json():
		return p.print(api.PopulatedOf(all, counts, by))
	}
	g := p.page()
	o.showWhen(g, engine.Settled{AsOf: all.AsOf, AsKnown: all.AsKnown})
	g.line("")
	if len(counts) == 0 {
		g.line("Nobody is like that.")
		return nil
	}
	header, rows := countRows(counts, by)
	g.list(header, rows)
	return nil
}

// countRows is the table of counts: outcomes that no answer has are left out.
func countRows(counts []standing.Count, by string) (header []string, rows [][]string) {
	var shown []domain.Outcome
	for _, outcome := range api.OutcomeOrder {
		for _, c := range counts {
			if c.Outcomes[outcome] > 0 {
				shown = append(shown, outcome)
				break
			}
		}
	}
	if by != "" {
		header = append(header, by)
	}
	header = append(header, "privilege", "asked")
	for _, outcome := range shown {
		header = append(header, outcomes[outcome].text)
	}
	group := ""
	for i, c := range counts {
		var row []string
		if by != "" {
			row = append(row, or(c.Group, "(none)"))
			if i > 0 && c.Group == group {
				row[0] = ""
			}
			group = c.Group
		}
		row = append(row, string(c.Privilege), strconv.Itoa(c.Of))
		for _, outcome := range shown {
			text := "-"
			if n := c.Outcomes[outcome]; n > 0 {
				text = strconv.Itoa(n)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return header, rows
}

func (p *program) listPopulation(o *office, all *engine.Population, asking meter) error {
	head := api.Populated{AsOf: all.AsOf, AsKnown: all.AsKnown}
	switch {
	case p.wantsCSV():
		defer asking.end()
		return p.streamCSV(answerColumns, mapped(all.Answers, answerRow))
	case p.json():
		return streamJSON(p, head, "answers", mapped(all.Answers, api.AnsweredOf))
	}
	rows, more, err := someRows(all.Answers, func(a standing.Answer) []string {
		return []string{a.Subject.ID, postText(a.Posts), string(a.Privilege), verdictText(&a.Verdict), whyText(&a.Verdict)}
	})
	if err != nil {
		return err
	}
	asking.end()
	g := p.page()
	o.showWhen(g, engine.Settled{AsOf: all.AsOf, AsKnown: all.AsKnown})
	g.line("")
	if len(rows) == 0 {
		g.line("No answer is like that.")
		return nil
	}
	g.listSome([]string{"who", "as", "privilege", "answer", "because"}, rows, more)
	g.line("")
	g.line("%s", fmt.Sprintf("%d in all", len(rows)+more))
	return nil
}
