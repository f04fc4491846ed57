package codec

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A permit is an event that only this test knows. Embedding an event of the
// domain is how it gets into the closed set.
type permit struct {
	domain.MemberDeparted `json:"-"`

	Zones  []string `json:"zones"`
	Spaces int      `json:"spaces,omitzero"`
	By     string   `json:"by"`
}

func (permit) Type() domain.Type { return "test.permit" }

// In version 1 there was one zone, and in version 2 nobody said by whom.
type (
	permit1 struct {
		Zone string `json:"zone"`
	}
	permit2 struct {
		Zones  []string `json:"zones"`
		Spaces int      `json:"spaces,omitzero"`
	}
)

var permits = registry{
	"test.permit": {typ: "test.permit", each: []version{
		older(func(old permit1) permit2 { return permit2{Zones: []string{old.Zone}, Spaces: 1} }),
		older(func(old permit2) permit { return permit{Zones: old.Zones, Spaces: old.Spaces, By: "unknown"} }),
		newest[permit](),
	}},
	correctedType: known[correctedType],
}

func stored(typ, version, payload string) string {
	return `{"id":"01JH0000000000000000000001","subject":"member/ana","type":"` + typ + `","version":` + version +
		`,"effective":{"at":"2024-01-01T05:00:00Z"},"recorded":"2024-01-02T15:04:05Z","payload":` + payload + `}`
}

func TestVersions(t *testing.T) {
	newestForm := func(payload string) string { return stored("test.permit", "3", payload) }
	for _, c := range []struct {
		version, payload string
		want             permit
		again            string
	}{
		{"1", `{"zone":"a"}`, permit{Zones: []string{"a"}, Spaces: 1, By: "unknown"}, newestForm(`{"zones":["a"],"spaces":1,"by":"unknown"}`)},
		{"2", `{"zones":["a","b"]}`, permit{Zones: []string{"a", "b"}, By: "unknown"}, newestForm(`{"zones":["a","b"],"by":"unknown"}`)},
		{"3", `{"zones":["a"],"by":"desk"}`, permit{Zones: []string{"a"}, By: "desk"}, newestForm(`{"zones":["a"],"by":"desk"}`)},
	} {
		e, err := permits.decode([]byte(stored("test.permit", c.version, c.payload)))
		require.NoError(t, err)
		assert.Equal(t, c.want, e.Event)
		again, err := permits.encode(e)
		require.NoError(t, err)
		assert.Equal(t, c.again, string(again))
	}

	_, err := permits.decode([]byte(stored("test.permit", "1", `{"zones":["a"]}`)))
	assert.EqualError(t, err, `payload.zones: unknown key "zones" (did you mean "zone"?); the keys here are zone`, "an old version keeps its shape")
	_, err = permits.decode([]byte(stored("test.permit", "4", `{}`)))
	assert.EqualError(t, err, `version: test.permit has no version 4; the newest known here is 3: use a newer comity to read it`)
}

// The body of a correction has a version of its own.
func TestVersionOfCorrectedBody(t *testing.T) {
	e, err := permits.decode([]byte(stored("event.corrected", "1", `{"reason":"r","type":"test.permit","version":2,"body":{"zones":["a"]}}`)))
	require.NoError(t, err)
	assert.Equal(t, domain.EventCorrected{Reason: "r", Body: permit{Zones: []string{"a"}, By: "unknown"}}, e.Event)
	again, err := permits.encode(e)
	require.NoError(t, err)
	assert.Equal(t, stored("event.corrected", "1", `{"reason":"r","type":"test.permit","version":3,"body":{"zones":["a"],"by":"unknown"}}`), string(again))
}

// A draft without a version is of the newest; an old program may state its own.
func TestVersionOfDraft(t *testing.T) {
	for line, want := range map[string]permit{
		`{"type":"test.permit","subject":"member/ana","effective":"2025-01-01","payload":{"zones":["a"],"by":"desk"}}`: {Zones: []string{"a"}, By: "desk"},
		`{"type":"test.permit","version":1,"subject":"member/ana","effective":"2025-01-01","payload":{"zone":"a"}}`:    {Zones: []string{"a"}, Spaces: 1, By: "unknown"},
		`{"payload":{"zone":"a"},"version":1,"type":"test.permit","subject":"member/ana","effective":"2025-01-01"}`:    {Zones: []string{"a"}, Spaces: 1, By: "unknown"},
	} {
		d, err := permits.decodeDraft([]byte(line), calendar.UTC)
		require.NoError(t, err)
		assert.Equal(t, want, d.Envelope.Event)
	}
}

// Every event of the domain can be read, and every struct has a shape.
func TestRegistryIsComplete(t *testing.T) {
	for _, e := range domain.Events() {
		v, err := known.find(e.Type())
		require.NoError(t, err)
		assert.Nil(t, v.last().up, "the newest version of %s is not upcast", e.Type())
		for _, old := range v.each[:len(v.each)-1] {
			assert.NotNil(t, old.up, "an older version of %s is", e.Type())
		}
	}
	assert.Len(t, known, len(domain.Events()), "no two events share a type")
}
