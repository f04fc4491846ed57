package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
)

// A sitting goes on from the state and the time at which it began.
func TestASittingIsOfOneState(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	q := engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"}
	s, err := o.Sit(t.Context(), o.Position())
	require.NoError(t, err)
	before := o.Position()
	check := func(s *engine.Sitting, want domain.Outcome) {
		t.Helper()
		d, err := s.Ask(q)
		require.NoError(t, err)
		v, err := s.Verdict(q)
		require.NoError(t, err)
		assert.Equal(t, want, d.Outcome)
		assert.Equal(t, want, v.Outcome)
		assert.Equal(t, s.Now(), d.AsOf)
		assert.Equal(t, s.Root().Position(), d.AsKnown)
	}
	check(s, domain.Allowed)
	o.clock.set("2025-02-01T12:00Z")
	o.submit(t, drafts(domaintest.Event("member/ana", "2024-01-01", domain.CategoryChanged{Category: "dip.service"}))...)
	check(s, domain.Allowed)
	assert.Equal(t, before, s.Root().Position())
	later, err := o.Sit(t.Context(), o.Position())
	require.NoError(t, err)
	check(later, domain.Denied)
	then := q
	then.AsKnown = engine.Known{Position: before, AtPosition: true}
	v, err := later.Verdict(then)
	require.NoError(t, err)
	assert.Equal(t, domain.Allowed, v.Outcome)
	then.AsKnown.Position = o.Position()
	_, err = s.Verdict(then)
	require.ErrorIs(t, err, engine.ErrKnown, "it was not known when the sitting began")
	for _, wrong := range []engine.Question{
		{Subject: q.Subject, Privilege: "imm.arest"}, {Subject: domain.Mission("arandia-embassy"), Privilege: "imm.arrest"},
		{Subject: q.Subject, Privilege: "tax.sales", Request: map[string]string{"amount": "much"}},
	} {
		_, asked := s.Ask(wrong)
		_, glanced := s.Verdict(wrong)
		require.Error(t, asked)
		require.Error(t, glanced)
		assert.Equal(t, asked.Error(), glanced.Error())
	}
}

// What is asked in a sitting is recorded when it is given, and not before.
func TestASittingIsRecordedWhenItIsGiven(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	log := memlog.New()
	o, _ = recorded(t, o, log, decisions.Strict)
	s, err := o.Sit(t.Context(), 0)
	require.NoError(t, err)
	require.True(t, s.Keeps())
	require.NoError(t, s.Give(t.Context()), "nothing was asked")
	for range 3 {
		_, err := s.Ask(onceAsked)
		require.NoError(t, err)
	}
	assert.Empty(t, answersIn(t, log))
	require.NoError(t, s.Give(t.Context()))
	require.NoError(t, s.Give(t.Context()))
	all := answersIn(t, log)
	require.Len(t, all, 3)
	assert.Equal(t, decisions.Batch{}, all[1].Batch)
	d, err := o.Ask(t.Context(), onceAsked)
	require.NoError(t, err)
	assert.Equal(t, domain.Allowed, d.Outcome)
	one := answersIn(t, log)[3]
	one.Session, all[0].Session = domain.EventID{}, domain.EventID{}
	assert.Equal(t, one, all[0], "as one that was asked alone")
}
