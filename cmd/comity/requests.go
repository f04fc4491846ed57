package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// wanted holds the flags of comity requests.
type wanted struct {
	asking
	all                              bool
	states                           []string
	kind, mission, member, dueBefore string
}

func (p *program) requestsCommand() *cobra.Command {
	var w wanted
	cmd := &cobra.Command{
		Use:   "requests",
		Short: "Show the notices and applications that wait for the Office, and until when",
		Long: `Requests lists the notices and applications that wait for the Office, what is due
soonest first. A request is due when its waiting period ends or, if the law starts no
clock for its kind, when the act begins; what has no date comes last. Where the law
says that silence frees, what is not disapproved in time may be done, and the request
leaves the list.

With --all it lists those that are decided, withdrawn or lapsed too; with --state,
those in the states named: filed, awaiting, disapproved, approved,
approved_with_terms, unopposed, lapsed, withdrawn. "comity requests show" shows one
with its history.`,
		Example: `  comity requests
  comity requests --mission arandia-embassy --all
  comity requests --kind property --due-before 2025-07-01
  comity requests --state disapproved,lapsed --as-of 2025-05-01 -o json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.requests(cmd.Context(), w) },
	}
	w.times(cmd.Flags())
	cmd.Flags().BoolVar(&w.all, "all", false, "also those that no longer wait for the Office")
	cmd.Flags().StringSliceVar(&w.states, "state", nil, "only those in these states: filed, awaiting, disapproved, approved, approved_with_terms, unopposed, lapsed, withdrawn")
	cmd.Flags().StringVar(&w.kind, "kind", "", "only those of this kind, such as property or travel")
	cmd.Flags().StringVar(&w.mission, "mission", "", "only those that this mission filed")
	cmd.Flags().StringVar(&w.member, "member", "", "only those that this member filed, or that were filed for them")
	cmd.Flags().StringVar(&w.dueBefore, "due-before", "", "only those that are due before this moment: see comity help times")
	cmd.MarkFlagsMutuallyExclusive("all", "state")
	cmd.MarkFlagsMutuallyExclusive("mission", "member")
	complete(cmd, "state", texts(facts.FilingStates()))
	cmd.AddCommand(p.requestsShowCommand())
	return cmd
}

// noArguments says that a word is neither a subcommand nor welcome.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd, "%q is too much: to see one request, write comity requests show %s", args[0], args[0])
}

func texts[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i, w := range of {
		out[i] = string(w)
	}
	return out
}

// complete lets a shell complete the values of a flag.
func complete(cmd *cobra.Command, flag string, values []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("bad math in complete: " + err.Error()) // unreachable unless the flag is not declared
	}
}

// query reads what all questions about requests have. The times that the answer
// shows are those that it was asked for.
func (o *office) query(a asking) (engine.RequestsQuery, error) {
	q, err := o.question("", a, nil)
	if err != nil {
		return engine.RequestsQuery{}, err
	}
	if q.AsOf.IsZero() {
		q.AsOf = o.Now()
	}
	known, err := o.KnownAt(q.AsKnown)
	return engine.RequestsQuery{AsOf: q.AsOf, AsKnown: engine.Known{Position: known, AtPosition: true}}, err
}

// showQuery shows the two times of an answer about requests.
func (o *office) showQuery(g *page, q engine.RequestsQuery) {
	of := o.Root().Office()
	o.showTimes(g, domain.Decision{AsOf: q.AsOf, AsKnown: q.AsKnown.Position, Office: of.ID, Mode: of.Mode})
}

// requestsQuery reads the flags of comity requests.
func (o *office) requestsQuery(w wanted) (engine.RequestsQuery, error) {
	q, err := o.query(w.asking)
	if err != nil {
		return q, err
	}
	for _, s := range w.states {
		if err := oneOf("state", s, texts(facts.FilingStates())...); err != nil {
			return q, err
		}
		q.States = append(q.States, facts.FilingState(s))
	}
	if len(w.states) == 0 && !w.all {
		q.States = []facts.FilingState{facts.StateFiled, facts.StateAwaiting}
	}
	q.Kind = domain.RequestKind(w.kind)
	switch {
	case w.mission != "":
		q.Subject, err = o.find(w.mission, domain.KindMission)
	case w.member != "":
		q.Subject, err = o.find(w.member, domain.KindMember)
	}
	if err == nil && w.dueBefore != "" {
		if q.DueBefore, err = calendar.ParseInstant(w.dueBefore, o.Zone()); err != nil {
			err = fmt.Errorf("--due-before: %w", err)
		}
	}
	if err != nil {
		return q, badInput(err)
	}
	return q, nil
}

func (p *program) requests(ctx context.Context, w wanted) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.requestsQuery(w)
	if err != nil {
		return err
	}
	items, err := o.Requests(ctx, q)
	if err != nil {
		return err
	}
	if p.json() {
		list := []api.Requested{}
		for _, item := range items {
			list = append(list, api.RequestedOf(item, q))
		}
		return p.print(list)
	}
	g := p.page()
	o.showQuery(g, q)
	g.line("")
	if len(items) == 0 {
		g.say("", w.none())
		return nil
	}
	var rows [][]string
	for _, item := range items {
		by := whole(whoFiled(item))
		if n := len(item.Members); n > 0 {
			by += " for " + strings.Join(texts(item.Members), ", ")
		}
		rows = append(rows, []string{o.dueText(item), whole(daysLeft(item)), string(item.ID), string(item.Kind), by, strings.Join(texts(item.Privileges), ", "), stateText(item.State)})
	}
	g.list([]string{"due", "left", "request", "kind", "filed by", "about", "state"}, rows)
	return nil
}

// none says that nothing was found, and where else to look.
func (w *wanted) none() string {
	if w.all || len(w.states) > 0 || w.kind+w.mission+w.member+w.dueBefore != "" {
		return "No request is like that."
	}
	return "No request waits for the Office. Those that are decided are shown with --all."
}

func whoFiled(item engine.RequestItem) string {
	return or(string(item.Applicant), string(item.Mission))
}

// stateText writes a state for people.
func stateText(s facts.FilingState) string {
	return strings.ReplaceAll(string(s), "_", " ")
}

// stateColours say whether the act may be done.
var stateColours = map[facts.FilingState]string{
	facts.StateFiled: mixed, facts.StateAwaiting: mixed, facts.StateApproved: good, facts.StateWithTerms: good,
	facts.StateUnopposed: good, facts.StateDisapproved: bad, facts.StateLapsed: bad, facts.StateWithdrawn: bad,
}

func (o *office) dueText(item engine.RequestItem) string {
	if item.Due == timeline.Never {
		return "-"
	}
	return whole(api.LocalTime(item.Due.Time(), item.Zone))
}

// daysLeft says how long there is still time.
func daysLeft(item engine.RequestItem) string {
	switch {
	case item.Due == timeline.Never:
		return "-"
	case item.Overdue && item.DaysLeft == 0:
		return "late since today"
	case item.Overdue:
		return plural(-item.DaysLeft, "day") + " late"
	case item.DaysLeft == 0:
		return "today"
	default:
		return plural(item.DaysLeft, "day")
	}
}
