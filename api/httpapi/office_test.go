package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/api/openapi/openapitest"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// The office of the tests: Ana and Ben at the embassy of Arandia, Bo at that of Borvia,
// under the law that ships.
const history = `
{"subject":"state/arandia","type":"state.registered","effective":"2020-01-01","authority":"note 1","payload":{"name":"Arandia"}}
{"subject":"mission/arandia-embassy","type":"mission.opened","effective":"2020-01-01","authority":"note 1","payload":{"state":"arandia","kind":"embassy"}}
{"subject":"member/ana","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.agent","personal":{"name":"Ana Example","birth":"1980-02-03"}}}
{"subject":"member/ben","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.service"}}
{"subject":"state/borvia","type":"state.registered","effective":"2020-01-01","authority":"note 3","payload":{"name":"Borvia"}}
{"subject":"mission/borvia-embassy","type":"mission.opened","effective":"2020-01-01","authority":"note 3","payload":{"state":"borvia","kind":"embassy"}}
{"subject":"member/bo","type":"member.accredited","effective":"2024-01-01","authority":"note 4","payload":{"mission":"borvia-embassy","category":"dip.agent"}}
`

// library keeps the law that all offices of the tests have, so that it is loaded once.
var library = projections.NewLibrary()

// A served is an office behind a server.
type served struct {
	t      testing.TB
	office *api.Office
	server *api.Server
	url    string
	who    *auth.Caller // who is asking
	now    time.Time
}

func (s *served) Identify(*http.Request) (*auth.Caller, error) { return s.who, nil }

// serve founds a live office, records its history, and serves it.
func serve(t testing.TB) *served {
	return serveOn(t, func(log eventlog.Log) eventlog.Log { return log })
}

// serveOn serves an office whose log is wrapped by another.
func serveOn(t testing.TB, wrap func(eventlog.Log) eventlog.Log) *served {
	s := &served{t: t, who: auth.Anybody(), now: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	bodies := memlog.New()
	log := wrap(bodies)
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: bodies, Library: library, Clock: func() time.Time { return s.now }}, founding(t))
	require.NoError(t, err)
	batch, err := intake.Read(strings.NewReader(history), intake.JSONLines, e.Zone())
	require.NoError(t, err)
	for i := range batch.Commands {
		batch.Commands[i].Actor = "registry"
	}
	_, err = e.Submit(t.Context(), batch.Commands...)
	require.NoError(t, err)
	s.office = &api.Office{Engine: e, ID: "test-office", Log: log, Bodies: bodies, Version: "test"}
	s.server = &api.Server{Office: s.office, Who: s, Limits: api.Usual(), Log: zerolog.New(zerolog.NewTestWriter(t))}
	s.server.Begin()
	s.server.Add(false, httpapi.Routes()...)
	s.server.Add(true, authzen.Routes(spoken)...)
	web := httptest.NewServer(s.server)
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

// send asks the server, and returns the status and the body.
func (s *served) send(method, path, body string, headers ...string) (*http.Response, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := (&http.Client{Transport: openapitest.Transport(s.t, nil)}).Do(r)
	require.NoError(s.t, err)
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	require.NoError(s.t, err)
	return w, text
}

// get reads JSON that is expected to be there.
func (s *served) get(path string, into any) *http.Response {
	s.t.Helper()
	w, text := s.send(http.MethodGet, path, "")
	require.Equal(s.t, http.StatusOK, w.StatusCode, "%s", text)
	require.NoError(s.t, json.Unmarshal(text, into), "%s", text)
	return w
}

// post sends JSON and reads what is expected to be the answer.
func (s *served) post(path, body string, into any) *http.Response {
	s.t.Helper()
	w, text := s.send(http.MethodPost, path, body)
	require.Equal(s.t, http.StatusOK, w.StatusCode, "%s", text)
	require.NoError(s.t, json.Unmarshal(text, into), "%s", text)
	return w
}

// refused expects a problem.
func (s *served) refused(status int, code, method, path, body string) api.Problem {
	s.t.Helper()
	w, text := s.send(method, path, body)
	var p api.Problem
	require.NoError(s.t, json.Unmarshal(text, &p), "%s", text)
	assert.Equal(s.t, status, w.StatusCode, "%s", text)
	assert.Equal(s.t, code, p.Code, "%s", text)
	assert.Equal(s.t, "application/problem+json", w.Header.Get("Content-Type"))
	assert.Equal(s.t, w.Header.Get(api.RequestIDHeader), p.Instance)
	return p
}

func founding(t testing.TB) engine.Founding {
	common, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	return engine.Founding{Office: "test-office", Zone: "America/New_York", Mode: domain.Live, Actor: "registry", Bundles: [][]byte{common}}
}

func TestOffice(t *testing.T) {
	s := serve(t)
	var got map[string]any
	w := s.get("/v1/office", &got)
	assert.Equal(t, "test-office", got["office"])
	assert.Equal(t, "live", got["mode"])
	assert.EqualValues(t, s.office.Position(), got["position"])
	assert.Equal(t, fmt.Sprint(s.office.Position()), w.Header.Get(api.PositionHeader))
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/office?asof=now", "")
	s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/offices", "")
	s.refused(http.StatusMethodNotAllowed, "method", http.MethodPost, "/v1/office", "{}")
}
