package timeline

import (
	"math"
	"time"
)

// An Instant is a moment in the world: microseconds since 1970, UTC.
type Instant int64

// Before every other instant, and after every other.
const (
	Always Instant = math.MinInt64
	Never  Instant = math.MaxInt64
)

// Of returns the instant of t, cut to the microsecond.
func Of(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns the instant in UTC. For [Always] and [Never] it is the zero
// time, which stands for "no limit" wherever answers show a time.
func (i Instant) Time() time.Time {
	if i == Always || i == Never {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

func (i Instant) String() string {
	switch i {
	case Always:
		return "always"
	case Never:
		return "never"
	default:
		return i.Time().Format("2006-01-02T15:04:05.999999Z07:00")
	}
}

// A Position is a moment of learning: how many records the log held. An entry
// at position p is known at every k greater than p.
type Position uint64
