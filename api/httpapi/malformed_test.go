package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/httpapi"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
)

// TestMalformed sends anything to every route that is written to or asked by a body: it is
// refused as the caller's mistake, with a code, and never is the server's.
func TestMalformed(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	var paths []string
	for _, r := range httpapi.Routes() {
		if r.Method == http.MethodPost {
			paths = append(paths, strings.NewReplacer("{id}", "arandia", "{hash}", "00000000", "{kind}", "member").Replace(r.Path))
		}
	}
	require.Greater(t, len(paths), 10)
	piece := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `,`, `:`, `"`, `null`, `1e999`, `-1`, `true`, `"events"`, `"commands"`, `"files"`, `"text"`, `"effective"`, `"subject"`, `"a.yaml"`,
		`{"events":[`, `{"commands":[{"events":[`, `{"files":{"a.yaml":`, `{"text":"ruleset: arandia\nrules: ["}`, `"\ud800"`, "\xff", "\x00", dora, restrict, `{}`, strings.Repeat("[", 40), "\n",
	})
	media := rapid.SampledFrom([]string{"application/json", "application/x-ndjson", "text/csv", "text/plain", "application/json; charset=utf-16", ""})
	rapid.Check(t, func(rt *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(rt, "path")
		if path == "/v1/import" || rapid.IntRange(0, 9).Draw(rt, "query") == 0 {
			path += "?" + rapid.SampledFrom([]string{"kind=members", "kind=events", "dry_run=maybe", "kind=x", "%zz", "kind=members&kind=rates"}).Draw(rt, "of")
		}
		body := strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(rt, "body"), "")
		w, text := s.send(http.MethodPost, path, body, "Content-Type", media.Draw(rt, "media"))
		if w.StatusCode == http.StatusOK {
			return
		}
		var p api.Problem
		if err := json.Unmarshal(text, &p); err != nil || p.Code == "" || p.Detail == "" || w.StatusCode < 400 || w.StatusCode >= 500 {
			rt.Fatalf("POST %s %q: %d %s", path, body, w.StatusCode, text)
		}
	})
	assert.Less(t, int(s.office.Position()-before), 100)
}

// TestDraftUncertain finds a draft that was saved although nobody knew, by the same key.
func TestDraftUncertain(t *testing.T) {
	var faults *logtest.Faults
	s := serveOn(t, func(log eventlog.Log) eventlog.Log { faults = logtest.NewFaults(log); return faults })
	before := s.office.Position()
	faults.FailNext(true)
	for range 3 {
		faults.FailNext(false)
	}
	body := `{` + filesOf(lawOf("arandia", "2025-03", "denied")) + `}`
	w, text := s.send(http.MethodPost, "/v1/rulesets/arandia/drafts", body, api.KeyHeader, "save 1")
	require.Equal(t, http.StatusServiceUnavailable, w.StatusCode, "%s", text)
	assert.Contains(t, string(text), "save 1")
	w, text = s.send(http.MethodPost, "/v1/rulesets/arandia/drafts", body, api.KeyHeader, "save 1")
	require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
	var got recorded
	require.NoError(t, json.Unmarshal(text, &got))
	assert.True(t, got.Repeated)
	assert.Equal(t, before+1, s.office.Position())
	// The same key with another text is refused.
	w, text = s.send(http.MethodPost, "/v1/rulesets/arandia/drafts", strings.Replace(body, "2025-03", "2025-04", 1), api.KeyHeader, "save 1")
	assert.Equal(t, http.StatusConflict, w.StatusCode, "%s", text)
}
