package rulesets

import _ "embed" // for the archive

//go:embed archive/public-record.jsonl
var archive []byte

// Archive returns the public record: reciprocity as it was applied, as events of
// a history office whose zone is America/New_York, one on each line in the form
// of docs/format/events.md. archive/SOURCES.md says what each rests on.
func Archive() []byte { return archive }
