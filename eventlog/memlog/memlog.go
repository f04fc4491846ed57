// Package memlog keeps an event log in memory, for tests, trials and
// scenarios. It is gone when the process ends; in everything else it does
// what the durable drivers do, and passes the same suite.
//
// It starts no goroutine and asks no clock, so it may be used inside a
// testing/synctest bubble.
package memlog

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/comity-project/comity/eventlog"
)

// A Log is an event log and a shelf of bodies in memory.
type Log struct {
	mu      sync.Mutex
	records []eventlog.Record                 // mu; only grows, and no record in it changes
	at      map[eventlog.ID]eventlog.Position // mu; the record that has the id
	bodies  map[eventlog.Hash][]byte          // mu
	grown   chan struct{}                     // mu; closed and replaced when records grows or closed turns true
	closed  bool                              // mu
}

var (
	_ eventlog.Pipeliner = (*Log)(nil)
	_ eventlog.Bodies    = (*Log)(nil)
)

// New returns an empty log.
func New() *Log {
	return &Log{
		at:     make(map[eventlog.ID]eventlog.Position),
		bodies: make(map[eventlog.Hash][]byte),
		grown:  make(chan struct{}),
	}
}

// Append implements [eventlog.Log].
func (l *Log) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("append at position %d: %w", expected, err)
	}
	return l.append(expected, records)
}

// Enqueue implements [eventlog.Pipeliner]. Memory is quick enough to append
// on the spot; the outcome is known before anyone waits for it.
func (l *Log) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	position, err := l.append(expected, records)
	return func(context.Context) (eventlog.Position, error) { return position, err }
}

func (l *Log) append(expected eventlog.Position, records []eventlog.Record) (eventlog.Position, error) {
	position, err := l.tryAppend(expected, records)
	if err != nil {
		return 0, fmt.Errorf("append at position %d: %w", expected, err)
	}
	return position, nil
}

func (l *Log) tryAppend(expected eventlog.Position, records []eventlog.Record) (eventlog.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, eventlog.ErrClosed
	}
	if err := eventlog.CheckAppend(records...); err != nil {
		return 0, err
	}
	head := l.head()
	if l.repeats(expected, records) {
		return expected + eventlog.Position(len(records)), nil
	}
	for i := range records {
		if at, ok := l.at[records[i].ID]; ok {
			return 0, fmt.Errorf("%w: %s at position %d", eventlog.ErrDuplicate, records[i].ID, at)
		}
	}
	if expected != head {
		return 0, fmt.Errorf("%w: it is at %d", eventlog.ErrConflict, head)
	}
	if head > 0 && records[0].Recorded.Before(l.records[head-1].Recorded) {
		return 0, fmt.Errorf("%w: %v is before %v", eventlog.ErrClock, records[0].Recorded, l.records[head-1].Recorded)
	}
	for i, record := range records {
		record.Data = bytes.Clone(record.Data)
		l.records = append(l.records, record)
		l.at[record.ID] = head + eventlog.Position(i)
	}
	l.wake()
	return l.head(), nil
}

// repeats reports whether exactly these records were appended at the position.
func (l *Log) repeats(expected eventlog.Position, records []eventlog.Record) bool {
	if expected > l.head() || l.head()-expected < eventlog.Position(len(records)) {
		return false
	}
	for i := range records {
		if !eventlog.Same(records[i], l.records[expected+eventlog.Position(i)]) {
			return false
		}
	}
	return true
}

func (l *Log) head() eventlog.Position { return eventlog.Position(len(l.records)) }

func (l *Log) wake() {
	close(l.grown)
	l.grown = make(chan struct{})
}

// since returns the records from a position on and a channel that is closed
// when there are more.
func (l *Log) since(ctx context.Context, from eventlog.Position) ([]eventlog.Record, <-chan struct{}, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, nil, eventlog.ErrClosed
	}
	if from > l.head() {
		return nil, nil, fmt.Errorf("%w: it ends at %d", eventlog.ErrPastEnd, l.head())
	}
	return l.records[from:len(l.records):len(l.records)], l.grown, nil
}

// Read implements [eventlog.Log].
func (l *Log) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		records, _, err := l.since(ctx, from)
		for i := 0; i < len(records) && err == nil; i++ {
			if !yield(records[i], nil) {
				return
			}
			from++
			err = ctx.Err()
		}
		if err != nil {
			yield(eventlog.Record{}, fmt.Errorf("read from position %d: %w", from, err))
		}
	}
}

// Follow implements [eventlog.Log].
func (l *Log) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for {
			records, grown, err := l.since(ctx, from)
			for i := 0; i < len(records) && err == nil; i++ {
				if !yield(records[i], nil) {
					return
				}
				from++
				err = ctx.Err()
			}
			if err != nil {
				yield(eventlog.Record{}, fmt.Errorf("follow from position %d: %w", from, err))
				return
			}
			select {
			case <-grown:
			case <-ctx.Done():
			}
		}
	}
}

// Head implements [eventlog.Log].
func (l *Log) Head(ctx context.Context) (eventlog.Position, error) {
	records, _, err := l.since(ctx, 0)
	return eventlog.Position(len(records)), err
}

// Close implements [eventlog.Log].
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		l.wake()
	}
	return nil
}

// Put implements [eventlog.Bodies].
func (l *Log) Put(ctx context.Context, body []byte) (eventlog.Hash, error) {
	hash := eventlog.HashBody(body)
	if err := ctx.Err(); err != nil {
		return eventlog.Hash{}, fmt.Errorf("put body %s: %w", hash, err)
	}
	if err := eventlog.CheckBody(body); err != nil {
		return eventlog.Hash{}, fmt.Errorf("put body %s: %w", hash, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return eventlog.Hash{}, fmt.Errorf("put body %s: %w", hash, eventlog.ErrClosed)
	}
	if _, ok := l.bodies[hash]; !ok {
		l.bodies[hash] = bytes.Clone(body)
	}
	return hash, nil
}

// Get implements [eventlog.Bodies].
func (l *Log) Get(ctx context.Context, hash eventlog.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("get body %s: %w", hash, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("get body %s: %w", hash, eventlog.ErrClosed)
	}
	body, ok := l.bodies[hash]
	if !ok {
		return nil, fmt.Errorf("get body %s: %w", hash, eventlog.ErrNoBody)
	}
	return append([]byte{}, body...), nil
}
