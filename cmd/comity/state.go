package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/comity-project/comity/internal/filelock"
)

// A state is the folder in which a process keeps what it knows of a log in a cluster: the
// seal and the snapshot. One process at a time writes to it, and holds its lock.
type state struct{ lock *filelock.Lock }

// A stateError says why there is no state to write to.
type stateError struct{ text string }

func (e *stateError) Error() string { return e.text }

// takeState makes the folder, if need be, and takes its lock, or says who has it.
func takeState(folder string) (*state, error) {
	if folder == "" {
		return nil, &stateError{"the system names no folder for the seal and the snapshot: name one with --state"}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, &stateError{fmt.Sprintf("the folder %s of the seal and the snapshot can't be made: %v; name another with --state", folder, because(err))}
	}
	name := filepath.Join(folder, "lock")
	lock, err := filelock.Take(name, 0o600)
	if errors.Is(err, filelock.ErrHeld) {
		return nil, &stateError{fmt.Sprintf("the seal and the snapshot in %s are kept by %s: name another folder with --state", folder, or(filelock.Holder(name), "a process that left no name"))}
	}
	if err != nil {
		return nil, &stateError{fmt.Sprintf("the folder %s of the seal and the snapshot can't be written to: %v; name another with --state", folder, because(err))}
	}
	return &state{lock}, nil
}

// release gives the lock up.
func (s *state) release() { s.lock.Release() }
