package facts_test

import (
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
)

// sources are the facts over a window or from an age on that the law declares.
var sources = []domain.FactSource{
	{Constructor: "points", Months: 3},
	{Constructor: "points", Months: 12},
	{Constructor: "overdue", Attr: "dc", Months: 12},
	{Constructor: "overdue", Attr: "nyc"},
	{Constructor: "overdue", Attr: "nyc", Days: 100},
	{Constructor: "custody", Months: 1},
	{Constructor: "custody", Months: 12},
}

var (
	vehicles   = []domain.VehicleID{"car", "van"}
	properties = []domain.PropertyID{"house", "annex"}
	bounds     = []domain.MeasureID{"b1", "b2"}
	currencies = []string{"eur", "jpy"}
)

// generateProgramme makes an office that is busy with what people own, use and do.
func generateProgramme(t *rapid.T) *scribe {
	s := &scribe{programme: true}
	if rapid.Bool().Draw(t, "one theme") {
		s.theme = pick(t, dealings, "theme")
	}
	s.found()
	founded := len(s.log)
	s.staff(t)
	for range number(t, 3, 24, "events") {
		s.next(t, founded)
	}
	return s
}

// programmed draws something of the programmes of the Office.
func (s *scribe) programmed(t *rapid.T) (domain.Subject, domain.Event, domain.EventID) {
	var none domain.EventID
	person := domain.Member(pick(t, people[:2], "person"))
	mission := pick(t, missions[:2], "mission")
	either := pick(t, []domain.Subject{person, person, domain.Mission("embassy")}, "either")
	vehicle := domain.Of(domain.KindVehicle, pick(t, vehicles, "vehicle"))
	property := domain.Of(domain.KindProperty, pick(t, properties, "property"))
	theme := s.theme
	if theme == nil {
		theme = pick(t, dealings, "theme")
	}
	switch pick(t, theme, "dealing") {
	case "vehicle recorded":
		owner, house := drawOwner(t)
		return vehicle, domain.VehicleRecorded{Kind: "car", Owner: owner, OwnerMission: house, Leased: rapid.Bool().Draw(t, "leased")}, none
	case "transferred":
		owner, house := drawOwner(t)
		return vehicle, domain.VehicleTransferred{Owner: owner, OwnerMission: house}, none
	case "vehicle disposed":
		return vehicle, domain.VehicleDisposed{}, none
	case "registered":
		return vehicle, domain.VehicleRegistered{Until: drawUntil(t)}, none
	case "plates":
		return vehicle, pick(t, []domain.Event{domain.PlatesRecalled{}, domain.PlatesSurrendered{}}, "plates"), none
	case "insured":
		return vehicle, domain.InsuranceRecorded{Combined: pick(t, []domain.Cents{0, 30000000}, "combined"), PerPerson: pick(t, []domain.Cents{0, 5}, "per person"), Until: drawUntil(t)}, none
	case "lapsed":
		return vehicle, domain.InsuranceLapsed{}, none
	case "lien":
		return vehicle, domain.LienRecorded{Holder: "bank"}, none
	case "ticket":
		return vehicle, domain.TicketIssued{Place: pick(t, []domain.TicketPlace{"dc", "nyc"}, "place")}, none
	case "violation":
		return person, domain.ViolationRecorded{Offence: "traffic.speeding", Points: pick(t, []int{0, 1, 4, 8}, "points")}, none
	case "suspended":
		return person, domain.LicenseSuspended{Term: drawTerm(t)}, none
	case "revoked":
		return person, domain.LicenseRevoked{}, none
	case "withheld":
		return pick(t, []domain.Subject{either, vehicle}, "withheld"), domain.RegistrationWithheld{}, none
	case "charge":
		amount := domain.Cents(number(t, 1, 9, "amount"))
		return either, pick(t, []domain.Event{domain.FeeImposed{Amount: amount}, domain.DutyAssessed{Amount: amount}}, "charge"), none
	case "noted":
		return person, pick(t, []domain.Event{domain.VisaBarred{}, domain.WarrantRecorded{Matter: "m"}, domain.NoteSent{Number: "1"}}, "noted"), none
	case "property recorded":
		return property, domain.PropertyRecorded{Mission: mission, Use: "chancery"}, none
	case "forgone":
		return property, domain.PropertyUseForgone{}, none
	case "restored":
		return property, domain.PropertyUseRestored{}, none
	case "divest":
		return property, domain.DivestitureOrdered{Deadline: drawMoment(t)}, none
	case "property disposed":
		return property, domain.PropertyDisposed{}, none
	case "out":
		return domain.Mission(mission), pick(t, []domain.Event{
			domain.MissionSuspended{}, domain.MissionClosed{}, domain.CustodyTaken{}, domain.ClosureOrdered{Deadline: drawMoment(t)},
		}, "out"), none
	case "reopened":
		return domain.Mission(mission), domain.MissionReopened{}, none
	case "used":
		return either, domain.BenefitUsed{
			Privilege: pick(t, []domain.Privilege{"customs.personal", "customs.personal", "tax.sales"}, "privilege"),
			Goods:     pick(t, []string{"", "wine", "wine", "beer"}, "goods"), Unit: pick(t, []string{"", "bottle", "case"}, "unit"),
			Quantity: number(t, 0, 5, "quantity"), Object: pick(t, []string{"", "s1", "s2"}, "object"),
			FirstInstallation: number(t, 0, 2, "installation") == 0,
		}, none
	case "rate":
		return domain.Of(domain.KindRate, pick(t, currencies, "currency")), domain.RateRecorded{Dollars: pick(t, []string{"1.0842", "1.005", "0.0067", "2", "0.5"}, "dollars")}, none
	case "bound":
		return domain.Of(domain.KindMeasure, pick(t, bounds, "measure")), domain.MeasureDetermined{
			State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Level: "minimum_purchase", Params: drawParams(t), Until: drawUntil(t),
		}, none
	case "threat":
		return pick(t, []domain.Subject{either, property}, "threatened"), domain.ThreatAssessed{Level: pick(t, []domain.ThreatLevel{"low", "high"}, "level"), Ground: "g", Until: drawUntil(t)}, none
	case "protection":
		return pick(t, []domain.Subject{either, property}, "protected"), domain.ProtectionAssigned{Kind: pick(t, []domain.ProtectionKind{"police_coverage", "extraordinary"}, "kind"), Ground: "g", Until: drawUntil(t)}, none
	case "card":
		e := domain.CardIssued{Kind: "tax_mission", Mission: mission, Until: drawUntil(t)}
		if rapid.Bool().Draw(t, "pictured") {
			e.Holder = people[0]
		}
		return domain.Of(domain.KindCard, domain.CardID("c1")), e, none
	default:
		return s.settles(t, person)
	}
}

