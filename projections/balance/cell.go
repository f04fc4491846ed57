package balance

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Cell is what stands between us and one State in the matter of one
// privilege, while nothing of it changes.
type Cell struct {
	State      domain.StateID
	Privilege  domain.Privilege
	From, To   timeline.Instant // half-open
	Practice   *Practice        // what they give; nil if nothing was observed
	Measures   []Measure        // in force for somebody, by start and recording
	Rules      []Rule           // in the order of the edition
	Agreements []Agreement      // by start and recording
	// Unanswered says that the practice is restrictive and nothing restrictive
	// answers it, which a measure against persons by name never does, and UnansweredSince since when that is so without a break.
	Unanswered      bool
	UnansweredSince timeline.Instant
}

// Empty reports whether nothing is on record in the cell.
func (c *Cell) Empty() bool {
	return c.Practice == nil && len(c.Measures)+len(c.Rules)+len(c.Agreements) == 0
}

// Lost reports whether something in force answers a practice that is no longer
// the State's.
func (c *Cell) Lost() bool {
	return slices.ContainsFunc(c.Measures, func(m Measure) bool { return m.Basis.Ground.Lost() }) ||
		slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.Basis.Ground.Lost() })
}

// Unfounded reports whether something in force needs a practice that is not on
// record.
func (c *Cell) Unfounded() bool {
	return slices.ContainsFunc(c.Measures, func(m Measure) bool { return m.Basis.Ground == None }) ||
		slices.ContainsFunc(c.Rules, func(r Rule) bool { return r.Basis.Ground == None })
}

// Events are the positions of the events from which the cell follows, in order.
func (c *Cell) Events() []domain.Position {
	var out []domain.Position
	basis := func(b Basis) {
		if b.Practice != nil {
			out = append(out, b.Practice.Pos)
		}
		if b.Ground.Lost() {
			out = append(out, b.LostBy, b.By)
		}
	}
	if c.Practice != nil {
		out = append(out, c.Practice.Pos)
	}
	for _, m := range c.Measures {
		out = append(out, m.Pos)
		for _, part := range m.Parts {
			out = append(out, part.By)
		}
		basis(m.Basis)
	}
	for _, r := range c.Rules {
		out = append(out, r.Pos)
		basis(r.Basis)
	}
	for _, a := range c.Agreements {
		out = append(out, a.Pos)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A Practice is how a State treats our missions in one matter, as observed.
type Practice struct {
	domain.Observation
	Since timeline.Instant // when it was observed
	Pos   domain.Position  // of the event that says so
}

// A Measure is a determination that is in force for somebody.
type Measure struct {
	ID        domain.MeasureID
	Level     domain.Level
	Params    domain.Params
	Scope     domain.Scope
	Stated    string // its ground in its own words
	Authority string
	// Individual says that it is about persons by name.
	Individual bool
	From       timeline.Instant
	Pos        domain.Position // of the event that stands
	Stop       Stop
	Parts      []Part // what it no longer reaches, by time
	Basis      Basis
}

// A Rule is one of the State's own edition that answers its practice.
type Rule struct {
	ID      string
	Edition string
	Pos     domain.Position // of the event that put the edition in force
	Effect  domain.Effect
	Outcome domain.Outcome // empty if the rule works it out for each answer
	Cite    []string
	Because string
	Basis   Basis
}

// An Agreement in force may raise the privilege. One that gives what another
// category has stands on every line that the State has for something else.
type Agreement struct {
	ID domain.AgreementID
	// Outcome to which it raises the privilege; empty if it gives what As has.
	Outcome domain.Outcome
	As      domain.Category
	Scope   domain.Scope
	From    timeline.Instant
	Pos     domain.Position // of the event that stands
	Stop    Stop
}

// A How says by what something is no longer in force.
type How string

// The ways in which something stops.
const (
	Expired    How = "expired"    // by its own term
	Lifted     How = "lifted"     // by an event that ends it
	Displaced  How = "displaced"  // by a measure that replaces it
	Terminated How = "terminated" // of an agreement
)

// A Stop is when something ceases to be in force for everybody, as known. The
// zero How is no end.
type Stop struct {
	At  timeline.Instant
	How How
	By  domain.Position // of the event, unless it expired
}

// A Part is what a measure no longer reaches.
type Part struct {
	At    timeline.Instant
	How   How // lifted or displaced
	Scope domain.Scope
	By    domain.Position
	// Measure is the one that took its place, if it was displaced.
	Measure domain.MeasureID
}
