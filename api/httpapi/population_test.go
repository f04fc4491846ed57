package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// answersOf asks the engine everybody, and writes the answers as they are told.
func answersOf(t *testing.T, found *engine.Population) []api.Answered {
	out := []api.Answered{}
	for a, err := range found.Answers {
		require.NoError(t, err)
		out = append(out, api.AnsweredOf(a))
	}
	return out
}

// pages reads a list to its end, and returns how many results each page has. Page is to
// append its results and say how many and where it goes on.
func (s *served) pages(path string, page func(path string) (n int, next string)) (sizes []int) {
	for at := ""; ; {
		n, next := page(path + at)
		sizes = append(sizes, n)
		if next == "" {
			return sizes
		}
		require.Less(s.t, len(sizes), 1000)
		at = "&page=" + next
	}
}

func TestPopulation(t *testing.T) {
	s := serve(t)
	asOf, known := s.when()
	q := engine.PopulationQuery{When: engine.When{AsOf: asOf, AsKnown: known}}
	found, err := s.office.Population(t.Context(), q)
	require.NoError(t, err)
	counts, err := found.Counts(engine.ByState)
	require.NoError(t, err)
	require.NotEmpty(t, counts)
	w := s.same(api.PopulatedOf(found, counts, "state"), "/v1/population?by=state")
	assert.Equal(t, fmt.Sprint(s.office.Position()), w.Header.Get(api.PositionHeader))

	for _, missions := range []bool{false, true} {
		q.Missions = missions
		found, err := s.office.Population(t.Context(), q)
		require.NoError(t, err)
		want := answersOf(t, found)
		require.Greater(t, len(want), 3*10)
		for _, limit := range []int{7, 31, 1000} {
			got := []api.Answered{}
			sizes := s.pages(fmt.Sprintf("/v1/population?list=true&missions=%t&limit=%d", missions, limit), func(path string) (int, string) {
				var p struct {
					Answers []api.Answered
					Next    string `json:"next_page"`
				}
				s.get(path, &p)
				got = append(got, p.Answers...)
				return len(p.Answers), p.Next
			})
			assert.Equal(t, keysOf(want), keysOf(got), "%v", sizes)
			for _, n := range sizes[:len(sizes)-1] {
				assert.Equal(t, limit, n, "a page is full")
			}
		}
	}
	for query, code := range map[string]string{
		"by=planet": "query", "by=state&list=true": "query", "limit=5": "query", "list=perhaps": "query", "outcome=maybe": "query",
		"list=true&limit=0": "limit", "list=true&limit=1001": "limit", "list=true&page=nonsense": "page",
	} {
		s.refused(http.StatusBadRequest, code, http.MethodGet, "/v1/population?"+query, "")
	}
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/population?state=atlantis", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/population?privilege=imm.criminel", "")
}

func keysOf(of []api.Answered) []string {
	out := make([]string, len(of))
	for i, a := range of {
		out[i] = a.Subject.String() + " " + string(a.Privilege) + " " + string(a.Outcome)
	}
	return out
}

func TestWho(t *testing.T) {
	s := serve(t)
	asOf, known := s.when()
	found, err := s.office.Who(t.Context(), engine.WhoQuery{When: engine.When{AsOf: asOf, AsKnown: known}, Privilege: "imm.criminal"})
	require.NoError(t, err)
	want := answersOf(t, found)
	require.Len(t, want, 2, "Ana and Bo")
	s.same(struct {
		api.FoundWho
		Answers []api.Answered `json:"answers"`
	}{api.FoundWho{AsOf: asOf, AsKnown: known.Position, Privilege: "imm.criminal"}, want}, "/v1/who?privilege=imm.criminal")

	var page struct {
		AsKnown domain.Position `json:"as_known"`
		Answers []api.Answered
		Next    string `json:"next_page"`
	}
	s.get("/v1/who?privilege=imm.criminal&outcome=denied,allowed_with_conditions,cannot_tell", &page)
	require.Len(t, page.Answers, 1)
	assert.Equal(t, "ben", page.Answers[0].Subject.ID)
	s.get("/v1/who?privilege=imm.criminal&as_of=2023-01-01", &page)
	assert.Empty(t, page.Answers)
	s.refused(http.StatusBadRequest, "privilege", http.MethodGet, "/v1/who", "")
}

