package engine

import (
	"context"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
)

// Follow keeps the office at the head of the log while other processes append to
// it, until ctx is done or the connection to the log breaks, and returns why it
// ended. Nothing is lost by that: what was shown stays, and the next Follow goes
// on where this one stopped.
//
// Readers never see a part of an append: the head of a log is always at the end
// of one, so that what was read is shown as far as a head that was observed. An
// engine that follows may submit commands too.
func (e *Engine) Follow(ctx context.Context) error {
	shown := e.Position()
	from := shown
	if mutant.On(mutant.FollowerSkips) {
		from++
	}
	var batch []domain.Envelope // read, and not yet shown: from position shown on
	var head domain.Position    // of the log, as last observed
	for record, err := range e.log.Follow(ctx, eventlog.Position(from)) {
		at := shown + domain.Position(len(batch))
		if err != nil {
			return fmt.Errorf("follow the log from %d: %w", at, err)
		}
		env, err := codec.Decode(record.Data)
		if err != nil {
			return fmt.Errorf("follow record %d: %w", at, err)
		}
		batch = append(batch, env)
		if at >= head {
			observed, err := e.log.Head(ctx)
			if err != nil {
				return fmt.Errorf("find the head of the log: %w", err)
			}
			head = domain.Position(observed)
		}
		if at+1 < head && !mutant.On(mutant.FollowerShowsPart) {
			continue
		}
		if err := e.learn(ctx, shown, batch); err != nil {
			return err
		}
		shown, batch = shown+domain.Position(len(batch)), nil
	}
	return fmt.Errorf("follow the log from %d: %w", shown, eventlog.ErrClosed)
}

// learn shows durable events that lie at a position, ending where a command ends.
// Those that the engine holds already are its own; if it holds others in their
// place, what it decided is void, and it reads the log again.
func (e *Engine) learn(ctx context.Context, from domain.Position, batch []domain.Envelope) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var unknown []domain.Envelope
	for i, env := range batch {
		if at := from + domain.Position(i); at >= e.head {
			unknown = batch[i:]
			break
		} else if have, _ := e.builder.Root(e.head).View().Envelope(at); have.ID != env.ID {
			return e.discard(ctx)
		}
	}
	if err := e.speculate(ctx, unknown); err != nil {
		return fmt.Errorf("follow the log from %d: %w", e.head, err)
	}
	if len(unknown) > 0 {
		e.era++ // what was refused without them is decided again
	}
	e.show(from + domain.Position(len(batch)))
	return nil
}
