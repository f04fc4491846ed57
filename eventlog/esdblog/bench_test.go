package esdblog_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
	"github.com/comity-project/comity/eventlog/logtest"
)

// Over the double these measure the driver, the client and the protocol, and no server.

func BenchmarkRead(b *testing.B) {
	const n = 20_000
	log := opened(b)
	fill(b, log, n)
	for b.Loop() {
		count := 0
		for _, err := range log.Read(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count != n {
			b.Fatal(count)
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkFollow(b *testing.B) {
	const n = 20_000
	log := opened(b)
	fill(b, log, n)
	for b.Loop() {
		count := 0
		for _, err := range log.Follow(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			if count++; count == n {
				break
			}
		}
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("records=%d", size), func(b *testing.B) {
			log := opened(b)
			at := 0
			for b.Loop() {
				_, err := log.Append(b.Context(), eventlog.Position(at), logtest.Records(at, size)...)
				if err != nil {
					b.Fatal(err)
				}
				at += size
			}
			b.ReportMetric(float64(at)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// Many callers wait together, as behind the writer of an engine.
func BenchmarkEnqueue(b *testing.B) {
	log := opened(b)
	const inFlight = 64
	var waits [inFlight]func(context.Context) (eventlog.Position, error)
	at := 0
	for b.Loop() {
		slot := at % inFlight
		if waits[slot] != nil {
			if _, err := waits[slot](b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		waits[slot] = log.Enqueue(eventlog.Position(at), logtest.Record(at))
		at++
	}
	b.ReportMetric(float64(at)/b.Elapsed().Seconds(), "records/s")
}

// fill appends n records, by thousands.
func fill(b *testing.B, log *esdblog.Log, n int) {
	b.Helper()
	for at := 0; at < n; at += 1000 {
		_, err := log.Append(b.Context(), eventlog.Position(at), logtest.Records(at, 1000)...)
		require.NoError(b, err)
	}
}

func opened(b *testing.B) *esdblog.Log {
	b.Helper()
	c := esdbtest.New(b, 1)
	log, err := esdblog.Open(b.Context(), c.Address(fresh()), esdblog.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = log.Close() })
	return log
}
