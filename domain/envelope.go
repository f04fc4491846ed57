package domain

import (
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// An Envelope is one event as the log keeps it: what happened, to whom, when it
// took effect, when the office learned of it, who said so and on what authority.
type Envelope struct {
	ID      EventID
	Subject Subject
	// Effective is when it holds in the world: an instant, with the legal local
	// date and zone when the source gave them.
	Effective calendar.When
	// Recorded is when the log learned of it: UTC, to the microsecond. All
	// events of one command share it and the next command has a greater one.
	Recorded time.Time
	// Actor is who recorded it, as claimed or proved at the door.
	Actor string
	// Authority is the law, note or order relied upon. It is never empty on
	// an event that grants, restricts or waives.
	Authority string
	// Command is the command that caused the event.
	Command CommandID
	// Correlation ties together what belongs to one affair.
	Correlation string
	// Target is the event that this one ends, retracts or corrects; zero if none.
	Target EventID
	Event  Event
}

// Type is the name of the event in the envelope.
func (e Envelope) Type() Type { return e.Event.Type() }
