package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/demo"
)

func (p *program) demoCommand() *cobra.Command {
	var (
		ofRecord bool
		keep     string
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make an office and let it answer, an invented one or that of the public record",
		Long: `Demo makes a log in a temporary folder, records the history of an invented office, prints
the immunity table as the rulesets make it, asks ten questions, and says what to type
next. It touches no other log.

With --real it loads the public record instead: twenty cases of reciprocity as it was
applied, from 1997 to 2025, with what was known when. Its people are samples without
names. rulesets/archive/SOURCES.md says what is confirmed.`,
		Example: `  comity demo
  comity demo --real
  comity demo --real --keep record`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			place := demo.Place{Folder: keep, Open: func(path string) (eventlog.Log, eventlog.Bodies, error) {
				log, err := createFile(path)
				return log, log, err
			}}
			if ofRecord {
				return demo.Real(cmd.Context(), p.out, place)
			}
			return demo.Run(cmd.Context(), p.out, place)
		},
	}
	cmd.Flags().BoolVar(&ofRecord, "real", false, "load the public record and ask about it")
	cmd.Flags().StringVar(&keep, "keep", "", "folder to make the office in (default a temporary one, which is kept too)")
	return cmd
}
