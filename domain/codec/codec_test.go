package codec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

const ana = `{"id":"01JH0000000000000000000001","subject":"member/ana","type":"member.accredited","version":1,` +
	`"effective":{"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"},` +
	`"recorded":"2024-01-02T15:04:05.000001Z","actor":"desk/7","authority":"note 12/2024",` +
	`"command":"01JH0000000000000000000002","correlation":"arrival-7",` +
	`"payload":{"mission":"arandia-embassy","category":"dip.agent","nationalities":["arandia"],"personal":{"name":"Ana","birth":"1984-02-29"}}}`

func TestStoredForm(t *testing.T) {
	e, err := codec.Decode([]byte(ana))
	require.NoError(t, err)
	zone := "America/New_York"
	assert.Equal(t, domain.Envelope{
		ID:      e.ID,
		Subject: domain.Member("ana"),
		Effective: calendar.When{
			At: time.Date(2024, 1, 1, 5, 0, 0, 0, time.UTC), Date: calendar.Date{Year: 2024, Month: 1, Day: 1}, HasDate: true, Zone: zone,
		},
		Recorded: time.Date(2024, 1, 2, 15, 4, 5, 1000, time.UTC),
		Actor:    "desk/7", Authority: "note 12/2024", Command: e.Command, Correlation: "arrival-7",
		Event: domain.MemberAccredited{
			Mission: "arandia-embassy", Category: "dip.agent", Nationalities: []domain.StateID{"arandia"},
			Personal: &domain.Personal{Name: "Ana", Birth: calendar.Date{Year: 1984, Month: 2, Day: 29}},
		},
	}, e)
	assert.Equal(t, "01JH0000000000000000000001", e.ID.String())
	data, err := codec.Encode(e)
	require.NoError(t, err)
	assert.Equal(t, ana, string(data))
}

// White space and the order of keys are free, and a payload may come before
// its type.
func TestDecodeAnyOrder(t *testing.T) {
	e, err := codec.Decode([]byte(` {"payload" : {"status":"lpr"}, "recorded":"2024-01-02T15:04:05Z",
		"effective":{"zone":"UTC","at":"2024-01-01T00:00:00Z"}, "version":1, "type":"member.status_changed",
		"subject":"member\/jo", "id":"01JH0000000000000000000001"} `))
	require.NoError(t, err)
	data, err := codec.Encode(e)
	require.NoError(t, err)
	assert.Equal(t, `{"id":"01JH0000000000000000000001","subject":"member/jo","type":"member.status_changed","version":1,`+
		`"effective":{"at":"2024-01-01T00:00:00Z","zone":"UTC"},"recorded":"2024-01-02T15:04:05Z","payload":{"status":"lpr"}}`, string(data))
}

func TestRoundTrip(t *testing.T) {
	for _, like := range domain.Events() {
		t.Run(string(like.Type()), rapid.MakeCheck(func(t *rapid.T) {
			e := domaintest.EnvelopesOf(like).Draw(t, "envelope")
			data, err := codec.Encode(e)
			require.NoError(t, err)
			again, err := codec.Encode(e)
			require.NoError(t, err)
			require.Equal(t, string(data), string(again))

			back, err := codec.Decode(data)
			require.NoError(t, err, "%s", data)
			require.Equal(t, e, back)

			draft, err := codec.DecodeDraft(data, calendar.UTC) // what was stored may be written again
			require.NoError(t, err, "%s", data)
			require.Equal(t, e, draft.Envelope)
			require.NotEmpty(t, codec.Describe(e))
		}))
	}
}

