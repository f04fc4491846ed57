package bulk_test

import (
	"bytes"
	stdcontext "context"
	"fmt"

	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

var (
	common  = sync.OnceValues(func() ([]byte, error) { return rules.Bundle(rulesets.Common()) })
	library = sync.OnceValue(projections.NewLibrary)
)

type office struct {
	*engine.Engine
	log *memlog.Log
}

func now() time.Time { return time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC) }

func config(log *memlog.Log) engine.Config {
	clock := func() time.Time { return now().Add(time.Hour) }
	return engine.Config{Log: log, Bodies: log, Clock: clock, Library: library()}
}

// found founds an office with Arandia, its embassy, and Ana.
func found(t testing.TB, mode domain.Mode) office {
	t.Helper()
	return foundAs(t, mode)
}

func context() stdcontext.Context { return stdcontext.Background() }

func founded(t require.TestingT) office { return foundAs(t, domain.History) }

func foundAs(t require.TestingT, mode domain.Mode) office {
	bundle, err := common()
	require.NoError(t, err)
	o := office{log: memlog.New()}
	f := engine.Founding{Office: "office", Zone: "America/New_York", Mode: mode, Actor: "test", Bundles: [][]byte{bundle}}
	if mode == domain.History {
		f.At = domaintest.When("2020-01-01T12:00Z").At
	}
	c := config(o.log)
	c.Clock = now
	o.Engine, err = engine.Found(context(), c, f)
	require.NoError(t, err)
	o.submit(t, domaintest.Registered("arandia", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"))
	return o
}

// submit records events in one command, at 2024-02-01 in a history.
func (o office) submit(t require.TestingT, events ...domain.Envelope) {
	c := domain.Command{Actor: "test"}
	if o.Mode() == domain.History {
		c.Recorded = domaintest.When("2024-02-01").At
	}
	for _, e := range events {
		e.ID, e.Command, e.Recorded = domain.EventID{}, domain.CommandID{}, time.Time{}
		c.Drafts = append(c.Drafts, e)
	}
	_, err := o.Submit(context(), c)
	require.NoError(t, err)
}

func (o office) prepare(kind bulk.Kind, text string) *bulk.Import {
	im := &bulk.Import{Kind: kind, Format: bulk.CSV, File: "file.csv", Data: []byte(text), Zone: o.Zone(), Actor: "desk"}
	if o.Mode() == domain.History {
		im.Recorded = domaintest.When("2025-01-02T10:00Z").At
	}
	return im
}

// run decides an import and records it, unless something is wrong.
func (o office) run(t testing.TB, im *bulk.Import) (*bulk.Outcome, error) {
	t.Helper()
	s, err := o.Begin(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Abandon(t.Context())) }()
	out, err := im.Decide(t.Context(), s, nil)
	if err != nil {
		return out, err
	}
	_, err = s.Record(t.Context(), nil)
	return out, err
}

func (o office) list(t testing.TB, kind bulk.Kind) string {
	t.Helper()
	l, err := bulk.Export(o.Root(), kind, o.Position(), now())
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, l.CSV(&out))
	return out.String()
}

const members = `member,mission,category,rank,capacity,nationalities,status,name,birth,effective,ended
bo,arandia-embassy,dip.at,attaché,,arandia borvia,lpr,Bo,1980-02-29,2024-03-01,
cy,arandia-embassy,dip.agent,"counsellor, ""first""",trade,arandia,,,,2024-05-01T16:00:00Z,2025-05-31
`

