package calendar

import (
	"iter"
	"time"
)

// maxOffset is more than any clock was ever away from UTC. The farthest was
// Manila before 1845, at -15:56:08.
const maxOffset = 26 * time.Hour

// A span is a time, [from, to), in which a zone has one offset. The next span
// may have the same.
type span struct {
	from, to time.Time
	endless  bool // to is not set
	offset   time.Duration
}

func (s span) holds(t time.Time) bool {
	return !t.Before(s.from) && (s.endless || t.Before(s.to))
}

// spans yields the spans of a zone in order from the one that holds t, whose
// from is t itself.
func (z Zone) spans(t time.Time) iter.Seq[span] {
	return func(yield func(span) bool) {
		for {
			local := t.In(z.Location())
			_, offset := local.Zone()
			_, end := local.ZoneBounds()
			if !end.IsZero() && !end.After(t) {
				// Past the table, ZoneBounds takes all years for common ones, so
				// on the last day of a leap year it names a bound that has passed.
				// Any later time will do as long as the offset stays the same.
				end = t.Add(time.Hour)
			}
			s := span{from: t, to: end.UTC(), endless: end.IsZero(), offset: time.Duration(offset) * time.Second}
			if !yield(s) || s.endless {
				return
			}
			t = s.to
		}
	}
}
