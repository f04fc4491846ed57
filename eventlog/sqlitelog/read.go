package sqlitelog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"github.com/comity-project/comity/eventlog"
)

// How much one query reads. The first piece is small, so that who wants only
// a few records doesn't wait for many.
const (
	firstPiece = 64   // records
	maxPiece   = 8192 // records
	arenaBytes = 256 << 10
)

// pieceBytes is how much data one query reads, and a record more. Tests make
// it small.
var pieceBytes = 4 << 20

// collect is the aggregate function that a piece is read by. Its first
// argument says which piece; the rest are the columns of a record.
const collect = "SELECT comity_collect(?, position, id, recorded, subject, type, data) FROM records WHERE position >= ? AND position < ?"

// statements are those that reading needs often.
type statements struct{ head, piece, body *sql.Stmt }

func prepare(db *sql.DB) (s statements, err error) {
	for query, into := range map[string]**sql.Stmt{selectHead: &s.head, collect: &s.piece, selectBody: &s.body} {
		if *into, err = db.Prepare(query); err != nil {
			return s, err
		}
	}
	return s, nil
}

// pieces are those being read, by the number that their query passes along.
var pieces struct {
	sync.Map // int64 to *piece
	last     atomic.Int64
}

func init() {
	sqlite.MustRegisterFunction("comity_collect", &sqlite.FunctionImpl{
		NArgs: 7,
		// Blobs and texts are views into SQLite's memory: Step copies what
		// it keeps.
		VolatileArgs:  true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &collector{}, nil },
	})
}

// errPieceFull ends a query that has read enough.
var errPieceFull = errors.New("piece is full")

// A collector is the aggregate function at work on one piece.
type collector struct{ piece *piece }

func (c *collector) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if c.piece == nil {
		key, _ := args[0].(int64)
		p, ok := pieces.Load(key)
		if !ok {
			return fmt.Errorf("comity_collect is for this program's own use")
		}
		c.piece = p.(*piece)
	}
	return c.piece.add(args[1:])
}

func (c *collector) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return errors.New("comity_collect is no window function")
}

func (c *collector) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return nil, nil }

func (c *collector) Final(*sqlite.FunctionContext) {}

// A piece is a run of records read by one query.
type piece struct {
	from, next eventlog.Position // next follows the last record read
	to         eventlog.Position // where the run was meant to end
	records    []eventlog.Record
	subjects   []int64 // of the records, by number
	types      map[string]string
	arena      []byte // what is left of the memory that data is copied to
	bytes      int
	full       bool
	err        error
}

// add copies a row into the piece.
func (p *piece) add(row []driver.Value) error {
	position, ok0 := row[0].(int64)
	id, ok1 := row[1].([]byte)
	recorded, ok2 := row[2].(int64)
	subject, ok3 := row[3].(int64)
	kind, ok4 := row[4].(string)
	data, ok5 := row[5].([]byte)
	if !(ok0 && ok1 && ok2 && ok3 && ok4 && ok5) || len(id) != len(eventlog.ID{}) {
		return p.corrupt("the row is not that of a record")
	}
	if position != int64(p.next) {
		return p.corrupt(fmt.Sprintf("found the record of position %d", position))
	}
	if p.bytes >= pieceBytes {
		p.full = true
		return errPieceFull
	}
	p.records = append(p.records, eventlog.Record{
		ID:       eventlog.ID(id),
		Recorded: time.UnixMicro(recorded).UTC(),
		Type:     p.kind(kind),
		Data:     p.keep(data),
	})
	p.subjects = append(p.subjects, subject)
	p.bytes += len(data)
	p.next++
	return nil
}

func (p *piece) corrupt(reason string) error {
	p.err = &eventlog.CorruptError{At: p.next, Reason: reason}
	return p.err
}

// kind returns a type's name, one string for all records that have it.
func (p *piece) kind(view string) string {
	if name, ok := p.types[view]; ok {
		return name
	}
	name := string(append([]byte(nil), view...))
	p.types[name] = name
	return name
}

// keep copies data into the arena. A full arena is left to its records.
func (p *piece) keep(data []byte) []byte {
	if cap(p.arena)-len(p.arena) < len(data) {
		p.arena = make([]byte, 0, max(arenaBytes, len(data)))
	}
	start := len(p.arena)
	p.arena = append(p.arena, data...)
	return p.arena[start:len(p.arena):len(p.arena)]
}

