package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

func TestTryRuleset(t *testing.T) {
	s := practised(t).as("ana-lyst", auth.Analyst, "arandia")
	text := filesOf(lawOf("arandia", "2025-03", "denied"))
	before := s.office.Position()
	var got struct {
		api.Tried
		At []struct {
			Before, After domain.Decision
			Rules         []api.TriedRule
		} `json:"at"`
	}
	s.post("/v1/rulesets/arandia/try", `{`+text+`,"subject":"ana","privilege":"tax.sales","request":{"amount":"1"},"as_of":"2025-03-01","then":"2025-06-01"}`, &got)
	require.Len(t, got.At, 2)
	assert.Equal(t, domain.Allowed, got.At[0].Before.Outcome)
	assert.Equal(t, domain.Denied, got.At[0].After.Outcome)
	require.NotEmpty(t, got.At[0].Rules)
	assert.Equal(t, "A-1", got.At[0].Rules[0].ID)
	assert.Equal(t, before, s.office.Position(), "nothing is recorded")

	var saved struct {
		Hash string `json:"hash"`
	}
	s.post("/v1/rulesets/arandia/drafts", `{`+text+`}`, &saved)
	s.post("/v1/rulesets/arandia/drafts/"+saved.Hash[:8]+"/try", `{"subject":"member/ana","privilege":"tax.sales","request":{"amount":"1"},"rule":"A-1"}`, &got)
	assert.Equal(t, domain.Denied, got.At[0].After.Outcome)

	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"/v1/rulesets/arandia/try", `{` + text + `}`, 400, "subject"},
		{"/v1/rulesets/arandia/try", `{` + text + `,"subject":"ana"}`, 400, "privilege"},
		{"/v1/rulesets/arandia/try", `{"subject":"ana","privilege":"tax.sales"}`, 400, "files"},
		{"/v1/rulesets/arandia/try", `{` + text + `,"subject":"bo","privilege":"tax.sales"}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/try", `{` + text + `,"subject":"nobody","privilege":"tax.sales"}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/try", `{` + text + `,"subject":"ana","privilege":"tax.sales","then":"soon"}`, 400, "as_of"},
		{"/v1/rulesets/arandia/try", `{` + text + `,"subject":"ana","privilege":"tax.sales","as_known":"99999"}`, 400, "as_known"},
		{"/v1/rulesets/arandia/try", `{` + strings.ReplaceAll(text, "tax.sales", "tax.sails") + `,"subject":"ana","privilege":"tax.sales"}`, 422, "ruleset_invalid"},
		{"/v1/rulesets/borvia/try", `{` + text + `,"subject":"ana","privilege":"tax.sales"}`, 403, "forbidden"},
		{"/v1/rulesets/common/try", `{` + text + `,"subject":"ana","privilege":"tax.sales"}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/drafts/00000000/try", `{"subject":"ana","privilege":"tax.sales"}`, 404, "unknown"},
		{"/v1/rulesets/arandia/drafts/" + saved.Hash + "/try", `{` + text + `,"subject":"ana","privilege":"tax.sales"}`, 400, "files"},
	} {
		s.refused(c.status, c.code, http.MethodPost, c.path, c.body)
	}
}

func TestRulesetImpact(t *testing.T) {
	s := practised(t).as("ana-lyst", auth.Analyst, "*")
	text := filesOf(lawOf("arandia", "2025-03", "denied"))
	before := s.office.Position()
	var got struct {
		api.Impact
		Affected []struct {
			Subject string `json:"subject"`
			Kind    string `json:"kind"`
		} `json:"affected"`
		More int `json:"more"`
	}
	ask := `{` + text + `,"request":{"amount":"1"},"as_of":"2025-03-05"`
	s.post("/v1/rulesets/arandia/impact", ask+`}`, &got)
	assert.Positive(t, got.People.Now.Loses)
	require.NotEmpty(t, got.Affected)
	listed := len(got.Affected)
	for _, a := range got.Affected {
		assert.NotEqual(t, "member/bo", a.Subject)
		assert.Equal(t, "loses", a.Kind)
	}
	s.post("/v1/rulesets/arandia/impact", ask+`,"limit":1,"by":"category","once":true}`, &got)
	assert.Len(t, got.Affected, 1)
	assert.Equal(t, listed-1, got.More)
	assert.Equal(t, "category", got.By)
	assert.Equal(t, before, s.office.Position())

	// Of a State alone, for whoever was granted no more.
	s.as("ana-lyst", auth.Analyst, "arandia")
	s.post("/v1/rulesets/arandia/impact", ask+`}`, &got)
	assert.Len(t, got.Affected, listed)
	var saved struct {
		Hash string `json:"hash"`
	}
	s.post("/v1/rulesets/arandia/drafts", `{`+text+`}`, &saved)
	s.post("/v1/rulesets/arandia/drafts/"+saved.Hash+"/impact", `{"request":{"amount":"1"},"as_of":"2025-03-05","privileges":["tax.sales"],"missions":["arandia-embassy"]}`, &got)
	assert.Positive(t, got.People.Now.Loses)

	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{"/v1/rulesets/arandia/impact", ask + `,"states":["borvia"]}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/impact", ask + `,"missions":["borvia-embassy"]}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/impact", ask + `,"missions":["nowhere"]}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/impact", ask + `,"by":"age"}`, 400, "by"},
		{"/v1/rulesets/arandia/impact", ask + `,"limit":-1}`, 400, "limit"},
		{"/v1/rulesets/arandia/impact", ask + `,"limit":1000000}`, 400, "limit"},
		{"/v1/rulesets/arandia/impact", ask + `,"until":"soon"}`, 400, "until"},
		{"/v1/rulesets/arandia/impact", ask + `,"until":"2025-01-01"}`, 400, "until"},
		{"/v1/rulesets/arandia/impact", ask + `,"effective":"soon"}`, 400, "effective"},
		{"/v1/rulesets/arandia/impact", ask + `,"privileges":["tax.sails"]}`, 404, "unknown"},
		{"/v1/rulesets/arandia/impact", `{}`, 400, "files"},
		{"/v1/rulesets/arandia/impact", strings.ReplaceAll(ask, "tax.sales", "tax.sails") + `}`, 422, "ruleset_invalid"},
		{"/v1/rulesets/borvia/impact", ask + `}`, 403, "forbidden"},
		{"/v1/rulesets/common/impact", ask + `}`, 403, "forbidden"},
		{"/v1/rulesets/arandia/drafts/00000000/impact", `{}`, 404, "unknown"},
	} {
		s.refused(c.status, c.code, http.MethodPost, c.path, c.body)
	}
}

// TestRulesetImpactLeft ends the work when the caller leaves, so that the next is answered.
func TestRulesetImpactLeft(t *testing.T) {
	s := practised(t)
	body := `{` + filesOf(lawOf("arandia", "2025-03", "denied")) + `,"request":{"amount":"1"}}`
	for range 5 { // more than there are places
		ctx, leave := context.WithTimeout(t.Context(), time.Millisecond)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/rulesets/arandia/impact", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		if w, err := http.DefaultClient.Do(r); err == nil {
			_ = w.Body.Close()
		}
		leave()
	}
	var got json.RawMessage
	s.post("/v1/rulesets/arandia/impact", body, &got)
}
