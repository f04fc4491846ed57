// Command cedar is cedar-go in the table of peers.
//
// Cedar answers Allow or Deny and names the policies that determined it, so each
// rule is a permit policy with its id, of which the outcome and step are known to
// the application; it combines the ids that come back. cedar-go evaluates every
// policy that it is given, one after another, so policies are sliced, as Cedar's
// documentation advises: a request is decided by the policies of its baseline
// cell, the cuts of the member's status, the programmes of the privilege, and the
// rules of the member's State for it, which is mostly five policies. Slices
// are made once, and joining them copies nothing.
package main

import (
	"fmt"
	"iter"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/comity-project/comity/internal/bench/peers/harness"
	"github.com/comity-project/comity/internal/bench/peers/workload"
)

type policy struct {
	id  cedar.PolicyID
	run *cedar.Policy
}

// slices is what one request is decided by.
type slices [4][]policy

func (s *slices) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, part := range s {
			for i := range part {
				if !yield(part[i].id, part[i].run) {
					return
				}
			}
		}
	}
}

type known struct {
	tier    workload.Tier
	outcome workload.Outcome
	id      string
}

type cell struct{ privilege, kind, category string }

type pair struct{ of, privilege string }

type engine struct {
	rules       map[cedar.PolicyID]known
	baseline    map[cell][]policy
	cuts        map[pair][]policy // by status
	reciprocity map[pair][]policy // by State
	programme   map[string][]policy

	members  map[string]*workload.Member
	uids     map[string]cedar.EntityUID
	actions  map[string]cedar.EntityUID
	entities cedar.EntityMap
}

// text is a policy with what the application knows of the rule.
type text struct {
	rule      workload.Rule
	privilege string
	policy    string
}

type texts []text

// Size is that of all policies.
func (t texts) Size() int {
	n := 0
	for i := range t {
		n += len(t[i].policy)
	}
	return n
}

func write(law *workload.Law) (any, error) {
	var out texts
	for _, r := range law.Rules {
		for _, privilege := range r.Privileges {
			var when []string
			if r.State != "" {
				when = append(when, fmt.Sprintf("principal.state == %q", r.State))
			}
			for _, c := range r.Conditions() {
				when = append(when, condition(c))
			}
			policy := fmt.Sprintf("@id(%q)\npermit (principal, action == Action::%q, resource)", r.ID, privilege)
			if len(when) > 0 {
				policy += fmt.Sprintf("\nwhen { %s }", strings.Join(when, " && "))
			}
			out = append(out, text{rule: r, privilege: privilege, policy: policy + ";\n"})
		}
	}
	return out, nil
}

func condition(c workload.Condition) string {
	fact := "principal." + c.Fact
	if c.Of == workload.OfRequest {
		fact = "context." + c.Fact
	}
	out := ""
	switch c.Op {
	case workload.In, workload.NotIn:
		out = fmt.Sprintf("[%s].contains(%s)", workload.Quoted(c.Set), fact)
		if len(c.Set) == 1 {
			out = fmt.Sprintf("%s == %q", fact, c.Set[0])
		}
		if c.Op == workload.NotIn {
			out = "!(" + out + ")"
		}
	case workload.Less:
		out = fmt.Sprintf("%s < %d", fact, c.N)
	case workload.AtLeast:
		out = fmt.Sprintf("%s >= %d", fact, c.N)
	case workload.More:
		out = fmt.Sprintf("%s > %d", fact, c.N)
	case workload.Is:
		out = fact
	case workload.IsNot:
		out = "!" + fact
	}
	if c.Or != nil {
		out = "(" + out + " || " + condition(*c.Or) + ")"
	}
	return out
}

