package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/projections/trail"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func TestTrail(t *testing.T) {
	s := serve(t)
	s.record(affairs)
	entries := func(f trail.Filter) (out []api.Traced) {
		found, _, err := s.office.Trail(t.Context(), engine.TrailQuery{Filter: f})
		require.NoError(t, err)
		for e, err := range found {
			require.NoError(t, err)
			out = append(out, api.TracedOf(e, false))
		}
		return out
	}
	type page struct {
		AsKnown domain.Position `json:"as_known"`
		Entries []api.Traced    `json:"entries"`
		Next    string          `json:"next_page,omitempty"`
	}
	s.same(page{AsKnown: s.office.Position(), Entries: entries(trail.Filter{})}, "/v1/trail")
	s.same(page{AsKnown: s.office.Position(), Entries: entries(trail.Filter{State: "borvia", Types: []string{"member"}})}, "/v1/trail?state=borvia&type=member")
	positions := func(path string) (out []domain.Position) {
		s.pages(path, func(path string) (int, string) {
			var p page
			s.get(path, &p)
			for _, e := range p.Entries {
				out = append(out, e.Position)
			}
			return len(p.Entries), p.Next
		})
		return out
	}
	all := positions("/v1/trail?limit=1000")
	require.Len(t, all, int(s.office.Position()))
	assert.Equal(t, all, positions("/v1/trail?limit=4"))
	assert.Equal(t, []domain.Position{4}, positions("/v1/trail?subject=member/ana&alone=true&type=member"))
	assert.Subset(t, positions("/v1/trail?subject=member/ana"), []domain.Position{2, 3, 4})
	assert.Len(t, positions("/v1/trail?as_known=@2"), 2)
	for query, code := range map[string]string{
		"subject=ana": "subject", "alone=true": "query", "late=few": "query", "command=x": "query", "recorded_from=soon": "query",
		"effective_from=2025-01-01&effective_to=2024-01-01": "query", "as_of=2024-01-01": "query",
	} {
		s.refused(http.StatusBadRequest, code, http.MethodGet, "/v1/trail?"+query, "")
	}
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/trail?subject=member/anna", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/trail?type=nonsense", "")

	s.who = in(auth.Auditor, "arandia", "*")
	for _, query := range []string{"", "state=borvia", "subject=member/bo", "subject=member/xx", "subject=member/ana&state=borvia"} {
		s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/trail?"+query, "")
	}
	mine := positions("/v1/trail?state=arandia")
	assert.Subset(t, mine, []domain.Position{2, 3, 4, 5})
	for _, at := range mine {
		e, _ := s.office.Root().View().Envelope(at)
		assert.NotContains(t, e.Subject.String(), "bo")
	}
	s.who = in(auth.Officer, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/trail", "")
}

