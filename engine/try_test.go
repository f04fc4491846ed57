package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

func day(text string) time.Time { return domaintest.When(text).At }

func (o *office) try(t *testing.T, trial engine.Trial) engine.Tried {
	t.Helper()
	got, err := o.Try(t.Context(), trial)
	require.NoError(t, err)
	require.Len(t, got.At, max(1, len(trial.AsOf)))
	return got
}

// An expression is evaluated with what was so at each time, and says from which
// events that is known.
func TestTryAnExpressionAtTwoTimes(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	changed := o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2025-03-01"))...)
	got := o.try(t, engine.Trial{
		Subject: domain.Member("ana"), Expr: "member.status == LPR && mission.kind == EMBASSY", AsOf: []time.Time{day("2025-02-01"), day("2025-04-01")},
	})
	before, after := got.At[0].Values, got.At[1].Values
	require.Len(t, before, 1)
	require.Len(t, after, 1)
	assert.False(t, before[0].Value.Bool())
	assert.True(t, after[0].Value.Bool())
	assert.Equal(t, "true or false", got.At[0].Type)
	assert.Equal(t, o.Position(), got.AsKnown)
	require.Len(t, after[0].Clauses.Parts, 2)
	assert.Equal(t, rules.No, before[0].Clauses.Parts[0].Truth)
	assert.True(t, before[0].Clauses.Parts[0].Decisive)
	assert.False(t, before[0].Clauses.Parts[1].Decisive)
	status := after[0].Facts[0]
	assert.Equal(t, "member.status", status.Name)
	assert.Equal(t, "lpr", status.Value)
	assert.Equal(t, []domain.Position{changed.Position - 1}, status.Events)
	assert.Empty(t, before[0].Facts[0].Events, "a default comes from no event")

	known := o.try(t, engine.Trial{
		Subject: domain.Member("ana"), Expr: "member.status == LPR", AsOf: []time.Time{day("2025-04-01")},
		AsKnown: engine.Known{Position: changed.Position - 1, AtPosition: true},
	})
	assert.False(t, known.At[0].Values[0].Value.Bool(), "it was not known yet")
}

// What an expression reads may be missing, and what it asks must be said.
func TestTryAnExpressionWithoutAnAnswer(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	ana := domain.Member("ana")
	got := o.try(t, engine.Trial{Subject: ana, Expr: "request.amount > 5"})
	v := got.At[0].Values[0]
	require.ErrorContains(t, v.Err, "request.amount is not known")
	assert.Equal(t, rules.Unclear, v.Clauses.Truth)
	assert.Equal(t, []engine.TriedFact{{Name: "request.amount"}}, v.Facts)
	got = o.try(t, engine.Trial{Subject: ana, Expr: "request.amount > 5", Request: map[string]string{"amount": "7"}})
	assert.True(t, got.At[0].Values[0].Value.Bool())
	got = o.try(t, engine.Trial{Subject: ana, Expr: "member.category"})
	assert.Equal(t, domain.Text("dip.agent"), got.At[0].Values[0].Value)
	got = o.try(t, engine.Trial{Subject: ana, Expr: "mission.kind", AsOf: []time.Time{day("1990-01-01")}})
	assert.Empty(t, got.At[0].Values[0].Capacity, "there is none yet")
	got = o.try(t, engine.Trial{Subject: ana, Expr: "m.level == UNKNOWN"})
	assert.Empty(t, got.At[0].Values, "no measure is on record")

	_, err := o.Try(t.Context(), engine.Trial{Subject: ana, Expr: "privilege == TAX_SALES"})
	require.ErrorIs(t, err, engine.ErrRequest)
	got = o.try(t, engine.Trial{Subject: ana, Expr: "privilege == TAX_SALES", Privilege: "tax.sales"})
	assert.True(t, got.At[0].Values[0].Value.Bool())
	for _, wrong := range []string{"", "member.ag", "m.lvel == UNKNOWN", "((("} {
		_, err = o.Try(t.Context(), engine.Trial{Subject: ana, Expr: wrong})
		require.IsType(t, rules.Diagnostics{}, err, wrong)
	}
	_, err = o.Try(t.Context(), engine.Trial{Subject: ana, Expr: "m.lvel == UNKNOWN"})
	require.ErrorContains(t, err, "no fact lvel", "and not that there is no m")
	_, err = o.Try(t.Context(), engine.Trial{Subject: ana, Expr: "true", Privilege: "tax.sale"})
	require.ErrorIs(t, err, engine.ErrUnknown)
	_, err = o.Try(t.Context(), engine.Trial{Subject: ana, Expr: "true", Request: map[string]string{"amuont": "1"}})
	require.ErrorIs(t, err, engine.ErrRequest)
}

const draftRules = `-- draft.yaml --
rules:
  - {id: XA-STAFF, tier: programme, of: person, privilege: [travel.engage], applies: {category: [dip.at]}, outcome: denied, cite: [a note], because: A test.}
  - {id: XA-ASKED, tier: programme, of: person, privilege: [travel.engage], applies: {category: [dip.agent]}, when: request.attendance > 50, outcome: denied, cite: [a note], because: A test.}
`

// A draft rule is tried as if it were in force: whom it reaches and why not, what its
// condition comes to, and what it makes of the answer.
func TestTryADraft(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	position := o.Position()
	trial := engine.Trial{
		Subject: domain.Member("ana"), Privilege: "travel.engage", Draft: []byte(draftRules), Added: true, Request: map[string]string{"attendance": "60"},
		AsOf: []time.Time{day("1990-01-01"), day("2025-04-01")},
	}
	got := o.try(t, trial)
	at := got.At[1]
	require.Len(t, at.Rules, 2, "those that speak of it")
	staff, asked := at.Rules[0], at.Rules[1]
	assert.False(t, staff.Reaches)
	assert.Equal(t, []engine.TriedPart{{Part: rules.PartCategory, Wanted: []string{"dip.at"}}}, staff.Parts)
	assert.Empty(t, staff.Whens)
	assert.True(t, asked.Reaches)
	require.Len(t, asked.Whens, 1)
	assert.True(t, asked.Whens[0].Fires)
	assert.Equal(t, domain.Denied, asked.Whens[0].Outcome)
	assert.Equal(t, "60 persons", asked.Whens[0].Facts[0].Value)
	assert.Equal(t, domain.Allowed, at.Before.Outcome)
	assert.Equal(t, domain.Denied, at.After.Outcome)
	assert.False(t, got.At[0].Rules[1].Reaches, "there was nobody yet")

	trial.Rule, trial.AsOf, trial.Request = "XA-ASKED", nil, nil
	got = o.try(t, trial)
	require.Len(t, got.At[0].Rules, 1)
	assert.False(t, got.At[0].Rules[0].Whens[0].Fires)
	require.Error(t, got.At[0].Rules[0].Whens[0].Err)
	trial.Rule = "XA-ASKD"
	_, err := o.Try(t.Context(), trial)
	require.ErrorIs(t, err, engine.ErrUnknown)
	require.ErrorContains(t, err, "XA-ASKED")

	trial.Rule, trial.Draft = "", []byte("-- draft.yaml --\nrules:\n  - {id: X}\n")
	_, err = o.Try(t.Context(), trial)
	require.IsType(t, rules.Diagnostics{}, err)
	assert.Equal(t, position, o.Position(), "nothing was recorded")
	assert.Equal(t, domain.Allowed, o.ask(t, engine.Question{Subject: trial.Subject, Privilege: "travel.engage"}).Outcome, "and nobody else is answered by it")
}
