package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

// trying holds the flags of comity rules try.
type trying struct {
	asking
	then, rule, privilege string
}

func (p *program) rulesTryCommand() *cobra.Command {
	var t trying
	cmd := &cobra.Command{
		Use:   "try MEMBER|MISSION EXPRESSION|PRIVILEGE [key=value ...]",
		Short: "Try an expression or a draft on somebody on record",
		Long: `Try evaluates an expression, as it would stand in the "when" of a rule, with the facts
of a member or a mission on record: what it comes to, what each of its parts comes to,
and every fact that it may read, with the events from which that is known. A part that
decided alone is marked *. With --then it does so at a second time too.

An expression may read m, a or w: then it is evaluated for every measure, agreement or
waiver that covers the person. What it asks of the privilege is said with --privilege.

With --rule a draft is tried instead: a folder of a ruleset, a *.yaml file, the name of
one that ships, or the hash of a draft or an edition in the log; after it may stand a
colon and the id of one of its rules. It is as
if it were the edition in force of its ruleset. Try shows whom its rules about the
privilege reach, by which key of applies they do not, what their conditions come to, and
the answer before and after. A file that has rules and no head is added to the ruleset
of the State in question.

Nothing is recorded.`,
		Example: `  comity rules try ana 'member.category == DIP_AGENT && mission.kind == EMBASSY'
  comity rules try ana 'member.age' --as-of 2025-02-01 --then 2026-02-01
  comity rules try ana 'request.amount >= 10000 || member.status != status.NONE' amount=15000
  comity rules try ana imm.criminal --rule common:S-AGENT
  comity rules try ana tax.sales --rule ./arandia -o json`,
		Args: atLeast(true, "MEMBER|MISSION", "EXPRESSION|PRIVILEGE"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesTry(cmd.Context(), args, t) },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 && t.rule != "" {
				return p.privilegesToComplete(cmd.Context()), cobra.ShellCompDirectiveNoFileComp
			}
			return p.completeHolder(cmd, args, word)
		},
	}
	t.times(cmd.Flags())
	cmd.Flags().StringVar(&t.then, "then", "", "a second moment asked about")
	cmd.Flags().StringVar(&t.rule, "rule", "", "try a draft: `FOLDER|FILE|NAME|HASH[:RULE]`")
	cmd.Flags().StringVar(&t.privilege, "privilege", "", "the `PRIVILEGE` asked about, where the expression reads it")
	return cmd
}

// privilegesToComplete lists the privileges of the law in force.
func (p *program) privilegesToComplete(ctx context.Context) []string {
	o, err := p.readOffice(ctx)
	if err != nil {
		return nil
	}
	defer func() { _ = o.close(ctx) }() // there is nobody to tell
	law, err := o.Root().CommonFor(o.Now())
	if err != nil {
		return nil
	}
	return texts(law.Language.PrivilegeOrder)
}

func (p *program) rulesTry(ctx context.Context, args []string, t trying) error {
	if t.rule != "" && t.privilege != "" {
		return badInput(errors.New("--privilege goes with an expression: with --rule the privilege is the second word"))
	}
	return p.answer(ctx, args[0], args[2:], t.asking, func(o *office, q engine.Question) error {
		trial := engine.Trial{Subject: q.Subject, Request: q.Request, AsKnown: q.AsKnown, AsOf: []time.Time{q.AsOf}, Expr: args[1], Privilege: domain.Privilege(t.privilege)}
		if t.then != "" {
			then, err := o.ParseAsOf(t.then)
			if err != nil {
				return badInput(fmt.Errorf("--then: %w", err))
			}
			trial.AsOf = append(trial.AsOf, then)
		}
		name := "expression"
		if t.rule != "" {
			trial.Expr, trial.Privilege = "", domain.Privilege(args[1])
			var err error
			if name, trial, err = o.draftToTry(ctx, trial, t.rule); err != nil {
				return err
			}
		}
		tried, err := o.Try(ctx, trial)
		if wrong, ok := errors.AsType[rules.Diagnostics](err); ok {
			if t.rule == "" {
				return wrong
			}
			return &invalid{name: name, error: wrong}
		}
		if err != nil {
			return err
		}
		if p.json() {
			said, err := api.TriedOf(trial, tried)
			if err != nil {
				return err
			}
			return p.print(said)
		}
		o.showTried(trial, tried)
		return nil
	}, domain.KindMember, domain.KindMission)
}

