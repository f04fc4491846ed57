package rules

import (
	"slices"

	"github.com/comity-project/comity/domain"
)

// A Watch is told what rules come to while a question is resolved: how cases
// know which parts of a rule they try. It must not keep the frame.
type Watch interface {
	// Weighed tells that a rule was evaluated that reaches the capacity. The
	// error says why it can't be told whether it fires.
	Weighed(rule *Rule, c *Capacity, b *Bound, f *Frame, fires bool, err error)
	// Gave tells what a rule came to that fires, or might.
	Gave(rule *Rule, outcome domain.Outcome, conditions []Attached)
}

// An Attached condition is one that a rule brought, with its parameters.
type Attached struct {
	Decl *ConditionDecl
	// Frame is what the condition's met expression reads.
	Frame *Frame
}

// ResolveWatched is [Resolve], and tells w what the rules come to. A rule may be
// weighed several times for one capacity.
func ResolveWatched(law Law, s *Situation, w Watch) Answer {
	return resolveTold(law, s, w, nil, state.answer)
}

// gave tells a watch what a rule came to.
func (r *resolver) gave(f *firing) {
	attached := make([]Attached, len(f.conditions))
	for i, c := range f.conditions {
		attached[i] = Attached{c.decl, &Frame{Request: r.s.Request, Condition: c.object, Privilege: r.s.Privilege}}
	}
	r.watch.Gave(f.rule, f.outcome, attached)
}

// A Part is one key of a rule's applies block.
type Part uint8

// The keys of applies, in the order in which they are explained.
const (
	PartState Part = iota
	PartMissionKind
	PartMission
	PartCategory
	PartRank
	PartStatus
	PartMember
	PartFamily
	PartVisitors
	partCount
)

func (p Part) String() string {
	return [...]string{"state", "mission_kind", "mission", "category", "rank", "status", "member", "family", "visitors"}[p]
}

// Parts lists the keys of applies by which the rule narrows whom it reaches.
func (rule *Rule) Parts() []Part {
	s := &rule.Applies.Scope
	narrows := [partCount]bool{
		PartState: len(rule.Applies.States) > 0, PartMissionKind: len(s.MissionKinds) > 0, PartMission: len(s.Missions) > 0,
		PartCategory: len(s.Categories) > 0, PartRank: len(s.Ranks) > 0, PartStatus: len(s.Statuses) > 0, PartMember: len(s.Members) > 0,
		PartFamily: rule.Applies.Family == FamilyNo || rule.Applies.Family == FamilyOnly,
	}
	var out []Part
	for p, narrow := range narrows {
		if narrow {
			out = append(out, Part(p))
		}
	}
	return out
}

// Values writes what a key of applies lists.
func (rule *Rule) Values(p Part) []string {
	s := &rule.Applies.Scope
	switch p {
	case PartState:
		return texts(rule.Applies.States)
	case PartMissionKind:
		return texts(s.MissionKinds)
	case PartMission:
		return texts(s.Missions)
	case PartCategory:
		return texts(s.Categories)
	case PartRank:
		return s.Ranks
	case PartStatus:
		return texts(s.Statuses)
	case PartMember:
		return texts(s.Members)
	case PartFamily:
		return []string{[...]string{"", "true", "false", "only"}[rule.Applies.Family]}
	default:
		if s.Visitors != nil && *s.Visitors {
			return []string{"true"}
		}
		return []string{"false"}
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Within reports whether a key of applies, taken alone, lets the reach pass.
func (rule *Rule) Within(p Part, reach domain.Reach) bool {
	s := &rule.Applies.Scope
	switch p {
	case PartState:
		return among(rule.Applies.States, reach.State)
	case PartMissionKind:
		return among(s.MissionKinds, reach.MissionKind)
	case PartMission:
		return among(s.Missions, reach.Mission)
	case PartCategory:
		return among(s.Categories, reach.Category) || reach.Family && slices.Contains(s.Categories, domain.FamilyCategory)
	case PartRank:
		return among(s.Ranks, reach.Rank)
	case PartStatus:
		return among(s.Statuses, reach.Status)
	case PartMember:
		return among(s.Members, reach.Member)
	case PartFamily:
		switch rule.Applies.Family {
		case FamilyYes:
			return true
		case FamilyNo:
			return !reach.Family
		case FamilyOnly:
			return reach.Family
		default:
			return !reach.Family || !reach.Liberty
		}
	default:
		return !reach.Visitor || s.Visitors != nil && *s.Visitors
	}
}

func among[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// Reaches reports whether the rule reaches somebody: it is of persons or of
// missions as he is one, and its applies block covers him.
func (rule *Rule) Reaches(reach domain.Reach) bool { return rule.reaches(reach) }

// WantedOf is what a rule has to be of to reach somebody: see [Rule.Of].
func WantedOf(reach domain.Reach) Of { return wanted(&reach) }

// SpeaksOf reports whether the rule speaks of a privilege. One that names none
// speaks of all that its measure, agreement or waiver names.
func (rule *Rule) SpeaksOf(p domain.Privilege) bool {
	return len(rule.Privileges) == 0 || slices.Contains(rule.Privileges, p)
}
