package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
)

// furnishLive makes an office in the current folder that records what happens now.
func furnishLive(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("begun.jsonl", []byte(`
{"subject":"state/arandia","type":"state.registered","effective":"2020-01-01","authority":"note 1","payload":{"name":"Arandia"}}
{"subject":"mission/arandia-embassy","type":"mission.opened","effective":"2020-01-01","authority":"note 1","payload":{"state":"arandia","kind":"embassy"}}
{"subject":"member/ana","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.agent"}}
`), 0o600))
	typed(t, "comity init")
	typed(t, "comity record --file begun.jsonl")
}

// arrival is a body that accredits somebody.
func arrival(member string) string {
	return fmt.Sprintf(`{"events":[{"subject":"member/%s","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.service","personal":{"name":"Secret Name","birth":"1981-07-06"}}}]}`, member)
}

// A clerk records arrivals, one after the other, until a server does not answer.
type clerk struct {
	told map[string]string // ids of events that the server said it had recorded, by key
	last string            // the key of which it said nothing
	odd  []string          // what it said otherwise
}

func (c *clerk) record(ctx context.Context, url, name string) {
	c.told = map[string]string{}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for i := range 1_000_000 {
		key := fmt.Sprintf("%s-%d", name, i)
		c.last = key
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/events", strings.NewReader(arrival(key)))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(api.KeyHeader, key)
		w, err := client.Do(r)
		if err != nil {
			return
		}
		text, err := io.ReadAll(w.Body)
		_ = w.Body.Close()
		var said struct{ Events []string }
		if err != nil {
			return
		}
		if w.StatusCode != http.StatusOK || json.Unmarshal(text, &said) != nil || len(said.Events) != 1 {
			c.odd = append(c.odd, fmt.Sprint(w.StatusCode, " ", string(text)))
			return
		}
		c.told[key] = said.Events[0]
	}
}

// clerks let several record at once until stop returns and has ended the server.
func clerks(t *testing.T, url string, stop func(recorded func() int)) []*clerk {
	t.Helper()
	all := make([]*clerk, 4)
	var busy sync.WaitGroup
	for i := range all {
		all[i] = &clerk{}
		busy.Go(func() { all[i].record(t.Context(), url, fmt.Sprintf("m%d", i)) })
	}
	stop(func() int {
		w, err := http.Get(url + "/v1/office")
		if err != nil {
			return 0
		}
		defer func() { _ = w.Body.Close() }()
		n, _ := strconv.Atoi(w.Header.Get(api.PositionHeader))
		return n
	})
	busy.Wait()
	return all
}

// found expects everything that was acknowledged in the log, and that what is sent again
// has no second effect.
func found(t *testing.T, all []*clerk) {
	t.Helper()
	typed(t, "comity log check")
	s := startServing(t, "comity serve")
	n := 0
	for _, c := range all {
		n += len(c.told)
		for key, event := range c.told {
			status, text := s.ask(http.MethodPost, s.url+"/v1/events", arrival(key), api.KeyHeader, key)
			require.Equal(t, http.StatusOK, status, text)
			require.Contains(t, text, `"repeated":true`, key)
			require.Contains(t, text, event, "the event that was acknowledged")
		}
		status, text := s.ask(http.MethodPost, s.url+"/v1/events", arrival(c.last), api.KeyHeader, c.last)
		require.Equal(t, http.StatusOK, status, text)
		status, text = s.ask(http.MethodPost, s.url+"/v1/ask", fmt.Sprintf(`{"subject":%q,"privilege":"imm.criminal"}`, c.last))
		require.Equal(t, http.StatusOK, status, text)
	}
	assert.Positive(t, n)
	assert.Zero(t, s.end())
	typed(t, "comity log check")
}

