package decisions

import "errors"

// Errors of Open.
var (
	// ErrOtherOffice is returned when the log keeps the answers of another
	// office. Nothing was written.
	ErrOtherOffice = errors.New("the log keeps the answers of another office")
	// ErrNotDecisions is returned when the log holds something else, such as
	// an office. Nothing was written.
	ErrNotDecisions = errors.New("not a log of answers given")
)

// ErrNotRecorded is returned by Record, in the mode Strict, when an answer could
// not be recorded, or it is not known whether it was. It must not be given.
var ErrNotRecorded = errors.New("the answer could not be recorded, so none is given")

// ErrClosed is returned by Record and Flush after Close.
var ErrClosed = errors.New("the recorder of answers is closed")

// ErrMissing is returned by Flush and Close, in the mode BestEffort, when answers
// were given that are not in the log, nor is it said there that they are missing.
var ErrMissing = errors.New("answers were given that are not recorded")