// draftToTry reads what --rule names: a folder, a file or what ships, and perhaps the
// id of a rule.
func (o *office) draftToTry(ctx context.Context, trial engine.Trial, word string) (string, engine.Trial, error) {
	name := word
	_, statErr := os.Stat(name)
	if i := strings.LastIndex(word, ":"); statErr != nil && i > 0 {
		name, trial.Rule = word[:i], word[i+1:]
	}
	var files fs.FS
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		if !info.Mode().IsRegular() {
			return name, trial, badInput(fmt.Errorf("--rule: %s is not a file", name))
		}
		if info.Size() > rules.MaxBundle {
			return name, trial, badInput(fmt.Errorf("--rule: %s has %d bytes; a ruleset has at most %d", name, info.Size(), rules.MaxBundle))
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return name, trial, badInput(fmt.Errorf("--rule: %w", err))
		}
		files = oneFile{strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)) + ".yaml", text, info}
	} else if files, err = filesOf(name); err != nil {
		if !hashWord.MatchString(name) {
			return name, trial, badInput(fmt.Errorf("--rule: %w", err))
		}
		if trial.Draft, err = o.textByHash(ctx, name); err != nil {
			return name, trial, badInput(fmt.Errorf("--rule: %w", err))
		}
		return name, trial, nil
	}
	bundle, err := rules.Bundle(files)
	if err != nil {
		return name, trial, badInput(fmt.Errorf("--rule: %s: %w", name, err))
	}
	_, headed := rules.CodeOf(bundle)
	trial.Draft, trial.Added = bundle, !headed
	return name, trial, nil
}

// oneFile is a folder with a single file.
type oneFile struct {
	name string
	text []byte
	info fs.FileInfo
}

// Open is of no use: the file is read whole.
func (f oneFile) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Stat says how large the file is, and of which kind.
func (f oneFile) Stat(string) (fs.FileInfo, error) { return f.info, nil } //nolint:unparam // as fs.StatFS has it

// Glob lists the file.
func (f oneFile) Glob(string) ([]string, error) { return []string{f.name}, nil } //nolint:unparam // as fs.GlobFS has it

// ReadFile returns the text of the file.
func (f oneFile) ReadFile(string) ([]byte, error) { return f.text, nil } //nolint:unparam // as fs.ReadFileFS has it

// showTried shows what a trial came to, time after time.
func (o *office) showTried(trial engine.Trial, tried engine.Tried) {
	g := o.p.page()
	what := trial.Expr
	if trial.Draft != nil {
		what = string(trial.Privilege)
	}
	g.line("%s  %s", g.paint(bold, trial.Subject.String()), g.paint(bold, what))
	g.say("as known  ", o.knownAt(tried.AsKnown))
	for _, at := range tried.At {
		g.title("As of " + o.local(at.AsOf))
		if trial.Draft == nil {
			for _, v := range at.Values {
				showTriedValue(g, v)
			}
			if len(at.Values) == 0 {
				g.line("  nothing of the kind that it reads covers %s then", trial.Subject.ID)
			}
			continue
		}
		o.showTriedDraft(g, at)
	}
}

// showTriedValue shows what an expression comes to in one capacity.
func showTriedValue(g *page, v engine.TriedValue) {
	g.line("  %s%s", valueText(g, v), faintly(g, placeOf(v)))
	showClauses(g, &v.Clauses, "    ")
	showTriedFacts(g, v.Facts)
}

// placeOf says in which capacity and for what a value stands.
func placeOf(v engine.TriedValue) string {
	var words []string
	switch {
	case v.Capacity == "":
		words = append(words, "without any capacity")
	case v.Capacity != "main" || v.Ended:
		words = append(words, "in the capacity "+v.Capacity)
	}
	if v.Ended {
		words = append(words, "which has ended")
	}
	if v.By != "" {
		words = append(words, "for "+v.By)
	}
	return strings.Join(words, ", ")
}

func faintly(g *page, text string) string {
	if text == "" {
		return ""
	}
	return "  " + g.paint(faint, text)
}

func valueText(g *page, v engine.TriedValue) string {
	if v.Err != nil {
		return g.paint(mixed, "cannot tell: "+v.Err.Error())
	}
	text := v.Value.String()
	switch {
	case v.Value.Kind() == domain.BoolValue && v.Value.Bool():
		return g.paint(good, text)
	case v.Value.Kind() == domain.BoolValue:
		return g.paint(bad, text)
	case text == "":
		return `""`
	}
	return text
}

// showClauses shows the parts of a condition, each under what it is a part of.
func showClauses(g *page, w *rules.Weighed, indent string) {
	if w.Form.IsZero() || len(w.Parts) == 0 && w.Form.Op() == rules.OpConst {
		return
	}
	mark, colour := " ", map[rules.Truth]string{rules.Yes: good, rules.No: bad, rules.Unclear: mixed}[w.Truth]
	if w.Decisive {
		mark = "*"
	}
	text := w.Form.Source()
	switch w.Form.Op() {
	case rules.OpAnd:
		text = "all of"
	case rules.OpOr:
		text = "any of"
	case rules.OpNot:
		text = "not"
	case rules.OpChoice:
		text = "if the first, the second, else the third"
	default:
	}
	truth := w.Truth.String()
	if w.Skipped {
		truth, colour = "unasked", faint
	}
	line := fmt.Sprintf("%s%s %s%s  ", indent, mark, truth, strings.Repeat(" ", max(0, len("unclear")-len(truth))))
	if w.Err != nil {
		text += "  (" + w.Err.Error() + ")"
	}
	g.sayIn(colour, line, text)
	if w.Skipped {
		return
	}
	for i := range w.Parts {
		showClauses(g, &w.Parts[i], indent+"  ")
	}
}

