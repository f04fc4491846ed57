package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
)

// A serving is a server that was started by a command line.
type serving struct {
	t               testing.TB
	url, operations string
	client          *http.Client
	stop            context.CancelFunc
	ended           chan int // its exit code

	mu  sync.Mutex
	log bytes.Buffer // what it said; mu
}

// startServing types a command line that serves, on free ports, and waits until it does.
// A request has a minute, on however busy a machine, unless the line says otherwise.
func startServing(t testing.TB, line string) *serving {
	t.Helper()
	return startServingBy(t, line, time.Now)
}

// startServingBy is startServing by another clock.
func startServingBy(t testing.TB, line string, clock func() time.Time) *serving {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{t: t, client: http.DefaultClient, stop: stop, ended: make(chan int, 1)}
	from, to := io.Pipe()
	args := slices.Concat([]string{"serve", "--set", "limits.time=1m"}, words(line)[2:], []string{"--listen", "127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0"})
	go func() {
		code := run(ctx, machine{
			args:  args,
			stdin: strings.NewReader(""), stdout: io.Discard, stderr: to, getenv: os.Getenv, clock: clock, editions: read,
		})
		_ = to.Close()
		s.ended <- code
	}()
	ready := make(chan map[string]any)
	go func() {
		lines := bufio.NewScanner(from)
		for lines.Scan() {
			s.mu.Lock()
			s.log.WriteString(lines.Text() + "\n")
			s.mu.Unlock()
			var said map[string]any
			if json.Unmarshal(lines.Bytes(), &said) == nil && said["message"] == "serving" {
				ready <- said
			}
		}
		close(ready)
	}()
	said, serves := <-ready
	require.True(t, serves, "%s\n%s", line, s.said())
	s.url, s.operations = said["url"].(string), said["operations"].(string)
	t.Cleanup(func() {
		stop()
		select {
		case code := <-s.ended:
			s.ended <- code
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return s
}

func (s *serving) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// end asks the server to end, and returns its exit code.
func (s *serving) end() int {
	s.stop()
	code := <-s.ended
	s.ended <- code
	return code
}

// ask sends a request and returns the status and the body.
func (s *serving) ask(method, url, body string, headers ...string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := s.client.Do(r)
	require.NoError(s.t, err)
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	require.NoError(s.t, err)
	return w.StatusCode, string(text)
}

// curl sends what a line of curl would send to the usual address, and wants it answered.
func (s *serving) curl(line string) string {
	s.t.Helper()
	method, url, body := http.MethodGet, "", ""
	var headers []string
	args := regexp.MustCompile(`'[^']*'|[^\s']+`).FindAllString(strings.ReplaceAll(line, "\\\n", " "), -1)
	for i := range args {
		args[i] = strings.Trim(args[i], "'")
	}
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-s":
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			headers = append(headers, name, value)
		case "-d":
			i++
			method, body = http.MethodPost, args[i]
		default:
			url = strings.Replace(args[i], "localhost:8600", s.url, 1)
		}
	}
	status, text := s.ask(method, url, body, headers...)
	require.Equal(s.t, http.StatusOK, status, "%s\n%s", line, text)
	return text
}

// furnishOffice makes an office with a history in the current folder.
func furnishOffice(t *testing.T) {
	t.Helper()
	history, err := os.ReadFile("../../examples/arandia.jsonl")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("arandia.jsonl", history, 0o600))
	typed(t, "comity init --history")
	typed(t, "comity record --file arandia.jsonl")
}

const anaCriminal = `{"subject":"ana","privilege":"imm.criminal","as_of":"2025-01-10"}`

