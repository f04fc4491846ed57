package standing

import (
	"errors"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Stance is how somebody stands at an instant, with how long that is good for: from
// From until Until, half-open, unless an event is learned that reaches one of the
// anchors or everybody.
type Stance struct {
	From, Until timeline.Instant
	Anchors     facts.Anchors
	// Verdicts are those on all privileges, by number; those beyond its end, and those
	// that are nil, can't be asked. They are shared, and must not be changed.
	Verdicts []*Verdict
	// Posts are what the subject is, also what it is no more.
	Posts []Post
}

// Over reports whether a post is held no more, or not yet.
func (p Post) Over() bool { return p.over }

// Stance returns how a member or a mission stands at a moment as of t. What is kept of
// the present is used where it is as good; nothing is kept of the answer. Where no law is
// in force there are no verdicts.
func (b *Board) Stance(m *Moment, subject domain.Subject, t timeline.Instant) (Stance, error) {
	if h, found := m.view.Handle(subject); found {
		if e := b.at(h); e != nil && e.since <= m.k && e.holds(t) {
			return e.stance(), nil
		}
	}
	e, err := b.make(m, subject, t)
	if err != nil && !errors.Is(err, projections.ErrNoLaw) {
		return Stance{}, err
	}
	return e.stance(), nil
}

func (e *entry) stance() Stance {
	return Stance{From: e.from, Until: e.until, Anchors: e.anchors, Verdicts: e.verdicts, Posts: e.posts}
}

// make works an entry out. If the error is that there is no law, all but the verdicts is
// there.
func (b *Board) make(m *Moment, subject domain.Subject, now timeline.Instant) (*entry, error) {
	e := &entry{since: m.k, anchors: m.view.Anchors(subject)}
	in, err := m.inquire(subject, nil)
	if err != nil {
		return nil, err
	}
	e.verdicts, err = b.verdicts(in, now)
	if err != nil && !errors.Is(err, projections.ErrNoLaw) {
		return nil, err
	}
	e.posts = in.posts(now)
	e.from, e.until = timeline.Always, timeline.Never
	breaks := in.breakpoints()
	next, _ := slices.BinarySearch(breaks, now+1)
	if next < len(breaks) {
		e.until = breaks[next]
	}
	if next > 0 {
		e.from = breaks[next-1]
	}
	return e, err
}
