package engine

import (
	"errors"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// Errors of Submit.
var (
	// ErrRepeated is returned when an id was used before with other content.
	// Nothing was recorded.
	ErrRepeated = errors.New("id was used before with other content")
	// ErrMode is returned when a command states when it was recorded in a live
	// office, or states a time that a history office can't accept. Nothing was
	// recorded.
	ErrMode = errors.New("recorded time can't be stated so")
	// ErrSemantics is returned when the office has adopted a greater semantics
	// version than this program implements, or would by the command. Nothing was
	// recorded. Questions are still answered, by the version of the program.
	ErrSemantics = errors.New("not of this program's semantics version")
	// ErrUncertain is returned when it is not known whether the events were
	// recorded. Submit the same command again, with the same id.
	ErrUncertain = errors.New("not known whether it was recorded")
	// ErrContended is returned when others recorded first each time that the command
	// was decided, until the attempts were used up. Nothing was recorded: submit the
	// same command again, a little later. It is an [eventlog.ErrConflict] too.
	ErrContended = errors.New("others recorded first each time")
	// ErrUnreachable is returned when a command could not be decided, since the log
	// could not be read to its end: it can't be reached, or holds what this program
	// can't read. This submission recorded nothing. Questions are still answered, as of
	// the position that was reached.
	ErrUnreachable = errors.New("the log can't be read to its end, and nothing was decided")
)

// Errors of Open and Found.
var (
	// ErrNotFounded is returned by Open for a log without records.
	ErrNotFounded = errors.New("the log holds no office")
	// ErrFounded is returned by Found for a log that has records.
	ErrFounded = errors.New("the log already holds an office")
)

// Errors of Ask.
var (
	// ErrUnknown matches questions about what the office does not know:
	// a member, a privilege, a request fact. The text suggests what was meant.
	ErrUnknown = errors.New("unknown")
	// ErrRequest matches questions whose request does not fit the law in force:
	// an unknown fact, a value of another kind, a view without words.
	ErrRequest = errors.New("the request does not fit")
	// ErrKnown matches an as-known that the log can't answer: before it began,
	// after its end, or inside a command.
	ErrKnown = errors.New("as known")
)

// An UnknownError says what is not known, and what was perhaps meant.
type UnknownError struct {
	What string // "member", "privilege"
	Name string
	Near string // what was perhaps meant, or ""
	More string // a remedy, or ""
}

func (e *UnknownError) Error() string {
	text := fmt.Sprintf("unknown %s %q", e.What, e.Name)
	if e.Near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", e.Near)
	}
	if e.More != "" {
		text += ": " + e.More
	}
	return text
}

// Is makes an UnknownError match ErrUnknown.
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

// A requestError is a mistake in a request that matches ErrRequest.
type requestError struct{ error }

func (e requestError) Unwrap() error { return e.error }

func (requestError) Is(target error) bool { return target == ErrRequest }

// A KnownError says why an as-known can't be answered.
type KnownError struct {
	At   domain.Position
	Text string
}

func (e *KnownError) Error() string { return e.Text }

// Is makes a KnownError match ErrKnown.
func (e *KnownError) Is(target error) bool { return target == ErrKnown }

// An unreachableError says why the log could not be read to its end. It matches
// [ErrUnreachable] and what a log says about itself, and nothing else: that a record of
// the log is unreadable does not make the command so, and that a driver has waited long
// enough says nothing of the caller's time.
type unreachableError struct{ err error }

func (u *unreachableError) Error() string { return fmt.Sprintf("%v: %v", ErrUnreachable, u.err) }

// Is makes an unreachableError match ErrUnreachable, and what is wrong with the log.
func (u *unreachableError) Is(target error) bool {
	switch target {
	case ErrUnreachable:
		return true
	case eventlog.ErrClosed, eventlog.ErrGone, eventlog.ErrCorrupt, eventlog.ErrUnavailable:
		return errors.Is(u.err, target)
	}
	return false
}
