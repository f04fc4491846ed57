package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// asking holds the flags of commands that ask.
type asking struct {
	asOf, asKnown string
	exitCode      bool
	keeping       keeping
}

func (a *asking) times(flags *pflag.FlagSet) {
	flags.StringVar(&a.asOf, "as-of", "", "the moment asked about: see comity help times (default now)")
	flags.StringVar(&a.asKnown, "as-known", "", "what was known: the first so many events, as in 12 or @12, or all by a time (default all)")
}

func (p *program) askCommand() *cobra.Command {
	var a asking
	var shadow string
	cmd := &cobra.Command{
		Use:   "ask MEMBER|MISSION PRIVILEGE [key=value ...]",
		Short: "Ask what a member or a mission may do",
		Long: `Ask answers whether a member or a mission has a privilege or an immunity: allowed,
allowed with conditions, notification required, permission required or denied, with
the reason and what it rests on. Some answers need facts of the request, such as
offence=crime.felony; if one is missing, the answer names it. "comity help facts"
lists them. To ask about a visitor who is not on record, write visitor@MISSION in
place of the member.

--as-of is the moment asked about and --as-known what was known: together they say
what could have been answered then, on what is known now or was known at any time.

The answer is not a failure, whatever it is: the exit code is 0. With --exit-code it
is 5 if the answer permits nothing, or not without conditions that the request does
not show to be met, and 6 if it can't be told.

With --shadow it is decided with a draft in place of the law, too, and a note on standard
error says what that comes to. The answer does not depend on it.`,
		Example: `  comity ask ana imm.criminal
  comity ask ana imm.arrest offence=crime.felony warrant=true
  comity ask ana imm.criminal --as-of 2025-01-10
  comity ask ana imm.criminal --as-of 2025-01-10 --as-known 2025-01-15
  comity ask arandia-embassy prem.inviolability -o json
  comity ask ana imm.criminal --shadow ./my-common`,
		Args: atLeast(true, "MEMBER|MISSION", "PRIVILEGE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.ask(cmd.Context(), args, a, func(o *office, d domain.Decision) error {
				if shadow != "" {
					defer o.noteShadow(cmd.Context(), shadow, d)
				}
				return p.showAnswer(o, d, a)
			})
		},
	}
	a.times(cmd.Flags())
	a.keeping.flags(cmd.Flags())
	cmd.Flags().BoolVar(&a.exitCode, "exit-code", false, "exit with 5 if not permitted, and 6 if it can't be told")
	cmd.Flags().StringVar(&shadow, "shadow", "", "say on standard error what this `DRAFT` would come to")
	return cmd
}

// noteShadow says what an answer would be under a draft. Whatever goes wrong there is a
// note, too.
func (o *office) noteShadow(ctx context.Context, name string, d domain.Decision) {
	draft, err := o.draftOf(ctx, name)
	var is domain.Decision
	if err == nil {
		is, err = o.Beside(ctx, draft, d)
	}
	switch shift := engine.ShiftOf(d, is); {
	case err != nil:
		o.p.note("shadow: %s: no answer: %v", name, err)
	case shift == engine.ShiftNone:
		o.p.note("shadow: %s: the same", name)
	default:
		o.p.note("shadow: %s: %s in place of %s (%s)", name, decisionText(is), decisionText(d), shift)
	}
}

// decisionText writes a decision in short: its outcome and conditions.
func decisionText(d domain.Decision) string {
	return verdictText(&standing.Verdict{Outcome: d.Outcome, Conditions: d.Conditions})
}

// answer opens the office for reading, and gives do the question that was typed:
// about whom, with which facts of the request, at which two times.
func (p *program) answer(ctx context.Context, who string, words []string, a asking, do func(*office, engine.Question) error, kinds ...domain.SubjectKind) (err error) {
	request, err := p.parseRequest(words)
	if err != nil {
		return err
	}
	o, err := p.readOfficeRecording(ctx, a.keeping)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.question(who, a, request, kinds...)
	if err != nil {
		return err
	}
	q.AskedBy = p.actor("")
	return do(o, q)
}

// ask asks one question and shows the answer.
func (p *program) ask(ctx context.Context, args []string, a asking, show func(*office, domain.Decision) error) error {
	return p.answer(ctx, args[0], args[2:], a, func(o *office, q engine.Question) error {
		q.Privilege = domain.Privilege(args[1])
		d, err := o.Ask(ctx, q)
		if err != nil {
			return err
		}
		if a.exitCode {
			switch {
			case d.Outcome == "":
				p.code = exitCannotTell
			case !d.Permits():
				p.code = exitNotPermitted
			}
		}
		return show(o, d)
	}, domain.KindMember, domain.KindMission)
}

