package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// forged makes an agent of whoever arrives as somebody of the service staff: the same
// event, by its id, and another right to be arrested.
func forged(e *esdbtest.Event) {
	e.Data = bytes.Replace(e.Data, []byte("dip.service"), []byte("dip.agent"), 1)
}

// forgeAll does so with all that it is told.
func forgeAll(e esdbtest.Event) []esdbtest.Event {
	forged(&e)
	return []esdbtest.Event{e}
}

// record records at a replica, and wants it acknowledged.
func (cl *clients) record(r *peer, member string) engine.Receipt {
	t := cl.rs.t
	t.Helper()
	var said engine.Receipt
	require.Eventually(t, func() bool {
		status, text, _, err := cl.call(r, http.MethodPost, "/v1/events", arrival(member), api.KeyHeader, member)
		if err != nil {
			return false
		}
		require.Equal(t, http.StatusOK, status, text)
		return json.Unmarshal([]byte(text), &said) == nil
	}, patience, time.Millisecond, "%s records %s", r.name, member)
	return said
}

// answer asks a replica, and says what it answers, or the code of the problem.
func (cl *clients) answer(r *peer, question string) (text string, answered bool) {
	status, text, _, err := cl.call(r, http.MethodPost, "/v1/ask", question)
	if err == nil && status == http.StatusOK {
		return text, true
	}
	var p struct{ Code string }
	if json.Unmarshal([]byte(text), &p) != nil {
		return "", false
	}
	return p.Code, false
}

// goesOn expects that a replica is ready, records, and answers the truth.
func (cl *clients) goesOn(r *peer, member, question, truth string) {
	t := cl.rs.t
	t.Helper()
	require.Eventually(t, func() bool { status, _ := r.readiness(); return status == http.StatusOK }, patience, 20*time.Millisecond, "%s\n%s", r.name, r.lately())
	cl.record(r, member)
	text, answered := cl.answer(r, question)
	require.True(t, answered, text)
	assert.Equal(t, truth, text, r.name)
}

// TestForgedHistory lets one replica of three be told another event than was recorded,
// under the same id. It can't know that at once: until there is a checkpoint, which comes
// here after a fifth of a second of quiet, it may answer by what it was told. From then on
// it answers nothing, and the others go on.
//
// One that is told the truth when it reads finds it out by itself, since it reads again
// before it publishes a checkpoint. One that is lied to whatever it asks can't, and the
// others are believed, since they are two: also where it is the first to publish.
func TestForgedHistory(t *testing.T) {
	t.Parallel()
	both := []esdbtest.Method{esdbtest.Subscribe, esdbtest.Read}
	usual, never := rhythm{}, rhythm{1 << 40, time.Hour}
	for name, one := range map[string]struct {
		lies             []esdbtest.Method
		deceived, honest rhythm
		says             string
	}{
		"who follows, found by the others": {both[:1], never, usual, "one of the two did not read what was recorded"},
		"who follows, found by itself":     {both[:1], usual, never, "what it was told as the log grew is not what the log holds"},
		"who follows and reads":            {both, never, usual, "one of the two did not read what was recorded"},
		"who is the first to publish":      {both, usual, never, "one of the two did not read what was recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rs := startReplicas(t, &peer{rhythm: one.honest}, &peer{rhythm: one.deceived}, &peer{rhythm: one.honest})
			rs.ready()
			cl := newClients(rs, 1)
			honest, deceived, other := rs.all[0], rs.all[1], rs.all[2]
			at := uint64(len(rs.c.Stream("ofm")))
			for _, method := range one.lies {
				rs.c.Inject(esdbtest.Fault{On: method, Stream: "ofm", Proxy: deceived.proxy, Times: -1, Alter: esdbtest.Forge(at, forged)})
			}
			done := cl.record(honest, "dupe")
			require.EqualValues(t, at, done.First)
			recorded := time.Now()
			question := fmt.Sprintf(`{"subject":"dupe","privilege":"imm.arrest","as_of":"2025-01-01","as_known":%d}`, done.Position)
			truth, answered := cl.answer(honest, question)
			require.True(t, answered, truth)

			var lies int
			require.Eventually(t, func() bool {
				text, answered := cl.answer(deceived, question)
				if answered && text != truth {
					lies++
				}
				return text == "halted"
			}, patience, time.Millisecond, "%s goes on\n%s", deceived.name, deceived.lately())
			t.Logf("halted %v after what was forged; %d answers by it", time.Since(recorded), lies)

			// It answers and records nothing any more, of whatever time, and says why.
			for n := range 20 {
				text, answered := cl.answer(deceived, fmt.Sprintf(`{"subject":"shared0","privilege":"imm.arrest","as_known":%d}`, int(at)-n%2))
				assert.False(t, answered)
				assert.Equal(t, "halted", text)
			}
			for _, path := range []string{"/v1/subjects/member/dupe/standing", "/v1/watch/events", "/v1/log/head", "/v1/log/records"} {
				_, text, _, err := cl.call(deceived, http.MethodGet, path, "")
				require.ErrorIs(t, err, errNotAnswered, path)
				assert.Contains(t, text, `"code":"halted"`, path)
			}
			_, text, _, err := cl.call(deceived, http.MethodPost, "/v1/events", arrival("never"), api.KeyHeader, "never")
			require.ErrorIs(t, err, errNotAnswered)
			assert.Contains(t, text, `"code":"halted"`)
			status, ready := deceived.readiness()
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.Contains(t, strings.Join(ready.Why, "; "), "this replica has halted")
			require.Eventually(t, func() bool {
				return strings.Contains(deceived.said(), "halted: nothing is answered or recorded") && strings.Contains(deceived.said(), one.says)
			}, patience, 10*time.Millisecond, "%s does not say %s\n%s", deceived.name, one.says, deceived.lately())

			// The others go on, and nothing of it is in the log.
			cl.goesOn(honest, "later0", question, truth)
			cl.goesOn(other, "later2", question, truth)
			for _, e := range rs.events() {
				assert.NotEqual(t, "member/never", e.Subject.String())
			}

			// Its seal vouches for what it was told, so that it does not start again with it;
			// without, it is as good as the others.
			assert.Equal(t, exitAnswered, deceived.end(), deceived.lately())
			rs.c.ClearFaults()
			deceived.start()
			require.Equal(t, exitVerification, deceived.gone(), deceived.lately())
			require.NoError(t, os.RemoveAll(deceived.state()))
			deceived.start()
			cl.goesOn(deceived, "later1", question, truth)
			rs.ready()
			rs.roots()
		})
	}
}

