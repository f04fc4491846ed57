package authzen_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

// A listed page.
type listed struct {
	Page *struct {
		Next  string `json:"next_token"`
		Count int    `json:"count"`
	} `json:"page"`
	Results []struct{ Type, ID, Name string } `json:"results"`
}

func (l listed) ids() (out []string) {
	for _, r := range l.Results {
		out = append(out, r.ID+r.Name)
	}
	return out
}

func (s *served) list(t testing.TB, endpoint, body string) (out listed) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(s.answer(t, endpoint, body)), &out))
	return out
}

// paged is a search with a page.
func paged(search, page string) string {
	return strings.TrimSuffix(search, "}") + `,"page":{` + page + `}}`
}

// follow gets all pages that come after the first; do is told before each.
func (s *served) follow(t testing.TB, endpoint, search string, limit int, do func()) (ids []string) {
	t.Helper()
	page := s.list(t, endpoint, paged(search, fmt.Sprintf(`"limit":%d`, limit)))
	for {
		require.NotNil(t, page.Page)
		assert.Len(t, page.Results, page.Page.Count)
		assert.LessOrEqual(t, page.Page.Count, limit)
		ids = append(ids, page.ids()...)
		if page.Page.Next == "" {
			return ids
		}
		assert.Equal(t, limit, page.Page.Count)
		do()
		page = s.list(t, endpoint, paged(search, `"token":"`+page.Page.Next+`"`)) // without the limit
	}
}

const whoIsInviolable = `{"subject":{"type":"member"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}}`

// The pages of a search are those of one list, whatever is recorded and however late it
// becomes on the way.
func TestPagesAreOfOneList(t *testing.T) {
	searches := map[string]string{
		"subject":  whoIsInviolable,
		"resource": `{"subject":{"type":"member","id":"m-000"},"action":{"name":"dmv.registration"},"resource":{"type":"vehicle"}}`,
		"action":   `{"subject":{"type":"member","id":"m-000"},"resource":{"type":"act","id":"1"}}`,
	}
	for endpoint, search := range searches {
		t.Run(endpoint, func(t *testing.T) {
			s := shipped(t, arandia(20)...)
			for i := range 7 {
				id := domain.VehicleID(fmt.Sprintf("car-%d", i))
				s.record(t, domaintest.VehicleRecorded(id, "m-000", "car", "2024-06-01"), domaintest.Insured(id, 30000000, "2024-06-01"))
			}
			whole := s.list(t, endpoint, search)
			require.Nil(t, whole.Page)
			require.Greater(t, len(whole.Results), 5)
			assert.Equal(t, whole.ids(), s.follow(t, endpoint, search, 3, func() {}))

			n, day := 0, 1
			got := s.follow(t, endpoint, search, 2, func() {
				// Somebody comes, everybody becomes less, a car goes, and it is late.
				n, day = n+1, day+1
				s.now(fmt.Sprintf("2025-07-%02dT12:00:00Z", day))
				s.record(t, domaintest.Accredited(domain.MemberID(fmt.Sprintf("m-%03dx", n)), "arandia-embassy", "dip.agent", "2024-01-01"),
					domaintest.Event(fmt.Sprintf("member/m-%03d", 2*n%20), "2024-01-01", domain.CategoryChanged{Category: "dip.service"}))
				if n == 1 {
					s.record(t, domaintest.Event("member/m-000", "2024-01-01", domain.CategoryChanged{Category: "dip.service"}),
						domaintest.Event("vehicle/car-6", "2024-06-02", domain.VehicleDisposed{Reason: "sold"}))
				}
			})
			assert.Equal(t, whole.ids(), got)
			assert.NotEqual(t, whole.ids(), s.list(t, endpoint, search).ids(), "it is otherwise by now")
		})
	}
}

