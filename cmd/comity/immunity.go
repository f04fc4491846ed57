package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/rules"
)

// lawEnforcement is the view that the law-enforcement card is.
const lawEnforcement = "law_enforcement"

func (p *program) immunityCommand() *cobra.Command {
	var a asking
	var table bool
	cmd := &cobra.Command{
		Use:   "immunity MEMBER [key=value ...] | immunity --table",
		Short: "Show the law-enforcement card of a person, or the table for everybody",
		Long: `Immunity answers what an officer at the roadside asks: may this person be arrested,
cited, called as a witness, prosecuted, may the residence be entered, and what of the
family. With --table it prints the answers for every category, under the general law
alone: agreements with single States and measures are not in it.`,
		Example: `  comity immunity ana
  comity immunity ana offence=traffic.dui
  comity immunity --table
  comity immunity --table --as-of 2007-06-01 -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if table {
				return nil
			}
			return atLeast(true, "MEMBER")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if table {
				return p.immunityTable(cmd.Context(), args, a)
			}
			return p.immunityCard(cmd.Context(), args, a)
		},
	}
	a.times(cmd.Flags())
	a.keeping.flags(cmd.Flags())
	cmd.Flags().BoolVar(&table, "table", false, "the whole table instead of one person's card")
	return cmd
}

func (p *program) immunityCard(ctx context.Context, args []string, a asking) error {
	return p.answer(ctx, args[0], args[1:], a, func(o *office, q engine.Question) error {
		card, err := o.Card(ctx, lawEnforcement, q)
		if err != nil {
			return err
		}
		if p.json() {
			return p.print(card)
		}
		g := p.page()
		g.line("%s", g.paint(bold, card.Title))
		g.line("")
		g.line("person    %s", card.Subject)
		if card.Capacity != "" {
			g.line("capacity  %s", card.Capacity)
		}
		g.line("as of     %s", o.dated(card.AsOf))
		g.say("as known  ", o.knownAt(card.AsKnown))
		if o.Mode() == domain.History {
			g.say("office    ", "a history office: when its events were recorded is stated, not stamped")
		}
		g.line("")
		var rows [][]string
		for _, s := range card.Said {
			rows = append(rows, []string{s.Ask, said(s)})
		}
		g.table([]string{"question", "answer"}, rows)
		showFootnotes(g, card.Footnotes)
		showRemarks(g, "Guidance", card.Guidance)
		showRemarks(g, "Proposed", card.Proposals)
		showCardSources(g, card.Cite, card.Editions)
		return nil
	}, domain.KindMember)
}

func (p *program) immunityTable(ctx context.Context, args []string, a asking) (err error) {
	request, err := p.parseRequest(args)
	if err != nil {
		return badInput(fmt.Errorf("%w; with --table no member is named", err))
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.question("", a, request)
	if err != nil {
		return err
	}
	table, err := o.Table(ctx, lawEnforcement, q)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(table)
	}
	g := p.page()
	g.line("%s", g.paint(bold, table.Title))
	g.line("as of     %s", o.dated(table.AsOf))
	g.say("as known  ", o.knownAt(table.AsKnown))
	g.line("")
	header := []string{"Category"}
	var rows [][]string
	group := ""
	for i, r := range table.Rows {
		if i == 0 {
			for _, s := range r.Said {
				header = append(header, s.Ask)
			}
		}
		if r.Group != group {
			group = r.Group
			rows = append(rows, []string{group})
		}
		row := []string{r.Term + marks(r.Notes)}
		for _, s := range r.Said {
			row = append(row, said(s))
		}
		rows = append(rows, row)
	}
	g.table(header, rows)
	showFootnotes(g, table.Footnotes)
	showRemarks(g, "Guidance", table.Guidance)
	for _, one := range advised(table.Rows) {
		g.say("  - ", one.text+cited(one.cite)+one.whom(len(table.Rows)))
	}
	showCardSources(g, table.Cite, table.Editions)
	return nil
}

// An advice is guidance that holds for some rows of a table.
type advice struct {
	text string
	cite []string
	rows []standing.Row
	all  map[string]int // how many rows each group has
}

// advised lists the guidance that holds for some rows only, each once, in order.
func advised(rows []standing.Row) []*advice {
	var out []*advice
	all := map[string]int{}
	for _, r := range rows {
		all[r.Group]++
		for _, g := range r.Guidance {
			i := slices.IndexFunc(out, func(a *advice) bool { return a.text == g.Text })
			if i < 0 {
				i = len(out)
				out = append(out, &advice{text: g.Text, cite: g.Cite, all: all})
			}
			out[i].rows = append(out[i].rows, r)
		}
	}
	return out
}

// whom names the rows that an advice holds for: by their group, if it is all of it;
// nobody, if it is all of the table.
func (a *advice) whom(all int) string {
	if len(a.rows) == all {
		return ""
	}
	held := map[string]int{}
	for _, r := range a.rows {
		held[r.Group]++
	}
	var words []string
	for _, r := range a.rows {
		word := r.Term
		if r.Group != "" && held[r.Group] == a.all[r.Group] {
			word = r.Group + " (all)"
		}
		words = appendNew(words, word)
	}
	return " For: " + strings.Join(words, "; ") + "."
}

// dated writes an instant that a view wrote in UTC as people in the office would.
func (o *office) dated(text string) string {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return o.local(t)
}

// said writes what a view says to a question.
func said(s rules.Said) string { return s.Text + marks(s.Notes) }

// marks writes references to footnotes.
func marks(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, ", ") + ")"
}

func showFootnotes(g *page, notes []standing.Note) {
	if len(notes) == 0 {
		return
	}
	g.line("")
	for _, n := range notes {
		g.say("("+n.Mark+") ", n.Text)
	}
}

// showCardSources says what a card rests on.
func showCardSources(g *page, cite []string, editions []domain.Edition) {
	g.line("")
	var by []string
	for _, e := range editions {
		by = append(by, fmt.Sprintf("%s, edition %s", e.Ruleset, e.Edition))
	}
	g.sayIn(faint, "", "By "+strings.Join(by, "; ")+cited(cite)+".")
}
