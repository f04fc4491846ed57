package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
)

// FuzzServer sends whatever there is to every route. The server is never at fault, is
// quick about it, and says what is wrong in the form that it promises.
func FuzzServer(f *testing.F) {
	s := serve(f)
	routes := s.server.Routes()
	bodies := []string{
		`{"subject":"ana","privilege":"imm.criminal"}`, `{"questions":[{"subject":"ana","privilege":"tax.sales","as_of":"2024-05-01"},{"subject":"ben","privilege":"tax.sales"}]}`,
		`{"events":[{"subject":"member/cy","type":"member.accredited","effective":"2024-01-01","authority":"note","payload":{"mission":"arandia-embassy","category":"dip.agent"}}]}`,
		`{"commands":[{"command":"a","events":[{"subject":"member/ana","type":"privilege.restricted","effective":"2025-04-01","authority":"order","payload":{"privileges":["tax.fuel"],"level":"withdrawn","reason":"lent"}}]}]}`,
		`{"subject":{"type":"member","id":"ana"},"action":{"name":"imm.criminal"},"resource":{"type":"privilege","id":"imm.criminal"}}`,
		`{"subject":{"type":"member"},"action":{"name":"imm.criminal"},"resource":{"type":"privilege","id":"imm.criminal"},"page":{"limit":1}}`,
		`[]`, `null`, `1e999`, "\xff", `{"subject":"a","subject":"b"}`, strings.Repeat("[", 100), strings.Repeat(`{"a":`, 40), "\ufeff{}", "",
	}
	queries := []string{
		"", "as_of=2024-05-01", "as_known=@3", "at_least=1", "limit=1&page=x", "subject=ana", "subject=member/ana&privilege=tax.sales", "state=arandia", "mission=arandia-embassy",
		"from=2024-01-01&to=2025-01-01", "kind=members", "dry_run=true", "as_of=now&as_of=now", "%zz", "a;b", "at=2300-12-31", "from=0001-01-01", "kind=balance&import=x&recorded=2024-01-01",
	}
	for i := range routes {
		for j := range max(len(bodies), len(queries)) {
			f.Add(uint8(i), "ana", queries[j%len(queries)], bodies[j%len(bodies)], "application/json")
		}
	}
	f.Add(uint8(0), "member/ana", "kind=members", "member,mission\nana,arandia-embassy\n", "text/csv")
	f.Add(uint8(0), "%2e%2e", "kind=events&dry_run=true", "{}\n{}\n", "application/x-ndjson")
	f.Fuzz(func(t *testing.T, n uint8, name, query, body, contentType string) {
		route := routes[int(n)%len(routes)]
		if route.Stream {
			return // goes on for as long as somebody listens
		}
		if strings.Contains(query, "at_least") || strings.Contains(body, "at_least") || strings.Contains(query, "page=") {
			return // may wait for what will be recorded, as long as the caller likes
		}
		path := route.Path
		for {
			before, after, named := strings.Cut(path, "{")
			if !named {
				break
			}
			_, after, _ = strings.Cut(after, "}")
			path = before + escaped(name) + after
		}
		r := httptest.NewRequest(route.Method, "http://127.0.0.1/", strings.NewReader(body))
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header["Content-Type"] = []string{contentType}
		w := httptest.NewRecorder()
		begun := time.Now()
		s.server.ServeHTTP(w, r)
		require.Less(t, time.Since(begun), time.Minute, "%s", route.ID)
		require.Len(t, w.Header()[api.RequestIDHeader], 1) //nolint:staticcheck // it is written as it is spelled
		said := w.Body.Bytes()
		switch kind := w.Header().Get("Content-Type"); {
		case w.Code >= http.StatusInternalServerError && w.Code != http.StatusGatewayTimeout:
			t.Fatalf("%s %s?%s: status %d: %s", route.Method, path, query, w.Code, said)
		case w.Code < http.StatusBadRequest:
			require.True(t, strings.HasPrefix(kind, "application/json") && json.Valid(said) || !strings.HasPrefix(kind, "application/json"), "%s: %s", route.ID, said)
		case kind == "application/problem+json":
			var p api.Problem
			require.NoError(t, json.Unmarshal(said, &p), "%s", said)
			require.Equal(t, w.Code, p.Status)
			require.NotEmpty(t, p.Detail)
			require.True(t, strings.HasPrefix(p.Type, "urn:comity:problem:"))
		default:
			require.Equal(t, "text/plain; charset=utf-8", kind, "%s", said)
			require.True(t, utf8.Valid(said))
		}
	})
}

// escaped keeps a name within its part of a path.
func escaped(name string) string {
	if name = strings.NewReplacer("/", "-", "{", "", "}", "").Replace(name); name == "" || name == "." || name == ".." {
		return "x"
	}
	return name
}
