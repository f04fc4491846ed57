package authzen_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/domain/domaintest"
)

// two are the members of two States.
func two(t testing.TB) *served {
	return shipped(t,
		domaintest.Registered("arandia", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"), domaintest.Opened("borvia-embassy", "borvia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"), domaintest.Accredited("bo", "borvia-embassy", "dip.agent", "2024-01-01"),
	)
}

func scoped(role auth.Role, countries, programmes []string) *auth.Caller {
	return &auth.Caller{ID: "desk", Means: auth.ByKey, Grants: []auth.Grant{{Role: role, Offices: []string{"*"}, Countries: countries, Programmes: programmes}}}
}

func about(member, privilege string) string {
	return `{"subject":{"type":"member","id":"` + member + `"},"action":{"name":"` + privilege + `"},"resource":{"type":"act","id":"1"}}`
}

func TestTheScopeOfACaller(t *testing.T) {
	s := two(t)
	all := s.answer(t, "subject", about("", "imm.arrest"))
	assert.Equal(t, `{"results":[{"type":"member","id":"ana"},{"type":"member","id":"bo"}]}`, all)

	of := s.as(t, authzen.Config{}, scoped(auth.System, []string{"arandia"}, []string{"*"}))
	assert.Equal(t, `{"decision":true}`, of.answer(t, "evaluation", about("ana", "imm.arrest")))
	other, nobody := of.call("evaluation", about("bo", "imm.arrest")), of.call("evaluation", about("xy", "imm.arrest"))
	assert.Equal(t, http.StatusForbidden, other.Code)
	assert.Equal(t, http.StatusForbidden, nobody.Code)
	assert.Equal(t, other.Body.String(), nobody.Body.String(), "nobody learns whom there is")
	assert.Equal(t, http.StatusForbidden, of.call("evaluation", about("bo", "imm.arrest")[:len(about("bo", "imm.arrest"))-1]+`,"context":{"comity":{"explain":true}}}`).Code)
	const refused = `{"decision":false,"context":{"comity":{"error":{"status":403,"code":"forbidden","text":"the right \"ask\" was not granted for that subject and action"}}}}`
	assert.Equal(t, `{"evaluations":[{"decision":true},`+refused+`,`+refused+`]}`, of.answer(t, "evaluations",
		`{"evaluations":[`+about("ana", "imm.arrest")+`,`+about("bo", "imm.arrest")+`,`+about("xy", "imm.arrest")+`]}`))
	assert.Equal(t, `{"results":[{"type":"member","id":"ana"}]}`, of.answer(t, "subject", about("", "imm.arrest")))
	assert.NotContains(t, of.answer(t, "action", about("ana", "")), `[]`)
	for _, member := range []string{"bo", "xy"} {
		assert.Equal(t, `{"results":[]}`, of.answer(t, "action", about(member, "")))
		assert.Equal(t, `{"results":[]}`, of.answer(t, "resource", `{"subject":{"type":"member","id":"`+member+`"},"action":{"name":"imm.arrest"},"resource":{"type":"privilege"}}`))
	}

	tax := s.as(t, authzen.Config{}, scoped(auth.System, []string{"*"}, []string{"tax"}))
	assert.Equal(t, `{"decision":true}`, tax.answer(t, "evaluation", about("bo", "tax.sales")))
	assert.Equal(t, http.StatusForbidden, tax.call("evaluation", about("bo", "imm.arrest")).Code)
	assert.Equal(t, `{"results":[]}`, tax.answer(t, "subject", about("", "imm.arrest")))
	found := tax.answer(t, "action", about("bo", ""))
	assert.Contains(t, found, `"tax.sales"`)
	assert.NotContains(t, found, `"imm.`)

	operator := s.as(t, authzen.Config{}, scoped(auth.Operator, []string{"*"}, []string{"*"}))
	for endpoint := range paths {
		assert.Equal(t, http.StatusForbidden, operator.call(endpoint, about("ana", "imm.arrest")).Code, endpoint)
	}
}

// Family is of the State of the sponsor, too.
func TestTheScopeOfAFamily(t *testing.T) {
	s := two(t)
	s.record(t, domaintest.Joined("al", "ana", "spouse", "2024-02-01"))
	of := s.as(t, authzen.Config{}, scoped(auth.System, []string{"arandia"}, []string{"*"}))
	assert.Equal(t, `{"decision":true}`, of.answer(t, "evaluation", about("al", "imm.arrest")))
	other := s.as(t, authzen.Config{}, scoped(auth.System, []string{"borvia"}, []string{"*"}))
	assert.Equal(t, http.StatusForbidden, other.call("evaluation", about("al", "imm.arrest")).Code)
	visitor := `{"subject":{"type":"member","id":"visitor@arandia-embassy"},"action":{"name":"travel.move"},"resource":{"type":"trip","id":"1"}}`
	assert.Equal(t, `{"decision":true}`, of.answer(t, "evaluation", visitor))
	assert.Equal(t, http.StatusForbidden, other.call("evaluation", visitor).Code)
	mission := `{"subject":{"type":"mission","id":"arandia-embassy"},"action":{"name":"tax.sales"},"resource":{"type":"purchase","id":"1"}}`
	assert.NotEqual(t, http.StatusForbidden, of.call("evaluation", mission).Code)
	assert.Equal(t, http.StatusForbidden, other.call("evaluation", mission).Code)
}
