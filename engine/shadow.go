package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Shadow decides what is asked of an engine once more, with a draft in place of every
// edition of its ruleset, and counts the answers that would be others. It never changes
// an answer and never makes one wait: questions are put into a queue after they were
// answered, and what does not fit is dropped and counted. What goes wrong in the shadow
// is counted, too, and stays there.
//
// It looks at the answers of [Engine.Ask]. One shadow belongs to one engine: see
// [Config].
type Shadow struct {
	draft Draft
	queue chan shadowed
	done  chan struct{}
	stop  context.CancelFunc
	ends  context.Context //nolint:containedctx // that of its own goroutine

	mu      sync.Mutex
	follows bool // an engine
	stats   ShadowStats
	shift   map[shadowKey]uint64
	// idle is closed when nothing is left to do, while somebody waits for it.
	open int
	idle chan struct{}
}

type shadowKey struct {
	privilege domain.Privilege
	shift     Shift
}

// A shadowed question was answered on a root.
type shadowed struct {
	root  *projections.Root
	given domain.Decision
}

// ShadowStats are what a shadow has counted since it began.
type ShadowStats struct {
	// Hash is that of the draft; Problem why it could not be applied at last, if ever.
	Hash    string `json:"hash"`
	Problem string `json:"problem,omitzero"`
	// Asked is how many answers were given. Each of them was decided again, failed to be,
	// was dropped since the queue was full, or waits.
	Asked   uint64 `json:"asked"`
	Decided uint64 `json:"decided"`
	Failed  uint64 `json:"failed"`
	Dropped uint64 `json:"dropped"`
	// Same is how many of those decided came to the same, and Mismatches how many came
	// to something else, by privilege and then by shift.
	Same       uint64     `json:"same"`
	Mismatches []Mismatch `json:"mismatches"`
}

// A Mismatch says how many answers about a privilege would have shifted so.
type Mismatch struct {
	Privilege domain.Privilege `json:"privilege"`
	Shift     Shift            `json:"shift"`
	Count     uint64           `json:"count"`
}

// mostShadowed is how many questions wait in a shadow at most, unless it is told.
const mostShadowed = 1024

// NewShadow returns a shadow for an engine to be opened with. At most so many questions
// wait in it; zero is 1024. The draft is read when it is first needed: a mistake in it is
// found in [Shadow.Stats], and fails no engine. Close it after the engine is not used
// any more.
func NewShadow(d Draft, waiting int) *Shadow {
	if waiting <= 0 {
		waiting = mostShadowed
	}
	d.Instead = true
	s := &Shadow{draft: d, queue: make(chan shadowed, waiting), done: make(chan struct{}), shift: map[shadowKey]uint64{}}
	s.ends, s.stop = context.WithCancel(context.Background())
	return s
}

// follow begins to decide what an engine is asked.
func (s *Shadow) follow(e *Engine) {
	s.mu.Lock()
	s.follows = true
	s.mu.Unlock()
	go func() {
		defer close(s.done)
		var at *projections.Root
		var under *Supposition
		for {
			select {
			case <-s.ends.Done():
				return
			case q := <-s.queue:
				if at != q.root || under == nil {
					at, under = q.root, s.suppose(e, q.root)
				}
				s.decide(under, q)
			}
		}
	}()
}

// suppose applies the draft to a root; nil if that can't be done.
func (s *Shadow) suppose(e *Engine, root *projections.Root) (out *Supposition) {
	defer s.caught(func() { out = nil })
	out, err := e.Suppose(s.ends, standing.At(root, root.Position()), s.draft)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stats.Problem = err.Error()
		return nil
	}
	s.stats.Hash, s.stats.Problem = out.Name.Hash, ""
	return out
}

// caught keeps what went wrong in a shadow from whoever is asked.
func (s *Shadow) caught(then func()) {
	if wrong := recover(); wrong != nil {
		s.mu.Lock()
		s.stats.Problem = fmt.Sprint(wrong)
		s.mu.Unlock()
		then()
	}
}

func (s *Shadow) decide(under *Supposition, q shadowed) {
	shift, failed := Shift(""), true
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case failed:
			s.stats.Failed++
		case shift == ShiftNone:
			s.stats.Decided++
			s.stats.Same++
		default:
			s.stats.Decided++
			s.shift[shadowKey{q.given.Privilege, shift}]++
		}
		if s.open--; s.open == 0 && s.idle != nil {
			close(s.idle)
			s.idle = nil
		}
	}()
	defer s.caught(func() {})
	if under == nil {
		return
	}
	m := standing.At(under.Root(), q.given.AsKnown)
	v, err := m.Verdict(q.given.Subject, q.given.Privilege, timeline.Of(q.given.AsOf), q.given.Request)
	if err != nil {
		s.mu.Lock()
		s.stats.Problem = err.Error()
		s.mu.Unlock()
		return
	}
	shift, failed = shiftOf(q.given.Outcome, v.Outcome, q.given.Conditions, v.Conditions), false
}

// offer puts an answer that was given into the queue, if there is room.
func (s *Shadow) offer(root *projections.Root, given domain.Decision) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Asked++
	select {
	case s.queue <- shadowed{root, given}:
		s.open++
	default:
		s.stats.Dropped++
	}
}

// Stats returns what was counted so far.
func (s *Shadow) Stats() ShadowStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Mismatches = []Mismatch{}
	for key, n := range s.shift {
		out.Mismatches = append(out.Mismatches, Mismatch{key.privilege, key.shift, n})
	}
	slices.SortFunc(out.Mismatches, func(a, b Mismatch) int {
		return cmp.Or(cmp.Compare(a.Privilege, b.Privilege), cmp.Compare(a.Shift, b.Shift))
	})
	return out
}

// Settle waits until everything that was put into the queue was decided, or the context
// is done.
func (s *Shadow) Settle(ctx context.Context) error {
	s.mu.Lock()
	if s.open == 0 {
		s.mu.Unlock()
		return nil
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	idle := s.idle
	s.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the shadow. What waits in it is not decided any more.
func (s *Shadow) Close() {
	s.stop()
	s.mu.Lock()
	follows := s.follows
	s.mu.Unlock()
	if follows {
		<-s.done
	}
}
