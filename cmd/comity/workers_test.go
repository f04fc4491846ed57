package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/comity-project/comity/rules"
)

// read has the law that commands of this process read, for those that follow; see
// [rules.Editions]. TestWorkers sees that nobody notices.
var read = &rules.Editions{}

// Where the workers are: a folder of sockets. A command that is told of it has one of
// them do what it is asked, if one is free.
const workersAt = "COMITY_TEST_WORKERS"

// An order is what a worker is to do: a command line, with all that a process has from
// whoever starts it, besides its standard files.
type order struct {
	Args, Env []string
	Dir       string
}

// carryOut runs the command line of an order in this process, which is a worker and does
// one thing at a time: its folder and its environment are those of the order until the
// next. Nothing else is left of an order but what it read of the law.
func (o order) carryOut(ctx context.Context, stdin, stdout, stderr *os.File) (int, error) {
	os.Clearenv()
	for _, pair := range o.Env {
		for i := 1; i < len(pair); i++ {
			if pair[i] == '=' {
				if err := os.Setenv(pair[:i], pair[i+1:]); err != nil {
					return 0, err
				}
				break
			}
		}
	}
	if err := os.Chdir(o.Dir); err != nil {
		return 0, err
	}
	return run(ctx, machine{
		args: o.Args, stdin: stdin, stdout: stdout, stderr: stderr,
		getenv: os.Getenv, clock: clockOf(os.Getenv("COMITY_NOW")), editions: read,
	}), nil
}

// staffed runs the tests, and sees that workers which some of them hired end well: one
// that does not has broken down, perhaps after the test that it worked for.
type staffed struct{ *testing.M }

func (s staffed) Run() int {
	if err := flag.Set("test.parallel", strconv.Itoa(max(runtime.GOMAXPROCS(0), together))); err != nil { // unless -parallel says it
		panic(err)
	}
	code := s.M.Run()
	if err := dismiss(); err != nil {
		_, _ = os.Stderr.WriteString("the workers: " + err.Error() + "\n")
		return max(code, 1)
	}
	return code
}

// together is how many tests that work beside others do so at least: most of them are
// servers that wait for each other.
const together = 6

// brokenDown is the exit code of a process whose worker broke down: none that a script
// can want.
const brokenDown = 99

var errNoWorker = errors.New("no worker is free")
