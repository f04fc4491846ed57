package engine

import (
	"context"
	"fmt"
	"runtime"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
)

// catchUp takes back what was decided and is not known to be durable, and reads
// the log from there to its end. If that fails, nothing is decided until it was done:
// see upToDate. The caller holds mu, or is alone.
func (e *Engine) catchUp(ctx context.Context, progress func(done, of domain.Position)) error {
	from := e.root.Load().Position()
	e.takeBack(from)
	e.era.Add(1)
	e.tail = nil
	defer e.tell()
	if e.unread = e.Halted(); e.unread != nil {
		return e.unread
	}
	whole, err := e.read(ctx, from, progress)
	if e.head > whole && !mutant.On(mutant.ShowTornRead) { // what was read may end in the midst of an append
		e.takeBack(whole)
	}
	if e.unread = err; err != nil && ctx.Err() == nil { // else it is not the log that failed
		e.failures.Add(1)
	}
	if e.head > from {
		if from > 0 { // before that nobody has asked anything
			e.builder.Touch(from, e.head)
		}
		e.root.Store(e.builder.Root(e.head))
	}
	return err
}

// takeBack forgets the events from a position on, which nobody has been shown.
func (e *Engine) takeBack(to domain.Position) {
	e.builder.Truncate(to)
	e.head, e.last = to, e.builder.Root(to).Last()
}

// read applies what the log has from a position on, and returns up to where that is
// known to be whole appends: a log ends with one, and reading may break off anywhere.
func (e *Engine) read(ctx context.Context, from domain.Position, progress func(done, of domain.Position)) (whole domain.Position, err error) {
	if err := ctx.Err(); err != nil {
		return from, err
	}
	end, err := e.log.Head(ctx)
	if err != nil {
		return from, fmt.Errorf("find the head of the log: %w", err)
	}
	of := domain.Position(end)
	if of < from {
		return from, fmt.Errorf("the log ends at %d, and it had %d events before: it is not the same log", of, from)
	}
	e.builder.Expect(of)
	defer func() {
		switch {
		case err == nil:
			whole = e.head
		case e.head >= of:
			whole = of
		default:
			whole = from
		}
	}()
	for b := range e.prepared(ctx, from) {
		for i := range b.events {
			if err := e.applyPrepared(ctx, e.builder, e.head, &b.events[i]); err != nil {
				return 0, err
			}
			e.head++
			e.last = b.events[i].Envelope().Recorded
		}
		if b.err != nil {
			return 0, b.err
		}
		if progress != nil {
			progress(e.head, max(e.head, of))
		}
	}
	if e.head < of {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return 0, fmt.Errorf("the log was read to %d, and its end was at %d", e.head, of)
	}
	return 0, nil
}

// upToDate reads the log to its end if that failed when it was tried last, so that
// nothing is decided on a state that is known to be old. Failures are those that were
// counted before the caller waited for its turn: if there is another since, it is not
// tried again, so that those who wait don't all wait in vain one after the other. The
// caller holds mu.
func (e *Engine) upToDate(ctx context.Context, failures int64) error {
	if err := e.Halted(); err != nil {
		return err
	}
	if e.unread == nil {
		return nil
	}
	if e.failures.Load() != failures {
		return &unreachableError{e.unread}
	}
	return e.readAgain(ctx)
}

