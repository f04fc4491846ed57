package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A ListedRecord is a record of the log, and what it says: docs/format/lists.md.
type ListedRecord struct {
	Position  domain.Position `json:"position"`
	ID        domain.EventID  `json:"id"`
	Recorded  time.Time       `json:"recorded"`
	Effective time.Time       `json:"effective"`
	Subject   domain.Subject  `json:"subject"`
	Type      domain.Type     `json:"type"`
	Said      string          `json:"said"`
}

// ListedRecordOf writes a record, with times as people in a zone would write them. Plates
// are whole only if restricted data may be seen.
func ListedRecordOf(at domain.Position, e domain.Envelope, zone calendar.Zone, restricted bool) ListedRecord {
	return ListedRecord{at, e.ID, e.Recorded, e.Effective.At, e.Subject, e.Type(), Sentence(e, zone, restricted)}
}
