package watch

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/comity-project/comity/domain"
)

// An Event is an event as it is told to those who follow the log.
type Event struct {
	// Position is the one after the event: from where to go on.
	Position domain.Position
	Envelope domain.Envelope
	// Idle says that there was no event for a while, and nothing but the position
	// counts.
	Idle bool
}

// A BeyondError says that somebody wants to go on from where the office has not been.
type BeyondError struct {
	Token Token // where they want to go on
	At    Token // where the office is
}

func (b *BeyondError) Error() string {
	if b.Token.Position > b.At.Position {
		return fmt.Sprintf("go on from position %d: the log ends at %d", b.Token.Position, b.At.Position)
	}
	return fmt.Sprintf("go on from %s: it is %s", b.Token.Instant, b.At.Instant)
}

// Events yields every event from a position on, in order, first those on record and then
// the others as they become durable, until ctx is done, whose error is the last. If idle
// is not 0, something is yielded at least as often. Nothing is kept for whoever is slow:
// the log is there to be read.
func (h *Hub) Events(ctx context.Context, from domain.Position, idle time.Duration) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := h.e.Halted(); err != nil {
			yield(Event{}, err)
			return
		}
		ctx, done := h.working(ctx)
		defer done()
		if at := h.e.Position(); from > at {
			yield(Event{}, &BeyondError{Token: Token{Position: from}, At: Token{Position: at}})
			return
		}
		h.waiting.Add(1)
		h.mu.Lock()
		h.join()
		h.mu.Unlock()
		defer func() {
			h.waiting.Add(-1)
			h.mu.Lock()
			h.leave()
			h.mu.Unlock()
		}()
		rest := newRest(idle)
		defer rest.stop()
		for {
			moved := *h.told.Load()
			view := h.e.Root().View()
			for ; from < view.Position(); from++ {
				env, _ := view.Envelope(from)
				if !yield(Event{Position: from + 1, Envelope: env}, nil) {
					return
				}
				if ctx.Err() != nil {
					break
				}
			}
			switch woke := rest.wait(ctx, moved); {
			case woke == idled:
				if !yield(Event{Position: from, Idle: true}, nil) {
					return
				}
			case woke == ended:
				yield(Event{}, context.Cause(ctx))
				return
			}
		}
	}
}

// A rest is a wait with an end.
type rest struct {
	idle  time.Duration
	timer *time.Timer
}

func newRest(idle time.Duration) *rest {
	r := &rest{idle: idle}
	if idle > 0 {
		r.timer = time.NewTimer(idle)
	}
	return r
}

func (r *rest) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

type woke int

const (
	called woke = iota
	idled
	ended
)

func (r *rest) wait(ctx context.Context, call <-chan struct{}) woke {
	if ctx.Err() != nil {
		return ended
	}
	var idle <-chan time.Time
	if r.timer != nil {
		r.timer.Reset(r.idle)
		idle = r.timer.C
	}
	select {
	case <-call:
		return called
	case <-idle:
		return idled
	case <-ctx.Done():
		return ended
	}
}
