package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// errLink is what a log says when its answer was lost on the way: the records may
// be there or not.
var errLink = errors.New("the connection to the log broke")

// A disk keeps one log. What is written waits in a queue, as in the cache of an
// operating system, until the scheduler makes it durable; the outcome then waits
// until the scheduler delivers it. Several engines may hold a [conn] to it.
type disk struct {
	mu      sync.Mutex
	records []eventlog.Record                 // durable
	at      map[eventlog.ID]eventlog.Position // of the durable records
	whole   map[eventlog.Position]bool        // where an append ends, and 0
	bodies  map[eventlog.Hash][]byte
	queue   []*write // not durable yet, in the order of the appends
	decided []*write // outcome known, and not yet delivered
	writes  int      // so far
	prompt  bool     // do everything at once, without the scheduler
}

// A write is one append on its way.
type write struct {
	n        int // counts the writes of a disk
	by       *conn
	chain    int // of its connection; 0 for an append that counts on no other
	expected eventlog.Position
	records  []eventlog.Record
	position eventlog.Position
	err      error
	done     chan struct{} // closed when the outcome is delivered
}

func newDisk() *disk {
	return &disk{
		at: map[eventlog.ID]eventlog.Position{}, whole: map[eventlog.Position]bool{0: true},
		bodies: map[eventlog.Hash][]byte{}, prompt: true,
	}
}

// commit writes an append as every log must: all or none, at the expected
// position, or as a repetition of what is there. The caller holds mu.
func (d *disk) commit(w *write) (eventlog.Position, error) {
	if err := eventlog.CheckAppend(w.records...); err != nil {
		return 0, err
	}
	head, end := eventlog.Position(len(d.records)), w.expected+eventlog.Position(len(w.records))
	if end <= head && slices.EqualFunc(w.records, d.records[w.expected:end], eventlog.Same) {
		return end, nil
	}
	for _, r := range w.records {
		if at, taken := d.at[r.ID]; taken {
			return 0, fmt.Errorf("%w: %s at position %d", eventlog.ErrDuplicate, r.ID, at)
		}
	}
	if w.expected != head {
		return 0, fmt.Errorf("%w: it is at %d", eventlog.ErrConflict, head)
	}
	if head > 0 && w.records[0].Recorded.Before(d.records[head-1].Recorded) {
		return 0, fmt.Errorf("%w: %v is before %v", eventlog.ErrClock, w.records[0].Recorded, d.records[head-1].Recorded)
	}
	for _, r := range w.records {
		d.at[r.ID] = eventlog.Position(len(d.records))
		d.records = append(d.records, r)
	}
	d.whole[end] = true
	return end, nil
}

// A fate is what becomes of an append, besides what its records deserve.
type fate string

const (
	written     fate = "written"
	writtenMute fate = "written, and the answer lost"
	lostMute    fate = "lost, and the answer too" // or it never got there
	noRoom      fate = "refused for want of room"
)

// first is the write that is next.
func (d *disk) first() *write {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue[0]
}

// Root implements [engine.Roots].
func (d *disk) Root(ctx context.Context, at eventlog.Position) (eventlog.Hash, error) {
	tree := seal.New()
	for _, r := range d.since(0) {
		if tree.Position() == at {
			break
		}
		if err := tree.Append(r.Data); err != nil {
			return eventlog.Hash{}, err
		}
	}
	return tree.Root(ctx, at)
}

// sync takes the first write from the queue and decides its fate.
func (d *disk) sync(f fate) *write {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.queue[0]
	d.queue = d.queue[1:]
	d.settle(w, f)
	d.decided = append(d.decided, w)
	return w
}

// settle gives a write its outcome. If one fails, those that counted on its records
// fail as well, though another writer may have put others in their place: they are
// all that the engine had enqueued until it read the log again. The caller holds mu.
func (d *disk) settle(w *write, f fate) {
	if w.chain > 0 && w.chain <= w.by.torn {
		w.err = fmt.Errorf("append at position %d: %w: one before it failed", w.expected, eventlog.ErrConflict)
		return
	}
	defer func() {
		if w.err != nil && f != writtenMute {
			w.by.torn = max(w.by.torn, w.chain)
		}
	}()
	switch f {
	case written:
		w.position, w.err = d.commit(w)
	case writtenMute:
		if _, err := d.commit(w); err != nil {
			w.by.torn = max(w.by.torn, w.chain)
			w.err = fmt.Errorf("append at position %d: %w", w.expected, err)
			return
		}
		w.err = errLink
	case lostMute:
		w.err = errLink
	case noRoom:
		w.err = eventlog.ErrFull
	}
}

// deliver tells the writer the outcome of a write.
func (d *disk) deliver(i int) *write {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.decided[i]
	d.decided = slices.Delete(d.decided, i, i+1)
	close(w.done)
	return w
}

// waiting counts the writes that are not durable and the outcomes that were not delivered.
func (d *disk) waiting() (queued, decided int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.queue), len(d.decided)
}

func (d *disk) head() eventlog.Position {
	d.mu.Lock()
	defer d.mu.Unlock()
	return eventlog.Position(len(d.records))
}

// since returns the durable records from a position on.
func (d *disk) since(from eventlog.Position) []eventlog.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	if from > eventlog.Position(len(d.records)) {
		return nil
	}
	return d.records[from:len(d.records):len(d.records)]
}

