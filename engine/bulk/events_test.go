package bulk_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/eventlog/memlog"
)

func (o office) export(t require.TestingT) string {
	var out bytes.Buffer
	require.NoError(t, bulk.ExportEvents(context(), &out, o.log, o.log, o.Position()))
	return out.String()
}

// restore makes an office of an export.
func restore(t require.TestingT, text string) (office, *bulk.Outcome) {
	o := office{log: memlog.New()}
	_, zone, founds := bulk.Founding([]byte(text))
	require.True(t, founds)
	s, err := engine.Restore(context(), config(o.log))
	require.NoError(t, err)
	im := &bulk.Import{Kind: bulk.Events, Format: bulk.JSONLines, File: "office.jsonl", Data: []byte(text), Zone: zone, Actor: "somebody else"}
	out, err := im.Decide(context(), s, nil)
	require.NoError(t, err)
	_, err = s.Record(context(), nil)
	require.NoError(t, err)
	o.Engine = s.Engine()
	return o, out
}

// answers asks something of everybody.
func (o office) answers(t require.TestingT) []string {
	var all []string
	for _, id := range o.Root().View().Subjects(domain.KindMember) {
		for _, p := range []domain.Privilege{"imm.criminal", "tax.sales"} {
			d, err := o.Ask(context(), engine.Question{Subject: domain.Of(domain.KindMember, id), Privilege: p, AsOf: domaintest.When("2025-03-01").At})
			require.NoError(t, err)
			all = append(all, fmt.Sprintf("%+v", d))
		}
	}
	return all
}

// Whatever was recorded, an office that is made of its export has the same
// events with the same ids at the same positions, and gives the same answers.
func TestAnExportMakesAnEqualOffice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := generated(t)
		text := o.export(t)
		again, out := restore(t, text)
		require.Equal(t, text, again.export(t))
		require.False(t, out.Mended)
		require.Equal(t, o.Position(), again.Position())
		require.Equal(t, o.answers(t), again.answers(t))
	})
}

// generated is a history of whatever the office lets be recorded.
func generated(t *rapid.T) office {
	o := founded(t)
	at := domaintest.When("2024-02-01").At
	var recorded []domain.Envelope
	for range rapid.IntRange(1, 40).Draw(t, "commands") {
		at = at.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "later")) * time.Minute)
		var drafts []domain.Envelope
		for range rapid.IntRange(1, 3).Draw(t, "events") {
			drafts = append(drafts, draft(t, recorded))
		}
		receipt, err := o.Submit(context(), domain.Command{Actor: rapid.SampledFrom([]string{"", "desk"}).Draw(t, "actor"), Correlation: rapid.SampledFrom([]string{"", "affair"}).Draw(t, "correlation"), Recorded: at, Drafts: drafts})
		if err != nil {
			continue // refused: that is another's matter
		}
		for _, id := range receipt.Events {
			_, e, _ := o.Root().View().EventByID(id)
			recorded = append(recorded, e)
		}
		at = receipt.Recorded
	}
	return o
}

// draft is an event about somebody that may be on record.
func draft(t *rapid.T, recorded []domain.Envelope) domain.Envelope {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
	member := domain.MemberID(pick("ana", "bo", "cy", "di"))
	mission := domain.MissionID(pick("arandia-embassy", "arandia-post"))
	day := pick("2024-01-01", "2024-03-10", "2024-11-03", "2025-05-01T16:00:00Z")
	var e domain.Envelope
	switch n := rapid.IntRange(0, 12).Draw(t, "what"); {
	case n == 0:
		e = domaintest.Opened("arandia-post", "arandia", "consular_post", day)
	case n <= 2:
		e = domaintest.Accredited(member, mission, domain.Category(pick("dip.agent", "dip.at", "con.officer")), day)
	case n == 3:
		e = domaintest.Joined(domain.MemberID(pick("hal", "mia")), member, domain.Relation(pick("spouse", "child")), day)
	case n == 4:
		e = domaintest.Ended(member, day)
	case n == 5:
		e = domaintest.Restricted("member/"+string(member), []domain.Privilege{"tax.sales"}, day)
	case n == 6:
		e = domaintest.Determined(domain.MeasureID(pick("m-1", "m-2")), "arandia", "withdrawn", []domain.Privilege{"tax.lodging"}, day)
	case n == 7:
		e = domaintest.ViolationRecorded("member/"+string(member), "traffic.must_appear", 4, day)
	case n == 8:
		e = domaintest.VehicleRecorded(domain.VehicleID(pick("car-1", "car-2")), member, "car", day)
	case n == 9:
		e = domaintest.TicketIssued(domain.VehicleID(pick("car-1", "car-2")), "dc", day)
	case n == 10:
		e = domaintest.RequestFiled(domain.RequestID(pick("r-1", "r-2")), mission, "property", []domain.Privilege{"property.lease"}, day)
	case len(recorded) > 0 && n == 11:
		e = domaintest.Retracted(rapid.SampledFrom(recorded).Draw(t, "target"), "a mistake")
	case len(recorded) > 0:
		target := rapid.SampledFrom(recorded).Draw(t, "target")
		e = domaintest.Corrected(target, day, target.Event)
	default:
		e = domaintest.StatusChanged(member, "lpr", day)
	}
	e.ID, e.Command, e.Recorded, e.Actor = domain.EventID{}, domain.CommandID{}, time.Time{}, ""
	return e
}

