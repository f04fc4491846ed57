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
// time. If another replica has recorded meanwhile, the commands are decided again, up
// to 32 times. Errors: [domain.Refusals] (nothing was recorded), [ErrRepeated],
// [ErrMode], [ErrSemantics], [ErrUncertain], [ErrContended], [ErrUnreachable],
// [ErrHalted], or those of the log.
func (e *Engine) Submit(ctx context.Context, commands ...domain.Command) (Receipt, error) {
	return e.submitAll(ctx, Premise{}, commands)
}

func (e *Engine) submitAll(ctx context.Context, p Premise, commands []domain.Command) (Receipt, error) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
	commands = withIDs(commands)
	for attempt := range mostAttempts {
		if attempt > 0 {
			if err := e.pause(ctx, attempt); err != nil {
				return Receipt{}, fmt.Errorf("nothing was recorded: others recorded first %d times: %w", attempt, err)
			}
		}
		receipt, err := e.submit(ctx, p, commands)
		if !errors.Is(err, errRetry) {
			return receipt, err
		}
		e.conflicts.Add(1)
		if mutant.On(mutant.NewIDsOnRetry) {
			commands = withIDs(anonymous(commands))
		}
	}
	return Receipt{}, fmt.Errorf("%w: the command was decided %d times, and nothing was recorded: submit it again a little later, or fewer at once (%w)", ErrContended, mostAttempts, eventlog.ErrConflict)
}

// Conflicts is how many times, since the engine was opened, commands could not be recorded
// because others had recorded first: each time they were decided again, or given up
// with [ErrContended].
func (e *Engine) Conflicts() uint64 { return e.conflicts.Load() }

// How often a command is decided, and how long to wait before it is decided again: up to
// a time that doubles from the first to the longest, spread by chance so that replicas
// which met once don't meet again.
const (
	mostAttempts = 32
	firstPause   = 2 * time.Millisecond
	longestPause = 200 * time.Millisecond
)

// pause waits before an attempt after the first, until the context is done; and then a
// little for the root to move. Somebody who records all the time does so again and again
// as soon as the last is durable: whoever begins at that very moment has as good a chance,
// and whoever begins at another has none.
func (e *Engine) pause(ctx context.Context, attempt int) error {
	most := longestPause
	if doubled := firstPause << (attempt - 1); attempt < 8 && doubled < most {
		most = doubled
	}
	if err := e.rest(ctx, nil, time.Duration(e.chance()*float64(most))); err != nil || attempt == 1 {
		return err
	}
	return e.rest(ctx, e.Moved(), longestWatch)
}

// longestWatch is how long to wait at most for the root to move.
const longestWatch = 20 * time.Millisecond

// rest waits for something, for no longer than a time or the context.
func (e *Engine) rest(ctx context.Context, wake <-chan struct{}, most time.Duration) error {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-wake:
		return nil
	case <-timer.C:
		return nil
	case <-e.halting:
		return e.Halted()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Check decides commands as Submit would, and records nothing.
func (e *Engine) Check(ctx context.Context, commands ...domain.Command) (Receipt, error) {
	return e.check(ctx, Premise{}, commands)
}

func (e *Engine) check(ctx context.Context, p Premise, commands []domain.Command) (Receipt, error) {
	commands = withIDs(commands)
	failures := e.failures.Load()
	if err := e.mu.enter(ctx); err != nil {
		return Receipt{}, err
	}
	defer e.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	if err := e.upToDate(ctx, failures); err != nil {
		return Receipt{}, err
	}
	batch, receipt, err := e.prepare(ctx, p, commands)
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

func (e *Engine) submit(ctx context.Context, p Premise, commands []domain.Command) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	failures := e.failures.Load()
	if err := e.mu.enter(ctx); err != nil {
		return Receipt{}, err
	}
	if err := e.upToDate(ctx, failures); err != nil {
		e.mu.Unlock()
		return Receipt{}, err
	}
	batch, receipt, err := e.prepare(ctx, p, commands)
	expected, era := e.head, e.era.Load()
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
	if err == nil {
		err = e.kept(ctx, batch)
	}
	if err != nil {
		e.mu.Unlock()
		return Receipt{}, err
	}
	if err := e.speculate(ctx, batch); err != nil {
		e.mu.Unlock()
		return Receipt{}, err
	}
	c := &commit{expected: eventlog.Position(expected), records: records, era: era, after: e.tail, done: make(chan struct{})}
	e.tail = c
	wait := e.enqueue(c.expected, records)
	if mutant.On(mutant.ShowBeforeDurable) {
		e.show(e.head)
	}
	e.mu.Unlock()

	done := make(chan error, 1)
	go func() { done <- e.settle(c, wait) }()
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

// discard forgets what was decided and did not become durable. The caller holds mu.
func (e *Engine) discard(ctx context.Context) error {
	return e.catchUp(context.WithoutCancel(ctx), nil)
}

// prepare decides the commands in turn and stamps their events. The caller
// holds mu.
func (e *Engine) prepare(ctx context.Context, p Premise, commands []domain.Command) ([]domain.Envelope, Receipt, error) {
	var batch []domain.Envelope
	receipt := Receipt{First: e.head, Repeated: true}
	overlay := e.overlay()
	if err := p.may(overlay.root); err != nil {
		return nil, Receipt{}, err
	}
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
		if err := p.at(e.head); err != nil {
			return nil, Receipt{}, err
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
