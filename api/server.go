package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/engine/watch"
)

// An Identifier finds out who is asking. The error is told to the caller, and holds
// nothing of what was presented.
type Identifier interface {
	Identify(r *http.Request) (*auth.Caller, error)
}

// An Observer is told of requests as they are answered. Nil is nobody.
type Observer interface {
	// Begin is told of a request before it is answered, and returns the request to go
	// on with and who is told of its end.
	Begin(route *Route, r *http.Request) (*http.Request, func(status int, took time.Duration))
}

// A Server serves routes. Its fields are set before the first request.
type Server struct {
	Office *Office
	// Who finds out who is asking.
	Who    Identifier
	Limits Limits
	Log    zerolog.Logger
	// Requests says which requests the log tells of: see [LogAll].
	Requests LogWhat
	Observer Observer

	mux      http.ServeMux
	exact    map[place]*served // the routes whose path is no pattern
	routes   []*Route
	rates    *rates
	failures *rates
	inflight atomic.Int64 // that end by themselves: streams are counted as watchers
	watchers atomic.Int64
	hubbed   sync.Once
	hub      *watch.Hub // once somebody listened
	draining atomic.Bool
	ended    context.Context // done when streams are to end
	end      context.CancelFunc
	cross    http.CrossOriginProtection
}

// A LogWhat says of which requests the operator's log tells.
type LogWhat string

// Which requests.
const (
	LogAll    LogWhat = "all"
	LogErrors LogWhat = "errors" // the server's own, with status 500 and above
	LogNone   LogWhat = "none"
)

// Begin prepares a server. Routes are added before the first request.
func (s *Server) Begin() {
	s.rates, s.failures = newRates(s.Limits.Rate, s.Limits.Burst), failing(&s.Limits)
	s.ended, s.end = context.WithCancel(context.Background())
	if s.Requests == "" {
		s.Requests = LogErrors
	}
	none := &Route{ID: "none", Open: true, Do: s.nothing}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, none, false) })
}

// nothing is for paths that there are not, and methods that a path does not have.
func (s *Server) nothing(c *Call) error {
	var other []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		r := c.R.Clone(c.R.Context())
		r.Method = method
		if _, pattern := s.mux.Handler(r); pattern != "" && pattern != "/" {
			other = append(other, method)
		}
	}
	if len(other) > 0 {
		c.W.Header().Set("Allow", strings.Join(other, ", "))
		return NewProblem(http.StatusMethodNotAllowed, "method", "%s can't be asked with %s: use %s", clip(c.R.URL.Path), clip(c.R.Method), strings.Join(other, " or "))
	}
	return NotFound("there is no %s here: /v1/openapi.json lists what there is", clip(c.R.URL.Path))
}

// Add adds routes. Problems of plain ones are told as plain text, unless the caller asks
// for JSON.
func (s *Server) Add(plain bool, routes ...Route) {
	for _, r := range routes {
		s.routes = append(s.routes, &r)
		s.mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, q *http.Request) { s.serve(w, q, &r, plain) })
		if strings.Contains(r.Path, "{") || strings.HasSuffix(r.Path, "/") {
			continue
		}
		if s.exact == nil {
			s.exact = map[place]*served{}
		}
		s.exact[place{r.Method, r.Path}] = &served{&r, plain}
	}
}

// A place is a method and a path.
type place struct{ method, path string }

// A served route is one that was added.
type served struct {
	route *Route
	plain bool
}

// Routes lists what was added.
func (s *Server) Routes() []*Route { return s.routes }

// Drain ends streams, and asks callers to go elsewhere, before the server is shut down.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.end()
}

// Draining reports whether the server is about to end.
func (s *Server) Draining() bool { return s.draining.Load() }

// Ended is done when streams are to end.
func (s *Server) Ended() <-chan struct{} { return s.ended.Done() }

// Inflight counts the requests that are being answered.
func (s *Server) Inflight() int64 { return s.inflight.Load() }

// ServeHTTP implements http.Handler. A path that is written exactly as that of a route
// needs no look at patterns: the route is what the mux would find.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if one, found := s.exact[place{r.Method, r.URL.Path}]; found && r.URL.RawPath == "" {
		s.serve(w, r, one.route, one.plain)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// status remembers the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, route *Route, plain bool) {
	begun := time.Now()
	over := false
	if !route.Stream { // which would leave no room for others, and have a limit of their own
		over = s.inflight.Add(1) > int64(s.Limits.Inflight) && s.Limits.Inflight > 0
		defer s.inflight.Add(-1)
	}
	c := &Call{to: status{ResponseWriter: w}, R: r, Office: s.Office, server: s, route: route, plain: plain, most: s.Limits.Body}
	to := &c.to
	c.W = to
	if route.Body > 0 {
		c.most = route.Body
	}
	c.ID = requestID(r.Header.Get(RequestIDHeader))
	h := w.Header()
	h[RequestIDHeader] = c.header(headerID, c.ID)
	h["X-Content-Type-Options"] = nosniff
	var ended func(int, time.Duration)
	if s.Observer != nil {
		c.R, ended = s.Observer.Begin(route, r)
	}
	var err error
	defer func() { // also if the connection is cut
		if c.ctx != nil {
			c.ctx.release()
		}
		took := time.Since(begun)
		if ended != nil {
			ended(to.code, took)
		}
		if s.Requests == LogAll || s.Requests == LogErrors && to.code >= http.StatusInternalServerError {
			s.tell(c, to.code, took, err)
		}
	}()
	if route.Stream {
		s.unhurried(c)
	}
	if err = s.answer(c, over); err != nil {
		s.fail(c, err)
	}
}

