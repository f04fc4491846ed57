package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/projections/timeline"
)

// weighing holds the flags of comity balance.
type weighing struct {
	asking
	privilege string
	over      bool
	from, to  string
	lost      bool
}

func (p *program) balanceCommand() *cobra.Command {
	var w weighing
	cmd := writesCSV(&cobra.Command{
		Use:   "balance [STATE]",
		Short: "Show what each State gives our missions, what it gets, and on what ground",
		Long: `Balance is the ledger of reciprocity. For each State and privilege it shows the practice
observed last, the measures, rules and agreements that are in force in answer, and whether
each restriction still answers what the State does:

  stands      the practice that it answers is still the practice
  ended       the State no longer restricts
  changed     the practice has another level or other parameters
  unobserved  what the practice is, is no longer known
  none        no restrictive practice is on record, and the law wants one
  finding     it answers a finding under FMA 4304(b), and no practice
  unneeded    it restricts nothing, names persons, or the law wants no practice

The same practice said in other words is the same. A measure against persons by name answers
no practice. A ground that is lost changes no answer: only a determination does. --lost lists what to
look at again: restrictions whose ground is ended, changed, unobserved or none, and
restrictive practices that nothing answers. --over shows all of the time in place of one
moment; --from and --to narrow it, from a time on and until before another.`,
		Example: `  comity balance
  comity balance arandia --privilege tax.fuel
  comity balance arandia --over --from 2024-01-01 --to 2025-06-01
  comity balance --lost --as-of 2025-05-01 -o json
  comity balance arandia -o csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "%q is too much: name one State", args[1])
			}
			return nil
		},
		ValidArgsFunction: p.completeState,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.balance(cmd.Context(), strings.Join(args, ""), w)
		},
	})
	w.times(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&w.privilege, "privilege", "", "only this privilege, such as tax.sales")
	flags.BoolVar(&w.over, "over", false, "all of the time, in place of one moment")
	flags.StringVar(&w.from, "from", "", "with --over: from this time on")
	flags.StringVar(&w.to, "to", "", "with --over: until before this time")
	flags.BoolVar(&w.lost, "lost", false, "only what lost its ground or never had one, and practices without an answer")
	p.completesPrivilege(cmd)
	return cmd
}

// completeState lets a shell complete the States on record.
func (p *program) completeState(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	o, err := p.readOffice(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer func() { _ = o.close(cmd.Context()) }() // there is nobody to tell
	return o.Root().View().Subjects(domain.KindState), cobra.ShellCompDirectiveNoFileComp
}

// completesPrivilege lets a shell complete --privilege: those of the law in force now.
func (p *program) completesPrivilege(cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("privilege", func(cmd *cobra.Command, _ []string, _ string) (_ []string, _ cobra.ShellCompDirective) {
		o, err := p.readOffice(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		defer func() { _ = o.close(cmd.Context()) }() // there is nobody to tell
		edition, _, err := o.Root().LawAt(timeline.Of(o.Now()), o.Position())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var out []string
		for _, one := range edition.Language.PrivilegeOrder {
			out = append(out, string(one))
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic("bad math in completesPrivilege: " + err.Error()) // unreachable unless the flag is not declared
	}
}

// balanceQuery reads the flags of comity balance.
func (o *office) balanceQuery(state string, w weighing) (q engine.BalanceQuery, err error) {
	switch {
	case !w.over && w.from != "":
		return q, badInput(errors.New("--from goes with --over, which shows all of the time; write --over too, or --as-of for one moment"))
	case !w.over && w.to != "":
		return q, badInput(errors.New("--to goes with --over, which shows all of the time; write --over too, or --as-of for one moment"))
	case w.over && w.asOf != "":
		return q, badInput(errors.New("--as-of is one moment and --over all of the time: keep one of them"))
	}
	asked, err := o.query(w.asking)
	if err != nil {
		return q, err
	}
	q = engine.BalanceQuery{AsOf: asked.AsOf, AsKnown: asked.AsKnown, Privilege: domain.Privilege(w.privilege), Over: w.over, Lost: w.lost}
	if state != "" {
		s, err := o.find(state, domain.KindState)
		if err != nil {
			return q, badInput(err)
		}
		q.State = domain.StateID(s.ID)
	}
	q.From, q.To, err = o.stretch("", w.from, w.to)
	return q, err
}

// stretch reads two flags, such as --from and --to, which bound a stretch of time,
// half-open; of is how their names begin.
func (o *office) stretch(of, from, to string) (begin, end time.Time, err error) {
	if begin, err = o.bound(of+"from", from); err == nil {
		end, err = o.bound(of+"to", to)
	}
	if err == nil && from != "" && to != "" && !begin.Before(end) {
		err = badInput(fmt.Errorf("--%sto %s is not after --%sfrom %s: the stretch begins at the one and ends before the other", of, to, of, from))
	}
	return begin, end, err
}

func (o *office) bound(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := calendar.ParseInstant(text, o.Zone())
	if err != nil {
		return t, badInput(fmt.Errorf("--%s: %w", flag, err))
	}
	return t, nil
}

func (p *program) balance(ctx context.Context, state string, w weighing) (err error) {
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.balanceQuery(state, w)
	if err != nil {
		return err
	}
	found, err := o.Balance(ctx, q)
	if err != nil {
		return err
	}
	switch {
	case p.json():
		return p.print(api.BalancedOf(found))
	case p.wantsCSV():
		return p.csv(balanceColumns, balanceTable(found))
	}
	g := p.page()
	if !w.over {
		g.line("as of     %s", o.local(found.AsOf))
	}
	g.say("as known  ", o.knownAt(found.AsKnown))
	if len(found.Cells) == 0 {
		g.line("")
		g.say("", w.none(state))
		return nil
	}
	last := domain.StateID("")
	var rows [][]string
	flush := func() {
		if len(rows) == 0 {
			return
		}
		g.title("state/" + string(last))
		header := []string{"privilege", "they give", "we give", "ground"}
		if w.over {
			header = slices.Insert(header, 1, "from", "until")
		}
		g.list(header, rows)
		rows = nil
	}
	for _, c := range found.Cells {
		if c.State != last {
			flush()
			last = c.State
		}
		rows = append(rows, o.balanceRows(c, w.over)...)
	}
	flush()
	return nil
}

// none says that nothing was found, and where else to look.
func (w *weighing) none(state string) string {
	switch {
	case w.lost:
		return "Every restriction has its ground, and every restrictive practice an answer."
	case w.over:
		return "No practice, measure or agreement is like that."
	case w.privilege == "" && state == "":
		return "No practice, measure or agreement is on record."
	default:
		return "No practice, measure or agreement is like that. Others are shown with --over, or without a State and --privilege."
	}
}

// balanceRows writes a cell: a row for each thing in force, of which the first
// has what goes for all.
func (o *office) balanceRows(c balance.Cell, over bool) (rows [][]string) {
	they := "nothing observed"
	if c.Practice != nil {
		they = fmt.Sprintf("%s%s @%d", c.Practice.Level, paramWords(c.Practice.Params), c.Practice.Pos)
	}
	add := func(we, ground string) {
		row := []string{"", they, we, ground}
		if len(rows) == 0 {
			row[0] = string(c.Privilege)
		} else {
			row[1] = ""
		}
		if over {
			from, until := "", ""
			if len(rows) == 0 {
				from, until = o.edge(c.From, "the beginning"), o.edge(c.To, "no end")
			}
			row = slices.Insert(row, 1, whole(from), whole(until))
		}
		rows = append(rows, row)
	}
	for _, m := range c.Measures {
		add(o.measureWords(m), o.groundWords(m.Basis))
	}
	for _, r := range c.Rules {
		add(fmt.Sprintf("rule %s of edition %s%s @%d", r.ID, r.Edition, prefixed(": ", string(r.Outcome)), r.Pos), o.groundWords(r.Basis))
	}
	for _, a := range c.Agreements {
		raised := string(a.Outcome)
		if raised == "" {
			raised = "what " + string(a.As) + " has"
		}
		add(fmt.Sprintf("agreement %s raises to %s%s @%d%s", a.ID, raised, scopeWords(a.Scope), a.Pos, o.stopWords(a.Stop)), "")
	}
	if c.Unanswered {
		add("no answer", whole("unanswered since "+o.edge(c.UnansweredSince, "ever")))
	} else if len(rows) == 0 {
		add("-", "")
	}
	return rows
}

func (o *office) measureWords(m balance.Measure) string {
	text := fmt.Sprintf("%s: %s%s%s @%d%s", m.ID, m.Level, paramWords(m.Params), scopeWords(m.Scope), m.Pos, o.stopWords(m.Stop))
	for _, part := range m.Parts {
		text += fmt.Sprintf("; %s%s @%d", part.How, scopeWords(part.Scope), part.By)
	}
	return text
}

func (o *office) stopWords(s balance.Stop) string {
	switch s.How {
	case "":
		return ""
	case balance.Expired:
		return ", until " + o.edge(s.At, "")
	default:
		return fmt.Sprintf(", %s on %s @%d", s.How, o.edge(s.At, ""), s.By)
	}
}

func (o *office) groundWords(b balance.Basis) string {
	switch {
	case b.Ground.Lost():
		text := fmt.Sprintf("%s since %s @%d", b.Ground, o.edge(b.Since, ""), b.By)
		if b.LostBy != b.By {
			text += fmt.Sprintf(", lost since %s @%d", o.edge(b.LostSince, ""), b.LostBy)
		}
		return fmt.Sprintf("%s; it answers @%d", text, b.Practice.Pos)
	case b.Practice != nil:
		return fmt.Sprintf("%s, it answers @%d", b.Ground, b.Practice.Pos)
	default:
		return string(b.Ground)
	}
}

// edge writes an instant at which something begins or ends: midnight in the
// office's zone as a date.
func (o *office) edge(t timeline.Instant, open string) string {
	if t == timeline.Always || t == timeline.Never {
		return open
	}
	local := t.Time().In(o.Zone().Location())
	if local.Equal(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())) {
		return local.Format(time.DateOnly)
	}
	return o.local(t.Time())
}

func prefixed(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

// paramWords writes parameters: " amount=30000".
func paramWords(in domain.Params) string {
	text := ""
	for _, one := range paramList(in) {
		text += " " + one
	}
	return text
}

func paramList(in domain.Params) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(in)) {
		text := in[name].String()
		if in[name].Kind() == domain.ListValue {
			text = strings.Join(in[name].List(), ",")
		}
		out = append(out, name+"="+text)
	}
	return out
}

// scopeWords writes whom something reaches: " for dip.agent".
func scopeWords(s domain.Scope) string {
	words := slices.Concat(texts(s.MissionKinds), texts(s.Missions), texts(s.Categories), s.Ranks, texts(s.Statuses), texts(s.Members))
	text := ""
	if len(words) > 0 {
		text = " for " + strings.Join(words, ",")
	}
	for _, one := range []struct {
		name string
		said *bool
	}{{"families", s.Family}, {"visitors", s.Visitors}} {
		switch {
		case one.said == nil:
		case *one.said:
			text += " with " + one.name
		default:
			text += " without " + one.name
		}
	}
	return text
}

var balanceColumns = []string{
	"state", "privilege", "from", "until", "practice", "practice_params", "practice_since", "practice_event",
	"kind", "id", "gives", "params", "scope", "in_force_from", "in_force_until", "event", "ground", "lost_since", "lost_by", "unanswered_since",
	"ground_since", "ground_by",
}

// balanceTable writes a row for each thing in force, and one for a cell without any.
func balanceTable(b engine.Balance) (rows [][]string) {
	for _, c := range b.Cells {
		cell := []string{string(c.State), string(c.Privilege), limit(c.From), limit(c.To), "", "", "", ""}
		if c.Practice != nil {
			cell = append(cell[:4], string(c.Practice.Level), strings.Join(paramList(c.Practice.Params), "; "), limit(c.Practice.Since), fmt.Sprint(c.Practice.Pos))
		}
		unanswered := ""
		if c.Unanswered {
			unanswered = limit(c.UnansweredSince)
		}
		n := len(rows)
		add := func(basis balance.Basis, columns ...string) {
			last := []string{string(basis.Ground), "", "", unanswered, "", ""}
			if basis.Ground.Lost() {
				last = append(last[:1], limit(basis.LostSince), fmt.Sprint(basis.LostBy), unanswered, limit(basis.Since), fmt.Sprint(basis.By))
			}
			rows = append(rows, slices.Concat(cell, columns, last))
		}
		for _, m := range c.Measures {
			add(m.Basis, "measure", string(m.ID), string(m.Level), strings.Join(paramList(m.Params), "; "), strings.TrimSpace(scopeWords(m.Scope)), limit(m.From), stopLimit(m.Stop), fmt.Sprint(m.Pos))
		}
		for _, r := range c.Rules {
			add(r.Basis, "rule", r.ID, string(r.Outcome), "", "", "", "", fmt.Sprint(r.Pos))
		}
		for _, a := range c.Agreements {
			gives := string(a.Outcome)
			if gives == "" {
				gives = "as " + string(a.As)
			}
			add(balance.Basis{}, "agreement", string(a.ID), gives, "", strings.TrimSpace(scopeWords(a.Scope)), limit(a.From), stopLimit(a.Stop), fmt.Sprint(a.Pos))
		}
		if len(rows) == n {
			add(balance.Basis{}, "", "", "", "", "", "", "", "")
		}
	}
	return rows
}

func stopLimit(s balance.Stop) string {
	if s.How == "" {
		return ""
	}
	return limit(s.At)
}

// limit writes an instant for programs; one that is open is empty.
func limit(t timeline.Instant) string {
	if t == timeline.Always || t == timeline.Never {
		return ""
	}
	return calendar.FormatInstant(t.Time())
}