// Each list comes out as it went in.
func TestListsComeOutAsTheyWentIn(t *testing.T) {
	for _, c := range []struct {
		kind bulk.Kind
		text string
	}{
		{bulk.Members, "member,mission,category,rank,capacity,nationalities,status,name,birth,effective,ended\n" +
			"ana,arandia-embassy,dip.agent,,,arandia,,,,2024-01-01,\n" + strings.SplitN(members, "\n", 2)[1]},
		{bulk.Families, "member,sponsor,relation,nationalities,status,name,birth,effective\nhal,ana,spouse,borvia,,Hal,1983-01-01,2024-02-01\nmia,ana,child,arandia,,Mia,2012-05-05,2024-02-01\n"},
		{bulk.Violations, "member,offence,points,citation,date,place,vehicle,matter\nana,traffic.must_appear,4,MD 12,2025-03-09T03:40:00Z,Bethesda,,case-1\nmission/arandia-embassy,insurance.lapse,,,2025-03-01,,,\n"},
		{bulk.Rates, "currency,dollars,date,source\nEUR,1.0842,2025-01-02,table 1\nXAU,2600.5,2025-01-03,\n"},
		{bulk.Vehicles, "vehicle,kind,owner,leased,description,effective,combined,per_person,per_accident,property,insurer,insured,insured_until\n" +
			"car-1,car,ana,true,\"Volta, 2023\",2024-02-20,300000.00,,,,Meridian,2024-03-01,2026-03-01\ncar-2,motorcycle,mission/arandia-embassy,,,2024-02-20,,,,,,,\n"},
	} {
		for _, mode := range []domain.Mode{domain.Live, domain.History} {
			t.Run(fmt.Sprintf("%s/%s", c.kind, mode), func(t *testing.T) {
				o := found(t, mode)
				text := c.text
				if c.kind == bulk.Members {
					text = members
				}
				out, err := o.run(t, o.prepare(c.kind, text))
				require.NoError(t, err)
				assert.Equal(t, strings.Count(text, "\n")-1, out.Recorded)
				assert.Equal(t, c.text, o.list(t, c.kind))

				at := o.Position()
				out, err = o.run(t, o.prepare(c.kind, text))
				require.NoError(t, err)
				assert.Equal(t, out.Rows, out.Repeated, "the same file again changes nothing")
				assert.Equal(t, at, o.Position())
			})
		}
	}
	o := found(t, domain.Live)
	_, err := o.run(t, o.prepare(bulk.Vehicles, "vehicle,kind,owner,effective\ncar-1,car,ana,2024-01-01\n"))
	require.NoError(t, err)
	tickets := "vehicle,place,number,date,cleared\ncar-1,dc,DC-1,2024-05-02,2025-01-07\ncar-1,nyc,,2024-06-02,\n"
	_, err = o.run(t, o.prepare(bulk.Tickets, tickets))
	require.NoError(t, err)
	assert.Equal(t, tickets, o.list(t, bulk.Tickets))
}

// The same list as JSON lines.
func TestListsAsJSONLines(t *testing.T) {
	o := found(t, domain.Live)
	im := o.prepare(bulk.Members, `# a comment
{"member":"bo","mission":"arandia-embassy","category":"dip.at","nationalities":["arandia","borvia"],"effective":"2024-03-01"}

{"member":"cy","mission":"arandia-embassy","category":"dip.at","effective":"2024-03-01","status":null}`)
	im.Format = bulk.JSONLines
	out, err := o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, 2, out.Recorded)
	assert.Contains(t, o.list(t, bulk.Members), "bo,arandia-embassy,dip.at,,,arandia borvia,")
	var text bytes.Buffer
	l, err := bulk.Export(o.Root(), bulk.Members, o.Position(), now())
	require.NoError(t, err)
	require.NoError(t, l.JSONLines(&text))
	assert.Contains(t, text.String(), `{"member":"bo","mission":"arandia-embassy","category":"dip.at","nationalities":"arandia borvia","effective":"2024-03-01"}`)
}

