package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
)

// settled waits until all that a refusal or a repeated command was decided
// against is durable. If it was discarded, the decision is void.
func (e *Engine) settled(ctx context.Context, at domain.Position, era int) error {
	for {
		e.mu.Lock()
		same, moved := e.era == era, e.moved
		e.mu.Unlock()
		switch {
		case !same:
			return errRetry
		case e.root.Load().Position() >= at:
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unlessBehind returns why a command was refused, unless it was decided without
// what another process has appended meanwhile: then the engine catches up, and
// the command is decided again. While the era lasts, what is shown beyond the
// state that it was decided on was enqueued there later, by this engine.
func (e *Engine) unlessBehind(ctx context.Context, refused error, era int) error {
	observed, err := e.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("%w; and the head of the log could not be found: %w", refused, err)
	}
	head := domain.Position(observed)
	e.mu.Lock()
	switch {
	case e.era != era:
		err = errRetry
	case e.head < head:
		if err = e.catchUp(context.WithoutCancel(ctx), nil); err != nil {
			err = fmt.Errorf("%w; and the log could not be read again: %w", refused, err)
		} else {
			err = errRetry
		}
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	// Beyond the root lies what this engine has enqueued; or it is another's, and
	// what was enqueued there fails.
	if waited := e.settled(ctx, head, era); waited != nil {
		return waited
	}
	return refused
}

// enqueue puts the records in line, in the order of the decisions.
func (e *Engine) enqueue(expected eventlog.Position, records []eventlog.Record) func(context.Context) (eventlog.Position, error) {
	if p, ok := e.log.(eventlog.Pipeliner); ok {
		return p.Enqueue(expected, records...)
	}
	at, err := e.log.Append(context.Background(), expected, records...)
	return func(context.Context) (eventlog.Position, error) { return at, err }
}

// settle waits until the records are durable and shows them to readers. If they
// can't be, the speculation is discarded, so that the next command is decided
// against what the log really holds.
func (e *Engine) settle(wait func(context.Context) (eventlog.Position, error), expected eventlog.Position, records []eventlog.Record, era int) error {
	ctx := context.Background()
	at, err := wait(ctx)
	for attempt := 0; err != nil && !definite(err) && attempt < 3; attempt++ {
		time.Sleep(time.Duration(attempt) * 20 * time.Millisecond)
		at, err = e.log.Append(ctx, expected, records...) // the same again: finds out
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		return e.recorded(ctx, domain.Position(at), era)
	}
	if e.era == era {
		if replayErr := e.catchUp(ctx, nil); replayErr != nil {
			return fmt.Errorf("%w; and the log could not be read again: %w", err, replayErr)
		}
	}
	switch {
	case errors.Is(err, eventlog.ErrConflict), mutant.On(mutant.NewIDsOnRetry) && !definite(err):
		return errRetry
	case definite(err):
		return err
	default:
		return fmt.Errorf("%w: %w", ErrUncertain, err)
	}
}

// recorded shows what became durable. If the state on which it was decided was
// discarded meanwhile, for the sake of a commit before it, the log is read again.
func (e *Engine) recorded(ctx context.Context, at domain.Position, era int) error {
	switch {
	case e.era == era:
		e.show(at)
	case e.root.Load().Position() < at && !mutant.On(mutant.LaterShowsNothing):
		if err := e.catchUp(ctx, nil); err != nil {
			return fmt.Errorf("%w: and the log could not be read again: %w", ErrUncertain, err)
		}
	}
	return nil
}

// definite reports whether the error says for certain that nothing was written.
func definite(err error) bool {
	for _, known := range []error{eventlog.ErrConflict, eventlog.ErrInvalid, eventlog.ErrTooLarge, eventlog.ErrClock, eventlog.ErrReadOnly, eventlog.ErrClosed, eventlog.ErrFull} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// show moves the root on. Commits become durable in order, but those who wait
// for them may come here in any.
func (e *Engine) show(at domain.Position) {
	if at > e.root.Load().Position() {
		e.builder.Touch(e.root.Load().Position(), at)
		e.root.Store(e.builder.Root(at))
		e.tell()
	}
}

// tell wakes those who wait for the root to move. The caller holds mu.
func (e *Engine) tell() {
	close(e.moved)
	e.moved = make(chan struct{})
}
