package esdblog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/comity-project/comity/eventlog"
)

const (
	// ahead is how many events a subscription holds that nobody has taken yet. The server
	// drops those who are slower than that, and they subscribe again.
	ahead = 256
	// mostOdd is how many times in a row a subscription may show another event than the
	// next one before that is taken for the truth.
	mostOdd = 3
)

// Follow implements [eventlog.Log]. It subscribes to the stream at the leader, unless the
// address prefers another node, and again from the last record that it yielded when the subscription ends, or stops without a
// word. It ends only for the reasons that the contract names, and when the stream is
// damaged, deleted or denied.
func (l *Log) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		fail := func(err error) {
			yield(eventlog.Record{}, fmt.Errorf("follow %s from position %d: %w", l.Name(), from, err))
		}
		if _, err := l.reaches(ctx, from); err != nil {
			fail(err)
			return
		}
		if known, _ := l.ids.at(); known < from && !l.readOnly {
			l.writer.Go(func() { _ = l.learn(from) }) // so that the first append need not wait; it tries again
		}
		f := follower{log: l, next: from, yield: yield}
		for attempt := 0; ; attempt++ {
			before := f.next
			goOn, err := f.subscribed(ctx)
			if !goOn {
				return
			}
			from = f.next
			if usable := l.usable(ctx); usable != nil {
				fail(usable)
				return
			}
			if f.next > before {
				attempt = 0
			}
			meant, hopeless := l.meaning(err)
			if f.odd >= mostOdd {
				meant, hopeless = f.wrong, true
			}
			if hopeless {
				fail(meant)
				return
			}
			l.notice("the subscription to %s ended at position %d, and is made again: %v", l.Name(), f.next, meant)
			if !l.pause(ctx, attempt) {
				fail(errors.Join(l.usable(ctx)))
				return
			}
		}
	}
}

// A follower is one loop over a log as it grows.
type follower struct {
	log   *Log
	next  eventlog.Position // the record that is yielded next
	odd   int               // how many times in a row another came
	wrong error             // what was wrong then
	yield func(eventlog.Record, error) bool
}

// subscribed yields what one subscription shows, until it ends. It reports whether the
// loop goes on, and why the subscription ended.
func (f *follower) subscribed(ctx context.Context) (goOn bool, why error) {
	l := f.log
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(l.life, stop)()
	var after esdb.StreamPosition = esdb.Start{}
	if f.next > 0 {
		after = esdb.Revision(uint64(f.next) - 1)
	}
	events, err := f.open(ctx, after)
	if err != nil {
		return true, err
	}
	// Where nothing comes for so long, the end of the log is compared with what was shown.
	quiet := time.NewTicker(l.attemptTime)
	defer quiet.Stop()
	heard := true
	for {
		select {
		case e := <-events:
			if e.err != nil {
				return true, e.err
			}
			heard = true
			at := eventlog.Position(e.event.OriginalEvent().EventNumber)
			if at < f.next { // shown before
				continue
			}
			record, err := recordOf(e.event, f.next)
			if err != nil {
				f.odd, f.wrong = f.odd+1, err
				return true, fmt.Errorf("the subscription showed something else than record %d: %w", f.next, errors.New(err.Error()))
			}
			f.odd = 0
			l.saw(f.next, &record)
			if !f.yield(record, nil) {
				return false, nil
			}
			f.next++
		case <-quiet.C:
			if !heard {
				if head, err := l.head(ctx); err == nil && head > f.next {
					l.tail.replace()
					return true, fmt.Errorf("it said nothing for %s, and the log has grown to %d", l.attemptTime, head)
				}
			}
			heard = false
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
}

// An arrival is an event of a subscription, or why there are no more.
type arrival struct {
	event *esdb.ResolvedEvent
	err   error
}

// open subscribes. What arrives is put into the channel until ctx is done.
func (f *follower) open(ctx context.Context, after esdb.StreamPosition) (<-chan arrival, error) {
	l := f.log
	// The subscription lives as long as the context of the call that made it, so that
	// only the waiting for it has a limit.
	type made struct {
		subscription *esdb.Subscription
		err          error
	}
	first := make(chan made, 2) // whoever says it goes on, also when nobody waits any more
	arrivals := make(chan arrival, ahead)
	living, end := context.WithCancel(ctx)
	go func() {
		defer end()
		_, err := do(living, l.tail, func(ctx context.Context, c *esdb.Client) (struct{}, error) {
			if l.tail.config.NodePreference == esdb.NodePreferenceLeader {
				// A node that led, died and came back shows what it alone has until it follows
				// again, and then cuts that off. The leader shows nothing that can be lost.
				ctx = leading(ctx)
				if err := leads(ctx, c, l.stream); err != nil {
					first <- made{nil, err}
					return struct{}{}, err
				}
			}
			s, err := c.SubscribeToStream(ctx, l.stream, esdb.SubscribeToStreamOptions{From: after})
			first <- made{s, err}
			if err != nil {
				return struct{}{}, err
			}
			defer func() { _ = s.Close() }() // it has nothing to say
			for {
				e := s.Recv()
				switch {
				case e.SubscriptionDropped != nil:
					return struct{}{}, dropped(e.SubscriptionDropped.Error)
				case e.EventAppeared == nil: // caught up, fell behind, a checkpoint: as often as it likes
					continue
				case e.EventAppeared.OriginalEvent() == nil:
					return struct{}{}, errors.New("the server sent an event without content")
				}
				select {
				case arrivals <- arrival{event: e.EventAppeared}:
				case <-ctx.Done():
					return struct{}{}, ctx.Err()
				}
			}
		})
		select {
		case first <- made{nil, err}: // it never came so far
		default:
		}
		select {
		case arrivals <- arrival{err: errors.Join(errEnded, err)}:
		case <-ctx.Done():
		}
	}()
	timer := time.NewTimer(2 * l.attemptTime)
	defer timer.Stop()
	select {
	case m := <-first:
		return arrivals, m.err
	case <-timer.C:
		end()
		l.tail.replace()
		return nil, context.DeadlineExceeded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// leads returns nil if the node that a client is connected to leads. A client that is told
// who does goes there.
func leads(ctx context.Context, c *esdb.Client, stream string) error {
	events, err := c.ReadStream(ctx, stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}, RequiresLeader: true}, 1)
	if err != nil {
		return err
	}
	defer events.Close()
	if _, err = events.Recv(); errors.Is(err, io.EOF) || code(err) == esdb.ErrorCodeResourceNotFound {
		return nil
	}
	return err
}

var errEnded = errors.New("the subscription ended")

// dropped is why the server ended a subscription. The client gives no reason where the
// connection was simply closed.
func dropped(err error) error {
	if err == nil {
		return errEnded
	}
	return err
}
