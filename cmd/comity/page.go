package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A page is text for people: wrapped lines, lists and tables. Errors of writing
// are kept by the buffer below and found when it is flushed.
type page struct {
	to       io.Writer
	coloured bool
	width    int // in columns
}

// Colours, by what they say.
const (
	good  = "32"
	mixed = "33"
	bad   = "31"
	faint = "2"
	bold  = "1"
)

// paint colours text, if the page is coloured.
func (g *page) paint(colour, text string) string {
	if !g.coloured || text == "" || colour == "" {
		return text
	}
	return string(brush) + colour + string(brushed) + shown(text) + string(brush) + "0" + string(brushed)
}

// A colour stands between these until its line is written, so that it is told from
// what text from outside would do to a terminal.
const (
	brush   = '\ufdd1'
	brushed = '\ufdd2'
)

// strokes finds the colours of a line.
var strokes = regexp.MustCompile(string(brush) + "([0-9;]+)" + string(brushed))

// line writes a line as it is, with what commands a terminal written out.
func (g *page) line(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), string(unbroken), " ")
	var b strings.Builder
	from := 0
	for _, at := range strokes.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(shown(text[from:at[0]]))
		if g.coloured {
			b.WriteString("\x1b[" + text[at[2]:at[3]] + "m")
		}
		from = at[1]
	}
	b.WriteString(shown(text[from:]))
	fmt.Fprintln(g.to, strings.TrimRight(b.String(), " "))
}

// title writes a heading, with an empty line before it.
func (g *page) title(text string) {
	g.line("")
	g.line("%s", g.paint(bold, text))
}

// say writes text that is wrapped: its first line begins with lead, the others
// stand under the text.
func (g *page) say(lead, text string) { g.sayIn("", lead, text) }

// sayIn is say in a colour.
func (g *page) sayIn(colour, lead, text string) {
	for _, line := range wrap(shown(text), g.width-columns(lead)) {
		g.line("%s%s", lead, g.paint(colour, line))
		lead = strings.Repeat(" ", columns(lead))
	}
}

// list writes rows in columns, without lines between them. What is too long is
// wrapped in its column; where there is no room for that either, so are words that
// would stand together.
func (g *page) list(header []string, rows [][]string) {
	rows = shownRows(rows)
	room := g.width - 2*(len(header)-1)
	if narrowest(append([][]string{header}, rows...)) > room {
		rows = loosened(rows)
	}
	widths := widthsFor(append([][]string{header}, rows...), room)
	write := func(row []string, colour string) {
		for _, line := range cells(row, widths) {
			g.line("%s", g.paint(colour, strings.TrimRight(strings.Join(line, "  "), " ")))
		}
	}
	write(header, faint)
	for _, row := range rows {
		write(row, "")
	}
}

// table writes rows in ruled columns. A row of one cell is a heading within. What
// is too wide is written as several tables, one under the other, each with the
// first column.
func (g *page) table(header []string, rows [][]string) {
	rows = shownRows(rows)
	full := [][]string{header}
	for _, row := range rows {
		if len(row) == len(header) {
			full = append(full, row)
		}
	}
	room := g.width - 3*(len(header)-1)
	if len(header) > 2 && narrowest(full) > room {
		half := 1 + len(header)/2
		g.table(header[:half], columnsOf(rows, 1, half))
		g.line("")
		g.table(slices.Concat(header[:1], header[half:]), columnsOf(rows, half, len(header)))
		return
	}
	widths := widthsFor(full, room)
	rule := func(crossing string) {
		parts := make([]string, len(widths))
		for i, w := range widths {
			parts[i] = strings.Repeat("─", w)
		}
		g.line("%s", g.paint(faint, strings.Join(parts, "─"+crossing+"─")))
	}
	write := func(row []string, colour string) {
		for _, line := range cells(row, widths) {
			for i := range line {
				line[i] = g.paint(colour, line[i])
			}
			g.line("%s", strings.Join(line, g.paint(faint, " │ ")))
		}
	}
	write(header, bold)
	above := true // a row of columns, not a heading
	for _, row := range rows {
		below := len(row) == len(header)
		switch {
		case above && below:
			rule("┼")
		case below:
			rule("┬")
		default:
			rule("┴")
		}
		if above = below; below {
			write(row, "")
		} else {
			g.line("%s", g.paint(bold, row[0]))
		}
	}
	rule("┴")
}

