package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// busyWith names the variable that makes the test binary a busy office: it copies
// the records of source.db into comity.db, those from this position on at a
// thousand a second, seals them, and answers questions meanwhile, until it is killed.
// While there is a file of the name resting it does nothing.
const (
	busyWith = "COMITY_TEST_BUSY"
	resting  = "rest"
)

// rests waits for as long as the busy office is to do nothing.
func rests() {
	for {
		if _, err := os.Stat(resting); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// busy is what a server does to the files of an office, in a process of its own.
func busy(from string) error {
	start, err := strconv.ParseUint(from, 10, 64)
	if err != nil {
		return err
	}
	ctx := context.Background()
	source, err := sqlitelog.Open("source.db", sqlitelog.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	log, err := sqlitelog.Create("comity.db", sqlitelog.Options{})
	if err != nil {
		return err
	}
	w := &busyWriter{source: source, log: log, out: os.Stdout}
	if w.tree, err = seal.Open(ctx, "comity.db.seal", log); err != nil {
		return err
	}
	return w.run(ctx, eventlog.Position(start))
}

type busyWriter struct {
	source, log *sqlitelog.Log
	tree        *seal.Tree
	out         io.Writer
	at          eventlog.Position
	due         time.Time // when the next command is
	slowest     time.Duration
}

func (w *busyWriter) run(ctx context.Context, start eventlog.Position) error {
	var command []eventlog.Record
	var last domain.CommandID
	for r, err := range w.source.Read(ctx, 0) {
		if err != nil {
			return err
		}
		env, err := codec.Decode(r.Data)
		if err != nil {
			return err
		}
		if text := domain.TextOf(env.Event); text != "" {
			hash, err := eventlog.ParseHash(text)
			if err != nil {
				return err
			}
			body, err := w.source.Get(ctx, hash)
			if err != nil {
				return err
			}
			if _, err := w.log.Put(ctx, body); err != nil {
				return err
			}
		}
		if env.Command != last && (len(command) >= 500 || w.at >= start && len(command) >= 10) {
			if err := w.append(ctx, command); err != nil {
				return err
			}
			command = command[:0]
			if w.at >= start && w.due.IsZero() {
				if err := w.answer(ctx); err != nil {
					return err
				}
				w.due = time.Now()
			}
			if w.at >= start {
				w.pace(len(command))
			}
		}
		command, last = append(command, r), env.Command
	}
	return fmt.Errorf("the source is at its end")
}

func (w *busyWriter) append(ctx context.Context, records []eventlog.Record) (err error) {
	begun := time.Now()
	if w.at, err = w.log.Append(ctx, w.at, records...); err != nil {
		return err
	}
	w.slowest = max(w.slowest, time.Since(begun))
	return w.tree.CatchUp(ctx, w.log)
}

// pace waits until the next is due after so many records, a thousand a second, and says
// how far it has come. What it missed it does not make up for.
func (w *busyWriter) pace(records int) {
	rests()
	if w.due = w.due.Add(time.Duration(records) * time.Millisecond); time.Since(w.due) > 0 {
		w.due = time.Now()
	}
	time.Sleep(time.Until(w.due))
	if w.at%7 == 0 {
		_ = w.tree.Sync() // as a server marks its seal now and then
	}
	fmt.Fprintf(w.out, "%d %d\n", w.at, w.slowest.Milliseconds())
	w.slowest = 0
}

// answer opens the office and begins to answer questions about it, each on record.
func (w *busyWriter) answer(ctx context.Context) error {
	log, err := sqlitelog.Create("answers.db", sqlitelog.Options{})
	if err != nil {
		return err
	}
	bound, err := decisions.Binding(ctx, w.log)
	if err != nil {
		return err
	}
	recorder, err := decisions.Open(ctx, decisions.Config{Log: log, Office: bound, Mode: decisions.Strict, Clock: time.Now, NewID: engine.NewID})
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, engine.Config{Log: w.log, Bodies: w.log, Clock: time.Now, Decisions: recorder})
	if err != nil {
		return err
	}
	tree, err := seal.Open(ctx, "answers.db.seal", log)
	if err != nil {
		return err
	}
	go func() {
		for i := 0; ; i++ {
			rests()
			_, err := e.Ask(ctx, engine.Question{Subject: domain.Of(domain.KindMember, fmt.Sprintf("m-%d", 1+i%50)), Privilege: "imm.arrest"})
			if i%50 == 0 {
				err = errors.Join(err, tree.CatchUp(ctx, log))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "ask:", err)
			}
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return nil
}

// startBusy makes an office with so many events in the current folder, to which
// another process goes on writing. It returns how far that has come.
func startBusy(t *testing.T, events int) (at func() int, victim *exec.Cmd) {
	t.Helper()
	typed(t, fmt.Sprintf("comity generate --members 1000 --events %d --seed 7 --database source.db", events+30_000))
	victim = exec.Command(os.Args[0], "-test.run=^$")
	victim.Env = append(os.Environ(), busyWith+"="+fmt.Sprint(events))
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	t.Cleanup(func() { _ = victim.Process.Kill(); _ = victim.Wait() })
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the busy office has ended")
	came := make(chan int, 1)
	came <- events
	worst := 0
	go func() {
		for lines.Scan() {
			var n, slowest int
			if _, err := fmt.Sscan(lines.Text(), &n, &slowest); err == nil {
				<-came
				worst = max(worst, slowest)
				came <- n
			}
		}
	}()
	t.Cleanup(func() { t.Logf("the slowest append took %d ms", worst) })
	return func() int { n := <-came; came <- n; return n }, victim
}

// TestBackupOfABusyOffice backs up an office to which a thousand events a second
// are recorded, checks it meanwhile, and finds in every backup all that was
// acknowledged before it began.
func TestBackupOfABusyOffice(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("another process writes, of which the detector sees nothing")
	}
	t.Chdir(t.TempDir())
	at, victim := startBusy(t, 5_000)
	require.Eventually(t, func() bool {
		given, err := sqlitelog.Open("answers.db", sqlitelog.Options{ReadOnly: true})
		if err != nil {
			return false
		}
		defer given.Close()
		n, err := given.Head(t.Context())
		return err == nil && n > 20
	}, patience, 20*time.Millisecond, "it answers nothing")
	for i := range 2 {
		name := fmt.Sprintf("backup-%d", i)
		var before, after int
		var took time.Duration
		for first := time.Now(); after == before; { // who records may not have come to it
			require.Less(t, time.Since(first), patience, "recording does not go on")
			require.NoError(t, os.RemoveAll(name))
			begun := time.Now()
			before = at()
			typed(t, "comity backup "+name+" --decisions answers.db")
			after, took = at(), time.Since(begun)
		}
		var checked checkedOffice
		require.NoError(t, json.Unmarshal([]byte(typed(t, "comity check --decisions answers.db -o json -q")), &checked))
		assert.True(t, checked.OK)
		assert.GreaterOrEqual(t, int(checked.Log.Position), after)
		require.NotNil(t, checked.Log.Sealed)
		assert.LessOrEqual(t, *checked.Log.Sealed, checked.Log.Position)
		assert.Greater(t, int(checked.Answers.Position), 2)
		assert.Contains(t, typed(t, "comity log check -q"), "is whole")
		require.NoError(t, os.WriteFile(resting, nil, 0o600))
		m, err := readManifest(name)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, int(m.Log.Position), before, "what was acknowledged before")
		require.NotNil(t, m.Log.Sealed)
		assert.GreaterOrEqual(t, int(*m.Log.Sealed), 1)
		assert.True(t, m.Verified)
		t.Logf("%d records and %d answers backed up in %s, while %d more were recorded", m.Log.Position, m.Answers.Position, took.Round(time.Millisecond), after-before)

		require.NoError(t, os.Mkdir("to", 0o700))
		typed(t, "comity restore "+name+" --log to/comity.db --decisions to/answers.db --root "+m.Log.Root.String())
		assert.Contains(t, typed(t, "comity check --log to/comity.db --decisions to/answers.db"), "to/answers.db is whole")
		if i == 0 {
			assert.Contains(t, typed(t, "comity audit replay --log to/comity.db --decisions to/answers.db"), ": the same bytes again.")
		}
		assert.Equal(t, m.Log.Root, rootOf(t, "comity.db", m.Log.Position), "it is the beginning of the log as it is now")
		for e, err := range decisions.Read(t.Context(), opened(t, "to/answers.db"), 0) {
			require.NoError(t, err)
			if a, answered := e.Body.(decisions.Answer); answered {
				assert.LessOrEqual(t, uint64(a.Root), uint64(m.Log.Position), "an answer of a root that the log has")
			}
		}
		require.NoError(t, os.RemoveAll("to"))
		require.NoError(t, os.Remove(resting))
	}
	require.NoError(t, victim.Process.Kill())
	_ = victim.Wait()
	assert.Contains(t, typed(t, "comity check --decisions answers.db"), "comity.db is whole")
	left, err := filepath.Glob(".comity-*")
	require.NoError(t, err)
	assert.Empty(t, left)
}

func opened(t *testing.T, path string) *sqlitelog.Log {
	t.Helper()
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return log
}

// rootOf computes the root over the first records of a log.
func rootOf(t *testing.T, path string, at eventlog.Position) eventlog.Hash {
	t.Helper()
	tree := seal.New()
	for r, err := range opened(t, path).Read(t.Context(), 0) {
		require.NoError(t, err)
		if tree.Position() == at {
			break
		}
		require.NoError(t, tree.Append(r.Data))
	}
	root, err := tree.Root(t.Context(), at)
	require.NoError(t, err)
	return root
}

// TestKilledInMidBackup kills a backup at random moments: there is a whole one then,
// or nothing that anybody takes for one.
func TestKilledInMidBackup(t *testing.T) {
	if raced {
		t.Skip("the killed program is another process, of which the detector sees nothing")
	}
	in := apart(t)
	log, to := in("comity.db"), in("to.db")
	typed(t, "comity generate --members 300 --events 6000 --seed 7 --database "+log)
	begun := time.Now()
	typed(t, "comity backup "+in("whole")+" --log "+log)
	took := time.Since(begun) + 300*time.Millisecond // a process has to begin
	dice := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed, cutOff := 0, 0
	for i := range 12 {
		name := in(fmt.Sprintf("backup-%d", i))
		victim := exec.Command(os.Args[0], "-test.run=^$")
		victim.Env = append(os.Environ(), victimOf+"=backup "+name+" --log "+log, "COMITY_NOW=2025-06-01T12:00:00Z")
		require.NoError(t, victim.Start())
		kill := time.AfterFunc(time.Duration(dice.Int64N(int64(took))), func() { _ = victim.Process.Kill() })
		if victim.Wait() != nil {
			killed++
		}
		kill.Stop()
		left, err := filepath.Glob(in(".comity-backup-*"))
		require.NoError(t, err)
		for _, folder := range left {
			cutOff++
			if _, err := os.Stat(filepath.Join(folder, manifestName)); err != nil {
				require.Equal(t, exitInput, quietly(t, "comity restore "+folder+" --log "+to), "a folder without a manifest is no backup")
			}
			require.NoError(t, os.RemoveAll(folder))
		}
		if _, err := os.Stat(name); err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist)
			continue
		}
		typed(t, "comity restore "+name+" --log "+to)
		for _, file := range []string{to, to + ".seal"} {
			require.NoError(t, os.Remove(file))
		}
	}
	t.Logf("killed %d of 12, %d of them in the midst", killed, cutOff)
	require.Contains(t, typed(t, "comity log check --log "+log), "is whole")
}

