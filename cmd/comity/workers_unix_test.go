//go:build linux || darwin || freebsd

package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A comity that a script starts is a process, and each would load the law, which takes
// twenty times as long as most of what they are asked. So the process hands what it is
// asked, and its three standard files themselves, to a worker, waits until that is done,
// and ends with its exit code. Workers are this binary again, as many as there are
// processors, and belong to all scripts.
//
// They share the law that they read and nothing else; scripts that want to see what a
// process does alone unset COMITY_TEST_WORKERS. When all are busy, a process does its
// work itself: no command ever waits for another.

// isWorker is the variable that makes this binary a worker.
const isWorker = "COMITY_TEST_WORKER"

// crew are the workers of these tests.
var crew struct {
	once sync.Once
	dir  string
	err  error
	ends []func() (orders int, err error)
}

// hire starts the workers, once, and returns where they are. What the race detector finds
// in one of them it says at once, and the tests fail when the worker ends; see staffed.
func hire() (string, error) {
	crew.once.Do(func() {
		if crew.dir, crew.err = os.MkdirTemp("", "comity"); crew.err != nil {
			return
		}
		for i := range runtime.GOMAXPROCS(0) {
			end, err := hireOne(filepath.Join(crew.dir, strconv.Itoa(i)))
			if err != nil {
				crew.err = err
				return
			}
			crew.ends = append(crew.ends, end)
		}
	})
	return crew.dir, crew.err
}

// hireOne starts a worker. Its end is what ends it, and says how many orders it carried
// out.
func hireOne(socket string) (end func() (orders int, err error), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	at, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	at.SetUnlinkOnClose(false)
	file, err := at.File()
	if err := errors.Join(err, at.Close()); err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	worker := exec.Command(self)
	worker.Env = append(os.Environ(), isWorker+"=yes")
	worker.ExtraFiles = []*os.File{file}
	worker.Stderr = os.Stderr
	var said bytes.Buffer
	worker.Stdout = &said
	from, err := worker.StdinPipe() // which ends when this process does, however it does
	if err != nil {
		return nil, err
	}
	if err := worker.Start(); err != nil {
		return nil, err
	}
	return func() (orders int, err error) {
		if err := errors.Join(from.Close(), worker.Wait()); err != nil {
			return 0, err
		}
		return strconv.Atoi(said.String())
	}, nil
}

// dismiss ends the workers.
func dismiss() error {
	err := crew.err
	for _, end := range crew.ends {
		_, wrong := end()
		err = errors.Join(err, wrong)
	}
	if crew.dir != "" {
		err = errors.Join(err, os.RemoveAll(crew.dir))
	}
	return err
}

// work is the life of a worker: it carries out orders, one at a time, until its standard
// input ends, and says how many there were.
func work() error {
	file := os.NewFile(3, "socket")
	at, err := net.FileListener(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
		_ = at.Close()
	}()
	var w worker
	for {
		conn, err := at.Accept()
		select {
		case <-ended:
			w.busy.Lock() // until the last is carried out
			fmt.Print(w.orders)
			return nil
		default:
		}
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = conn.Close() }()
			if err := w.attend(conn.(*net.UnixConn)); err != nil {
				fmt.Fprintln(os.Stderr, "a worker:", err)
				os.Exit(exitInternal) // which the tests are told, and whoever waits
			}
		}()
	}
}

// A worker is busy with one order at a time, and counts them.
type worker struct {
	busy   sync.Mutex
	orders int // busy
}

// attend carries out the order that comes over a connection: first a byte from here,
// which says that the worker is free, and without which the connection ends; then one
// with the three files, and the order; and the exit code from here, once nobody here has
// the files any more and the worker is free again. Who hangs up before is gone or was
// interrupted, and the command is told to end.
func (w *worker) attend(conn *net.UnixConn) error {
	if !w.busy.TryLock() {
		return nil
	}
	code, err := w.carryOut(conn)
	w.busy.Unlock()
	if err != nil {
		return err
	}
	_ = gob.NewEncoder(conn).Encode(code) // or nobody waits any more
	return nil
}

