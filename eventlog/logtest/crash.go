package logtest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
)

// crashDir names the variable that makes a test binary a victim of [Crash]:
// it holds the folder of the log to append to.
const crashDir = "COMITY_LOGTEST_CRASH_DIR"

// Main is the TestMain of a driver that calls [Crash]. In the process that is
// to be killed it appends to the log until that happens, and elsewhere it
// runs the tests. The function opens the log kept in a folder, making it if
// it is absent.
func Main(m *testing.M, open func(dir string) (eventlog.Log, error)) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, appendForEver(dir, open)) // it returns only if it can't go on
	os.Exit(1)
}

// Crash kills a process that appends, again and again, and looks each time at
// what it left: everything that was acknowledged is there, without gaps, and
// of every append all records or none. Call it from a package whose TestMain
// calls [Main].
func Crash(t *testing.T, rounds int, open func(dir string) (eventlog.Log, error)) {
	dir := Dir(t)
	random := rand.New(rand.NewPCG(3, 4))
	for round := range rounds {
		acknowledged := killInMidAppend(t, dir, time.Duration(random.IntN(25_000))*time.Microsecond)
		log, err := open(dir)
		require.NoError(t, err, "round %d", round)
		head := CheckBatches(t, log)
		require.GreaterOrEqual(t, head, acknowledged, "round %d: acknowledged and lost", round)
		require.NoError(t, log.Close())
	}
}

// killInMidAppend starts this test binary as a victim and kills it some time
// after its first acknowledgement. It returns the last one.
func killInMidAppend(t *testing.T, dir string, after time.Duration) eventlog.Position {
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), crashDir+"="+dir)
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	var last eventlog.Position
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if timer == nil {
			timer = time.AfterFunc(after, func() { _ = victim.Process.Kill() })
		}
		if position, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			last = eventlog.Position(position)
		}
	}
	require.NotNil(t, timer, "the victim acknowledged nothing")
	require.Error(t, victim.Wait(), "the victim ended by itself")
	return last
}

// appendForEver appends batches, a few of them in flight where the log allows
// it, and prints each position that is acknowledged, until it can't: it never
// returns nil.
func appendForEver(dir string, open func(dir string) (eventlog.Log, error)) error {
	log, err := open(dir)
	if err != nil {
		return err
	}
	ctx := context.Background()
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	type flight = func(context.Context) (eventlog.Position, error)
	var inFlight []flight
	for size := 1; ; size = size%9 + 1 {
		batch := Batch(int(head), size)
		if p, ok := log.(eventlog.Pipeliner); ok {
			inFlight = append(inFlight, p.Enqueue(head, batch...))
		} else {
			position, err := log.Append(ctx, head, batch...)
			inFlight = append(inFlight, func(context.Context) (eventlog.Position, error) { return position, err })
		}
		head += eventlog.Position(size)
		if len(inFlight) < 5 {
			continue
		}
		position, err := inFlight[0](ctx)
		if err != nil {
			return err
		}
		inFlight = inFlight[1:]
		if _, err := fmt.Println(position); err != nil {
			return err
		}
	}
}

// Batch returns the n records of an append at position from, which say so:
// [CheckBatches] can tell whether some of them are missing.
func Batch(from, n int) []eventlog.Record {
	records := Records(from, n)
	for i := range records {
		records[i] = Seal(records[i], fmt.Sprintf(`"batch":"%d %d %d","rest":%q`, from, n, i, strings.Repeat("-", from*13%400)))
	}
	return records
}

// CheckBatches fails the test unless a log holds whole batches, one after the
// other. It returns the head.
func CheckBatches(t require.TestingT, log eventlog.Log) eventlog.Position {
	next, left := 0, []eventlog.Record(nil)
	for record, err := range log.Read(context.Background(), 0) {
		require.NoError(t, err)
		if len(left) == 0 {
			var from, n int
			_, text, _ := strings.Cut(string(record.Data), `"batch":"`)
			_, err := fmt.Sscanf(text, "%d %d", &from, &n)
			require.NoError(t, err, "position %d", next)
			require.Equal(t, next, from, "the batch at position %d", next)
			left = Batch(from, n)
		}
		require.True(t, eventlog.Same(left[0], record), "position %d: want %s, got %s", next, left[0].Data, record.Data)
		left = left[1:]
		next++
	}
	require.Empty(t, left, "half a batch before position %d", next)
	head, err := log.Head(context.Background())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(next), head)
	return head
}
