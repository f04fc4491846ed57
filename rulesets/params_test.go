package rulesets_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

// TestParams checks the parameters of measures that the common ruleset declares.
func TestParams(t *testing.T) {
	l := common(t).Language
	for _, tt := range []struct {
		name  string
		value domain.Value
		wrong string // "": nothing
	}{
		{"goods", domain.List([]string{"Jewelry", "air travel"}), ""},
		{"goods", domain.Text("--"), "is no word"},
		{"goods", domain.List([]string{"wine", ""}), "is no word"},
		{"compare", domain.Text("Over"), ""},
		{"compare", domain.Text("at least"), ""},
		{"compare", domain.Text("ovre"), `"ovre" is not one of at_least, over; did you mean over?`},
		{"conversion", domain.Text("floating"), ""},
		{"conversion", domain.Text("sometimes"), `"sometimes" is not one of fixed, floating`},
		{"per", domain.Text("Half-year"), ""},
		{"per", domain.Text("fortnight"), "is not one of day, month"},
		{"currency", domain.Text("eur"), ""},
		{"currency", domain.Text("EURO"), `"EURO" is not 3 letters`},
		{"currency", domain.Text("E1R"), "is not 3 letters"},
		{"amount", domain.Int(0), ""},
		{"amount", domain.Int(-1), "can't be negative"},
		{"amount", domain.Int(domain.MaxCents), ""},
		{"amount", domain.Int(domain.MaxCents + 1), "too large"},
		{"rate", domain.Text("8.25"), ""},
		{"rate", domain.Text("-8.25"), "can't be negative"},
		{"radius", domain.Int(-1), "can't be negative"},
		{"lead", domain.Int(-1), "can't be negative"},
		{"quantity", domain.Int(-400), "can't be negative"},
		{"quantity", domain.Text("many"), "is not a whole number"},
		{"raduis", domain.Int(1), `did you mean "radius"?`},
		{"zzzzzzzzzz", domain.Int(1), "known are amount, conversion, currency, compare, rate"},
	} {
		err := l.CheckParam(tt.name, tt.value)
		if tt.wrong == "" {
			assert.NoError(t, err, "%s=%s", tt.name, tt.value)
		} else {
			assert.ErrorContains(t, err, tt.wrong, "%s=%s", tt.name, tt.value)
		}
	}
}

// What is left out means its default, and a word means itself however it is spelled.
func TestParamsMeanTheSame(t *testing.T) {
	l := common(t).Language
	amount := func(more ...any) domain.Params {
		p := domain.Params{"amount": domain.Int(10000)}
		for i := 0; i < len(more); i += 2 {
			p[more[i].(string)] = more[i+1].(domain.Value)
		}
		return p
	}
	text := func(s string) domain.Value { return domain.Text(s) }
	for _, tt := range []struct {
		a, b domain.Params
		same bool
	}{
		{nil, domain.Params{}, true},
		{amount(), nil, false},
		{amount(), amount("currency", text("usd"), "compare", text("At least")), true},
		{amount(), amount("compare", text("over")), false},
		{amount(), amount("currency", text("EUR")), false},
		{amount("currency", text("EUR")), amount("currency", text("eur"), "conversion", text("Fixed")), true},
		{amount("currency", text("EUR")), amount("currency", text("EUR"), "conversion", text("floating")), false},
		{domain.Params{"rate": text("8.5")}, domain.Params{"rate": text("8.50")}, true},
		{domain.Params{"rate": text("8.5")}, domain.Params{"rate": text("8.05")}, false},
		{domain.Params{"radius": domain.Int(25)}, domain.Params{"radius": text("25.0")}, true},
		{domain.Params{"radius": domain.Int(25), "centre": text("White House")}, domain.Params{"radius": domain.Int(25), "centre": text("white_house")}, true},
		{domain.Params{"goods": domain.List([]string{"hotel", "spa"})}, domain.Params{"goods": domain.List([]string{"Spa", "hotel", "HOTEL"})}, true},
		{domain.Params{"goods": text("spa")}, domain.Params{"goods": domain.List([]string{"Spa"})}, true},
		{domain.Params{"goods": domain.List([]string{})}, nil, true},
		{domain.Params{"goods": text("spa")}, nil, false},
		{domain.Params{"quantity": domain.Int(4)}, domain.Params{"quantity": domain.Int(4), "per": text("Year"), "unit": text("units")}, true},
	} {
		one, other := l.Meant(tt.a), l.Meant(tt.b)
		assert.Equal(t, tt.same, maps.EqualFunc(one, other, domain.Value.Equal), "%v and %v: %v and %v", tt.a, tt.b, one, other)
	}
}

