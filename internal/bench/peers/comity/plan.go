package main

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// planner walks the plan: every condition on the way to an answer is evaluated on
// the member's and the request's facts. The plan has learned the paths that were
// asked for before.
type planner struct {
	resolver
	plan *plan.Plan
}

func loadPlanner(from any) (harness.Engine, error) {
	law, err := load(from)
	return &planner{resolver: resolver{law: law}, plan: plan.New()}, err
}

func (e *planner) Decider() (harness.Decider, error) {
	lang := e.law.Common.Language
	s := rules.Situation{Capacities: make([]rules.Capacity, 1), Nobody: e.nobody, At: at}
	return func(q *workload.Request) (workload.Decision, error) {
		s.Privilege = domain.Privilege(q.Privilege)
		s.Capacities[0] = *e.members[q.Member]
		s.Request = requestOf(lang, q)
		return decision(e.plan.Weigh(e.law, &s))
	}, nil
}

// seated has a seat for each member and privilege that was asked about: what can be
// evaluated without the request was, and what depends on the request is evaluated
// for each.
type seated struct {
	planner
	privileges map[string]int
	seats      map[string][]*plan.Seat // by member, then privilege
}

func loadSeated(from any) (harness.Engine, error) {
	p, err := loadPlanner(from)
	if err != nil {
		return nil, err
	}
	return &seated{planner: *p.(*planner)}, nil
}

// People takes the seats of all whom the questions are about.
func (e *seated) People(law *workload.Law, members []workload.Member) error {
	e.privileges = make(map[string]int, len(law.Privileges))
	for i, p := range law.Privileges {
		e.privileges[p] = i
	}
	e.seats = make(map[string][]*plan.Seat, len(members))
	for i := range members {
		e.seats[members[i].ID] = nil
	}
	return e.planner.People(law, members)
}

// seat takes a seat.
func (e *seated) seat(q *workload.Request) *plan.Seat {
	of := e.seats[q.Member]
	if of == nil {
		of = make([]*plan.Seat, len(e.privileges))
		e.seats[q.Member] = of
	}
	n := e.privileges[q.Privilege]
	if of[n] == nil {
		s := &rules.Situation{
			Privilege: domain.Privilege(q.Privilege), At: at, Capacities: []rules.Capacity{*e.members[q.Member]}, Nobody: e.nobody,
			Request: requestOf(e.law.Common.Language, q),
		}
		seat := e.plan.Seat(e.law, s)
		of[n] = &seat
	}
	return of[n]
}

// Decider takes no seat that there is: those are taken when the answers are
// compared, before any other question.
func (e *seated) Decider() (harness.Decider, error) {
	lang := e.law.Common.Language
	return func(q *workload.Request) (workload.Decision, error) {
		seat := e.seat(q)
		if a := seat.Settled(); a != nil {
			return decision(a)
		}
		return decision(seat.Weigh(requestOf(lang, q)))
	}, nil
}
