package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/impact"
	"github.com/comity-project/comity/projections/timeline"
)

// drafting holds the flags of comity rules impact.
type drafting struct {
	asking
	effective, over, against     string
	privileges, missions, states []string
	by, svg                      string
	all                          bool
	limit                        int
}

// byPrivilege is the grouping that goes without saying.
const byPrivilege = "privilege"

func impactGroupings() []string { return append([]string{byPrivilege}, texts(engine.Groupings())...) }

func (p *program) rulesImpactCommand() *cobra.Command {
	d := drafting{by: byPrivilege}
	cmd := writesCSV(&cobra.Command{
		Use:   "impact DRAFT [key=value ...]",
		Short: "Show what a draft would do to everybody, before it is published",
		Long: `Impact asks every member and every mission under the law in force and under that law
with the draft in it, and shows who would gain, who would lose, for whom only conditions
would change, and of whom it can't be told. Nothing is recorded.

DRAFT is the folder of a ruleset, the name of one that ships, or the hash of a draft or
an edition in the log: its first eight digits or more. It is taken to come into force at
the date in its head, or now if it has none; --effective says another time.

The first moment looked at is now, or when the draft takes effect if that is later;
--as-of says another. From there on every moment is looked at at which something on
record changes. --over bounds that: until a time, FROM..TO, a length such as 90d, 6m or
1y, or none for the first moment alone.

Counted is each member or mission once for each privilege: at the first moment, and by
the gravest of what happens at any. Privileges about which both editions say the same are
not asked about. The facts of a request hold for everybody.

--against compares with another draft in place of the law in force. --svg draws how many
gain and lose over time; "-" is standard output. With --exit-code it is 5 if anybody
loses.`,
		Example: `  comity rules impact ./my-common
  comity rules impact common --effective 2025-02-01 --over 6m --by category
  comity rules impact ./my-common --as-of 2025-02-15 --over none --privilege tax.sales -o json
  comity rules impact ./my-common amount=5000 --mission arandia-embassy --all
  comity rules impact ./my-common -o csv
  comity rules impact ./my-common --against common --svg impact.svg`,
		Args: atLeast(true, "DRAFT"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.rulesImpact(cmd.Context(), args, d) },
	})
	d.times(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&d.effective, "effective", "", "when the draft is taken to come into force (default the date in its head, or now)")
	flags.StringVar(&d.over, "over", "", "the time looked at: TIME, FROM..TO, a length such as 90d, 6m or 1y, or none (default all that is on record)")
	flags.StringVar(&d.against, "against", "", "another `DRAFT` to compare with (default the law in force)")
	flags.StringSliceVar(&d.missions, "mission", nil, "only those of these missions")
	flags.StringSliceVar(&d.states, "state", nil, "only those of these States")
	p.privilegesFlag(cmd, &d.privileges)
	p.completeFrom(cmd, "state", func(o *office) []string { return o.Root().View().Subjects(domain.KindState) })
	p.completeFrom(cmd, "mission", func(o *office) []string { return o.Root().View().Subjects(domain.KindMission) })
	flags.StringVar(&d.by, "by", byPrivilege, "count for each "+strings.Join(impactGroupings(), ", "))
	complete(cmd, "by", impactGroupings())
	flags.BoolVar(&d.all, "all", false, "list everybody who is affected, however many")
	flags.IntVar(&d.limit, "limit", mostAffected, "list at most so many answers")
	flags.StringVar(&d.svg, "svg", "", "`FILE` to draw it in, which is made anew")
	flags.BoolVar(&d.exitCode, "exit-code", false, "exit with 5 if anybody loses")
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
	return cmd
}

// mostAffected is how many answers are listed for people unless they say otherwise.
const mostAffected = 50

