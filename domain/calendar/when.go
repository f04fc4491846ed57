package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A When is a moment as somebody wrote it. The instant is what is computed
// with; the date and zone are what the law said, kept so that they can be read
// back. Convert once and keep all four: a later edition of the tz database may
// put the same midnight at another instant. Whens are comparable with ==.
type When struct {
	At      time.Time // in UTC, whole microseconds
	Date    Date      // the legal date, if HasDate
	HasDate bool      // whether a date was given without a time of day
	Zone    string    // the zone of the date or of the local time; "" if an offset was given
}

// ErrNoZone is returned for a time of day with neither an offset nor a zone.
// The office's zone is not assumed: only a date belongs to the office.
var ErrNoZone = errors.New("a time of day needs an offset or a zone")

// ParseWhen reads a moment in one of the forms listed at the top of the
// package. A date alone is in the office's zone.
//
// A time without a zone is refused with an error matching [ErrNoZone], a zone
// that does not exist with a [*ZoneError], and a local time that does not
// exist, or twice, with a [*GapError] or a [*FoldError].
func ParseWhen(text string, office Zone) (When, error) {
	if text == "" {
		return When{}, errors.New("no date or time given: write a date as in 2025-05-31 or a time as in 2025-05-31T16:00Z")
	}
	when, err := parseWhen(text, office)
	if err != nil {
		return When{}, err
	}
	// The written year is in range; that of the instant may have left it.
	zone, err := when.zone()
	if err != nil {
		return When{}, err
	}
	for _, year := range []int{when.At.Year(), zone.DateOf(when.At).Year} {
		if year < minYear || year > maxYear {
			return When{}, fmt.Errorf("%s: the year is not between %d and %d", quote(text), minYear, maxYear)
		}
	}
	return when, nil
}

func parseWhen(text string, office Zone) (When, error) {
	moment, zoneName, hasZone := strings.Cut(text, " ")
	day, clock, hasClock := strings.Cut(moment, "T")
	date, err := ParseDate(day)
	if err != nil {
		return When{}, err
	}
	zone := office
	if hasZone {
		if zoneName == "" {
			return When{}, fmt.Errorf("%s ends in a space: leave it out, or write a zone after it", quote(text))
		}
		if digits(zoneName[:1]) {
			return When{}, fmt.Errorf("%s: write a T, not a space, between date and time", quote(text))
		}
		if zone, err = LoadZone(zoneName); err != nil {
			return When{}, fmt.Errorf("%s: %w", quote(text), err)
		}
	}
	if !hasClock {
		return When{At: zone.Midnight(date), Date: date, HasDate: true, Zone: zone.String()}, nil
	}

	c, err := parseClock(clock)
	switch {
	case err != nil:
		return When{}, fmt.Errorf("%s: %w", quote(text), err)
	case hasZone && c.hasOffset:
		return When{}, fmt.Errorf("%s has both an offset and a zone: write one of them", quote(text))
	case !hasZone && !c.hasOffset:
		return When{}, fmt.Errorf("%s: %w: write %s for UTC, %s with an offset, or %s with a zone",
			quote(text), ErrNoZone, moment+"Z", moment+office.offsetNear(date), quote(moment+" "+office.example()))
	case c.hasOffset:
		return When{At: c.on(date).Add(-c.offset)}, nil
	case c.hour == 24:
		return When{At: zone.Midnight(date.AddDays(1)), Zone: zone.String()}, nil
	}
	at, err := zone.At(date, c.hour, c.minute, c.second, c.nsec)
	if err != nil {
		return When{}, err
	}
	return When{At: at, Zone: zone.String()}, nil
}

// String writes the moment so that ParseWhen reads the same from it, whatever
// the office's zone. A When that ParseWhen cannot have made, because its local
// time happened twice, is written in UTC.
func (w When) String() string {
	if w.HasDate {
		return w.Date.String() + " " + w.Zone
	}
	zone, err := w.zone()
	if w.Zone == "" || err != nil {
		return FormatInstant(w.At)
	}
	local := w.At.In(zone.Location())
	date := dateOf(local)
	if at, err := zone.At(date, local.Hour(), local.Minute(), local.Second(), local.Nanosecond()); err == nil && at.Equal(w.At) {
		return formatWall(local) + " " + w.Zone
	}
	if w.At.Equal(zone.Midnight(date)) {
		return date.AddDays(-1).String() + "T24:00 " + w.Zone
	}
	return FormatInstant(w.At)
}

func (w When) zone() (Zone, error) {
	if w.Zone == "" {
		return UTC, nil
	}
	return LoadZone(w.Zone)
}

// offsetNear writes the offset that the zone has around noon of a date, as an
// example of an offset.
func (z Zone) offsetNear(d Date) string {
	_, seconds := d.utc().Add(12 * time.Hour).In(z.Location()).Zone()
	return formatOffset((time.Duration(seconds) * time.Second).Truncate(time.Minute))
}

// example is a zone to show somebody who wrote none.
func (z Zone) example() string {
	if z == UTC {
		return "America/New_York"
	}
	return z.String()
}