func TestLog(t *testing.T) {
	s := serve(t)
	var head struct {
		Position domain.Position
		ID       domain.EventID
	}
	s.get("/v1/log/head", &head)
	assert.Equal(t, s.office.Position(), head.Position)
	last, _ := s.office.Root().View().Envelope(head.Position - 1)
	assert.Equal(t, last.ID, head.ID)

	var stored []string
	for record, err := range s.office.Log.Read(t.Context(), 0) {
		require.NoError(t, err)
		stored = append(stored, string(record.Data))
	}
	w, text := s.send(http.MethodGet, "/v1/log/records", "", "Accept", "application/x-ndjson")
	require.Equal(t, http.StatusOK, w.StatusCode)
	assert.Equal(t, strings.Join(stored, "\n")+"\n", string(text), "the stored bytes")
	assert.Empty(t, w.Header.Get(api.MaskedHeader))
	_, text = s.send(http.MethodGet, "/v1/log/records?from=4&limit=2", "", "Accept", "application/x-ndjson")
	assert.Equal(t, stored[4]+"\n"+stored[5]+"\n", string(text))
	_, text = s.send(http.MethodGet, fmt.Sprintf("/v1/log/records?from=%d", head.Position), "", "Accept", "application/x-ndjson")
	assert.Empty(t, text)
	w, text = s.send(http.MethodGet, "/v1/log/records/4", "")
	assert.Equal(t, stored[4], string(text))
	assert.Contains(t, stored[4], "Ana Example", "an auditor sees it")
	assert.Equal(t, fmt.Sprint(head.Position), w.Header.Get(api.PositionHeader))
	_, text = s.send(http.MethodGet, "/v1/log/records/"+strings.ToLower(last.ID.String()), "")
	assert.Equal(t, stored[head.Position-1], string(text))

	var page struct {
		Records []api.ListedRecord
		Next    domain.Position
	}
	s.get("/v1/log/records?from=2&limit=3", &page)
	require.Len(t, page.Records, 3)
	assert.Equal(t, domain.Position(2), page.Records[0].Position)
	assert.Equal(t, domain.Position(5), page.Next)
	page.Next = 0
	s.get("/v1/log/records?from=5", &page)
	assert.Zero(t, page.Next)
	assert.Equal(t, api.ListedRecordOf(head.Position-1, last, s.office.Zone(), false), page.Records[len(page.Records)-1])

	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/log/records?from=999", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/log/records?as_of=2024-01-01", "")
	s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/log/records/999", "")
	s.refused(http.StatusBadRequest, "event", http.MethodGet, "/v1/log/records/first", "")
	for _, who := range []*auth.Caller{in(auth.Auditor, "arandia", "*"), in(auth.Auditor, "*", "tax"), in(auth.Officer, "*", "*"), in(auth.Operator, "*", "*")} {
		s.who = who
		for _, path := range []string{"/v1/log/head", "/v1/log/records", "/v1/log/records/4"} {
			s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path, "")
		}
	}
}

// answering lets the office keep the answers that it gives.
func (s *served) answering() {
	log := memlog.New()
	office, err := decisions.Binding(s.t.Context(), s.office.Log)
	require.NoError(s.t, err)
	recorder, err := decisions.Open(s.t.Context(), decisions.Config{Log: log, Office: office, Mode: decisions.Strict, Clock: s.office.Now, NewID: engine.NewID})
	require.NoError(s.t, err)
	s.t.Cleanup(func() { assert.NoError(s.t, recorder.Close(context.Background())) })
	s.office.Engine, err = engine.Open(s.t.Context(), engine.Config{Log: s.office.Log, Bodies: s.office.Bodies, Library: library, Clock: s.office.Now, Decisions: recorder})
	require.NoError(s.t, err)
	s.office.Answers, s.office.Recorder = log, recorder
}

