// Package filelock lets one process at a time have something: by an operating system's
// lock on a file, which ends with the process whatever becomes of it. The file itself
// stays, since removing it would let two processes lock two files of the same name. What
// it says is for people:
//
//	pid 4711 on records-1
//
// and since when is the time at which it was written.
package filelock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// ErrHeld is returned by Take when another process has the lock.
var ErrHeld = errors.New("lock is held")

// A Lock is held until it is released, or the process ends.
type Lock struct{ file *os.File }

// Take takes the lock in a file, which is made with the permissions if it is absent, and
// writes who has it. Errors: [ErrHeld], or those of the file.
func Take(name string, perm os.FileMode) (*Lock, error) {
	file, err := lock(name, perm)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	if err := rewrite(file, fmt.Sprintf("pid %d on %s\n", os.Getpid(), host)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Lock{file}, nil
}

// Release gives the lock up. The name goes first: a file that names nobody says that it
// was given up in order.
func (l *Lock) Release() {
	_ = rewrite(l.file, "")
	_ = l.file.Close()
}

func rewrite(file *os.File, text string) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// Holder says who has the lock in a file, and since when; "" if the file names nobody.
func Holder(name string) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 200))
	who := strings.TrimSpace(string(text))
	if err != nil || who == "" {
		return ""
	}
	if info, err := file.Stat(); err == nil {
		who += " since " + info.ModTime().UTC().Format(time.RFC3339)
	}
	return who
}
