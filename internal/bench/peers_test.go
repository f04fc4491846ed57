package bench_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/bench/peers/workload"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// The law on which engines are compared says the same in rulesets of comity as it
// does read naively: in outcome and deciding rule, by the rules and by their plan.
func TestComityAgreesWithTheWorkload(t *testing.T) {
	const some = 12 // States; all of them are asked about by make bench-peers
	law := workload.NewLaw(1)
	states := law.States[:some]
	bundle := func(text string) []byte {
		b, err := rules.Bundle(fstest.MapFS{"ruleset.yaml": {Data: []byte(text)}})
		require.NoError(t, err)
		return b
	}
	common, err := rules.LoadCommon(bundle(law.Common()))
	require.NoError(t, err)
	editions := rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{}}
	for _, state := range states {
		editions.States[domain.StateID(state)], err = rules.LoadState(bundle(law.Own(state)), common)
		require.NoError(t, err)
	}
	law.States = states // of whom the members are
	members := workload.NewMembers(law, 2, 400)
	naive := workload.NewNaive(law, members)
	people := map[string]rules.Capacity{}
	for _, m := range members {
		c := common.Language.Capacity(rules.Hypothetical{
			State: domain.StateID(m.State), MissionKind: domain.MissionKind(m.Kind), Category: domain.Category(m.Category), Status: domain.Status(m.Status),
		})
		c.Member = c.Member.With("age", domain.Int(m.Age)).With("points", domain.Int(m.Points)).With("local_hire", domain.Bool(m.LocalHire))
		c.Sponsor = c.Member
		people[m.ID] = c
	}
	planned := plan.New()
	for _, q := range workload.NewRequests(law, members, 2, 3000) {
		s := &rules.Situation{
			Privilege: domain.Privilege(q.Privilege), At: 1, Capacities: []rules.Capacity{people[q.Member]}, Nobody: common.Language.Nobody("somebody"),
			Request: common.Language.Object("request", func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
				v, known := map[string]domain.Value{
					"amount": domain.Int(q.Amount), "miles": domain.Int(q.Distance), "article": domain.Text(q.Goods), "in_person": domain.Bool(q.InPerson),
				}[decl.Name]
				return v, nil, known
			}),
		}
		want := naive.Decide(q)
		weighed := rules.Weigh(editions, s)
		for by, a := range map[string]*rules.Answer{"the rules": &weighed, "the plan": planned.Weigh(editions, s)} {
			require.Equal(t, want.Outcome.String(), string(a.Outcome), "by %s: %+v", by, q)
			require.Equal(t, want.Rule, a.Reasons[0].Rule, "by %s: %+v", by, q)
		}
	}
}
