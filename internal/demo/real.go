package demo

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

const (
	// archived is when the office of the public record is founded.
	archived = "1996-12-01"
	// afterwards is the day on which its questions are asked.
	afterwards = "2026-01-02"
)

// Real makes an office of the public record, says what it loads while it does,
// and asks about what happened, at the times at which it mattered.
func Real(ctx context.Context, out io.Writer, place Place) error {
	return place.make(ctx, func(log eventlog.Log, bodies eventlog.Bodies) (*engine.Engine, error) {
		return Load(ctx, out, log, bodies)
	}, func(p *printer) error {
		p.heading("QUESTIONS TO HISTORY")
		for i, g := range inquiries {
			if err := p.inquire(ctx, i+1, g); err != nil {
				return err
			}
		}
		p.onwards()
		_, err := io.WriteString(out, p.text.String())
		return err
	})
}

// Load founds an office of the public record in a new log, and records the
// archive, one case after the other. It writes of each how many events it has. The
// editions of the States are published on the days from which they may be known,
// with rules that bear their own dates.
func Load(ctx context.Context, out io.Writer, log eventlog.Log, bodies eventlog.Bodies) (*engine.Engine, error) {
	office, err := empty(ctx, log, bodies, engine.Founding{Office: "public-record", Name: "Office of the public record"}, archived, afterwards)
	if err != nil {
		return nil, err
	}
	commands, err := read("public-record.jsonl", string(rulesets.Archive()), office.Zone())
	if err != nil {
		return nil, err
	}
	editions, err := publications(office)
	if err != nil {
		return nil, err
	}
	line, loaded := "Loading the public record:", 0
	if _, err := io.WriteString(out, line); err != nil {
		return nil, err
	}
	for len(commands) > 0 {
		for len(editions) > 0 && editions[0].Recorded.Before(commands[0].Recorded) {
			if _, err := office.Publish(ctx, editions[0]); err != nil {
				return nil, fmt.Errorf("publish %s: %w", editions[0].Authority, err)
			}
			editions = editions[1:]
		}
		about, n, events := commands[0].Drafts[0].Correlation, 0, 0
		for n < len(commands) && commands[n].Drafts[0].Correlation == about && (len(editions) == 0 || !editions[0].Recorded.Before(commands[n].Recorded)) {
			events += len(commands[n].Drafts)
			n++
		}
		if _, err := office.Submit(ctx, commands[:n]...); err != nil {
			return nil, fmt.Errorf("record %s: %w", about, err)
		}
		commands, loaded = commands[n:], loaded+events
		text := fmt.Sprintf(" %s %d", about, events)
		if len(commands) > 0 {
			text += ","
		}
		if len(line)+len(text) > width {
			line, text = "", "\n"+text[1:]
		}
		line += text
		if _, err := io.WriteString(out, text); err != nil {
			return nil, err
		}
	}
	for _, edition := range editions {
		if _, err := office.Publish(ctx, edition); err != nil {
			return nil, fmt.Errorf("publish %s: %w", edition.Authority, err)
		}
	}
	_, err = fmt.Fprintf(out, ".\n%d events of what became known from 1997 to 2025. People are samples without names.\n"+
		"rulesets/archive/SOURCES.md says what is confirmed, and what the archive assumes.\n", loaded)
	return office, err
}

// publications are the editions of the States of the archive, in the order in
// which they may be known: at the end of their day.
func publications(office *engine.Engine) ([]engine.Publication, error) {
	var list []engine.Publication
	for i, name := range rulesets.States() {
		day, found := rulesets.KnownSince(name)
		if !found {
			continue
		}
		at, err := calendar.ParseInstant(day+"T18:00 "+zone, office.Zone())
		if err != nil {
			return nil, err
		}
		files, err := rulesets.Of(name)
		if err != nil {
			return nil, err
		}
		bundle, err := rules.Bundle(files)
		if err != nil {
			return nil, err
		}
		list = append(list, engine.Publication{
			Bundle: bundle, Authority: "the public sources that the edition of " + name + " names", Actor: "demo", Recorded: at.Add(time.Duration(i) * time.Second),
		})
	}
	slices.SortFunc(list, func(a, b engine.Publication) int { return a.Recorded.Compare(b.Recorded) })
	return list, nil
}

