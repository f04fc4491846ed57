package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/trail"
)

// tracing holds the flags of comity trail.
type tracing struct {
	asking
	alone                      bool
	state, actor, authority    string
	types                      []string
	privilege                  string
	command, correlation       string
	recordedFrom, recordedTo   string
	effectiveFrom, effectiveTo string
	corrections                bool
	late                       int
	limit                      int
	byLateness, byLimit        bool // whether --late and --limit were written
}

// mostTraced is how many entries a table has unless more are asked for: it is
// held in memory until its columns are known.
const mostTraced = 1000

func (p *program) trailCommand() *cobra.Command {
	var w tracing
	cmd := writesCSV(&cobra.Command{
		Use:   "trail [SUBJECT]",
		Short: "Show who recorded what about whom, when, on what authority, and what became of it",
		Long: `Trail goes through the whole log, in the order in which the office learned of things. For
each event it shows who recorded it and on what authority, how late, what it acts on, what
retracted, dismissed or corrected it, and what stands in its place.

With a SUBJECT it is limited to the events on which an answer about that subject may rest:
its own, and those of its mission, State, family, measures, agreements and law. With
--alone they are its own only. comity history shows those too, as one would tell the story
of one subject: without filters, lateness and lineage, and not across subjects.

Everything that is asked for has to fit. An event that revises another counts as of that
one's type, and as about its privileges. --late 30 is what was recorded more than 30 days
after the date on which it took effect. A table has at most 1000 entries unless --limit
says otherwise; with -o json there is one object on each line, and no limit.

Codes on plates are restricted: of a plate the last two characters are shown, unless
--restricted is given. Names and birth dates are never shown.`,
		Example: `  comity trail
  comity trail ana
  comity trail ana --alone --type member,waiver
  comity trail --state arandia --late 10
  comity trail --authority "note 3/2025" -o json
  comity trail --recorded-from 2025-01-01 --recorded-to 2025-04-01 -o csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: name one subject", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			w.byLateness, w.byLimit = cmd.Flags().Changed("late"), cmd.Flags().Changed("limit")
			return p.trail(cmd.Context(), strings.Join(args, ""), w)
		},
	})
	w.declare(cmd.Flags())
	p.mayShowRestricted(cmd.Flags())
	p.completesPrivilege(cmd)
	complete(cmd, "type", engine.EventTypes())
	return cmd
}

func (w *tracing) declare(flags *pflag.FlagSet) {
	flags.StringVar(&w.asKnown, "as-known", "", "what was known: the first so many events, as in 12 or @12, or all by a time (default all)")
	flags.BoolVar(&w.alone, "alone", false, "with a subject: its own events only")
	flags.StringVar(&w.state, "state", "", "only about this State, its missions, their people, and what is theirs or towards it")
	flags.StringVar(&w.actor, "actor", "", "only recorded by this one")
	flags.StringVar(&w.authority, "authority", "", "only on an authority that has this text in it")
	flags.StringSliceVar(&w.types, "type", nil, "only of these types, such as measure.determined, or families of types, such as measure")
	flags.StringVar(&w.privilege, "privilege", "", "only about this privilege, such as tax.sales")
	flags.StringVar(&w.command, "command", "", "only caused by the command with this id")
	flags.StringVar(&w.correlation, "correlation", "", "only of the affair with these words")
	flags.StringVar(&w.recordedFrom, "recorded-from", "", "only recorded from this time on")
	flags.StringVar(&w.recordedTo, "recorded-to", "", "only recorded before this time")
	flags.StringVar(&w.effectiveFrom, "effective-from", "", "only effective from this time on")
	flags.StringVar(&w.effectiveTo, "effective-to", "", "only effective before this time")
	flags.BoolVar(&w.corrections, "corrections", false, "only what retracts, dismisses or corrects")
	flags.IntVar(&w.late, "late", 0, "only recorded more than so many `DAYS` after taking effect")
	flags.IntVar(&w.limit, "limit", 0, "most entries shown; 0 shows all (default 1000 in a table, else all)")
}

// trailQuery reads the flags of comity trail.
func (o *office) trailQuery(subject string, w tracing) (q engine.TrailQuery, err error) {
	switch {
	case w.alone && subject == "":
		return q, badInput(errors.New("--alone goes with a subject: name one, or leave it away"))
	case w.late < 0:
		return q, badInput(fmt.Errorf("--late %d: write a number of days from 0", w.late))
	case w.limit < 0:
		return q, badInput(fmt.Errorf("--limit %d: write a number from 0, which shows all", w.limit))
	}
	kinds := append([]domain.SubjectKind{domain.KindMember, domain.KindMission}, domain.SubjectKinds()...)
	asked, err := o.question(subject, w.asking, nil, kinds...)
	if err != nil {
		return q, err
	}
	q = engine.TrailQuery{AsKnown: asked.AsKnown, Subject: asked.Subject, Alone: w.alone, Filter: trail.Filter{
		Actor: w.actor, Authority: w.authority, Types: w.types, Privilege: domain.Privilege(w.privilege),
		Correlation: w.correlation, Revisions: w.corrections, Late: w.late, LateOnly: w.byLateness,
	}}
	if w.state != "" {
		s, err := o.find(w.state, domain.KindState)
		if err != nil {
			return q, badInput(err)
		}
		q.Filter.State = domain.StateID(s.ID)
	}
	if w.command != "" {
		if q.Filter.Command, err = domain.ParseCommandID(w.command); err != nil {
			return q, badInput(fmt.Errorf("--command: %w", err))
		}
	}
	if q.Filter.Recorded, err = o.stretchOf("recorded-", w.recordedFrom, w.recordedTo); err != nil {
		return q, err
	}
	q.Filter.Effective, err = o.stretchOf("effective-", w.effectiveFrom, w.effectiveTo)
	return q, err
}

func (o *office) stretchOf(of, from, to string) (s trail.Stretch, err error) {
	s.From, s.To, err = o.stretch(of, from, to)
	return s, err
}

func (p *program) trail(ctx context.Context, subject string, w tracing) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.trailQuery(subject, w)
	if err != nil {
		return err
	}
	entries, k, err := o.Trail(ctx, q)
	if err != nil {
		return err
	}
	if !w.byLimit && !p.json() && !p.wantsCSV() {
		w.limit = mostTraced
	}
	n, more := 0, false
	var rows [][]string
	for e, err := range entries {
		if err != nil {
			return err
		}
		if w.limit > 0 && n == w.limit {
			more = true
			break
		}
		n++
		switch {
		case p.json():
			if err := p.print(api.TracedOf(e, o.p.restricted)); err != nil {
				return err
			}
		case p.wantsCSV():
			rows = append(rows, o.trailRecord(e))
		default:
			rows = append(rows, o.trailRow(e))
		}
	}
	switch {
	case p.json():
	case p.wantsCSV():
		err = p.csv(trailColumns, rows)
	default:
		o.showTrail(q, k, rows)
	}
	if more {
		p.note("there are more entries than the first %d shown; --limit 0 shows all, and filters fewer", n)
	}
	return err
}

func (o *office) showTrail(q engine.TrailQuery, k domain.Position, rows [][]string) {
	g := o.p.page()
	if !q.Subject.IsZero() {
		text := ", and on what answers about it rest"
		if q.Alone {
			text = ""
		}
		g.line("%s%s", g.paint(bold, q.Subject.String()), text)
	}
	g.say("as known  ", o.knownAt(k))
	if o.Mode() == domain.History {
		g.say("", "a history office: when its events were recorded is stated, not stamped")
	}
	g.line("")
	if len(rows) == 0 {
		g.line("No event is like that.")
		return
	}
	g.list([]string{"at", "recorded", "effective", "by", "what", "stands"}, rows)
}

func (o *office) trailRow(e trail.Entry) []string {
	env := e.Envelope
	one := engine.Entry{Position: e.Position, Envelope: env, Live: e.Live, By: e.By}
	effective := whole(api.Moment(env.Effective, o.Zone()))
	if e.LateDays > 0 {
		effective += "\n" + whole(plural(e.LateDays, "day")+" late")
	}
	stands := api.Became(o.Engine, one)
	if at, replaced := e.Replacement(); replaced && !strings.HasSuffix(stands, fmt.Sprintf("@%d", at)) {
		stands += fmt.Sprintf("; @%d stands", at)
	}
	return []string{
		fmt.Sprintf("@%d", e.Position), whole(o.local(env.Recorded)), effective, or(env.Actor, "-"),
		env.Subject.String() + " " + o.happened(one), stands,
	}
}

var trailColumns = []string{
	"position", "id", "recorded", "effective", "late_days", "actor", "authority", "subject", "type", "said", "command", "correlation",
	"acts_on", "live", "by", "root", "standing",
}

func (o *office) trailRecord(e trail.Entry) []string {
	env := e.Envelope
	on := ""
	if e.Acts {
		on = fmt.Sprint(e.ActsOn)
	}
	return []string{
		fmt.Sprint(e.Position), env.ID.String(), calendar.FormatInstant(env.Recorded), calendar.FormatInstant(env.Effective.At), fmt.Sprint(e.LateDays),
		env.Actor, env.Authority, env.Subject.String(), string(env.Type()), o.p.describe(env), env.Command.String(), env.Correlation,
		on, fmt.Sprint(e.Live), numbers(e.By), fmt.Sprint(e.Root()), numbers(e.Standing),
	}
}

// numbers writes places in the log for a cell of CSV.
func numbers(of []domain.Position) string {
	words := make([]string, len(of))
	for i, pos := range of {
		words[i] = fmt.Sprint(pos)
	}
	return strings.Join(words, "; ")
}