func TestDecodeErrors(t *testing.T) {
	swap := func(old, new string) string {
		require.Contains(t, ana, old)
		return strings.Replace(ana, old, new, 1)
	}
	for _, c := range []struct{ name, data, want string }{
		{"empty", ``, `the JSON ends too early: an event is one whole object on one line`},
		{"cut off", ana[:200], `recorded: the JSON ends too early: an event is one whole object on one line`},
		{"not an object", `[]`, `this is a list: write an object`},
		{"not JSON", `{"id":nope}`, `id: not JSON at byte 8: invalid character 'o' in literal null (expecting 'u'); an event is one object on one line, {"type":...}, and texts stand in double quotes`},
		{"trailing data", ana + `{}`, `there is something after the end of the event: write one event on each line`},
		{"trailing word", ana + ` x`, `there is something after the end of the event: write one event on each line`},
		{"not UTF-8", swap(`"Ana"`, "\"An\xff\""), `byte 448 is not UTF-8: save the file as UTF-8`},
		{"lone surrogate", swap(`"Ana"`, `"\ud800"`), "payload.personal.name: not JSON at byte 446: invalid surrogate pair `\\ud800\",\"bir` in string; an event is one object on one line, {\"type\":...}, and texts stand in double quotes"},
		{"key twice", swap(`"actor":"desk/7"`, `"actor":"desk/7","actor":"desk/8"`), `actor: this key is there twice: keep one`},
		{"key twice in payload", swap(`"category":`, `"mission":"x","category":`), `payload.mission: this key is there twice: keep one`},
		{"unknown key", swap(`"actor"`, `"acter"`), `acter: unknown key "acter" (did you mean "actor"?); the keys here are id, subject, type, version, effective, recorded, actor, authority, command, correlation, target, payload`},
		{"unknown key in payload", swap(`"category"`, `"catgeory"`), `payload.catgeory: unknown key "catgeory" (did you mean "category"?); the keys here are mission, category, rank, capacity, nationalities, status, personal`},
		{"missing keys", `{"id":"01JH0000000000000000000001","payload":{}}`, `the keys "subject", "type", "version", "effective", "recorded" are missing`},
		{"missing key", swap(`"subject":"member/ana",`, ``), `the key "subject" is missing`},
		{"missing in payload", swap(`"mission":"arandia-embassy",`, ``), `payload: the key "mission" is missing`},
		{"empty in payload", swap(`"dip.agent"`, `""`), `payload.category: this is required: write a text that is not empty`},
		{"null", swap(`"dip.agent"`, `null`), `payload.category: null says nothing: write a text or leave the key out`},
		{"wrong kind", swap(`"dip.agent"`, `7`), `payload.category: this is a number: write a text`},
		{"wrong kind of list", swap(`["arandia"]`, `"arandia"`), `payload.nationalities: this is a text: write a list of texts`},
		{"wrong kind in list", swap(`["arandia"]`, `["arandia",7]`), `payload.nationalities.1: this is a number: write a text`},
		{"bad id in list", swap(`["arandia"]`, `["Arandia"]`), `payload.nationalities.0: identifier "Arandia": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "arandia"?)`},
		{"bad birth", swap(`1984-02-29`, `1985-02-29`), `payload.personal.birth: "1985-02-29": February 1985 has days 01 to 28`},
		{"bad id", swap(`01JH0000000000000000000001`, `01JH`), `id: event id "01JH" is not a ULID (26 characters of 0-9 A-Z)`},
		{"small id", swap(`01JH0000000000000000000001`, `01jh0000000000000000000001`), `id: the id "01jh0000000000000000000001" is spelled otherwise in the log: write "01JH0000000000000000000001"`},
		{"zero id", swap(`01JH0000000000000000000001`, `00000000000000000000000000`), `id: an id of nothing but zeros means none: leave the key out`},
		{"bad subject", swap(`member/ana`, `memmber/ana`), `subject: subject "memmber/ana": unknown kind "memmber" (did you mean "member"?); the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`},
		{"wrong subject", swap(`member/ana`, `mission/ana`), `subject: member.accredited is about a member, not about mission/ana: write member/ID`},
		{"unknown type", swap(`member.accredited`, `member.acredited`), `type: unknown event type "member.acredited" (did you mean "member.accredited"?)`},
		{"unknown version", swap(`"version":1`, `"version":2`), `version: member.accredited has no version 2; the newest known here is 1: use a newer comity to read it`},
		{"version 0", swap(`"version":1`, `"version":0`), `version: member.accredited has no version 0: versions count from 1`},
		{"version in parts", swap(`"version":1`, `"version":1.0`), `version: 1.0 is not a whole number: versions count from 1`},
		{"time as text", swap(`{"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"}`, `"2024-01-01"`), `effective: this is a text: write an object such as {"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"}`},
		{"time without at", swap(`"at":"2024-01-01T05:00:00Z",`, ``), `effective: the key "at" is missing`},
		{"date of another day", swap(`"date":"2024-01-01"`, `"date":"2024-01-02"`), `effective: at 2024-01-01T05:00:00Z is not 00:00 of 2024-01-02 in America/New_York: write 2024-01-02T05:00:00Z, or leave out the date`},
		{"date without zone", swap(`,"zone":"America/New_York"`, ``), `effective: the date 2024-01-01 has no zone: name the zone in which it was meant`},
		{"unknown zone", swap(`America/New_York`, `America/New_Yorck`), `effective: there is no time zone "America/New_Yorck": did you mean America/New_York?`},
		{"recorded with an offset", swap(`2024-01-02T15:04:05.000001Z`, `2024-01-02T10:04:05-05:00`), `recorded: "2024-01-02T10:04:05-05:00" is not an instant in UTC as the log writes it: write "2024-01-02T15:04:05Z"`},
		{"recorded with zeros", swap(`2024-01-02T15:04:05.000001Z`, `2024-01-02T15:04:05.100Z`), `recorded: "2024-01-02T15:04:05.100Z" is not an instant in UTC as the log writes it: write "2024-01-02T15:04:05.1Z"`},
		{"recorded too fine", swap(`2024-01-02T15:04:05.000001Z`, `2024-01-02T15:04:05.0000001Z`), `recorded: "2024-01-02T15:04:05.0000001Z": ":05.0000001" is finer than a microsecond: write at most six digits`},
		{"a ref", swap(`"actor"`, `"ref":"a1","actor"`), `ref: unknown key "ref"; the keys here are id, subject, type, version, effective, recorded, actor, authority, command, correlation, target, payload`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := codec.Decode([]byte(c.data))
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestDecodePayloadErrors(t *testing.T) {
	for _, c := range []struct{ name, subject, typ, payload, want string }{
		{"fraction", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"fee_charged","params":{"rate":8.25}}`,
			`payload.params.rate: 8.25 is not a whole number: write decimals as text, such as "8.25"`},
		{"exponent", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"fee_charged","params":{"rate":1e3}}`,
			`payload.params.rate: 1e3 is not a whole number: write decimals as text, such as "8.25"`},
		{"huge", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"fee_charged","params":{"rate":99999999999999999999}}`,
			`payload.params.rate: 99999999999999999999 is too large: write decimals as text, such as "8.25"`},
		{"param object", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"fee_charged","params":{"rate":{}}}`,
			`payload.params.rate: this is an object: write true, false, a whole number, a text or a list of texts`},
		{"param list of numbers", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"fee_charged","params":{"rate":["a",7]}}`,
			`payload.params.rate.1: this is a number: write a text`},
		{"empty list", "measure/m", "measure.determined", `{"state":"delmark","privileges":[],"level":"full"}`,
			`payload.privileges: this is required: write a list that names at least one`},
		{"empty element", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales",""],"level":"full"}`,
			`payload.privileges.1: an empty text in a list says nothing: leave it out`},
		{"observation without level", "measure/m", "measure.determined", `{"state":"delmark","privileges":["tax.sales"],"level":"full","observed":{"source":"a"}}`,
			`payload.observed: the key "level" is missing`},
		{"fractional hours", "member/a", "member.period_set", `{"period":{"hours":1.5}}`,
			`payload.period.hours: 1.5 is not a whole number: leave out fractions and exponents`},
		{"too many hours", "member/a", "member.period_set", `{"period":{"hours":3000000000}}`,
			`payload.period.hours: 3000000000 is too large`},
		{"empty period", "member/a", "member.period_set", `{"period":{}}`,
			`payload.period: this is required: write an object with one of hours, days, until`},
		{"not true or false", "member/a", "member.student_changed", `{"student":"yes"}`,
			`payload.student: this is a text: write true or false`},
		{"truth missing", "member/a", "member.student_changed", `{}`,
			`payload: the key "student" is missing`},
		{"key too many", "member/a", "member.departed", `{"left":true}`,
			`payload.left: unknown key "left": there are no keys here`},
		{"outcome", "agreement/a", "agreement.concluded", `{"states":["cordania"],"raises":{"imm.civil":"alowed"}}`,
			`payload.raises.imm.civil: unknown code "alowed" (did you mean "allowed"?); the codes are allowed, allowed_with_conditions, notification_required, permission_required, denied`},
		{"correction of a correction", "member/a", "event.corrected", `{"reason":"r","type":"event.retracted","version":1,"body":{"reason":"r"}}`,
			`payload.type: the body of a correction is what the event should have said, not event.retracted`},
		{"correction without body", "member/a", "event.corrected", `{"reason":"r","type":"member.departed"}`,
			`payload: the keys "version", "body" are missing`},
		{"bad body", "member/a", "event.corrected", `{"reason":"r","type":"member.accredited","version":1,"body":{"mission":"arandia-embassy"}}`,
			`payload.body: the key "category" is missing`},
		{"bad body before type", "member/a", "event.corrected", `{"body":{"mission":"arandia-embassy"},"reason":"r","type":"member.accredited","version":1}`,
			`payload.body: the key "category" is missing`},
		{"body about something else", "mission/a", "event.corrected", `{"reason":"r","type":"member.departed","version":1,"body":{}}`,
			`subject: member.departed is about a member, not about mission/a: write member/ID`},
		{"until as text", "card/a", "card.issued", `{"holder":"hal","kind":"identity","until":"2026-02-15"}`,
			`payload.until: this is a text: write an object such as {"at":"2024-01-01T05:00:00Z","date":"2024-01-01","zone":"America/New_York"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := codec.Decode([]byte(`{"id":"01JH0000000000000000000001","subject":"` + c.subject + `","type":"` + c.typ + `","version":1,` +
				`"effective":{"at":"2024-01-01T05:00:00Z"},"recorded":"2024-01-02T15:04:05Z","payload":` + c.payload + `}`))
			assert.EqualError(t, err, c.want)
		})
	}
}

// A later edition of the zone data may move a midnight that is in the log.
func TestDecodeToleratesMovedMidnight(t *testing.T) {
	moved := strings.Replace(ana, "2024-01-01T05:00:00Z", "2024-01-01T06:00:00Z", 1)
	e, err := codec.Decode([]byte(moved))
	require.NoError(t, err)
	data, err := codec.Encode(e)
	require.NoError(t, err)
	assert.Equal(t, moved, string(data))
	_, err = codec.DecodeDraft([]byte(moved), calendar.UTC)
	assert.EqualError(t, err, `effective: at 2024-01-01T06:00:00Z is not 00:00 of 2024-01-01 in America/New_York: write 2024-01-01T05:00:00Z, or leave out the date`)
}

func TestEncodeErrors(t *testing.T) {
	good := func() domain.Envelope {
		return domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
	}
	id := good().ID.String()
	for _, c := range []struct {
		name   string
		change func(*domain.Envelope)
		want   string
	}{
		{"no id", func(e *domain.Envelope) { e.ID = domain.EventID{} }, `encode event 00000000000000000000000000: id: the event has no id yet`},
		{"no event", func(e *domain.Envelope) { e.Event = nil }, `encode event ` + id + `: payload: there is no event in the envelope`},
		{"pointer", func(e *domain.Envelope) { e.Event = &domain.MemberDeparted{} }, `encode event ` + id + `: payload: the event is a *domain.MemberDeparted: use a domain.MemberDeparted`},
		{"no subject", func(e *domain.Envelope) { e.Subject = domain.Subject{} }, `encode event ` + id + `: subject: subject "/": unknown kind ""; the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`},
		{"wrong subject", func(e *domain.Envelope) { e.Subject = domain.State("arandia") }, `encode event ` + id + `: subject: member.accredited is about a member, not about state/arandia: write member/ID`},
		{"bad id", func(e *domain.Envelope) { e.Event = domain.MemberAccredited{Mission: "Arandia", Category: "dip.agent"} }, `encode event ` + id + `: payload.mission: identifier "Arandia": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "arandia"?)`},
		{"missing", func(e *domain.Envelope) { e.Event = domain.MemberAccredited{} }, `encode event ` + id + `: payload: the keys "mission", "category" are missing`},
		{"not UTF-8", func(e *domain.Envelope) { e.Actor = "\xff" }, `encode event ` + id + `: actor: "\xff" is not UTF-8`},
		{"no effective", func(e *domain.Envelope) { e.Effective = calendar.When{} }, `encode event ` + id + `: effective: no time is given`},
		{"wrong date", func(e *domain.Envelope) { e.Effective.Date.Day = 3 }, `encode event ` + id + `: effective: at 2024-01-01T05:00:00Z is not 00:00 of 2024-01-03 in America/New_York: write 2024-01-03T05:00:00Z, or leave out the date`},
		{"date not said", func(e *domain.Envelope) { e.Effective.HasDate = false }, `encode event ` + id + `: effective: a date that is not said to be there`},
		{"no recorded", func(e *domain.Envelope) { e.Recorded = time.Time{} }, `encode event ` + id + `: recorded: no time is given`},
		{"too fine", func(e *domain.Envelope) { e.Recorded = e.Recorded.Add(1) }, `encode event ` + id + `: recorded: 2024-01-01 05:00:00.000000001 +0000 UTC is not in UTC to the microsecond: use calendar.Instant`},
		{"not UTC", func(e *domain.Envelope) { e.Recorded = e.Recorded.In(domaintest.Office.Location()) }, `encode event ` + id + `: recorded: 2024-01-01 00:00:00 -0500 EST is not in UTC to the microsecond: use calendar.Instant`},
		{"far future", func(e *domain.Envelope) { e.Recorded = e.Recorded.AddDate(9000, 0, 0) }, `encode event ` + id + `: recorded: "11024-01-01" is not a date`},
		{"too long", func(e *domain.Envelope) { e.Authority = strings.Repeat("x", codec.MaxSize) }, `is too long`},
		{"no value", func(e *domain.Envelope) {
			e.Event = domain.EventCorrected{Reason: "r"}
		}, `encode event ` + id + `: payload: the key "body" is missing`},
		{"empty param", func(e *domain.Envelope) {
			e.Event = domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Params: domain.Params{"a": {}}}
		}, `encode event ` + id + `: payload.params.a: a parameter without a value: leave it out`},
		{"empty element", func(e *domain.Envelope) {
			e.Event = domain.NationalityChanged{Nationalities: []domain.StateID{"arandia", ""}}
		}, `encode event ` + id + `: payload.nationalities.1: an empty text in a list says nothing: leave it out`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := good()
			c.change(&e)
			_, err := codec.Encode(e)
			assert.ErrorContains(t, err, c.want)
		})
	}
	e := good()
	e.Authority = strings.Repeat("x", codec.MaxSize)
	_, err := codec.Encode(e)
	assert.ErrorIs(t, err, codec.ErrTooLong)
}

func TestEncodeLeavesOutTheEmpty(t *testing.T) {
	e := domaintest.Event("measure/m", "2024-01-01T00:00Z", domain.MeasureDetermined{
		State: "delmark", Privileges: []domain.Privilege{"tax.sales"}, Level: "full",
		Params: domain.Params{}, Scope: domain.Scope{Missions: []domain.MissionID{}}, Replaces: []domain.MeasureID{},
	})
	data, err := codec.Encode(e)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"payload":{"state":"delmark","privileges":["tax.sales"],"level":"full"}`)
}

func FuzzDecode(f *testing.F) {
	seeds(f, func(data []byte) { f.Add(data) })
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := codec.Decode(data)
		if err != nil {
			return
		}
		again, err := codec.Encode(e)
		require.NoError(t, err, "what decodes encodes")
		back, err := codec.Decode(again)
		require.NoError(t, err)
		require.Equal(t, e, back)
		third, err := codec.Encode(back)
		require.NoError(t, err)
		require.Equal(t, string(again), string(third))
		codec.Describe(e)
	})
}

// seeds calls add with every golden event.
func seeds(f *testing.F, add func([]byte)) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		add(data)
	}
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(ana)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e, err := codec.Decode([]byte(ana))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}
