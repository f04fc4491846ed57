package esdblog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comity-project/comity/eventlog"
)

// A write is an append that waits for its turn.
type write struct {
	ctx      context.Context // that of the caller; nil for one that is not taken back
	after    *write          // it counts on the records of this one, or nil
	expected eventlog.Position
	records  []eventlog.Record
	done     chan struct{} // closed when at and err are set
	at       eventlog.Position
	err      error
}

func (w *write) end() eventlog.Position { return w.expected + eventlog.Position(len(w.records)) }

// Append implements [eventlog.Log]. An append whose outcome is not known is made again
// for as long as the log's patience lasts; then the error matches
// [eventlog.ErrUnavailable].
func (l *Log) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	w := &write{ctx: ctx, expected: expected, records: records}
	if err := l.enter(w, false); err != nil {
		return 0, fmt.Errorf("append to %s at position %d: %w", l.Name(), expected, err)
	}
	select {
	case <-w.done:
		return w.at, w.err
	case <-ctx.Done():
		return 0, fmt.Errorf("append to %s at position %d: %w", l.Name(), expected, ctx.Err())
	}
}

// Enqueue implements [eventlog.Pipeliner]. What waits together is sent together. An
// append that begins where the one enqueued before it ends counts on its records, and
// fails with it, also if another process has put as many others in their place.
func (l *Log) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	w := &write{expected: expected, records: records}
	if err := l.enter(w, true); err != nil {
		err = fmt.Errorf("append to %s at position %d: %w", l.Name(), expected, err)
		return func(context.Context) (eventlog.Position, error) { return 0, err }
	}
	return func(ctx context.Context) (eventlog.Position, error) {
		select {
		case <-w.done:
			return w.at, w.err
		case <-ctx.Done():
			return 0, fmt.Errorf("append to %s at position %d: %w", l.Name(), expected, ctx.Err())
		}
	}
}

// enter puts a write in line.
func (l *Log) enter(w *write, chained bool) error {
	if w.ctx != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	w.done = make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.life.Err() != nil { // nobody looks at the line any more
		return eventlog.ErrClosed
	}
	if chained {
		if l.chain != nil && l.chain.end() == w.expected {
			w.after = l.chain
		}
		l.chain = w
	}
	l.line = append(l.line, w)
	select {
	case l.waiting <- struct{}{}:
	default:
	}
	return nil
}

// write takes from the line what waits, until the log is closed.
func (l *Log) write() {
	for {
		select {
		case <-l.waiting:
		case <-l.life.Done():
		}
		closed := l.life.Err() != nil // before the line is emptied for the last time
		for {
			l.mu.Lock()
			line := l.line
			l.line = nil
			l.mu.Unlock()
			if len(line) == 0 {
				break
			}
			for len(line) > 0 {
				line = line[l.next(line):]
			}
		}
		if closed {
			return
		}
	}
}

// next settles what stands at the beginning of the line, as much as one call takes, and
// returns how many writes that were.
func (l *Log) next(line []*write) int {
	first := line[0]
	if err := l.refused(first); err != nil {
		first.settle(l, 0, err)
		return 1
	}
	group, bytes := first.records, weigh(first.records)
	n := 1
	for n < len(line) {
		w := line[n]
		more := weigh(w.records)
		if w.expected != line[n-1].end() || w.after != nil && w.after != line[n-1] || bytes+more > mostBytes ||
			len(group)+len(w.records) > eventlog.MaxRecords || l.refused(w) != nil || !follows(line[n-1], w) {
			break
		}
		group = append(group[:len(group):len(group)], w.records...)
		bytes += more
		n++
	}
	if n == 1 {
		at, err := l.append(first.expected, first.records)
		first.settle(l, at, err)
		return 1
	}
	_, err := l.append(first.expected, group)
	if eventlog.Definite(err) { // one of them can't be, and the others may: each by itself
		at, err := l.append(first.expected, first.records)
		first.settle(l, at, err)
		return 1
	}
	for _, w := range line[:n] {
		w.settle(l, w.end(), err)
	}
	return n
}

// follows reports whether two writes may be one: all that is checked of an append holds
// for them together.
func follows(a, b *write) bool {
	return !b.records[0].Recorded.Before(a.records[len(a.records)-1].Recorded)
}

