package authzen_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// purchases is an office in which a purchase is free from an amount on, and a journey
// has to be notified beyond a distance.
func purchases(t testing.TB) *served {
	t.Helper()
	measure := func(id string, privilege domain.Privilege, level domain.Level, ground string, params domain.Params) domain.Envelope {
		return domaintest.Event("measure/"+id, "2024-01-01", domain.MeasureDetermined{
			State: "arandia", Privileges: []domain.Privilege{privilege}, Level: level, Ground: ground, Params: params,
			Observed: &domain.Observation{Level: level, Source: "survey 2023", Params: params},
		}, domaintest.Authority("determination 24-1"))
	}
	return shipped(t, append(arandia(6),
		measure("minimum", "tax.sales", "minimum_purchase", "", domain.Params{"amount": domain.Int(30000)}),
		measure("travel", "travel.move", "notification", "Finding under FMA 4304(b)", domain.Params{"radius": domain.Text("25")}))...)
}

func purchase(context string) string {
	return `{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"p-1"},"context":` + context + `}`
}

// A told answer.
type told struct {
	Decision bool `json:"decision"`
	Context  struct {
		Obligations []struct {
			ID         string         `json:"id"`
			Type       string         `json:"type"`
			Properties map[string]any `json:"properties"`
		} `json:"obligations"`
		Comity struct {
			Conditions []domain.Condition `json:"conditions"`
			Answer     json.RawMessage    `json:"answer"`
			PassedOver []string           `json:"passed_over"`
			Reason     *struct {
				Code, Text string
			} `json:"reason"`
		} `json:"comity"`
	} `json:"context"`
}

func (s *served) told(t testing.TB, body string) (out told) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(s.answer(t, "evaluation", body)), &out))
	return out
}

// A condition that nobody knows to be met permits nothing, unless the caller sees to it.
func TestConditions(t *testing.T) {
	s := purchases(t)
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", purchase(`{}`)))
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", purchase(`{"amount":29999}`)))
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", purchase(`{"amount":30000}`)))
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", purchase(`{"amount":3e4}`)), "the same number")
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", purchase(`{"amount":"300.00"}`)), "dollars, as a text")
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", purchase(`{"amount":300.00}`)), "three hundred cents")
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", purchase(`{"amount":300.5}`)).Code, "half a cent")
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", purchase(`{"amount":1e300}`)).Code)
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", purchase(`{"amount":9007199254740993}`)).Code)
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", purchase(`{"amount":-1}`)).Code)

	handled := s.told(t, purchase(`{"comity":{"handles_conditions":true}}`))
	assert.True(t, handled.Decision)
	require.Len(t, handled.Context.Comity.Conditions, 1)
	assert.Equal(t, "minimum_purchase", handled.Context.Comity.Conditions[0].Code)
	assert.Equal(t, domain.ConditionOpen, handled.Context.Comity.Conditions[0].State)
	assert.Empty(t, handled.Context.Obligations)

	handled = s.told(t, purchase(`{"supported_obligations":["custom"],"comity":{"handles_conditions":true}}`))
	require.Len(t, handled.Context.Obligations, 1)
	assert.Equal(t, "minimum_purchase", handled.Context.Obligations[0].ID)
	assert.Equal(t, "custom", handled.Context.Obligations[0].Type)
	assert.Equal(t, map[string]any{"amount": "$300.00", "compare": "at_least"}, handled.Context.Obligations[0].Properties["params"])

	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", purchase(`{"amount":30000,"comity":{"handles_conditions":true}}`)), "it is met")
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", purchase(`{"amount":100,"comity":{"handles_conditions":true}}`)), "it is not met")
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", purchase(`{"supported_obligations":["custom"]}`)), "to meet obligations is not to see to conditions")
}

// To have to tell the office is no permission, and an obligation for who can.
func TestANotification(t *testing.T) {
	s := purchases(t)
	trip := func(context string) string {
		return `{"subject":{"type":"member","id":"m-000"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1","properties":{"distance":60}},"context":` + context + `}`
	}
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", trip(`{}`)))
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", trip(`{"supported_obligations":["step-up"]}`)))
	out := s.told(t, trip(`{"supported_obligations":["notification"],"comity":{"handles_conditions":true}}`))
	assert.False(t, out.Decision)
	require.Len(t, out.Context.Obligations, 1)
	assert.Equal(t, "notification", out.Context.Obligations[0].Type)
	near := `{"subject":{"type":"member","id":"m-000"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1","properties":{"distance":20.5}}}`
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", near))
}

