package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
)

// what waits for the office, and what it did.
const affairs = `
{"subject":"state/arandia","type":"practice.observed","effective":"2024-01-10","payload":{"privileges":["tax.sales"],"level":"minimum_purchase","params":{"amount":30000},"source":"cable 25-17"}}
{"subject":"measure/m-1","type":"measure.determined","effective":"2024-02-01","authority":"determination 25-4","payload":{"state":"arandia","privileges":["tax.sales"],"level":"minimum_purchase","params":{"amount":30000},"ground":"reciprocity"}}
{"subject":"request/lease-1","type":"request.filed","effective":"2025-02-20","authority":"note 12","payload":{"kind":"property","mission":"arandia-embassy","privileges":["property.lease"],"object":"annex"}}
{"subject":"request/lease-2","type":"request.filed","effective":"2025-02-24","authority":"note 13","payload":{"kind":"property","mission":"borvia-embassy","privileges":["property.lease"],"object":"villa"}}
{"subject":"member/ana","type":"violation.recorded","effective":"2025-01-20","authority":"report 1","payload":{"offence":"traffic.dui","citation":"C-1"}}
{"subject":"member/bo","type":"violation.recorded","effective":"2025-01-21","authority":"report 2","payload":{"offence":"traffic.dui","citation":"C-2"}}
`

