package domain

import (
	"slices"
	"time"
)

// A Reach describes one capacity of a person, or a mission, as scopes see it.
type Reach struct {
	State       StateID // the sending State
	MissionKind MissionKind
	Mission     MissionID
	Category    Category // of the person or, for family, of the sponsor
	Rank        string   // likewise
	Status      Status   // the person's own
	Member      MemberID // empty for a mission
	Family      bool
	Visitor     bool
	Since       time.Time // when the capacity began
	// Liberty says that the question is about a general liberty, which nobody
	// derives from a sponsor.
	Liberty bool
}

// Covers reports whether the scope reaches r. Keys that are not given do not
// narrow, except that a scope silent on family does not reach a relative's
// general liberties, and one silent on visitors does not reach visitors. A scope
// that names the person reaches that person whatever else it is silent on.
func (s Scope) Covers(r Reach) bool {
	named := slices.Contains(s.Members, r.Member)
	switch {
	case len(s.Members) > 0 && !named,
		!within(s.MissionKinds, r.MissionKind),
		!within(s.Missions, r.Mission),
		!within(s.Categories, r.Category) && !(r.Family && slices.Contains(s.Categories, FamilyCategory)),
		!within(s.Ranks, r.Rank),
		!within(s.Statuses, r.Status):
		return false
	}
	if named {
		return true
	}
	if r.Visitor && (s.Visitors == nil || !*s.Visitors) {
		return false
	}
	if r.Family {
		if s.Family == nil {
			return !r.Liberty
		}
		return *s.Family
	}
	return true
}

// FamilyCategory is the category of everybody who is there as a member of the
// family (VCDR 37, VCCR 46-53). It is the one category that Go knows, because
// it alone is derived from another person's.
const FamilyCategory Category = "family"

func within[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }
