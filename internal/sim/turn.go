package sim

import (
	"context"
	"sync"
)

// A turn is a context whose Err waits until the scheduler lets it go on. An engine
// asks a context for its error wherever it may be given up, and these are the
// places at which one caller may be overtaken by another; so the scheduler decides
// who goes first, and nothing is left to the machine.
type turn struct {
	context.Context
	cancel context.CancelFunc
	mu     sync.Mutex
	waits  bool // mu
	pass   chan struct{}
}

func newTurn() *turn {
	ctx, cancel := context.WithCancel(context.Background())
	return &turn{Context: ctx, cancel: cancel, pass: make(chan struct{})}
}

// Err waits for a turn, and returns why it was cancelled, if it was.
func (t *turn) Err() error {
	if err := t.Context.Err(); err != nil {
		return err
	}
	t.set(true)
	select {
	case <-t.pass:
	case <-t.Done():
	}
	t.set(false)
	return t.Context.Err()
}

func (t *turn) set(waits bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits = waits
}

func (t *turn) waiting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waits
}