func TestDecisions(t *testing.T) {
	s := serve(t)
	for _, path := range []string{"/v1/decisions", "/v1/decisions/holes", "/v1/decisions/1"} {
		s.refused(http.StatusNotFound, "not_found", http.MethodGet, path, "")
	}
	s.answering()
	var d domain.Decision
	s.post("/v1/ask", `{"subject":"ana","privilege":"tax.sales","request":{"amount":"15000"}}`, &d)
	s.post("/v1/ask", `{"subject":"member/bo","privilege":"imm.criminal"}`, &d)
	s.get("/v1/subjects/member/ana/cards/law_enforcement", &struct{}{})

	type page struct {
		Position uint64
		Answers  []api.ListedAnswer
		Next     uint64
	}
	var all page
	s.get("/v1/decisions", &all)
	require.Len(t, all.Answers, 3)
	assert.Equal(t, "local", all.Answers[0].By)
	assert.Equal(t, domain.Privilege("tax.sales"), all.Answers[0].Privilege)
	assert.Empty(t, all.Answers[0].Answer)
	assert.Equal(t, "law_enforcement", all.Answers[2].View)
	ids := func(query string) (out []domain.EventID) {
		from := uint64(0)
		for {
			var p page
			s.get(fmt.Sprintf("/v1/decisions?limit=1&from=%d&%s", from, query), &p)
			for _, a := range p.Answers {
				out = append(out, a.ID)
			}
			if from = p.Next; from == 0 {
				return out
			}
		}
	}
	id := func(i int) domain.EventID { return all.Answers[i].ID }
	assert.Equal(t, []domain.EventID{id(0), id(1), id(2)}, ids(""))
	assert.Equal(t, []domain.EventID{id(0), id(2)}, ids("subject=member/ana"))
	assert.Equal(t, []domain.EventID{id(1)}, ids("privilege=imm.criminal"))
	assert.Equal(t, []domain.EventID{id(0), id(1)}, ids("outcome=allowed,allowed_with_conditions"))
	assert.Empty(t, ids("by=somebody"))
	assert.Empty(t, ids("until=2025-01-01"))
	assert.Len(t, ids("since=2025-01-01"), 3)

	var one api.ListedAnswer
	s.get("/v1/decisions/"+id(1).String(), &one)
	assert.Contains(t, string(one.Answer), `"member/bo"`)
	var same api.ListedAnswer
	s.get(fmt.Sprintf("/v1/decisions/%d", one.Position), &same)
	assert.Equal(t, one, same)
	s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/decisions/01JJEX4BAA0000000000000001", "")
	s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/decisions/0", "")
	s.refused(http.StatusBadRequest, "id", http.MethodGet, "/v1/decisions/first", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/decisions?from=999", "")
	s.refused(http.StatusBadRequest, "subject", http.MethodGet, "/v1/decisions?subject=ana", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/decisions?outcome=maybe", "")
	var holes struct{ Holes []api.Hole }
	s.get("/v1/decisions/holes", &holes)
	assert.NotNil(t, holes.Holes)

	var again struct {
		Result      engine.Repetition
		Differences []decisions.Difference
		Now         struct {
			Changed bool
			Was, Is string
			Events  []api.CitedEvent
		}
	}
	s.post("/v1/decisions/"+id(1).String()+"/again", "", &again)
	assert.Equal(t, engine.RepeatedEqual, again.Result)
	assert.False(t, again.Now.Changed)
	s.record(`{"subject":"member/bo","type":"member.departed","effective":"2025-02-01","authority":"note 9","payload":{}}`)
	s.post("/v1/decisions/"+id(1).String()+"/again", "", &again)
	assert.Equal(t, engine.RepeatedEqual, again.Result, "what was known then stays known")
	assert.True(t, again.Now.Changed)
	assert.Equal(t, "allowed", again.Now.Was)
	assert.NotEqual(t, "allowed", again.Now.Is)
	require.Len(t, again.Now.Events, 1)
	assert.Equal(t, domain.Type("member.departed"), again.Now.Events[0].Type)

	text, err := json.Marshal(map[string]any{"event": fmt.Sprint(s.office.Position() - 1), "contradicted": true})
	require.NoError(t, err)
	var changed struct{ Changed []api.ChangedFor }
	s.post("/v1/effects", string(text), &changed)
	require.NotEmpty(t, changed.Changed)
	assert.Len(t, changed.Changed[0].Contradicted, 1, "what Bo was told")

	s.who = in(auth.Auditor, "arandia", "*")
	assert.Equal(t, []domain.EventID{id(0), id(2)}, ids("subject=member/ana"))
	s.get("/v1/decisions/"+id(0).String(), &one)
	var told []string
	for _, path := range []string{"/v1/decisions", "/v1/decisions?subject=member/bo", "/v1/decisions/holes", "/v1/decisions/" + id(1).String(), "/v1/decisions/01JJEX4BAA0000000000000001", "/v1/decisions/0"} {
		told = append(told, s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path, "").Detail)
	}
	assert.Equal(t, told[3], told[4], "what is not theirs is as what is not there")
	assert.Equal(t, told[3], told[5])
	s.who = in(auth.Officer, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/decisions/"+id(0).String()+"/again", "")
}

func TestRulesets(t *testing.T) {
	s := serve(t)
	editions := api.Editions(s.office.Engine, s.now)
	require.Len(t, editions, 1)
	s.same(editions, "/v1/rulesets")
	s.same(editions, "/v1/rulesets/common/editions")
	var one struct {
		InForce *api.Edition `json:"in_force"`
	}
	s.get("/v1/rulesets/common", &one)
	require.NotNil(t, one.InForce)
	hash := one.InForce.Hash
	one.InForce = nil
	s.get("/v1/rulesets/common?as_of=1960-01-01", &one)
	assert.Nil(t, one.InForce)
	lives, err := s.office.Lives("common")
	require.NoError(t, err)
	want := []api.LifeStep{}
	for _, step := range lives[0].Steps {
		want = append(want, api.LifeStepOf(step))
	}
	require.NotEmpty(t, want)
	s.same(want, "/v1/rulesets/common/life")

	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	for _, name := range []string{hash, hash[:10]} {
		w, text := s.send(http.MethodGet, "/v1/texts/"+name, "")
		require.Equal(t, http.StatusOK, w.StatusCode)
		assert.Equal(t, "text/plain; charset=utf-8", w.Header.Get("Content-Type"))
		assert.True(t, slices.Equal(bundle, text))
	}
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/texts/ffffffffffff", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/rulesets/atlantis", "")
	var rule api.Explained
	s.get("/v1/rulesets/common/rules/B-DIP/imm.arrest/agent", &rule)
	assert.Equal(t, "B-DIP/imm.arrest/agent", rule.ID)
	assert.Equal(t, hash, rule.Hash)
	assert.Contains(t, rule.Gives, "as the baseline")
	require.NotEmpty(t, rule.Cite)
	assert.NotEmpty(t, rule.Cite[0].Title)
	assert.NotEmpty(t, rule.Fires)
	p := s.refused(http.StatusNotFound, "not_found", http.MethodGet, "/v1/rulesets/common/rules/S-AGENS", "")
	assert.Contains(t, p.Detail, "S-AGENT")
	s.refused(http.StatusServiceUnavailable, "no_law", http.MethodGet, "/v1/rulesets/common/rules/S-AGENT?as_of=1960-01-01", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/rulesets?as_known=3", "")

	s.who = in(auth.Analyst, "arandia", "tax")
	s.same(editions, "/v1/rulesets")
	_, _ = s.send(http.MethodGet, "/v1/texts/"+hash, "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/rulesets/borvia", "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/rulesets/atlantis", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/rulesets/arandia", "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/rulesets/common/life", "")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/texts/ffffffffffff", "")
	s.who = in(auth.System, "*", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/rulesets", "")
}

// TestNoPersonalData asks everything that can be read as everybody, and looks in every
// answer and every problem for what only some may see.
func TestNoPersonalData(t *testing.T) {
	s := serve(t)
	s.record(affairs)
	s.answering()
	s.get("/v1/subjects/member/ana/standing", &[]json.RawMessage{})
	paths := []string{
		"/v1/office", "/v1/caller", "/v1/subjects", "/v1/subjects?all=true&kind=member", "/v1/population?list=true&limit=1000", "/v1/population?by=category",
		"/v1/who?privilege=imm.criminal", "/v1/diff?as_of=2023-06-01&list=true", "/v1/balance", "/v1/enforcement?all=true", "/v1/requests?all=true",
		"/v1/requests/lease-1", "/v1/regions", "/v1/rulesets", "/v1/rulesets/common/life", "/v1/trail?limit=1000", "/v1/decisions?full=true", "/v1/decisions/2",
		"/v1/log/head", "/v1/log/records", "/v1/log/records/4", "/v1/views/law_enforcement", "/v1/texts/nonsense",
	}
	for _, of := range []string{"standing", "timeline", "timeline?privilege=imm.criminal", "timeline?privilege=imm.criminal&axis=both", "next?privilege=imm.criminal", "history", "cards", "vehicles", "cards/law_enforcement"} {
		paths = append(paths, "/v1/subjects/member/ana/"+of)
	}
	for _, role := range auth.Roles() {
		for _, scope := range [][2]string{{"*", "*"}, {"arandia", "*"}, {"*", "tax"}, {"borvia", "tax"}} {
			s.who = in(role, scope[0], scope[1])
			answered := 0
			for _, path := range paths {
				for _, accept := range []string{"application/json", "application/x-ndjson"} {
					w, text := s.send(http.MethodGet, path, "", "Accept", accept)
					if w.StatusCode == http.StatusOK {
						answered++
					}
					raw := accept == "application/x-ndjson" && path == "/v1/log/records" || path == "/v1/log/records/4"
					if raw && w.StatusCode == http.StatusOK && role == auth.Auditor && scope == [2]string{"*", "*"} {
						assert.Contains(t, string(text), "Ana Example", path)
						continue
					}
					for _, secret := range []string{"Ana Example", "1980-02-03"} {
						assert.NotContains(t, string(text), secret, "%s as %s of %v", path, role, scope)
					}
				}
			}
			assert.NotZero(t, answered)
		}
	}
}
