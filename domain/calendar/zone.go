package calendar

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Zone is a time zone of the tz database, under its IANA name.
// Zones are comparable with ==. The zero Zone is [UTC].
type Zone struct {
	loc *time.Location // nil for UTC
}

// UTC is the zone "UTC".
var UTC = Zone{}

// loaded holds the *time.Location of each zone that was asked for, by name.
// Each name gets one pointer for good, which is what makes Zones comparable.
var loaded sync.Map

// A ZoneError is returned for a name that is not a zone of the tz database.
type ZoneError struct {
	Name string
	Near []string // what may have been meant, the likeliest first
}

func (e *ZoneError) Error() string {
	switch {
	case e.Name == "":
		return `no time zone given: name one, such as "America/New_York" or "UTC"`
	case e.Name == "Local":
		return `"Local" is a different zone on every machine: name one, such as "America/New_York" or "UTC"`
	case len(e.Near) == 0:
		return fmt.Sprintf("there is no time zone %s: names are like America/New_York or UTC", quote(e.Name))
	default:
		return fmt.Sprintf("there is no time zone %s: did you mean %s?", quote(e.Name), strings.Join(e.Near, " or "))
	}
}

// LoadZone returns the zone with that name, spelled exactly as the tz database
// spells it. For any other name it returns a [*ZoneError] with near misses.
// It reads the embedded data only, and is safe for concurrent use.
func LoadZone(name string) (Zone, error) {
	if name == "UTC" {
		return UTC, nil
	}
	if loc, ok := loaded.Load(name); ok {
		return Zone{loc.(*time.Location)}, nil
	}
	f, ok := zoneFiles()[name]
	if !ok {
		return Zone{}, &ZoneError{Name: name, Near: near(name)}
	}
	data, err := readZoneFile(f)
	if err != nil {
		return Zone{}, err
	}
	loc, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return Zone{}, fmt.Errorf("load zone data of %s: %w", name, err)
	}
	first, _ := loaded.LoadOrStore(name, loc)
	return Zone{first.(*time.Location)}, nil
}

// Zones returns the names of all zones in alphabetical order.
func Zones() []string { return slices.Clone(zoneNames()) }

// String returns the name of the zone.
func (z Zone) String() string { return z.Location().String() }

// Location returns the zone as package time knows it.
func (z Zone) Location() *time.Location {
	if z.loc == nil {
		return time.UTC
	}
	return z.loc
}

// MarshalText writes the name of the zone.
func (z Zone) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// UnmarshalText is LoadZone.
func (z *Zone) UnmarshalText(text []byte) error {
	zone, err := LoadZone(string(text))
	if err != nil {
		return err
	}
	*z = zone
	return nil
}

// DateOf returns the date that the zone's calendars show at t.
func (z Zone) DateOf(t time.Time) Date { return dateOf(t.In(z.Location())) }

// Midnight returns the first instant, in UTC, at which the zone's calendars
// show that date or a later one. It is 00:00 on nearly all days. If the clock
// skipped 00:00 it is the first time that it showed instead; if it showed
// 00:00 twice it is the first of the two; if it skipped the whole day, as in
// Samoa on 2011-12-30, the day has no length and begins where the next does.
//
// A day is the half-open span from its Midnight to that of the next date. In
// the rare places where the clock was put back across midnight, the hour that
// came twice belongs to the later day, whatever DateOf shows in it.
func (z Zone) Midnight(d Date) time.Time {
	wall := d.utc()
	for span := range z.spans(wall.Add(-maxOffset)) {
		first := wall.Add(-span.offset)
		if first.Before(span.from) {
			first = span.from
		}
		if span.holds(first) {
			return first
		}
	}
	panic("bad math in calendar: no midnight on " + d.String()) // the last span has no end
}

// At returns the instant, in UTC, at which clocks in the zone show that date
// and time of day. If they never do it returns a [*GapError], and if they do
// so twice a [*FoldError]. The hour is 0 to 23.
func (z Zone) At(d Date, hour, minute, sec, nsec int) (time.Time, error) {
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 59 || nsec < 0 || nsec > 999_999_999 {
		return time.Time{}, fmt.Errorf("there is no time of day %02d:%02d:%02d and %d ns", hour, minute, sec, nsec)
	}
	wall := time.Date(d.Year, d.Month, d.Day, hour, minute, sec, nsec, time.UTC)

	var (
		found         []time.Time
		before, after time.Duration // the offsets on either side of a gap
		past          bool
	)
	for s := range z.spans(wall.Add(-maxOffset)) {
		t := wall.Add(-s.offset)
		switch {
		case s.holds(t):
			found = append(found, t)
		case !t.Before(s.from): // it was later than that when the span ended
			before = s.offset
		case !past: // it was later than that already when the span began
			after, past = s.offset, true
		}
		if s.from.After(wall.Add(maxOffset)) {
			break
		}
	}

	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return time.Time{}, &GapError{Zone: z, Wall: wall, Before: before, After: after}
	default:
		return time.Time{}, &FoldError{Zone: z, Wall: wall, Before: wall.Sub(found[0]), After: wall.Sub(found[1])}
	}
}
