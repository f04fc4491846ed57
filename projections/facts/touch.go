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

// Touch marks whom the events between two positions reach. The writer calls it
// before it shows them to anybody.
func (s *Store) Touch(from, to domain.Position) {
	for pos := uint32(from); pos < uint32(to); pos++ {
		s.touch(s.subjectAt(pos), pos+1, 0)
	}
}

func (s *Store) mark(n, mark uint32) { s.subjects.at(n).touched.Store(mark) }

// deepest bounds how far marks are carried on: States that succeed each other.
const deepest = 8

func (s *Store) touch(n, mark uint32, depth int) {
	of := s.subjects.name(n)
	if depth > deepest {
		s.everybody.Store(uint64(mark))
		return
	}
	switch of.Kind {
	case domain.KindMember: // and the family
		s.mark(n, mark)
		s.refs.each(n, domain.KindMember, func(l *link) { s.mark(l.from, mark) })
	case domain.KindMission:
		s.mark(n, mark)
	case domain.KindState: // and those that succeed to it
		s.mark(n, mark)
		s.refs.each(n, domain.KindState, func(l *link) {
			if l.from != n && s.subjects.at(l.from).touched.Load() != mark {
				s.touch(l.from, mark, depth+1)
			}
		})
	case domain.KindCard, domain.KindVehicle, domain.KindRequest, domain.KindProperty, domain.KindMeasure, domain.KindAgreement:
		s.mark(n, mark)
		for _, to := range s.namedBy(n) {
			s.touch(to, mark, depth+1)
		}
	case domain.KindRuleset:
		state, found := s.subjects.find(domain.Of(domain.KindState, of.ID))
		if of.ID == string(commonLaw) || !found {
			s.everybody.Store(uint64(mark))
			return
		}
		s.touch(state, mark, depth+1)
	default: // the office, the rates
		s.everybody.Store(uint64(mark))
	}
}

// namedBy returns the members, missions and States that any event about a subject
// names.
func (s *Store) namedBy(n uint32) []uint32 {
	var out []uint32
	for _, one := range s.At(s.Position()).unfold(n, told).said {
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
	everybody *atomic.Uint64
	of        []*atomic.Uint32
}

// Anchors returns what answers about a member or mission on record hang on, at
// any effective time.
func (v View) Anchors(of domain.Subject) Anchors {
	a := Anchors{everybody: &v.store.everybody}
	for _, s := range v.Relevant(of) {
		switch s.Kind {
		case domain.KindMember, domain.KindMission, domain.KindState:
			if n, found := v.store.subjects.find(s); found {
				a.of = append(a.of, &v.store.subjects.at(n).touched)
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
	if a.everybody.Load() > uint64(since) {
		return false
	}
	for _, mark := range a.of {
		if mark.Load() > uint32(since) {
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