// refused reports what is wrong with a write before it is sent.
func (l *Log) refused(w *write) error {
	switch {
	case l.life.Err() != nil:
		return eventlog.ErrClosed
	case w.ctx != nil && w.ctx.Err() != nil:
		return w.ctx.Err()
	case l.readOnly:
		return eventlog.ErrReadOnly
	}
	if w.after != nil {
		select {
		case <-w.after.done:
			if w.after.err != nil {
				return fmt.Errorf("%w: the append before it failed", eventlog.ErrConflict)
			}
		default: // it stands before this one in the same group
		}
	}
	if err := eventlog.CheckAppend(w.records...); err != nil {
		return err
	}
	if n := weigh(w.records); n > mostBytes {
		return fmt.Errorf("%w: %d bytes with their metadata, and the server takes %d in one append", eventlog.ErrTooLarge, n, mostBytes)
	}
	return nil
}

func weigh(records []eventlog.Record) int {
	n := 0
	for i := range records {
		n += len(records[i].Data) + 2*len(records[i].Type) + eachOverhead + noteBytes(&records[i])
	}
	return n
}

func (w *write) settle(l *Log, at eventlog.Position, err error) {
	if err != nil {
		at, err = 0, fmt.Errorf("append to %s at position %d: %w", l.Name(), w.expected, err)
	}
	w.at, w.err, w.after = at, err, nil
	close(w.done)
}

// errAgain lets an append be decided anew after what was found.
var errAgain = errors.New("the server refuses a place at which nothing is")

// append makes one append: it finds out what the log holds, sends the records if they
// may be sent, and goes on until the outcome is known or patience ends.
func (l *Log) append(expected eventlog.Position, records []eventlog.Record) (eventlog.Position, error) {
	if err := l.learn(expected); err != nil {
		return 0, err
	}
	events := make([]esdb.EventData, len(records))
	for i := range records {
		var err error
		if events[i], err = eventOf(&records[i]); err != nil {
			return 0, fmt.Errorf("%w: %w", eventlog.ErrInvalid, err)
		}
	}
	open := false // an attempt may have written them
	cuts := 0     // how many times in a row the server ended it before it was sent
	within, stop := context.WithTimeout(l.life, l.patience)
	defer stop()
	for attempt := 0; ; attempt++ {
		at, settled, err := l.attempt(within, expected, records, events, &open)
		if settled {
			return at, err
		}
		if cutOff(err) {
			cuts++
		} else {
			cuts = 0
		}
		meant, hopeless := l.meaning(err)
		if cuts == mostCuts {
			meant, hopeless = fmt.Errorf("%w: the server ends the append before it is sent, again and again: its MaxAppendSize must be 1 MiB, as it is unless set", eventlog.ErrTooLarge), true
		}
		if hopeless && !open {
			return 0, meant
		}
		if hopeless || !l.pause(within, attempt) {
			if l.life.Err() != nil {
				return 0, fmt.Errorf("the log was closed before the outcome was known: %v", meant) //nolint:errorlint // it may be there
			}
			return 0, l.unavailable(meant)
		}
		if attempt == 0 {
			l.notice("an append to %s at position %d is made again: %v", l.Name(), expected, meant)
		}
	}
}

// attempt looks at what the log holds, and sends the records if they may be sent. It
// reports whether the outcome is known.
func (l *Log) attempt(ctx context.Context, expected eventlog.Position, records []eventlog.Record, events []esdb.EventData, open *bool) (at eventlog.Position, settled bool, err error) {
	end, last := l.ids.at()
	switch {
	case end != expected:
		return l.compare(ctx, expected, records, false)
	case end+eventlog.Position(len(records)) > mostRecords:
		return 0, true, fmt.Errorf("%w: the log holds as many records as this driver writes to", eventlog.ErrTooLarge)
	}
	if err := l.duplicate(ctx, records); err != nil {
		return 0, errors.Is(err, eventlog.ErrDuplicate), err
	}
	if records[0].Recorded.Before(last) {
		// Another process may have appended since, and then the position is what is wrong.
		if err := l.learnNew(ctx); err != nil {
			return 0, false, err
		}
		if now, _ := l.ids.at(); now != end {
			return 0, false, errAgain
		}
		return 0, true, fmt.Errorf("%w: %v is before %v", eventlog.ErrClock, records[0].Recorded, last)
	}
	var revision esdb.ExpectedRevision = esdb.NoStream{}
	if expected > 0 {
		revision = esdb.Revision(uint64(expected) - 1)
	}
	result, err := once(ctx, l, func(ctx context.Context) (*esdb.WriteResult, error) {
		return do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) (*esdb.WriteResult, error) {
			return send(ctx, c, l.stream, revision, events...)
		})
	})
	switch {
	case err == nil && result.CommitPosition == 0:
		// The client makes that of an answer that it doesn't know, and of one to an append
		// made again. What is written is seen.
		*open = true
		return l.compare(ctx, expected, records, true)
	case err == nil && eventlog.Position(result.NextExpectedVersion)+1 != expected+eventlog.Position(len(records)):
		return 0, true, &eventlog.CorruptError{At: expected, Reason: fmt.Sprintf("the server wrote the records up to revision %d of %s: the stream was deleted and its numbers go on", result.NextExpectedVersion, l.stream)}
	case err == nil:
		// The server knows an append that is made again by its ids alone. What lies there
		// may be another's with the same ids and other content.
		return l.compare(ctx, expected, records, true)
	case code(err) == esdb.ErrorCodeWrongExpectedVersion:
		return l.compare(ctx, expected, records, false)
	}
	if cut := (*unsentError)(nil); !refusal(err) && !errors.As(err, &cut) {
		*open = true
	}
	return 0, false, err
}

