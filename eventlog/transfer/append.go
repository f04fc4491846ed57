package transfer

import (
	"context"
	"fmt"

	"github.com/comity-project/comity/eventlog"
)

// inFlight is how many appends wait for their outcome at one time, of a log that takes
// several: no more than some megabytes.
const inFlight = 4

// copy appends the records from a position on.
func (w *work) copy(ctx context.Context, from eventlog.Position) error {
	if from >= w.end {
		return nil
	}
	a := &appending{work: w, at: from, done: from}
	err := a.run(ctx)
	for len(a.waiting) > 0 { // what is on its way arrives, also if the copy is broken off
		if waited := a.wait(context.WithoutCancel(ctx), 0); err == nil {
			err = waited
		}
	}
	if err != nil {
		return &StoppedError{a.done, w.end, err}
	}
	return nil
}

// appending gathers records into appends that end where commands end.
type appending struct {
	*work
	at      eventlog.Position // where the next append goes
	done    eventlog.Position // up to where all are known to be there
	waiting []func(context.Context) (eventlog.Position, error)

	batch []eventlog.Record
	size  int         // of the batch, in bytes, as appends are limited
	last  eventlog.ID // the command of the batch's last record
	whole int         // how many records of the batch are of commands that ended
}

func (a *appending) run(ctx context.Context) error {
	at := a.at
	for record, err := range a.From.Read(ctx, at) {
		if at == a.end {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read record %d: %w", at, err)
		}
		seen, err := a.Look(record)
		if err != nil {
			return fmt.Errorf("record %d: %w", at, err)
		}
		if err := a.keep(ctx, at, seen.Bodies, false); err != nil {
			return err
		}
		if seen.Command != a.last {
			a.whole = len(a.batch)
		}
		if len(a.batch) == eventlog.MaxRecords || a.size+sizeOf(record) > eventlog.MaxAppend {
			if err := a.flush(ctx, a.whole); err != nil {
				return err
			}
			if len(a.batch) == eventlog.MaxRecords || a.size+sizeOf(record) > eventlog.MaxAppend {
				return fmt.Errorf("record %d: %w", at, ErrParts)
			}
		}
		a.batch, a.size, a.last = append(a.batch, record), a.size+sizeOf(record), seen.Command
		at++
	}
	if at < a.end {
		return fmt.Errorf("read record %d: %w", at, eventlog.ErrPastEnd)
	}
	return a.flush(ctx, len(a.batch)) // the end of a log is where a command ends
}

// flush appends the first n records of the batch.
func (a *appending) flush(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	records := a.batch[:n:n]
	a.batch = append([]eventlog.Record(nil), a.batch[n:]...)
	a.size, a.whole = 0, 0
	for _, r := range a.batch {
		a.size += sizeOf(r)
	}
	at := a.at
	a.at += eventlog.Position(n)
	if p, ok := a.To.(eventlog.Pipeliner); ok {
		a.waiting = append(a.waiting, p.Enqueue(at, records...))
		return a.wait(ctx, inFlight-1)
	}
	head, err := a.To.Append(ctx, at, records...)
	return a.appended(head, err)
}

// wait waits until no more than some appends are in flight.
func (a *appending) wait(ctx context.Context, most int) error {
	for len(a.waiting) > most {
		head, err := a.waiting[0](ctx)
		if err != nil && ctx.Err() != nil {
			return err // it still waits
		}
		a.waiting = a.waiting[1:]
		if err := a.appended(head, err); err != nil {
			return err
		}
	}
	return nil
}

func (a *appending) appended(head eventlog.Position, err error) error {
	if err != nil {
		return fmt.Errorf("append from position %d on: %w", a.done, err)
	}
	a.done = head
	a.progress(Copying, head, a.end)
	return nil
}

// sizeOf is what a record takes of an append: see [eventlog.MaxAppend].
func sizeOf(r eventlog.Record) int { return len(r.Data) + len(r.Subject) + len(r.Type) }
