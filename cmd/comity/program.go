package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/replica"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
)

// A machine is what the command line takes from outside.
type machine struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	clock          func() time.Time
	// editions has what other commands of this process read of the law; nil, as of a
	// process with one command, has nothing. With --oracle it is not asked.
	editions *rules.Editions
	// keeping, if not nil, changes how often replicas tell each other what they hold.
	keeping func(*replica.Keeper)
	// readyWait, if not zero, changes how long healthcheck waits for an answer.
	readyWait time.Duration
	// grown, if not zero, changes after how many events recording writes a snapshot.
	grown domain.Position
}

// A program is one run of the command line.
type program struct {
	machine
	out *bufio.Writer // standard output, flushed at the end

	// Global flags.
	log        string // the file, or the address without who connects: it may be shown
	logTyped   string // the same as it was named, which may not
	logNamed   bool   // on the command line or by the environment
	state      string // the folder of the seal and the snapshot of a log in a cluster
	stateTyped string // the same as it was named; "" if it was not
	output     string
	logLevel   string
	noColor    bool
	quiet      bool
	oracle     bool

	// address is that of a log in a cluster, with who connects, and is never shown; ""
	// of one that is a file.
	address   string
	passwords string // the file with who connects, if the address doesn't say it
	// patience is for how long a cluster that can't be reached is waited for in a call; the
	// driver's own if zero.
	patience time.Duration
	// notice, if not nil, is told of what the connection to a cluster goes through.
	notice func(string)
	judge  *rules.Oracle // of --oracle; nil without
	diag   zerolog.Logger
	// levelNamed says that the level of diagnostics was asked for.
	levelNamed bool
	// told, if not nil, is told how the office is opened, in place of who looks on.
	told *health
	// restricted says that restricted data may be shown.
	restricted bool
	// code is the exit code if there is no error: an answer can have one.
	code int
}

// defaultLog is the log of whoever names none.
const defaultLog = "comity.db"

// The forms of output.
const (
	asTable = "table"
	asJSON  = "json"
	asCSV   = "csv" // of some commands: see csv.go
)

// run runs the command line and returns its exit code.
func run(ctx context.Context, m machine) int {
	p := &program{machine: m, out: bufio.NewWriter(m.stdout), output: asTable, code: exitAnswered}
	root := p.root()
	root.SetArgs(m.args)
	root.SetIn(m.stdin)
	root.SetOut(p.out)
	root.SetErr(m.stderr)
	err := root.ExecuteContext(ctx)
	if flushed := p.out.Flush(); err == nil && flushed != nil {
		err = fmt.Errorf("write the answer: %w", flushed)
	}
	if found := p.judged(); err == nil {
		err = found
	}
	if err == nil || errors.Is(err, syscall.EPIPE) { // a reader that has seen enough
		return p.code
	}
	p.complain(err)
	return exitCode(err)
}

// globals declares the flags that every command has.
func (p *program) globals(flags *pflag.FlagSet) {
	flags.StringVar(&p.log, "log", "", "`FILE` of the office's log, or the address of a cluster (default $COMITY_LOG, or comity.db)")
	flags.StringVar(&p.state, "state", "", "`DIR` for the seal and the snapshot of a log in a cluster (default $COMITY_STATE, or one in the user's cache)")
	flags.StringVarP(&p.output, "output", "o", asTable, "`FORM` of the answer: table, json or, for lists, csv")
	flags.BoolVar(&p.noColor, "no-color", false, "no colours, also if standard output is a terminal")
	flags.BoolVarP(&p.quiet, "quiet", "q", false, "no notes on standard error")
	flags.BoolVar(&p.oracle, "oracle", false, "evaluate every expression of rules by cel-go as well, and give no answer where the two differ")
	flags.StringVar(&p.logLevel, "log-level", "warn", "`LEVEL` of diagnostics on standard error: debug, info, warn or error")
}

