package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// A recorded receipt, as a program reads it.
type recorded struct {
	engine.Receipt
	DryRun bool `json:"dry_run"`
}

const (
	dora     = `{"subject":"member/dora","type":"member.accredited","effective":"2025-01-01","authority":"note 9","payload":{"mission":"arandia-embassy","category":"dip.agent"}}`
	restrict = `{"subject":"member/ana","type":"privilege.restricted","effective":"2025-02-01","authority":"note 10","payload":{"privileges":["tax.sales"],"level":"withdrawn"}}`
)

func events(all ...string) string { return `{"events":[` + strings.Join(all, ",") + `]}` }

func TestSubmitEvents(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	w, text := s.send(http.MethodPost, "/v1/events", events(dora, restrict), "Idempotency-Key", "order 17")
	require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
	var got recorded
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, before, got.First)
	assert.Equal(t, before+2, got.Position)
	assert.Len(t, got.Events, 2)
	assert.False(t, got.Repeated)
	assert.Equal(t, fmt.Sprint(before+2), w.Header.Get(api.PositionHeader))
	assert.Equal(t, "order 17", w.Header.Get(api.KeyHeader))
	_, e, found := s.office.Root().View().EventByID(got.Events[1])
	require.True(t, found)
	assert.Equal(t, "local", e.Actor)

	var d domain.Decision
	s.post("/v1/ask", fmt.Sprintf(`{"subject":"ana","privilege":"tax.sales","request":{"amount":"1"},"at_least":%d}`, got.Position), &d)
	assert.Equal(t, domain.Denied, d.Outcome)

	// The same again has no second effect, also as lines.
	w, text = s.send(http.MethodPost, "/v1/events", "\n"+dora+"\n\n"+restrict+"\n", "Idempotency-Key", "order 17", "Content-Type", "application/x-ndjson")
	require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
	var again recorded
	require.NoError(t, json.Unmarshal(text, &again))
	assert.True(t, again.Repeated)
	again.Repeated = false
	assert.Equal(t, got, again)
	assert.Equal(t, before+2, s.office.Position())

	// With other content it is refused.
	w, text = s.send(http.MethodPost, "/v1/events", events(dora), "Idempotency-Key", "order 17")
	assert.Equal(t, http.StatusConflict, w.StatusCode, "%s", text)
	assert.Contains(t, string(text), "repeated_id")
	// Without a key one is made up, and told.
	w, text = s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "emil")))
	require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
	_, err := domain.ParseCommandID(w.Header.Get(api.KeyHeader))
	require.NoError(t, err)
}

func TestSubmitEventsRefused(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	lift := strings.NewReplacer("privilege.restricted", "restriction.lifted", `"payload":{"privileges":["tax.sales"],"level":"withdrawn"}`, `"target":"01ARZ3NDEKTSV4RRFFQ69G5FAV","payload":{}`).Replace(restrict)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{events(), 422, "events_invalid"},
		{`{}`, 422, "events_invalid"},
		{`{"events":{}}`, 400, "body_invalid"},
		{`{"events":[],"command":"x"}`, 400, "body_invalid"},
		{`[` + dora + `]`, 400, "body_invalid"},
		{events(`{"type":"member.accredited"}`), 422, "events_invalid"},
		{events(`"member.accredited"`), 422, "events_invalid"},
		{events(strings.Replace(dora, "dip.agent", "dip.agnt", 1)), 422, "refused"},
		{events(dora, dora), 422, "refused"},
		{events(dora, strings.ReplaceAll(restrict, "ana", "nobody")), 422, "refused"},
		{events(lift), 422, "refused"},
		{events(strings.Replace(dora, `"effective"`, `"recorded":"2025-01-02","effective"`, 1)), 409, "recorded_stated"},
		{events(strings.Replace(dora, `"effective"`, `"command":"01ARZ3NDEKTSV4RRFFQ69G5FAV","effective"`, 1)), 422, "events_invalid"},
		{`{"events":[` + strings.Repeat(dora+",", 1000) + dora + `]}`, 422, "events_invalid"},
		{`{"expected_position":1,` + events(dora)[1:], 409, "conflict"},
		{`{"expected_position":-1,` + events(dora)[1:], 400, "body_invalid"},
	} {
		s.refused(c.status, c.code, http.MethodPost, "/v1/events", c.body)
		assert.Equal(t, before, s.office.Position(), c.body)
	}
	s.refused(http.StatusBadRequest, "dry_run", http.MethodPost, "/v1/events?dry_run=1", events(dora))
	s.refused(http.StatusBadRequest, "query", http.MethodPost, "/v1/events?dryrun=true", events(dora))
	s.refused(http.StatusRequestEntityTooLarge, "body_too_large", http.MethodPost, "/v1/events", strings.Repeat(" ", 5<<20))
	many := make([]string, 9)
	for i := range many {
		many[i] = fmt.Sprintf(`{"subject":"state/s%d","type":"state.registered","effective":"2020-01-01","payload":{"name":%q}}`, i, strings.Repeat("x", 120_000))
	}
	s.refused(http.StatusRequestEntityTooLarge, "too_large", http.MethodPost, "/v1/events", events(many...))

	p := s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, "/v1/events", events(dora, strings.ReplaceAll(restrict, "tax.sales", "tax.sails")))
	require.Len(t, p.Refusals, 1)
	assert.Equal(t, 2, p.Refusals[0].Event)
	assert.Equal(t, "payload.privileges", p.Refusals[0].Field)
	assert.Contains(t, p.Refusals[0].Message, "tax.sales", "the remedy")
	p = s.refused(http.StatusUnprocessableEntity, "events_invalid", http.MethodPost, "/v1/events", events(dora, `{}`, restrict, `{}`))
	require.Len(t, p.Lines, 2)
	assert.Equal(t, 4, p.Lines[1].Line)
	w, _ := s.send(http.MethodPost, "/v1/events", events(dora), "Idempotency-Key", strings.Repeat("k", 129))
	assert.Equal(t, http.StatusBadRequest, w.StatusCode)
	assert.Equal(t, before, s.office.Position())
}

