package sqlitelog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comity-project/comity/eventlog"
)

// How much one transaction takes. A transaction that grows beyond the cache
// would spill and gain nothing more from sharing its flush.
const (
	maxBatch      = 4096    // requests
	maxBatchBytes = 8 << 20 // of data
)

const (
	selectHead    = "SELECT coalesce(max(position) + 1, 0) FROM records"
	selectLast    = "SELECT recorded FROM records WHERE position = ?"
	selectByID    = "SELECT position FROM records WHERE id = ?"
	selectRecord  = "SELECT r.id, r.recorded, s.name, r.type, r.data FROM records AS r JOIN subjects AS s ON s.number = r.subject WHERE r.position = ?"
	selectSubject = "SELECT number FROM subjects WHERE name = ?"
	lastSubject   = "SELECT coalesce(max(number), 0) FROM subjects"
	selectHash    = "SELECT count(*) FROM bodies WHERE hash = ?"
	insertRecord  = "INSERT INTO records (position, id, recorded, subject, type, data) VALUES (?, ?, ?, ?, ?, ?)"
	insertSubject = "INSERT INTO subjects (number, name) VALUES (?, ?)"
	insertBody    = "INSERT INTO bodies (number, hash, body) SELECT coalesce(max(number), 0) + 1, ?, ? FROM bodies"
)

// A writer is the one goroutine that changes the file. Requests wait in a
// line that anyone may join; everything else is the goroutine's own.
type writer struct {
	committed func(eventlog.Position) // tells the log of a new head

	mu      sync.Mutex
	line    []*request    // mu; in the order of the calls
	closed  bool          // mu; nobody may join
	arrived chan struct{} // holds a token when line or closed has changed
	stopped chan struct{} // closed when the goroutine has ended

	db       *sql.DB
	place    place // set before the goroutine begins
	conn     *sql.Conn
	prepared map[string]*sql.Stmt

	// What the log looks like to the next request: the file, and on top of
	// it what the open transaction has inserted. Not to be believed if
	// unknown, which it is after a transaction went wrong.
	unknown  bool
	tail     eventlog.Position
	last     int64            // microseconds at which the last record was recorded
	subjects map[string]int64 // numbers of subjects seen lately
	numbered int64            // subjects that have a number

	// faults is called before and after every commit; tests make it fail.
	faults func(committed bool) error
}

// maxSubjects bounds the names that a writer remembers.
const maxSubjects = 1 << 17

func newWriter(path string, options Options) (*writer, error) {
	db, err := openSource(path, "mode=rw", writing)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{
		arrived:  make(chan struct{}, 1),
		stopped:  make(chan struct{}),
		db:       db,
		prepared: make(map[string]*sql.Stmt),
		faults:   func(bool) error { return nil },
	}
	if err := w.connect(options); err != nil {
		if w.conn != nil {
			_ = w.close()
		}
		return nil, errors.Join(explainFile(err), db.Close())
	}
	if w.place, err = placeOf(path); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *writer) connect(options Options) error {
	ctx := context.Background()
	var err error
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	if err := w.limit(options.MaxBytes); err != nil {
		return err
	}
	for _, query := range []string{
		selectHead, selectLast, selectByID, selectRecord, selectSubject, lastSubject, selectHash,
		insertRecord, insertSubject, insertBody,
		"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT request", "ROLLBACK TO request", "RELEASE request",
	} {
		statement, err := w.conn.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		w.prepared[query] = statement
	}
	// Opening a file that can't be written succeeds, and so does beginning a
	// transaction; this statement, which changes nothing, doesn't.
	if _, err := w.conn.ExecContext(ctx, "DELETE FROM bodies WHERE false"); err != nil {
		return err
	}
	return w.synchronize()
}

// limit bounds the size of the file.
func (w *writer) limit(bytes int64) error {
	if bytes <= 0 {
		return nil
	}
	var size int64
	if err := w.conn.QueryRowContext(context.Background(), "PRAGMA page_size").Scan(&size); err != nil {
		return err
	}
	_, err := w.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count(%d)", max(1, bytes/size)))
	return err
}

// enqueue puts a request at the end of the line.
func (w *writer) enqueue(r *request) {
	w.mu.Lock()
	closed := w.closed
	if !closed {
		w.line = append(w.line, r)
	}
	w.mu.Unlock()
	if closed {
		r.finish(eventlog.ErrClosed)
		return
	}
	w.signal()
}

func (w *writer) signal() {
	select {
	case w.arrived <- struct{}{}:
	default:
	}
}

