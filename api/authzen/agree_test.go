package authzen_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/generate"
)

// generated is an office of some people and years, by the law that ships.
func generated(t testing.TB, members, events int, seed uint64) *served {
	t.Helper()
	office, err := generate.New(generate.Options{Members: members, Events: events, Seed: seed, From: generate.DefaultFrom(), To: calendar.Date{Year: 2018, Month: time.December, Day: 31}})
	require.NoError(t, err)
	zone, err := calendar.LoadZone(generate.Zone)
	require.NoError(t, err)
	bundle, err := common()
	require.NoError(t, err)
	log := memlog.New()
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Library: library()}, engine.Founding{
		Office: "test", Zone: generate.Zone, Mode: domain.History, At: zone.Midnight(office.From), Actor: "test", Bundles: [][]byte{bundle},
	})
	require.NoError(t, err)
	for some := range slices.Chunk(slices.Collect(office.Commands()), 100) {
		_, err := e.Submit(t.Context(), some...)
		require.NoError(t, err)
	}
	s := &served{t: t, office: &api.Office{Engine: e, ID: "test", Log: log, Bodies: log}}
	s.serve(t, authzen.Config{}, auth.Anybody())
	s.Limits.Batch = 1000
	return s
}

// said are facts of requests as callers write them, and as people type them.
var said = []struct{ name, json, word string }{
	{"amount", `1`, "1"}, {"amount", `30000`, "30000"}, {"amount", `"$999.00"`, "$999.00"}, {"in_person", `true`, "true"}, {"in_person", `false`, "false"},
	{"stage", `"execution"`, "execution"}, {"distance", `10`, "10"}, {"distance", `26.5`, "26.5"}, {"distance", `3.0e2`, "300"}, {"goods", `"Tobacco"`, "Tobacco"},
	{"goods", `"fuel"`, "fuel"}, {"bearer", `"self"`, "self"}, {"bearer", `"other"`, "other"}, {"payment", `"cash"`, "cash"}, {"offence", `"crime.felony"`, "crime.felony"},
	{"warrant", `true`, "true"}, {"quantity", `2`, "2"}, {"use", `"official"`, "official"}, {"place", `"un_district"`, "un_district"}, {"attendance", `50`, "50"},
}

