package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Token is a point of the office's path: what was known, and what time it was.
type Token struct {
	Position domain.Position
	Instant  timeline.Instant
}

// String writes the token as [ParseToken] reads it: the position, a dash and microseconds
// since 1970.
func (t Token) String() string { return fmt.Sprintf("%d-%d", t.Position, int64(t.Instant)) }

// IsZero reports whether it is no token.
func (t Token) IsZero() bool { return t == Token{} }

// ParseToken reads a token.
func ParseToken(text string) (Token, error) {
	position, instant, _ := strings.Cut(text, "-")
	p, err := strconv.ParseUint(position, 10, 63)
	i, wrong := strconv.ParseInt(instant, 10, 64)
	t := Token{domain.Position(p), timeline.Instant(i)}
	if err != nil || wrong != nil || p == 0 || t.String() != text {
		return Token{}, errors.New("is no token: write one as it came, a position and an instant such as 12-1735732800000000")
	}
	return t, nil
}

// A Cause is why something is told.
type Cause string

// The causes. Answers that are told first have none.
const (
	ByEvent Cause = "event" // the office learned something
	ByTime  Cause = "time"  // an instant came at which a fact changes
)

// A Watching is what somebody wants to be told of: the answers of each subject to each
// privilege, as of now, from all that is known now, without facts of a request, as
// [engine.Engine.Glance] gives them.
type Watching struct {
	// Subjects are members and missions.
	Subjects []domain.Subject
	// Of are missions and States whose members are watched, whoever they are in time.
	// Whoever becomes one has no answer before, and whoever is one no more has none
	// after.
	Of []domain.Subject
	// Privileges are those that count; nil are all, also those that a law to come
	// will have.
	Privileges []domain.Privilege
	// Since is where somebody left off; the zero token tells first what the answers
	// are.
	Since Token
	// Why tells also when an answer stays and only its reason is another.
	Why bool
	// Idle, if not 0, is how often something is told at least.
	Idle time.Duration
}

// A Change is an answer that is another now.
type Change struct {
	Subject   domain.Subject
	Privilege domain.Privilege
	// Position is what was known when it changed, and AsOf when it did: when it took
	// effect, if by time alone, or when the office learned what changed it.
	Position domain.Position
	AsOf     time.Time
	// Cause is empty for answers that are told first.
	Cause Cause
	// Events are the positions of those that the office learned, if it is by events, as
	// far as they reach the subject.
	Events []domain.Position
	// Before and After are nil where there is no answer: nobody can ask it, or the
	// subject is not a member of the mission or State that is watched.
	Before, After *standing.Verdict
	// Skipped is how many times the subject came to stand otherwise that were passed
	// over, since the watcher was slow. The privilege need not have changed in all.
	Skipped int
	// Initial says that the answer is told first, and Idle that nothing changed for
	// a while.
	Initial, Idle bool
	// Token is where to go on: all up to there has been told. It is zero while more is
	// to be told of the same point.
	Token Token
}

// Answers tells first what the answers are, or what changed since a token, and then what
// changes, until ctx is done or the office is halted, whose error is the last. If nothing is left to tell of
// first, a change with nothing but Idle and a token says so.
//
// Errors match [engine.ErrUnknown] if a subject or privilege is not known, are a
// *[BeyondError] if the token is not of this office or the clock was set back, or are
// those of [engine.Engine.Glance]; after one there are no more changes.
func (h *Hub) Answers(ctx context.Context, q Watching) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		err := h.e.Halted()
		if err == nil {
			err = h.check(q)
		}
		if err != nil {
			yield(Change{}, err)
			return
		}
		ctx, done := h.working(ctx)
		defer done()
		w, told, err := h.enter(ctx, q)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer h.exit(w)
		rest := newRest(q.Idle)
		defer rest.stop()
		for {
			for _, c := range told {
				if !yield(c, nil) {
					return
				}
			}
			switch woke := rest.wait(ctx, w.called); {
			case woke == ended:
				yield(Change{}, context.Cause(ctx))
				return
			case woke == idled && len(w.called) == 0:
				told = []Change{h.idle(w)}
			default:
				if told, err = h.gather(w); err != nil {
					yield(Change{}, err)
					return
				}
			}
		}
	}
}

