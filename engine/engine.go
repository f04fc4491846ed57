// Package engine is the one door to an office: commands go in, answers come out.
//
// An [Engine] has one writer, which decides commands in turn, and any number of
// readers. The clock and new identifiers enter here and nowhere below: a question
// that does not say when it is asked for gets its times at this door, and they are
// written into the answer.
//
//	office, err := engine.Open(ctx, engine.Config{Log: log, Bodies: bodies})
//	receipt, err := office.Submit(ctx, command)
//	decision, err := office.Ask(ctx, engine.Question{Subject: "ana", Privilege: "imm.arrest"})
//
// What Submit acknowledges is durable, and is visible to every question asked
// after it returned; nothing is visible before it is durable.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
)

// Semantics is the version of what the same log means. It is raised by hand when
// a change of the program changes an answer, and stands in every decision.
const Semantics = 1

// A Config is what an engine works with.
type Config struct {
	Log    eventlog.Log
	Bodies eventlog.Bodies
	// Library keeps editions that were loaded; engines may share one, so that a
	// text that several offices publish is loaded once. Nil is one of its own.
	Library *projections.Library
	// Clock tells the time; nil is the system's.
	Clock func() time.Time
	// Progress, if not nil, is told while the log is replayed: how many records
	// of how many.
	Progress func(done, of domain.Position)
}

// An Engine is an office at work. Its methods may be called by any number of
// goroutines.
type Engine struct {
	log    eventlog.Log
	bodies eventlog.Bodies
	clock  func() time.Time
	// library is shared by every state of the engine, and perhaps with others.
	library *projections.Library

	// slots bounds the submissions that are decided or wait for the disk.
	slots chan struct{}

	// root is what readers see: durable, whole commands only.
	root atomic.Pointer[projections.Root]

	// mu guards the writer's side: what follows.
	mu sync.Mutex
	// builder holds the speculative state, at head; it may be ahead of root by
	// what waits to become durable.
	builder *projections.Builder
	head    domain.Position
	last    time.Time // recorded time of the last record
	// era counts the times that speculation was discarded. A commit that was
	// decided in an earlier era must not move the root.
	era int
	// moved is closed when the root moves or speculation is discarded.
	moved chan struct{}
}

// Open replays the log and returns the office at its head.
func Open(ctx context.Context, c Config) (*Engine, error) {
	e := newEngine(c)
	if err := e.replay(ctx, c.Progress); err != nil {
		return nil, err
	}
	if e.head == 0 {
		return nil, ErrNotFounded
	}
	return e, nil
}

// mostInFlight is how many submissions may wait to become durable. Each holds at
// most what one append may hold, and further ones wait for a slot.
const mostInFlight = 256

func newEngine(c Config) *Engine {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Library == nil {
		c.Library = projections.NewLibrary()
	}
	return &Engine{log: c.Log, bodies: c.Bodies, clock: c.Clock, library: c.Library, slots: make(chan struct{}, mostInFlight), moved: make(chan struct{})}
}

// replay builds the state from the log. The caller holds mu, or is alone.
func (e *Engine) replay(ctx context.Context, progress func(done, of domain.Position)) error {
	of, err := e.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	b := projections.NewBuilder(e.library)
	var at domain.Position
	var last time.Time
	for record, err := range e.log.Read(ctx, 0) {
		if err != nil {
			return fmt.Errorf("replay record %d: %w", at, err)
		}
		env, err := codec.Decode(record.Data)
		if err != nil {
			return fmt.Errorf("replay record %d: %w", at, err)
		}
		if err := e.apply(ctx, b, at, env); err != nil {
			return fmt.Errorf("replay record %d (%s of %s): %w", at, env.Type(), env.Subject, err)
		}
		at, last = at+1, env.Recorded
		if progress != nil && (at%8192 == 0 || at == domain.Position(of)) {
			progress(at, domain.Position(of))
		}
	}
	e.builder, e.head, e.last = b, at, last
	e.era++
	e.root.Store(b.Root(at))
	e.tell()
	return nil
}

// apply adds an event to the speculative state, and the text of an edition that
// it publishes to the library.
func (e *Engine) apply(ctx context.Context, b *projections.Builder, at domain.Position, env domain.Envelope) error {
	if hash, publishes := publishedHash(env.Event); publishes {
		if _, have := e.library.Bundle(hash); !have {
			bundle, err := e.text(ctx, hash)
			if err != nil {
				return fmt.Errorf("the text of edition %s: %w", hash, err)
			}
			e.library.Put(bundle)
		}
	}
	return b.Apply(at, env)
}

func publishedHash(e domain.Event) (string, bool) {
	if c, corrects := e.(domain.EventCorrected); corrects {
		e = c.Body
	}
	p, ok := e.(domain.RulesetPublished)
	return p.Hash, ok
}

// Root returns what is known at this moment. Everything asked of one root is
// answered from the same position.
func (e *Engine) Root() *projections.Root { return e.root.Load() }

// Position returns the position up to which answers can be given.
func (e *Engine) Position() domain.Position { return e.Root().Position() }

// Zone returns the office's time zone.
func (e *Engine) Zone() calendar.Zone { return e.Root().Zone() }

// Mode says whether the office is live or a history.
func (e *Engine) Mode() domain.Mode { return e.Root().Office().Mode }

// Now reads the office's clock.
func (e *Engine) Now() time.Time { return e.clock().UTC().Truncate(time.Microsecond) }

func newID() ulid.ULID {
	return ulid.MustNew(ulid.Now(), rand.Reader) // panics only if the system has no randomness
}

// A Receipt says what became of a submission.
type Receipt struct {
	// Position is the token: ask at least at this position to see it.
	Position domain.Position `json:"position"`
	// First is the position of the first event.
	First domain.Position `json:"first"`
	// Events are the ids, in order.
	Events []domain.EventID `json:"events"`
	// Recorded is when the log learned of the last of them.
	Recorded time.Time `json:"recorded"`
	// Repeated says that all of it was on record before, and nothing was done.
	Repeated bool `json:"repeated"`
}

var errRetry = errors.New("decide again")
