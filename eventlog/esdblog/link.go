package esdblog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	// mostCalls is how many calls run at once, with those that were given up and are
	// still on their way; and mostSubscriptions how many loops follow the log.
	mostCalls         = 64
	mostSubscriptions = 1024
	// mostOnOne is how many of them have one connection. The server carries a hundred, and
	// lets more wait without a word.
	mostOnOne = 90
)

// A link is a connection to the cluster, through a client that is replaced when it is
// of no use any more.
type link struct {
	config  *esdb.Configuration
	trouble *trouble
	slots   chan struct{} // bounds the calls

	mu     sync.Mutex
	now    *connection // mu; nil before the first call
	closed bool        // mu
}

// A connection is one client with those who use it. It may only be closed when nobody
// does: the client sends to a channel that Close closes.
type connection struct {
	client  *esdb.Client
	calls   int         // of the link's mu
	retired bool        // of the link's mu
	finding atomic.Bool // the client looks for a node
}

func newLink(config esdb.Configuration, calls int) *link {
	return &link{config: &config, trouble: &trouble{}, slots: make(chan struct{}, calls)}
}

// hear takes from what the client writes to its log whether it looks for a node. Nothing
// else tells.
func (c *connection) hear(format string) {
	switch {
	case strings.HasPrefix(format, "discovery attempt"), strings.HasPrefix(format, "Connecting to leader"):
		c.finding.Store(true)
	case strings.HasPrefix(format, "retrieved supported features"), strings.HasPrefix(format, "selected node '%s' doesn't support"), strings.HasPrefix(format, "successfully connected"):
		c.finding.Store(false)
	}
}

func (k *link) take() (*connection, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, errStopped
	}
	if k.now != nil && k.now.calls >= mostOnOne { // the last of those who use it closes it
		k.now.retired = true
		k.now = nil
	}
	if k.now == nil {
		c := &connection{}
		config := *k.config
		config.Logger = func(level esdb.LogLevel, format string, args ...any) {
			c.hear(format)
			k.trouble.hear(level, format, args...)
		}
		var err error
		if c.client, err = esdb.NewClient(&config); err != nil {
			return nil, err
		}
		k.now = c
	}
	k.now.calls++
	return k.now, nil
}

func (k *link) give(c *connection) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.calls--
	c.end()
}

// retire lets the next call begin with another client, if nobody did that already.
func (k *link) retire(c *connection) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now == c {
		k.now = nil
	}
	c.retired = true
	c.end()
}

// replace lets the next call begin with another client, unless the one that there is
// looks for a node.
func (k *link) replace() {
	if c := k.current(); c != nil && !c.finding.Load() {
		k.retire(c)
	}
}

// end closes a client that nobody uses and nobody will. The caller holds the link's mu.
func (c *connection) end() {
	if c.retired && c.calls == 0 && c.client != nil {
		_ = c.client.Close() // it has nothing to say
		c.client = nil
	}
}

func (k *link) close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	if c := k.current(); c != nil {
		k.retire(c)
	}
}

// current returns the connection that the next call will use, or nil.
func (k *link) current() *connection {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

// do makes one call of the client, which may take no notice of its context: when the
// context is done the call is left to itself. One that found its client dead lets the
// next begin with another.
func do[T any](ctx context.Context, k *link, call func(context.Context, *esdb.Client) (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case k.slots <- struct{}{}:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	c, err := k.take()
	if err != nil {
		<-k.slots
		return none, err
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if mad := recover(); mad != nil { // the client panics on content that it doesn't know
				r.err = fmt.Errorf("the client can't read what the server sent: %v", mad)
			}
			if dead(r.err) { // also if nobody waits for it any more
				k.retire(c)
			}
			k.give(c)
			<-k.slots
			done <- r
		}()
		r.value, r.err = call(ctx, c.client)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// dead reports whether a failure is that of a client which is of no use any more: it has
// given up looking for a node; or it holds to one that has gone while nothing was asked of
// it, which it does not notice by itself when it begins to read; or it is about to look for
// another node, upon which it would never close its connection to the last one; or a
// subscription was told there that another node leads, of which the client takes no notice.
func dead(err error) bool {
	kind := code(err)
	if kind < 0 { // that of a subscription
		return status.Code(err) == codes.Unavailable || status.Code(err) == codes.NotFound
	}
	return kind == esdb.ErrorCodeConnectionClosed || kind == esdb.ErrorUnavailable
}

// once makes one attempt, which may take the log's attempt time. If it takes longer, the
// client holds to a node that says nothing, and the next attempt begins with another;
// unless it looks for a node already, in which no other would be quicker.
func once[T any](ctx context.Context, l *Log, call func(context.Context) (T, error)) (T, error) {
	one, stop := context.WithTimeout(ctx, l.attemptTime)
	defer stop()
	used := l.leader.current()
	value, err := call(one)
	if err != nil && used != nil && one.Err() != nil && ctx.Err() == nil && !used.finding.Load() {
		l.leader.retire(used)
	}
	return value, err
}

// code is what kind of failure the client reports; none that it has for nil, and for
// what is not the client's.
func code(err error) esdb.ErrorCode {
	var of *esdb.Error
	if errors.As(err, &of) {
		return of.Code()
	}
	return -1
}

// leading asks for the leader: another node forwards what is written, and shows what it
// has got so far. The client's own option is never sent.
func leading(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// pause waits before an attempt, longer each time and never quite as long as others
// do. It reports whether there is still time.
func pause(ctx context.Context, attempt int) bool {
	longest := min(20*time.Millisecond<<min(attempt, 10), 2*time.Second)
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
