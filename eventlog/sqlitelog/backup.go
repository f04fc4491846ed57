package sqlitelog

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/comity-project/comity/eventlog"
)

// Backup writes a copy of the log, as it is when the copy begins, to a path
// that must not exist. Appends go on meanwhile. The copy appears whole or not
// at all, is compact, and can be opened as a log; it is on storage when
// Backup returns.
func (l *Log) Backup(ctx context.Context, path string) error {
	if err := l.backup(ctx, path); err != nil {
		return fmt.Errorf("back up log %s to %s: %w", l.path, path, err)
	}
	return nil
}

func (l *Log) backup(ctx context.Context, path string) error {
	if l.isClosed() {
		return eventlog.ErrClosed
	}
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist
	}
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// The settings for reading forbid statements that write, and this one
	// writes, if to another file: so it gets a connection of its own.
	db, err := openSource(l.path, "mode=ro", []string{"mmap_size(0)", "temp_store(MEMORY)", "trusted_schema(OFF)"})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", unfinished)
	if err = errors.Join(explainWrite(err), db.Close()); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return moveDurably(unfinished, path)
}
