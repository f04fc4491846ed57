package eventlog

import (
	"errors"
	"fmt"
)

// Errors of Append and Enqueue. Nothing was written.
var (
	// ErrConflict is returned when the log is not at the expected position.
	// Catch up and decide again.
	ErrConflict = errors.New("log is not at the expected position")

	// ErrDuplicate is returned when the id of a record is in the log already,
	// though not as this same append at this same position. It is an
	// ErrConflict as well, but deciding again with the same ids won't help.
	ErrDuplicate = fmt.Errorf("%w: record id is in the log already", ErrConflict)

	// ErrInvalid is returned for records that no log could take: no records,
	// a zero id, no data, one id twice, a time that isn't whole microseconds
	// of UTC, or a subject or type that isn't short plain text.
	ErrInvalid = errors.New("invalid record")

	// ErrTooLarge is returned when a record, an append or a body exceeds
	// [MaxData], [MaxRecords], [MaxAppend] or [MaxBody].
	ErrTooLarge = errors.New("too large")

	// ErrClock is returned when a record says that it was recorded before the
	// record in front of it.
	ErrClock = errors.New("recorded time goes back")

	// ErrFull is returned when storage has no room. The log goes on working:
	// make room and append the same again.
	ErrFull = errors.New("no space left for the log")
)

// Errors of Read and Follow.
var (
	// ErrPastEnd is yielded when reading starts beyond the head. What
	// remembers that position has seen another log, or a longer one.
	ErrPastEnd = errors.New("position is past the end of the log")
)

// ErrNoBody is returned by Get when no body has the hash.
var ErrNoBody = errors.New("no body with this hash")

// Errors of opening a log, and of any call on one that is open.
var (
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("log is closed")

	// ErrReadOnly is returned by Append and Put on a log opened for reading.
	ErrReadOnly = errors.New("log is open for reading only")

	// ErrLocked is returned when another process writes to the log. The error
	// is a [*LockedError], which names it.
	ErrLocked = errors.New("log is in use by another writer")

	// ErrNotALog is returned when what was opened is something else.
	ErrNotALog = errors.New("not a comity log")

	// ErrNewer is returned when a newer version of this program wrote what
	// was opened. Upgrade; there is nothing wrong with the file.
	ErrNewer = errors.New("written by a newer version")

	// ErrGone is returned by Append and Put when the place where the log is kept
	// is not the one that was opened: somebody removed it or put another there.
	// What is written would be lost, so nothing is. Put it back, or restore a
	// backup and open the log again.
	ErrGone = errors.New("the log is not where it was")

	// ErrDenied is returned when the server that keeps the log doesn't let us do it:
	// the user, the password or the rights are wrong. Nothing was written.
	ErrDenied = errors.New("the log's server denies it")

	// ErrUnavailable is returned when the server that keeps the log could not be
	// reached for as long as the driver waits. Of Append the outcome is not known.
	ErrUnavailable = errors.New("the log can't be reached")

	// ErrCorrupt is returned when what is stored can't be what was written.
	// The error is a [*CorruptError], which says where.
	ErrCorrupt = errors.New("log is damaged")
)

// Definite reports whether an error of Append or Enqueue says for certain that nothing
// was written. After any other the records may be there or not.
func Definite(err error) bool {
	for _, certain := range []error{ErrConflict, ErrInvalid, ErrTooLarge, ErrClock, ErrReadOnly, ErrClosed, ErrFull, ErrDenied} {
		if errors.Is(err, certain) {
			return true
		}
	}
	return false
}

// A LockedError says who holds a log.
type LockedError struct {
	Path   string // of the log
	Holder string // process, machine and since when; empty if not known
}

func (e *LockedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "a process that left no name"
	}
	return fmt.Sprintf("%s: %v: %s; stop it first, or open the log for reading", e.Path, ErrLocked, holder)
}

// Is reports that a LockedError is an [ErrLocked].
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// A CorruptError says where a log is damaged.
type CorruptError struct {
	At     Position // of the record, or of the first one that may be affected
	Reason string   // what was found
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%v at position %d: %s", ErrCorrupt, e.At, e.Reason)
}

// Is reports that a CorruptError is an [ErrCorrupt].
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
