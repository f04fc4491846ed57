//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitelog

import (
	"errors"
	"os"
	"syscall"
)

// lockFile opens the file, making it if it is absent, and locks it.
func lockFile(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errHeld
	} else {
		err = &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return nil, errors.Join(err, file.Close())
}

func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }

// syncPath flushes a file, or the names in a folder.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
