package esdbtest

import (
	"encoding/json"
	"math"
	"strings"
	"time"
)

// deletedBefore is the $tb of a stream that was deleted softly, and the revision
// of a tombstone.
const deletedBefore = math.MaxInt64

// metadata is what the stream $$NAME says about the stream NAME.
type metadata struct {
	MaxAge   int64                      `json:"$maxAge,omitempty"` // seconds
	MaxCount int64                      `json:"$maxCount,omitempty"`
	Before   int64                      `json:"$tb,omitempty"` // what lies below is hidden
	ACL      map[string]json.RawMessage `json:"$acl,omitempty"`
}

// parseMetadata reads an event of a metadata stream. As in the server, what is
// not valid says nothing.
func parseMetadata(data []byte) metadata {
	var m metadata
	if json.Unmarshal(data, &m) != nil {
		return metadata{}
	}
	return m
}

func (m metadata) encode() []byte {
	data, err := json.Marshal(m)
	if err != nil {
		panic("bad metadata in the double: " + err.Error())
	}
	return data
}

// shows says whether an event of a stream whose last revision is cur may be read.
func (m metadata) shows(e *Event, cur int64, now time.Time) bool {
	revision := int64(e.Revision)
	return revision >= m.Before &&
		(m.MaxCount == 0 || revision > cur-m.MaxCount) &&
		(m.MaxAge == 0 || !e.Created.Before(now.Add(-time.Duration(m.MaxAge)*time.Second)))
}

// allows says whether a user, "" for nobody, may do what the list of that name
// is about: $r, $w, $d, $mr, $mw. Without a list everybody may.
func (m metadata) allows(user, list string) bool {
	raw, ok := m.ACL[list]
	if !ok || user == "admin" {
		return true
	}
	var names []string
	if json.Unmarshal(raw, &names) != nil {
		var one string
		if json.Unmarshal(raw, &one) != nil {
			return false
		}
		names = []string{one}
	}
	for _, name := range names {
		if name == "$all" || name == user && user != "" {
			return true
		}
	}
	return false
}

func isMetadata(stream string) bool { return strings.HasPrefix(stream, "$$") }
