package decisions_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

var ofm = decisions.Bound{Office: "ofm", Founding: eventlog.HashBody([]byte("ofm"))}

var ids atomic.Uint64

func newID() (id domain.EventID) {
	binary.BigEndian.PutUint64(id[8:], ids.Add(1))
	return id
}

func config(log eventlog.Log, mode decisions.Mode) decisions.Config {
	return decisions.Config{Log: log, Office: ofm, Mode: mode, Clock: func() time.Time { return noon }, NewID: newID}
}

func record(t testing.TB, c decisions.Config) *decisions.Recorder {
	t.Helper()
	r, err := decisions.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

// asked is an answer, told from others by n.
func asked(t testing.TB, n int) decisions.Answer {
	return decisions.Answer{
		By: "desk/1", Call: decisions.CallAsk, Root: 9, Semantics: 1, Bytes: decided(t, "ana", "imm.arrest", domain.Allowed),
		Question: decisions.Asked{Subject: domain.Member("ana"), Privilege: "imm.arrest", AsOf: noon, AsKnown: 9, Request: map[string]string{"n": fmt.Sprint(n)}},
	}
}

func standing(t testing.TB, n, of int) []decisions.Answer {
	out := make([]decisions.Answer, of)
	for i := range out {
		out[i] = asked(t, n)
		out[i].Call = decisions.CallStanding
	}
	return out
}

// read returns all records, which must be in strict order of recording from one
// call to the next, and the holes among them.
func read(t testing.TB, log eventlog.Log) (all []decisions.Entry, holes []decisions.Hole) {
	t.Helper()
	var h decisions.Holes
	for e, err := range decisions.Read(context.Background(), log, 0) {
		require.NoError(t, err)
		if n := len(all); n > 0 {
			a, b := batch(all[n-1]), batch(e)
			same := b != domain.EventID{} && a == b
			assert.True(t, e.Recorded.After(all[n-1].Recorded) || same && e.Recorded.Equal(all[n-1].Recorded), "record %d", n)
		}
		all = append(all, e)
		h.Add(e)
	}
	return all, h.Found()
}

func batch(e decisions.Entry) domain.EventID {
	a, _ := e.Body.(decisions.Answer)
	return a.Batch.First
}

func types(all []decisions.Entry) string {
	var out []string
	for _, e := range all {
		out = append(out, strings.TrimPrefix(e.Body.Type(), "decisions."))
	}
	return strings.Join(out, " ")
}

func TestStrictIsDurableBeforeItReturns(t *testing.T) {
	log := memlog.New()
	r := record(t, config(log, decisions.Strict))
	require.NoError(t, r.Record(t.Context()))
	all, _ := read(t, log)
	require.Empty(t, all, "nothing was asked")
	require.NoError(t, r.Record(t.Context(), asked(t, 1)))
	all, holes := read(t, log)
	assert.Equal(t, "bound opened answered", types(all))
	assert.Empty(t, holes)
	got := all[2].Body.(decisions.Answer)
	assert.Equal(t, asked(t, 1).Question, got.Question)
	assert.Equal(t, asked(t, 1).Bytes, got.Bytes)
	assert.Equal(t, domain.OfficeID("ofm"), got.Office)
	require.NoError(t, r.Record(t.Context(), standing(t, 2, 3)...))
	require.NoError(t, r.Close(t.Context()))
	require.ErrorIs(t, r.Record(t.Context(), asked(t, 3)), decisions.ErrNotRecorded)
	all, holes = read(t, log)
	assert.Equal(t, "bound opened answered answered answered answered", types(all), "a strict session needs no end")
	assert.Empty(t, holes)
	last := all[5].Body.(decisions.Answer)
	assert.Equal(t, decisions.Batch{First: all[3].ID, Number: 3, Of: 3}, last.Batch)
	// Opened again, it goes on.
	r = record(t, config(log, decisions.Strict))
	require.NoError(t, r.Record(t.Context(), asked(t, 4)))
	all, _ = read(t, log)
	assert.Equal(t, "bound opened answered answered answered answered opened answered", types(all))
}

func TestTheLogIsOfOneOffice(t *testing.T) {
	log := memlog.New()
	require.NoError(t, record(t, config(log, decisions.Strict)).Record(t.Context(), asked(t, 1)))
	for _, mode := range []decisions.Mode{decisions.Strict, decisions.BestEffort} {
		c := config(log, mode)
		c.Office.Founding[0] ^= 1
		_, err := decisions.Open(t.Context(), c)
		require.ErrorIs(t, err, decisions.ErrOtherOffice, "founded again under the same name")
		c = config(log, mode)
		c.Office.Office = "other"
		_, err = decisions.Open(t.Context(), c)
		require.ErrorIs(t, err, decisions.ErrOtherOffice)
		office := memlog.New()
		_, err = office.Append(t.Context(), 0, logtest.Record(0))
		require.NoError(t, err)
		_, err = decisions.Open(t.Context(), config(office, mode))
		require.ErrorIs(t, err, decisions.ErrNotDecisions)
	}
}

// A fault of the log never lets an unrecorded answer out, and does no harm to the
// next; nothing is recorded twice.
func TestStrictUnderFaults(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			inner := memlog.New()
			faults := logtest.NewFaults(inner)
			r := record(t, config(faults, decisions.Strict))
			faults.FailNext(written)
			require.NoError(t, r.Record(t.Context(), asked(t, 1)), "made again, it is found or written")
			for range 4 {
				faults.FailNext(written)
			}
			err := r.Record(t.Context(), asked(t, 2))
			require.ErrorIs(t, err, decisions.ErrNotRecorded, "it is not known whether it was")
			require.ErrorIs(t, err, logtest.ErrFault)
			require.NoError(t, r.Record(t.Context(), asked(t, 3)))
			all, holes := read(t, inner)
			assert.Empty(t, holes)
			seen := map[string]int{}
			for _, e := range all {
				if a, ok := e.Body.(decisions.Answer); ok {
					seen[a.Question.Request["n"]]++
				}
			}
			for n, times := range seen {
				assert.Equal(t, 1, times, n)
			}
			assert.Equal(t, 1, seen["1"])
			assert.Equal(t, 1, seen["3"])
			assert.Equal(t, written, seen["2"] == 1, "on record at most without having been given")
		})
	}
}

