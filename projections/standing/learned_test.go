package standing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A timeline over what was known says at every position what one says who has
// read no further. All positions are tried.
func TestAKnownTimelineIsEveryAnswer(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q, at := drawQuery(t), o.moments(t, 1)[0]
		ends := o.ends()
		first := number(t, 0, len(ends)-1, "first")
		asked := ends[first:]
		if number(t, 0, 2, "not to the end") == 0 {
			asked = asked[:number(t, 1, len(asked), "how far")]
		}
		from, to := asked[0], asked[len(asked)-1]
		tl, err := standing.Known(t.Context(), o.root(t, len(o.log)), q.subject, q.privilege, at, from, to, q.request)
		if err != nil {
			require.True(t, isRefusal(err), "%v", err)
		}
		require.Equal(t, from, tl.Stretches[0].From)
		require.Empty(t, tl.Stretches[0].Turned)
		require.Zero(t, tl.Stretches[len(tl.Stretches)-1].To)
		n := 0
		for i, k := range asked {
			if n+1 < len(tl.Stretches) && tl.Stretches[n+1].From == k {
				n++
				before := tl.Stretches[n-1]
				require.Equal(t, k, before.To)
				require.False(t, before.Same(tl.Stretches[n].Said), "%s", o)
				require.NotEmpty(t, tl.Stretches[n].Turned)
				for _, pos := range tl.Stretches[n].Turned {
					require.GreaterOrEqual(t, pos, asked[i-1])
					require.Less(t, pos, k)
				}
				require.Equal(t, o.log[k-1].Recorded, tl.Stretches[n].Recorded)
			}
			want := naively(t, o, k, q, at)
			require.Truef(t, want.Same(tl.Stretches[n].Said), "%v as of %s as known at %d: %+v, and the timeline has %+v%s", q, at, k, want, tl.Stretches[n], o)
		}
		require.Len(t, tl.Stretches, n+1)
	})
}

// A map says about every moment, as known at every position, what one says who
// has read no further.
func TestAMapIsEveryAnswer(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q, ends := drawQuery(t), o.ends()
		from, to := drawRange(t)
		root := o.root(t, len(o.log))
		m, err := standing.Mapped(t.Context(), root, q.subject, q.privilege, from, to, ends[0], ends[len(ends)-1], q.request)
		if err != nil {
			require.True(t, isRefusal(err), "%v", err)
		}
		var edges []timeline.Instant
		used := map[int]bool{}
		for i, row := range m.Rows {
			require.Equal(t, from, row.Cells[0].From)
			require.Equal(t, to, row.Cells[len(row.Cells)-1].To)
			if i > 0 {
				require.NotEqual(t, m.Rows[i-1].Cells, row.Cells)
				require.Equal(t, m.Rows[i-1].To, row.From)
			}
			for j, c := range row.Cells {
				used[c.Answer] = true
				edges = append(edges, c.From, c.From-1)
				if j > 0 {
					require.Equal(t, row.Cells[j-1].To, c.From)
					require.NotEqual(t, row.Cells[j-1].Answer, c.Answer)
				}
			}
		}
		require.Len(t, used, len(m.Answers))
		for i, one := range m.Answers {
			for _, other := range m.Answers[:i] {
				require.False(t, one.Same(other))
			}
		}
		for _, k := range ends {
			alone := o.root(t, int(k))
			for _, at := range o.moments(t, 6, edges...) {
				if at < from || at >= to {
					continue
				}
				want := onRoot(t, alone, k, q, at)
				require.Truef(t, want.Same(m.At(at, k)), "%v as of %s as known at %d: %+v, and the map has %+v%s", q, at, k, want, m.At(at, k), o)
			}
		}
	})
}

// No event about anything that is not relevant to a question changes its answer.
func TestAVerdictDependsOnWhatIsRelevant(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		q := drawQuery(t)
		root := o.root(t, len(o.log))
		for _, at := range o.moments(t, 2) {
			for k := domain.Position(6); int(k) < len(o.log); k++ {
				relevant := root.ViewAt(k + 1).Relevant(q.subject)
				if car := q.request["object"]; car != "" {
					relevant = append(relevant, domain.Of(domain.KindVehicle, car))
				}
				if e := o.log[k]; !contains(relevant, e.Subject) {
					before, after := onRoot(t, root, k, q, at), onRoot(t, root, k+1, q, at)
					require.True(t, before.Same(after), "%v at %d%s", q, k, o)
				}
			}
		}
	})
}

func contains(list []domain.Subject, s domain.Subject) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func TestWhatTheOfficeLearned(t *testing.T) {
	o := founded()
	ana := domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
	o.tell(1, ana)
	o.tell(2, domaintest.Accredited("bo", "arandia-embassy", "dip.agent", "2024-01-01"))
	o.tell(3, domaintest.Registered("coravia", "2020-01-01"))
	gone := domaintest.Event("member/ana", "2024-01-01", domain.EventRetracted{Reason: "mixed up"})
	gone.Target = o.log[6].ID
	o.tell(3, gone)
	o.tell(3, domaintest.Registered("dovia", "2020-01-01"))
	k := domain.Position(len(o.log))
	tl, err := standing.Known(t.Context(), o.root(t, len(o.log)), domain.Member("ana"), "imm.arrest", timeline.Of(domaintest.When("2024-03-01").At), 6, k, nil)
	require.NoError(t, err)
	require.Len(t, tl.Stretches, 3)
	assert.Equal(t, standing.Learned{From: 6, To: 7, Recorded: o.log[5].Recorded}, tl.Stretches[0].Learned)
	assert.Equal(t, domain.Denied, tl.Stretches[0].Outcome)
	assert.Equal(t, standing.Learned{From: 7, To: 11, Recorded: o.log[6].Recorded, Turned: []domain.Position{6}}, tl.Stretches[1].Learned)
	assert.Equal(t, domain.Allowed, tl.Stretches[1].Outcome)
	assert.Equal(t, standing.Learned{From: 11, Recorded: o.log[10].Recorded, Turned: []domain.Position{9}}, tl.Stretches[2].Learned)
	assert.Equal(t, domain.Denied, tl.Stretches[2].Outcome)

	ended, stop := context.WithCancel(t.Context())
	stop()
	_, err = standing.Known(ended, o.root(t, len(o.log)), domain.Member("ana"), "imm.arrest", 0, 6, k, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = standing.Known(t.Context(), o.root(t, len(o.log)), domain.Member("ana"), "imm.arrest", 0, 7, 6, nil)
	require.Error(t, err)
	_, err = standing.Mapped(t.Context(), o.root(t, len(o.log)), domain.Member("ana"), "imm.arest", timeline.Always, timeline.Never, 6, k, nil)
	require.ErrorContains(t, err, "did you mean")
}
