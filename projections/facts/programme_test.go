package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
)

// on records an event on the day on which it happened, or later if recorded says so.
func (s *scribe) on(subject domain.Subject, effective, recorded string, target domain.EventID, e domain.Event) domain.EventID {
	s.clock = when(recorded).At.Add(hours(12))
	return s.write(subject, when(effective), target, e)
}

func pointsOf(v facts.View, id domain.MemberID, months int, text string) string {
	return value(readOf(v, domain.Member(id), at(text)), domain.FactDecl{From: domain.FactSource{Constructor: "points", Months: months}})
}

func TestPoints(t *testing.T) {
	s := office()
	ana := domain.Member("ana")
	for _, day := range []string{"2024-03-10", "2024-11-02", "2025-06-15"} {
		s.on(ana, day, day, domain.EventID{}, domain.ViolationRecorded{Offence: "traffic.speeding", Points: 4})
	}
	s.on(ana, "2025-06-20", "2025-06-20", domain.EventID{}, domain.LicenseSuspended{Term: domain.Term{Days: 90}})
	v := s.view(t)
	for text, want := range map[string]string{
		"2024-03-09T23:59 America/New_York": "0", "2024-03-10": "4", "2024-12-01": "8", "2025-06-25": "12", "2025-10-01": "12",
		"2026-03-09T23:59 America/New_York": "12", "2026-03-10": "8", "2026-11-02": "4", "2027-06-15": "0",
	} {
		assert.Equal(t, want, pointsOf(v, "ana", 24, text), text)
	}
	for text, want := range map[string]string{
		"2025-06-19T23:59 America/New_York": "none", "2025-06-20": "suspended",
		"2025-09-17T23:59 America/New_York": "suspended", "2025-09-18": "none",
	} {
		assert.Equal(t, want, value(readOf(v, ana, at(text)), source("license", "")), text)
	}
	for _, edge := range []string{"2024-03-10", "2026-03-10", "2025-06-20", "2025-09-18"} {
		law := sourced{sources: []domain.FactSource{{Constructor: "points", Months: 24}}}
		assert.Contains(t, v.Breakpoints(ana, law), at(edge), edge)
	}
}

// sourced is a law of which only the sources matter.
type sourced struct {
	lawIn
	sources []domain.FactSource
}

func (l sourced) Sources() []domain.FactSource { return l.sources }

func TestPointsAreCountedOnceTheOfficeKnows(t *testing.T) {
	s := office()
	ana := domain.Member("ana")
	dui := s.on(ana, "2024-02-29T23:00 America/New_York", "2024-05-01", domain.EventID{}, domain.ViolationRecorded{Offence: "traffic.dui", Points: 4})
	known := domain.Position(len(s.log))
	mended := s.on(ana, "2024-02-29", "2024-07-01", dui, domain.EventCorrected{Reason: "points", Body: domain.ViolationRecorded{Offence: "traffic.dui", Points: 6}})
	s.on(ana, "2024-08-01", "2024-08-01", mended, domain.PointsAssessed{Points: 2})
	s.on(ana, "2024-08-01", "2024-08-01", mended, domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Declined})
	before := domain.Position(len(s.log))
	dismissal := s.on(ana, "2024-09-01", "2024-09-01", mended, domain.ViolationDismissed{Reason: "mistaken"})
	after := domain.Position(len(s.log))
	s.on(ana, "2024-09-02", "2024-09-02", dismissal, domain.EventRetracted{Reason: "another's"})
	store := load(t, s.log)

	for _, tt := range []struct {
		k          domain.Position
		months     int
		text, want string
	}{
		{known, 24, "2024-04-30T23:59 America/New_York", "0"}, // never makes past driving unlicensed
		{known, 24, "2024-05-01", "4"},
		{known, 12, "2025-02-27T23:59 America/New_York", "4"},
		{known, 12, "2025-02-28", "0"}, // the month's last
		{known, 48, "2028-02-28T23:59 America/New_York", "4"},
		{known, 48, "2028-02-29", "0"},
		{before, 24, "2024-05-01", "6"}, // from when the root was recorded
		{before, 24, "2024-07-31", "6"},
		{before, 24, "2024-08-01", "8"},
		{before, 24, "2026-02-28", "0"}, // the points assessed age with the violation
		{after, 24, "2024-06-01", "0"},
		{after, 24, "2024-12-01", "0"},
		{after + 1, 24, "2024-12-01", "8"},
	} {
		assert.Equal(t, tt.want, pointsOf(store.At(tt.k), "ana", tt.months, tt.text), "%+v", tt)
	}

	assert.Empty(t, store.At(after).Violations(ana))
	list := store.At(before).Violations(ana)
	require.Len(t, list, 1)
	assert.Equal(t, known-1, list[0].Root)
	assert.Equal(t, known, list[0].Pos)
	require.Len(t, list[0].Assessed, 1)
	assert.Equal(t, 2, list[0].Assessed[0].Event.Points)
	require.Len(t, list[0].Decided, 1)
	assert.Equal(t, domain.Declined, list[0].Decided[0].Event.Decided)
	p := store.At(before).Person("ana", nil)
	_, from, _ := p.Read(nil, at("2024-12-01"))(domain.FactDecl{From: domain.FactSource{Constructor: "points", Months: 24}})
	assert.Equal(t, []domain.Position{known, known + 1}, from)
}

