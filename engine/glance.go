package engine

import (
	"context"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Handle stands for one question that is asked again and again: may this member
// or mission do this now? It is small, may be kept for as long as the engine, and
// used by any number of goroutines.
type Handle struct {
	subject   domain.Subject
	privilege domain.Privilege

	board  *standing.Board
	of     facts.Handle
	number standing.Number
}

// Handle returns a handle for a question. It returns an error that matches
// [ErrUnknown] if nothing was ever recorded about the subject, or if no law that
// is in force now has the privilege.
func (e *Engine) Handle(subject domain.Subject, p domain.Privilege) (Handle, error) {
	h := Handle{subject: subject, privilege: p, board: e.board.Load()}
	if err := e.works(); err != nil {
		return h, err
	}
	view := e.Root().View()
	var found bool
	if h.of, found = view.Handle(subject); !found || !everKnown(view, subject) {
		return h, &UnknownError{What: string(subject.Kind), Name: subject.ID, Near: domain.Nearest(subject.ID, view.Subjects(subject.Kind))}
	}
	if subject.Kind != domain.KindMember && subject.Kind != domain.KindMission {
		return h, fmt.Errorf("questions are about a member or a mission, not about %s", subject)
	}
	if h.number, found = h.board.Number(p); !found {
		if _, err := h.board.Row(h.of, timeline.Of(e.Now())); err != nil { // which numbers the law's privileges
			return h, outward(err)
		}
		if h.number, found = h.board.Number(p); !found {
			return h, &UnknownError{What: "privilege", Name: string(p)}
		}
	}
	return h, nil
}

// Glance answers a question as of now, from all that is known now, without facts of
// a request and in short: the outcome, the conditions, and the rule or measure
// that decides. It is for systems that ask all the time; [Engine.Ask] explains. It
// returns nil if the law in force now does not have the privilege for such a
// subject. The verdict must not be changed.
//
// Nothing is kept of the answer, also if the engine records decisions: it is
// for previews and lists. What is acted on is asked with Ask.
func (e *Engine) Glance(h Handle) (*standing.Verdict, error) {
	return e.GlanceAt(h, timeline.Of(e.clock()))
}

// GlanceAt is Glance for whoever has read the clock.
func (e *Engine) GlanceAt(h Handle, now timeline.Instant) (*standing.Verdict, error) {
	if err := e.works(); err != nil {
		return nil, err
	}
	board := e.board.Load()
	if h.board != board { // the state was built anew since
		again, err := e.Handle(h.subject, h.privilege)
		if err != nil {
			return nil, err
		}
		h = again
	}
	return board.Check(h.of, h.number, now)
}

// GlanceOf is Glance by the names of things.
func (e *Engine) GlanceOf(subject domain.Subject, p domain.Privilege) (*standing.Verdict, error) {
	if err := e.works(); err != nil {
		return nil, err
	}
	board := e.board.Load()
	view := e.Root().View()
	of, known := view.Handle(subject)
	number, named := board.Number(p)
	if !known || !named || !everKnown(view, subject) {
		h, err := e.Handle(subject, p)
		if err != nil {
			return nil, err
		}
		return e.Glance(h)
	}
	return board.Check(of, number, timeline.Of(e.clock()))
}

// GlanceWith is Glance with facts of a request, as [Question.Request] has them. What
// is known of the subject is worked out once; a request like one that was brought
// before takes some microseconds. The error matches [ErrRequest] if the request
// does not fit.
func (e *Engine) GlanceWith(h Handle, request map[string]string) (*standing.Verdict, error) {
	return e.GlanceWithAt(h, request, timeline.Of(e.clock()))
}

// GlanceWithAt is GlanceWith for whoever has read the clock.
func (e *Engine) GlanceWithAt(h Handle, request map[string]string, now timeline.Instant) (*standing.Verdict, error) {
	if err := e.works(); err != nil {
		return nil, err
	}
	board := e.board.Load()
	if h.board != board {
		again, err := e.Handle(h.subject, h.privilege)
		if err != nil {
			return nil, err
		}
		h = again
	}
	v, err := board.Weigh(h.of, h.number, now, request)
	if err != nil {
		return nil, outward(err)
	}
	return v, nil
}

// Warm works out how every member stands now, so that no Glance has to wait for
// that. Progress, if not nil, is told how many are done.
func (e *Engine) Warm(ctx context.Context, progress func(done, of int)) error {
	if err := e.works(); err != nil {
		return err
	}
	return outward(e.board.Load().Warm(ctx, domain.KindMember, timeline.Of(e.Now()), progress))
}

// Board returns how everybody stands now.
func (e *Engine) Board() *standing.Board { return e.board.Load() }
