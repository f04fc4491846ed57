package engine_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

// recorded opens an office again, so that it records what it answers.
func recorded(t testing.TB, o office, log eventlog.Log, mode decisions.Mode) (office, *decisions.Recorder) {
	t.Helper()
	own, err := decisions.Binding(t.Context(), o.log)
	require.NoError(t, err)
	r, err := decisions.Open(t.Context(), decisions.Config{Log: log, Office: own, Mode: mode, Clock: o.clock.Now, NewID: engine.NewID})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	o.Engine, err = engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library(), Decisions: r})
	require.NoError(t, err)
	return o, r
}

func answersIn(t testing.TB, log eventlog.Log) (out []decisions.Answer) {
	t.Helper()
	for e, err := range decisions.Read(t.Context(), log, 0) {
		require.NoError(t, err)
		if a, ok := e.Body.(decisions.Answer); ok {
			out = append(out, a)
		}
	}
	return out
}

func results[T any](t testing.TB, all iter.Seq2[T, error]) (out []T) {
	t.Helper()
	for one, err := range all {
		require.NoError(t, err)
		out = append(out, one)
	}
	return out
}

var onceAsked = engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AskedBy: "desk/1"}

func TestWhatIsAnsweredIsRecordedAndDecidedAgain(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	first, err := o.Ask(t.Context(), onceAsked)
	require.NoError(t, err)
	visitor := onceAsked
	visitor.Subject, err = o.Find("visitor@arandia-embassy", domain.KindMember)
	require.NoError(t, err)
	_, err = o.Ask(t.Context(), visitor)
	require.NoError(t, err)
	earlier := onceAsked
	earlier.AsOf, earlier.AsKnown = domaintest.When("2023-02-01").At.Add(1234567*time.Nanosecond), engine.Known{Position: o.Position() - 3, AtPosition: true}
	earlier.Request = map[string]string{"offence": "crime.felony"}
	_, err = o.Ask(t.Context(), earlier)
	require.NoError(t, err)
	all, err := o.Standing(t.Context(), onceAsked)
	require.NoError(t, err)
	_, err = o.Card(t.Context(), "law_enforcement", onceAsked)
	require.NoError(t, err)
	_, err = o.Table(t.Context(), "law_enforcement", engine.Question{})
	require.NoError(t, err)
	_, err = o.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arest"})
	require.ErrorIs(t, err, engine.ErrUnknown)

	given := answersIn(t, log)
	require.Len(t, given, 4+len(all), "a table is of nobody, and what was refused is no answer")
	bytes, err := codec.EncodeDecision(first)
	require.NoError(t, err)
	assert.Equal(t, string(bytes), string(given[0].Bytes))
	assert.Equal(t, "desk/1", given[0].By)
	assert.Equal(t, o.Position(), given[0].Root)
	assert.Equal(t, engine.Semantics, given[0].Semantics)
	assert.Equal(t, o.Position()-3, given[2].Question.AsKnown)
	assert.Equal(t, earlier.Request, given[2].Question.Request)
	assert.Equal(t, "law_enforcement", given[len(given)-1].Question.View)

	// Now, later, and by a program that starts anew, the bytes are the same.
	o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2024-01-01"))...)
	o.clock.set("2025-08-01T12:00Z")
	again, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now})
	require.NoError(t, err)
	for _, e := range []*engine.Engine{o.Engine, again} {
		for i, r := range results(t, e.Redecide(t.Context(), decisions.Read(t.Context(), log, 0), 3)) {
			assert.Equal(t, engine.RepeatedEqual, r.Result, "%s %+v", r.Problem, r.Differences)
			assert.Equal(t, given[i], r.Answer, "in order")
		}
	}
	assert.Len(t, answersIn(t, log), len(given), "deciding again records nothing")
}

func TestAnAnswerThatIsNotTheSameIsNoticed(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	_, err := o.Ask(t.Context(), onceAsked)
	require.NoError(t, err)
	right := answersIn(t, log)[0]
	redecide := func(change func(*decisions.Answer)) engine.Redecided {
		a := right
		change(&a)
		return results(t, o.Redecide(t.Context(), func(yield func(decisions.Entry, error) bool) {
			yield(decisions.Entry{Record: decisions.Record{Body: a}}, nil)
		}, 1))[0]
	}
	got := redecide(func(a *decisions.Answer) {
		a.Bytes = []byte(strings.Replace(string(a.Bytes), `"outcome":"allowed"`, `"outcome":"denied"`, 1))
	})
	assert.Equal(t, engine.RepeatedDifferent, got.Result)
	assert.Equal(t, []decisions.Difference{{Field: "outcome", Was: `"denied"`, Is: `"allowed"`}}, got.Differences)
	assert.Equal(t, engine.RepeatedDifferent, redecide(func(a *decisions.Answer) { a.Question.AsOf = a.Question.AsOf.Add(-time.Hour * 24 * 1000) }).Result)
	got = redecide(func(a *decisions.Answer) { a.Question.Privilege = "imm.arest" })
	assert.Equal(t, engine.RepeatedDifferent, got.Result)
	assert.Contains(t, got.Problem, `did you mean "imm.arrest"?`)
	got = redecide(func(a *decisions.Answer) { a.Semantics++ })
	assert.Equal(t, engine.NotDecidable, got.Result)
	assert.Contains(t, got.Problem, "semantics version 2, and this program implements 1")
	got = redecide(func(a *decisions.Answer) { a.Question.AsKnown = o.Position() + 1 })
	assert.Equal(t, engine.NotDecidable, got.Result)
	// Every byte of it counts.
	for i := 0; i < len(right.Bytes); i += 211 {
		flipped := redecide(func(a *decisions.Answer) { a.Bytes = slices.Clone(a.Bytes); a.Bytes[i] ^= 1 })
		require.Equal(t, engine.RepeatedDifferent, flipped.Result)
		require.NotEmpty(t, flipped.Differences)
	}
}

