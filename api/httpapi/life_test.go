package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// lawOf is a ruleset of a State with one rule about tax.sales.
func lawOf(state, name, outcome string) string {
	return "ruleset: " + state + "\nedition: \"" + name + "\"\ntitle: A test\nrules:\n" +
		"  - {id: A-1, tier: reciprocity, privilege: [tax.sales], outcome: " + outcome + ", basis: {practice: same}, cite: [VCDR 47(2)(a)], because: A test.}\n"
}

func filesOf(text string) string {
	raw, _ := json.Marshal(map[string]any{"ruleset.yaml": text}) // never fails
	return `"files":` + string(raw)
}

// practised is an office that knows a restrictive practice of both States.
func practised(t testing.TB) *served {
	s := serve(t)
	var got recorded
	s.post("/v1/events", events(
		event("practice.observed", "state/arandia", `"privileges":["tax.sales"],"level":"withdrawn"`),
		event("practice.observed", "state/borvia", `"privileges":["tax.sales"],"level":"withdrawn"`),
	), &got)
	return s
}

func (s *served) as(id string, role auth.Role, countries string) *served {
	s.who = of(id, role, countries, "*")
	return s
}

func TestRulesetLife(t *testing.T) {
	s := practised(t)
	text := lawOf("arandia", "2025-03", "denied")
	const drafts = "/v1/rulesets/arandia/drafts"
	var saved struct {
		recorded
		Hash string `json:"hash"`
	}
	s.as("ana-lyst", auth.Analyst, "arandia").post(drafts, `{`+filesOf(text)+`,"note":"first"}`, &saved)
	assert.Equal(t, rules.Hash([]byte("-- ruleset.yaml --\n"+text)), saved.Hash)
	draft := drafts + "/" + saved.Hash[:12]
	var list []api.Draft
	s.get(drafts, &list)
	require.Len(t, list, 1)
	assert.Equal(t, []string{"ana-lyst"}, list[0].Authors)
	assert.Equal(t, domain.DraftSaved, list[0].State)

	var got recorded
	s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, draft+"/publish", `{}`)
	s.post(draft+"/propose", `{"effective":"2025-03-10","reason":"order 25-3"}`, &got)
	// Four eyes: an author can't approve, whatever they call themselves.
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, draft+"/approve", `{}`)
	s.who.Grants = append(s.who.Grants, auth.Grant{Role: auth.Approver, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}})
	p := s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, draft+"/approve", `{}`)
	assert.Contains(t, p.Detail, "ana-lyst")
	w, body := s.send(http.MethodPost, draft+"/approve", `{}`, api.ActorHeader, "somebody else")
	assert.Equal(t, http.StatusForbidden, w.StatusCode, "%s", body)
	// Nor by the other door.
	proposal := fmt.Sprintf(`{"type":"ruleset.approved","subject":"ruleset/arandia","effective":"2025-03-01","actor":%%q,"payload":{"hash":%q,"from":"2025-03-10"}}`, saved.Hash)
	s.who.Grants = append(s.who.Grants, auth.Grant{Role: auth.Officer, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}})
	s.refused(http.StatusForbidden, "actor", http.MethodPost, "/v1/events", events(fmt.Sprintf(proposal, "somebody else")))
	s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, "/v1/events", events(fmt.Sprintf(proposal, "ana-lyst")))

	s.as("app-rover", auth.Approver, "arandia").post(draft+"/return", `{"reason":"the date"}`, &got)
	s.as("ana-lyst", auth.Analyst, "arandia").post(draft+"/propose", `{"effective":"2025-03-12"}`, &got)
	approve := func() recorded {
		var r recorded
		w, body := s.as("app-rover", auth.Approver, "arandia").send(http.MethodPost, draft+"/approve", `{"note":"compared"}`, api.KeyHeader, "approval 1")
		require.Equal(t, http.StatusOK, w.StatusCode, "%s", body)
		require.NoError(t, json.Unmarshal(body, &r))
		return r
	}
	assert.False(t, approve().Repeated)
	assert.True(t, approve().Repeated, "a key has one effect")
	publish := func() recorded {
		w, body := s.as("ana-lyst", auth.Analyst, "arandia").send(http.MethodPost, draft+"/publish", `{"authority":"order 25-3"}`, api.KeyHeader, "publication 1")
		require.Equal(t, http.StatusOK, w.StatusCode, "%s", body)
		var r recorded
		require.NoError(t, json.Unmarshal(body, &r))
		return r
	}
	assert.False(t, publish().Repeated)
	assert.True(t, publish().Repeated)
	s.as("sys", auth.System, "arandia")
	var d domain.Decision
	s.post("/v1/ask", `{"subject":"ana","privilege":"tax.sales","request":{"amount":"1"},"as_of":"2025-03-11"}`, &d)
	assert.Equal(t, domain.Allowed, d.Outcome)
	s.post("/v1/ask", `{"subject":"ana","privilege":"tax.sales","request":{"amount":"1"},"as_of":"2025-03-13"}`, &d)
	assert.Equal(t, domain.Denied, d.Outcome)

	// A second edition, and back to the first.
	second := lawOf("arandia", "2025-04", "permission_required")
	enact := func(state, text string, propose string) string {
		var saved struct {
			Hash string `json:"hash"`
		}
		s.as("ana-lyst", auth.Analyst, state).post("/v1/rulesets/"+state+"/drafts", `{`+filesOf(text)+`}`, &saved)
		s.post("/v1/rulesets/"+state+"/drafts/"+saved.Hash+"/propose", propose, &got)
		s.as("app-rover", auth.Approver, state).post("/v1/rulesets/"+state+"/drafts/"+saved.Hash+"/approve", `{}`, &got)
		return saved.Hash
	}
	hash := enact("arandia", second, `{"effective":"2025-04-01"}`)
	s.post(drafts+"/"+hash+"/publish", `{}`, &got)
	s.as("ana-lyst", auth.Analyst, "arandia").post(draft+"/propose", `{"effective":"2025-04-10"}`, &got)
	s.as("app-rover", auth.Approver, "arandia").post(draft+"/approve", `{}`, &got)
	s.refused(http.StatusBadRequest, "hash", http.MethodPost, "/v1/rulesets/arandia/rollback", `{}`)
	s.post("/v1/rulesets/arandia/rollback", `{"hash":"`+saved.Hash+`","reason":"published too early"}`, &got)
	e, _ := s.office.Root().View().Envelope(got.First)
	published, ok := e.Event.(domain.RulesetPublished)
	require.True(t, ok)
	assert.Equal(t, hash, published.RollbackOf)

	// Out of force, with nothing in its place.
	s.as("ana-lyst", auth.Analyst, "arandia").post(draft+"/propose", `{"withdraw":true,"effective":"2025-05-01","reason":"the practice ended"}`, &got)
	s.as("app-rover", auth.Approver, "arandia").post(draft+"/approve", `{}`, &got)
	s.post(draft+"/withdraw", `{}`, &got)
	s.get(drafts+"?all=true", &list)
	assert.NotEmpty(t, list)
}

