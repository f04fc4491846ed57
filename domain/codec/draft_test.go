package codec_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

func TestDecodeDraft(t *testing.T) {
	d, err := codec.DecodeDraft([]byte(`{"ref":"a1","type":"member.functions_ended","subject":"member/ana","effective":"2025-05-31T24:00 America/New_York",
		"recorded":"2025-06-02T09:30:00-04:00","payload":{"period":{"until":"2025-07-15"},"reason":"end of tour"}}`), domaintest.Office)
	require.NoError(t, err)
	assert.Equal(t, codec.Draft{
		Envelope: domain.Envelope{
			Subject:   domain.Member("ana"),
			Effective: calendar.When{At: time.Date(2025, 6, 1, 4, 0, 0, 0, time.UTC), Zone: "America/New_York"},
			Recorded:  time.Date(2025, 6, 2, 13, 30, 0, 0, time.UTC),
			Event: domain.FunctionsEnded{
				Period: domain.Period{Until: calendar.When{
					At: time.Date(2025, 7, 15, 4, 0, 0, 0, time.UTC), Date: calendar.Date{Year: 2025, Month: 7, Day: 15}, HasDate: true, Zone: "America/New_York",
				}},
				Reason: "end of tour",
			},
		},
		HasRecorded: true, HasEffective: true, Ref: "a1",
	}, d)

	d, err = codec.DecodeDraft([]byte(`{"type":"member.departed","subject":"member/ana","effective":"2025-06-20"}`), domaintest.Office)
	require.NoError(t, err, "a payload that would be empty may be left out")
	assert.Equal(t, domain.MemberDeparted{}, d.Envelope.Event)
	assert.False(t, d.HasRecorded)

	d, err = codec.DecodeDraft([]byte(`{"type":"event.retracted","subject":"member/ana","target":"#a1","payload":{"reason":"twice"}}`), domaintest.Office)
	require.NoError(t, err, "a retraction need not say since when")
	assert.False(t, d.HasEffective)
	assert.Equal(t, "a1", d.TargetRef)

	d, err = codec.DecodeDraft([]byte(`{"type":"event.corrected","subject":"member/ana","effective":"2025-06-20","target":"01JH0000000000000000000001",
		"payload":{"reason":"wrong day","type":"member.departed"}}`), domaintest.Office)
	require.NoError(t, err)
	assert.Equal(t, domain.EventCorrected{Reason: "wrong day", Body: domain.MemberDeparted{}}, d.Envelope.Event)
}