// TestBackupInterrupted says that whoever breaks off finds nothing left.
func TestBackupInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	typed(t, "comity generate --members 100 --events 2500 --seed 7 --database comity.db")
	typed(t, "comity backup whole")
	for _, line := range []string{"backup other", "restore whole --log other.db"} {
		for after := time.Millisecond; ; after *= 2 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			var out, complaint bytes.Buffer
			code := run(ctx, machine{
				args: words(line), stdin: &bytes.Buffer{}, stdout: &out, stderr: &complaint,
				getenv: func(string) string { return "" }, clock: time.Now, editions: read,
			})
			cancel()
			if code == exitAnswered {
				require.NoError(t, os.RemoveAll("other"))
				break
			}
			require.Equal(t, exitInterrupted, code, complaint.String())
			left, err := filepath.Glob("*other*")
			require.NoError(t, err)
			assert.Empty(t, left)
			left, err = filepath.Glob(".comity-*")
			require.NoError(t, err)
			assert.Empty(t, left)
		}
	}
}

// TestBackupTooLarge limits how large a file may be, as a quota does, so that the backup breaks
// off at one size after another and leaves nothing.
func TestBackupTooLarge(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to set a limit")
	}
	t.Chdir(t.TempDir())
	typed(t, "comity generate --members 100 --events 2500 --seed 7 --database comity.db")
	refused := 0
	for limit := 8; ; limit *= 4 { // blocks of 512 bytes
		victim := exec.Command(sh, "-c", fmt.Sprintf("ulimit -f %d && exec \"$0\" -test.run='^$'", limit), os.Args[0])
		victim.Env = append(os.Environ(), victimOf+"=backup other", "COMITY_NOW=2025-06-01T12:00:00Z")
		out, err := victim.CombinedOutput()
		if err == nil {
			break
		}
		refused++
		require.Equal(t, exitInternal, victim.ProcessState.ExitCode(), "%s", out)
		require.True(t, strings.HasPrefix(string(out), "error: "), "%s", out)
		left, err := os.ReadDir(".")
		require.NoError(t, err)
		for _, entry := range left {
			require.True(t, strings.HasPrefix(entry.Name(), "comity.db"), entry.Name())
		}
	}
	require.Positive(t, refused)
	typed(t, "comity restore other --log to.db")
}