// question reads the words that all questions have.
func (o *office) question(who string, a asking, request map[string]string, kinds ...domain.SubjectKind) (q engine.Question, err error) {
	if who != "" {
		if q.Subject, err = o.find(who, kinds...); err != nil {
			return q, badInput(err)
		}
	}
	if q.AsOf, err = o.ParseAsOf(a.asOf); err != nil {
		return q, badInput(fmt.Errorf("--%w", dashed(err)))
	}
	if q.AsKnown, err = o.ParseKnown(a.asKnown); err != nil {
		if likeAPosition.MatchString(a.asKnown) {
			err = fmt.Errorf("as known: %q is no position: positions are whole numbers from 1; or write a time (comity help times)", a.asKnown)
		}
		return q, badInput(fmt.Errorf("--%w", dashed(err)))
	}
	q.Request = request
	return q, nil
}

// likeAPosition matches what was meant as a position of the log, and is none.
var likeAPosition = regexp.MustCompile(`^(@.*|[-+]?[0-9]+(\.[0-9]*)?)$`)

// find finds a subject of one of some kinds. If there is none, it says what was
// looked for, and whether something else has that name.
func (o *office) find(who string, kinds ...domain.SubjectKind) (domain.Subject, error) {
	s, err := o.Find(who, kinds...)
	unknown, ok := errors.AsType[*engine.UnknownError](err)
	switch {
	case !ok:
		return s, err
	case len(kinds) > 2:
		unknown.What = "subject"
	case len(kinds) == 1 && kinds[0] == domain.KindMember:
		if mission, missionErr := o.Find(who, domain.KindMission); missionErr == nil {
			return s, fmt.Errorf("%s is a mission, and a card is of a person: name a member, or see comity standing %s", mission.ID, mission.ID)
		}
	}
	return s, err
}

// dashed writes "as of: ..." as the name of the flag.
func dashed(err error) error {
	return errors.New(strings.NewReplacer("as of:", "as-of:", "as known:", "as-known:").Replace(err.Error()))
}

// outcomes says how an outcome is shown to people.
var outcomes = map[domain.Outcome]struct{ text, colour string }{
	domain.Allowed:      {api.OutcomeText(domain.Allowed), good},
	domain.Conditional:  {api.OutcomeText(domain.Conditional), good},
	domain.Notification: {api.OutcomeText(domain.Notification), mixed},
	domain.Permission:   {api.OutcomeText(domain.Permission), mixed},
	domain.Denied:       {api.OutcomeText(domain.Denied), bad},
	"":                  {api.OutcomeText(""), mixed},
}

// showAnswer shows an answer with its decisive reason.
func (p *program) showAnswer(o *office, d domain.Decision, a asking) error {
	if p.json() {
		return p.printDecision(d)
	}
	g := p.page()
	o.showHead(g, d)
	o.showTerms(g, d)
	showReasons(g, d)
	g.line("")
	g.line("%s", g.paint(faint, fmt.Sprintf("Every step: comity explain %s %s%s%s%s", d.Subject.ID, d.Privilege, again(d), a.again(), p.again())))
	return nil
}

// again writes the times of a question as they were typed.
func (a *asking) again() string {
	var b strings.Builder
	for _, flag := range []struct{ name, value string }{{"as-of", a.asOf}, {"as-known", a.asKnown}} {
		if flag.value != "" {
			fmt.Fprintf(&b, " --%s %s", flag.name, quoted(flag.value))
		}
	}
	return b.String()
}

// again names the log as it was named, unless it goes without saying.
func (p *program) again() string {
	if p.log == nameOf(or(p.getenv("COMITY_LOG"), defaultLog)) {
		return ""
	}
	return " --log " + quoted(p.log)
}

// quoted writes a word so that a shell takes it as one.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return strings.ContainsRune(" \t\n\"'`$&|;<>()*?[]#!~\\", r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// again writes the facts of a request as they were typed.
func again(d domain.Decision) string {
	var b strings.Builder
	for _, key := range sortedKeys(d.Request) {
		fmt.Fprintf(&b, " %s=%s", key, quoted(d.Request[key]))
	}
	return b.String()
}

func (p *program) printDecision(d domain.Decision) error {
	line, err := codec.EncodeDecision(d)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s\n", line)
	return err
}

// showHead shows what was asked and the outcome.
func (o *office) showHead(g *page, d domain.Decision) {
	g.line("%s  %s", g.paint(bold, d.Subject.String()), g.paint(bold, string(d.Privilege)))
	o.showTimes(g, d)
	if len(d.Request) > 0 {
		g.say("request   ", strings.TrimSpace(again(d)))
	}
	g.line("")
	out := outcomes[d.Outcome]
	g.line("  %s", g.paint(bold+";"+out.colour, strings.ToUpper(out.text)))
}

// showTimes shows the two times of an answer, and what kind of office gave it.
func (o *office) showTimes(g *page, d domain.Decision) {
	g.line("as of     %s", o.local(d.AsOf))
	g.say("as known  ", o.knownAt(d.AsKnown))
	if d.Mode == domain.History {
		g.say("office    ", fmt.Sprintf("%s, a history office: when its events were recorded is stated, not stamped", d.Office))
	}
}