// stop closes the line, sends home who waits in it, and returns when the
// goroutine has ended.
func (w *writer) stop() {
	w.mu.Lock()
	w.closed = true
	line := w.line
	w.line = nil
	w.mu.Unlock()
	w.signal()
	for _, r := range line {
		r.finish(eventlog.ErrClosed)
	}
	<-w.stopped
}

// close closes the connection, which moves what is in the write-ahead log to
// the file, unless a statement were left open.
func (w *writer) close() error {
	var errs []error
	for _, statement := range w.prepared {
		errs = append(errs, statement.Close())
	}
	return errors.Join(append(errs, w.conn.Close(), w.db.Close())...)
}

// next returns the requests of the next transaction; none, when the line is
// closed.
func (w *writer) next() []*request {
	for {
		w.mu.Lock()
		n, size := 0, 0
		for n < len(w.line) && n < maxBatch && size < maxBatchBytes {
			size += w.line[n].size()
			n++
		}
		batch := w.line[:n:n]
		if w.line = w.line[n:]; len(w.line) == 0 {
			w.line = nil
		}
		closed := w.closed
		w.mu.Unlock()
		if n > 0 || closed {
			return batch
		}
		<-w.arrived
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for batch := w.next(); len(batch) > 0; batch = w.next() {
		w.carryOut(batch)
	}
}

// carryOut carries out requests in one transaction and tells each its
// outcome, once that is durable.
func (w *writer) carryOut(batch []*request) {
	before := w.tail
	err := w.transact(batch)
	if err != nil {
		// Whether any of it is there is only known to the file.
		if w.synchronize() != nil || errors.Is(err, eventlog.ErrGone) {
			w.tail, w.unknown = before, true
		}
	}
	if w.tail > before && !w.unknown {
		w.committed(w.tail)
	}
	for _, r := range batch {
		switch {
		case err != nil: // also of those whose turn never came
			r.finish(err)
		case r.state.Load() != taken:
			r.finish(cmp.Or(r.ctx.Err(), context.Canceled))
		default:
			close(r.done)
		}
	}
}

// transact applies requests and commits. An error is that of all of them: of
// the refused ones too, since they were refused on account of others that
// are not there now.
func (w *writer) transact(batch []*request) (err error) {
	if err := w.place.present(); err != nil {
		return err
	}
	if w.unknown {
		if err := w.synchronize(); err != nil {
			return err
		}
	}
	defer func() {
		if err != nil {
			w.unknown = true
			err = explainWrite(err)
			// Where SQLite has rolled back by itself, this fails.
			_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK")
		}
	}()
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, r := range batch {
		if !r.take() {
			continue
		}
		if err := w.apply(r); err != nil {
			return err
		}
	}
	if err := w.faults(false); err != nil {
		return err
	}
	if err := w.exec("COMMIT"); err != nil {
		return err
	}
	if err := w.place.present(); err != nil { // what was taken away meanwhile was written in vain
		return err
	}
	return w.faults(true)
}

// synchronize learns from the file what the log looks like.
func (w *writer) synchronize() error {
	w.unknown = true
	// To begin fails if a transaction is still open, which what is read here
	// must not be part of.
	if err := w.exec("BEGIN"); err != nil {
		return err
	}
	return errors.Join(w.look(), w.exec("COMMIT"))
}

func (w *writer) look() error {
	var head int64
	if err := w.scan(selectHead, nil, &head); err != nil {
		return err
	}
	last := int64(-1 << 63)
	if head > 0 {
		if err := w.scan(selectLast, []any{head - 1}, &last); err != nil {
			return err
		}
	}
	if err := w.scan(lastSubject, nil, &w.numbered); err != nil {
		return err
	}
	w.tail, w.last, w.subjects, w.unknown = eventlog.Position(head), last, make(map[string]int64), false
	return nil
}

// apply carries out one request inside the open transaction. Its outcome is
// in the request; an error is one that ends the transaction.
func (w *writer) apply(r *request) error {
	switch {
	case r.do != nil:
		r.err = r.do(w.conn)
		return nil
	case r.records == nil:
		return w.put(r)
	}
	var err error
	if r.expected == w.tail && r.records[0].Recorded.UnixMicro() >= w.last {
		if err = w.insert(r.records); err == nil {
			r.head = w.tail
			return nil
		}
		if code(err) != sqlite3.SQLITE_CONSTRAINT {
			return err
		}
	}
	repeated, failed := w.repeats(r.expected, r.records)
	if failed != nil {
		return failed
	}
	if repeated {
		r.head = r.expected + eventlog.Position(len(r.records))
		return nil
	}
	if r.err, failed = w.refusal(r.expected, r.records); failed != nil {
		return failed
	}
	if r.err == nil {
		return err // the file refused what nothing here explains
	}
	return nil
}

// insert adds records at the tail, or leaves the transaction as it was.
func (w *writer) insert(records []eventlog.Record) (err error) {
	// A statement that fails undoes itself; more than one need a savepoint.
	if _, known := w.subjects[records[0].Subject]; len(records) > 1 || !known {
		numbered := w.numbered
		if err := w.exec("SAVEPOINT request"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = w.exec("RELEASE request")
				return
			}
			if undo := errors.Join(w.exec("ROLLBACK TO request"), w.exec("RELEASE request")); undo != nil && code(err) == sqlite3.SQLITE_CONSTRAINT {
				err = undo
			}
			w.numbered, w.subjects = numbered, make(map[string]int64)
		}()
	}
	for i := range records {
		r := &records[i]
		subject, err := w.subject(r.Subject)
		if err != nil {
			return err
		}
		if err := w.exec(insertRecord, int64(w.tail)+int64(i), r.ID[:], r.Recorded.UnixMicro(), subject, r.Type, r.Data); err != nil {
			return err
		}
	}
	w.tail += eventlog.Position(len(records))
	w.last = records[len(records)-1].Recorded.UnixMicro()
	return nil
}

