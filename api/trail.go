package api

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/trail"
)

// A Traced is an event with what it follows from: docs/format/trail.md.
type Traced struct {
	Entry
	Correlation string            `json:"correlation,omitempty"`
	ActsOn      *domain.Position  `json:"acts_on,omitempty"`
	Lineage     []domain.Position `json:"lineage"`
	Standing    []domain.Position `json:"standing"`
	LateDays    int               `json:"late_days"`
}

// TracedOf writes an entry of the trail. Plates are whole only if restricted data may be
// seen.
func TracedOf(e trail.Entry, restricted bool) Traced {
	out := Traced{
		Entry:       EntryOf(engine.Entry{Position: e.Position, Envelope: e.Envelope, Live: e.Live, By: e.By}, restricted),
		Correlation: e.Envelope.Correlation, Lineage: ListOf(e.Lineage), Standing: ListOf(e.Standing), LateDays: e.LateDays,
	}
	if e.Acts {
		out.ActsOn = &e.ActsOn
	}
	return out
}
