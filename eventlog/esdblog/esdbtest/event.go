package esdbtest

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// The content types the server knows. Anything else is stored as the second.
const (
	contentJSON   = "application/json"
	contentOctets = "application/octet-stream"
)

// The names of the server's own event types.
const (
	typeMetadata  = "$metadata"
	typeTombstone = "$streamDeleted"
)

// An Event is one event as the double keeps it.
type Event struct {
	Stream      string
	Revision    uint64 // place in its stream, from 0
	Position    uint64 // place among all events; grows, with gaps
	ID          [16]byte
	Type        string
	ContentType string
	Created     time.Time // UTC, in steps of 100 ns
	Metadata    []byte    // what the writer said beside the data
	Data        []byte
}

// wire is the event as the protocol says it.
func (e Event) wire() *streams.ReadResp_ReadEvent_RecordedEvent {
	return &streams.ReadResp_ReadEvent_RecordedEvent{
		Id:               wireID(e.ID),
		StreamIdentifier: wireStream(e.Stream),
		StreamRevision:   e.Revision,
		PreparePosition:  e.Position,
		CommitPosition:   e.Position,
		Metadata: map[string]string{
			"type":         e.Type,
			"content-type": e.ContentType,
			"created":      strconv.FormatInt(e.Created.UnixNano()/100, 10),
		},
		CustomMetadata: e.Metadata,
		Data:           e.Data,
	}
}

// size is what the server counts against its limit: the type is UTF-16 there.
func (e Event) size() int { return len(e.Data) + len(e.Metadata) + 2*len(e.Type) }

func wireStream(name string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(name)}
}

func wireID(id [16]byte) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
	}}}
}

// parseID reads an id in the form this client sends; the other, text, is refused.
func parseID(id *shared.UUID) (parsed [16]byte, err error) {
	s := id.GetStructured()
	if s == nil {
		return parsed, fmt.Errorf("event id %v is not structured", id)
	}
	binary.BigEndian.PutUint64(parsed[:8], uint64(s.MostSignificantBits))
	binary.BigEndian.PutUint64(parsed[8:], uint64(s.LeastSignificantBits))
	return parsed, nil
}
