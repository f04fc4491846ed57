package api

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
)

// TestExactPaths holds that a path which is found without looking at patterns leads where
// the patterns lead.
func TestExactPaths(t *testing.T) {
	s := &Server{Office: &Office{}, Log: zerolog.Nop()}
	s.Begin()
	route := func(method, path, id string) Route {
		return Route{Method: method, Path: path, ID: id, Open: true, Do: func(c *Call) error { return c.Raw(http.StatusOK, "text/plain", []byte(id)) }}
	}
	s.Add(false, route("GET", "/v1/a", "a"), route("POST", "/v1/a", "post"), route("GET", "/v1/a/{id}", "one"), route("GET", "/v1/a/known", "known"), route("GET", "/v1/files/", "files"))
	for _, method := range []string{"GET", "POST", "HEAD", "PUT", "OPTIONS"} {
		for _, path := range []string{"/v1/a", "/v1/a/", "/v1//a", "/v1/./a", "/v1/%61", "/v1/a/known", "/v1/a/kn%6Fwn", "/v1/a/x%2Fy", "/v1/a/other", "/v1/a?x=1", "/v1/files/", "/v1/files/x", "/V1/a", "/"} {
			exact, mux := httptest.NewRecorder(), httptest.NewRecorder()
			s.ServeHTTP(exact, httptest.NewRequest(method, path, nil))
			s.mux.ServeHTTP(mux, httptest.NewRequest(method, path, nil))
			for _, w := range []*httptest.ResponseRecorder{exact, mux} {
				delete(w.Header(), RequestIDHeader)
			}
			assert.Equal(t, mux.Code, exact.Code, "%s %s", method, path)
			assert.Equal(t, mux.Header(), exact.Header(), "%s %s", method, path)
			if mux.Code == http.StatusOK {
				assert.Equal(t, mux.Body.String(), exact.Body.String(), "%s %s", method, path)
			}
		}
	}
}

// TestCountsWhatIsNotFound holds that what leads nowhere is one route to whoever counts.
func TestCountsWhatIsNotFound(t *testing.T) {
	o := &noting{}
	s := &Server{Office: &Office{}, Log: zerolog.Nop(), Observer: o}
	s.Begin()
	for _, path := range []string{"/x", "/y", "/z"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		assert.Equal(t, http.StatusNotFound, w.Code)
	}
	if assert.Len(t, o.routes, 3) {
		assert.Same(t, o.routes[0], o.routes[2])
	}
}

// noting remembers the routes of requests.
type noting struct{ routes []*Route }

func (n *noting) Begin(route *Route, r *http.Request) (*http.Request, func(int, time.Duration)) {
	n.routes = append(n.routes, route)
	return r, func(int, time.Duration) {}
}
