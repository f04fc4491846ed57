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
func (e *Engine) settled(ctx context.Context, at domain.Position, era int64) error {
	for {
		moved := e.Moved()
		switch {
		case e.Halted() != nil:
			return e.Halted()
		case e.era.Load() != era:
			return errRetry
		case e.root.Load().Position() >= at:
			return nil
		}
		select {
		case <-moved:
		case <-e.halting:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unlessBehind returns why a command was refused, unless it was decided without
// what another process has appended meanwhile: then the engine catches up, and
// the command is decided again. While the era lasts, what is shown beyond the
// state that it was decided on was enqueued there later, by this engine.
//
// If the end of the log can't be found, that is the error, and not the refusal: the
// command may be on record beyond what this engine has seen.
func (e *Engine) unlessBehind(ctx context.Context, refused error, era int64) error {
	observed, err := e.log.Head(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &unreachableError{fmt.Errorf("find its head: %w (as of position %d the command would be refused: %v)", err, e.Position(), refused)} //nolint:errorlint // it must not match
	}
	head := domain.Position(observed)
	if err := e.mu.enter(ctx); err != nil {
		return err
	}
	switch {
	case e.era.Load() != era:
		err = errRetry
	case e.head < head:
		if err = e.readAgain(ctx); err == nil {
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
	if mutant.On(mutant.ExpectHead) {
		expected = e.anyHead(expected)
	}
	if p, ok := e.log.(eventlog.Pipeliner); ok {
		return p.Enqueue(expected, records...)
	}
	at, err := e.log.Append(context.Background(), expected, records...)
	return func(context.Context) (eventlog.Position, error) { return at, err }
}

// A commit is an append of what was decided, until its outcome is known.
type commit struct {
	expected eventlog.Position
	records  []eventlog.Record
	era      int64
	after    *commit // on whose records it counts; nil if they are durable

	done chan struct{} // closed when err is set
	err  error         // nil if it is durable
}

// settle waits until the records are durable and shows them to readers. If they
// can't be, the speculation is discarded, so that the next command is decided
// against what the log really holds.
func (e *Engine) settle(c *commit, wait func(context.Context) (eventlog.Position, error)) error {
	ctx := context.Background()
	at, err := wait(ctx)
	if err != nil && !eventlog.Definite(err) {
		at, err = e.ascertain(ctx, c, err)
	}
	c.err, c.after = err, nil
	close(c.done)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		return e.recorded(ctx, domain.Position(at), c.era)
	}
	if e.era.Load() == c.era {
		_ = e.catchUp(ctx, nil) // if it fails, the next command tries again before it is decided
	}
	if errors.Is(err, eventlog.ErrConflict) || mutant.On(mutant.NewIDsOnRetry) && errors.Is(err, ErrUncertain) {
		return errRetry
	}
	return err
}

// ascertain finds out what became of a commit of which that is not known, by making it
// again. It may only be made on the records that it counts on: if those were not
// recorded, then neither was this, and what lies at their place now is another's.
func (e *Engine) ascertain(ctx context.Context, c *commit, err error) (eventlog.Position, error) {
	if c.after != nil && !mutant.On(mutant.AgainOnAnother) {
		<-c.after.done
		switch before := c.after.err; {
		case before == nil:
		case errors.Is(before, ErrUncertain):
			return 0, uncertain(err)
		default:
			return 0, fmt.Errorf("%w: what it was decided on was not recorded: %w", eventlog.ErrConflict, before)
		}
	}
	return e.again(ctx, c.expected, c.records, err)
}

// again makes an append again, of which it is not known whether it was made. It
// was if that says so, and was not if it is a conflict: the place is another's. Whatever
// else is said the second time is said of the second time alone, and the error matches
// [ErrUncertain].
func (e *Engine) again(ctx context.Context, expected eventlog.Position, records []eventlog.Record, err error) (eventlog.Position, error) {
	const attempts = 3
	for attempt := range attempts {
		time.Sleep(time.Duration(attempt) * 20 * time.Millisecond)
		at, again := e.log.Append(ctx, expected, records...)
		if again == nil || errors.Is(again, eventlog.ErrConflict) || mutant.On(mutant.FinalAfterUnknown) && eventlog.Definite(again) {
			return at, again
		}
		err = again
	}
	return 0, uncertain(err)
}

// uncertain says that it is not known what became of an append. No other error may
// match: it would say that nothing was recorded.
func uncertain(err error) error {
	return fmt.Errorf("%w: %v", ErrUncertain, err) //nolint:errorlint // see above
}

// recorded shows what became durable. If the state on which it was decided was
// discarded meanwhile, for the sake of a commit before it, the log is read again.
func (e *Engine) recorded(ctx context.Context, at domain.Position, era int64) error {
	switch {
	case e.era.Load() == era:
		e.show(at)
	case e.root.Load().Position() < at && !mutant.On(mutant.LaterShowsNothing):
		if err := e.catchUp(ctx, nil); err != nil {
			return fmt.Errorf("%w: it was, and can't be shown yet, since the log could not be read again: %v", ErrUncertain, err) //nolint:errorlint // as above
		}
	}
	return nil
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
	moved := make(chan struct{})
	e.shown.Store(&moved)
	close(e.moved)
	e.moved = moved
}
