package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/eventlog"
)

const staff = "member,mission,category,name,effective\n" +
	"m-1,arandia-embassy,dip.agent,Mia,2025-01-10\n" +
	"m-2,arandia-embassy,dip.service,Max,2025-01-10\n"

// send imports a list.
func (s *served) imports(query, list string, headers ...string) (int, api.Imported, api.Problem, *http.Response) {
	s.t.Helper()
	w, text := s.send(http.MethodPost, "/v1/import?"+query, list, append([]string{"Content-Type", "text/csv; charset=utf-8"}, headers...)...)
	var done api.Imported
	var p api.Problem
	if w.StatusCode == http.StatusOK {
		require.NoError(s.t, json.Unmarshal(text, &done))
	} else {
		require.NoError(s.t, json.Unmarshal(text, &p), "%s", text)
	}
	return w.StatusCode, done, p, w
}

func TestImport(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	status, done, _, _ := s.imports("kind=members&dry_run=true", staff)
	assert.Equal(t, http.StatusOK, status)
	assert.True(t, done.DryRun)
	assert.Equal(t, 2, done.Recorded)
	assert.Equal(t, before, s.office.Position())

	status, done, _, w := s.imports("kind=members&import=staff-1", staff, api.ActorHeader, "desk/1")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, api.Imported{Import: "staff-1", Kind: "members", Rows: 2, Recorded: 2, Events: 2, Position: before + 2}, done)
	assert.Equal(t, fmt.Sprint(before+2), w.Header.Get(api.PositionHeader))
	e, _ := s.office.Root().View().Envelope(before)
	assert.Equal(t, "desk/1", e.Actor)
	_, done, _, _ = s.imports("kind=members&import=staff-1", staff, api.ActorHeader, "desk/1")
	assert.Equal(t, 2, done.Repeated)
	assert.Equal(t, before+2, s.office.Position())

	// Rows as JSON lines, and events.
	status, done, _, _ = s.imports("kind=members", `{"member":"m-3","mission":"arandia-embassy","category":"dip.agent","effective":"2025-01-10"}`, "Content-Type", "application/x-ndjson")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 1, done.Recorded)
	status, done, _, _ = s.imports("kind=events", dora+"\n"+restrict, "Content-Type", "application/x-ndjson")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 2, done.Events)
}

func TestImportRefused(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	for _, c := range []struct {
		query, list string
		status      int
		code        string
	}{
		{"kind=staff", staff, 400, "kind"},
		{"", staff, 400, "kind"},
		{"kind=members&as=x", staff, 400, "query"},
		{"kind=members&import=Staff%201", staff, 400, "import"},
		{"kind=members&recorded=2025-01-02", staff, 422, "list_invalid"},
		{"kind=members&recorded=soon", staff, 400, "recorded"},
		{"kind=members&dry_run=yes", staff, 400, "dry_run"},
		{"kind=events", staff, 400, "content_type"},
		{"kind=members", "member,mission\n", 422, "list_invalid"},
		{"kind=members", strings.ReplaceAll(staff, "dip.agent", "dip.agnt"), 422, "list_invalid"},
		{"kind=members", staff + "m-3,nowhere,dip.agent,,2025-01-10\nm-4,arandia-embassy,dip.agent,,soon\n", 422, "list_invalid"},
		{"kind=members", "\xff" + staff, 422, "list_invalid"},
	} {
		status, _, p, _ := s.imports(c.query, c.list)
		assert.Equal(t, c.status, status, "%s: %s", c.query, p.Detail)
		assert.Equal(t, c.code, p.Code, c.query)
		if c.code == "list_invalid" {
			require.NotEmpty(t, p.Lines, p.Detail)
		}
		assert.Equal(t, before, s.office.Position(), "all or none")
	}
	_, _, p, _ := s.imports("kind=members", staff+"m-3,nowhere,dip.agent,,2025-01-10\nm-4,arandia-embassy,dip.agent,,soon\n")
	require.Len(t, p.Lines, 2)
	assert.Equal(t, 4, p.Lines[0].Line)
	assert.Contains(t, p.Lines[1].Message, "effective")
}

func TestImportScope(t *testing.T) {
	s := serve(t)
	before := s.office.Position()
	s.who = of("desk/arandia", auth.Officer, "arandia", "*")
	status, done, p, _ := s.imports("kind=members&dry_run=true", staff)
	require.Equal(t, http.StatusOK, status, p.Detail)
	assert.Equal(t, 2, done.Recorded)
	for _, row := range []string{"m-3,borvia-embassy,dip.agent,,2025-01-10\n", "bo,arandia-embassy,dip.agent,,2025-01-10\n", "m-3,nowhere,dip.agent,,2025-01-10\n"} {
		status, _, p, _ = s.imports("kind=members", staff+row)
		assert.Equal(t, http.StatusForbidden, status)
		assert.Contains(t, p.Detail, "line 4")
	}
	status, _, _, _ = s.imports("kind=events", strings.Replace(dora, `"effective"`, `"actor":"desk/2","command":"01ARZ3NDEKTSV4RRFFQ69G5FAV","effective"`, 1), "Content-Type", "application/x-ndjson")
	assert.Equal(t, http.StatusForbidden, status, "another actor")
	status, _, _, _ = s.imports("kind=members", staff, api.ActorHeader, "desk/2")
	assert.Equal(t, http.StatusForbidden, status)
	s.who = of("auditor", auth.Auditor, "*", "*")
	status, _, _, _ = s.imports("kind=members", staff)
	assert.Equal(t, http.StatusForbidden, status)
	assert.Equal(t, before, s.office.Position())
	// Who comes after is not kept waiting by those who were refused.
	s.who = auth.Anybody()
	var got recorded
	s.post("/v1/events", events(dora), &got)
}

// fillsUp is a log that has room for so many appends.
type fillsUp struct {
	eventlog.Log
	room int
}

func (f *fillsUp) Append(ctx context.Context, at eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	if f.room--; f.room < 0 {
		return 0, eventlog.ErrFull
	}
	return f.Log.Append(ctx, at, records...)
}

// TestImportBrokenOff completes a list for which there was no room by the same list again.
func TestImportBrokenOff(t *testing.T) {
	var log *fillsUp
	s := serveOn(t, func(l eventlog.Log) eventlog.Log { log = &fillsUp{l, 100}; return log })
	before := s.office.Position()
	var list strings.Builder
	list.WriteString("member,mission,category,effective\n")
	const rows = 1500 // more than one append holds
	for i := range rows {
		fmt.Fprintf(&list, "m-%d,arandia-embassy,dip.agent,2025-01-10\n", i)
	}
	log.room = 1
	status, _, p, _ := s.imports("kind=members", list.String())
	assert.Equal(t, http.StatusInsufficientStorage, status)
	assert.Contains(t, p.Detail, "1000 of 1500 events were recorded")
	assert.Contains(t, p.Detail, "send the same list again")
	assert.Equal(t, before+1000, s.office.Position())
	log.room = 100
	status, done, p, _ := s.imports("kind=members", list.String())
	require.Equal(t, http.StatusOK, status, p.Detail)
	assert.Equal(t, 1000, done.Repeated)
	assert.Equal(t, 500, done.Recorded)
	assert.Equal(t, before+rows, s.office.Position())
}