func TestSubmitDryRun(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	var got recorded
	w := s.post("/v1/events?dry_run=true", events(dora, restrict), &got)
	assert.True(t, got.DryRun)
	assert.Equal(t, before+2, got.Position)
	assert.Empty(t, got.Events)
	assert.Equal(t, fmt.Sprint(before), w.Header.Get(api.PositionHeader))
	assert.Equal(t, before, s.office.Position())
	s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, "/v1/events?dry_run=true", events(strings.Replace(dora, "dip.agent", "x", 1)))
}

func TestSubmitCommands(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	first := `{"command":"visit 1","correlation":"affair-7","events":[` + strings.Replace(dora, `"subject"`, `"ref":"arrival","subject"`, 1) + `]}`
	second := `{"events":[{"subject":"member/dora","type":"event.retracted","target":"#arrival","payload":{"reason":"mixed up"}}]}`
	send := func() recorded {
		w, text := s.send(http.MethodPost, "/v1/commands", `{"commands":[`+first+`,`+second+`]}`, "Idempotency-Key", "k")
		require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
		var got recorded
		require.NoError(t, json.Unmarshal(text, &got))
		return got
	}
	got := send()
	assert.Equal(t, before+2, got.Position)
	_, a, _ := s.office.Root().View().EventByID(got.Events[0])
	_, b, _ := s.office.Root().View().EventByID(got.Events[1])
	assert.NotEqual(t, a.Command, b.Command)
	assert.Equal(t, a.ID, b.Target)
	assert.Equal(t, "affair-7", a.Correlation)
	assert.True(t, a.Recorded.Before(b.Recorded))
	assert.True(t, send().Repeated)

	// All or none, and what is wrong is said of each event of each command.
	p := s.refused(http.StatusUnprocessableEntity, "refused", http.MethodPost, "/v1/commands", `{"commands":[
		{"events":[`+strings.ReplaceAll(dora, "dora", "emil")+`]},
		{"events":[`+strings.ReplaceAll(dora, "dora", "fay")+`,`+strings.ReplaceAll(restrict, "tax.sales", "x")+`]}]}`)
	require.Len(t, p.Refusals, 1)
	assert.Equal(t, 3, p.Refusals[0].Event)
	assert.Equal(t, 2, p.Refusals[0].Command)
	assert.Equal(t, before+2, s.office.Position())
	s.refused(http.StatusBadRequest, "commands", http.MethodPost, "/v1/commands", `{"commands":[{"events":[]}]}`)
	s.refused(http.StatusUnprocessableEntity, "events_invalid", http.MethodPost, "/v1/commands", `{"commands":[]}`)
	s.refused(http.StatusUnprocessableEntity, "events_invalid", http.MethodPost, "/v1/commands", `{"commands":[{"command":"a","events":[`+dora+`]},{"command":"a","events":[`+restrict+`]}]}`)
}

