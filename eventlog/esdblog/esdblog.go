package esdblog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/comity-project/comity/eventlog"
)

// Options say how a log is opened. The zero value opens it for writing.
type Options struct {
	// ReadOnly lets nothing be written. The log then keeps no index of ids.
	ReadOnly bool
	// Patience is for how long a call is tried again while the cluster can't be
	// reached, and an append while its outcome is not known; ten seconds if zero.
	Patience time.Duration
	// Attempt is for how long one attempt of a call may take, and how long a subscription
	// may say nothing before the end of the log is compared with what it showed; five
	// seconds if zero.
	Attempt time.Duration
	// Notice, if not nil, is told in a few words what went wrong on the way and was
	// mended, or should be looked at. It holds no password. It may be called at any
	// time, by any goroutine.
	Notice func(text string)
}

// A Log is an event log in a stream of EventStoreDB, with its bodies beside it. It is
// safe for use by any number of goroutines, and other processes may use the same stream.
type Log struct {
	address  address
	stream   string
	options  Options
	readOnly bool
	patience time.Duration
	// attemptTime is for how long one attempt may take.
	attemptTime time.Duration

	leader *link // for what must be fresh
	tail   *link // for subscriptions, which a change of the leader would end
	owned  bool  // closing the log closes the links

	life context.Context // done when the log is closed
	die  context.CancelFunc
	ids  ids // of the records seen so far; unused if readOnly

	mu      sync.Mutex
	seen    eventlog.Position // mu; where the log ended, when it was looked at last
	line    []*write          // mu; waiting, in order
	chain   *write            // mu; the last that was enqueued
	waiting chan struct{}     // holds one thing when there is something in the line
	writer  sync.WaitGroup
}

var (
	_ eventlog.Pipeliner = (*Log)(nil)
	_ eventlog.Bodies    = (*Log)(nil)
)

// Open connects to the log at an address: a connection string of EventStoreDB, with the
// name of the stream as its path.
//
//	esdb://user:password@one:2113,two:2113,three:2113/ofm?tlsCAFile=ca.crt
//
// A stream that isn't there is an empty log. Errors: [eventlog.ErrUnavailable],
// [eventlog.ErrDenied], [eventlog.ErrCorrupt] for a stream whose beginning was cut off,
// or what is wrong with the address.
func Open(ctx context.Context, text string, o Options) (*Log, error) {
	a, err := parseAddress(text)
	if err != nil {
		return nil, err
	}
	config, err := a.configuration()
	if err != nil {
		return nil, err
	}
	leading := *config
	leading.NodePreference = esdb.NodePreferenceLeader
	l := begin(a, a.stream, o, newLink(leading, mostCalls), newLink(*config, mostSubscriptions))
	l.owned = true
	err = l.look(ctx)
	if err != nil {
		_ = l.Close() // there is nothing to lose yet
		return nil, fmt.Errorf("open %s: %w", l.Name(), err)
	}
	return l, nil
}

func begin(a address, stream string, o Options, leader, tail *link) *Log {
	l := &Log{address: a, stream: stream, options: o, readOnly: o.ReadOnly, patience: o.Patience, attemptTime: o.Attempt, leader: leader, tail: tail, waiting: make(chan struct{}, 1)}
	if l.patience <= 0 {
		l.patience = 10 * time.Second
	}
	if l.attemptTime <= 0 {
		l.attemptTime = 5 * time.Second
	}
	l.life, l.die = context.WithCancel(context.Background())
	l.writer.Go(l.write)
	return l
}

// Beside returns the log in the stream whose name is that of this one, a hyphen and
// another name. It uses the same connections, and ends with this one.
func (l *Log) Beside(name string) (*Log, error) {
	a := l.address
	a.stream = l.address.stream + "-" + name
	if !streams.MatchString(a.stream) {
		return nil, fmt.Errorf("%s: there can be no stream of this name", a.name())
	}
	return begin(a, a.stream, l.options, l.leader, l.tail), nil
}

// Name is the address of the log, without what is secret.
func (l *Log) Name() string { return l.address.name() }

// Close implements [eventlog.Log].
func (l *Log) Close() error {
	l.mu.Lock()
	l.die()
	l.mu.Unlock()
	l.writer.Wait()
	if l.owned {
		l.leader.close()
		l.tail.close()
	}
	return nil
}

func (l *Log) notice(format string, args ...any) {
	if l.options.Notice != nil {
		l.options.Notice(l.address.hush(fmt.Sprintf(format, args...)))
	}
}

// saw learns from a record that was read.
func (l *Log) saw(at eventlog.Position, r *eventlog.Record) {
	if !l.readOnly {
		l.ids.saw(at, r)
	}
}

// look finds out whether the log is there, and whether the server is told to throw
// away what is in it.
func (l *Log) look(ctx context.Context) error {
	head, err := l.head(ctx)
	if err != nil {
		return err
	}
	s, err := patiently(ctx, l, func(ctx context.Context) (settings, error) {
		return do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) (settings, error) {
			return settingsOf(ctx, c, l.stream)
		})
	})
	switch {
	case errors.Is(err, eventlog.ErrDenied):
		l.notice("%s: the metadata of the stream may not be read, so that it is not known whether the server throws records away: let the user read them ($mr)", l.Name())
		return nil
	case err != nil:
		return err
	}
	if before := s.Before; before != nil && *before >= math.MaxInt64 { // by which the server notes it
		return &eventlog.CorruptError{Reason: fmt.Sprintf("the stream %s was deleted on the server: restore a backup of the server, or copy the log to another stream", l.stream)}
	} else if before != nil && *before > 0 {
		return &eventlog.CorruptError{Reason: fmt.Sprintf("the server was told to throw away what is before revision %d of the stream %s ($tb), and ends at %d: take that setting back before a scavenge, or restore a backup", *before, l.stream, head)}
	}
	if s.MaxCount != nil || s.MaxAge != nil {
		l.notice("%s: the stream has $maxCount or $maxAge, by which the server throws records away: take it back at once", l.Name())
	}
	return nil
}
