package main

import (
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// machined runs the rules as instructions on rows of numbers: each question
// evaluates the conditions of the rules that can decide it, on the facts of the
// member and of the request. No decision is kept.
type machined struct {
	law     rules.Law
	machine *plan.Machine
	members map[string]*rules.Capacity
	nobody  rules.Capacity
}

func loadMachined(from any) (harness.Engine, error) {
	law, err := load(from)
	if err != nil {
		return nil, err
	}
	e := &machined{law: law, members: map[string]*rules.Capacity{}, nobody: law.Common.Language.Nobody("somebody")}
	e.machine = plan.Compile(law, at, e.situate)
	return e, nil
}

// situate makes the situation of a question that is left to the law: of this law
// there should be none.
func (e *machined) situate(name string, p domain.Privilege, request *rules.Object) (*rules.Situation, error) {
	return nil, fmt.Errorf("%s of %s with %v is left to the law", p, name, request)
}

func (e *machined) People(_ *workload.Law, members []workload.Member) error {
	lang := e.law.Common.Language
	for i := range members {
		c := capacityOf(lang, &members[i])
		if err := e.machine.Enroll(members[i].ID, &c); err != nil {
			return err
		}
	}
	return nil
}

// Everybody asks the machine about all that it knows.
func (e *machined) Everybody(q *workload.Request) (int, error) {
	fill, r, err := e.filler()
	if err != nil {
		return 0, err
	}
	fill(q)
	decisions := 0
	if left := e.machine.All(r, func(plan.Person, int, plan.Verdict) { decisions++ }); left > 0 {
		return decisions, fmt.Errorf("%d decisions are left to the law", left)
	}
	return decisions, nil
}

// filler makes a request, and what brings it the facts of a question.
func (e *machined) filler() (func(*workload.Request), *plan.Request, error) {
	r := e.machine.Request()
	var amount, miles, article, inPerson plan.Slot
	for name, slot := range map[string]*plan.Slot{"amount": &amount, "miles": &miles, "article": &article, "in_person": &inPerson} {
		var known bool
		if *slot, known = e.machine.Slot(name); !known {
			return nil, nil, fmt.Errorf("requests have no %s", name)
		}
	}
	return func(q *workload.Request) {
		r.Number(amount, q.Amount)
		r.Number(miles, q.Distance)
		r.Word(article, q.Goods)
		r.Truth(inPerson, q.InPerson)
	}, r, nil
}

// Decider fills one request again and again.
func (e *machined) Decider() (harness.Decider, error) {
	fill, r, err := e.filler()
	if err != nil {
		return nil, err
	}
	return func(q *workload.Request) (workload.Decision, error) {
		fill(q)
		v, err := e.machine.Decide(q.Member, domain.Privilege(q.Privilege), r)
		if err != nil {
			return workload.Decision{}, err
		}
		o, ok := workload.OutcomeOf(string(v.Outcome))
		if !ok {
			return workload.Decision{}, fmt.Errorf("no answer: %+v", v)
		}
		return workload.Decision{Outcome: o, Rule: v.Rule}, nil
	}, nil
}
