package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/domain"
)

// A heard is one piece of a stream.
type heard struct {
	name, id, data, comment string
}

// A listener reads a stream.
type listener struct {
	t      *testing.T
	body   *bufio.Reader
	close  context.CancelFunc
	header http.Header
}

func (s *served) listen(path string, headers ...string) *listener {
	t := s.t.(*testing.T)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.StatusCode)
	require.Equal(t, "text/event-stream", w.Header.Get("Content-Type"))
	l := &listener{t, bufio.NewReader(w.Body), cancel, w.Header}
	line, err := l.body.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "retry: 3000\n", line)
	_, _ = l.body.ReadString('\n')
	return l
}

// next reads a piece; ok is false at the end of the stream.
func (l *listener) next() (h heard, ok bool) {
	for {
		line, err := l.body.ReadString('\n')
		if err != nil {
			return h, false
		}
		if line = strings.TrimSuffix(line, "\n"); line == "" {
			return h, true
		}
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "event":
			h.name = value
		case "id":
			h.id = value
		case "data":
			h.data = value
		case "":
			h.comment = value
		}
	}
}

// read reads a piece that is expected to hold JSON.
func (l *listener) read(name string, into any) heard {
	l.t.Helper()
	h, ok := l.next()
	require.True(l.t, ok)
	require.Equal(l.t, name, h.name, "%+v", h)
	require.NoError(l.t, json.Unmarshal([]byte(h.data), into), h.data)
	return h
}

type toldEvent struct {
	Position domain.Position
	Event    map[string]any
	Masked   bool
}

type toldAnswer struct {
	Subject, Privilege, Cause string
	Position                  domain.Position
	Initial                   bool
	Before, After             *struct {
		Outcome string
		Permits bool
	}
}

func (s *served) learn(event string) {
	s.t.Helper()
	w, text := s.send(http.MethodPost, "/v1/events", `{"events":[`+event+`]}`, "Comity-Actor", "registry")
	require.Equal(s.t, http.StatusOK, w.StatusCode, "%s", text)
}

const (
	endAna = `{"subject":"member/ana","type":"member.status_changed","effective":"2025-01-01","authority":"note 9","payload":{"status":"lpr"}}`
	endBo  = `{"subject":"member/bo","type":"member.status_changed","effective":"2025-01-01","authority":"note 9","payload":{"status":"lpr"}}`
)

func TestWatchEvents(t *testing.T) {
	s := serve(t)
	l := s.listen("/v1/watch/events?from=0&kind=member")
	var got toldEvent
	var ids []string
	for _, who := range []string{"ana", "ben", "bo"} {
		h := l.read("event", &got)
		assert.Equal(t, "member/"+who, got.Event["subject"])
		assert.Equal(t, fmt.Sprint(got.Position+1), h.id)
		ids = append(ids, h.id)
		if who == "ana" {
			assert.Contains(t, h.data, "Ana Example")
		}
	}
	s.learn(endAna)
	h := l.read("event", &got)
	assert.Equal(t, "member.status_changed", got.Event["type"])
	assert.Equal(t, fmt.Sprint(s.office.Position()), h.id)

	// Who comes back is told what followed.
	again := s.listen("/v1/watch/events?kind=member&from=0", httpapi.LastEventIDHeader, ids[2])
	again.read("event", &got)
	assert.Equal(t, "member.status_changed", got.Event["type"])

	// Names are for those who may see them, and events for those whom they concern.
	s.who = &auth.Caller{ID: "ministry", Grants: []auth.Grant{{Role: auth.Analyst, Offices: []string{"*"}, Countries: []string{"arandia"}, Programmes: []string{"*"}}}}
	some := s.listen("/v1/watch/events?from=0&type=member.accredited,office.founded")
	h = some.read("event", &got)
	assert.Equal(t, "member/ana", got.Event["subject"])
	assert.True(t, got.Masked)
	assert.NotContains(t, h.data, "Example")
	assert.Contains(t, h.data, api.Masked)
	some.read("event", &got)
	assert.Equal(t, "member/ben", got.Event["subject"])
	s.who = auth.Anybody()
	s.learn(`{"subject":"member/cy","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"borvia-embassy","category":"dip.agent"}}`)
	s.learn(`{"subject":"member/di","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.agent"}}`)
	some.read("event", &got)
	assert.Equal(t, "member/di", got.Event["subject"], "nobody of Borvia is told of")

	s.refused(http.StatusBadRequest, "from", http.MethodGet, "/v1/watch/events?from=x", "")
	s.refused(http.StatusConflict, "token_ahead", http.MethodGet, "/v1/watch/events?from=999", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/watch/events?kind=person", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/watch/events?type=member.acredited", "")
	s.who = &auth.Caller{ID: "machine", Grants: []auth.Grant{{Role: auth.Operator, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}}}}
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/watch/events", "")
}

