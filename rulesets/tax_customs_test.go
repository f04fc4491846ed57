package rulesets_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
)

// Where a card, a letter or a form does not help, the answer says what would, and
// what it would be to go on all the same. Nothing else is proposed.
func TestTaxAndCustomsRemarks(t *testing.T) {
	codes := func(list []domain.Remark) []string {
		out := []string{}
		for _, remark := range list {
			out = append(out, remark.Code)
		}
		return out
	}
	answers := map[string]rules.Answer{}
	e := common(t)
	for _, r := range cases.Run(rules.Law{Common: e}, e).Results {
		answers[r.Case.Name] = r.Answer
	}
	for name, want := range map[string]struct{ routes, obligations, notes, proposals []string }{
		"a lamp bought in person with a personal card":             {notes: []string{"personal_card", "card_verification"}},
		"a sister pays with the card of an agent":                  {proposals: []string{"card.misuse", "card.recalled"}},
		"a purchase by telephone with a personal card":             {},
		"gasoline shown an eagle":                                  {routes: []string{"fuel_account"}},
		"an electricity bill shown an eagle":                       {routes: []string{"utility_process"}},
		"a car shown an eagle":                                     {routes: []string{"vehicle_letter"}},
		"airline tickets shown an eagle":                           {routes: []string{"airline_exemption"}},
		"gasoline by card where reciprocity gives the exemption":   {routes: []string{"fuel_account"}},
		"a utility bill by card":                                   {routes: []string{"utility_process"}},
		"air travel by card":                                       {routes: []string{"airline_exemption"}},
		"a car by card, even under more favorable treatment":       {routes: []string{"vehicle_letter"}},
		"a letter refused does not take the exemption away":        {routes: []string{"vehicle_letter"}, obligations: []string{"no_letter"}},
		"something for the mission on a personal card":             {routes: []string{"mission_card"}},
		"an expired card does not end the claim":                   {obligations: []string{"card_renewal"}},
		"a card not given back in the period to leave":             {obligations: []string{"card_return"}},
		"the card of a mission that was recalled":                  {obligations: []string{"card_return", "payment_by_mission"}},
		"printer paper paid in cash":                               {notes: []string{"mission_card"}},
		"a birthday cake on the card of the mission":               {proposals: []string{"card.misuse", "card.recalled"}},
		"a deer at the minimum":                                    {notes: []string{"restricted_card"}},
		"luxury goods of a thousand dollars and a cent":            {routes: []string{"designated_goods", "apply"}},
		"the second shipment of technical staff":                   {routes: []string{"customs_form"}, notes: []string{"entry_time"}},
		"goods brought in to be sold":                              {proposals: []string{"customs.resale", "duty.due", "privilege.withdrawn", "departure.required"}},
		"an import of which the form was refused":                  {obligations: []string{"entry_refused"}},
		"an import while older duties are due":                     {obligations: []string{"duties_due"}},
		"the baggage of an agent":                                  {notes: []string{"serious_grounds"}},
		"wine in reasonable quantity in the name of an agent":      {routes: []string{"warehouse_request"}, notes: []string{"reasonable_quantities"}},
		"an embassy asks for cigarettes for its national day":      {},
		"more favorable treatment does not exempt what is let out": {obligations: []string{"declare_commercial_part"}},
	} {
		a, found := answers[name]
		if !assert.True(t, found, name) {
			continue
		}
		assert.Subset(t, codes(a.Routes), want.routes, name)
		assert.Subset(t, codes(a.Obligations), want.obligations, name)
		assert.Subset(t, codes(a.Notes), want.notes, name)
		assert.ElementsMatch(t, codes(a.Proposals), want.proposals, name)
	}
	assert.NotContains(t, codes(answers["printer paper paid in cash"].Obligations), "payment_by_mission")
}
