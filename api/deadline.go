package api

import (
	"context"
	"sync"
	"time"
)

// A deadline is a context that is over at an instant, as that of [context.WithDeadline],
// but sets no timer until somebody waits for it: most calls are answered without waiting.
type deadline struct {
	context.Context
	ends time.Time

	mu       sync.Mutex
	timed    context.Context    // mu; the one with the timer
	cancel   context.CancelFunc // mu
	released bool               // mu
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if ends, earlier := d.Context.Deadline(); earlier && ends.Before(d.ends) {
		return ends, true
	}
	return d.ends, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.timer().Done() }

// timer sets the timer.
func (d *deadline) timer() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		d.timed, d.cancel = context.WithDeadline(d.Context, d.ends)
		if d.released {
			d.cancel()
		}
	}
	return d.timed
}

// Err implements context.Context.
func (d *deadline) Err() error {
	d.mu.Lock()
	timed, released := d.timed, d.released
	d.mu.Unlock()
	switch {
	case timed != nil:
		return timed.Err()
	case d.Context.Err() != nil:
		return d.Context.Err()
	case released:
		return context.Canceled
	case !time.Now().Before(d.ends):
		return d.timer().Err() // which is over, and stays so
	}
	return nil
}

// release ends the context, and its timer if there is one.
func (d *deadline) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = true
	if d.cancel != nil {
		d.cancel()
	}
}
