package eventlog

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what a log takes. They are the same for every driver, so that a
// log can be copied from any to any.
const (
	MaxRecords = 1000      // records in one append
	MaxAppend  = 900 << 10 // bytes in one append: data, subjects and types
	MaxData    = 64<<10 - 1
	MaxName    = 255 // bytes of a subject or a type
	MaxBody    = 900 << 10
)

// The first and last time a record can carry, in microseconds since 1970: the
// years 1 to 9999, which every format and every tool can show.
var (
	firstRecorded = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	lastRecorded  = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

// CheckAppend reports what is wrong with the records of one append, whatever
// log they are for: an error matching [ErrInvalid], [ErrTooLarge] or
// [ErrClock]. Drivers call it first, so that all refuse the same and none has
// to think of it again.
func CheckAppend(records ...Record) error {
	if len(records) == 0 {
		return fmt.Errorf("%w: nothing to append", ErrInvalid)
	}
	if len(records) > MaxRecords {
		return fmt.Errorf("%w: %d records in one append, at most %d", ErrTooLarge, len(records), MaxRecords)
	}
	total := 0
	for i := range records {
		if err := checkRecord(&records[i]); err != nil {
			return fmt.Errorf("record %d of the append (%s): %w", i, records[i].ID, err)
		}
		if i > 0 && records[i].Recorded.Before(records[i-1].Recorded) {
			return fmt.Errorf("record %d of the append (%s): %w", i, records[i].ID, ErrClock)
		}
		total += len(records[i].Data) + len(records[i].Subject) + len(records[i].Type)
	}
	if total > MaxAppend {
		return fmt.Errorf("%w: %d bytes in one append, at most %d", ErrTooLarge, total, MaxAppend)
	}
	return checkUnique(records)
}

// CheckBody reports an error matching [ErrTooLarge] if a body is too large to
// keep.
func CheckBody(body []byte) error {
	if len(body) > MaxBody {
		return fmt.Errorf("%w: a body of %d bytes, at most %d", ErrTooLarge, len(body), MaxBody)
	}
	return nil
}

func checkRecord(r *Record) error {
	switch {
	case r.ID == ID{}:
		return fmt.Errorf("%w: zero id", ErrInvalid)
	case len(r.Data) == 0:
		return fmt.Errorf("%w: no data", ErrInvalid)
	case len(r.Data) > MaxData:
		return fmt.Errorf("%w: %d bytes of data, at most %d", ErrTooLarge, len(r.Data), MaxData)
	case r.Recorded.Location() != time.UTC:
		return fmt.Errorf("%w: recorded %v is not UTC", ErrInvalid, r.Recorded)
	case r.Recorded.Nanosecond()%int(time.Microsecond) != 0:
		return fmt.Errorf("%w: recorded %v is not whole microseconds", ErrInvalid, r.Recorded)
	}
	// A zero Time is the first instant of year 1, which is nobody's.
	if at := r.Recorded.UnixMicro(); at <= firstRecorded || at > lastRecorded {
		return fmt.Errorf("%w: recorded %v is not in the years 1 to 9999", ErrInvalid, r.Recorded)
	}
	if err := checkName(r.Subject); err != nil {
		return fmt.Errorf("%w: subject %w", ErrInvalid, err)
	}
	if err := checkName(r.Type); err != nil {
		return fmt.Errorf("%w: type %w", ErrInvalid, err)
	}
	return nil
}

// checkName refuses what an index or somebody's terminal would treat in a way
// of its own, such as a zero byte, which ends the text for some tools.
func checkName(name string) error {
	if name == "" {
		return fmt.Errorf("is empty")
	}
	if len(name) > MaxName {
		return fmt.Errorf("has %d bytes, at most %d", len(name), MaxName)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("%q is not UTF-8", name)
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Errorf("%q has control characters", name)
		}
	}
	return nil
}

func checkUnique(records []Record) error {
	if len(records) == 1 {
		return nil
	}
	seen := make(map[ID]int, len(records))
	for i := range records {
		if first, ok := seen[records[i].ID]; ok {
			return fmt.Errorf("%w: records %d and %d of the append have the same id %s", ErrInvalid, first, i, records[i].ID)
		}
		seen[records[i].ID] = i
	}
	return nil
}

// Same reports whether two records are the same in every field. Drivers use
// it to tell an append made again from one that reuses an id.
func Same(a, b Record) bool {
	return a.ID == b.ID &&
		a.Recorded.Equal(b.Recorded) &&
		a.Subject == b.Subject &&
		a.Type == b.Type &&
		string(a.Data) == string(b.Data)
}
