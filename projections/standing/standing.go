// Package standing says what a member or a mission may do: as of any time, as
// known at any position of the log.
//
// It introduces the two halves that do not know each other. The facts
// (projections/facts) are what the log says of a person; the rules are what the
// law in force says of such facts. A [Moment] is one state of knowledge, from
// which any number of questions are answered at any effective time.
package standing

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Moment is the office as known at one position.
type Moment struct {
	root *projections.Root
	k    domain.Position
	view facts.View
	law  projections.Law

	// What many subjects share, found once for the moment.
	shared  *sync.Map // spanKey, of States, to []*facts.Span
	classes *classes
	board   *Board // nil: what is kept is not used
}

// Using returns the moment with what a board keeps of how everybody stands, which
// makes asking many about the present fast.
func (m *Moment) Using(b *Board) *Moment {
	with := *m
	with.board = b
	return &with
}

// At returns the moment of a root at which k events were known.
func At(root *projections.Root, k domain.Position) *Moment {
	return &Moment{root: root, k: k, view: root.ViewAt(k), law: root.Law(k), shared: &sync.Map{}, classes: classesOf(root)}
}

// Root returns the root from which the moment answers.
func (m *Moment) Root() *projections.Root { return m.root }

// Known is the number of events that were known at the moment.
func (m *Moment) Known() domain.Position { return m.k }

// An Unknown says that a question names something that the law in force does not.
type Unknown struct{ What, Name, Near string }

func (u *Unknown) Error() string {
	text := fmt.Sprintf("unknown %s %q", u.What, u.Name)
	if u.Near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", u.Near)
	}
	return text
}

// A WrongSubject says that a privilege of persons was asked of a mission.
type WrongSubject struct {
	Privilege domain.Privilege
	Subject   domain.Subject
}

func (w *WrongSubject) Error() string {
	return fmt.Sprintf("%s is a privilege of persons, and %s is not one: ask about a member", w.Privilege, w.Subject)
}

// Decide answers one question.
func (m *Moment) Decide(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string) (domain.Decision, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return domain.Decision{}, err
	}
	t = in.time(t)
	r, err := in.at(p, t)
	if err != nil {
		return domain.Decision{}, err
	}
	d := in.decision(p, t, r)
	d.Holds = in.holds(p, t, r)
	return d, nil
}

// All answers every privilege that can be asked of the subject, in the order in
// which the law declares them.
func (m *Moment) All(subject domain.Subject, t timeline.Instant, request map[string]string) ([]domain.Decision, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return nil, err
	}
	t = in.time(t)
	edition, _, err := m.root.LawAt(t, m.k)
	if err != nil {
		return nil, m.root.Lawless(err, t, m.k)
	}
	var out []domain.Decision
	for _, p := range edition.Language.PrivilegeOrder {
		r, err := in.at(p, t)
		if _, wrong := errors.AsType[*WrongSubject](err); wrong {
			continue
		}
		if err != nil {
			return nil, err
		}
		d := in.decision(p, t, r)
		d.Holds = in.holds(p, t, r)
		out = append(out, d)
	}
	return out, nil
}

func (in *inquiry) decision(p domain.Privilege, t timeline.Instant, r resolved) domain.Decision {
	office := in.root.Office()
	return domain.Decision{
		Subject: in.subject, Privilege: p, Outcome: r.Outcome, Conditions: r.Conditions, Obligations: r.Obligations,
		Limits: r.Limits, Notes: r.Notes, Routes: r.Routes, Proposals: r.Proposals, Reasons: r.Reasons, Cite: r.Cite,
		Facts: in.factsUsed(t, r), AsOf: t.Time(), AsKnown: in.k, Request: in.stated, Editions: r.editions, Errors: r.Errors,
		Needs: r.Needs(r.law, r.situation), Office: office.ID, Mode: office.Mode, ZoneData: calendar.Version(),
	}
}

// factsUsed puts the capacities before the values that rules read.
func (in *inquiry) factsUsed(t timeline.Instant, r resolved) []domain.FactUsed {
	var out []domain.FactUsed
	for _, c := range in.person.At(t) {
		name, what := "capacity "+c.Label, fmt.Sprintf("%s at %s", c.Category, c.Mission)
		switch c.Kind {
		case facts.Family:
			name = "capacity family of " + string(c.Sponsor)
			what = fmt.Sprintf("%s of %s (%s at %s)", c.Relation, c.Sponsor, c.SponsorCategory, c.Mission)
		case facts.Visitor:
			what = fmt.Sprintf("visitor at %s", c.Mission)
		case facts.Accredited, facts.Courier:
		}
		words := []string{what, "from " + in.local(c.Start)}
		if c.EndOfFunctions <= t {
			words = append(words, "functions ended "+in.local(c.EndOfFunctions))
		}
		if end, runs := c.Period(t); runs {
			words = append(words, "period to leave until "+in.local(end))
		}
		words = append(words, "phase "+string(c.Phase(t)))
		out = append(out, domain.FactUsed{Name: name, Value: strings.Join(words, ", "), Events: c.Basis(t)})
	}
	return append(out, r.Facts...)
}

// local writes an instant as people in the office's zone would.
func (in *inquiry) local(i timeline.Instant) string {
	if i == timeline.Always || i == timeline.Never {
		return i.String()
	}
	return i.Time().In(in.root.Zone().Location()).Format("2006-01-02 15:04 MST")
}
