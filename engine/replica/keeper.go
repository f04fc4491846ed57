package replica

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// A Keeper publishes checkpoints of one replica and compares those of the others. Its
// fields are set before the first call.
type Keeper struct {
	// Checkpoints is the log that all replicas of the office share for it, and nothing
	// else is in.
	Checkpoints eventlog.Log
	// Roots is the Merkle tree over the records as this replica has read them.
	Roots engine.Roots
	// CatchUp, if not nil, brings the tree to the end of the log. It is called by Run and
	// Compare, once at a time; nobody else may grow the tree meanwhile. If it is nil,
	// somebody else keeps the tree there.
	CatchUp func(context.Context) error
	// Verify, if not nil, reads what the log has from one position to another again, and
	// holds it to the tree. It is asked before a checkpoint is published, about what came
	// since Compare, or Run if that was not called, and no checkpoint vouches for: a replica that was told something else
	// by the way than the log holds is to find that out by itself, and not to halt the
	// others. An error that matches [seal.ErrMismatch] halts the engine.
	Verify func(ctx context.Context, from, to domain.Position) error
	Engine *engine.Engine
	// Silent replicas compare and publish nothing, and nobody waits for them.
	Silent bool
	// Name is that of this replica: no two have the same. Program is its version.
	Name, Program string
	// Every is how many records there are between two checkpoints; 0 is 1,000. Sooner
	// than that one is published when nothing was recorded for Quiet, 0 is 5 seconds, or
	// when something was and none has come for six times as long.
	Every domain.Position
	Quiet time.Duration
	// Notice, if not nil, is told in a sentence what the operator should know. It is told
	// once until it is over.
	Notice func(string)
	// Clock tells when a checkpoint is recorded; nil is the system's.
	Clock func() time.Time

	mu    sync.Mutex
	stats Stats // mu

	catching sync.Mutex // CatchUp is called once at a time

	// Of Run, and its goroutine alone; of Compare before.
	old     eventlog.Position            // where the log of checkpoints ended at Compare
	begins  bool                         // Compare has found that
	next    eventlog.Position            // of the log of checkpoints: read up to there
	names   map[string]eventlog.Position // of replicas, and of the last that each published
	ballots map[domain.Position]*ballot
	order   []domain.Position // of the ballots, as they were begun
	session string            // tells this keeper from another of the same name
	present bool              // the log of checkpoints has it that this replica is there
	last    domain.Position   // the greatest of which there is a checkpoint and that the tree has reached
	begun   domain.Position   // where the engine was at first; of Compare before
	ahead   []seen            // checkpoints of positions that the tree has not reached, by position
	sealed  domain.Position   // where the engine was when the tree was last brought to the end
	told    map[string]bool   // what was noticed and is not over
	failed  time.Time         // when the log of checkpoints last failed
}

// Stats says what a keeper has done.
type Stats struct {
	Published, Compared int
	// Disputed is how many positions had two roots while this replica looked.
	Disputed int
	// Last is the greatest position at which this replica was found to agree with a
	// checkpoint, be it its own.
	Last domain.Position
	// Ahead is how many checkpoints are of positions that this replica has not reached.
	Ahead int
	// Damaged is how many records of the log of checkpoints can't be read, or are of
	// another office.
	Damaged int
	// Failures is how often the log of checkpoints could not be read or written, and
	// Failing why, if it can't now.
	Failures int
	Failing  error
}

// Stats says what was done until now.
func (k *Keeper) Stats() Stats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}

func (k *Keeper) count(f func(*Stats)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f(&k.stats)
}

// A seen checkpoint is one of the log.
type seen struct {
	Checkpoint
	at eventlog.Position
}

// newest is how many checkpoints Compare looks at.
const newest = 256