// check refuses what is not known.
func (h *Hub) check(q Watching) error {
	view := h.e.Root().View()
	known := func(s domain.Subject, kinds ...domain.SubjectKind) error {
		if !slices.Contains(kinds, s.Kind) {
			return fmt.Errorf("%w: it is about a %s or a %s, not about %s", engine.ErrRequest, kinds[0], kinds[1], s)
		}
		if !view.Mentioned(s) {
			return &engine.UnknownError{What: string(s.Kind), Name: s.ID, Near: domain.Nearest(s.ID, view.Subjects(s.Kind))}
		}
		return nil
	}
	var errs []error
	for _, s := range q.Subjects {
		errs = append(errs, known(s, domain.KindMember, domain.KindMission))
	}
	for _, s := range q.Of {
		errs = append(errs, known(s, domain.KindMission, domain.KindState))
	}
	if len(q.Subjects)+len(q.Of) == 0 {
		return fmt.Errorf("%w: nobody is named whose answers are to be watched", engine.ErrRequest)
	}
	if law, _, err := h.e.Root().LawAt(timeline.Of(h.clock()), h.e.Position()); err == nil {
		for _, p := range q.Privileges {
			if !slices.Contains(law.Language.PrivilegeOrder, p) {
				all := make([]string, len(law.Language.PrivilegeOrder))
				for i, name := range law.Language.PrivilegeOrder {
					all[i] = string(name)
				}
				errs = append(errs, &engine.UnknownError{What: "privilege", Name: string(p), Near: domain.Nearest(string(p), all)})
			}
		}
	}
	return errors.Join(errs...)
}

// A point is where a watched subject came to stand otherwise.
type point struct {
	*link
	from, to *state
	skipped  int
}

// tell lists the changes at some points of the path, in its order, and where to go on
// after each. Reached is the end of the path.
func (w *watcher) tell(points []point, reached Token) []Change {
	slices.SortStableFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.to.Position, b.to.Position), cmp.Compare(a.to.Instant, b.to.Instant), cmp.Compare(a.of.of.ID, b.of.of.ID))
	})
	var out []Change
	for len(points) > 0 {
		n, token := together(points, reached)
		if n == len(points) {
			token = reached
		}
		first := len(out)
		for _, p := range points[:n] {
			w.now = max(w.now, p.to.Instant)
			out = w.differences(out, p)
		}
		if len(out) > first {
			out[len(out)-1].Token = token
			w.now = max(w.now, token.Instant)
		}
		points = points[n:]
	}
	w.reached = reached
	return out
}

// together is how many points must be told before anybody can go on from the point that is
// returned: all that lie behind it, in what is known or in time. A point at which steps
// were passed over lies behind every other.
func together(points []point, reached Token) (int, Token) {
	token, n := points[0].to.Token, 1
	for _, p := range points {
		if p.skipped > 0 {
			return len(points), reached
		}
	}
	for i := 1; i < len(points); i++ {
		at := points[i].to
		if at.Position <= token.Position && at.cause == ByEvent || at.Instant <= token.Instant && at.cause != ByEvent {
			for _, p := range points[n : i+1] {
				token.Position, token.Instant = max(token.Position, p.to.Position), max(token.Instant, p.to.Instant)
			}
			n = i + 1
		}
	}
	return n, token
}

// differences adds the answers that are others after a point.
func (w *watcher) differences(out []Change, p point) []Change {
	if p.to.silent {
		return out
	}
	for _, privilege := range w.asked(p.from, p.to) {
		before, after := p.verdict(p.from, privilege), p.verdict(p.to, privilege)
		if same(before, after, w.why) {
			continue
		}
		out = append(out, Change{
			Subject: p.of.of, Privilege: privilege, Position: p.to.Position, AsOf: w.now.Time(),
			Cause: p.to.cause, Events: p.to.events, Before: before, After: after, Skipped: p.skipped,
		})
	}
	return out
}

// asked are the privileges that may be answered in one of the states, in order.
func (w *watcher) asked(states ...*state) []domain.Privilege {
	if w.privileges != nil {
		return w.privileges
	}
	var out []domain.Privilege
	for i, s := range states {
		if i > 0 && s.board == states[0].board && len(s.stance.Verdicts) <= len(states[0].stance.Verdicts) {
			continue
		}
		for n, v := range s.stance.Verdicts {
			if v != nil || i == 0 && len(states) > 1 {
				out = append(out, s.board.Privilege(standing.Number(n)))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
