package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/standing"
)

// looking holds the flags of comity effects.
type looking struct {
	since      string
	future     bool
	decisions  string
	privileges []string
}

func (p *program) effectsCommand() *cobra.Command {
	var l looking
	cmd := writesCSV(&cobra.Command{
		Use:   "effects [EVENT|@POSITION] [key=value ...]",
		Short: "Show what a late event changed of the past, and for whom",
		Long: `Effects shows what became otherwise by what was recorded: which answers about the past,
for whom, from when until when, and what they were and are. Without a name it is about
the last command; with one, about the command of that event, whose events became known
together. With --since it is about everything recorded since a position or a time.

The past is the time before it was recorded: nobody could have been answered by it
then. --future looks at the time after it, too.

Only those whom the events may reach are asked. The law and the office itself reach
everybody. With --decisions it also lists the answers in a log of answers given that are
contradicted: it was said otherwise, on what was known then. The CSV has the times only;
the table and the JSON have those answers, too.`,
		Example: `  comity effects
  comity effects @7 --future
  comity effects 01JJEX4BAA0000000000000001
  comity effects --since 2025-01-31 --privilege imm.criminal,tax.fuel
  comity effects --since @7 matter=case-25-118 -o json
  comity effects --since @7 -o csv`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.effects(cmd.Context(), cmd, args, l) },
	})
	p.privilegesFlag(cmd, &l.privileges)
	cmd.Flags().StringVar(&l.since, "since", "", "everything recorded since: the first so many events were known, as in 12 or @12, or all by a time")
	cmd.Flags().BoolVar(&l.future, "future", false, "also what became otherwise after it was recorded")
	cmd.Flags().StringVar(&l.decisions, "decisions", "", "`FILE` of the log of answers given, to list those that are contradicted (default $COMITY_DECISIONS, if it is there)")
	return cmd
}

func (p *program) effects(ctx context.Context, cmd *cobra.Command, args []string, l looking) (err error) {
	name := ""
	if len(args) > 0 && !strings.Contains(args[0], "=") {
		name, args = args[0], args[1:]
	}
	if name != "" && l.since != "" {
		return usage(cmd, "%s and --since say two things: name an event, or say since when", name)
	}
	request, err := p.parseRequest(args)
	if err != nil {
		return err
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	asking := p.meter("asking")
	q := engine.EffectsQuery{Future: l.future, Privileges: typedAs[domain.Privilege](l.privileges), Request: request, Progress: asking}
	if name != "" {
		q.AtEvent = true
		if q.Event, err = o.eventAt(name); err != nil {
			return err
		}
	}
	if l.since != "" {
		q.FromSince = true
		if q.Since, err = o.ParseKnown(l.since); err != nil {
			return badInput(fmt.Errorf("--since: %w", errors.New(strings.TrimPrefix(err.Error(), "as known: "))))
		}
	}
	answers, err := o.answersGiven(ctx, p.decisionsFile(l.decisions))
	switch {
	case l.decisions == "" && errors.Is(err, fs.ErrNotExist): // nothing was answered yet
	case err != nil:
		return err
	case answers != nil:
		defer func() { err = errors.Join(err, answers.log.Close()) }()
		q.Given = engine.GivenIn(answers)
	}
	found, err := o.Effects(ctx, q)
	if err != nil {
		return err
	}
	head := api.ChangedAllOf(found, l.future)
	switch {
	case p.wantsCSV():
		defer asking.end()
		if q.Given != nil {
			p.note("the answers given that are contradicted are not in the CSV; the table and the JSON have them")
		}
		return p.csvEffects(found)
	case p.json():
		return streamJSON(p, head, "changed", mapped(found.Changed, api.ChangedOf))
	}
	return p.showEffects(o, found, l, asking)
}

// given is an open log of answers given.
type given struct {
	*decisions.Index
	log eventlog.Log
}

// answersGiven opens the log of the answers that this office gave; there is none
// without a file.
func (o *office) answersGiven(ctx context.Context, file string) (*given, error) {
	if file == "" {
		return nil, nil
	}
	log, err := openFile(file, true)
	if err != nil {
		return nil, badInput(fmt.Errorf("--decisions: %w", err))
	}
	index, err := func() (*decisions.Index, error) {
		own, err := decisions.Binding(ctx, o.log)
		if err != nil {
			return nil, err
		}
		bound, err := decisions.BoundTo(ctx, log)
		if err == nil && bound != own {
			err = otherOffice(bound, own)
		}
		if err != nil {
			return nil, badInput(fmt.Errorf("--decisions: %s: %w", file, err))
		}
		return decisions.NewIndex(ctx, log)
	}()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &given{index, log}, nil
}

// eventAt finds an event by its position or id.
func (o *office) eventAt(name string) (domain.Position, error) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(name, "@"), 10, 63); err == nil {
		return domain.Position(n), nil
	}
	id, err := domain.ParseEventID(strings.ToUpper(name))
	if err != nil {
		return 0, badInput(fmt.Errorf("%q is neither a position, as in @7, nor the id of an event, which has 26 characters: comity log list shows both", name))
	}
	at, _, found := o.Root().View().EventByID(id)
	if !found {
		return 0, badInput(fmt.Errorf("there is no event %s: comity log list shows what there is", id))
	}
	return at, nil
}