// A token is good for the search that it came from, and nobody makes one up.
func TestTokens(t *testing.T) {
	s := shipped(t, arandia(20)...)
	first := s.list(t, "subject", paged(whoIsInviolable, `"limit":2`))
	token := first.Page.Next
	with := func(search string) string { return paged(search, `"token":"`+token+`"`) }
	assert.Len(t, s.list(t, "subject", with(whoIsInviolable)).ids(), 2, "the limit is that of the first page")
	assert.Len(t, s.list(t, "subject", paged(whoIsInviolable, `"limit":3,"token":"`+token+`"`)).ids(), 3, "or another")
	assert.Equal(t, s.answer(t, "subject", with(whoIsInviolable)), s.answer(t, "subject", with(whoIsInviolable)), "the same page again")
	later := strings.TrimSuffix(with(whoIsInviolable), "}") + `,"context":{"time":"2025-06-27T18:03-07:00"}}`
	assert.Len(t, s.list(t, "subject", later).ids(), 2, "the time of the caller is no matter")

	for endpoint, bodies := range map[string][]string{
		"subject": {
			with(strings.Replace(whoIsInviolable, "imm.arrest", "imm.civil", 1)), with(strings.Replace(whoIsInviolable, `"1"`, `"2"`, 1)), with(strings.Replace(whoIsInviolable, "member", "mission", 1)),
			strings.TrimSuffix(with(whoIsInviolable), "}") + `,"context":{"as_of":"2025-01-01"}}`,
			strings.TrimSuffix(with(whoIsInviolable), "}") + `,"context":{"offence":"crime.felony"}}`,
		},
		"action":   {with(`{"subject":{"type":"member","id":"m-000"},"resource":{"type":"act","id":"1"}}`)},
		"resource": {with(`{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act"}}`)},
	} {
		for _, body := range bodies {
			w := s.call(endpoint, body)
			assert.Equal(t, http.StatusBadRequest, w.Code, body)
			assert.Contains(t, w.Body.String(), "another search")
		}
	}

	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		w := s.call("subject", paged(whoIsInviolable, `"token":"`+base64.RawURLEncoding.EncodeToString(changed)+`"`))
		require.Equal(t, http.StatusBadRequest, w.Code, "byte %d", i)
	}
	for _, made := range []string{token[:len(token)-1], token + "A", token + "=", " " + token, "-", strings.Repeat("A", 5000)} {
		assert.Equal(t, http.StatusBadRequest, s.call("subject", paged(whoIsInviolable, `"token":"`+made+`"`)).Code, made)
	}

	anew := s.as(t, authzen.Config{}, auth.Anybody())
	assert.Equal(t, http.StatusBadRequest, anew.call("subject", with(whoIsInviolable)).Code, "another process has another key")
	one, other := s.as(t, authzen.Config{Key: []byte("secret")}, auth.Anybody()), s.as(t, authzen.Config{Key: []byte("secret")}, auth.Anybody())
	token = one.list(t, "subject", paged(whoIsInviolable, `"limit":2`)).Page.Next
	assert.Equal(t, http.StatusOK, other.call("subject", with(whoIsInviolable)).Code, "unless they were given the same")
	narrow := s.as(t, authzen.Config{Key: []byte("secret")}, scoped(auth.System, []string{"borvia"}, []string{"*"}))
	assert.Contains(t, narrow.answer(t, "subject", with(whoIsInviolable)), `"results":[]`, "a token gives nobody more than he may see")
}

// Nobody gets more than a page at a time, and none is asked for in vain.
func TestLimits(t *testing.T) {
	s := shipped(t, arandia(20)...)
	assert.Equal(t, 0, s.list(t, "subject", paged(whoIsInviolable, `"limit":0`)).Page.Count)
	assert.NotEmpty(t, s.list(t, "subject", paged(whoIsInviolable, `"limit":0`)).Page.Next)
	all := s.list(t, "subject", paged(whoIsInviolable, `"limit":9007199254740991`))
	assert.Empty(t, all.Page.Next)
	assert.Len(t, all.Results, 14)
}

// A list that is too long for one answer goes on, also for who asked for no page.
func TestALongList(t *testing.T) {
	s := shipped(t, arandia(2)...)
	for n := range 6 {
		var events []domain.Envelope
		for i := range 200 {
			events = append(events, domaintest.Accredited(domain.MemberID(fmt.Sprintf("n-%d-%03d", n, i)), "arandia-embassy", "dip.agent", "2024-01-01"))
		}
		s.record(t, events...)
	}
	first := s.list(t, "subject", whoIsInviolable)
	require.Len(t, first.Results, 1000)
	require.NotNil(t, first.Page)
	rest := s.list(t, "subject", paged(whoIsInviolable, `"token":"`+first.Page.Next+`"`))
	assert.Len(t, rest.Results, 202)
	assert.Empty(t, rest.Page.Next)
}

// The law of the first page is that of all pages.
func TestPagesAreOfOneLaw(t *testing.T) {
	s := records(t)
	const search = `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"context":{"ip":"10.0.0.1"}}`
	first := s.list(t, "subject", paged(search, `"limit":1`))
	require.Equal(t, []string{"alice"}, first.ids())
	bundle, err := rules.Bundle(os.DirFS("testdata/records/law"))
	require.NoError(t, err)
	for _, change := range [][2]string{
		{"edition: records", "edition: records-2"}, {"when: here && on_record", "when: here && on_record && request.ip != \"10.0.0.1\""},
		{"  soft: {type: bool", "  ip: {type: text, default: none}\n  soft: {type: bool"},
	} {
		require.Equal(t, 1, strings.Count(string(bundle), change[0]), change[0])
		bundle = []byte(strings.Replace(string(bundle), change[0], change[1], 1))
	}
	s.now("2025-06-02T12:00:00Z")
	_, err = s.office.Publish(t.Context(), engine.Publication{Bundle: bundle, Effective: domaintest.When("1980-01-01"), Authority: "order 2", Actor: "test", Recorded: domaintest.When("2025-06-02").At})
	require.NoError(t, err)
	assert.Empty(t, s.list(t, "subject", search).ids(), "by the law in force now")
	second := s.list(t, "subject", paged(search, `"token":"`+first.Page.Next+`"`))
	assert.Equal(t, []string{"bob"}, second.ids())
	assert.Empty(t, second.Page.Next)
}
