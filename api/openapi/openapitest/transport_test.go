package openapitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/api/openapi/openapitest"
)

// TestWrong finds whatever the contract does not have.
func TestWrong(t *testing.T) {
	const caller = `{"id":"local","means":"nothing","grants":[]}`
	for _, c := range []struct {
		name, method, path, asked string
		status                    int
		headers                   string
		answer                    string
		want                      string
	}{
		{"as it should be", "GET", "/v1/caller", "", 200, "", caller, ""},
		{"a problem of no path", "GET", "/v1/nowhere", "", 404, "Content-Type: application/problem+json", `{"code":"luck"}`, "missing propert"},
		{"a status", "GET", "/v1/caller", "", 201, "", caller, "has no status 201"},
		{"a member", "GET", "/v1/caller", "", 200, "", `{"id":"local","means":"nothing","grants":[],"more":1}`, "additional properties 'more' not allowed"},
		{"a member less", "GET", "/v1/caller", "", 200, "", `{"id":"local","means":"nothing"}`, "missing property 'grants'"},
		{"a member deep down", "GET", "/v1/caller", "", 200, "", `{"id":"local","means":"nothing","grants":[{"role":"officer","offices":[],"countries":[],"programmes":[],"x":1}]}`, "'x' not allowed"},
		{"a value", "GET", "/v1/caller", "", 200, "", `{"id":"local","means":"luck","grants":[]}`, "value must be one of"},
		{"no JSON", "GET", "/v1/caller", "", 200, "", `{"id":`, "unexpected EOF"},
		{"a header", "GET", "/v1/caller", "", 200, "X-More: 1", caller, "the header X-More is not in the contract"},
		{"a header less", "GET", "/v1/caller", "", 200, "X-Request-Id: ", caller, "the header X-Request-ID is missing"},
		{"a header of another form", "GET", "/v1/office", "", 200, "Comity-Position: last", "{}", "the header Comity-Position"},
		{"a type", "GET", "/v1/caller", "", 200, "Content-Type: text/html", caller, "the Content-Type text/html is not in the contract"},
		{"a code of another status", "GET", "/v1/caller", "", 403, "Content-Type: application/problem+json", `{"type":"urn:comity:problem:busy","title":"x","status":403,"detail":"x","code":"busy"}`, "value must be"},
		{"a parameter", "GET", "/v1/caller?more=1", "", 200, "", caller, "the parameter more is not in the contract"},
		{"a body", "GET", "/v1/caller", "{}", 200, "", caller, "has a body"},
		{"a request", "POST", "/v1/ask", `{"subject":"ana"}`, 200, "Comity-Position: 1", "{}", "the request: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.asked))
			r.Header.Set("Content-Type", "application/json")
			w := &http.Response{StatusCode: c.status, Header: http.Header{"X-Request-Id": {"1"}, "Content-Type": {"application/json"}}}
			if name, value, found := strings.Cut(c.headers, ": "); found {
				w.Header.Set(name, value)
			}
			got := strings.Join(openapitest.Wrong(r, []byte(c.asked), w, []byte(c.answer)), "\n")
			if c.want == "" {
				assert.Empty(t, got)
			} else {
				assert.Contains(t, got, c.want)
			}
		})
	}
}
