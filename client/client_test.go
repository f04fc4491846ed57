package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/client"
)

var (
	anaArrest = client.Question{Subject: "ana", Privilege: "imm.criminal"}
	unknown   = client.Question{Subject: "nobody", Privilege: "imm.criminal"}
)

func TestAsk(t *testing.T) {
	_, c := begin(t, checked(t))
	d, err := c.Ask(t.Context(), anaArrest)
	require.NoError(t, err)
	assert.True(t, d.Permits())
	assert.Equal(t, client.Allowed, d.Outcome)
	assert.Equal(t, "member/ana", d.Subject)
	assert.NotEmpty(t, d.Reasons)
	assert.Equal(t, d.AsKnown, c.Position())

	before := anaArrest
	before.AsOf = "2023-01-01"
	d, err = c.Ask(t.Context(), before)
	require.NoError(t, err)
	assert.Equal(t, client.Denied, d.Outcome)
	assert.False(t, d.Permits())

	d, err = c.Ask(t.Context(), client.Question{Subject: "ben", Privilege: "imm.criminal"})
	require.NoError(t, err)
	assert.Equal(t, client.Conditional, d.Outcome)
	assert.Equal(t, client.Unchecked, d.Conditions[0].State)
	assert.False(t, d.Permits(), "with a condition that nobody checked")

	e, err := c.Explain(t.Context(), anaArrest)
	require.NoError(t, err)
	assert.True(t, e.Decision.Permits())
	assert.NotEmpty(t, e.Events)

	o, err := c.Office(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "office", o.Office)
}

func TestProblems(t *testing.T) {
	f, c := begin(t, checked(t))
	d, err := c.Ask(t.Context(), unknown)
	var p *client.Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "unknown", p.Code)
	assert.Equal(t, "unknown", client.CodeOf(err))
	assert.Equal(t, http.StatusNotFound, p.Status)
	assert.NotEmpty(t, p.Instance)
	assert.False(t, d.Permits())
	assert.Empty(t, client.CodeOf(errors.New("another")))

	stranger, err := client.New(f.url, client.Key("wrong"))
	require.NoError(t, err)
	_, err = stranger.Ask(t.Context(), anaArrest)
	assert.Equal(t, "unauthenticated", client.CodeOf(err))

	_, err = c.Submit(t.Context(), client.Submission{Events: []client.Event{{Type: "privilege.restricted", Subject: "member/ana", Effective: "2025-01-01", Authority: "note 1", Payload: map[string]any{"privileges": []string{"x"}, "level": "withdrawn"}}}})
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "refused", p.Code)
	require.NotEmpty(t, p.Refusals)
	assert.Equal(t, 1, p.Refusals[0].Event)
}

func TestAskBatch(t *testing.T) {
	f, c := begin(t, checked(t))
	all, err := c.AskBatch(t.Context(), anaArrest, unknown, client.Question{Subject: "ben", Privilege: "imm.criminal"})
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.True(t, all[0].Permits())
	assert.False(t, all[1].Permits())
	assert.Equal(t, "unknown", all[1].Problem.Code)
	assert.Equal(t, "member/ben", all[2].Decision.Subject)
	assert.False(t, all[2].Permits())

	// An answer too few, or one that is neither, is none at all.
	plain := f.client(t, client.Key("the-key"))
	for _, body := range []string{`{"answers":[]}`, `{"answers":[{},{}]}`, `{"answers":null}`, `{}`, `[]`, ``} {
		f.next(says("application/json", body))
		all, err := plain.AskBatch(t.Context(), anaArrest, unknown)
		require.ErrorIs(t, err, client.ErrAnswer, body)
		assert.Nil(t, all)
	}
}

