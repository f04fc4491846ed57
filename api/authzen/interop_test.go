package authzen_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/config"
)

// The office of testdata/interop has the shapes of the interoperability scenarios:
// subjects by the id that an issuer gave them, owners in properties, routes as
// resources, and records with departments and owners.
func interop(t testing.TB) *served {
	t.Helper()
	var m authzen.Mapping
	_, err := config.Load(&m, config.Sources{File: "testdata/interop/mapping.yaml"})
	require.NoError(t, err)
	return officeOf(t, "testdata/interop", m)
}

// What each role may do with tasks, and at which routes.
func TestTasksAndRoutes(t *testing.T) {
	s := interop(t)
	const root, edda, vera = "CgRyb290EgVsb2NhbA", "CgRlZGRhEgVsb2NhbA", "CgR2ZXJhEgVsb2NhbA"
	everybody := []string{root, edda, vera}
	makers := []string{root, edda}
	owned := func(by string) string {
		return `{"type":"todo","id":"7240d0db-8ff0-41ec","properties":{"ownerID":"` + by + `"}}`
	}
	for _, v := range []struct {
		kind, action, resource string
		may                    []string
	}{
		{"user", "can_read_user", `{"type":"user","id":"vera@smiths.example"}`, everybody},
		{"user", "can_read_todos", `{"type":"todo","id":"todo-1"}`, everybody},
		{"user", "can_create_todo", `{"type":"todo","id":"todo-1"}`, makers},
		{"user", "can_update_todo", owned("edda@smiths.example"), makers},
		{"user", "can_update_todo", owned("root@citadel.example"), []string{root}},
		{"user", "can_update_todo", `{"type":"todo","id":"todo-1"}`, []string{root}},
		{"user", "can_delete_todo", owned("edda@smiths.example"), makers},
		{"user", "can_delete_todo", owned("vera@smiths.example"), []string{root}},
		{"identity", "GET", `{"type":"route","id":"/users/{userId}"}`, everybody},
		{"identity", "GET", `{"type":"route","id":"/todos"}`, everybody},
		{"identity", "POST", `{"type":"route","id":"/todos"}`, makers},
		{"identity", "PUT", `{"type":"route","id":"/todos/{todoId}"}`, makers},
		{"identity", "DELETE", `{"type":"route","id":"/todos/{todoId}"}`, makers},
		{"identity", "PUT", `{"type":"route","id":"/todos"}`, nil},
		{"identity", "GET", `{"type":"route","id":"/admin"}`, nil},
		{"identity", "PATCH", `{"type":"route","id":"/todos"}`, nil},
		{"user", "can_read_user", `{"type":"record","id":"201"}`, nil}, // which is done to no record
		{"robot", "GET", `{"type":"route","id":"/todos"}`, nil},
	} {
		for _, who := range append(everybody, "root", "edda", "", "nobody") {
			if who == "" {
				continue
			}
			body := fmt.Sprintf(`{"subject":{"type":%q,"id":%q},"action":{"name":%q},"resource":%s,"context":{}}`, v.kind, who, v.action, v.resource)
			want := fmt.Sprintf(`{"decision":%t}`, slices.Contains(v.may, who))
			assert.Equal(t, want, s.answer(t, "evaluation", body), body)
		}
	}
	boxed := `{"subject":{"type":"user","id":"` + edda + `"},"action":{"name":"can_update_todo"},"evaluations":[{"resource":` + owned("edda@smiths.example") + `},{"resource":` + owned("vera@smiths.example") + `}]}`
	assert.Equal(t, `{"evaluations":[{"decision":true},{"decision":false}]}`, s.answer(t, "evaluations", boxed))
	assert.Equal(t, `{"results":[{"type":"user","id":"`+edda+`"},{"type":"user","id":"`+root+`"}]}`,
		s.answer(t, "subject", `{"subject":{"type":"user"},"action":{"name":"can_create_todo"},"resource":{"type":"todo","id":"1"}}`))
}

// Who may view, edit or delete which record: all three searches and evaluation, for
// everybody and every record, against the rules in plain words.
func TestRecordsOfDepartments(t *testing.T) {
	s := interop(t)
	people := map[string][2]string{ // department and role
		"mira": {"sales", "manager"}, "noor": {"legal", "employee"}, "otto": {"legal", "contractor"}, "pina": {"finance", "manager"}, "quin": {"finance", "employee"},
	}
	type record struct{ id, department, owner string }
	var all []record
	view := s.office.Root().View()
	for _, id := range view.OnRecord(domain.KindVehicle) {
		env, _ := view.Envelope(view.Events(domain.Of(domain.KindVehicle, id))[0])
		v := env.Event.(domain.VehicleRecorded)
		all = append(all, record{id, string(v.Kind), string(v.Owner)})
	}
	require.Len(t, all, 20)
	may := func(who, action string, r record) bool {
		own, near, manages := r.owner == who, people[who][0] == r.department, people[who][1] == "manager"
		switch action {
		case "view":
			return own || near || manages
		case "edit":
			return own || near && manages
		default:
			return own
		}
	}
	entities := func(kind string, ids []string) string {
		out := []map[string]string{}
		for _, id := range ids {
			if kind == "" {
				out = append(out, map[string]string{"name": id})
			} else {
				out = append(out, map[string]string{"type": kind, "id": id})
			}
		}
		text, err := json.Marshal(map[string]any{"results": out})
		require.NoError(t, err)
		return string(text)
	}
	names := []string{"mira", "noor", "otto", "pina", "quin"}
	actions := []string{"delete", "edit", "view"}
	yes := 0
	for _, action := range actions {
		for _, r := range all {
			var who []string
			for _, name := range names {
				if may(name, action, r) {
					who = append(who, name)
				}
				body := fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"record","id":%q}}`, name, action, r.id)
				require.Equal(t, fmt.Sprintf(`{"decision":%t}`, may(name, action, r)), s.answer(t, "evaluation", body), body)
			}
			yes += len(who)
			require.JSONEq(t, entities("user", who), s.answer(t, "subject", fmt.Sprintf(`{"subject":{"type":"user"},"action":{"name":%q},"resource":{"type":"record","id":%q}}`, action, r.id)))
		}
		for _, name := range names {
			var which []string
			for _, r := range all {
				if may(name, action, r) {
					which = append(which, r.id)
				}
			}
			require.JSONEq(t, entities("record", which), s.answer(t, "resource", fmt.Sprintf(`{"subject":{"type":"user","id":%q},"action":{"name":%q},"resource":{"type":"record"}}`, name, action)))
		}
	}
	for _, name := range names {
		for _, r := range all {
			var what []string
			for _, action := range actions {
				if may(name, action, r) {
					what = append(what, action)
				}
			}
			require.JSONEq(t, entities("", what), s.answer(t, "action", fmt.Sprintf(`{"subject":{"type":"user","id":%q},"resource":{"type":"record","id":%q}}`, name, r.id)))
		}
	}
	assert.Greater(t, yes, 60)
}
