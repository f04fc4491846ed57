// Command casbin is casbin in the table of peers.
//
// Casbin answers true or false and, with EnforceEx, the policy line that decided,
// so each rule is a line that carries its outcome and id. An enforcer goes through
// its lines one after another, so there are many enforcers, as casbin's
// documentation advises under "sharding": one for the baseline and the cuts of each
// kind, category and privilege, one for each State and privilege, and one for the
// programmes of each privilege. Lines stand in order of strictness, under an effect
// by which the first that matches decides. The matcher of an enforcer looks at
// those columns alone that one of its lines fills; it never calls eval(), which
// would parse an expression for every line of every request. Go asks the three
// enforcers in turn, and spares itself those that can't make a denial stricter.
package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

// columns are what a line may ask, each with how a matcher looks at it.
var columns = []struct{ name, match string }{
	{"categories", "oneOf(r.category, p.categories)"},
	{"kinds", "oneOf(r.kind, p.kinds)"},
	{"statuses", "oneOf(r.status, p.statuses)"},
	{"remote", "no(r.in_person, p.remote)"},
	{"local", "yes(r.local_hire, p.local)"},
	{"below", "less(r.amount, p.below)"},
	{"least", "atLeast(r.amount, p.least)"},
	{"beyond", "more(r.distance, p.beyond)"},
	{"goods", "oneOf(r.goods, p.goods)"},
	{"other", "noneOf(r.goods, p.other)"},
	{"younger", "less(r.age, p.younger)"},
	{"points", "atLeast(r.points, p.points)"},
}

// every says that a line does not ask what a column is for.
const every = "*"

type cell struct{ privilege, kind, category string }

type pair struct{ state, privilege string }

type engine struct {
	entitlement map[cell]*casbin.Enforcer
	reciprocity map[pair]*casbin.Enforcer
	programme   map[string]*casbin.Enforcer
	members     map[string]*workload.Member
}

// lines writes a rule as policy lines: what one of two conditions will do for is
// two lines.
func lines(r *workload.Rule) []map[string]string {
	line := map[string]string{}
	var either []map[string]string
	for _, c := range r.Conditions() {
		if c.Or != nil {
			or := map[string]string{}
			fill(line, c)
			fill(or, *c.Or)
			either = append(either, or)
			continue
		}
		fill(line, c)
	}
	out := []map[string]string{line}
	for _, or := range either {
		for name, value := range line {
			if name != "least" {
				or[name] = value
			}
		}
		out = append(out, or)
	}
	return out
}

func fill(line map[string]string, c workload.Condition) {
	number := strconv.FormatInt(c.N, 10)
	switch {
	case c.Fact == "category":
		line["categories"] = strings.Join(c.Set, "|")
	case c.Fact == "kind":
		line["kinds"] = strings.Join(c.Set, "|")
	case c.Fact == "status":
		line["statuses"] = strings.Join(c.Set, "|")
	case c.Fact == "in_person":
		line["remote"] = "true"
	case c.Fact == "local_hire":
		line["local"] = "true"
	case c.Fact == "amount" && c.Op == workload.Less:
		line["below"] = number
	case c.Fact == "amount":
		line["least"] = number
	case c.Fact == "distance":
		line["beyond"] = number
	case c.Fact == "goods" && c.Op == workload.In:
		line["goods"] = strings.Join(c.Set, "|")
	case c.Fact == "goods":
		line["other"] = strings.Join(c.Set, "|")
	case c.Fact == "age":
		line["younger"] = number
	case c.Fact == "points":
		line["points"] = number
	}
}

// enforcer makes one of some rules, of which the first that matches decides.
// What is in known need not be asked.
func enforcer(rules []workload.Rule, known ...string) (*casbin.Enforcer, error) {
	var all []map[string]string
	var ids [][2]string
	used := map[string]bool{}
	for i := range rules {
		for _, line := range lines(&rules[i]) {
			for _, name := range known {
				delete(line, name)
			}
			for name := range line {
				used[name] = true
			}
			all = append(all, line)
			ids = append(ids, [2]string{rules[i].Outcome.String(), rules[i].ID})
		}
	}
	names, matches := []string{"outcome", "id"}, []string{}
	for _, c := range columns {
		if used[c.name] {
			names = append(names, c.name)
			matches = append(matches, c.match)
		}
	}
	if len(matches) == 0 {
		matches = append(matches, `p.id != ""`)
	}
	m, err := model.NewModelFromString(`
[request_definition]
r = category, kind, status, age, points, local_hire, amount, distance, goods, in_person

[policy_definition]
p = ` + strings.Join(names, ", ") + `, eft

[policy_effect]
e = priority(p.eft) || deny

[matchers]
m = ` + strings.Join(matches, " && ") + "\n")
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	e.EnableLog(false)
	for name, f := range functions {
		e.AddFunction(name, f)
	}
	for i, line := range all {
		p := []any{ids[i][0], ids[i][1]}
		for _, name := range names[2:] {
			value, asks := line[name]
			if !asks {
				value = every
			}
			p = append(p, value)
		}
		if _, err := e.AddPolicy(append(p, "allow")...); err != nil {
			return nil, err
		}
	}
	return e, nil
}