func TestRulesetLifeRefused(t *testing.T) {
	s := practised(t)
	const drafts = "/v1/rulesets/arandia/drafts"
	text := filesOf(lawOf("arandia", "2025-03", "denied"))
	s.as("ana-lyst", auth.Analyst, "arandia")
	before := s.office.Position()
	for _, c := range []struct {
		path, body string
		status     int
		code       string
	}{
		{drafts, `{}`, 400, "files"},
		{drafts, `{"files":{}}`, 400, "files"},
		{drafts, `{"files":{"../x.yaml":"a"}}`, 400, "files"},
		{drafts, `{"files":{"x.txt":"a"}}`, 400, "files"},
		{drafts, `{"files":{"x.yaml":1}}`, 400, "body_invalid"},
		{drafts, `{` + text + `,"text":"a"}`, 400, "files"},
		{drafts, `{"files":{"x.yaml":"rules: []"}}`, 422, "refused"},
		{drafts, `{` + filesOf(lawOf("borvia", "1", "denied")) + `}`, 422, "refused"},
		{drafts, `{` + filesOf(lawOf("common", "1", "denied")) + `}`, 422, "refused"},
		{drafts, `{` + text + `,"parent":"00000000"}`, 404, "unknown"},
		{drafts, `{` + text + `,"recorded":"2024-01-01"}`, 409, "recorded_stated"},
		{drafts, `{` + text + `,"recorded":"soon"}`, 400, "recorded"},
		{drafts, `{` + text + `,"actor":"x"}`, 400, "body_invalid"},
		{"/v1/rulesets/borvia/drafts", `{` + filesOf(lawOf("borvia", "1", "denied")) + `}`, 403, "forbidden"},
		{"/v1/rulesets/common/drafts", `{` + text + `}`, 403, "forbidden"},
		{"/v1/rulesets/BORVIA/drafts", `{` + text + `}`, 404, "not_found"},
		{drafts + "/00000000/propose", `{}`, 404, "unknown"},
		{drafts + "/0000/propose", `{}`, 404, "unknown"},
		{drafts + "/00000000/propose", ``, 400, "content_type"},
		{drafts + "/00000000/propose", `{"effective":"soon"}`, 400, "effective"},
		{drafts + "/00000000/approve", `{}`, 403, "forbidden"},
		{drafts + "/00000000/return", `{"reason":"x"}`, 404, "unknown"},
		{drafts + "/00000000/publish", `{}`, 404, "unknown"},
		{drafts + "/00000000/publish", `{"hash":"00000000"}`, 400, "hash"},
		{drafts + "/00000000/withdraw", `{"reason":"x"}`, 404, "unknown"},
		{"/v1/rulesets/arandia/rollback", `{"hash":"00000000"}`, 404, "unknown"},
	} {
		s.refused(c.status, c.code, http.MethodPost, c.path, c.body)
		assert.Equal(t, before, s.office.Position(), "%s %s", c.path, c.body)
	}
	// What is not looked at is refused, so that nobody believes it was.
	s.refused(http.StatusBadRequest, "query", http.MethodPost, drafts+"?dry_run=true", `{`+text+`}`)
	w, _ := s.send(http.MethodPost, drafts, `{`+text+`}`, api.ExpectedHeader, fmt.Sprint(before))
	assert.Equal(t, http.StatusBadRequest, w.StatusCode)
	assert.Equal(t, before, s.office.Position())
	s.refused(http.StatusBadRequest, "all", http.MethodGet, drafts+"?all=1", "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/rulesets/borvia/drafts", "")

	// A text that names the other State's parent, or another ruleset's draft, is not found.
	var saved struct {
		Hash string `json:"hash"`
	}
	s.as("b-analyst", auth.Analyst, "borvia").post("/v1/rulesets/borvia/drafts", `{`+filesOf(lawOf("borvia", "1", "denied"))+`}`, &saved)
	s.as("ana-lyst", auth.Analyst, "arandia")
	s.refused(http.StatusNotFound, "unknown", http.MethodPost, drafts+"/"+saved.Hash+"/propose", `{}`)
	s.refused(http.StatusNotFound, "unknown", http.MethodPost, drafts, `{`+text+`,"parent":"`+saved.Hash+`"}`)

	// What has mistakes can be saved, and not proposed.
	s.post(drafts, `{`+filesOf(strings.Replace(lawOf("arandia", "x", "denied"), "tax.sales", "tax.sails", 1))+`}`, &saved)
	p := s.refused(http.StatusUnprocessableEntity, "ruleset_invalid", http.MethodPost, drafts+"/"+saved.Hash+"/propose", `{}`)
	require.NotEmpty(t, p.Mistakes)
	assert.Equal(t, "ruleset.yaml", p.Mistakes[0].File)

	// Officers draft nothing.
	s.as("desk", auth.Officer, "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, drafts, `{`+text+`}`)
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, drafts+"/"+saved.Hash+"/return", `{"reason":"x"}`)
}

