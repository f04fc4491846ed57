package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/svg"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A sight is one answer over time in every form in which it can be seen.
type sight struct {
	json   any
	header []string
	rows   [][]string // of the CSV
	svg    svg.Drawing
	page   func(*page)
}

// see shows an answer over time, and draws it if a file was named.
func (p *program) see(s sight, draw string) error {
	switch draw {
	case "":
	case "-":
		_, err := s.svg.WriteTo(p.out)
		return err
	default:
		if err := drawingIn(draw).write(p.keptFiles(), func(w io.Writer) error { _, err := s.svg.WriteTo(w); return err }); err != nil {
			return err
		}
		p.note("drawn in %s", draw)
	}
	switch {
	case p.json():
		return p.print(s.json)
	case p.wantsCSV():
		return p.csv(s.header, s.rows)
	}
	s.page(p.page())
	return nil
}

// showTimeline shows one privilege over effective time, and where the moment asked
// about lies in it.
func (o *office) showTimeline(tl standing.Timeline, asOf time.Time, f overTime) error {
	return o.p.see(sight{tl, timelineHeader, timelineRows(tl), o.drawTimelines([]standing.Timeline{tl}, f.stated(asOf)), func(g *page) {
		g.line("%s  %s", g.paint(bold, tl.Subject.String()), g.paint(bold, string(tl.Privilege)))
		o.overTimeHead(g, tl.About)
		g.say("as known  ", o.knownAt(tl.AsKnown))
		g.line("")
		var rows [][]string
		for _, s := range tl.Stretches {
			rows = append(rows, []string{whole(o.end(s.From)), whole(o.end(s.To)), inWords(s.Said), or(s.Begins, "-"), or(ats(s.Events), "-")})
		}
		g.list([]string{"from", "until", "answer", "because", "rests on"}, rows)
		if at := timeline.Of(asOf); tl.From <= at && at < tl.To {
			now := tl.At(at)
			g.line("")
			text := fmt.Sprintf("As of %s: %s; ", o.day(asOf), inWords(now.Said))
			if now.To == tl.To {
				g.say("", text+"nothing on record changes it"+within(tl.To)+".")
			} else {
				g.say("", text+"changes on "+o.day(now.To.Time())+".")
			}
		}
	}}, f.svg)
}

// within says that the time looked at has an end.
func within(end timeline.Instant) string {
	if end == timeline.Never {
		return ""
	}
	return " until the end of the range"
}

// showTimelines shows every privilege that changes.
func (o *office) showTimelines(all []standing.Timeline, asOf time.Time, f overTime) error {
	change := []standing.Timeline{}
	var stay []string
	var csv [][]string
	for _, tl := range all {
		if !tl.Changes() {
			stay = append(stay, string(tl.Privilege))
			continue
		}
		change = append(change, tl)
		csv = append(csv, timelineRows(tl)...)
	}
	return o.p.see(sight{change, timelineHeader, csv, o.drawTimelines(change, f.stated(asOf)), func(g *page) {
		g.line("%s", g.paint(bold, all[0].Subject.String()))
		o.overTimeHead(g, all[0].About)
		g.say("as known  ", o.knownAt(all[0].AsKnown))
		g.line("")
		var rows [][]string
		for _, tl := range change {
			list := slices.Clone(tl.Stretches)
			if list[0].NoLaw { // not worth a word on every line
				list = list[1:]
				list[0].From = timeline.Always
			}
			rows = append(rows, []string{string(tl.Privilege), o.sequence(len(list), func(i int) (time.Time, standing.Said) {
				return list[i].From.Time(), list[i].Said
			})})
		}
		if len(rows) > 0 {
			g.list([]string{"privilege", "answers"}, rows)
			g.line("")
		}
		if len(stay) > 0 {
			g.say("", "Always the same: "+strings.Join(stay, ", ")+".")
		}
	}}, f.svg)
}

// showKnownTimeline shows one question over what was known.
func (o *office) showKnownTimeline(tl standing.KnownTimeline, f overTime) error {
	var csv, rows [][]string
	for _, s := range tl.Stretches {
		csv = append(csv, append(append([]string{tl.Subject.String(), string(tl.Privilege), timeCell(tl.AsOf)}, learnedCells(s.Learned)...), saidCells(s.Said)...))
		rows = append(rows, []string{position(s.From), whole(o.local(s.Recorded)), inWords(s.Said), o.turned(s.Turned)})
	}
	header := append(append([]string{"subject", "privilege", "as_of"}, learnedHeader...), saidHeader...)
	return o.p.see(sight{tl, header, csv, o.drawKnownTimeline(tl, f.stated(tl.AsOf.Time())), func(g *page) {
		g.line("%s  %s", g.paint(bold, tl.Subject.String()), g.paint(bold, string(tl.Privilege)))
		g.line("as of     %s", o.local(tl.AsOf.Time()))
		o.overTimeHead(g, tl.About)
		g.say("as known  ", "from position "+strconv.FormatUint(uint64(tl.From), 10)+" to "+o.knownAt(tl.To))
		g.line("")
		g.list([]string{"from", "recorded by", "answer", "what was learned"}, rows)
	}}, f.svg)
}

