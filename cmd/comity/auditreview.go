package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/standing"
)

func (p *program) auditReviewCommand() *cobra.Command {
	var c choice
	cmd := &cobra.Command{
		Use:   "review",
		Short: "List the answers that would be others as known now",
		Long: `Review decides every answer on record again for the same moment, but as known now, and
lists those that would have another outcome or other conditions, with the events that
were recorded since and that make the difference. The answers were right on what was
known: what was permitted then is no violation because of what became known later.`,
		Example: `  comity standing ana --decisions answers.db
  comity audit review --decisions answers.db
  comity audit review --decisions answers.db --subject ana -o json`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.auditReview(cmd.Context(), &c) },
	}
	p.mayShowRestricted(cmd.Flags())
	c.flags(cmd.Flags())
	c.workersFlag(cmd.Flags())
	return writesCSV(cmd)
}

// An answer that would be another, for programs.
type reviewedLine struct {
	api.GivenAnswer
	Was         string                 `json:"was,omitempty"` // outcome; of a decision
	Is          string                 `json:"is,omitempty"`
	Differences []decisions.Difference `json:"differences"`
	Events      []api.CitedEvent       `json:"events"`
	Problem     string                 `json:"problem,omitempty"`

	wasTerms, isTerms string // the conditions, for the CSV
}

func (p *program) auditReview(ctx context.Context, c *choice) error {
	return p.audited(ctx, c, func(o *office, log store) error {
		c.meter = p.meter("deciding as known now")
		same := 0
		changed, undecidable := []reviewedLine{}, []reviewedLine{}
		for r, err := range o.Reconsider(ctx, c.read(ctx, log), c.workers) {
			if err != nil {
				return err
			}
			line := reviewedLine{GivenAnswer: api.GivenAnswerOf(r.Entry, r.Answer), Differences: r.Differences, Events: o.cited(r.Because), Problem: r.Problem}
			if r.Answer.Question.Privilege != "" && r.Problem == "" {
				line.Was, line.Is = api.OutcomeWord(r.Was.Outcome), api.OutcomeWord(r.Is.Outcome)
				line.wasTerms, line.isTerms = termCell(r.Was.Conditions), termCell(r.Is.Conditions)
			}
			switch {
			case r.Changed:
				changed = append(changed, line)
			case r.Problem != "":
				undecidable = append(undecidable, line)
			default:
				same++
			}
		}
		return o.showReview(c, same, changed, undecidable)
	})
}

// cited lists events by their positions.
func (o *office) cited(at []domain.Position) []api.CitedEvent {
	return api.CitedBy(o.Engine, domain.Decision{Facts: []domain.FactUsed{{Events: at}}}, o.p.restricted)
}

func (o *office) showReview(c *choice, same int, changed, undecidable []reviewedLine) error {
	p := o.p
	switch {
	case p.wantsCSV():
		var rows [][]string
		for _, l := range changed {
			var because []string
			for _, e := range l.Events {
				because = append(because, e.Said)
			}
			rows = append(rows, []string{l.ID.String(), calendar.FormatInstant(l.Recorded), l.By, l.Subject.String(), string(l.Privilege) + l.View, requestCell(l.Request),
				calendar.FormatInstant(l.AsOf), l.Was, or(l.Is, l.Problem), strings.Join(because, "; "), l.wasTerms, l.isTerms})
		}
		return p.csv([]string{"id", "recorded", "by", "subject", "asked", "request", "as_of", "was", "is", "because", "was_conditions", "is_conditions"}, rows)
	case p.json():
		return p.print(struct {
			AsKnown      domain.Position `json:"as_known"`
			Same         int             `json:"same"`
			Changed      []reviewedLine  `json:"changed"`
			NotDecidable []reviewedLine  `json:"not_decidable"`
			Holes        []api.Hole      `json:"holes"`
		}{o.Position(), same, changed, undecidable, api.HolesOf(&c.holes)})
	}
	g := p.page()
	if len(changed) == 0 {
		g.line("%s would be given again as they were, as known now.", plural(same, "answer"))
	} else {
		g.line("%d of %s would be %s, as known now.", len(changed), plural(same+len(changed), "answer"), others(len(changed)))
	}
	for _, l := range changed {
		g.line("")
		o.showGiven(g, l.GivenAnswer)
		switch {
		case l.Problem != "":
			g.say("      ", l.Problem)
		case l.Was == l.Is:
			showDifferences(g, termsOf(l.Differences))
		default:
			g.say("      was   ", outcomeWords(l.Was))
			g.say("      is    ", outcomeWords(l.Is))
		}
		for _, e := range l.Events {
			g.say("      because ", e.Said+"; recorded "+o.local(e.Recorded))
		}
	}
	if len(undecidable) > 0 {
		g.title("Not decided")
		for _, l := range undecidable {
			o.showGiven(g, l.GivenAnswer)
			g.say("      ", l.Problem)
		}
	}
	o.showHoles(g, api.HolesOf(&c.holes))
	return nil
}

func outcomeWords(outcome string) string {
	return outcomes[domain.Outcome(strings.TrimSuffix(outcome, api.CannotTell))].text
}

// requestCell writes the facts of a request for a cell of CSV, as they are typed.
func requestCell(facts map[string]string) string {
	return strings.TrimSpace(again(domain.Decision{Request: facts}))
}

// termCell writes conditions for a cell of CSV, with what is known of them.
func termCell(conditions []domain.Condition) string {
	return timeTerms(standing.Said{Verdict: standing.Verdict{Conditions: conditions}})
}

// termsOf are the differences that matter where the outcome is the same.
func termsOf(list []decisions.Difference) []decisions.Difference {
	var out []decisions.Difference
	for _, d := range list {
		if strings.HasPrefix(d.Field, "conditions") || strings.HasPrefix(d.Field, "said") {
			out = append(out, d)
		}
	}
	return out
}
