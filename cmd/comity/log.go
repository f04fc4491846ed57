package main

import "github.com/spf13/cobra"

func (p *program) logCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List, show, check and copy the records of the log, and save its state",
		Long: `The log is the office's memory: records in one order, which are added to and never
changed. These commands look at the records themselves, without what the law makes of
them.`,
		Example: `  comity log list
  comity log show 7
  comity log check
  comity log snapshot
  comity log copy comity.db copy.db`,
	}
	cmd.AddCommand(p.logListCommand(), p.logShowCommand(), p.logCheckCommand(), p.logSnapshotCommand(), p.logCopyCommand())
	needsSubcommand(cmd)
	return cmd
}
