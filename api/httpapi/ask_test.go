package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

func TestAsk(t *testing.T) {
	s := serve(t)
	w, text := s.send(http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
	require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
	want, err := s.office.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal"})
	require.NoError(t, err)
	same, err := codec.EncodeDecision(want)
	require.NoError(t, err)
	assert.Equal(t, string(same), string(text), "the answer is that of the engine, byte for byte")
	assert.Equal(t, domain.Allowed, want.Outcome)
	assert.Equal(t, fmt.Sprint(want.AsKnown), w.Header.Get(api.PositionHeader))

	var d domain.Decision
	s.post("/v1/ask", `{"subject":"member/ana","privilege":"imm.criminal","as_of":"2023-06-01"}`, &d)
	assert.Equal(t, domain.Denied, d.Outcome, "before she came")
	s.post("/v1/ask", fmt.Sprintf(`{"subject":"ana","privilege":"imm.criminal","as_known":%d}`, want.AsKnown), &d)
	assert.Equal(t, want.AsKnown, d.AsKnown, "a position as it is in answers")
	s.refused(http.StatusBadRequest, "body_invalid", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal","as_known":1.5}`)
	s.refused(http.StatusBadRequest, "body_invalid", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal","as_known":-1}`)
	s.post("/v1/ask", fmt.Sprintf(`{"subject":"ana","privilege":"tax.sales","request":{"amount":"15000"},"at_least":%d}`, s.office.Position()), &d)
	assert.Equal(t, map[string]string{"amount": "15000"}, d.Request)

	var e struct {
		Decision domain.Decision
		Events   []api.CitedEvent
	}
	s.post("/v1/explain", `{"subject":"ana","privilege":"imm.criminal"}`, &e)
	require.NotEmpty(t, e.Events)
	assert.NotContains(t, fmt.Sprint(e.Events), "Example", "no personal data")
}

func TestAskRefused(t *testing.T) {
	s := serve(t)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{`{"subject":"anna","privilege":"imm.criminal"}`, 404, "unknown"},
		{`{"subject":"ana","privilege":"imm.criminel"}`, 404, "unknown"},
		{`{"subject":"state/arandia","privilege":"imm.criminal"}`, 400, "subject"},
		{`{"privilege":"imm.criminal"}`, 400, "subject"},
		{`{"subject":"ana"}`, 400, "privilege"},
		{`{"subject":"ana","privilege":"imm.criminal","request":{"nonsense":"1"}}`, 400, "request_does_not_fit"},
		{`{"subject":"ana","privilege":"imm.criminal","request":{"amount":15}}`, 400, "body_invalid"},
		{`{"subject":"ana","privilege":"imm.criminal","as_of":"soon"}`, 400, "as_of"},
		{`{"subject":"ana","privilege":"imm.criminal","as_known":"999999"}`, 400, "as_known"},
		{`{"subject":"ana","subject":"ben","privilege":"imm.criminal"}`, 400, "body_invalid"},
		{`{"subject":"ana","privilege":"imm.criminal","user":"x"}`, 400, "body_invalid"},
		{`{"subject":"ana","privilege":"imm.criminal"} {}`, 400, "body_invalid"},
		{`{"subject":"` + "\xff" + `","privilege":"imm.criminal"}`, 400, "body_invalid"},
		{``, 400, "content_type"},
		{` `, 400, "body_empty"},
		{`[]`, 400, "body_invalid"},
	} {
		s.refused(c.status, c.code, http.MethodPost, "/v1/ask", c.body)
	}
}

func TestAValueOfTheWrongTypeIsToldTheRightOne(t *testing.T) {
	s := serve(t)
	for body, detail := range map[string]string{
		`{"subject":"ana","privilege":"imm.criminal","request":{"amount":15}}`: "the body: /request/amount is of the wrong type: write a text, in quotation marks",
		`{"subject":"ana","privilege":"imm.criminal","as_of":4}`:               "the body: /as_of is of the wrong type: write a text, in quotation marks",
		`{"subject":"ana","privilege":"imm.criminal","request":[]}`:            "the body: /request is of the wrong type: write an object",
		`{"subject":"ana","privilege":"imm.criminal","at_least":"4"}`:          "the body: /at_least is of the wrong type: write a whole number from 0",
		`[]`: "the body: the whole is of the wrong type: write an object",
	} {
		assert.Equal(t, detail, s.refused(http.StatusBadRequest, "body_invalid", http.MethodPost, "/v1/ask", body).Detail)
	}
	assert.Equal(t, "the body: /questions is of the wrong type: write a list",
		s.refused(http.StatusBadRequest, "body_invalid", http.MethodPost, "/v1/ask/batch", `{"questions":{}}`).Detail)
}

func TestAskBatch(t *testing.T) {
	s := serve(t)
	var out struct {
		Answers []struct {
			Decision *domain.Decision
			Problem  *api.Problem
		}
	}
	s.post("/v1/ask/batch", `{"questions":[
		{"subject":"ana","privilege":"tax.sales","request":{"amount":"1"}},
		{"subject":"ana","privilege":"tax.sales","request":{"amount":"2"}},
		{"subject":"nobody","privilege":"tax.sales"}]}`, &out)
	require.Len(t, out.Answers, 3)
	assert.Equal(t, "1", out.Answers[0].Decision.Request["amount"], "each has its own facts")
	assert.Equal(t, "2", out.Answers[1].Decision.Request["amount"])
	assert.Equal(t, "unknown", out.Answers[2].Problem.Code)
	assert.Nil(t, out.Answers[2].Decision)
	s.refused(http.StatusBadRequest, "questions", http.MethodPost, "/v1/ask/batch", `{"questions":[]}`)
	s.server.Limits.Batch = 1
	s.refused(http.StatusBadRequest, "batch_too_large", http.MethodPost, "/v1/ask/batch", `{"questions":[{"subject":"ana","privilege":"tax.sales"},{"subject":"ana","privilege":"tax.sales"}]}`)
}

// TestAskScope lets callers ask no further than they were granted, and tells them the same
// of who is not theirs as of who is not on record.
func TestAskScope(t *testing.T) {
	s := serve(t)
	s.who = &auth.Caller{ID: "fuel", Grants: []auth.Grant{{Role: auth.System, Offices: []string{"test-office"}, Countries: []string{"arandia"}, Programmes: []string{"tax"}}}}
	var d domain.Decision
	s.post("/v1/ask", `{"subject":"ana","privilege":"tax.sales"}`, &d)
	other := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/ask", `{"subject":"member/bo","privilege":"tax.sales"}`)
	nobody := s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/ask", `{"subject":"member/xx","privilege":"tax.sales"}`)
	assert.Equal(t, len(other.Detail), len(nobody.Detail), "%s %s", other.Detail, nobody.Detail)
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
	s.who = &auth.Caller{ID: "elsewhere", Grants: []auth.Grant{{Role: auth.System, Offices: []string{"other-office"}, Countries: []string{"*"}, Programmes: []string{"*"}}}}
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"tax.sales"}`)
	s.who = &auth.Caller{ID: "machine", Grants: []auth.Grant{{Role: auth.Operator, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}}}}
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"tax.sales"}`)
}

func TestAskedBytes(t *testing.T) {
	s := serve(t)
	_, first := s.send(http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`)
	_, again := s.send(http.MethodPost, "/v1/ask", `{"privilege":"imm.criminal","subject":"member/ana"}`)
	assert.JSONEq(t, string(first), string(again))
	assert.True(t, json.Valid(first))
}

// A question that brings more facts than any law asks for is refused before each is
// looked at.
func TestAskTooManyFacts(t *testing.T) {
	s := serve(t)
	facts := make([]string, 50_000)
	for i := range facts {
		facts[i] = fmt.Sprintf(`"fact%d":"x"`, i)
	}
	p := s.refused(http.StatusBadRequest, "request_does_not_fit", http.MethodPost, "/v1/ask", `{"subject":"ana","privilege":"imm.criminal","request":{`+strings.Join(facts, ",")+`}}`)
	assert.Equal(t, "the question brings 50000 facts: bring at most 100", p.Detail)
}