// What becomes known late changes what would be answered, and not what was.
func TestLateFactsAreFound(t *testing.T) {
	o := found(t, domain.Live, nil)
	made := o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.agent", "2024-01-01"), domaintest.Accredited("cy", "arandia-embassy", "dip.agent", "2024-01-01"))...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	for _, who := range []domain.MemberID{"ana", "bo", "cy"} {
		q := onceAsked
		q.Subject = domain.Member(who)
		_, err := o.Ask(t.Context(), q)
		require.NoError(t, err)
	}
	_, err := o.Card(t.Context(), "law_enforcement", onceAsked)
	require.NoError(t, err)
	review := func() []engine.Reconsidered {
		return results(t, o.Reconsider(t.Context(), decisions.Read(t.Context(), log, 0), 2))
	}
	for _, r := range review() {
		assert.False(t, r.Changed)
		assert.Empty(t, r.Differences)
	}
	gone := o.submit(t, domain.Envelope{Subject: domain.Member("ana"), Target: made.Events[2], Event: domain.EventRetracted{Reason: "mixed up"}})
	late := o.submit(t, drafts(domaintest.StatusChanged("bo", "lpr", "2024-06-01"))...)
	got := review()
	require.Len(t, got, 4)
	assert.True(t, got[0].Changed)
	assert.Equal(t, []domain.Outcome{domain.Allowed, domain.Denied}, []domain.Outcome{got[0].Was.Outcome, got[0].Is.Outcome})
	assert.Equal(t, []domain.Position{gone.First}, got[0].Because)
	assert.True(t, got[1].Changed)
	assert.Equal(t, []domain.Position{late.First}, got[1].Because)
	assert.False(t, got[2].Changed)
	assert.True(t, got[3].Changed, "the card says something else")
	assert.Equal(t, []domain.Position{gone.First}, got[3].Because)
}

// In strict mode an answer that can't be recorded is none; in best effort it is.
func TestNoRecordNoAnswer(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	inner := memlog.New()
	faults := logtest.NewFaults(inner)
	strict, _ := recorded(t, o, faults, decisions.Strict)
	plan := func() {
		for range 4 {
			faults.FailNext(false)
		}
	}
	plan()
	d, err := strict.Ask(t.Context(), onceAsked)
	require.ErrorIs(t, err, decisions.ErrNotRecorded)
	assert.Equal(t, domain.Decision{}, d)
	plan()
	all, err := strict.Standing(t.Context(), onceAsked)
	require.ErrorIs(t, err, decisions.ErrNotRecorded)
	assert.Nil(t, all)
	plan()
	card, err := strict.Card(t.Context(), "law_enforcement", onceAsked)
	require.ErrorIs(t, err, decisions.ErrNotRecorded)
	assert.Empty(t, card.Said)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = strict.Ask(ctx, onceAsked)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, answersIn(t, inner))

	lax, r := recorded(t, o, faults, decisions.BestEffort)
	plan()
	d, err = lax.Ask(t.Context(), onceAsked)
	require.NoError(t, err)
	assert.Equal(t, domain.Allowed, d.Outcome)
	require.NoError(t, r.Close(t.Context()))
	assert.Len(t, answersIn(t, inner), 1, "written once that is possible")
}

func TestTheLogOfAnotherOffice(t *testing.T) {
	one, two := found(t, domain.Live, nil), found(t, domain.Live, nil)
	log := memlog.New()
	_, r := recorded(t, one, log, decisions.Strict)
	_, err := engine.Open(t.Context(), engine.Config{Log: two.log, Bodies: two.log, Clock: two.clock.Now, Library: library(), Decisions: r})
	require.ErrorIs(t, err, decisions.ErrOtherOffice)
	bundle, err := common()
	require.NoError(t, err)
	_, err = engine.Found(t.Context(), engine.Config{Log: memlog.New(), Bodies: memlog.New(), Decisions: r}, engine.Founding{Office: "office", Zone: "UTC", Mode: domain.Live, Bundles: [][]byte{bundle}})
	require.ErrorContains(t, err, "before the office is founded")
}

func TestManyAskAndRecord(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				_, err := o.Ask(t.Context(), onceAsked)
				assert.NoError(t, err)
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.StatusChanged("ana", "lpr", "2024-01-01"))})
			assert.NoError(t, err)
		}
	})
	wg.Wait()
	assert.Len(t, answersIn(t, log), 40)
	for _, r := range results(t, o.Redecide(t.Context(), decisions.Read(t.Context(), log, 0), 2)) {
		assert.Equal(t, engine.RepeatedEqual, r.Result)
	}
}
