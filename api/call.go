package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

// The headers that are comity's own.
const (
	// PositionHeader carries the position that an answer has seen, or that a write
	// led to: the token of consistency.
	PositionHeader = "Comity-Position"
	// AtLeastHeader carries the position that an answer must have seen; at_least in
	// the query says the same.
	AtLeastHeader = "Comity-At-Least"
	// RequestIDHeader names the request, in the operator's log too.
	RequestIDHeader = "X-Request-ID"
)

// A Call is one request, as a route sees it.
type Call struct {
	W      http.ResponseWriter
	R      *http.Request
	Office *Office
	Caller *auth.Caller
	// ID names the request.
	ID string

	server *Server
	route  *Route
	most   int64 // bytes of the body
	begun  bool  // an answer was begun
	plain  bool  // problems are told in plain text unless asked for otherwise
	to     status
	words  [headers]string // values of headers, which are slices of it
	ctx    *deadline
}

// Headers whose values are kept in a call, so that each needs no memory of its own.
const (
	headerID = iota
	headerPosition
	headerLength
	headers
)

// header returns the value of a header as net/http has it.
func (c *Call) header(n int, value string) []string {
	c.words[n] = value
	return c.words[n : n+1 : n+1]
}

// Context is done when the caller is gone, or the time for the call is over.
func (c *Call) Context() context.Context {
	if c.ctx != nil {
		return c.ctx
	}
	most := cmp.Or(c.route.Time, c.server.Limits.Time)
	if most <= 0 || c.route.Stream {
		return c.R.Context()
	}
	c.ctx = &deadline{Context: c.R.Context(), ends: time.Now().Add(most)}
	return c.ctx
}

// Log is the operator's log, with the request's id.
func (c *Call) Log() *zerolog.Logger {
	log := c.server.Log.With().Str("request_id", c.ID).Str("caller", c.Caller.ID).Logger()
	return &log
}

// Limits is what one request may take.
func (c *Call) Limits() *Limits { return &c.server.Limits }

// AtLeast is the position that the answer must have seen.
func (c *Call) AtLeast() (domain.Position, error) {
	text := c.R.Header.Get(AtLeastHeader)
	if text == "" && c.R.URL.RawQuery != "" {
		text = c.R.URL.Query().Get("at_least")
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, Bad("at_least", "at_least is %q: write a position, as it came with %s", clip(text), PositionHeader)
	}
	return domain.Position(n), nil
}

// Need refuses callers whose right does not reach a State and a privilege: see
// [auth.Caller.Over].
func (c *Call) Need(right auth.Right, state domain.StateID, p domain.Privilege) error {
	if c.Caller.Over(right, c.Office.ID, state, p) {
		return nil
	}
	if state == "" || p == "" {
		what := "all countries and programmes"
		switch {
		case state != "":
			what = "all programmes of that country"
		case p != "":
			what = "all countries"
		}
		return Forbidden("this is about %s, and the right %q was not granted for so much: name a country and a privilege, if that is possible here", what, right)
	}
	return Forbidden("the right %q was not granted for that country and programme", right)
}

// SeesPersonal reports whether the caller may see the personal data of people of a State.
func (c *Call) SeesPersonal(state domain.StateID) bool {
	return c.Caller.Over(auth.Personal, c.Office.ID, state, "")
}

// Seen tells the position that the answer has seen. It comes before the answer.
func (c *Call) Seen(at domain.Position) {
	c.W.Header()[PositionHeader] = c.header(headerPosition, strconv.FormatUint(uint64(at), 10))
}

// JSON answers with a value, in the bytes in which the command line prints it.
func (c *Call) JSON(status int, v any) error {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	if err := out.Encode(v); err != nil {
		return err
	}
	return c.Raw(status, "application/json", bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

// Raw answers with bytes.
func (c *Call) Raw(status int, contentType string, text []byte) error {
	h := c.W.Header()
	if h["Content-Type"] = jsonType; contentType != jsonType[0] {
		h["Content-Type"] = []string{contentType}
	}
	h["Cache-Control"] = noStore
	h["Content-Length"] = c.header(headerLength, strconv.Itoa(len(text)))
	c.begun = true
	c.W.WriteHeader(status)
	_, _ = c.W.Write(text) // a caller who is gone is not told
	return nil
}

// Begin begins an answer that is written piece by piece to W.
func (c *Call) Begin(status int, contentType string) {
	h := c.W.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	c.begun = true
	c.W.WriteHeader(status)
}
