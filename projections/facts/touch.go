package facts

import (
	"slices"
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
		n := s.subjectAt(pos)
		if s.subjects.name(n).Kind == domain.KindRuleset {
			if e, _, _ := s.said(pos); domain.PreparesLaw(e) {
				continue // a draft is not law, and no answer hangs on it
			}
		}
		mark := pos + 1
		if s.At(s.Position()).spread(n, 0, func(n uint32) bool { return s.subjects.at(n).touched.Swap(mark) != mark }) {
			s.everybody.Store(uint64(mark))
		}
	}
}

// Touched calls f for each of whom members hang on that the event at a position, which
// is known, reaches, perhaps more than once; a draft of a ruleset reaches nobody. If the
// event reaches all members, everybody is true, and f need not have been called.
func (v View) Touched(pos domain.Position, f func(Handle, Mark)) (everybody bool) {
	n := v.store.subjectAt(uint32(pos))
	if v.store.subjects.name(n).Kind == domain.KindRuleset {
		if e, _, _ := v.store.said(uint32(pos)); domain.PreparesLaw(e) {
			return false
		}
	}
	seen := map[uint32]bool{}
	return v.spread(n, 0, func(n uint32) bool {
		if seen[n] {
			return false
		}
		seen[n] = true
		f(Handle(n), Mark{&v.store.subjects.at(n).touched})
		return true
	})
}

// deepest bounds how far marks are carried on: States that succeed each other.
const deepest = 8

// spread calls touch for whom an event about a subject reaches, which says whether that
// is new, and reports whether it reaches everybody.
func (v View) spread(n uint32, depth int, touch func(uint32) bool) (everybody bool) {
	s := v.store
	of := s.subjects.name(n)
	if depth > deepest {
		return true
	}
	switch of.Kind {
	case domain.KindMember: // and the family
		touch(n)
		s.refs.each(n, domain.KindMember, func(l *link) { touch(l.from) })
	case domain.KindMission:
		touch(n)
	case domain.KindState: // and those that succeed to it
		if !touch(n) {
			return false // and to it, and they to each other
		}
		s.refs.each(n, domain.KindState, func(l *link) {
			everybody = l.from != n && v.spread(l.from, depth+1, touch) || everybody
		})
	case domain.KindCard, domain.KindVehicle, domain.KindRequest, domain.KindProperty, domain.KindMeasure, domain.KindAgreement:
		touch(n)
		for _, to := range v.namedBy(n) {
			everybody = v.spread(to, depth+1, touch) || everybody
		}
	case domain.KindRuleset:
		state, found := s.subjects.find(domain.Of(domain.KindState, of.ID))
		if of.ID == string(commonLaw) || !found {
			return true
		}
		return v.spread(state, depth+1, touch)
	default: // the office, the rates
		return true
	}
	return everybody
}

// namedBy returns the members, missions and States that any event about a subject
// names.
func (v View) namedBy(n uint32) []uint32 {
	var out []uint32
	for _, one := range v.unfold(n, told).said {
		for _, to := range domain.References(one.event) {
			switch to.Kind {
			case domain.KindMember, domain.KindMission, domain.KindState:
				if number, found := v.store.subjects.find(to); found {
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

// A Mark is where it is noted which event was the last to reach somebody. Marks of one
// state are equal if they are of the same subject.
type Mark struct{ of *atomic.Uint32 }

// Marks lists what hangs on the anchors, but for everybody.
func (a *Anchors) Marks() []Mark {
	out := make([]Mark, len(a.of))
	for i, of := range a.of {
		out[i] = Mark{of}
	}
	return out
}

// Equal reports whether the same hangs on both.
func (a *Anchors) Equal(b *Anchors) bool {
	return a.everybody == b.everybody && slices.Equal(a.of, b.of)
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
