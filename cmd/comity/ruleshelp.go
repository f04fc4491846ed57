package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/analysis"
	"github.com/comity-project/comity/rules/pages"
	"github.com/comity-project/comity/rules/workshop"
)

// manual returns every catalogue of pages. A package with findings of its own adds
// a line.
func manual() []*pages.Catalogue {
	return []*pages.Catalogue{
		rules.Help(),
		workshop.Help(),
		analysis.Help(),
	}
}

func (p *program) rulesHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [CODE]",
		Short: "Explain the code of a mistake or finding",
		Long: `Help shows the page of a code, as it stands at the end of every message about a
ruleset: what it means, an example that is wrong, one that is right, and why. Without
a code it lists all of them.`,
		Example: `  comity rules help E012
  comity rules help
  comity rules help e031 -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: the command takes one CODE", args[1])
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var known []string
			for _, c := range manual() {
				for _, page := range c.Pages() {
					known = append(known, page.Code+"\t"+page.Title)
				}
			}
			return known, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return p.rulesCodes()
			}
			return p.rulesHelp(strings.TrimSpace(args[0]))
		},
	}
}

// rulesCodes lists all codes.
func (p *program) rulesCodes() error {
	type entry struct {
		Code  string `json:"code"`
		Title string `json:"title"`
		Of    string `json:"of"`
	}
	if p.json() {
		list := []entry{}
		for _, c := range manual() {
			for _, page := range c.Pages() {
				list = append(list, entry{page.Code, page.Title, c.Name})
			}
		}
		return p.print(list)
	}
	g := p.page()
	for i, c := range manual() {
		if i > 0 {
			g.line("")
		}
		g.line("%s", g.paint(bold, c.Name))
		for _, page := range c.Pages() {
			g.say(page.Code+"  ", page.Title)
		}
	}
	return nil
}

// rulesHelp shows the page of a code.
func (p *program) rulesHelp(code string) error {
	var known []string
	for _, c := range manual() {
		if found, ok := c.Page(code); ok {
			if p.json() {
				return p.print(found)
			}
			p.showHelp(found)
			return nil
		}
		for _, page := range c.Pages() {
			known = append(known, page.Code)
		}
	}
	slices.Sort(known)
	return badInput(fmt.Errorf("no page is called %q%s; comity rules help lists them all", code, domain.DidYouMean(code, known)))
}

func (p *program) showHelp(h pages.Page) {
	g := p.page()
	paragraphs := func(text string) {
		for i, paragraph := range strings.Split(text, "\n\n") {
			if i > 0 {
				g.line("")
			}
			g.say("", strings.ReplaceAll(paragraph, "\n", " "))
		}
	}
	example := func(text string) {
		for line := range strings.Lines(text) {
			g.line("    %s", strings.TrimSuffix(line, "\n"))
		}
	}
	g.line("%s", g.paint(bold, h.Code+": "+h.Title))
	g.line("")
	paragraphs(h.About)
	g.title("Wrong")
	g.line("")
	example(h.Wrong)
	g.title("Right")
	g.line("")
	example(h.Right)
	g.title("Why")
	g.line("")
	paragraphs(h.Why)
}
