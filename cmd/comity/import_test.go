package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// manyMembers is a list of members of the embassy of Arandia.
func manyMembers(n int) string {
	var text strings.Builder
	text.WriteString("member,mission,category,rank,name,birth,effective\n")
	for i := range n {
		fmt.Fprintf(&text, "m-%d,arandia-embassy,dip.at,attaché,\"Member, %d\",1980-02-29,2024-03-01\n", i, i)
	}
	return text.String()
}

// A process that is killed in the midst of its appends leaves an import that the
// same command completes, and no row twice.
func TestAnImportIsKilledAndCompleted(t *testing.T) {
	const n = 6_000
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("staff.csv", []byte(manyMembers(n)), 0o600))
	typed(t, "comity init")
	typed(t, "comity record state.registered arandia name=Arandia")
	typed(t, "comity record mission.opened arandia-embassy state=arandia kind=embassy --effective 2020-01-01")
	position := func() uint64 {
		log, err := sqlitelog.Open("comity.db", sqlitelog.Options{ReadOnly: true})
		require.NoError(t, err)
		at, err := log.Head(t.Context())
		require.NoError(t, err)
		require.NoError(t, log.Close())
		return uint64(at)
	}
	before, partly := position(), false
	for range 5 {
		self, err := os.Executable()
		require.NoError(t, err)
		victim := exec.Command(self)
		victim.Env = append(os.Environ(), victimOf+"=import staff.csv --as members --import staff-7 --actor cli", "COMITY_NOW=2025-06-01T12:00:00Z")
		require.NoError(t, victim.Start())
		gone := make(chan error, 1)
		go func() { gone <- victim.Wait() }()
		over := false
		for !over && position() == before {
			select {
			case <-gone:
				over = true
			case <-time.After(2 * time.Millisecond):
			}
		}
		_ = victim.Process.Kill()
		if !over {
			<-gone // and with it the lock
		}
		at := position()
		if at > before && at < before+n {
			partly = true
			break
		}
		if at == before+n {
			break // it was too quick to be killed
		}
	}
	out := typed(t, "comity import staff.csv --as members --import staff-7 --actor cli")
	require.Equal(t, before+n, position(), out)
	require.Contains(t, typed(t, "comity log check"), "is whole")
	require.Contains(t, typed(t, "comity import staff.csv --as members --import staff-7 --actor cli"), "6000 rows on record before: nothing was done.")
	t.Logf("killed in the midst: %v", partly)
}

// victimOf names the variable that makes the test binary run a command line, so
// that it can be killed.
const victimOf = "COMITY_TEST_VICTIM"

// quietly runs a command line and returns its exit code.
func quietly(t testing.TB, line string) int {
	return run(t.Context(), machine{
		args: words(line)[1:], stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
		getenv: func(string) string { return "" }, clock: time.Now, editions: read,
	})
}

// BenchmarkImportFile imports 100,000 members into a log on disk.
func BenchmarkImportFile(b *testing.B) {
	text := manyMembers(100_000)
	for b.Loop() {
		b.StopTimer()
		b.Chdir(b.TempDir())
		require.NoError(b, os.WriteFile("staff.csv", []byte(text), 0o600))
		for _, line := range []string{"comity init", "comity record state.registered arandia name=Arandia", "comity record mission.opened arandia-embassy state=arandia kind=embassy --effective 2020-01-01"} {
			require.Zero(b, quietly(b, line))
		}
		b.StartTimer()
		require.Zero(b, quietly(b, "comity import staff.csv --as members"))
	}
}

// TestListsPage imports the examples of docs/format/import.md, one after the other,
// and holds the tables of columns to those of the program.
func TestListsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/format/import.md")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	typed(t, "comity init")
	typed(t, "comity record state.registered arandia name=Arandia")
	typed(t, "comity record mission.opened arandia-embassy state=arandia kind=embassy --effective 2020-01-01")
	for _, kind := range bulk.Imported() {
		_, section, found := strings.Cut(string(page), "\n## "+strings.ToUpper(string(kind[:1]))+string(kind[1:])+"\n")
		require.True(t, found, kind)
		section, _, _ = strings.Cut(section, "\n## ")
		for _, c := range bulk.Columns(kind) {
			required := "no"
			if c.Required {
				required = "yes"
			}
			require.Contains(t, section, fmt.Sprintf("| `%s` | %s | %s |\n", c.Name, required, c.Doc))
		}
		for _, format := range []string{"csv", "jsonl"} {
			_, example, found := strings.Cut(section, "```"+format+"\n")
			if !found {
				continue
			}
			example, _, _ = strings.Cut(example, "```")
			name := string(kind) + "." + format
			require.NoError(t, os.WriteFile(name, []byte(example), 0o600))
			require.Contains(t, typed(t, "comity import "+name+" --as "+string(kind)), "Recorded ")
			if format == "csv" {
				_, err := csv.NewReader(strings.NewReader(example)).ReadAll()
				require.NoError(t, err)
			}
		}
	}
}
