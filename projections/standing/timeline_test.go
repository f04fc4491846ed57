package standing_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// naively answers one question the slow way: from a root that has replayed so
// many events and knows of no other.
func naively(t require.TestingT, o *office, k domain.Position, q query, at timeline.Instant) standing.Said {
	return onRoot(t, o.root(t, int(k)), k, q, at)
}

func onRoot(t require.TestingT, root *projections.Root, k domain.Position, q query, at timeline.Instant) standing.Said {
	v, err := standing.At(root, k).Verdict(q.subject, q.privilege, at, q.request)
	if err != nil {
		require.True(t, isRefusal(err), "%v", err)
		return standing.Said{Refused: err.Error()}
	}
	return standing.Said{Verdict: v}
}

func isRefusal(err error) bool {
	_, request := errors.AsType[*rules.RequestError](err)
	_, unknown := errors.AsType[*standing.Unknown](err)
	_, wrong := errors.AsType[*standing.WrongSubject](err)
	return request || unknown || wrong
}

// A timeline says at every moment what a question about that moment says, as
// known then by one who knows nothing else; it has no gaps and no seams.
func TestATimelineIsEveryAnswer(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q, k := drawQuery(t), pick(t, o.ends(), "k")
		from, to := drawRange(t)
		tl, err := standing.At(o.root(t, len(o.log)), k).Timeline(q.subject, q.privilege, from, to, q.request)
		if err != nil {
			require.True(t, isRefusal(err), "%v", err)
		}
		require.Equal(t, from, tl.Stretches[0].From)
		require.Equal(t, to, tl.Stretches[len(tl.Stretches)-1].To)
		var edges []timeline.Instant
		for i, s := range tl.Stretches {
			require.Less(t, s.From, s.To)
			edges = append(edges, s.From)
			if i == 0 {
				require.Empty(t, s.Begins)
				continue
			}
			before := tl.Stretches[i-1]
			require.Equal(t, before.To, s.From)
			require.False(t, before.Same(s.Said), "%s%s", s.From, o)
			require.NotEmpty(t, s.Begins)
			edges = append(edges, s.From-1)
		}
		alone := o.root(t, int(k))
		for _, at := range append(o.moments(t, 24, edges...), edges...) {
			if at < from || at >= to || at == timeline.Always {
				continue
			}
			want := onRoot(t, alone, k, q, at)
			require.Truef(t, want.Same(tl.At(at).Said), "%v as of %s as known at %d: %+v, and the timeline has %+v%s", q, at, k, want, tl.At(at), o)
		}
	})
}

func drawRange(t *rapid.T) (from, to timeline.Instant) {
	from, to = timeline.Always, timeline.Never
	switch number(t, 0, 3, "range") {
	case 0:
		from = timeline.Of(domaintest.When(pick(t, days[:5], "from")).At)
	case 1:
		to = timeline.Of(domaintest.When(pick(t, days[5:], "to")).At)
	case 2:
		from = timeline.Of(domaintest.When(pick(t, days[:5], "from")).At)
		to = timeline.Of(domaintest.When(pick(t, days[5:], "to")).At) + 1
	}
	return from, to
}

// The next change is the first edge of the timeline, and where the answer says
// that it ends.
func TestTheNextChangeIsTheFirstEdge(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q, k := drawQuery(t), pick(t, o.ends(), "k")
		root := o.root(t, len(o.log))
		m := standing.At(root, k)
		for _, at := range o.moments(t, 4) {
			tl, err := m.Timeline(q.subject, q.privilege, at, timeline.Never, q.request)
			now := onRoot(t, root, k, q, at)
			next, changes, nextErr := m.NextChange(q.subject, q.privilege, at, q.request)
			if now.Refused != "" {
				require.Error(t, nextErr)
				continue
			}
			if err != nil { // there is no law now, and what there is later has no such privilege
				require.True(t, now.NoLaw && isRefusal(err), "%v", err)
			}
			require.NoError(t, nextErr)
			require.Equal(t, len(tl.Stretches) > 1, changes)
			d, err := m.Decide(q.subject, q.privilege, at, q.request)
			if changes {
				first := tl.Stretches[1]
				require.Equal(t, first.From, next.At, "%s", o)
				require.True(t, first.Same(next.Said))
				require.Equal(t, first.Begins, next.Cause)
			}
			if now.NoLaw {
				require.ErrorIs(t, err, projections.ErrNoLaw)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, !changes, d.Holds.Until.IsZero(), "%v as of %s at %d: %+v%s", q, at, k, next, o)
			if changes {
				require.Equal(t, next.At.Time(), d.Holds.Until, "%s", o)
			}
		}
	})
}

// The timelines of all privileges are those of each.
func TestTimelinesAreTheTimelines(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q, k := drawQuery(t), pick(t, o.ends(), "k")
		m := standing.At(o.root(t, len(o.log)), k)
		from := timeline.Of(domaintest.When("2024-03-01").At)
		to := timeline.Of(domaintest.When("2024-06-01T12:00Z").At)
		all, err := m.Timelines(q.subject, from, to, nil)
		require.NoError(t, err)
		one := pick(t, all, "one")
		want, err := m.Timeline(q.subject, one.Privilege, from, to, nil)
		require.NoError(t, err)
		require.Equal(t, want, one)
	})
}

func TestTheTimelineOfAnAgent(t *testing.T) {
	o := founded()
	o.tell(1, domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"))
	o.tell(2, domaintest.Ended("ana", "2024-06-01"))
	k := domain.Position(len(o.log))
	m := standing.At(o.root(t, len(o.log)), k)
	at := func(day string) timeline.Instant { return timeline.Of(domaintest.When(day).At) }
	tl, err := m.Timeline(domain.Member("ana"), "imm.arrest", timeline.Always, timeline.Never, nil)
	require.NoError(t, err)
	var got []string
	for _, s := range tl.Stretches {
		got = append(got, s.From.Time().Format("2006-01-02")+" "+s.Words()+": "+s.Begins)
	}
	assert.Equal(t, []string{"0001-01-01 no law in force: ", "2020-01-01 denied: nothing gives it", "2024-01-01 allowed: the capacity begins", "2024-07-01 denied: the period to leave ends"}, got)
	assert.Equal(t, []domain.Position{6}, tl.Stretches[2].Events)
	assert.True(t, tl.Changes())
	assert.Equal(t, domain.Allowed, tl.At(at("2024-06-30")).Outcome)
	assert.Equal(t, domain.Denied, tl.At(at("2024-07-01")).Outcome)

	next, changes, err := m.NextChange(domain.Member("ana"), "imm.arrest", at("2024-03-01"), nil)
	require.NoError(t, err)
	assert.True(t, changes)
	assert.Equal(t, at("2024-07-01"), next.At)

	_, err = m.Timeline(domain.Member("ana"), "imm.arest", timeline.Always, timeline.Never, nil)
	require.ErrorContains(t, err, `did you mean "imm.arrest"?`)
	_, err = m.Timeline(domain.Member("ana"), "imm.arrest", at("2024-01-01"), at("2024-01-01"), nil)
	require.ErrorContains(t, err, "there is no time")
	_, err = m.Timeline(domain.Member("ana"), "imm.arrest", timeline.Always, timeline.Never, map[string]string{"at": "2024-01-01"})
	require.ErrorContains(t, err, "leave it out")
	_, err = m.Timeline(domain.Mission("arandia-embassy"), "imm.arrest", timeline.Always, timeline.Never, nil)
	require.ErrorContains(t, err, "privilege of persons")
}
