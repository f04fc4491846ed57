package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
)

// in is a caller with a role in the office, over some countries and programmes.
func in(role auth.Role, countries, programmes string) *auth.Caller {
	return &auth.Caller{ID: "desk/1", Means: auth.ByToken, Grants: []auth.Grant{{Role: role, Offices: []string{"test-office"}, Countries: strings.Split(countries, ","), Programmes: strings.Split(programmes, ",")}}}
}

// record records more events.
func (s *served) record(lines string) {
	s.t.Helper()
	batch, err := intake.Read(strings.NewReader(lines), intake.JSONLines, s.office.Zone())
	require.NoError(s.t, err)
	for i := range batch.Commands {
		batch.Commands[i].Actor = "registry"
	}
	_, err = s.office.Submit(s.t.Context(), batch.Commands...)
	require.NoError(s.t, err)
}

// same holds an answer against what the engine says, as JSON.
func (s *served) same(want any, path string) *http.Response {
	s.t.Helper()
	text, err := json.Marshal(want)
	require.NoError(s.t, err)
	w, got := s.send(http.MethodGet, path, "")
	require.Equal(s.t, http.StatusOK, w.StatusCode, "%s", got)
	assert.JSONEq(s.t, string(text), string(got))
	return w
}

// now is the moment of the tests, as known at the head: what is asked without times.
func (s *served) when() (time.Time, engine.Known) {
	return s.now, engine.Known{Position: s.office.Position(), AtPosition: true}
}

// TestReads holds the reads of one subject to what all of them promise: at_least, both
// times, what is refused, and that nobody learns who is not theirs.
func TestReads(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	s.record(`{"subject":"card/ben-1","type":"card.issued","effective":"2024-02-01","authority":"note 5","payload":{"kind":"identity","holder":"ben"}}`)
	head := s.office.Position()
	for _, c := range []struct{ path, query string }{
		{"standing", ""}, {"timeline", "privilege=imm.criminal"}, {"next", "privilege=imm.criminal"}, {"history", ""},
		{"cards", ""}, {"vehicles", ""}, {"cards/law_enforcement", ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			s.t, s.who = t, auth.Anybody()
			path := func(id, query string) string {
				return "/v1/subjects/" + id + "/" + c.path + "?" + strings.Trim(c.query+"&"+query, "&")
			}
			w, text := s.send(http.MethodGet, path("member/ana", fmt.Sprintf("at_least=%d", head)), "")
			require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
			assert.Equal(t, fmt.Sprint(head), w.Header.Get(api.PositionHeader))
			w, _ = s.send(http.MethodGet, path("member/ana", fmt.Sprintf("as_known=@%d", before)), "")
			assert.Equal(t, fmt.Sprint(before), w.Header.Get(api.PositionHeader))
			s.server.Limits.Time = 20 * time.Millisecond
			late := s.refused(http.StatusGatewayTimeout, "deadline", http.MethodGet, path("member/ana", fmt.Sprintf("at_least=%d", head+1)), "")
			assert.EqualValues(t, head, late.Position)
			assert.Contains(t, late.Detail, "which did not come in time: ask again later")
			s.server.Limits.Time = 0
			s.refused(http.StatusNotFound, "unknown", http.MethodGet, path("member/anna", ""), "")
			s.refused(http.StatusBadRequest, "subject", http.MethodGet, path("planet/ana", ""), "")
			s.refused(http.StatusBadRequest, "subject", http.MethodGet, path("member/a%2Fb", ""), "")
			s.refused(http.StatusBadRequest, "query", http.MethodGet, path("member/ana", "nonsense=1"), "")
			s.refused(http.StatusBadRequest, "at_least", http.MethodGet, path("member/ana", "at_least=soon"), "")
			s.refused(http.StatusBadRequest, "as_known", http.MethodGet, path("member/ana", "as_known=99999"), "")
			s.refused(http.StatusBadRequest, "as_of", http.MethodGet, path("member/ana", "as_of=soon"), "")

			role := auth.Officer
			if c.path == "history" {
				role = auth.Auditor
			}
			s.who = in(role, "arandia", "*")
			w, text = s.send(http.MethodGet, path("member/ana", ""), "")
			require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
			other := s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path("member/bo", ""), "")
			nobody := s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path("member/xx", ""), "")
			assert.Equal(t, strings.ReplaceAll(other.Detail, "bo", "xx"), nobody.Detail, "what is not theirs is as what is not there")
			s.who = in(role, "*", "tax")
			s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path("member/ana", ""), "")
			s.who = in(auth.System, "*", "*")
			s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path("member/ana", ""), "")
		})
	}
}

func TestStanding(t *testing.T) {
	s := serve(t)
	asOf, known := s.when()
	decisions, err := s.office.Standing(t.Context(), engine.Question{Subject: domain.Member("ana"), AsOf: asOf, AsKnown: known})
	require.NoError(t, err)
	require.NotEmpty(t, decisions)
	w, text := s.send(http.MethodGet, "/v1/subjects/member/ana/standing", "")
	require.Equal(t, http.StatusOK, w.StatusCode)
	want := make([]string, len(decisions))
	for i, d := range decisions {
		line, err := codec.EncodeDecision(d)
		require.NoError(t, err)
		want[i] = string(line)
	}
	assert.Equal(t, "["+strings.Join(want, ",")+"]", string(text), "byte for byte")
	var got []domain.Decision
	require.NoError(t, json.Unmarshal(text, &got))

	s.get("/v1/subjects/member/ana/standing?as_of=2023-06-01", &got)
	for _, d := range got {
		if d.Privilege == "imm.criminal" {
			assert.Equal(t, domain.Denied, d.Outcome, "before she came")
		}
	}
	s.get("/v1/subjects/mission/arandia-embassy/standing?request.amount=15000", &got)
	require.NotEmpty(t, got)
	assert.Equal(t, "15000", got[0].Request["amount"])
	var guest []struct{ Subject string }
	s.get("/v1/subjects/member/visitor@arandia-embassy/standing", &guest)
	require.NotEmpty(t, guest)
	assert.Equal(t, "member/visitor@arandia-embassy", guest[0].Subject)
	s.refused(http.StatusBadRequest, "request_does_not_fit", http.MethodGet, "/v1/subjects/member/ana/standing?request.nonsense=1", "")
}

