package esdblog

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/comity-project/comity/eventlog"
)

// A note is what the metadata of an event say of its record.
type note struct {
	Recorded string `json:"recorded"` // UTC, with microseconds
	Subject  string `json:"subject"`
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// eventOf writes a record as an event. The text of its data is marked as JSON if it is,
// so that the tools of the server show it.
func eventOf(r *eventlog.Record) (esdb.EventData, error) {
	metadata, err := json.Marshal(note{r.Recorded.Format(timeLayout), r.Subject})
	if err != nil {
		return esdb.EventData{}, err
	}
	content := esdb.ContentTypeBinary
	if json.Valid(r.Data) {
		content = esdb.ContentTypeJson
	}
	return esdb.EventData{EventID: [16]byte(r.ID), EventType: r.Type, ContentType: content, Data: r.Data, Metadata: metadata}, nil
}

// recordOf reads the record at a position from an event. An error is an
// [eventlog.CorruptError].
func recordOf(e *esdb.ResolvedEvent, at eventlog.Position) (eventlog.Record, error) {
	wrong := func(format string, args ...any) (eventlog.Record, error) {
		return eventlog.Record{}, &eventlog.CorruptError{At: at, Reason: fmt.Sprintf(format, args...)}
	}
	if e == nil || e.Event == nil || e.Link != nil {
		return wrong("the event there is not a record, but a link to another stream")
	}
	if eventlog.Position(e.Event.EventNumber) != at {
		return wrong("the event there has the revision %d: the stream has a gap, as after $maxAge, $maxCount, $tb or a deletion", e.Event.EventNumber)
	}
	var n note
	if err := json.Unmarshal(e.Event.UserMetadata, &n); err != nil {
		return wrong("the metadata of the event are not those of a record: %v", err)
	}
	recorded, err := time.Parse(timeLayout, n.Recorded)
	if err != nil {
		return wrong("the metadata of the event say that it was recorded %q", n.Recorded)
	}
	r := eventlog.Record{ID: eventlog.ID(e.Event.EventID), Recorded: recorded.UTC(), Subject: n.Subject, Type: e.Event.EventType, Data: e.Event.Data}
	if err := eventlog.CheckAppend(r); err != nil {
		return wrong("%v", err)
	}
	return r, nil
}

// The server takes at most a mebibyte in one append, counting data, metadata and types
// twice, and something for each event.
const (
	mostBytes    = 1<<20 - 8<<10
	eachOverhead = 32
)

// noteBytes is how long the metadata of a record's event are at most.
func noteBytes(r *eventlog.Record) int {
	const fixed = len(`{"recorded":"2006-01-02T15:04:05.000000Z","subject":""}`)
	n := fixed + len(r.Subject)
	for i := range len(r.Subject) {
		switch r.Subject[i] {
		case '"', '\\':
			n++
		case '<', '>', '&': // as \u003c
			n += 5
		}
	}
	return n + 3*strings.Count(r.Subject, "\u2028") + 3*strings.Count(r.Subject, "\u2029")
}
