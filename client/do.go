package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Request is anything that a server can be asked.
type Request struct {
	Method string // GET if empty
	Path   string // /v1/population; escape what is put in
	Query  url.Values
	Header http.Header
	// Body is sent as JSON, or as it is if it is a []byte.
	Body any
	// Type is the media type of a body that is sent as it is.
	Type string
	// Key is the key of a write. A request with one may be tried again.
	Key string
	// Harmless requests change nothing, and may be tried again. GET is harmless.
	Harmless bool
}

// A Response is what a server answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Position is what the answer has seen, or the write led to; 0 if it does not say.
	Position Position
}

// Do asks whatever is asked, tries again what may be, and reads the JSON of the answer
// into a value unless that is nil. A status that is not 2xx is an error: a [*Problem].
func (c *Client) Do(ctx context.Context, r Request, into any) (*Response, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	body, media, err := r.body()
	if err != nil {
		return nil, err
	}
	repeatable := r.Harmless || r.Key != "" || r.method() == http.MethodGet
	for n := 1; ; n++ {
		answer, err := c.try(ctx, r, body, media, into)
		if err == nil {
			return answer, nil
		}
		wait, worth := c.worth(err, n)
		if !repeatable || !worth || n >= c.tries {
			return nil, err
		}
		if late := sleep(ctx, wait); late != nil {
			return nil, errors.Join(err, late)
		}
	}
}

func (r *Request) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// body is what is sent, and its type.
func (r *Request) body() ([]byte, string, error) {
	switch b := r.Body.(type) {
	case nil:
		return nil, "", nil
	case []byte:
		return b, r.Type, nil
	default:
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(b); err != nil {
			return nil, "", fmt.Errorf("write the request: %w", err)
		}
		return out.Bytes(), "application/json", nil
	}
}

// broken is a connection that broke before there was an answer.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// worth says whether another try may help, and how long to wait for it.
func (c *Client) worth(err error, tries int) (time.Duration, bool) {
	wait := c.longest
	if tries < 30 && c.pause<<(tries-1) < wait && c.pause<<(tries-1) > 0 {
		wait = c.pause << (tries - 1)
	}
	wait = time.Duration(random(int64(wait))) + 1
	var p *Problem
	if errors.As(err, &p) {
		if p.RetryAfter > 0 {
			wait = p.RetryAfter + time.Duration(random(int64(p.RetryAfter)/4+1)) // not all at once
		}
		return wait, again(p.Status)
	}
	var b broken
	return wait, errors.As(err, &b)
}

// random is a number from 0 up to, but not, n.
func random(n int64) int64 {
	if n <= 0 {
		return 0
	}
	r, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return n / 2 // unreachable: the system always has random numbers
	}
	return r.Int64()
}

// sleep waits, unless the wait is longer than there is time.
func sleep(ctx context.Context, d time.Duration) error {
	if end, limited := ctx.Deadline(); limited && time.Until(end) < d {
		return context.DeadlineExceeded
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// request makes a request of the standard library.
func (c *Client) request(ctx context.Context, r Request, body []byte, media string) (*http.Request, error) {
	at := c.base.String() + r.Path
	if len(r.Query) > 0 {
		at += "?" + r.Query.Encode()
	}
	q, err := http.NewRequestWithContext(ctx, r.method(), at, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", r.Path, err)
	}
	for name, values := range r.Header {
		q.Header[name] = values
	}
	if media != "" {
		q.Header.Set("Content-Type", media)
	}
	if q.Header.Get("Accept") == "" {
		q.Header.Set("Accept", "application/json, application/problem+json")
	}
	q.Header.Set("User-Agent", c.agent)
	if q.Header.Get(requestID) == "" {
		q.Header.Set(requestID, newID())
	}
	if r.Key != "" {
		q.Header.Set("Idempotency-Key", r.Key)
	}
	if at := c.seen.Load(); c.follow && at > 0 && q.Header.Get("Comity-At-Least") == "" {
		q.Header.Set("Comity-At-Least", strconv.FormatUint(at, 10))
	}
	if c.token != nil {
		token, err := c.token(ctx)
		if err != nil {
			return nil, fmt.Errorf("prove who is asking: %w", err)
		}
		q.Header.Set("Authorization", "Bearer "+token)
	}
	return q, nil
}

const requestID = "X-Request-ID"

// try asks once.
func (c *Client) try(ctx context.Context, r Request, body []byte, media string, into any) (*Response, error) {
	q, err := c.request(ctx, r, body, media)
	if err != nil {
		return nil, err
	}
	w, err := c.http.Do(q)
	if err != nil {
		return nil, cut(ctx, r.Path, err)
	}
	defer func() { _ = w.Body.Close() }() // it was read, or is given up
	text, err := io.ReadAll(io.LimitReader(w.Body, c.most+1))
	if err != nil {
		return nil, cut(ctx, r.Path, err)
	}
	if int64(len(text)) > c.most {
		return nil, fmt.Errorf("ask %s: more than %d bytes: %w", r.Path, c.most, ErrAnswer)
	}
	if id := w.Header.Get(requestID); id != "" && id != q.Header.Get(requestID) {
		return nil, fmt.Errorf("ask %s: it answers the request %q: %w", r.Path, id, ErrAnswer)
	}
	if w.StatusCode < 200 || w.StatusCode > 299 {
		return nil, problemOf(w.StatusCode, w.Header, text)
	}
	out := &Response{Status: w.StatusCode, Header: w.Header, Body: text}
	if n, err := strconv.ParseUint(w.Header.Get("Comity-Position"), 10, 63); err == nil {
		out.Position = Position(n)
	}
	if into != nil {
		if media, _, _ := mime.ParseMediaType(w.Header.Get("Content-Type")); media != "application/json" {
			return nil, fmt.Errorf("ask %s: the answer is %q and no JSON: %w", r.Path, w.Header.Get("Content-Type"), ErrAnswer)
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("ask %s: %w: %w", r.Path, ErrAnswer, err)
		}
	}
	c.Saw(out.Position)
	return out, nil
}

// cut says of a connection that broke whether it was the caller who gave up.
func cut(ctx context.Context, path string, err error) error {
	if late := ctx.Err(); late != nil {
		return fmt.Errorf("ask %s: %w", path, late)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text has the whole URL
	}
	return broken{fmt.Errorf("ask %s: %w", path, err)}
}

// newID makes up the id of a request, or the key of a write: 26 characters that nobody
// else makes up.
func newID() string { return strings.ToLower(rand.Text()) }
