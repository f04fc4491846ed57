package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/comity-project/comity/eventlog"
)

// checks are queries for what must not be found in a log, each with a
// position where that is known, and what it means.
var checks = []struct{ query, meaning string }{
	{`SELECT first FROM (SELECT min(position) AS first FROM records) WHERE first <> 0`,
		"the first record is not at position 0"},
	{`SELECT position FROM (SELECT position, lag(position) OVER (ORDER BY position) AS before FROM records) WHERE position <> before + 1`,
		"the records before it are missing"},
	{`SELECT position FROM (SELECT position, recorded, lag(recorded) OVER (ORDER BY position) AS before FROM records) WHERE recorded < before`,
		"it was recorded before the record in front of it"},
	{`SELECT position FROM records WHERE subject NOT IN (SELECT number FROM subjects)`,
		"it is about a subject that has no name"},
	{`SELECT position FROM records WHERE typeof(id) <> 'blob' OR length(id) <> 16 OR typeof(data) <> 'blob' OR length(data) NOT BETWEEN 1 AND 65535 OR type = ''`,
		"it is not in the form of a record"},
	{`SELECT 0 FROM (SELECT count(*) AS n, min(number) AS first, max(number) AS last FROM subjects) WHERE n > 0 AND (first <> 1 OR last <> n)`,
		"the subjects are not numbered 1, 2, 3, ..."},
	{`SELECT 0 FROM subjects WHERE number NOT IN (SELECT subject FROM records)`,
		"a subject is named but has no record"},
}

// maxFindings bounds what Check reports of one kind.
const maxFindings = 10

// Check reads the whole file and reports everything in it that can't be what
// was written: pages and indexes that contradict each other, tables and
// triggers that aren't those of a log, gaps, subjects without names, bodies
// that don't have their hash. Every error found is an
// [eventlog.CorruptError] and they are joined. What the records say is not
// looked at: that is the work of package seal and of who can decode them.
func (l *Log) Check(ctx context.Context) error {
	if l.isClosed() {
		return fmt.Errorf("check log %s: %w", l.path, eventlog.ErrClosed)
	}
	found := []error{checkSchema(l.reader)}
	conn, err := l.reader.Conn(ctx)
	if err != nil {
		return fmt.Errorf("check log %s: %w", l.path, l.explain(ctx, 0, err))
	}
	defer conn.Close()
	found = append(found, l.checkPages(ctx, conn)...)
	for _, check := range checks {
		found = append(found, l.runCheck(ctx, conn, check.query, check.meaning)...)
	}
	found = append(found, l.checkBodies(ctx, conn))
	if err := errors.Join(found...); err != nil {
		return fmt.Errorf("check log %s: %w", l.path, err)
	}
	return nil
}

// checkPages has SQLite check its own structure.
func (l *Log) checkPages(ctx context.Context, conn *sql.Conn) (found []error) {
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("PRAGMA integrity_check(%d)", maxFindings))
	if err != nil {
		return []error{l.explain(ctx, 0, err)}
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return append(found, l.explain(ctx, 0, err))
		}
		if line != "ok" {
			found = append(found, &eventlog.CorruptError{Reason: line})
		}
	}
	return append(found, l.explain(ctx, 0, rows.Err()))
}

func (l *Log) runCheck(ctx context.Context, conn *sql.Conn, query, meaning string) (found []error) {
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("%s LIMIT %d", query, maxFindings))
	if err != nil {
		return []error{l.explain(ctx, 0, err)}
	}
	defer rows.Close()
	for rows.Next() {
		var at sql.NullInt64
		if err := rows.Scan(&at); err != nil {
			return append(found, l.explain(ctx, 0, err))
		}
		found = append(found, &eventlog.CorruptError{At: eventlog.Position(max(0, at.Int64)), Reason: meaning})
	}
	return append(found, l.explain(ctx, 0, rows.Err()))
}

func (l *Log) checkBodies(ctx context.Context, conn *sql.Conn) error {
	rows, err := conn.QueryContext(ctx, "SELECT number, hash, body FROM bodies ORDER BY number")
	if err != nil {
		return l.explain(ctx, 0, err)
	}
	defer rows.Close()
	for want := int64(1); rows.Next(); want++ {
		var number int64
		var hash, body []byte
		if err := rows.Scan(&number, &hash, &body); err != nil {
			return l.explain(ctx, 0, err)
		}
		if got := eventlog.HashBody(body); number != want || string(hash) != string(got[:]) {
			return &eventlog.CorruptError{Reason: fmt.Sprintf("body %d, kept as %x, has hash %s", number, hash, got)}
		}
	}
	return l.explain(ctx, 0, rows.Err())
}
