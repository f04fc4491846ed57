package esdblog_test

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/logtest"
)

// crashAddress names the variable by which a process that is to be killed learns to
// which log it appends.
const crashAddress = "COMITY_TEST_CRASH_ADDRESS"

func TestMain(m *testing.M) {
	// Those that work beside others wait for their servers most of the time.
	if err := flag.Set("test.parallel", "8"); err != nil { // unless -parallel says it
		panic(err)
	}
	logtest.Main(m, openCrashed)
}

func openCrashed(string) (eventlog.Log, error) {
	return esdblog.Open(context.Background(), os.Getenv(crashAddress), esdblog.Options{Patience: time.Minute})
}

// Processes that append are killed at any moment.
func TestCrash(t *testing.T) {
	t.Setenv(crashAddress, somewhere(t)())
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	logtest.Crash(t, rounds, openCrashed)
}
