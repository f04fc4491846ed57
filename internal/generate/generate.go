// Package generate makes synthetic offices, for demonstrations and benchmarks:
// invented States with their missions in American cities, the people who serve
// there and their families, and what an office records of them over years.
//
//	office, err := generate.New(generate.Options{Members: 300, Events: 3000, Seed: 1})
//	for command := range office.Commands() { ... }   // or
//	err := office.Write(ctx, file, nil)               // as lines for comity record, or
//	err := office.Record(ctx, log, bodies, law, nil)  // as the log of an office
//
// The same options make the same bytes on every machine. Everything comes from
// the seed, by generators that are specified; no map is iterated and no clock
// is read. Numbers of members and of events are met exactly.
//
// # How it is made
//
// What must happen is planned first: the States and their missions, and for every
// person when they come, what becomes of them and when the office learns of it.
// That takes some dozens of bytes a person. Then the office goes through its days.
// On each it records what was planned, what follows from what was recorded before
// (a ticket is cleared, insurance renewed, a request decided), and as many stories
// as bring it nearer to the number of events: purchases, tickets, violations,
// requests, cards, corrections. Nothing but what later events need is kept.
package generate

import (
	"fmt"
	"iter"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Zone is the time zone of the office.
const Zone = "America/New_York"

// Options say what office to make. Zero values are those of a small one.
type Options struct {
	Members int // persons on record, relatives included
	Events  int // besides those that found the office
	Seed    uint64
	// From and To are the first and the last day on which something is recorded.
	From, To calendar.Date
}

// The defaults of the options.
const (
	DefaultMembers = 300
	DefaultEvents  = 3000
)

// DefaultFrom and DefaultTo are the days of an office for which none are stated.
func DefaultFrom() calendar.Date { return calendar.Date{Year: 2015, Month: 1, Day: 1} }

// DefaultTo is the last of these days.
func DefaultTo() calendar.Date { return calendar.Date{Year: 2025, Month: 12, Day: 31} }

// The most that can be asked for.
const (
	MaxMembers = 10_000_000
	MaxEvents  = 1_000_000_000
	maxYears   = 100
)

// A TooFewError is returned when what must happen to so many members are
// already more events than were asked for.
type TooFewError struct{ Members, Events, Least int }

func (e *TooFewError) Error() string {
	return fmt.Sprintf("%d events are too few for %d members, whose comings and goings alone are %d: ask for at least so many events, or for fewer members", e.Events, e.Members, e.Least)
}

// An Office is planned, and ready to be told. It may be told many times, and is
// the same each time.
type Office struct {
	Options
	days     *days
	states   []state
	missions []mission
	severed  []int // States with which relations are broken off
	people   []person
	moments  []moment
	fixed    []deed // what States do and have done to them, by day
	spare    int    // how many events are left for stories
}

// New plans an office.
func New(options Options) (*Office, error) {
	o := &Office{Options: options}
	if o.Members == 0 {
		o.Members = DefaultMembers
	}
	if o.Events == 0 {
		o.Events = DefaultEvents
	}
	if o.From.IsZero() {
		o.From = DefaultFrom()
	}
	if o.To.IsZero() {
		o.To = DefaultTo()
	}
	switch {
	case o.Members < 1 || o.Members > MaxMembers:
		return nil, fmt.Errorf("an office has 1 to %d members, not %d", MaxMembers, o.Members)
	case o.Events < 1 || o.Events > MaxEvents:
		return nil, fmt.Errorf("an office has 1 to %d events, not %d", MaxEvents, o.Events)
	case o.To.Before(o.From):
		return nil, fmt.Errorf("%s is before %s: the last day is not before the first", o.To, o.From)
	case o.From.Year < 1980 || o.To.Year > 2200 || o.To.Year-o.From.Year > maxYears:
		return nil, fmt.Errorf("from %s to %s: write days between 1980 and 2200, of at most %d years", o.From, o.To, maxYears)
	}
	var err error
	if o.days, err = newDays(o.From, o.To); err != nil {
		return nil, err
	}
	o.build()
	o.populate()
	o.settle()
	least := len(o.moments)
	for _, f := range o.fixed {
		least += f.events
	}
	if o.spare = o.Events - least; o.spare < 0 {
		return nil, &TooFewError{o.Members, o.Events, least}
	}
	return o, nil
}

// Commands tells the office, in order of recording. Every event is complete: it
// has its id and its command, and states when it was recorded and by whom.
func (o *Office) Commands() iter.Seq[domain.Command] {
	return func(yield func(domain.Command) bool) { newTelling(o, yield).run() }
}
