// Command celgo is plain cel-go in the table of peers: a program is prepared for
// each rule, programs are chosen by State and privilege before one is evaluated,
// and Go combines what they say.
//
// Facts are variables of an Activation that returns values which are boxed
// already, so that nothing is converted or copied for an evaluation. The lists of
// programs are in order of strictness, so that the first that fires decides its
// step, and those that can't make the outcome stricter are not evaluated. The
// baseline, which asks nothing, is a table.
package main

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

type program struct {
	run     cel.Program
	outcome workload.Outcome
	id      string
}

type cell struct{ privilege, kind, category string }

type pair struct{ of, privilege string }

type engine struct {
	baseline    map[cell]workload.Decision
	cuts        map[pair][]program // by status
	reciprocity map[pair][]program // by State
	programme   map[string][]program
	members     map[string]*member
}

// A member holds all facts boxed.
type member struct {
	*workload.Member
	category, kind, status, age, points, local ref.Val
}

// facts is the Activation of one question.
type facts struct {
	*member
	amount, distance, goods, inPerson ref.Val
}

func (f *facts) ResolveName(name string) (any, bool) {
	switch name {
	case "category":
		return f.category, true
	case "kind":
		return f.kind, true
	case "status":
		return f.status, true
	case "amount":
		return f.amount, true
	case "distance":
		return f.distance, true
	case "goods":
		return f.goods, true
	case "in_person":
		return f.inPerson, true
	case "age":
		return f.age, true
	case "points":
		return f.points, true
	case "local_hire":
		return f.local, true
	}
	return nil, false
}

func (f *facts) Parent() interpreter.Activation { return nil }

func load(from any) (harness.Engine, error) {
	rules := from.([]workload.Rule)
	env, err := cel.NewEnv(
		cel.Variable("category", cel.StringType), cel.Variable("kind", cel.StringType), cel.Variable("status", cel.StringType),
		cel.Variable("age", cel.IntType), cel.Variable("points", cel.IntType), cel.Variable("local_hire", cel.BoolType),
		cel.Variable("amount", cel.IntType), cel.Variable("distance", cel.IntType), cel.Variable("goods", cel.StringType), cel.Variable("in_person", cel.BoolType),
	)
	if err != nil {
		return nil, err
	}
	e := &engine{
		baseline: map[cell]workload.Decision{}, cuts: map[pair][]program{}, reciprocity: map[pair][]program{}, programme: map[string][]program{},
	}
	for _, r := range workload.Strictest(rules) {
		if r.Tier == workload.Baseline {
			e.baseline[cell{r.Privileges[0], r.Kinds[0], r.Categories[0]}] = workload.Decision{Outcome: r.Outcome, Rule: r.ID}
			continue
		}
		ast, issues := env.Compile(r.CEL(func(c workload.Condition) string { return c.Fact }))
		if issues.Err() != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, issues.Err())
		}
		run, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		p := program{run: run, outcome: r.Outcome, id: r.ID}
		for _, privilege := range r.Privileges {
			switch r.Tier {
			case workload.Status:
				for _, status := range r.Statuses {
					at := pair{status, privilege}
					e.cuts[at] = append(e.cuts[at], p)
				}
			case workload.Reciprocity:
				at := pair{r.State, privilege}
				e.reciprocity[at] = append(e.reciprocity[at], p)
			default:
				e.programme[privilege] = append(e.programme[privilege], p)
			}
		}
	}
	return e, nil
}

func (e *engine) People(_ *workload.Law, members []workload.Member) error {
	e.members = make(map[string]*member, len(members))
	for i := range members {
		m := &members[i]
		e.members[m.ID] = &member{
			Member: m, category: types.String(m.Category), kind: types.String(m.Kind), status: types.String(m.Status),
			age: types.Int(m.Age), points: types.Int(m.Points), local: types.Bool(m.LocalHire),
		}
	}
	return nil
}

func (e *engine) Decider() (harness.Decider, error) {
	f := &facts{}
	return func(q *workload.Request) (workload.Decision, error) {
		f.member = e.members[q.Member]
		f.amount, f.distance, f.goods, f.inPerson = types.Int(q.Amount), types.Int(q.Distance), types.String(q.Goods), types.Bool(q.InPerson)
		now := e.baseline[cell{q.Privilege, f.Kind, f.Category}]
		var err error
		if cuts := e.cuts[pair{f.Status, q.Privilege}]; len(cuts) > 0 {
			if now, err = first(cuts, now, f, 0); err != nil {
				return now, err
			}
		}
		if now, err = first(e.reciprocity[pair{f.State, q.Privilege}], now, f, 1); err != nil {
			return now, err
		}
		return first(e.programme[q.Privilege], now, f, 1)
	}, nil
}

// first is the first that fires, if it is stricter than what there is by so much.
func first(programs []program, now workload.Decision, f *facts, by workload.Outcome) (workload.Decision, error) {
	for i := range programs {
		p := &programs[i]
		if p.outcome < now.Outcome+by {
			return now, nil
		}
		v, _, err := p.run.Eval(f)
		if err != nil {
			return now, fmt.Errorf("%s: %w", p.id, err)
		}
		if v == types.True {
			return workload.Decision{Outcome: p.outcome, Rule: p.id}, nil
		}
	}
	return now, nil
}

func main() {
	harness.Main(harness.Row{
		Name:    "cel-go",
		Sources: func(law *workload.Law) (any, error) { return law.Rules, nil },
		Load:    load,
		Slow:    true,
	})
}
