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
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
)

// Semantics is the version of what the same log means. It is raised by hand when
// a change of the program changes an answer, and stands in every decision.
// testdata/semantics holds a digest of many answers for each version, and its test
// fails when answers change and the version does not.
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
	// Decisions records the answers that are given: those of Ask, Standing and
	// Card, and no analysis. Nil records none. It must be of this office.
	Decisions *decisions.Recorder
	// Progress, if not nil, is told while the log is replayed: how many records
	// of how many.
	Progress func(done, of domain.Position)
	// Phase, if not nil, is told in a few words what is done next when the office
	// is opened.
	Phase func(what string)
	// Snapshots and Roots, if both are given, let Open begin with a state that
	// was saved, once it is proved to be of this log. See [Engine.Freeze].
	Snapshots Snapshots
	Roots     Roots
}

// An Engine is an office at work. Its methods may be called by any number of
// goroutines.
type Engine struct {
	log    eventlog.Log
	bodies eventlog.Bodies
	clock  func() time.Time
	// library is shared by every state of the engine, and perhaps with others.
	library *projections.Library

	// decisions records what is answered; nil if nothing does.
	decisions *decisions.Recorder

	// Where snapshots are kept, and what they are held against; set at the start.
	snapshots Snapshots
	roots     Roots
	thawed    Thawed
	phases    func(what string)

	// rebuilding is held by whoever builds a second state.
	rebuilding sync.Mutex

	// slots bounds the submissions that are decided or wait for the disk.
	slots chan struct{}

	// root is what readers see: durable, whole commands only.
	root atomic.Pointer[projections.Root]
	// board keeps how everybody stands now, from what readers see.
	board atomic.Pointer[standing.Board]

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
	e.thaw(ctx)
	e.phase("reading the log")
	if err := e.catchUp(ctx, c.Progress); err != nil {
		return nil, err
	}
	if e.head == 0 {
		return nil, ErrNotFounded
	}
	if err := e.recordWith(ctx, c.Decisions); err != nil {
		return nil, err
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
	e := &Engine{log: c.Log, bodies: c.Bodies, clock: c.Clock, library: c.Library, slots: make(chan struct{}, mostInFlight), moved: make(chan struct{})}
	e.snapshots, e.roots, e.phases = c.Snapshots, c.Roots, c.Phase
	e.begin(projections.NewBuilder(c.Library))
	return e
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

// NewID makes up an id for what is kept beside the office's log.
func NewID() domain.EventID { return domain.EventID(newID()) }

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
