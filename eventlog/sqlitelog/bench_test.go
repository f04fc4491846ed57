package sqlitelog_test

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

func newLog(b *testing.B) *sqlitelog.Log {
	b.Helper()
	log, err := sqlitelog.Create(filepath.Join(b.TempDir(), "office.db"), sqlitelog.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, log.Close()) })
	return log
}

// bulk appends n records as an import does: large appends, a few in flight.
func bulk(b *testing.B, log *sqlitelog.Log, from, n int) {
	b.Helper()
	var flights []func(context.Context) (eventlog.Position, error)
	for n > 0 {
		size := min(n, 500)
		flights = append(flights, log.Enqueue(eventlog.Position(from), logtest.Records(from, size)...))
		from, n = from+size, n-size
		if len(flights) == 8 || n == 0 {
			for _, wait := range flights {
				_, err := wait(b.Context())
				require.NoError(b, err)
			}
			flights = flights[:0]
		}
	}
}

// BenchmarkAppend makes one record durable at a time.
func BenchmarkAppend(b *testing.B) {
	log := newLog(b)
	head := eventlog.Position(0)
	for b.Loop() {
		var err error
		if head, err = log.Append(b.Context(), head, logtest.Record(int(head))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend64Writers has 64 goroutines wait for one durable record
// each, again and again. Their positions are handed out as an engine would.
func BenchmarkAppend64Writers(b *testing.B) {
	log := newLog(b)
	records := logtest.Records(0, b.N)
	var mu sync.Mutex
	next := 0
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 64 {
		wg.Go(func() {
			for {
				mu.Lock()
				if next == b.N {
					mu.Unlock()
					return
				}
				wait := log.Enqueue(eventlog.Position(next), records[next])
				next++
				mu.Unlock()
				if _, err := wait(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkBulk imports. Making the records is part of it, and about a
// microsecond of each.
func BenchmarkBulk(b *testing.B) {
	log := newLog(b)
	b.ResetTimer()
	bulk(b, log, 0, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkReplay reads a log from its beginning.
func BenchmarkReplay(b *testing.B) {
	log := newLog(b)
	const n = 200_000
	bulk(b, log, 0, n)
	bytes := 0
	b.ResetTimer()
	for b.Loop() {
		seen := 0
		for record, err := range log.Read(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			bytes += len(record.Data)
			seen++
		}
		if seen != n {
			b.Fatal(seen)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkFollow measures from the call of Append to a follower in the same
// process seeing the record.
func BenchmarkFollow(b *testing.B) {
	log := newLog(b)
	var began atomic.Int64
	var waited time.Duration
	seen := make(chan struct{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() {
		for _, err := range log.Follow(ctx, 0) {
			if err != nil {
				return
			}
			waited += time.Since(time.Unix(0, began.Load()))
			seen <- struct{}{}
		}
	}()
	head := eventlog.Position(0)
	for b.Loop() {
		record := logtest.Record(int(head))
		began.Store(time.Now().UnixNano())
		head, _ = log.Append(ctx, head, record)
		<-seen
	}
	b.ReportMetric(float64(waited.Microseconds())/float64(b.N), "us/seen")
}
