package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/engine"
)

// one lets everybody in as the same caller.
type one struct{}

func (one) Identify(*http.Request) (*auth.Caller, error) { return auth.Anybody(), nil }

// serveRoutes serves routes as a server with limits.
func serveRoutes(log io.Writer, who api.Identifier, limits api.Limits, routes ...api.Route) *api.Server {
	s := &api.Server{Office: &api.Office{ID: "protocol"}, Who: who, Limits: limits, Log: zerolog.New(log), Requests: api.LogAll}
	s.Begin()
	s.Add(false, routes...)
	return s
}

// Only proofs that fail are counted, each address by itself, and only they are refused.
func TestFailedProofs(t *testing.T) {
	key, hash := auth.NewKey()
	every := []string{auth.Every}
	who, err := auth.New(auth.Config{Keys: []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{{Role: auth.System, Offices: every, Countries: every, Programmes: every}}}}}, auth.Options{})
	require.NoError(t, err)
	s := serveRoutes(io.Discard, who, api.Limits{Failures: 1e-4}, api.Route{Method: "GET", Path: "/v1/whoami", ID: "whoami", Do: func(c *api.Call) error { return c.JSON(http.StatusOK, c.Caller.ID) }})
	ask := func(from, credentials string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/whoami", http.NoBody)
		r.RemoteAddr = from
		r.Header.Set("Authorization", credentials)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, http.StatusUnauthorized, ask("192.0.2.1:1000", "ck_nonsense").Code)
	w := ask("192.0.2.1:1001", "ck_nonsense")
	assert.Equal(t, http.StatusTooManyRequests, w.Code, "another port is the same address")
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
	assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	assert.Equal(t, http.StatusOK, ask("192.0.2.1:1002", key).Code, "who can prove it is not kept out by others")
	assert.Equal(t, http.StatusUnauthorized, ask("192.0.2.2:1000", "ck_nonsense").Code)
	assert.Equal(t, http.StatusUnauthorized, ask("[2001:db8::1]:1000", "ck_nonsense").Code)
	assert.Equal(t, http.StatusTooManyRequests, ask("[2001:db8::ffff]:1000", "ck_nonsense").Code, "one machine has all of a network")
	for i := range 11_000 { // what is kept of them is bounded
		ask(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255), "ck_nonsense")
	}
	assert.Equal(t, http.StatusTooManyRequests, ask("10.200.0.1:1", "ck_nonsense").Code, "whoever comes when there is no room is counted with the others")
	assert.Equal(t, http.StatusOK, ask("10.200.0.1:1", key).Code)
}

// Those who listen don't take the places of those who ask, and listen for longer than a
// request may take to arrive. The clock goes on when nobody has anything to do.
func TestStreamsApart(t *testing.T) { synctest.Test(t, streamsApart) }

func streamsApart(t *testing.T) {
	begun, quit := make(chan struct{}), make(chan struct{})
	s := serveRoutes(io.Discard, one{}, api.Limits{Inflight: 1, Time: time.Second},
		api.Route{Method: "GET", Path: "/listen", ID: "listen", Stream: true, Do: func(c *api.Call) error {
			c.Begin(http.StatusOK, "text/plain")
			if err := http.NewResponseController(c.W).Flush(); err != nil {
				return err
			}
			begun <- struct{}{}
			select {
			case <-quit:
				_, err := io.WriteString(c.W, "the end\n")
				return err
			case <-c.Context().Done():
				return c.Context().Err()
			}
		}},
		api.Route{Method: "GET", Path: "/ask", ID: "ask", Do: func(c *api.Call) error { return c.JSON(http.StatusOK, true) }},
		api.Route{Method: "POST", Path: "/import", ID: "import", Body: 100, Time: time.Minute, Do: func(c *api.Call) error {
			if _, err := c.Body("text/csv"); err != nil {
				return err
			}
			select {
			case <-time.After(300 * time.Millisecond):
				return c.JSON(http.StatusOK, true)
			case <-c.Context().Done():
				return c.Context().Err()
			}
		}})
	port := make(pipes)
	web := &http.Server{Handler: s, ReadTimeout: 100 * time.Millisecond, WriteTimeout: 200 * time.Millisecond}
	go func() { _ = web.Serve(port) }()
	client := &http.Client{Transport: &http.Transport{DialContext: port.dial}}
	defer client.CloseIdleConnections()
	defer func() { _ = web.Close() }()
	const at = "http://office"
	type heard struct {
		text string
		err  error
	}
	all := make(chan heard)
	for range 3 {
		go func() {
			w, err := client.Get(at + "/listen")
			if err != nil {
				all <- heard{err: err}
				return
			}
			defer func() { _ = w.Body.Close() }()
			text, err := io.ReadAll(w.Body)
			all <- heard{string(text), err}
		}()
		<-begun
	}
	assert.Zero(t, s.Inflight())
	w, err := client.Get(at + "/ask")
	require.NoError(t, err)
	_ = w.Body.Close()
	assert.Equal(t, http.StatusOK, w.StatusCode)
	w, err = client.Post(at+"/import", "text/csv", strings.NewReader("a,b\n"))
	require.NoError(t, err)
	_ = w.Body.Close()
	assert.Equal(t, http.StatusOK, w.StatusCode, "it may take longer to decide than to send")
	close(quit)
	for range 3 {
		got := <-all
		require.NoError(t, got.err)
		assert.Equal(t, "the end\n", got.text)
	}
}

