package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

func (p *program) rulesReadsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reads [FACT] [FOLDER|NAME ...]",
		Short: "Say which rules read a fact, and which privileges hang on it",
		Long: `Reads lists the rules that read a fact, such as member.status or request.amount, with the
privileges of which they speak: what may change when the fact does. Without a fact it lists
all facts that rules read. A fact of a measure, agreement or waiver is named after that, as
in measure.level.

It looks among the editions in force in the log; if there is no log, or folders or names
are given, among those.`,
		Example: `  comity rules reads
  comity rules reads member.status
  comity rules reads measure.level common`,
		RunE: func(cmd *cobra.Command, args []string) error {
			word := ""
			if len(args) > 0 && strings.Contains(args[0], ".") && !strings.ContainsAny(args[0], `/\`) {
				word, args = args[0], args[1:]
			}
			sources, err := p.sourcesOf(cmd.Context(), args)
			if err != nil {
				return err
			}
			return p.rulesReads(sources, word)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveFilterDirs
			}
			sources, err := p.sourcesOf(cmd.Context(), nil)
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			var out []string
			for _, f := range readFacts(sources) {
				out = append(out, f.Fact)
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
	}
	return cmd
}

// A fact that is read, for programs.
type readFact struct {
	Fact       string             `json:"fact"`
	Rules      []readRule         `json:"rules"`
	Privileges []domain.Privilege `json:"privileges"`
}

type readRule struct {
	ID         string             `json:"id"`
	Ruleset    string             `json:"ruleset"`
	Tier       domain.Tier        `json:"tier"`
	Privileges []domain.Privilege `json:"privileges"` // empty: those of what it is evaluated for
	File       string             `json:"file"`
	Line       int                `json:"line"`
}

// readFacts lists the facts that rules read, sorted.
func readFacts(sources []source) []readFact {
	found := map[rules.FactRef]*readFact{}
	for _, s := range sources {
		for _, r := range s.edition.Rules {
			for _, ref := range readBy(r) {
				f := found[ref]
				if f == nil {
					f = &readFact{Fact: ref.String(), Privileges: []domain.Privilege{}}
					found[ref] = f
				}
				one := readRule{ID: r.ID, Ruleset: string(r.Ruleset), Tier: r.Tier, Privileges: r.Privileges, File: r.Pos.File, Line: r.Pos.Line}
				if one.Privileges == nil {
					one.Privileges = []domain.Privilege{}
				}
				f.Rules = append(f.Rules, one)
				f.Privileges = append(f.Privileges, r.Privileges...)
			}
		}
	}
	out := make([]readFact, 0, len(found))
	for _, f := range found {
		slices.Sort(f.Privileges)
		f.Privileges = slices.Compact(f.Privileges)
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b readFact) int { return cmp.Compare(a.Fact, b.Fact) })
	return out
}

// readBy lists the facts that a rule reads, and those by which its conditions are met.
func readBy(r *rules.Rule) []rules.FactRef {
	out := slices.Clone(r.Reads)
	for _, use := range r.Conditions {
		if use.Decl.Met == nil {
			continue
		}
		for _, ref := range use.Decl.Met.Reads() {
			if ref.Object != "condition" && !slices.Contains(out, ref) {
				out = append(out, ref)
			}
		}
	}
	return out
}

func (p *program) rulesReads(sources []source, word string) error {
	all := readFacts(sources)
	if word == "" {
		if p.json() {
			return p.print(all)
		}
		rows := make([][]string, len(all))
		for i, f := range all {
			rows[i] = []string{f.Fact, strconv.Itoa(len(f.Rules)), strconv.Itoa(len(f.Privileges))}
		}
		p.page().list([]string{"fact", "rules", "privileges"}, rows)
		return nil
	}
	at := slices.IndexFunc(all, func(f readFact) bool { return f.Fact == word })
	if at < 0 {
		known := make([]string, len(all))
		for i, f := range all {
			known[i] = f.Fact
		}
		return badInput(fmt.Errorf("no rule reads %s%s; comity rules reads lists what is read", word, domain.DidYouMean(word, known)))
	}
	f := all[at]
	if p.json() {
		return p.print(f)
	}
	g := p.page()
	var rows [][]string
	for _, r := range f.Rules {
		privileges := "those of what it is evaluated for"
		if len(r.Privileges) > 0 {
			privileges = fmt.Sprint(len(r.Privileges), " privileges")
			if len(r.Privileges) <= few {
				privileges = joined(r.Privileges)
			}
		}
		rows = append(rows, []string{r.ID, r.Ruleset, string(r.Tier), privileges, fmt.Sprintf("%s:%d", r.File, r.Line)})
	}
	g.list([]string{"rule", "ruleset", "tier", "speaks of", "stands at"}, rows)
	g.line("")
	g.say("hang on it  ", or(joined(f.Privileges), "what the rules are evaluated for"))
	return nil
}

// few is how many privileges are named in a column.
const few = 3