// An inquiry is one question asked at several times.
type inquiry struct {
	title string
	ask   string // subject, privilege and request, as typed
	at    []moment
}

// A moment is when an answer is to hold and what is known; ask, if it is there,
// stands in place of that of the inquiry.
type moment struct{ asOf, asKnown, ask string }

// inquire asks one question at all its times, and says why it comes out so.
func (p *printer) inquire(ctx context.Context, number int, q inquiry) error {
	if number > 1 {
		p.line("")
	}
	p.say(fmt.Sprintf("%2d. ", number), q.title)
	p.line("    $ comity ask %s --as-of ...", q.ask)
	told := map[string]bool{}
	var why []string
	for _, m := range q.at {
		words, when := q.ask, m.asOf
		if m.asKnown != "" {
			when += "  known " + m.asKnown
		}
		if m.ask != "" {
			words = m.ask
			when += "  " + strings.TrimPrefix(m.ask, strings.Fields(q.ask)[0]+" "+strings.Fields(q.ask)[1]+" ")
		}
		d, err := p.asked(ctx, words, m)
		if err != nil {
			return fmt.Errorf("question %d: %w", number, err)
		}
		p.line("    %-50s %-24s %s", when, short(d), rests(d))
		if rule, because := p.gist(d); rule != "" && !told[rule] {
			told[rule] = true
			why = append(why, because)
		}
	}
	for _, because := range why {
		p.say("      ", because)
	}
	return nil
}

func (p *printer) asked(ctx context.Context, words string, m moment) (domain.Decision, error) {
	fields := strings.Fields(words)
	ask := engine.Question{Privilege: domain.Privilege(fields[1])}
	for _, fact := range fields[2:] {
		if ask.Request == nil {
			ask.Request = map[string]string{}
		}
		key, value, _ := strings.Cut(fact, "=")
		ask.Request[key] = value
	}
	var err error
	if ask.Subject, err = p.office.Find(fields[0], domain.KindMember, domain.KindMission); err != nil {
		return domain.Decision{}, err
	}
	if ask.AsOf, err = p.office.ParseAsOf(m.asOf); err != nil {
		return domain.Decision{}, err
	}
	if ask.AsKnown, err = p.office.ParseKnown(m.asKnown); err != nil {
		return domain.Decision{}, err
	}
	return p.office.Ask(ctx, ask)
}

// short is the outcome in a word or two.
func short(d domain.Decision) string {
	switch d.Outcome {
	case "":
		return "no answer"
	case domain.Conditional:
		return "allowed, with conditions"
	default:
		return strings.ReplaceAll(string(d.Outcome), "_", " ")
	}
}

// decisive returns the first reason on which the answer rests.
func decisive(d domain.Decision) domain.Reason {
	for _, r := range d.Reasons {
		if r.Decisive {
			return r
		}
	}
	return domain.Reason{}
}

// rests is the citation and the latest event on which the answer rests.
func rests(d domain.Decision) string {
	var parts []string
	r := decisive(d)
	if len(r.Cite) > 0 {
		parts = append(parts, r.Cite[0])
	}
	if n := len(r.Events); n > 0 {
		parts = append(parts, fmt.Sprintf("@%d", r.Events[n-1]))
	}
	return strings.Join(parts, " ")
}

// gist is why an answer restricts, in the words of the rule, with the latest
// event behind it; there is none of what is simply allowed.
func (p *printer) gist(d domain.Decision) (rule, because string) {
	r := decisive(d)
	if d.Outcome == domain.Allowed {
		return "", ""
	}
	because = r.Rule + ": " + r.Because
	for _, c := range d.Conditions {
		because += " Condition: " + c.Text + "."
	}
	if n := len(r.Events); n > 0 {
		if env, found := p.office.Root().View().Envelope(r.Events[n-1]); found {
			because += fmt.Sprintf(" (@%d, %s)", r.Events[n-1], p.day(env.Recorded))
		}
	}
	return r.Rule, because
}

