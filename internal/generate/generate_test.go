package generate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// library keeps the law, which all offices of these tests share.
var library = projections.NewLibrary()

func law(t testing.TB) [][]byte {
	t.Helper()
	common, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	return [][]byte{common}
}

func lines(t testing.TB, options generate.Options) []byte {
	t.Helper()
	office, err := generate.New(options)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, office.Write(t.Context(), &out, nil))
	return out.Bytes()
}

// TestSame says that the same options make the same bytes, today and on any
// machine. If an office is to come out otherwise, write its new hash here.
func TestSame(t *testing.T) {
	for _, tt := range []struct {
		options generate.Options
		want    string
	}{
		{generate.Options{Members: 300, Events: 3000, Seed: 1}, "fecfbc13350160dfb117a9b494d0d2363f2b309b9b7a0dcb1085d9383d1a046a"},
		{generate.Options{Members: 40, Events: 900, Seed: 7, From: calendar.Date{Year: 2020, Month: 2, Day: 29}, To: calendar.Date{Year: 2022, Month: 7, Day: 2}}, "f54bcd7252e3ee8f3f6394eef4f758df7b55bbfbd9679810f6d5f42977bda0ce"},
	} {
		first := lines(t, tt.options)
		require.True(t, bytes.Equal(first, lines(t, tt.options)), "two runs differ")
		sum := sha256.Sum256(first)
		assert.Equal(t, tt.want, hex.EncodeToString(sum[:]), "%+v", tt.options)
	}
	assert.NotEqual(t, lines(t, generate.Options{Seed: 1}), lines(t, generate.Options{Seed: 2}))
}

// TestRecordSame says that the same options make the same log.
func TestRecordSame(t *testing.T) {
	options := generate.Options{Members: 100, Events: 1500, Seed: 3}
	root := func() string {
		office, err := generate.New(options)
		require.NoError(t, err)
		log := memlog.New()
		require.NoError(t, office.Record(t.Context(), log, log, law(t), nil))
		tree := seal.New()
		require.NoError(t, tree.CatchUp(t.Context(), log))
		root, err := tree.Root(t.Context(), tree.Position())
		require.NoError(t, err)
		opened, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Library: library})
		require.NoError(t, err)
		require.EqualValues(t, options.Events+2, opened.Position())
		return root.String()
	}
	assert.Equal(t, root(), root())
}

// TestAccepted says that an office records every event of a synthetic one, that
// there are as many members and events as were asked for, and that it answers.
func TestAccepted(t *testing.T) {
	for _, options := range []generate.Options{
		{Members: 300, Events: 3000, Seed: 1},
		{Members: 300, Events: 12000, Seed: 2},
		{Members: 800, Events: 4500, Seed: 3},
		{Members: 1, Events: 400, Seed: 4},
		{Members: 60, Events: 2500, Seed: 5, From: calendar.Date{Year: 2019, Month: 6, Day: 1}, To: calendar.Date{Year: 2020, Month: 5, Day: 31}},
		{Members: 30, Events: 500, Seed: 6, From: calendar.Date{Year: 2024, Month: 6, Day: 1}, To: calendar.Date{Year: 2024, Month: 6, Day: 1}},
	} {
		t.Run(fmt.Sprintf("seed-%d", options.Seed), func(t *testing.T) {
			planned, err := generate.New(options)
			require.NoError(t, err)
			office := found(t, planned.From)
			sequence, err := office.Begin(t.Context())
			require.NoError(t, err)
			events := 0
			types := map[domain.Type]int{}
			for command := range planned.Commands() {
				_, err := sequence.Decide(t.Context(), command)
				require.NoError(t, err, "command %s of %s", command.ID, command.Recorded)
				events += len(command.Drafts)
				for _, e := range command.Drafts {
					types[e.Type()]++
				}
			}
			_, err = sequence.Record(t.Context(), nil)
			require.NoError(t, err)
			assert.Equal(t, options.Events, events)
			members := office.Root().View().Subjects(domain.KindMember)
			assert.Len(t, members, options.Members)
			if options.Events > 10_000 {
				for _, typ := range []domain.Type{"measure.determined", "practice.observed", "ticket.cleared", "violation.dismissed", "waiver.requested", "event.corrected", "event.retracted", "protection.assigned", "request.disapproved", "license.suspended", "member.functions_ended", "vehicle.registered", "rate.recorded", "mission.opened"} {
					assert.Positive(t, types[typ], typ)
				}
			}
			questions := 5
			if options.Seed == 1 {
				questions = 100
			}
			interrogate(t, office, planned, members, questions)
		})
	}
}

func found(t *testing.T, from calendar.Date) *engine.Engine {
	t.Helper()
	zone, err := calendar.LoadZone(generate.Zone)
	require.NoError(t, err)
	log := memlog.New()
	office, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Library: library, Clock: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}, engine.Founding{
		Office: "test", Zone: generate.Zone, Mode: domain.History, At: zone.Midnight(from), Actor: "test", Bundles: law(t),
	})
	require.NoError(t, err)
	return office
}

// interrogate asks questions, of which most are answered; the others lack a fact
// that they do not bring.
func interrogate(t *testing.T, office *engine.Engine, planned *generate.Office, members []string, questions int) {
	t.Helper()
	span := planned.To.DaysSince(planned.From) + 1
	answered := 0
	privileges := []domain.Privilege{"imm.criminal", "imm.civil", "tax.sales", "travel.move", "dmv.license", "customs.personal", "tax.fuel", "dmv.registration", "imm.arrest", "customs.warehouse"}
	for i := range questions {
		at := planned.From.AddDays(i * 37 % span)
		question := engine.Question{
			Subject:   domain.Of(domain.KindMember, members[i*61%len(members)]),
			Privilege: privileges[i%len(privileges)], AsOf: office.Zone().Midnight(at),
		}
		decision, err := office.Ask(t.Context(), question)
		require.NoError(t, err)
		if decision.Outcome != "" {
			answered++
		}
	}
	assert.Greater(t, answered, questions/2, "questions answered")
}

func TestRefused(t *testing.T) {
	_, err := generate.New(generate.Options{Members: 1000, Events: 100})
	var few *generate.TooFewError
	require.ErrorAs(t, err, &few)
	_, err = generate.New(generate.Options{Members: 1000, Events: few.Least})
	require.NoError(t, err)
	_, err = generate.New(generate.Options{Members: -1})
	require.ErrorContains(t, err, "1 to 10000000 members")
	_, err = generate.New(generate.Options{From: calendar.Date{Year: 2026, Month: 1, Day: 1}})
	require.ErrorContains(t, err, "2025-12-31 is before 2026-01-01")
}

func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		office, err := generate.New(generate.Options{Members: 5000, Events: 200_000, Seed: 1})
		require.NoError(b, err)
		require.NoError(b, office.Write(b.Context(), io.Discard, nil))
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
