package standing

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// A Count says how many answers about one privilege came out how, in one group.
type Count struct {
	// Group is empty where nothing is grouped, and for those who have no group.
	Group     string
	Privilege domain.Privilege
	Of        int                    // how many answers
	Outcomes  map[domain.Outcome]int // the empty outcome stands for what can't be told
}

// A Tally counts answers by group and privilege. The zero Tally is not ready: see
// [NewTally].
type Tally struct {
	group  func(Post) string
	counts map[tallied]*Count
	order  map[domain.Privilege]int
}

type tallied struct {
	group     string
	privilege domain.Privilege
}

// NewTally returns an empty tally. Group names the group of a post; nil groups
// nothing. Somebody who was chosen for posts in two groups counts once in each.
func NewTally(group func(Post) string) *Tally {
	return &Tally{group: group, counts: map[tallied]*Count{}, order: map[domain.Privilege]int{}}
}

// Add counts an answer.
func (t *Tally) Add(a Answer) {
	if _, seen := t.order[a.Privilege]; !seen {
		t.order[a.Privilege] = len(t.order)
	}
	groups := []string{""}
	if t.group != nil && len(a.Posts) > 0 {
		groups = groups[:0]
		for _, p := range a.Posts {
			if g := t.group(p); !p.Also && !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
	}
	for _, g := range groups {
		key := tallied{g, a.Privilege}
		c := t.counts[key]
		if c == nil {
			c = &Count{Group: g, Privilege: a.Privilege, Outcomes: map[domain.Outcome]int{}}
			t.counts[key] = c
		}
		c.Of++
		c.Outcomes[a.Verdict.Outcome]++
	}
}

// Counts returns what was counted, by group and for each in the order of
// privileges: as given, or else as they came.
func (t *Tally) Counts(order []domain.Privilege) []Count {
	at := func(p domain.Privilege) int {
		if i := slices.Index(order, p); i >= 0 {
			return i
		}
		return len(order) + t.order[p]
	}
	out := make([]Count, 0, len(t.counts))
	for _, c := range t.counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Count) int {
		if a.Group != b.Group {
			if a.Group < b.Group {
				return -1
			}
			return 1
		}
		return at(a.Privilege) - at(b.Privilege)
	})
	return out
}
