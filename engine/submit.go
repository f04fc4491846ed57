package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
)

// Submit decides commands in their order and records the events of all of them,
// or of none. It returns when they are durable. A command whose id is on record
// with the same content has no second effect: the receipt is that of the first
// time. Errors: [domain.Refusals] (nothing was recorded), [ErrRepeated],
// [ErrMode], [ErrUncertain], or those of the log.
func (e *Engine) Submit(ctx context.Context, commands ...domain.Command) (Receipt, error) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
	commands = withIDs(commands)
	const attempts = 8
	for range attempts {
		receipt, err := e.submit(ctx, commands)
		if !errors.Is(err, errRetry) {
			return receipt, err
		}
		if mutant.On(mutant.NewIDsOnRetry) {
			commands = withIDs(anonymous(commands))
		}
	}
	return Receipt{}, fmt.Errorf("the log was moved on %d times by others: %w", attempts, eventlog.ErrConflict)
}

// Check decides commands as Submit would, and records nothing.
func (e *Engine) Check(ctx context.Context, commands ...domain.Command) (Receipt, error) {
	commands = withIDs(commands)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	batch, receipt, err := e.prepare(ctx, commands)
	if err != nil {
		return receipt, err
	}
	_, err = Records(batch)
	return receipt, err
}

// withIDs gives an id to every command that has none, before the first attempt,
// so that a second attempt is the same command.
func withIDs(commands []domain.Command) []domain.Command {
	out := make([]domain.Command, len(commands))
	for i, c := range commands {
		if c.ID.IsZero() {
			c.ID = domain.CommandID(newID())
		}
		out[i] = c
	}
	return out
}

func (e *Engine) submit(ctx context.Context, commands []domain.Command) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	e.mu.Lock()
	batch, receipt, err := e.prepare(ctx, commands)
	expected, era := e.head, e.era
	if err != nil || receipt.Repeated {
		e.mu.Unlock()
		if waited := e.settled(ctx, expected, era); waited != nil {
			return Receipt{}, waited
		}
		if err != nil {
			return Receipt{}, e.unlessBehind(ctx, err, era)
		}
		return receipt, nil
	}
	records, err := Records(batch)
	if err != nil {
		e.mu.Unlock()
		return Receipt{}, err
	}
	if err := e.speculate(ctx, batch); err != nil {
		e.mu.Unlock()
		return Receipt{}, err
	}
	wait := e.enqueue(eventlog.Position(expected), records)
	if mutant.On(mutant.ShowBeforeDurable) {
		e.show(e.head)
	}
	e.mu.Unlock()

	done := make(chan error, 1)
	go func() { done <- e.settle(wait, eventlog.Position(expected), records, era) }()
	if mutant.On(mutant.AckBeforeDurable) {
		return receipt, nil
	}
	select {
	case err := <-done:
		return receipt, err
	case <-ctx.Done():
		return Receipt{}, fmt.Errorf("%w: %w", ErrUncertain, ctx.Err())
	}
}

// speculate applies decided events to the writer's state.
func (e *Engine) speculate(ctx context.Context, batch []domain.Envelope) error {
	if mutant.On(mutant.BatchReversed) && e.head > 0 {
		slices.Reverse(batch)
	}
	for _, env := range batch {
		if err := e.apply(ctx, e.builder, e.head, env); err != nil {
			if again := e.discard(ctx); again != nil {
				return errors.Join(err, again)
			}
			return fmt.Errorf("%s of %s: %w", env.Type(), env.Subject, err)
		}
		e.head++
		e.last = env.Recorded
	}
	return nil
}

// discard forgets what was decided and did not become durable.
func (e *Engine) discard(ctx context.Context) error {
	return e.catchUp(context.WithoutCancel(ctx), nil)
}

