package facts

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// references are who names whom: for each subject and each kind of those who
// name it a chain of them, the latest first.
type references struct {
	heads table // of (to, kind) to the link that is a chain's head
	links column[link]
	pairs table // of (from, to) to their link, so that nobody is in a chain twice
}

type link struct {
	to, from uint32
	kind     domain.SubjectKind // of from
	// pos is the position of the first event of from that names to, or nowhere if
	// that event was taken back.
	pos  atomic.Uint32
	next atomic.Uint32 // the link after it, plus 1; the head's is the latest link
}

func chain(to uint32, kind domain.SubjectKind) uint64 {
	return hashText(mix(uint64(to)+1), string(kind))
}

func pair(from, to uint32) uint64 { return mix(uint64(from)<<32 | uint64(to)) }

func (r *references) hashOfPair(i uint32) uint64 {
	l := r.links.at(i)
	return pair(l.from, l.to)
}

func (r *references) hashOf(i uint32) uint64 {
	l := r.links.at(i)
	return chain(l.to, l.kind)
}

func (r *references) head(to uint32, kind domain.SubjectKind) (uint32, bool) {
	return r.heads.find(chain(to, kind), func(i uint32) bool {
		l := r.links.at(i)
		return l.to == to && l.kind == kind
	})
}

// add notes that an event about from, the first of such, names to.
func (r *references) add(from, to uint32, kind domain.SubjectKind, pos uint32) {
	if _, known := r.pairs.find(pair(from, to), func(i uint32) bool {
		l := r.links.at(i)
		return l.from == from && l.to == to && l.pos.Load() != nowhere
	}); known {
		return
	}
	head, found := r.head(to, kind)
	i, l := r.links.add()
	l.to, l.from, l.kind = to, from, kind
	l.pos.Store(pos)
	r.pairs.add(pair(from, to), i, r.hashOfPair, 1)
	if !found {
		r.heads.add(chain(to, kind), i, r.hashOf, 1)
		return
	}
	// The new link goes behind the head: the head itself stays where it is found.
	h := r.links.at(head)
	l.next.Store(h.next.Load())
	h.next.Store(i + 1)
}

const nowhere = math.MaxUint32

// truncate takes back what events from a position on named first.
func (r *references) truncate(to uint32) {
	for i := r.links.n; i > 0; i-- {
		l := r.links.at(i - 1)
		if pos := l.pos.Load(); pos != nowhere && pos < to {
			return
		}
		l.pos.Store(nowhere)
	}
}

// each calls f for everybody of a kind who ever named the subject.
func (r *references) each(to uint32, kind domain.SubjectKind, f func(l *link)) {
	i, found := r.head(to, kind)
	for found {
		l := r.links.at(i)
		if l.pos.Load() != nowhere {
			f(l)
		}
		next := l.next.Load()
		i, found = next-1, next != 0
	}
}

// named returns the subjects of a kind of which some live event names to, sorted.
func named[T ~string](v View, to domain.Subject, kind domain.SubjectKind) []T {
	n, found := v.store.subjects.find(to)
	if !found {
		return nil
	}
	var out []T
	v.store.refs.each(n, kind, func(l *link) {
		if v.names(l, to) {
			out = append(out, T(v.store.subjects.name(l.from).ID))
		}
	})
	slices.Sort(out)
	return out
}

// names reports whether some live event of the link's subject names to.
func (v View) names(l *link, to domain.Subject) bool {
	if domain.Position(l.pos.Load()) < v.k && !v.store.subjects.at(l.from).revised.Load() {
		return true
	}
	known := v.unfold(l.from, told)
	return slices.ContainsFunc(known.said, func(s said) bool {
		return known.view.Live(timeline.Position(s.pos)) && slices.Contains(domain.References(s.recorded()), to)
	})
}