// A gate is a log whose appends wait, or fail, until told otherwise.
type gate struct {
	eventlog.Log
	mu   sync.Mutex
	fail error
	hold chan struct{}
}

func (g *gate) set(fail error, hold chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fail, g.hold = fail, hold
}

func (g *gate) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	g.mu.Lock()
	fail, hold := g.fail, g.hold
	g.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if fail != nil {
		return 0, fail
	}
	return g.Log.Append(ctx, expected, records...)
}

func TestStrictWithoutTimeGivesNoAnswer(t *testing.T) {
	log := &gate{Log: memlog.New()}
	r := record(t, config(log, decisions.Strict))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Record(ctx, asked(t, 1)), decisions.ErrNotRecorded)
	all, _ := read(t, log)
	require.Empty(t, all, "nothing was on its way")

	hold := make(chan struct{})
	log.set(nil, hold)
	first := make(chan error, 1)
	go func() { first <- r.Record(t.Context(), asked(t, 1)) }()
	require.Eventually(t, func() bool { return r.Stats().Waiting == 1 }, 30*time.Second, time.Millisecond)
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := r.Record(ctx, standing(t, 2, 3)...)
	require.ErrorIs(t, err, decisions.ErrNotRecorded)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(hold)
	require.NoError(t, <-first)
	require.NoError(t, r.Record(t.Context(), asked(t, 3)))
	all, holes := read(t, log)
	assert.Equal(t, "bound opened answered answered", types(all), "what nobody waits for any more isn't recorded")
	assert.Empty(t, holes)
}

func TestBestEffortNeverWaitsAndCountsWhatIsMissing(t *testing.T) {
	log := &gate{Log: memlog.New()}
	c := config(log, decisions.BestEffort)
	c.Queue = 3
	r := record(t, c)
	all, holes := read(t, log)
	assert.Equal(t, "bound opened", types(all), "the session is marked before the first answer")
	require.Len(t, holes, 1)
	assert.False(t, holes[0].Certain)

	hold := make(chan struct{})
	log.set(nil, hold)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for n := range 10 {
		require.NoError(t, r.Record(gone, asked(t, n)), "whatever the log does, and whoever has gone")
	}
	assert.Equal(t, 7, r.Stats().Missing)
	close(hold)
	log.set(nil, nil)
	require.NoError(t, r.Flush(t.Context()))
	all, holes = read(t, log)
	answers, missing := 0, 0
	for _, e := range all {
		switch b := e.Body.(type) {
		case decisions.Answer:
			answers++
		case decisions.Gap:
			missing += b.Count
			assert.Equal(t, decisions.QueueFull, b.Reason)
		}
	}
	assert.Equal(t, 3, answers)
	assert.Equal(t, 7, missing)
	require.GreaterOrEqual(t, len(holes), 2)
	assert.True(t, holes[0].Certain)

	// One that is too large is a gap of its own.
	large := asked(t, 11)
	large.Bytes = fmt.Appendf(nil, `{"a":%q}`, strings.Repeat("x", eventlog.MaxData))
	require.NoError(t, r.Record(t.Context(), large))
	bad := asked(t, 12)
	bad.Bytes = []byte("not JSON")
	require.NoError(t, r.Record(t.Context(), bad))
	require.NoError(t, r.Close(t.Context()))
	require.ErrorIs(t, r.Record(t.Context(), asked(t, 13)), decisions.ErrClosed)
	all, holes = read(t, log)
	assert.Contains(t, types(all), "gap closed")
	for _, h := range holes {
		assert.True(t, h.Certain, "closed in order: %s", h.Text)
	}
	assert.Equal(t, decisions.Closed{Session: all[len(all)-1].Body.(decisions.Closed).Session, Answers: 3, Missing: 9}, all[len(all)-1].Body)
}

