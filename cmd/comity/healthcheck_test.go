package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveReady answers where a server is asked whether it is ready, until the test ends.
func serveReady(t *testing.T) {
	t.Helper()
	at, err := net.Listen("tcp", usualOperations)
	if err != nil {
		t.Skipf("somebody else is there: %v", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ready\n")) })}
	go func() { _ = server.Serve(at) }()
	t.Cleanup(func() { _ = server.Close() })
}

// outcome runs a command line and returns its exit code, and what it said.
func outcome(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	return outcomeWithin(t, patience, args...)
}

// outcomeWithin is outcome, where healthcheck waits so long for an answer.
func outcomeWithin(t *testing.T, wait time.Duration, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), machine{
		args: args, stdin: &bytes.Buffer{}, stdout: &stdout, stderr: &stderr,
		getenv: func(string) string { return "" }, clock: time.Now, editions: read, readyWait: wait,
	})
	return code, stdout.String(), stderr.String()
}

// TestHealthcheck asks servers that are ready, that are not, and that say nothing.
func TestHealthcheck(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer elsewhere.Close()
	stop := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{\"ready\":true}\n")) })
	mux.HandleFunc("GET /behind", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "12 records behind\x1b[2J", http.StatusServiceUnavailable)
	})
	mux.HandleFunc("GET /mute", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	mux.HandleFunc("GET /slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	defer close(stop)
	help := (&program{machine: machine{getenv: func(string) string { return "" }}}).healthcheckCommand().Long
	require.Contains(t, strings.ReplaceAll(help, "\n", " "), "nobody answers within three seconds")
	require.Equal(t, 3*time.Second, readyWait, "as the help says")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // which it does not go through
	for _, c := range []struct {
		path, form string
		code       int
		out, says  string
	}{
		{"/readyz", "table", exitAnswered, "{\"ready\":true}\n", ""},
		{"/readyz", "json", exitAnswered, `{"ready":true,"status":200,"said":"{\"ready\":true}"}` + "\n", ""},
		{"/behind", "table", exitInternal, "", "error: not ready: 503 Service Unavailable: 12 records behind\\x1b[2J\n"},
		{"/behind", "json", exitInternal, `{"ready":false,"status":503,"said":"12 records behind\u001b[2J"}` + "\n", ""},
		{"/mute", "table", exitInternal, "", "error: not ready: 503 Service Unavailable: it gave no reason\n"},
		{"/moved", "table", exitInternal, "", "error: not ready: 302 Found: <a href=\"" + elsewhere.URL + "\">Found</a>.\n"},
		{"/slow", "table", exitInternal, "", "error: not ready: there was no answer within 50ms\n"},
	} {
		t.Run(c.path+" "+c.form, func(t *testing.T) {
			wait := patience
			if c.path == "/slow" {
				wait = 50 * time.Millisecond
			}
			code, out, complaint := outcomeWithin(t, wait, "healthcheck", "--url", server.URL+c.path, "-o", c.form)
			assert.Equal(t, c.code, code)
			assert.Equal(t, c.out, out)
			assert.Equal(t, c.says, complaint)
		})
	}
}