// showTimeMap shows one question over both times.
func (o *office) showTimeMap(m standing.Map, draw string) error {
	var csv, rows [][]string
	for _, r := range m.Rows {
		for _, c := range r.Cells {
			row := append([]string{m.Subject.String(), string(m.Privilege)}, learnedCells(r.Learned)...)
			csv = append(csv, append(append(row, timeCell(c.From), timeCell(c.To)), saidCells(m.Answers[c.Answer])...))
		}
		rows = append(rows, []string{position(r.From), whole(o.local(r.Recorded)), o.sequence(len(r.Cells), func(i int) (time.Time, standing.Said) {
			return r.Cells[i].From.Time(), m.Answers[r.Cells[i].Answer]
		}), o.turned(r.Turned)})
	}
	header := append(append(append([]string{"subject", "privilege"}, learnedHeader...), "from", "until"), saidHeader...)
	return o.p.see(sight{m, header, csv, o.drawTimeMap(m), func(g *page) {
		g.line("%s  %s", g.paint(bold, m.Subject.String()), g.paint(bold, string(m.Privilege)))
		o.overTimeHead(g, m.About)
		g.say("as known  ", "from position "+strconv.FormatUint(uint64(m.FirstKnown), 10)+" to "+o.knownAt(m.LastKnown))
		g.line("")
		g.list([]string{"from", "recorded by", "answers", "what was learned"}, rows)
	}}, draw)
}

// overTimeHead says what else was asked, and what kind of office answers.
func (o *office) overTimeHead(g *page, a standing.About) {
	if len(a.Request) > 0 {
		g.say("request   ", strings.TrimSpace(again(domain.Decision{Request: a.Request})))
	}
	if a.Mode == domain.History {
		g.say("office    ", fmt.Sprintf("%s, a history office: when its events were recorded is stated, not stamped", a.Office))
	}
}

// end writes a bound of a stretch, which may be open.
func (o *office) end(t timeline.Instant) string {
	if t == timeline.Always || t == timeline.Never {
		return "-"
	}
	return o.day(t.Time())
}

// mostTurned is how many events a row of what was learned describes.
const mostTurned = 3

// turned says which events turned an answer.
func (o *office) turned(at []domain.Position) string {
	if len(at) == 0 {
		return "-"
	}
	view := o.Root().View()
	var parts []string
	for i, pos := range at {
		if i == mostTurned {
			parts = append(parts, fmt.Sprintf("and %d more", len(at)-i))
			break
		}
		e, _ := view.Envelope(pos)
		parts = append(parts, position(pos)+" "+e.Subject.String()+" "+o.p.happened(e))
	}
	return strings.Join(parts, ";\n")
}

func position(k domain.Position) string { return fmt.Sprintf("@%d", k) }

// ats writes positions as people type them.
func ats(list []domain.Position) string {
	words := make([]string, len(list))
	for i, k := range list {
		words[i] = position(k)
	}
	return strings.Join(words, " ")
}

var (
	saidHeader     = []string{"answer", "terms", "reason", "rule", "by"}
	learnedHeader  = []string{"known_from", "known_until", "recorded", "turned"}
	timelineHeader = append(append([]string{"subject", "privilege", "as_known", "from", "until"}, saidHeader...), "begins", "events")
)

func timelineRows(tl standing.Timeline) (rows [][]string) {
	for _, s := range tl.Stretches {
		row := []string{tl.Subject.String(), string(tl.Privilege), bare(tl.AsKnown), timeCell(s.From), timeCell(s.To)}
		rows = append(rows, append(append(row, saidCells(s.Said)...), s.Begins, bares(s.Events)))
	}
	return rows
}

func saidCells(s standing.Said) []string {
	terms := timeTerms(s)
	if s.Refused != "" {
		terms = s.Refused
	}
	return []string{answerCode(s), terms, string(s.Code), s.Rule, s.By}
}

func learnedCells(l standing.Learned) []string {
	until := ""
	if l.To != 0 {
		until = bare(l.To)
	}
	return []string{bare(l.From), until, l.Recorded.Format(time.RFC3339Nano), bares(l.Turned)}
}

// timeCell writes a bound for programs; an open one is empty.
func timeCell(t timeline.Instant) string {
	if t == timeline.Always || t == timeline.Never {
		return ""
	}
	return t.Time().Format(time.RFC3339Nano)
}

func bare(k domain.Position) string { return strconv.FormatUint(uint64(k), 10) }

func bares(list []domain.Position) string {
	words := make([]string, len(list))
	for i, k := range list {
		words[i] = bare(k)
	}
	return strings.Join(words, "; ")
}