// Whatever is wrong for a while, in the end each answer is in the log once, or
// counted.
func TestBestEffortUnderFaults(t *testing.T) {
	for name, fail := range map[string]error{"full": eventlog.ErrFull, "unknown": logtest.ErrFault} {
		t.Run(name, func(t *testing.T) {
			log := &gate{Log: memlog.New()}
			log.set(fail, nil)
			c := config(log, decisions.BestEffort)
			c.Queue = 5
			r := record(t, c)
			for n := range 8 {
				require.NoError(t, r.Record(t.Context(), asked(t, n)))
			}
			require.ErrorIs(t, r.Flush(t.Context()), decisions.ErrMissing)
			all, _ := read(t, log)
			require.Empty(t, all)
			log.set(nil, nil)
			require.NoError(t, r.Record(t.Context(), asked(t, 8)))
			require.NoError(t, r.Close(t.Context()))
			checkWhole(t, log, 9)
		})
	}
	t.Run("each append fails once, written", func(t *testing.T) {
		inner := memlog.New()
		log := logtest.NewFaults(inner)
		r := record(t, config(log, decisions.BestEffort))
		for n := range 20 {
			log.FailNext(n%2 == 0)
			require.NoError(t, r.Record(t.Context(), asked(t, n)))
			require.NoError(t, r.Flush(t.Context()))
		}
		require.NoError(t, r.Close(t.Context()))
		checkWhole(t, inner, 20)
	})
	t.Run("never", func(t *testing.T) {
		log := &gate{Log: memlog.New()}
		log.set(eventlog.ErrReadOnly, nil)
		r := record(t, config(log, decisions.BestEffort))
		require.NoError(t, r.Record(t.Context(), asked(t, 1)))
		err := r.Close(t.Context())
		require.ErrorIs(t, err, decisions.ErrMissing)
		require.ErrorIs(t, err, eventlog.ErrReadOnly)
	})
}

// checkWhole wants each of n answers once, or counted, and no other hole.
func checkWhole(t testing.TB, log eventlog.Log, n int) {
	t.Helper()
	all, holes := read(t, log)
	seen := map[string]int{}
	missing := 0
	for _, e := range all {
		switch b := e.Body.(type) {
		case decisions.Answer:
			seen[b.Question.Request["n"]]++
		case decisions.Gap:
			missing += b.Count
		}
	}
	for which, times := range seen {
		assert.Equal(t, 1, times, "answer %s", which)
	}
	assert.Equal(t, n, len(seen)+missing)
	for _, h := range holes {
		assert.True(t, h.Certain, h.Text)
	}
}

// A program that is cut off leaves a session without its end, and the next says so.
func TestAProgramThatWasCutOff(t *testing.T) {
	log := &gate{Log: memlog.New()}
	r := record(t, config(log, decisions.BestEffort))
	require.NoError(t, r.Record(t.Context(), asked(t, 1)))
	require.NoError(t, r.Flush(t.Context()))
	cut := &gate{Log: log.Log}
	log.set(logtest.ErrFault, nil) // nothing more arrives
	require.NoError(t, r.Record(t.Context(), asked(t, 2)))
	next := record(t, config(cut, decisions.BestEffort))
	require.NoError(t, next.Close(t.Context()))
	_, holes := read(t, cut)
	require.Len(t, holes, 1)
	assert.False(t, holes[0].Certain)
	assert.Contains(t, holes[0].Text, "cut off")
}

