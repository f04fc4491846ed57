package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/svg"
	"github.com/comity-project/comity/projections/standing"
)

// A key gives each different answer of a drawing its letter.
type key struct {
	answers []svg.Answer
	said    []standing.Said
}

// looks says how an answer is drawn.
func looksOf(s standing.Said) (svg.Tone, string) {
	switch {
	case s.Refused != "":
		return svg.Void, "x"
	case s.NoLaw:
		return svg.Void, "-"
	}
	switch s.Outcome {
	case domain.Allowed:
		return svg.Allowed, "A"
	case domain.Conditional:
		return svg.Conditional, "C"
	case domain.Notification:
		return svg.Notify, "N"
	case domain.Permission:
		return svg.Permission, "P"
	case domain.Denied:
		return svg.Denied, "D"
	default:
		return svg.Unclear, "?"
	}
}

// of returns the number of an answer. The second of a letter is C2, and so on.
func (k *key) of(s standing.Said) int {
	tone, letter := looksOf(s)
	same := 0
	for i, one := range k.said {
		if one.Same(s) {
			return i
		}
		if _, other := looksOf(one); other == letter {
			same++
		}
	}
	if same > 0 {
		letter = fmt.Sprintf("%s%d", letter, same+1)
	}
	k.said = append(k.said, s)
	k.answers = append(k.answers, svg.Answer{Tone: tone, Letter: letter, Label: inWords(s)})
	return len(k.said) - 1
}

// bar draws one answer between two moments, and says so to those who point at it.
func (o *office) bar(k *key, from, to time.Time, s standing.Said, more string) svg.Bar {
	title := inWords(s)
	if !from.IsZero() {
		title += ", from " + o.local(from)
	}
	if !to.IsZero() {
		title += ", until " + o.local(to)
	}
	if more != "" {
		title += "; " + more
	}
	return svg.Bar{From: from, To: to, Answer: k.of(s), Title: title}
}

// drawing begins a drawing with what all have.
func (o *office) drawing(what string, axis string) svg.Drawing {
	return svg.Drawing{
		Title: what, Zone: o.Zone().Location(),
		Axis: fmt.Sprintf("%s; dates in %s; widths are not to scale where answers change quickly", axis, o.Zone()),
	}
}

// finish leaves out the time before there was any law, where that is the same on
// every row, and reads out the rest.
func (o *office) finish(d *svg.Drawing, k key) {
	d.Answers = k.answers
	var law time.Time
	for i, r := range d.Rows {
		first := r.Bars[0]
		if !k.said[first.Answer].NoLaw || !first.From.IsZero() || len(r.Bars) == 1 || i > 0 && !first.To.Equal(law) {
			d.Desc = describe(*d)
			return
		}
		law = first.To
	}
	for i := range d.Rows {
		d.Rows[i].Bars = d.Rows[i].Bars[1:]
		d.Rows[i].Bars[0].From = time.Time{}
	}
	d.Subtitle += "; no law in force before " + o.day(law)
	d.Desc = describe(*d)
}

// describe reads a drawing out: every row with its bars.
func describe(d svg.Drawing) string {
	var rows []string
	for _, r := range d.Rows {
		var bars []string
		for _, b := range r.Bars {
			bars = append(bars, b.Title)
		}
		text := strings.Join(bars, ". ")
		if r.Label != "" {
			text = r.Label + ": " + text
		}
		rows = append(rows, text+".")
	}
	return strings.Join(rows, " ")
}

func request(a standing.About) string {
	return again(domain.Decision{Request: a.Request})
}

// stated is the moment asked about if the question states it. A drawing does not
// have the moment at which it was asked for, so that the same answers are drawn the
// same.
func (f overTime) stated(asOf time.Time) time.Time {
	if f.asOf == "" {
		return time.Time{}
	}
	return asOf
}

// drawTimelines draws answers over time, and marks a moment unless it is zero.
func (o *office) drawTimelines(all []standing.Timeline, asOf time.Time) svg.Drawing {
	if len(all) == 0 {
		d := o.drawing("Nothing on record changes any answer", "as of")
		d.Desc = d.Title
		return d
	}
	first := all[0]
	what := first.Subject.String()
	if len(all) == 1 {
		what += " " + string(first.Privilege)
	}
	d := o.drawing(what+request(first.About), "as of")
	d.Subtitle = "as known at " + o.knownAt(first.AsKnown)
	if !asOf.IsZero() {
		d.Mark, d.MarkLabel = asOf, "as of "+o.day(asOf)
	}
	var k key
	for _, tl := range all {
		row := svg.Row{}
		if len(all) > 1 {
			row.Label = string(tl.Privilege)
		}
		for _, s := range tl.Stretches {
			row.Bars = append(row.Bars, o.bar(&k, s.From.Time(), s.To.Time(), s.Said, s.Begins))
		}
		d.Rows = append(d.Rows, row)
	}
	o.finish(&d, k)
	return d
}

// drawKnownTimeline draws what was answered about one moment, which is zero if it
// was not stated, as more became known.
func (o *office) drawKnownTimeline(tl standing.KnownTimeline, asOf time.Time) svg.Drawing {
	d := o.drawing(tl.Subject.String()+" "+string(tl.Privilege)+request(tl.About), "as known, by when it was recorded")
	d.Subtitle = fmt.Sprintf("as known from position %d to position %d", tl.From, tl.To)
	if !asOf.IsZero() {
		d.Subtitle = "as of " + o.local(asOf) + "; " + d.Subtitle
	}
	var k key
	row := svg.Row{}
	for i, s := range tl.Stretches {
		to := time.Time{}
		if i+1 < len(tl.Stretches) {
			to = tl.Stretches[i+1].Recorded
		}
		row.Bars = append(row.Bars, o.bar(&k, s.Recorded, to, s.Said, "from position "+bare(s.From)))
	}
	d.Rows = []svg.Row{row}
	o.finish(&d, k)
	return d
}

func (o *office) drawTimeMap(m standing.Map) svg.Drawing {
	d := o.drawing(m.Subject.String()+" "+string(m.Privilege)+request(m.About), "as of")
	d.Subtitle = fmt.Sprintf("each row as known from a position on, first to last: from position %d to position %d", m.FirstKnown, m.LastKnown)
	var k key
	for _, r := range m.Rows {
		row := svg.Row{
			Label: position(r.From) + " " + r.Recorded.In(o.Zone().Location()).Format(time.DateOnly),
			Title: "as known from " + o.knownAt(r.From),
		}
		for _, c := range r.Cells {
			row.Bars = append(row.Bars, o.bar(&k, c.From.Time(), c.To.Time(), m.Answers[c.Answer], ""))
		}
		d.Rows = append(d.Rows, row)
	}
	o.finish(&d, k)
	return d
}
