package authzen_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
)

// nobody is let in.
type nobody struct{}

func (nobody) Identify(*http.Request) (*auth.Caller, error) {
	return nil, api.NewProblem(http.StatusUnauthorized, "unauthenticated", "who are you?")
}

func metadata(t *testing.T, publicURL, path string) *httptest.ResponseRecorder {
	t.Helper()
	c := authzen.Config{PublicURL: publicURL}
	require.NoError(t, c.Check())
	return asked(c, path)
}

// asked is what is said at a path, to whoever claims to have come by another address.
func asked(c authzen.Config, path string) *httptest.ResponseRecorder {
	s := &api.Server{Office: &api.Office{}, Who: nobody{}, Log: zerolog.Nop()}
	s.Begin()
	s.Add(true, authzen.Routes(c)...)
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "evil.example.com"
	r.Header.Set("X-Forwarded-Host", "evil.example.com")
	r.Header.Set("X-Forwarded-Proto", "http")
	r.Header.Set("Forwarded", "host=evil.example.com")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// Everybody may know where to ask, and it never depends on what a caller says.
func TestMetadata(t *testing.T) {
	w := metadata(t, "https://pdp.example.org/", "/.well-known/authzen-configuration")
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.NotContains(t, w.Body.String(), "evil")
	var said map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
	assert.Equal(t, "https://pdp.example.org", said["policy_decision_point"])
	for name, path := range map[string]string{
		"access_evaluation_endpoint": "/access/v1/evaluation", "access_evaluations_endpoint": "/access/v1/evaluations", "search_subject_endpoint": "/access/v1/search/subject",
		"search_resource_endpoint": "/access/v1/search/resource", "search_action_endpoint": "/access/v1/search/action",
	} {
		u, err := url.Parse(said[name].(string))
		require.NoError(t, err)
		assert.Equal(t, "https", u.Scheme)
		assert.Equal(t, "https://pdp.example.org"+path, said[name])
	}
	assert.Len(t, said, 7)

	w = metadata(t, "https://pdp.example.org/tenant1", "/.well-known/authzen-configuration/tenant1")
	assert.Contains(t, w.Body.String(), `"policy_decision_point":"https://pdp.example.org/tenant1"`)
	assert.Contains(t, w.Body.String(), `"https://pdp.example.org/tenant1/access/v1/search/action"`)
	assert.Equal(t, w.Body.String(), metadata(t, "https://pdp.example.org/tenant1", "/.well-known/authzen-configuration").Body.String())
	assert.Equal(t, http.StatusOK, metadata(t, "http://127.0.0.1:8080", "/.well-known/authzen-configuration").Code)
	w = metadata(t, "", "/.well-known/authzen-configuration")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Contains(t, w.Body.String(), "serve.public_url")
	assert.Equal(t, http.StatusNotFound, metadata(t, "https://pdp.example.org", "/.well-known/authzen-configuration/tenant1").Code)
}

func TestPublicURLs(t *testing.T) {
	for text, want := range map[string]string{
		"https://pdp.example.org": "", "https://pdp.example.org:8443/a/b": "", "http://localhost:8080": "", "http://[::1]:80": "", "http://127.1.2.3": "",
		"http://pdp.example.org": "https", "ftp://localhost": "https", "pdp.example.org": "write it as", "https://": "write it as", "https:pdp": "write it as",
		"https://a@pdp.example.org": "leave out", "https://pdp.example.org?x": "leave out", "https://pdp.example.org/?": "leave out", "https://pdp.example.org#f": "leave out", "https://pdp.example.org/#": "leave out",
		"https://pdp.example.org/{id}": "plain", "https://pdp.example.org/a//b": "plain", "https://pdp.example.org/a%2fb": "plain", "http://localhost.example.org": "https", "::": "write it as",
	} {
		c := authzen.Config{PublicURL: text}
		err := c.Check()
		if want == "" {
			assert.NoError(t, err, text)
		} else {
			assert.ErrorContains(t, err, want, text)
		}
	}
	w := asked(authzen.Config{PublicURL: "http://pdp.example.org"}, "/.well-known/authzen-configuration")
	assert.Equal(t, http.StatusNotFound, w.Code, "no metadata that is not of the standard")
	assert.NotContains(t, w.Body.String(), "pdp.example.org")
}

// Whoever is not known is told so on every endpoint.
func TestNobodyIsLetIn(t *testing.T) {
	s := &served{t: t, Server: &api.Server{Office: &api.Office{}, Who: nobody{}, Log: zerolog.Nop()}}
	s.Begin()
	s.Add(true, authzen.Routes(authzen.Config{})...)
	for endpoint := range paths {
		assert.Equal(t, http.StatusUnauthorized, s.call(endpoint, `{}`).Code)
	}
}

func TestMappingsThatThereCantBe(t *testing.T) {
	for _, m := range []authzen.Mapping{
		{Subjects: map[string]string{"user": "vehicle"}}, {Subjects: map[string]string{"user": ""}}, {Actions: map[string]string{"read": ""}},
		{Resources: map[string]authzen.Resource{"r": {Kind: "member"}}}, {Resources: map[string]authzen.Resource{"r": {Kind: "vehicle", Fact: "matter"}}},
		{Resources: map[string]authzen.Resource{"r": {Privilege: true, Fact: "matter"}}},
		{Actions: map[string]string{"read": "record.read"}, Resources: map[string]authzen.Resource{"r": {Actions: []string{"raed"}}}}, {IDs: map[string]string{"x": "No Id"}},
	} {
		assert.ErrorContains(t, m.Check(), "mapping: ", "%+v", m)
	}
	usual, mine := authzen.Usual(), mapped()
	assert.NoError(t, usual.Check())
	assert.NoError(t, mine.Check())
}
