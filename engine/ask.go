package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Known says what was known: at a position of the log, or by a time. The zero
// Known is everything known now.
type Known struct {
	// Position, if AtPosition is set, is a count of events.
	Position   domain.Position
	AtPosition bool
	// By, if its bound is not zero, is a time by which things were recorded.
	By calendar.Known
}

// A Question is what is asked at the door. The zero times mean now.
type Question struct {
	Subject   domain.Subject
	Privilege domain.Privilege
	AsOf      time.Time
	AsKnown   Known
	// Request holds the facts of the request, as typed: offence=felony.
	Request map[string]string
	// AskedBy is who asks, as claimed. It is recorded with the answer, if answers
	// are recorded, and changes none.
	AskedBy string
	// AtLeast is a position that the answer must have seen. Ask waits for it
	// until the context is done, and never answers from an older state.
	AtLeast domain.Position
}

// ParseAsOf reads an effective time in the office's grammar; "" is now.
func (e *Engine) ParseAsOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := calendar.ParseInstant(text, e.Zone())
	if err != nil {
		return time.Time{}, fmt.Errorf("as of: %w", err)
	}
	return t, nil
}

// ParseKnown reads what was known: a position (a whole number, also written
// @12) or a time; a bare date is the whole of that day. "" is now.
func (e *Engine) ParseKnown(text string) (Known, error) {
	if text == "" {
		return Known{}, nil
	}
	if n, err := strconv.ParseUint(strings.TrimPrefix(text, "@"), 10, 63); err == nil {
		return Known{Position: domain.Position(n), AtPosition: true}, nil
	}
	by, err := calendar.ParseKnown(text, e.Zone())
	if err != nil {
		return Known{}, fmt.Errorf("as known: %w", err)
	}
	return Known{By: by}, nil
}

// Ask answers one question. It records nothing in the office's log. Errors match
// [ErrUnknown], [ErrKnown], or are the context's; or, if answers are recorded and
// this one can't be, [decisions.ErrNotRecorded]: then there is none.
func (e *Engine) Ask(ctx context.Context, q Question) (domain.Decision, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return domain.Decision{}, err
	}
	d, err := m.Decide(q.Subject, q.Privilege, timeline.Of(asOf), q.Request)
	d.Semantics = e.semantics
	if err == nil && e.decisions != nil {
		err = e.given(ctx, decisions.CallAsk, "", m, asOf, q, d)
	}
	if err != nil {
		return domain.Decision{}, outward(err)
	}
	if e.shadow != nil {
		e.shadow.offer(m.Root(), d)
	}
	return d, nil
}

// Standing answers every privilege that can be asked of the subject.
func (e *Engine) Standing(ctx context.Context, q Question) ([]domain.Decision, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return nil, err
	}
	all, err := m.All(q.Subject, timeline.Of(asOf), q.Request)
	if mutant.On(mutant.TwoRoots) {
		all, err = e.twice(ctx, q, all)
	}
	for i := range all {
		all[i].Semantics = e.semantics
	}
	if err == nil && e.decisions != nil {
		err = e.given(ctx, decisions.CallStanding, "", m, asOf, q, all...)
	}
	if err != nil {
		return nil, outward(err)
	}
	return all, nil
}

// Card answers a view, such as law_enforcement, for one member.
func (e *Engine) Card(ctx context.Context, view string, q Question) (standing.Card, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return standing.Card{}, err
	}
	card, err := m.Card(view, q.Subject, timeline.Of(asOf), q.Request)
	if err == nil && e.decisions != nil {
		err = e.givenCard(ctx, view, m, asOf, q, card)
	}
	if err != nil {
		return standing.Card{}, outward(err)
	}
	return card, nil
}

// Table answers a view for every kind of person that it has a row for.
func (e *Engine) Table(ctx context.Context, view string, q Question) (standing.Table, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return standing.Table{}, err
	}
	table, err := m.Table(view, timeline.Of(asOf), q.Request)
	return table, outward(err)
}

// moment settles the two times of a question.
func (e *Engine) moment(ctx context.Context, q Question) (*standing.Moment, time.Time, error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return nil, time.Time{}, err
	}
	root := e.Root()
	now := e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return nil, time.Time{}, err
	}
	asOf := q.AsOf
	if asOf.IsZero() {
		asOf = now
	}
	return standing.At(root, k), asOf, nil
}

// Await waits until the office has reached a position, or the context is done. Then the
// error is the context's.
func (e *Engine) Await(ctx context.Context, at domain.Position) error { return e.await(ctx, at) }

// await waits until the root has reached a position.
func (e *Engine) await(ctx context.Context, at domain.Position) error {
	for e.Position() < at && !mutant.On(mutant.NoWaitForToken) {
		moved := e.Moved()
		if e.Position() >= at {
			break
		}
		select {
		case <-moved:
		case <-e.halting:
			return e.Halted()
		case <-ctx.Done():
			return &BehindError{Least: at, At: e.Position(), Err: ctx.Err()}
		}
	}
	if err := e.works(); err != nil {
		return err
	}
	return ctx.Err()
}

