package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
)

// TestSubmitUncertain lets an append fail so often that nobody knows what became of it:
// the caller is told so and with which key to ask, and the same again records it once.
func TestSubmitUncertain(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			var faults *logtest.Faults
			s := serveOn(t, func(log eventlog.Log) eventlog.Log { faults = logtest.NewFaults(log); return faults })
			before := s.office.Position()
			faults.FailNext(written)
			for range 3 { // what is made again to find out
				faults.FailNext(false)
			}
			w, text := s.send(http.MethodPost, "/v1/events", events(dora, restrict))
			require.Equal(t, http.StatusServiceUnavailable, w.StatusCode, "%s", text)
			var p api.Problem
			require.NoError(t, json.Unmarshal(text, &p))
			assert.Equal(t, "uncertain", p.Code)
			key := w.Header.Get(api.KeyHeader)
			assert.Contains(t, p.Detail, key)
			assert.NotContains(t, p.Detail, "fault", "why concerns the operator")
			assert.NotEmpty(t, w.Header.Get("Retry-After"))

			for i := range 2 {
				w, text = s.send(http.MethodPost, "/v1/events", events(dora, restrict), api.KeyHeader, key)
				require.Equal(t, http.StatusOK, w.StatusCode, "%s", text)
				var got recorded
				require.NoError(t, json.Unmarshal(text, &got))
				assert.Equal(t, written || i > 0, got.Repeated)
				assert.Equal(t, before+2, got.Position)
			}
			assert.Equal(t, before+2, s.office.Position())
			head, err := s.office.Log.Head(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, before+2, head)
		})
	}
}

// A full log refuses what is written, until there is room.
type fullLog struct {
	eventlog.Log
	full bool
}

func (f *fullLog) Append(ctx context.Context, at eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	if f.full {
		return 0, eventlog.ErrFull
	}
	return f.Log.Append(ctx, at, records...)
}

func TestSubmitFull(t *testing.T) {
	var log *fullLog
	s := serveOn(t, func(l eventlog.Log) eventlog.Log { log = &fullLog{Log: l}; return log })
	log.full = true
	s.refused(http.StatusInsufficientStorage, "full", http.MethodPost, "/v1/events", events(dora))
	var d struct{ Outcome string }
	s.post("/v1/ask", `{"subject":"ana","privilege":"imm.criminal"}`, &d)
	assert.Equal(t, "allowed", d.Outcome, "questions are answered still")
	log.full = false
	var got recorded
	s.post("/v1/events", events(dora), &got)
	assert.False(t, got.Repeated)
}
