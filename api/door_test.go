package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
)

// down is an identifier whose issuer does not answer.
type down struct{}

func (down) Identify(*http.Request) (*auth.Caller, error) {
	return nil, fmt.Errorf("look at the operator's log: %w", auth.ErrUnavailable)
}

// What a caller is told at the door of the server.
func TestAtTheDoor(t *testing.T) {
	key, hash := auth.NewKey()
	other, _ := auth.NewKey()
	every := []string{auth.Every}
	who, err := auth.New(auth.Config{Keys: []auth.Key{{ID: "gate", SHA256: hash, Grants: []auth.Grant{{Role: auth.System, Offices: every, Countries: every, Programmes: every}}}}}, auth.Options{})
	require.NoError(t, err)
	var log strings.Builder
	ask := func(who api.Identifier, path, credentials string) *httptest.ResponseRecorder {
		server := &api.Server{Office: &api.Office{ID: "protocol"}, Who: who, Log: zerolog.New(&log), Requests: api.LogAll}
		server.Begin()
		server.Add(false,
			api.Route{Method: "GET", Path: "/v1/whoami", ID: "whoami", Do: func(c *api.Call) error { return c.JSON(http.StatusOK, c.Caller.ID) }},
			api.Route{Method: "GET", Path: "/v1/audit", ID: "audit", Need: auth.Audit, Do: func(c *api.Call) error { return c.JSON(http.StatusOK, "all of it") }})
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		if credentials != "" {
			r.Header.Set("Authorization", credentials)
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		for _, secret := range []string{key[3:], other[3:]} {
			assert.NotContains(t, log.String(), secret)
			assert.NotContains(t, w.Body.String(), secret)
		}
		return w
	}

	w := ask(who, "/v1/whoami", key)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `"gate"`, w.Body.String())
	assert.Contains(t, log.String(), `"caller":"gate"`)
	assert.Equal(t, http.StatusForbidden, ask(who, "/v1/audit", key).Code)

	for said, credentials := range map[string]string{"does not say who sends it": "", "the key is not known here": other, "must be Bearer": "Basic " + key} {
		w = ask(who, "/v1/whoami", credentials)
		assert.Equal(t, http.StatusUnauthorized, w.Code)
		assert.Equal(t, `Bearer realm="comity"`, w.Header().Get("WWW-Authenticate"))
		assert.Contains(t, w.Body.String(), said)
	}

	w = ask(down{}, "/v1/whoami", key)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Empty(t, w.Header().Get("WWW-Authenticate"), "other credentials would not help")
}
