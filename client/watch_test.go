package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/client"
)

// afterBytes lets the server stream, and cuts the connection after so many bytes.
func afterBytes(n int) fault {
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		server.ServeHTTP(&cutting{ResponseWriter: w, left: n, cut: cancel}, r.WithContext(ctx))
		panic(http.ErrAbortHandler)
	}
}

type cutting struct {
	http.ResponseWriter
	left int
	cut  func()
}

func (c *cutting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	c.left -= n
	if err == nil && n < len(p) {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		c.cut()
		return n, http.ErrHandlerTimeout
	}
	return n, err
}

func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// TestEvents is told of every event once, whatever breaks.
func TestEvents(t *testing.T) {
	f, c := begin(t)
	from := client.Position(0)
	f.next(afterBytes(900), hangUp, status(http.StatusServiceUnavailable, "busy"), afterBytes(1500), afterBytes(20))
	want := client.Position(0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for told, err := range c.Events(ctx, &from) {
		require.NoError(t, err)
		require.Equal(t, want, told.Position, "each once, in order")
		assert.True(t, json.Valid(told.Event))
		want++
		if want == client.Position(f.Office.Position()) {
			if want > 8 {
				break
			}
			for i := range 3 { // what happens while we listen
				_, err := c.Submit(ctx, accredit(fmt.Sprintf("new%d", i)))
				require.NoError(t, err)
			}
		}
	}
	require.NoError(t, ctx.Err())
	assert.EqualValues(t, f.Office.Position(), want)
	assert.Equal(t, want, c.Position())
	all := f.requests()
	assert.Equal(t, "0", all[0].Get("Last-Event-ID"))
	assert.Greater(t, len(all), 5, "it came back")
}

// TestEventsOfTypes is told of some alone, and from now on.
func TestEventsOfTypes(t *testing.T) {
	f, c := begin(t, checked(t))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := client.Position(f.Office.Position())
	first := client.Position(0)
	var seen []client.Position
	for told, err := range c.Events(ctx, &first, "member.accredited") {
		require.NoError(t, err)
		seen = append(seen, told.Position)
		if len(seen) == 2 {
			break
		}
	}
	assert.Equal(t, []client.Position{at - 2, at - 1}, seen)
}

// TestAnswers is told when an answer becomes another, over a break.
func TestAnswers(t *testing.T) {
	f, c := begin(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	w := client.Watching{Subjects: []string{"member/ana"}, Privileges: []string{"tax.sales"}}
	n := 0
	for change, err := range c.Answers(ctx, w) {
		require.NoError(t, err)
		assert.Equal(t, "member/ana", change.Subject)
		if change.Initial {
			require.Zero(t, n)
			f.next(hangUp)
			n++
			_, err := c.Submit(ctx, client.Submission{Events: []client.Event{{
				Type: "privilege.restricted", Subject: "member/ana", Effective: "2025-02-01", Authority: "note 10",
				Payload: map[string]any{"privileges": []string{"tax.sales"}, "level": "withdrawn"},
			}}})
			require.NoError(t, err)
			continue
		}
		assert.False(t, change.Permits())
		assert.Equal(t, client.Denied, change.After.Outcome)
		n++
		break
	}
	require.NoError(t, ctx.Err())
	assert.Equal(t, 2, n)
}

// TestStreamsEnd with what another try does not mend.
func TestStreamsEnd(t *testing.T) {
	f, c := begin(t)
	end := func() error {
		for _, err := range c.Events(t.Context(), nil) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	f.next(status(http.StatusForbidden, "forbidden"))
	assert.Equal(t, "forbidden", client.CodeOf(end()))
	f.next(says("text/html", "<p>"))
	require.ErrorIs(t, end(), client.ErrAnswer)
	f.next(says("text/event-stream", "event: event\ndata: {\n\n"))
	require.Error(t, end())
	f.next(says("text/event-stream", "event: problem\ndata: {\"code\":\"corrupt\",\"status\":500,\"detail\":\"x\"}\n\n"))
	assert.Equal(t, "corrupt", client.CodeOf(end()))
	f.next(func(http.ResponseWriter, *http.Request, http.Handler) bool { return false })
	gone, leave := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, leave)
	for _, err := range c.Events(gone, nil) {
		require.ErrorIs(t, err, context.Canceled)
	}

	// Of a stream that says nothing more, the client lets go, and takes it up again.
	impatient := f.client(t, client.Key("the-key"), client.Silence(100*time.Millisecond))
	resumed := says("text/event-stream", "event: event\nid: 5\ndata: {\"position\":4,\"event\":{}}\n\n")
	hung := func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
		if r.Header.Get("Last-Event-ID") != "" { // it has heard the word below
			return resumed(w, r, server)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, "id: 3\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	}
	f.next(slices.Repeat([]fault{hung}, 500)...) // for as long as the machine is too slow to hear it
	for told, err := range impatient.Events(t.Context(), nil) {
		require.NoError(t, err)
		assert.Equal(t, client.Position(4), told.Position)
		break
	}
	all := f.requests()
	require.GreaterOrEqual(t, len(all), 2)
	assert.Empty(t, all[0].Get("Last-Event-ID"))
	assert.Equal(t, "3", all[len(all)-1].Get("Last-Event-ID"), "a heartbeat says where it is, too")
}