func TestCheckRuleset(t *testing.T) {
	s := practised(t).as("ana-lyst", auth.Analyst, "arandia")
	before := s.office.Position()
	var got struct {
		Valid    []api.Checked
		Findings []struct{ Code, File string }
	}
	s.post("/v1/rulesets/check", `{`+filesOf(lawOf("arandia", "2025-03", "denied"))+`}`, &got)
	require.Len(t, got.Valid, 1)
	assert.Equal(t, 1, got.Valid[0].Rules)
	assert.NotEmpty(t, got.Findings, "a rule without cases")
	p := s.refused(http.StatusUnprocessableEntity, "ruleset_invalid", http.MethodPost, "/v1/rulesets/check", `{`+filesOf(strings.Replace(lawOf("arandia", "x", "denied"), "tax.sales", "tax.sails", 1))+`}`)
	require.Len(t, p.Mistakes, 1)
	assert.Equal(t, 5, p.Mistakes[0].Line)
	p = s.refused(http.StatusUnprocessableEntity, "ruleset_invalid", http.MethodPost, "/v1/rulesets/check", `{`+filesOf("ruleset: arandia\nrules: [")+`}`)
	assert.NotEmpty(t, p.Mistakes)
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/rulesets/check", `{`+filesOf(lawOf("borvia", "x", "denied"))+`}`)
	s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, "/v1/rulesets/check", `{"text":"rules: []"}`)
	s.refused(http.StatusBadRequest, "files", http.MethodPost, "/v1/rulesets/check", `{}`)
	common, err := rules.Bundle(commonFiles())
	require.NoError(t, err)
	raw, err := json.Marshal(map[string]string{"text": string(common)})
	require.NoError(t, err)
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/rulesets/check", string(raw))
	s.as("ana-lyst", auth.Analyst, "*").post("/v1/rulesets/check", string(raw), &got)
	assert.Equal(t, "common", got.Valid[0].Ruleset)
	assert.Equal(t, before, s.office.Position())
}

func commonFiles() fs.FS { return rulesets.Common() }
