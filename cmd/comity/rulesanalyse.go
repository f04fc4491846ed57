package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
	"github.com/comity-project/comity/rules/workshop"
)

// analysing is what the flags of rules analyse say.
type analysing struct {
	privileges, only []string
	format, failOn   string
	verbose          bool
}

func (p *program) rulesAnalyseCommand() *cobra.Command {
	var a analysing
	cmd := &cobra.Command{
		Use:   "analyse [FOLDER|NAME|HASH ...]",
		Short: "Prove what rules can never do, and what they do to each other",
		Long: `Analyse proves things of rulesets without trying them on anybody: rules that never fire,
parts of conditions that say nothing, rules that can't change any answer, rules of one
tier that give different outcomes to one person, floors that are breached, rules that
say the same, gaps between periods, and conditions that can't be met. Where somebody
shows it, he is named; he was put to the engine before. Without an argument it looks at
the rulesets that ship.

What it does not look into, such as a calculation, may come to anything: what is said
holds whatever it comes to. -v lists those parts with the reason, the overlaps of rules,
and for whom no baseline rule speaks.

The exit code is 4 if there is a finding as grave as --fail-on says, and 3 if a ruleset
has mistakes.`,
		Example: `  comity rules analyse ./arandia
  comity rules analyse ./arandia --privilege tax.sales -v
  comity rules analyse cn --only A001 --only A006
  comity rules analyse cn -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesAnalyse(cmd, args, a) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&a.privileges, "privilege", nil, "look only at this `PRIVILEGE`; may be repeated")
	f.StringSliceVar(&a.only, "only", nil, "look only for this `CODE`; may be repeated")
	f.StringVar(&a.failOn, "fail-on", string(workshop.Error), "`SEVERITY` from which on findings fail: error, warning or note")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "list notes, gaps and what was not analysed")
	formatFlag(cmd, &a.format)
	complete(cmd, "fail-on", []string{string(workshop.Error), string(workshop.Warning), string(workshop.Note)})
	complete(cmd, "only", analysisCodes())
	return cmd
}

func analysisCodes() []string {
	var out []string
	for _, page := range analysis.Help().Pages() {
		out = append(out, page.Code)
	}
	return out
}

func (p *program) rulesAnalyse(cmd *cobra.Command, names []string, a analysing) error {
	form, err := p.formOf(a.format)
	if err != nil {
		return err
	}
	if err := oneOf("fail-on", a.failOn, string(workshop.Error), string(workshop.Warning), string(workshop.Note)); err != nil {
		return err
	}
	for i := range a.only {
		a.only[i] = strings.ToUpper(a.only[i])
		if err := oneOf("only", a.only[i], analysisCodes()...); err != nil {
			return err
		}
	}
	law, loaded, err := p.loadSources(cmd.Context(), names)
	if err != nil {
		return err
	}
	privileges, err := knownPrivileges(law.Common.Language, a.privileges)
	if err != nil {
		return err
	}
	meter := p.meter("analyse")
	var reports []*analysis.Report
	var found workshop.Findings
	for _, s := range loaded {
		one := law
		one.States = map[domain.StateID]*rules.Edition{}
		if s.edition.Code != law.Common.Code {
			one.States[domain.StateID(s.edition.Code)] = s.edition
		}
		r := analysis.Analyse(one, s.edition, analysis.Options{Privileges: privileges, Only: a.only, Progress: meter})
		reports = append(reports, r)
		found = append(found, findingsOf(r, s)...)
	}
	meter.end()
	if worst := found.Worst(); worst != "" && worst.AtLeast(workshop.Severity(a.failOn)) {
		p.code = exitTests
	}
	switch form {
	case workshop.AsJSON:
		return p.print(reports)
	case workshop.AsText:
		for i, r := range reports {
			if i > 0 {
				p.page().line("")
			}
			p.showAnalysis(r, loaded[i], a.verbose)
		}
		return nil
	default:
		return p.writeFindings(cmd.Name(), found.Sorted(), form)
	}
}

// knownPrivileges checks the names of privileges.
func knownPrivileges(l *rules.Language, names []string) ([]domain.Privilege, error) {
	var out []domain.Privilege
	for _, name := range names {
		if l.Privileges[domain.Privilege(name)] == nil {
			return nil, badInput(fmt.Errorf("unknown privilege %q%s", name, domain.DidYouMean(name, l.Codes("privilege"))))
		}
		out = append(out, domain.Privilege(name))
	}
	return out, nil
}

// findingsOf makes what an analysis found into findings that all checks share.
func findingsOf(r *analysis.Report, s source) workshop.Findings {
	out := workshop.Findings{}
	for _, f := range r.Findings {
		message := f.Message
		if f.Witness != nil {
			message += "; for instance " + f.Witness.String()
		}
		out = append(out, workshop.Finding{
			File: rules.Pos{File: f.File}.In(s.folder()).File, Line: max(1, f.Line), Column: max(1, f.Column), Code: f.Code,
			Severity: workshop.Severity(f.Severity), Message: message, Hint: f.Hint, Source: rules.LineOf(s.bundle, f.Pos),
		})
	}
	return out
}

func (p *program) showAnalysis(r *analysis.Report, s source, verbose bool) {
	g := p.page()
	g.line("%s  edition %s, %s about %s", g.paint(bold, string(r.Ruleset)), r.Edition, plural(r.Rules, "rule"), plural(r.Privileges, "privilege"))
	colours := map[analysis.Severity]string{analysis.Error: bad, analysis.Warning: mixed, analysis.Note: faint}
	counts := map[analysis.Severity]int{}
	for _, f := range r.Findings {
		counts[f.Severity]++
		if f.Severity == analysis.Note && !verbose {
			continue
		}
		g.line("")
		g.say("", fmt.Sprintf("%s:%d:%d: %s: %s [%s]", rules.Pos{File: f.File}.In(s.folder()).File, f.Line, f.Column, g.paint(colours[f.Severity], string(f.Severity)), f.Message, f.Code))
		if line := rules.LineOf(s.bundle, f.Pos); line != "" {
			for shown := range strings.Lines(rules.Pointed(line, f.Column, f.Column+1)) {
				g.line("    %s", strings.TrimSuffix(shown, "\n"))
			}
		}
		if len(f.Privileges) > 0 {
			g.say("  about: ", joined(f.Privileges))
		}
		if f.Witness != nil {
			g.say("  shown by: ", f.Witness.String())
		}
		if f.Hint != "" {
			g.say("  to do: ", f.Hint)
		}
	}
	if verbose {
		p.showGaps(g, r.Gaps)
		if len(r.NotAnalysed) > 0 {
			g.title("Not analysed")
			for _, o := range r.NotAnalysed {
				g.say("  ", strings.Join(slices.DeleteFunc([]string{o.At, strings.Join(o.Rules, ", "), string(o.Privilege), o.What}, func(t string) bool { return t == "" }), ": ")+": "+o.Why)
			}
		}
	}
	g.line("")
	text := fmt.Sprintf("%s, %s, %s", plural(counts[analysis.Error], "error"), plural(counts[analysis.Warning], "warning"), plural(counts[analysis.Note], "note"))
	var more []string
	if len(r.Gaps) > 0 {
		more = append(more, plural(len(r.Gaps), "cell")+" without a baseline rule")
	}
	if len(r.NotAnalysed) > 0 {
		more = append(more, plural(len(r.NotAnalysed), "part")+" not analysed")
	}
	if len(more) > 0 {
		text += "; " + strings.Join(more, ", ")
		if !verbose {
			text += " (-v lists them)"
		}
	}
	g.line("%s", text)
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// showGaps lists for whom nothing says anything, a line for each privilege.
func (p *program) showGaps(g *page, gaps []analysis.Gap) {
	if len(gaps) == 0 {
		return
	}
	g.title("Denied because no baseline rule says otherwise")
	var rows [][]string
	for i := 0; i < len(gaps); {
		privilege := gaps[i].Privilege
		people, relatives, missions := []string{}, []string{}, []string{}
		for ; i < len(gaps) && gaps[i].Privilege == privilege; i++ {
			cell := string(gaps[i].Category) + " at " + string(gaps[i].Kind)
			switch {
			case gaps[i].Mission:
				missions = append(missions, string(gaps[i].Kind))
			case gaps[i].Family:
				relatives = append(relatives, cell)
			default:
				people = append(people, cell)
			}
		}
		for who, list := range map[string][]string{"persons": people, "families": relatives, "missions": missions} {
			if len(list) > 0 {
				rows = append(rows, []string{string(privilege), who, strings.Join(list, ", ")})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b []string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) })
	g.list([]string{"privilege", "of", "cells"}, rows)
}
