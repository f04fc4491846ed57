package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// A health says whether the server lives, and whether it is ready for callers. The zero
// health is that of a server which has just begun.
type health struct {
	mu       sync.Mutex
	doing    string          // what the opening does; mu
	done, of domain.Position // how far it is; mu
	office   *office         // once it is open; mu
	server   *api.Server     // once it serves; mu
	draining bool            // mu
	address  string          // of the port; mu

	// How far the office is behind the end of its log.
	end    domain.Position // of the log; mu
	behind time.Time       // since when; zero if it is not; mu
	beat   time.Time       // when that was last looked at; mu
	broken string          // why it could not be; mu
}

func (h *health) phase(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.doing, h.done, h.of = what, 0, 0
}

func (h *health) progress(done, of domain.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done, h.of = done, of
}

func (h *health) open(o *office) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.office, h.doing = o, ""
}

func (h *health) serve(s *api.Server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.server = s
}

func (h *health) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining = true
}

func (h *health) url() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.address == "" {
		return ""
	}
	return "http://" + h.address
}

// look compares the office with the true end of its log.
func (h *health) look(ctx context.Context, now time.Time) {
	h.mu.Lock()
	o := h.office
	h.mu.Unlock()
	if o == nil {
		return
	}
	if o.p.remote() {
		brief, cancel := context.WithTimeout(ctx, lookMost)
		defer cancel()
		ctx = brief
	}
	end, err := o.log.Head(ctx)
	if err == nil {
		if file, ok := o.log.(presence); ok {
			err = file.Present()
		}
	}
	at := o.Position() // after the end was read, so that what arrives meanwhile is not behind
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beat = now
	if err != nil {
		h.broken = err.Error()
		if errors.Is(err, eventlog.ErrGone) {
			h.broken = "the file of the log was removed, replaced or cut off: nothing is recorded"
		}
		if errors.Is(err, context.DeadlineExceeded) {
			h.broken = "nobody has told it within " + lookMost.String()
		}
		if h.behind.IsZero() {
			h.behind = now
		}
		return
	}
	h.broken, h.end = "", domain.Position(end)
	switch {
	case at >= h.end:
		h.behind = time.Time{}
	case h.behind.IsZero():
		h.behind = now
	}
}

// lag says how far the office is behind: events, and for how long.
func (h *health) lag(now time.Time) (events domain.Position, seconds float64, beat time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.office != nil && h.end > h.office.Position() {
		events = h.end - h.office.Position()
	}
	if !h.behind.IsZero() {
		seconds = now.Sub(h.behind).Seconds()
	}
	return events, seconds, h.beat
}

// A readiness is what /readyz says.
type readiness struct {
	Ready bool `json:"ready"`
	// Why it is not.
	Why      []string        `json:"why,omitempty"`
	Office   domain.OfficeID `json:"office,omitempty"`
	Position domain.Position `json:"position"`
	LogEnd   domain.Position `json:"log_end"`
	Behind   float64         `json:"behind_seconds"`
	Opening  string          `json:"opening,omitempty"`
	Done     domain.Position `json:"opened,omitempty"`
	Of       domain.Position `json:"opening_of,omitempty"`
}

// staleAfter is when nobody has looked for so long that nothing is known of the lag.
const staleAfter = 5 * time.Second

func (v *service) readiness(now time.Time) readiness {
	h := &v.health
	events, behind, beat := h.lag(now)
	h.mu.Lock()
	defer h.mu.Unlock()
	r := readiness{LogEnd: h.end, Behind: behind}
	why := func(text string) { r.Why = append(r.Why, text) }
	if h.office == nil {
		r.Opening, r.Done, r.Of = h.doing, h.done, h.of
		why("the office is being opened")
		return r
	}
	r.Office, r.Position = h.office.Root().Office().ID, h.office.Position()
	r.LogEnd = max(r.LogEnd, r.Position) // the end is looked at now and then
	if h.server == nil {
		why("the server is being started")
	}
	if h.draining {
		why("the server is ending")
	}
	if err := h.office.Halted(); err != nil {
		why(err.Error())
	}
	if h.broken != "" {
		why("the end of the log can't be read: " + h.broken)
	}
	if now.Sub(beat) > staleAfter {
		why("nobody has looked at the end of the log for a while")
	} else if events > 0 && behind > v.settings.Operations.Behind.Seconds() {
		why("the office is behind its log")
	}
	if _, _, err := h.office.Root().LawAt(instant(now), h.office.Position()); err != nil {
		why("no common law is in force")
	}
	if err := v.who.Ready(); err != nil {
		why("who asks can't be found out: " + err.Error())
	}
	r.Ready = len(r.Why) == 0
	return r
}

// mostOperations is how many connections the port of metrics and health has.
const mostOperations = 64

// serveHealth opens the port of metrics and health.
func (v *service) serveHealth(ctx context.Context) (stop func(), err error) {
	address := v.settings.Operations.Listen
	if address == "" {
		return func() {}, nil
	}
	l, err := v.listen(ctx, "operations.listen", address)
	if err != nil {
		return nil, err
	}
	v.health.mu.Lock()
	v.health.address = l.Addr().String()
	v.health.mu.Unlock()
	few := newConns(l, mostOperations)
	web := &http.Server{Handler: v.healthRoutes(), ConnState: few.state, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it goes on while the server drains
	var busy sync.WaitGroup
	busy.Go(func() { _ = web.Serve(few) }) // it ends when it is closed
	busy.Go(func() {
		for v.health.look(ctx, v.p.clock()); pause(ctx, time.Second); {
			v.health.look(ctx, v.p.clock())
		}
	})
	return func() {
		cancel()
		_ = web.Close() // nothing is lost by that
		busy.Wait()
	}, nil
}

func (v *service) healthRoutes() http.Handler {
	var mux http.ServeMux
	mux.Handle("GET /metrics", v.metrics.handler())
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		sayJSON(w, http.StatusOK, map[string]bool{"alive": true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		r := v.readiness(v.p.clock())
		status := http.StatusOK
		if !r.Ready {
			status = http.StatusServiceUnavailable
		}
		sayJSON(w, status, r)
	})
	return &mux
}

func sayJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who is gone is not told
}
