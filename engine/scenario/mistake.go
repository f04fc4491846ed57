package scenario

import (
	"fmt"
	"strings"
)

// A Mistake is something in a scenario that can't be read, and what to do about it.
type Mistake struct {
	File         string
	Line, Column int // from 1; the column counts characters
	Text         string
	Source       string // the line
}

// Mistakes are all mistakes of a file, in the order of their lines.
type Mistakes []Mistake

// Error prints every mistake as
//
//	file:line:column: unknown verb "aks" (did you mean "ask"?)
//	    aks ana imm.arrest → allowed
//	    ^
func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i := range m {
		texts[i] = m[i].String()
	}
	return strings.Join(texts, "\n")
}

// longestShown is how many characters of a line are shown around a mistake.
const longestShown = 160

func (m Mistake) String() string {
	line, column := []rune(m.Source), m.Column-1
	if len(line) > longestShown {
		from := max(0, min(column-longestShown/2, len(line)-longestShown))
		line, column = line[from:from+longestShown], column-from
	}
	column = max(0, min(column, len(line)))
	return fmt.Sprintf("%s:%d:%d: %s\n    %s\n    %s^", m.File, m.Line, m.Column, m.Text, shown(line), strings.Repeat(" ", column))
}

// shown is a line as a terminal may print it, each character one wide.
func shown(line []rune) string {
	out := make([]rune, len(line))
	for i, r := range line {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		out[i] = r
	}
	return strings.TrimRight(string(out), " ")
}