// A live office comes back as a history, with all else as it was; and its export
// as it is.
func TestALiveOfficeComesBackAsAHistory(t *testing.T) {
	o := found(t, domain.Live)
	text := o.export(t)
	again, out := restore(t, text)
	assert.True(t, out.Mended)
	assert.Equal(t, domain.History, again.Mode())
	want := strings.Replace(text, `"mode":"live"`, `"mode":"history"`, 1)
	assert.Equal(t, want, again.export(t))
	third, out := restore(t, want)
	assert.False(t, out.Mended)
	assert.Equal(t, want, third.export(t))
	// The live export is still that of the same office.
	im := again.prepare(bulk.Events, text)
	result, err := again.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, result.Rows, result.Repeated)
}

// What can't found an office founds none.
func TestRestoringWhatIsNoOffice(t *testing.T) {
	o := found(t, domain.History)
	text := o.export(t)
	lines := strings.SplitAfter(text, "\n")
	restoring := func(text string) error {
		s, err := engine.Restore(t.Context(), config(memlog.New()))
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Abandon(t.Context())) }()
		im := &bulk.Import{Kind: bulk.Events, File: "office.jsonl", Data: []byte(text), Zone: calendar.UTC}
		_, err = im.Decide(t.Context(), s, nil)
		return err
	}
	require.NoError(t, restoring(text))
	require.ErrorContains(t, restoring(lines[0]), "office.jsonl:1: an office is founded with an edition of the common law")
	i := strings.Index(text, `"text":"`) + 20
	require.ErrorContains(t, restoring(text[:i]+"X"+text[i+1:]), "office.jsonl:2: the text is not that of edition")
	require.ErrorContains(t, restoring(lines[3]), "office.jsonl:1: an office is founded with an edition of the common law")
}

func TestLinesOfEvents(t *testing.T) {
	const (
		state  = `{"type":"state.registered","subject":"state/%s","effective":"2024-01-01","payload":{"name":"X"}%s}` + "\n"
		first  = `,"command":"01JH0000000000000000000002"`
		second = `,"command":"01JH0000000000000000000003"`
	)
	for _, c := range []struct{ name, text, want string }{
		{"apart", fmt.Sprintf(state+state+state, "a", first, "b", second, "c", first), "command: the command 01JH0000000000000000000002 ended before other lines: put its lines together"},
		{"at two times", fmt.Sprintf(state+state, "a", first+`,"recorded":"2025-01-01"`, "b", first+`,"recorded":"2025-01-02"`), "file.csv:2: recorded: all of a command is recorded at once"},
		{"not JSON", "{\n", "file.csv:1: the JSON ends too early"},
		{"refused", fmt.Sprintf(state, "arandia", ""), "file.csv:1: state.registered: subject: state/arandia is already on record"},
		{"NUL", "{\"type\":\"\x00\"}", "file.csv:1: the row holds a NUL byte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := found(t, domain.History)
			_, err := o.run(t, o.prepare(bulk.Events, c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
	o := found(t, domain.Live)
	text := fmt.Sprintf(state+state+state, "a", first, "arandia", first, "c", "")
	im := o.prepare(bulk.Events, text)
	im.SkipBad, im.ID = true, "x"
	out, err := o.run(t, im)
	require.NoError(t, err)
	var report bytes.Buffer
	require.NoError(t, out.Report(&report, bulk.Events, bulk.JSONLines))
	assert.Equal(t, fmt.Sprintf("# line 1: another line of the same command was refused\n"+state+
		"# line 2: state.registered: subject: state/arandia is already on record; to change what was recorded, correct that event\n"+state, "a", first, "arandia", first), report.String())
	im = o.prepare(bulk.Events, strings.Replace(report.String(), "state/arandia", "state/delmark", 2))
	im.ID = "x"
	out, err = o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, 2, out.Recorded)
}