func TestServe(t *testing.T) {
	furnishOffice(t)
	s := startServing(t, "comity serve --decisions answers.db")
	status, text := s.ask(http.MethodPost, s.url+"/v1/ask", anaCriminal)
	require.Equal(t, http.StatusOK, status, text)
	assert.JSONEq(t, typed(t, "comity ask ana imm.criminal --as-of 2025-01-10 -o json"), text, "as the command line says while the server runs")
	status, text = s.ask(http.MethodPost, s.url+"/access/v1/evaluation", `{"subject":{"type":"member","id":"ana"},"action":{"name":"imm.criminal"},"resource":{"type":"privilege","id":"imm.criminal"}}`)
	require.Equal(t, http.StatusOK, status, text)
	status, text = s.ask(http.MethodGet, s.operations+"/livez", "")
	assert.Equal(t, http.StatusOK, status, text)
	require.Eventually(t, func() bool {
		status, text = s.ask(http.MethodGet, s.operations+"/readyz", "")
		return status == http.StatusOK
	}, patience, 10*time.Millisecond, text)
	status, text = s.ask(http.MethodGet, s.operations+"/metrics", "")
	require.Equal(t, http.StatusOK, status)
	for _, want := range []string{
		`comity_http_requests_total{code="200",route="ask"} 1`, `comity_decisions_total{outcome="`, "comity_projection_lag_seconds 0", "comity_audit_recorded_total 2",
		"comity_audit_gap_total 0", "comity_ready 1", `comity_ruleset_in_force_info{edition="`, "comity_http_request_duration_seconds_bucket{",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "ana", "no label names a person")
	status, _ = s.ask(http.MethodGet, s.url+"/metrics", "")
	assert.Equal(t, http.StatusNotFound, status, "metrics are on the other port")
	assert.Zero(t, s.end())
	assert.Contains(t, s.said(), "loopback only")
	assert.NotContains(t, s.said(), "ana ")
	assert.Contains(t, typed(t, "comity audit replay --decisions answers.db"), "2", "both answers are on record")
	typed(t, "comity log check")
}

// TestServeEndsInOrder lets a request that is under way finish.
func TestServeEndsInOrder(t *testing.T) {
	furnishOffice(t)
	s := startServing(t, "comity serve --set limits.time=5m --set serve.drain=5m")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	half := len(anaCriminal) / 2
	_, err = fmt.Fprintf(conn, "POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(anaCriminal), anaCriminal[:half])
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, text := s.ask(http.MethodGet, s.operations+"/metrics", "")
		_, after, _ := strings.Cut(text, "\ncomity_http_requests_in_flight ")
		t.Logf("%.3s", after)
		return strings.HasPrefix(after, "1\n")
	}, patience, 10*time.Millisecond)
	s.stop()
	require.Eventually(t, func() bool {
		status, text := s.ask(http.MethodGet, s.operations+"/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "the server is ending")
	}, patience, 10*time.Millisecond)
	_, err = io.WriteString(conn, anaCriminal[half:])
	require.NoError(t, err)
	w, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, w.StatusCode)
	assert.Zero(t, s.end())
}

