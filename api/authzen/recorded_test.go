package authzen_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

// recorded is an office that records what it answers.
func recorded(t testing.TB, s *served, log eventlog.Log, mode decisions.Mode) *served {
	t.Helper()
	own, err := decisions.Binding(t.Context(), s.office.Log)
	require.NoError(t, err)
	clock := s.office.Now
	r, err := decisions.Open(t.Context(), decisions.Config{Log: log, Office: own, Mode: mode, Clock: clock, NewID: engine.NewID})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	e, err := engine.Open(t.Context(), engine.Config{Log: s.office.Log, Bodies: s.office.Bodies, Clock: clock, Library: library(), Decisions: r})
	require.NoError(t, err)
	out := &served{t: s.t, office: &api.Office{Engine: e, ID: s.office.ID, Log: s.office.Log, Bodies: s.office.Bodies, Answers: log, Recorder: r}, clock: s.clock}
	out.serve(t, authzen.Config{}, scoped(auth.System, []string{"*"}, []string{"*"}))
	return out
}

func answersIn(t testing.TB, log eventlog.Log) (out []decisions.Answer) {
	t.Helper()
	for e, err := range decisions.Read(t.Context(), log, 0) {
		require.NoError(t, err)
		if a, ok := e.Body.(decisions.Answer); ok {
			out = append(out, a)
		}
	}
	return out
}

// What is answered is on record first, each question of a batch for itself.
func TestAnswersAreRecorded(t *testing.T) {
	log := memlog.New()
	s := recorded(t, two(t), log, decisions.Strict)
	assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", about("ana", "imm.arrest")))
	one := answersIn(t, log)
	require.Len(t, one, 1)
	assert.Equal(t, "desk", one[0].By)
	assert.Equal(t, decisions.CallAsk, one[0].Call)
	assert.Equal(t, "member/ana", one[0].Question.Subject.String())
	assert.Contains(t, string(one[0].Bytes), `"permits":true`)

	items := []string{about("ana", "imm.arrest"), about("nobody", "imm.arrest"), `{}`, about("bo", "tax.sales"), about("ana", "imm.arrest")}
	assert.Equal(t, 3, strings.Count(s.answer(t, "evaluations", `{"evaluations":[`+strings.Join(items, ",")+`]}`), `{"decision":true}`))
	all := answersIn(t, log)
	require.Len(t, all, 4)
	assert.Equal(t, "member/bo", all[2].Question.Subject.String())
	for _, a := range all {
		assert.Equal(t, decisions.Batch{}, a.Batch)
		assert.Equal(t, all[0].Root, a.Root)
	}

	stopped := `{"options":{"evaluations_semantic":"permit_on_first_permit"},"evaluations":[` + strings.Join(items, ",") + `]}`
	s.answer(t, "evaluations", stopped)
	assert.Len(t, answersIn(t, log), 5, "what was not reached was not answered")
	s.answer(t, "subject", about("", "imm.arrest"))
	assert.Len(t, answersIn(t, log), 5, "a search is a list, and nothing to act on")
}

// No record, no answer.
func TestAnAnswerThatCantBeRecorded(t *testing.T) {
	faults := logtest.NewFaults(memlog.New())
	s := recorded(t, two(t), faults, decisions.Strict)
	s.answer(t, "evaluation", about("ana", "imm.arrest"))
	for endpoint, body := range map[string]string{
		"evaluation": about("ana", "imm.arrest"), "evaluations": fmt.Sprintf(`{"evaluations":[%s,%s]}`, about("ana", "imm.arrest"), about("bo", "imm.arrest")),
	} {
		for range 4 { // it is tried again
			faults.FailNext(false)
		}
		w := s.call(endpoint, body)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.NotContains(t, w.Body.String(), `"decision"`)
		assert.NotEmpty(t, w.Header().Get("Retry-After"))
	}
	assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", about("ana", "imm.arrest")))
}

// Answers that are recorded and answers that are not are the same.
func TestRecordingChangesNoAnswer(t *testing.T) {
	bare := purchases(t)
	kept := recorded(t, bare, memlog.New(), decisions.BestEffort)
	for _, context := range []string{`{}`, `{"amount":30000}`, `{"amount":29999}`, `{"comity":{"handles_conditions":true}}`, `{"comity":{"explain":true}}`, `{"as_of":"2023-01-01"}`} {
		body := purchase(context)
		if strings.Contains(context, "explain") {
			assert.JSONEq(t, bare.answer(t, "evaluation", body), kept.answer(t, "evaluation", body))
			continue
		}
		assert.Equal(t, bare.answer(t, "evaluation", body), kept.answer(t, "evaluation", body), context)
	}
}
