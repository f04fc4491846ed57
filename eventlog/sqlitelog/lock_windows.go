package sqlitelog

import (
	"errors"
	"os"
	"syscall"
)

func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.Errno(19)) } // ERROR_WRITE_PROTECT

// syncPath flushes a file. Names in a folder are flushed by the system.
func syncPath(path string) error {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
