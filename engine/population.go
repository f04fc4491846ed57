package engine

import (
	"context"
	"iter"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A When is the two times of a question. The zero times mean now.
type When struct {
	AsOf    time.Time
	AsKnown Known
}

// A PopulationQuery asks everybody: see [standing.Census].
type PopulationQuery struct {
	When
	standing.Census
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// A Population is everybody at one pair of times.
type Population struct {
	AsOf       time.Time
	AsKnown    domain.Position
	Privileges []domain.Privilege // those asked about, in the law's order
	// Answers yields the answers that are listed, by subject, members first, and for
	// each in the order of Privileges. Each loop over it asks anew and is answered
	// the same. The error is the context's, or of a ruleset that can't be read.
	Answers iter.Seq2[standing.Answer, error]

	root *projections.Root
	law  *rules.Edition
}

// Population asks everybody whom the query means what they may do. It records
// nothing. Errors match [ErrUnknown], [ErrKnown], [ErrRequest] or
// projections.ErrNoLaw, or are the context's.
func (e *Engine) Population(ctx context.Context, q PopulationQuery) (*Population, error) {
	points, err := e.points(ctx, q.AtLeast, q.When)
	if err != nil {
		return nil, err
	}
	return points[0].population(ctx, q.Census)
}

func (at *point) population(ctx context.Context, c standing.Census) (*Population, error) {
	poll, err := at.Moment.Population(ctx, at.At, c)
	if err != nil {
		return nil, outward(err)
	}
	law, _, err := at.root.LawAt(poll.At, at.k)
	if err != nil {
		return nil, err
	}
	if err := checkChoice(at.root, law, c.Choice); err != nil {
		return nil, err
	}
	return &Population{
		AsOf: poll.At.Time(), AsKnown: at.k, Privileges: poll.Privileges, Answers: facing(poll.Answers), root: at.root, law: law,
	}, nil
}

// By says how answers are grouped.
type By string

// The groups: none, or of the posts that somebody holds.
const (
	ByNothing  By = ""
	ByCategory By = "category"
	ByMission  By = "mission"
	ByState    By = "state"
	ByRegion   By = "region" // the id of the regional office that serves the city of the mission
)

// Groupings lists the ways of grouping.
func Groupings() []By { return []By{ByCategory, ByMission, ByState, ByRegion} }

// Counts counts the answers that are listed, by outcome, for each group and
// privilege: by group, then in the order of the privileges. Somebody who holds
// posts in two groups counts once in each. A group is empty where there is none: a
// mission has no category, and it is not published who serves every city.
func (p *Population) Counts(by By) ([]standing.Count, error) {
	tally := standing.NewTally(p.group(by))
	for a, err := range p.Answers {
		if err != nil {
			return nil, err
		}
		tally.Add(a)
	}
	return tally.Counts(p.Privileges), nil
}

func (p *Population) group(by By) func(standing.Post) string {
	return groupOf(by, p.root.ViewAt(p.AsKnown), p.law, timeline.Of(p.AsOf))
}

// GroupOf returns what names the group of a post, as things are at an instant and by
// the law in force then; nil if nothing is grouped. A region is empty where no law is in
// force.
func GroupOf(m *standing.Moment, by By, at timeline.Instant) func(standing.Post) string {
	law, _, err := m.Root().LawAt(at, m.Known())
	if err != nil {
		law = nil
	}
	return groupOf(by, m.Root().ViewAt(m.Known()), law, at)
}

func groupOf(by By, view facts.View, law *rules.Edition, at timeline.Instant) func(standing.Post) string {
	switch by {
	case ByCategory:
		return func(post standing.Post) string { return string(post.Category) }
	case ByMission:
		return func(post standing.Post) string { return string(post.Mission) }
	case ByState:
		return func(post standing.Post) string { return string(post.State) }
	case ByRegion:
		return func(post standing.Post) string {
			if city := view.City(post.Mission, at); city != "" && law != nil {
				if office := law.OfficeFor(city); office != nil {
					return office.ID
				}
			}
			return ""
		}
	default:
		return nil
	}
}

// A WhoQuery asks who has a privilege.
type WhoQuery struct {
	When
	Privilege domain.Privilege
	// Choice says of whom it is asked; NoMembers and Missions are set by the law,
	// which says whose the privilege is.
	standing.Choice
	// Outcomes are those that are looked for; nil is whatever permits something to
	// who ignores the small print, as domain.Decision.Permits says.
	Outcomes []domain.Outcome
	Request  map[string]string
	Progress func(done, of int)
	AtLeast  domain.Position
}

// Who asks whom a privilege is answered so: members, missions or both, as the law
// in force has it. A privilege of missions alone is asked of the missions and not
// of their members. Errors are those of Population.
func (e *Engine) Who(ctx context.Context, q WhoQuery) (*Population, error) {
	points, err := e.points(ctx, q.AtLeast, q.When)
	if err != nil {
		return nil, err
	}
	at := &points[0]
	t, err := at.TimeOf(at.At, q.Request)
	if err != nil {
		return nil, outward(err)
	}
	of, _ := at.Asked(q.Privilege, t)
	q.NoMembers, q.Missions = of == rules.OfMission, of&rules.OfMission != 0
	return at.population(ctx, standing.Census{
		Choice: q.Choice, Privileges: []domain.Privilege{q.Privilege}, Request: q.Request,
		Outcomes: q.Outcomes, May: q.Outcomes == nil, Progress: q.Progress,
	})
}

// A DiffQuery compares everybody at two pairs of times: see [standing.Comparison].
type DiffQuery struct {
	From, To When
	standing.Comparison
	AtLeast domain.Position
}

// A Diff is what differs between two pairs of times.
type Diff struct {
	From, To Settled
	// Differences yields the verdicts that differ, by subject, members first, and for
	// each in the law's order of privileges: see [standing.Difference]. Each loop over it
	// asks anew.
	Differences iter.Seq2[standing.Difference, error]
}

// Settled is the two times of a question as they were found.
type Settled struct {
	AsOf    time.Time
	AsKnown domain.Position
}

// Diff compares everybody at two pairs of times, on one state of the log. It says
// of every difference whether time alone made it, or what was learnt, or both.
// Errors are those of Population.
func (e *Engine) Diff(ctx context.Context, q DiffQuery) (*Diff, error) {
	points, err := e.points(ctx, q.AtLeast, q.From, q.To)
	if err != nil {
		return nil, err
	}
	from, to := points[0], points[1]
	for _, at := range points {
		law, _, err := at.root.LawAt(at.At, at.k)
		if err != nil {
			continue // if no point has any, it is refused below
		}
		if err := checkChoice(at.root, law, q.Choice); err != nil {
			return nil, err
		}
	}
	changes, err := standing.Diff(ctx, from.Point, to.Point, q.Comparison)
	if err != nil {
		return nil, outward(err)
	}
	return &Diff{From: from.settled(), To: to.settled(), Differences: facing(changes)}, nil
}

// A point is a pair of times of one root.
type point struct {
	standing.Point
	root *projections.Root
	k    domain.Position
}

func (at *point) settled() Settled { return Settled{AsOf: at.At.Time(), AsKnown: at.k} }

// points settles pairs of times on one root, with one reading of the clock.
func (e *Engine) points(ctx context.Context, atLeast domain.Position, times ...When) ([]point, error) {
	if err := e.await(ctx, atLeast); err != nil {
		return nil, err
	}
	root, now := e.Root(), e.Now()
	out := make([]point, len(times))
	for i, w := range times {
		k, err := e.position(root, w.AsKnown, now)
		if err != nil {
			return nil, err
		}
		if w.AsOf.IsZero() {
			w.AsOf = now
		}
		moment := standing.At(root, k)
		if timeline.Of(w.AsOf) == timeline.Of(now) && k == root.Position() {
			moment = moment.Using(e.board.Load())
		}
		out[i] = point{Point: standing.Point{Moment: moment, At: timeline.Of(w.AsOf)}, root: root, k: k}
	}
	return out, nil
}

// checkChoice refuses States, missions and categories that there are not. What is
// known now is enough: as known before, nobody is chosen by it.
func checkChoice(root *projections.Root, law *rules.Edition, c standing.Choice) error {
	view := root.View()
	check := func(kind domain.SubjectKind, id string) error {
		if s := (domain.Subject{Kind: kind, ID: id}); !everKnown(view, s) {
			return &UnknownError{What: string(kind), Name: id, Near: domain.Nearest(id, view.Subjects(kind))}
		}
		return nil
	}
	for _, id := range c.States {
		if err := check(domain.KindState, string(id)); err != nil {
			return err
		}
	}
	for _, id := range c.At {
		if err := check(domain.KindMission, string(id)); err != nil {
			return err
		}
	}
	for _, id := range c.Categories {
		if id != domain.FamilyCategory && !law.Language.Has("category", string(id)) {
			return &UnknownError{What: "category", Name: string(id), Near: law.Language.Near("category", string(id))}
		}
	}
	return nil
}

// facing turns errors within a sequence as outward does.
func facing[T any](in iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range in {
			if !yield(v, outward(err)) {
				return
			}
		}
	}
}
