package sqlitelog

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/filelock"
)

// takeLock takes the right to write to the log at path, or says who has it.
func takeLock(path string) (*filelock.Lock, error) {
	name := path + ".lock"
	lock, err := filelock.Take(name, 0o644)
	if errors.Is(err, filelock.ErrHeld) {
		return nil, &eventlog.LockedError{Path: path, Holder: filelock.Holder(name)}
	}
	if errors.Is(err, fs.ErrPermission) || isReadOnlyFS(err) {
		return nil, fmt.Errorf("%w: %w; open the log for reading, or give this user the right to write beside it", eventlog.ErrReadOnly, err)
	}
	return lock, err
}