func TestOverdueTickets(t *testing.T) {
	s := office()
	car := func(id domain.VehicleID) domain.Subject { return domain.Of(domain.KindVehicle, id) }
	s.tell(car("a"), "2023-01-01", domain.VehicleRecorded{Kind: "car", Owner: "ana"})
	s.tell(car("b"), "2023-01-01", domain.VehicleRecorded{Kind: "car", Owner: "ana"})
	s.tell(car("a"), "2024-01-15", domain.TicketIssued{Place: "dc"})
	s.tell(car("b"), "2024-03-09T23:30 America/New_York", domain.TicketIssued{Place: "nyc"}) // the clock goes forward the next day
	paid := s.tell(car("b"), "2024-03-10", domain.TicketIssued{Place: "nyc"})
	s.tell(car("b"), "2024-04-01", domain.VehicleTransferred{Owner: "bo"})
	s.tell(car("b"), "2024-04-01", domain.TicketIssued{Place: "nyc"}) // bo's, who owns it from that instant
	s.write(car("b"), when("2024-07-01"), paid, domain.TicketCleared{Reason: "paid"})
	v := s.view(t)
	dc := domain.FactDecl{From: domain.FactSource{Constructor: "overdue", Attr: "dc", Months: 12}}
	nyc := domain.FactDecl{From: domain.FactSource{Constructor: "overdue", Attr: "nyc", Days: 100}}
	for _, tt := range []struct {
		of   domain.Subject
		text string
		law  domain.FactDecl
		want string
	}{
		{car("a"), "2025-01-15T23:59 America/New_York", dc, "0"}, // a year is not more than a year
		{car("a"), "2025-01-16", dc, "1"},
		{car("a"), "2025-03-31", dc, "1"},
		{car("b"), "2025-03-31", dc, "0"},
		{domain.Member("ana"), "2025-03-31", dc, "1"},
		{domain.Member("ana"), "2024-06-17T23:59 America/New_York", nyc, "0"}, // exactly 100 days
		{domain.Member("ana"), "2024-06-18", nyc, "1"},
		{domain.Member("ana"), "2024-06-19", nyc, "2"},
		{domain.Member("ana"), "2024-07-01", nyc, "1"}, // cleared
		{domain.Member("ana"), "2024-12-01", nyc, "1"}, // sold, and still hers
		{domain.Member("bo"), "2024-07-10", nyc, "0"},
		{domain.Member("bo"), "2024-07-11", nyc, "1"}, // only his own
		{car("b"), "2024-12-01", nyc, "2"},
	} {
		assert.Equal(t, tt.want, value(readOf(v, tt.of, at(tt.text)), tt.law), "%s %s", tt.of, tt.text)
	}
	assert.Equal(t, []domain.VehicleID{"a", "b"}, v.Vehicles(domain.Member("ana")))
}