// Everything that is wrong is said, with its line and column, and nothing is
// recorded.
func TestMistakes(t *testing.T) {
	const head = "member,mission,category,effective\n"
	for _, c := range []struct {
		name string
		kind bulk.Kind
		text string
		want string
	}{
		{"codes and ids", bulk.Members, head + "bo,arandia-embasy,dip.agnt,2024-01-01\n\ncy,,dip.at,1/2/2024\ndi,arandia-embassy,dip.at,2024-02-30\n",
			`file.csv:2: mission: unknown mission "arandia-embasy" (did you mean "arandia-embassy"?): record mission.opened first
file.csv:2: category: `},
		{"an empty cell", bulk.Members, head + "bo,,dip.at,2024-01-01\n", `file.csv:2: mission: is empty, and every row needs it`},
		{"a broken row at the end", bulk.Members, head + strings.Repeat("bo,arandia-embassy,dip.at,2024-01-01\n", 3) + "cy,arandia-embassy\n",
			`file.csv:5: the row has 2 cells, and the header 4: is a comma or a quote missing or too much?`},
		{"a column", bulk.Members, "member,mission,categry,effective\n", `file.csv:1: unknown column "categry" (did you mean "category"?): the columns of members are member, mission, category, rank, capacity, nationalities, status, name, birth, effective, ended; authority and recorded may be there too`},
		{"a column too few", bulk.Rates, "currency,date\n", `file.csv:1: the column "dollars" is missing: the columns of rates are currency, dollars, date, source; authority and recorded may be there too`},
		{"a column twice", bulk.Rates, "currency,date,Date\n", `file.csv:1: the column "date" is there twice: keep one`},
		{"semicolons", bulk.Rates, "currency;dollars;date\nEUR;1;2025-01-01\n", `file.csv:1: the cells are not divided by commas: save the list as CSV with commas (RFC 4180)`},
		{"a quote inside", bulk.Rates, "currency,dollars,date\nE\"R,1,2025-01-01\n", `file.csv:2: a quote stands inside a cell that has none around it (line 2, byte 2): put quotes around the cell and write each quote inside it twice`},
		{"a quote that stays open", bulk.Rates, "currency,dollars,date\nEUR,1,\"2025-01-01\nGBP,1,2025-01-01\n", `file.csv:2: a quoted cell does not end where it should (line 3, byte 18): close it with a quote before the comma, and write each quote inside it twice`},
		{"NUL", bulk.Rates, "currency,dollars,date\nE\x00R,1,2025-01-01\n", `file.csv:2: the row holds a NUL byte, which is no text`},
		{"not UTF-8", bulk.Rates, "currency,dollars,date,source\nEUR,1,2025-01-01,caf\xe9\n", `file.csv:2: the row is not UTF-8: save the file as UTF-8`},
		{"UTF-16", bulk.Rates, "\xff\xfec\x00", `file.csv:1: the file is UTF-16: save it as UTF-8`},
		{"a huge line", bulk.Rates, "currency,dollars,date,source\nEUR,1,2025-01-01," + strings.Repeat("x", 200_000) + "\n", `file.csv:2: the row has more than 131072 bytes: is a quote missing at its end?`},
		{"nothing", bulk.Rates, "", `file.csv:1: the file is empty: it begins with a row of column names`},
		{"a header alone", bulk.Rates, "currency,dollars,date\n", `file.csv:1: the file holds no rows`},
		{"a number", bulk.Rates, "currency,dollars,date\nEUR,1,5,2025\n", `file.csv:2: the row has 4 cells, and the header 3: is a comma or a quote missing or too much?`},
		{"dollars or cents", bulk.Vehicles, "vehicle,kind,owner,effective,combined\ncar-1,car,ana,2024-01-01,300000\n", `file.csv:2: combined: "300000" may be dollars or cents: write $300000 or 300000.00`},
		{"no limit", bulk.Vehicles, "vehicle,kind,owner,effective,insurer\ncar-1,car,ana,2024-01-01,Meridian\n", `file.csv:2: combined: the insurance has no limit: state at least one, or leave the insurance out`},
		{"an owner", bulk.Vehicles, "vehicle,kind,owner,effective\ncar-1,car,state/arandia,2024-01-01\n", `file.csv:2: owner: "state/arandia": write member/ID or mission/ID`},
		{"ended before it began", bulk.Members, "member,mission,category,effective,ended\nbo,arandia-embassy,dip.at,2024-01-02,2024-01-01\ncy,arandia-embassy,dip.at,2024-01-02,2024-01-02\ndi,arandia-embassy,dip.at,2024-01-02,2024-01-03\n",
			"file.csv:2: ended: 2024-01-01 is not after effective, 2024-01-02: functions end after they began\nfile.csv:3: ended: 2024-01-02 is not after effective, 2024-01-02: functions end after they began"},
		{"born after", bulk.Members, "member,mission,category,effective,birth\nbo,arandia-embassy,dip.at,2024-01-02,2024-01-03\n", "file.csv:2: birth: 2024-01-03 is after effective, 2024-01-02"},
		{"a relative born after", bulk.Families, "member,sponsor,relation,effective,birth\nmia,ana,child,2024-02-02T03:00Z,2024-02-02\n", "file.csv:2: birth: 2024-02-02 is after effective, 2024-02-02T03:00Z"},
		{"insured until before", bulk.Vehicles, "vehicle,kind,owner,effective,combined,insured,insured_until\ncar-1,car,ana,2024-01-01,$300,2024-02-01,2024-02-01\ncar-2,car,ana,2024-01-01,$300,,2023-02-01\n",
			"file.csv:2: insured_until: 2024-02-01 is not after insured, 2024-02-01: a policy ends after it began\nfile.csv:3: insured_until: 2023-02-01 is not after effective, 2024-01-01: a policy ends after it began"},
		{"too long an event", bulk.Members, "member,mission,category,effective,name\nbo,arandia-embassy,dip.at,2024-01-02," + strings.Repeat("x", 70_000) + "\ncy,arandia-embassy,dip.agnt,2024-01-02,\n",
			"file.csv:2: name: the event would have more than 65535 bytes: keep long texts in a document and refer to it\nfile.csv:3: category: "},
		{"too long a line", bulk.Events, `{"type":"state.registered","subject":"state/x","effective":"2024-01-01","payload":{"name":"` + strings.Repeat("x", 70_000) + "\"}}\n{\n", "\nfile.csv:1: the event would have more than 65535 bytes: keep long texts in a document and refer to it"},
		{"a member twice", bulk.Members, "member,mission,category,capacity,effective\nbo,arandia-embassy,dip.at,,2024-01-02\nbo,arandia-embassy,dip.agent,main,2024-01-02\nbo,arandia-embassy,dip.agent,trade,2024-01-02\n", "file.csv:3: line 2 says something else of bo in the same capacity at the same instant: leave one of them out"},
		{"a rate twice", bulk.Rates, "currency,dollars,date\nEUR,1.1,2025-01-01\neur,1.2,2025-01-01\n", "file.csv:3: line 2 states another rate of eur at the same instant: leave one of them out"},
		{"no such vehicle", bulk.Tickets, "vehicle,place,date\ncar-9,dc,2024-01-01\n", `file.csv:2: vehicle: unknown vehicle "car-9": record vehicle.recorded first`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := found(t, domain.Live)
			at := o.Position()
			_, err := o.run(t, o.prepare(c.kind, c.text))
			var mistakes *bulk.Mistakes
			require.ErrorAs(t, err, &mistakes)
			assert.Contains(t, mistakes.Error(), c.want)
			assert.Equal(t, at, o.Position())
		})
	}
}

