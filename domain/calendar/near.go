package calendar

import (
	"cmp"
	"slices"
	"strings"
)

// near returns up to three zones whose names look like a name that is none:
// in other letters, without the continent, or with a slip or two.
func near(name string) []string {
	const (
		most    = 3
		slips   = 2
		longest = 64 // twice the longest name there is
	)
	if name == "" || name == "Local" || len(name) > longest {
		return nil
	}
	type miss struct {
		name     string
		distance int
	}
	var misses []miss
	want := fold(name)
	for _, zone := range zoneNames() {
		have := fold(zone)
		if have == want {
			return []string{zone}
		}
		distance := editDistance(want, have)
		if _, city, ok := cutLast(zone, "/"); ok && fold(city) == want {
			distance = 0
		}
		// A slip in a word of three letters would fit half the table.
		if distance <= min(slips, len(want)/4) {
			misses = append(misses, miss{zone, distance})
		}
	}
	slices.SortStableFunc(misses, func(a, b miss) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, m := range misses[:min(most, len(misses))] {
		names = append(names, m.name)
	}
	return names
}

// fold makes names that people think the same the same.
func fold(name string) string {
	return strings.NewReplacer("_", "", " ", "", "-", "").Replace(strings.ToLower(name))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// editDistance is the number of letters to add, drop or change to turn a into
// b (Levenshtein 1965).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
