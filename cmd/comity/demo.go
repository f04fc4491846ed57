package main

import (
	"github.com/spf13/cobra"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/demo"
)

func (p *program) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Make an invented office and let it answer",
		Long: `Demo makes a log in a temporary folder, records the history of an invented office, prints
the immunity table as the rulesets make it, asks ten questions, and says what to type
next. It touches no other log.`,
		Example: `  comity demo`,
		Args:    atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.Run(cmd.Context(), p.out, func(path string) (eventlog.Log, eventlog.Bodies, error) {
				log, err := sqlitelog.Create(path, sqlitelog.Options{})
				return log, log, err
			})
		},
	}
}
