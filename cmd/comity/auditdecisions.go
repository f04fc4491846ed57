package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

func (p *program) auditDecisionsCommand() *cobra.Command {
	var c choice
	var limit int
	var outcome string
	var full bool
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "List the answers on record, the newest last",
		Long: `Decisions lists the answers that were recorded as they were given: when, who asked as
claimed, what was asked of which times, and what was answered. What is missing from
the record, or may be, stands below.`,
		Example: `  comity ask ana imm.criminal --decisions answers.db
  comity audit decisions --decisions answers.db
  comity audit decisions --decisions answers.db --subject ana --since 2025-01-01 -o json`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.auditDecisions(cmd.Context(), &c, outcome, limit, full)
		},
	}
	c.flags(cmd.Flags())
	cmd.Flags().StringVar(&outcome, "outcome", "", "only answers with this outcome, such as denied; cannot_tell for those that could not be told")
	cmd.Flags().IntVar(&limit, "limit", 50, "most answers shown, the newest; 0 shows all")
	cmd.Flags().BoolVar(&full, "full", false, "with -o json: each answer whole, as it was given")
	return writesCSV(cmd)
}

func (p *program) auditDecisions(ctx context.Context, c *choice, outcome string, limit int, full bool) error {
	if outcome != "" {
		if err := oneOf("outcome", outcome, api.OutcomeChoices()...); err != nil {
			return err
		}
	}
	return p.audited(ctx, c, func(o *office, log store) error {
		list, of := []api.ListedAnswer{}, 0
		for e, err := range c.read(ctx, log) {
			if err != nil {
				return err
			}
			one := api.ListedAnswerOf(e, answerOf(e), full)
			if outcome != "" && one.Outcome != outcome {
				continue
			}
			of++
			if list = append(list, one); limit > 0 && len(list) > limit {
				list = list[1:]
			}
		}
		holes := api.HolesOf(&c.holes)
		switch {
		case p.wantsCSV():
			var rows [][]string
			for _, l := range list {
				rows = append(rows, []string{fmt.Sprint(l.Position), l.ID.String(), calendar.FormatInstant(l.Recorded), l.By, string(l.Call), l.Subject.String(), string(l.Privilege) + l.View,
					requestCell(l.Request), calendar.FormatInstant(l.AsOf), fmt.Sprint(l.AsKnown), l.Outcome, fmt.Sprint(l.Semantics)})
			}
			return p.csv([]string{"position", "id", "recorded", "by", "call", "subject", "asked", "request", "as_of", "as_known", "outcome", "semantics"}, rows)
		case p.json():
			return p.print(struct {
				Answers []api.ListedAnswer `json:"answers"`
				Of      int                `json:"of"`
				Holes   []api.Hole         `json:"holes"`
			}{list, of, holes})
		}
		g := p.page()
		if len(list) == 0 {
			g.line("No such answers are on record.")
		} else {
			rows := make([][]string, len(list))
			for i, l := range list {
				rows[i] = []string{fmt.Sprintf("@%d", l.Position), whole(o.local(l.Recorded)), or(l.By, "-"), askedOf(l.GivenAnswer), whole(o.local(l.AsOf)), fmt.Sprint(l.AsKnown), answerWords(l)}
			}
			g.list([]string{"at", "recorded", "by", "asked", "as of", "known", "answer"}, rows)
		}
		o.showHoles(g, holes)
		if len(list) < of {
			p.note("%s of %d shown; --limit shows others", plural(len(list), "answer"), of)
		}
		return nil
	})
}

// answerWords says what was answered.
func answerWords(l api.ListedAnswer) string {
	switch l.Outcome {
	case "":
		return "card"
	case api.Unreadable:
		if l.Semantics > engine.Semantics {
			return "of a later program: can't be read"
		}
		return "altered: can't be read"
	default:
		return outcomeWords(l.Outcome)
	}
}
