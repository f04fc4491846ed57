// Package watch tells of what changes while it changes: of every event, and of every
// answer that becomes another, also by time alone.
//
//	hub := watch.New(office, watch.Options{})
//	for change, err := range hub.Answers(ctx, watch.Watching{Subjects: members}) { ... }
//	for event, err := range hub.Events(ctx, from, 0) { ... }
//
// An office lies on a path: from a position and an instant it either learns, and stands
// at the position after a command, at the instant at which that was recorded; or time
// passes, until the next instant at which a fact changes. A [Hub] goes along this path
// for all who watch, and works out the answers of those whom an event reaches, or whose
// time it is. A [Token] is a point of the path: whoever comes back with one is told what
// changed since, in the same order, as if they had not been away.
//
// What is told is what lasts. Whoever is slow is not waited for, and takes no memory: what
// happened meanwhile is told in fewer steps. Time does not go back for a watcher, also if
// the clock does.
package watch

import (
	"container/heap"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// Options are how a hub works.
type Options struct {
	// Clock tells the time; nil is the office's.
	Clock func() time.Time
	// NoTimers lets what changes by time be told when something else happens or
	// [Hub.Look] is called, and not before.
	NoTimers bool
}

// A Hub follows one office for all who watch it. It costs nothing while nobody does. Its
// methods may be called by any number of goroutines.
type Hub struct {
	e       *engine.Engine
	clock   func() time.Time
	timers  bool
	look    chan struct{} // asks for a round; holds one
	told    atomic.Pointer[chan struct{}]
	waiting atomic.Int64 // who waits for told

	mu       sync.Mutex // what follows
	running  bool
	watchers int

	// at and now are the point of the path that was reached.
	at  domain.Position
	now timeline.Instant
	was timeline.Instant // now, before this round

	root     *projections.Root
	board    *standing.Board
	moments  map[domain.Position]*standing.Moment // of this round
	subjects map[domain.Subject]*subject
	marked   map[facts.Mark][]placed
	due      dueHeap
	groups   map[domain.Subject]map[*watcher]bool
	stale    []*subject
}

// New returns a hub for an office.
func New(e *engine.Engine, o Options) *Hub {
	h := &Hub{e: e, clock: o.Clock, timers: !o.NoTimers, look: make(chan struct{}, 1)}
	if h.clock == nil {
		h.clock = e.Now
	}
	moved := make(chan struct{})
	h.told.Store(&moved)
	h.now = timeline.Always
	return h
}

// Look lets the hub look at the clock and the office, as it does by itself when the
// office learns or the time for something has come.
func (h *Hub) Look() {
	select {
	case h.look <- struct{}{}:
	default: // somebody has asked already
	}
}

// Watchers counts those who watch answers or events.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.watchers
}

// working returns a context that is also done when the office is halted, with that as
// its cause. Done must be called.
func (h *Hub) working(ctx context.Context) (working context.Context, done func()) {
	working, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-h.e.Halting():
			cancel(h.e.Halted())
		case <-working.Done():
		}
	}()
	return working, func() { cancel(nil) }
}

// join counts one more watcher, and sees to it that the hub goes along. The caller holds
// mu.
func (h *Hub) join() {
	h.watchers++
	if !h.running {
		h.running = true
		go h.run()
	}
}

// leave counts one less. The caller holds mu.
func (h *Hub) leave() {
	h.watchers--
	h.Look()
}

// longest is how long the hub sleeps at most while it waits for an instant: the clock may
// have been set meanwhile.
const longest = time.Minute

// run goes along until nobody watches any more.
func (h *Hub) run() {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	for {
		moved := h.e.Moved()
		sleep, goOn := h.step()
		if !goOn {
			return
		}
		var wake <-chan time.Time
		if h.timers && sleep >= 0 {
			timer.Reset(min(sleep, longest))
			wake = timer.C
		}
		select {
		case <-moved:
		case <-h.look:
		case <-wake:
		}
	}
}

// step goes to the present, and returns how long nothing will happen by time alone, less
// than 0 if nothing ever will; and false if nobody watches.
func (h *Hub) step() (sleep time.Duration, goOn bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == 0 {
		h.running = false
		h.forget()
		return 0, false
	}
	h.round()
	sleep = -1
	if len(h.due) > 0 {
		sleep = max(h.due[0].stance.Until.Time().Sub(h.clock()), 0)
		if sleep == 0 { // the clock stepped back, or it is due in the next microsecond
			sleep = time.Millisecond
		}
	}
	return sleep, true
}

// forget drops what nobody needs, but for the point that was reached: time does not go
// back for whoever comes next.
func (h *Hub) forget() {
	h.root, h.board, h.moments = nil, nil, nil
	h.subjects, h.marked, h.due, h.groups, h.stale = nil, nil, nil, nil, nil
}

