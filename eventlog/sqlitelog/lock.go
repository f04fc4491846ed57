package sqlitelog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/comity-project/comity/eventlog"
)

// A lock is the right to write to a log: an operating system's lock on the
// file beside it, which ends with the process whatever becomes of it. The
// file itself stays, since removing it would let two processes lock two files
// of the same name. What it says is for people:
//
//	pid 4711 on records-1
//
// and since when is the time at which it was written.
type lock struct{ file *os.File }

// errHeld is what lockFile returns when another process has the lock.
var errHeld = errors.New("lock is held")

// takeLock takes the lock of the log at path, or says who has it.
func takeLock(path string) (*lock, error) {
	name := path + ".lock"
	file, err := lockFile(name)
	if errors.Is(err, errHeld) {
		return nil, &eventlog.LockedError{Path: path, Holder: holder(name)}
	}
	if errors.Is(err, fs.ErrPermission) || isReadOnlyFS(err) {
		return nil, fmt.Errorf("%w: %w; open the log for reading, or give this user the right to write beside it", eventlog.ErrReadOnly, err)
	}
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	if err := rewrite(file, fmt.Sprintf("pid %d on %s\n", os.Getpid(), host)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file}, nil
}

// release gives the lock up. The name goes first: a lock file that names
// nobody says that the log was closed in order.
func (l *lock) release() {
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

// holder reads who has the lock.
func holder(name string) string {
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