// Compare holds the newest checkpoints to the own tree, as far as it reaches, and returns
// how many. A replica calls it before it says that it is ready. If one differs, the
// engine is halted, and the error says why; it matches [engine.ErrHalted]. Other errors
// are those of reading: then nothing is known.
func (k *Keeper) Compare(ctx context.Context) (checked int, err error) {
	k.begun = k.Engine.Position()
	if err := k.catchUp(ctx); err != nil {
		return 0, fmt.Errorf("bring the seal to the end of the log: %w", err)
	}
	head, err := k.Checkpoints.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the end of the log of checkpoints: %w", err)
	}
	at := head - min(head, newest)
	k.old, k.begins = head, true
	for record, err := range k.Checkpoints.Read(ctx, at) {
		if err != nil {
			return checked, fmt.Errorf("read checkpoint %d: %w", at, err)
		}
		if c, err := k.parse(record, at); err == nil {
			b, err := k.hold(ctx, c)
			if err != nil {
				return checked, err
			}
			if b != nil {
				checked++
			}
		}
		at++
	}
	defer func() { k.ballots, k.order = nil, nil }()
	for _, at := range k.order {
		if k.ballots[at].begin(k.Name) == lost {
			k.Engine.Halt(k.fork(k.ballots[at]))
			return checked, k.Engine.Halted()
		}
	}
	return checked, nil
}

// catchUp brings the tree to the end of the log.
func (k *Keeper) catchUp(ctx context.Context) error {
	if k.CatchUp == nil {
		return nil
	}
	k.catching.Lock()
	defer k.catching.Unlock()
	return k.CatchUp(ctx)
}

func (k *Keeper) parse(record eventlog.Record, at eventlog.Position) (seen, error) {
	c, err := parse(record.Data)
	if own := k.Engine.Root().Office().ID; err == nil && c.Office != own {
		err = fmt.Errorf("it is of the office %s, and this is %s", c.Office, own)
	}
	return seen{c, at}, err
}

// hold compares one checkpoint with the own tree, and puts it on the ballot of its
// position. It returns no ballot while the tree has not reached that.
func (k *Keeper) hold(ctx context.Context, c seen) (*ballot, error) {
	if c.Position == 0 {
		return nil, nil //nolint:nilnil // it says nothing of the log
	}
	own, err := k.Roots.Root(ctx, eventlog.Position(c.Position))
	switch {
	case errors.Is(err, seal.ErrNotSealed):
		return nil, nil //nolint:nilnil // it is compared when it is reached
	case err != nil:
		return nil, fmt.Errorf("the root at position %d: %w", c.Position, err)
	}
	b := k.ballot(c.Position, own)
	b.put(c)
	if own == c.Root {
		k.count(func(s *Stats) { s.Compared++; s.Last = max(s.Last, c.Position) })
	}
	return b, nil
}

// How long Run waits between two looks at the log, and after an error.
const (
	look  = time.Second
	again = 2 * time.Second
	// patience is for how long nothing may have failed until it is said to be over.
	patience = 30 * time.Second
	// mostQuiets is for how many times Quiet no checkpoint may come while something is
	// recorded all the time: for so long a replica that was told something else than the
	// others answers by it.
	mostQuiets = 6
)