// Whatever is asked, the decision is what asking the engine permits: one by one, in a
// batch, and of who is found.
func TestTheDecisionIsWhatTheEnginePermits(t *testing.T) {
	if testing.Short() {
		t.Skip("one question after another: run without -short")
	}
	s := generated(t, 60, 2500, 11)
	view := s.office.Root().View()
	var subjects []domain.Subject
	for _, id := range view.OnRecord(domain.KindMember) {
		subjects = append(subjects, domain.Member(domain.MemberID(id)))
	}
	for _, id := range view.OnRecord(domain.KindMission) {
		subjects = append(subjects, domain.Mission(domain.MissionID(id)))
	}
	vehicles, properties := view.OnRecord(domain.KindVehicle), view.OnRecord(domain.KindProperty)
	law, err := s.office.Root().CommonFor(time.Now())
	require.NoError(t, err)
	privileges := law.Language.PrivilegeOrder
	dice := rand.New(rand.NewPCG(1, 2))
	seen, permitted := map[string]int{}, 0
	var items, wants []string
	for range 1500 {
		of, p := subjects[dice.IntN(len(subjects))], privileges[dice.IntN(len(privileges))]
		request, context := map[string]string{}, map[string]json.RawMessage{}
		for range dice.IntN(4) {
			f := said[dice.IntN(len(said))]
			request[f.name], context[f.name] = f.word, json.RawMessage(f.json)
		}
		kind, id := "purchase", "1"
		switch dice.IntN(6) {
		case 0:
			kind, id = "vehicle", vehicles[dice.IntN(len(vehicles))]
			request["object"] = id
		case 1:
			kind, id = "property", properties[dice.IntN(len(properties))]
			request["object"] = id
		}
		if len(request) == 0 {
			request = nil
		}
		q := engine.Question{Subject: of, Privilege: p, Request: request}
		if dice.IntN(4) == 0 {
			q.AsOf = s.office.Root().Last().Add(-time.Duration(dice.IntN(1000*24)) * time.Hour).UTC().Truncate(time.Second)
			context["as_of"] = json.RawMessage(`"` + q.AsOf.Format(time.RFC3339) + `"`)
		}
		d, err := s.office.Ask(t.Context(), q)
		want := fmt.Sprintf(`{"decision":%t}`, err == nil && d.Permits())
		if err != nil {
			require.ErrorIs(t, err, engine.ErrRequest, "%v", q) // of a mission
		}
		about, err := json.Marshal(context)
		require.NoError(t, err)
		body := fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"action":{"name":%q},"resource":{"type":%q,"id":%q},"context":%s}`, of.Kind, of.ID, p, kind, id, about)
		require.Equal(t, want, s.answer(t, "evaluation", body), body)
		items, wants = append(items, body), append(wants, want)
		seen[string(d.Outcome)]++
		if d.Permits() {
			permitted++
		}
		if dice.IntN(60) == 0 {
			for endpoint, name := range map[string]string{"subject": of.ID, "action": string(p), "resource": id} {
				if endpoint == "resource" && kind == "purchase" {
					continue
				}
				found := strings.Contains(s.answer(t, endpoint, body), fmt.Sprintf(`%q`, name))
				require.Equal(t, want == `{"decision":true}`, found, "%s: %s", endpoint, body)
			}
		}
	}
	for i := 0; i < len(items); i += 500 {
		require.Equal(t, `{"evaluations":[`+strings.Join(wants[i:i+500], ",")+`]}`, s.answer(t, "evaluations", `{"evaluations":[`+strings.Join(items[i:i+500], ",")+`]}`))
	}
	t.Logf("%d permitted; %v", permitted, seen)
	assert.Greater(t, permitted, 200)
	assert.Greater(t, len(seen), 4)
}

// All of a batch is answered from one state of the log, whatever is recorded meanwhile:
// here one change of what is asked for each batch, at some moment of it.
func TestABatchIsAnsweredFromOneState(t *testing.T) {
	s := shipped(t, arandia(3)...)
	s.Limits.Batch = 1000
	item := about("m-000", "imm.arrest")
	body := `{"evaluations":[` + strings.Repeat(item+",", 99) + item + `]}`
	dice := rand.New(rand.NewPCG(7, 7))
	start := time.Now()
	s.answer(t, "evaluations", body)
	lasts := int64(time.Since(start)) + 1
	seen := map[bool]int{}
	for round := range 50 {
		wait := time.Duration(dice.Int64N(lasts))
		var writing sync.WaitGroup
		writing.Go(func() {
			time.Sleep(wait)
			s.record(t, domaintest.Event("member/m-000", "2024-01-01", domain.CategoryChanged{Category: []domain.Category{"dip.service", "dip.agent"}[round%2]}))
		})
		got := s.answer(t, "evaluations", body)
		writing.Wait()
		yes := strings.Count(got, "true")
		require.Contains(t, []int{0, 100}, yes, "of one batch")
		seen[yes > 0]++
	}
	t.Log(seen)
	assert.Len(t, seen, 2, "it changed from batch to batch")
}

// A batch may not be longer than the server allows, nor may it go on for ever.
func TestACallThatIsGivenUp(t *testing.T) {
	s := shipped(t, arandia(1)...)
	server := &api.Server{Office: s.office, Who: who{auth.Anybody()}, Limits: api.Limits{Body: 1 << 20, Time: 1}, Log: zerolog.Nop()}
	server.Begin()
	server.Add(true, authzen.Routes(authzen.Config{})...)
	s.Server = server
	w := s.call("evaluations", `{"evaluations":[`+about("m-000", "imm.arrest")+`]}`)
	assert.Equal(t, 504, w.Code)
	assert.NotContains(t, w.Body.String(), "evaluations\":")
}
