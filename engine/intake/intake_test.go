package intake_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/internal/golden"
)

func office(t testing.TB) calendar.Zone {
	t.Helper()
	zone, err := calendar.LoadZone("America/New_York")
	require.NoError(t, err)
	return zone
}

const (
	first  = `{"type":"state.registered","subject":"state/arandia","effective":"2024-01-01","recorded":"2024-01-02","payload":{"name":"Arandia"}}`
	second = `{"type":"state.registered","subject":"state/borvia","effective":"2024-01-01","recorded":"2024-01-02","payload":{"name":"Borvia"}}`
	later  = `{"type":"state.registered","subject":"state/corvia","effective":"2024-01-01","recorded":"2024-01-03","payload":{"name":"Corvia"}}`
	silent = `{"type":"state.registered","subject":"state/dorvia","effective":"2024-01-01","payload":{"name":"Dorvia"}}`
)

func TestCommandsAreGrouped(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  [][]int // lines by command
	}{
		{"the same time is one command", []string{first, second}, [][]int{{1, 2}}},
		{"another time begins another", []string{first, second, later}, [][]int{{1, 2}, {3}}},
		{"no time belongs to the command before", []string{first, silent, later, silent}, [][]int{{1, 2}, {3, 4}}},
		{"none at all is one command", []string{silent, silent}, [][]int{{1, 2}}},
		{"a time after none begins another", []string{silent, first}, [][]int{{1}, {2}}},
		{"blank lines and comments count", []string{"", first, "# more", second}, [][]int{{2, 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			batch, err := intake.Read(strings.NewReader(strings.Join(c.lines, "\n")), intake.JSONLines, office(t))
			require.NoError(t, err)
			assert.Equal(t, c.want, batch.Lines)
			for i, cmd := range batch.Commands {
				assert.Len(t, cmd.Drafts, len(batch.Lines[i]))
				for _, d := range cmd.Drafts {
					assert.True(t, d.Recorded.IsZero(), "the command says when it was recorded")
				}
			}
		})
	}
}

func TestCommandsMayBeNamed(t *testing.T) {
	line := func(state, more string) string {
		return fmt.Sprintf(`{"type":"state.registered","subject":"state/%s","effective":"2024-01-01",%s"payload":{"name":"X"}}`, state, more)
	}
	const a, b = `"command":"01H0000000000000000000000A",`, `"command":"01H0000000000000000000000B",`
	read := func(lines ...string) (*intake.Batch, error) {
		return intake.Read(strings.NewReader(strings.Join(lines, "\n")), intake.JSONLines, office(t))
	}
	batch, err := read(line("arandia", a), line("borvia", ""), line("corvia", a), line("dorvia", b))
	require.NoError(t, err)
	assert.Equal(t, [][]int{{1, 2, 3}, {4}}, batch.Lines)
	assert.Equal(t, "01H0000000000000000000000B", batch.Commands[1].ID.String())

	_, err = read(line("arandia", a), line("borvia", b), line("corvia", a))
	assert.EqualError(t, err, "line 3: the command 01H0000000000000000000000A ended before other lines: put its lines together")
	_, err = read(line("arandia", a+`"recorded":"2024-01-02",`), line("borvia", a+`"recorded":"2024-01-03",`))
	assert.EqualError(t, err, "line 2: the command 01H0000000000000000000000A was recorded 2024-01-02T05:00:00Z by the lines before: all of a command is recorded at once")
	_, err = read(later, first)
	assert.EqualError(t, err, "line 2: recorded 2024-01-02T05:00:00Z is before 2024-01-03T05:00:00Z, which an earlier line states: what is learned later is recorded later, whenever it took effect")
}

func TestRefs(t *testing.T) {
	const file = `{"ref":"arrival","type":"member.accredited","subject":"member/bo","effective":"2025-01-10","command":"01H0000000000000000000000A","payload":{"mission":"arandia-embassy","category":"dip.at"}}
{"type":"event.retracted","subject":"member/bo","target":"#arrival","payload":{"reason":"another person"}}`
	batch, err := intake.Read(strings.NewReader(file), intake.JSONLines, office(t))
	require.NoError(t, err)
	drafts := batch.Commands[0].Drafts
	assert.Equal(t, drafts[0].ID, drafts[1].Target)
	assert.False(t, drafts[0].ID.IsZero())

	again, err := intake.Read(strings.NewReader(file), intake.JSONLines, office(t))
	require.NoError(t, err)
	assert.Equal(t, batch, again, "a named command is the same command when it is read again")

	_, err = intake.Read(strings.NewReader(strings.ReplaceAll(file, "#arrival", "#arival")), intake.JSONLines, office(t))
	assert.EqualError(t, err, `line 2: target: no earlier line has the ref "arival" (did you mean "arrival"?)`)
}

func TestLimits(t *testing.T) {
	line := func(i int) string {
		return fmt.Sprintf(`{"type":"state.registered","subject":"state/s%d","effective":"2024-01-01","payload":{"name":"X"}}`+"\n", i)
	}
	var file strings.Builder
	for i := range intake.MaxEvents {
		file.WriteString(line(i))
	}
	batch, err := intake.Read(strings.NewReader(file.String()), intake.JSONLines, office(t))
	require.NoError(t, err)
	assert.Equal(t, intake.MaxEvents, batch.Events())

	_, err = intake.Read(strings.NewReader(file.String()+line(intake.MaxEvents)), intake.JSONLines, office(t))
	assert.EqualError(t, err, "line 1001: this is event 1001, and a file holds at most 1000: divide it, for instance between two commands")
	_, err = intake.Read(strings.NewReader("\n# nothing\n"), intake.JSONLines, office(t))
	assert.EqualError(t, err, "line 1: there are no events in this file")
	_, err = intake.Read(strings.NewReader(strings.Repeat("x\n", 200)), intake.JSONLines, office(t))
	assert.Len(t, err, 100)
	_, err = intake.Read(strings.NewReader(strings.Repeat("#", 9<<20)), intake.JSONLines, office(t))
	assert.ErrorContains(t, err, "more than 8 MiB")
}

