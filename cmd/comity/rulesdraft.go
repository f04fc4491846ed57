package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

func (p *program) rulesDraftCommand() *cobra.Command {
	var f recording
	var note, parent string
	cmd := &cobra.Command{
		Use:   "draft FOLDER|NAME",
		Short: "Save a draft of a ruleset in the office",
		Long: `Draft stores the text of a ruleset beside the log, by its hash, and records who saved it.
It is no law, and it may have mistakes: what is unfinished can be saved too. Whoever saves
a draft is an author of it, and so of every draft that is made from it and names it with
--parent; an author can't approve it.

In a history office say with --recorded when it was saved.`,
		Example: `  comity rules draft ./arandia --note "first version" --actor ana --recorded 2025-05-20
  comity rules draft ./arandia --note "the same again" --actor ben --recorded 2025-05-21 -o json`,
		Args: atLeast(false, "FOLDER|NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := filesOf(args[0])
			if err != nil {
				return badInput(err)
			}
			bundle, err := rules.Bundle(files)
			if err != nil {
				return badInput(fmt.Errorf("%s: %w", args[0], err))
			}
			return p.steps(cmd.Context(), args[0], f, func(o *office, s engine.Step) (engine.Receipt, error) {
				if _, err := o.Load(bundle); err != nil {
					p.note("the draft has mistakes, and can't be proposed so: comity rules check %s shows them", args[0])
				}
				return o.SaveDraft(cmd.Context(), engine.Saving{Bundle: bundle, Parent: parent, Note: note, Actor: s.Actor, Command: s.Command, Recorded: s.Recorded})
			})
		},
	}
	cmd.Flags().StringVar(&note, "note", "", "what was changed, or why")
	cmd.Flags().StringVar(&parent, "parent", "", "`HASH` of the draft or edition that it was made from")
	f.stepFlags(cmd.Flags(), "saves it")
	p.completeFrom(cmd, "parent", func(o *office) []string { return o.hashes("", nil) })
	return cmd
}