// cut ends a connection as a crash does: of what its engine wrote and the disk had
// not made durable the first few appends may have got there, the others have not.
// Whoever waits learns nothing.
func (d *disk) cut(c *conn, kept int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.dead = true
	var others []*write
	for _, w := range d.queue {
		if w.by != c {
			others = append(others, w)
			continue
		}
		if kept > 0 {
			d.settle(w, written)
			kept--
		}
		w.err = eventlog.ErrClosed
		close(w.done)
	}
	d.queue = others
	d.decided = slices.DeleteFunc(d.decided, func(w *write) bool {
		if w.by == c {
			w.err = eventlog.ErrClosed
			close(w.done)
		}
		return w.by == c
	})
	c.stir()
}

// A conn is the log as one engine sees it. It is an [eventlog.Pipeliner].
type conn struct {
	*disk
	dead  bool // mu
	chain int  // mu; counts the times that the engine has read the log
	torn  int  // mu; the last chain of which a write failed

	// What the follower of this engine may see: the records before allowed. A
	// broken connection is reported once.
	allowed eventlog.Position // mu
	broken  bool              // mu
	apart   bool              // mu; nothing gets through
	tear    int               // mu; the next reading breaks off after so many records, if it is more than 0
	stirred chan struct{}     // mu; closed and replaced when one of these changes
}

var (
	_ eventlog.Pipeliner = (*conn)(nil)
	_ eventlog.Bodies    = (*conn)(nil)
)

func (d *disk) connect() *conn { return &conn{disk: d, stirred: make(chan struct{})} }

// stir wakes the follower. The caller holds mu.
func (c *conn) stir() {
	close(c.stirred)
	c.stirred = make(chan struct{})
}

// allow lets the follower see the records before a position.
func (c *conn) allow(to eventlog.Position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.allowed = max(c.allowed, to)
	c.stir()
}

// drop breaks the follower's connection.
func (c *conn) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
	c.stir()
}

// part cuts the engine off from its log, or joins them again.
func (c *conn) part(apart bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.apart = apart
	c.stir()
}

// isApart reports whether the engine is cut off from its log.
func (c *conn) isApart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.apart
}

// tearAfter lets the next reading break off.
func (c *conn) tearAfter(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tear = n
}

// Enqueue implements [eventlog.Pipeliner].
func (c *conn) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	c.mu.Lock()
	chain := c.chain
	c.mu.Unlock()
	return c.write(chain, expected, records)
}

func (c *conn) write(chain int, expected eventlog.Position, records []eventlog.Record) func(context.Context) (eventlog.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	w := &write{n: c.writes, by: c, chain: chain, expected: expected, records: records, done: make(chan struct{})}
	switch {
	case c.dead:
		w.err = eventlog.ErrClosed
		close(w.done)
	case c.prompt:
		c.settle(w, written)
		close(w.done)
	default:
		c.queue = append(c.queue, w)
	}
	return func(ctx context.Context) (eventlog.Position, error) {
		select {
		case <-w.done:
			return w.position, w.err
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Append implements [eventlog.Log].
func (c *conn) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	return c.write(0, expected, records)(ctx)
}

// Head implements [eventlog.Log]. Whoever has to wait for a turn waits for one here.
func (c *conn) Head(ctx context.Context) (eventlog.Position, error) {
	if t, scheduled := ctx.(*turn); scheduled {
		if err := t.Err(); err != nil {
			return 0, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dead:
		return 0, eventlog.ErrClosed
	case c.apart:
		return 0, errLink
	}
	return eventlog.Position(len(c.records)), nil
}

// Read implements [eventlog.Log].
func (c *conn) Read(_ context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		c.mu.Lock()
		c.chain++
		dead, apart, past := c.dead, c.apart, from > eventlog.Position(len(c.records))
		left := c.tear
		c.tear = 0
		c.mu.Unlock()
		switch {
		case dead:
			yield(eventlog.Record{}, eventlog.ErrClosed)
			return
		case apart:
			yield(eventlog.Record{}, errLink)
			return
		case past:
			yield(eventlog.Record{}, eventlog.ErrPastEnd)
			return
		}
		for _, r := range c.since(from) {
			if !yield(r, nil) {
				return
			}
			if left--; left == 0 {
				yield(eventlog.Record{}, errLink)
				return
			}
		}
	}
}

// Follow implements [eventlog.Log]: it yields what the scheduler allows.
func (c *conn) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for {
			r, stirred, err := c.next(from)
			if err != nil {
				yield(eventlog.Record{}, err)
				return
			}
			if stirred == nil {
				if !yield(r, nil) {
					return
				}
				from++
				continue
			}
			select {
			case <-stirred:
			case <-ctx.Done():
				yield(eventlog.Record{}, context.Cause(ctx))
				return
			}
		}
	}
}

// next returns the record at a position, or what to wait for.
func (c *conn) next(from eventlog.Position) (eventlog.Record, <-chan struct{}, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dead:
		return eventlog.Record{}, nil, eventlog.ErrClosed
	case c.broken:
		c.broken = false
		return eventlog.Record{}, nil, errLink
	case !c.apart && from < c.allowed && from < eventlog.Position(len(c.records)):
		return c.records[from], nil, nil
	default:
		return eventlog.Record{}, c.stirred, nil
	}
}

// Close implements [eventlog.Log].
func (c *conn) Close() error {
	c.cut(c, 0)
	return nil
}

// Put implements [eventlog.Bodies].
func (c *conn) Put(_ context.Context, body []byte) (eventlog.Hash, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hash := eventlog.HashBody(body)
	c.bodies[hash] = slices.Clone(body)
	return hash, nil
}

// Get implements [eventlog.Bodies].
func (c *conn) Get(_ context.Context, hash eventlog.Hash) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, found := c.bodies[hash]
	if !found {
		return nil, eventlog.ErrNoBody
	}
	return slices.Clone(body), nil
}
