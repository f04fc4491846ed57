package decisions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
)

// What one append takes of answers: less than a log takes, since the first of a
// session and gaps may come with them.
const (
	mostRecords = eventlog.MaxRecords - 8
	mostBytes   = eventlog.MaxAppend - 16<<10
)

// The writer appends what waits, all of it in one append if it fits, while more
// comes to wait: one flush for many answers, whatever the driver.
type writer struct {
	r      *Recorder
	looked bool // whether head and last are those of the log
	head   eventlog.Position
	last   time.Time // recorded time of the last record
	opened bool      // whether the session is on record
	// doubtful is an append of which it is not known whether it was made. It is
	// made again, the same, before anything else.
	doubtful *group
}

// A group is one append.
type group struct {
	at       eventlog.Position
	records  []eventlog.Record
	last     time.Time // recorded time of its last record
	requests []*request
	gaps     map[Reason]*Gap
	answers  int
	closes   bool
}

// run writes until the recorder is closed.
func (r *Recorder) run() {
	defer close(r.done)
	ctx := context.Background() // what was given is recorded, whoever has stopped waiting
	for range r.wake {
		var err error
		for more := true; more && err == nil; {
			more, err = r.w.step(ctx, false)
		}
		r.mu.Lock()
		flushes, closing := r.flushes, r.closing
		r.flushes = nil
		r.mu.Unlock()
		if closing {
			err = r.w.end(ctx) // whatever became of it: this is the last time
			r.closed = err
		}
		for _, done := range flushes {
			done <- r.w.still(err)
		}
		if closing {
			return
		}
	}
}

// still says what is not written although it was given.
func (w *writer) still(err error) error {
	if err == nil || w.r.config.Mode == Strict {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrMissing, err)
}

// end writes the last of a session.
func (w *writer) end(ctx context.Context) error {
	if w.r.config.Mode == Strict {
		w.r.mu.Lock()
		defer w.r.mu.Unlock()
		for _, q := range w.r.queue {
			q.done <- ErrClosed
		}
		w.r.queue = nil
		return nil
	}
	var err error
	for more := true; more && err == nil; { // what came while the last was written, or could not be
		more, err = w.step(ctx, false)
	}
	if err == nil {
		_, err = w.step(ctx, true)
	}
	if err != nil {
		s := w.r.Stats()
		return fmt.Errorf("%w: %d of this session are not in the log: %w", ErrMissing, s.Waiting+s.Missing, err)
	}
	return nil
}

// step makes one append of what waits, and reports whether there may be more.
func (w *writer) step(ctx context.Context, closes bool) (more bool, err error) {
	if w.doubtful != nil {
		g := w.doubtful
		if err := w.settle(ctx, g); err != nil {
			return false, err
		}
		return true, nil
	}
	g := w.take(closes)
	if g == nil {
		return false, nil
	}
	return true, w.settle(ctx, g)
}

// take takes as much of what waits as fits an append; nil if nothing does.
func (w *writer) take(closes bool) *group {
	r := w.r
	r.mu.Lock()
	defer r.mu.Unlock()
	g := &group{closes: closes}
	n, size := 0, 0
	for _, q := range r.queue {
		if n > 0 && (n+len(q.items) > mostRecords || size+q.size > mostBytes) {
			break
		}
		n, size = n+len(q.items), size+q.size
		q.taken = true
		g.requests = append(g.requests, q)
	}
	r.queue = r.queue[len(g.requests):]
	g.answers = n
	g.gaps, r.gaps = r.gaps, map[Reason]*Gap{}
	if n == 0 && len(g.gaps) == 0 && !closes {
		return nil
	}
	return g
}

// settle appends a group until it is known what became of it, and says so to
// those who wait. In the mode BestEffort a group that can't be written now waits
// on, and one that the log will never take becomes a gap.
func (w *writer) settle(ctx context.Context, g *group) error {
	err := w.append(ctx, g)
	r := w.r
	r.mu.Lock()
	defer r.mu.Unlock()
	strict := r.config.Mode == Strict
	r.failing = err
	switch {
	case err == nil:
		r.waiting -= g.answers
		r.recorded += g.answers
	case strict:
		r.waiting -= g.answers
	case w.doubtful != nil:
		return err
	case errors.Is(err, eventlog.ErrInvalid) || errors.Is(err, eventlog.ErrTooLarge) || errors.Is(err, eventlog.ErrDuplicate):
		now := calendar.Instant(r.config.Clock())
		for _, gap := range g.gaps {
			r.addGap(*gap)
		}
		if g.answers > 0 {
			r.waiting -= g.answers
			r.missing += g.answers
			r.addGap(Gap{From: now, To: now, Count: g.answers, Reason: Refused})
			return nil
		}
		return err
	default:
		for _, q := range g.requests {
			q.taken = false
		}
		r.queue = append(slices.Clone(g.requests), r.queue...)
		for _, gap := range g.gaps {
			r.addGap(*gap)
		}
		return err
	}
	for _, q := range g.requests {
		if q.done != nil {
			q.done <- err
		}
	}
	if strict {
		return nil // whoever waited has the error
	}
	return err
}