// TestPages goes through a list while more is recorded: all pages are of what was known
// when it was begun.
func TestPages(t *testing.T) {
	s := serve(t)
	var page struct {
		AsKnown domain.Position `json:"as_known"`
		Answers []api.Answered
		Next    string `json:"next_page"`
	}
	s.get("/v1/who?privilege=imm.criminal&limit=1", &page)
	require.Len(t, page.Answers, 1)
	assert.Equal(t, "ana", page.Answers[0].Subject.ID)
	known, next := page.AsKnown, page.Next
	require.NotEmpty(t, next)
	s.record(`{"subject":"member/bib","type":"member.accredited","effective":"2024-01-01","authority":"note 9","payload":{"mission":"borvia-embassy","category":"dip.agent"}}`)
	page.Next = ""
	w := s.get("/v1/who?privilege=imm.criminal&limit=1&page="+next, &page)
	assert.Equal(t, known, page.AsKnown)
	assert.Equal(t, fmt.Sprint(known), w.Header.Get(api.PositionHeader))
	require.Len(t, page.Answers, 1)
	assert.Equal(t, "bo", page.Answers[0].Subject.ID, "and not who came since")
	assert.Empty(t, page.Next)
	p := s.refused(http.StatusBadRequest, "page", http.MethodGet, "/v1/who?privilege=tax.sales&limit=1&page="+next, "")
	assert.Contains(t, p.Detail, "another list")
	s.who = in(auth.Officer, "arandia", "*")
	s.refused(http.StatusForbidden, "forbidden", http.MethodGet, "/v1/who?privilege=imm.criminal&limit=1&page="+next, "")
}

func TestDiff(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	s.record(`{"subject":"measure/m-9","type":"measure.determined","effective":"2025-02-01","authority":"note 9","payload":{"state":"arandia","privileges":["tax.sales","tax.lodging","tax.meals"],"level":"withdrawn","observed":{"level":"withdrawn"},"ground":"reciprocity"}}`)
	from, _ := s.when()
	q := engine.DiffQuery{
		From: engine.When{AsOf: from, AsKnown: engine.Known{Position: before, AtPosition: true}}, To: engine.When{AsOf: from},
	}
	found, err := s.office.Diff(t.Context(), q)
	require.NoError(t, err)
	var counts standing.CountDiff
	want := []api.Differs{}
	for d, err := range found.Differences {
		require.NoError(t, err)
		counts.Add(d)
		want = append(want, api.DiffersOf(d))
	}
	require.Greater(t, len(want), 2)
	s.same(api.DiffedOf(found, counts.Counts()), fmt.Sprintf("/v1/diff?as_known=@%d", before))
	var got []api.Differs
	s.pages(fmt.Sprintf("/v1/diff?as_known=@%d&list=true&limit=2", before), func(path string) (int, string) {
		var p struct {
			Differences []api.Differs
			Next        string `json:"next_page"`
		}
		s.get(path, &p)
		got = append(got, p.Differences...)
		return len(p.Differences), p.Next
	})
	require.Len(t, got, len(want))
	for i := range got {
		assert.Equal(t, want[i].Privilege, got[i].Privilege)
		assert.Equal(t, want[i].By, got[i].By)
	}
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/diff", "")
	s.refused(http.StatusBadRequest, "as_of", http.MethodGet, "/v1/diff?then_as_of=soon", "")
}

