package api

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

// A CitedEvent is an event that an answer rests on.
type CitedEvent struct {
	Position  domain.Position `json:"position"`
	ID        domain.EventID  `json:"id"`
	Subject   domain.Subject  `json:"subject"`
	Type      domain.Type     `json:"type"`
	Recorded  time.Time       `json:"recorded"`
	Authority string          `json:"authority,omitempty"`
	Said      string          `json:"said"`
}

// CitedBy lists the events that an answer rests on, in their order. Plates are whole only
// if restricted data may be seen.
func CitedBy(e *engine.Engine, d domain.Decision, restricted bool) []CitedEvent {
	seen := map[domain.Position]bool{}
	for _, r := range d.Reasons {
		for _, at := range r.Events {
			seen[at] = true
		}
	}
	for _, f := range d.Facts {
		for _, at := range f.Events {
			seen[at] = true
		}
	}
	out := []CitedEvent{}
	view := e.Root().View()
	for _, at := range slices.Sorted(maps.Keys(seen)) {
		if one, found := view.Envelope(at); found {
			out = append(out, CitedEvent{at, one.ID, one.Subject, one.Type(), one.Recorded, one.Authority, Sentence(one, e.Zone(), restricted)})
		}
	}
	return out
}

// Sentence says in one line what an event is, with its time as people in the office would
// write it.
func Sentence(e domain.Envelope, zone calendar.Zone, restricted bool) string {
	return Moment(e.Effective, zone) + " " + e.Subject.String() + " " + Happened(e, restricted)
}

// Happened says what an event is, without when and about whom.
func Happened(e domain.Envelope, restricted bool) string {
	_, text, _ := strings.Cut(Described(e, restricted), " "+e.Subject.String()+" ")
	return text
}

// Described says what an event is, without what is restricted unless that may be seen.
func Described(e domain.Envelope, restricted bool) string {
	if restricted {
		return codec.DescribeRestricted(e)
	}
	return codec.Describe(e)
}

// Moment writes when something holds: the date as it was stated, or the instant.
func Moment(w calendar.When, zone calendar.Zone) string {
	switch {
	case w.HasDate && w.Zone == zone.String():
		return w.Date.String()
	case w.HasDate:
		return w.String()
	case w.Zone == "" && w.At.Equal(w.At.Truncate(24*time.Hour)):
		return LocalTime(w.At, calendar.UTC) // a day that was counted in UTC, such as that of an edition
	}
	return LocalTime(w.At, zone)
}

// LocalTime writes an instant in a zone: seconds only if there are whole ones. An instant
// that was moved by less, to stand after another, is written like that other.
func LocalTime(t time.Time, zone calendar.Zone) string {
	t = t.In(zone.Location())
	layout := "2006-01-02 15:04 MST"
	if t.Second() != 0 {
		layout = "2006-01-02 15:04:05 MST"
	}
	return t.Format(layout)
}