func TestServeRefuses(t *testing.T) {
	furnishOffice(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	require.NoError(t, os.WriteFile("bad.yaml", []byte("serve:\n  listn: 127.0.0.1:1\nlimits:\n  batch: many\nauth:\n  keys:\n    - {id: fuel, sha256: '12', grants: [{role: oficer, offices: ['*'], countries: ['*'], programmes: []}]}\n"), 0o600))
	require.NoError(t, os.WriteFile("unsound.yaml", []byte("auth:\n  keys:\n    - {id: fuel, sha256: '12', grants: [{role: oficer, offices: ['*'], countries: ['*'], programmes: []}]}\n"), 0o600))
	for line, want := range map[string][]string{
		"comity serve --listen 0.0.0.0:0":                {"can be reached from other machines"},
		"comity serve --listen :0":                       {"can be reached from other machines"},
		"comity serve --listen example.org:80":           {"can be reached from other machines"},
		"comity serve --listen " + taken.Addr().String(): {"address already in use"},
		"comity serve --config bad.yaml":                 {"bad.yaml:2:3: ", `did you mean "listen"?`, "bad.yaml:4:"},
		"comity serve --config unsound.yaml":             {"unsound.yaml:3:", "sha256", "oficer", "officer", "programmes"},
		"comity serve --config none.yaml":                {"there is no configuration none.yaml"},
		"comity serve --set tls.certificate=x.pem":       {"go together"},
		"comity serve --set tls.required=true":           {"tls.client_ca"},
		"comity serve --log none.db":                     {"there is no log none.db"},
		"comity serve --set serve.public_url=http://a.b": {"serve.public_url", "https"},
		"comity serve --set limits.time=0s":              {"limits.time", "more than zero"},
		"comity serve --decisions comity.db":             {"decisions", "is the office's log"},
	} {
		var complaint bytes.Buffer
		code := run(t.Context(), machine{
			args: append(words(line)[1:], "--set", "operations.listen=127.0.0.1:0"), stdin: strings.NewReader(""), stdout: io.Discard, stderr: &complaint, getenv: os.Getenv, clock: time.Now, editions: read,
		})
		assert.Equal(t, exitInput, code, "%s\n%s", line, complaint.String())
		for _, w := range want {
			assert.Contains(t, complaint.String(), w, line)
		}
	}
}

// TestServeReloads replaces the keys while the server runs, keeps the old ones when the
// new are unsound, and proves itself with a certificate.
func TestServeReloads(t *testing.T) {
	furnishOffice(t)
	pool := certify(t, "server")
	first, firstHash := auth.NewKey()
	second, secondHash := auth.NewKey()
	settings := func(hash string) {
		text := fmt.Sprintf("tls: {certificate: server.pem, key: server.key}\nauth:\n  keys:\n    - {id: fuel, sha256: %s, grants: [{role: system, offices: ['*'], countries: ['*'], programmes: ['*']}]}\n", hash)
		require.NoError(t, os.WriteFile("keys.yaml", []byte(text), 0o600))
	}
	settings(firstHash)
	s := startServing(t, "comity serve --config keys.yaml")
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer s.client.CloseIdleConnections()
	with := func(key string) int {
		status, _ := s.ask(http.MethodPost, s.url+"/v1/ask", anaCriminal, "Authorization", "Bearer "+key)
		return status
	}
	assert.Equal(t, http.StatusOK, with(first))
	assert.Equal(t, http.StatusUnauthorized, with(second))
	assert.Equal(t, http.StatusUnauthorized, with(""))
	settings("nonsense")
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(s.said(), "what was in force stays") }, patience, 10*time.Millisecond)
	assert.Equal(t, http.StatusOK, with(first))
	settings(secondHash)
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(s.said(), "were read again") }, patience, 10*time.Millisecond)
	assert.Equal(t, http.StatusOK, with(second))
	assert.Equal(t, http.StatusUnauthorized, with(first))

	// Nobody could prove who they are any more, which is refused, and with it the
	// certificate that came along.
	certify(t, "server")
	require.NoError(t, os.WriteFile("keys.yaml", []byte("tls: {certificate: server.pem, key: server.key}\n"), 0o600))
	require.NoError(t, syscall.Kill(syscall.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Count(s.said(), "what was in force stays") == 2 }, patience, 10*time.Millisecond)
	s.client.CloseIdleConnections()
	assert.Equal(t, http.StatusOK, with(second), "by the certificate that was in force")
	assert.NotContains(t, s.said(), first)
	assert.Zero(t, s.end())
}

// TestServeTraces exports a span for a request to a collector that the standard variables
// name.
func TestServeTraces(t *testing.T) {
	furnishOffice(t)
	var spans atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if text, err := io.ReadAll(r.Body); err == nil && bytes.Contains(text, []byte("/v1/ask")) {
			spans.Add(1)
		}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
	s := startServing(t, "comity serve")
	status, text := s.ask(http.MethodPost, s.url+"/v1/ask", anaCriminal, "Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	require.Equal(t, http.StatusOK, status, text)
	assert.Zero(t, s.end())
	assert.Positive(t, spans.Load(), "the last spans are sent when the server ends")
}

// TestServeReadOnly follows what another process records.
func TestServeReadOnly(t *testing.T) {
	furnishOffice(t)
	s := startServing(t, "comity serve --set serve.read_only=true")
	before, _ := s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":"newcomer","privilege":"imm.criminal"}`)
	assert.Equal(t, http.StatusNotFound, before)
	typed(t, "comity record member.accredited newcomer mission=arandia-embassy category=dip.agent --effective 2025-05-01 --authority note")
	require.Eventually(t, func() bool {
		status, _ := s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":"newcomer","privilege":"imm.criminal"}`)
		return status == http.StatusOK
	}, patience, 20*time.Millisecond)
	assert.Zero(t, s.end())
}

// TestServeExamples types the examples of serve.
func TestServeExamples(t *testing.T) {
	furnishOffice(t)
	p := &program{machine: machine{getenv: func(string) string { return "" }}}
	var serve *cobra.Command
	for _, c := range p.root().Commands() {
		if c.Name() == "serve" {
			serve = c
		}
	}
	require.NotNil(t, serve)
	require.NoError(t, os.WriteFile("settings.yaml", []byte(typed(t, "comity serve config --example")), 0o600))
	for line := range strings.Lines(serve.Example) {
		s := startServing(t, strings.TrimSpace(line))
		assert.Zero(t, s.end(), line)
	}
}

// certify writes a certificate for this machine and its key, and returns who to trust.
func certify(t *testing.T, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool.AddCert(cert)
	return pool
}