// Pipes are a port whose connections are in memory.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	p <- there
	return here, nil
}

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// What a caller who is gone would be told is no answer, should somebody read it.
func TestGone(t *testing.T) {
	s := serveRoutes(io.Discard, one{}, api.Limits{}, api.Route{Method: "GET", Path: "/ask", ID: "ask", Do: func(*api.Call) error { return context.Canceled }})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ask", http.NoBody))
	assert.Equal(t, 499, w.Code)
}

// watched counts requests as they begin and end.
type watched struct{ begun, ended atomic.Int64 }

func (o *watched) Begin(_ *api.Route, r *http.Request) (*http.Request, func(int, time.Duration)) {
	o.begun.Add(1)
	return r, func(int, time.Duration) { o.ended.Add(1) }
}

// An answer that breaks off is cut, so that a part is not taken for the whole, and is
// counted all the same. A panic is the server's own mistake.
func TestBrokenOff(t *testing.T) {
	var log strings.Builder
	s := serveRoutes(&log, one{}, api.Limits{},
		api.Route{Method: "GET", Path: "/part", ID: "part", Do: func(c *api.Call) error {
			c.Begin(http.StatusOK, "application/json")
			_, _ = io.WriteString(c.W, `{"allowed":true`)
			return errors.New("the disk is gone")
		}},
		api.Route{Method: "GET", Path: "/panic", ID: "panic", Do: func(*api.Call) error { panic("bad math") }})
	o := &watched{}
	s.Observer = o
	web := httptest.NewServer(s)
	defer web.Close()
	w, err := http.Get(web.URL + "/part")
	if err == nil {
		_, err = io.ReadAll(w.Body)
		_ = w.Body.Close()
	}
	require.Error(t, err)
	w, err = http.Get(web.URL + "/panic")
	require.NoError(t, err)
	defer func() { _ = w.Body.Close() }()
	assert.Equal(t, http.StatusInternalServerError, w.StatusCode)
	var p api.Problem
	require.NoError(t, json.NewDecoder(w.Body).Decode(&p))
	assert.Equal(t, "internal", p.Code)
	assert.NotContains(t, p.Detail, "math")
	web.Close()
	assert.EqualValues(t, 2, o.ended.Load())
	assert.Equal(t, o.begun.Load(), o.ended.Load())
	assert.Zero(t, s.Inflight())
	assert.Contains(t, log.String(), "bad math")
}

// Whose name is in a mistake is told to who made it, briefly, and not to the operator.
func TestMistakesNameNobody(t *testing.T) {
	var log strings.Builder
	s := serveRoutes(&log, one{}, api.Limits{}, api.Route{Method: "GET", Path: "/ask", ID: "ask", Do: func(c *api.Call) error {
		return &engine.UnknownError{What: "member", Name: strings.Repeat("ana-example", 10_000), Near: "ana-exampel"}
	}})
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ask", http.NoBody))
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Contains(t, w.Body.String(), "ana-example")
	assert.Less(t, w.Body.Len(), 16<<10)
	assert.NotContains(t, log.String(), "ana-exam")
	assert.Contains(t, log.String(), `"problem":"unknown"`)
}

// A body that says that it is too large is refused before it is sent.
func TestTooLargeUnsent(t *testing.T) {
	s := serveRoutes(io.Discard, one{}, api.Limits{Body: 10}, api.Route{Method: "POST", Path: "/ask", ID: "ask", Do: func(c *api.Call) error {
		_, err := c.Body("application/json")
		return err
	}})
	web := httptest.NewServer(s)
	defer web.Close()
	conn, err := net.Dial("tcp", web.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, "POST /ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 1000000000000\r\n\r\n")
	require.NoError(t, err)
	w, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = w.Body.Close() }()
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.StatusCode)
}
