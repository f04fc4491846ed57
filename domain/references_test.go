package domain_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

func TestReferences(t *testing.T) {
	got := map[domain.Type][]string{}
	for _, e := range domaintest.Examples() {
		for _, s := range domain.References(e.Event) {
			got[e.Type()] = append(got[e.Type()], s.String())
		}
	}
	assert.Equal(t, map[domain.Type][]string{
		"state.succeeded":            {"state/estovia"},
		"agreement.concluded":        {"state/cordania"},
		"measure.determined":         {"state/garanda", "mission/garanda-houston", "member/quin", "measure/garanda-travel-1"},
		"measure.lifted":             {"mission/garanda-houston"},
		"mission.opened":             {"state/garanda"},
		"mission.suspended":          {"member/fay"},
		"member.accredited":          {"mission/arandia-embassy", "state/arandia", "state/borvia"},
		"member.reassigned":          {"mission/garanda-chicago"},
		"member.nationality_changed": {"state/cordania", "state/delmark"},
		"family.joined":              {"member/ana", "state/arandia"},
		"visitor.recorded":           {"mission/garanda-embassy", "state/garanda"},
		"card.issued":                {"member/hal"},
		"vehicle.recorded":           {"member/bo"},
		"vehicle.transferred":        {"mission/arandia-embassy"},
		"violation.recorded":         {"vehicle/arandia-car-1"},
		"request.filed":              {"mission/arandia-embassy", "member/ana", "member/bo"},
		"property.recorded":          {"mission/arandia-embassy"},
		"event.corrected":            {"mission/arandia-embassy", "state/arandia"},
	}, got)
	assert.Empty(t, domain.References(domain.EventCorrected{}))
}

// Whatever identifier of a subject a payload holds is among its references, so
// that a new field is not forgotten. Matters are not subjects.
func TestReferencesAreComplete(t *testing.T) {
	for _, e := range domaintest.Examples() {
		refs := domain.References(e.Event)
		walk(reflect.ValueOf(e.Event), func(typ, id string) {
			kind := domain.SubjectKind(strings.ToLower(strings.TrimSuffix(typ, "ID")))
			if kind == "matter" {
				return
			}
			assert.True(t, slices.Contains(refs, domain.Subject{Kind: kind, ID: id}), "%s refers to %s/%s", e.Type(), kind, id)
		})
	}
}

// walk calls found with the type and text of every identifier in v.
func walk(v reflect.Value, found func(typ, id string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), found)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), found)
		}
	case reflect.String:
		if name := v.Type().Name(); strings.HasSuffix(name, "ID") && v.String() != "" {
			found(name, v.String())
		}
	}
}
