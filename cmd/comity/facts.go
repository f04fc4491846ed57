package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// factsTopic is the page of help on the facts of a request. They are data of the
// law, which is read only if somebody wants to see it.
func (p *program) factsTopic() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Which facts a question may bring",
		Long: `A question may bring facts of the request as key=value. These are the ones that the
common law of this program reads; an office reads those of the law in its own log.`,
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		g := p.page()
		g.say("", strings.ReplaceAll(cmd.Long, "\n", " "))
		law, err := shippedLaw(p.editions)
		if err != nil {
			g.say("", "The law that ships with this program can't be read: "+err.Error())
			return
		}
		g.line("")
		var rows [][]string
		for _, f := range law.Facts["request"] {
			rows = append(rows, []string{f.Name, factValue(f), factDefault(f), f.Doc})
		}
		g.list([]string{"fact", "value", "if left out", "meaning"}, rows)
		for _, f := range law.Facts["request"] {
			if f.Type == domain.EnumFact {
				g.title(f.Name)
				for _, code := range law.Lists[f.Enum].Codes {
					g.say(fmt.Sprintf("  %-22s", code.Code), code.Term)
				}
			}
		}
		g.line("")
		g.say("", "Besides these, at=TIME says when the act is done: the question is answered for that time, in place of --as-of.")
		g.line("")
		g.say("", "A fact without a value of its own is missing until it is brought; an answer that depends on it says so.")
	})
	return cmd
}

// shippedLaw returns the language of the common ruleset that ships.
func shippedLaw(editions *rules.Editions) (*rules.Language, error) {
	bundle, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return nil, err
	}
	common, err := editions.LoadCommon(bundle)
	if err != nil {
		return nil, err
	}
	return common.Language, nil
}

// factValue says how the value of a fact is written.
func factValue(f domain.FactDecl) string {
	switch f.Type {
	case domain.BoolFact:
		return "true or false"
	case domain.IntFact:
		return "whole number" + inUnit(f)
	case domain.DecimalFact:
		return fmt.Sprintf("number with up to %d decimals%s", f.Scale, inUnit(f))
	case domain.MoneyFact:
		return "cents, as 30000, or dollars, as 300.00"
	case domain.EnumFact:
		return "code of " + f.Enum
	case domain.SetFact:
		return "list with commas"
	case domain.MapFact:
		return "list of key=value with commas"
	case domain.TextFact:
		return "text"
	case domain.WordFact:
		return "word"
	}
	return string(f.Type)
}

func inUnit(f domain.FactDecl) string {
	if f.Unit == "" {
		return ""
	}
	return ", in " + f.Unit
}

// factDefault says what is meant if a question does not bring a fact.
func factDefault(f domain.FactDecl) string {
	if !f.HasDefault {
		return "missing"
	}
	return f.Default.String()
}