func (p *program) rulesImpact(ctx context.Context, args []string, d drafting) (err error) {
	if err := oneOf("by", d.by, impactGroupings()...); err != nil {
		return err
	}
	switch {
	case d.limit < 0:
		return badInput(fmt.Errorf("--limit %d: write how many answers to list, 0 or more", d.limit))
	case d.svg == "-" && p.output != asTable:
		return badInput(fmt.Errorf("--svg - and --output %s would both go to standard output: name a file to draw in", p.output))
	case d.svg != "" && d.svg != "-":
		if err := drawingIn(d.svg).check(p.keptFiles()); err != nil {
			return err
		}
	}
	return p.everybody(ctx, args[1:], d.asking, func(o *office, when engine.When, request map[string]string) error {
		progress := p.bar("sorting")
		options := impact.Options{
			When: when, Request: request, Privileges: typedAs[domain.Privilege](d.privileges),
			States: typedAs[domain.StateID](d.states), Missions: typedAs[domain.MissionID](d.missions),
		}
		if progress != nil {
			doing := ""
			options.Progress = func(what string, done, of int) {
				if what != doing {
					progress.begin(what)
					doing = what
				}
				progress.show(done, of)
			}
		}
		if err := o.overWhat(d.over, d.asOf, &options); err != nil {
			return err
		}
		if err := o.checkNames(d); err != nil {
			return err
		}
		draft, err := o.draftOf(ctx, args[0])
		if err != nil {
			return err
		}
		if draft.Effective, err = o.ParseAsOf(d.effective); err != nil {
			return badInput(errors.New(strings.Replace(err.Error(), "as of:", "--effective:", 1)))
		}
		if d.against != "" {
			other, err := o.draftOf(ctx, d.against)
			if err != nil {
				return err
			}
			other.Effective, options.Against = draft.Effective, &other
		}
		report, err := impact.Preview(ctx, o.Engine, draft, options)
		if progress != nil {
			progress.wipe()
		}
		if err != nil {
			return invalidDraft(args[0], err)
		}
		if d.exitCode && report.Loses() {
			p.code = exitNotPermitted
		}
		return p.showImpact(o, report, d)
	})
}

// checkNames refuses States and missions that there are not.
func (o *office) checkNames(d drafting) error {
	for _, name := range d.states {
		if _, err := o.Find(name, domain.KindState); err != nil {
			return err
		}
	}
	for _, name := range d.missions {
		if _, err := o.Find(name, domain.KindMission); err != nil {
			return err
		}
	}
	return nil
}

// lengthOf matches a length of time.
var lengthOf = regexp.MustCompile(`^([0-9]{1,4})([dmy])$`)

// sameTimeOn is when clocks show on a date what they show at t. If they never do, or
// twice, it is as long after the midnight before as t is.
func (o *office) sameTimeOn(date calendar.Date, t time.Time) time.Time {
	zone := o.Zone()
	midnight := zone.Midnight(zone.DateOf(t))
	if t.Equal(midnight) {
		return zone.Midnight(date)
	}
	clock := t.In(zone.Location())
	if same, err := zone.At(date, clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond()); err == nil {
		return same
	}
	return zone.Midnight(date).Add(t.Sub(midnight))
}

// overWhat reads --over.
func (o *office) overWhat(text, asOf string, to *impact.Options) error {
	refused := func(err error) error {
		return badInput(fmt.Errorf("--over %s: %s", text, strings.TrimPrefix(err.Error(), "as of: ")))
	}
	from, until, isRange := strings.Cut(text, "..")
	length := lengthOf.FindStringSubmatch(text)
	switch {
	case text == "":
		return nil
	case text == "none":
		to.Once = true
		return nil
	case length != nil:
		begin := to.When.AsOf
		if begin.IsZero() {
			begin = o.Now()
		}
		n, _ := strconv.Atoi(length[1]) // four digits at most
		date := o.Zone().DateOf(begin)
		switch length[2] {
		case "d":
			date = date.AddDays(n)
		case "m":
			date = date.AddMonths(n)
		default:
			date = date.AddYears(n)
		}
		to.Until = o.sameTimeOn(date, begin)
		return nil
	case !isRange:
		from, until = "", text
	}
	var err error
	if from != "" {
		if asOf != "" {
			return refused(errors.New("it says from when, and so does --as-of: leave one of them out"))
		}
		if to.When.AsOf, err = o.ParseAsOf(from); err != nil {
			return refused(err)
		}
	}
	if to.Until, err = o.ParseAsOf(until); err != nil {
		return refused(err)
	}
	if !to.Until.IsZero() && !to.When.AsOf.IsZero() && !to.When.AsOf.Before(to.Until) {
		return refused(errors.New("it ends before it begins"))
	}
	return nil
}

