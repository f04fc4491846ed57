package facts

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Contradiction is two events of one command that say different things of one
// attribute of one subject at one instant, so that the order in which they stand
// would decide.
type Contradiction struct {
	First, Second int // indices of the events
	Attribute     string
}

// Contradictions finds them in the events of one command.
func Contradictions(batch []domain.Envelope) []Contradiction {
	type place struct {
		subject domain.Subject
		attr    attribute
		label   string // of the capacity
		from    timeline.Instant
	}
	type said struct {
		index int
		value domain.Value
	}
	first := map[place]said{}
	var out []Contradiction
	for i, e := range batch {
		if !e.Target.IsZero() {
			continue // it stands where its target stood
		}
		ops, err := lower(e.Event, e.Effective, nil)
		if err != nil {
			continue // applying the event reports it
		}
		seen := map[place]bool{}
		for _, o := range ops {
			attr, value, from, gives := o.About()
			p := place{e.Subject, attr, capacityLabel(e.Event), from}
			if !gives || seen[p] || !exclusive(attr) {
				continue
			}
			seen[p] = true
			before, twice := first[p]
			switch {
			case !twice:
				first[p] = said{i, value}
			case value.IsZero() || !value.Equal(before.value):
				out = append(out, Contradiction{First: before.index, Second: i, Attribute: string(attr)})
			}
		}
	}
	return out
}

// exclusive reports whether one instant has room for one such event only.
func exclusive(a attribute) bool {
	switch a {
	case attrCapacity, attrHousehold, attrEdition,
		attrStatus, attrNationalities, attrLocalHire, attrPrivateWork, attrStudent, attrBirth,
		attrArchivesSeparate, attrRelations:
		return true
	default:
		return false
	}
}

// capacityLabel keeps the capacities of one person apart.
func capacityLabel(e domain.Event) string {
	switch e := e.(type) {
	case domain.MemberAccredited:
		return labelOf(e.Capacity)
	case domain.MemberReassigned:
		return labelOf(e.Capacity)
	case domain.CategoryChanged:
		return labelOf(e.Capacity)
	default:
		return ""
	}
}
