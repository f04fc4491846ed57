package domain

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the word of known that is most like word, or "" if none is
// near enough to be what was meant. Ties go to the first in sorted order. A word longer
// than any that people type is like none, so that nobody can make a long search of it.
func Nearest(word string, known []string) string {
	if len(word) > longestWord {
		return ""
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	lower := strings.ToLower(word)
	best, bestDistance := "", 1+max(2, len(word)/3)
	for _, k := range sorted {
		if apart := len(k) - len(lower); apart >= bestDistance || -apart >= bestDistance {
			continue // at least so many letters differ
		}
		if d := distance(lower, strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best != "" || len(lower) < 3 {
		return best
	}
	for _, k := range sorted { // "criminal" for "imm.criminal"
		if strings.Contains(strings.ToLower(k), lower) {
			return k
		}
	}
	return ""
}

// longestWord is how many bytes a word may have of which others like it are sought.
const longestWord = 128

// DidYouMean returns ` (did you mean "x"?)`, or nothing.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// distance is the edit distance in which swapped neighbours count once
// (optimal string alignment).
func distance(a, b string) int {
	var rows [3][longestWord / 2]int // enough for nearly all words
	before, last, row := rows[0][:], rows[1][:], rows[2][:]
	if n := len(b) + 1; n > len(last) {
		before, last, row = make([]int, n), make([]int, n), make([]int, n)
	}
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
