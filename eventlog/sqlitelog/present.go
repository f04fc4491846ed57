package sqlitelog

import (
	"fmt"
	"os"

	"github.com/comity-project/comity/eventlog"
)

// A place remembers which files a log was opened with. A file that is removed, or
// replaced by another of its name, can be written to as before by whoever has it open,
// and is gone for good when they close it.
type place struct {
	path string
	main os.FileInfo
	wal  os.FileInfo // what was committed last; nil if it was not there
}

func placeOf(path string) (p place, err error) {
	p.path = path
	if p.main, err = os.Stat(path); err != nil {
		return p, err
	}
	p.wal, _ = os.Stat(path + "-wal") // nil says that there is none
	return p, nil
}

// present refuses if the log's files are not those that it was opened with, or one was
// cut off. What it can't find out is an error too.
func (p *place) present() error {
	for _, one := range []struct {
		path string
		then os.FileInfo
		size int64
	}{{p.path, p.main, p.main.Size()}, {p.path + "-wal", p.wal, 0}} {
		if one.then == nil {
			continue
		}
		now, err := os.Stat(one.path)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", eventlog.ErrGone, err)
		case !os.SameFile(one.then, now):
			return fmt.Errorf("%w: %s is another file than the one that was opened", eventlog.ErrGone, one.path)
		case now.Size() < one.size:
			return fmt.Errorf("%w: %s was cut off at %d bytes", eventlog.ErrGone, one.path, now.Size())
		}
	}
	return nil
}

// Present returns an error matching [eventlog.ErrGone] if the log's file is not where it
// was opened. A log that is open for reading only does not look.
func (l *Log) Present() error {
	if l.writer == nil {
		return nil
	}
	return l.writer.place.present()
}