func TestVehicleFacts(t *testing.T) {
	s := office()
	car := domain.Of(domain.KindVehicle, domain.VehicleID("car"))
	s.tell(car, "2024-01-01", domain.VehicleRecorded{Kind: "car", OwnerMission: "embassy", Leased: true})
	s.tell(car, "2024-02-01", domain.InsuranceRecorded{Combined: 30000000, Until: when("2024-08-01")})
	s.tell(car, "2024-02-01", domain.VehicleRegistered{Plate: "D 1", Until: when("2024-09-01")})
	s.tell(car, "2024-10-01", domain.VehicleDisposed{})
	s.tell(car, "2024-10-02", domain.PlatesSurrendered{})
	v := s.view(t)
	for _, tt := range []struct{ text, attr, want string }{
		{"2023-12-31", "known", "false"}, {"2023-12-31", "disposed", "false"}, {"2024-01-01", "disposed", "false"}, {"2024-10-01", "disposed", "true"}, {"2023-12-31", "plates", "missing nothing"}, {"2024-01-01", "known", "true"},
		{"2024-01-01", "owner", "mission/embassy"}, {"2024-01-01", "plates", "none"}, {"2024-01-01", "insurance", "none"},
		{"2024-01-01", "lien", "false"}, {"2024-02-01", "insurance", "in_force"}, {"2024-02-01", "combined", "30000000"},
		{"2024-02-01", "per_person", "missing nothing"}, {"2024-02-01", "registered", "true"}, {"2024-02-01", "plates", "held"},
		{"2024-08-01", "insurance", "lapsed"}, {"2024-08-01", "combined", "missing nothing"},
		{"2024-09-01", "plates", "expired"}, {"2024-09-01", "registered", "false"},
		{"2024-10-01", "known", "false"}, {"2024-10-01", "owner", "missing nothing"}, {"2024-10-02", "plates", "returned"},
	} {
		assert.Equal(t, tt.want, value(v.ReadVehicle("car", at(tt.text)), source("vehicle", tt.attr)), "%+v", tt)
	}
	for _, edge := range []string{"2024-01-01", "2024-02-01", "2024-08-01", "2024-09-01", "2024-10-01", "2024-10-02"} {
		assert.Contains(t, v.Breakpoints(car, lawIn{v}), at(edge), edge)
		assert.Contains(t, v.Breakpoints(domain.Mission("embassy"), lawIn{v}), at(edge), "of the owner: %s", edge)
	}
	read := v.ReadVehicle("car", at("2024-02-01"))
	assert.Equal(t, []string{"car", "true", "car"}, []string{value(read, register("kind")), value(read, register("leased")), value(read, source("field", "id"))})
	assert.Equal(t, "false", value(v.ReadVehicle("other", at("2024-02-01")), source("vehicle", "known")))
	assert.Equal(t, "missing vehicle/other", value(v.ReadVehicle("other", at("2024-02-01")), register("kind")))
	assert.Equal(t, "missing vehicle/car", value(v.ReadVehicle("car", at("2023-12-31")), register("kind")))
	assert.Equal(t, "missing nothing", value(v.ReadVehicle("", at("2024-02-01")), register("kind")), "no vehicle is named")
}

func bound(s *scribe, id domain.MeasureID, from string, params domain.Params) {
	s.tell(measure(id), from, domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Level: "minimum_purchase", Params: params})
}

