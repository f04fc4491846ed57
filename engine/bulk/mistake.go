package bulk

import (
	"fmt"
	"strings"
)

// A Mistake is what is wrong in one line of a list.
type Mistake struct {
	File   string
	Line   int    // from 1
	Column string // "" if the whole row is meant
	Text   string
}

func (m Mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.said()) }

// said is the mistake without its place in the file.
func (m Mistake) said() string {
	if m.Column == "" {
		return m.Text
	}
	return m.Column + ": " + m.Text
}

// mostMistakes is how many mistakes of one file are listed; the rest are counted.
const mostMistakes = 100

// Mistakes are what is wrong with a file, in order of line. Nothing was recorded.
type Mistakes struct {
	List []Mistake
	More int // that are not listed
}

func (m *Mistakes) add(one Mistake) {
	if len(m.List) < mostMistakes {
		m.List = append(m.List, one)
		return
	}
	m.More++
}

// Count counts the mistakes.
func (m *Mistakes) Count() int { return len(m.List) + m.More }

func (m *Mistakes) Error() string {
	lines := make([]string, len(m.List), len(m.List)+1)
	for i, one := range m.List {
		lines[i] = one.Error()
	}
	if m.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", m.More))
	}
	return strings.Join(lines, "\n")
}
