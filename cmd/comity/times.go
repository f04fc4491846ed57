package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/domain/calendar"
)

// now is how the moment of the command is written, wherever a flag takes a time.
const now = "now"

// The flags that take a time. Those of a question mean now if they are left out;
// the others mean something else then, or are needed.
var (
	questionTimes = []string{"as-of", "as-known", "then-as-of", "then-as-known"}
	otherTimes    = []string{
		"due-before", "effective", "effective-from", "effective-to", "founded", "from", "recorded", "recorded-from", "recorded-to",
		"since", "then", "to", "until",
	}
)

// settleTimes refuses a time that was given without saying any, as a script does
// whose variable is empty, and puts the moment in place of the word now.
func (p *program) settleTimes(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		ofQuestion := slices.Contains(questionTimes, f.Name)
		if err != nil || f.Value.Type() != "string" || !ofQuestion && !slices.Contains(otherTimes, f.Name) {
			return
		}
		switch text := f.Value.String(); {
		case strings.TrimSpace(text) == "" && ofQuestion:
			err = badInput(fmt.Errorf("--%s is empty: leave it out for now, or write a date", f.Name))
		case strings.TrimSpace(text) == "":
			err = badInput(fmt.Errorf("--%s is empty: leave it out, or write a date", f.Name))
		case text == now && ofQuestion:
			err = f.Value.Set("")
		case text == now:
			err = f.Value.Set(p.now())
		}
	})
	return err
}

// now writes the moment of the command as a time is written.
func (p *program) now() string { return calendar.FormatInstant(p.clock()) }