func TestThreshold(t *testing.T) {
	s := office()
	eur := domain.Of(domain.KindRate, "eur")
	amount := func(cents int64, more ...string) domain.Params {
		p := domain.Params{"amount": domain.Int(cents)}
		for i := 0; i < len(more); i += 2 {
			p[more[i]] = domain.Text(more[i+1])
		}
		return p
	}
	bound(s, "dollars", "2024-01-01", amount(25000))
	bound(s, "early", "2024-01-01", amount(10000, "currency", "EUR"))
	bound(s, "fixed", "2024-03-01", amount(10000, "currency", "EUR"))
	bound(s, "floating", "2024-01-01", amount(10000, "currency", "EUR", "conversion", "floating"))
	bound(s, "half", "2024-03-01", amount(50, "currency", "EUR"))
	bound(s, "none", "2024-03-01", domain.Params{})
	first := domain.Position(len(s.log))
	s.tell(eur, "2024-02-01", domain.RateRecorded{Dollars: "1.0842"})
	s.tell(eur, "2024-03-01", domain.RateRecorded{Dollars: "1.09"})
	s.tell(eur, "2024-06-01", domain.RateRecorded{Dollars: "1.10004999"})
	v := s.view(t)
	spans := map[string]*facts.Span{}
	for _, m := range v.Measures("arandia") {
		spans[m.ID] = m
	}
	for _, tt := range []struct{ id, text, want string }{
		{"dollars", "2024-06-01", "25000"},
		{"early", "2024-06-01", "missing rate/eur"},
		{"fixed", "2024-03-01", "10900"}, {"fixed", "2024-06-01", "10900"},
		{"floating", "2024-01-31", "missing rate/eur"}, {"floating", "2024-02-01", "10842"}, {"floating", "2024-06-01", "11000"},
		{"half", "2024-06-01", "55"}, // 54.5
		{"none", "2024-06-01", "missing nothing"},
	} {
		read := v.ReadBound(spans[tt.id], facts.Asked{At: at(tt.text)})
		assert.Equal(t, tt.want, value(read, source("threshold", "")), "%+v", tt)
	}
	_, from, _ := v.ReadBound(spans["floating"], facts.Asked{At: at("2024-02-02")})(source("threshold", ""))
	assert.Equal(t, []domain.Position{spans["floating"].Pos, first}, from)
	assert.Contains(t, v.Breakpoints(domain.State("arandia"), lawIn{v}), at("2024-06-01"), "rates float")
	assert.Equal(t, "dollars", value(v.ReadBound(spans["dollars"], facts.Asked{}), source("field", "id")), "all else is the span's")
}

func TestUsed(t *testing.T) {
	s := office()
	bound(s, "wine", "2024-01-01", domain.Params{"per": domain.Text("quarter"), "goods": domain.List([]string{"wine", "spirits"}), "unit": domain.Text("bottle")})
	bound(s, "all", "2024-01-01", domain.Params{"per": domain.Text("day")})
	bound(s, "never", "2024-01-01", domain.Params{})
	use := func(at string, quantity int, goods, unit, object string) {
		s.member("ana", at, domain.BenefitUsed{Privilege: "tax.sales", Quantity: quantity, Goods: goods, Unit: unit, Object: object})
	}
	use("2024-03-10T01:30 America/New_York", 1, "wine", "bottle", "")
	use("2024-03-10T23:30 America/New_York", 2, "spirits", "", "s1") // 23 hours on that day
	use("2024-03-31T23:59 America/New_York", 4, "wine", "bottle", "s2")
	use("2024-04-01", 8, "wine", "bottle", "")
	use("2024-04-01", 16, "wine", "case", "")
	use("2024-04-01", 32, "beer", "bottle", "")
	mistake := s.member("ana", "2024-04-01", domain.BenefitUsed{Privilege: "tax.sales", Quantity: 64})
	s.write(domain.Member("ana"), when("2024-04-01"), mistake, domain.EventRetracted{Reason: "another's"})
	v := s.view(t)
	spans := map[string]*facts.Span{}
	for _, m := range v.Measures("arandia") {
		spans[m.ID] = m
	}
	for _, tt := range []struct{ id, text, object, want string }{
		{"wine", "2024-03-10", "", "0"},
		{"wine", "2024-03-10T01:30 America/New_York", "", "1"}, // what is used at the instant counts
		{"wine", "2024-03-31T23:58 America/New_York", "", "3"},
		{"wine", "2024-03-31T23:59:59 America/New_York", "", "7"},
		{"wine", "2024-03-31T23:59:59 America/New_York", "s2", "3"}, // this act excepted
		{"wine", "2024-03-31T23:59:59 America/New_York", "none", "7"},
		{"wine", "2024-04-01", "", "8"},
		{"all", "2024-03-10T23:59 America/New_York", "", "3"},
		{"all", "2024-03-11", "", "0"},
		{"all", "2024-04-01", "", "56"},
		{"never", "2024-04-01", "", "missing measure.per"},
	} {
		q := facts.Asked{Subject: domain.Member("ana"), Privilege: "tax.sales", Object: tt.object, At: at(tt.text)}
		assert.Equal(t, tt.want, value(v.ReadBound(spans[tt.id], q), source("used", "")), "%+v", tt)
		q.Privilege = "tax.fuel"
		if tt.id != "never" {
			assert.Equal(t, "0", value(v.ReadBound(spans[tt.id], q), source("used", "")))
		}
	}
	points := v.Breakpoints(domain.Member("ana"), lawIn{v})
	assert.NotContains(t, points, at("2024-07-01"), "no measure binds her yet")
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	v = s.view(t)
	points = v.Breakpoints(domain.Member("ana"), lawIn{v})
	for _, edge := range []string{"2024-01-01", "2024-04-01", "2024-07-01", "2024-03-11"} {
		assert.Contains(t, points, at(edge), edge)
	}
	assert.NotContains(t, points, at("2025-01-01"), "no measure counts by the year")
}