// listed yields those who are affected, as many as are wanted.
func (d *drafting) listed(r *impact.Report, most int) iter.Seq2[impact.Affected, error] {
	return func(yield func(impact.Affected, error) bool) {
		n := 0
		for a := range r.Affected {
			if n++; most >= 0 && n > most || !yield(a, nil) {
				return
			}
		}
	}
}

func (p *program) showImpact(o *office, r *impact.Report, d drafting) error {
	if d.svg == "-" {
		_, err := o.drawImpact(r).WriteTo(p.out)
		return err
	}
	most := -1
	if d.limit != mostAffected {
		most = d.limit
	}
	tallies := r.Privileges
	if d.by != byPrivilege {
		tallies = r.By(engine.By(d.by))
	}
	var err error
	switch {
	case p.wantsCSV():
		err = p.streamCSV(impactColumns, mapped(d.listed(r, most), impactRow))
	case p.json():
		head := api.ImpactOf(r, tallies, d.by)
		err = streamJSON(p, head, "affected", mapped(d.listed(r, most), func(a impact.Affected) any { return api.ImpactOnOf(a) }))
	default:
		err = p.pageImpact(o, r, tallies, d)
	}
	if err != nil || d.svg == "" {
		return err
	}
	drawing := o.drawImpact(r)
	if err := drawingIn(d.svg).write(p.keptFiles(), func(w io.Writer) error { _, err := drawing.WriteTo(w); return err }); err != nil {
		return err
	}
	p.note("drawn in %s", d.svg)
	return nil
}

// The columns of those who are affected in CSV.
var impactColumns = []string{
	"subject", "categories", "missions", "states", "privilege", "kind", "from", "until",
	"before", "before_conditions", "before_rule", "before_by", "before_because", "before_cite",
	"after", "after_conditions", "after_rule", "after_by", "after_because", "after_cite",
}

func impactRow(a impact.Affected) []string {
	row := append(postCells(a.Subject, a.Posts), string(a.Privilege), a.Kind.String(), instantOrOpen(a.From.Time()), instantOrOpen(a.To.Time()))
	for _, s := range []impact.Said{a.Before, a.After} {
		if s.Failure != "" || s.Verdict == nil {
			word := verdictWord(s.Verdict)
			if s.Failure != "" {
				word = "failure"
			}
			row = append(row, word, "", "", "", s.Failure, "")
			continue
		}
		row = append(row, verdictWord(s.Verdict), strings.Join(conditionCodes(s.Verdict), "; "), s.Verdict.Rule, s.Verdict.By, s.Because, strings.Join(s.Cite, "; "))
	}
	return row
}

func (p *program) pageImpact(o *office, r *impact.Report, tallies []impact.Tally, d drafting) error {
	g := p.page()
	g.say("draft     ", fmt.Sprintf("%s, in force from %s", editionText(r.Draft), o.local(r.Effective.Time())))
	g.say("instead of ", editionText(r.Before))
	g.say("looked at ", "from "+o.local(r.From.Time())+lookedUntil(o, r))
	g.say("as known  ", o.knownAt(r.AsKnown))
	for _, u := range r.Unsupported {
		g.say("note      ", fmt.Sprintf("the edition %s of %s can't be applied under the draft, so that nobody of that State gets an answer: %s", u.Hash[:12], u.Ruleset, u.Err))
	}
	g.line("")
	switch {
	case len(r.Privileges) == 0:
		g.line("Nothing changes: both editions say the same about every privilege.")
		return nil
	case r.People.Over.Affected()+r.People.Over[impact.CannotTell] == 0:
		g.line("%s looked at%s: nobody is affected.", peopleText(r.Subjects), askedText(r))
	default:
		g.line("%s looked at%s: %s, %s, %s; of %d it can't be told.", peopleText(r.Subjects), askedText(r),
			g.paint(bad, fmt.Sprintf("%d lose", r.People.Over[impact.Loses])), g.paint(good, fmt.Sprintf("%d gain", r.People.Over[impact.Gains])),
			fmt.Sprintf("for %d only conditions change", r.People.Over[impact.Conditions]), r.People.Over[impact.CannotTell])
	}
	g.title("How many, at first and at any moment")
	g.list(impactTable(tallies, d.by))
	if len(r.Needs) > 0 {
		g.title("Can't be told without")
		g.say("  ", lackText(r.Needs))
	}
	for i, text := range r.Failures {
		if i == 0 {
			g.title("The law could not be applied")
		}
		g.say("  - ", text)
	}
	return p.pageAffected(o, g, r, d)
}

