package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// pageWidth is how many columns text for people has at most.
const pageWidth = 100

// A page is text for people: wrapped lines, lists and tables. Errors of writing
// are kept by the buffer below and found when it is flushed.
type page struct {
	to       io.Writer
	coloured bool
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
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// line writes a line as it is.
func (g *page) line(format string, args ...any) {
	fmt.Fprintln(g.to, strings.TrimRight(fmt.Sprintf(format, args...), " "))
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
	for _, line := range wrap(text, pageWidth-columns(lead)) {
		g.line("%s%s", lead, g.paint(colour, line))
		lead = strings.Repeat(" ", columns(lead))
	}
}

// list writes rows in columns, without lines between them. What is too long is
// wrapped in its column.
func (g *page) list(header []string, rows [][]string) {
	widths := widthsFor(append([][]string{header}, rows...), pageWidth-2*(len(header)-1))
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

// table writes rows in ruled columns. A row of one cell is a heading within.
func (g *page) table(header []string, rows [][]string) {
	var full [][]string
	for _, row := range append([][]string{header}, rows...) {
		if len(row) == len(header) {
			full = append(full, row)
		}
	}
	widths := widthsFor(full, pageWidth-3*(len(header)-1)-4)
	rule := func(left, middle, right string) {
		parts := make([]string, len(widths))
		for i, w := range widths {
			parts[i] = strings.Repeat("─", w+2)
		}
		g.line("%s%s%s", left, strings.Join(parts, middle), right)
	}
	inner := 3 * (len(widths) - 1)
	for _, w := range widths {
		inner += w
	}
	rule("┌", "┬", "┐")
	write := func(row []string, colour string) {
		if len(row) != len(header) {
			g.line("│ %s │", g.paint(bold, pad(row[0], inner)))
			return
		}
		for _, line := range cells(row, widths) {
			for i := range line {
				line[i] = g.paint(colour, line[i])
			}
			g.line("│ %s │", strings.Join(line, " │ "))
		}
	}
	write(header, bold)
	for _, row := range rows {
		rule("├", "┼", "┤")
		write(row, "")
	}
	rule("└", "┴", "┘")
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
			for word := range strings.FieldsSeq(row[i]) {
				widths[i] = max(widths[i], columns(word))
			}
		}
		total, want = total+widths[i], want+wanted[i]
	}
	if want <= room {
		return wanted
	}
	for ; total < room; total++ {
		best, saved := -1, -1
		for i := range n {
			if widths[i] >= wanted[i] {
				continue
			}
			if s := savings(rows, widths, i); s > saved || s == saved && wanted[i]*widths[best] > wanted[best]*widths[i] {
				best, saved = i, s
			}
		}
		if best < 0 {
			break
		}
		widths[best]++
	}
	return widths
}

// savings counts the lines that all rows together lose if a column gets wider.
func savings(rows [][]string, widths []int, column int) int {
	saved := 0
	for _, row := range rows {
		height, without := 1, 1
		for i, cell := range row {
			if i != column {
				without = max(without, len(wrap(cell, widths[i])))
			}
		}
		height = max(without, len(wrap(row[column], widths[column])))
		saved += height - max(without, len(wrap(row[column], widths[column]+1)))
	}
	return saved
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
