// Package transfer copies a log, and the bodies that its records name, into another log,
// which may be of another driver.
//
//	c := transfer.Copy{From: file, To: cluster, Look: look}
//	result, err := c.Run(ctx)
//
// The other log may be empty or hold the beginning of the first, from a copy that broke
// off. What it holds is compared record by record, and the copy goes on where it ends;
// when all is there, what was copied is read back and compared too. A log that holds
// anything else is left as it is.
//
// Records are appended in the order and with the bytes, ids and times that they have, so
// that both logs have one Merkle root. Those of one command are in one append, so that
// whoever follows the other log never sees a part of a command. Bodies are put before the
// records that name them.
//
// The package knows bytes, not meaning: which records belong together and which bodies
// they name is for the caller to say.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/comity-project/comity/eventlog"
)

// A Log is what is copied from and to.
type Log interface {
	eventlog.Log
	eventlog.Bodies
}

// A Copy is one log that is to become the same as another. Nobody else may append to To
// meanwhile; what is appended to From after Run has begun is not copied.
type Copy struct {
	From, To Log

	// Look says of a record what it takes to copy it. An error ends the copy: the record
	// is not what the caller copies.
	Look func(eventlog.Record) (Seen, error)

	// Progress, if not nil, is told how far each stage is. All its positions are counts
	// of records.
	Progress func(stage Stage, done, of eventlog.Position)
}

// Seen is what there is to know of a record.
type Seen struct {
	// Command is what the record was appended with: neighbours with the same are not
	// parted.
	Command eventlog.ID
	// Bodies are those that the record names.
	Bodies []eventlog.Hash
}

// A Stage is what Run does at the time.
type Stage string

// The stages, in this order.
const (
	Comparing Stage = "comparing what is there" // only if To is not empty
	Copying   Stage = "copying"
	Reading   Stage = "reading back"
)

// A Result says what there is after a copy.
type Result struct {
	Had    eventlog.Position // what To held before
	End    eventlog.Position // of both logs, once all is copied
	Grown  eventlog.Position // by how much From has grown meanwhile, which is not copied
	Bodies int               // that the records name, each counted once
}

var (
	// ErrDiffers is returned if To holds other records than From. The error is a
	// [*DifferenceError], which says where.
	ErrDiffers = errors.New("the logs differ")

	// ErrLonger is returned if To holds all records of From, and more. Nothing was
	// appended.
	ErrLonger = errors.New("the log to copy to is the longer one")

	// ErrParts is returned for a command whose records can't be appended at once.
	ErrParts = errors.New("the records of one command don't fit one append")
)

// A DifferenceError says where two logs differ first.
type DifferenceError struct {
	At   eventlog.Position
	Text string // what was found
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%v at position %d: %s", ErrDiffers, e.At, e.Text)
}

// Is reports that a DifferenceError is an [ErrDiffers].
func (e *DifferenceError) Is(target error) bool { return target == ErrDiffers }

// A StoppedError says that a copy broke off, and how far it came: To holds the first At
// records of From, or a few more. Run goes on from there.
type StoppedError struct {
	At, Of eventlog.Position
	Err    error
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("%d of %d records were copied: %v", e.At, e.Of, e.Err)
}

func (e *StoppedError) Unwrap() error { return e.Err }

// Run makes To the same as From, or says why it is not. It may be run again, whatever it
// returned: after a [*StoppedError] that goes on, after [ErrDiffers] and [ErrLonger] it is
// of no use. A difference that is found in what was just copied is a fault of storage.
func (c *Copy) Run(ctx context.Context) (Result, error) {
	var r Result
	var err error
	if r.End, err = c.From.Head(ctx); err != nil {
		return r, fmt.Errorf("find the end of the log to copy: %w", err)
	}
	if r.Had, err = c.To.Head(ctx); err != nil {
		return r, fmt.Errorf("find the end of the log to copy to: %w", err)
	}
	w := &work{Copy: c, end: r.End, bodies: map[eventlog.Hash]bool{}}
	if err := w.compare(ctx, Comparing, 0, min(r.Had, r.End)); err != nil {
		return r, err
	}
	if r.Had > r.End {
		return r, fmt.Errorf("%w: it has %d records, and the one to copy ends at position %d", ErrLonger, r.Had, r.End)
	}
	if err := w.copy(ctx, r.Had); err != nil {
		return r, err
	}
	if err := w.compare(ctx, Reading, r.Had, r.End); err != nil {
		return r, err
	}
	r.Bodies = len(w.bodies)
	if now, err := c.From.Head(ctx); err == nil && now > r.End {
		r.Grown = now - r.End
	}
	return r, nil
}