func TestInstallationAndCharges(t *testing.T) {
	s := office()
	ana := domain.Member("ana")
	s.member("ana", "2024-02-01", domain.BenefitUsed{Privilege: "customs.personal", FirstInstallation: true})
	fee := s.member("ana", "2024-02-01", domain.FeeImposed{Amount: 500})
	s.member("ana", "2024-02-02", domain.FeeImposed{Amount: 250})
	s.member("ana", "2024-02-02", domain.DutyAssessed{Amount: 7})
	s.write(ana, when("2024-03-01"), fee, domain.ChargeSettled{})
	s.member("ana", "2024-02-03", domain.WarrantRecorded{Matter: "case"})
	v := s.view(t)
	read := func(text, constructor, attr string) string {
		return value(readOf(v, ana, at(text)), source(constructor, attr))
	}
	assert.Equal(t, "false", read("2024-02-01", "installation", ""), "the shipment itself is not an earlier one")
	assert.Equal(t, "true", read("2024-02-01T00:01 America/New_York", "installation", ""))
	assert.Equal(t, []string{"500", "750", "250", "7"}, []string{
		read("2024-02-01", "charges", "fee"), read("2024-02-02", "charges", "fee"), read("2024-03-01", "charges", "fee"), read("2024-03-01", "charges", "duty"),
	})
	assert.Equal(t, []string{"false", "true", "false"}, []string{
		read("2024-02-02", "noted", "warrant"), read("2024-02-03", "noted", "warrant"), read("2024-02-03", "noted", "visa_bar"),
	})
}