// TestSubmitAtOnce sends one command by sixteen callers at a time, and then sixteen
// commands that expect the same position.
func TestSubmitAtOnce(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	const n = 16
	statuses, repeated := make([]int, n), make([]bool, n)
	all := func(body func(int) string, headers ...string) {
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() {
				w, text := s.send(http.MethodPost, "/v1/events", body(i), headers...)
				var got recorded
				_ = json.Unmarshal(text, &got)
				statuses[i], repeated[i] = w.StatusCode, got.Repeated
			})
		}
		wait.Wait()
	}
	all(func(int) string { return events(dora, restrict) }, "Idempotency-Key", "once")
	firsts := 0
	for i := range n {
		assert.Equal(t, http.StatusOK, statuses[i])
		if !repeated[i] {
			firsts++
		}
	}
	assert.Equal(t, 1, firsts)
	assert.Equal(t, before+2, s.office.Position())

	all(func(i int) string { return events(strings.ReplaceAll(dora, "dora", fmt.Sprint("guest-", i))) }, api.ExpectedHeader, fmt.Sprint(before+2))
	won := 0
	for _, status := range statuses {
		if status == http.StatusOK {
			won++
		} else {
			assert.Equal(t, http.StatusConflict, status)
		}
	}
	assert.Equal(t, 1, won)
	assert.Equal(t, before+3, s.office.Position())

	// The conflict says where the log is; a repetition does not need the position.
	w, text := s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "late")), api.ExpectedHeader, fmt.Sprint(before))
	require.Equal(t, http.StatusConflict, w.StatusCode)
	var p api.Problem
	require.NoError(t, json.Unmarshal(text, &p))
	assert.Equal(t, "conflict", p.Code)
	assert.Equal(t, before+3, p.Position)
	w, _ = s.send(http.MethodPost, "/v1/events", events(dora, restrict), "Idempotency-Key", "once", api.ExpectedHeader, fmt.Sprint(before))
	assert.Equal(t, http.StatusOK, w.StatusCode)
	w, _ = s.send(http.MethodPost, "/v1/events", `{"expected_position":1,`+events(dora)[1:], api.ExpectedHeader, "2")
	assert.Equal(t, http.StatusBadRequest, w.StatusCode)
}

func TestSubmitActor(t *testing.T) {
	s := serve(t)
	claims := strings.Replace(dora, `"effective"`, `"actor":"desk/2","effective"`, 1)
	actorOf := func(text []byte) string {
		var got recorded
		require.NoError(t, json.Unmarshal(text, &got), "%s", text)
		require.NotEmpty(t, got.Events, "%s", text)
		_, e, _ := s.office.Root().View().EventByID(got.Events[0])
		return e.Actor
	}
	_, text := s.send(http.MethodPost, "/v1/events", events(claims))
	assert.Equal(t, "desk/2", actorOf(text), "as claimed, where nobody is asked for a proof")
	_, text = s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "emil")), api.ActorHeader, "desk/3")
	assert.Equal(t, "desk/3", actorOf(text))

	s.who = &auth.Caller{ID: "desk/1", Means: auth.ByKey, Grants: []auth.Grant{{Role: auth.Officer, Offices: []string{"*"}, Countries: []string{"*"}, Programmes: []string{"*"}}}}
	before := s.office.Position()
	fay := strings.ReplaceAll(claims, "dora", "fay")
	s.refused(http.StatusForbidden, "actor", http.MethodPost, "/v1/events", events(fay))
	w, _ := s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "fay")), api.ActorHeader, "desk/3")
	assert.Equal(t, http.StatusForbidden, w.StatusCode)
	assert.Equal(t, before, s.office.Position())
	_, text = s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(fay, "desk/2", "desk/1")))
	assert.Equal(t, "desk/1", actorOf(text))

	// One caller's key is not another's.
	_, text = s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "gil")), "Idempotency-Key", "1")
	assert.Equal(t, "desk/1", actorOf(text))
	s.who = &auth.Caller{ID: "desk/2", Means: auth.ByKey, Grants: s.who.Grants}
	_, text = s.send(http.MethodPost, "/v1/events", events(strings.ReplaceAll(dora, "dora", "hal")), "Idempotency-Key", "1")
	assert.Equal(t, "desk/2", actorOf(text))
}