// TestForgedHistoryAtTheStart starts replicas with a log that is not the others'.
func TestForgedHistoryAtTheStart(t *testing.T) {
	t.Parallel()
	rs := startReplicas(t, &peer{}, &peer{})
	rs.ready()
	cl := newClients(rs, 1)
	honest, deceived := rs.all[0], rs.all[1]
	done := cl.record(honest, "dupe")
	question := fmt.Sprintf(`{"subject":"dupe","privilege":"imm.arrest","as_of":"2025-01-01","as_known":%d}`, done.Position)
	truth, answered := cl.answer(honest, question)
	require.True(t, answered, truth)
	rs.ready()
	rs.agree()

	// One that has sealed the log finds it out by itself.
	require.Zero(t, deceived.end())
	for _, at := range []uint64{uint64(done.First), 3} {
		lie := rs.c.Inject(esdbtest.Fault{On: esdbtest.Any, Stream: "ofm", Proxy: deceived.proxy, Times: -1, Alter: esdbtest.Forge(at, func(e *esdbtest.Event) {
			e.Data = bytes.Replace(e.Data, []byte("note "), []byte("nota "), 1)
		})})
		deceived.start()
		require.Equal(t, exitVerification, deceived.gone(), deceived.lately())
		assert.Positive(t, lie.Struck())
		lie.Clear()
	}
	assert.NotContains(t, deceived.said(), "nothing was answered", "the seal knew, and not the others")

	// One that knows nothing finds it out by what the others have published, before it
	// answers anything.
	fresh := rs.add(&peer{})
	rs.c.Inject(esdbtest.Fault{On: esdbtest.Any, Stream: "ofm", Proxy: fresh.proxy, Times: -1, Alter: forgeAll})
	fresh.start()
	require.Equal(t, exitVerification, fresh.gone(), fresh.lately())
	assert.NotContains(t, fresh.said(), `"message":"serving"`)
	assert.Contains(t, fresh.said(), "one of the two did not read what was recorded")

	// Nobody else is any the worse, and with the true log all are well.
	cl.goesOn(honest, "later0", question, truth)
	rs.c.ClearFaults()
	require.NoError(t, os.RemoveAll(fresh.state()))
	fresh.start()
	deceived.start()
	for i, r := range rs.all {
		cl.goesOn(r, fmt.Sprintf("again%d", i), question, truth)
	}
	rs.ready()
	rs.agree()
	rs.roots()
}
