package standing

import (
	"encoding/json"
	"time"

	"github.com/comity-project/comity/domain"
)

// The JSON of what is answered over time; docs/format/timeline.md describes it.
// A bound that is open is left out.

// between is a half-open time.
type between struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// told is an answer with whether it permits.
type told struct {
	Said
	Permits bool `json:"permits"`
}

func tell(s Said) told { return told{s, s.Refused == "" && s.Permits()} }

// MarshalJSON writes the timeline.
func (t Timeline) MarshalJSON() ([]byte, error) {
	type stretch struct {
		between
		told
		Begins string            `json:"begins,omitzero"`
		Events []domain.Position `json:"events,omitzero"`
	}
	list := make([]stretch, len(t.Stretches))
	for i, s := range t.Stretches {
		list[i] = stretch{between{s.From.Time(), s.To.Time()}, tell(s.Said), s.Begins, s.Events}
	}
	return json.Marshal(struct {
		About
		AsKnown domain.Position `json:"as_known"`
		between
		Stretches []stretch `json:"stretches"`
	}{t.About, t.AsKnown, between{t.From.Time(), t.To.Time()}, list})
}

// MarshalJSON writes the timeline over what was known.
func (t KnownTimeline) MarshalJSON() ([]byte, error) {
	type stretch struct {
		Learned
		told
	}
	list := make([]stretch, len(t.Stretches))
	for i, s := range t.Stretches {
		list[i] = stretch{s.Learned, tell(s.Said)}
	}
	return json.Marshal(struct {
		About
		AsOf      time.Time       `json:"as_of"`
		From      domain.Position `json:"known_from"`
		To        domain.Position `json:"known_to"`
		Stretches []stretch       `json:"stretches"`
	}{t.About, t.AsOf.Time(), t.From, t.To, list})
}

// MarshalJSON writes the map.
func (m Map) MarshalJSON() ([]byte, error) {
	type cell struct {
		between
		Answer int `json:"answer"`
	}
	type row struct {
		Learned
		Cells []cell `json:"cells"`
	}
	rows := make([]row, len(m.Rows))
	for i, r := range m.Rows {
		rows[i].Learned = r.Learned
		for _, c := range r.Cells {
			rows[i].Cells = append(rows[i].Cells, cell{between{c.From.Time(), c.To.Time()}, c.Answer})
		}
	}
	answers := make([]told, len(m.Answers))
	for i, a := range m.Answers {
		answers[i] = tell(a)
	}
	return json.Marshal(struct {
		About
		between
		First   domain.Position `json:"known_from"`
		Last    domain.Position `json:"known_to"`
		Answers []told          `json:"answers"`
		Rows    []row           `json:"rows"`
	}{m.About, between{m.From.Time(), m.To.Time()}, m.FirstKnown, m.LastKnown, answers, rows})
}

// MarshalJSON writes the change.
func (c Change) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At time.Time `json:"at"`
		told
		Cause string `json:"cause,omitzero"`
	}{c.At.Time(), tell(c.Said), c.Cause})
}
