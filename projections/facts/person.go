package facts

import (
	"cmp"
	"errors"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Law gives the numbers of the law on capacities in force at an instant, as
// known at the position of the view that it is used with. An error means that
// no law is in force then.
type Law interface {
	Capacities(at timeline.Instant) (domain.CapacityLaw, error)
	// Clock returns what the law in force at an instant says of requests of a
	// kind; false if it says nothing.
	Clock(kind domain.RequestKind, at timeline.Instant) (domain.ClockLaw, bool)
	// Sources returns every way in which a fact is computed, with its numbers,
	// under any edition of the law known.
	Sources() []domain.FactSource
}

// A Kind says why a person is there.
type Kind string

// The kinds of capacity.
const (
	Accredited Kind = "accredited"
	Family     Kind = "family"
	Courier    Kind = "courier"
	Visitor    Kind = "visitor"
)

// A Phase says how far along a capacity is.
type Phase string

// The phases. Before it starts, and for nobody, it is [NoPhase].
const (
	NoPhase Phase = "none"
	Current Phase = "current"
	Leaving Phase = "leaving" // functions ended, the period to leave runs
	Ended   Phase = "ended"   // for good: nothing revives it
)

// A Capacity is one episode of one of the reasons for which a person is here,
// over all of time.
type Capacity struct {
	Kind  Kind
	Label string // tells the capacities of one person apart: main, or as recorded

	// Mission and State are those of the functions; for family, the sponsor's.
	Mission  domain.MissionID
	State    domain.StateID
	Category domain.Category // domain.FamilyCategory for family
	Rank     string

	// Family only: whose, and what the sponsor is.
	Sponsor         domain.MemberID
	SponsorCategory domain.Category
	SponsorRank     string
	SponsorLabel    string
	Relation        domain.Relation

	Start timeline.Instant
	// EndOfFunctions is when what it rests on came to an end, by Cause, or
	// Never. It may be before Start: who joins the family of somebody already
	// leaving is leaving.
	EndOfFunctions timeline.Instant
	Cause          domain.Position
	// EndOfPeriod is when the period to leave is over, as last set, or Never.
	EndOfPeriod timeline.Instant
	// Ended is when the phase becomes ended, or Never. It is before EndOfPeriod
	// if the person left, and without an EndOfFunctions if the next episode
	// took its place.
	Ended timeline.Instant

	// Missing are the facts that are unknown, and from when until when it
	// depends on them whether the capacity goes on.
	Missing []Missing
	// Events are the positions of the events that it rests on, in order.
	Events []domain.Position

	basis   []basis
	periods []period
}

// Missing is a fact that is not known while it matters.
type Missing struct {
	Fact     string
	From, To timeline.Instant
}

// Facts that may be missing.
const (
	MissingBirth = "member.birth"
	MissingLaw   = "ruleset.common" // no edition of the common law in force
)

// A basis is an event that a capacity rests on, from an instant on.
type basis struct {
	from timeline.Instant
	pos  domain.Position
}

// A period is the end of the period to leave as it stands from an instant on.
type period struct {
	from, end timeline.Instant
	pos       domain.Position
}

// Phase returns the phase at t.
func (c *Capacity) Phase(t timeline.Instant) Phase {
	switch {
	case t < c.Start:
		return NoPhase
	case t >= c.Ended:
		return Ended
	case t >= c.EndOfFunctions:
		return Leaving
	default:
		return Current
	}
}

// Period returns the end of the period to leave as it stands at t, and false
// while functions go on or if no period ever ran.
func (c *Capacity) Period(t timeline.Instant) (timeline.Instant, bool) {
	end, found := timeline.Never, false
	for _, p := range c.periods {
		if p.from <= t && t >= c.Start {
			end, found = p.end, true
		}
	}
	return end, found
}

// MissingAt returns a fact on which it depends whether the capacity is what it
// seems at t, or "".
func (c *Capacity) MissingAt(t timeline.Instant) string {
	for _, m := range c.Missing {
		if m.From <= t && t < m.To {
			return m.Fact
		}
	}
	return ""
}

// Basis returns the events that the capacity rests on as of t, in order.
func (c *Capacity) Basis(t timeline.Instant) []domain.Position {
	var out []domain.Position
	for _, b := range c.basis {
		if b.from <= t {
			out = append(out, b.pos)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (c *Capacity) rests(from timeline.Instant, on timeline.Position) {
	c.basis = append(c.basis, basis{from, domain.Position(on)})
}

// stop ends the capacity at once, without a period to leave, unless its
// functions had ended before.
func (c *Capacity) stop(at timeline.Instant, by timeline.Position) {
	if c.EndOfFunctions >= at {
		c.EndOfFunctions, c.EndOfPeriod, c.Cause = at, at, domain.Position(by)
		c.periods = []period{{from: at, end: at, pos: domain.Position(by)}}
	}
	c.Ended = at
	c.rests(at, by)
}

// A Person is everything about one person as known at the position of a view.
type Person struct {
	ID domain.MemberID
	// Capacities by start; of those that start together, accredited first.
	Capacities []Capacity

	view    View
	history historyView
}

// Person computes a person's capacities for all of time. For somebody of whom
// nothing is known there are none.
func (v View) Person(id domain.MemberID, law Law) Person {
	if law == nil {
		law = noLaw{}
	}
	p := Person{ID: id, view: v, history: v.history(domain.Member(id))}
	p.Capacities = p.accredited(law)
	p.Capacities = append(p.Capacities, p.family(law)...)
	p.Capacities = append(p.Capacities, p.visits()...)
	order := []Kind{Accredited, Courier, Family, Visitor}
	slices.SortStableFunc(p.Capacities, func(a, b Capacity) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Label, b.Label), cmp.Compare(a.SponsorLabel, b.SponsorLabel))
	})
	for i := range p.Capacities {
		c := &p.Capacities[i]
		c.basis = slices.DeleteFunc(c.basis, func(b basis) bool { return b.from > c.Ended })
		c.Events = c.Basis(timeline.Never)
	}
	return p
}

type noLaw struct{}

func (noLaw) Capacities(timeline.Instant) (domain.CapacityLaw, error) {
	return domain.CapacityLaw{}, errors.New("no law was given")
}

func (noLaw) Clock(domain.RequestKind, timeline.Instant) (domain.ClockLaw, bool) {
	return domain.ClockLaw{}, false
}

func (noLaw) Sources() []domain.FactSource { return nil }

// At returns the capacities that have started at t, ended ones too.
func (p *Person) At(t timeline.Instant) []*Capacity {
	var out []*Capacity
	for i := range p.Capacities {
		if p.Capacities[i].Start <= t {
			out = append(out, &p.Capacities[i])
		}
	}
	return out
}

// Status returns the personal status that counts at t for a capacity, or for
// nobody if c is nil: that of t, or for an ended capacity that of its end.
func (p *Person) Status(c *Capacity, t timeline.Instant) (domain.Status, []domain.Position) {
	if c != nil && c.Phase(t) == Ended {
		t = min(c.EndOfFunctions, c.Ended)
	}
	status, found := p.history.Value(attrStatus, t)
	if !found {
		return statusNone, nil
	}
	return domain.Status(status.Value.Text()), []domain.Position{domain.Position(status.Pos)}
}

// Reach describes a capacity at t as scopes see it; nil is nobody. Whether the
// question is about a general liberty is for the asker to add.
func (p *Person) Reach(c *Capacity, t timeline.Instant) domain.Reach {
	status, _ := p.Status(c, t)
	r := domain.Reach{Member: p.ID, Status: status}
	if c == nil {
		return r
	}
	r.State, r.Mission = c.State, c.Mission
	r.Category, r.Rank = c.Category, c.Rank
	if kind, found := p.view.history(domain.Mission(c.Mission)).Value(attrKind, t); found {
		r.MissionKind = domain.MissionKind(kind.Value.Text())
	}
	switch c.Kind {
	case Family:
		r.Family = true
		r.Category, r.Rank = c.SponsorCategory, c.SponsorRank
	case Visitor:
		r.Visitor = true
	default:
		// accredited and courier are as they are
	}
	return r
}

// MissionReach describes a mission at t as scopes see it.
func (v View) MissionReach(id domain.MissionID, t timeline.Instant) domain.Reach {
	h := v.history(domain.Mission(id))
	r := domain.Reach{Mission: id, State: v.sendingState(id)}
	if kind, found := h.Value(attrKind, t); found {
		r.MissionKind = domain.MissionKind(kind.Value.Text())
	}
	return r
}

// Open reports whether a mission has been opened as of t and is not closed.
func (v View) Open(id domain.MissionID, t timeline.Instant) bool {
	status, opened := v.history(domain.Mission(id)).Value(attrStatus, t)
	return opened && status.Value.Text() != missionClosed
}

// City is where a mission is, or "" if that is not known.
func (v View) City(id domain.MissionID, t timeline.Instant) string {
	city, _ := v.history(domain.Mission(id)).Value(attrCity, t)
	return city.Value.Text()
}

// sendingState is the State whose mission it is.
func (v View) sendingState(id domain.MissionID) domain.StateID {
	state, _ := v.history(domain.Mission(id)).Value(attrState, timeline.Never)
	return domain.StateID(state.Value.Text())
}
