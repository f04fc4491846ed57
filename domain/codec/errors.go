package codec

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An Error is a mistake at a place in an event's JSON.
type Error struct {
	// Pointer is the place as a JSON pointer (RFC 6901), such as
	// /payload/privileges/0; empty for the whole. The text says it with dots.
	Pointer string
	Err     error
}

func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Err.Error()
	}
	return dotted(e.Pointer) + ": " + e.Err.Error()
}

// dotted writes a place as people read and type it, and as [domain.Refusal] does:
// payload.privileges.0.
func dotted(pointer string) string {
	return strings.Join(slices.Collect(jsontext.Pointer(pointer).Tokens()), ".")
}

func (e *Error) Unwrap() error { return e.Err }

// ErrTooLong is returned for an event whose stored form the log cannot hold.
var ErrTooLong = errors.New("event is too long")

// A LineError is a mistake in one line of a file of events.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// syntaxError says what is wrong with bytes that are not JSON.
func syntaxError(prefix string, err error) error {
	place, offset, cause := prefix, int64(0), err
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		place, offset, cause = prefix+string(s.JSONPointer), s.ByteOffset, s.Err
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Pointer: place, Err: errors.New("this key is there twice: keep one")}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Pointer: place, Err: errors.New("the JSON ends too early: an event is one whole object on one line")}
	default:
		text := strings.TrimPrefix(cause.Error(), "jsontext: ")
		return &Error{Pointer: place, Err: fmt.Errorf(`not JSON at byte %d: %s; an event is one object on one line, {"type":...}, and texts stand in double quotes`, offset+1, text)}
	}
}
