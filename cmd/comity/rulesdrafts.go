package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
)

func (p *program) rulesDraftsCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "drafts [RULESET]",
		Short: "List the drafts and proposals of rulesets, and how far they have come",
		Long: `Drafts lists the texts that are no law yet: who wrote them, whether they are proposed,
returned or approved, and whether an approval is void. With --all it lists editions too.

A draft becomes law in steps: draft, propose, approve, publish. comity rules life shows
who took them.`,
		Example: `  comity rules propose ./arandia --actor ana --recorded 2025-05-20
  comity rules drafts
  comity rules drafts arandia --all -o json`,
		Args:              atMostOne("RULESET"),
		ValidArgsFunction: p.completeRuleset,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.rulesDrafts(cmd.Context(), domain.RulesetID(first(args)), all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also editions that were published or withdrawn")
	return cmd
}

func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage(cmd, "%q is too much: the command takes one %s", args[1], name)
		}
		return nil
	}
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (p *program) rulesDrafts(ctx context.Context, id domain.RulesetID, all bool) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	lives, err := o.Lives(id)
	if err != nil {
		return err
	}
	list := []api.Draft{}
	var rows [][]string
	for _, l := range lives {
		for _, d := range l.Drafts() {
			if all || d.State != domain.DraftPublished && d.State != domain.DraftWithdrawn {
				out := api.DraftOf(l, d, o.Now())
				list = append(list, out)
				rows = append(rows, []string{string(out.Ruleset), out.Edition, out.Hash[:12], string(out.State), strings.Join(out.Authors, ", "), o.proposalText(out, d.Proposal)})
			}
		}
	}
	if p.json() {
		return p.print(list)
	}
	g := p.page()
	if len(list) == 0 {
		g.line("There are no drafts.")
		return nil
	}
	g.list([]string{"ruleset", "edition", "hash", "state", "authors", "proposal"}, rows)
	return nil
}

// proposalText says in words how it stands with the last proposal of a text.
func (o *office) proposalText(d api.Draft, proposed *domain.Proposal) string {
	p := d.Proposal
	if p == nil {
		return d.Note
	}
	text := "by " + p.By
	if p.Withdraw {
		text = "to withdraw it, " + text
	}
	if proposed.From.At.IsZero() {
		text += ", from its publication"
	} else {
		text += ", from " + api.Moment(proposed.From, o.Zone())
	}
	switch {
	case p.Returned != nil:
		text += "; returned by " + p.Returned.By + ": " + p.Returned.Reason
	case p.Approval != nil && p.Approval.Void != "":
		text += "; the approval by " + p.Approval.By + " is void: " + p.Approval.Void
	case p.Approval != nil:
		text += "; approved by " + p.Approval.By
	}
	return text
}