func showTriedFacts(g *page, facts []engine.TriedFact) {
	for _, f := range facts {
		text := f.Name + " is not known"
		if f.Known {
			text = f.Name + " = " + or(f.Value, `""`) + at(f.Events)
		}
		g.sayIn(faint, "    read ", text)
	}
}

// showTriedDraft shows what the rules of a draft come to, and the two answers.
func (o *office) showTriedDraft(g *page, at engine.TriedAt) {
	if len(at.Rules) == 0 {
		g.line("  no rule of the draft speaks of it")
	}
	for _, r := range at.Rules {
		if len(at.Rules) > 3 && !r.Reaches && !one(at.Rules) {
			continue // of many rules, those are shown that reach
		}
		showTriedRule(g, r)
	}
	if n := unreached(at.Rules); n > 0 && len(at.Rules) > 3 && !one(at.Rules) {
		g.line("  %s", g.paint(faint, fmt.Sprintf("%s that speak of it do not reach; name one, as in --rule FOLDER:RULE, to see why", plural(n, "other rule"))))
	}
	g.line("  %s  %s", g.paint(faint, "before"), answerText(g, at.Before))
	g.line("  %s   %s", g.paint(faint, "after"), answerText(g, at.After))
}

// one reports whether there is only one rule, in whatever capacities.
func one(all []engine.TriedRule) bool {
	for _, r := range all {
		if r.Rule != all[0].Rule {
			return false
		}
	}
	return true
}

func unreached(all []engine.TriedRule) int {
	n := 0
	for _, r := range all {
		if !r.Reaches {
			n++
		}
	}
	return n
}

func showTriedRule(g *page, r engine.TriedRule) {
	head := fmt.Sprintf("  rule %s", g.paint(bold, r.Rule.ID))
	if r.Capacity != "" && r.Capacity != "main" {
		head += faintly(g, "in the capacity "+r.Capacity)
	}
	g.line("%s", head)
	if !r.InForce {
		g.line("    it is not in force then, by its own dates")
	}
	if !r.Of {
		g.line("    it is of %s, and is not asked of one", map[rules.Of]string{rules.OfPerson: "persons", rules.OfMission: "missions", rules.OfBoth: "both"}[r.Rule.Of])
	}
	for _, p := range r.Parts {
		if !p.Passes {
			text := fmt.Sprintf("applies.%s does not let it pass", p.Part)
			if len(p.Wanted) > 0 {
				text += ": it lists " + strings.Join(p.Wanted, ", ")
			} else {
				text = fmt.Sprintf("applies says nothing of %s, and so does not reach them", map[rules.Part]string{rules.PartFamily: "the family, whose liberties are their own", rules.PartVisitors: "visitors"}[p.Part])
			}
			g.say("    ", text)
		}
	}
	switch {
	case !r.Reaches:
		g.line("    %s", g.paint(bad, "it does not reach"))
	case len(r.Whens) == 0 && r.InForce && r.Rule.Each != rules.EachNothing:
		g.line("    it reaches, and no %s is on record then for which it is evaluated", r.Rule.Each)
	case len(r.Whens) == 0:
		g.line("    it is not evaluated")
	}
	for _, w := range r.Whens {
		text := g.paint(bad, "it does not fire")
		switch {
		case w.Err != nil:
			text = g.paint(mixed, "it can't be told whether it fires: "+w.Err.Error())
		case w.Fires:
			text = g.paint(good, "it fires")
		}
		if w.Outcome != "" && (w.Fires || w.Err != nil) {
			text += ": " + outcomes[w.Outcome].text
			if len(w.Conditions) > 0 {
				text += " [" + strings.Join(w.Conditions, ", ") + "]"
			}
		}
		g.line("    %s%s", text, faintly(g, placeOf(engine.TriedValue{Capacity: "main", By: w.By})))
		showClauses(g, &w.Clauses, "    ")
		showTriedFacts(g, w.Facts)
	}
}

// answerText writes an answer in a line.
func answerText(g *page, d domain.Decision) string {
	out := outcomes[d.Outcome]
	text := g.paint(out.colour, out.text)
	if len(d.Conditions) > 0 {
		codes := make([]string, len(d.Conditions))
		for i, c := range d.Conditions {
			codes[i] = c.Code
		}
		text += " [" + strings.Join(codes, ", ") + "]"
	}
	var by []string
	for _, r := range d.Reasons {
		if r.Decisive && r.Rule != "" {
			by = appendNew(by, r.Rule)
		}
	}
	for _, e := range d.Errors {
		if e.Mattered {
			by = appendNew(by, e.Text)
		}
	}
	if len(by) > 0 {
		text += faintly(g, "by "+strings.Join(by, ", "))
	}
	return text
}
