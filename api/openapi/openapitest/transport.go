package openapitest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Transport is a transport that holds every answer against the contract once it was
// read, and fails the test if they differ. Without a transport below it, it uses the
// usual one.
func Transport(t testing.TB, below http.RoundTripper) http.RoundTripper {
	if below == nil {
		below = http.DefaultTransport
	}
	return &transport{t, below}
}

type transport struct {
	t     testing.TB
	below http.RoundTripper
}

func (x *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent buffer
	asked := r
	if r.Body != nil {
		asked = r.Clone(r.Context())
		asked.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, &sent), r.Body}
	}
	w, err := x.below.RoundTrip(asked)
	if err != nil {
		return w, err
	}
	w.Body = &answer{ReadCloser: w.Body, done: func(text []byte) {
		x.t.Helper()
		report(x.t, theContract().wrong(r, sent.text(), w.StatusCode, w.Header, text))
	}, stream: w.Header.Get("Content-Type") == "text/event-stream"}
	return w, nil
}

// An answer is looked at once it was read to its end, or left if it is a stream.
type answer struct {
	io.ReadCloser
	text   bytes.Buffer
	stream bool
	once   sync.Once
	done   func([]byte)
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	a.text.Write(p[:n])
	if errors.Is(err, io.EOF) {
		a.once.Do(func() { a.done(a.text.Bytes()) })
	}
	return n, err
}

func (a *answer) Close() error {
	err := a.ReadCloser.Close()
	if a.stream {
		a.once.Do(func() { a.done(a.text.Bytes()) })
	}
	return err
}

// Check holds what a handler was asked and what was recorded of its answer against the
// contract.
func Check(t testing.TB, r *http.Request, body string, w *httptest.ResponseRecorder) {
	t.Helper()
	report(t, theContract().wrong(r, []byte(body), w.Code, w.Header(), w.Body.Bytes()))
}

// Wrong lists what is wrong with an answer.
func Wrong(r *http.Request, body []byte, w *http.Response, answer []byte) []string {
	return theContract().wrong(r, body, w.StatusCode, w.Header, answer)
}

func report(t testing.TB, wrong []string) {
	t.Helper()
	for i, text := range wrong {
		if i == 5 {
			t.Errorf("and %d more", len(wrong)-i)
			return
		}
		t.Errorf("the contract (api/openapi/*.yaml) says otherwise: %s", text)
	}
}

// A buffer is written by who sends, who may still do so when the answer has come.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer // mu
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(text)
}

func (b *buffer) text() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.b.Bytes())
}
