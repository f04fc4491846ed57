package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// A server whose office has halted tells nothing of it, by no route, and does not say
// more of why than who is to ask another.
func TestAHaltedOfficeIsNotServed(t *testing.T) {
	s := serve(t)
	s.office.Halt(errors.New("at position 7 the root is 1234 here and 5678 at replica-2"))
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	closed := 0
	for _, r := range s.server.Routes() {
		if r.Open {
			continue
		}
		closed++
		q := httptest.NewRequest(r.Method, placeholder.ReplaceAllString(r.Path, "x"), http.NoBody)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, q)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, r.ID)
		assert.NotEmpty(t, w.Header().Get("Retry-After"), r.ID)
		text, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "5678", r.ID)
		if strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") {
			var p api.Problem
			require.NoError(t, json.Unmarshal(text, &p))
			assert.Equal(t, "halted", p.Code, r.ID)
		}
	}
	assert.Greater(t, closed, 30)
}

// What a command comes to on a log that others write to as well is told apart: a
// conflict that the caller asked for, others who were first, a log that can't be read.
func TestProblemsOfReplicas(t *testing.T) {
	for _, one := range []struct {
		err    error
		status int
		code   string
	}{
		{&engine.PositionError{Expected: 3, At: 4}, http.StatusConflict, "conflict"},
		{fmt.Errorf("%w (%w)", engine.ErrContended, eventlog.ErrConflict), http.StatusServiceUnavailable, "contended"},
		{fmt.Errorf("%w: %w", engine.ErrUnreachable, &codec.Error{}), http.StatusServiceUnavailable, "log_unreachable"},
		{engine.ErrHalted, http.StatusServiceUnavailable, "halted"},
	} {
		p := api.ProblemOf(one.err)
		assert.Equal(t, one.status, p.Status, one.code)
		assert.Equal(t, one.code, p.Code)
		assert.Equal(t, one.status == http.StatusServiceUnavailable, p.RetryAfter >= time.Second, one.code)
	}
}
