package esdbtest

import (
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A subscription that has caught up may be so many events behind. Beyond that it
// reads from disk again, and has caught up once more afterwards.
const liveBuffer = 32

// batch is how many events a subscription takes at once.
const batch = 64

// A subscription is one that goes on now.
type subscription struct {
	stream string
	drop   chan error // what it ends with
	next   int64      // the next revision, or the next place in all
	filter *filter
}

// DropSubscriptions ends all subscriptions of a stream, "$all" for all and "" for
// every one there is, with an error of package status or, for nil, as if all were
// well. It returns how many there were.
func (c *Cluster) DropSubscriptions(stream string, err error) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	dropped := 0
	for s := range c.subs {
		if stream == "" || stream == s.stream {
			select {
			case s.drop <- err:
				dropped++
			default:
			}
		}
	}
	return dropped
}

// SlowConsumer is what a server before 24.2 ends a subscription with whose
// client does not keep up.
var SlowConsumer = status.Error(codes.Aborted, "Operation timed out: Consumer too slow to handle event while live. Client resubscription required.")

// old says that the nodes are to behave as they did before version 24.
func (c *Cluster) old() bool {
	major, err := strconv.Atoi(strings.SplitN(c.version, ".", 2)[0])
	return err == nil && major < 24
}

func (n *node) subscribe(o *streams.ReadReq_Options, to *sender) error {
	sub := &subscription{stream: to.stream, drop: make(chan error, 1)}
	var err error
	if sub.filter, err = newFilter(o.GetFilter()); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	n.c.mu.Lock()
	v := n.view()
	a := v.look(to.stream)
	n.c.subs[sub] = true
	n.c.counts.Subscribed++
	n.c.mu.Unlock()
	defer n.c.count(func(counts *Counts) { counts.Subscribed--; delete(n.c.subs, sub) })
	sub.next = start(o, v, a)
	id := newID()
	err = to.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: hex.EncodeToString(id[:])},
	}})
	if err != nil {
		return err
	}
	if err := to.due(); err != nil {
		return ended(err)
	}
	return ended(n.follow(sub, to, a.missing()))
}

// start is where a subscription begins: behind what the client has.
func start(o *streams.ReadReq_Options, v view, a at) int64 {
	if s := o.GetStream(); s != nil {
		switch {
		case s.GetStart() != nil:
			return 0
		case s.GetEnd() != nil:
			return a.cur + 1
		default:
			return revision(s.GetRevision()) + 1
		}
	}
	switch {
	case o.GetAll().GetStart() != nil:
		return 0
	case o.GetAll().GetEnd() != nil:
		return int64(v.n)
	default:
		position := o.GetAll().GetPosition().GetCommitPosition()
		if position == math.MaxUint64 {
			return int64(v.n)
		}
		return int64(placeIn(v.s.all[:v.n], position+1))
	}
}

// follow sends what there is and what comes, until somebody has had enough.
func (n *node) follow(sub *subscription, to *sender, silent bool) error {
	ctx := to.call.Context()
	silent = silent && n.c.old()
	live := false
	for {
		n.c.mu.Lock()
		events, pending, gone := sub.take(n.view())
		changed := n.c.changed
		n.c.mu.Unlock()
		if gone != nil { // whoever is live is shown the tombstone first
			if live && gone.tombstone != nil {
				if err := to.event(*gone.tombstone); err != nil {
					return err
				}
			}
			return streamDeleted(ctx, to.stream)
		}
		if live && pending > liveBuffer {
			if n.c.old() {
				return SlowConsumer
			}
			live = false
		}
		if to.misplaced != nil && !live && len(events) > 0 {
			return to.misplaced
		}
		silent = silent && len(events) == 0
		for _, e := range events {
			if err := sub.send(e, to); err != nil {
				return err
			}
		}
		select {
		case err := <-sub.drop:
			return err
		default:
		}
		if len(events) > 0 {
			continue
		}
		if !live {
			live = true
			if !silent {
				if err := sub.caughtUp(to); err != nil {
					return err
				}
			}
		}
		select {
		case <-changed:
		case err := <-sub.drop:
			return err
		case <-ctx.Done():
			return over(ctx)
		}
	}
}

// take returns the next events of a subscription and how many there are in all,
// or the stream if it has ended for ever. The cluster's lock must be held.
func (sub *subscription) take(v view) (events []*Event, pending int, gone *at) {
	if sub.stream == all {
		rest := v.s.all[min(int(sub.next), v.n):v.n]
		events = rest[:min(len(rest), batch)]
		sub.next += int64(len(events))
		return events, len(rest), nil
	}
	a := v.look(sub.stream)
	if a.tombstoned {
		return nil, 0, &a
	}
	rest := a.forwards(sub.next)
	for _, e := range rest[:min(len(rest), batch)] {
		if a.meta.shows(e.Event, a.cur, now()) {
			events = append(events, e.Event)
		}
		sub.next = int64(e.Revision) + 1
	}
	return events, len(rest), nil
}

func (sub *subscription) send(e *Event, to *sender) error {
	if sub.filter == nil {
		return to.event(*e)
	}
	if sub.filter.shows(e) {
		if err := to.event(*e); err != nil {
			return err
		}
	}
	sub.filter.last = e.Position
	if sub.filter.seen++; sub.filter.seen%sub.filter.every == 0 {
		return to.checkpoint(e.Position)
	}
	return nil
}

func (sub *subscription) caughtUp(to *sender) error {
	if sub.filter != nil && sub.filter.seen > 0 {
		if err := to.checkpoint(sub.filter.last); err != nil {
			return err
		}
	}
	return to.caughtUp()
}

// A filter shows some of all events, and says from time to time how far it is.
type filter struct {
	shows func(*Event) bool
	every int // events between two checkpoints
	seen  int
	last  uint64 // position of the last event seen
}

func newFilter(o *streams.ReadReq_Options_FilterOptions) (*filter, error) {
	if o == nil {
		return nil, nil
	}
	by, text := o.GetEventType(), func(e *Event) string { return e.Type }
	if by == nil {
		by, text = o.GetStreamIdentifier(), func(e *Event) string { return e.Stream }
	}
	every := max(1, int(o.GetCheckpointIntervalMultiplier())) * max(1, int(o.GetMax()))
	if by.GetRegex() == "" {
		return &filter{every: every, shows: func(e *Event) bool {
			return slices.ContainsFunc(by.GetPrefix(), func(p string) bool { return strings.HasPrefix(text(e), p) })
		}}, nil
	}
	pattern, err := regexp.Compile(by.GetRegex())
	if err != nil {
		return nil, fmt.Errorf("filter of a subscription: %w", err)
	}
	return &filter{every: every, shows: func(e *Event) bool { return pattern.MatchString(text(e)) }}, nil
}
