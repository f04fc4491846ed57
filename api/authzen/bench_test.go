package authzen_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// arandia is a State with an embassy and people at it.
func arandia(members int) []domain.Envelope {
	out := []domain.Envelope{
		domaintest.Registered("arandia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
	}
	for i := range members {
		out = append(out, domaintest.Accredited(domain.MemberID(fmt.Sprintf("m-%03d", i)), "arandia-embassy", []domain.Category{"dip.agent", "dip.at", "dip.service"}[i%3], "2024-01-01"))
	}
	return out
}

// replay sends the same call again and again, to a writer that keeps nothing.
func replay(b *testing.B, s *served, endpoint, body string) {
	b.Helper()
	require.Equal(b, http.StatusOK, s.call(endpoint, body).Code)
	reader := strings.NewReader(body)
	r := httptest.NewRequest(http.MethodPost, paths[endpoint], reader)
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = int64(len(body))
	w := &nowhere{h: http.Header{}}
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		reader.Reset(body)
		r.Body = io.NopCloser(reader)
		s.ServeHTTP(w, r)
	}
	require.Equal(b, http.StatusOK, w.code)
}

type nowhere struct {
	h    http.Header
	code int
}

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(code int)        { n.code = code }

func BenchmarkEvaluation(b *testing.B) {
	s := shipped(b, arandia(100)...)
	s.Limits.Batch = 1000
	b.Run("bare", func(b *testing.B) {
		replay(b, s, "evaluation", `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}}`)
	})
	b.Run("with a fact", func(b *testing.B) {
		replay(b, s, "evaluation", `{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1"},"context":{"amount":30000}}`)
	})
	b.Run("explained", func(b *testing.B) {
		replay(b, s, "evaluation", `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"context":{"comity":{"explain":true}}}`)
	})
	var bare, facts, whole []string
	for i := range 100 {
		bare = append(bare, fmt.Sprintf(`{"subject":{"type":"member","id":"m-%03d"}}`, i))
		facts = append(facts, fmt.Sprintf(`{"subject":{"type":"member","id":"m-%03d"},"context":{"amount":%d}}`, i, 1000*i))
		whole = append(whole, fmt.Sprintf(`{"subject":{"type":"member","id":"m-%03d"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}}`, i))
	}
	b.Run("batch of 100", func(b *testing.B) {
		replay(b, s, "evaluations", `{"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"evaluations":[`+strings.Join(bare, ",")+`]}`)
	})
	b.Run("batch of 100, each whole", func(b *testing.B) {
		replay(b, s, "evaluations", `{"evaluations":[`+strings.Join(whole, ",")+`]}`)
	})
	b.Run("batch of 100 with a fact", func(b *testing.B) {
		replay(b, s, "evaluations", `{"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1"},"evaluations":[`+strings.Join(facts, ",")+`]}`)
	})
}

// A search among many: the first page, and all of them.
func BenchmarkSearch(b *testing.B) {
	s := shipped(b, arandia(1)...)
	const members = 20_000
	for n := 0; n < members; n += 1000 {
		var events []domain.Envelope
		for i := range 1000 {
			events = append(events, domaintest.Accredited(domain.MemberID(fmt.Sprintf("n-%05d", n+i)), "arandia-embassy", []domain.Category{"dip.agent", "dip.at", "dip.service"}[i%3], "2024-01-01"))
		}
		s.record(b, events...)
	}
	all := `{"subject":{"type":"member"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}`
	b.Run("a page of 50", func(b *testing.B) { replay(b, s, "subject", all+`,"page":{"limit":50}}`) })
	b.Run("a page of 10,000", func(b *testing.B) { replay(b, s, "subject", all+`,"page":{"limit":10000}}`) })
	require.NoError(b, s.office.Warm(b.Context(), nil))
	b.Run("a page of 10,000, kept", func(b *testing.B) { replay(b, s, "subject", all+`,"page":{"limit":10000}}`) })
	b.Run("a page of 10,000 with a fact", func(b *testing.B) {
		replay(b, s, "subject", all+`,"context":{"offence":"crime.felony"},"page":{"limit":10000}}`)
	})
	b.Run("nobody", func(b *testing.B) {
		replay(b, s, "subject", `{"subject":{"type":"member"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"context":{"as_of":"2023-01-01"}}`)
	})
	b.Run("actions", func(b *testing.B) {
		replay(b, s, "action", `{"subject":{"type":"member","id":"n-00001"},"resource":{"type":"act","id":"1"}}`)
	})
}