// An explanation is the whole decision, in the bytes of comity ask.
func TestAnExplanation(t *testing.T) {
	s := purchases(t)
	out := s.told(t, purchase(`{"amount":30000,"ip":"127.0.0.1","time":"now","comity":{"explain":true}}`))
	assert.True(t, out.Decision)
	d, err := s.office.Ask(t.Context(), engine.Question{Subject: domain.Member("m-000"), Privilege: "tax.sales", Request: map[string]string{"amount": "30000"}})
	require.NoError(t, err)
	want, err := codec.EncodeDecision(d)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(out.Context.Comity.Answer))
	assert.Equal(t, []string{"context.ip"}, out.Context.Comity.PassedOver)

	for body, code := range map[string]string{
		`{"subject":{"type":"spaceship","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1"}`:        "unknown_subject_type",
		`{"subject":{"type":"member","id":"nobody"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1"}`:          "unknown_subject",
		`{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sale"},"resource":{"type":"purchase","id":"1"}`:            "unknown_action",
		`{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"teapot","id":"1"}`:             "unknown_resource_type",
		`{"subject":{"type":"mission","id":"arandia-embassy"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"}`:    "not_asked_of_missions",
		`{"subject":{"type":"member","id":"m-000"},"action":{"name":"tax.sales"},"resource":{"type":"privilege","id":"imm.arrest"}`: "resource_is_another",
		`{"subject":{"type":"member","id":"visitor@nowhere"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1"}`:   "unknown_subject",
	} {
		assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", body+`}`), code)
		out := s.told(t, body+`,"context":{"comity":{"explain":true}}}`)
		assert.False(t, out.Decision)
		require.NotNil(t, out.Context.Comity.Reason, code)
		assert.Equal(t, code, out.Context.Comity.Reason.Code)
	}
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"privilege","id":"imm.arrest"}}`))
	assert.JSONEq(t, `{"decision":true}`, s.answer(t, "evaluation", `{"subject":{"type":"member","id":"visitor@arandia-embassy"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1","properties":{"distance":60}}}`), "no measure names visitors")
}

// Somebody of whom nothing is on record has nothing, whatever is free to everybody.
func TestNobodyHasNothing(t *testing.T) {
	s := shipped(t, arandia(1)...)
	d, err := s.office.Ask(t.Context(), engine.Question{Subject: domain.Member("nobody"), Privilege: "travel.move"})
	require.NoError(t, err)
	require.True(t, d.Permits(), "anybody may travel")
	assert.JSONEq(t, `{"decision":false}`, s.answer(t, "evaluation", `{"subject":{"type":"member","id":"nobody"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1"}}`))
}

// The two times of a question are those of the context, and a position may be demanded.
func TestTheTimesOfAQuestion(t *testing.T) {
	s := shipped(t, arandia(1)...)
	before := s.office.Position()
	s.now("2025-06-02T12:00:00Z")
	after := s.record(t, domaintest.Event("member/m-000", "2025-03-01", domain.CategoryChanged{Category: "dip.service"}))
	ask := func(context string) string {
		return `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"context":` + context + `}`
	}
	const yes, no = `{"decision":true}`, `{"decision":false}`
	for context, want := range map[string]string{
		`{}`:                                                                   no,
		`{"as_of":"2025-02-01"}`:                                               yes,
		`{"as_of":"2025-03-01"}`:                                               no,
		`{"as_of":"2023-12-31"}`:                                               no,
		fmt.Sprintf(`{"as_known":%d}`, before):                                 yes,
		fmt.Sprintf(`{"as_known":"@%d"}`, before):                              yes,
		fmt.Sprintf(`{"as_known":%d}`, after):                                  no,
		`{"as_known":"2025-06-01"}`:                                            yes,
		`{"comity":{"as_of":"2025-02-01T05:00:00Z"}}`:                          yes,
		`{"as_of":"2025-02-01","comity":{"as_of":"2025-02-01"}}`:               yes,
		fmt.Sprintf(`{"comity":{"as_known":%d,"explain":false}}`, before):      yes,
		fmt.Sprintf(`{"comity":{"at_least":%d}}`, after):                       no,
		fmt.Sprintf(`{"as_of":"2023-12-31","comity":{"as_known":%d}}`, before): no,
		`{"as_of":null,"as_known":null,"comity":null}`:                         no,
		`{"time":"2025-02-01"}`:                                                no,
	} {
		assert.Equal(t, want, s.answer(t, "evaluation", ask(context)), context)
	}
	for _, context := range []string{
		`{"as_of":"soon"}`, `{"as_of":true}`, `{"as_of":""}`, `{"as_of":"2025-02-01","comity":{"as_of":"2025-02-02"}}`, `{"as_known":"then"}`,
		`{"as_known":0}`, `{"as_known":999}`, `{"as_known":-1}`, `{"as_known":"2027-01-01"}`, `{"comity":[]}`, `{"comity":{"explain":"yes"}}`, `{"comity":{"at_least":-1}}`,
	} {
		w := s.call("evaluation", ask(context))
		assert.Equal(t, http.StatusBadRequest, w.Code, "%s: %s", context, w.Body)
	}
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", ask(`{}`), "Comity-At-Least", "x").Code)
	assert.Equal(t, no, s.answer(t, "evaluation", ask(`{}`), "Comity-At-Least", fmt.Sprint(after)))
	assert.Equal(t,
		fmt.Sprintf(`{"evaluations":[%s,%s,%s]}`, no, yes, yes),
		s.answer(t, "evaluations", fmt.Sprintf(`{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"evaluations":[{},{"context":{"as_known":%d}},{"context":{"as_of":"2025-02-01"}}]}`, before)))
}

// No answer is given from before a position that was demanded.
func TestAPositionThatIsNotReached(t *testing.T) {
	s := shipped(t, arandia(1)...)
	s.Limits.Time = 20e6
	w := s.call("evaluation", `{"subject":{"type":"member","id":"m-000"},"action":{"name":"imm.arrest"},"resource":{"type":"act","id":"1"},"context":{"comity":{"at_least":999}}}`)
	assert.Equal(t, http.StatusGatewayTimeout, w.Code)
	assert.NotContains(t, w.Body.String(), "decision\":")
}
