package watch_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine/watch"
)

// crowd founds an office with some members, in missions of 100.
func crowd(t testing.TB, members int) office {
	o := found(t)
	o.arandia(t)
	for from := 0; from < members; from += 100 {
		mission := domain.MissionID(fmt.Sprintf("mission-%d", from/100))
		events := []domain.Envelope{domaintest.Opened(mission, domain.StateID([]string{"arandia", "borvia"}[from/100%2]), "embassy", "2020-01-01")}
		for i := from; i < min(from+100, members); i++ {
			events = append(events, domaintest.Accredited(domain.MemberID(fmt.Sprintf("m-%d", i)), mission, "dip.agent", "2024-01-01"))
		}
		o.submit(t, events...)
	}
	return o
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// BenchmarkWatchers records events about members while 10,000 watch five of 10,000
// each. An event that changes an answer concerns five watchers.
func BenchmarkWatchers(b *testing.B) {
	const watchers, each, members = 10_000, 5, 10_000
	o := crowd(b, members)
	h := watch.New(o.Engine, watch.Options{})
	before := heap()
	ctx, cancel := context.WithCancel(b.Context())
	var ready, ended sync.WaitGroup
	var told atomic.Int64
	began := time.Now()
	for i := range watchers {
		ready.Add(1)
		ended.Go(func() {
			var subjects []domain.Subject
			for n := range each {
				subjects = append(subjects, domain.Member(domain.MemberID(fmt.Sprintf("m-%d", (i+n*1999)%members))))
			}
			first := true
			for c, err := range h.Answers(ctx, watch.Watching{Subjects: subjects, Privileges: []domain.Privilege{"tax.sales", "imm.arrest"}}) {
				if err != nil {
					return
				}
				if first && !c.Token.IsZero() {
					first = false
					ready.Done()
				} else if !first {
					told.Add(1)
				}
			}
		})
	}
	ready.Wait()
	entered := time.Since(began)
	bytes := float64(heap()-before) / watchers
	was := told.Load()
	i := 0
	for b.Loop() {
		o.submit(b, domaintest.StatusChanged(domain.MemberID(fmt.Sprintf("m-%d", i*7%members)), domain.Status([]string{"lpr", "none"}[i/members%2]), "2025-01-01"))
		i++
	}
	waited := time.Now()
	for told.Load()-was < int64(b.N) && time.Since(waited) < 10*time.Second {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(bytes, "B/watcher")
	b.ReportMetric(float64(entered.Microseconds())/watchers, "µs/enter")
	b.ReportMetric(float64(told.Load()-was)/float64(b.N), "changes/op")
	cancel()
	ended.Wait()
	require.Zero(b, h.Watchers())
}

// BenchmarkUnconcerned records the same while nobody watches whom it is about.
func BenchmarkUnconcerned(b *testing.B) {
	for _, watchers := range []int{0, 1_000, 10_000} {
		b.Run(fmt.Sprint(watchers), func(b *testing.B) {
			o := crowd(b, 10_000)
			h := watch.New(o.Engine, watch.Options{})
			ctx, cancel := context.WithCancel(b.Context())
			var ready, ended sync.WaitGroup
			for i := range watchers {
				ready.Add(1)
				ended.Go(func() {
					for c, err := range h.Answers(ctx, watch.Watching{Subjects: []domain.Subject{domain.Member(domain.MemberID(fmt.Sprintf("m-%d", 1000+i*7%9000)))}, Privileges: []domain.Privilege{"tax.sales"}}) {
						if err == nil && c.Initial {
							ready.Done()
						}
					}
				})
			}
			ready.Wait()
			i := 0
			for b.Loop() {
				o.submit(b, domaintest.StatusChanged(domain.MemberID(fmt.Sprintf("m-%d", i%1000)), domain.Status([]string{"lpr", "none"}[i/1000%2]), "2025-01-01"))
				i++
			}
			cancel()
			ended.Wait()
		})
	}
}

// BenchmarkMeasure records a measure towards a State with 5,000 members, all watched by
// one.
func BenchmarkMeasure(b *testing.B) {
	o := crowd(b, 10_000)
	h := watch.New(o.Engine, watch.Options{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	call := make(chan domain.Position, 1<<20)
	ready := make(chan bool)
	go func() {
		first := true
		for c, err := range h.Answers(ctx, watch.Watching{Of: []domain.Subject{domain.State("arandia")}, Privileges: []domain.Privilege{"tax.sales"}}) {
			if err != nil {
				return
			}
			if !c.Token.IsZero() {
				if first {
					close(ready)
				}
				first = false
				call <- c.Token.Position
			}
		}
	}()
	<-ready
	i := 0
	for b.Loop() {
		i++
		if i%2 == 1 {
			o.submit(b, domaintest.Determined(domain.MeasureID(fmt.Sprintf("x-%d", i)), "arandia", "withdrawn", []domain.Privilege{"tax.sales"}, "2024-06-01"))
		} else {
			last, _ := o.Root().View().Envelope(o.Position() - 1)
			o.submit(b, domain.Envelope{Subject: last.Subject, Target: last.ID, Event: domain.EventRetracted{Reason: "mixed up"}})
		}
		for <-call < o.Position() {
		}
	}
}
