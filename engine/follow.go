package engine

import (
	"bytes"
	"context"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
)

// Follow keeps the office at the head of the log while other processes append to
// it, until ctx is done or the log can't be followed, and returns why it
// ended. Nothing is lost by that: what was shown stays, and the next Follow goes
// on where this one stopped. A record that this program can't read ends it each time:
// the office stays where it is, answers as of there, and records nothing.
//
// Readers never see a part of an append: the head of a log is always at the end
// of one, so that what was read is shown as far as a head that was observed. An
// engine that follows may submit commands too. If the log has another event where one
// was shown, the engine is halted: see [Engine.Halt].
func (e *Engine) Follow(ctx context.Context) error {
	if err := e.Halted(); err != nil {
		return err
	}
	shown := e.Position()
	from, looked := shown, true
	if from > 0 {
		from, looked = from-1, false // the last that was shown has to be there still
	}
	if mutant.On(mutant.FollowerSkips) {
		from, looked = shown+1, true
	}
	var batch []logged       // read, and not yet shown: from position shown on
	var head domain.Position // of the log, as last observed
	for record, err := range e.log.Follow(ctx, eventlog.Position(from)) {
		at := shown + domain.Position(len(batch))
		if err != nil {
			return fmt.Errorf("follow the log from %d: %w", at, err)
		}
		if err := e.Halted(); err != nil {
			return err
		}
		if !looked {
			looked = true
			if err := e.still(shown-1, record); err != nil {
				return err
			}
			continue
		}
		env, err := codec.Decode(record.Data)
		if err != nil {
			return fmt.Errorf("follow record %d: %w", at, err)
		}
		batch = append(batch, logged{env, record.Data})
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

// still makes sure that the log has at a position what was shown there.
func (e *Engine) still(at domain.Position, record eventlog.Record) error {
	env, err := codec.Decode(record.Data)
	if err != nil {
		return fmt.Errorf("follow record %d: %w", at, err)
	}
	have, _ := e.Root().View().Envelope(at)
	return e.unlessForked(at, have, logged{env, record.Data})
}

// unlessForked halts the engine if what it has shown at a position is not what the log
// has there.
func (e *Engine) unlessForked(at domain.Position, shown domain.Envelope, there logged) error {
	if same(shown, there) {
		return nil
	}
	e.Halt(fmt.Errorf("at position %d it has shown %s of %s (%s), and the log has %s of %s (%s) there: the log was replaced, or this replica read another one; find out which (comity log check), and start this replica anew without its snapshot",
		at, shown.Type(), shown.Subject, shown.ID, there.Type(), there.Subject, there.ID))
	return e.Halted()
}

// A logged event is one of the log, with its bytes there.
type logged struct {
	domain.Envelope
	data []byte
}

// same reports whether an event is that of the log in all that it says. The bytes may
// differ, if they are of an earlier version of its form.
func same(have domain.Envelope, there logged) bool {
	if have.ID != there.ID {
		return false
	}
	if mutant.On(mutant.FollowComparesIDs) {
		return true
	}
	a, err := codec.Encode(have)
	if err != nil || bytes.Equal(a, there.data) {
		return err == nil
	}
	b, err := codec.Encode(there.Envelope)
	return err == nil && bytes.Equal(a, b)
}

// learn shows durable events that lie at a position, ending where a command ends.
// Those that the engine holds already are its own; if it holds others in their
// place, what it decided is void, and it reads the log again. If it has shown others,
// it is halted.
func (e *Engine) learn(ctx context.Context, from domain.Position, batch []logged) error {
	if err := e.mu.enter(ctx); err != nil {
		return err
	}
	defer e.mu.Unlock()
	var unknown []domain.Envelope
	for i, env := range batch {
		at := from + domain.Position(i)
		if at >= e.head {
			unknown = events(batch[i:])
			break
		}
		have, _ := e.builder.Root(e.head).View().Envelope(at)
		if at < e.root.Load().Position() {
			if err := e.unlessForked(at, have, env); err != nil {
				return err
			}
		} else if !same(have, env) {
			return e.discard(ctx)
		}
	}
	if err := e.speculate(ctx, unknown); err != nil {
		return fmt.Errorf("follow the log from %d: %w", e.head, err)
	}
	if len(unknown) > 0 {
		e.era.Add(1) // what was refused without them is decided again
		e.tail = nil
	}
	e.show(from + domain.Position(len(batch)))
	return nil
}

func events(batch []logged) []domain.Envelope {
	out := make([]domain.Envelope, len(batch))
	for i := range batch {
		out[i] = batch[i].Envelope
	}
	return out
}
