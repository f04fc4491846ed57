package balance

import (
	"maps"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Ground says what became of the practice that is answered.
type Ground string

// The grounds of what is in force.
const (
	Stands     Ground = "stands"     // the practice answered is the practice
	Ended      Ground = "ended"      // the State no longer restricts
	Changed    Ground = "changed"    // the practice has another level or other parameters
	Unobserved Ground = "unobserved" // what the practice is, is no longer known
	None       Ground = "none"       // no restrictive practice is on record, and one is needed
	Finding    Ground = "finding"    // a finding under FMA 4304(b), which answers no practice
	Unneeded   Ground = "unneeded"   // no practice is needed
)

// Grounds lists the grounds.
func Grounds() []Ground {
	return []Ground{Stands, Ended, Changed, Unobserved, None, Finding, Unneeded}
}

// Lost reports whether a practice was answered that is no longer the practice.
func (g Ground) Lost() bool { return g == Ended || g == Changed || g == Unobserved }

// A Basis is what something in force rests on.
type Basis struct {
	Ground   Ground
	Practice *Practice // that which is answered; nil if none is
	// Since when, and by which event, the ground is as it is; of a lost one only.
	Since timeline.Instant
	By    domain.Position
	// LostSince and LostBy say the same of its being lost in one way or another:
	// what has ended may have been unobserved before.
	LostSince timeline.Instant
	LostBy    domain.Position
}

// becomes counts an observation after which a ground is lost.
func (b *Basis) becomes(g Ground, by observed) {
	if !b.Ground.Lost() {
		b.LostSince, b.LostBy = by.From, domain.Position(by.Pos)
	}
	if b.Ground != g {
		b.Ground, b.Since, b.By = g, by.From, domain.Position(by.Pos)
	}
}

// levelUnknown is the code of a practice of which it was recorded that it is not known.
const levelUnknown domain.Level = "unknown"

// sameTreatment compares what a State does, by the law of a time, and not in
// which words or by whom it was said.
func sameTreatment(law Law, a, b domain.Observation, at timeline.Instant) (bool, error) {
	if a.Level != b.Level || equal(a.Params, b.Params) {
		return a.Level == b.Level, nil
	}
	one, err := law.Meant(a.Params, at)
	if err != nil {
		return false, err
	}
	other, err := law.Meant(b.Params, at)
	return equal(one, other), err
}

func equal(a, b domain.Params) bool { return maps.EqualFunc(a, b, domain.Value.Equal) }

// A course is all that was observed of a practice, in order of time.
type course []observed

// observed is one observation, and whether the law of its time restricts whoever is
// treated so.
type observed struct {
	timeline.Transition[domain.Observation]
	restrictive bool
}

func courseOf(law Law, all []timeline.Transition[domain.Observation]) (course, error) {
	out := make(course, len(all))
	for i, o := range all {
		restrictive, err := law.Restricts(o.Value.Level, o.From)
		if err != nil {
			return nil, err
		}
		out[i] = observed{o, restrictive}
	}
	return out, nil
}

// at returns the practice as observed by t, and whether it is restrictive; nil if
// there is none.
func (c course) at(t timeline.Instant) (*Practice, bool) {
	for _, o := range slices.Backward(c) {
		if o.From <= t {
			return practiceOf(o), o.restrictive
		}
	}
	return nil, false
}

func practiceOf(o observed) *Practice {
	return &Practice{Observation: o.Value, Since: o.From, Pos: domain.Position(o.Pos)}
}

// follow says what became by t of a practice that is answered from an instant on.
func (c course) follow(law Law, answered *Practice, from, t timeline.Instant) (Basis, error) {
	b := Basis{Ground: Stands, Practice: answered}
	for _, next := range c {
		if next.From < from || next.From > t {
			continue
		}
		same, err := sameTreatment(law, next.Value, answered.Observation, next.From)
		switch {
		case err != nil:
			return Basis{}, err
		case same:
			b = Basis{Ground: Stands, Practice: answered}
		case next.restrictive:
			b.becomes(Changed, next)
		case next.Value.Level == levelUnknown:
			b.becomes(Unobserved, next)
		default:
			b.becomes(Ended, next)
		}
	}
	return b, nil
}

// answeredBy returns the practice that a measure answers by t, and from when.
func (c course) answeredBy(m *held, t timeline.Instant) (*Practice, timeline.Instant) {
	from := m.From
	if m.answersOwn {
		return &Practice{Observation: *m.determined.Observed, Since: from, Pos: m.Pos}, from
	}
	if p, restrictive := c.at(from); restrictive {
		return p, from
	}
	for _, next := range c {
		if next.From > from && next.From <= t && next.restrictive {
			return practiceOf(next), next.From
		}
	}
	return nil, from
}

// ruleBasis is what a rule that answers whatever the practice is rests on at t.
func (c course) ruleBasis(t timeline.Instant) Basis {
	b := Basis{Ground: None}
	for _, next := range c {
		switch {
		case next.From > t:
			return b
		case next.restrictive:
			b = Basis{Ground: Stands, Practice: practiceOf(next)}
		case b.Practice == nil:
			continue
		case next.Value.Level == levelUnknown:
			b.becomes(Unobserved, next)
		default:
			b.becomes(Ended, next)
		}
	}
	return b
}
