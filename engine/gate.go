package engine

import "context"

// A gate lets one through at a time, as a mutex does. Whoever waits for it may leave when
// a context is done: the one inside may be waiting for a log that can't be reached.
type gate chan struct{}

func newGate() gate { return make(gate, 1) }

// Lock waits for as long as it takes.
func (g gate) Lock() { g <- struct{}{} }

// Unlock lets the next one in.
func (g gate) Unlock() { <-g }

// enter is Lock until the context is done. Then the error is the context's, and nothing
// is held.
func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	default:
	}
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
