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
	last    atomic.Uint32 // position plus 1 of the last event about the subject that was looked at
}

// The events about a subject are unfolded in two parts, since one sort of event is
// more frequent than all others together, and few answers look at it. What revises
// an event is in the same part.
type part uint32

const (
	told part = iota // all but
	uses             // benefits used
)

// partOf says to which part the event at a position belongs.
func (s *Store) partOf(pos uint32) part {
	for {
		b, i := s.block(pos)
		target, packed := b.event(i)
		switch e := packedZero(packed); {
		case revises(e):
			pos = target - 1 // was found when it was applied
		case e.Type() == benefitUsed:
			return uses
		default:
			return told
		}
	}
}

var benefitUsed = domain.BenefitUsed{}.Type()

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
	folios map[sheet]*folio
	weight int // events in them
}

// A sheet is one part of what was said about a subject.
type sheet struct {
	n    uint32
	part part
}

// shardRoom is how many events the folios of one shard may hold together before
// some are forgotten, so that all hold about a hundred thousand.
const shardRoom = 1600

func (u *unfolded) shard(n uint32) *shard { return &u.shards[n%uint32(len(u.shards))] }

func (u *unfolded) get(of sheet) *folio {
	s := u.shard(of.n)
	s.mu.RLock()
	f := s.folios[of]
	s.mu.RUnlock()
	return f
}

// keep puts a folio in place of what there is of the subject, unless that has
// seen more, and returns the one that stays.
func (u *unfolded) keep(of sheet, f *folio) *folio {
	weight := len(f.said.all()) + 1
	s := u.shard(of.n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folios == nil {
		s.folios = map[sheet]*folio{}
	}
	if have := s.folios[of]; have != nil {
		if have.last.Load() >= f.last.Load() {
			return have
		}
		s.weight -= len(have.said.all()) + 1
		delete(s.folios, of)
	}
	for other, one := range s.folios {
		if s.weight+weight <= shardRoom {
			break
		}
		s.weight -= len(one.said.all()) + 1
		delete(s.folios, other)
	}
	s.folios[of] = f
	s.weight += weight
	return f
}

func (u *unfolded) drop(n uint32) {
	s := u.shard(n)
	s.mu.Lock()
	for _, of := range []sheet{{n, told}, {n, uses}} {
		if f := s.folios[of]; f != nil {
			s.weight -= len(f.said.all()) + 1
			delete(s.folios, of)
		}
	}
	s.mu.Unlock()
}

// extend adds an event just written to what there is of its subject.
func (u *unfolded) extend(s *Store, n, pos uint32) {
	shard := u.shard(n)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	for _, of := range []sheet{{n, told}, {n, uses}} {
		f := shard.folios[of]
		if f == nil || f.last.Load() != s.before(pos) {
			continue
		}
		if s.partOf(pos) == of.part {
			s.enter(f, pos)
			shard.weight++
		}
		f.last.Store(pos + 1)
	}
}

// before returns the position, plus 1, of the event before one about the same
// subject, or 0.
func (s *Store) before(pos uint32) uint32 {
	b, i := s.block(pos)
	return b.u32(offBefore, i)
}

// unfold returns the history of a subject, by number, as known at the view's
// position: one part of it.
func (v View) unfold(n uint32, p part) known {
	f := v.folio(n, p)
	view := f.history.At(timeline.Position(v.k))
	return known{view: view, said: f.said.all()[:view.Len()]}
}

// folio returns the folio of a subject, with at least what the view knows of it.
func (v View) folio(n uint32, p part) *folio {
	s := v.store
	m := s.subjects.at(n)
	last := m.last.Load()
	for last > uint32(v.k) { // nearly all questions are about the present
		last = s.before(last - 1)
	}
	f := s.unfolded.get(sheet{n, p})
	if f == nil || f.last.Load() < last {
		f = s.unfolded.keep(sheet{n, p}, s.fold(last, p))
	}
	return f
}

// fold reads one part of the events about a subject up to one, given as its
// position plus 1.
func (s *Store) fold(last uint32, of part) *folio {
	var chain []uint32
	for p := last; p != 0; p = s.before(p - 1) {
		if s.partOf(p-1) == of {
			chain = append(chain, p-1)
		}
	}
	f := &folio{history: timeline.New[attribute](domain.Value.Equal)}
	for i := len(chain) - 1; i >= 0; i-- {
		s.enter(f, chain[i])
	}
	f.last.Store(last)
	return f
}

// enter adds the event at a position to the folio of its subject.
func (s *Store) enter(f *folio, pos uint32) {
	event, when, target := s.said(pos)
	if err := s.enterHistory(f.history, pos, event, when, target); err != nil {
		panic("bad history in facts: " + err.Error()) // apply refused what can't be entered
	}
	f.said.add(said{pos: pos, event: event, when: when})
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