// readAgain discards what was decided and reads the log to its end, and says of an error
// what it means to whoever submits. The caller holds mu.
func (e *Engine) readAgain(ctx context.Context) error {
	err := e.catchUp(ctx, nil)
	switch {
	case err == nil:
		return nil
	case e.Halted() != nil:
		return e.Halted()
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &unreachableError{err}
}

// An alteration makes another event of one that is replayed. Only tests alter.
type alteration func(domain.Position, domain.Envelope) domain.Envelope

// replay reads the log from where a state is, which is not the engine's own, up to a
// position.
func (e *Engine) replay(ctx context.Context, b *projections.Builder, to domain.Position, alter alteration, progress func(done, of domain.Position)) error {
	for batch := range e.prepared(ctx, b.Position()) {
		for i := range batch.events {
			at, p := b.Position(), &batch.events[i]
			if at >= to {
				return nil
			}
			if alter != nil {
				altered, err := facts.Prepare(alter(at, p.Envelope()))
				if err != nil {
					return err
				}
				p = &altered
			}
			if err := e.applyPrepared(ctx, b, at, p); err != nil {
				return err
			}
		}
		if b.Position() >= to {
			return nil
		}
		if batch.err != nil {
			return batch.err
		}
		if progress != nil {
			progress(b.Position(), to)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.Position() < to {
		return fmt.Errorf("the log ends at %d, and it had %d events before: it is not the same log", b.Position(), to)
	}
	return nil
}

// A batch is a run of records of the log, decoded. If err is not nil, it is what
// is wrong with the record that follows them.
type batch struct {
	from   domain.Position
	events []facts.Prepared
	err    error
}

// batchLen is how many records one goroutine decodes at a time.
const batchLen = 1024

// prepared reads the log from a position to its end and decodes it, on as many
// cores as there are, and yields what it says in order.
func (e *Engine) prepared(ctx context.Context, from domain.Position) func(yield func(batch) bool) {
	return func(yield func(batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// Each batch has a place in line, where its result will be put.
		line := make(chan chan batch, 2*runtime.GOMAXPROCS(0))
		go e.decode(ctx, from, line)
		for result := range line {
			b := <-result
			if !yield(b) || b.err != nil {
				break
			}
		}
		cancel()
		for range line { // so that whoever reads the log ends
			continue
		}
	}
}

// decode reads the log and has its records decoded.
func (e *Engine) decode(ctx context.Context, from domain.Position, line chan<- chan batch) {
	defer close(line)
	workers := make(chan struct{}, runtime.GOMAXPROCS(0))
	next := from
	var records []eventlog.Record
	send := func(failed error) bool {
		place, mine, at := make(chan batch, 1), records, next
		next += domain.Position(len(records))
		records = make([]eventlog.Record, 0, batchLen)
		select {
		case line <- place:
		case <-ctx.Done():
			return false
		}
		workers <- struct{}{}
		go func() {
			defer func() { <-workers }()
			place <- decodeBatch(at, mine, failed)
		}()
		return true
	}
	for record, err := range e.log.Read(ctx, eventlog.Position(from)) {
		if err != nil {
			send(fmt.Errorf("replay record %d: %w", next+domain.Position(len(records)), err))
			return
		}
		if records = append(records, record); len(records) == batchLen && !send(nil) {
			return
		}
	}
	if len(records) > 0 {
		send(nil)
	}
}

func decodeBatch(from domain.Position, records []eventlog.Record, failed error) batch {
	b := batch{from: from, events: make([]facts.Prepared, 0, len(records)), err: failed}
	for i, record := range records {
		at := from + domain.Position(i)
		env, err := codec.Decode(record.Data)
		if err != nil {
			b.err = fmt.Errorf("replay record %d: %w", at, err)
			return b
		}
		p, err := facts.Prepare(env)
		if err != nil {
			b.err = replayError(at, env, err)
			return b
		}
		p.Durable = true
		b.events = append(b.events, p)
	}
	return b
}

func replayError(at domain.Position, env domain.Envelope, err error) error {
	return fmt.Errorf("replay record %d (%s of %s): %w", at, env.Type(), env.Subject, err)
}

// apply adds an event to the speculative state, and the text of an edition that
// it publishes to the library.
func (e *Engine) apply(ctx context.Context, b *projections.Builder, at domain.Position, env domain.Envelope) error {
	p, err := facts.Prepare(env)
	if err != nil {
		return err
	}
	return e.applyPrepared(ctx, b, at, &p)
}

func (e *Engine) applyPrepared(ctx context.Context, b *projections.Builder, at domain.Position, p *facts.Prepared) error {
	env := p.Envelope()
	if hash, publishes := publishedHash(env.Event); publishes {
		if _, have := e.library.Bundle(hash); !have {
			bundle, err := e.text(ctx, hash)
			if err != nil {
				return replayError(at, env, withoutText(env.Event, err))
			}
			e.library.Put(bundle)
		}
	}
	if err := b.ApplyPrepared(at, p); err != nil {
		return replayError(at, env, err)
	}
	return nil
}
