package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

func (p *program) auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "List the answers that were given, and decide them again",
		Long: `Answers can be recorded as they are given: ask, explain, standing and immunity do so
with --decisions. These commands look at what was recorded, decide it again, and say
what would be answered otherwise now.`,
		Example: `  comity ask ana imm.criminal --decisions answers.db
  comity audit decisions --decisions answers.db
  comity audit replay --decisions answers.db
  comity audit review --decisions answers.db`,
	}
	cmd.AddCommand(p.auditDecisionsCommand(), p.auditReplayCommand(), p.auditReviewCommand())
	needsSubcommand(cmd)
	return cmd
}

// A choice says which of the answers on record are looked at.
type choice struct {
	file                   string
	subject, privilege, by string
	since, until           string
	sinceAt, untilAt       time.Time
	workers                int
	chosen, passed         int // of the answers that were read
	position, size         int
	meter                  meter
	holes                  decisions.Holes
}

func (c *choice) flags(flags *pflag.FlagSet) {
	flags.StringVar(&c.file, "decisions", "", "`FILE` of the log of answers (default $COMITY_DECISIONS)")
	flags.StringVar(&c.subject, "subject", "", "only answers about this member or mission, as in ana or member/ana")
	flags.StringVar(&c.privilege, "privilege", "", "only answers about this privilege")
	flags.StringVar(&c.by, "by", "", "only what was asked by this person or system, as claimed")
	flags.StringVar(&c.since, "since", "", "only what was recorded at this time or later: see comity help times")
	flags.StringVar(&c.until, "until", "", "only what was recorded before this time")
}

func (c *choice) workersFlag(flags *pflag.FlagSet) {
	flags.IntVar(&c.workers, "workers", runtime.NumCPU(), "how many answers are decided at once")
}

// audited opens the office and its log of answers, for reading, and gives do both.
func (p *program) audited(ctx context.Context, c *choice, do func(*office, store) error) (err error) {
	path := p.decisionsFile(c.file)
	if path == "" {
		return badInput(errors.New("name the log of answers with --decisions, or in COMITY_DECISIONS"))
	}
	c.file = path
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"since", c.since, &c.sinceAt}, {"until", c.until, &c.untilAt}} {
		if *t.to, err = o.ParseAsOf(t.text); err != nil {
			return badInput(fmt.Errorf("--%s: %s", t.flag, strings.TrimPrefix(err.Error(), "as of: ")))
		}
	}
	log, err := openFile(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return badInput(fmt.Errorf("there is no log of answers %s: comity ask --decisions %s makes one", path, path))
	}
	if err != nil {
		return fmt.Errorf("--decisions: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	own, err := decisions.Binding(ctx, o.log)
	if err != nil {
		return err
	}
	bound, err := decisions.BoundTo(ctx, log)
	if err != nil {
		return fmt.Errorf("--decisions %s: %w", path, err)
	}
	if bound != own {
		return fmt.Errorf("--decisions %s: %w; name the office's log with --log", path, otherOffice(bound, own))
	}
	if err := o.checkChoice(ctx, c, log); err != nil {
		return err
	}
	if c.size, err = sizeOf(ctx, log); err != nil {
		return err
	}
	return do(o, log)
}

// checkChoice refuses a subject that the office does not know, and a privilege that
// neither the law in force has nor any answer is about: they were not meant.
func (o *office) checkChoice(ctx context.Context, c *choice, log eventlog.Log) error {
	if c.subject != "" {
		if _, err := o.find(c.subject, domain.KindMember, domain.KindMission); err != nil {
			return badInput(fmt.Errorf("--subject: %w", err))
		}
	}
	known := privilegesInForce(o)
	if c.privilege == "" || len(known) == 0 || slices.Contains(known, c.privilege) {
		return nil
	}
	for e, err := range decisions.Read(ctx, log, 0) {
		if err != nil {
			break // said when the answers are read
		}
		if string(answerOf(e).Question.Privilege) == c.privilege {
			return nil
		}
	}
	return badInput(fmt.Errorf("--privilege: unknown privilege %q%s", c.privilege, domain.DidYouMean(c.privilege, known)))
}

func sizeOf(ctx context.Context, log eventlog.Log) (int, error) {
	at, err := head(ctx, log)
	return int(at), err
}

// read yields the records that are chosen, and looks for holes among all of them.
func (c *choice) read(ctx context.Context, log eventlog.Log) iter.Seq2[decisions.Entry, error] {
	return func(yield func(decisions.Entry, error) bool) {
		defer c.meter.end()
		for e, err := range decisions.Read(ctx, log, 0) {
			if err == nil {
				c.holes.Add(e)
				c.position++
				if c.meter != nil {
					c.meter(c.position, c.size)
				}
			}
			a, answered := e.Body.(decisions.Answer)
			switch {
			case err == nil && !answered:
				continue
			case err == nil && !c.is(e, a):
				c.passed++
				continue
			}
			c.chosen++
			if !yield(e, err) {
				return
			}
		}
	}
}

func (c *choice) is(e decisions.Entry, a decisions.Answer) bool {
	s := a.Question.Subject
	switch {
	case c.subject != "" && c.subject != s.ID && c.subject != s.String():
	case c.privilege != "" && c.privilege != string(a.Question.Privilege):
	case c.by != "" && c.by != a.By:
	case !c.sinceAt.IsZero() && e.Recorded.Before(c.sinceAt):
	case !c.untilAt.IsZero() && !e.Recorded.Before(c.untilAt):
	default:
		return true
	}
	return false
}

// askedOf says what was asked, as it is typed.
func askedOf(g api.GivenAnswer) string {
	return strings.TrimSpace(g.Subject.ID + " " + string(g.Privilege) + g.View + again(domain.Decision{Request: g.Request}))
}

// showHoles says what is missing from a log of answers.
func (o *office) showHoles(g *page, holes []api.Hole) {
	if len(holes) == 0 {
		return
	}
	g.title("Missing")
	for _, h := range holes {
		when := "after " + o.local(h.From)
		if h.To != nil {
			when = "from " + o.local(h.From) + " to " + o.local(*h.To)
		}
		what := "perhaps some"
		switch {
		case h.Count != nil:
			what = plural(*h.Count, "answer")
		case h.Certain:
			what = "some"
		}
		g.say(fmt.Sprintf("  - @%d ", h.Position), what+" "+when+": "+h.Text)
	}
}