// position turns what was known into a count of events. It refuses times that a
// later recording could still change, and places inside a command.
func (e *Engine) position(root *projections.Root, known Known, now time.Time) (domain.Position, error) {
	head := root.Position()
	if err := e.works(); err != nil {
		return 0, err
	}
	switch {
	case known.AtPosition && known.Position > head:
		return 0, &KnownError{At: known.Position, Text: fmt.Sprintf("as known at %d: the log ends at %d", known.Position, head)}
	case known.AtPosition && known.Position == 0:
		return 0, &KnownError{Text: fmt.Sprintf("as known at 0: nothing was known before the office was founded; the first position is %d", foundingEnds(root))}
	case known.AtPosition:
		if first, after, inside := root.Splits(known.Position); inside && first == 0 {
			return 0, &KnownError{At: known.Position, Text: fmt.Sprintf("as known at %d: that is inside the founding of the office; the first position to ask at is %d", known.Position, after)}
		} else if inside {
			return 0, &KnownError{At: known.Position, Text: fmt.Sprintf("as known at %d: that is inside a command, whose events became known together; ask at %d, before it, or at %d, after it", known.Position, first, after)}
		}
		return known.Position, nil
	case known.By.Bound.IsZero():
		return head, nil
	}
	bound := known.By.Bound
	if bound.After(now) {
		return 0, &KnownError{Text: fmt.Sprintf("as known by %s: that is in the future (it is %s), and what will be known then is not settled", root.Local(bound), root.Local(now))}
	}
	if known.By.Exclusive {
		bound = bound.Add(-time.Microsecond)
	}
	k := root.KnownAt(bound)
	if k == 0 {
		founded, _ := root.View().Envelope(0)
		return 0, &KnownError{Text: fmt.Sprintf("as known by %s: the log begins at %s", root.Local(bound), root.Local(founded.Recorded))}
	}
	return k, nil
}

func foundingEnds(root *projections.Root) domain.Position {
	_, after, inside := root.Splits(1)
	if inside {
		return after
	}
	return 1
}

// Find turns what a person typed into a subject on record: "ana", or
// "member/ana"; or "visitor@MISSION", somebody who visits a mission and is not. Several kinds are tried in order. It returns an
// [UnknownError] that suggests what was meant.
func (e *Engine) Find(name string, kinds ...domain.SubjectKind) (domain.Subject, error) {
	if err := e.works(); err != nil {
		return domain.Subject{}, err
	}
	view := e.Root().View()
	if strings.Contains(name, "/") {
		s, err := domain.ParseSubject(name)
		if err != nil {
			return s, err
		}
		if !slices.Contains(kinds, s.Kind) {
			return s, fmt.Errorf("%s is a %s: name a %s", s, s.Kind, joinKinds(kinds))
		}
		if !everKnown(view, s) {
			return s, &UnknownError{What: string(s.Kind), Name: s.ID, Near: domain.Nearest(s.ID, view.Subjects(s.Kind))}
		}
		return s, nil
	}
	if host, visits := standing.VisitorAt(domain.Member(domain.MemberID(name))); visits && slices.Contains(kinds, domain.KindMember) {
		if !everKnown(view, domain.Mission(host)) {
			return domain.Subject{}, &UnknownError{What: "mission", Name: string(host), Near: domain.Nearest(string(host), view.Subjects(domain.KindMission))}
		}
		return domain.Member(domain.MemberID(name)), nil
	}
	var known []string
	for _, kind := range kinds {
		s := domain.Subject{Kind: kind, ID: name}
		if everKnown(view, s) {
			return s, nil
		}
		known = append(known, view.Subjects(kind)...)
	}
	return domain.Subject{}, &UnknownError{What: joinKinds(kinds), Name: name, Near: domain.Nearest(name, known)}
}

// everKnown reports whether anything was ever recorded about the subject. What
// was retracted since can still be asked about as it was known before.
func everKnown(view facts.View, s domain.Subject) bool { return view.Mentioned(s) }

func joinKinds(kinds []domain.SubjectKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, " or ")
}

// outward turns what a question got wrong into errors that match ErrUnknown or
// ErrRequest.
func outward(err error) error {
	if u, ok := errors.AsType[*standing.Unknown](err); ok {
		return &UnknownError{What: u.What, Name: u.Name, Near: u.Near}
	}
	if _, ok := errors.AsType[*rules.RequestError](err); ok {
		return requestError{err}
	}
	if _, ok := errors.AsType[*standing.WrongSubject](err); ok {
		return requestError{err}
	}
	return err
}

// An Entry is one event of a subject's history.
type Entry struct {
	Position domain.Position
	Envelope domain.Envelope
	// Live says that nothing live retracts, dismisses or corrects it.
	Live bool
	// By are the positions of what names it: what revises it, live or not, and
	// what ends or follows it and leaves it standing.
	By []domain.Position
}

// History returns the events about a subject, in the order in which the office
// learned of them, as known.
func (e *Engine) History(ctx context.Context, s domain.Subject, known Known) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root := e.Root()
	k, err := e.position(root, known, e.Now())
	if err != nil {
		return nil, err
	}
	view := root.ViewAt(k)
	var out []Entry
	for _, at := range view.Events(s) {
		env, _ := view.Envelope(at)
		entry := Entry{Position: at, Envelope: env, Live: view.Live(at)}
		for i := range out {
			if out[i].Envelope.ID == env.Target {
				out[i].By = append(out[i].By, at)
			}
		}
		out = append(out, entry)
	}
	return out, nil
}
