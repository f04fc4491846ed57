package esdbtest

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Method is what a client asks a node to do.
type Method int

// The methods a fault may strike. Delete is also for tombstones.
const (
	Any Method = iota
	Append
	Read
	Subscribe
	Delete
)

// A Mischief is what goes wrong with a call. What happens Before leaves nothing
// done: an append is not committed, a read or a subscription has not begun. What
// happens After happens to an append that is committed, and to a read or a
// subscription once Fault.After events have been sent.
type Mischief int

const (
	// Nothing goes wrong of itself: the fault is in Alter or Wait.
	Nothing Mischief = iota
	// CutBefore resets the connection the call came by, with all else that goes
	// over it.
	CutBefore
	// CutAfter resets it too. What was sent a moment ago may be lost as well.
	CutAfter
	// UnavailableBefore answers that the server is not ready.
	UnavailableBefore
	// UnavailableAfter answers so though it was.
	UnavailableAfter
	// AbortBefore answers that the commit timed out.
	AbortBefore
	// AbortAfter answers so though it did not, and drops a subscription with the
	// same status as if it read too slowly.
	AbortAfter
	// HoldBefore says nothing until the caller's patience ends.
	HoldBefore
	// HoldAfter says nothing more until then.
	HoldAfter
	// Unknown answers with that status and no reason, as a node does that knows no
	// leader.
	Unknown
	// Redirect answers that the node Fault.To is the leader, whoever is.
	Redirect
	// EndAfter ends a read or a subscription as if all were well.
	EndAfter
	// EmptyAnswer answers an append, committed, with neither success nor failure.
	EmptyAnswer
	// UnknownContent sends something without content in a read or subscription. The
	// client panics at it when it reads.
	UnknownContent
	// NoCreated sends an event without the time it was created. The client ends the
	// process at it.
	NoCreated
	// CaughtUpTwice says of a subscription after every event that it has caught up.
	CaughtUpTwice
	// OddCheckpoints sends a checkpoint beyond all positions after every event of a
	// subscription.
	OddCheckpoints
)

var mischiefs = [...]string{
	Nothing: "nothing", CutBefore: "cut before", CutAfter: "cut after",
	UnavailableBefore: "unavailable before", UnavailableAfter: "unavailable after",
	AbortBefore: "abort before", AbortAfter: "abort after", HoldBefore: "hold before", HoldAfter: "hold after",
	Unknown: "unknown", Redirect: "redirect", EndAfter: "end after", EmptyAnswer: "empty answer",
	UnknownContent: "unknown content", NoCreated: "no created", CaughtUpTwice: "caught up twice",
	OddCheckpoints: "odd checkpoints",
}

func (m Mischief) String() string {
	if m < 0 || int(m) >= len(mischiefs) {
		return fmt.Sprintf("mischief %d", int(m))
	}
	return mischiefs[m]
}

// A Fault is something that goes wrong with the next call it is about.
type Fault struct {
	On     Method
	Stream string // of this stream, "$all" for all; "" for whichever
	Proxy  *Proxy // of calls by this way; nil for whichever
	Do     Mischief
	After  int             // how many events are sent before it happens
	To     int             // the node a Redirect names
	Wait   time.Duration   // first of all the call waits so long,
	Until  <-chan struct{} // and until this is closed
	// Alter tells reads and subscriptions something else than the event, or more,
	// or nothing. What is stored stays as it is. It is called by one goroutine at
	// a time.
	Alter func(Event) []Event
	// Times says how many calls are struck, 1 if it is 0. A fault with -1 stands
	// until it is cleared, besides others, and its Alter is heard at once by
	// subscriptions that are there already.
	Times int
}

// An Injected is a fault on its way.
type Injected struct {
	fault  Fault
	left   int
	struck int
	c      *Cluster
}

// Inject lets something go wrong. Of several faults that could strike a call the
// first injected does.
func (c *Cluster) Inject(f Fault) *Injected {
	in := &Injected{fault: f, left: f.Times, c: c}
	if in.left == 0 {
		in.left = 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, in)
	return in
}

// Struck returns how many calls have been struck so far.
func (in *Injected) Struck() int {
	in.c.mu.Lock()
	defer in.c.mu.Unlock()
	return in.struck
}

// Clear takes the fault back.
func (in *Injected) Clear() {
	in.c.mu.Lock()
	defer in.c.mu.Unlock()
	in.left = 0
}

// ClearFaults takes all faults back that have not struck.
func (c *Cluster) ClearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, in := range c.faults {
		in.left = 0
	}
}

func (f Fault) about(n *node, m Method, stream string) bool {
	return (f.On == Any || f.On == m) && (f.Stream == "" || f.Stream == stream) &&
		(f.Proxy == nil || f.Proxy.door == n.door)
}

// wait makes the call as slow as the fault says.
func (f Fault) wait(ctx context.Context) error {
	timer := time.NewTimer(f.Wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return over(ctx)
	}
	if f.Until == nil {
		return nil
	}
	select {
	case <-f.Until:
		return nil
	case <-ctx.Done():
		return over(ctx)
	}
}

// strike takes the faults of a call that is about to be served: one of those that
// are used up, and all that stand.
func (c *Cluster) strike(n *node, m Method, stream string) []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = slices.DeleteFunc(c.faults, func(in *Injected) bool { return in.left == 0 })
	var struck []Fault
	once := false
	for _, in := range c.faults {
		if !in.fault.about(n, m, stream) || in.left > 0 && once {
			continue
		}
		in.struck++
		if in.left > 0 {
			in.left--
			once = true
		}
		struck = append(struck, in.fault)
	}
	return struck
}

// standing are the alterations that hold for an event about to be sent.
func (c *Cluster) standing(n *node, m Method, stream string) []func(Event) []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	var alter []func(Event) []Event
	for _, in := range c.faults {
		if in.left < 0 && in.fault.Alter != nil && in.fault.about(n, m, stream) {
			alter = append(alter, in.fault.Alter)
		}
	}
	return alter
}

// Skip leaves the event of a revision out.
func Skip(revision uint64) func(Event) []Event {
	return func(e Event) []Event {
		if e.Revision == revision {
			return nil
		}
		return []Event{e}
	}
}

// Repeat tells the event of a revision twice.
func Repeat(revision uint64) func(Event) []Event {
	return func(e Event) []Event {
		if e.Revision == revision {
			return []Event{e, e}
		}
		return []Event{e}
	}
}

// Swap tells the event of a revision after the next one.
func Swap(revision uint64) func(Event) []Event {
	var held []Event
	return func(e Event) []Event {
		if e.Revision == revision && held == nil {
			held = []Event{e}
			return nil
		}
		told := append([]Event{e}, held...)
		held = nil
		return told
	}
}

// Forge tells another event in place of that of a revision.
func Forge(revision uint64, forge func(*Event)) func(Event) []Event {
	return func(e Event) []Event {
		if e.Revision == revision {
			e.Data, e.Metadata = slices.Clone(e.Data), slices.Clone(e.Metadata)
			forge(&e)
		}
		return []Event{e}
	}
}
