package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/golden"
)

// TestMain lets the scripts run comity as a program of its own: this binary
// again, with a clock that COMITY_NOW sets.
func TestMain(m *testing.M) {
	if line := os.Getenv(victimOf); line != "" {
		os.Exit(run(context.Background(), machine{
			args: words(line), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, clock: clockOf(os.Getenv("COMITY_NOW")),
		}))
	}
	if line := os.Getenv(replicaOf); line != "" {
		os.Exit(beReplica(line))
	}
	if from := os.Getenv(busyWith); from != "" {
		fmt.Fprintln(os.Stderr, busy(from))
		os.Exit(exitInternal)
	}
	if os.Getenv(isWorker) != "" {
		if err := work(); err != nil {
			fmt.Fprintln(os.Stderr, "a worker:", err)
			os.Exit(exitInternal)
		}
		os.Exit(exitAnswered)
	}
	testscript.Main(staffed{m}, map[string]func(){"comity": func() {
		switch code, err := handOver(); {
		case err == nil:
			os.Exit(code)
		case !errors.Is(err, errNoWorker):
			fmt.Fprintln(os.Stderr, "no worker did this:", err)
			os.Exit(brokenDown)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		os.Exit(run(ctx, machine{
			args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
			getenv: os.Getenv, clock: clockOf(os.Getenv("COMITY_NOW")),
		}))
	}})
}

// clockOf returns a clock that stands still.
func clockOf(now string) func() time.Time {
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic("bad COMITY_NOW: " + err.Error())
	}
	return func() time.Time { return at }
}

// TestScripts types what the scripts type and compares what is shown.
func TestScripts(t *testing.T) {
	history, err := os.ReadFile("testdata/history.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	dir := "testdata/script"
	if scripts != nil {
		dir = ""
	}
	workers, err := hire()
	if err != nil {
		t.Fatal(err)
	}
	free := make(chan struct{}, runtime.GOMAXPROCS(0)) // more at once would find no worker free
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               scripts,
		UpdateScripts:       golden.Update(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Setup: func(env *testscript.Env) error {
			free <- struct{}{}
			env.Defer(func() { <-free })
			env.Setenv("COMITY_NOW", "2025-06-01T12:00:00Z")
			env.Setenv("USER", "desk")
			env.Setenv(workersAt, workers)
			return os.WriteFile(env.WorkDir+"/history.jsonl", history, 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": wantExit,
			"flip":  flip,
			"cut":   cut,
			"hold":  hold,
			"poke":  poke,
		},
	})
}

// wantExit runs a command and wants an exit code: exits 2 comity ask nobody x.
func wantExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG ...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = fmt.Sprint(exit.ExitCode())
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// flip changes a bit of the first byte of a text in a file: flip FILE TEXT.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.Index(data, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	data[at] ^= 1
	ts.Check(os.WriteFile(path, data, 0o644))
}

// cut shortens a file to some bytes: cut FILE SIZE.
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE SIZE")
	}
	var size int64
	_, err := fmt.Sscan(args[1], &size)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// poke writes a byte into a file: poke FILE OFFSET BYTE.
func poke(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: poke FILE OFFSET BYTE")
	}
	var offset int64
	var b byte
	_, err := fmt.Sscan(args[1]+" "+args[2], &offset, &b)
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte{b}, offset)
	ts.Check(err)
	ts.Check(f.Close())
}

// hold opens a log for writing, as another process would, until the script ends.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold FILE")
	}
	log, err := sqlitelog.Open(ts.MkAbs(args[0]), sqlitelog.Options{})
	ts.Check(err)
	ts.Defer(func() { _ = log.Close() })
}
