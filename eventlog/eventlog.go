// Package eventlog is the memory of an office: one log of records in one
// order, and beside it a shelf of larger bodies found by their hash.
//
// The package knows bytes, not meaning. What a record says, whose it is and
// whether it may be said are decided above; here it only has to be kept,
// in order, all or none, and given back byte for byte.
//
// # The nouns
//
// A [Record] is one event as bytes, with copies of what an auditor wants to
// see at a glance. A [Position] is a count of records, and so a place between
// two of them:
//
//	  record 0     record 1     record 2
//	┌────────────┬────────────┬────────────┐
//	│            │            │            │
//	0            1            2            3     positions
//	empty log                              head
//
// An empty log is at 0, record i lies between i and i+1, and the head is the
// number of records. There are no gaps, so a position says what a reader has
// seen (everything before it) and what it wants next (the record it counts
// up to) with one number.
//
// # The ports
//
// [Log] and [Bodies] are what the rest of the house sees. A driver (memlog,
// sqlitelog, esdblog) implements them and passes the suite in logtest. A
// driver that can keep several appends in flight is a [Pipeliner] too.
//
//	head, err := log.Head(ctx)
//	head, err = log.Append(ctx, head, first, second)
//	for record, err := range log.Read(ctx, 0) {
//		...
//	}
package eventlog

import (
	"context"
	"iter"
	"time"
)

// A Position is a count of records, and so a place between records: an empty
// log is at 0, and record i lies between i and i+1.
type Position uint64

// A Record is one event as it is kept.
type Record struct {
	ID       ID        // unique in the log; opaque
	Recorded time.Time // when the log learned of it: UTC, whole microseconds
	Subject  string    // whom or what it is about, such as "member/ana"
	Type     string    // what kind of event it is

	// Data is the whole event in its canonical form. Every driver keeps
	// exactly these bytes and the Merkle tree hashes exactly these bytes.
	// The fields above repeat what it says, for people who look at the log
	// with other tools and for the check that compares them.
	Data []byte
}

// A Log is an ordered sequence of records that only grows.
// Its methods may be called from several goroutines.
type Log interface {
	// Append adds records to the end of the log, all or none, and returns the
	// position after the last. They are durable when it returns.
	//
	// If the log is not at the expected position, Append writes nothing and
	// returns an error matching [ErrConflict]; with one exception: if exactly
	// these records lie at this position already, it returns the position
	// after them, as it did when they were appended, however far the log has
	// grown since. So an append whose outcome is unknown is simply made
	// again. Records that are there in part, elsewhere, or under the same id
	// with other content give [ErrDuplicate], which is an ErrConflict too.
	//
	// [ErrInvalid], [ErrTooLarge] and [ErrClock] refuse the records
	// themselves; [ErrReadOnly], [ErrClosed] and [ErrFull] say that this log
	// can't take them. Nothing was written. If ctx is done before the records
	// are on their way to storage, Append returns its error and nothing is
	// written. After any other error the records may or may not be there:
	// append the same again to find out. Until then the driver may still be
	// reading the records, so leave their Data alone.
	Append(ctx context.Context, expected Position, records ...Record) (Position, error)

	// Read yields the records from a position on, in order, up to the end of
	// the log as it is when the loop starts. It begins with the record that
	// follows the position; at the head it yields nothing, and beyond it
	// [ErrPastEnd]. An error is yielded with the zero Record and ends the
	// loop. What Read holds is released when the loop ends, however it ends,
	// and nothing is held while the loop's body runs.
	//
	// The Data yielded may be kept but must not be changed. A driver may cut
	// the Data of neighbours from one piece of memory, so clone the little
	// that is kept for long.
	Read(ctx context.Context, from Position) iter.Seq2[Record, error]

	// Follow is Read that goes on as the log grows: it yields every record
	// from the position on, once and in order, only when it is durable, and
	// ends with ctx's error when ctx is done, or with [ErrClosed].
	Follow(ctx context.Context, from Position) iter.Seq2[Record, error]

	// Head returns the position after the last durable record.
	Head(ctx context.Context) (Position, error)

	// Close ends what is in flight and releases the log. Appends that wait
	// their turn get [ErrClosed], and so does every later call. Closing a
	// closed log does nothing.
	Close() error
}

// A Pipeliner is a Log that takes the next append before the last is durable.
//
// The one writer of an engine decides commands against state that it has not
// yet seen committed, and gives their records consecutive positions. Those
// that wait together reach storage together (one flush for many appends),
// which is what makes a single order fast.
type Pipeliner interface {
	Log

	// Enqueue puts an append in line and returns at once. Appends are
	// attempted in the order of the calls, each against the log as the ones
	// before it leave it; if one fails, those that counted on its records get
	// [ErrConflict]. The records and their Data must not be changed until the
	// outcome is known.
	//
	// The function returned waits for the outcome, which is that of
	// [Log.Append]. It may be called many times and by many. Its context
	// limits the waiting and takes nothing back.
	Enqueue(expected Position, records ...Record) (wait func(context.Context) (Position, error))
}

// Bodies keeps what is too large for a record, such as the text of a ruleset
// or an attachment, under the hash of its content. A record names a body by
// that hash; put the body first.
type Bodies interface {
	// Put keeps a body of at most [MaxBody] bytes and returns its hash. The
	// body is durable when Put returns. Putting what is there changes nothing.
	Put(ctx context.Context, body []byte) (Hash, error)

	// Get returns the body with this hash, which it verifies: [ErrNoBody] if
	// there is none, [ErrCorrupt] if what is kept has another hash. The
	// caller may change what it gets.
	Get(ctx context.Context, hash Hash) ([]byte, error)
}
