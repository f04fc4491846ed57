package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
)

// A meter shows people how far a long piece of work has come; nil shows nothing.
type meter func(done, of int)

// end takes the meter away.
func (m meter) end() {
	if m != nil {
		m(0, -1)
	}
}

// meter returns a meter, if somebody looks.
func (p *program) meter(doing string) meter {
	b := p.bar(doing)
	if b == nil {
		return nil
	}
	return b.show
}

// How a bar is drawn.
const (
	barAfter  = time.Second            // nothing is shown of what is done sooner
	barEvery  = 100 * time.Millisecond // at least, between two drawings
	barUnseen = 80                     // columns, where nobody says how many there are
	barMost   = 30                     // columns of the bar itself
)

// A bar is a line on a terminal that is drawn again and again.
type bar struct {
	to    io.Writer
	width func() int // of the terminal, in columns, which may change
	now   func() time.Time

	mu          sync.Mutex // guards what follows
	doing       string
	begun, last time.Time
	before      int     // what was done when it was drawn last
	speed       float64 // per second, smoothed
	shown       bool
}

func (p *program) bar(doing string) *bar {
	if p.quiet || p.json() || !isTerminal(p.stderr) || p.getenv("TERM") == "dumb" {
		return nil
	}
	width := func() int { return barUnseen }
	if file, ok := p.stderr.(*os.File); ok {
		width = func() int { return terminalWidth(file) }
	}
	return newBar(p.stderr, doing, width, time.Now)
}

func newBar(to io.Writer, doing string, width func() int, now func() time.Time) *bar {
	return &bar{to: to, width: width, now: now, doing: doing, begun: now()}
}

// show draws how much is done of how much; of how much below 0 takes the bar away.
func (b *bar) show(done, of int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	switch {
	case of < 0:
		b.wipe()
		return
	case now.Sub(b.begun) < barAfter || !b.last.IsZero() && now.Sub(b.last) < barEvery || done <= 0 || of <= 0:
		return
	}
	b.speed = smoothed(b.speed, done, b.before, now, b.begun, b.last)
	b.last, b.before = now, done
	b.draw(barLine(b.doing, done, of, b.speed, b.width()))
}

// smoothed is the speed per second: of all at first, and then mostly of the past,
// so that it doesn't dance.
func smoothed(speed float64, done, before int, now, begun, last time.Time) float64 {
	if last.IsZero() {
		return float64(done) / now.Sub(begun).Seconds()
	}
	const weight = 0.1
	return (1-weight)*speed + weight*float64(done-before)/now.Sub(last).Seconds()
}

// say draws what is done without how far it has come.
func (b *bar) say() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doing != "" && !b.shown {
		b.draw(cutTo(b.doing+" ...", b.width()-1))
	}
}

// begin takes the bar away and begins another piece of work; "" is none.
func (b *bar) begin(doing string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wipe()
	b.doing, b.begun, b.last, b.before, b.speed = doing, b.now(), time.Time{}, 0, 0
}

func (b *bar) draw(line string) {
	b.shown = true
	fmt.Fprintf(b.to, "\r%s\x1b[K", line)
}

func (b *bar) wipe() {
	if b.shown {
		fmt.Fprint(b.to, "\r\x1b[K")
	}
	b.shown = false
}

// barLine draws a bar in less than so many columns, so that it is never wrapped:
// what there is no room for is left out, the bar itself first.
func barLine(doing string, done, of int, speed float64, width int) string {
	if width <= 0 {
		width = barUnseen
	}
	share := min(1, float64(done)/float64(of))
	left := "?"
	if speed > 0 {
		left = time.Duration(float64(max(0, of-done)) / speed * float64(time.Second)).Round(time.Second).String()
	}
	numbers := fmt.Sprintf("%3d%%  %s/s  %s left", int(100*share), rate(speed), left)
	columnsOfBar := min(barMost, width-1-columns(doing)-columns(numbers)-4)
	if columnsOfBar < 5 {
		return cutTo(doing+" "+numbers, width-1)
	}
	full := int(float64(columnsOfBar) * share)
	return fmt.Sprintf("%s [%s%s] %s", doing, strings.Repeat("=", full), strings.Repeat(" ", columnsOfBar-full), numbers)
}

// cutTo shortens text to so many columns.
func cutTo(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:max(0, n)])
	}
	return text
}

// rate writes how many of something are done in a second.
func rate(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.1fM", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1fk", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// An opening shows how an office is opened.
type opening struct {
	bar   *bar
	timer *time.Timer
}

// opening returns what shows how an office is opened, if somebody looks.
func (p *program) opening() *opening {
	b := p.bar("")
	if b == nil {
		return nil
	}
	return &opening{bar: b}
}

// begin is phase, of an opening that may be nil.
func (o *opening) begin(what string) {
	if o != nil {
		o.phase(what)
	}
}

// phase begins a part of the opening; "" ends all. A part that says nothing of how
// far it has come is named once it takes long.
func (o *opening) phase(what string) {
	if o.timer != nil {
		o.timer.Stop()
	}
	o.bar.begin(what)
	if what != "" {
		o.timer = time.AfterFunc(barAfter, o.bar.say)
	}
}

func (o *opening) progress(done, of domain.Position) { o.bar.show(int(done), int(of)) }
