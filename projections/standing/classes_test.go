package standing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// Whoever is said to stand like another has the verdicts that are worked out for
// him alone: everybody of an office, at times between which much changes, as known
// early and late, with and without facts of a request.
func TestWhoeverStandsAlikeIsAnsweredAlike(t *testing.T) {
	office, err := generate.New(generate.Options{Members: 150, Events: 4000, Seed: 11, From: generate.DefaultFrom(), To: calendar.Date{Year: 2019, Month: time.December, Day: 31}})
	require.NoError(t, err)
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	log := memlog.New()
	require.NoError(t, office.Record(t.Context(), log, log, [][]byte{bundle}, nil))
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log})
	require.NoError(t, err)

	root := e.Root()
	law, _, err := root.LawAt(timeline.Of(time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)), root.Position())
	require.NoError(t, err)
	privileges := law.Language.PrivilegeOrder
	dice := rand.New(rand.NewPCG(3, 9))
	compared, asked := 0, 0
	for range 6 {
		k := root.Position() - domain.Position(dice.Uint64N(uint64(root.Position())/2))
		if _, after, inside := root.Splits(k); inside {
			k = after
		}
		at := timeline.Of(time.Date(2015+dice.IntN(6), time.Month(1+dice.IntN(12)), 1+dice.IntN(28), dice.IntN(24), 0, 0, 0, time.UTC))
		request := []map[string]string{nil, nil, {"amount": "400", "payment": "personal_card"}, {"object": "v-1", "distance": "30"}}[dice.IntN(4)]
		m := standing.At(root, k)
		var who []domain.Subject
		for _, id := range m.View().Subjects(domain.KindMember) {
			who = append(who, domain.Member(domain.MemberID(id)))
		}
		for _, id := range m.View().Subjects(domain.KindMission) {
			who = append(who, domain.Mission(domain.MissionID(id)))
		}
		who = append(who, domain.Member("nobody"), domain.Member("visitor@"+domain.MemberID(m.View().Subjects(domain.KindMission)[0])))
		for sheet, err := range m.Verdicts(t.Context(), at, who, privileges, request, nil) {
			require.NoError(t, err)
			asked += len(sheet.Verdicts)
			for range 3 {
				i := dice.IntN(len(privileges))
				want, err := m.Verdict(sheet.Subject, privileges[i], at, request)
				if sheet.Verdicts[i] == nil {
					require.Error(t, err)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, want, *sheet.Verdicts[i], "%s of %s at %s as known at %d, %v", privileges[i], sheet.Subject, at, k, request)
				compared++
			}
		}
	}
	classes := standing.Classes(root)
	t.Logf("%d compared; %d verdicts were worked out for %d", compared, classes, asked)
	assert.Greater(t, compared, 1500)
	assert.Less(t, 3*classes, 2*asked, "many stand like others")
}