// TestServeKilled kills the server while clerks record.
func TestServeKilled(t *testing.T) {
	furnishLive(t)
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), victimOf+"=serve --set limits.time=1m --set serve.listen=127.0.0.1:0 --set operations.listen=", "COMITY_NOW="+time.Now().UTC().Format(time.RFC3339))
	said, err := victim.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	var url string
	lines := bufio.NewScanner(said)
	for url == "" && lines.Scan() {
		var line struct{ URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			url = line.URL
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	require.NotEmpty(t, url)
	all := clerks(t, url, func(recorded func() int) {
		assert.Eventually(t, func() bool { return recorded() > 60 }, patience, 5*time.Millisecond)
		assert.NoError(t, victim.Process.Kill())
		_ = victim.Wait()
	})
	for _, c := range all {
		assert.Empty(t, c.odd)
	}
	found(t, all)
}

// TestServeEndsUnderLoad ends the server in order while clerks record.
func TestServeEndsUnderLoad(t *testing.T) {
	furnishLive(t)
	s := startServing(t, "comity serve --set serve.requests=all")
	all := clerks(t, s.url, func(recorded func() int) {
		assert.Eventually(t, func() bool { return recorded() > 60 }, patience, 5*time.Millisecond)
		assert.Zero(t, s.end())
	})
	for _, c := range all {
		assert.Empty(t, c.odd, "none was answered otherwise than with a receipt")
	}
	for _, personal := range []string{"Secret", "1981-07-06", "m0-", "arandia"} {
		assert.NotContains(t, s.said(), personal)
	}
	assert.Contains(t, typed(t, "comity log check"), "whole")
	found(t, all)
}

// TestServeLogTakenAway removes the file of the log while the server runs: what can't be
// kept is not acknowledged, and the server says so and answers on.
func TestServeLogTakenAway(t *testing.T) {
	furnishLive(t)
	s := startServing(t, "comity serve")
	status, text := s.ask(http.MethodPost, s.url+"/v1/events", arrival("early"))
	require.Equal(t, http.StatusOK, status, text)
	require.NoError(t, os.Rename("comity.db", "taken.db"))
	status, text = s.ask(http.MethodPost, s.url+"/v1/events", arrival("late"), api.KeyHeader, "late")
	assert.Equal(t, http.StatusServiceUnavailable, status, text)
	status, text = s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
	assert.Equal(t, http.StatusOK, status, text)
	require.Eventually(t, func() bool {
		status, text := s.ask(http.MethodGet, s.operations+"/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "removed, replaced or cut off")
	}, patience, 20*time.Millisecond)
	require.NoError(t, os.Rename("taken.db", "comity.db"))
	status, text = s.ask(http.MethodPost, s.url+"/v1/events", arrival("late"), api.KeyHeader, "late")
	assert.Equal(t, http.StatusOK, status, text)
	require.Eventually(t, func() bool {
		status, _ := s.ask(http.MethodGet, s.operations+"/readyz", "")
		return status == http.StatusOK
	}, patience, 20*time.Millisecond)
	assert.Zero(t, s.end())
	typed(t, "comity log check")
}

// TestServeNamesNobody makes mistakes of every kind and looks for people in what the
// server says to its operator.
func TestServeNamesNobody(t *testing.T) {
	furnishLive(t)
	s := startServing(t, "comity serve --set serve.requests=all")
	for _, one := range [][3]string{
		{http.MethodPost, "/v1/events", arrival("zoe-q")},
		{http.MethodPost, "/v1/events", arrival("zoe-q")}, // who is accredited already
		{http.MethodPost, "/v1/events", strings.Replace(arrival("zoe-q"), `"effective"`, `"efective"`, 1)},
		{http.MethodPost, "/v1/events", strings.Replace(arrival("zoe-q"), "1981-07-06", "1981-07-60", 1)},
		{http.MethodPost, "/v1/events", arrival("zoe-q")[:150]},
		{http.MethodPost, "/v1/ask", `{"subject":"zoe-q","privilege":"imm.criminal"}`},
		{http.MethodPost, "/v1/ask", `{"subject":"zoe-qq","privilege":"imm.criminal"}`},
		{http.MethodPost, "/v1/ask", `{"subject":"zoe-q","privilege":"imm.criminal","as_of":"zoe-q"}`},
		{http.MethodGet, "/v1/members/zoe-q/standing?x=zoe-q", ""},
		{http.MethodGet, "/v1/zoe-q", ""},
		{http.MethodPost, "/v1/import?kind=members&import=zoe-q", "zoe-q"},
	} {
		_, _ = s.ask(one[0], s.url+one[1], one[2])
	}
	_, metrics := s.ask(http.MethodGet, s.operations+"/metrics", "")
	_, ready := s.ask(http.MethodGet, s.operations+"/readyz", "")
	assert.Zero(t, s.end())
	for _, personal := range []string{"zoe-q", "Secret", "1981-07"} {
		assert.NotContains(t, s.said(), personal)
		assert.NotContains(t, metrics, personal)
		assert.NotContains(t, ready, personal)
	}
	assert.Contains(t, s.said(), `"problem":"unknown"`)
}

// TestServeSlow lets callers be slow in every way; whoever is not is answered meanwhile.
func TestServeSlow(t *testing.T) {
	furnishLive(t)
	begin := func(s *serving) (slow []net.Conn) {
		say := func(text string) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, err = io.WriteString(conn, text)
			require.NoError(t, err)
			slow = append(slow, conn)
		}
		for range 50 {
			say("")
			say("GET /v1/office HTTP/1.1\r\nHo")
		}
		for range 7 {
			say("POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		}
		return slow
	}

	// All that may be at work but one are kept so for as long as whoever asks can take.
	s := startServing(t, "comity serve --set limits.time=5m --set limits.inflight=8")
	held := begin(s)
	require.Eventually(t, func() bool {
		_, text := s.ask(http.MethodGet, s.operations+"/metrics", "")
		return strings.Contains(text, "\ncomity_http_requests_in_flight 7\n")
	}, patience, 10*time.Millisecond)
	status, text := s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
	assert.Equal(t, http.StatusOK, status, text)
	for _, conn := range held {
		_ = conn.Close()
	}
	assert.Zero(t, s.end())

	// They are not kept for longer than they may.
	s = startServing(t, "comity serve --set limits.time=1s --set limits.inflight=8")
	for _, conn := range begin(s) {
		_, err := io.Copy(io.Discard, conn)
		assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server has hung up")
	}
	assert.Zero(t, s.end())
}

// soakFor is how long the soak goes on; COMITY_SOAK=1h makes it longer.
func soakFor(t *testing.T) time.Duration {
	text := os.Getenv("COMITY_SOAK")
	if text == "" {
		return 4 * time.Second
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

// TestServeSoak asks, records, listens and breaks off, thousands of times, and expects
// that nothing is left over.
func TestServeSoak(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("the open files can't be counted here")
	}
	if os.Getenv("COMITY_SOAK") == "" && testing.Short() {
		t.Skip("long")
	}
	furnishLive(t)
	s := startServing(t, "comity serve --decisions answers.db")
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	s.client = &http.Client{Transport: transport}
	left := func() (goroutines, files int, heap uint64) {
		transport.CloseIdleConnections()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		time.Sleep(100 * time.Millisecond)
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		open, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return runtime.NumGoroutine(), len(open), m.HeapAlloc
	}
	at := strings.TrimPrefix(s.url, "http://")
	round := func(n int) {
		s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
		s.ask(http.MethodPost, s.url+"/v1/ask/batch", `{"questions":[{"subject":"ana","privilege":"tax.sales"},{"subject":"nobody","privilege":"tax.sales"}]}`)
		s.ask(http.MethodPost, s.url+"/v1/ask", `{"subject":`)
		s.ask(http.MethodGet, s.url+"/v1/none", "", "X-Request-ID", strconv.Itoa(n))
		if n%20 == 0 {
			s.ask(http.MethodPost, s.url+"/v1/events", arrival("m"+strconv.Itoa(n)))
		}
		for _, text := range []string{
			"GET /v1/watch/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", "GE", "nonsense\r\n\r\n",
			"GET /v1/office HTTP/1.1\r\nHost: 127.0.0.1\r\nComity-At-Least: 1000000\r\n\r\n",
		} {
			conn, err := net.Dial("tcp", at)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, text)
			if n%2 == 0 {
				_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				_, _ = conn.Read(make([]byte, 100))
			}
			_ = conn.Close()
		}
	}
	for n := range 100 {
		round(n + 1)
	}
	goroutines, files, heap := left()
	n := 100
	for begun, most := time.Now(), soakFor(t); time.Since(begun) < most; {
		n++
		round(n)
	}
	require.Eventually(t, func() bool {
		g, f, _ := left()
		return g <= goroutines+3 && f <= files+3
	}, patience, 100*time.Millisecond, "goroutines or files are left over")
	g, f, h := left()
	t.Logf("%d rounds of 9 or 10: goroutines %d to %d, files %d to %d, heap %d to %d KiB", n, goroutines, g, files, f, heap>>10, h>>10)
	assert.Less(t, h, heap+heap/2+(16<<20)+uint64(n)*4096, "what is kept is what was recorded")
	assert.Zero(t, s.end())
	typed(t, "comity log check")
}

// TestServeFloodOfCredentials refuses those that nobody gave out, more and more briefly,
// and still lets in who has one.
func TestServeFloodOfCredentials(t *testing.T) {
	furnishLive(t)
	key, hash := auth.NewKey()
	require.NoError(t, os.WriteFile("keys.yaml", fmt.Appendf(nil, "limits: {failures: 0.02}\nauth:\n  keys:\n    - {id: fuel, sha256: %s, grants: [{role: system, offices: ['*'], countries: ['*'], programmes: ['*']}]}\n", hash), 0o600))
	s := startServing(t, "comity serve --config keys.yaml")
	statuses := map[int]int{}
	for range 100 {
		other, _ := auth.NewKey()
		status, _ := s.ask(http.MethodGet, s.url+"/v1/office", "", "Authorization", "Bearer "+other)
		statuses[status]++
	}
	assert.Positive(t, statuses[http.StatusUnauthorized]) // and one more each fifty seconds
	assert.Greater(t, statuses[http.StatusTooManyRequests], 50)
	assert.Equal(t, 100, statuses[http.StatusUnauthorized]+statuses[http.StatusTooManyRequests])
	status, text := s.ask(http.MethodGet, s.url+"/v1/office", "", "Authorization", "Bearer "+key)
	assert.Equal(t, http.StatusOK, status, text)
	assert.Zero(t, s.end())
}

// TestServeResets begins requests on one HTTP/2 connection and takes them back at once,
// thousands of them. Nothing is left over, and the same connection is answered still.
func TestServeResets(t *testing.T) {
	furnishLive(t)
	pool := certify(t, "server")
	s := startServing(t, "comity serve --set tls.certificate=server.pem --set tls.key=server.key")
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true, MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	s.client = &http.Client{Transport: transport}
	status, text := s.ask(http.MethodGet, s.url+"/v1/office", "")
	require.Equal(t, http.StatusOK, status, text)
	before := runtime.NumGoroutine()
	var busy sync.WaitGroup
	for range 8 {
		busy.Go(func() {
			for n := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/office?at_least="+strconv.Itoa(1000+n), http.NoBody)
				if err != nil {
					t.Error(err)
				}
				time.AfterFunc(time.Duration(n%5)*100*time.Microsecond, cancel)
				if w, err := s.client.Do(r); err == nil {
					_ = w.Body.Close()
				}
				cancel()
			}
		})
	}
	busy.Wait()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/office", http.NoBody)
	require.NoError(t, err)
	w, err := s.client.Do(r)
	require.NoError(t, err)
	_ = w.Body.Close()
	assert.Equal(t, http.StatusOK, w.StatusCode)
	assert.Equal(t, "HTTP/2.0", w.Proto)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+3 }, patience, 20*time.Millisecond)
	assert.Zero(t, s.end())
}
