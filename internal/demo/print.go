package demo

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

// width is how many columns the text has at most.
const width = 100

// A printer writes what there is to see.
type printer struct {
	office *engine.Engine
	path   string
	text   strings.Builder
}

func (p *printer) line(format string, args ...any) {
	p.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// say writes a wrapped text; its first line begins with lead, and the others
// stand under the text.
func (p *printer) say(lead, text string) {
	for _, line := range wrap(text, width-utf8.RuneCountInString(lead)) {
		p.line("%s%s", lead, line)
		lead = strings.Repeat(" ", utf8.RuneCountInString(lead))
	}
}

func (p *printer) show(ctx context.Context) error {
	p.say("", fmt.Sprintf("An invented office, founded on %s, with %d events in its log: eight sending States, two entities and an organization, %d missions, posts and offices, and %d people. All answers below come from that log and from the rules that were published in it.",
		founded, p.office.Position(), p.count(domain.KindMission), p.count(domain.KindMember)))
	if err := p.table(ctx); err != nil {
		return err
	}
	p.heading("TEN QUESTIONS")
	for i, q := range questions {
		if err := p.answer(ctx, i+1, q); err != nil {
			return err
		}
	}
	p.next()
	return nil
}

func (p *printer) count(kind domain.SubjectKind) int {
	return len(p.office.Root().View().Subjects(kind))
}

func (p *printer) heading(text string) {
	p.line("")
	p.line("%s", text)
	p.line("%s", strings.Repeat("=", utf8.RuneCountInString(text)))
	p.line("")
}

// table prints the view for law enforcement, one row for every kind of person.
func (p *printer) table(ctx context.Context) error {
	at, err := p.office.ParseAsOf(today)
	if err != nil {
		return err
	}
	table, err := p.office.Table(ctx, "law_enforcement", engine.Question{AsOf: at})
	if err != nil {
		return err
	}
	p.heading("THE IMMUNITY TABLE, computed from the rules in force on " + today)
	widths := []int{20, 13, 10, 8, 16, 13, 14} // which with the gaps make the width
	header := []string{"Category"}
	for _, said := range table.Rows[0].Said {
		header = append(header, said.Ask)
	}
	p.row(widths, header)
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w)
	}
	p.row(widths, rule)
	group := ""
	for _, r := range table.Rows {
		if r.Group != group {
			group = r.Group
			p.line("")
			p.line("%s", strings.ToUpper(group))
		}
		cells := []string{r.ID + "  " + r.Term + marks(r.Notes)}
		for _, said := range r.Said {
			cells = append(cells, said.Text+marks(said.Notes))
		}
		p.row(widths, cells)
	}
	p.line("")
	for _, n := range table.Footnotes {
		p.say("("+n.Mark+") ", n.Text)
	}
	p.say("", "Source: "+strings.Join(table.Cite, "; ")+". It is illustrative, and no legal advice.")
	return nil
}

func marks(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, ", ") + ")"
}

// row writes cells side by side, each wrapped in its column.
func (p *printer) row(widths []int, cells []string) {
	var columns [][]string
	height := 0
	for i, cell := range cells {
		columns = append(columns, wrap(cell, widths[i]))
		height = max(height, len(columns[i]))
	}
	for n := range height {
		var line strings.Builder
		for i, column := range columns {
			text := ""
			if n < len(column) {
				text = column[n]
			}
			line.WriteString(text + strings.Repeat(" ", widths[i]+1-utf8.RuneCountInString(text)))
		}
		p.line("%s", line.String())
	}
}