// onwards says what to type next.
func (p *printer) onwards() {
	p.heading("ASK YOUR OWN")
	p.line("    export COMITY_LOG=%s", p.path)
	for _, c := range []string{
		"comity explain cn-houston prem.inviolability object=cn-houston-1 --as-of 2020-08-01",
		"comity history pk-travel-2018        # announced, postponed, lifted",
		"comity history ru-seattle            # where sources differ",
		"comity standing in-consul-2013 --as-of 2014-01-09",
		"comity log check",
	} {
		p.line("    %s", c)
	}
}

// inquiries are asked in this order.
var inquiries = []inquiry{
	{"Could an officer of China's consulate in Houston rely on the premises? The notice came later.",
		"cn-houston prem.inviolability object=cn-houston-1", []moment{
			{asOf: "2020-07-24T15:59-05:00", asKnown: "2020-07-30"},
			{asOf: "2020-07-24T16:00-05:00", asKnown: "2020-07-30"},
			{asOf: "2020-07-24T15:59-05:00", asKnown: "2020-08-06"},
			{asOf: "2020-07-24T16:00-05:00", asKnown: "2020-08-06"},
			{asOf: "2020-07-24T16:00-05:00", ask: "cn-houston prem.archives"},
			{asOf: "2020-07-24T16:00-05:00", ask: "cn-consul-2020 imm.criminal"},
		}},
	{"What did a Pakistani attaché need to travel 30 miles? Announced for 1 May, it came on 11 May.",
		"pk-attache-2018 travel.move distance=30", []moment{
			{asOf: "2018-05-05", asKnown: "2018-05-05"}, {asOf: "2018-05-05"},
			{asOf: "2018-05-12", asKnown: "2018-05-12"}, {asOf: "2018-05-12"},
		}},
	{"An Indian consular officer is arrested, moved to the United Nations, indicted, and gone.",
		"in-consul-2013 imm.arrest offence=crime.felony warrant=true", []moment{
			{asOf: "2013-12-12"}, {asOf: "2014-01-08"}, {asOf: "2014-01-09"}, {asOf: "2014-03-12"}, {asOf: "2014-03-14"},
		}},
	{"Georgia waived the immunity of its agent, in one matter.",
		"ge-agent-1997 imm.criminal matter=ge-crash-1997", []moment{
			{asOf: "1997-02-14"}, {asOf: "1997-02-15"}, {asOf: "1997-10-08", ask: "ge-agent-1997 imm.criminal matter=ge-other"},
		}},
	{"China's diplomats meet a university: first they tell, then the senior ones ask.",
		"cn-senior-2019 travel.engage counterpart=school", []moment{
			{asOf: "2019-10-15"}, {asOf: "2019-10-16"}, {asOf: "2020-09-01"}, {asOf: "2020-09-02"},
		}},
	{"May Malawi's embassy sponsor a domestic worker? Congress was told the same day.",
		"mw-embassy staff.domestic", []moment{{asOf: "2019-06-18"}, {asOf: "2019-06-19"}}},
	{"Where may an Iranian delegate to the United Nations go?",
		"ir-delegate-2019 travel.move distance=20 place=harlem", []moment{
			{asOf: "2019-07-12"}, {asOf: "2019-07-13"},
			{asOf: "2019-07-13", ask: "ir-delegate-2019 travel.move place=un_district"},
		}},
	{"And buy?",
		"ir-delegate-2019 acquire.goods goods=luxury amount=1000.01", []moment{
			{asOf: "2025-09-22"}, {asOf: "2025-09-23"},
			{asOf: "2025-09-23", ask: "ir-delegate-2019 acquire.goods goods=luxury amount=1000.00"},
		}},
	{"Russia's compounds were closed at noon.",
		"ru-embassy prem.inviolability object=ru-compound-a", []moment{
			{asOf: "2016-12-30T11:59-05:00"}, {asOf: "2016-12-30T12:00-05:00"},
		}},
	{"Syria's staff were to leave by 31 March 2014.",
		"sy-agent-2014 imm.arrest", []moment{{asOf: "2014-03-31T23:59-04:00"}, {asOf: "2014-04-01"}}},
	{"Three parking tickets in New York, unpaid for more than 100 days (of no State's mission).",
		"any-un dmv.registration object=any-un-1", []moment{{asOf: "2003-02-28"}, {asOf: "2003-03-01"}, {asOf: "2003-04-01"}}},
}
