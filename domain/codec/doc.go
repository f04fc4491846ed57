// Package codec turns events into bytes and back. It is the only bridge
// between the language of the domain and the memory of the log, and it can
// read every version of every event that was ever written.
//
// An event has two forms in JSON.
//
// The stored form is what the log keeps and what everybody hashes. One
// envelope has one stored form: keys in the order of the documentation, map
// keys sorted, no white space, no floating point, nothing written that is
// empty. [Encode] writes it and [Decode] reads it, strictly:
//
//	{"id":"01J...","subject":"member/ana","type":"member.accredited","version":1,
//	 "effective":{"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"},
//	 "recorded":"2024-01-02T15:04:05.000001Z","actor":"desk/7","authority":"note 12/2024",
//	 "command":"01J...","payload":{"mission":"arandia-embassy","category":"dip.agent"}}
//
// The door form is for people and programs that write histories. It is the
// stored form with the tedious parts left out: times may be written as people
// write them, and ids may be missing. [DecodeDraft] and [DecodeDrafts] read it:
//
//	{"type":"member.accredited","subject":"member/ana","effective":"2024-01-01",
//	 "payload":{"mission":"arandia-embassy","category":"dip.agent"}}
//
// docs/format/events.md describes both for those who do not read Go.
//
// A third door is for single words: [ParseFields] makes a payload of
// mission=arandia-embassy and category=dip.agent.
//
// # Shapes and versions
//
// What a payload looks like is said once, by the struct in package domain and
// its tags. A shape is made from the struct, and reading, writing, parsing
// words and listing keys all follow the shape. A key without omitzero in its
// tag is required.
//
// When a payload changes in a way that old bytes do not fit, the old struct
// moves here as the shape of its version, with a function to the next one, and
// its golden file in testdata stays as it is for good.
package codec