// settles draws what ends, answers or dismisses one of the latest events.
func (s *scribe) settles(t *rapid.T, person domain.Subject) (domain.Subject, domain.Event, domain.EventID) {
	var open []domain.Envelope
	var with []domain.Event
	for _, e := range s.log {
		if answer := answerTo(t, e.Event); answer != nil {
			open, with = append(open, e), append(with, answer)
		}
	}
	if len(open) == 0 {
		return person, domain.ViolationRecorded{Offence: "traffic.dui", Points: 2}, domain.EventID{}
	}
	i := max(0, len(open)-number(t, 1, 4, "which"))
	return open[i].Subject, with[i], open[i].ID
}

func answerTo(t *rapid.T, e domain.Event) domain.Event {
	if c, ok := e.(domain.EventCorrected); ok {
		e = c.Body
	}
	switch e.(type) {
	case domain.LienRecorded:
		return domain.LienReleased{}
	case domain.TicketIssued:
		return domain.TicketCleared{}
	case domain.ViolationRecorded:
		return pick(t, []domain.Event{
			domain.ViolationDismissed{Reason: "r"}, domain.PointsAssessed{Points: 3}, domain.PointsAssessed{Points: 5},
			domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Declined},
		}, "answer")
	case domain.LicenseSuspended, domain.LicenseRevoked:
		return domain.LicenseReinstated{}
	case domain.RegistrationWithheld:
		return domain.RegistrationReleased{}
	case domain.FeeImposed, domain.DutyAssessed:
		return domain.ChargeSettled{}
	case domain.ProtectionAssigned:
		return domain.ProtectionEnded{}
	default:
		return nil
	}
}

func drawOwner(t *rapid.T) (domain.MemberID, domain.MissionID) {
	switch number(t, 0, 3, "owner") {
	case 0:
		return "", "embassy"
	case 1:
		return people[1], ""
	default:
		return people[0], ""
	}
}

func drawTerm(t *rapid.T) domain.Term {
	switch number(t, 0, 3, "term") {
	case 0:
		return domain.Term{}
	case 1:
		return domain.Term{Until: drawMoment(t)}
	case 2:
		return domain.Term{Months: number(t, 1, 12, "months")}
	default:
		return domain.Term{Days: pick(t, []int{1, 2, 90, 366}, "days")}
	}
}

func drawParams(t *rapid.T) domain.Params {
	p := domain.Params{}
	if number(t, 0, 5, "amount") > 0 {
		p["amount"] = domain.Int(int64(pick(t, []int{100, 333, 5000, 1}, "cents")))
	}
	if c := pick(t, []string{"", "USD", "EUR", "EUR", "JPY"}, "currency"); c != "" {
		p["currency"] = domain.Text(c)
	}
	if c := pick(t, []string{"", "fixed", "floating", "floating"}, "conversion"); c != "" {
		p["conversion"] = domain.Text(c)
	}
	if per := pick(t, []string{"", "day", "month", "quarter", "half_year", "year"}, "per"); per != "" {
		p["per"] = domain.Text(per)
	}
	if rapid.Bool().Draw(t, "of goods") {
		p["goods"] = domain.List(pick(t, [][]string{{"wine"}, {"wine", "beer"}}, "goods"))
	}
	if unit := pick(t, []string{"", "bottle"}, "unit"); unit != "" {
		p["unit"] = domain.Text(unit)
	}
	return p
}

// dealings are what the programmes deal with, theme by theme. An office is busy
// with all of them or with one, so that much of a sort comes together.
var dealings = [][]string{
	{"vehicle recorded", "transferred", "vehicle disposed", "registered", "plates", "insured", "insured", "lapsed", "lien", "settled"},
	{"vehicle recorded", "transferred", "transferred", "ticket", "ticket", "ticket", "withheld", "settled", "settled"},
	{"violation", "violation", "violation", "settled", "settled", "settled", "suspended", "suspended", "revoked", "charge", "noted"},
	{"property recorded", "property recorded", "forgone", "restored", "divest", "property disposed", "out", "out", "reopened"},
	{"used", "used", "used", "bound", "bound", "rate", "rate"},
	{"threat", "protection", "settled", "card", "withheld", "charge"},
}
