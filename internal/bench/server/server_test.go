package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLoopbackOnly(t *testing.T) {
	for _, at := range []string{"127.0.0.1:80", "127.9.9.9:1", "[::1]:80", "[::ffff:127.0.0.1]:80"} {
		assert.NoError(t, loopbackOnly(at), at)
	}
	for _, at := range []string{"192.0.2.1:80", "0.0.0.0:80", "[::]:80", "localhost:80", "example.org:80", "127.0.0.1", "", "[2001:db8::1]:80", "[::ffff:192.0.2.1]:80"} {
		assert.Error(t, loopbackOnly(at), at)
		_, err := connect(at)
		assert.Error(t, err, at)
	}
}

// TestLatency compares what is read off the buckets with sorting.
func TestLatency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, 20_000_000_000), 1, 200).Draw(t, "times")
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		var one, other latency
		for i, n := range times {
			if i%2 == 0 {
				one.add(time.Duration(n))
			} else {
				other.add(time.Duration(n))
			}
		}
		one.join(&other)
		rank, least := max(uint64(share*float64(len(times))+0.5), 1), time.Duration(-1)
		for _, n := range times {
			smaller := uint64(0)
			for _, m := range times {
				if m <= n {
					smaller++
				}
			}
			if smaller >= rank && (least < 0 || time.Duration(n) < least) {
				least = time.Duration(n)
			}
		}
		got := one.at(share)
		if got < least || got > least+least/16 || got > one.most {
			t.Fatalf("%s at %v, and sorted it is %s; the longest is %s", got, share, least, one.most)
		}
	})
	assert.Zero(t, (&latency{}).at(.5))
}

// TestBuckets holds that buckets are in order and without gaps.
func TestBuckets(t *testing.T) {
	for i := range 1500 {
		require.Equal(t, i, bucketOf(least(i)), "bucket %d begins at %d", i, least(i))
		require.Equal(t, i, bucketOf(least(i+1)-1), "bucket %d ends before %d", i, least(i+1))
	}
}

func serving(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestConnection(t *testing.T) {
	long := strings.Repeat("a long answer ", 5000)
	address := serving(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/long":
			w.Header()["Content-Length"] = []string{itoa(len(long))}
			_, _ = io.WriteString(w, long)
		case "/chunks":
			for part := range strings.SplitSeq(string(text), " ") {
				_, _ = io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		case "/refused":
			http.Error(w, "no", http.StatusForbidden)
		default:
			_, _ = w.Write(text)
		}
	})
	c, err := connect(address)
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	for range 3 {
		for _, test := range []struct {
			path, body string
			status     int
			want       string
		}{
			{"/", "hello", 200, "hello"},
			{"/long", "", 200, long},
			{"/chunks", "one two three", 200, "onetwothree"},
			{"/refused", "", 403, "no\n"},
			{"/", "", 200, ""},
		} {
			status, body, err := c.do(post(address, test.path, "text/plain", "", []byte(test.body)))
			require.NoError(t, err, test.path)
			assert.Equal(t, test.status, status, test.path)
			assert.Equal(t, test.want, string(body), test.path)
		}
	}
}

// TestDriveNotices holds that an answer which is not as expected is counted and known,
// and that a refusal or a broken connection ends the measurement with an error.
func TestDriveNotices(t *testing.T) {
	var asked atomic.Int64
	address := serving(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		text, _ := io.ReadAll(r.Body)
		switch string(text) {
		case "refuse":
			http.Error(w, "no", http.StatusForbidden)
		case "busy":
			http.Error(w, "no", http.StatusServiceUnavailable)
		case "cut":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprintf(w, `{"decision":%s}`, text)
		}
	})
	of := func(body string, answer []byte) *exchange {
		return &exchange{request: post(address, "/", "text/plain", "", []byte(body)), answer: answer, decisions: 1}
	}
	right, wrong, any := of("true", answerOf(true)), of("false", answerOf(true)), of("false", nil)
	// A measurement is brief, and is made again if it came to nothing.
	measure := func(connections int, enough func(*burst, error) bool, exchanges ...*exchange) (*burst, error) {
		for begun := time.Now(); ; {
			asked.Store(0)
			b, err := drive(address, exchanges, connections, 50*time.Millisecond)
			if enough(b, err) || time.Since(begun) > time.Minute {
				return b, err
			}
		}
	}
	failed := func(_ *burst, err error) bool { return err != nil }
	b, err := measure(4, func(b *burst, err error) bool { return err != nil || b.others > 0 && b.others < b.decisions }, right, wrong, any)
	require.NoError(t, err)
	assert.Equal(t, int(asked.Load()), b.decisions)
	assert.EqualValues(t, b.decisions, b.latency.count)
	assert.Positive(t, b.others)
	assert.Less(t, b.others, b.decisions)
	assert.True(t, wrong.other.Load())
	assert.False(t, right.other.Load())
	assert.False(t, any.other.Load())

	_, err = measure(2, failed, right, of("refuse", nil))
	assert.ErrorContains(t, err, "status 403")
	b, err = measure(2, func(b *burst, err error) bool { return err != nil || b.refused > 0 }, right, of("busy", answerOf(true)))
	require.NoError(t, err)
	assert.Positive(t, b.refused)
	assert.Zero(t, b.others)
	assert.EqualValues(t, b.decisions+b.refused, b.latency.count)
	_, err = measure(2, failed, right, of("cut", nil))
	assert.Error(t, err)
	_, err = drive("192.0.2.1:80", []*exchange{right}, 1, time.Millisecond)
	assert.ErrorContains(t, err, "loopback only")
}

// TestQuestions holds that the same questions are asked on every machine, in one batch
// what is asked one by one, and with the facts that both accents understand.
func TestQuestions(t *testing.T) {
	questions := makeQuestions(50, 250, 1)
	assert.Equal(t, questions, makeQuestions(50, 250, 1))
	w := workloadOf(questions, "127.0.0.1:1", "", false)
	require.Len(t, w.single, 250)
	require.Len(t, w.batch, 2)
	with := 0
	for i, q := range questions {
		assert.Equal(t, len(q.request), len(q.props))
		if len(q.request) > 0 {
			with++
		}
		assert.Contains(t, string(w.single[i].request), q.member+`"`)
		if i < 200 {
			assert.Contains(t, string(w.batch[i/100].request), string(q.authzen()))
		}
	}
	assert.Equal(t, 125, with, "half of the questions bring facts")
}
