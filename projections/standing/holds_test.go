package standing_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// The answer holds from when until when it does if it is put anew at every instant,
// and is said to begin and to end by the same.
func TestHoldsIsWhatAskingAnewSays(t *testing.T) {
	domaintest.Check(t, 1, func(t *rapid.T) {
		o := draw(t)
		root := o.root(t, len(o.log))
		for range 3 {
			q, k := drawQuery(t), pick(t, o.ends(), "k")
			m := standing.At(root, k)
			for _, at := range o.moments(t, 4) {
				d, err := m.Decide(q.subject, q.privilege, at, q.request)
				if err != nil {
					require.True(t, isRefusal(err) || errors.Is(err, projections.ErrNoLaw), "%v", err)
					continue
				}
				want, err := m.HoldsNaively(q.subject, q.privilege, at, q.request)
				require.NoError(t, err)
				require.Equal(t, want, d.Holds, "%v as of %s as known at %d%s", q, at, k, o)
			}
		}
	})
}

// An office in which all goes on that an office knows of, with an edition of a State's
// own for each of its States, and an edition of the common law that takes the place of
// the first and declares other numbers.
func busy(t *testing.T) *projections.Root {
	t.Helper()
	office, err := generate.New(generate.Options{Members: 120, Events: 4500, Seed: 5, From: generate.DefaultFrom(), To: calendar.Date{Year: 2019, Month: time.December, Day: 31}})
	require.NoError(t, err)
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	log := memlog.New()
	require.NoError(t, office.Record(t.Context(), log, log, [][]byte{bundle}, nil))
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log})
	require.NoError(t, err)
	root, library, drafts := e.Root(), e.Root().Library().Over(), []projections.Draft(nil)
	publish := func(ruleset domain.RulesetID, bundle []byte, year int) {
		at := timeline.Of(time.Date(year, 7, 1, 4, 0, 0, 0, time.UTC))
		drafts = append(drafts, projections.Draft{Ruleset: ruleset, Hash: library.Put(bundle), From: at})
	}
	publish("common", bytes.Replace(bundle, []byte("period: {days: 30}"), []byte("period: {days: 10}"), 1), 2017)
	for i, state := range root.View().Subjects(domain.KindState) {
		publish(domain.RulesetID(state), fmt.Appendf(nil, ownLaw, state), 2016+i%3)
	}
	return root.Under(library, drafts...)
}

const ownLaw = `-- ruleset.yaml --
ruleset: %s
edition: "1"
title: Its own law
rules:
  - id: OWN-TAX
    tier: individual
    effect: lifts
    of: person
    privilege: [tax.sales]
    when: 'has(request.amount) ? request.amount < 500 : member.category == DIP_AT'
    outcome: allowed
    cite: [a treaty]
    because: It was agreed so.
  - id: OWN-TRAVEL
    tier: reciprocity
    of: person
    privilege: [customs.personal, tax.fuel]
    in_force: {from: 2018-03-01, to: 2019-09-01}
    when: 'member.age > 40'
    outcome: denied
    basis: {practice: same}
    cite: [a note]
    because: So are ours.
`

// The same of an office with years of purchases, tickets, requests and corrections.
func TestHoldsOfABusyOffice(t *testing.T) {
	root := busy(t)
	law, _, err := root.LawAt(timeline.Of(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)), root.Position())
	require.NoError(t, err)
	dice := rand.New(rand.NewPCG(5, 21))
	view := root.View()
	members, missions, vehicles := view.Subjects(domain.KindMember), view.Subjects(domain.KindMission), view.Subjects(domain.KindVehicle)
	some := func(of []string) string { return of[dice.IntN(len(of))] }
	questions, _ := strconv.Atoi(os.Getenv("COMITY_QUESTIONS"))
	questions = max(questions, 400)
	bounded, ended := 0, 0
	for range questions {
		k := root.Position() - domain.Position(dice.Uint64N(uint64(root.Position())/2))
		if _, after, inside := root.Splits(k); inside {
			k = after
		}
		at := timeline.Of(time.Date(2015+dice.IntN(6), time.Month(1+dice.IntN(12)), 1+dice.IntN(28), dice.IntN(24), 0, 0, 0, time.UTC))
		request := []map[string]string{nil, nil, {"amount": "400", "payment": "personal_card"}, {"object": some(vehicles)}, {"distance": "30", "goods": "spirits"}}[dice.IntN(5)]
		subject := domain.Member(domain.MemberID(some(members)))
		switch dice.IntN(12) {
		case 0:
			subject = domain.Mission(domain.MissionID(some(missions)))
		case 1:
			subject = domain.Member("visitor@" + domain.MemberID(some(missions)))
		}
		p := law.Language.PrivilegeOrder[dice.IntN(len(law.Language.PrivilegeOrder))]
		m := standing.At(root, k)
		d, err := m.Decide(subject, p, at, request)
		if err != nil {
			require.True(t, isRefusal(err) || errors.Is(err, projections.ErrNoLaw), "%v", err)
			continue
		}
		want, err := m.HoldsNaively(subject, p, at, request)
		require.NoError(t, err)
		require.Equal(t, want, d.Holds, "%s of %s at %s as known at %d, %v", p, subject, at, k, request)
		if !want.From.IsZero() {
			bounded++
		}
		if !want.Until.IsZero() {
			ended++
		}
	}
	t.Logf("of %d, %d answers had begun and %d end", questions, bounded, ended)
	assert.Greater(t, 3*bounded, questions)
	assert.Greater(t, 6*ended, questions)
}
