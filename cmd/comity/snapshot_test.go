package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKilledWhileASnapshotIsWritten kills the program at random moments: there is
// the old snapshot then, or the new one, or none, and never another answer.
func TestKilledWhileASnapshotIsWritten(t *testing.T) {
	if raced {
		t.Skip("the killed program is another process, of which the detector sees nothing")
	}
	in := apart(t)
	log := in("comity.db")
	typed(t, "comity generate --members 1000 --events 10000 --seed 7 --database "+log)
	ask := func() string { return typed(t, "comity ask m-17 imm.arrest --as-of 2022-03-04 -q -o json --log "+log) }
	want := ask()
	path := snapshotPath(log)
	begun := time.Now()
	typed(t, "comity log snapshot --log "+log)
	took := time.Since(begun) + 100*time.Millisecond // a process has to begin
	require.Equal(t, want, ask())
	require.Contains(t, typed(t, "comity log check --log "+log), "snapshot  of position 100")
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed := 0
	for i := range 12 {
		if i%3 == 0 {
			if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) { // it may be that none was finished
				require.NoError(t, err)
			}
		}
		victim := exec.Command(os.Args[0], "-test.run=^$")
		victim.Env = append(os.Environ(), victimOf+"=log snapshot --log "+log, "COMITY_NOW=2025-06-01T12:00:00Z")
		require.NoError(t, victim.Start())
		kill := time.AfterFunc(time.Duration(dice.Int64N(int64(took)*3/2)), func() { _ = victim.Process.Kill() })
		if victim.Wait() != nil {
			killed++
		}
		kill.Stop()
		require.Equal(t, want, ask())
	}
	t.Logf("killed %d of 12", killed)
	typed(t, "comity log snapshot --log "+log)
	_, err := os.Stat(path + ".new")
	assert.ErrorIs(t, err, os.ErrNotExist, "what was left unfinished is gone")
}

// TestRecordingWritesASnapshot says when: after much, once, and also of a log that
// is made whole.
func TestRecordingWritesASnapshot(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	in := apart(t)
	small, log := in("small.db"), in("comity.db")
	record := func(line string) {
		var complaint bytes.Buffer
		code := run(t.Context(), machine{
			args: words(line)[1:], stdin: &bytes.Buffer{}, stdout: io.Discard, stderr: &complaint,
			getenv: func(string) string { return "" }, clock: time.Now, editions: read, grown: 5000,
		})
		require.Zero(t, code, "%s\n%s", line, complaint.String())
	}
	record("comity generate --members 100 --events 4900 --seed 7 --database " + small)
	_, err := os.Stat(snapshotPath(small))
	require.ErrorIs(t, err, os.ErrNotExist)
	record("comity generate --members 100 --events 5000 --seed 7 --to 2025-01-01 --database " + log)
	first, err := os.Stat(snapshotPath(log))
	require.NoError(t, err)
	require.Contains(t, typed(t, "comity log check --log "+log), "snapshot  of position 500")
	record("comity record state.registered zembla name=Zembla --effective 2025-03-04 --recorded 2025-03-05 --log " + log)
	second, err := os.Stat(snapshotPath(log))
	require.NoError(t, err)
	assert.True(t, os.SameFile(first, second), "one event is not much")
	assert.EqualValues(t, 50_000, (&program{}).snapshotAfter(), "of whoever is not told otherwise")
}