// TestFailsClosed lets nothing that is no answer permit anything.
func TestFailsClosed(t *testing.T) {
	f, c := begin(t)
	for name, one := range map[string]fault{
		"a page":              says("text/html", `<p>{"permits":true}</p>`),
		"no type":             says("", `{"privilege":"imm.criminal","outcome":"allowed","permits":true}`),
		"another privilege":   says("application/json", `{"privilege":"tax.sales","outcome":"allowed","permits":true}`),
		"a contradiction":     says("application/json", `{"privilege":"imm.criminal","outcome":"denied","permits":true}`),
		"a condition not met": says("application/json", `{"privilege":"imm.criminal","outcome":"allowed_with_conditions","conditions":[{"code":"x","state":"open"}],"permits":true}`),
		"no condition at all": says("application/json", `{"privilege":"imm.criminal","outcome":"allowed_with_conditions","permits":true}`),
		"no word of permits":  says("application/json", `{"privilege":"imm.criminal","outcome":"allowed"}`),
		"an unknown outcome":  says("application/json", `{"privilege":"imm.criminal","outcome":"certainly","permits":true}`),
		"nothing":             says("application/json", ``),
		"null":                says("application/json", `null`),
		"not the whole":       says("application/json", `{"privilege":"imm.criminal","outcome":"allowed","permits":true`),
		"forbidden":           status(http.StatusForbidden, "forbidden"),
		"an error of its own": status(http.StatusInternalServerError, "internal"),
		"a redirect": func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			http.Redirect(w, r, "/v1/other", http.StatusTemporaryRedirect)
			return true
		},
		"an answer to another": func(w http.ResponseWriter, r *http.Request, s http.Handler) bool {
			r.Header.Set("X-Request-ID", "other")
			s.ServeHTTP(w, r)
			return true
		},
		"nobody": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
			w.WriteHeader(http.StatusNoContent)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			f.next(one)
			d, err := c.Ask(t.Context(), anaArrest)
			require.Error(t, err)
			assert.Equal(t, client.Decision{}, d)
			assert.False(t, d.Permits())
			assert.Len(t, f.requests(), 1, "it is not asked again")
			f.next(one)
			e, err := c.Explain(t.Context(), anaArrest)
			require.Error(t, err)
			assert.False(t, e.Decision.Permits())
		})
	}
}

// TestNotAskedAgain takes a denial for an answer, and asks once.
func TestNotAskedAgain(t *testing.T) {
	f, c := begin(t)
	f.next()
	before := anaArrest
	before.AsOf = "2023-01-01"
	_, err := c.Ask(t.Context(), before)
	require.NoError(t, err)
	assert.Len(t, f.requests(), 1)
}

// TestTriesAgain asks again what was no answer.
func TestTriesAgain(t *testing.T) {
	f, c := begin(t)
	for name, one := range map[string]fault{
		"busy": status(http.StatusServiceUnavailable, "busy"), "too many": status(http.StatusTooManyRequests, "too_many_requests"),
		"a gateway": says2(http.StatusBadGateway), "too late": status(http.StatusGatewayTimeout, "deadline"),
		"a connection that is cut": hangUp, "an answer that is cut": half,
	} {
		t.Run(name, func(t *testing.T) {
			f.next(one, one)
			d, err := c.Ask(t.Context(), anaArrest)
			require.NoError(t, err)
			assert.True(t, d.Permits())
			all := f.requests()
			assert.Len(t, all, 3)
			assert.NotEqual(t, all[0].Get("X-Request-ID"), all[1].Get("X-Request-ID"), "each try has an id of its own")
		})
	}
	f.next(hangUp, hangUp, hangUp, hangUp)
	_, err := c.Ask(t.Context(), anaArrest)
	require.Error(t, err)
	assert.Len(t, f.requests(), 4, "but not for ever")

	f.next(status(http.StatusTooManyRequests, "too_many_requests", "Retry-After", "1"))
	begun := time.Now()
	_, err = c.Ask(t.Context(), anaArrest)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, time.Since(begun), time.Second, "the server says when")
	late, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f.next(status(http.StatusTooManyRequests, "too_many_requests", "Retry-After", "120"))
	_, err = c.Ask(late, anaArrest)
	assert.Equal(t, "too_many_requests", client.CodeOf(err), "there is no time to wait for that")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, late.Err(), "so it is said at once")
}