// refusals are the kinds of failure by which the server says that it did not write.
var refusals = []esdb.ErrorCode{
	esdb.ErrorCodeNotLeader, esdb.ErrorCodeAccessDenied, esdb.ErrorCodeUnauthenticated, esdb.ErrorCodeStreamDeleted,
	esdb.ErrorCodeUnsupportedFeature,
}

func refusal(err error) bool {
	return slices.Contains(refusals, code(err)) || status.Code(err) == codes.InvalidArgument
}

// compare settles an append by what the log holds at its place and elsewhere. If the
// server says that it is written, it needs only be seen.
func (l *Log) compare(ctx context.Context, expected eventlog.Position, records []eventlog.Record, written bool) (at eventlog.Position, settled bool, err error) {
	after := expected + eventlog.Position(len(records))
	if written {
		if same, err := l.holds(ctx, expected, records); err != nil || same {
			return after, same, err
		}
	}
	if err := l.learnNew(ctx); err != nil {
		return 0, false, err
	}
	end, _ := l.ids.at()
	if !written && after > expected && after <= end {
		if same, err := l.holds(ctx, expected, records); err != nil || same {
			return after, same, err
		}
	}
	if err := l.duplicate(ctx, records); err != nil {
		return 0, errors.Is(err, eventlog.ErrDuplicate), err
	}
	if expected == end { // the place is free, or was not seen yet
		return 0, false, errAgain
	}
	return 0, true, fmt.Errorf("%w: it is at %d", eventlog.ErrConflict, end)
}

// holds reports whether exactly these records lie at a position.
func (l *Log) holds(ctx context.Context, at eventlog.Position, records []eventlog.Record) (bool, error) {
	for len(records) > 0 {
		have, err := l.onePage(ctx, at, len(records))
		if err != nil && code(err) != esdb.ErrorCodeResourceNotFound {
			return false, err
		}
		if len(have) == 0 {
			return false, nil
		}
		for i := range have {
			if !eventlog.Same(have[i], records[i]) {
				return false, nil
			}
		}
		at, records = at+eventlog.Position(len(have)), records[len(have):]
	}
	return true, nil
}

// duplicate returns an [eventlog.ErrDuplicate] if the id of one of the records is in the
// log already.
func (l *Log) duplicate(ctx context.Context, records []eventlog.Record) error {
	for i := range records {
		for _, at := range l.ids.perhaps(records[i].ID) {
			have, err := l.onePage(ctx, at, 1)
			if err != nil {
				return err
			}
			if len(have) > 0 && have[0].ID == records[i].ID {
				return fmt.Errorf("%w: %s at position %d", eventlog.ErrDuplicate, records[i].ID, at)
			}
		}
	}
	return nil
}

// learn reads the ids of the records that have not been seen, up to a position or the
// end of the log. It goes on, however long that takes, for as long as it gets ahead.
func (l *Log) learn(to eventlog.Position) error {
	for {
		end, _ := l.ids.at()
		if end >= to {
			return nil
		}
		head, err := l.head(l.life)
		if err != nil {
			return err
		}
		if head <= end {
			return nil
		}
		for _, err := range l.pages(l.life, end, head) {
			if err != nil {
				return err
			}
		}
	}
}

// learnNew reads what was appended since the log was looked at last.
func (l *Log) learnNew(ctx context.Context) error {
	for {
		end, _ := l.ids.at()
		records, err := l.onePage(ctx, end, pageRecords)
		switch {
		case code(err) == esdb.ErrorCodeResourceNotFound:
			return nil
		case err != nil || len(records) == 0:
			return err
		}
	}
}
