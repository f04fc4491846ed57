package facts

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// said is what one event said happened.
type said struct {
	pos   uint32
	event domain.Event // as recorded
	when  calendar.When
}

// recorded is the event as it was recorded.
func (s *said) recorded() domain.Event { return s.event }

// body is what the event says happened: for a correction, what it puts in place
// of what it corrects.
func (s *said) body() domain.Event {
	if c, corrects := s.event.(domain.EventCorrected); corrects {
		return c.Body
	}
	return s.event
}

// A folio is the history of one subject, unfolded. The writer adds to it while
// others read.
type folio struct {
	history *history
	said    list[said]    // the entries of the history, in order
	last    atomic.Uint32 // position plus 1 of the last event in it
}

// at returns what the event at a position, which is in the folio, said.
func (f *folio) at(pos uint32) *said {
	all := f.said.all()
	i, _ := slices.BinarySearchFunc(all, pos, func(s said, pos uint32) int { return cmp.Compare(s.pos, pos) })
	return &all[i]
}

// known is a folio as known at one position.
type known struct {
	view historyView
	said []said
}

// unfolded keeps the folios that were asked for, of bounded size together. It is
// in shards, so that readers seldom wait for each other.
type unfolded struct{ shards [64]shard }

type shard struct {
	mu     sync.RWMutex
	folios map[uint32]*folio
	weight int // events in them
}

// shardRoom is how many events the folios of one shard may hold together before
// some are forgotten, so that all hold about a hundred thousand.
const shardRoom = 1600

func (u *unfolded) shard(n uint32) *shard { return &u.shards[n%uint32(len(u.shards))] }

func (u *unfolded) get(n uint32) *folio {
	s := u.shard(n)
	s.mu.RLock()
	f := s.folios[n]
	s.mu.RUnlock()
	return f
}

// keep puts a folio in place of what there is of the subject, unless that has
// seen more, and returns the one that stays.
func (u *unfolded) keep(n uint32, f *folio) *folio {
	weight := len(f.said.all())
	s := u.shard(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folios == nil {
		s.folios = map[uint32]*folio{}
	}
	if have := s.folios[n]; have != nil {
		if have.last.Load() >= f.last.Load() {
			return have
		}
		s.weight -= len(have.said.all())
	}
	for other, of := range s.folios {
		if s.weight+weight <= shardRoom || len(s.folios) == 0 {
			break
		}
		s.weight -= len(of.said.all())
		delete(s.folios, other)
	}
	s.folios[n] = f
	s.weight += weight
	return f
}

func (u *unfolded) drop(n uint32) {
	s := u.shard(n)
	s.mu.Lock()
	if f := s.folios[n]; f != nil {
		s.weight -= len(f.said.all())
		delete(s.folios, n)
	}
	s.mu.Unlock()
}

// extend adds an event just written to the folio of its subject, if there is one.
func (u *unfolded) extend(s *Store, n, pos uint32) {
	shard := u.shard(n)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if f := shard.folios[n]; f != nil && f.last.Load() == s.before(pos) {
		s.enter(f, pos)
		shard.weight++
	}
}

// before returns the position, plus 1, of the event before one about the same
// subject, or 0.
func (s *Store) before(pos uint32) uint32 {
	b, i := s.block(pos)
	return b.u32(offBefore, i)
}

// unfold returns the history of a subject, by number, as known at the view's
// position.
func (v View) unfold(n uint32) known {
	f := v.folio(n)
	view := f.history.At(timeline.Position(v.k))
	return known{view: view, said: f.said.all()[:view.Len()]}
}

// folio returns the folio of a subject, with at least what the view knows of it.
func (v View) folio(n uint32) *folio {
	s := v.store
	m := s.subjects.at(n)
	last := m.last.Load()
	for last > uint32(v.k) { // nearly all questions are about the present
		last = s.before(last - 1)
	}
	f := s.unfolded.get(n)
	if f == nil || f.last.Load() < last {
		f = s.unfolded.keep(n, s.fold(last))
	}
	return f
}

// fold reads the events about a subject up to one, given as its position plus 1.
func (s *Store) fold(last uint32) *folio {
	var chain []uint32
	for p := last; p != 0; p = s.before(p - 1) {
		chain = append(chain, p-1)
	}
	f := &folio{history: timeline.New[attribute](domain.Value.Equal)}
	for i := len(chain) - 1; i >= 0; i-- {
		s.enter(f, chain[i])
	}
	return f
}

// enter adds the event at a position to the folio of its subject.
func (s *Store) enter(f *folio, pos uint32) {
	event, when, target := s.said(pos)
	if err := s.enterHistory(f.history, pos, event, when, target); err != nil {
		panic("bad history in facts: " + err.Error()) // apply refused what can't be entered
	}
	f.said.add(said{pos: pos, event: event, when: when})
	f.last.Store(pos + 1)
}

func (s *Store) enterHistory(h *history, pos uint32, event domain.Event, when calendar.When, target uint32) error {
	p := timeline.Position(pos)
	at := timeline.Position(target) - 1
	switch body := event.(type) {
	case domain.EventRetracted:
		return h.Retract(p, at)
	case domain.ViolationDismissed:
		// As known from then on it never counted, at any effective time (R23). To
		// retract a correction would bring back what was corrected; nothing at
		// all stands in the place of what is dismissed.
		return h.Correct(p, at)
	case domain.EventCorrected:
		// What ends something goes on ending the same thing.
		var ends *timeline.Position
		if _, first := s.rootOf(target - 1); first != 0 {
			ends = new(timeline.Position)
			*ends = timeline.Position(first) - 1
		}
		ops, err := lower(body.Body, when, ends)
		if err != nil {
			return err
		}
		return h.Correct(p, at, ops...)
	default:
		var of *timeline.Position
		if target != 0 {
			of = &at
		}
		ops, err := lower(event, when, of)
		if err != nil {
			return err
		}
		return h.Record(p, ops...)
	}
}
