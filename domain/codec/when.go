package codec

import (
	"errors"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// drift is how far a stored instant may be from what today's zone data says of
// its date. It is exact when it is written; but when a government moves its
// clocks, a new edition of the zone data may move a midnight that is already
// in the log, which must stay readable.
const drift = 3 * time.Hour

// checkWhen refuses a moment that cannot be written and read back.
func checkWhen(w calendar.When, tolerance time.Duration) error {
	if err := checkInstant(w.At); err != nil {
		return err
	}
	if !w.HasDate && w.Date != (calendar.Date{}) {
		return errors.New("a date that is not said to be there")
	}
	if w.Zone == "" {
		if w.HasDate {
			return fmt.Errorf("the date %s has no zone: name the zone in which it was meant", w.Date)
		}
		return nil
	}
	zone, err := calendar.LoadZone(w.Zone)
	if err != nil || !w.HasDate {
		return err
	}
	if local := w.At.In(zone.Location()); tolerance > 0 && ordinary(w.At) && showsMidnight(local, w.Date) {
		return nil // the usual case, for replay
	}
	if _, err := calendar.ParseDate(w.Date.String()); err != nil {
		return err
	}
	midnight := zone.Midnight(w.Date)
	if off := w.At.Sub(midnight); off > tolerance || off < -tolerance {
		return fmt.Errorf("at %s is not 00:00 of %s in %s: write %s, or leave out the date",
			calendar.FormatInstant(w.At), w.Date, w.Zone, calendar.FormatInstant(midnight))
	}
	return nil
}

// ordinary reports whether the year of t is one that package calendar takes in
// any zone.
func ordinary(t time.Time) bool {
	const first, end = -2208988800, 7258118400 // 1900 and 2200
	s := t.Unix()
	return s >= first && s < end
}

func showsMidnight(local time.Time, d calendar.Date) bool {
	_, offset := local.Zone() // looked up once: Clock and Date would do so each
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return midnight.Year() == d.Year && midnight.Month() == d.Month && midnight.Day() == d.Day &&
		local.Add(time.Duration(offset)*time.Second).Equal(midnight)
}

// checkInstant refuses an instant that cannot be written and read back.
func checkInstant(t time.Time) error {
	if t.IsZero() {
		return errors.New("no time is given")
	}
	if t != calendar.Instant(t) {
		return fmt.Errorf("%s is not in UTC to the microsecond: use calendar.Instant", t)
	}
	if ordinary(t) {
		return nil
	}
	_, err := calendar.ParseInstant(calendar.FormatInstant(t), calendar.UTC) // the year may be out of range
	return err
}

// parseInstant reads an instant in its one stored spelling.
func parseInstant(text string) (time.Time, error) {
	if at, ok := parsePlain(text); ok {
		return at, nil
	}
	at, err := calendar.ParseInstant(text, calendar.UTC)
	if err != nil {
		return time.Time{}, err
	}
	if want := calendar.FormatInstant(at); want != text {
		return time.Time{}, fmt.Errorf("%q is not an instant in UTC as the log writes it: write %q", text, want)
	}
	return at, nil
}

// parsePlain reads an ordinary instant of our times in its stored spelling,
// quickly, since replay reads two for every event. It leaves all others to
// package calendar.
func parsePlain(text string) (time.Time, bool) {
	const layout = "2006-01-02T15:04:05Z"
	n := len(text)
	if n < len(layout) || n == len(layout)+1 || n > len(layout)+7 || text[n-1] != 'Z' {
		return time.Time{}, false
	}
	var part [6]int // year, month, day, hour, minute, second
	for i, place := 0, 0; i < len(layout)-1; i++ {
		c := text[i]
		switch {
		case c >= '0' && c <= '9' && layout[i] >= '0' && layout[i] <= '9':
			part[place] = part[place]*10 + int(c-'0')
		case c == layout[i]:
			place++
		default:
			return time.Time{}, false
		}
	}
	micros := 0
	if n > len(layout) {
		if text[19] != '.' || text[n-2] == '0' {
			return time.Time{}, false
		}
		for i := 20; i < 26; i++ {
			micros *= 10
			if i < n-1 {
				if text[i] < '0' || text[i] > '9' {
					return time.Time{}, false
				}
				micros += int(text[i] - '0')
			}
		}
	}
	if !plainDay(part[0], part[1], part[2]) || part[3] > 23 || part[4] > 59 || part[5] > 59 {
		return time.Time{}, false
	}
	return time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], micros*1000, time.UTC), true
}

func appendWhen(dst []byte, w calendar.When) ([]byte, error) {
	if err := checkWhen(w, drift); err != nil {
		return nil, err
	}
	dst = append(dst, `{"at":"`...)
	dst = append(dst, calendar.FormatInstant(w.At)...)
	if w.HasDate {
		dst = append(dst, `","date":"`...)
		dst = append(dst, w.Date.String()...)
	}
	if w.Zone != "" {
		dst = append(dst, `","zone":"`...)
		dst = append(dst, w.Zone...)
	}
	return append(dst, `"}`...), nil
}

// when reads a moment: the stored object or, at the doors, also a text.
func (r *reader) when() (calendar.When, error) {
	var w calendar.When
	switch kind := r.dec.PeekKind(); {
	case kind == '"' && r.door:
		text, err := r.text()
		if err != nil {
			return w, err
		}
		w, err = calendar.ParseWhen(text, r.office)
		return w, r.at(err)
	case kind == '"':
		return w, r.want(`an object such as {"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"}`)
	case kind != '{':
		return w, r.want("a time")
	}
	err := r.object(whenKeys, func(key string) error {
		text, err := r.text()
		if err != nil {
			return err
		}
		switch key {
		case "at":
			w.At, err = parseInstant(text)
		case "date":
			w.HasDate = true
			w.Date, err = calendar.ParseDate(text)
		case "zone":
			if w.Zone = text; text == "" {
				err = errors.New("no zone is named: leave the key out")
			}
		}
		return r.at(err)
	})
	if err != nil {
		return w, err
	}
	tolerance := drift
	if r.door {
		tolerance = 0
	}
	if w.At.IsZero() {
		return w, r.at(missingKeys([]string{"at"}))
	}
	return w, r.at(checkWhen(w, tolerance))
}

var whenKeys = []string{"at", "date", "zone"}
