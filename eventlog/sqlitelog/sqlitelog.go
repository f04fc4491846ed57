// Package sqlitelog keeps an event log and its bodies in one SQLite file. It
// needs no server, and an auditor can open the file with the sqlite3 shell
// while the office works on it.
//
//	log, err := sqlitelog.Create("office.db", sqlitelog.Options{}) // once
//	log, err := sqlitelog.Open("office.db", sqlitelog.Options{})   // ever after
//
// # What keeps the promise
//
// The order, the density and the permanence of the records are constraints
// and triggers in the file itself (schema.sql), so they bind every program
// that opens it and not only this one. They don't bind someone who drops the
// triggers first: noticing that is the work of package seal.
//
// # Who may write
//
// One process writes. It holds a lock on the file "office.db.lock" beside the
// log, which names it to whoever comes second. Any number of processes read.
//
// # How an append becomes durable
//
// All appends go to one goroutine, in the order of the calls. It takes what
// is waiting, inserts it in one transaction and commits, which flushes once
// for all of them; then the appends return and followers wake. Each append is
// checked against the log as the ones before it in the same transaction leave
// it, so an engine may have many in flight at consecutive positions. One that
// is refused is undone alone, by a savepoint.
//
//	Append(5, a) ──┐                 ┌ BEGIN
//	Append(6, b) ──┤  queue  writer  │ insert a; insert b     COMMIT ─► 6, 7
//	Append(9, c) ──┘                 └ refuse c: at 7, not 9         ─► ErrConflict
//
// # How records are read
//
// In pieces, each by a short query that holds no transaction while the
// caller works; the next piece is fetched meanwhile. A query hands its rows
// to an aggregate function, which costs a third of reading them one by one.
//
// The layout of the file and the reasons for its settings are in
// docs/format/log.md.
package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/filelock"
)

// Options say how to open a log. The zero value opens it for writing.
type Options struct {
	// ReadOnly opens the log for reading, which takes no lock and works
	// while another process writes.
	ReadOnly bool

	// MaxBytes bounds the size of the file, if positive. An append or a body
	// that needs more gets [eventlog.ErrFull].
	MaxBytes int64
}

// poll is how often a log opened for reading looks whether another process
// has appended.
const poll = 50 * time.Millisecond

// A Log is an open file. It implements [eventlog.Pipeliner] and
// [eventlog.Bodies].
type Log struct {
	path   string
	reader *sql.DB
	ask    statements     // of reader
	lock   *filelock.Lock // nil if read-only
	writer *writer        // nil if read-only
	names  names
	done   chan struct{} // closed by Close
	close  func() error  // does the work of Close once

	head  atomic.Uint64 // of the durable records; only if there is a writer
	mu    sync.Mutex
	grown chan struct{} // mu; closed and replaced when head grows
}

var (
	_ eventlog.Pipeliner = (*Log)(nil)
	_ eventlog.Bodies    = (*Log)(nil)
)

// Create makes a new log and opens it for writing. The path must not exist.
// The file appears whole or not at all.
func Create(path string, options Options) (*Log, error) {
	if options.ReadOnly {
		return nil, fmt.Errorf("create log %s: %w", path, eventlog.ErrReadOnly)
	}
	return openWith(path, options, createFile)
}

// Open opens a log that [Create] made. Errors name the file and the remedy:
// [os.ErrNotExist], [eventlog.ErrLocked], [eventlog.ErrNotALog],
// [eventlog.ErrNewer], [eventlog.ErrCorrupt], and [eventlog.ErrReadOnly] if
// the file or its folder can't be written and Options.ReadOnly wasn't asked.
func Open(path string, options Options) (*Log, error) {
	if options.ReadOnly {
		return openReader(path)
	}
	return openWith(path, options, func(string) error { return nil })
}

// openWith opens a log for writing, after preparing its file under the lock.
func openWith(path string, options Options, prepare func(path string) error) (*Log, error) {
	lock, err := takeLock(path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l, err := func() (*Log, error) {
		if err := prepare(path); err != nil {
			return nil, err
		}
		l, err := newLog(path)
		if err != nil {
			return nil, err
		}
		w, err := newWriter(path, options)
		if err != nil {
			return nil, errors.Join(err, l.closeReader())
		}
		l.lock, l.writer = lock, w
		l.head.Store(uint64(w.tail))
		w.committed = l.committed
		go w.run()
		return l, nil
	}()
	if err != nil {
		lock.Release()
		return nil, fmt.Errorf("open log %s: %w", path, err)
	}
	return l, nil
}

func openReader(path string) (*Log, error) {
	l, err := newLog(path)
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", path, err)
	}
	return l, nil
}