var functions = map[string]func(...any) (any, error){
	"oneOf": func(args ...any) (any, error) {
		list := args[1].(string)
		return list == every || among(args[0].(string), list), nil
	},
	"noneOf": func(args ...any) (any, error) {
		list := args[1].(string)
		return list == every || !among(args[0].(string), list), nil
	},
	"yes": func(args ...any) (any, error) { return args[1].(string) == every || args[0].(bool), nil },
	"no":  func(args ...any) (any, error) { return args[1].(string) == every || !args[0].(bool), nil },
	"less": func(args ...any) (any, error) {
		return compare(args, func(a, b float64) bool { return a < b })
	},
	"atLeast": func(args ...any) (any, error) {
		return compare(args, func(a, b float64) bool { return a >= b })
	},
	"more": func(args ...any) (any, error) {
		return compare(args, func(a, b float64) bool { return a > b })
	},
}

func among(code, list string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, "|")
		if one == code {
			return true
		}
	}
	return false
}

func compare(args []any, holds func(a, b float64) bool) (any, error) {
	text := args[1].(string)
	if text == every {
		return true, nil
	}
	n, err := strconv.ParseFloat(text, 64) // govaluate makes every number one
	return err == nil && holds(args[0].(float64), n), err
}

func load(from any) (harness.Engine, error) {
	rules := workload.Strictest(from.([]workload.Rule))
	e := &engine{entitlement: map[cell]*casbin.Enforcer{}, reciprocity: map[pair]*casbin.Enforcer{}, programme: map[string]*casbin.Enforcer{}}
	own, programme := map[pair][]workload.Rule{}, map[string][]workload.Rule{}
	cuts := map[string][]workload.Rule{}
	for _, r := range rules {
		for _, privilege := range r.Privileges {
			switch r.Tier {
			case workload.Status:
				cuts[privilege] = append(cuts[privilege], r)
			case workload.Reciprocity:
				own[pair{r.State, privilege}] = append(own[pair{r.State, privilege}], r)
			case workload.Programme:
				programme[privilege] = append(programme[privilege], r)
			case workload.Baseline:
			}
		}
	}
	var err error
	for _, r := range rules {
		if r.Tier != workload.Baseline {
			continue
		}
		var lines []workload.Rule
		for _, cut := range cuts[r.Privileges[0]] {
			if cut.Outcome >= r.Outcome && slices.Contains(cut.Categories, r.Categories[0]) {
				lines = append(lines, cut)
			}
		}
		at := cell{r.Privileges[0], r.Kinds[0], r.Categories[0]}
		if e.entitlement[at], err = enforcer(append(lines, r), "categories", "kinds"); err != nil {
			return nil, err
		}
	}
	for at, rules := range own {
		if e.reciprocity[at], err = enforcer(rules); err != nil {
			return nil, err
		}
	}
	for at, rules := range programme {
		if e.programme[at], err = enforcer(rules); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *engine) People(_ *workload.Law, members []workload.Member) error {
	e.members = make(map[string]*workload.Member, len(members))
	for i := range members {
		e.members[members[i].ID] = &members[i]
	}
	return nil
}

func (e *engine) Decider() (harness.Decider, error) {
	return func(q *workload.Request) (workload.Decision, error) {
		m := e.members[q.Member]
		facts := []any{m.Category, m.Kind, m.Status, m.Age, m.Points, m.LocalHire, q.Amount, q.Distance, q.Goods, q.InPerson}
		var now workload.Decision
		for _, by := range [...]*casbin.Enforcer{
			e.entitlement[cell{q.Privilege, m.Kind, m.Category}], e.reciprocity[pair{m.State, q.Privilege}], e.programme[q.Privilege],
		} {
			if by == nil {
				continue
			}
			ok, line, err := by.EnforceEx(facts...)
			if err != nil {
				return now, err
			}
			if !ok {
				continue
			}
			outcome, known := workload.OutcomeOf(line[0])
			if !known {
				return now, fmt.Errorf("the line %q has no outcome", line)
			}
			if now.Rule == "" || outcome > now.Outcome {
				now = workload.Decision{Outcome: outcome, Rule: line[1]}
			}
			if now.Outcome == workload.Denied {
				break
			}
		}
		return now, nil
	}, nil
}

func main() {
	harness.Main(harness.Row{
		Name:    "casbin",
		Sources: func(law *workload.Law) (any, error) { return law.Rules, nil },
		Load:    load,
		Slow:    true,
	})
}