// Run publishes and compares until the context is done or the engine is halted, and
// returns why. Everything else it says by Notice, and goes on.
func (k *Keeper) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k.told, k.begun = map[string]bool{}, cmp.Or(k.begun, k.Engine.Position())
	k.names, k.session = map[string]eventlog.Position{}, rand.Text()
	incoming := make(chan eventlog.Record)
	broken := make(chan error, 1)
	var following sync.WaitGroup
	defer following.Wait()
	defer cancel()
	following.Go(func() { k.follow(ctx, incoming, broken) })
	tick := time.NewTicker(look)
	defer tick.Stop()
	at, since := k.Engine.Position(), time.Now() // the root does not move since then
	last, told := k.last, time.Now()             // nor is there a newer checkpoint
	for {
		select {
		case record := <-incoming:
			k.take(ctx, record)
			k.disputes(ctx)
		case err := <-broken:
			k.failing(err)
		case <-tick.C:
			if now := k.Engine.Position(); now != at {
				at, since = now, time.Now()
			}
			if k.last != last {
				last, told = k.last, time.Now()
			}
			k.round(ctx, at, time.Since(since) >= k.quiet(), time.Since(told) >= mostQuiets*k.quiet())
		case <-k.Engine.Halting():
			k.notice("fork", k.Engine.Halted().Error())
			return k.Engine.Halted()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// follow reads the log of checkpoints from its beginning and goes along with it.
func (k *Keeper) follow(ctx context.Context, to chan<- eventlog.Record, broken chan<- error) {
	var next eventlog.Position
	for ctx.Err() == nil {
		for record, err := range k.Checkpoints.Follow(ctx, next) {
			if err != nil {
				select {
				case broken <- err:
				case <-ctx.Done():
				default: // the last one was not heard yet
				}
				break
			}
			select {
			case to <- record:
				next++
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

// mostAhead bounds the checkpoints that wait to be reached; of more the last are left
// out, since newer ones come.
const mostAhead = 10_000

// take looks at a checkpoint that was published.
func (k *Keeper) take(ctx context.Context, record eventlog.Record) {
	at := k.next
	k.next++
	c, err := k.parse(record, at)
	if err != nil {
		k.count(func(s *Stats) { s.Damaged++ })
		k.notice(fmt.Sprint("record ", at), fmt.Sprintf("record %d of the log of checkpoints is passed over: %v", at, err))
		return
	}
	switch {
	case c.Replica != k.Name:
	case c.Session == k.session:
		k.present = true
	case k.present: // and not somebody of that name who ran before
		k.notice("name", fmt.Sprintf("another replica that is called %s has published (checkpoint %d): give each a name of its own (serve.name), or others take them for one where roots differ", k.Name, at))
		c.Replica += " (another)"
	}
	k.names[c.Replica] = at
	if c.Position == 0 || k.reached(ctx, c) {
		return
	}
	if len(k.ahead) < mostAhead {
		i, _ := slices.BinarySearchFunc(k.ahead, c, func(a, b seen) int { return cmp.Compare(a.Position, b.Position) })
		k.ahead = slices.Insert(k.ahead, i, c)
	}
	k.count(func(s *Stats) { s.Ahead = len(k.ahead) })
}

// reached compares a checkpoint if the tree has reached it, and reports whether it has.
func (k *Keeper) reached(ctx context.Context, c seen) bool {
	b, err := k.hold(ctx, c)
	if err != nil {
		k.unsealed(err) // it is tried again
	}
	if b == nil {
		return false
	}
	k.last = max(k.last, c.Position)
	return true
}

// unsealed tells of a seal that can't be asked.
func (k *Keeper) unsealed(err error) {
	if !errors.Is(err, context.Canceled) {
		k.notice("seal", fmt.Sprintf("the seal can't be held to the checkpoints: %v", err))
	}
}

// round compares what the tree has reached by now, and publishes what is due.
func (k *Keeper) round(ctx context.Context, at domain.Position, quiet, overdue bool) {
	if at != k.sealed || len(k.ahead) > 0 {
		if err := k.catchUp(ctx); err != nil {
			k.unsealed(err)
		} else {
			k.sealed = at
			k.over("seal")
		}
	}
	for len(k.ahead) > 0 && k.reached(ctx, k.ahead[0]) { // else it has not reached the others either
		k.ahead = k.ahead[1:]
	}
	k.count(func(s *Stats) { s.Ahead = len(k.ahead) })
	if k.disputes(ctx); k.Engine.Halted() != nil {
		return
	}
	switch {
	case len(k.ahead) == 0:
		k.over("ahead")
	case quiet:
		c := k.ahead[0]
		k.notice("ahead", fmt.Sprintf("%s has published a checkpoint of position %d, and this replica is at %d and has seen nothing for a while: it is behind, or the log has lost what it had", c.Replica, c.Position, at))
	}
	if k.told["checkpoints"] && time.Since(k.failed) > patience {
		k.over("checkpoints")
		k.count(func(s *Stats) { s.Failing = nil })
		k.tell("checkpoints are published and compared again")
	}
	if !k.present && !k.Silent {
		k.append(ctx, Checkpoint{Comity: presence})
	}
	if due := k.due(at, quiet || overdue); due > 0 {
		k.publish(ctx, due)
	}
}

func (k *Keeper) quiet() time.Duration { return cmp.Or(k.Quiet, 5*time.Second) }

// due is the position of which a checkpoint is due; 0 if none is. All replicas choose
// the same positions, or at the end of the log much the same, so that one of them publishes
// for all.
func (k *Keeper) due(at domain.Position, now bool) domain.Position {
	every := cmp.Or(k.Every, 1000)
	if even := at - at%every; even > k.last {
		return even
	}
	if now && at > k.last {
		return at
	}
	return 0
}

// publish appends the checkpoint of a position, unless somebody was first: what they
// published comes by following.
func (k *Keeper) publish(ctx context.Context, at domain.Position) {
	if k.Silent {
		return
	}
	own, err := k.Roots.Root(ctx, eventlog.Position(at))
	if errors.Is(err, seal.ErrNotSealed) {
		return // it will be
	}
	if err != nil {
		k.unsealed(err)
		return
	}
	if err := k.verify(ctx, at); err != nil {
		k.unsealed(err)
		return
	}
	k.append(ctx, Checkpoint{Comity: kind, Position: at, Root: own})
}

// append appends what this replica has to say.
func (k *Keeper) append(ctx context.Context, c Checkpoint) {
	root := k.Engine.Root()
	c.Office, c.Replica, c.Program, c.Session = root.Office().ID, k.Name, k.Program, k.session
	c.Semantics, c.Adopted = engine.Semantics, root.View().Semantics()
	head, recorded, err := k.end(ctx)
	if err != nil {
		k.failing(err)
		return
	}
	if head != k.next {
		return // somebody has published, which is looked at first
	}
	record, err := c.record(head, recorded)
	if err == nil {
		_, err = k.Checkpoints.Append(ctx, head, record)
	}
	switch {
	case err == nil && c.Position > 0:
		k.count(func(s *Stats) { s.Published++ })
	case err == nil:
	case errors.Is(err, eventlog.ErrConflict):
		// somebody was first
	default: // it is there or not: the next look finds out
		k.failing(err)
	}
}

// verify makes sure that the log has what this replica was told of it until a position.
func (k *Keeper) verify(ctx context.Context, at domain.Position) error {
	from := max(k.last, k.begun)
	if k.Verify == nil || from >= at {
		return nil
	}
	err := k.Verify(ctx, from, at)
	if errors.Is(err, seal.ErrMismatch) {
		k.Engine.Halt(fmt.Errorf("what it was told as the log grew is not what the log holds: %w", err))
		return k.Engine.Halted()
	}
	return err
}

// end returns the end of the log of checkpoints, and when one that comes there is
// recorded: not before the last.
func (k *Keeper) end(ctx context.Context) (eventlog.Position, time.Time, error) {
	now := time.Now()
	if k.Clock != nil {
		now = k.Clock()
	}
	head, err := k.Checkpoints.Head(ctx)
	if err != nil || head == 0 {
		return head, now, err
	}
	for last, err := range k.Checkpoints.Read(ctx, head-1) {
		if err != nil {
			return head, now, err
		}
		if last.Recorded.After(now) {
			now = last.Recorded
		}
		break
	}
	return head, now, nil
}

// failing counts a failure of the log of checkpoints, and tells of it.
func (k *Keeper) failing(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	k.failed = time.Now()
	k.count(func(s *Stats) { s.Failures++; s.Failing = err })
	k.notice("checkpoints", fmt.Sprintf("checkpoints can't be published or compared until their log can be reached: %v", err))
}

// notice tells of something, once until it is over.
func (k *Keeper) notice(about, text string) {
	if !k.told[about] {
		k.told[about] = true
		k.tell(text)
	}
}

func (k *Keeper) over(about string) { delete(k.told, about) }

func (k *Keeper) tell(text string) {
	if k.Notice != nil {
		k.Notice(text)
	}
}