func TestSize(t *testing.T) {
	const events = 500
	line := func(i, n int) string {
		return fmt.Sprintf(`{"type":"state.registered","subject":"state/s%03d","effective":"2024-01-01","recorded":"2024-01-%02d","payload":{"name":"%s"}}`+"\n", i, 1+i/100, strings.Repeat("x", n))
	}
	read := func(n int) *intake.Batch {
		var file strings.Builder
		for i := range events {
			file.WriteString(line(i, n))
		}
		batch, err := intake.Read(strings.NewReader(file.String()), intake.JSONLines, office(t))
		require.NoError(t, err)
		return batch
	}
	stored := func(batch *intake.Batch) (total int) {
		for _, c := range batch.Commands {
			for _, e := range c.Drafts {
				e.ID, e.Command, e.Recorded = domain.EventID{1}, domain.CommandID{1}, c.Recorded
				data, err := codec.Encode(e)
				require.NoError(t, err)
				total += len(data) + len(e.Subject.String()) + len(e.Type())
			}
		}
		return total
	}
	most := 1
	for stored(read(most+1)) <= 900<<10 {
		most++
		if gap := (900<<10 - stored(read(most))) / events; gap > 1 {
			most += gap - 1
		}
	}
	require.NoError(t, read(most).CheckSize())
	over := read(most + 1)
	assert.EqualError(t, over.CheckSize(), fmt.Sprintf("line 401: the events of this file come to %d bytes as they are stored, and a log takes at most 921600 at once: divide the file, for instance before this line", stored(over)))
}

// TestYAML reads every file of testdata and compares what it comes to: the
// stored drafts by command, or the mistakes with their lines.
func TestYAML(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			file, err := os.Open(name)
			require.NoError(t, err)
			defer file.Close()
			batch, err := intake.Read(file, intake.FormatOf(name), office(t))
			var got strings.Builder
			if err != nil {
				fmt.Fprintln(&got, err)
			} else {
				for i, c := range batch.Commands {
					fmt.Fprintf(&got, "command recorded %v\n", c.Recorded)
					for j, d := range c.Drafts {
						d.ID, d.Recorded = domain.EventID{15: 1}, time.Unix(0, 0).UTC() // what the office adds
						stored, err := codec.Encode(d)
						require.NoError(t, err)
						fmt.Fprintf(&got, "  line %d: %s\n", batch.Lines[i][j], stored)
					}
				}
			}
			golden.Compare(t, strings.TrimSuffix(name, ".yaml")+".golden", []byte(got.String()))
		})
	}
}

func TestFormats(t *testing.T) {
	for name, want := range map[string]intake.Format{"a.jsonl": intake.JSONLines, "a.json": intake.JSONLines, "a": intake.JSONLines, "a.txt": intake.JSONLines, "-": intake.JSONLines, "a.yaml": intake.YAML, "b/A.YML": intake.YAML} {
		assert.Equal(t, want, intake.FormatOf(name), name)
	}
	_, err := intake.ParseFormat("yml")
	require.NoError(t, err)
	_, err = intake.ParseFormat("yam")
	assert.EqualError(t, err, `unknown format "yam" (did you mean "yaml"?): write one of jsonl, yaml`)
}

func TestRefused(t *testing.T) {
	batch, err := intake.Read(strings.NewReader(first+"\n\n"+silent+"\n"+later), intake.JSONLines, office(t))
	require.NoError(t, err)
	assert.Empty(t, batch.Refused(0, nil))
	assert.EqualError(t, batch.Refused(0, domain.Refusals{
		{Index: 0, Type: "state.registered", Field: "subject", Text: "is on record"},
		{Index: 1, Type: "state.registered", Text: "is wrong"},
	}), "line 1: state.registered: subject: is on record\nline 3: state.registered: is wrong")
	assert.EqualError(t, batch.Refused(1, fmt.Errorf("too late")), "line 4: too late")
}

// FuzzRead reads anything without panic, and whatever it reads it has lines for.
func FuzzRead(f *testing.F) {
	f.Add([]byte(first+"\n"+later), false)
	f.Add([]byte("- type: member.departed\n  subject: member/ana\n  effective: 2024-01-01\n"), true)
	f.Add([]byte("- type: fee.imposed\n  subject: member/ana\n  effective: 2024-01-01\n  authority: note 1\n  payload: {amount: 5000}\n"), true)
	f.Add([]byte("a: &a [*a]\n---\n- !!binary x\n"), true)
	zone := office(f)
	f.Fuzz(func(t *testing.T, data []byte, yaml bool) {
		format := intake.JSONLines
		if yaml {
			format = intake.YAML
		}
		batch, err := intake.Read(strings.NewReader(string(data)), format, zone)
		if err != nil {
			return
		}
		require.Len(t, batch.Lines, len(batch.Commands))
		for i, c := range batch.Commands {
			require.Len(t, batch.Lines[i], len(c.Drafts))
		}
	})
}