func TestEffects(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	s.record(`{"subject":"measure/m-9","type":"measure.determined","effective":"2025-02-01","authority":"note 9","payload":{"state":"arandia","privileges":["tax.sales","tax.lodging","tax.meals"],"level":"withdrawn","observed":{"level":"withdrawn"},"ground":"reciprocity"}}`)
	q := engine.EffectsQuery{Since: engine.Known{Position: before, AtPosition: true}, FromSince: true}
	found, err := s.office.Effects(t.Context(), q)
	require.NoError(t, err)
	want := struct {
		api.ChangedAll
		Changed []api.ChangedFor `json:"changed"`
	}{api.ChangedAllOf(found, false), nil}
	for c, err := range found.Changed {
		require.NoError(t, err)
		want.Changed = append(want.Changed, api.ChangedOf(c))
	}
	require.NotEmpty(t, want.Changed)
	text, err := json.Marshal(want)
	require.NoError(t, err)
	for _, body := range []string{`{}`, fmt.Sprintf(`{"since":"@%d"}`, before), fmt.Sprintf(`{"event":"%d","at_least":%d}`, before, before+1), `{"state":"arandia"}`} {
		w, got := s.send(http.MethodPost, "/v1/effects", body)
		require.Equal(t, http.StatusOK, w.StatusCode, "%s", got)
		assert.JSONEq(t, string(text), string(got), body)
		assert.Equal(t, fmt.Sprint(before+1), w.Header.Get(api.PositionHeader))
	}
	var none struct{ Changed []api.ChangedFor }
	s.post("/v1/effects", `{"state":"borvia"}`, &none)
	assert.Empty(t, none.Changed)
	for body, code := range map[string]string{
		`{"event":"1","since":"2"}`: "event", `{"event":"soon"}`: "event", `{"since":"soon"}`: "as_known", `{"until":"now"}`: "body_invalid",
	} {
		s.refused(http.StatusBadRequest, code, http.MethodPost, "/v1/effects", body)
	}
	s.refused(http.StatusBadRequest, "query", http.MethodPost, "/v1/effects?as_of=2024-01-01", `{}`)
	s.refused(http.StatusNotFound, "not_found", http.MethodPost, "/v1/effects", `{"contradicted":true}`)
	s.refused(http.StatusNotFound, "not_found", http.MethodPost, "/v1/effects", `{"event":"01JJEX4BAA0000000000000001"}`)
	s.refused(http.StatusNotFound, "unknown", http.MethodPost, "/v1/effects", `{"privileges":["imm.criminel"]}`)
	s.who = in(auth.Officer, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/effects", `{"contradicted":true}`)
}

func TestBalance(t *testing.T) {
	s := serve(t)
	s.record(affairs)
	asOf, known := s.when()
	found, err := s.office.Balance(t.Context(), engine.BalanceQuery{AsOf: asOf, AsKnown: known})
	require.NoError(t, err)
	require.NotEmpty(t, found.Cells)
	s.same(api.BalancedOf(found), "/v1/balance")
	found, err = s.office.Balance(t.Context(), engine.BalanceQuery{AsKnown: known, State: "arandia", Privilege: "tax.sales", Over: true})
	require.NoError(t, err)
	require.NotEmpty(t, found.Cells)
	s.same(api.BalancedOf(found), "/v1/balance?state=arandia&privilege=tax.sales&over=true")
	var none api.Balanced
	s.get("/v1/balance?as_of=2023-01-01&state=arandia&privilege=tax.sales", &none)
	for _, cell := range none.Cells {
		assert.Empty(t, cell.Measures, "before it was determined")
	}
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/balance?from=2024-01-01", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/balance?over=true&as_of=2024-01-01", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/balance?state=atlantis", "")
	s.who = in(auth.Officer, "arandia", "tax")
	s.get("/v1/balance?state=arandia&privilege=tax.sales", &none)
	require.Len(t, none.Cells, 1)
	assert.Equal(t, domain.MeasureID("m-1"), none.Cells[0].Measures[0].ID)
}

func TestEnforcement(t *testing.T) {
	s := serve(t)
	s.record(affairs)
	asOf, known := s.when()
	found, err := s.office.Enforcement(t.Context(), engine.EnforcementQuery{AsOf: asOf, AsKnown: known})
	require.NoError(t, err)
	require.Len(t, found.Violations, 2)
	s.same(api.EnforcedOf(found), "/v1/enforcement")
	var got api.Enforced
	s.get("/v1/enforcement?state=arandia", &got)
	require.Len(t, got.Violations, 1)
	assert.Equal(t, domain.Member("ana"), got.Violations[0].Subject)
	s.get("/v1/enforcement?member=bo&all=true", &got)
	require.Len(t, got.Violations, 1)
	assert.Equal(t, "C-2", got.Violations[0].Citation)
	s.get("/v1/enforcement?as_of=2025-01-10", &got)
	assert.Empty(t, got.Violations)
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/enforcement?member=bo&mission=borvia-embassy", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/enforcement?member=bo&state=borvia", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/enforcement?offence=traffic.nonsense", "")
	s.who = in(auth.Officer, "arandia", "*")
	s.get("/v1/enforcement?state=arandia", &got)
	assert.Len(t, got.Violations, 1)
}

func TestRequests(t *testing.T) {
	s := serve(t)
	s.record(affairs)
	asOf, known := s.when()
	q := engine.RequestsQuery{AsOf: asOf, AsKnown: known, States: []facts.FilingState{facts.StateFiled, facts.StateAwaiting}}
	items, err := s.office.Requests(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, items, 2)
	want := struct {
		Requests []api.Requested `json:"requests"`
	}{}
	for _, item := range items {
		want.Requests = append(want.Requests, api.RequestedOf(item, q))
	}
	s.same(want, "/v1/requests")
	type page struct {
		Requests []api.Requested
		Next     string `json:"next_page"`
	}
	ids := func(query string) (out []domain.RequestID) {
		s.pages("/v1/requests?limit=1&"+query, func(path string) (int, string) {
			var p page
			s.get(path, &p)
			for _, one := range p.Requests {
				out = append(out, one.ID)
			}
			return len(p.Requests), p.Next
		})
		return out
	}
	assert.Equal(t, []domain.RequestID{"lease-1", "lease-2"}, ids(""))
	assert.Equal(t, []domain.RequestID{"lease-2"}, ids("of_state=borvia"))
	assert.Equal(t, []domain.RequestID{"lease-1"}, ids("mission=arandia-embassy"))
	assert.Empty(t, ids("state=approved"))
	assert.Empty(t, ids("all=true&as_of=2025-02-01"))
	for _, query := range []string{"state=nonsense", "all=true&state=filed", "due_before=soon", "mission=arandia-embassy&of_state=arandia", "all=perhaps"} {
		s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/requests?"+query, "")
	}

	item, filed, err := s.office.Request(t.Context(), "lease-1", q)
	require.NoError(t, err)
	require.True(t, filed)
	one := api.RequestedOf(item, q)
	entries, err := s.office.History(t.Context(), domain.Of(domain.KindRequest, "lease-1"), known)
	require.NoError(t, err)
	for _, e := range entries {
		one.History = append(one.History, api.RequestStep{Entry: api.EntryOf(e, false), Means: api.Means(s.office.Engine, item, e)})
	}
	require.Len(t, one.History, 1)
	s.same(one, "/v1/requests/lease-1")
	s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/requests/lease-1?as_of=2025-02-01", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/requests/lease-9", "")
	s.who = in(auth.Officer, "arandia", "*")
	s.same(one, "/v1/requests/lease-1")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/requests/lease-2", "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/requests/lease-9", "")
}

func TestRegions(t *testing.T) {
	s := serve(t)
	asOf, known := s.when()
	q := engine.RegionsQuery{AsOf: asOf, AsKnown: known, Place: "Boston"}
	found, err := s.office.Regions(t.Context(), q)
	require.NoError(t, err)
	require.NotEmpty(t, found.Offices)
	s.same(api.RegionsOf(found, q), "/v1/regions?place=Boston")
	var got api.Regions
	s.get("/v1/regions?mission=arandia-embassy", &got)
	assert.Contains(t, got.Text, "not on record")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/regions?mission=arandia-embassy&place=Boston", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/regions?mission=atlantis-embassy", "")
}
