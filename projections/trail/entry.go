package trail

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// An Entry is an event, and what became of it by the position of the view.
type Entry struct {
	Position domain.Position
	Envelope domain.Envelope
	// Live says that nothing live retracts, dismisses or corrects it.
	Live bool
	// ActsOn is the event that it names as its target, if Acts.
	ActsOn domain.Position
	Acts   bool
	// By are the events that name it: what revises it, live or not, and what ends
	// or follows it and leaves it standing.
	By []domain.Position
	// Lineage is all that was recorded on the matter, in order: the event with
	// which it began, and what retracts, dismisses and corrects it.
	Lineage []domain.Position
	// Standing are those of the lineage that say what is held to be so now; empty
	// if the matter never was.
	Standing []domain.Position
	// LateDays is how many days after the date on which it took effect the event
	// was recorded, by the calendar of the office; negative if that was ahead.
	LateDays int
}

// Root is the event with which the matter began.
func (e Entry) Root() domain.Position {
	if len(e.Lineage) == 0 {
		return e.Position
	}
	return e.Lineage[0]
}

// Replacement is the first event that stands in its place, if it does not stand
// itself and another does.
func (e Entry) Replacement() (domain.Position, bool) {
	if e.Live || len(e.Standing) == 0 {
		return 0, false
	}
	return e.Standing[0], true
}

// entry says what became of the event at a position.
func (r *reader) entry(zone calendar.Zone, pos domain.Position, env domain.Envelope) Entry {
	e := Entry{
		Position: pos, Envelope: env, Live: r.view.Live(pos), By: slices.Clone(r.actsOn(env)), Lineage: r.view.Lineage(pos), LateDays: lateDays(env, zone),
	}
	if !env.Target.IsZero() {
		e.ActsOn, _, e.Acts = r.view.EventByID(env.Target)
	}
	e.Standing = slices.Clone(e.Lineage)
	e.Standing = slices.DeleteFunc(e.Standing, func(at domain.Position) bool {
		other, _ := r.view.Envelope(at)
		return domain.Retracts(other.Event) || !r.view.Live(at)
	})
	return e
}

func lateDays(e domain.Envelope, zone calendar.Zone) int {
	effective := zone.DateOf(e.Effective.At)
	if e.Effective.HasDate {
		effective = e.Effective.Date
	}
	return zone.DateOf(e.Recorded).DaysSince(effective)
}

// said is what an event says happened: of a correction, what it puts in place of
// what it corrects.
func said(e domain.Event) domain.Event {
	if c, corrects := e.(domain.EventCorrected); corrects {
		return c.Body
	}
	return e
}