// A ticket is recorded once.
func TestTicketsTwice(t *testing.T) {
	o := found(t, domain.Live)
	_, err := o.run(t, o.prepare(bulk.Vehicles, "vehicle,kind,owner,effective\nc1,car,ana,2024-01-01\nc2,car,ana,2024-01-01\n"))
	require.NoError(t, err)
	const head = "vehicle,place,number,date,cleared\n"
	first := head + "c1,dc,N1,2024-05-01,2024-05-01\nc1,dc,,2024-05-01,\nc1,dc,,2024-05-01,\nc1,nyc,N1,2024-05-01,\nc2,dc,N1,2024-05-01,\n"
	out, err := o.run(t, o.prepare(bulk.Tickets, first))
	require.NoError(t, err)
	assert.Equal(t, 5, out.Recorded)
	out, err = o.run(t, o.prepare(bulk.Tickets, first))
	require.NoError(t, err)
	assert.Equal(t, 5, out.Repeated)
	_, err = o.run(t, o.prepare(bulk.Tickets, head+"c1,dc,N1,2024-06-01,\nc1,dc,N2,2024-06-01,\nvehicle/c1,dc,N2,2024-06-02,\nc1,dc,N3,2024-06-02,2024-06-01\n"))
	require.EqualError(t, err, `file.csv:2: ticket N1 of c1 is on record since 2024-05-01: leave the row out
file.csv:4: ticket N2 of c1 is in line 3 already: leave one of them out
file.csv:5: cleared: 2024-06-01 is before date, 2024-06-02: a ticket is cleared after it was issued`)
}

