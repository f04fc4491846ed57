package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

func (p *program) standingCommand() *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "standing MEMBER|MISSION [key=value ...]",
		Short: "Show all privileges of a member or a mission at a glance",
		Long: `Standing answers every privilege that can be asked of a member or a mission: the
outcome, its conditions, what it may depend on that a request brings, and until when
it holds. A row marked * is open until the request brings it.`,
		Example: `  comity standing ana
  comity standing ana --as-of 2025-01-10
  comity standing ana offence=crime.felony warrant=true -o json`,
		Args: atLeast(true, "MEMBER|MISSION"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.standing(cmd.Context(), args, a) },
	}
	a.times(cmd.Flags())
	a.keeping.flags(cmd.Flags())
	return cmd
}

func (p *program) standing(ctx context.Context, args []string, a asking) error {
	return p.answer(ctx, args[0], args[1:], a, func(o *office, q engine.Question) error {
		all, err := o.Standing(ctx, q)
		if err != nil {
			return err
		}
		if p.json() {
			list := make([]json.RawMessage, len(all))
			for i, d := range all {
				if list[i], err = codec.EncodeDecision(d); err != nil {
					return err
				}
			}
			return p.print(list)
		}
		g := p.page()
		g.line("%s", g.paint(bold, q.Subject.String()))
		if len(all) == 0 {
			g.line("no privilege is asked of it")
			return nil
		}
		o.showTimes(g, all[0])
		g.line("")
		var rows [][]string
		open, depends := false, false
		for _, d := range all {
			row, marked := o.standingRow(d)
			open, depends = open || marked, depends || len(d.Needs) > 0
			rows = append(rows, row)
		}
		g.list([]string{"privilege", "outcome", "conditions", "depends on", "until"}, rows)
		if depends {
			g.line("")
			g.say("", "What an answer may depend on is brought by words after the name, to this command or when the privilege is asked alone.")
		}
		if open {
			g.line("")
			g.say("", "* is open until the request brings it.")
		}
		return nil
	}, domain.KindMember, domain.KindMission)
}

// standingRow writes an answer as a row, and says whether it depends on the request.
func (o *office) standingRow(d domain.Decision) ([]string, bool) {
	var terms []string
	open := false
	for _, c := range d.Conditions {
		text := c.Code
		for _, p := range c.Params {
			text += " " + p.Name + "=" + p.Value
		}
		if len(c.Needs) > 0 {
			open = true
		}
		terms = append(terms, text)
	}
	for _, e := range d.Errors {
		fact, ofRequest := strings.CutPrefix(e.Fact, "request.")
		switch {
		case !e.Mattered:
		case ofRequest:
			open = true
			terms = appendNew(terms, "needs "+fact+"=...")
		case e.Fact != "":
			terms = appendNew(terms, e.Fact+" is not on record")
		default:
			terms = appendNew(terms, e.Text)
		}
	}
	depends := "-"
	if len(d.Needs) > 0 {
		names := make([]string, len(d.Needs))
		for i, fact := range d.Needs {
			names[i] = strings.TrimPrefix(fact, "request.")
		}
		depends = strings.Join(names, ", ")
	}
	outcome := outcomes[d.Outcome].text
	if open {
		outcome += " *"
	}
	until := "-"
	if !d.Holds.Until.IsZero() {
		until = whole(o.local(d.Holds.Until))
	}
	return []string{string(d.Privilege), whole(outcome), strings.Join(terms, "; "), depends, until}, open
}

func appendNew(to []string, text string) []string {
	for _, have := range to {
		if have == text {
			return to
		}
	}
	return append(to, text)
}
