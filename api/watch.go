package api

import (
	"context"
	"net/http"
	"time"

	"github.com/comity-project/comity/engine/watch"
)

// Watch lets the caller listen, if not as many do as may at one time, and returns who
// tells, and a context that is done when the caller is gone or streams are to end. Done
// must be called.
func (c *Call) Watch() (hub *watch.Hub, ctx context.Context, done func(), err error) {
	s := c.server
	if n := s.watchers.Add(1); s.Limits.Watchers > 0 && n > int64(s.Limits.Watchers) || s.Draining() {
		s.watchers.Add(-1)
		p := NewProblem(http.StatusServiceUnavailable, "busy", "as many listen as can: try again later")
		if s.Draining() {
			p.Detail = "the server is about to end: ask it again when it is back"
		}
		p.RetryAfter = 5 * time.Second
		return nil, nil, nil, p
	}
	s.hubbed.Do(func() { s.hub = watch.New(s.Office.Engine, watch.Options{}) })
	ctx, cancel := context.WithCancel(c.Context())
	stop := context.AfterFunc(s.ended, cancel)
	return s.hub, ctx, func() {
		stop()
		cancel()
		s.watchers.Add(-1)
	}, nil
}

// Watchers counts those who listen.
func (s *Server) Watchers() int64 { return s.watchers.Load() }

// Ended is done when streams are to end.
func (c *Call) Ended() <-chan struct{} { return c.server.Ended() }
