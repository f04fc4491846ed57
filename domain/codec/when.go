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

// checkInstant refuses an instant that cannot be written and read back.
func checkInstant(t time.Time) error {
	if t.IsZero() {
		return errors.New("no time is given")
	}
	if t != calendar.Instant(t) {
		return fmt.Errorf("%s is not in UTC to the microsecond: use calendar.Instant", t)
	}
	_, err := calendar.ParseInstant(calendar.FormatInstant(t), calendar.UTC) // the year may be out of range
	return err
}

// parseInstant reads an instant in its one stored spelling.
func parseInstant(text string) (time.Time, error) {
	at, err := calendar.ParseInstant(text, calendar.UTC)
	if err != nil {
		return time.Time{}, err
	}
	if want := calendar.FormatInstant(at); want != text {
		return time.Time{}, fmt.Errorf("%q is not an instant in UTC as the log writes it: write %q", text, want)
	}
	return at, nil
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
	place := r.place()
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
		return w, &Error{Pointer: place, Err: errors.New(`the key "at" is missing`)}
	}
	if err := checkWhen(w, tolerance); err != nil {
		return w, &Error{Pointer: place, Err: err}
	}
	return w, nil
}

var whenKeys = []string{"at", "date", "zone"}
