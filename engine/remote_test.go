package engine_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
)

// errDown is what a log says that can't be reached.
var errDown = errors.New("the log can't be reached")

// A remote is one replica's connection to a log that several share and that is some way
// off. Appends that wait together travel together, and what was enqueued on top of one
// that failed fails too, until the log was read again.
type remote struct {
	*memlog.Log
	trip time.Duration // there and back; 0 is no time at all

	mu      sync.Mutex
	queue   []*sent // mu
	busy    bool    // mu; somebody carries them
	chain   int     // mu; counts the times that the log was read
	torn    int     // mu; the last chain of which an append failed
	down    bool    // mu; all calls fail
	cut     int     // mu; Read breaks off after so many records, if it is more than 0
	heads   int     // mu; calls
	meeting func()  // mu; called once before the next append gets there
	mutter  bool    // mu; the next append is made, and nobody hears of it
	lose    int     // mu; so many appends are not made, and nobody hears of that
}

type sent struct {
	chain    int
	expected eventlog.Position
	records  []eventlog.Record
	at       eventlog.Position
	err      error
	done     chan struct{}
}

func (r *remote) set(change func(*remote)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// call makes a call that only looks.
func (r *remote) call(ctx context.Context) error {
	if r.trip > 0 {
		select {
		case <-time.After(r.trip):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.down {
		return errDown
	}
	return nil
}

func (r *remote) Head(ctx context.Context) (eventlog.Position, error) {
	r.set(func(r *remote) { r.heads++ })
	if err := r.call(ctx); err != nil {
		return 0, err
	}
	return r.Log.Head(ctx)
}

func (r *remote) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		if err := r.call(ctx); err != nil {
			yield(eventlog.Record{}, err)
			return
		}
		r.mu.Lock()
		r.chain++
		cut, n := r.cut, 0
		r.mu.Unlock()
		for record, err := range r.Log.Read(ctx, from) {
			if n++; cut > 0 && n > cut {
				yield(eventlog.Record{}, errDown)
				return
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// Follow yields each record some time after it was appended: it has to come here.
func (r *remote) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	type told struct {
		record eventlog.Record
		err    error
		at     time.Time
	}
	return func(yield func(eventlog.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		way := make(chan told, 1<<16)
		go func() {
			defer close(way)
			for record, err := range r.Log.Follow(ctx, from) {
				way <- told{record, err, time.Now()}
			}
		}()
		for one := range way {
			time.Sleep(r.trip/2 - time.Since(one.at))
			if !yield(one.record, one.err) {
				return
			}
		}
	}
}

func (r *remote) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	return r.send(0, expected, records)(ctx)
}

func (r *remote) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	r.mu.Lock()
	chain := r.chain
	r.mu.Unlock()
	return r.send(chain, expected, records)
}

func (r *remote) send(chain int, expected eventlog.Position, records []eventlog.Record) func(context.Context) (eventlog.Position, error) {
	s := &sent{chain: chain, expected: expected, records: records, done: make(chan struct{})}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue = append(r.queue, s); !r.busy {
		r.busy = true
		go r.carry()
	}
	return func(ctx context.Context) (eventlog.Position, error) {
		select {
		case <-s.done:
			return s.at, s.err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// carry takes what waits to the log, until nothing does.
func (r *remote) carry() {
	for {
		r.mu.Lock()
		meeting := r.meeting
		r.meeting = nil
		r.mu.Unlock()
		if meeting != nil {
			meeting()
		}
		r.mu.Lock()
		load := r.queue
		r.queue = nil
		if r.busy = len(load) > 0; !r.busy {
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		time.Sleep(r.trip / 2)
		for _, s := range load {
			r.arrive(s)
		}
		time.Sleep(r.trip / 2)
		for _, s := range load {
			close(s.done)
		}
	}
}

func (r *remote) arrive(s *sent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.chain > 0 && s.chain <= r.torn:
		s.err = fmt.Errorf("%w: one before it failed", eventlog.ErrConflict)
	case r.down:
		s.err = errDown
	case r.lose > 0:
		r.lose--
		s.err = errDown
		return
	default:
		s.at, s.err = r.Log.Append(context.Background(), s.expected, s.records...)
	}
	if r.mutter && s.err == nil {
		r.mutter = false
		s.err = errDown
	}
	if s.err != nil && s.chain > 0 {
		r.torn = max(r.torn, s.chain)
	}
}