// cells wraps every cell of a row in its column and returns the lines.
func cells(row []string, widths []int) [][]string {
	wrapped := make([][]string, len(row))
	height := 1
	for i, cell := range row {
		wrapped[i] = wrap(cell, widths[i])
		height = max(height, len(wrapped[i]))
	}
	lines := make([][]string, height)
	for n := range lines {
		lines[n] = make([]string, len(row))
		for i := range row {
			text := ""
			if n < len(wrapped[i]) {
				text = wrapped[i][n]
			}
			lines[n][i] = pad(text, widths[i])
		}
	}
	return lines
}

// unbroken stands for a space at which no line is broken.
const unbroken = '\ufdd0'

// whole keeps the words of a text on one line.
func whole(text string) string { return strings.ReplaceAll(text, " ", string(unbroken)) }

// widthsFor divides room among columns: each gets what it needs, if there is
// enough; otherwise every column starts at its longest word, and what is left
// goes where it saves most lines.
func widthsFor(rows [][]string, room int) []int {
	n := len(rows[0])
	widths, wanted := make([]int, n), make([]int, n)
	total, want := 0, 0
	for i := range n {
		for _, row := range rows {
			wanted[i] = max(wanted[i], columns(row[i]))
		}
		widths[i] = longestWord(rows, i)
		total, want = total+widths[i], want+wanted[i]
	}
	if want <= room {
		return wanted
	}
	for ; total < room; total++ { // to whom wants most
		best := 0
		for i := range n {
			if wanted[i]*widths[best] > wanted[best]*widths[i] {
				best = i
			}
		}
		widths[best]++
	}
	return settle(rows, widths)
}

// settle moves room from column to column as long as that saves lines.
func settle(rows [][]string, widths []int) []int {
	heights := func(w []int) int {
		total := 0
		for _, row := range rows {
			total += len(cells(row, w))
		}
		return total
	}
	const farthest = 8
	best := heights(widths)
	for again := true; again; {
		again = false
		for from := range widths {
			for to := range widths {
				for by := 1; by <= farthest && from != to; by++ {
					tried := slices.Clone(widths)
					tried[from], tried[to] = tried[from]-by, tried[to]+by
					if tried[from] < longestWord(rows, from) {
						break
					}
					if h := heights(tried); h < best {
						widths, best, again = tried, h, true
					}
				}
			}
		}
	}
	return widths
}

// narrowest is the least room in which no word of the rows is broken.
func narrowest(rows [][]string) int {
	total := 0
	for i := range rows[0] {
		total += longestWord(rows, i)
	}
	return total
}

// columnsOf returns the first column of rows and some others; headings stay.
func columnsOf(rows [][]string, from, to int) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = row
		if len(row) > 1 {
			out[i] = slices.Concat(row[:1], row[from:to])
		}
	}
	return out
}

// loosened lets lines be broken where whole forbade it.
func loosened(rows [][]string) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(row))
		for j, cell := range row {
			out[i][j] = strings.ReplaceAll(cell, string(unbroken), " ")
		}
	}
	return out
}

func longestWord(rows [][]string, column int) int {
	longest := 1
	for _, row := range rows {
		for word := range strings.FieldsSeq(row[column]) {
			longest = max(longest, columns(word))
		}
	}
	return longest
}

// wrap divides text into lines of at most width columns, between words. A word
// that is longer than a line gets one of its own. Line ends are kept.
func wrap(text string, width int) []string {
	var lines []string
	for part := range strings.SplitSeq(text, "\n") {
		line, used := "", 0
		for word := range strings.FieldsSeq(part) {
			n := columns(word)
			switch {
			case used == 0:
				line, used = word, n
			case used+1+n <= width:
				line, used = line+" "+word, used+1+n
			default:
				lines = append(lines, line)
				line, used = word, n
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// columns counts the columns that text takes: our words are of narrow letters.
func columns(text string) int { return utf8.RuneCountInString(text) }

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}