// csvEffects lists the times in which an answer became otherwise. Answers given are
// in the JSON.
func (p *program) csvEffects(found *engine.Effects) error {
	header := []string{"subject", "privilege", "from", "until", "was", "was_conditions", "is", "is_conditions", "because"}
	return p.streamCSV(header, func(yield func([]string, error) bool) {
		for c, err := range found.Changed {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range c.Effects {
				row := []string{e.Subject.String(), string(e.Privilege), instantOrOpen(e.From.Time()), instantOrOpen(e.To.Time())}
				for _, v := range []*standing.Verdict{e.Was, e.Is} {
					conditions := ""
					if v != nil {
						conditions = strings.Join(conditionCodes(v), "; ")
					}
					row = append(row, verdictWord(v), conditions)
				}
				if !yield(append(row, whyText(e.Is)), nil) {
					return
				}
			}
		}
	})
}

// mostEvents is how many of the events in question are shown.
const mostEvents = 5

func (p *program) showEffects(o *office, found *engine.Effects, l looking, asking meter) error {
	g := p.page()
	if found.From == found.To {
		g.line("Nothing was recorded since.")
		return nil
	}
	var rows, against [][]string
	more := 0
	for c, err := range found.Changed {
		if err != nil {
			return err
		}
		for _, e := range c.Effects {
			if len(rows) == mostListed {
				more++
				continue
			}
			rows = append(rows, []string{
				e.Subject.ID, string(e.Privilege), whole(o.boundText(e.From.Time())), whole(o.boundText(e.To.Time())),
				verdictText(e.Was), verdictText(e.Is), whyText(e.Is),
			})
		}
		for _, x := range c.Contradicted {
			said := standing.Verdict{Outcome: x.Outcome, Conditions: x.Conditions}
			against = append(against, []string{
				"@" + strconv.FormatUint(x.Position, 10), whole(o.local(x.Recorded)), x.Subject.ID, string(x.Privilege),
				whole(o.local(x.AsOf)), verdictText(&said), verdictText(x.Now),
			})
		}
	}
	asking.end()
	o.showRange(g, found, l)
	g.line("")
	if len(rows) == 0 {
		g.line("No answer about that time became otherwise.")
	} else {
		g.listSome([]string{"who", "privilege", "from", "until", "was", "is", "because"}, rows, more)
	}
	if len(against) > 0 {
		g.title("Answers given that it contradicts")
		g.list([]string{"at", "given", "who", "privilege", "as of", "said", "now"}, against)
	}
	return nil
}

// boundText writes one end of a time; "-" is open.
func (o *office) boundText(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return o.local(t)
}

// showRange shows which events are in question, whom they reach, and what is
// looked at.
func (o *office) showRange(g *page, found *engine.Effects, l looking) {
	view := o.Root().View()
	for at := found.From; at < found.To; at++ {
		if at == found.From+mostEvents && found.To-at > 1 {
			g.line("          and %s: comity log list shows them", plural(int(found.To-at), "more event"))
			break
		}
		lead := "          "
		if at == found.From {
			lead = "recorded  "
		}
		e, _ := view.Envelope(at)
		g.say(lead, fmt.Sprintf("@%d %s", at, o.p.sentence(e, o.Zone())))
	}
	g.say("          ", "by "+o.local(found.Recorded))
	reaches := plural(len(found.Reached), "member or mission")
	if len(found.Reached) != 1 {
		reaches = fmt.Sprintf("%d members and missions", len(found.Reached))
	}
	if found.Everybody {
		reaches = "everybody: " + reaches
	}
	g.say("reaches   ", reaches)
	looked := "the time before it was recorded"
	if l.future {
		looked = "all time"
	}
	g.say("looked at ", looked)
}
