package facts

import (
	"sync/atomic"

	"github.com/comity-project/comity/domain"
)

// subjects gives a number to every subject that an event is about, or names.
type subjects struct {
	table table // kind and id to number
	names column[domain.Subject]
	marks column[marked]
	kinds map[domain.SubjectKind]*list[uint32] // those with events of their own; the map itself never changes
	seeds map[domain.SubjectKind]uint64
}

// marked is where the events about a subject are: positions plus 1, 0 is none.
type marked struct {
	first, last atomic.Uint32
	touched     atomic.Uint32 // see touch.go
	revised     atomic.Bool   // some event retracts, dismisses or corrects another
	listed      bool          // in the list of its kind; the writer's own
}

func (s *subjects) init() {
	s.kinds, s.seeds = map[domain.SubjectKind]*list[uint32]{}, map[domain.SubjectKind]uint64{}
	for i, kind := range domain.SubjectKinds() {
		s.kinds[kind] = &list[uint32]{}
		s.seeds[kind] = mix(uint64(i + 1))
	}
}

func (s *subjects) has(kind domain.SubjectKind) bool { return s.kinds[kind] != nil }

func (s *subjects) hash(of domain.Subject) uint64 { return hashText(s.seeds[of.Kind], of.ID) }

func (s *subjects) hashOf(n uint32) uint64 { return s.hash(s.name(n)) }

func (s *subjects) find(of domain.Subject) (uint32, bool) {
	return s.table.find(s.hash(of), func(n uint32) bool { return *s.names.at(n) == of })
}

// number finds a subject or, for the writer, gives it the next number.
func (s *subjects) number(of domain.Subject) uint32 {
	if n, found := s.find(of); found {
		return n
	}
	n, name := s.names.add()
	*name = of
	s.marks.add()
	s.table.add(s.hash(of), n, s.hashOf, 1)
	return n
}

func (s *subjects) name(n uint32) domain.Subject { return *s.names.at(n) }

func (s *subjects) at(n uint32) *marked { return s.marks.at(n) }

// saw notes that the event at a position is about the subject.
func (s *subjects) saw(n, pos uint32, revises bool) {
	m := s.marks.at(n)
	if m.first.Load() == 0 {
		m.first.Store(pos + 1)
	}
	if !m.listed {
		m.listed = true
		s.kinds[s.name(n).Kind].add(n)
	}
	if revises {
		m.revised.Store(true)
	}
	m.last.Store(pos + 1)
}

// forget takes back the last event about a subject. One that has none left stays
// in the list of its kind: nothing is known of it.
func (s *subjects) forget(n, before uint32) {
	m := s.marks.at(n)
	m.last.Store(before)
	if before == 0 {
		m.first.Store(0)
	}
}
