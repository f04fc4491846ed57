package esdblog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comity-project/comity/eventlog"
)

const (
	firstRecords = 32      // read with the first call, since many want one or a few
	pageRecords  = 1000    // read with a call at most
	pageBytes    = 4 << 20 // after which a page ends
)

// Head implements [eventlog.Log]. It asks the leader.
func (l *Log) Head(ctx context.Context) (eventlog.Position, error) {
	head, err := l.head(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the end of %s: %w", l.Name(), err)
	}
	return head, nil
}

func (l *Log) head(ctx context.Context) (eventlog.Position, error) {
	return patiently(ctx, l, func(ctx context.Context) (eventlog.Position, error) {
		return do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) (eventlog.Position, error) {
			events, err := c.ReadStream(ctx, l.stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}, RequiresLeader: true}, 1)
			if err != nil {
				return 0, err
			}
			defer events.Close()
			e, err := events.Recv()
			switch {
			case errors.Is(err, io.EOF), code(err) == esdb.ErrorCodeResourceNotFound:
				return 0, l.neverShown(0)
			case err != nil:
				return 0, err
			case e == nil || e.Event == nil:
				return 0, errors.New("the server sent an event without content")
			}
			head := eventlog.Position(e.OriginalEvent().EventNumber) + 1
			return head, l.neverShown(head)
		})
	})
}

// reaches returns the end of the log, which must not lie before a position.
func (l *Log) reaches(ctx context.Context, from eventlog.Position) (eventlog.Position, error) {
	head, err := l.head(ctx)
	if err == nil && from > head {
		err = fmt.Errorf("%w: it ends at %d", eventlog.ErrPastEnd, head)
	}
	return head, err
}

// neverShown reports an error if less was found than was there before: a log only
// grows, so that a node which shows less is behind, or is another's.
func (l *Log) neverShown(head eventlog.Position) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if head < l.seen {
		return fmt.Errorf("the server says that the log ends at %d, and it had %d records before", head, l.seen)
	}
	l.seen = head
	return nil
}

// page reads some records from a position on, as the leader has them. It may return
// records and an error.
func (l *Log) page(ctx context.Context, from eventlog.Position, most int) ([]eventlog.Record, error) {
	type read struct {
		records []eventlog.Record
		err     error // of what follows the records
	}
	got, err := do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) (read, error) {
		events, err := c.ReadStream(ctx, l.stream, esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Revision(uint64(from)), RequiresLeader: true}, uint64(most))
		if err != nil {
			return read{}, err
		}
		defer events.Close()
		var r read
		for size := 0; len(r.records) < most && size < pageBytes; {
			e, err := events.Recv()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					r.err = err
				}
				break
			}
			at := from + eventlog.Position(len(r.records))
			record, err := recordOf(e, at)
			if err != nil {
				r.err = err
				break
			}
			r.records = append(r.records, record)
			size += len(record.Data)
		}
		if len(r.records) > 0 { // the rest is read again
			return r, nil
		}
		return r, r.err
	})
	for i := range got.records {
		l.saw(from+eventlog.Position(i), &got.records[i])
	}
	return got.records, err
}

// onePage reads some records, in one attempt.
func (l *Log) onePage(ctx context.Context, from eventlog.Position, most int) ([]eventlog.Record, error) {
	return once(ctx, l, func(ctx context.Context) ([]eventlog.Record, error) { return l.page(ctx, from, most) })
}

