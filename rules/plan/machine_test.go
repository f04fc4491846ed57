package plan_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/plan"
)

// A machine says of everybody in the cases of the law that ships what the law says,
// with any request, or leaves it to the law.
func TestMachineMeansWhatTheLawMeans(t *testing.T) {
	type office struct {
		law     rules.Law
		machine *plan.Machine
		request *plan.Request
		people  map[string]*rules.Situation
		left    int
	}
	offices := map[*rules.Edition]*office{}
	var names []string
	of := map[string]*office{}
	for i, e := range examples(t) {
		o := offices[e.edition]
		if o == nil {
			o = &office{law: e.law, people: map[string]*rules.Situation{}}
			offices[e.edition] = o
			o.machine = plan.Compile(e.law, 0, func(name string, p domain.Privilege, request *rules.Object) (*rules.Situation, error) {
				o.left++
				s := *o.people[name]
				s.Privilege, s.Request, s.At = p, request, 0
				return &s, nil
			})
			o.request = o.machine.Request()
		}
		s := e.situation(t)
		if s.Vehicle != nil || s.Property != nil || e.law.Common.Language.Privileges[s.Privilege].Of&rules.OfPerson == 0 {
			continue
		}
		s.At = 0
		name := fmt.Sprintf("person-%d", i)
		o.people[name], of[name] = s, o
		names = append(names, name)
		var c *rules.Capacity
		if len(s.Capacities) == 1 && len(s.Bounds) == 0 && s.Capacities[0].Filing == nil && s.Capacities[0].Protection == nil {
			c = &s.Capacities[0]
		}
		require.NoError(t, o.machine.Enroll(name, c))
	}
	require.Greater(t, len(names), 500)
	asked := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 200 {
			name := rapid.SampledFrom(names).Draw(t, "person")
			o := of[name]
			s := *o.people[name]
			lang := o.law.Common.Language
			if rapid.Bool().Draw(t, "another privilege") {
				p := rapid.SampledFrom(lang.PrivilegeOrder).Draw(t, "privilege")
				if lang.Privileges[p].Of&rules.OfPerson != 0 && lang.Privileges[p].Liberty == lang.Privileges[s.Privilege].Liberty {
					s.Privilege = p
				}
			}
			words := map[string]string{}
			for _, fact := range slices.Sorted(maps.Keys(requests)) {
				if rapid.Bool().Draw(t, fact) {
					words[fact] = rapid.SampledFrom(requests[fact]).Draw(t, fact)
				}
			}
			request, err := lang.Request(words)
			if err != nil {
				continue
			}
			s.Request = request
			want := rules.Weigh(o.law, &s)
			o.request.Fill(request)
			got, err := o.machine.Decide(name, s.Privilege, o.request)
			require.NoError(t, err)
			require.Equal(t, want.Outcome, got.Outcome, "%s %s %v %v", name, s.Privilege, words, want.Reasons)
			rule := ""
			if len(want.Reasons) > 0 {
				rule = want.Reasons[0].Rule
			}
			if got.Outcome != "" {
				require.Equal(t, rule, got.Rule, "%s %s %v", name, s.Privilege, words)
			}
			asked++
		}
	})
	left := 0
	for _, o := range offices {
		left += o.left
	}
	t.Logf("%d asked, %d left to the law", asked, left)
	assert.Greater(t, asked, 3000)
	assert.Less(t, left, asked*9/10)
}

// What does not fit is an error, and who is not enrolled is not denied but unknown.
func TestMachineRefuses(t *testing.T) {
	e := examples(t)[0]
	m := plan.Compile(e.law, 0, func(string, domain.Privilege, *rules.Object) (*rules.Situation, error) {
		return nil, assert.AnError
	})
	c := e.law.Common.Language.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent"})
	require.NoError(t, m.Enroll("ana", &c))
	require.NoError(t, m.Enroll("ben", nil))
	require.ErrorContains(t, m.Enroll("ana", &c), "enrolled already")
	r := m.Request()
	_, err := m.Decide("carl", "imm.criminal", r)
	require.ErrorContains(t, err, "nobody is enrolled as carl")
	_, err = m.Decide("ana", "imm.criminel", r)
	require.ErrorContains(t, err, "there is no privilege imm.criminel")
	_, err = m.Decide("ben", "imm.criminal", r)
	require.ErrorIs(t, err, assert.AnError, "the law is asked about whom the machine does not know")
	stage, known := m.Slot("stage")
	require.True(t, known)
	r.Word(stage, "no such stage")
	_, err = m.Decide("ana", "imm.criminal", r)
	require.ErrorContains(t, err, "is not in the list")
	r.Reset()
	amount, _ := m.Slot("amount")
	r.Number(amount, -1)
	_, err = m.Decide("ana", "imm.criminal", r)
	require.ErrorContains(t, err, "request.amount: -1 can't be negative")
	r.Reset()
	distance, _ := m.Slot("distance")
	r.Number(distance, math.MaxInt64/999)
	_, err = m.Decide("ana", "imm.criminal", r)
	require.ErrorContains(t, err, "request.distance: the number is too large")
	r.Reset()
	_, known = m.Slot("no such fact")
	require.False(t, known)
}
