package calendar

import (
	"fmt"
	"time"
)

// A GapError is returned for a local time that no clock in the zone showed,
// because it was put forward over it.
type GapError struct {
	Zone          Zone
	Wall          time.Time     // the time as it was written, as if it were UTC
	Before, After time.Duration // the offsets from UTC on either side of the change
}

func (e *GapError) Error() string {
	return fmt.Sprintf("%s does not exist in %s, where the clock was put forward over it from UTC%s to UTC%s: "+
		"write %s or %s",
		formatWall(e.Wall), e.Zone, formatOffset(e.Before), formatOffset(e.After),
		formatRemedy(e.Wall, e.Before), formatRemedy(e.Wall, e.After))
}

// A FoldError is returned for a local time that clocks in the zone showed
// twice, because they were put back over it.
type FoldError struct {
	Zone          Zone
	Wall          time.Time     // the time as it was written, as if it were UTC
	Before, After time.Duration // the offsets from UTC on either side of the change
}

// Instants returns the two instants, in UTC.
func (e *FoldError) Instants() (first, second time.Time) {
	return e.Wall.Add(-e.Before), e.Wall.Add(-e.After)
}

func (e *FoldError) Error() string {
	return fmt.Sprintf("%s happened twice in %s, where the clock was put back over it from UTC%s to UTC%s: "+
		"write %s for the first or %s for the second",
		formatWall(e.Wall), e.Zone, formatOffset(e.Before), formatOffset(e.After),
		formatRemedy(e.Wall, e.Before), formatRemedy(e.Wall, e.After))
}

// formatRemedy writes the instant that wall is at an offset. RFC 3339 has no
// seconds in an offset, but local mean times have; those are written in UTC.
func formatRemedy(wall time.Time, offset time.Duration) string {
	if offset%time.Minute != 0 {
		return FormatInstant(wall.Add(-offset))
	}
	return formatWall(wall) + formatOffset(offset)
}

// formatOffset writes an offset from UTC as in -06:00, with seconds if it has any.
func formatOffset(offset time.Duration) string {
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	text := fmt.Sprintf("%c%02d:%02d", sign, int(offset.Hours()), int(offset.Minutes())%60)
	if seconds := int(offset.Seconds()) % 60; seconds != 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

// formatWall writes the date and time that a clock shows: seconds and their
// fraction only if there are any.
func formatWall(t time.Time) string {
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04")
	}
	return t.Format("2006-01-02T15:04:05.999999999")
}
