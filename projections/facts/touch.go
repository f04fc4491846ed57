package facts

import (
	"sync/atomic"

	"github.com/comity-project/comity/domain"
)

// Answers that are kept have to be given up when an event reaches whom they are
// about. There are a great many members, and an event about a State reaches a
// thousand of them; so an event marks only what members hang on: themselves,
// their sponsors, their missions and the States of these. Its mark is the
// position after it. What was worked out at a position is as good as new while
// everything that it hangs on is marked with that position or an earlier one.
//
// [View.Anchors] says what that is. The marks may say too much, never too little.

// touched are the marks.
type touched struct {
	everybody atomic.Uint64
	of        sync32 // by number of the subject
}

// sync32 is a column of numbers that any number read while one writes. It grows
// by the writer's hand; whoever reads beyond its end reads 0.
type sync32 struct {
	chunks list[*[chunkLen]atomic.Uint32]
}

func (c *sync32) load(i uint32) uint32 {
	chunks := c.chunks.all()
	if i>>chunkBits >= uint32(len(chunks)) {
		return 0
	}
	return chunks[i>>chunkBits][i&(chunkLen-1)].Load()
}

func (c *sync32) store(i, v uint32) {
	for i>>chunkBits >= uint32(len(c.chunks.all())) {
		c.chunks.add(new([chunkLen]atomic.Uint32))
	}
	c.chunks.all()[i>>chunkBits][i&(chunkLen-1)].Store(v)
}

// Touch marks whom the events between two positions reach. The writer calls it
// before it shows them to anybody.
func (s *Store) Touch(from, to domain.Position) {
	for pos := uint32(from); pos < uint32(to); pos++ {
		s.touch(s.subjectAt(pos), pos+1, 0)
	}
}

// deepest bounds how far marks are carried on: States that succeed each other.
const deepest = 8

func (s *Store) touch(n, mark uint32, depth int) {
	of := s.subjects.name(n)
	if depth > deepest {
		s.touched.everybody.Store(uint64(mark))
		return
	}
	switch of.Kind {
	case domain.KindMember: // and the family
		s.touched.of.store(n, mark)
		s.refs.each(n, domain.KindMember, func(l *link) { s.touched.of.store(l.from, mark) })
	case domain.KindMission:
		s.touched.of.store(n, mark)
	case domain.KindState: // and those that succeed to it
		s.touched.of.store(n, mark)
		s.refs.each(n, domain.KindState, func(l *link) {
			if l.from != n && s.touched.of.load(l.from) != mark {
				s.touch(l.from, mark, depth+1)
			}
		})
	case domain.KindCard, domain.KindVehicle, domain.KindRequest, domain.KindProperty, domain.KindMeasure, domain.KindAgreement:
		s.touched.of.store(n, mark)
		for _, to := range s.namedBy(n) {
			s.touch(to, mark, depth+1)
		}
	case domain.KindRuleset:
		state, found := s.subjects.find(domain.Of(domain.KindState, of.ID))
		if of.ID == string(commonLaw) || !found {
			s.touched.everybody.Store(uint64(mark))
			return
		}
		s.touch(state, mark, depth+1)
	default: // the office, the rates
		s.touched.everybody.Store(uint64(mark))
	}
}

// namedBy returns the members, missions and States that any event about a subject
// names.
func (s *Store) namedBy(n uint32) []uint32 {
	var out []uint32
	for _, one := range s.At(s.Position()).unfold(n).said {
		for _, to := range domain.References(one.event) {
			switch to.Kind {
			case domain.KindMember, domain.KindMission, domain.KindState:
				if number, found := s.subjects.find(to); found {
					out = append(out, number)
				}
			default:
				// nothing that a member hangs on
			}
		}
	}
	return out
}

// Anchors are what the answers about one member or mission hang on.
type Anchors struct {
	store *Store
	of    []uint32
}

// Anchors returns what answers about a member or mission on record hang on, at
// any effective time.
func (v View) Anchors(of domain.Subject) Anchors {
	a := Anchors{store: v.store}
	for _, s := range v.Relevant(of) {
		switch s.Kind {
		case domain.KindMember, domain.KindMission, domain.KindState:
			if n, found := v.store.subjects.find(s); found {
				a.of = append(a.of, n)
			}
		default:
			// reached through these
		}
	}
	return a
}

// Untouched reports whether no event since a position has reached what hangs on
// the anchors.
func (a *Anchors) Untouched(since domain.Position) bool {
	if a.store.touched.everybody.Load() > uint64(since) {
		return false
	}
	for _, n := range a.of {
		if a.store.touched.of.load(n) > uint32(since) {
			return false
		}
	}
	return true
}

// A Handle is a short name for a subject on record, good for as long as the state
// is in memory.
type Handle uint32

// Handle returns the handle of a subject, and false if no event names it.
func (v View) Handle(of domain.Subject) (Handle, bool) {
	n, found := v.store.subjects.find(of)
	return Handle(n), found
}

// Subject returns the subject of a handle that was given.
func (v View) Subject(h Handle) domain.Subject { return v.store.subjects.name(uint32(h)) }

// Handles returns those of all subjects of a kind that are known, in order of
// their first events.
func (v View) Handles(kind domain.SubjectKind) []Handle {
	var out []Handle
	if of := v.store.subjects.kinds[kind]; of != nil {
		for _, n := range of.all() {
			if v.known(n) {
				out = append(out, Handle(n))
			}
		}
	}
	return out
}
