package decisions_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/golden"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func id(n byte) domain.EventID { return domain.EventID{0: 1, 15: n} }

// decided is a decision as an office would give it.
func decided(t testing.TB, who domain.MemberID, about domain.Privilege, outcome domain.Outcome) []byte {
	t.Helper()
	data, err := codec.EncodeDecision(domain.Decision{
		Subject: domain.Member(who), Privilege: about, Outcome: outcome, AsOf: noon, AsKnown: 9, Office: "ofm", Mode: domain.Live, Semantics: 1,
		Editions: []domain.Edition{{Ruleset: "common", Edition: "2025", Hash: "ab"}}, Request: map[string]string{"note": `5 > 3 & "so"` + "\u2028"},
	})
	require.NoError(t, err)
	return data
}

// examples are records of every type.
func examples(t testing.TB) []decisions.Record {
	q := decisions.Asked{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: noon.Add(time.Microsecond), AsKnown: 7, Request: map[string]string{"b": "<2>", "a": "1"}}
	card := decisions.Asked{Subject: domain.Member("ana"), View: "law_enforcement", AsOf: noon, AsKnown: 9}
	ana := decided(t, "ana", "imm.arrest", domain.Allowed)
	return []decisions.Record{
		{ID: id(1), Recorded: noon, Body: decisions.Bound{Office: "ofm", Founding: eventlog.HashBody([]byte("founded"))}},
		{ID: id(2), Recorded: noon.Add(time.Microsecond), Body: decisions.Opened{Session: id(99), Mode: decisions.BestEffort, Since: noon}},
		{ID: id(3), Recorded: noon.Add(time.Second), Body: decisions.Answer{Session: id(99), By: "desk/é\"1\"", Call: decisions.CallAsk, Office: "ofm", Question: q, Root: 9, Semantics: 1, Bytes: ana}},
		{ID: id(4), Recorded: noon.Add(2 * time.Second), Body: decisions.Answer{Session: id(99), Call: decisions.CallStanding, Batch: decisions.Batch{First: id(4), Number: 1, Of: 2}, Office: "ofm", Question: q, Root: 9, Semantics: 1, Bytes: ana}},
		{ID: id(5), Recorded: noon.Add(3 * time.Second), Body: decisions.Answer{Session: id(99), Call: decisions.CallCard, Office: "ofm", Question: card, Root: 9, Semantics: 1, Bytes: []byte(`{"title":"card"}`)}},
		{ID: id(6), Recorded: noon.Add(4 * time.Second), Body: decisions.Gap{Session: id(99), From: noon, To: noon.Add(time.Second), Count: 3, Reason: decisions.QueueFull}},
		{ID: id(7), Recorded: noon.Add(5 * time.Second), Body: decisions.Closed{Session: id(99), Answers: 3, Missing: 3}},
	}
}

func TestRecordsKeepTheirBytes(t *testing.T) {
	var all bytes.Buffer
	for _, r := range examples(t) {
		data, err := decisions.Encode(r)
		require.NoError(t, err)
		all.Write(append(data, '\n'))
		back, err := decisions.Decode(data)
		require.NoError(t, err, "%s", data)
		assert.Equal(t, r, back)
	}
	golden.Compare(t, "testdata/records.v1.jsonl", all.Bytes())
}