// prepare decides the commands in turn and stamps their events. The caller
// holds mu.
func (e *Engine) prepare(ctx context.Context, commands []domain.Command) ([]domain.Envelope, Receipt, error) {
	var batch []domain.Envelope
	receipt := Receipt{First: e.head, Repeated: true}
	overlay := newOverlay(e.builder.Root(e.head))
	last := e.last
	for _, c := range commands {
		first, repeated, err := e.repeated(c, overlay)
		if err != nil {
			return nil, Receipt{}, err
		}
		if repeated != nil {
			if len(receipt.Events) == 0 {
				receipt.First = first
			}
			for _, env := range repeated {
				receipt.Events = append(receipt.Events, env.ID)
			}
			receipt.Position = max(receipt.Position, first+domain.Position(len(repeated)))
			receipt.Recorded = repeated[len(repeated)-1].Recorded
			continue
		}
		stamp, err := e.stamp(c, last)
		if err != nil {
			return nil, Receipt{}, err
		}
		c = complete(c, stamp)
		if err := overlay.decide(c); err != nil {
			return nil, Receipt{}, err
		}
		if err := e.decideEditions(ctx, c, overlay); err != nil {
			return nil, Receipt{}, err
		}
		overlay.add(c)
		last = stamp
		receipt.Repeated = false
		for _, env := range c.Drafts {
			receipt.Events = append(receipt.Events, env.ID)
			batch = append(batch, env)
		}
		receipt.Recorded = stamp
		receipt.Position = e.head + domain.Position(len(batch))
	}
	return batch, receipt, nil
}

// stamp says when a command is recorded: later than everything before it, by the
// clock in a live office, as stated in a history.
func (e *Engine) stamp(c domain.Command, last time.Time) (time.Time, error) {
	now := e.Now()
	next := last.Add(time.Microsecond)
	mode, local := domain.History, calendar.FormatInstant
	if e.head > 0 {
		root := e.builder.Root(e.head)
		mode, local = root.Office().Mode, root.Local
	}
	if c.Recorded.IsZero() {
		if now.Before(next) && !mutant.On(mutant.RawClock) {
			return next, nil
		}
		return now, nil
	}
	stated := c.Recorded.UTC().Truncate(time.Microsecond)
	switch {
	case mode == domain.Live:
		return time.Time{}, fmt.Errorf("%w: this office is live, so its own clock says when a thing is recorded; leave recorded out (a history office is made with init --history)", ErrMode)
	case stated.Before(last):
		return time.Time{}, fmt.Errorf("%w: recorded %s is before %s, when the last event was recorded; what is learned later is recorded later, with its own effective time", ErrMode, local(stated), local(last))
	case stated.After(now):
		return time.Time{}, fmt.Errorf("%w: recorded %s is in the future (it is %s)", ErrMode, local(stated), local(now))
	case stated.Equal(last):
		return next, nil
	}
	return stated, nil
}

// complete fills in what the engine adds to a draft.
func complete(c domain.Command, stamp time.Time) domain.Command {
	drafts := make([]domain.Envelope, len(c.Drafts))
	for i, d := range c.Drafts {
		if d.ID.IsZero() {
			d.ID = domain.EventID(newID())
		}
		if d.Actor == "" {
			d.Actor = c.Actor
		}
		if d.Correlation == "" {
			d.Correlation = c.Correlation
		}
		if d.Effective.At.IsZero() {
			d.Effective.At = stamp
		}
		d.Recorded, d.Command = stamp, c.ID
		drafts[i] = d
	}
	c.Drafts = drafts
	return c
}

// Records makes the records of events that are complete, as Submit appends them.
func Records(batch []domain.Envelope) ([]eventlog.Record, error) {
	records := make([]eventlog.Record, len(batch))
	for i, env := range batch {
		data, err := codec.Encode(env)
		if err != nil {
			return nil, fmt.Errorf("event %d (%s of %s): %w", i+1, env.Type(), env.Subject, err)
		}
		records[i] = eventlog.Record{ID: eventlog.ID(env.ID), Recorded: env.Recorded, Subject: env.Subject.String(), Type: string(env.Type()), Data: data}
	}
	return records, nil
}
