package eventlog_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
)

func TestHash(t *testing.T) {
	hash := eventlog.HashBody([]byte("abc"))
	const text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	assert.Equal(t, text, hash.String())
	parsed, err := eventlog.ParseHash(text)
	require.NoError(t, err)
	assert.Equal(t, hash, parsed)
	for bad, says := range map[string]string{
		"":              "want 64 hexadecimal digits, got 0 characters",
		text[1:]:        "got 63 characters",
		text + "0":      "got 65 characters",
		"x" + text[1:]:  "invalid byte",
		"BA" + text[2:]: "digits must be in lower case",
	} {
		_, err := eventlog.ParseHash(bad)
		assert.ErrorContains(t, err, says)
		assert.ErrorContains(t, err, bad)
	}

	encoded, err := json.Marshal(map[string]eventlog.Hash{"body": hash})
	require.NoError(t, err)
	require.JSONEq(t, `{"body":"`+text+`"}`, string(encoded))
	var decoded map[string]eventlog.Hash
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	require.Equal(t, hash, decoded["body"])
	require.Error(t, json.Unmarshal([]byte(`{"body":"abc"}`), &decoded))
}

func FuzzParseHash(f *testing.F) {
	f.Add(eventlog.HashBody(nil).String())
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if hash, err := eventlog.ParseHash(s); err == nil {
			require.Equal(t, s, hash.String())
		}
	})
}

// TestID holds the text of ids against examples from elsewhere, and their
// order against that of the bytes.
func TestID(t *testing.T) {
	assert.Equal(t, "00000000000000000000000000", eventlog.ID{}.String())
	assert.Equal(t, "00000000000000000000000001", eventlog.ID{15: 1}.String())
	last := eventlog.ID{}
	for i := range last {
		last[i] = 0xff
	}
	assert.Equal(t, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", last.String())
	// The example of the ULID specification's binary layout.
	assert.Equal(t, "01ARZ3NDEKTSV4RRFFQ69G5FAV", eventlog.ID{
		0x01, 0x56, 0x3e, 0x3a, 0xb5, 0xd3, 0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b,
	}.String())

	random := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		var a, b eventlog.ID
		for i := range a {
			a[i], b[i] = byte(random.Uint32()), byte(random.Uint32())
		}
		require.Equal(t, string(a[:]) < string(b[:]), a.String() < b.String())
	}
}

func TestErrors(t *testing.T) {
	assert.ErrorIs(t, eventlog.ErrDuplicate, eventlog.ErrConflict)
	assert.NotErrorIs(t, eventlog.ErrConflict, eventlog.ErrDuplicate)
	locked := &eventlog.LockedError{Path: "office.db", Holder: "pid 7 on records-1 since 2031-03-09T07:30:00Z"}
	assert.ErrorIs(t, locked, eventlog.ErrLocked)
	assert.EqualError(t, locked, "office.db: log is in use by another writer: pid 7 on records-1 since 2031-03-09T07:30:00Z; stop it first, or open the log for reading")
	assert.ErrorContains(t, &eventlog.LockedError{Path: "office.db"}, "a process that left no name")
	corrupt := &eventlog.CorruptError{At: 17, Reason: "the record is missing"}
	assert.ErrorIs(t, corrupt, eventlog.ErrCorrupt)
	assert.EqualError(t, corrupt, "log is damaged at position 17: the record is missing")
}

func TestCheckAppendNamesTheRecord(t *testing.T) {
	at := time.Date(2031, 3, 9, 0, 0, 0, 0, time.UTC)
	good := eventlog.Record{ID: eventlog.ID{15: 1}, Recorded: at, Subject: "state/xa", Type: "t", Data: []byte("{}")}
	bad := good
	bad.ID, bad.Subject = eventlog.ID{15: 2}, "member/\x1b[2J"
	err := eventlog.CheckAppend(good, bad)
	require.ErrorIs(t, err, eventlog.ErrInvalid)
	require.EqualError(t, err, `record 1 of the append (00000000000000000000000002): invalid record: subject "member/\x1b[2J" has control characters`)
}