func lookedUntil(o *office, r *impact.Report) string {
	switch {
	case r.To == timeline.Never:
		return " on, at every moment at which something on record changes"
	case r.To == r.From+1:
		return ", and at no other moment"
	default:
		return " until " + o.local(r.To.Time())
	}
}

// impactTable lists counts, at the first moment and at any.
func impactTable(tallies []impact.Tally, by string) (header []string, rows [][]string) {
	if by != byPrivilege {
		header = append(header, by)
	}
	header = append(header, byPrivilege, "loses", "gains", "conditions", "cannot tell", "other reason", "unchanged")
	group := "\x00"
	for _, t := range tallies {
		if by != byPrivilege && t.Over.Affected()+t.Over[impact.CannotTell]+t.Over[impact.OtherReason] == 0 {
			continue
		}
		var row []string
		if by != byPrivilege {
			row = append(row, or(t.Group, "(none)"))
			if t.Group == group {
				row[0] = ""
			}
			group = t.Group
		}
		row = append(row, string(t.Privilege))
		for _, k := range impact.Kinds() {
			text := "-"
			if now, over := t.Now[k], t.Over[k]; now == over && now > 0 {
				text = strconv.Itoa(now)
			} else if now+over > 0 {
				text = fmt.Sprintf("%d / %d", now, over)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return header, rows
}

func (p *program) pageAffected(o *office, g *page, r *impact.Report, d drafting) error {
	if r.Rows() == 0 {
		return nil
	}
	most := d.limit
	if d.all {
		most = -1
	}
	var rows [][]string
	for a, err := range d.listed(r, most) {
		if err != nil {
			return err
		}
		until := "on"
		if a.To != timeline.Never {
			until = "until " + o.day(a.To.Time())
		}
		rows = append(rows, []string{a.Subject.ID, postText(a.Posts), string(a.Privilege), kindText(a.Kind), o.day(a.From.Time()) + " " + until, impactText(a.Before), impactText(a.After), impactWhy(a)})
	}
	if len(rows) > 0 {
		g.title("Who is affected")
		g.list([]string{"who", "as", "privilege", "what", "when", "before", "after", "because"}, rows)
	}
	if more := r.Rows() - len(rows); more > 0 {
		g.line("")
		g.line("and %s more: --all, -o csv and -o json list them all", plural(more, "answer"))
	}
	return nil
}

// kindText names a kind for people.
func kindText(k impact.Kind) string { return strings.ReplaceAll(k.String(), "_", " ") }

func impactText(s impact.Said) string {
	if s.Failure != "" {
		return "no answer"
	}
	return verdictText(s.Verdict)
}

// peopleText counts members and missions.
func peopleText(n int) string {
	if n == 1 {
		return "1 member or mission"
	}
	return fmt.Sprintf("%d members and missions", n)
}

// askedText says of how many anything can be asked, if not of all.
func askedText(r *impact.Report) string {
	if r.Asked() == r.Subjects {
		return ""
	}
	return fmt.Sprintf(", of whom %d can be asked about what is different", r.Asked())
}

// lackText writes request facts as they are typed, and others by their names.
func lackText(facts []string) string {
	words := make([]string, len(facts))
	for i, f := range facts {
		words[i] = f
		if strings.HasPrefix(f, "request.") {
			words[i] = needs([]string{f})
		}
	}
	return strings.Join(words, ", ")
}

// impactWhy says why the answer would be what it would be; where no rule says it, what
// the rule says on which it rests now.
func impactWhy(a impact.Affected) string {
	text := ""
	for i, s := range []impact.Said{a.After, a.Before} {
		switch {
		case s.Failure != "":
			return s.Failure
		case s.Because != "" && i == 1:
			return text + "before: " + becauseText(s)
		case s.Because != "":
			return becauseText(s)
		case i == 0 && s.Verdict != nil && s.Verdict.Code != "":
			text = whyText(s.Verdict) + "; "
		}
	}
	return or(strings.TrimSuffix(text, "; "), "-")
}

func becauseText(s impact.Said) string {
	return s.Because + cited(s.Cite) + " (" + s.Verdict.Rule + ")"
}
