package calendar

import (
	"cmp"
	"slices"
	"strings"
	"sync"
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
	allowed := min(slips, len(want)/4) // a slip in a word of three letters would fit half the table
	for i, have := range foldedNames() {
		zone := zoneNames()[i]
		if have == want {
			return []string{zone}
		}
		distance := allowed + 1
		if have[strings.LastIndex(have, "/")+1:] == want {
			distance = 0
		} else if max(len(have)-len(want), len(want)-len(have)) <= allowed {
			distance = editDistance(want, have)
		}
		if distance <= allowed {
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
	return separators.Replace(strings.ToLower(name))
}

var separators = strings.NewReplacer("_", "", " ", "", "-", "")

// foldedNames holds what fold makes of each of zoneNames.
var foldedNames = sync.OnceValue(func() []string {
	names := slices.Clone(zoneNames())
	for i, name := range names {
		names[i] = fold(name)
	}
	return names
})

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