// wrap breaks a text at spaces, into at least one line. A word that is too long
// is broken where it must be.
func wrap(text string, at int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > at {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:at])), string(r[at:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= at:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// answer asks one question and explains what came of it.
func (p *printer) answer(ctx context.Context, number int, q question) error {
	ask := engine.Question{Subject: domain.Member(q.member), Privilege: q.privilege}
	command := fmt.Sprintf("comity ask %s %s", q.member, q.privilege)
	for _, fact := range q.request {
		if ask.Request == nil {
			ask.Request = map[string]string{}
		}
		ask.Request[fact[0]] = fact[1]
		command += " " + fact[0] + "=" + fact[1]
	}
	command += " --as-of " + q.asOf
	if q.asKnown != "" {
		command += " --as-known " + q.asKnown
	}
	var err error
	if ask.AsOf, err = p.office.ParseAsOf(q.asOf); err != nil {
		return err
	}
	if ask.AsKnown, err = p.office.ParseKnown(q.asKnown); err != nil {
		return err
	}
	d, err := p.office.Ask(ctx, ask)
	if err != nil {
		return fmt.Errorf("question %d: %w", number, err)
	}
	if number > 1 {
		p.line("")
	}
	p.say(fmt.Sprintf("%2d. ", number), q.title)
	p.line("    $ %s", command)
	p.line("")
	p.line("    %s", strings.ToUpper(p.outcome(d)))
	for _, c := range d.Conditions {
		p.say("    condition  ", c.Text)
	}
	p.why(d)
	p.holds(d)
	for _, list := range []struct {
		lead    string
		remarks []domain.Remark
	}{{"    to do      ", d.Obligations}, {"    limit      ", d.Limits}, {"    route      ", d.Routes}} {
		for _, r := range list.remarks {
			p.say(list.lead, r.Text)
		}
	}
	return nil
}

func (p *printer) outcome(d domain.Decision) string {
	if d.Outcome == "" {
		return "no answer"
	}
	return strings.ReplaceAll(string(d.Outcome), "_", " ")
}

// why prints the reasons on which the answer rests, their sources, and the events
// behind them.
func (p *printer) why(d domain.Decision) {
	for _, e := range d.Errors {
		text := e.Text
		if e.Rule != "" {
			text += " (rule " + e.Rule + ")"
		}
		p.say("    missing    ", text+".")
	}
	for _, r := range d.Reasons {
		if r.Code == domain.ReasonNobody && d.Outcome == domain.Denied {
			p.say("    because    ", r.Because)
		}
		if !r.Decisive {
			continue
		}
		p.say("    because    ", r.Because)
		if r.Rule != "" {
			p.say("    rule       ", r.Rule+" ("+strings.Join(r.Cite, "; ")+")")
		}
		for _, at := range r.Events {
			env, found := p.office.Root().View().Envelope(at)
			if !found {
				continue // unreachable: an answer rests on what is in the log
			}
			p.say("    event      ", fmt.Sprintf("@%d %s, recorded %s", at, codec.Describe(env), p.day(env.Recorded)))
		}
	}
}

// holds prints since when and until when the answer stays the same.
func (p *printer) holds(d domain.Decision) {
	var parts []string
	if !d.Holds.From.IsZero() {
		parts = append(parts, "since "+p.moment(d.Holds.From))
	}
	if !d.Holds.Until.IsZero() {
		parts = append(parts, "until "+p.moment(d.Holds.Until)+", then "+strings.ReplaceAll(d.Holds.Ends, "_", " "))
	}
	if len(parts) > 0 && d.Outcome != "" {
		p.say("    holds      ", strings.Join(parts, ", "))
	}
}

func (p *printer) day(t time.Time) string {
	return t.In(p.office.Zone().Location()).Format("2006-01-02")
}

func (p *printer) moment(t time.Time) string {
	return t.In(p.office.Zone().Location()).Format("2006-01-02 15:04")
}

// next says what to type.
func (p *printer) next() {
	p.heading("WHAT TO TYPE NEXT")
	p.line("The office is kept in %s", p.path)
	p.line("")
	p.line("    export COMITY_LOG=%s", p.path)
	p.line("")
	for _, c := range [][2]string{
		{"another case: the waiver is for one", "comity ask una imm.criminal matter=25-200 --as-of 2025-04-01"},
		{"a tenth of a mile too far", "comity ask tia travel.move distance=25.1 --as-of 2025-04-01"},
		{"a family that is still packing, step by step", "comity explain nils imm.arrest --as-of 2025-06-20"},
		{"every privilege at a glance", "comity standing pam --as-of 2025-07-01"},
		{"what an officer at the scene reads", "comity immunity eli offence=crime.felony warrant=true --as-of 2025-07-01"},
		{"a correction, and what it corrected", "comity history kit"},
		{"whether every byte is as it was recorded", "comity log check"},
		{"the text of a rule", "comity rules show S-AGENT"},
	} {
		p.line("    # %s", c[0])
		p.line("    %s", c[1])
		p.line("")
	}
}