func (w *worker) carryOut(conn *net.UnixConn) (code int, err error) {
	if _, err := conn.Write([]byte{1}); err != nil {
		return 0, err
	}
	one, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(3*4))
	_, n, _, _, err := conn.ReadMsgUnix(one, rights)
	if err != nil {
		return 0, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return 0, err
	}
	if len(messages) != 1 {
		return 0, fmt.Errorf("an order with %d messages", len(messages))
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	if len(fds) != 3 {
		return 0, fmt.Errorf("an order with %d files", len(fds))
	}
	var files [3]*os.File
	for i, name := range []string{"/dev/stdin", "/dev/stdout", "/dev/stderr"} {
		syscall.CloseOnExec(fds[i])
		files[i] = os.NewFile(uintptr(fds[i]), name)
		defer func() { _ = files[i].Close() }() // once more if all went well
	}
	var o order
	if err := gob.NewDecoder(conn).Decode(&o); err != nil {
		return 0, err
	}
	w.orders++
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		_, _ = conn.Read(make([]byte, 1)) // nothing more comes
		stop()
	}()
	if code, err = o.carryOut(ctx, files[0], files[1], files[2]); err != nil {
		return 0, err
	}
	return code, errors.Join(files[0].Close(), files[1].Close(), files[2].Close())
}

// handOver has a worker carry out what this process was asked, and returns its exit
// code, or errNoWorker.
func handOver() (int, error) {
	dir := os.Getenv(workersAt)
	if dir == "" {
		return 0, errNoWorker
	}
	for i := 0; ; i++ {
		conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: filepath.Join(dir, strconv.Itoa(i)), Net: "unix"})
		if errors.Is(err, os.ErrNotExist) {
			return 0, errNoWorker // they are all busy
		}
		if err != nil {
			return 0, err
		}
		if n, err := conn.Read(make([]byte, 1)); n == 1 && err == nil {
			return orderFrom(conn)
		}
		_ = conn.Close()
	}
}

