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
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
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
	"github.com/comity-project/comity/rules"
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
	// Oracle, if not nil, compares all that rules are evaluated to with what cel-go
	// makes of them: see [rules.Oracle]. A library that is given has its own.
	Oracle *rules.Oracle
	// Clock tells the time; nil is the system's.
	Clock func() time.Time
	// Decisions records the answers that are given: those of Ask, Standing and
	// Card, and no analysis. Nil records none. It must be of this office.
	Decisions *decisions.Recorder
	// Shadow, if not nil, decides what is asked once more with a draft, beside the
	// answer and after it. It must belong to no other engine.
	Shadow *Shadow
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
	// Chance spreads the pauses of commands that are decided again because others have
	// recorded first. It returns a number in [0, 1); nil is chance.
	Chance func() float64

	semantics int // that the program pretends to implement; 0 is Semantics. For tests.
}

// An Engine is an office at work. Its methods may be called by any number of
// goroutines.
type Engine struct {
	log    eventlog.Log
	bodies eventlog.Bodies
	clock  func() time.Time
	// library is shared by every state of the engine, and perhaps with others.
	library *projections.Library
	proved  sync.Map // of the hashes of an edition and its common one to the floors it goes below

	// decisions records what is answered; nil if nothing does.
	decisions *decisions.Recorder
	// shadow decides with a draft beside the law; nil if none does.
	shadow *Shadow

	// Where snapshots are kept, and what they are held against; set at the start.
	snapshots Snapshots
	roots     Roots
	thawed    Thawed
	phases    func(what string)

	// rebuilding is held by whoever builds a second state.
	rebuilding sync.Mutex

	// slots bounds the submissions that are decided or wait for the disk.
	slots chan struct{}
	// chance spreads the pauses of those who try again: in [0, 1).
	chance func() float64
	// semantics is the version that the program implements: [Semantics], but in tests.
	semantics int

	// halted says why the engine was halted; nil while it works. halting is closed then.
	halted  atomic.Pointer[haltedError]
	halting chan struct{}

	// root is what readers see: durable, whole commands only.
	root atomic.Pointer[projections.Root]
	// board keeps how everybody stands now, from what readers see.
	board atomic.Pointer[standing.Board]

	// era counts the times that speculation was discarded. A commit that was
	// decided in an earlier era must not move the root. It is written with mu held.
	era atomic.Int64
	// failures counts the times that the log could not be read to its end.
	failures atomic.Int64
	// conflicts counts the times that others recorded before a command could be.
	conflicts atomic.Uint64

	// mu guards the writer's side: what follows. Questions don't need it.
	mu gate
	// builder holds the speculative state, at head; it may be ahead of root by
	// what waits to become durable.
	builder *projections.Builder
	head    domain.Position
	last    time.Time // recorded time of the last record
	// unread is why the log could not be read to its end when that was tried last; nil
	// if it was. While it is set nothing is decided, but the log is tried again.
	unread error
	// tail is the last commit, on which the next one counts; nil if what it counts on is durable.
	tail *commit
	// moved is closed when the root moves or speculation is discarded.
	moved chan struct{}
	// shown is the same channel, for those who don't hold mu.
	shown atomic.Pointer[chan struct{}]
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
	if e.shadow = c.Shadow; e.shadow != nil {
		e.shadow.follow(e)
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
		c.Library.Oracle = c.Oracle
	}
	e := &Engine{
		log: c.Log, bodies: c.Bodies, clock: c.Clock, library: c.Library, chance: c.Chance, semantics: cmp.Or(c.semantics, Semantics),
		slots: make(chan struct{}, mostInFlight), halting: make(chan struct{}), mu: newGate(), moved: make(chan struct{}),
	}
	if e.chance == nil {
		e.chance = rand.Float64
	}
	moved := e.moved
	e.shown.Store(&moved)
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

// Moved returns a channel that is closed when the root moves on, or a little more often.
// Whoever waits for it takes the channel first, and looks at the root then.
func (e *Engine) Moved() <-chan struct{} { return *e.shown.Load() }

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
	return ulid.MustNew(ulid.Now(), cryptorand.Reader) // panics only if the system has no randomness
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
