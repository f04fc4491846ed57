package main

import (
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
)

// resolver evaluates the rules of a situation: the capacities of members are made
// beforehand, the rest for each question.
type resolver struct {
	law     rules.Law
	members map[string]*rules.Capacity
	nobody  rules.Capacity
}

func loadResolver(from any) (harness.Engine, error) {
	law, err := load(from)
	return &resolver{law: law}, err
}

func (e *resolver) People(_ *workload.Law, members []workload.Member) error {
	lang := e.law.Common.Language
	e.members = make(map[string]*rules.Capacity, len(members))
	e.nobody = lang.Nobody("somebody")
	for i := range members {
		c := capacityOf(lang, &members[i])
		e.members[members[i].ID] = &c
	}
	return nil
}

func capacityOf(lang *rules.Language, m *workload.Member) rules.Capacity {
	c := lang.Capacity(rules.Hypothetical{
		State: domain.StateID(m.State), MissionKind: domain.MissionKind(m.Kind),
		Category: domain.Category(m.Category), Status: domain.Status(m.Status),
	})
	c.Reach.Member = domain.MemberID(m.ID)
	c.Member = c.Member.With("age", domain.Int(m.Age)).With("points", domain.Int(m.Points)).With("local_hire", domain.Bool(m.LocalHire))
	c.Sponsor = c.Member
	return c
}

func (e *resolver) Decider() (harness.Decider, error) {
	lang := e.law.Common.Language
	s := rules.Situation{Capacities: make([]rules.Capacity, 1), Nobody: e.nobody, At: at}
	return func(q *workload.Request) (workload.Decision, error) {
		s.Privilege = domain.Privilege(q.Privilege)
		s.Capacities[0] = *e.members[q.Member]
		s.Request = requestOf(lang, q)
		a := rules.Weigh(e.law, &s)
		return decision(&a)
	}, nil
}

// requestOf makes the facts of a question.
func requestOf(lang *rules.Language, q *workload.Request) *rules.Object {
	return lang.Object("request", func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		switch decl.Name {
		case "amount":
			return domain.Int(q.Amount), nil, true
		case "miles":
			return domain.Int(q.Distance), nil, true
		case "article":
			return domain.Text(q.Goods), nil, true
		case "in_person":
			return domain.Bool(q.InPerson), nil, true
		}
		return domain.Value{}, nil, false
	})
}

// decision is an answer as the table compares it.
func decision(a *rules.Answer) (workload.Decision, error) {
	o, ok := workload.OutcomeOf(string(a.Outcome))
	if !ok || len(a.Reasons) == 0 {
		return workload.Decision{}, fmt.Errorf("no answer: %+v", *a)
	}
	return workload.Decision{Outcome: o, Rule: a.Reasons[0].Rule}, nil
}