// state returns what the office is made of at this moment: a board and a root that belong
// together.
func (h *Hub) state() (*projections.Root, *standing.Board) {
	for {
		board := h.e.Board()
		root := h.e.Root()
		// A state that was built anew has a new board, put in place right after its root.
		if h.e.Board() == board && (h.root == nil || (root.Kept() == h.root.Kept()) == (board == h.board)) {
			return root, board
		}
		runtime.Gosched()
	}
}

// round goes along the path up to the present. The caller holds mu.
func (h *Hub) round() {
	root, board := h.state()
	h.moments = map[domain.Position]*standing.Moment{}
	anew := h.board != board && h.board != nil
	from, first := h.at, h.board == nil
	if first {
		h.subjects, h.marked = map[domain.Subject]*subject{}, map[facts.Mark][]placed{}
		h.groups = map[domain.Subject]map[*watcher]bool{}
		from = root.Position()
	}
	h.root, h.board, h.at = root, board, root.Position()
	h.was, h.now = h.now, max(h.now, timeline.Of(h.clock()), timeline.Of(root.Last()))
	if first {
		h.was = h.now
	}
	if anew {
		h.anew()
	}
	for pos := from; pos < h.at; pos++ {
		h.learn(pos)
	}
	for _, s := range h.stale {
		h.advance(s)
	}
	h.stale = h.stale[:0]
	for len(h.due) > 0 && h.due[0].stance.Until <= h.now {
		h.advance(h.due[0])
	}
	if (first || from < h.at) && h.waiting.Load() > 0 {
		moved := make(chan struct{})
		close(*h.told.Swap(&moved))
	}
}

// learn marks whom an event reaches.
func (h *Hub) learn(pos domain.Position) {
	if len(h.subjects) == 0 && len(h.groups) == 0 {
		return
	}
	view := h.root.View()
	if len(h.groups) > 0 {
		h.regroup(view, pos)
	}
	everybody := view.Touched(pos, func(_ facts.Handle, m facts.Mark) {
		for _, p := range h.marked[m] {
			h.stain(p.of, pos)
		}
	})
	if everybody {
		for _, s := range h.subjects {
			h.stain(s, pos)
		}
	}
}

// mostPending bounds the events that are gone through one by one for a subject; of more
// the first are taken together.
const mostPending = 64

func (h *Hub) stain(s *subject, pos domain.Position) {
	if len(s.pending) == 0 {
		h.stale = append(h.stale, s)
	} else if s.pending[len(s.pending)-1] == pos {
		return
	}
	if len(s.pending) == mostPending {
		s.pending = append(s.pending[:0], s.pending[1:]...)
	}
	s.pending = append(s.pending, pos)
}

// anew finds all subjects again in a state that was built anew. It knows the same.
func (h *Hub) anew() {
	clear(h.marked)
	for _, s := range h.subjects {
		s.places = nil
		m := h.moment(s.at)
		stance, err := h.board.Stance(m, s.of, s.now)
		if err != nil {
			stance.Until = timeline.Never
		}
		h.take(s, stance)
		s.append(&state{Token: Token{s.at, s.now}, board: h.board, stance: stance, err: err, silent: true})
	}
}

// moment is the office as known at a position.
func (h *Hub) moment(k domain.Position) *standing.Moment {
	m := h.moments[k]
	if m == nil {
		m = standing.At(h.root, k)
		h.moments[k] = m
	}
	return m
}

// advance brings a subject to the present.
func (h *Hub) advance(s *subject) {
	w := walk{root: h.root, board: h.board, moment: h.moment, subject: s.of, at: s.at, now: s.now, stance: s.stance}
	w.found = func(at Token, stance standing.Stance, cause Cause, events []domain.Position) {
		s.append(&state{Token: at, board: h.board, stance: stance, cause: cause, events: events})
	}
	err := w.to(s.pending, h.at, h.now)
	if err != nil {
		s.append(&state{Token: Token{h.at, h.now}, board: h.board, err: err})
		w.stance.Until = timeline.Never
	}
	s.pending = s.pending[:0]
	s.at, s.now = w.at, w.now
	h.take(s, w.stance)
}

// take notes how a subject stands, when to look again, and who reaches it.
func (h *Hub) take(s *subject, stance standing.Stance) {
	same := s.places != nil && stance.Anchors.Equal(&s.stance.Anchors)
	s.stance = stance
	if !same {
		h.unmark(s)
		h.mark(s)
	}
	switch {
	case s.due < 0 && stance.Until != timeline.Never:
		heap.Push(&h.due, s)
	case s.due >= 0 && stance.Until == timeline.Never:
		heap.Remove(&h.due, s.due)
	case s.due >= 0:
		heap.Fix(&h.due, s.due)
	}
}