func says2(code int) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		http.Error(w, "upstream", code)
		return true
	}
}

// TestDeadlines end with the time of the context, and of the client if that has none.
func TestDeadlines(t *testing.T) {
	never := make(chan struct{}) // closed when all has been asked
	silent := func(http.ResponseWriter, *http.Request, http.Handler) bool {
		<-never
		return true
	}
	slow := func(http.ResponseWriter, *http.Request, http.Handler) bool {
		time.Sleep(300 * time.Millisecond)
		return false
	}
	f, c := begin(t, client.Timeout(50*time.Millisecond))
	defer close(never)
	f.next(silent, silent, silent, silent)
	d, err := c.Ask(t.Context(), anaArrest)
	require.ErrorIs(t, err, context.DeadlineExceeded, "it returns, although there is no answer")
	assert.False(t, d.Permits())
	long, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f.next(slow)
	_, err = c.Ask(long, anaArrest)
	require.NoError(t, err, "the time of the context is what counts")
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = c.Ask(gone, anaArrest)
	require.ErrorIs(t, err, context.Canceled)
}

func accredit(id string) client.Submission {
	return client.Submission{Events: []client.Event{{
		Type: "member.accredited", Subject: "member/" + id, Effective: "2025-01-01", Authority: "note 9",
		Payload: map[string]string{"mission": "arandia-embassy", "category": "dip.agent"},
	}}}
}

// TestSubmit records once, whatever is lost on the way.
func TestSubmit(t *testing.T) {
	f, c := begin(t, checked(t), client.ReadYourWrites())
	at := f.Office.Position()
	got, err := c.Submit(t.Context(), accredit("dora"))
	require.NoError(t, err)
	assert.Equal(t, client.Position(at+1), got.Position)
	assert.Len(t, got.Events, 1)
	assert.False(t, got.Repeated)
	assert.NotEmpty(t, got.Key)
	assert.Equal(t, got.Position, c.Position())

	f.next()
	d, err := c.Ask(t.Context(), client.Question{Subject: "dora", Privilege: "imm.criminal"})
	require.NoError(t, err)
	assert.True(t, d.Permits())
	assert.Equal(t, fmt.Sprint(got.Position), f.requests()[0].Get("Comity-At-Least"), "it is asked to have seen the write")

	dry := accredit("emil")
	dry.DryRun = true
	got, err = c.Submit(t.Context(), dry)
	require.NoError(t, err)
	assert.True(t, got.DryRun)
	assert.Equal(t, at+1, f.Office.Position())

	moved := accredit("emil")
	stale := client.Position(at)
	moved.Expected = &stale
	_, err = c.Submit(t.Context(), moved)
	assert.Equal(t, "conflict", client.CodeOf(err))
}

func TestSubmitOnce(t *testing.T) {
	f, c := begin(t)
	at := f.Office.Position()
	for i, one := range []fault{half, status(http.StatusServiceUnavailable, "uncertain"), hangUp} {
		f.next(one)
		got, err := c.Submit(t.Context(), accredit(fmt.Sprintf("n%d", i)))
		require.NoError(t, err)
		at++
		assert.Equal(t, client.Position(at), got.Position)
		assert.Equal(t, i == 0, got.Repeated, "the first was written, and its answer lost")
		all := f.requests()
		require.Len(t, all, 2)
		assert.Equal(t, got.Key, all[0].Get("Idempotency-Key"))
		assert.Equal(t, got.Key, all[1].Get("Idempotency-Key"), "the same key again")
	}
	// A caller's own key works over restarts.
	order := accredit("fee")
	order.Key = "order 18"
	first, err := c.Submit(t.Context(), order)
	require.NoError(t, err)
	second, err := f.client(t, client.Key("the-key")).Submit(t.Context(), order)
	require.NoError(t, err)
	assert.True(t, second.Repeated)
	assert.Equal(t, first.Events, second.Events)
	assert.Equal(t, at+1, f.Office.Position())

	// What is wrong is not sent again.
	f.next(status(http.StatusUnprocessableEntity, "refused"))
	_, err = c.Submit(t.Context(), accredit("gus"))
	assert.Equal(t, "refused", client.CodeOf(err))
	assert.Len(t, f.requests(), 1)

	// A write without a key is tried once.
	f.next(hangUp)
	_, err = c.Do(t.Context(), client.Request{Method: http.MethodPost, Path: "/v1/events", Body: map[string]any{"events": accredit("hal").Events}}, nil)
	require.Error(t, err)
	assert.Len(t, f.requests(), 1)
}