func TestPremisesAndCustody(t *testing.T) {
	s := office()
	house, annex := domain.Of(domain.KindProperty, domain.PropertyID("house")), domain.Of(domain.KindProperty, domain.PropertyID("annex"))
	s.tell(house, "2024-01-01", domain.PropertyRecorded{Mission: "embassy", Use: "chancery", Tenure: "owned"})
	s.tell(annex, "2024-02-01", domain.PropertyRecorded{Mission: "embassy", Use: "annex"})
	s.tell(house, "2024-03-01", domain.PropertyUseForgone{})
	s.tell(annex, "2024-04-01", domain.DivestitureOrdered{Deadline: when("2024-06-01")})
	s.tell(annex, "2024-05-01", domain.PropertyDisposed{})
	s.tell(house, "2024-06-01", domain.PropertyUseRestored{})
	embassy := domain.Mission("embassy")
	s.tell(embassy, "2024-02-29", domain.MissionSuspended{})
	s.tell(embassy, "2024-06-01", domain.ClosureOrdered{Deadline: when("2024-06-01")})
	s.tell(embassy, "2024-07-01", domain.CustodyTaken{})
	s.tell(embassy, "2025-04-01", domain.MissionReopened{})
	s.tell(embassy, "2025-04-02", domain.MissionSuspended{})
	card := domain.Of(domain.KindCard, domain.CardID("c"))
	s.tell(card, "2024-02-01", domain.CardIssued{Kind: "tax_mission", Mission: "embassy"})
	s.tell(card, "2024-03-01", domain.CardReturned{})
	v := s.view(t)
	for _, tt := range []struct{ text, want string }{
		{"2023-12-31", "none"}, {"2024-01-01", "in_use"}, {"2024-03-01", "mixed"}, {"2024-05-01", "forgone"}, {"2024-06-01", "in_use"},
	} {
		assert.Equal(t, tt.want, value(v.ReadMission("embassy", at(tt.text)), source("premises", "")), tt.text)
	}
	year := domain.FactDecl{From: domain.FactSource{Constructor: "custody", Months: 12}}
	for _, tt := range []struct{ text, want string }{
		{"2024-02-28", "false"}, {"2025-02-27T23:59 America/New_York", "false"}, {"2025-02-28", "true"}, {"2025-04-01", "false"}, {"2025-04-02", "false"},
	} {
		assert.Equal(t, tt.want, value(v.ReadMission("embassy", at(tt.text)), year), tt.text)
	}
	document := source("document", "tax_mission")
	assert.Equal(t, []string{"missing nothing", "held", "returned"}, []string{
		value(v.ReadMission("embassy", at("2024-01-31")), document), value(v.ReadMission("embassy", at("2024-02-01")), document), value(v.ReadMission("embassy", at("2024-03-01")), document),
	})
	property := func(text, attr string) string {
		return value(v.ReadProperty("annex", at(text)), source("property", attr))
	}
	assert.Equal(t, []string{"false", "true", "embassy", "true", "false", "false"}, []string{
		property("2024-01-31", "known"), property("2024-02-01", "known"), property("2024-02-01", "mission"), property("2024-04-01", "divest"), property("2024-05-01", "divest"), property("2024-05-01", "known"),
	})
	assert.Equal(t, []domain.PropertyID{"annex", "house"}, v.Properties("embassy"))
}

// A distance counts from the centre of a measure; where several are in play the
// request has to say from which.
func TestDistance(t *testing.T) {
	decl := domain.FactDecl{Object: "measure", Name: "distance", Type: domain.DecimalFact, Scale: 3, From: domain.FactSource{Constructor: "distance"}}
	for _, c := range []struct {
		centre string
		asked  facts.Asked
		want   string
		known  bool
	}{
		{"", facts.Asked{}, "request.distance", false},
		{"", facts.Asked{Distance: "25.1"}, "25.1", true},
		{"white_house", facts.Asked{Distance: "25.1", Centres: 1}, "25.1", true},
		{"white_house", facts.Asked{Distance: "25.1", Centres: 2}, "request.centre", false},
		{"white_house", facts.Asked{Distance: "25.1", Centre: "white_house", Centres: 2}, "25.1", true},
		{"white_house", facts.Asked{Distance: "25.1", Centre: "columbus_circle", Centres: 2}, "request.distance", false},
		{"", facts.Asked{Distance: "25.1", Centre: "columbus_circle"}, "25.1", true},
	} {
		span := &facts.Span{Event: domain.MeasureDetermined{Params: domain.Params{"centre": domain.Text(c.centre)}}}
		v, _, known := facts.NewStore().At(0).ReadBound(span, c.asked)(decl)
		assert.Equal(t, c.want, v.Text(), "%+v", c)
		assert.Equal(t, c.known, known, "%+v", c)
	}
}
