package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/rules/workshop/lsp"
)

func (p *program) rulesLSPCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor while a ruleset is written",
		Long: `Lsp speaks the Language Server Protocol over standard input and output, for editors
that start it by themselves. It shows every mistake where it stands while you type,
completes keys, codes, facts and names, says what things are and where they are
declared, formats files and mends what it can. docs/guide/editors.md says how to set
editors up.

A State's ruleset is checked against the folder common beside its own or, if there
is none, against the common ruleset that ships.

As the protocol demands, the exit code is 1 if the editor leaves without shutdown.`,
		// There is no example: typed by hand, the command waits for an editor.
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(cmd, "%q is too much: editors talk to the command over its standard input", args[0])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := lsp.New(lsp.Options{Version: moduleVersion()}).Serve(cmd.Context(), p.stdin, p.stdout)
			if errors.Is(err, lsp.ErrNoGoodbye) {
				return &coded{err, exitInternal}
			}
			return err
		},
	}
	// Some editors say over what they talk; there is nothing else.
	cmd.Flags().Bool("stdio", true, "talk over standard input and output")
	cmd.Flags().String("clientProcessId", "", "passed by some editors; it is told by the protocol as well")
	_ = cmd.Flags().MarkHidden("clientProcessId") // it is there
	return cmd
}
