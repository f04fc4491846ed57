package sqlitelog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/comity-project/comity/eventlog"
)

const selectBody = "SELECT body FROM bodies WHERE hash = ?"

// Put implements [eventlog.Bodies]. It shares its transaction, and the flush,
// with the appends that wait beside it.
func (l *Log) Put(ctx context.Context, body []byte) (eventlog.Hash, error) {
	hash := eventlog.HashBody(body)
	err := ctx.Err()
	if err == nil {
		err = eventlog.CheckBody(body)
	}
	if err == nil {
		if body == nil {
			body = []byte{} // nil would be stored as NULL
		}
		r := &request{ctx: ctx, hash: hash, body: body, done: make(chan struct{})}
		l.submit(r)
		err = r.await(ctx)
	}
	if err != nil {
		return eventlog.Hash{}, fmt.Errorf("put body %s: %w", hash, err)
	}
	return hash, nil
}

// Get implements [eventlog.Bodies].
func (l *Log) Get(ctx context.Context, hash eventlog.Hash) ([]byte, error) {
	body, err := l.get(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("get body %s: %w", hash, err)
	}
	return body, nil
}

func (l *Log) get(ctx context.Context, hash eventlog.Hash) ([]byte, error) {
	if l.isClosed() {
		return nil, eventlog.ErrClosed
	}
	var body []byte
	err := l.ask.body.QueryRowContext(ctx, hash[:]).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, eventlog.ErrNoBody
	}
	if err != nil {
		return nil, l.explain(ctx, 0, err)
	}
	if got := eventlog.HashBody(body); got != hash {
		return nil, fmt.Errorf("%w: the body kept has hash %s", eventlog.ErrCorrupt, got)
	}
	return body, nil
}
