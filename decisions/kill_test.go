package decisions_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// victimOf names the variable that makes the test binary answer until it is killed:
// FILE|MODE|ROUND.
const victimOf = "COMITY_TEST_VICTIM"

// TestVictim is no test, but what TestKilled kills.
func TestVictim(t *testing.T) {
	told := strings.Split(os.Getenv(victimOf), "|")
	if len(told) != 3 {
		t.Skip("TestKilled runs it")
	}
	round, err := strconv.Atoi(told[2])
	require.NoError(t, err)
	ids.Store(uint64(round) << 32)
	log, err := sqlitelog.Open(told[0], sqlitelog.Options{})
	if errors.Is(err, fs.ErrNotExist) {
		log, err = sqlitelog.Create(told[0], sqlitelog.Options{})
	}
	require.NoError(t, err)
	r, err := decisions.Open(t.Context(), config(log, decisions.Mode(told[1])))
	require.NoError(t, err)
	var asking sync.WaitGroup
	for desk := range 4 { // several at once share an append
		asking.Go(func() {
			for i := range 1_000_000 {
				n := round*10_000_000 + i*4 + desk
				if err := r.Record(context.Background(), asked(t, n)); err != nil {
					panic(err)
				}
				fmt.Printf("given %d\n", n) // in one write, and only now
			}
		})
	}
	asking.Wait()
}

// TestKilled kills a program that answers, at any moment, over and over. What it gave
// in strict mode is on record, and what it may have given in best effort is told.
func TestKilled(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 4 // of which one at any moment
	}
	for _, mode := range []decisions.Mode{decisions.Strict, decisions.BestEffort} {
		t.Run(string(mode), func(t *testing.T) {
			path := filepath.Join(logtest.Dir(t), "answers.db")
			given, began := map[string]bool{}, 0
			for round := range rounds {
				for _, n := range killed(t, path, mode, round) {
					given[n] = true
				}
				log, err := sqlitelog.Open(path, sqlitelog.Options{})
				if errors.Is(err, fs.ErrNotExist) {
					continue // before it was made
				}
				require.NoError(t, err)
				require.NoError(t, log.Check(t.Context()))
				all, holes := read(t, log)
				kept := map[string]bool{}
				began = 0
				for _, e := range all {
					switch b := e.Body.(type) {
					case decisions.Answer:
						kept[b.Question.Request["n"]] = true
					case decisions.Opened:
						began++
					}
				}
				require.NoError(t, log.Close())
				if mode == decisions.BestEffort {
					cut := 0
					for _, h := range holes {
						if strings.Contains(h.Text, "cut off") {
							cut++
						}
					}
					assert.Equal(t, began, cut, "sessions that began and have no end")
					continue
				}
				assert.Empty(t, holes)
				for n := range given {
					require.True(t, kept[n], "answer %s was given in round %d or before, and is not on record", n, round)
				}
			}
			require.NotEmpty(t, given)
			require.NotZero(t, began)
			t.Logf("%d answers given, in %d sessions that were cut off", len(given), began)
		})
	}
}

// killed runs a victim, kills it after a while, and returns what it gave. In every
// third round it is killed at any moment, and else when it has begun to answer.
func killed(t *testing.T, path string, mode decisions.Mode, round int) []string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	victim := exec.Command(self, "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", victimOf, path, mode, round+1))
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	lines := bufio.NewReader(out)
	wait := time.Duration(rand.IntN(40_000)) * time.Microsecond
	var given []string
	kill := func() { time.AfterFunc(wait, func() { _ = victim.Process.Kill() }) }
	if round%3 == 2 {
		kill()
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // half a line was not given
		}
		n, is := strings.CutPrefix(strings.TrimSpace(line), "given ")
		require.True(t, is, line)
		if len(given) == 0 && round%3 != 2 {
			kill()
		}
		given = append(given, n)
	}
	require.Error(t, victim.Wait(), "it was killed")
	return given
}
