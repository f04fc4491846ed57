package main

import (
	"errors"
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
	t.Chdir(t.TempDir())
	typed(t, "comity generate --members 3000 --events 30000 --seed 7 --database comity.db")
	ask := func() string { return typed(t, "comity ask m-17 imm.arrest --as-of 2022-03-04 -q -o json") }
	want := ask()
	path := snapshotPath("comity.db")
	begun := time.Now()
	typed(t, "comity log snapshot")
	took := time.Since(begun)
	require.Equal(t, want, ask())
	require.Contains(t, typed(t, "comity log check"), "snapshot  of position 300")
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed := 0
	for i := range 12 {
		if i%3 == 0 {
			if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) { // it may be that none was finished
				require.NoError(t, err)
			}
		}
		victim := exec.Command(os.Args[0], "-test.run=^$")
		victim.Env = append(os.Environ(), victimOf+"=log snapshot", "COMITY_NOW=2025-06-01T12:00:00Z")
		require.NoError(t, victim.Start())
		kill := time.AfterFunc(time.Duration(dice.Int64N(int64(took)*3/2)), func() { _ = victim.Process.Kill() })
		if victim.Wait() != nil {
			killed++
		}
		kill.Stop()
		require.Equal(t, want, ask())
	}
	t.Logf("killed %d of 12", killed)
	typed(t, "comity log snapshot")
	_, err := os.Stat(path + ".new")
	assert.ErrorIs(t, err, os.ErrNotExist, "what was left unfinished is gone")
}

// TestRecordingWritesASnapshot says when: after much, once, and also of a log that
// is made whole.
func TestRecordingWritesASnapshot(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	t.Chdir(t.TempDir())
	typed(t, "comity generate --members 400 --events 49000 --seed 7 --database small.db")
	_, err := os.Stat(snapshotPath("small.db"))
	require.ErrorIs(t, err, os.ErrNotExist)
	typed(t, "comity generate --members 400 --events 50000 --seed 7 --to 2025-01-01 --database comity.db")
	first, err := os.Stat(snapshotPath("comity.db"))
	require.NoError(t, err)
	require.Contains(t, typed(t, "comity log check"), "snapshot  of position 500")
	typed(t, "comity record state.registered zembla name=Zembla --effective 2025-03-04 --recorded 2025-03-05")
	second, err := os.Stat(snapshotPath("comity.db"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(first, second), "one event is not much")
}
