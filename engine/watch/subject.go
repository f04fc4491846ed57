package watch

import (
	"container/heap"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A subject is somebody who is watched. The hub's mu guards it.
type subject struct {
	of     domain.Subject
	at     domain.Position // up to which is known what reaches it
	now    timeline.Instant
	stance standing.Stance

	pending []domain.Position // events that reach it, in order
	links   []*link           // who watches
	places  []place           // where it hangs
	due     int               // its place in the heap; -1 if it is in none

	// states are the last few, oldest first; there is always one.
	states []*state
}

// mostStates is how many changes of one subject are kept for those who are slow.
const mostStates = 16

// A state is how a subject stands from a point of the path on. It never changes, but for
// what comes after it.
type state struct {
	Token
	n      uint64 // counts the states of a subject
	board  *standing.Board
	stance standing.Stance
	err    error
	cause  Cause
	events []domain.Position
	silent bool // nothing has changed: the state was only built anew

	next *state // nil if there is none, or it is kept no more
}

func (s *subject) last() *state { return s.states[len(s.states)-1] }

// append adds a state, and tells those who watch that there is one.
func (s *subject) append(next *state) {
	if len(s.states) > 0 {
		last := s.last()
		next.n, last.next = last.n+1, next
	}
	s.states = append(s.states, next)
	if len(s.states) > mostStates {
		s.states[0].next = nil // whoever is still there goes on from the last
		s.states = append(s.states[:0], s.states[1:]...)
	}
	for _, l := range s.links {
		l.mark()
	}
}

// of returns the verdict on a privilege; nil if it can't be asked.
func (s *state) of(p domain.Privilege) *standing.Verdict {
	if n, found := s.board.Number(p); found && int(n) < len(s.stance.Verdicts) {
		return s.stance.Verdicts[n]
	}
	return nil
}

// A place is where a subject is in the list of those who hang on a mark.
type place struct {
	mark facts.Mark
	i    int
}

// A placed subject knows which of its places it is.
type placed struct {
	of *subject
	i  int // in of.places
}

// mark puts a subject where the events are that reach it.
func (h *Hub) mark(s *subject) {
	marks := s.stance.Anchors.Marks()
	s.places = make([]place, len(marks))
	for i, m := range marks {
		list := h.marked[m]
		s.places[i] = place{m, len(list)}
		h.marked[m] = append(list, placed{s, i})
	}
}

func (h *Hub) unmark(s *subject) {
	for _, p := range s.places {
		list := h.marked[p.mark]
		last := list[len(list)-1]
		list[p.i] = last
		last.of.places[last.i].i = p.i
		list[len(list)-1] = placed{}
		if list = list[:len(list)-1]; len(list) == 0 {
			delete(h.marked, p.mark)
		} else {
			h.marked[p.mark] = list
		}
	}
	s.places = nil
}

// watched returns a subject, and begins to follow it from a point on if nobody did. The
// caller holds mu.
func (h *Hub) watched(of domain.Subject, from Token) *subject {
	if s := h.subjects[of]; s != nil {
		return s
	}
	s := &subject{of: of, at: from.Position, now: from.Instant, due: -1}
	stance, err := h.board.Stance(h.moment(from.Position), of, from.Instant)
	if err != nil {
		stance.Until = timeline.Never
	}
	s.append(&state{Token: from, board: h.board, stance: stance, err: err})
	h.subjects[of] = s
	h.take(s, stance)
	return s
}

// A dueHeap has the subject first that changes first by time.
type dueHeap []*subject

func (d dueHeap) Len() int           { return len(d) }
func (d dueHeap) Less(i, j int) bool { return d[i].stance.Until < d[j].stance.Until }
func (d dueHeap) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].due, d[j].due = i, j
}

// Push implements heap.Interface.
func (d *dueHeap) Push(x any) {
	s := x.(*subject)
	s.due = len(*d)
	*d = append(*d, s)
}

// Pop implements heap.Interface.
func (d *dueHeap) Pop() any {
	all := *d
	s := all[len(all)-1]
	all[len(all)-1] = nil
	s.due = -1
	*d = all[:len(all)-1]
	return s
}

// drop forgets a subject that nobody watches any more.
func (h *Hub) drop(s *subject) {
	h.unmark(s)
	if s.due >= 0 {
		heap.Remove(&h.due, s.due)
	}
	delete(h.subjects, s.of)
}
