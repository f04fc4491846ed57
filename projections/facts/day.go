package facts

import (
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// dated is the date of a moment: the one that was stated, else what the
// calendars in the zone show.
func dated(w calendar.When, z calendar.Zone) calendar.Date {
	if w.HasDate {
		return w.Date
	}
	if mutant.On(mutant.DayOfUTC) {
		return calendar.UTC.DateOf(w.At)
	}
	return z.DateOf(w.At)
}

// midnight is the instant at which a date begins in the zone.
func midnight(z calendar.Zone, d calendar.Date) timeline.Instant { return timeline.Of(z.Midnight(d)) }

// today is the date that has begun last by t. Where the clock was put back
// across midnight, that is the later of the two that calendars showed.
func today(z calendar.Zone, t timeline.Instant) calendar.Date {
	date := z.DateOf(t.Time())
	if next := date.AddDays(1); midnight(z, next) <= t {
		return next
	}
	return date
}
