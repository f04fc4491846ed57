package generate

import (
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// never is after every day.
const never = 1 << 30

// The zones of the places where missions are. The first is the office's.
const (
	eastern = iota
	central
	mountain
	pacific
)

var zoneNames = []string{Zone, "America/Chicago", "America/Denver", "America/Los_Angeles"}

// days counts days from the first that the office records anything, and knows
// at which instants they begin.
type days struct {
	first  calendar.Date
	count  int
	zones  []calendar.Zone
	begins [][]time.Time // by zone and day, as far as they were asked for
	works  []int         // for every day, the day on which the office works on what comes on it
}

// margin is for how many days before the first and after the last it is worth
// remembering when they begin.
const margin = 366 * 6

func newDays(from, to calendar.Date) (*days, error) {
	t := &days{first: from, count: to.DaysSince(from) + 1}
	for _, name := range zoneNames {
		zone, err := calendar.LoadZone(name)
		if err != nil {
			return nil, err
		}
		t.zones = append(t.zones, zone)
		t.begins = append(t.begins, make([]time.Time, t.count+2*margin))
	}
	t.works = make([]int, t.count)
	last := 0
	for d := range t.count {
		if t.works[d] = d; t.atWork(d) {
			last = d
		}
	}
	next := last
	for d := t.count - 1; d >= 0; d-- {
		if t.atWork(d) {
			next = d
		}
		t.works[d] = next
	}
	return t, nil
}

// atWork reports whether the office works on a day: from Monday to Friday, and
// on its first day.
func (t *days) atWork(d int) bool {
	date := t.date(d)
	weekday := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC).Weekday()
	return d == 0 || weekday != time.Saturday && weekday != time.Sunday
}

// office returns the day on which the office works on what comes on a day.
func (t *days) office(d int) int { return t.works[min(max(d, 0), t.count-1)] }

func (t *days) date(d int) calendar.Date { return t.first.AddDays(d) }

// begin is the instant at which a day begins in a zone.
func (t *days) begin(zone, d int) time.Time {
	i := d + margin
	if i < 0 || i >= len(t.begins[zone]) {
		return t.zones[zone].Midnight(t.date(d))
	}
	at := &t.begins[zone][i]
	if at.IsZero() {
		*at = t.zones[zone].Midnight(t.date(d))
	}
	return *at
}

// on is a day as somebody in a zone writes it.
func (t *days) on(zone, d int) calendar.When {
	return calendar.When{At: t.begin(zone, d), Date: t.date(d), HasDate: true, Zone: zoneNames[zone]}
}