// Several may record at once: whoever comes second looks again.
func TestSeveralRecorders(t *testing.T) {
	log := memlog.New()
	var wg sync.WaitGroup
	for w := range 4 {
		mode := decisions.Strict
		if w%2 == 1 {
			mode = decisions.BestEffort
		}
		r := record(t, config(log, mode))
		for g := range 4 {
			wg.Go(func() {
				for n := range 5 {
					for r.Record(t.Context(), asked(t, w*1000+g*100+n)) != nil && mode == decisions.Strict {
						continue // too many were quicker; nothing was given
					}
				}
			})
		}
		defer func() { require.NoError(t, r.Close(context.Background())) }()
	}
	wg.Wait()
	all, _ := read(t, log)
	require.NotEmpty(t, all)
	answers := 0
	for _, e := range all {
		if _, ok := e.Body.(decisions.Answer); ok {
			answers++
		}
	}
	assert.GreaterOrEqual(t, answers, 40, "all of the strict ones")
}

// A clock that stands still, or goes back, changes no order.
func TestRecordedTimesIncrease(t *testing.T) {
	log := memlog.New()
	now := noon
	c := config(log, decisions.Strict)
	c.Clock = func() time.Time { return now }
	r := record(t, c)
	for n := range 5 {
		require.NoError(t, r.Record(t.Context(), asked(t, n)))
		now = now.Add(-time.Hour)
	}
	require.NoError(t, r.Close(t.Context()))
	c.Clock = func() time.Time { return noon.Add(-24 * time.Hour) }
	require.NoError(t, record(t, c).Record(t.Context(), asked(t, 6)))
	read(t, log)
}

// A standing of many large answers takes several appends, and is whole.
func TestALargeStanding(t *testing.T) {
	log := memlog.New()
	r := record(t, config(log, decisions.Strict))
	many := standing(t, 1, 60)
	for i := range many {
		many[i].Bytes = fmt.Appendf(nil, `{"a":%q}`, strings.Repeat("x", 40_000))
	}
	require.NoError(t, r.Record(t.Context(), many...))
	all, holes := read(t, log)
	assert.Len(t, all, 62)
	assert.Empty(t, holes)
}

// What is missing from the log is noticed: records taken out, or half a call.
func TestHolesAreNoticed(t *testing.T) {
	log := memlog.New()
	r := record(t, config(log, decisions.BestEffort))
	require.NoError(t, r.Record(t.Context(), asked(t, 1)))
	require.NoError(t, r.Record(t.Context(), standing(t, 2, 3)...))
	require.NoError(t, r.Close(t.Context()))
	all, holes := read(t, log)
	require.Empty(t, holes)
	for out := 1; out < len(all); out++ {
		var h decisions.Holes
		for i, e := range all {
			if i != out {
				h.Add(e)
			}
		}
		assert.NotEmpty(t, h.Found(), "without record %d, %s", out, all[out].Body.Type())
	}
}

func TestGivenFindsWhatWasAnswered(t *testing.T) {
	log := memlog.New()
	r := record(t, config(log, decisions.Strict))
	require.NoError(t, r.Record(t.Context(), asked(t, 1)))
	require.NoError(t, r.Record(t.Context(), standing(t, 2, 2)...))
	card := asked(t, 3)
	card.Call, card.Question.Privilege, card.Question.View = decisions.CallCard, "", "law_enforcement"
	require.NoError(t, r.Record(t.Context(), card))
	index, err := decisions.NewIndex(t.Context(), log)
	require.NoError(t, err)
	var given decisions.Given = index
	n := 0
	for g, err := range given.Given(t.Context(), domain.Member("ana"), "imm.arrest") {
		require.NoError(t, err)
		assert.Equal(t, domain.Allowed, g.Decision.Outcome)
		assert.Equal(t, eventlog.Position(2+n), g.Position)
		n++
	}
	assert.Equal(t, 3, n)
	for range given.Given(t.Context(), domain.Member("bo"), "imm.arrest") {
		t.Fatal("nothing was answered about bo")
	}
}

// Over a file, from many at once: one flush for many.
func BenchmarkRecord(b *testing.B) {
	for _, mode := range []decisions.Mode{decisions.Strict, decisions.BestEffort} {
		for _, at := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", mode, at), func(b *testing.B) {
				log, err := sqlitelog.Create(b.TempDir()+"/decisions.db", sqlitelog.Options{})
				require.NoError(b, err)
				defer func() { require.NoError(b, log.Close()) }()
				c := config(log, mode)
				c.Clock, c.Queue = time.Now, 1<<30
				r := record(b, c)
				a := asked(b, 1)
				b.SetParallelism(max(at/2, 1))
				b.ResetTimer()
				if at == 1 {
					for b.Loop() {
						require.NoError(b, r.Record(b.Context(), a))
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := r.Record(b.Context(), a); err != nil {
								b.Error(err)
							}
						}
					})
				}
				require.NoError(b, r.Close(context.Background()))
			})
		}
	}
}