func TestAuthZEN(t *testing.T) {
	f, c := begin(t, checked(t))
	ana := client.Evaluation{Subject: &client.Entity{Type: "member", ID: "ana"}, Action: &client.Action{Name: "imm.criminal"}, Resource: &client.Entity{Type: "matter", ID: "25-1"}}
	got, err := c.Evaluate(t.Context(), ana)
	require.NoError(t, err)
	assert.True(t, got.Decision)
	assert.Nil(t, got.Context)
	ana.Context = map[string]any{"comity": map[string]any{"explain": true}}
	got, err = c.Evaluate(t.Context(), ana)
	require.NoError(t, err)
	assert.Contains(t, string(got.Context), "reasons")
	_, err = c.Evaluate(t.Context(), client.Evaluation{})
	assert.Equal(t, "missing", client.CodeOf(err))

	ben := client.Evaluation{Subject: &client.Entity{Type: "member", ID: "ben"}}
	ana.Context = nil
	all, err := c.Evaluations(t.Context(), ana, client.ExecuteAll, client.Evaluation{}, ben, client.Evaluation{})
	require.NoError(t, err)
	assert.Equal(t, []client.Evaluated{{Decision: true}, {}, {Decision: true}}, all)
	all, err = c.Evaluations(t.Context(), ana, client.DenyOnFirstDeny, client.Evaluation{}, ben, client.Evaluation{})
	require.NoError(t, err)
	assert.Len(t, all, 2)
	all, err = c.Evaluations(t.Context(), ana, "")
	require.NoError(t, err)
	assert.Empty(t, all)

	plain := f.client(t, client.Key("the-key"))
	for _, body := range []string{`{"evaluations":[{"decision":true}]}`, `{"evaluations":[{"decision":true},{}]}`, `{"decision":true}`, `{"evaluations":[{"decision":true},{"decision":true},{"decision":true}]}`} {
		f.next(says("application/json", body))
		all, err = plain.Evaluations(t.Context(), ana, "", client.Evaluation{}, ben)
		require.ErrorIs(t, err, client.ErrAnswer, body)
		assert.Nil(t, all)
	}
	f.next(says("application/json", `{"context":{}}`))
	got, err = plain.Evaluate(t.Context(), ana)
	require.ErrorIs(t, err, client.ErrAnswer)
	assert.False(t, got.Decision)
}

func TestStanding(t *testing.T) {
	_, c := begin(t, checked(t))
	all, err := c.Standing(t.Context(), "member", "ana", client.Times{AsOf: "2025-02-01", AsKnown: "6"})
	require.NoError(t, err)
	assert.Greater(t, len(all), 10)
	for _, d := range all {
		assert.Equal(t, client.Position(6), d.AsKnown)
	}
	_, err = c.Standing(t.Context(), "member", "../../office", client.Times{})
	assert.NotEmpty(t, client.CodeOf(err), "an id stays within its place in the path")
}

func TestRulesets(t *testing.T) {
	_, c := begin(t, checked(t))
	all, err := c.Rulesets(t.Context(), client.Times{AsOf: "2025-02-01"})
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, "common", all[0].Ruleset)
	assert.True(t, all[0].InForce)
	assert.Len(t, all[0].Hash, 64)
	raw, err := c.Read(t.Context(), "/v1/who", url.Values{"privilege": {"imm.criminal"}})
	require.NoError(t, err)
	assert.Contains(t, string(raw), "member/ana")
}

