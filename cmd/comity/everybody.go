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
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// whom holds the flags that say who is meant of everybody.
type whom struct {
	states, missions, categories []string
	all                          bool
}

func (w *whom) flags(p *program, cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&w.states, "state", nil, "only those of these States")
	flags.StringSliceVar(&w.missions, "mission", nil, "only those of these missions")
	flags.StringSliceVar(&w.categories, "category", nil, "only those of these categories, such as dip.agent")
	flags.BoolVar(&w.all, "all", false, "also those whose every capacity has ended or not begun, and missions that are closed")
	p.completeFrom(cmd, "state", func(o *office) []string { return o.Root().View().Subjects(domain.KindState) })
	p.completeFrom(cmd, "mission", func(o *office) []string { return o.Root().View().Subjects(domain.KindMission) })
	p.completeFrom(cmd, "category", func(o *office) []string { return codesInForce(o, "category") })
}

func (w *whom) choice() standing.Choice {
	return standing.Choice{All: w.all, States: typedAs[domain.StateID](w.states), At: typedAs[domain.MissionID](w.missions), Categories: typedAs[domain.Category](w.categories)}
}

func typedAs[T ~string](of []string) []T {
	var out []T
	for _, w := range of {
		out = append(out, T(w))
	}
	return out
}

// privilegesFlag declares --privilege.
func (p *program) privilegesFlag(cmd *cobra.Command, to *[]string) {
	cmd.Flags().StringSliceVar(to, "privilege", nil, "only these privileges")
	p.completeFrom(cmd, "privilege", privilegesInForce)
}

// completeFrom lets a shell complete the values of a flag from what is on record.
func (p *program) completeFrom(cmd *cobra.Command, flag string, values func(*office) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return p.known(cmd.Context(), values)
	})
	if err != nil {
		panic("bad math in completeFrom: " + err.Error()) // unreachable unless the flag is not declared
	}
}

// known reads words from the office for a shell to complete.
func (p *program) known(ctx context.Context, values func(*office) []string) ([]string, cobra.ShellCompDirective) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = o.close(ctx) }() // there is nobody to tell
	return values(o), cobra.ShellCompDirectiveNoFileComp
}

func lawInForce(o *office) *rules.Edition {
	edition, _, err := o.Root().LawAt(timeline.Of(o.Now()), o.Position())
	if err != nil {
		return nil
	}
	return edition
}

func privilegesInForce(o *office) []string {
	if law := lawInForce(o); law != nil {
		return texts(law.Language.PrivilegeOrder)
	}
	return nil
}

func codesInForce(o *office, list string) []string {
	if law := lawInForce(o); law != nil {
		return law.Language.Codes(list)
	}
	return nil
}

// parseOutcomes reads --outcome; without any it is nil.
func parseOutcomes(words []string) (out []domain.Outcome, err error) {
	for _, w := range words {
		if err := oneOf("outcome", w, api.OutcomeChoices()...); err != nil {
			return nil, err
		}
		out = append(out, domain.Outcome(strings.TrimSuffix(w, api.CannotTell)))
	}
	return out, nil
}

// ask opens the office and gives do the two times of a question and the facts of
// its request.
func (p *program) everybody(ctx context.Context, words []string, a asking, do func(o *office, when engine.When, request map[string]string) error) (err error) {
	request, err := p.parseRequest(words)
	if err != nil {
		return err
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	when, err := o.when(a)
	if err != nil {
		return err
	}
	return do(o, when, request)
}

// when reads the two times of a question.
func (o *office) when(a asking) (engine.When, error) {
	q, err := o.question("", a, nil)
	return engine.When{AsOf: q.AsOf, AsKnown: q.AsKnown}, err
}

// postText says what somebody is, and what else than that for which it was chosen.
func postText(posts []standing.Post) string {
	var out []string
	for _, p := range posts {
		text := string(p.Mission)
		if p.Kind != "" {
			text = or(string(p.Category), string(p.Kind)) + " at " + text
		}
		if p.Phase == facts.Ended {
			text += " (ended)"
		}
		if p.Also {
			text = "also " + text
		}
		out = appendNew(out, text)
	}
	return or(strings.Join(out, "; "), "-")
}

// The columns of an answer in CSV.
var answerColumns = []string{"subject", "categories", "missions", "states", "privilege", "outcome", "permits", "conditions", "lacks", "code", "rule", "by", "detail"}

func answerRow(a standing.Answer) []string {
	return slices.Concat(postCells(a.Subject, a.Posts), []string{string(a.Privilege)}, verdictCells(&a.Verdict))
}

// postCells are the columns subject, categories, missions and states.
func postCells(s domain.Subject, posts []standing.Post) []string {
	var categories, missions, states []string
	for _, p := range posts {
		if p.Category != "" {
			categories = appendNew(categories, string(p.Category))
		}
		missions, states = appendNew(missions, string(p.Mission)), appendNew(states, string(p.State))
	}
	return []string{s.String(), strings.Join(categories, "; "), strings.Join(missions, "; "), strings.Join(states, "; ")}
}

// verdictCells are the columns from outcome on.
func verdictCells(v *standing.Verdict) []string {
	return []string{
		verdictWord(v), fmt.Sprint(v.Permits()), strings.Join(conditionCodes(v), "; "),
		strings.Join(v.Lacks, "; "), string(v.Code), v.Rule, v.By, v.Detail,
	}
}

// verdictWord is the outcome of a verdict, or why there is none, for programs.
func verdictWord(v *standing.Verdict) string {
	switch {
	case v == nil:
		return "not_asked"
	case v.NoLaw:
		return "no_law"
	}
	return api.OutcomeWord(v.Outcome)
}

func conditionCodes(v *standing.Verdict) (out []string) {
	for _, c := range v.Conditions {
		text := c.Code
		for _, p := range c.Params {
			text += " " + p.Name + "=" + p.Value
		}
		out = append(out, text)
	}
	return out
}

// verdictText writes an answer in short for people: its outcome and conditions.
func verdictText(v *standing.Verdict) string {
	if v == nil {
		return "not asked"
	}
	text := v.Words()
	if !v.NoLaw {
		text = outcomes[v.Outcome].text
	}
	if len(v.Lacks) > 0 {
		text += ": lacks " + strings.Join(v.Lacks, ", ")
	}
	if codes := conditionCodes(v); len(codes) > 0 {
		text += ": " + strings.Join(codes, ", ")
	}
	return text
}

// whyText says in a few words on what an answer rests; the rule is for programs.
func whyText(v *standing.Verdict) string {
	if v == nil || v.Code == "" {
		return "-"
	}
	text := v.Code.Words()
	if v.By != "" {
		text += ", by " + v.By
	}
	return text
}

// showWhen shows the two times of an answer about everybody.
func (o *office) showWhen(g *page, at engine.Settled) {
	of := o.Root().Office()
	o.showTimes(g, domain.Decision{AsOf: at.AsOf, AsKnown: at.AsKnown, Office: of.ID, Mode: of.Mode})
}
