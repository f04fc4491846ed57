package api

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/bulk"
)

// An Imported list is what became of a list: docs/format/import.md.
type Imported struct {
	Import   string          `json:"import"` // the id of the import
	Kind     bulk.Kind       `json:"kind"`
	Rows     int             `json:"rows"`
	Recorded int             `json:"recorded"` // rows
	Repeated int             `json:"repeated"` // rows that were on record before
	Refused  int             `json:"refused"`
	Events   int             `json:"events"`
	Position domain.Position `json:"position"`
	DryRun   bool            `json:"dry_run"`
	Report   string          `json:"report,omitempty"` // the file of what was refused
}