func TestLevels(t *testing.T) {
	l := common(t).Language
	one := func(name string) domain.Params { return domain.Params{name: domain.Int(1)} }
	for _, tt := range []struct {
		level  domain.Level
		params domain.Params
		lack   string // the first parameter that is wrong
		text   string
	}{
		{"minimum_purchase", nil, "amount", "the level minimum_purchase says nothing without amount: state it"},
		{"minimum_purchase", one("amount"), "", ""},
		{"fee_charged", nil, "amount", "amount or rate"},
		{"fee_charged", one("rate"), "", ""},
		{"fee_charged", one("amount"), "", ""},
		{"confined", domain.Params{"places": domain.List([]string{})}, "places", "without places"},
		{"confined", domain.Params{"places": domain.Text("chicago")}, "", ""},
		{"", nil, "", ""},
		{"withdrawn", nil, "", ""},
		{"", domain.Params{"per": domain.Text("year")}, "per", "says nothing without quantity: state quantity, or leave per out"},
		{"quantity_limited", domain.Params{"unit": domain.Text("bottles")}, "unit", "without quantity"},
		{"", domain.Params{"compare": domain.Text("over")}, "compare", "without amount"},
		{"", domain.Params{"currency": domain.Text("EUR")}, "currency", "without amount"},
		{"", domain.Params{"amount": domain.Int(1), "conversion": domain.Text("fixed")}, "conversion", "without currency"},
		{"approval", domain.Params{"centre": domain.Text("white_house")}, "centre", "without radius"},
	} {
		got := l.CheckLevel(tt.level, tt.params)
		if tt.lack == "" {
			assert.Empty(t, got, "%s %v", tt.level, tt.params)
			continue
		}
		require.NotEmpty(t, got, "%s %v", tt.level, tt.params)
		assert.Equal(t, tt.lack, got[0].Name)
		assert.Contains(t, got[0].Text, tt.text)
	}
}

// TestWordsOfAQuestion reads what people write as the words that rules know.
func TestWordsOfAQuestion(t *testing.T) {
	l := common(t).Language
	for name, words := range map[string][2]string{
		"goods": {"Airline tickets", "airline_tickets"}, "place": {"UN-District", "un_district"}, "centre": {"White House", "white_house"},
		"use": {"Personal", "personal"}, "instrument": {"CARD", "card"}, "payment": {"Mission-Card", "mission_card"},
	} {
		o, err := l.Request(map[string]string{name: words[0]})
		require.NoError(t, err, name)
		v, _ := o.Value(name)
		assert.Equal(t, words[1], v.Text(), name)
	}
	for name, words := range map[string][2]string{
		"use": {"persnal", "did you mean personal?"}, "payment": {"mission_cart", "did you mean mission_card?"}, "instrument": {"handshake", "one of unnamed, card, letter, account, other"},
		"quantity": {"-400", "can't be negative"}, "distance": {"-1", "can't be negative"}, "amount": {"-3", "is not an amount"}, "attendance": {"-5", "can't be negative"},
	} {
		_, err := l.Request(map[string]string{name: words[0]})
		assert.ErrorContains(t, err, words[1], name)
	}
}

// TestLevelsThatRestrict says which treatment is less than full by the common law:
// it is found from the rules, and nothing else lists it.
func TestLevelsThatRestrict(t *testing.T) {
	e := common(t)
	var not []string
	for _, level := range e.Language.Codes("level") {
		if !e.Restricts(domain.Level(level)) {
			not = append(not, level)
		}
	}
	assert.ElementsMatch(t, []string{"more_favorable", "full", "unknown", "granted"}, not)
	assert.False(t, e.Restricts(""))
}
