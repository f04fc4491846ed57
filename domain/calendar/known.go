package calendar

import "time"

// Known is the edge of what had been recorded by some time.
type Known struct {
	Bound     time.Time // in UTC
	Exclusive bool      // whether what was recorded at Bound itself is out
}

// Includes reports whether something recorded at that instant was known.
func (k Known) Includes(recorded time.Time) bool {
	if k.Exclusive {
		return recorded.Before(k.Bound)
	}
	return !recorded.After(k.Bound)
}

// ParseKnown reads any of the forms of [ParseWhen] as the time by which things
// were known. An instant includes what was recorded at that instant. A date
// means the end of that day, in the office's zone or the one written after it:
// all that was recorded before 00:00 of the next.
func ParseKnown(text string, office Zone) (Known, error) {
	when, err := ParseWhen(text, office)
	if err != nil {
		return Known{}, err
	}
	if !when.HasDate {
		return Known{Bound: when.At}, nil
	}
	zone, err := LoadZone(when.Zone)
	if err != nil {
		return Known{}, err // unreachable unless ParseWhen made up a zone
	}
	return Known{Bound: zone.Midnight(when.Date.AddDays(1)), Exclusive: true}, nil
}