// A member whose row is too long is skipped, and the others are recorded.
func TestALongRowIsSkipped(t *testing.T) {
	o := found(t, domain.Live)
	im := o.prepare(bulk.Members, "member,mission,category,effective,name\nbo,arandia-embassy,dip.at,2024-01-02,"+strings.Repeat("x", 70_000)+"\ncy,arandia-embassy,dip.at,2024-01-02,\n")
	im.SkipBad = true
	out, err := o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1}, []int{out.Recorded, out.Refused()})
	assert.Contains(t, o.list(t, bulk.Members), "\ncy,")
}

// A second list of the same day follows the first.
func TestTwoListsOfOneDay(t *testing.T) {
	o := found(t, domain.History)
	for _, list := range []string{"EUR,1.1,2025-01-01\nGBP,1.2,2025-01-01\n", "CHF,1.1,2025-01-01\nSEK,0.1,2025-01-01\n"} {
		for _, again := range []bool{false, true} {
			out, err := o.run(t, o.prepare(bulk.Rates, "currency,dollars,date\n"+list))
			require.NoError(t, err)
			assert.Equal(t, map[bool]int{true: 2}[again], out.Repeated)
		}
	}
	_, err := o.run(t, o.prepare(bulk.Events, `{"type":"state.registered","subject":"state/delmark","effective":"2024-01-01","payload":{"name":"X"}}`))
	require.NoError(t, err)
	e, _ := o.Root().View().Envelope(o.Position() - 1)
	assert.Equal(t, "2025-01-02T10:00:00.000004Z", calendar.FormatInstant(e.Recorded))
}

// Of very many mistakes the first are listed and the rest counted, in no time.
func TestManyMistakes(t *testing.T) {
	o := found(t, domain.Live)
	var text strings.Builder
	text.WriteString("member,mission,category,effective\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "m-%d,arandia-embasy-%d,dip.at,2024-01-01\n", i, i)
	}
	_, err := o.run(t, o.prepare(bulk.Members, text.String()))
	require.ErrorContains(t, err, "\nand 4900 more")
}

// The good rows are recorded, and the mended ones later, under the same import.
func TestBadRowsAreSkippedAndMended(t *testing.T) {
	const text = "\ufeffMember , mission,category,effective,name\r\n" +
		"bo,arandia-embassy,dip.at,2024-01-01,\"Bo\nB\"\r\n" +
		"cy,arandia-embassy,dip.agnt,2024-01-01,\"C, Y\"\r\n" +
		"di,arandia-embassy,dip.at,2024-01-01,Di\r\n" +
		"ed,arandia-embassy\r\n"
	o := found(t, domain.Live)
	im := o.prepare(bulk.Members, text)
	im.SkipBad, im.ID = true, "list-7"
	out, err := o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, []int{4, 2, 2}, []int{out.Rows, out.Recorded, out.Refused()})
	var report bytes.Buffer
	require.NoError(t, out.Report(&report, bulk.Members, bulk.CSV))
	lines := strings.Split(report.String(), "\n")
	assert.Equal(t, "member,mission,category,effective,name,line,error", lines[0])
	assert.Regexp(t, `^cy,arandia-embassy,dip.agnt,2024-01-01,"C, Y",4,"category: .*did you mean ""dip.agent""`, lines[1])
	assert.Regexp(t, `^"ed,arandia-embassy",,,,,6,"the row has 2 cells`, lines[2])

	mended := strings.Replace(report.String(), "dip.agnt", "dip.agent", 1)
	mended = strings.Replace(mended, `"ed,arandia-embassy",,,,`, "ed,arandia-embassy,dip.at,2024-01-01,", 1)
	im = o.prepare(bulk.Members, mended)
	im.ID = "list-7"
	out, err = o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, 2, out.Recorded)
	out, err = o.run(t, im)
	require.NoError(t, err)
	assert.Equal(t, 2, out.Repeated)
}

