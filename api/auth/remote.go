package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// ErrUnavailable is returned when an issuer has shown no keys, so that its tokens can't
// be checked. It says nothing about the token: the caller may try again.
var ErrUnavailable = errors.New("tokens can't be checked at the moment, for their issuer does not answer the server: try again")

// How often an issuer is asked for its keys.
const (
	// keysFor is how long keys count without being looked at again: a key that the
	// issuer took back lets nobody in for longer, unless the issuer does not answer.
	keysFor = 5 * time.Minute
	// askAfter is when the issuer is asked again in the background, while there are
	// requests, so that none has to wait for it.
	askAfter = 4 * time.Minute
	// keysAtMost is how long they count while the issuer does not answer.
	keysAtMost = time.Hour
	// keysApart is the least time between two questions: whoever makes up tokens of
	// unknown keys does not make the server ask more often.
	keysApart = 10 * time.Second
	// The wait after a failure, which doubles with each.
	waitFirst = time.Second
	waitMost  = time.Minute
	// askFor bounds one question.
	askFor = 5 * time.Second
	// mostDocument bounds what is read of an answer, in bytes.
	mostDocument = 1 << 20
)

// A keySet is what an issuer showed at one time. It is not changed once made.
type keySet struct {
	keys    []publicKey
	fetched time.Time
	due     time.Time // when the issuer is to be asked again
	// verified are tokens that these keys have signed. A set that lacks a key of the
	// set before begins with an empty one.
	verified *cache
}

// until is when what these keys have verified must be verified again.
func (k *keySet) until() time.Time {
	end, most := k.fetched.Add(keysFor), k.fetched.Add(keysAtMost)
	switch {
	case k.due.After(most):
		return most
	case k.due.After(end): // the issuer does not answer
		return k.due
	default:
		return end
	}
}

// keepsAll reports whether a set has all keys of the one before.
func keepsAll(keys, before []publicKey) bool {
	return !slices.ContainsFunc(before, func(b publicKey) bool {
		return !slices.ContainsFunc(keys, func(k publicKey) bool { return k.mark == b.mark })
	})
}

// A remote is an issuer somewhere, and the keys that it showed.
type remote struct {
	url    string
	client *http.Client
	now    func() time.Time
	set    atomic.Pointer[keySet] // nil until the issuer has answered

	mu     sync.Mutex
	flight chan struct{} // mu; is closed when the question that is under way has ended; nil: none is
	next   time.Time     // mu; no question before
	failed int           // mu; how often in a row
	last   error         // mu; why
}

// usable returns the keys of the issuer. The error matches [ErrUnavailable].
func (r *remote) usable(ctx context.Context) (*keySet, error) {
	set, now := r.set.Load(), r.now()
	switch {
	case set == nil, !now.Before(set.fetched.Add(keysAtMost)):
		r.refresh(ctx)
	case now.Before(set.due):
		return set, nil
	case now.Before(set.fetched.Add(keysFor)), r.failing():
		r.ask()
	default:
		r.refresh(ctx) // nobody has asked for anything in a while
	}
	if set = r.set.Load(); set == nil || !r.now().Before(set.fetched.Add(keysAtMost)) {
		return nil, ErrUnavailable
	}
	return set, nil
}

// failing reports whether the issuer did not answer when it was last asked.
func (r *remote) failing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last != nil
}

// refresh asks the issuer, unless it was asked a moment ago, and waits for the answer.
func (r *remote) refresh(ctx context.Context) {
	flight := r.ask()
	if flight == nil {
		return
	}
	select {
	case <-flight:
	case <-ctx.Done():
	}
}

// ask asks the issuer in the background, unless it is too early. What it returns is
// closed at the end; nil if nothing is under way.
func (r *remote) ask() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil {
		return r.flight
	}
	if r.now().Before(r.next) {
		return nil
	}
	flight := make(chan struct{})
	r.flight = flight
	go func() {
		keys, err := r.fetch()
		r.answered(keys, err)
		close(flight)
	}()
	return flight
}

// answered takes what the issuer said, or that it said nothing.
func (r *remote) answered(keys []publicKey, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, before := r.now(), r.set.Load()
	r.flight, r.last = nil, err
	if err != nil {
		wait := waitMost
		if r.failed < 6 {
			wait = waitFirst << r.failed
		}
		r.failed++
		r.next = now.Add(wait)
		if before != nil {
			again := *before
			again.due = r.next
			r.set.Store(&again)
		}
		return
	}
	r.failed, r.next = 0, now.Add(keysApart)
	set := &keySet{keys: keys, fetched: now, due: now.Add(askAfter)}
	if before != nil && keepsAll(keys, before.keys) {
		set.verified = before.verified
	} else {
		set.verified = newCache()
	}
	r.set.Store(set)
}

// inherit takes the keys of the same issuer from before the configuration changed, and
// nothing that was verified then: who has which grants may be what has changed.
func (r *remote) inherit(from *remote) {
	if set := from.set.Load(); set != nil {
		again := *set
		again.verified = newCache()
		r.set.Store(&again)
	}
}

// ready says why tokens of the issuer can't be checked, for the operator, and asks again
// if it is time to.
func (r *remote) ready() error {
	set, now := r.set.Load(), r.now()
	if set == nil || !now.Before(set.due) {
		r.ask()
	}
	if set != nil && now.Before(set.fetched.Add(keysAtMost)) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return fmt.Errorf("issuer %s: has not shown its keys yet", r.url)
	}
	return fmt.Errorf("issuer %s: %w", r.url, r.last)
}

// fetch asks the issuer where its keys are, and for them.
func (r *remote) fetch() ([]publicKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, r.client), r.url)
	if err != nil {
		return nil, short("discovery", err)
	}
	var found struct {
		Keys string `json:"jwks_uri"`
	}
	if err := provider.Claims(&found); err != nil {
		return nil, short("discovery", err)
	}
	if text := checkKeysURL(found.Keys, r.url); text != "" {
		return nil, fmt.Errorf("jwks_uri %s", text)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, found.Keys, http.NoBody)
	if err != nil {
		return nil, short("keys", err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, short("keys", err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("keys: %s", resp.Status)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, short("keys", err)
	}
	return parseKeys(text)
}

// checkKeysURL says what is wrong with where an issuer has its keys, or nothing.
func checkKeysURL(text, issuer string) string {
	u, err := url.Parse(text)
	from, fromErr := url.Parse(issuer)
	switch {
	case err != nil || fromErr != nil || u.Host == "":
		return "is missing or no URL"
	case u.Scheme == "https", u.Scheme == "http" && from.Scheme == "http" && isLoopback(u.Hostname()):
		return ""
	default:
		return "does not begin with https://"
	}
}

// short says in one line what an issuer did wrong.
func short(what string, err error) error {
	text := err.Error()
	if len(text) > 300 {
		text = text[:300] + "..."
	}
	return fmt.Errorf("%s: %q", what, text)
}

// newClient returns the client that asks issuers: it follows no redirections, and reads
// no answer that has no end.
func newClient(c *http.Client) *http.Client {
	out := http.Client{Timeout: askFor}
	if c != nil {
		out = *c
	}
	if out.Transport == nil {
		out.Transport = http.DefaultTransport
	}
	out.Transport = bounded{out.Transport}
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

// bounded reads the beginning of each answer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, mostDocument), resp.Body}
	return resp, nil
}
