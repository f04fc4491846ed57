package engine_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
)

// withRule is the common law with a rule more.
func withRule(t testing.TB, rule string) []byte {
	t.Helper()
	bundle, err := common()
	require.NoError(t, err)
	return append(slices.Clone(bundle), "-- zz-draft.yaml --\nrules:\n"+rule...)
}

const liftsFuel = `  - id: DRAFT-FUEL
    tier: individual
    effect: lifts
    of: person
    privilege: [tax.fuel]
    outcome: allowed
    cite: [a draft]
    because: Fuel is free of tax.
`

// shadowed opens an office again with a shadow.
func shadowedBy(t testing.TB, o office, d engine.Draft, waiting int) (office, *engine.Shadow) {
	t.Helper()
	s := engine.NewShadow(d, waiting)
	t.Cleanup(s.Close)
	var err error
	o.Engine, err = engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library(), Shadow: s})
	require.NoError(t, err)
	return o, s
}

func TestAShadowCountsWhatWouldBeOtherwise(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	bundle, err := common()
	require.NoError(t, err)
	ask := func(o office) (out []domain.Decision) {
		for _, p := range []domain.Privilege{"tax.fuel", "imm.arrest", "tax.sales"} {
			out = append(out, o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: p}))
		}
		return out
	}
	want := ask(o)

	same, shadow := shadowedBy(t, o, engine.Draft{Bundle: bundle}, 0)
	assert.Equal(t, want, ask(same))
	require.NoError(t, shadow.Settle(t.Context()))
	got := shadow.Stats()
	assert.Equal(t, engine.ShadowStats{Hash: got.Hash, Asked: 3, Decided: 3, Same: 3, Mismatches: []engine.Mismatch{}}, got)

	other, shadow := shadowedBy(t, o, engine.Draft{Bundle: withRule(t, liftsFuel)}, 0)
	assert.Equal(t, want, ask(other), "it never changes an answer")
	require.NoError(t, shadow.Settle(t.Context()))
	got = shadow.Stats()
	assert.Equal(t, []engine.Mismatch{{Privilege: "tax.fuel", Shift: engine.ShiftGains, Count: 1}}, got.Mismatches)
	assert.Equal(t, uint64(2), got.Same)

	broken, shadow := shadowedBy(t, o, engine.Draft{Bundle: withRule(t, "  - id: DRAFT\n    privilege: [no.such]\n")}, 0)
	assert.Equal(t, want, ask(broken), "nor does a mistake in the draft")
	require.NoError(t, shadow.Settle(t.Context()))
	got = shadow.Stats()
	assert.Equal(t, uint64(3), got.Failed)
	assert.Contains(t, got.Problem, "no.such")
	assert.Zero(t, got.Decided)
}

// What does not fit into the queue is dropped, and every question is accounted for.
func TestAShadowDropsWhatIsTooMuch(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	fuel := engine.Question{Subject: domain.Member("ana"), Privilege: "tax.fuel"}
	given := o.ask(t, fuel)
	const waiting, n = 3, 40
	shadow := engine.NewShadow(engine.Draft{Bundle: withRule(t, liftsFuel)}, waiting)
	t.Cleanup(shadow.Close)
	for range n { // it follows no engine yet, so nothing leaves the queue
		shadow.Offer(o.Root(), given)
	}
	got := shadow.Stats()
	assert.Equal(t, engine.ShadowStats{Asked: n, Dropped: n - waiting, Mismatches: []engine.Mismatch{}}, got)

	var err error
	o.Engine, err = engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library(), Shadow: shadow})
	require.NoError(t, err)
	require.NoError(t, shadow.Settle(t.Context()))
	got = shadow.Stats()
	assert.Equal(t, uint64(waiting), got.Decided)
	for range n { // of these some may be dropped, too
		o.ask(t, fuel)
	}
	require.NoError(t, shadow.Settle(t.Context()))
	got = shadow.Stats()
	assert.Equal(t, uint64(2*n), got.Asked)
	assert.Equal(t, uint64(2*n), got.Decided+got.Failed+got.Dropped)
	assert.Zero(t, got.Failed)
	engine.NewShadow(engine.Draft{}, 0).Close() // of no engine
}

func TestAnswersAreDecidedAgainWithADraft(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	all, err := o.Standing(t.Context(), onceAsked)
	require.NoError(t, err)
	_, err = o.Card(t.Context(), "law_enforcement", onceAsked)
	require.NoError(t, err)
	before := o.Position()
	again := func(bundle []byte) map[engine.Shift][]domain.Privilege {
		s, records, err := o.Redraft(t.Context(), engine.Draft{Bundle: bundle}, decisions.Read(t.Context(), log, 0), 2)
		require.NoError(t, err)
		assert.Equal(t, domain.RulesetID("common"), s.Name.Ruleset)
		out := map[engine.Shift][]domain.Privilege{}
		for _, r := range results(t, records) {
			assert.Empty(t, r.Problem)
			out[r.Shift] = append(out[r.Shift], r.Answer.Question.Privilege)
			if r.Shift == engine.ShiftGains {
				assert.Equal(t, []domain.Outcome{domain.Denied, domain.Allowed}, []domain.Outcome{r.Was.Outcome, r.Is.Outcome})
			}
		}
		return out
	}
	bundle, err := common()
	require.NoError(t, err)
	same := again(bundle)
	assert.Len(t, same[engine.ShiftNone], len(all)+1)
	assert.Len(t, same, 1)
	other := again(withRule(t, liftsFuel))
	assert.Equal(t, []domain.Privilege{"tax.fuel"}, other[engine.ShiftGains])
	assert.Len(t, other[engine.ShiftNone], len(all))
	_, _, err = o.Redraft(t.Context(), engine.Draft{Bundle: []byte("-- a.yaml --\nruleset: common\n")}, decisions.Read(t.Context(), log, 0), 2)
	require.Error(t, err)
	assert.Equal(t, before, o.Position(), "nothing is recorded")

	given := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "tax.fuel"})
	is, err := o.Beside(t.Context(), engine.Draft{Bundle: withRule(t, liftsFuel)}, given)
	require.NoError(t, err)
	assert.Equal(t, engine.ShiftGains, engine.ShiftOf(given, is))
}