// knownAt writes a position with the time at which the last event before it was
// recorded.
func (o *office) knownAt(k domain.Position) string {
	text := fmt.Sprintf("position %d", k)
	if last, found := o.Root().View().Envelope(k - 1); k > 0 && found {
		text += ", recorded by " + o.local(last.Recorded)
	}
	if k == o.Position() {
		text += " (all there is)"
	}
	return text
}

// showTerms shows what goes with an outcome.
func (o *office) showTerms(g *page, d domain.Decision) {
	if len(d.Conditions) > 0 {
		g.title("Conditions")
		for _, c := range d.Conditions {
			g.say("  - ", conditionText(c))
		}
	}
	if len(d.Needs) > 0 {
		g.title("May depend on")
		g.say("  ", needs(d.Needs))
	}
	for _, list := range []struct {
		title string
		what  []domain.Remark
	}{
		{"Obligations", d.Obligations}, {"Limits", d.Limits}, {"Routes", d.Routes}, {"Proposed", d.Proposals}, {"Notes", d.Notes},
	} {
		showRemarks(g, list.title, list.what)
	}
	if len(d.Errors) > 0 {
		g.title("Not known")
		for _, e := range d.Errors {
			g.say("  - ", problemText(e))
		}
	}
	g.title("Holds")
	g.say("  from   ", bound(d.Holds.From.IsZero(), o.local(d.Holds.From), d.Holds.Begins, "the beginning"))
	g.say("  until  ", bound(d.Holds.Until.IsZero(), o.local(d.Holds.Until), d.Holds.Ends, "nothing on record ends it"))
}

// bound writes one end of the time in which an answer holds.
func bound(open bool, at, what, otherwise string) string {
	switch {
	case open:
		return otherwise
	case what == "":
		return at
	}
	return at + "; " + what
}

// conditionText writes a condition with what is known of it.
func conditionText(c domain.Condition) string {
	text := c.Code
	if len(c.Params) > 0 {
		params := make([]string, len(c.Params))
		for i, p := range c.Params {
			params[i] = p.Name + " " + p.Value
		}
		text += " (" + strings.Join(params, ", ") + ")"
	}
	if c.Text != "" {
		text += ": " + c.Text
	}
	switch {
	case c.State == domain.ConditionMet:
		text += " [met]"
	case len(c.Needs) > 0:
		text += " [open: say " + needs(c.Needs) + "]"
	case c.State == domain.ConditionOpen:
		text += " [open]"
	default:
		text += " [not for this program to check]"
	}
	return text
}

// needs writes request facts as they are typed.
func needs(facts []string) string {
	words := make([]string, len(facts))
	for i, f := range facts {
		words[i] = strings.TrimPrefix(f, "request.") + "=..."
	}
	return strings.Join(words, " ")
}

func problemText(e domain.Problem) string {
	text := e.Text
	switch fact, ofRequest := strings.CutPrefix(e.Fact, "request."); {
	case ofRequest:
		text += "; say it with " + fact + "=..."
	case e.Fact != "":
		text += "; record it, and ask again"
	}
	if e.Rule != "" {
		text += " (rule " + e.Rule + ")"
	}
	if !e.Mattered {
		text += "; the answer does not depend on it"
	}
	return text
}

func showRemarks(g *page, title string, remarks []domain.Remark) {
	if len(remarks) == 0 {
		return
	}
	g.title(title)
	for _, r := range remarks {
		g.say("  - ", r.Text+cited(r.Cite))
	}
}

// cited writes citations after a text.
func cited(cite []string) string {
	if len(cite) == 0 {
		return ""
	}
	return " [" + strings.Join(cite, ", ") + "]"
}

// showReasons shows the reasons on which the outcome rests.
func showReasons(g *page, d domain.Decision) {
	var decisive []domain.Reason
	for _, r := range d.Reasons {
		if r.Decisive || r.Code == domain.ReasonNobody {
			decisive = append(decisive, r)
		}
	}
	if len(decisive) == 0 {
		for _, r := range d.Reasons {
			if r.Rule == "" {
				decisive = append(decisive, r)
			}
		}
	}
	if len(decisive) == 0 {
		return
	}
	g.title("Because")
	for _, r := range decisive {
		g.say("  - ", r.Because+cited(r.Cite))
		var from []string
		if r.Rule != "" {
			from = append(from, fmt.Sprintf("rule %s of %s", r.Rule, r.Ruleset))
		}
		from = append(from, strings.ReplaceAll(string(r.Code), "_", " "))
		if r.Detail != "" {
			from = append(from, r.Detail)
		}
		if r.By != "" {
			from = append(from, "by "+r.By)
		}
		g.sayIn(faint, "    ", strings.Join(from, "; "))
	}
}
