package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) rulesExplainCommand() *cobra.Command {
	var in []string
	cmd := &cobra.Command{
		Use:   "explain [FOLDER|NAME|HASH:]RULE",
		Short: "Say in plain words what a rule means",
		Long: `Explain says what a rule speaks of, whom it reaches and when, what it gives and on which
conditions, each code by its term; what it rests on, with the titles of what it cites;
which floors stand under its privileges; which cases try it; and which other rules meet
it at its tier. "comity rules show" prints the rule as it is written.

It looks among the editions in force in the log; if there is no log, or --in names a
folder, a ruleset that ships or the hash of a draft or an edition in the log, among
those. In place of --in the name may stand before the rule, with a colon between them.`,
		Example: `  comity rules explain S-AGENT
  comity rules explain B-DIP/imm.arrest/agent
  comity rules explain CN-ENGAGE-TERMS --in cn
  comity rules explain common:S-AGENT
  comity rules explain S-AGENT --in common -o json`,
		Args: atLeast(false, "RULE"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesExplain(cmd.Context(), args[0], in) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			slices.Sort(in) // a shell's question has its flags read twice
			sources, err := p.sourcesOf(cmd.Context(), slices.Compact(in))
			if err != nil {
				cobra.CompErrorln(err.Error())
				return nil, cobra.ShellCompDirectiveError
			}
			other := func(id string) bool { return !strings.HasPrefix(id, word) }
			return slices.DeleteFunc(ruleIDs(sources), other), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().StringSliceVar(&in, "in", nil, "look in these `FOLDER|NAME|HASH`es")
	complete(cmd, "in", rulesets.Names())
	return cmd
}

func editionsOf(sources []source) []*rules.Edition {
	out := make([]*rules.Edition, len(sources))
	for i, s := range sources {
		out[i] = s.edition
	}
	return out
}

func ruleIDs(sources []source) []string {
	var out []string
	for _, s := range sources {
		for _, r := range s.edition.Rules {
			out = append(out, r.ID)
		}
	}
	return out
}

// lawOf is the law that sources are of: theirs, and the common edition of which a
// State's was read.
func (p *program) lawOf(ctx context.Context, names []string) (rules.Law, []source, error) {
	if len(names) > 0 {
		return p.loadSources(ctx, names)
	}
	sources, err := p.sourcesOf(ctx, nil)
	law := rules.Law{States: map[domain.StateID]*rules.Edition{}}
	for _, s := range sources {
		if s.edition.Code == rulesets.CommonName {
			law.Common = s.edition
		} else {
			law.States[domain.StateID(s.edition.Code)] = s.edition
		}
	}
	if err == nil && law.Common == nil {
		err = badInput(errors.New("no common ruleset is in force in the log: name one with --in common"))
	}
	return law, sources, err
}

func (p *program) rulesExplain(ctx context.Context, id string, names []string) error {
	within := "" // the ruleset in force that is meant
	if i := strings.LastIndex(id, ":"); i > 0 {
		if len(names) > 0 {
			return badInput(fmt.Errorf("%s says where to look, and so does --in: leave one of them out", id))
		}
		if _, err := filesOf(id[:i]); err == nil || hashWord.MatchString(id[:i]) {
			names = []string{id[:i]}
		} else {
			within = id[:i]
		}
		id = id[i+1:]
	}
	law, sources, err := p.lawOf(ctx, names)
	if err != nil {
		return err
	}
	if within != "" {
		sources = slices.DeleteFunc(sources, func(s source) bool { return string(s.edition.Code) != within })
		if len(sources) == 0 {
			_, err := filesOf(within)
			return badInput(fmt.Errorf("%w; nor is an edition of it in force in the log", err))
		}
	}
	for _, s := range sources {
		i := slices.IndexFunc(s.edition.Rules, func(r *rules.Rule) bool { return r.ID == id })
		if i < 0 {
			continue
		}
		e := api.ExplainRule(law, editionsOf(sources), s.edition, s.edition.Rules[i], titlesOf(s.name))
		if p.json() {
			return p.print(e)
		}
		showExplained(p.page(), e, s.folder())
		return nil
	}
	return badInput(fmt.Errorf("no rule is called %q%s: comity rules show lists those of a privilege or a table", id, domain.DidYouMean(id, ruleIDs(sources))))
}

// titlesOf reads the SOURCES.md that stands beside a ruleset; nil if there is none.
func titlesOf(name string) [][2]string {
	text, err := rulesets.Sources(name)
	if errors.Is(err, rulesets.ErrUnknown) {
		text, err = os.ReadFile(filepath.Join(name, "SOURCES.md"))
	}
	if err != nil {
		return nil // it explains, and is no part of the ruleset
	}
	return api.Titles(text)
}

// mostExplained is how many cases or rules are listed for people.
const mostExplained = 8

func showExplained(g *page, e api.Explained, folder string) {
	at := func(file string) string { return rules.Pos{File: file}.In(folder).File }
	g.line("%s  %s of edition %s, %s:%d", g.paint(bold, e.ID), e.Ruleset, e.Edition, at(e.File), e.Line)
	g.say("", e.Because)
	g.line("")
	terms := func(words []api.ExplainedWord) string {
		out := make([]string, len(words))
		for i, w := range words {
			out[i] = w.Term
			if w.Term != w.Code {
				out[i] += " (" + w.Code + ")"
			}
		}
		return strings.Join(out, "; ")
	}
	g.say("speaks of  ", or(terms(e.Privileges), "what its "+string(e.Each)+" names"))
	g.say("tier       ", fmt.Sprintf("%s: it %s", e.Tier, e.Effect))
	g.say("reaches    ", reachText(e, terms))
	if e.Each != rules.EachNothing {
		g.say("for each   ", fmt.Sprintf("%s on record that covers the person or mission", e.Each))
	}
	switch {
	case e.When == nil:
		g.say("when       ", "always")
	default:
		showWords(g, "when       ", *e.When)
	}
	gives := e.Gives
	if e.Reciprocal {
		gives += "; only until a determination of reciprocity is on record"
	}
	g.say("gives      ", gives)
	for _, c := range e.Conditions {
		text := c.Code + ": " + c.Text
		if len(c.Params) > 0 {
			text += " (" + strings.Join(c.Params, ", ") + ")"
		}
		if c.Met != "" {
			text += "; met when " + c.Met
		}
		g.say("condition  ", text)
	}
	if e.Code != "" {
		g.say("reason     ", e.Code)
	}
	if e.Practice {
		g.say("basis      ", "the State's practice for the same privilege")
	}
	if e.Offence != nil {
		g.say("otherwise  ", "to act against it would be "+terms([]api.ExplainedWord{*e.Offence}))
	}
	if len(e.Propose) > 0 {
		g.say("proposes   ", terms(e.Propose))
	}
	for _, r := range e.Says {
		g.say(fmt.Sprintf("%-11s", r.Kind), r.Text)
	}
	for _, f := range e.Floors {
		text := fmt.Sprintf("%s: %s", f.Privilege, map[string]string{"H": "hard, which nothing of the office lowers", "R": "soft, which only an answer to the State's practice lowers"}[f.Mark])
		if f.When != "" {
			text += ", when " + f.When
		}
		g.say("floor      ", text+cited(f.Cite))
	}
	for i, c := range e.Cite {
		lead := "cites      "
		if i > 0 {
			lead = "           "
		}
		text := c.Tag
		if c.Title != "" {
			text += ": " + c.Title
		}
		g.say(lead, text)
	}
	g.say("in force   ", inForceText(e))
	showListed(g, "bites in   ", "no case", len(e.Fires), func(i int) string {
		return fmt.Sprintf("%s: %s, %s", at(e.Fires[i].At), e.Fires[i].Name, e.Fires[i].Got)
	})
	g.say("holds back ", "in "+plural(e.Silent, "case")+" about its privileges")
	showListed(g, "meets      ", "no other rule of its tier", len(e.Meets), func(i int) string {
		m := e.Meets[i]
		return strings.TrimSuffix(fmt.Sprintf("%s of %s, which %s: %s", m.ID, m.Ruleset, m.Effect, outcomeOf(m.Outcome)), ": ")
	})
}

func reachText(e api.Explained, terms func([]api.ExplainedWord) string) string {
	who := strings.Join(e.Of, "s and ") + "s"
	var out []string
	for _, part := range e.Reaches {
		switch {
		case part.Key == "family" && part.Values[0].Code == "only":
			out = append(out, "members of the family alone")
		case part.Key == "family":
			out = append(out, "not members of the family")
		default:
			out = append(out, strings.ReplaceAll(part.Key, "_", " ")+": "+terms(part.Values))
		}
	}
	if len(out) == 0 {
		return who + ", whoever they are"
	}
	return who + ", " + strings.Join(out, ", ")
}

func inForceText(e api.Explained) string {
	switch {
	case e.From == "" && e.To == "":
		return "as long as its edition"
	case e.To == "":
		return "from " + e.From
	case e.From == "":
		return "until " + e.To
	}
	return "from " + e.From + " until " + e.To
}

// showWords shows a condition, each part under what joins it.
func showWords(g *page, lead string, c api.ExplainedClause) {
	text := c.Text
	if len(c.Parts) > 0 {
		text += ":"
	}
	g.say(lead, text)
	indent := strings.Repeat(" ", columns(lead))
	for _, part := range c.Parts {
		showWords(g, indent+"- ", part)
	}
}

func showListed(g *page, lead, none string, n int, text func(int) string) {
	if n == 0 {
		g.say(lead, none)
	}
	for i := range min(n, mostExplained) {
		g.say(lead, text(i))
		lead = strings.Repeat(" ", columns(lead))
	}
	if n > mostExplained {
		g.line("%sand %d more", lead, n-mostExplained)
	}
}
