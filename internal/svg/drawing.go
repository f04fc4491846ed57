package svg

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Drawing is rows of bars along one axis of time.
type Drawing struct {
	// Title and Desc are read to those who can't see it.
	Title, Desc string
	// Subtitle stands under the title.
	Subtitle string
	// Axis says what time the axis counts: "as of".
	Axis string
	// Zone is where dates are counted; nil is UTC.
	Zone *time.Location
	// Answers are what bars refer to; each that is used gets a place in the
	// legend.
	Answers []Answer
	Rows    []Row
	// Mark is a moment to be shown by an upright line, named by MarkLabel; zero
	// is none, and one beyond the ends of the axis is not shown.
	Mark      time.Time
	MarkLabel string
}

// An Answer is what a bar stands for.
type Answer struct {
	Tone Tone
	// Letter stands in the bar; one or two are best.
	Letter string
	// Label explains it in the legend.
	Label string
}

// A Row is one bar after another. Label is cut off where it is too long, and
// then Title says all, or Label itself if there is none.
type Row struct {
	Label, Title string
	Bars         []Bar
}

// A Bar goes from one moment to another, half-open; zero is an open end. Title
// is shown to those who point at it.
type Bar struct {
	From, To time.Time
	Answer   int
	Title    string
}

// Measures of a drawing, in pixels.
const (
	width      = 960.0
	margin     = 16.0
	rowHeight  = 30.0
	barHeight  = 22.0
	leastBar   = 16.0
	openEnd    = 44.0 // of an axis that goes on
	mostLabel  = 230.0
	fontSize   = 13.0
	smallSize  = 11.0
	tickLines  = 3
	lineHeight = 16.0
	boldWider  = 1.2 // at most, than plain letters
)

// WriteTo writes the drawing as a file of its own.
func (d Drawing) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, d.String())
	return int64(n), err
}

// String returns the drawing as a file of its own.
func (d Drawing) String() string {
	p := &painter{d: d, left: margin, y: margin}
	for _, r := range d.Rows {
		p.left = max(p.left, min(mostLabel, textWidth(r.Label, fontSize)+1)+2*margin)
	}
	p.axis = newScale(d, p.left, width-margin)
	p.heading()
	p.rows()
	p.ticks()
	p.legend()
	return p.file()
}

type painter struct {
	d    Drawing
	body strings.Builder
	left float64 // where bars begin
	axis scale
	y    float64 // where the next thing goes
	top  float64 // of the rows
}

func (p *painter) add(format string, args ...any) { fmt.Fprintf(&p.body, format+"\n", args...) }

// text writes one line of text that has some room.
func (p *painter) text(x, y, room, size float64, class, text, title string) {
	short := fit(text, room, size)
	if short != text && title == "" {
		title = text
	}
	if title != "" {
		p.add(`<text x="%s" y="%s" class="%s" font-size="%s">%s<title>%s</title></text>`, num(x), num(y), class, num(size), escape(short), escape(title))
		return
	}
	p.add(`<text x="%s" y="%s" class="%s" font-size="%s">%s</text>`, num(x), num(y), class, num(size), escape(short))
}

func (p *painter) heading() {
	p.y += 18
	p.text(margin, p.y, (width-2*margin)/boldWider, 17, "ink strong", p.d.Title, "")
	if p.d.Subtitle != "" {
		for _, line := range wrap(p.d.Subtitle, width-2*margin, fontSize, 2) {
			p.y += 20
			p.text(margin, p.y, width-2*margin, fontSize, "faint", line, "")
		}
	}
	p.y += 12
	if !p.d.Mark.IsZero() {
		p.y += lineHeight
	}
	p.top = p.y
}

func (p *painter) rows() {
	for _, r := range p.d.Rows {
		title := r.Title
		if r.Label != "" {
			p.text(margin, p.y+rowHeight/2+4, p.left-2*margin, fontSize, "ink", r.Label, title)
		}
		for _, b := range r.Bars {
			p.bar(b)
		}
		p.y += rowHeight
	}
}

