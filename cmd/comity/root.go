package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/domain"
)

// inOrder lets commands stand in the order in which they are needed. The switch is one
// for the whole process.
var inOrder = sync.OnceFunc(func() { cobra.EnableCommandSorting = false })

// root returns the command that all others stand under.
func (p *program) root() *cobra.Command {
	inOrder()
	cmd := &cobra.Command{
		Use:   "comity",
		Short: "What may a member of a foreign mission do, when, and why",
		Long: `comity keeps the record of an office of foreign missions and answers, with reasons,
what a member of a mission may do: today or on any other day, as it is known now
or as it was known then.

Everything is kept in one file, the log, which only grows; a large office may keep it in a
cluster instead. What the law makes of
it is said by rulesets that are in the log too, so that an old answer stays what
it was.

The exit code is 0 for an answer, whatever it is, and 2 for bad input; "comity
help exit-codes" lists the others. "comity help times" says how to write a time, and
"comity help facts" what a question may bring.`,
		Example: `  comity init --zone America/New_York
  comity record state.registered arandia name=Arandia
  comity record mission.opened arandia-embassy state=arandia kind=embassy
  comity record member.accredited ana mission=arandia-embassy category=dip.agent
  comity ask ana imm.criminal
  comity immunity --table`,
		PersistentPreRunE: p.prepare,
		SilenceErrors:     true,
		SilenceUsage:      true,
	}
	p.globals(cmd.PersistentFlags())
	cmd.SetFlagErrorFunc(flagError)
	cmd.AddGroup(
		&cobra.Group{ID: "record", Title: "Recording:"},
		&cobra.Group{ID: "ask", Title: "Asking:"},
		&cobra.Group{ID: "serve", Title: "Serving:"},
		&cobra.Group{ID: "look", Title: "Looking into log and law:"},
		&cobra.Group{ID: "operate", Title: "Operating:"},
	)
	for _, c := range []struct {
		group string
		cmd   *cobra.Command
	}{
		{"record", p.initCommand()},
		{"record", p.recordCommand()},
		{"record", p.importCommand()},
		{"ask", p.askCommand()},
		{"ask", p.explainCommand()},
		{"ask", p.standingCommand()},
		{"ask", p.timelineCommand()},
		{"ask", p.immunityCommand()},
		{"ask", p.whoCommand()},
		{"ask", p.populationCommand()},
		{"ask", p.diffCommand()},
		{"ask", p.effectsCommand()},
		{"serve", p.serveCommand()},
		{"look", p.balanceCommand()},
		{"look", p.requestsCommand()},
		{"look", p.enforcementCommand()},
		{"look", p.cardsCommand()},
		{"look", p.vehiclesCommand()},
		{"look", p.officesCommand()},
		{"look", p.historyCommand()},
		{"look", p.trailCommand()},
		{"look", p.exportCommand()},
		{"look", p.logCommand()},
		{"look", p.auditCommand()},
		{"look", p.rulesCommand()},
		{"look", p.demoCommand()},
		{"look", p.generateCommand()},
		{"operate", p.checkCommand()},
		{"operate", p.backupCommand()},
		{"operate", p.restoreCommand()},
		{"operate", p.healthcheckCommand()},
		{"operate", p.manCommand()},
		{"", p.versionCommand()},
	} {
		c.cmd.GroupID = c.group
		cmd.AddCommand(c.cmd)
	}
	cmd.AddCommand(p.topics()...)
	needsSubcommand(cmd)
	cmd.SetUsageTemplate(strings.ReplaceAll(cmd.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", min(p.width(), unseenWidth))))
	return cmd
}

// needsSubcommand makes a command that only holds others say so: alone it shows
// its help, and with a word that is none of them it says which was meant.
func needsSubcommand(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var known []string
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				known = append(known, c.Name())
			}
		}
		return badInput(fmt.Errorf("unknown command %q of %s%s: see %s --help", args[0], cmd.CommandPath(), domain.DidYouMean(args[0], known), cmd.CommandPath()))
	}
}

// unreadNumber matches what is said of a number that could not be read.
var unreadNumber = regexp.MustCompile(`^invalid argument (".*") for "(?:-\w, )?(--\S+)" flag: strconv\.(\w+): parsing .*: (.*)$`)

// readableNumber says what a number is that could not be read, and how one is written.
func readableNumber(text string) string {
	m := unreadNumber.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	what := "a whole number"
	switch {
	case m[4] == "value out of range":
		return fmt.Sprintf("%s: %s is too large", m[2], m[1])
	case m[3] == "ParseBool":
		what = "true or false"
	case m[3] == "ParseFloat":
		what = "a number"
	}
	return fmt.Sprintf("%s: %s is not %s", m[2], m[1], what)
}

var unknownFlag = regexp.MustCompile(`^unknown flag: --(\S+)`)

// flagError says what is wrong with a flag, and what was perhaps meant.
func flagError(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	text := readableNumber(err.Error())
	if m := unknownFlag.FindStringSubmatch(text); m != nil {
		name, _, _ := strings.Cut(m[1], "=")
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		text = fmt.Sprintf("unknown flag --%s", name)
		if near := domain.Nearest(name, known); near != "" {
			text += fmt.Sprintf(" (did you mean --%s?)", near)
		}
	}
	return usage(cmd, "%s", text)
}

// usage is an error that shows how the command is written.
func usage(cmd *cobra.Command, format string, args ...any) error {
	return badInput(fmt.Errorf("%s\nusage: %s\nsee %s --help", fmt.Sprintf(format, args...), cmd.UseLine(), cmd.CommandPath()))
}

// atLeast wants n arguments, which are called names; more are welcome only if
// rest says what they are.
func atLeast(rest bool, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usage(cmd, "%s is missing", strings.Join(names[len(args):], " and "))
		}
		if len(args) > len(names) && !rest {
			return usage(cmd, "%q is too much: the command takes %s", args[len(names)], or(strings.Join(names, " "), "no arguments"))
		}
		return nil
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// parseWords reads key=value words. Their order is kept.
func parseWords(args []string) ([][2]string, error) {
	var words [][2]string
	for _, arg := range args {
		key, value, found := strings.Cut(arg, "=")
		if !found || key == "" {
			return nil, badInput(fmt.Errorf("%q is not key=value, for example offence=crime.felony", arg))
		}
		words = append(words, [2]string{key, value})
	}
	return words, nil
}

// parseRequest reads the facts of a request. An act that is done now is done at
// the moment of the command.
func (p *program) parseRequest(args []string) (map[string]string, error) {
	words, err := parseWords(args)
	if err != nil {
		return nil, err
	}
	request := map[string]string{}
	for _, w := range words {
		if _, twice := request[w[0]]; twice {
			return nil, badInput(fmt.Errorf("%s is there twice: keep one", w[0]))
		}
		request[w[0]] = w[1]
		if w == [2]string{"at", now} {
			request["at"] = p.now()
		}
	}
	return request, nil
}