// attempts is how often an append is made whose outcome is not known, or that
// others were quicker than.
const attempts = 4

// append makes the append. An error leaves doubtful set if it is not known what
// became of it.
func (w *writer) append(ctx context.Context, g *group) (err error) {
	defer func() {
		if err != nil && w.r.config.Mode == Strict {
			w.doubtful = nil // nobody was given what it holds
		}
	}()
	for range attempts {
		if w.doubtful == nil {
			if err = w.prepare(ctx, g); err != nil {
				return err
			}
		}
		var head eventlog.Position
		head, err = w.r.config.Log.Append(ctx, g.at, g.records...)
		switch {
		case err == nil:
			w.doubtful = nil
			w.head, w.last, w.opened, w.looked = head, g.last, true, true
			return nil
		case errors.Is(err, eventlog.ErrDuplicate):
			w.doubtful, w.looked = nil, false
			return err
		case errors.Is(err, eventlog.ErrConflict), errors.Is(err, eventlog.ErrClock):
			w.doubtful, w.looked = nil, false // others were quicker
		case definite(err):
			return err
		default:
			w.doubtful, w.looked = g, false
		}
	}
	if w.doubtful != nil {
		return fmt.Errorf("it is not known whether it was recorded: %w", err)
	}
	return err
}

// definite reports whether the error says for certain that nothing was written.
func definite(err error) bool {
	for _, known := range []error{eventlog.ErrInvalid, eventlog.ErrTooLarge, eventlog.ErrReadOnly, eventlog.ErrClosed, eventlog.ErrFull} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// look finds the end of the log, and whose it is.
func (w *writer) look(ctx context.Context) error {
	log := w.r.config.Log
	head, err := log.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log of answers: %w", err)
	}
	w.head, w.last = head, time.Time{}
	if head > 0 {
		bound, err := BoundTo(ctx, log)
		if err != nil {
			return err
		}
		if want := w.r.config.Office; bound != want {
			return fmt.Errorf("%w: %s, founded by the record with hash %s, and this is %s, founded by %s", ErrOtherOffice, bound.Office, bound.Founding, want.Office, want.Founding)
		}
		for record, err := range log.Read(ctx, head-1) {
			if err != nil {
				return fmt.Errorf("read the last record of the log of answers: %w", err)
			}
			w.last = record.Recorded
			w.head, head = head, head+1 // there may be more by now
		}
	}
	w.looked = true
	return nil
}

// begin records that the session began.
func (w *writer) begin(ctx context.Context) error {
	err := w.append(ctx, &group{})
	if w.doubtful != nil {
		// What follows would have to wait for it, and it can begin again.
		w.doubtful, w.looked = nil, false
	}
	return err
}

// prepare makes the records of a group, at the end of the log.
func (w *writer) prepare(ctx context.Context, g *group) error {
	if !w.looked {
		if err := w.look(ctx); err != nil {
			return err
		}
	}
	g.at, g.last, g.records = w.head, w.last, g.records[:0:0]
	r := w.r
	own := domain.Of(domain.KindOffice, r.config.Office.Office).String()
	add := func(id domain.EventID, subject, typ string, at time.Time, rest []byte) error {
		data, err := encodeWith(typ, id, at, rest)
		if err != nil {
			return err
		}
		g.records = append(g.records, eventlog.Record{ID: eventlog.ID(id), Recorded: at, Subject: subject, Type: typ, Data: data})
		return nil
	}
	say := func(body Body) error {
		rest, err := encodeBody(body)
		if err != nil {
			return err
		}
		return add(r.config.NewID(), own, body.Type(), g.stamp(r), rest)
	}
	if w.head == 0 {
		if err := say(r.config.Office); err != nil {
			return err
		}
	}
	if !w.opened {
		if err := say(Opened{r.session, r.config.Mode, r.since}); err != nil {
			return err
		}
	}
	for _, q := range g.requests {
		at := g.stamp(r)
		for _, one := range q.items {
			if err := add(one.id, one.subject, typeAnswered, at, one.rest); err != nil {
				return err
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(g.gaps)) {
		if err := say(*g.gaps[reason]); err != nil {
			return err
		}
	}
	if g.closes {
		s := r.Stats()
		return say(Closed{r.session, s.Recorded + g.answers, s.Missing})
	}
	return nil
}

// stamp says when the next of a group is recorded: later than all before it.
func (g *group) stamp(r *Recorder) time.Time {
	now := calendar.Instant(r.config.Clock())
	if next := g.last.Add(time.Microsecond); now.Before(next) {
		now = next
	}
	g.last = now
	return now
}