// pages reads the records from a position up to another, which the log has reached, in
// pieces that are handed over whole.
func (l *Log) pages(ctx context.Context, from, to eventlog.Position) iter.Seq2[[]eventlog.Record, error] {
	return func(yield func([]eventlog.Record, error) bool) {
		for most := firstRecords; from < to; most = min(4*most, pageRecords) {
			records, err := patiently(ctx, l, func(ctx context.Context) ([]eventlog.Record, error) {
				records, err := l.page(ctx, from, int(min(eventlog.Position(most), to-from)))
				if err == nil && len(records) == 0 || code(err) == esdb.ErrorCodeResourceNotFound {
					err = fmt.Errorf("the server shows nothing at %d, and the log ends at %d", from, to)
				}
				return records, err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			from += eventlog.Position(len(records))
			if !yield(records, nil) {
				return
			}
		}
	}
}

// Read implements [eventlog.Log]. It reads from the leader, some thousand records with
// one call.
func (l *Log) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		fail := func(err error) {
			yield(eventlog.Record{}, fmt.Errorf("read %s from position %d: %w", l.Name(), from, err))
		}
		head, err := l.reaches(ctx, from)
		if err != nil {
			fail(err)
			return
		}
		for records, err := range l.pages(ctx, from, head) {
			for i := 0; i < len(records) && err == nil; i++ {
				if !yield(records[i], nil) {
					return
				}
				from++
				err = l.usable(ctx)
			}
			if err != nil {
				fail(err)
				return
			}
		}
	}
}

// patiently makes a call again while the cluster may get well, for as long as the log's
// patience lasts. What it returns then matches [eventlog.ErrUnavailable].
func patiently[T any](ctx context.Context, l *Log, call func(context.Context) (T, error)) (T, error) {
	var none T
	within, stop := context.WithTimeout(ctx, l.patience)
	defer stop()
	for attempt := 0; ; attempt++ {
		if err := l.usable(ctx); err != nil {
			return none, err
		}
		value, err := once(within, l, call)
		if err == nil {
			return value, nil
		}
		if err := l.usable(ctx); err != nil {
			return none, err
		}
		err, hopeless := l.meaning(err)
		if hopeless {
			return none, err
		}
		if !l.pause(within, attempt) {
			if err := l.usable(ctx); err != nil {
				return none, err
			}
			return none, l.unavailable(err)
		}
	}
}

// usable reports why nothing can be asked of the log any more.
func (l *Log) usable(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.life.Err() != nil {
		return eventlog.ErrClosed
	}
	return nil
}

// pause waits before an attempt. It is cut short when the log is closed.
func (l *Log) pause(ctx context.Context, attempt int) bool {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(l.life, stop)()
	return pause(ctx, attempt)
}

// unavailable says that patience has ended, and over what. It matches nothing else: an
// append of which an attempt may have been made is not refused because the last was.
func (l *Log) unavailable(err error) error {
	last := ""
	if heard := l.leader.trouble.last(); heard != "" {
		last = "; the client says: " + l.address.hush(heard)
	}
	return fmt.Errorf("%w for %s: %v%s", eventlog.ErrUnavailable, l.patience.Round(time.Millisecond), err, last) //nolint:errorlint // see above
}

// meaning puts a failure in plain words, and says whether waiting is of no use.
func (l *Log) meaning(err error) (meant error, hopeless bool) {
	say := func(kind error, text string) error {
		return fmt.Errorf("%w: %s (%s)", kind, text, l.address.hush(err.Error()))
	}
	var corrupt *eventlog.CorruptError
	switch {
	case errors.As(err, &corrupt):
		return err, true
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", l.attemptTime), false
	case errors.Is(err, errStopped):
		return eventlog.ErrClosed, true
	}
	switch kind := code(err); {
	case kind == esdb.ErrorCodeUnauthenticated:
		return say(eventlog.ErrDenied, "the user or the password is wrong"), true
	case kind == esdb.ErrorCodeAccessDenied:
		return say(eventlog.ErrDenied, "the user may not do this on the stream "+l.stream+": its access list must let it read and write"), true
	case kind == esdb.ErrorCodeStreamDeleted, status.Code(err) == codes.FailedPrecondition: // to a subscription it comes without a kind
		return &eventlog.CorruptError{Reason: "the stream " + l.stream + " was deleted on the server: restore a backup of the server, or copy the log to another stream"}, true
	case kind == esdb.ErrorCodeUnsupportedFeature:
		return say(eventlog.ErrNotALog, "the server does not know this call: it is no EventStoreDB, or an old one"), true
	case status.Code(err) == codes.InvalidArgument:
		return say(eventlog.ErrTooLarge, "the server takes less in one append: its MaxAppendSize must be 1 MiB, as it is unless set"), true
	}
	return errors.New(l.address.hush(err.Error())), false
}
