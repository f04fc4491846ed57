package calendar

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/internal/mutant"
)

// The years that can be written. Before the first no zone and no treaty in
// force is of any use; after the last a date is a slip of the pen.
const (
	minYear = 1700
	maxYear = 2300
)

// A Date is a day of the (proleptic) Gregorian calendar, in no zone.
// Dates are comparable with ==. The zero Date is no day at all.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date written as 2025-05-31, and nothing else.
func ParseDate(text string) (Date, error) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' ||
		!digits(text[:4]) || !digits(text[5:7]) || !digits(text[8:]) {
		return Date{}, fmt.Errorf("%s is not a date: write year, month and day as in 2025-05-31", quote(text))
	}
	d := Date{Year: number(text[:4]), Month: time.Month(number(text[5:7])), Day: number(text[8:])}
	switch {
	case d.Year < minYear || d.Year > maxYear:
		return Date{}, fmt.Errorf("%s: the year %d is not between %d and %d", quote(text), d.Year, minYear, maxYear)
	case d.Month < time.January || d.Month > time.December:
		return Date{}, fmt.Errorf("%s: there is no month %02d", quote(text), d.Month)
	case d.Day < 1 || d.Day > daysIn(d.Year, d.Month):
		return Date{}, fmt.Errorf("%s: %s %d has days 01 to %d", quote(text), d.Month, d.Year, daysIn(d.Year, d.Month))
	}
	return d, nil
}

// String formats the date as ParseDate reads it. The zero Date is "no date".
func (d Date) String() string {
	if d.IsZero() {
		return "no date"
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// AddDays returns the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return dateOf(d.utc().AddDate(0, 0, n)) }

// AddMonths returns the same day n months later, clamped to the last day of
// that month: 2024-01-31 and one month is 2024-02-29.
// Clamping is not undone by going back: do not add months one by one.
func (d Date) AddMonths(n int) Date {
	if mutant.On(mutant.MonthsNotClamped) {
		return dateOf(d.utc().AddDate(0, n, 0))
	}
	months := d.Year*12 + int(d.Month-time.January) + n
	year, month := months/12, months%12
	if month < 0 {
		year, month = year-1, month+12
	}
	m := time.January + time.Month(month)
	return Date{Year: year, Month: m, Day: min(d.Day, daysIn(year, m))}
}

// AddYears returns the same day n years later, 29 February becoming the 28th
// in a common year.
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// Compare returns -1 if d is earlier than e, +1 if it is later, otherwise 0.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// DaysSince returns the number of days from e to d, negative if e is later.
func (d Date) DaysSince(e Date) int {
	const day = 24 * 60 * 60 // UTC has no other
	return int((d.utc().Unix() - e.utc().Unix()) / day)
}

// Age returns the whole years that somebody born on one date has lived on
// another. Whoever was born on 29 February grows older on the 28th in a common
// year. Before birth the age is negative.
func Age(born, on Date) int {
	years := on.Year - born.Year
	if on.Before(born.AddYears(years)) {
		years--
	}
	return years
}

// MarshalText writes the date as String does, and the zero Date as nothing.
func (d Date) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	if _, err := ParseDate(d.String()); err != nil {
		return nil, err
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// utc is 00:00 UTC of the date.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// dateOf is the date that a clock showing t shows.
func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day() // day 0 is the last of the month before
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// number is the value of a few digits.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic("bad math in calendar: " + err.Error()) // callers have checked the digits and their count
	}
	return n
}

// quote quotes what somebody wrote, and cuts it short if it is long.
func quote(text string) string {
	const most = 60
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}
