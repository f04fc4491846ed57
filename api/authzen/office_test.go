package authzen_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/api/openapi/openapitest"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// library is shared by the tests, so that laws are loaded once.
var library = sync.OnceValue(projections.NewLibrary)

// who is a caller whom everybody is.
type who struct{ *auth.Caller }

func (w who) Identify(*http.Request) (*auth.Caller, error) { return w.Caller, nil }

// A served office, with a clock that the test holds.
type served struct {
	*api.Server
	t      testing.TB
	office *api.Office
	clock  *atomic.Pointer[time.Time]
}

func (s *served) now(text string) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	s.clock.Store(&t)
}

// serve founds an office by a law and serves it.
func serve(t testing.TB, c authzen.Config, bundle []byte, mode domain.Mode) *served {
	t.Helper()
	s := &served{t: t, clock: &atomic.Pointer[time.Time]{}}
	s.now("2025-06-01T12:00:00Z")
	log := memlog.New()
	founding := engine.Founding{Office: "records", Zone: "UTC", Mode: mode, Actor: "test", Bundles: [][]byte{bundle}}
	if mode == domain.History {
		founding.At = time.Unix(0, 0).UTC()
	} else {
		founding.Zone = "America/New_York"
	}
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Library: library(), Clock: func() time.Time { return *s.clock.Load() }}, founding)
	require.NoError(t, err)
	s.office = &api.Office{Engine: e, ID: founding.Office, Log: log, Bodies: log}
	s.serve(t, c, auth.Anybody())
	return s
}

// serve serves the office to a caller.
func (s *served) serve(t testing.TB, c authzen.Config, caller *auth.Caller) {
	t.Helper()
	require.NoError(t, c.Check())
	s.Server = &api.Server{Office: s.office, Who: who{caller}, Limits: api.Limits{Body: 1 << 20, Batch: 8}, Log: zerolog.Nop()}
	s.Begin()
	s.Add(true, authzen.Routes(c)...)
}

// as returns the server as another caller sees it.
func (s *served) as(t testing.TB, c authzen.Config, caller *auth.Caller) *served {
	other := &served{t: t, office: s.office, clock: s.clock}
	other.serve(t, c, caller)
	return other
}

// mapped is the mapping of the records, as testdata/records/mapping.yaml has it.
func mapped() authzen.Mapping {
	return authzen.Mapping{
		Subjects:  map[string]string{"user": "member"},
		Actions:   map[string]string{"read": "record.read", "write": "record.write", "delete": "record.delete"},
		Resources: map[string]authzen.Resource{"record": {Kind: "property"}},
		Facts:     authzen.Facts{Subject: map[string]string{"role": "role"}},
	}
}

// records is the office of testdata/records.
func records(t testing.TB) *served {
	t.Helper()
	return officeOf(t, "testdata/records", mapped())
}

// officeOf is an office of a folder of testdata.
func officeOf(t testing.TB, folder string, m authzen.Mapping) *served {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS(folder + "/law"))
	require.NoError(t, err)
	s := serve(t, authzen.Config{PublicURL: "https://pdp.example.org", Mapping: m}, bundle, domain.History)
	file, err := os.Open(folder + "/history.jsonl")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	batch, err := intake.Read(file, intake.JSONLines, calendar.UTC)
	require.NoError(t, err)
	_, err = s.office.Submit(t.Context(), batch.Commands...)
	require.NoError(t, err)
	return s
}

// common is the bundle of the law that ships, made once.
var common = sync.OnceValues(func() ([]byte, error) { return rules.Bundle(rulesets.Common()) })

// shipped is an office by the law that ships, in comity's own words.
func shipped(t testing.TB, events ...domain.Envelope) *served {
	t.Helper()
	bundle, err := common()
	require.NoError(t, err)
	s := serve(t, authzen.Config{}, bundle, domain.Live)
	s.record(t, events...)
	return s
}

func (s *served) record(t testing.TB, events ...domain.Envelope) domain.Position {
	t.Helper()
	for i := range events {
		events[i].ID, events[i].Command, events[i].Recorded = domain.EventID{}, domain.CommandID{}, time.Time{}
	}
	receipt, err := s.office.Submit(t.Context(), domain.Command{Actor: "test", Drafts: events})
	require.NoError(t, err)
	return receipt.Position
}

var paths = map[string]string{
	"evaluation": "/access/v1/evaluation", "evaluations": "/access/v1/evaluations", "subject": "/access/v1/search/subject",
	"resource": "/access/v1/search/resource", "action": "/access/v1/search/action",
}

// call sends a body to an endpoint.
func (s *served) call(endpoint, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, paths[endpoint], strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	openapitest.Check(s.t, r, body, w)
	return w
}

// answer sends a body that is right, and returns what is answered.
func (s *served) answer(t testing.TB, endpoint, body string, headers ...string) string {
	t.Helper()
	w := s.call(endpoint, body, headers...)
	require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	return w.Body.String()
}

// A vector is a call and what is answered to it.
type vector struct {
	name, endpoint, body string
	headers              []string
	status               string
	want                 string
}

// vectors reads a file of testdata/vectors.
func vectors(t testing.TB, name string) (out []vector) {
	t.Helper()
	file, err := os.Open("testdata/vectors/" + name)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<20)
	var v vector
	line := 0
	for in.Scan() {
		text := in.Text()
		switch {
		case text == "":
			require.True(t, v.name == "" || v.status != "", "%s: %s has no answer", name, v.name)
			if v.name != "" {
				out = append(out, v)
			}
			v, line = vector{}, 0
			continue
		case strings.HasPrefix(text, "#"):
			continue
		case line == 0:
			v.name = text
		case v.endpoint == "":
			first, rest, _ := strings.Cut(text, " ")
			if header, isHeader := strings.CutSuffix(first, ":"); isHeader {
				v.headers = append(v.headers, header, rest)
			} else {
				require.Contains(t, paths, first, "%s: %s", name, v.name)
				v.endpoint, v.body = first, rest
			}
		default:
			v.status, v.want, _ = strings.Cut(text, " ")
		}
		line++
	}
	require.NoError(t, in.Err())
	if v.name != "" {
		out = append(out, v)
	}
	return out
}
