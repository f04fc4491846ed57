package authzen_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever is sent, nothing breaks: the answer is one that the standard knows, and a
// decision is made only of what can be read.
func FuzzBodies(f *testing.F) {
	s := records(f)
	entries, err := os.ReadDir("testdata/vectors")
	require.NoError(f, err)
	for _, entry := range entries {
		for _, v := range vectors(f, entry.Name()) {
			f.Add(v.endpoint, v.body)
		}
	}
	f.Add("evaluation", strings.Repeat(`{"subject":`, 40))
	f.Add("evaluation", "{\"subject\":{\"type\":\"user\",\"id\":\"\xff\"}}")
	f.Add("evaluations", `{"evaluations":[{"subject":{"type":"user","id":"alice","id":"bob"}}]}`)
	f.Fuzz(func(t *testing.T, endpoint, body string) {
		if paths[endpoint] == "" {
			return
		}
		one := *s
		one.t = t
		w := one.call(endpoint, body)
		switch w.Code {
		case http.StatusOK:
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			return
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		require.True(t, json.Valid([]byte(body)), "decided about no JSON: %q", body)
		var said struct {
			Decision    *bool `json:"decision"`
			Evaluations []struct {
				Decision *bool `json:"decision"`
			} `json:"evaluations"`
			Results []map[string]any `json:"results"`
			Page    *struct {
				Next *string `json:"next_token"`
			} `json:"page"`
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &said))
		switch {
		case endpoint == "evaluation":
			require.NotNil(t, said.Decision)
		case endpoint == "evaluations":
			require.True(t, said.Decision != nil || len(said.Evaluations) > 0)
			for _, e := range said.Evaluations {
				require.NotNil(t, e.Decision)
			}
		default:
			require.NotNil(t, said.Results)
			require.True(t, said.Page == nil || said.Page.Next != nil)
		}
		require.Equal(t, w.Body.String(), one.call(endpoint, body).Body.String(), "the same again")
	})
}