// prepare checks the global flags before a command runs.
func (p *program) prepare(cmd *cobra.Command, _ []string) error {
	if p.log == "" {
		p.log = p.getenv("COMITY_LOG")
	}
	p.logNamed = p.log != ""
	if p.log == "" {
		p.log = defaultLog
	}
	p.logTyped, p.stateTyped = p.log, or(p.state, p.getenv("COMITY_STATE"))
	p.keep(p.logTyped, p.getenv("COMITY_LOG_PASSWORD_FILE"), p.stateTyped)
	if err := oneOf("output", p.output, asTable, asJSON, asCSV); err != nil {
		p.output = asTable
		return err
	}
	if err := misspelled(p.logTyped); err != nil {
		return err
	}
	if p.oracle {
		p.judge = &rules.Oracle{}
		p.editions = nil
	}
	if err := p.csvFits(cmd); err != nil {
		return err
	}
	if err := p.settleTimes(cmd); err != nil {
		return err
	}
	if err := oneOf("log-level", p.logLevel, "debug", "info", "warn", "error"); err != nil {
		return err
	}
	p.levelNamed = cmd.Flags().Changed("log-level")
	level, err := zerolog.ParseLevel(p.logLevel)
	if err != nil {
		return badInput(err)
	}
	var to io.Writer = p.stderr
	if p.output != asJSON {
		to = zerolog.ConsoleWriter{Out: p.stderr, NoColor: !p.colours(p.stderr), TimeFormat: time.TimeOnly}
	}
	p.diag = zerolog.New(to).Level(level).With().Timestamp().Logger()
	return nil
}

// library is an empty one for an engine.
func (p *program) library() *projections.Library {
	out := projections.NewLibrary()
	out.Oracle, out.Editions = p.judge, p.editions
	return out
}

// judged says what --oracle found, and returns the first disagreement.
func (p *program) judged() error {
	if p.judge == nil {
		return nil
	}
	compared, differed := p.judge.Compared(), p.judge.Differed()
	p.note("oracle: %s of rules compared with cel-go, %d differ", plural(int(compared), "evaluation"), differed)
	for _, d := range p.judge.Disagreements() {
		return &d
	}
	return nil
}

// oneOf refuses a flag's value that is none of the words it knows.
func oneOf(flag, value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	return badInput(fmt.Errorf("--%s: unknown value %q%s: write one of %s", flag, value, domain.DidYouMean(value, known), strings.Join(known, ", ")))
}

// json says whether the answer is for programs.
func (p *program) json() bool { return p.output == asJSON }

// print writes a value as one line of JSON.
func (p *program) print(v any) error {
	out := json.NewEncoder(p.out)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// note tells people something beside the answer.
func (p *program) note(format string, args ...any) {
	if p.quiet {
		return
	}
	p.say("note", fmt.Sprintf(format, args...))
}

// warn tells people, even quiet ones, that what they did may not be what they meant.
func (p *program) warn(format string, args ...any) { p.say("warning", fmt.Sprintf(format, args...)) }

func (p *program) say(kind, text string) {
	if p.json() {
		line, err := json.Marshal(map[string]string{kind: text})
		if err == nil {
			fmt.Fprintf(p.stderr, "%s\n", line)
			return
		}
	}
	fmt.Fprintf(p.stderr, "%s: %s\n", kind, shown(text))
}

// page returns a page of text for people on standard output.
func (p *program) page() *page {
	return &page{to: p.out, coloured: p.colours(p.stdout), width: p.width()}
}

// The columns of text for people.
const (
	leastWidth  = 60
	unseenWidth = 100 // where nobody says how many there are, such as in a file
	mostWidth   = 120
)

// width returns how many columns text for people has at most: what COLUMNS says,
// or else the terminal.
func (p *program) width() int {
	n, err := strconv.Atoi(p.getenv("COLUMNS"))
	if err != nil || n <= 0 {
		n = 0
		if file, ok := p.stdout.(*os.File); ok {
			n = terminalWidth(file)
		}
	}
	if n <= 0 {
		return unseenWidth
	}
	return min(max(n, leastWidth), mostWidth)
}

// colours says whether text for w may be coloured.
func (p *program) colours(w io.Writer) bool {
	return !p.noColor && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb" && isTerminal(w)
}

// isTerminal reports whether somebody is likely to be looking.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
