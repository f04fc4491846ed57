package plan_test

import (
	"io/fs"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
	"github.com/comity-project/comity/rules/plan"
	"github.com/comity-project/comity/rulesets"
)

func load(t testing.TB, folder fs.FS, common *rules.Edition) *rules.Edition {
	t.Helper()
	text, err := rules.Bundle(folder)
	require.NoError(t, err)
	if common == nil {
		e, err := rules.LoadCommon(text)
		require.NoError(t, err)
		return e
	}
	e, err := rules.LoadState(text, common)
	require.NoError(t, err)
	return e
}

// An example is a case of the law that ships.
type example struct {
	law     rules.Law
	edition *rules.Edition
	c       *rules.Case
	key     string
}

func (e example) situation(t require.TestingT) *rules.Situation {
	s, err := cases.Situate(e.law, e.edition, e.c, e.key)
	require.NoError(t, err)
	return s
}

// theExamples are loaded once for all tests, none of which changes their law.
var theExamples []example

// examples are the cases of the common law, under it alone, and those of each State
// under that State's law.
func examples(t testing.TB) []example {
	t.Helper()
	if theExamples != nil {
		return theExamples
	}
	common := load(t, rulesets.Common(), nil)
	var out []example
	add := func(law rules.Law, e *rules.Edition) {
		for _, c := range e.Cases {
			for _, want := range c.Expect {
				out = append(out, example{law, e, c, want.Key})
			}
		}
	}
	law := rules.Law{Common: common}
	add(law, common)
	for _, state := range rulesets.States() {
		folder, err := rulesets.Of(state)
		require.NoError(t, err)
		own := load(t, folder, common)
		add(rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{domain.StateID(own.Code): own}}, own)
	}
	theExamples = out
	return out
}

func same(t require.TestingT, want, got *rules.Answer, msg ...any) {
	require.Equal(t, want.Outcome, got.Outcome, msg...)
	require.Equal(t, want.Conditions, got.Conditions, msg...)
	require.Equal(t, want.Errors, got.Errors, msg...)
	require.Len(t, got.Reasons, len(want.Reasons), msg...)
	for i := range want.Reasons {
		a, b := want.Reasons[i], got.Reasons[i]
		a.Capacity, b.Capacity = "", "" // each person's own
		require.Equal(t, a, b, msg...)
	}
}

// requests are words of requests that rules tell apart, and some that they don't.
var requests = map[string][]string{
	"amount": {"0", "4999", "30000", "30001", "250000"}, "distance": {"0", "24", "25", "26", "400"}, "in_person": {"true", "false"},
	"stage": {"jurisdiction", "execution"}, "place": {"capital", "elsewhere"}, "bearer": {"self", "other"},
}

// Under the law that ships, a plan comes to what the law comes to, for everybody in
// the cases, with every privilege and all sorts of requests.
func TestPlanMeansWhatTheLawMeans(t *testing.T) {
	all := examples(t)
	plans := map[*rules.Edition]*plan.Plan{}
	for _, e := range all {
		if plans[e.edition] == nil {
			plans[e.edition] = plan.New()
		}
	}
	compared, learned := 0, uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(all).Draw(t, "case")
		s := e.situation(t)
		lang := e.law.Common.Language
		p := plans[e.edition]
		if rapid.Bool().Draw(t, "another privilege") {
			other := rapid.SampledFrom(lang.PrivilegeOrder).Draw(t, "privilege")
			if lang.Privileges[other].Of == lang.Privileges[s.Privilege].Of && lang.Privileges[other].Liberty == lang.Privileges[s.Privilege].Liberty {
				s.Privilege = other
			}
		}
		seat := p.Seat(e.law, s)
		for range 20 {
			words := maps.Clone(e.c.Request)
			if words == nil {
				words = map[string]string{}
			}
			for _, name := range slices.Sorted(maps.Keys(requests)) {
				switch rapid.IntRange(0, 3).Draw(t, name) {
				case 0:
					delete(words, name)
				case 1:
					words[name] = rapid.SampledFrom(requests[name]).Draw(t, name)
				}
			}
			request, err := lang.Request(words)
			if err != nil {
				continue
			}
			asked := *s
			asked.Request = request
			want := rules.Weigh(e.law, &asked)
			same(t, &want, p.Weigh(e.law, &asked), "%s %s %v", e.c.Name, s.Privilege, words)
			same(t, &want, seat.Weigh(request), "%s %s %v", e.c.Name, s.Privilege, words)
			compared++
		}
	})
	for _, p := range plans {
		learned += p.Stats().Learned
	}
	t.Logf("%d answers compared, %d learned", compared, learned)
	assert.Greater(t, compared, 300)
	assert.Less(t, learned, uint64(compared), "the plan remembers")
}

// Every case of the law that ships, twice: the second time nothing is learned.
func TestPlanLearnsOnce(t *testing.T) {
	all := examples(t)
	require.Greater(t, len(all), 1000)
	plans := map[*rules.Edition]*plan.Plan{}
	count := func() (n uint64) {
		for _, p := range plans {
			n += p.Stats().Learned
		}
		return n
	}
	var before uint64
	for round := range 2 {
		before = count()
		for _, e := range all {
			if plans[e.edition] == nil {
				plans[e.edition] = plan.New()
			}
			s := e.situation(t)
			want := rules.Weigh(e.law, s)
			same(t, &want, plans[e.edition].Weigh(e.law, s), "%s", e.c.Name)
		}
		if round == 0 {
			assert.Less(t, count(), uint64(len(all)), "cases are alike")
		}
	}
	assert.Equal(t, before, count())
}