// long reports whether the route may take longer than the connection allows by itself.
func (c *Call) long() bool { return c.route.Stream || c.route.Time > c.server.Limits.Time }

// patience is how long an answer may take to be sent, beyond the time to make it.
const patience = 30 * time.Second

// unhurried sets aside the time limits of the connection, which net/http sets when a
// request begins and which are meant for short ones: they would end the call as if the
// caller had left. A stream sets a limit for each of its pieces.
func (s *Server) unhurried(c *Call) {
	connection := http.NewResponseController(c.W)
	_ = connection.SetReadDeadline(time.Time{}) // what has none needs none taken away
	var until time.Time
	if !c.route.Stream {
		until = time.Now().Add(c.route.Time + patience)
	}
	_ = connection.SetWriteDeadline(until)
}

// Headers are written under their canonical names, and values that never change are
// shared: nobody changes the values of a header, only which there are.
var (
	nosniff  = []string{"nosniff"}
	noStore  = []string{"no-store"}
	jsonType = []string{"application/json"}
)

// answer lets the route answer, if the caller may ask.
func (s *Server) answer(c *Call, over bool) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // it is compared as net/http does
				panic(v)
			}
			s.Log.Error().Str("request_id", c.ID).Str("route", c.route.ID).Str("stack", string(debug.Stack())).Msgf("panic: %v", v)
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	if over {
		p := NewProblem(http.StatusServiceUnavailable, "busy", "the server answers as many requests as it can: try again")
		p.RetryAfter = time.Second
		return p
	}
	if err := s.cross.Check(c.R); err != nil {
		return Forbidden("a page of another origin can't ask this server")
	}
	if c.route.Open {
		c.Caller = &auth.Caller{}
		return c.route.Do(c)
	}
	if c.Caller, err = s.Who.Identify(c.R); err != nil {
		if p, ok := errors.AsType[*Problem](err); ok {
			return p
		}
		if errors.Is(err, auth.ErrUnavailable) {
			p := NewProblem(http.StatusServiceUnavailable, "unidentified", "%v", err)
			p.RetryAfter = time.Second
			return p
		}
		if wait := s.failed(c.R); wait > 0 {
			return tooMany(wait)
		}
		c.W.Header().Set("WWW-Authenticate", `Bearer realm="comity"`)
		return NewProblem(http.StatusUnauthorized, "unauthenticated", "%v", err)
	}
	if s.rates != nil {
		if wait := s.rates.take(c.Caller.ID, time.Now()); wait > 0 {
			return tooMany(wait)
		}
	}
	if err := c.Office.halted(); err != nil {
		return err
	}
	if !c.Caller.May(c.route.Need, c.Office.ID) {
		return Forbidden("%s needs the right %q in the office %s, which was not granted", c.route.ID, c.route.Need, c.Office.ID)
	}
	return c.route.Do(c)
}

// failed counts a proof that failed, and says how long to wait if it is one too many from
// where it came.
func (s *Server) failed(r *http.Request) time.Duration {
	if s.failures == nil {
		return 0
	}
	return s.failures.take(addressOf(r.RemoteAddr), time.Now())
}

// fail tells the caller of a problem, unless an answer was begun: then the connection
// is cut, so that nobody takes a part for the whole.
func (s *Server) fail(c *Call, err error) {
	if c.begun {
		if !errors.Is(err, context.Canceled) {
			s.Log.Warn().Str("request_id", c.ID).Str("route", c.route.ID).Err(err).Msg("the answer was broken off")
		}
		panic(http.ErrAbortHandler)
	}
	p := *ProblemOf(err)
	p.Instance = c.ID
	p.write(c.W, c.R.Header.Get("Accept"), c.plain)
}

// tell writes a line of the operator's log. It holds no personal data: of a path that
// names people it has the pattern.
func (s *Server) tell(c *Call, code int, took time.Duration, err error) {
	line := s.Log.Info()
	switch {
	case code == http.StatusGatewayTimeout: // mostly of a caller who waits for what never comes
		line = s.Log.Warn()
	case code >= http.StatusInternalServerError:
		line = s.Log.Error()
	}
	line = line.Str("request_id", c.ID).Str("route", c.route.ID).Str("method", c.R.Method).Int("status", code).Dur("took_ms", took)
	if c.Caller != nil {
		line = line.Str("caller", c.Caller.ID)
	}
	if err != nil {
		p := ProblemOf(err)
		line = line.Str("problem", p.Code)
		if _, made := errors.AsType[*Problem](err); code >= http.StatusInternalServerError && (!made || p.cause != nil) {
			line = line.AnErr("error", err) // what is wrong with a call repeats it, and it names people
		}
	}
	line.Msg("request")
}

// requestID returns the id that the caller gave, if it is one, or makes one up.
func requestID(given string) string {
	if given != "" && len(given) <= 128 && !strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return given
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
