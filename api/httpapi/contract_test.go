package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/api/openapi"
	"github.com/comity-project/comity/internal/golden"
)

// spoken is how the office of the examples speaks AuthZEN.
var spoken = authzen.Config{PublicURL: "https://pdp.example.org", Key: []byte("the same each time, for the tests")}

// TestContract has every route in the document once, and nothing besides.
func TestContract(t *testing.T) {
	type line struct{ method, path, right string }
	routes, operations := map[string]line{}, map[string]line{}
	for _, r := range append(httpapi.Routes(), authzen.Routes(spoken)...) {
		need := "right " + string(r.Need)
		if r.Open {
			need = "open"
		}
		assert.NotContains(t, routes, r.ID, "two routes")
		routes[r.ID] = line{r.Method, strings.ReplaceAll(r.Path, "...}", "}"), need}
	}
	for _, op := range openapi.Operations() {
		need := "right " + op.Right
		if op.Open {
			need = "open"
		}
		operations[op.ID] = line{op.Method, op.Path, need}
	}
	for id, r := range routes {
		assert.Equal(t, r, operations[id], "the operation %s in api/openapi/*.yaml, which is not that of the route", id)
	}
	for id := range operations {
		assert.Contains(t, routes, id, "an operation of the contract that there is not")
	}
}

// TestExamples asks every example of the contract, and compares the answer with the one
// that the contract shows. After a change that was meant, run it with -update.
func TestExamples(t *testing.T) {
	if golden.Update() {
		require.NoError(t, os.MkdirAll("../openapi/answers", 0o750))
	}
	kept := map[string]bool{"answers/README.md": true}
	reads := serve(t) // changed by nobody
	for _, op := range openapi.Operations() {
		t.Run(op.ID, func(t *testing.T) {
			s := *reads
			if op.Method != http.MethodGet && op.Right != "ask" {
				s = *serve(t)
			}
			s.t = t
			for _, c := range op.Calls {
				file := openapi.AnswerFile(op, c)
				kept[file] = true
				s.example(t, op, c, "../openapi/"+file)
			}
		})
	}
	files, err := filepath.Glob("../openapi/answers/*")
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, kept["answers/"+filepath.Base(file)], "%s is the answer to no example: remove it", file)
	}
}

// example asks one example.
func (s *served) example(t *testing.T, op openapi.Operation, c openapi.Call, file string) {
	t.Helper()
	headers := []string{api.RequestIDHeader, "example"}
	if c.Type != "" {
		headers = append(headers, "Content-Type", c.Type)
	}
	for name, value := range c.Headers {
		headers = append(headers, name, value)
	}
	w, text := s.send(op.Method, c.Path, string(c.Body), headers...)
	require.Equal(t, c.Status, w.StatusCode, "%s\n%s", c.Name, text)
	if op.Open && strings.HasPrefix(op.ID, "getOpenAPI") {
		text = []byte(`{"openapi":"3.1.0"}`) // the document is not within itself
	}
	var shown bytes.Buffer
	if strings.HasSuffix(file, ".json") {
		require.NoError(t, json.Indent(&shown, text, "", "  "), "%s", text)
	} else {
		shown.Write(text)
	}
	shown.WriteByte('\n')
	had, err := os.ReadFile(file)
	if err == nil && masked(string(had)) == masked(shown.String()) {
		return
	}
	if golden.Update() {
		require.NoError(t, os.WriteFile(file, shown.Bytes(), 0o600))
		return
	}
	require.NoError(t, err)
	assert.Equal(t, masked(string(had)), masked(shown.String()), "%s: %s", op.ID, c.Name)
}

// masked is a text without what is new each time: ids of events, and hashes.
func masked(text string) string {
	return regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{64}\b`).ReplaceAllString(text, "NEW")
}

// TestServedContract is what the package has, sent once.
func TestServedContract(t *testing.T) {
	s := serve(t)
	for path, form := range map[string]func(string) []byte{"/v1/openapi.json": openapi.JSON, "/v1/openapi.yaml": openapi.YAML} {
		w, text := s.send(http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, w.StatusCode)
		assert.Equal(t, string(form("test")), string(text))
		tag := w.Header.Get("ETag")
		require.NotEmpty(t, tag)
		w, text = s.send(http.MethodGet, path, "", "If-None-Match", `"other", W/`+tag)
		assert.Equal(t, http.StatusNotModified, w.StatusCode)
		assert.Empty(t, text)
		w, _ = s.send(http.MethodGet, path, "", "If-None-Match", `"other"`)
		assert.Equal(t, http.StatusOK, w.StatusCode)
	}
}
