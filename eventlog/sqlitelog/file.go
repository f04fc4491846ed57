package sqlitelog

import (
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comity-project/comity/eventlog"
)

// What says that a SQLite file is ours, at bytes 68 and 60 of its header.
const (
	applicationID = 0x636d7479 // "cmty"
	version       = 1
)

//go:embed schema.sql
var schema string

// pageSize is that of new files; a record of common size leaves little of a
// page unused.
const pageSize = 8192

// writing are the settings of the connection that writes. Their reasons are
// in docs/format/log.md.
var writing = []string{
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"wal_autocheckpoint(8192)",
	"journal_size_limit(67108864)",
	"cache_size(-65536)",
	"temp_store(MEMORY)",
	"mmap_size(0)",
	"foreign_keys(OFF)",
	"trusted_schema(OFF)",
}

// reading are the settings of connections that read.
var reading = []string{
	"query_only(ON)",
	"cache_size(-8192)",
	"temp_store(MEMORY)",
	"mmap_size(0)",
	"trusted_schema(OFF)",
}

// source is the name by which SQLite opens a file.
func source(path, mode string, pragmas []string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	full = filepath.ToSlash(full)
	if !strings.HasPrefix(full, "/") {
		full = "/" + full // C:/office.db
	}
	query := url.Values{"_busy_timeout": {"5000"}, "_pragma": pragmas}
	if runtime.GOOS == "darwin" { // where fsync alone leaves data in the disk's cache
		query["_pragma"] = append(slices.Clone(pragmas), "fullfsync(ON)", "checkpoint_fullfsync(ON)")
	}
	name := url.URL{Scheme: "file", Path: full, RawQuery: mode + "&" + query.Encode()}
	return name.String(), nil
}

func openSource(path, mode string, pragmas []string) (*sql.DB, error) {
	name, err := source(path, mode, pragmas)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", name)
}

// writeSchema makes the file of an empty log. The page size comes before all
// else, since the first thing written settles it; and the driver applies the
// settings of a source in alphabetical order.
func writeSchema(path string) error {
	db, err := openSource(path, "mode=rwc", []string{"synchronous(FULL)"})
	if err != nil {
		return err
	}
	_, err = db.Exec(fmt.Sprintf("PRAGMA page_size = %d; PRAGMA journal_mode = WAL; BEGIN; PRAGMA application_id = %d; PRAGMA user_version = %d;\n%s\nCOMMIT;",
		pageSize, applicationID, version, schema))
	return errors.Join(explainFile(err), db.Close())
}

// openPool opens a log's file for reading, from as many goroutines as ask.
func openPool(path string) (db *sql.DB, err error) {
	// Nothing here opens the file itself: on many systems closing a file
	// drops the locks that SQLite holds on it elsewhere in this process.
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w; create the log, or mend the path", os.ErrNotExist)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: not a regular file", eventlog.ErrNotALog)
	case info.Size() == 0:
		return nil, fmt.Errorf("%w: the file is empty; remove it and create the log, or restore a backup", eventlog.ErrNotALog)
	}
	for _, mode := range []string{"mode=ro", "mode=ro&immutable=1"} {
		if db, err = openSource(path, mode, reading); err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
		db.SetMaxIdleConns(4)
		if err = checkFile(db); err == nil {
			return db, nil
		}
		_ = db.Close()
		// A file in WAL mode can't be read where no files can be made beside
		// it, unless SQLite is told that nobody changes it. Nobody does, if
		// there is no write-ahead log.
		if code(err) != sqlite3.SQLITE_CANTOPEN && code(err) != sqlite3.SQLITE_READONLY {
			break
		}
		if wal, statErr := os.Stat(path + "-wal"); statErr == nil && wal.Size() > 0 {
			err = fmt.Errorf("%w; the log has a write-ahead log (-wal) but this user can't write beside it: copy both files and open the copy", err)
			break
		}
	}
	return nil, explainFile(err)
}

// checkFile reports whether the file behind a connection is a log that this
// program can read, with every table and trigger as it made them.
func checkFile(db *sql.DB) error {
	var id, v int64
	if err := db.QueryRow("SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&id, &v); err != nil {
		return err
	}
	if id != applicationID {
		return fmt.Errorf("%w: a SQLite file of another program", eventlog.ErrNotALog)
	}
	if v > version {
		return fmt.Errorf("%w: the file has version %d, this program knows %d; upgrade it", eventlog.ErrNewer, v, version)
	}
	return checkSchema(db)
}

// checkSchema compares what the file declares with schema.sql. A log without
// its triggers can still be read, but nobody should believe that it was
// always kept; and a trigger that isn't ours could do anything.
func checkSchema(db *sql.DB) error {
	want, err := wantSchema()
	if err != nil {
		return err
	}
	got, err := readSchema(db)
	if err != nil {
		return err
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch declared, ok := got[name]; {
		case !ok:
			faults = append(faults, name+" is missing")
		case declared != want[name]:
			faults = append(faults, name+" was changed")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			faults = append(faults, name+" was added")
		}
	}
	if len(faults) > 0 {
		return &eventlog.CorruptError{Reason: "the file's schema is not a log's: " + strings.Join(faults, ", ")}
	}
	return nil
}

// wantSchema returns what a new file declares.
var wantSchema = sync.OnceValues(func() (map[string]string, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	defer db.Close()
	if _, err := db.Exec(schema); err != nil {
		return nil, err
	}
	return readSchema(db)
})

// readSchema returns what a file declares, by kind and name. What SQLite adds
// by itself, such as statistics, is left out.
func readSchema(db *sql.DB) (map[string]string, error) {
	rows, err := db.Query("SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	declared := make(map[string]string)
	for rows.Next() {
		var name, text sql.NullString // neither is NULL unless the file is damaged
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		declared[name.String] = text.String
	}
	return declared, rows.Err()
}

// code returns SQLite's primary result code, or 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// explainFile says in our words what SQLite found when it opened a file.
func explainFile(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", eventlog.ErrNotALog, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR: // the latter is that of a file format it doesn't know
		return fmt.Errorf("%w; restore a backup", &eventlog.CorruptError{Reason: err.Error()})
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("%w: %w; open the log for reading, or give this user the right to write", eventlog.ErrReadOnly, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", eventlog.ErrFull, err)
	}
	return err
}

// explain does the same for an open log. The position is the first one that
// may be affected, and the context that of the caller, whose own reason is
// given where SQLite was stopped on account of it.
func (l *Log) explain(ctx context.Context, at eventlog.Position, err error) error {
	switch {
	case err == nil:
		return nil
	case l.isClosed():
		return eventlog.ErrClosed
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &eventlog.CorruptError{At: at, Reason: err.Error()}
	case sqlite3.SQLITE_INTERRUPT:
		return cmp.Or(ctx.Err(), context.Canceled)
	}
	return err
}
