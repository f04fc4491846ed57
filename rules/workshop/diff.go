package workshop

import (
	"fmt"
	"strings"
)

// around is how many equal lines are shown on each side of a difference.
const around = 3

// mostCells bounds what comparing costs; beyond it a stretch is shown as replaced.
const mostCells = 4 << 20

// Difference shows how to make one text out of another, as diff -u does; "" if they
// are equal.
func Difference(name string, from, to []byte) string {
	a, b := linesOf(from), linesOf(to)
	edits := compare(a, b)
	var out strings.Builder
	for i := 0; i < len(edits); {
		if edits[i].sign == ' ' {
			i++
			continue
		}
		start := max(0, i-around)
		end, equal := i, 0
		for end < len(edits) && equal <= 2*around {
			if edits[end].sign == ' ' {
				equal++
			} else {
				equal = 0
			}
			end++
		}
		if equal > around {
			end -= equal - around
		}
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- %s\n+++ %s, laid out\n", name, name)
		}
		fromCount, toCount := 0, 0
		for _, e := range edits[start:end] {
			if e.sign != '+' {
				fromCount++
			}
			if e.sign != '-' {
				toCount++
			}
		}
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", edits[start].from+1, fromCount, edits[start].to+1, toCount)
		for _, e := range edits[start:end] {
			fmt.Fprintf(&out, "%c%s\n", e.sign, e.line)
		}
		i = end
	}
	return out.String()
}

func linesOf(text []byte) []string {
	lines := strings.Split(string(text), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// An edit keeps, takes out or puts in a line.
type edit struct {
	sign     byte
	line     string
	from, to int // lines before it
}

func compare(a, b []string) []edit {
	var out []edit
	put := func(sign byte, line string, from, to int) { out = append(out, edit{sign, line, from, to}) }
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		put(' ', a[start], start, start)
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	n, m := endA-start, endB-start
	i, j := 0, 0
	if n*m <= mostCells {
		common := make([][]int32, n+1) // of what is left from here on
		for i := range common {
			common[i] = make([]int32, m+1)
		}
		for i := n - 1; i >= 0; i-- {
			for j := m - 1; j >= 0; j-- {
				if a[start+i] == b[start+j] {
					common[i][j] = common[i+1][j+1] + 1
				} else {
					common[i][j] = max(common[i+1][j], common[i][j+1])
				}
			}
		}
		for i < n && j < m {
			switch {
			case a[start+i] == b[start+j]:
				put(' ', a[start+i], start+i, start+j)
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				put('-', a[start+i], start+i, start+j)
				i++
			default:
				put('+', b[start+j], start+i, start+j)
				j++
			}
		}
	}
	for ; i < n; i++ {
		put('-', a[start+i], start+i, start+j)
	}
	for ; j < m; j++ {
		put('+', b[start+j], start+i, start+j)
	}
	for k := range len(a) - endA {
		put(' ', a[endA+k], endA+k, endB+k)
	}
	return out
}