func load(from any) (harness.Engine, error) {
	e := &engine{
		rules: map[cedar.PolicyID]known{}, baseline: map[cell][]policy{}, cuts: map[pair][]policy{}, programme: map[string][]policy{}, reciprocity: map[pair][]policy{},
		actions: map[string]cedar.EntityUID{},
	}
	for _, t := range from.(texts) {
		privilege := t.privilege
		p := policy{id: cedar.PolicyID(t.rule.ID + "@" + privilege), run: &cedar.Policy{}}
		if err := p.run.UnmarshalCedar([]byte(t.policy)); err != nil {
			return nil, fmt.Errorf("%s: %w", p.id, err)
		}
		e.rules[p.id] = known{tier: t.rule.Tier, outcome: t.rule.Outcome, id: t.rule.ID}
		e.actions[privilege] = cedar.NewEntityUID("Action", cedar.String(privilege))
		switch t.rule.Tier {
		case workload.Baseline:
			at := cell{privilege, t.rule.Kinds[0], t.rule.Categories[0]}
			e.baseline[at] = append(e.baseline[at], p)
		case workload.Reciprocity:
			at := pair{t.rule.State, privilege}
			e.reciprocity[at] = append(e.reciprocity[at], p)
		case workload.Status:
			for _, status := range t.rule.Statuses {
				at := pair{status, privilege}
				e.cuts[at] = append(e.cuts[at], p)
			}
		case workload.Programme:
			e.programme[privilege] = append(e.programme[privilege], p)
		}
	}
	return e, nil
}

func (e *engine) People(_ *workload.Law, members []workload.Member) error {
	e.members = make(map[string]*workload.Member, len(members))
	e.uids = make(map[string]cedar.EntityUID, len(members))
	e.entities = make(cedar.EntityMap, len(members))
	for i := range members {
		m := &members[i]
		uid := cedar.NewEntityUID("Member", cedar.String(m.ID))
		e.members[m.ID], e.uids[m.ID] = m, uid
		e.entities[uid] = cedar.Entity{UID: uid, Attributes: cedar.NewRecord(cedar.RecordMap{
			"state": cedar.String(m.State), "category": cedar.String(m.Category), "kind": cedar.String(m.Kind), "status": cedar.String(m.Status),
			"age": cedar.Long(m.Age), "points": cedar.Long(m.Points), "local_hire": cedar.Boolean(m.LocalHire),
		})}
	}
	return nil
}

func (e *engine) Decider() (harness.Decider, error) {
	resource := cedar.NewEntityUID("Office", "office")
	var s slices
	return func(q *workload.Request) (workload.Decision, error) {
		m := e.members[q.Member]
		s = slices{e.baseline[cell{q.Privilege, m.Kind, m.Category}], e.cuts[pair{m.Status, q.Privilege}], e.reciprocity[pair{m.State, q.Privilege}], e.programme[q.Privilege]}
		_, why := cedar.Authorize(&s, e.entities, cedar.Request{
			Principal: e.uids[q.Member], Action: e.actions[q.Privilege], Resource: resource,
			Context: cedar.NewRecord(cedar.RecordMap{
				"amount": cedar.Long(q.Amount), "distance": cedar.Long(q.Distance), "goods": cedar.String(q.Goods), "in_person": cedar.Boolean(q.InPerson),
			}),
		})
		if len(why.Errors) > 0 {
			return workload.Decision{}, fmt.Errorf("%v", why.Errors)
		}
		return e.combine(why.Reasons), nil
	}, nil
}

// combine is what the rules that fired come to.
func (e *engine) combine(fired []cedar.DiagnosticReason) workload.Decision {
	var best [4]workload.Decision
	for i := range fired {
		r := e.rules[fired[i].PolicyID]
		if b := &best[r.tier]; b.Rule == "" || r.outcome > b.Outcome || r.outcome == b.Outcome && r.id < b.Rule {
			*b = workload.Decision{Outcome: r.outcome, Rule: r.id}
		}
	}
	now := best[workload.Baseline]
	if cut := best[workload.Status]; cut.Rule != "" && cut.Outcome >= now.Outcome {
		now = cut
	}
	for _, tier := range []workload.Tier{workload.Reciprocity, workload.Programme} {
		if d := best[tier]; d.Rule != "" && d.Outcome > now.Outcome {
			now = d
		}
	}
	return now
}

func main() {
	harness.Main(harness.Row{Name: "cedar-go", Sources: write, Load: load, Slow: true})
}
