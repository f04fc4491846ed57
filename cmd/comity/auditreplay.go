package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

func (p *program) auditReplayCommand() *cobra.Command {
	var c choice
	var draft string
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Decide every answer on record again and compare the bytes",
		Long: `Replay reads the log of answers, checks it against its seal, and asks every question
again: at the same two times, with the same request, of the office's log as it is now.
Each answer must come out with the same bytes.

An answer of a semantics version that this program does not implement, or known at a
position beyond the end of the office's log, can't be decided again: it is listed, and
is no failure. The exit code is 7 if an answer differs or the log of answers is not
what was recorded.

With --draft the answers are decided with a draft in place of every edition of its
ruleset, to see which would have been others: a folder, a ruleset that ships, or the hash
of a draft or an edition in the log. Then a difference is no failure.`,
		Example: `  comity standing ana --decisions answers.db
  comity audit replay --decisions answers.db
  comity audit replay --decisions answers.db --since 2025-01-01 --workers 2 -o json
  comity audit replay --decisions answers.db --draft ./my-common`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if draft != "" {
				return p.auditRedraft(cmd.Context(), &c, draft)
			}
			return p.auditReplay(cmd.Context(), &c)
		},
	}
	c.flags(cmd.Flags())
	c.workersFlag(cmd.Flags())
	cmd.Flags().StringVar(&draft, "draft", "", "decide with this `DRAFT` in place of every edition of its ruleset")
	return cmd
}

// mostDifferent is how many answers that differ are listed.
const mostDifferent = 1000

func answerOf(e decisions.Entry) decisions.Answer {
	a, _ := e.Body.(decisions.Answer) // nothing else is chosen
	return a
}

func (p *program) auditReplay(ctx context.Context, c *choice) error {
	return p.audited(ctx, c, func(o *office, log store) error {
		check := &audit{p: p}
		check.addError(checkStore(ctx, log))
		if err := p.checkAnswersSeal(ctx, c.file, log, check); err != nil {
			return err
		}
		equal, differ := 0, 0
		different, undecidable := []api.Redecided{}, []api.Redecided{}
		c.meter = p.meter("deciding again")
		for r, err := range o.Redecide(ctx, c.read(ctx, log), c.workers) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				check.addError(err) // what can't be read is not what was recorded
				break
			}
			line := api.Redecided{GivenAnswer: api.GivenAnswerOf(r.Entry, r.Answer), Differences: r.Differences, Problem: r.Problem}
			switch r.Result {
			case engine.RepeatedEqual:
				equal++
			case engine.RepeatedDifferent:
				if differ++; len(different) < mostDifferent {
					different = append(different, line)
				}
			case engine.NotDecidable:
				undecidable = append(undecidable, line)
			}
		}
		if differ > 0 || len(check.findings) > 0 {
			p.code = exitVerification
		}
		return o.showReplay(c, check, equal, differ, different, undecidable)
	})
}

// checkAnswersSeal compares a log of answers with its seal.
func (p *program) checkAnswersSeal(ctx context.Context, path string, log eventlog.Log, to *audit) error {
	tree, err := seal.View(sealPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		p.note("there is no seal %s, so the log of answers was compared with nothing that was noted earlier", sealPath(path))
		return nil
	}
	if err != nil {
		to.addError(err)
		return ctx.Err()
	}
	to.hasSeal, to.sealed = true, tree.Position()
	_, err = tree.Check(ctx, log)
	if ctx.Err() == nil {
		to.addError(err)
	}
	return errors.Join(ctx.Err(), tree.Close())
}

func (o *office) showReplay(c *choice, check *audit, equal, differ int, different, undecidable []api.Redecided) error {
	p, holes := o.p, api.HolesOf(&c.holes)
	if p.json() {
		findings := check.findings
		if findings == nil {
			findings = []finding{}
		}
		return p.print(struct {
			OK           bool            `json:"ok"`
			Sealed       bool            `json:"sealed"`
			Answers      int             `json:"answers"`
			Equal        int             `json:"equal"`
			Differ       int             `json:"differ"`
			Different    []api.Redecided `json:"different"`
			NotDecidable []api.Redecided `json:"not_decidable"`
			Holes        []api.Hole      `json:"holes"`
			Findings     []finding       `json:"findings"`
		}{p.code == exitAnswered, check.hasSeal, equal + differ + len(undecidable), equal, differ, different, undecidable, holes, findings})
	}
	g := p.page()
	verdict := g.paint(good, "the same bytes again")
	if differ > 0 {
		verdict = g.paint(bad, fmt.Sprintf("%d came out otherwise", differ))
	}
	g.line("%s decided again: %s.", plural(equal+differ, "answer"), verdict)
	if len(check.findings) > 0 {
		g.title(c.file + " is not what was recorded")
		for _, f := range check.findings {
			lead := "  - "
			if f.Position != nil {
				lead += fmt.Sprintf("position %d: ", *f.Position)
			}
			g.say(lead, f.Text)
		}
	}
	if len(different) > 0 {
		g.title("Different")
		for _, line := range different {
			o.showGiven(g, line.GivenAnswer)
			if line.Problem != "" {
				g.say("      ", line.Problem)
			}
			showDifferences(g, line.Differences)
		}
		if differ > len(different) {
			g.line("  and %d more", differ-len(different))
		}
	}
	if len(undecidable) > 0 {
		g.title("Not decided")
		for _, line := range undecidable {
			o.showGiven(g, line.GivenAnswer)
			g.say("      ", line.Problem)
		}
	}
	o.showHoles(g, holes)
	return nil
}

// showGiven says which answer is meant.
func (o *office) showGiven(g *page, l api.GivenAnswer) {
	by := ""
	if l.By != "" {
		by = " to " + l.By
	}
	g.say(fmt.Sprintf("  - @%d ", l.Position), fmt.Sprintf("%s, as of %s, as known at %d, given%s on %s", askedOf(l), o.local(l.AsOf), l.AsKnown, by, o.local(l.Recorded)))
}

// mostFields is how many fields of an answer are shown to people.
const mostFields = 12

func showDifferences(g *page, list []decisions.Difference) {
	for i, d := range list {
		if i == mostFields {
			g.line("      and %d more fields; -o json has them", len(list)-i)
			return
		}
		g.say("      "+d.Field+": ", "was "+or(short(d.Was), "not there")+", is "+or(short(d.Is), "not there"))
	}
}

// short cuts off what is too long to compare by eye.
func short(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}