func (p *painter) bar(b Bar) {
	from, to := p.axis.from(b.From), p.axis.to(b.To)
	if to <= from {
		return
	}
	a := p.d.Answers[b.Answer]
	y := p.y + (rowHeight-barHeight)/2
	at := fmt.Sprintf(`x="%s" y="%s" width="%s" height="%s"`, num(from), num(y), num(to-from), num(barHeight))
	p.add(`<g><title>%s</title><rect %s class="%s"/>`, escape(b.Title), at, looks[a.Tone].name)
	if looks[a.Tone].lines != "" {
		p.add(`<rect %s fill="url(#p-%s)"/>`, at, looks[a.Tone].name)
	}
	p.add(`<rect %s class="frame"/>`, at)
	if textWidth(a.Letter, fontSize) <= to-from-4 {
		p.add(`<text x="%s" y="%s" class="letter" font-size="%s">%s</text>`, num((from+to)/2), num(y+barHeight/2+4.5), num(fontSize), escape(a.Letter))
	}
	p.add(`</g>`)
}

// ticks writes the axis: an upright mark at every edge, and dates where there is
// room for them on one of a few lines.
func (p *painter) ticks() {
	right := width - margin
	p.add(`<path class="axis" d="M%s,%s H%s"/>`, num(p.left), num(p.y), num(right))
	var ends [tickLines]float64
	for i := range ends {
		ends[i] = p.left
	}
	lines := 0
	var dates strings.Builder // over the marks
	for _, e := range p.axis.ticks {
		x, label := p.axis.at(e), p.axis.label(e)
		room := textWidth(label, smallSize)
		start := min(max(x-room/2, p.left), right-room)
		line := slices.IndexFunc(ends[:], func(end float64) bool { return start >= end })
		length := 5.0
		if line >= 0 {
			ends[line] = start + room + 10
			lines = max(lines, line+1)
			length += float64(line) * lineHeight
			fmt.Fprintf(&dates, `<text x="%s" y="%s" class="faint halo" font-size="%s">%s</text>`+"\n", num(start), num(p.y+length+12), num(smallSize), escape(label))
		}
		p.add(`<path class="axis" d="M%s,%s v%s"/>`, num(x), num(p.y), num(length))
	}
	p.body.WriteString(dates.String())
	if p.axis.openLeft {
		p.add(`<path class="axis" d="M%s,%s l7,-4 v8 z"/>`, num(p.left-1), num(p.y))
	}
	if p.axis.openRight {
		p.add(`<path class="axis" d="M%s,%s l-7,-4 v8 z"/>`, num(right+1), num(p.y))
	}
	if p.axis.marked {
		x := p.axis.at(p.d.Mark)
		label := fit(p.d.MarkLabel, right-p.left, smallSize)
		room := textWidth(label, smallSize)
		p.add(`<path class="mark" d="M%s,%s V%s"/>`, num(x), num(p.top-2), num(p.y))
		p.add(`<text x="%s" y="%s" class="ink" font-size="%s">%s</text>`, num(min(max(x-room/2, p.left), right-room)), num(p.top-6), num(smallSize), escape(label))
	}
	p.y += 8 + float64(max(lines, 1))*lineHeight
	if p.d.Axis != "" {
		p.y += 6
		p.text(p.left, p.y+4, right-p.left, smallSize, "faint", p.d.Axis, "")
		p.y += lineHeight
	}
}

// legend says what the letters mean, in as many columns as there is room for.
func (p *painter) legend() {
	used := map[int]bool{}
	for _, r := range p.d.Rows {
		for _, b := range r.Bars {
			used[b.Answer] = true
		}
	}
	const swatch = 30.0
	x := margin
	p.y += 8
	for i, a := range p.d.Answers {
		if !used[i] {
			continue
		}
		room := min(textWidth(a.Label, fontSize), width-2*margin-swatch-8) + swatch + 8 + margin
		if x > margin && x+room > width-margin {
			x = margin
			p.y += 26
		}
		at := fmt.Sprintf(`x="%s" y="%s" width="%s" height="18"`, num(x), num(p.y), num(swatch))
		p.add(`<rect %s class="%s"/>`, at, looks[a.Tone].name)
		if looks[a.Tone].lines != "" {
			p.add(`<rect %s fill="url(#p-%s)"/>`, at, looks[a.Tone].name)
		}
		p.add(`<rect %s class="frame"/>`, at)
		p.add(`<text x="%s" y="%s" class="letter" font-size="%s">%s</text>`, num(x+swatch/2), num(p.y+13.5), num(fontSize), escape(fit(a.Letter, swatch, fontSize)))
		p.text(x+swatch+8, p.y+13.5, width-margin-(x+swatch+8), fontSize, "ink", a.Label, "")
		x += room
	}
	p.y += 26
}
