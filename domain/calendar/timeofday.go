package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A timeOfDay is what stands after the T: hh:mm[:ss[.ffffff]][Z|±hh:mm].
type timeOfDay struct {
	hour, minute, second int // hour is 24 at the end of the day
	nsec                 int
	offset               time.Duration
	hasOffset            bool
}

// on is that time on a date, as if it were UTC.
func (c timeOfDay) on(d Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, c.hour, c.minute, c.second, c.nsec, time.UTC)
}

func parseClock(text string) (timeOfDay, error) {
	var (
		c   timeOfDay
		err error
	)
	clock := text
	if i := strings.IndexAny(text, "Z+-"); i >= 0 {
		clock = text[:i]
		if c.offset, err = parseOffset(text[i:]); err != nil {
			return timeOfDay{}, err
		}
		c.hasOffset = true
	}
	hhmm, rest := clock[:min(5, len(clock))], clock[min(5, len(clock)):]
	if len(hhmm) != 5 || hhmm[2] != ':' || !digits(hhmm[:2]) || !digits(hhmm[3:]) {
		return timeOfDay{}, fmt.Errorf("%s is not a time of day: write hours and minutes as in 16:00", quote(clock))
	}
	c.hour, c.minute = number(hhmm[:2]), number(hhmm[3:])
	if rest != "" {
		if c.second, c.nsec, err = parseSeconds(rest); err != nil {
			return timeOfDay{}, err
		}
	}
	switch {
	case c.hour == 24 && (c.minute != 0 || c.second != 0 || c.nsec != 0):
		return timeOfDay{}, fmt.Errorf("the day ends at 24:00, and there is no %s", clock)
	case c.hour > 24:
		return timeOfDay{}, fmt.Errorf("there is no hour %02d", c.hour)
	case c.minute > 59:
		return timeOfDay{}, fmt.Errorf("there is no minute %02d", c.minute)
	case c.second == 60:
		return timeOfDay{}, errors.New("leap seconds are not kept: write the second before or after")
	case c.second > 59:
		return timeOfDay{}, fmt.Errorf("there is no second %02d", c.second)
	}
	return c, nil
}

// parseSeconds reads :ss or :ss. and one to six digits.
func parseSeconds(text string) (second, nsec int, err error) {
	whole, fraction, hasFraction := strings.Cut(text, ".")
	if len(whole) != 3 || whole[0] != ':' || !digits(whole[1:]) || hasFraction && !digits(fraction) {
		return 0, 0, fmt.Errorf("%s after the minutes is not understood: write seconds as in :30 or :30.25, then Z, an offset or a space and a zone", quote(text))
	}
	if len(fraction) > 6 {
		return 0, 0, fmt.Errorf("%s is finer than a microsecond: write at most six digits", quote(text))
	}
	if hasFraction {
		nsec = number((fraction + "000000")[:6]) * int(time.Microsecond)
	}
	return number(whole[1:]), nsec, nil
}

// parseOffset reads Z, +hh:mm or -hh:mm.
func parseOffset(text string) (time.Duration, error) {
	if text == "Z" {
		return 0, nil
	}
	if len(text) != len("+00:00") || text[0] == 'Z' || text[3] != ':' || !digits(text[1:3]) || !digits(text[4:]) {
		return 0, fmt.Errorf("%s is not an offset: write Z, or hours and minutes as in -06:00", quote(text))
	}
	hours, minutes := number(text[1:3]), number(text[4:])
	if hours > 23 || minutes > 59 {
		return 0, fmt.Errorf("no clock is %s away from UTC", text)
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, nil
}