// TestNew refuses what can't be meant.
func TestNew(t *testing.T) {
	for base, options := range map[string][]client.Option{
		"comity.example.org":          nil,
		"ftp://comity.example.org":    nil,
		"https://":                    nil,
		"https://u:p@example.org":     nil,
		"https://example.org?x=1":     nil,
		"http://comity.example.org":   {client.Key("k")},
		"https://a.example.org":       {client.Key("")},
		"https://b.example.org":       {client.Key("k"), client.Key("l")},
		"https://c.example.org":       {client.Timeout(0)},
		"https://d.example.org":       {client.Tries(0)},
		"https://e.example.org":       {client.Pauses(2, 1)},
		"https://f.example.org":       {client.MostBytes(0)},
		"https://g.example.org":       {client.Silence(0)},
		"https://h.example.org":       {client.UserAgent("a\nb")},
		"https://i.example.org/%zz/x": nil,
	} {
		_, err := client.New(base, options...)
		require.Error(t, err, base)
	}
	_, err := client.New("http://proxy.example.org", client.Key("k"), client.Unencrypted())
	require.NoError(t, err)
	_, err = client.New("http://[::1]:8080/", client.Key("k"))
	require.NoError(t, err)
}

// TestTheProofGoesNowhereElse follows no redirect, with or without the proof.
func TestTheProofGoesNowhereElse(t *testing.T) {
	var there atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { there.Add(1) }))
	defer other.Close()
	f, c := begin(t)
	for _, code := range []int{301, 302, 303, 307, 308} {
		f.next(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			http.Redirect(w, r, other.URL+r.URL.Path, code)
			return true
		})
		_, err := c.Ask(t.Context(), anaArrest)
		assert.ErrorContains(t, err, other.URL)
	}
	assert.Zero(t, there.Load())
}

func TestTokens(t *testing.T) {
	var n atomic.Int64
	source := func(context.Context) (string, error) {
		if n.Add(1) > 2 {
			return "", errors.New("the issuer is away")
		}
		return "fresh", nil
	}
	f, _ := begin(t)
	c := f.client(t, client.Token(source), client.UserAgent("clerk/2"))
	f.next(status(http.StatusServiceUnavailable, "busy"))
	d, err := c.Ask(t.Context(), anaArrest)
	require.NoError(t, err)
	assert.True(t, d.Permits())
	assert.EqualValues(t, 2, n.Load(), "each try asks for a token")
	assert.Equal(t, "clerk/2 comity-client-go/1", f.requests()[0].Get("User-Agent"))
	f.next()
	d, err = c.Ask(t.Context(), anaArrest)
	require.ErrorContains(t, err, "the issuer is away")
	assert.False(t, d.Permits())
	assert.Empty(t, f.requests(), "nothing is asked without a proof")
}

func TestMostBytes(t *testing.T) {
	f, c := begin(t, client.MostBytes(1000))
	_, err := c.Ask(t.Context(), anaArrest)
	require.ErrorIs(t, err, client.ErrAnswer)
	f.next(says("application/json", `{"privilege":"imm.criminal","outcome":"denied","permits":false,"office":"`+strings.Repeat("x", 800)+`"}`))
	_, err = c.Ask(t.Context(), anaArrest)
	require.NoError(t, err)
}

// TestPosition keeps the highest, and sends it only if it is told to.
func TestPosition(t *testing.T) {
	f, c := begin(t)
	c.Saw(7)
	c.Saw(3)
	assert.Equal(t, client.Position(7), c.Position())
	f.next()
	_, err := c.Office(t.Context())
	require.NoError(t, err)
	assert.Empty(t, f.requests()[0].Get("Comity-At-Least"))
	follows := f.client(t, client.Key("the-key"), client.ReadYourWrites())
	follows.Saw(5)
	f.next()
	_, err = follows.Office(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "5", f.requests()[0].Get("Comity-At-Least"))
	follows.Saw(1000)
	late, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = follows.Office(late)
	require.Error(t, err, "what is not there yet is waited for, and not told without")
}