func TestWatchAnswers(t *testing.T) {
	s := serve(t)
	l := s.listen("/v1/watch/answers?subject=ana,member/bo&privilege=tax.sales")
	assert.Equal(t, fmt.Sprint(s.office.Position()), l.header.Get(api.PositionHeader))
	var got toldAnswer
	h := l.read("answer", &got)
	assert.True(t, got.Initial)
	assert.Equal(t, "member/ana", got.Subject)
	assert.Empty(t, h.id, "there is more of the same moment")
	before := got.After.Outcome
	first := l.read("answer", &got)
	assert.Equal(t, "member/bo", got.Subject)
	require.NotEmpty(t, first.id)

	s.learn(endAna)
	changed := l.read("answer", &got)
	assert.Equal(t, "member/ana", got.Subject)
	assert.Equal(t, "event", got.Cause)
	assert.Equal(t, before, got.Before.Outcome)
	assert.Equal(t, "denied", got.After.Outcome)
	assert.False(t, got.After.Permits)
	assert.Equal(t, s.office.Position(), got.Position)

	again := s.listen("/v1/watch/answers?subject=ana,member/bo&privilege=tax.sales&from=" + first.id)
	assert.Equal(t, changed, again.read("answer", &got), "who comes back is told the same")
	nothing := s.listen("/v1/watch/answers?subject=ana,member/bo&privilege=tax.sales", httpapi.LastEventIDHeader, changed.id)
	h, ok := nothing.next()
	require.True(t, ok)
	assert.Equal(t, "nothing new", h.comment)

	all := s.listen("/v1/watch/answers?of=state/borvia&privilege=tax.sales")
	all.read("answer", &got)
	assert.Equal(t, "member/bo", got.Subject)
	s.learn(`{"subject":"member/cy","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"borvia-embassy","category":"dip.agent"}}`)
	all.read("answer", &got)
	assert.Equal(t, "member/cy", got.Subject)
	assert.Nil(t, got.Before)

	for path, code := range map[string]string{
		"":                                      "query",
		"?subject=state/arandia":                "query",
		"?subject=anna":                         "unknown",
		"?subject=ana&privilege=tax.sale":       "unknown",
		"?subject=ana&from=12":                  "from",
		"?subject=ana&from=9999-1":              "token_ahead",
		"?subject=ana&from=3-99999999999999999": "token_ahead",
		"?subject=ana&to=1":                     "query",
	} {
		w, text := s.send(http.MethodGet, "/v1/watch/answers"+path, "")
		var p api.Problem
		require.NoError(t, json.Unmarshal(text, &p))
		assert.Equal(t, code, p.Code, "%s %d %s", path, w.StatusCode, text)
	}
	s.server.Limits.Batch = 1
	s.refused(http.StatusBadRequest, "batch_too_large", http.MethodGet, "/v1/watch/answers?subject=ana,bo&privilege=tax.sales", "")
	s.who = &auth.Caller{ID: "fuel", Grants: []auth.Grant{{Role: auth.System, Offices: []string{"test-office"}, Countries: []string{"arandia"}, Programmes: []string{"tax"}}}}
	for _, path := range []string{"?subject=bo&privilege=tax.sales", "?subject=ana", "?of=state/borvia&privilege=tax.sales", "?of=state/nowhere&privilege=tax.sales", "?subject=nobody&privilege=tax.sales"} {
		s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/watch/answers"+path, "")
	}
	s.listen("/v1/watch/answers?subject=ana&privilege=tax.sales").read("answer", &got)
}

// Streams beat while nothing happens, end when the server does, and are no more than may be.
func TestStreamsEnd(t *testing.T) {
	defer httpapi.Quick(50*time.Millisecond, time.Minute)()
	s := serve(t)
	s.server.Limits.Watchers = 2
	events, answers := s.listen("/v1/watch/events"), s.listen("/v1/watch/answers?subject=ana&privilege=tax.sales")
	h, ok := events.next()
	require.True(t, ok)
	assert.Equal(t, heard{id: fmt.Sprint(s.office.Position()), comment: "nothing new"}, h)
	answers.read("answer", new(toldAnswer))
	h, _ = answers.next()
	assert.Equal(t, "nothing new", h.comment)
	require.NotEmpty(t, h.id)
	p := s.refused(http.StatusServiceUnavailable, "busy", http.MethodGet, "/v1/watch/events", "")
	assert.Contains(t, p.Detail, "as many")

	events.close()
	require.Eventually(t, func() bool { return s.server.Watchers() == 1 }, time.Minute, time.Millisecond)
	s.server.Drain()
	for {
		h, ok := answers.next()
		if !ok {
			require.Equal(t, "the server ends", h.comment)
			break
		}
		if h.comment == "the server ends" {
			_, ok := answers.next()
			require.False(t, ok)
			break
		}
	}
	require.Eventually(t, func() bool { return s.server.Watchers() == 0 }, time.Minute, time.Millisecond)
	s.refused(http.StatusServiceUnavailable, "busy", http.MethodGet, "/v1/watch/events", "")
}

// Whoever reads nothing is given up, and holds nobody else up.
func TestASlowReader(t *testing.T) {
	defer httpapi.Quick(time.Hour, 200*time.Millisecond)()
	s := serve(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(1024))
	_, err = fmt.Fprintf(conn, "GET /v1/watch/events?from=0 HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.server.Watchers() == 1 }, time.Minute, time.Millisecond)
	reason := strings.Repeat("x", 900)
	for i := range 40 {
		var events []string
		for range 250 {
			events = append(events, strings.Replace(endAna, "note 9", reason, 1))
		}
		s.learn(strings.Join(events, ","))
		if s.server.Watchers() == 0 {
			t.Logf("given up after %d commands", i)
			return
		}
	}
	require.Eventually(t, func() bool { return s.server.Watchers() == 0 }, time.Minute, 10*time.Millisecond, "%d events", s.office.Position())
}
