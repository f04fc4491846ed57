package codec

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

func TestEncodeDecision(t *testing.T) {
	eastern := time.FixedZone("", -5*3600)
	d := domain.Decision{
		Subject: domain.Member("pia"), Privilege: "tax.sales", Outcome: domain.Conditional,
		Conditions: []domain.Condition{{
			Code: "minimum_purchase", Params: []domain.Param{{Name: "amount", Value: "30000"}}, State: domain.ConditionMet,
		}},
		Reasons: []domain.Reason{{
			Code: domain.ReasonReciprocity, Tier: domain.TierReciprocity, Rule: "C-MIN", Effect: domain.Restricts, Outcome: domain.Conditional,
			Decisive: true, By: "measure/delmark-1", Cite: []string{"VCDR 34"}, Facts: []domain.FactUsed{{Name: "m.level", Value: "minimum_purchase", Events: []domain.Position{7}}},
			Events: []domain.Position{7},
		}},
		Cite:  []string{"VCDR 34", "VCDR 47(2)(a)"},
		Holds: domain.Holds{From: time.Date(2025, 1, 1, 0, 0, 0, 0, eastern), Begins: "measure.determined"},
		AsOf:  time.Date(2025, 2, 3, 10, 0, 0, 500_000_000, time.UTC), AsKnown: 12,
		Request:  map[string]string{"offence": "<none>", "amount": "30000"},
		Editions: []domain.Edition{{Ruleset: "common", Edition: "2025-01", Hash: "ab"}},
		Office:   "ofm", Mode: domain.Live, Semantics: 1, ZoneData: "2025a",
	}
	data, err := EncodeDecision(d)
	require.NoError(t, err)
	assert.Equal(t, `{"subject":"member/pia","privilege":"tax.sales","outcome":"allowed_with_conditions","permits":true,`+
		`"conditions":[{"code":"minimum_purchase","params":[{"name":"amount","value":"30000"}],"state":"met"}],`+
		`"obligations":[],"limits":[],"notes":[],"routes":[],"proposals":[],`+
		`"reasons":[{"code":"restricted_by_reciprocity","tier":"reciprocity","rule":"C-MIN","effect":"restricts","outcome":"allowed_with_conditions",`+
		`"decisive":true,"by":"measure/delmark-1","cite":["VCDR 34"],"facts":[{"name":"m.level","value":"minimum_purchase","events":[7]}],"events":[7]}],`+
		`"cite":["VCDR 34","VCDR 47(2)(a)"],"facts":[],"holds":{"from":"2025-01-01T05:00:00Z","begins":"measure.determined"},`+
		`"as_of":"2025-02-03T10:00:00.5Z","as_known":12,"request":{"amount":"30000","offence":"<none>"},`+
		`"editions":[{"ruleset":"common","edition":"2025-01","hash":"ab"}],"errors":[],"office":"ofm","mode":"live","semantics":1,"zone_data":"2025a"}`, string(data))

	back, err := DecodeDecision(data)
	require.NoError(t, err)
	d.Holds.From = d.Holds.From.UTC()
	assert.Equal(t, d, back)
	for range 20 {
		again, err := EncodeDecision(back)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
	}
}

func TestEncodeZeroDecision(t *testing.T) {
	data, err := EncodeDecision(domain.Decision{})
	require.NoError(t, err)
	assert.Equal(t, `{"subject":"","privilege":"","outcome":null,"permits":false,"conditions":[],"obligations":[],"limits":[],"notes":[],"routes":[],`+
		`"proposals":[],"reasons":[],"cite":[],"facts":[],"holds":{},"as_known":0,"editions":[],"errors":[],"office":"","mode":"","semantics":0,"zone_data":""}`, string(data))
	back, err := DecodeDecision(data)
	require.NoError(t, err)
	assert.Equal(t, domain.Decision{}, back)
}

func TestDecodeDecisionErrors(t *testing.T) {
	for data, want := range map[string]string{
		`{"outcome":"denied","permits":true}`:      `decode decision: permits is true, but the outcome "denied" and its conditions say false`,
		`{"subject":"ana"}`:                        `decode decision: subject "ana": write kind/id, for example member/ana`,
		`{"as_of":7}`:                              `is not an instant`,
		`{"as_of":"2025-02-03T10:00:00-05:00"}`:    `is not an instant in UTC as the log writes it`,
		`{"verdict":"denied"}`:                     `unknown object member name`,
		`{"outcome":"denied","outcome":"allowed"}`: `duplicate object member name`,
	} {
		_, err := DecodeDecision([]byte(data))
		assert.ErrorContains(t, err, want)
	}
}

// The struct that is written has every field of a Decision under the same key,
// in the same order, and permits after outcome.
func TestDecisionIsComplete(t *testing.T) {
	keys := func(typ reflect.Type) []string {
		var out []string
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			out = append(out, f.Name+" "+name)
		}
		return out
	}
	var want []string
	for _, key := range keys(reflect.TypeFor[domain.Decision]()) {
		want = append(want, key)
		if key == "Outcome outcome" {
			want = append(want, "Permits permits")
		}
	}
	assert.Equal(t, want, keys(reflect.TypeFor[decision]()))
}
