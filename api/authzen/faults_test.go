package authzen_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

// A disk is a log of answers whose appends wait for something, are counted, and fail while
// there is a fault.
type disk struct {
	eventlog.Log
	mu      sync.Mutex
	until   func() // nil is at once; mu
	fault   error  // mu
	appends int    // mu
}

func (d *disk) set(until func(), fault error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until, d.fault = until, fault
}

func (d *disk) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.appends
}

func (d *disk) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	d.mu.Lock()
	d.appends++
	until, fault := d.until, d.fault
	d.mu.Unlock()
	if until != nil {
		until()
	}
	if fault != nil {
		return 0, fault
	}
	return d.Log.Append(ctx, expected, records...)
}

// keeping is an office whose answers are kept on a disk. Of the mode in which answers come
// first, few may wait.
func keeping(t testing.TB, s *served, d *disk, mode decisions.Mode) *served {
	t.Helper()
	own, err := decisions.Binding(t.Context(), s.office.Log)
	require.NoError(t, err)
	r, err := decisions.Open(t.Context(), decisions.Config{Log: d, Office: own, Mode: mode, Clock: s.office.Now, NewID: engine.NewID, Queue: 8})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	e, err := engine.Open(t.Context(), engine.Config{Log: s.office.Log, Bodies: s.office.Bodies, Clock: s.office.Now, Library: library(), Decisions: r})
	require.NoError(t, err)
	out := &served{t: s.t, office: &api.Office{Engine: e, ID: s.office.ID, Log: s.office.Log, Bodies: s.office.Bodies, Answers: d, Recorder: r}, clock: s.clock}
	out.serve(t, authzen.Config{}, scoped(auth.System, []string{"*"}, []string{"*"}))
	return out
}

// Faults of a disk, as drivers tell of them.
var faults = map[string]error{
	"full":      fmt.Errorf("append: %w", eventlog.ErrFull),
	"read-only": fmt.Errorf("append: %w", eventlog.ErrReadOnly),
	"removed":   fmt.Errorf("append: %w", fs.ErrNotExist),
	"closed":    fmt.Errorf("append: %w", eventlog.ErrClosed),
	"other":     errors.New("input/output error"),
}

// TestStrictGivesNothingThatIsNotOnRecord lets the log of answers fail in all the ways in
// which it can, while questions are asked one by one and in batches.
func TestStrictGivesNothingThatIsNotOnRecord(t *testing.T) {
	office := two(t)
	single, many := about("ana", "imm.arrest"), fmt.Sprintf(`{"evaluations":[%s,%s]}`, about("ana", "imm.arrest"), about("bo", "imm.arrest"))
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			d := &disk{Log: memlog.New()}
			s := keeping(t, office, d, decisions.Strict)
			assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", single))
			d.set(nil, fault)
			for range 2 {
				for endpoint, body := range map[string]string{"evaluation": single, "evaluations": many} {
					w := s.call(endpoint, body, "Accept", "application/problem+json")
					require.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body)
					assert.NotContains(t, w.Body.String(), `"decision"`)
					assert.NotEmpty(t, w.Header().Get("Retry-After"))
					var p api.Problem
					require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
					assert.Equal(t, "not_recorded", p.Code)
				}
			}
			require.Len(t, answersIn(t, d.Log), 1)
			d.set(nil, nil)
			assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", single), "mended, it goes on by itself")
			require.Len(t, answersIn(t, d.Log), 2)
			assert.Equal(t, decisions.Stats{Recorded: 2}, s.office.Recorder.Stats())
		})
	}
}

// TestBestEffortAnswersAndCountsWhatIsMissing does the same where answers come first: all
// are given, some wait, and of the rest the log has it that they are missing.
func TestBestEffortAnswersAndCountsWhatIsMissing(t *testing.T) {
	office := two(t)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			d := &disk{Log: memlog.New()}
			s := keeping(t, office, d, decisions.BestEffort)
			d.set(nil, fault)
			const asked = 30
			for range asked {
				assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", about("ana", "imm.arrest")))
			}
			require.Error(t, s.office.Recorder.Flush(t.Context()))
			stats := s.office.Recorder.Stats()
			assert.Equal(t, asked, stats.Recorded+stats.Waiting+stats.Missing, "%+v", stats)
			assert.Zero(t, stats.Recorded)
			assert.Positive(t, stats.Missing, "no more wait than there is room for")
			d.set(nil, nil)
			require.NoError(t, s.office.Recorder.Flush(t.Context()))
			missing := 0
			for e, err := range decisions.Read(t.Context(), d.Log, 0) {
				require.NoError(t, err)
				if gap, is := e.Body.(decisions.Gap); is {
					assert.Equal(t, decisions.QueueFull, gap.Reason)
					missing += gap.Count
				}
			}
			assert.Equal(t, asked, missing+len(answersIn(t, d.Log)), "each is on record, or on record as missing")
			assert.Equal(t, missing, s.office.Recorder.Stats().Missing)
		})
	}
}

// TestManyWhoWaitShareAFlush holds that a slow disk makes those who ask at once wait for
// a few appends, and not each for one of its own; and that all of them are on record.
func TestManyWhoWaitShareAFlush(t *testing.T) {
	const callers, each = 64, 4
	d := &disk{Log: memlog.New()}
	s := keeping(t, two(t), d, decisions.Strict)
	s.answer(t, "evaluation", about("ana", "imm.arrest"))
	var asking atomic.Int64
	asking.Store(callers)
	d.set(func() { // it takes as long as anybody still comes
		for begun := time.Now(); int64(s.office.Recorder.Stats().Waiting) < asking.Load() && time.Since(begun) < time.Minute; {
			time.Sleep(time.Millisecond)
		}
	}, nil)
	before := d.count()
	var done sync.WaitGroup
	for range callers {
		done.Go(func() {
			defer asking.Add(-1)
			for range each {
				w := s.call("evaluation", about("ana", "imm.arrest"))
				assert.Equal(t, http.StatusOK, w.Code)
			}
		})
	}
	done.Wait()
	appends := d.count() - before
	t.Logf("%d answers in %d appends", callers*each, appends)
	assert.Len(t, answersIn(t, d.Log), callers*each+1)
	assert.Less(t, appends, callers)
}

// TestWhoGoesWhileTheDiskIsSlow holds that a call whose time is over gets no answer, and
// that the next one does.
func TestWhoGoesWhileTheDiskIsSlow(t *testing.T) {
	d := &disk{Log: memlog.New()}
	s := keeping(t, two(t), d, decisions.Strict)
	s.answer(t, "evaluation", about("ana", "imm.arrest"))
	s.Limits.Time = 30 * time.Millisecond
	gone := make(chan struct{})
	d.set(func() { <-gone }, nil)
	w := s.call("evaluation", about("ana", "imm.arrest"))
	assert.Contains(t, []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout}, w.Code)
	assert.NotContains(t, w.Body.String(), `"decision"`)
	d.set(nil, nil)
	close(gone)
	s.Limits.Time = time.Minute
	assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", about("ana", "imm.arrest")))
}

// TestAnAppendOfUnknownOutcome holds that an append which failed after all was written
// keeps the answer back once, and is not on record twice.
func TestAnAppendOfUnknownOutcome(t *testing.T) {
	log := logtest.NewFaults(memlog.New())
	d := &disk{Log: log}
	s := keeping(t, two(t), d, decisions.Strict)
	s.answer(t, "evaluation", about("ana", "imm.arrest"))
	log.FailNext(true)
	assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", about("ana", "imm.arrest")), "the same is appended again, and found to be there")
	assert.Len(t, answersIn(t, d.Log), 2)
}