// subject returns the number of a subject, giving it one if it is new.
func (w *writer) subject(name string) (int64, error) {
	if number, ok := w.subjects[name]; ok {
		return number, nil
	}
	var number int64
	err := w.scan(selectSubject, []any{name}, &number)
	if errors.Is(err, sql.ErrNoRows) {
		number = w.numbered + 1
		if err = w.exec(insertSubject, number, name); err == nil {
			w.numbered = number
		}
	}
	if err != nil {
		return 0, err
	}
	if len(w.subjects) >= maxSubjects {
		clear(w.subjects)
	}
	w.subjects[name] = number
	return number, nil
}

// repeats reports whether exactly these records are at the position.
func (w *writer) repeats(expected eventlog.Position, records []eventlog.Record) (bool, error) {
	if expected > w.tail || w.tail-expected < eventlog.Position(len(records)) {
		return false, nil
	}
	for i := range records {
		var id []byte
		var recorded int64
		var got eventlog.Record
		at := expected + eventlog.Position(i)
		if err := w.scan(selectRecord, []any{int64(at)}, &id, &recorded, &got.Subject, &got.Type, &got.Data); err != nil {
			return false, &eventlog.CorruptError{At: at, Reason: err.Error()}
		}
		copy(got.ID[:], id)
		got.Recorded = time.UnixMicro(recorded).UTC()
		if !eventlog.Same(records[i], got) {
			return false, nil
		}
	}
	return true, nil
}

// refusal says why records can't go to the end of the log, or nothing if they
// could.
func (w *writer) refusal(expected eventlog.Position, records []eventlog.Record) (refused, failed error) {
	for i := range records {
		var at int64
		err := w.scan(selectByID, []any{records[i].ID[:]}, &at)
		if err == nil {
			return fmt.Errorf("%w: %s at position %d", eventlog.ErrDuplicate, records[i].ID, at), nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	if expected != w.tail {
		return fmt.Errorf("%w: it is at %d", eventlog.ErrConflict, w.tail), nil
	}
	if records[0].Recorded.UnixMicro() < w.last {
		return fmt.Errorf("%w: %v is before %v", eventlog.ErrClock, records[0].Recorded, time.UnixMicro(w.last).UTC()), nil
	}
	return nil, nil
}

// put keeps a body, unless it is kept already.
func (w *writer) put(r *request) error {
	var kept int64
	if err := w.scan(selectHash, []any{r.hash[:]}, &kept); err != nil || kept > 0 {
		return err
	}
	return w.exec(insertBody, r.hash[:], r.body)
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.prepared[query].Exec(args...)
	return err
}

func (w *writer) scan(query string, args []any, into ...any) error {
	return w.prepared[query].QueryRow(args...).Scan(into...)
}

// explainWrite says in our words what SQLite found when it wrote.
func explainWrite(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", eventlog.ErrFull, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another program is writing to the file: %w", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return &eventlog.CorruptError{Reason: err.Error()}
	}
	return err
}
