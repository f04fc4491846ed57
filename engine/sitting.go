package engine

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Sitting answers any number of questions from one state of the log and with one
// reading of the clock, so that the answers of one call fit together. Each question is
// answered for itself. It is used by one goroutine at a time, and not kept.
type Sitting struct {
	e    *Engine
	root *projections.Root
	now  time.Time
	// moment is that of the last question, since most are as known at the same position.
	moment  *standing.Moment
	answers []decisions.Answer // not recorded yet
}

// Sit begins a sitting at a state that has seen a position. It waits for it until the
// context is done.
func (e *Engine) Sit(ctx context.Context, atLeast domain.Position) (*Sitting, error) {
	if err := e.await(ctx, atLeast); err != nil {
		return nil, err
	}
	return &Sitting{e: e, root: e.Root(), now: e.Now()}, nil
}

// Root is the state that questions are answered from.
func (s *Sitting) Root() *projections.Root { return s.root }

// Now is when it began.
func (s *Sitting) Now() time.Time { return s.now }

// Keeps reports whether answers are recorded: then they are asked with Ask, and
// Given before they leave.
func (s *Sitting) Keeps() bool { return s.e.decisions != nil }

// Times settles the two times of a question, as [Engine.Ask] does.
func (s *Sitting) Times(q Question) (domain.Position, time.Time, error) {
	k, err := s.e.position(s.root, q.AsKnown, s.now)
	if q.AsOf.IsZero() {
		q.AsOf = s.now
	}
	return k, q.AsOf, err
}

// At returns what is known at a position.
func (s *Sitting) At(k domain.Position) *standing.Moment {
	if s.moment == nil || s.moment.Known() != k {
		s.moment = standing.At(s.root, k)
	}
	return s.moment
}

// Ask is [Engine.Ask], but for that nothing is recorded before Give.
func (s *Sitting) Ask(q Question) (domain.Decision, error) {
	k, asOf, err := s.Times(q)
	if err != nil {
		return domain.Decision{}, err
	}
	m := s.At(k)
	d, err := m.Decide(q.Subject, q.Privilege, timeline.Of(asOf), q.Request)
	if err != nil {
		return domain.Decision{}, outward(err)
	}
	d.Semantics = s.e.semantics
	if s.e.decisions != nil {
		data, err := codec.EncodeDecision(d)
		if err != nil && s.e.decisions.Mode() == decisions.Strict {
			return domain.Decision{}, fmt.Errorf("%w: %w", decisions.ErrNotRecorded, err)
		}
		one := s.e.answer(decisions.CallAsk, "", m, asOf, q, data)
		one.Question.Privilege = q.Privilege
		s.answers = append(s.answers, one)
	}
	if s.e.shadow != nil {
		s.e.shadow.offer(m.Root(), d)
	}
	return d, nil
}

// Give records what was asked, if answers are recorded. After an error, which matches
// [decisions.ErrNotRecorded], none of the answers may be given.
func (s *Sitting) Give(ctx context.Context) error {
	if len(s.answers) == 0 {
		return nil
	}
	err := s.e.decisions.Record(ctx, s.answers...)
	s.answers = nil
	return err
}

// Verdict answers in short, and the same as Ask; nothing is recorded. What is asked
// as of now, from all that is known now, is answered from what the engine keeps. The
// verdict must not be changed.
func (s *Sitting) Verdict(q Question) (*standing.Verdict, error) {
	if err := s.e.works(); err != nil {
		return nil, err
	}
	if q.AsOf.IsZero() && q.AsKnown == (Known{}) {
		if v := s.glance(q); v != nil {
			return v, nil
		}
	}
	k, asOf, err := s.Times(q)
	if err != nil {
		return nil, err
	}
	v, err := s.At(k).Verdict(q.Subject, q.Privilege, timeline.Of(asOf), q.Request)
	if err != nil {
		return nil, outward(err)
	}
	return &v, nil
}

// glance looks at what is kept, and returns nil if that says nothing, or not of the
// state that the sitting is at.
func (s *Sitting) glance(q Question) *standing.Verdict {
	board, now := s.e.board.Load(), timeline.Of(s.now)
	of, known := s.root.View().Handle(q.Subject)
	if !known {
		return nil
	}
	number, named := board.Number(q.Privilege)
	if !named {
		if _, err := board.Row(of, now); err != nil { // which numbers the law's privileges
			return nil
		}
		if number, named = board.Number(q.Privilege); !named {
			return nil
		}
	}
	v, err := board.Weigh(of, number, now, q.Request)
	if err != nil || s.e.Root() != s.root {
		return nil
	}
	return v
}

// Sheets asks subjects about privileges at one pair of times, each for itself and on
// all processors: see [standing.Moment.Verdicts].
func (s *Sitting) Sheets(ctx context.Context, k domain.Position, asOf time.Time, subjects []domain.Subject, privileges []domain.Privilege, request map[string]string) iter.Seq2[standing.Sheet, error] {
	return facing(s.At(k).Using(s.e.board.Load()).Verdicts(ctx, timeline.Of(asOf), subjects, privileges, request, nil))
}
