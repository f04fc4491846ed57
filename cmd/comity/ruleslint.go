package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
)

func (p *program) rulesLintCommand() *cobra.Command {
	var format, failOn string
	cmd := &cobra.Command{
		Use:   "lint [FOLDER|NAME|HASH ...]",
		Short: "Find in rulesets what is no mistake and yet worth a second look",
		Long: `Lint lists what is likely not what was meant, and what is untidy: parts of conditions
that are always true, facts that may be missing, texts that are nearly another one,
rules that no case tries, and so on. Each finding ends in its code, and "comity rules
help W005" explains that. Without an argument it looks at the rulesets that ship.

A finding that is meant so is silenced where it stands, or above the rule it is in, by
a comment that says why:

  # lint: allow W014 because the regulation lists them all

--format writes the findings for people (text), for programs (json), for code hosts
(sarif), as annotations of a workflow of GitHub (github), or for build servers (junit).

The exit code is 4 if there is a finding as grave as --fail-on says, and 3 if a ruleset
has mistakes, which are listed too.`,
		Example: `  comity rules lint
  comity rules lint ./arandia --fail-on error
  comity rules lint cn --format sarif
  comity rules lint cn -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesLint(cmd, args, format, failOn) },
	}
	formatFlag(cmd, &format)
	cmd.Flags().StringVar(&failOn, "fail-on", string(workshop.Warning), "`SEVERITY` from which on findings fail: error, warning or note")
	return cmd
}

// formatFlag declares in which form findings are written.
func formatFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "format", "", "`FORM` of the findings: text, json, sarif, github or junit")
	if err := cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "sarif", "github", "junit"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("bad flag: " + err.Error()) // unreachable: the flag was declared above
	}
}

// formOf settles the form of findings. Answers for programs are asked for by either flag.
func (p *program) formOf(format string) (workshop.Form, error) {
	if format == "" && p.json() {
		format = string(workshop.AsJSON)
	}
	if format == "" {
		format = string(workshop.AsText)
	}
	var known []string
	for _, f := range workshop.Forms() {
		known = append(known, string(f))
	}
	if err := oneOf("format", format, known...); err != nil {
		return "", err
	}
	if format == string(workshop.AsJSON) {
		p.output = asJSON
	}
	return workshop.Form(format), nil
}

// mistakesIn makes findings of the mistakes that an error holds; false if it is of
// another kind.
func mistakesIn(err error) (workshop.Findings, bool) {
	found := workshop.Findings{}
	if one, ok := errors.AsType[*invalid](err); ok {
		all := []error{err}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = joined.Unwrap()
		}
		for _, e := range all {
			i, ok := errors.AsType[*invalid](e)
			if !ok {
				return nil, false
			}
			wrong, ok := errors.AsType[rules.Diagnostics](i.error)
			if !ok {
				return nil, false
			}
			found = append(found, workshop.FindingsOf(wrong, folderOf(i.name))...)
		}
		return found, one != nil
	}
	return nil, false
}

// writeFindings writes what a check found.
func (p *program) writeFindings(check string, found workshop.Findings, form workshop.Form) error {
	r := workshop.Report{Check: check, Version: moduleVersion(), Findings: found, Pages: manual()}
	return r.Write(p.out, form)
}

func (p *program) rulesLint(cmd *cobra.Command, names []string, format, failOn string) error {
	form, err := p.formOf(format)
	if err != nil {
		return err
	}
	if err := oneOf("fail-on", failOn, string(workshop.Error), string(workshop.Warning), string(workshop.Note)); err != nil {
		return err
	}
	law, loaded, err := p.loadSources(cmd.Context(), names)
	found, mistakes := workshop.Findings{}, false
	if err != nil {
		if found, mistakes = mistakesIn(err); !mistakes || form == workshop.AsText {
			return err
		}
		p.code = exitRules
	}
	for _, s := range loaded {
		if s.edition == nil {
			continue
		}
		var list []workshop.File
		for _, f := range rules.Files(s.bundle) {
			list = append(list, workshop.File{Path: rules.Pos{File: f.Name}.In(s.folder()).File, Text: f.Text})
		}
		one := law
		one.States = map[domain.StateID]*rules.Edition{}
		found = append(found, workshop.Lint(one, s.edition, list)...)
	}
	if worst := found.Worst(); !mistakes && worst != "" && worst.AtLeast(workshop.Severity(failOn)) {
		p.code = exitTests
	}
	if err := p.writeFindings(cmd.Name(), found.Sorted(), form); err != nil {
		return err
	}
	if form == workshop.AsText {
		g := p.page()
		if len(found) == 0 {
			g.line("nothing was found in %s", plural(len(loaded), "ruleset"))
			return nil
		}
		g.line("%s, %s, %s", plural(found.Count(workshop.Error), "error"), plural(found.Count(workshop.Warning), "warning"), plural(found.Count(workshop.Note), "note"))
	}
	return nil
}