func TestCardAndView(t *testing.T) {
	s := serve(t)
	card, err := s.office.Card(t.Context(), "law_enforcement", engine.Question{Subject: domain.Member("ana")})
	require.NoError(t, err)
	s.same(card, "/v1/subjects/member/ana/cards/law_enforcement")
	table, err := s.office.Table(t.Context(), "law_enforcement", engine.Question{})
	require.NoError(t, err)
	s.same(table, "/v1/views/law_enforcement")
	s.refused(http.StatusBadRequest, "request_does_not_fit", http.MethodGet, "/v1/views/nonsense", "")
	s.refused(http.StatusBadRequest, "subject", http.MethodGet, "/v1/subjects/mission/arandia-embassy/cards/law_enforcement", "")
}

func TestTimeline(t *testing.T) {
	s := serve(t)
	asOf, known := s.when()
	q := engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AsOf: asOf, AsKnown: known}
	line, err := s.office.Timeline(t.Context(), q, engine.Range{})
	require.NoError(t, err)
	require.Greater(t, len(line.Stretches), 1)
	s.same(line, "/v1/subjects/member/ana/timeline?privilege=imm.criminal")

	from, err := s.office.ParseAsOf("2024-06-01")
	require.NoError(t, err)
	line, err = s.office.Timeline(t.Context(), q, engine.Range{From: from})
	require.NoError(t, err)
	s.same(line, "/v1/subjects/member/ana/timeline?privilege=imm.criminal&from=2024-06-01")

	over, err := s.office.KnownTimeline(t.Context(), q, engine.Range{})
	require.NoError(t, err)
	s.same(over, "/v1/subjects/member/ana/timeline?privilege=imm.criminal&axis=known")
	both, err := s.office.TimeMap(t.Context(), q, engine.Range{})
	require.NoError(t, err)
	s.same(both, "/v1/subjects/member/ana/timeline?privilege=imm.criminal&axis=both")

	var lines []struct{ Privilege domain.Privilege }
	s.get("/v1/subjects/member/ana/timeline", &lines)
	assert.NotEmpty(t, lines)

	for _, query := range []string{
		"axis=sideways", "axis=known", "axis=known&privilege=imm.criminal&from=2024-01-01", "since=3",
		"axis=both&privilege=imm.criminal&as_of=2024-01-01", "privilege=imm.criminal&from=2025-01-01&to=2024-01-01", "privilege=imm.criminal&from=soon",
		"axis=known&privilege=imm.criminal&since=soon",
	} {
		s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/subjects/member/ana/timeline?"+query, "")
	}
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/subjects/member/ana/timeline?privilege=imm.criminel", "")
}

func TestNextChange(t *testing.T) {
	s := serve(t)
	var got struct {
		Subject domain.Subject
		Change  *struct{ At time.Time }
	}
	s.get("/v1/subjects/member/ana/next?privilege=imm.criminal&as_of=2023-06-01", &got)
	require.NotNil(t, got.Change)
	assert.Equal(t, "2024-01-01", got.Change.At.In(s.office.Zone().Location()).Format(time.DateOnly), "when she comes")
	got.Change = nil
	s.get("/v1/subjects/member/ana/next?privilege=imm.criminal", &got)
	assert.Nil(t, got.Change)
	s.refused(http.StatusBadRequest, "privilege", http.MethodGet, "/v1/subjects/member/ana/next", "")
}

func TestHistory(t *testing.T) {
	s := serve(t)
	entries, err := s.office.History(t.Context(), domain.Member("ana"), engine.Known{})
	require.NoError(t, err)
	require.Len(t, entries, 1)
	s.same([]api.Entry{api.EntryOf(entries[0], false)}, "/v1/subjects/member/ana/history")
	s.same([]api.Entry{}, "/v1/subjects/member/ana/history?as_known=@2")
	var got []api.Entry
	s.get("/v1/subjects/state/arandia/history", &got)
	assert.Len(t, got, 1)
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/subjects/member/ana/history?as_of=2025-01-01", "")
	s.who = in(auth.Officer, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/subjects/member/ana/history", "")
}

func TestHoldings(t *testing.T) {
	s := serve(t)
	s.record(`
{"subject":"card/ana-1","type":"card.issued","effective":"2024-02-01","authority":"note 5","payload":{"kind":"identity","holder":"ana"}}
{"subject":"vehicle/car-1","type":"vehicle.recorded","effective":"2024-02-01","authority":"note 5","payload":{"kind":"car","owner":"ana"}}
`)
	asOf, known := s.when()
	q := engine.HoldingsQuery{Subject: domain.Member("ana"), AsOf: asOf, AsKnown: known}
	cards, err := s.office.Cards(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, cards, 1)
	s.same(api.HeldCardsOf(q, cards), "/v1/subjects/member/ana/cards")
	vehicles, err := s.office.Vehicles(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, vehicles, 1)
	s.same(api.OwnedVehiclesOf(q, vehicles), "/v1/subjects/member/ana/vehicles")
	var none api.HeldCards
	s.get("/v1/subjects/member/ana/cards?as_of=2024-01-15", &none)
	assert.Empty(t, none.Cards)
}
