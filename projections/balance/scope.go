package balance

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// includes reports whether a scope reaches everybody whom another reaches. When
// that can't be told from the two alone, it does not.
func includes(wide, narrow domain.Scope) bool {
	lists := within(wide.MissionKinds, narrow.MissionKinds) && within(wide.Missions, narrow.Missions) &&
		within(wide.Categories, narrow.Categories) && within(wide.Ranks, narrow.Ranks) &&
		within(wide.Statuses, narrow.Statuses) && within(wide.Members, narrow.Members)
	switch {
	case !lists:
		return false
	case len(wide.Members) > 0:
		return true // whoever is named is reached, whatever else is silent
	case len(narrow.Members) > 0:
		return reach(wide.Family) == all && reach(wide.Visitors) == all
	default:
		return reach(wide.Family) >= reach(narrow.Family) && (reach(wide.Visitors) == all || reach(narrow.Visitors) != all)
	}
}

// within reports whether a list of a scope, of which the empty one does not
// narrow, lets pass what another does.
func within[T comparable](wide, narrow []T) bool {
	if len(wide) == 0 {
		return true
	}
	return len(narrow) > 0 && !slices.ContainsFunc(narrow, func(v T) bool { return !slices.Contains(wide, v) })
}

// How far a scope reaches families, or visitors.
const (
	nobody = iota
	silent // of families, what is derived from the sponsor; of visitors, nothing
	all
)

func reach(said *bool) int {
	switch {
	case said == nil:
		return silent
	case *said:
		return all
	default:
		return nobody
	}
}
