package logtest

import (
	"context"
	"errors"
	"sync"

	"github.com/comity-project/comity/eventlog"
)

// ErrFault is what [Faults] makes an append return. It is none of the errors
// of package eventlog, so the outcome is unknown to whoever gets it.
var ErrFault = errors.New("injected fault")

// Faults is a log whose appends fail on demand: instead of being made, or
// although they were.
type Faults struct {
	eventlog.Log

	mu   sync.Mutex
	plan []bool // mu; of the appends to come, whether each that fails is made
}

// NewFaults wraps a log.
func NewFaults(log eventlog.Log) *Faults { return &Faults{Log: log} }

// FailNext makes the next append that hasn't been planned to fail do so:
// after it was written, or without.
func (f *Faults) FailNext(written bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = append(f.plan, written)
}

func (f *Faults) next() (fail, written bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.plan) == 0 {
		return false, false
	}
	written = f.plan[0]
	f.plan = f.plan[1:]
	return true, written
}

// Append implements [eventlog.Log].
func (f *Faults) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	fail, written := f.next()
	if fail && !written {
		return 0, ErrFault
	}
	head, err := f.Log.Append(ctx, expected, records...)
	if fail && err == nil {
		return 0, ErrFault
	}
	return head, err
}

// Enqueue implements [eventlog.Pipeliner], by waiting on the spot if the log
// inside isn't one.
func (f *Faults) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	fail, written := f.next()
	if fail && !written {
		return func(context.Context) (eventlog.Position, error) { return 0, ErrFault }
	}
	wait := f.enqueue(expected, records)
	return func(ctx context.Context) (eventlog.Position, error) {
		head, err := wait(ctx)
		if fail && err == nil {
			return 0, ErrFault
		}
		return head, err
	}
}

func (f *Faults) enqueue(expected eventlog.Position, records []eventlog.Record) func(context.Context) (eventlog.Position, error) {
	if p, ok := f.Log.(eventlog.Pipeliner); ok {
		return p.Enqueue(expected, records...)
	}
	head, err := f.Log.Append(context.Background(), expected, records...)
	return func(context.Context) (eventlog.Position, error) { return head, err }
}
