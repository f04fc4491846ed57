package main

import "github.com/spf13/cobra"

// topics returns the pages of help that are no commands.
func (p *program) topics() []*cobra.Command {
	return []*cobra.Command{
		{
			Use:   "exit-codes",
			Short: "What the exit codes mean",
			Long: `Scripts can rely on these exit codes:

    0  it was done, or answered, whatever the answer
    1  the machine or the program is at fault: no space left, an internal error; for
       healthcheck: the server is not ready
    2  bad input: the command line, a file, something unknown, a log that isn't
       there, is read-only, is in use, or comes from a newer version, or a file
       that is no log
    3  a ruleset is invalid
    4  a test or check of rulesets failed
    5  with --exit-code: the answer does not permit it
    6  with --exit-code: the answer can't be told
    7  verification failed: the log or its seal is not what was recorded; for
       log check also a file that is no log, such as an empty one; for audit
       replay also an answer that came out otherwise; for restore: the backup is
       not what was backed up
  130  interrupted

With --output json the error stands on standard error as one line of JSON:
{"error":{"exit_code":2,"message":"..."}}, with "lines" if a file of events has
mistakes, "mistakes" if a ruleset has, and "refusals" if events were refused, each
with its "event", from 1, "type", "field" and "message".`,
		},
		{
			Use:   "times",
			Short: "How to write a time",
			Long: `Every event and every question has two times. Effective is when it holds in the world
(--effective, --as-of). Recorded is when the office learned of it (--as-known).

A time is written in one of these forms and no other:

    2025-01-10                         00:00 of the day in the office's zone
    2025-01-10 America/Chicago         00:00 of the day in that zone
    2025-01-10T16:00 America/Chicago   a local time
    2025-01-10T16:00:00Z               an instant; seconds may be left out
    2025-01-10T16:00-06:00             the same instant, written otherwise
    now                                the moment of the command, in flags and in at=now

A time of day without an offset or a zone is refused. 24:00 is the end of a day. A
local time that the change of the clock skipped or repeated is refused with the two
ways to say what was meant. A flag without a text, as in --as-of "", is refused: a
script that lost its date should not be answered about today.

The word now is for the command line: what is recorded, in files and in the words of
an event, states its times.

--as-known also takes a position of the log, as in 12 or @12: what was known after
the first 12 events, which are those at the positions @0 to @11. In a list of events,
in --target and in log show, @12 is the one event at position 12, and so the first
that --as-known @12 does not see. A bare date there means by the end of that day. Times in the
future, before the office was founded and inside a command are refused.`,
		},
		p.factsTopic(),
	}
}