// A file that was changed after it was recorded is refused, and its row named.
func TestAChangedFile(t *testing.T) {
	o := found(t, domain.Live)
	im := o.prepare(bulk.Members, members)
	im.ID = "list-7"
	_, err := o.run(t, im)
	require.NoError(t, err)
	at := o.Position()
	im.Data = []byte(strings.Replace(members, "dip.agent", "dip.at", 1) + "di,arandia-embassy,dip.at,,,,,,,2024-01-01,\n")
	_, err = o.run(t, im)
	require.EqualError(t, err, fmt.Sprintf("file.csv:3: this row was recorded before, at position %d, with other content: an import that broke off is completed with the file as it was; to change what is on record, correct the event, and for more rows use another import id", at-2+1))
	assert.Equal(t, at, o.Position())
	im.Data = []byte(members)
	im.Actor = "somebody else"
	_, err = o.run(t, im)
	require.ErrorContains(t, err, "by desk: say --actor desk to complete that import")
}

// Of a history the rows may say when they were recorded.
func TestRecordedRows(t *testing.T) {
	const text = "currency,dollars,date,recorded\nEUR,1.1,2025-01-01,2025-01-02\nEUR,1.2,2025-01-03,2025-01-02\nEUR,1.3,2025-01-04,2025-01-02\nEUR,1.4,2025-01-05,2025-01-05\n"
	o := found(t, domain.History)
	_, err := o.run(t, o.prepare(bulk.Rates, text))
	require.NoError(t, err)
	var got []string
	for at := o.Position() - 4; at < o.Position(); at++ {
		e, _ := o.Root().View().Envelope(at)
		got = append(got, calendar.FormatInstant(e.Recorded))
	}
	assert.Equal(t, []string{"2025-01-02T05:00:00Z", "2025-01-02T05:00:00.000001Z", "2025-01-02T05:00:00.000002Z", "2025-01-05T05:00:00Z"}, got)
	_, err = o.run(t, o.prepare(bulk.Rates, "currency,dollars,date,recorded\nEUR,1.1,2025-01-01,2025-01-04\n"))
	require.ErrorContains(t, err, "file.csv:2: recorded: recorded time can't be stated so: recorded 2025-01-04 00:00 EST is before")
	live := found(t, domain.Live)
	_, err = live.run(t, live.prepare(bulk.Rates, text))
	require.ErrorContains(t, err, "file.csv:2: recorded: recorded time can't be stated so: this office is live")
}

// BenchmarkImport decides and records 100,000 members on a log in memory.
func BenchmarkImport(b *testing.B) {
	text := []byte(manyMembers(100_000))
	for b.Loop() {
		b.StopTimer()
		o := found(b, domain.Live)
		im := o.prepare(bulk.Members, "")
		im.Data = text
		b.StartTimer()
		_, err := o.run(b, im)
		require.NoError(b, err)
	}
}

func manyMembers(n int) string {
	var text strings.Builder
	text.WriteString("member,mission,category,rank,name,birth,effective\n")
	for i := range n {
		fmt.Fprintf(&text, "m-%d,arandia-embassy,dip.at,attaché,\"Member, %d\",1980-02-29,2024-03-01\n", i, i)
	}
	return text.String()
}
