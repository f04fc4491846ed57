package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// What these measure are servers as processes of their own on one machine, with the double
// and the callers in another: the double keeps everything in memory, and has neither a
// network nor a disk.

// callers is how many call each replica at one time.
const callers = 16

// busyReplicas starts so many replicas, and waits for them.
func busyReplicas(b *testing.B, n int) (*replicas, *clients) {
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = &peer{rhythm: rhythm{1000, 5 * time.Second}}
	}
	rs := startReplicas(b, peers...)
	rs.ready()
	cl := newClients(rs, 1)
	cl.patience = clientPatience
	cl.http.Transport.(*http.Transport).MaxIdleConnsPerHost = 2 * callers
	return rs, cl
}

// keepRecording lets callers record at every replica until there was enough, and counts
// what was acknowledged and what was not.
func keepRecording(cl *clients, enough func(acked int64) bool, told func(time.Time)) (acked, not int64) {
	var good, bad, name atomic.Int64
	var busy sync.WaitGroup
	for _, r := range cl.rs.all {
		for range callers {
			busy.Go(func() {
				for !enough(good.Load()) {
					key := engine.NewID().String()
					body := arrival(fmt.Sprintf("b%d", name.Add(1)))
					for {
						status, text, _, err := cl.call(r, http.MethodPost, "/v1/events", body, api.KeyHeader, key)
						if err == nil && status == http.StatusOK {
							break
						}
						if err == nil {
							cl.wonder("%d %s", status, text)
							return
						}
						bad.Add(1)
						time.Sleep(5 * time.Millisecond)
					}
					told(time.Now())
					good.Add(1)
				}
			})
		}
	}
	busy.Wait()
	return good.Load(), bad.Load()
}

// BenchmarkReplicasRecord records at one replica alone, and at three.
func BenchmarkReplicasRecord(b *testing.B) {
	for _, n := range []int{1, 3} {
		b.Run(fmt.Sprintf("replicas=%d", n), func(b *testing.B) {
			rs, cl := busyReplicas(b, n)
			before := rs.c.Counts()
			b.ResetTimer()
			_, not := keepRecording(cl, func(acked int64) bool { return acked >= int64(b.N) }, func(time.Time) {})
			b.StopTimer()
			require.Empty(b, cl.odd)
			after := rs.c.Counts()
			b.ReportMetric(float64(after.Appended-before.Appended)/b.Elapsed().Seconds(), "commands/s")
			b.ReportMetric(float64(after.Appends-before.Appends)/float64(b.N), "appends/command")
			b.ReportMetric(float64(not)/float64(b.N), "refused/command")
		})
	}
}

// BenchmarkReplicasFollow records at one replica and waits until another has it, with
// nothing else to do.
func BenchmarkReplicasFollow(b *testing.B) {
	rs, cl := busyReplicas(b, 3)
	var took []time.Duration
	b.ResetTimer()
	for n := range b.N {
		at := cl.record(rs.all[n%3], fmt.Sprintf("f%d", n)).Position
		begun := time.Now()
		status, text, seen, err := cl.call(rs.all[(n+1)%3], http.MethodGet, "/v1/office", "", api.AtLeastHeader, fmt.Sprint(at))
		took = append(took, time.Since(begun))
		require.NoError(b, err, text)
		require.Equal(b, http.StatusOK, status, text)
		require.GreaterOrEqual(b, seen, at)
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkReplicasFailover kills the node that leads while callers record, and measures
// how long nothing is acknowledged when another leads at once.
func BenchmarkReplicasFailover(b *testing.B) {
	rs, cl := busyReplicas(b, 3)
	var mu sync.Mutex
	var last time.Time
	var longest time.Duration // since the last kill
	told := func(at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		if !last.IsZero() {
			longest = max(longest, at.Sub(last))
		}
		last = at
	}
	var done atomic.Bool
	var busy sync.WaitGroup
	var acked atomic.Int64
	busy.Go(func() {
		keepRecording(cl, func(n int64) bool { acked.Store(n); return done.Load() }, told)
	})
	more := func(n int64) {
		for from, begun := acked.Load(), time.Now(); acked.Load() < from+n; time.Sleep(time.Millisecond) {
			require.Less(b, time.Since(begun), patience)
		}
	}
	more(200)
	var took []time.Duration
	b.ResetTimer()
	for range b.N {
		mu.Lock()
		longest = 0
		mu.Unlock()
		leader := rs.c.Leader()
		rs.c.Kill(leader)
		rs.c.Elect((leader + 1) % 3)
		more(200)
		rs.c.Start(leader)
		mu.Lock()
		took = append(took, longest)
		mu.Unlock()
	}
	b.StopTimer()
	done.Store(true)
	busy.Wait()
	require.Empty(b, cl.odd)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "longest-ms")
}

// BenchmarkReplicasStart starts a replica of an office with a hundred thousand events: one
// that knows nothing, and one with its seal and a snapshot.
func BenchmarkReplicasStart(b *testing.B) {
	dir, c := b.TempDir(), esdbtest.New(b, 3)
	file, state := filepath.Join(dir, "from.db"), filepath.Join(dir, "kept")
	for _, args := range [][]string{
		{"generate", "--members", "2000", "--events", "100000", "--database", file},
		{"log", "copy", file, c.Address("ofm")},
		{"log", "snapshot", "--state", state, "--log", c.Address("ofm")},
	} {
		code, said := typedBy(b.Context(), args...)
		require.Zero(b, code, said)
	}
	end := domain.Position(len(c.Stream("ofm")))
	for _, kept := range []bool{false, true} {
		b.Run(fmt.Sprintf("snapshot=%v", kept), func(b *testing.B) {
			rs := &replicas{t: b, dir: dir, c: c}
			for range b.N {
				b.StopTimer()
				r := rs.add(&peer{rhythm: rhythm{1000, 5 * time.Second}})
				require.NoError(b, os.RemoveAll(r.state()))
				if kept {
					require.NoError(b, os.CopyFS(r.state(), os.DirFS(state)))
					_ = os.Remove(filepath.Join(r.state(), "lock"))
				}
				b.StartTimer()
				r.start()
				for begun := time.Now(); ; time.Sleep(time.Millisecond) {
					if status, said := r.readiness(); status == http.StatusOK && said.Position == end {
						break
					}
					require.Less(b, time.Since(begun), patience, r.lately())
				}
				b.StopTimer()
				r.kill()
			}
		})
	}
}
