package calendar

import "time"

// Instant returns t as comity keeps instants: in UTC, cut to the microsecond.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// FormatInstant writes an instant as RFC 3339 in UTC, with as many digits of
// the microsecond as are needed: 2025-01-10T22:00:00Z, 2025-01-10T22:00:00.5Z.
func FormatInstant(t time.Time) string { return Instant(t).Format("2006-01-02T15:04:05.999999Z07:00") }

// ParseInstant reads any of the forms of [ParseWhen] and returns the instant alone.
func ParseInstant(text string, office Zone) (time.Time, error) {
	when, err := ParseWhen(text, office)
	return when.At, err
}
