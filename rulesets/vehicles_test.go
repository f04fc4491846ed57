package rulesets_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

// What answers about licenses and vehicles remark and propose, with the numbers
// that they rest on.
func TestVehicleRemarks(t *testing.T) {
	e := common(t)
	said := map[string]string{}
	for _, r := range cases.Run(rules.Law{Common: e}, e).Results {
		var all []string
		for _, list := range [][]domain.Remark{r.Answer.Obligations, r.Answer.Notes, r.Answer.Routes, r.Answer.Proposals} {
			for _, remark := range list {
				all = append(all, remark.Code+": "+remark.Text)
			}
		}
		said[r.Case.Name] = strings.Join(all, "\n")
	}
	for _, c := range []struct {
		name        string
		says, never []string
	}{
		{"an agent with 7 points", []string{"points: 7 points", "obey_traffic_law"}, []string{"license.review"}},
		{"an agent with 8 points", []string{"points: 8 points", "license.review"}, []string{"recall_asked", "license.suspended"}},
		{"an agent with 12 points", []string{"points: 12 points", "recall_asked", "license.suspended"}, []string{"license.review"}},
		{"a commercial license today", []string{"non_eligibility_letter"}, nil},
		{"a local hire at an embassy", []string{"state_office"}, []string{"obey_traffic_law"}},
		{"nothing stated and nothing on record", []string{"proof_of_insurance", "$100,000 for property", "insurance_continuous", "direct_action"}, []string{"title_kept"}},
		{"a car with $300,000 combined", []string{"insurance_continuous"}, []string{"proof_of_insurance"}},
		{"a trailer needs no insurance", nil, []string{"proof_of_insurance", "insurance_continuous"}},
		{"an aircraft needs adequate insurance", []string{"adequate limits"}, []string{"$300,000"}},
		{"a policy of $300,000 combined", []string{"title_kept"}, []string{"proof_of_insurance"}},
		{"a car whose insurance has lapsed", []string{"insurance.lapse", "registration.withheld", "fee.imposed", "record_policy"}, []string{"proof_of_insurance"}},
		{"car A has a D.C. ticket older than a year", []string{"older than a year: 1.", "parking.dc", "registration.withheld"}, []string{"parking.nyc"}},
		{"an owner with 3 New York City tickets older than 100 days", []string{"Of 3 tickets older than 100 days 1 must be cleared", "parking.nyc"}, nil},
		{"an owner with 4 New York City tickets older than 100 days", []string{"Of 4 tickets older than 100 days 2 must be cleared"}, nil},
		{"a car of the mission asked for by a member", []string{"Ask for mission/the-mission"}, nil},
		{"a car registered, leased and under a lien", []string{"yearly_decal", "plates_of_department", "lien_recorded", "leased_registered", "title_kept"}, nil},
		{"a car in the period to leave", []string{"surrender_before_departure"}, nil},
		{"a driver accused, before the decision", []string{"waiver.requested", "license.suspended", "departure.required"}, nil},
	} {
		if !assert.Contains(t, said, c.name) {
			continue
		}
		for _, word := range c.says {
			assert.Contains(t, said[c.name], word, c.name)
		}
		for _, word := range c.never {
			assert.NotContains(t, said[c.name], word, c.name)
		}
	}
}
