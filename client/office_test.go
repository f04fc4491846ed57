package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/api/openapi/openapitest"
	"github.com/comity-project/comity/client"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

const history = `
{"subject":"state/arandia","type":"state.registered","effective":"2020-01-01","authority":"note 1","payload":{"name":"Arandia"}}
{"subject":"mission/arandia-embassy","type":"mission.opened","effective":"2020-01-01","authority":"note 1","payload":{"state":"arandia","kind":"embassy"}}
{"subject":"member/ana","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.agent"}}
{"subject":"member/ben","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.service"}}
`

// library is shared by the tests, so that the law is loaded once.
var library = sync.OnceValue(projections.NewLibrary)

// bearer knows who sends the key of the tests.
type bearer struct{}

func (bearer) Identify(r *http.Request) (*auth.Caller, error) {
	switch r.Header.Get("Authorization") {
	case "Bearer the-key", "Bearer fresh":
		c := *auth.Anybody()
		return &c, nil
	}
	return nil, fmt.Errorf("nobody is known by that")
}

// serveOffice serves an office with Ana and Ben at the embassy of Arandia.
func serveOffice(ctx context.Context) (*api.Server, error) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	common, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return nil, err
	}
	log := memlog.New()
	founding := engine.Founding{Office: "office", Zone: "America/New_York", Mode: domain.Live, Actor: "registry", Bundles: [][]byte{common}}
	e, err := engine.Found(ctx, engine.Config{Log: log, Bodies: log, Library: library(), Clock: func() time.Time { return now }}, founding)
	if err != nil {
		return nil, err
	}
	batch, err := intake.Read(strings.NewReader(history), intake.JSONLines, e.Zone())
	if err != nil {
		return nil, err
	}
	for i := range batch.Commands {
		batch.Commands[i].Actor = "registry"
	}
	if _, err := e.Submit(ctx, batch.Commands...); err != nil {
		return nil, err
	}
	office := &api.Office{Engine: e, ID: "office", Log: log, Bodies: log, Version: "test"}
	s := &api.Server{Office: office, Who: bearer{}, Limits: api.Usual(), Log: zerolog.Nop()}
	s.Begin()
	s.Add(false, httpapi.Routes()...)
	s.Add(true, authzen.Routes(authzen.Config{})...)
	return s, nil
}

// A fault answers in the place of the server, or before or after it; true if it did.
type fault func(w http.ResponseWriter, r *http.Request, server http.Handler) bool

// A faulty is a server with faults, each for one request.
type faulty struct {
	*api.Server
	url string

	mu     sync.Mutex
	faults []fault       // mu
	asked  []http.Header // mu
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Header.Clone())
	var one fault
	if len(f.faults) > 0 {
		one, f.faults = f.faults[0], f.faults[1:]
	}
	f.mu.Unlock()
	if one == nil || !one(w, r, f.Server) {
		f.Server.ServeHTTP(w, r)
	}
}

// next has faults for the next requests.
func (f *faulty) next(faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults, f.asked = faults, nil
}

// requests are the headers of the requests since next.
func (f *faulty) requests() []http.Header {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]http.Header(nil), f.asked...)
}

// begin serves an office with faults, and returns a client of it that waits for nothing
// long.
func begin(t testing.TB, options ...client.Option) (*faulty, *client.Client) {
	t.Helper()
	s, err := serveOffice(t.Context())
	require.NoError(t, err)
	f := &faulty{Server: s}
	web := httptest.NewServer(f)
	t.Cleanup(web.Close)
	f.url = web.URL
	return f, f.client(t, append([]client.Option{client.Key("the-key")}, options...)...)
}

func (f *faulty) client(t testing.TB, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(f.url, append([]client.Option{client.Pauses(time.Millisecond, 5*time.Millisecond)}, options...)...)
	require.NoError(t, err)
	return c
}

// checked holds what the client asks and is answered against the contract.
func checked(t testing.TB) client.Option { return client.Transport(openapitest.Transport(t, nil)) }

// status answers with a status and a problem.
func status(code int, word string, headers ...string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"type":"urn:comity:problem:%s","title":"x","status":%d,"detail":"as the test has it","code":%q}`, word, code, word)
		return true
	}
}

// says answers with a body.
func says(media, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.Header().Set("Content-Type", media)
		_, _ = fmt.Fprint(w, body)
		return true
	}
}

// hangUp cuts the connection before the request is answered.
func hangUp(http.ResponseWriter, *http.Request, http.Handler) bool { panic(http.ErrAbortHandler) }

// half lets the server do its work, and cuts the connection in the middle of the answer.
func half(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
	done := httptest.NewRecorder()
	server.ServeHTTP(done, r)
	for name, values := range done.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(done.Body.Len()))
	w.WriteHeader(done.Code)
	_, _ = w.Write(done.Body.Bytes()[:done.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
