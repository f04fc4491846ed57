package esdblog_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/logtest"
)

const (
	// loadTime names the variable that says for how long TestLoad goes on, such as 10m.
	loadTime = "COMITY_TEST_EVENTSTORE_LOAD"
	// disturbance names the variable with a command for sh that TestLoad runs again and
	// again meanwhile, with a number that counts up as $1. It may kill a node and start
	// it again.
	disturbance = "COMITY_TEST_EVENTSTORE_DISTURB"
)

// A replica decides where its records go as the writer of an engine does: it counts on
// those that it has put in line, and reads the log again when that was wrong.
type replica struct {
	log  *esdblog.Log
	mu   sync.Mutex
	head eventlog.Position
	era  int
}

// An outcome is what became of one append.
type outcome struct {
	id        eventlog.ID
	at        eventlog.Position // of the record
	when      time.Duration     // after the beginning
	took      time.Duration
	conflicts int
}

func (r *replica) submit(ctx context.Context, record eventlog.Record) (at eventlog.Position, conflicts int, err error) {
	for attempt := 0; ; attempt++ {
		r.mu.Lock()
		expected, era := r.head, r.era
		wait := r.log.Enqueue(expected, record)
		r.head++
		r.mu.Unlock()
		after, err := wait(ctx)
		for errors.Is(err, eventlog.ErrUnavailable) && ctx.Err() == nil { // the same again finds out
			after, err = r.log.Append(ctx, expected, record)
		}
		if err == nil {
			return after - 1, conflicts, nil
		}
		if !errors.Is(err, eventlog.ErrConflict) {
			return 0, conflicts, err
		}
		conflicts++
		r.mu.Lock()
		if r.era == era {
			if r.head, err = r.log.Head(ctx); err != nil {
				r.mu.Unlock()
				return 0, conflicts, err
			}
			r.era++
		}
		r.mu.Unlock()
		time.Sleep(rand.N(time.Millisecond << min(attempt, 7)))
	}
}

// Three replicas with many callers each append through one cluster, and others follow,
// whatever happens to its nodes: each acknowledged record is there once and at the place
// that was said, and all see the same.
func TestLoad(t *testing.T) {
	t.Parallel()
	lasts, err := time.ParseDuration(os.Getenv(loadTime))
	if err != nil {
		lasts = 2 * time.Second
		if os.Getenv(server) != "" {
			lasts = 20 * time.Second
		}
	}
	const replicas, callers = 3, 16
	address := somewhere(t)()
	ctx, cancel := context.WithTimeout(t.Context(), lasts+10*time.Minute)
	defer cancel()
	patient := esdblog.Options{Patience: 2 * time.Minute}

	stop := make(chan struct{})
	var disturbing sync.WaitGroup
	if command := os.Getenv(disturbance); command != "" {
		disturbing.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				out, err := exec.CommandContext(ctx, "sh", "-c", command, "disturb", fmt.Sprint(i)).CombinedOutput()
				t.Logf("disturbance %d: %s %v", i, out, err)
			}
		})
	}

	var seen [2][]eventlog.ID
	followed, endFollowing := context.WithCancel(ctx)
	defer endFollowing()
	var following sync.WaitGroup
	last := logtest.Record(0) // by which followers know that there are no more
	last.ID, last.Recorded = eventlog.ID{2}, logtest.Epoch
	for f := range seen {
		log := open(t, address, esdblog.Options{ReadOnly: true, Patience: patient.Patience})
		following.Go(func() {
			for r, err := range log.Follow(followed, 0) {
				if !assert.NoError(t, err) {
					return
				}
				if seen[f] = append(seen[f], r.ID); r.ID == last.ID {
					return
				}
			}
		})
	}

	begun := time.Now()
	var mu sync.Mutex
	var outcomes []outcome
	var writing sync.WaitGroup
	for n := range replicas {
		r := &replica{log: open(t, address, patient)}
		for caller := range callers {
			writing.Go(func() {
				for i := 0; i == 0 || time.Since(begun) < lasts; i++ {
					record := logtest.Record(i)
					record.Recorded = logtest.Epoch
					record.ID = eventlog.ID{1, byte(n), byte(caller)}
					binary.BigEndian.PutUint64(record.ID[8:], uint64(i))
					asked := time.Now()
					at, conflicts, err := r.submit(ctx, record)
					if !assert.NoError(t, err) {
						return
					}
					mu.Lock()
					outcomes = append(outcomes, outcome{record.ID, at, time.Since(begun), time.Since(asked), conflicts})
					mu.Unlock()
				}
			})
		}
	}
	writing.Wait()
	took := time.Since(begun)
	close(stop)
	disturbing.Wait()

	log := open(t, address, patient)
	head, err := log.Head(ctx)
	require.NoError(t, err)
	_, err = log.Append(ctx, head, last)
	require.NoError(t, err)
	var stored []eventlog.ID
	for r, err := range log.Read(ctx, 0) {
		require.NoError(t, err)
		stored = append(stored, r.ID)
	}
	require.Len(t, stored, len(outcomes)+1, "each record once")
	for _, o := range outcomes {
		require.Equal(t, stored[o.at], o.id, "position %d", o.at)
	}
	time.AfterFunc(2*time.Minute, endFollowing) // whoever has not seen all by then never will
	following.Wait()
	for f := range seen {
		require.Equal(t, stored, seen[f], "follower %d", f)
	}
	report(t, took, outcomes)
}

// report says how fast it was, and for how long nothing was acknowledged.
func report(t *testing.T, took time.Duration, outcomes []outcome) {
	t.Helper()
	require.NotEmpty(t, outcomes)
	slices.SortFunc(outcomes, func(a, b outcome) int { return int(a.when - b.when) })
	var gap, last time.Duration
	conflicts := 0
	for _, o := range outcomes {
		gap, last = max(gap, o.when-last), o.when
		conflicts += o.conflicts
	}
	slices.SortFunc(outcomes, func(a, b outcome) int { return int(a.took - b.took) })
	at := func(part float64) time.Duration { return outcomes[int(part*float64(len(outcomes)-1))].took }
	t.Logf("%d appends in %s through three replicas: %.0f a second; p50 %s, p99 %s, longest %s; %d conflicts; nothing acknowledged for at most %s",
		len(outcomes), took.Round(time.Millisecond), float64(len(outcomes))/took.Seconds(), at(0.5), at(0.99), at(1), conflicts, gap.Round(time.Millisecond))
}