// Whatever else says the same, or nearly, is refused.
func TestDecodeIsStrict(t *testing.T) {
	answer, err := decisions.Encode(examples(t)[2])
	require.NoError(t, err)
	bound, err := decisions.Encode(examples(t)[0])
	require.NoError(t, err)
	swap := func(data []byte, old, with string) []byte {
		require.Contains(t, string(data), old)
		return []byte(strings.Replace(string(data), old, with, 1))
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":              {nil, "unexpected end"},
		"another type":         {swap(answer, "decisions.answered", "decisions.guessed"), "unknown type"},
		"white space":          {swap(answer, `,"by"`, `, "by"`), "one form"},
		"space in the answer":  {swap(answer, `"outcome":`, `"outcome": `), "white space"},
		"an unknown key":       {swap(answer, `"call"`, `"colour":"red","call"`), "unknown field"},
		"a key twice":          {swap(answer, `"call":"ask"`, `"call":"ask","call":"ask"`), "one form"},
		"a key in capitals":    {swap(answer, `"call"`, `"Call"`), "one form"},
		"an empty text":        {swap(answer, `"by":"desk/é\"1\""`, `"by":""`), "one form"},
		"another order":        {swap(answer, `"root":9,"semantics":1`, `"semantics":1,"root":9`), "one form"},
		"an escape not needed": {swap(answer, `desk/`, `desk\/`), "one form"},
		"zeros at the end":     {swap(answer, "12:00:01Z", "12:00:01.000Z"), "one form"},
		"another zone":         {swap(answer, "12:00:01Z", "13:00:01+01:00"), "one form"},
		"two records":          {append(bytes.Clone(answer), answer...), "after top-level value"},
		"no answer":            {[]byte(regexp.MustCompile(`,"answer":.*`).ReplaceAllString(string(answer), "}")), "not an object"},
		"known before the end": {swap(answer, `"root":9`, `"root":6`), "as known at 7 by who had read up to 6"},
		"a call of no kind":    {swap(answer, `"call":"ask"`, `"call":"guess"`), "unknown call"},
		"no semantics":         {swap(answer, `"semantics":1,"answer"`, `"semantics":0,"answer"`), "semantics version 0"},
		"bytes of no text":     {swap(answer, "desk/", "desk\xff"), "UTF-8"},
		"a subject of no kind": {swap(answer, "member/ana", "banana"), "subject"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decisions.Decode(c.data)
			require.ErrorIs(t, err, decisions.ErrRecord)
			assert.ErrorContains(t, err, c.want)
		})
	}
	_, err = decisions.Decode(swap(bound, `"format":1`, `"format":2`))
	require.ErrorIs(t, err, decisions.ErrNewer)
}

// Every record that the documentation shows is one.
func TestDocumentedRecords(t *testing.T) {
	page, err := os.ReadFile("../docs/format/decisions.md")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^```json\n(.*)\n```$").FindAllSubmatch(page, -1) {
		r, err := decisions.Decode(m[1])
		require.NoError(t, err, "%s", m[1])
		seen[r.Body.Type()] = true
	}
	for _, r := range examples(t) {
		assert.True(t, seen[r.Body.Type()], r.Body.Type())
	}
}

// What is read is written as the same bytes again.
func FuzzDecode(f *testing.F) {
	for _, r := range examples(f) {
		data, err := decisions.Encode(r)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decisions.Decode(data)
		if err != nil {
			return
		}
		again, err := decisions.Encode(r)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
	})
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	was := decided(t, "ana", "imm.arrest", domain.Allowed)
	require.Empty(t, decisions.Compare(was, was))
	got := decisions.Compare(was, decided(t, "ana", "imm.arrest", domain.Denied))
	assert.Equal(t, []decisions.Difference{{Field: "outcome", Was: `"allowed"`, Is: `"denied"`}, {Field: "permits", Was: "true", Is: "false"}}, got)
	assert.Equal(t, []decisions.Difference{{Field: "a[1].b", Was: "2", Is: ""}, {Field: "c", Was: "", Is: "1"}},
		decisions.Compare([]byte(`{"a":[1,{"b":2}]}`), []byte(`{"a":[1,{}],"c":1}`)))
	assert.Len(t, decisions.Compare([]byte(`{"a":1}`), []byte(`{"a":1 }`)), 1, "bytes that say the same")
	assert.Len(t, decisions.Compare([]byte(`{"a":1}`), []byte(`null`)), 1)
	// Every byte counts.
	for i := range was {
		flipped := bytes.Clone(was)
		flipped[i] ^= 1
		require.NotEmpty(t, decisions.Compare(was, flipped), "byte %d", i)
	}
}
