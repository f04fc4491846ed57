package rules

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Situation is everything that rules may read about one question. Whoever
// makes it has already chosen the two times: nothing in it changes or is looked
// up later.
type Situation struct {
	Privilege domain.Privilege
	At        timeline.Instant
	Request   *Object
	// Vehicle and Property are what request.object names; nil: nothing on record.
	Vehicle, Property *Object
	// Capacities of the person, or the mission itself as the only one when it
	// is asked of a mission; oldest first. Empty: nobody.
	Capacities []Capacity
	// Nobody holds the objects to read when there is no capacity.
	Nobody Capacity
	// Bounds are the measures, agreements and waivers on record for the
	// subject and its State, live or not: Covers tells.
	Bounds []Bound
}

// A Capacity is one way in which a person, or a mission, stands before the law.
type Capacity struct {
	Label string // "main", or "family of ana": tells capacities apart for people
	Reach domain.Reach
	Ended bool // phase is ended: later tiers don't reach it
	// Missing names a fact without which it can't be said whether the capacity
	// goes on; empty if nothing is missing.
	Missing string

	Member, Sponsor, Mission, State *Object
	// Filing is the latest request on record that serves for what is asked, and
	// Protection what was done for security; nil: nothing on record.
	Filing, Protection *Object
	// Principal is the sponsor's own capacity, for family; else nil.
	Principal *Capacity

	origin *Capacity // of which it is the like in another category; else nil
}

// A Bound is a measure, agreement or waiver that rules are evaluated for.
type Bound struct {
	Each       Each
	ID         string // of the measure or agreement; of a waiver, the matter
	Object     *Object
	Privileges []domain.Privilege // that it names; empty: all of them
	// Individual says that it names a person or mission: its rules are those
	// of tier individual.
	Individual bool
	// NamesStatus says that its scope names personal statuses, so that a lift
	// reaches also capacities that are cut by them; NamesVisitors likewise.
	NamesStatus   bool
	NamesVisitors bool
	Covers        func(domain.Reach) bool
	Events        []domain.Position
}

// Law is what is in force: the common edition and those of the States.
type Law struct {
	Common *Edition
	States map[domain.StateID]*Edition
}

// An Answer is what the resolution comes to, before it is placed in time. The
// zero Answer permits nothing.
type Answer struct {
	Outcome     domain.Outcome // empty: none, see Errors
	Conditions  []domain.Condition
	Obligations []domain.Remark
	Limits      []domain.Remark
	Notes       []domain.Remark
	Routes      []domain.Remark
	Proposals   []domain.Remark
	Reasons     []domain.Reason
	Cite        []string // of the decisive reasons
	Facts       []domain.FactUsed
	Errors      []domain.Problem

	needs []string // facts of the request that were lacking
	asked bool     // a rule asked whether the request brings a fact, which it does not
}
