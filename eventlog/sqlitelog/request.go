package sqlitelog

import (
	"context"
	"database/sql"
	"sync/atomic"

	"github.com/comity-project/comity/eventlog"
)

// A request is something to be written: an append, a body or, for tests and
// upkeep, anything that needs the writer's connection to itself.
type request struct {
	ctx      context.Context // of the caller; done before its turn: nothing is written
	expected eventlog.Position
	records  []eventlog.Record
	hash     eventlog.Hash
	body     []byte
	do       func(*sql.Conn) error

	state atomic.Int32  // waiting, then taken or left
	done  chan struct{} // closed when head and err are set
	head  eventlog.Position
	err   error
}

const (
	waiting = iota
	taken   // by the writer
	left    // by the caller
)

// take reports whether the writer may carry the request out.
func (r *request) take() bool {
	return r.ctx.Err() == nil && r.state.CompareAndSwap(waiting, taken)
}

// await waits for the outcome. If ctx is done first and the request is still
// in line, it is withdrawn: nothing is written. If it is being carried out,
// its outcome stays unknown.
func (r *request) await(ctx context.Context) error {
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		r.state.CompareAndSwap(waiting, left)
		return ctx.Err()
	}
}

func (r *request) finish(err error) {
	r.head, r.err = 0, err
	close(r.done)
}

// size is about how much the request writes.
func (r *request) size() int {
	n := len(r.body)
	for i := range r.records {
		n += len(r.records[i].Data)
	}
	return n
}