// work is one run of a copy.
type work struct {
	*Copy
	end    eventlog.Position
	bodies map[eventlog.Hash]bool // that were seen in To
}

func (w *work) progress(stage Stage, done, of eventlog.Position) {
	if w.Progress != nil {
		w.Progress(stage, done, of)
	}
}

// compare reads both logs from one position to another, and says where they differ. The
// bodies that the records name must be in To; one that is missing is copied.
func (w *work) compare(ctx context.Context, stage Stage, from, to eventlog.Position) error {
	if from >= to {
		return nil
	}
	next, stop := iter.Pull2(w.To.Read(ctx, from))
	defer stop()
	at := from
	for want, err := range w.From.Read(ctx, from) {
		if at == to {
			break
		}
		if err != nil {
			return fmt.Errorf("read record %d of the log to copy: %w", at, err)
		}
		have, err, more := next()
		switch {
		case more && err != nil:
			return fmt.Errorf("read record %d of the copy: %w", at, err)
		case !more:
			return &DifferenceError{at, "the copy ends there"}
		case !eventlog.Same(want, have):
			return &DifferenceError{at, difference(want, have)}
		}
		seen, err := w.Look(want)
		if err != nil {
			return fmt.Errorf("record %d: %w", at, err)
		}
		if err := w.keep(ctx, at, seen.Bodies, true); err != nil {
			return err
		}
		at++
		w.progress(stage, at-from, to-from)
	}
	if at < to {
		return fmt.Errorf("read record %d of the log to copy: %w", at, eventlog.ErrPastEnd)
	}
	return nil
}

// difference says in what two records differ.
func difference(want, have eventlog.Record) string {
	switch {
	case want.ID != have.ID:
		return fmt.Sprintf("there is record %s, and the log to copy has %s there", have.ID, want.ID)
	case string(want.Data) != string(have.Data):
		return fmt.Sprintf("record %s has other bytes than in the log to copy", want.ID)
	case want.Subject != have.Subject || want.Type != have.Type:
		return fmt.Sprintf("record %s is a %s about %s there, and in the log to copy a %s about %s", want.ID, have.Type, have.Subject, want.Type, want.Subject)
	default:
		return fmt.Sprintf("record %s was recorded at another time than in the log to copy", want.ID)
	}
}

// keep sees that the bodies that a record names are in To. There are few, and each is
// looked at once; looked says whether it may be there already.
func (w *work) keep(ctx context.Context, at eventlog.Position, bodies []eventlog.Hash, looked bool) error {
	for _, hash := range bodies {
		if w.bodies[hash] {
			continue
		}
		if looked {
			_, err := w.To.Get(ctx, hash)
			if err == nil {
				w.bodies[hash] = true
				continue
			}
			if !errors.Is(err, eventlog.ErrNoBody) {
				return fmt.Errorf("read the body %s of record %d of the copy: %w", hash, at, err)
			}
		}
		body, err := w.From.Get(ctx, hash)
		if err != nil {
			return fmt.Errorf("read the body %s that record %d names: %w", hash, at, err)
		}
		if _, err := w.To.Put(ctx, body); err != nil {
			return fmt.Errorf("copy the body %s that record %d names: %w", hash, at, err)
		}
		if looked { // what was just put is read back like the records
			if _, err := w.To.Get(ctx, hash); err != nil {
				return fmt.Errorf("read the body %s of record %d of the copy: %w", hash, at, err)
			}
			w.bodies[hash] = true
		}
	}
	return nil
}