// newLog opens what a log needs for reading.
func newLog(path string) (*Log, error) {
	reader, err := openPool(path)
	if err != nil {
		return nil, err
	}
	ask, err := prepare(reader)
	if err != nil {
		return nil, errors.Join(explainFile(err), reader.Close())
	}
	l := &Log{
		path:   path,
		reader: reader,
		ask:    ask,
		done:   make(chan struct{}),
		grown:  make(chan struct{}),
	}
	l.close = sync.OnceValue(l.closeOnce)
	return l, nil
}

// closeReader closes the connections that read. Statements come first: one
// left open keeps its connection, and so the write-ahead log.
func (l *Log) closeReader() error {
	return errors.Join(l.ask.head.Close(), l.ask.piece.Close(), l.ask.body.Close(), l.reader.Close())
}

// Close implements [eventlog.Log].
func (l *Log) Close() error { return l.close() }

func (l *Log) closeOnce() error {
	close(l.done)
	if l.writer == nil {
		return l.closeReader()
	}
	l.writer.stop()
	// The writer's connection closes last: the last one to close moves what
	// is in the write-ahead log to the file, and only it may write there.
	err := errors.Join(l.closeReader(), l.writer.close())
	l.lock.Release()
	return err
}

func (l *Log) isClosed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// Path returns the path that the log was opened with.
func (l *Log) Path() string { return l.path }

// Append implements [eventlog.Log].
func (l *Log) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	err := ctx.Err()
	if err == nil {
		r := l.submitAppend(ctx, expected, records)
		if err = r.await(ctx); err == nil {
			return r.head, nil
		}
	}
	return 0, fmt.Errorf("append at position %d: %w", expected, err)
}

// Enqueue implements [eventlog.Pipeliner].
func (l *Log) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	r := l.submitAppend(context.Background(), expected, records)
	return func(ctx context.Context) (eventlog.Position, error) {
		select {
		case <-r.done:
		case <-ctx.Done():
			return 0, fmt.Errorf("append at position %d: waiting: %w", expected, ctx.Err())
		}
		if r.err != nil {
			return 0, fmt.Errorf("append at position %d: %w", expected, r.err)
		}
		return r.head, nil
	}
}

func (l *Log) submitAppend(ctx context.Context, expected eventlog.Position, records []eventlog.Record) *request {
	r := &request{ctx: ctx, expected: expected, records: records, done: make(chan struct{})}
	if err := eventlog.CheckAppend(records...); err != nil && !l.isClosed() {
		r.finish(err)
	} else {
		l.submit(r)
	}
	return r
}

// submit puts a request in line, or finishes it if there is no line.
func (l *Log) submit(r *request) {
	switch {
	case l.isClosed():
		r.finish(eventlog.ErrClosed)
	case l.writer == nil:
		r.finish(eventlog.ErrReadOnly)
	default:
		l.writer.enqueue(r)
	}
}

// committed is called by the writer when the log has grown.
func (l *Log) committed(head eventlog.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head.Store(uint64(head))
	close(l.grown)
	l.grown = make(chan struct{})
}

// Head implements [eventlog.Log].
func (l *Log) Head(ctx context.Context) (eventlog.Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.isClosed() {
		return 0, eventlog.ErrClosed
	}
	if l.writer != nil {
		return eventlog.Position(l.head.Load()), nil
	}
	var head int64
	if err := l.ask.head.QueryRowContext(ctx).Scan(&head); err != nil {
		return 0, l.explain(ctx, 0, err)
	}
	return eventlog.Position(head), nil
}

// wait returns when the log may have grown past a position, or an error when
// that need not be waited for.
func (l *Log) wait(ctx context.Context, at eventlog.Position) error {
	l.mu.Lock()
	grown := l.grown
	l.mu.Unlock()
	var tick <-chan time.Time
	if l.writer == nil {
		timer := time.NewTimer(poll)
		defer timer.Stop()
		tick = timer.C
	} else if eventlog.Position(l.head.Load()) > at {
		return nil
	}
	select {
	case <-grown:
		return nil
	case <-tick:
		return nil
	case <-l.done:
		return eventlog.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// createFile makes the file of a new log beside its place and moves it there.
func createFile(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: open it, or choose another path", os.ErrExist)
	}
	unfinished := path + ".new"
	for _, leftover := range []string{unfinished, unfinished + "-journal", unfinished + "-wal", unfinished + "-shm", path + "-wal", path + "-shm"} {
		if err := os.Remove(leftover); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := writeSchema(unfinished); err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	return moveDurably(unfinished, path)
}

// moveDurably moves a finished file to its place, so that a crash leaves the
// whole file there or nothing.
func moveDurably(from, to string) error {
	if err := syncPath(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}
