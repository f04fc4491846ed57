package watch

import (
	"context"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A watcher is one who is told. The hub's mu guards it, but for what only the watcher
// itself looks at.
type watcher struct {
	privileges []domain.Privilege
	why        bool
	links      []*link
	dirty      []*link
	of         map[domain.Subject]*link // whom it watches; nil if they are few
	called     chan struct{}            // holds one

	now     timeline.Instant // its own: the time that it was told
	reached Token            // its own: up to where it was told
}

// A link is between a watcher and a subject.
type link struct {
	by    *watcher
	of    *subject
	at    *state // that was told
	i     int    // in of.links
	dirty bool
	named bool             // the subject itself is watched
	group []domain.Subject // or as a member of these
}

func (l *link) mark() {
	if l.dirty {
		return
	}
	l.dirty = true
	l.by.dirty = append(l.by.dirty, l)
	select {
	case l.by.called <- struct{}{}:
	default:
	}
}

// verdict is the answer in a state; nil if there is none.
func (l *link) verdict(s *state, p domain.Privilege) *standing.Verdict {
	if !l.named && !member(s.stance.Posts, l.group) {
		return nil
	}
	return s.of(p)
}

// member reports whether one of the posts is held, in one of the missions or States.
func member(posts []standing.Post, of []domain.Subject) bool {
	return slices.ContainsFunc(posts, func(p standing.Post) bool {
		return !p.Over() && slices.ContainsFunc(of, func(s domain.Subject) bool {
			return s.Kind == domain.KindMission && s.ID == string(p.Mission) || s.Kind == domain.KindState && s.ID == string(p.State)
		})
	})
}

// enter lets somebody watch, and returns what is told first. The error is the context's,
// that of an answer, or a *BeyondError.
func (h *Hub) enter(ctx context.Context, q Watching) (*watcher, []Change, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.round()
	at := Token{h.at, h.now}
	if q.Since.Position > at.Position || q.Since.Instant > at.Instant {
		if h.watchers == 0 {
			h.forget()
		}
		return nil, nil, &BeyondError{Token: q.Since, At: at}
	}
	w := &watcher{privileges: slices.Compact(slices.Sorted(slices.Values(q.Privileges))), why: q.Why, called: make(chan struct{}, 1), reached: at, now: q.Since.Instant}
	if q.Privileges == nil {
		w.privileges = nil
	}
	h.join()
	for _, s := range q.Subjects {
		h.connect(w, s, at).named = true
	}
	view := h.root.View()
	for _, of := range q.Of {
		if h.groups[of] == nil {
			h.groups[of] = map[*watcher]bool{}
		}
		h.groups[of][w] = true
		who, _ := view.Reached(of)
		for _, s := range who {
			h.group(w, s, of, at)
		}
	}
	told, err := h.first(ctx, w, q)
	if err != nil {
		h.part(w)
		return nil, nil, err
	}
	return w, told, nil
}

// first is what is told first.
func (h *Hub) first(ctx context.Context, w *watcher, q Watching) ([]Change, error) {
	at := Token{h.at, h.now}
	var told []Change
	if q.Since.IsZero() {
		w.now = at.Instant
		for _, l := range w.links {
			if l.at.err != nil {
				return nil, l.at.err
			}
			for _, p := range w.asked(l.at) {
				after := l.verdict(l.at, p)
				if after == nil && !l.named {
					continue
				}
				told = append(told, Change{Subject: l.of.of, Privilege: p, Position: at.Position, AsOf: at.Instant.Time(), After: after, Initial: true})
			}
		}
	} else {
		var points []point
		for _, l := range w.links {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			since, err := h.since(l, q.Since)
			if err != nil {
				return nil, err
			}
			points = append(points, since...)
		}
		told = w.tell(points, at)
	}
	if len(told) == 0 {
		return []Change{{Position: at.Position, AsOf: at.Instant.Time(), Idle: true, Token: at}}, nil
	}
	told[len(told)-1].Token = at
	return told, nil
}

// since are the points of the path after a token, up to the state in which the hub has a
// subject.
func (h *Hub) since(l *link, since Token) ([]point, error) {
	if l.at.err != nil {
		return nil, l.at.err
	}
	subject := l.of.of
	k := since.Position
	if begin, _, inside := h.root.Splits(k); inside {
		k = begin // nobody is told of a part of a command
	}
	stance, err := h.board.Stance(h.moment(k), subject, since.Instant)
	if err != nil {
		return nil, err
	}
	was := &state{Token: since, board: h.board, stance: stance}
	var points []point
	w := walk{root: h.root, board: h.board, moment: h.moment, subject: subject, at: k, now: since.Instant, stance: stance}
	w.found = func(at Token, stance standing.Stance, cause Cause, events []domain.Position) {
		is := &state{Token: at, board: h.board, stance: stance, cause: cause, events: events}
		points = append(points, point{link: l, from: was, to: is})
		was = is
	}
	return points, w.to(relevant(h.root, subject, k, h.at), h.at, h.now)
}

// connect lets a watcher watch a subject, from a point on if nobody does. The caller holds mu.
func (h *Hub) connect(w *watcher, of domain.Subject, from Token) *link {
	if l := w.find(of); l != nil {
		return l
	}
	s := h.watched(of, from)
	l := &link{by: w, of: s, at: s.last(), i: len(s.links)}
	s.links = append(s.links, l)
	w.links = append(w.links, l)
	if w.of != nil {
		w.of[of] = l
	} else if len(w.links) > 16 {
		w.of = map[domain.Subject]*link{}
		for _, l := range w.links {
			w.of[l.of.of] = l
		}
	}
	return l
}

func (w *watcher) find(of domain.Subject) *link {
	if w.of != nil {
		return w.of[of]
	}
	for _, l := range w.links {
		if l.of.of == of {
			return l
		}
	}
	return nil
}

// group lets a watcher watch somebody as a member of a mission or State.
func (h *Hub) group(w *watcher, s, of domain.Subject, from Token) {
	if s.Kind != domain.KindMember {
		return
	}
	if l := h.connect(w, s, from); !slices.Contains(l.group, of) {
		l.group = append(l.group, of)
	}
}

// regroup finds those who may be members of a watched mission or State since an event, and
// follows them from before the command that recorded it.
func (h *Hub) regroup(view facts.View, pos domain.Position) {
	of := view.SubjectAt(pos)
	if of.Kind != domain.KindMember && of.Kind != domain.KindMission {
		return
	}
	from := Token{pos, h.was}
	if begin, _, inside := h.root.Splits(pos); inside {
		from.Position = begin
	}
	reached, _ := view.Reached(of)
	for _, s := range reached {
		for _, on := range view.Relevant(s) {
			for w := range h.groups[on] {
				h.group(w, s, on, from)
			}
		}
	}
}

// part lets a watcher go. The caller holds mu.
func (h *Hub) part(w *watcher) {
	for _, l := range w.links {
		s := l.of
		last := s.links[len(s.links)-1]
		s.links[l.i], last.i = last, l.i
		s.links[len(s.links)-1] = nil
		s.links = s.links[:len(s.links)-1]
		if len(s.links) == 0 && h.subjects[s.of] == s {
			h.drop(s)
		}
	}
	for of, by := range h.groups {
		delete(by, w)
		if len(by) == 0 {
			delete(h.groups, of)
		}
	}
	w.links, w.dirty, w.of = nil, nil, nil
	h.leave()
}

func (h *Hub) exit(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.part(w)
}

// gather is what a watcher was not told yet.
func (h *Hub) gather(w *watcher) ([]Change, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var points []point
	for i, l := range w.dirty {
		w.dirty[i], l.dirty = nil, false
		for l.at != l.of.last() {
			next, skipped := l.at.next, 0
			if next == nil {
				next = l.of.last()
				skipped = int(next.n - l.at.n - 1)
			}
			if next.err != nil {
				return nil, next.err
			}
			points = append(points, point{link: l, from: l.at, to: next, skipped: skipped})
			l.at = next
		}
	}
	w.dirty = w.dirty[:0]
	return w.tell(points, Token{h.at, h.now}), nil
}

// idle is told when nothing was for a while.
func (h *Hub) idle(w *watcher) Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(w.dirty) == 0 {
		w.reached = Token{h.at, h.now}
	}
	w.now = max(w.now, w.reached.Instant)
	return Change{Position: w.reached.Position, AsOf: w.reached.Instant.Time(), Idle: true, Token: w.reached}
}