func orderFrom(conn *net.UnixConn) (int, error) {
	defer func() { _ = conn.Close() }()
	here, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	if _, _, err := conn.WriteMsgUnix([]byte{1}, syscall.UnixRights(0, 1, 2), nil); err != nil {
		return 0, err
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(order{Args: os.Args[1:], Env: os.Environ(), Dir: here}); err != nil {
		return 0, err
	}
	if _, err := conn.Write(text.Bytes()); err != nil {
		return 0, err
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)
	go func() {
		<-interrupted
		_ = conn.CloseWrite()
	}()
	var code int
	if err := gob.NewDecoder(conn).Decode(&code); err != nil {
		return 0, fmt.Errorf("the worker said nothing: %w", err)
	}
	return code, nil
}

// TestWorkers has every command done by a process alone, and then by a worker for the
// first time and once more, each in the same folder, made anew if one changed it: what is
// shown, the exit code and the files that are in the folder then are the same to the byte,
// but for ids.
func TestWorkers(t *testing.T) {
	if raced {
		t.Skip("one command after another, each loading the law: run without the race detector")
	}
	t.Parallel()
	comity, err := exec.LookPath("comity")
	require.NoError(t, err)
	workers := t.TempDir()
	end, err := hireOne(filepath.Join(workers, "0"))
	require.NoError(t, err)
	base, office, temporary := t.TempDir(), filepath.Join(t.TempDir(), "office"), t.TempDir()
	history, err := os.ReadFile("../../examples/arandia.jsonl")
	require.NoError(t, err)
	furnish(t, base)
	in := func(name string) string { return filepath.Join(base, name) }
	require.NoError(t, os.WriteFile(in("arandia.jsonl"), history, 0o600))
	for _, line := range []string{"comity init --history", "comity record --file " + in("arandia.jsonl"), "comity export --out " + in("office.jsonl")} {
		typed(t, line+" --log "+in("comity.db"))
	}

	type done struct {
		Out, Complaint string
		Code           int
		Files          map[string]string
	}
	var asItWas bool // the folder
	do := func(line string, env ...string) done {
		if !asItWas {
			require.NoError(t, os.RemoveAll(office))
			require.NoError(t, os.CopyFS(office, os.DirFS(base)))
		}
		line, from, redirected := strings.Cut(line, " < ")
		var out, complaint bytes.Buffer
		cmd := exec.CommandContext(t.Context(), comity, words(line)[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = office, &out, &complaint
		cmd.Env = append([]string{"COMITY_NOW=2025-06-01T12:00:00Z", "USER=desk", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + temporary}, env...)
		if redirected {
			in, err := os.Open(filepath.Join(office, from))
			require.NoError(t, err)
			defer func() { _ = in.Close() }()
			cmd.Stdin = in
		}
		err := cmd.Run()
		if _, exited := errors.AsType[*exec.ExitError](err); !exited {
			require.NoError(t, err, line)
		}
		changed := filesIn(t, office, base)
		asItWas = len(changed) == 0
		return done{unlike(out.String()), unlike(complaint.String()), cmd.ProcessState.ExitCode(), changed}
	}
	compared, codes := 0, map[int]bool{}
	compare := func(line string) {
		alone := do(line)
		codes[alone.Code] = true
		for range 2 {
			compared++
			assert.Equal(t, alone, do(line, workersAt+"="+workers), line)
		}
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		switch path := cmd.CommandPath(); {
		case cmd.Example == "", path == "comity serve", path == "comity rules lsp": // the last two go on until they are told to end
		default:
			first, _, _ := strings.Cut(cmd.Example, "\n")
			compare(strings.TrimSpace(first))
		}
	}
	walk((&program{machine: machine{getenv: func(string) string { return "" }}}).root())
	for _, line := range []string{
		"comity ask ana imm.criminal --as-of 2025-01-15 -o json --oracle",
		"comity ask ana imm.criminal --as-of 2025-01-15 -o json",
		"comity ask ana imm.criminal --log none.db",
		"comity ask nobody imm.criminal",
		"comity ask ana imm.crimnal --exit-code",
		"comity rules check events.yaml",
		"comity rules test my-common common",
		"comity log check",
		"comity asc",
		"comity rules publish --help",
	} {
		compare(line)
	}
	assert.Greater(t, compared, 2*40)
	assert.Greater(t, len(codes), 2, "exit codes")
	orders, err := end()
	require.NoError(t, err)
	assert.Equal(t, compared, orders, "what a worker did")
}

// unlike returns a text without what no two runs have in common: the ids of events, keys
// with their hashes, the names of temporary folders, and how fast it went.
func unlike(text string) string {
	return regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b|\bck_[0-9a-z]+|(?:sha256:? +)[0-9a-f]{64}|comity-demo-[0-9]+|\bin [0-9.hmnµ]+s\b|\b[0-9,.]+/s\b`).ReplaceAllString(text, "…")
}

// filesIn returns the files of a folder that are not as they were in another, with what is
// in them; of a log and its seal, which rest on the ids of events, with their size.
func filesIn(t *testing.T, dir, before string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(before, func(path string, d os.DirEntry, err error) error {
		out[strings.TrimPrefix(path, before)] = "gone"
		return err
	}))
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir)
		if err != nil || d.IsDir() {
			delete(out, name)
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		was, missing := os.ReadFile(before + name)
		switch {
		case missing == nil && bytes.Equal(was, text):
			delete(out, name)
		case strings.Contains(name, ".db"):
			out[name] = fmt.Sprint(len(text), " bytes")
		default:
			out[name] = unlike(string(text))
		}
		return nil
	}))
	return out
}