func TestDecodeDraftErrors(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"nothing", `{}`, `the keys "type", "subject" are missing`},
		{"no effective", `{"type":"member.departed","subject":"member/ana"}`, `the key "effective" is missing`},
		{"no payload", `{"type":"member.accredited","subject":"member/ana","effective":"2025-01-01"}`,
			`payload: the keys "mission", "category" are missing`},
		{"time without zone", `{"type":"member.departed","subject":"member/ana","effective":"2025-01-01T10:00"}`,
			`effective: "2025-01-01T10:00": a time of day needs an offset or a zone: write 2025-01-01T10:00Z for UTC, 2025-01-01T10:00-05:00 with an offset, or "2025-01-01T10:00 America/New_York" with a zone`},
		{"time in the gap", `{"type":"member.departed","subject":"member/ana","effective":"2025-03-09T02:30 America/New_York"}`,
			`effective: 2025-03-09T02:30 does not exist in America/New_York, where the clock was put forward over it from UTC-05:00 to UTC-04:00: write 2025-03-09T02:30-05:00 or 2025-03-09T02:30-04:00`},
		{"bad recorded", `{"type":"member.departed","subject":"member/ana","effective":"2025-01-01","recorded":"yesterday"}`,
			`recorded: "yesterday" is not a date: write year, month and day as in 2025-05-31`},
		{"bad until", `{"type":"card.issued","subject":"card/c","effective":"2025-01-01","payload":{"holder":"hal","kind":"identity","until":"2025-02-30"}}`,
			`payload.until: "2025-02-30": February 2025 has days 01 to 28`},
		{"no authority", `{"type":"privilege.granted","subject":"member/ana","effective":"2025-01-01","payload":{"privileges":["tax.sales"]}}`,
			`authority: privilege.granted needs the law, note or order that it relies upon`},
		{"blank authority", `{"type":"privilege.granted","subject":"member/ana","effective":"2025-01-01","authority":" ","payload":{"privileges":["tax.sales"]}}`,
			`authority: privilege.granted needs the law, note or order that it relies upon`},
		{"no authority for a correction", `{"type":"event.corrected","subject":"member/ana","effective":"2025-01-01","target":"#a1","payload":{"reason":"r","type":"privilege.granted","body":{"privileges":["tax.sales"]}}}`,
			`authority: privilege.granted needs the law, note or order that it relies upon`},
		{"no target", `{"type":"event.retracted","subject":"member/ana","payload":{"reason":"r"}}`,
			`target: event.retracted needs the event that it acts on: its id, or "#" and the ref of an earlier line`},
		{"bad target", `{"type":"event.retracted","subject":"member/ana","target":"a1","payload":{"reason":"r"}}`,
			`target: event id "a1" is not a ULID (26 characters of 0-9 A-Z); or write "#" and the ref of an earlier line`},
		{"bad ref", `{"ref":"A 1","type":"member.departed","subject":"member/ana","effective":"2025-01-01"}`,
			`ref: identifier "A 1": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'`},
		{"target that cannot be", `{"type":"member.departed","subject":"member/ana","effective":"2025-01-01","target":"#a1"}`,
			`target: member.departed acts on no other event: leave the target out, or record event.corrected`},
		{"revocation of nothing", `{"type":"privilege.revoked","subject":"member/ana","effective":"2025-01-01","authority":"note 1"}`,
			`payload: a revocation names the grant that it ends as target, or the privileges that it denies`},
		{"privilege of a State", `{"type":"privilege.granted","subject":"state/arandia","effective":"2025-01-01","authority":"note 1","payload":{"privileges":["tax.sales"]}}`,
			`subject: privilege.granted is about a member or a mission, not about state/arandia`},
		{"two periods", `{"type":"member.period_set","subject":"member/ana","effective":"2025-01-01","payload":{"period":{"hours":72,"days":3}}}`,
			`payload.period: a period is stated once: keep hours, days or until`},
		{"negative period", `{"type":"member.period_set","subject":"member/ana","effective":"2025-01-01","payload":{"period":{"hours":-72}}}`,
			`payload.period: a period is not negative`},
		{"amount in dollars", `{"type":"fee.imposed","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"amount":"$300"}}`,
			`payload.amount: this is a text: write a whole number`},
		{"amount in parts", `{"type":"fee.imposed","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"amount":300.00}}`,
			`payload.amount: 300.00 is not a whole number: amounts are in cents: 30000 is $300.00`},
		{"amount too large", `{"type":"fee.imposed","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"amount":9007199254740992}}`,
			`payload.amount: 9007199254740992 is too large`},
		{"amount of nothing", `{"type":"fee.imposed","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"amount":0}}`,
			`payload.amount: this is required: write a whole number above 0`},
		{"two terms", `{"type":"license.suspended","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"term":{"days":90,"months":3}}}`,
			`payload.term: a term is stated once: keep days, months or until`},
		{"term of no days", `{"type":"license.suspended","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"term":{"days":0}}}`,
			`payload.term.days: 0 days say nothing: leave days out, and it lasts until it is ended`},
		{"period of no days", `{"type":"member.functions_ended","subject":"member/ana","effective":"2025-01-01","payload":{"period":{"days":0}}}`,
			`payload.period.days: 0 days say nothing: leave days out, and the period is that of the law`},
		{"period of no hours", `{"type":"member.period_set","subject":"member/ana","effective":"2025-01-01","payload":{"period":{"hours":0,"days":3}}}`,
			`payload.period.hours: 0 hours say nothing: leave hours out, and the period is that of the law`},
		{"no points", `{"type":"points.assessed","subject":"member/ana","effective":"2025-01-01","target":"#a1","payload":{"points":0}}`,
			`payload.points: this is required: write a whole number above 0`},
		{"negative term", `{"type":"license.suspended","subject":"member/ana","effective":"2025-01-01","authority":"note 1","payload":{"term":{"days":-90}}}`,
			`payload.term: a term is not negative`},
		{"neither imposed nor declined", `{"type":"consequence.decided","subject":"member/ana","effective":"2025-01-01","authority":"note 1","target":"#a1","payload":{"consequence":"fee.imposed","decided":"done"}}`,
			`payload.decided: unknown code "done"; the codes are imposed, declined`},
		{"violation of a State", `{"type":"violation.recorded","subject":"state/arandia","effective":"2025-01-01","payload":{"offence":"traffic.dui"}}`,
			`subject: violation.recorded is about a member or a mission, not about state/arandia`},
		{"threat to a vehicle", `{"type":"threat.assessed","subject":"vehicle/car-1","effective":"2025-01-01","authority":"note 1","payload":{"level":"low","ground":"letters"}}`,
			`subject: threat.assessed is about a member, a mission or a property, not about vehicle/car-1`},
		{"dismissal of nothing", `{"type":"violation.dismissed","subject":"member/ana","effective":"2025-01-01","payload":{"reason":"r"}}`,
			`target: violation.dismissed needs the event that it acts on: its id, or "#" and the ref of an earlier line`},
		{"correction of a dismissal", `{"type":"event.corrected","subject":"member/ana","effective":"2025-01-01","target":"#a1","payload":{"reason":"r","type":"violation.dismissed","body":{"reason":"r"}}}`,
			`payload.type: the body of a correction is what the event should have said, not violation.dismissed`},
		{"too long", `{"type":"member.departed","subject":"member/ana","effective":"2025-01-01","actor":"` + strings.Repeat("x", codec.MaxLine) + `"}`,
			`event is too long: the line has more than 131072 bytes`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := codec.DecodeDraft([]byte(c.line), domaintest.Office)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestDecodeDrafts(t *testing.T) {
	departed := func(member string) string {
		return fmt.Sprintf(`{"type":"member.departed","subject":"member/%s","effective":"2025-01-01"}`, member)
	}
	file := "\ufeff# a history\r\n\r\n" + departed("ana") + "\r\n" +
		"  " + departed("bo") + "\n" +
		departed("Cy") + "\n" +
		"\t\n # more\n" +
		strings.Repeat("x", codec.MaxLine+1) + "\n" +
		strings.Repeat(" ", 5*codec.MaxLine) + "\n" +
		departed("dee") // no newline at the end
	var got []string
	for d, err := range codec.DecodeDrafts(iotest.HalfReader(strings.NewReader(file)), domaintest.Office) {
		if err != nil {
			line, ok := errors.AsType[*codec.LineError](err)
			require.True(t, ok)
			require.NotZero(t, line.Line)
			got = append(got, err.Error())
			continue
		}
		got = append(got, d.Envelope.Subject.String())
	}
	assert.Equal(t, []string{
		"member/ana",
		"member/bo",
		`line 5: subject: subject "member/Cy": identifier "Cy": character 'C' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "cy"?)`,
		"line 8: event is too long: the line has more than 131072 bytes",
		"line 9: event is too long: the line has more than 131072 bytes",
		"member/dee",
	}, got)

	for range codec.DecodeDrafts(strings.NewReader(file), domaintest.Office) {
		break // a loop may end early
	}
	for range codec.DecodeDrafts(strings.NewReader(""), domaintest.Office) {
		t.Fatal("an empty file has no events")
	}

	broken := io.MultiReader(strings.NewReader(departed("ana")+"\n"), iotest.ErrReader(errors.New("disk on fire")))
	var last error
	for _, err := range codec.DecodeDrafts(broken, domaintest.Office) {
		last = err
	}
	assert.EqualError(t, last, "line 2: disk on fire")
}

func TestRefs(t *testing.T) {
	first := domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
	var refs codec.Refs
	require.NoError(t, refs.Resolve(&codec.Draft{Envelope: first, Ref: "arrival"}))

	second := codec.Draft{TargetRef: "arrival"}
	require.NoError(t, refs.Resolve(&second))
	assert.Equal(t, first.ID, second.Envelope.Target)

	assert.EqualError(t, refs.Resolve(&codec.Draft{TargetRef: "arival"}), `target: no earlier line has the ref "arival" (did you mean "arrival"?)`)
	assert.EqualError(t, refs.Resolve(&codec.Draft{Ref: "arrival"}), `ref: an earlier line has the ref "arrival" already: choose another`)
}

func FuzzDecodeDraft(f *testing.F) {
	seeds(f, func(data []byte) { f.Add(data) })
	for _, line := range documented(f) {
		f.Add([]byte(line))
	}
	id, command := domain.EventID{1}, domain.CommandID{2}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := codec.DecodeDraft(data, domaintest.Office)
		if err != nil {
			return
		}
		// What the engine would add.
		e := d.Envelope
		if e.ID.IsZero() {
			e.ID = id
		}
		if e.Command.IsZero() {
			e.Command = command
		}
		if e.Recorded.IsZero() {
			e.Recorded = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		if !d.HasEffective {
			e.Effective = calendar.When{At: e.Recorded}
		}
		stored, err := codec.Encode(e)
		if errors.Is(err, codec.ErrTooLong) {
			return
		}
		require.NoError(t, err, "what decodes encodes")
		back, err := codec.Decode(stored)
		require.NoError(t, err)
		require.Equal(t, e, back)
	})
}

// A violation without points may say so.
func TestNoPointsMayBeWritten(t *testing.T) {
	for draft, err := range codec.DecodeDrafts(strings.NewReader(`{"type":"violation.recorded","subject":"member/ana","effective":"2025-01-05","payload":{"offence":"traffic.dui","points":0}}`), domaintest.Office) {
		require.NoError(t, err)
		require.Equal(t, domain.ViolationRecorded{Offence: "traffic.dui"}, draft.Envelope.Event)
	}
}
