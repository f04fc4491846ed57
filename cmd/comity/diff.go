package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// differing holds the flags of comity diff.
type differing struct {
	from, to asking
	whom
	privileges         []string
	withMissions, list bool
}

func (p *program) diffCommand() *cobra.Command {
	var d differing
	cmd := writesCSV(&cobra.Command{
		Use:   "diff [key=value ...]",
		Short: "Compare everybody at two pairs of times, and say what made the difference",
		Long: `Diff asks every member about every privilege at two pairs of times and counts the
answers that differ; with --list it lists them. Each of the four times is now unless it
is said: so --as-known @120 compares what was known then with what is known now, and
--as-of 2024-01-01 that day with today.

It says what made each difference: time, if the answer would have changed on what was
known first; what was learnt, if it changed again, or only, by what became known in
between; or both. The events learnt that concern the member are named.

Members are those who have a capacity at either of the two; --missions and --all as in
comity population.`,
		Example: `  comity diff --as-known @7
  comity diff --as-of 2025-02-01 --then-as-of 2025-05-01 matter=case-25-118 --list
  comity diff --as-of 2024-01-01 --as-known @5 --then-as-of 2025-03-01 --then-as-known now
  comity diff --as-of 2025-02-01 --privilege imm.criminal --list -o json
  comity diff --as-known 2025-01-24 --missions -o csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return p.diff(cmd.Context(), args, d) },
	})
	flags := cmd.Flags()
	flags.StringVar(&d.from.asOf, "as-of", "", "the first moment: see comity help times (default now)")
	flags.StringVar(&d.from.asKnown, "as-known", "", "what was known first: the first so many events, as in 12 or @12, or all by a time (default all)")
	flags.StringVar(&d.to.asOf, "then-as-of", "", "the second moment (default now)")
	flags.StringVar(&d.to.asKnown, "then-as-known", "", "what was known then (default all)")
	d.flags(p, cmd)
	p.privilegesFlag(cmd, &d.privileges)
	flags.BoolVar(&d.withMissions, "missions", false, "also compare the missions")
	flags.BoolVar(&d.list, "list", false, "list every difference")
	return cmd
}

func (p *program) diff(ctx context.Context, words []string, d differing) error {
	if d.from == d.to {
		return badInput(errors.New("both points are the same, so that nothing differs: say another for one of them, as in --as-known @120 or --then-as-of 2026-01-01"))
	}
	return p.everybody(ctx, words, d.from, func(o *office, from engine.When, request map[string]string) error {
		to, err := o.when(d.to)
		if err != nil {
			return badInput(errors.New(strings.Replace(err.Error(), "--", "--then-", 1)))
		}
		comparing := p.meter("comparing")
		choice := d.choice()
		choice.Missions = d.withMissions
		diff, err := o.Diff(ctx, engine.DiffQuery{From: from, To: to, Comparison: standing.Comparison{
			Choice: choice, Privileges: typedAs[domain.Privilege](d.privileges), Request: request, Progress: comparing,
		}})
		if err != nil {
			return err
		}
		if d.list || p.wantsCSV() {
			return p.listDiff(o, diff, comparing)
		}
		return p.countDiff(o, diff, comparing)
	})
}

func (p *program) listDiff(o *office, diff *engine.Diff, comparing meter) error {
	switch {
	case p.wantsCSV():
		defer comparing.end()
		header := []string{"subject", "categories", "missions", "states", "privilege", "by", "before", "before_conditions", "between", "between_conditions", "after", "after_conditions", "learnt", "because"}
		return p.streamCSV(header, mapped(diff.Differences, diffCells))
	case p.json():
		return streamJSON(p, api.DiffHead(diff), "differences", mapped(diff.Differences, api.DiffersOf))
	}
	rows, more, err := someRows(diff.Differences, func(d standing.Difference) []string {
		by := api.MadeBy(d)
		if len(d.Learnt) > 0 {
			by += " " + whole(positionsText(d.Learnt))
		}
		return []string{d.Subject.ID, string(d.Privilege), verdictText(d.Before), verdictText(d.After), by, whyText(d.After)}
	})
	if err != nil {
		return err
	}
	comparing.end()
	g := p.page()
	o.showPoints(g, diff)
	if len(rows) == 0 {
		g.line("Nothing differs.")
		return nil
	}
	g.listSome([]string{"who", "privilege", "before", "after", "by", "because"}, rows, more)
	g.line("")
	g.line("%s", fmt.Sprintf("%d in all", len(rows)+more))
	return nil
}

func diffCells(d standing.Difference) []string {
	out := append(postCells(d.Subject, d.Posts), string(d.Privilege), api.MadeBy(d))
	for _, v := range []*standing.Verdict{d.Before, d.Between, d.After} {
		conditions := ""
		if v != nil {
			conditions = strings.Join(conditionCodes(v), "; ")
		}
		out = append(out, verdictWord(v), conditions)
	}
	learnt := make([]string, len(d.Learnt))
	for i, pos := range d.Learnt {
		learnt[i] = strconv.FormatUint(uint64(pos), 10)
	}
	return append(out, strings.Join(learnt, "; "), whyText(d.After))
}

// mostPositions is how many positions are shown to people.
const mostPositions = 4

// positionsText writes where events are in the log.
func positionsText(at []domain.Position) string {
	var out []string
	for i, pos := range at {
		if i == mostPositions {
			out = append(out, fmt.Sprintf("and %d more", len(at)-i))
			break
		}
		out = append(out, fmt.Sprintf("@%d", pos))
	}
	return strings.Join(out, " ")
}

// showPoints shows the two points that are compared.
func (o *office) showPoints(g *page, diff *engine.Diff) {
	for i, at := range []engine.Settled{diff.From, diff.To} {
		lead := []string{"from      ", "to        "}[i]
		g.say(lead, fmt.Sprintf("as of %s, as known at %s", o.local(at.AsOf), o.knownAt(at.AsKnown)))
	}
	g.line("")
}

func (p *program) countDiff(o *office, diff *engine.Diff, comparing meter) error {
	counts, err := countsOf(diff.Differences)
	if err != nil {
		return err
	}
	comparing.end()
	if p.json() {
		return p.print(api.DiffedOf(diff, counts))
	}
	g := p.page()
	o.showPoints(g, diff)
	if len(counts) == 0 {
		g.line("Nothing differs.")
		return nil
	}
	number := func(n int) string {
		if n == 0 {
			return "-"
		}
		return strconv.Itoa(n)
	}
	var rows [][]string
	for _, c := range counts {
		var turns []string
		for _, t := range c.Turns {
			turns = append(turns, fmt.Sprintf("%d from %s to %s", t.Count, turnText(t.From), turnText(t.To)))
		}
		rows = append(rows, []string{string(c.Privilege), number(c.Changed), number(c.ByTime), number(c.ByKnowledge), number(c.ByBoth), strings.Join(turns, "; "), or(positionsText(c.Learnt), "-")})
	}
	g.list([]string{"privilege", "differ", "time", "learnt", "both", "became", "events learnt"}, rows)
	g.line("")
	g.line("Each of them: add --list")
	return nil
}

func countsOf(differences iter.Seq2[standing.Difference, error]) ([]standing.DiffCount, error) {
	var counts standing.CountDiff
	for d, err := range differences {
		if err != nil {
			return nil, err
		}
		counts.Add(d)
	}
	return counts.Counts(), nil
}

// turnText writes an outcome as people say it.
func turnText(words string) string {
	if i := slices.Index(api.OutcomeOrder, domain.Outcome(words)); i >= 0 {
		return outcomes[api.OutcomeOrder[i]].text
	}
	return words
}

// instantOrOpen writes a bound for CSV: an open one is empty.
func instantOrOpen(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return calendar.FormatInstant(t)
}