// fetch reads the records from a position up to another, or as many as make a
// piece. A piece without an error has at least one record.
func (l *Log) fetch(ctx context.Context, from, to eventlog.Position) *piece {
	n := int(to - from)
	p := &piece{
		from: from, next: from, to: to,
		records:  make([]eventlog.Record, 0, n),
		subjects: make([]int64, 0, n),
		types:    make(map[string]string),
		arena:    make([]byte, 0, min(n<<9, arenaBytes)),
	}
	key := pieces.last.Add(1)
	pieces.Store(key, p)
	defer pieces.Delete(key)
	var ignored any
	err := l.ask.piece.QueryRowContext(ctx, key, int64(from), int64(to)).Scan(&ignored)
	switch {
	case p.err != nil:
		return p
	case p.full:
	case err != nil:
		p.err = l.explain(ctx, p.next, err)
		return p
	case p.next < to:
		_ = p.corrupt("the record is missing")
		return p
	}
	for i, number := range p.subjects {
		name, err := l.names.of(ctx, l.reader, number, len(p.subjects) <= firstPiece)
		if err != nil {
			at := from + eventlog.Position(i)
			if p.err = l.explain(ctx, at, err); errors.Is(err, errNoSubject) {
				p.err = &eventlog.CorruptError{At: at, Reason: err.Error()}
			}
			return p
		}
		p.records[i].Subject = name
	}
	return p
}

// scan yields the records from a position up to another. While the caller is
// busy with one piece the next are fetched, one for each core, which is what
// SQLite's share of the work is worth. It returns where it got to and whether
// the caller wants more.
func (l *Log) scan(ctx context.Context, from, end eventlog.Position, yield func(eventlog.Record, error) bool) (eventlog.Position, bool, error) {
	inner, cancel := context.WithCancel(ctx)
	var ahead []chan *piece // in the order of their records
	defer func() {
		cancel()
		for _, fetched := range ahead {
			<-fetched
		}
	}()
	asked, size := min(end, from+firstPiece), eventlog.Position(firstPiece)
	for first := true; from < end; first = false {
		for !first && len(ahead) <= runtime.GOMAXPROCS(0) && asked < end { // the first piece may be all that is wanted
			size = min(size*8, maxPiece)
			to := min(end, asked+size)
			fetched := make(chan *piece, 1)
			go func(from eventlog.Position) { fetched <- l.fetch(inner, from, to) }(asked)
			ahead, asked = append(ahead, fetched), to
		}
		var p *piece
		if len(ahead) > 0 {
			p, ahead = <-ahead[0], ahead[1:]
		} else {
			p = l.fetch(inner, from, asked)
		}
		for {
			at, more, err := l.hand(ctx, p, yield)
			if from = at; !more || err != nil {
				return from, more, err
			}
			if p.next == p.to {
				break
			}
			p = l.fetch(inner, p.next, p.to) // what was too large for one piece
		}
	}
	return from, true, nil
}

// hand yields the records of a piece.
func (l *Log) hand(ctx context.Context, p *piece, yield func(eventlog.Record, error) bool) (eventlog.Position, bool, error) {
	if p.err != nil {
		return p.from, true, p.err
	}
	for i := range p.records {
		at := p.from + eventlog.Position(i)
		if err := ctx.Err(); err != nil {
			return at, true, err
		}
		if l.isClosed() {
			return at, true, eventlog.ErrClosed
		}
		if !yield(p.records[i], nil) {
			return at, false, nil
		}
	}
	return p.next, true, nil
}

// Read implements [eventlog.Log].
func (l *Log) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		head, err := l.headFor(ctx, from)
		more := true
		if err == nil {
			from, more, err = l.scan(ctx, from, head, yield)
		}
		if err != nil && more {
			yield(eventlog.Record{}, fmt.Errorf("read from position %d: %w", from, err))
		}
	}
}

// Follow implements [eventlog.Log].
func (l *Log) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for {
			head, err := l.headFor(ctx, from)
			more := true
			if err == nil {
				from, more, err = l.scan(ctx, from, head, yield)
			}
			if err == nil && more {
				err = l.wait(ctx, from)
			}
			if !more {
				return
			}
			if err != nil {
				yield(eventlog.Record{}, fmt.Errorf("follow from position %d: %w", from, err))
				return
			}
		}
	}
}

// headFor returns the head for reading from a position.
func (l *Log) headFor(ctx context.Context, from eventlog.Position) (eventlog.Position, error) {
	head, err := l.Head(ctx)
	if err == nil && from > head {
		err = fmt.Errorf("%w: it ends at %d", eventlog.ErrPastEnd, head)
	}
	return head, err
}
