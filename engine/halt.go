package engine

import (
	"errors"
	"fmt"

	"github.com/comity-project/comity/internal/mutant"
)

// ErrHalted is returned by every question and command of an engine that was halted: it
// was found that what it answers from is not what others answer from. See [Engine.Halt].
var ErrHalted = errors.New("this replica has halted")

// A haltedError says why an engine was halted. It matches [ErrHalted], and no error of
// the log or of a command: what stopped the engine says nothing about what was asked.
type haltedError struct{ why error }

func (h *haltedError) Error() string { return fmt.Sprintf("%v: %v", ErrHalted, h.why) }

func (h *haltedError) Is(target error) bool { return target == ErrHalted }

// Halt stops the engine for good: from now on every question and every command is
// refused with an error that matches [ErrHalted] and says why. It is for a replica whose
// log turns out not to be that of the others: no answer is better than a wrong one. The
// first reason counts. Only opening the office again ends it.
func (e *Engine) Halt(why error) {
	if e.halted.CompareAndSwap(nil, &haltedError{why}) {
		close(e.halting)
	}
}

// Halted returns nil while the engine works, and after [Engine.Halt] the error that
// matches [ErrHalted].
func (e *Engine) Halted() error {
	if h := e.halted.Load(); h != nil {
		return h
	}
	return nil
}

// works is Halted for questions, which all go by here.
func (e *Engine) works() error {
	if mutant.On(mutant.HaltedAnswers) {
		return nil
	}
	return e.Halted()
}

// Halting is closed when the engine is halted.
func (e *Engine) Halting() <-chan struct{} { return e.halting }