func TestSubjects(t *testing.T) {
	s := serve(t)
	type list struct {
		Subjects []struct {
			Subject domain.Subject
			Posts   []standing.Post
		}
		Next string `json:"next_page"`
	}
	ids := func(query string) string {
		var l list
		s.get("/v1/subjects?"+query, &l)
		out := []string{}
		for _, one := range l.Subjects {
			out = append(out, one.Subject.ID)
		}
		return strings.Join(out, " ")
	}
	assert.Equal(t, "ana ben bo", ids(""))
	assert.Equal(t, "", ids("as_of=2023-06-01"))
	assert.Equal(t, "", ids("as_known=@2"))
	assert.Equal(t, "ben bo", ids("prefix=b"))
	assert.Equal(t, "ana ben", ids("state=arandia"))
	assert.Equal(t, "bo", ids("mission=borvia-embassy"))
	assert.Equal(t, "ben", ids("category=dip.service"))
	assert.Equal(t, "arandia borvia", ids("kind=state"))
	assert.Equal(t, "arandia-embassy borvia-embassy", ids("kind=mission"))
	assert.Equal(t, "borvia-embassy", ids("kind=mission&prefix=b"))
	assert.Equal(t, "", ids("kind=vehicle"))
	var l list
	s.get("/v1/subjects?state=arandia", &l)
	assert.Equal(t, domain.StateID("arandia"), l.Subjects[0].Posts[0].State)
	assert.Equal(t, domain.Category("dip.agent"), l.Subjects[0].Posts[0].Category)
	for _, kind := range []string{"member", "state"} {
		seen := 0
		sizes := s.pages("/v1/subjects?limit=1&kind="+kind, func(path string) (int, string) {
			l = list{}
			s.get(path, &l)
			seen += len(l.Subjects)
			return len(l.Subjects), l.Next
		})
		assert.Len(t, sizes, seen)
	}
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/subjects?kind=planet", "")
	s.refused(http.StatusBadRequest, "query", http.MethodGet, "/v1/subjects?kind=state&mission=borvia-embassy", "")
	s.refused(http.StatusNotFound, "unknown", http.MethodGet, "/v1/subjects?state=atlantis", "")
	s.who = in(auth.Officer, "arandia", "*")
	assert.Equal(t, "ana ben", ids("state=arandia"))
	assert.Equal(t, "arandia", ids("kind=state&state=arandia"))
}

// TestListScope gives lists only to whoever may see all of them, and tells nobody of a
// person who serves another State too.
func TestListScope(t *testing.T) {
	s := serve(t)
	s.record(`{"subject":"member/ben","type":"member.accredited","effective":"2025-01-01","authority":"note 9","payload":{"mission":"borvia-embassy","category":"dip.service"}}`)
	s.who = in(auth.Officer, "arandia", "tax")
	for _, path := range []string{
		"/v1/subjects?state=arandia", "/v1/population", "/v1/population?state=arandia", "/v1/population?state=arandia&privilege=imm.criminal",
		"/v1/population?privilege=tax.sales", "/v1/population?privilege=tax.sales&state=borvia", "/v1/population?privilege=tax.sales&state=atlantis",
		"/v1/population?privilege=tax.sales&mission=borvia-embassy", "/v1/population?privilege=tax.sales&mission=xx",
		"/v1/who?privilege=tax.sales", "/v1/who?privilege=tax.sales&state=arandia,borvia", "/v1/diff?as_of=2024-06-01", "/v1/diff?as_of=2024-06-01&privilege=tax.sales",
		"/v1/balance", "/v1/balance?state=arandia", "/v1/balance?state=borvia&privilege=tax.sales", "/v1/balance?privilege=tax.sales",
		"/v1/enforcement", "/v1/enforcement?state=borvia", "/v1/enforcement?member=bo", "/v1/enforcement?member=xx", "/v1/requests", "/v1/requests?of_state=borvia", "/v1/requests?mission=borvia-embassy",
		"/v1/requests/xx", "/v1/regions?mission=borvia-embassy",
	} {
		s.refused(http.StatusForbidden, "forbidden", http.MethodGet, path, "")
	}
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/effects", `{}`)
	s.refused(http.StatusForbidden, "forbidden", http.MethodPost, "/v1/effects", `{"state":"arandia"}`)
	for _, path := range []string{"/v1/who?privilege=tax.sales&outcome=denied,allowed,allowed_with_conditions,cannot_tell&state=arandia", "/v1/population?privilege=tax.sales&mission=arandia-embassy&list=true"} {
		var page struct{ Answers []api.Answered }
		s.get(path, &page)
		require.NotEmpty(t, page.Answers, path)
		assert.Equal(t, "ana", page.Answers[0].Subject.ID)
		for _, a := range page.Answers {
			assert.NotEqual(t, "ben", a.Subject.ID, "he serves Borvia too")
		}
	}
}
