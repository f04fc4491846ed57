//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitelog

import (
	"errors"
	"os"
	"syscall"
)

func isReadOnlyFS(err error) bool { return errors.Is(err, syscall.EROFS) }

// syncPath flushes a file, or the names in a folder.
func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
