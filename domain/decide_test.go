package domain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

// record is an office that remembers what is recorded in it, one event at a
// time, and knows every code but those that begin with "no.".
type record struct {
	events []domain.Envelope
	mode   domain.Mode
}

func (r *record) Founded() bool { return true }

func (r *record) Known(s domain.Subject) bool {
	return slices.ContainsFunc(r.events, func(e domain.Envelope) bool { return e.Subject == s })
}

func (r *record) NearSubject(domain.SubjectKind, string) string { return "" }

func (r *record) EventByID(id domain.EventID) (domain.Envelope, bool) {
	i := slices.IndexFunc(r.events, func(e domain.Envelope) bool { return e.ID == id })
	if i < 0 {
		return domain.Envelope{}, false
	}
	return r.events[i], true
}

func (r *record) ActsOn(id domain.EventID) []domain.Envelope {
	var out []domain.Envelope
	for _, e := range r.events {
		if e.Target == id && domain.Revises(e.Event) {
			out = append(out, e)
		}
	}
	return out
}

func (r *record) Mode() domain.Mode { return r.mode }

func (r *record) Rulings(id domain.RulesetID) []domain.Ruling {
	var out []domain.Ruling
	for i, e := range r.events {
		if e.Subject == domain.Of(domain.KindRuleset, id) {
			out = append(out, domain.Ruling{At: domain.Position(i), Envelope: e})
		}
	}
	return out
}

func (r *record) MissionState(domain.MissionID) domain.StateID   { return "arandia" }
func (r *record) SendingStates(domain.MemberID) []domain.StateID { return nil }
func (r *record) Vocabulary(time.Time) domain.Vocabulary         { return words{} }
func (r *record) decide(e ...domain.Envelope) error {
	return domain.Decide(domain.Command{Drafts: e}, r)
}
func (r *record) add(t testing.TB, e domain.Envelope) {
	t.Helper()
	require.NoError(t, r.decide(e))
	r.events = append(r.events, e)
}

// words are a vocabulary in which protect.police is protection, and requests of
// the kind property name their privileges.
type words struct{}

func (words) Has(_, code string) bool { return !strings.HasPrefix(code, "no.") }
func (words) Near(_, _ string) string { return "" }
func (words) Codes(list string) []string {
	if list == "vehicle_kind" {
		return []string{"car", "motorcycle"}
	}
	return nil
}
func (words) CheckLevel(level domain.Level, params domain.Params) []domain.ParamError {
	if _, given := params["amount"]; level == "minimum_purchase" && !given {
		return []domain.ParamError{{Name: "amount", Text: "the level minimum_purchase says nothing without amount: state it"}}
	}
	if _, given := params["quantity"]; !given && !params["per"].IsZero() {
		return []domain.ParamError{{Name: "per", Text: "says nothing without quantity"}}
	}
	return nil
}
func (words) CheckParam(name string, _ domain.Value) error {
	if name == "raduis" {
		return errors.New("did you mean radius?")
	}
	return nil
}
func (words) Security(p domain.Privilege) bool { return p == "protect.police" }
func (words) RequestKind(kind domain.RequestKind) (domain.ClockLaw, bool) {
	return domain.ClockLaw{Kind: kind, Named: kind == "property"}, true
}

const day = "2025-03-01"

// community is an office with a State, a mission, members and what they have.
func community(t testing.TB) *record {
	t.Helper()
	r := &record{}
	for _, e := range []domain.Envelope{
		domaintest.Registered("arandia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"),
		domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"),
		domaintest.VehicleRecorded("car-1", "bo", "car", "2024-02-01"),
		domaintest.RequestFiled("req-1", "arandia-embassy", "travel", nil, "2025-02-01"),
		domaintest.PropertyRecorded("chancery", "arandia-embassy", "chancery", "2020-01-01"),
		domaintest.RateRecorded("eur", "1.0842", "2025-01-02"),
	} {
		r.add(t, e)
	}
	return r
}

func TestDecideProgrammes(t *testing.T) {
	r := community(t)
	for _, e := range []domain.Envelope{
		domaintest.MissionVehicleRecorded("bus-1", "arandia-embassy", "car", day),
		domaintest.Event("vehicle/car-1", day, domain.VehicleTransferred{OwnerMission: "arandia-embassy"}),
		domaintest.Insured("car-1", 30_000_000, day),
		domaintest.Event("vehicle/car-1", day, domain.InsuranceRecorded{Property: 5_000_000}),
		domaintest.ViolationRecorded("mission/arandia-embassy", "insurance.lapse", 0, day),
		domaintest.ViolationRecorded("member/bo", "traffic.dui", 99, day),
		domaintest.LicenseSuspended("bo", domain.Term{Months: 12}, day),
		domaintest.LicenseSuspended("bo", domain.Term{}, day),
		domaintest.Event("vehicle/car-1", day, domain.RegistrationWithheld{}),
		domaintest.Event("member/bo", day, domain.RegistrationWithheld{}),
		domaintest.Event("state/arandia", day, domain.NoteSent{Number: "25-1"}),
		domaintest.RequestFiled("req-2", "arandia-embassy", "property", []domain.Privilege{"property.lease"}, day),
		domaintest.Event("request/req-3", day, domain.RequestFiled{Kind: "travel", Applicant: "bo", From: domaintest.When("2025-03-02"), Until: domaintest.When("2025-03-04")}),
		domaintest.RequestApproved("req-1", []string{"by car"}, day),
		domaintest.RequestDisapproved("req-1", day),
		domaintest.RequestWithdrawn("req-1", day),
		domaintest.BenefitUsed("mission/arandia-embassy", "customs.warehouse", "wine", 12, day),
		domaintest.RateRecorded("eur", "0.000000001", day),
		domaintest.RateRecorded("jpy", "7", day),
		domaintest.ProtectionAssigned("property/chancery", "police_coverage", "a threat by letter", day),
		domaintest.Event("member/ana", day, domain.OutreachRecorded{Kind: "visit"}),
		domaintest.Event("card/c-1", day, domain.CardIssued{Mission: "arandia-embassy", Holder: "ana", Kind: domain.MissionTaxCard, Design: "owl"}),
		domaintest.Granted("mission/arandia-embassy", []domain.Privilege{"protect.police"}, day),
	} {
		assert.NoError(t, r.decide(e), "%s of %s", e.Type(), e.Subject)
	}
}

func TestDecideRefusesProgrammes(t *testing.T) {
	r := community(t)
	before := domaintest.When("2025-03-01")
	ev := func(subject string, e domain.Event) domain.Envelope { return domaintest.Event(subject, day, e) }
	for _, c := range []struct {
		name string
		e    domain.Envelope
		want string
	}{
		{"a vehicle twice", domaintest.VehicleRecorded("car-1", "bo", "car", day), "subject: vehicle/car-1 is already on record"},
		{"a property twice", domaintest.PropertyRecorded("chancery", "arandia-embassy", "annex", day), "subject: property/chancery is already on record"},
		{"a request twice", domaintest.RequestFiled("req-1", "arandia-embassy", "travel", nil, day), "subject: request/req-1 is already on record"},
		{"an unknown vehicle", domaintest.TicketIssued("car-2", "dc", day), `subject: unknown vehicle "car-2": record vehicle.recorded first`},
		{"an unknown request", domaintest.RequestWithdrawn("req-9", day), `subject: unknown request "req-9": record request.filed first`},
		{"an unknown property", ev("property/annex", domain.PropertyDisposed{}), `subject: unknown property "annex": record property.recorded first`},
		{"an unknown vehicle of a violation", ev("member/bo", domain.ViolationRecorded{Offence: "traffic.dui", Vehicle: "car-2"}), `vehicle: unknown vehicle "car-2"`},
		{"no currency", domaintest.RateRecorded("euro", "1.08", day), `subject: "euro" is not a currency: write its three letters of ISO 4217 in small letters, for example rate/eur`},

		{"a violation of a State", ev("state/arandia", domain.ViolationRecorded{Offence: "traffic.dui"}), "subject: violation.recorded is about a member or a mission, not a state"},
		{"withheld from a State", ev("state/arandia", domain.RegistrationWithheld{}), "subject: registration.withheld is about a member, a mission or a vehicle, not a state"},
		{"a note about a vehicle", ev("vehicle/car-1", domain.NoteSent{Number: "1"}), "subject: note.sent is about a member, a mission or a state, not a vehicle"},
		{"a threat to a vehicle", ev("vehicle/car-1", domain.ThreatAssessed{Level: "low", Ground: "letters"}), "subject: threat.assessed is about a member, a mission or a property, not a vehicle"},
		{"a benefit of a card", ev("card/c", domain.BenefitUsed{Privilege: "tax.sales"}), "subject: benefit.used is about a member or a mission, not a card"},
		{"a license of a mission", ev("mission/arandia-embassy", domain.LicenseRevoked{}), "subject: license.revoked is about a member, not a mission"},
		{"a grant to a State", ev("state/arandia", domain.PrivilegeGranted{Privileges: []domain.Privilege{"tax.sales"}}), "subject: privilege.granted is about a member or a mission, not a state; for a State, determine a measure"},

		{"nobody's vehicle", ev("vehicle/v", domain.VehicleRecorded{Kind: "car"}), "payload.owner: a vehicle has one owner"},
		{"two owners", ev("vehicle/car-1", domain.VehicleTransferred{Owner: "bo", OwnerMission: "arandia-embassy"}), "payload.owner: a vehicle has one owner"},
		{"a decal that has run out", ev("vehicle/car-1", domain.VehicleRegistered{Until: before}), "payload.until: 2025-03-01 America/New_York is not after the effective time"},
		{"no limits", ev("vehicle/car-1", domain.InsuranceRecorded{Insurer: "Meridian"}), "payload.combined: state a limit"},
		{"a negative limit", ev("vehicle/car-1", domain.InsuranceRecorded{Combined: -1}), "payload.combined: can't be negative"},
		{"a policy of no time", ev("vehicle/car-1", domain.InsuranceRecorded{Combined: 1, Until: before}), "payload.until:"},
		{"nobody's lien", ev("vehicle/car-1", domain.LienRecorded{}), "payload.holder: must not be empty"},

		{"too many points", domaintest.ViolationRecorded("member/bo", "traffic.dui", 100, day), "payload.points: 100 points are a slip of the pen: a violation has 0 to 99"},
		{"fewer than no points", domaintest.ViolationRecorded("member/bo", "traffic.dui", -1, day), "payload.points: -1 points"},
		{"two terms", domaintest.LicenseSuspended("bo", domain.Term{Days: 1, Months: 1}, day), "payload.term: give days, months or until, not several of them"},
		{"a negative term", domaintest.LicenseSuspended("bo", domain.Term{Days: -1}, day), "payload.term: a term can't be negative"},
		{"an endless term", domaintest.LicenseSuspended("bo", domain.Term{Months: 121}, day), "payload.term: a term of more than ten years"},
		{"a term that is over", domaintest.LicenseSuspended("bo", domain.Term{Until: before}, day), "payload.term.until:"},
		{"a fee of nothing", ev("member/bo", domain.FeeImposed{}), "payload.amount: an amount is more than nothing, in cents: 30000 is $300.00"},
		{"a negative surcharge", ev("mission/arandia-embassy", domain.SurchargeImposed{Amount: -5}), "payload.amount:"},
		{"duty of nothing", ev("member/bo", domain.DutyAssessed{}), "payload.amount:"},
		{"no number", ev("member/bo", domain.NoteSent{}), "payload.number: must not be empty"},
		{"a negative period", ev("member/bo", domain.ExequaturWithdrawn{Period: domain.Period{Days: -1}}), "payload.period:"},

		{"nobody's request", ev("request/r", domain.RequestFiled{Kind: "travel"}), "payload.applicant: a request has one applicant"},
		{"two applicants", ev("request/r", domain.RequestFiled{Kind: "travel", Applicant: "bo", Mission: "arandia-embassy"}), "payload.applicant: a request has one applicant"},
		{"a member for members", ev("request/r", domain.RequestFiled{Kind: "travel", Applicant: "bo", Members: []domain.MemberID{"ana"}}), "payload.members: only a mission files for members"},
		{"a window of no time", ev("request/r", domain.RequestFiled{Kind: "travel", Applicant: "bo", From: before, Until: before}), "payload.until: 2025-03-01 America/New_York is not after 2025-03-01 America/New_York"},
		{"a negative worth", ev("request/r", domain.RequestFiled{Kind: "travel", Applicant: "bo", Amount: -1}), "payload.amount: can't be negative"},
		{"a request about nothing", domaintest.RequestFiled("r", "arandia-embassy", "property", nil, day), "payload.privileges: a request of the kind property may be about anything: name the privileges"},
		{"an unknown kind", domaintest.RequestFiled("r", "arandia-embassy", "no.kind", nil, day), `payload.kind: unknown request_kind "no.kind"`},
		{"a negative clock", ev("request/req-1", domain.RequestAcknowledged{Days: -1}), "payload.days: can't be negative"},
		{"an approval of no time", ev("request/req-1", domain.RequestApproved{Until: before}), "payload.until:"},
		{"a disapproval without a reason", ev("request/req-1", domain.RequestDisapproved{}), "payload.reason: must not be empty"},
		{"a negative quantity", domaintest.BenefitUsed("member/bo", "tax.sales", "wine", -1, day), "payload.quantity: can't be negative"},
		{"a negative amount", ev("member/bo", domain.BenefitUsed{Privilege: "tax.sales", Amount: -1}), "payload.amount: can't be negative"},

		{"a deadline that has passed", ev("property/chancery", domain.DivestitureOrdered{Deadline: before}), "payload.deadline:"},
		{"no deadline", ev("property/chancery", domain.DivestitureOrdered{}), "payload.deadline: say by when the mission must part with the property"},
		{"nobody's property", ev("property/p", domain.PropertyRecorded{Use: "annex"}), "payload.mission: must not be empty"},

		{"no ground", ev("member/ana", domain.ThreatAssessed{Level: "low", Ground: " "}), "payload.ground: say what it rests on"},
		{"protection by reciprocity", domaintest.ProtectionAssigned("member/ana", "police_coverage", "Reciprocity with Arandia", day), "payload.ground: protection follows the threat and never reciprocity (VCDR 22(2), 29)"},
		{"a threat by reciprocity", ev("member/ana", domain.ThreatAssessed{Level: "low", Ground: "as is RECIPROCAL"}), "payload.ground: protection follows the threat and never reciprocity"},
		{"protection of no time", ev("member/ana", domain.ProtectionAssigned{Kind: "police_coverage", Ground: "letters", Until: before}), "payload.until:"},
		{"a measure on protection", domaintest.Determined("m", "arandia", "withdrawn", []domain.Privilege{"tax.sales", "protect.police"}, day), "payload.privileges: protect.police follows the threat and never reciprocity"},
		{"a practice of protection", ev("state/arandia", domain.PracticeObserved{Privileges: []domain.Privilege{"protect.police"}, Level: "withdrawn"}), "payload.privileges: protect.police follows the threat"},

		{"a visa of no time", ev("member/ana", domain.VisaRecorded{Class: "a1", Until: before}), "payload.until:"},
		{"a mission's card of a person", ev("card/c", domain.CardIssued{Holder: "ana", Kind: domain.MissionTaxCard}), "payload.mission: a mission's tax card is the mission's"},
		{"nobody's card", ev("card/c", domain.CardIssued{Kind: "identity"}), "payload.holder: say whose card it is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refusals, refused := errors.AsType[domain.Refusals](r.decide(c.e))
			require.True(t, refused)
			require.Len(t, refusals, 1, "one mistake is told of once")
			assert.Contains(t, refusals[0].Field+": "+refusals[0].Text, c.want)
		})
	}
}

func TestDecideRates(t *testing.T) {
	r := community(t)
	for _, dollars := range []string{"", "0", "0.0", "-1", "+1", "1,08", "1.", ".5", "01", "1e3", "1.0000000001", "1234567890", "NaN", " 1"} {
		assert.ErrorContains(t, r.decide(domaintest.RateRecorded("eur", dollars, day)), "is not a rate: write what one unit is worth in dollars as a positive decimal with at most nine places", "%q", dollars)
	}
	for _, dollars := range []string{"1", "1.0842", "0.5", "999999999.999999999"} {
		assert.NoError(t, r.decide(domaintest.RateRecorded("eur", dollars, day)), "%q", dollars)
	}
}

func TestDecideCodes(t *testing.T) {
	r := community(t)
	for list, e := range map[string]domain.Envelope{
		"vehicle_kind":    domaintest.VehicleRecorded("v", "bo", "no.such", day),
		"ticket_place":    domaintest.TicketIssued("car-1", "no.such", day),
		"offence":         domaintest.ViolationRecorded("member/bo", "no.such", 1, day),
		"privilege":       domaintest.BenefitUsed("member/bo", "no.such", "", 0, day),
		"property_use":    domaintest.PropertyRecorded("p", "arandia-embassy", "no.such", day),
		"tenure":          domaintest.Event("property/p", day, domain.PropertyRecorded{Mission: "arandia-embassy", Use: "annex", Tenure: "no.such"}),
		"threat":          domaintest.Event("member/ana", day, domain.ThreatAssessed{Level: "no.such", Ground: "letters"}),
		"protection_kind": domaintest.ProtectionAssigned("member/ana", "no.such", "letters", day),
		"outreach_kind":   domaintest.Event("member/ana", day, domain.OutreachRecorded{Kind: "no.such"}),
		"visa_class":      domaintest.Event("member/ana", day, domain.VisaRecorded{Class: "no.such"}),
		"card_design":     domaintest.Event("card/c", day, domain.CardIssued{Holder: "ana", Kind: "tax_personal", Design: "no.such"}),
		"expulsion":       domaintest.Event("member/ana", day, domain.PersonaNonGrata{As: "no.such"}),
	} {
		assert.ErrorContains(t, r.decide(e), "unknown "+list+` "no.such"`)
	}
	for what, e := range map[string]domain.Envelope{
		"use":     domaintest.Event("property/chancery", day, domain.PropertyUseChanged{Use: "no.such"}),
		"warrant": domaintest.Event("member/ana", day, domain.WarrantRecorded{Matter: "case-1", Offence: "no.such"}),
		"request": domaintest.RequestFiled("r", "arandia-embassy", "travel", []domain.Privilege{"no.such"}, day),
	} {
		assert.ErrorContains(t, r.decide(e), `"no.such"`, what)
	}
}

func TestDecideTargets(t *testing.T) {
	r := community(t)
	// What may be acted on, one of each, about subjects on record.
	made := []domain.Envelope{
		domaintest.Event("vehicle/car-1", "2024-03-01", domain.LienRecorded{Holder: "First Bank"}),
		domaintest.TicketIssued("car-1", "dc", "2024-03-01"),
		domaintest.Event("vehicle/car-1", "2024-03-01", domain.RegistrationWithheld{}),
		domaintest.ViolationRecorded("member/bo", "traffic.dui", 4, "2024-03-01"),
		domaintest.LicenseSuspended("bo", domain.Term{Days: 30}, "2024-03-01"),
		domaintest.Event("member/bo", "2024-03-01", domain.LicenseRevoked{}),
		domaintest.Event("member/bo", "2024-03-01", domain.FeeImposed{Amount: 100}),
		domaintest.Event("member/bo", "2024-03-01", domain.DutyAssessed{Amount: 100}),
		domaintest.ProtectionAssigned("member/bo", "police_coverage", "letters", "2024-03-01"),
	}
	for _, e := range made {
		r.add(t, e)
	}
	for _, c := range []struct {
		e  domain.Event
		on []domain.Type
	}{
		{domain.LienReleased{}, []domain.Type{"lien.recorded"}},
		{domain.TicketCleared{}, []domain.Type{"ticket.issued"}},
		{domain.RegistrationReleased{}, []domain.Type{"registration.withheld"}},
		{domain.ViolationDismissed{Reason: "r"}, []domain.Type{"violation.recorded"}},
		{domain.PointsAssessed{Points: 2}, []domain.Type{"violation.recorded"}},
		{domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Declined}, []domain.Type{"violation.recorded"}},
		{domain.LicenseSuspended{}, []domain.Type{"violation.recorded"}},
		{domain.LicenseRevoked{}, []domain.Type{"violation.recorded"}},
		{domain.FeeImposed{Amount: 1}, []domain.Type{"violation.recorded"}},
		{domain.DutyAssessed{Amount: 1}, []domain.Type{"violation.recorded"}},
		{domain.LicenseReinstated{}, []domain.Type{"license.suspended", "license.revoked"}},
		{domain.ChargeSettled{}, []domain.Type{"fee.imposed", "duty.assessed"}},
		{domain.ProtectionEnded{}, []domain.Type{"protection.assigned"}},
	} {
		for _, target := range made {
			if !slices.Contains(domain.Kinds(c.e), target.Subject.Kind) {
				continue
			}
			err := r.decide(domaintest.Event(target.Subject.String(), day, c.e, domaintest.Target(target)))
			if slices.Contains(c.on, target.Type()) {
				assert.NoError(t, err, "%s on %s", c.e.Type(), target.Type())
				continue
			}
			assert.ErrorContains(t, err, string(c.e.Type())+" acts on a ", "%s on %s", c.e.Type(), target.Type())
		}
		if domain.NeedsTarget(c.e) {
			subject := "member/bo"
			if c.e.About() != "" && c.e.About() != domain.KindMember {
				subject = "vehicle/car-1"
			}
			assert.ErrorContains(t, r.decide(domaintest.Event(subject, day, c.e)), "must name the event it acts on", c.e.Type())
		}
	}
	err := r.decide(domaintest.Event("member/bo", day, domain.ConsequenceDecided{Consequence: "license.suspended", Decided: "perhaps"}, domaintest.Target(made[3])))
	assert.ErrorContains(t, err, `payload.decided): "perhaps" is neither "imposed" nor "declined"`)
	err = r.decide(domaintest.Event("member/ana", day, domain.PointsAssessed{Points: 1}, domaintest.Target(made[3])))
	assert.ErrorContains(t, err, "is about member/bo, not about member/ana: use its subject")
	err = r.decide(domaintest.Event("member/bo", day, domain.PointsAssessed{}, domaintest.Target(made[3])))
	assert.ErrorContains(t, err, "payload.points): 0 points are a slip of the pen: a violation has 1 to 99")
	err = r.decide(domaintest.Event("member/bo", day, domain.ViolationDismissed{}, domaintest.Target(made[3])))
	assert.ErrorContains(t, err, "payload.reason): must not be empty")
}

// A dismissal acts like a retraction: what it dismisses does not stand, and
// stands again when the dismissal is retracted.
func TestDecideDismissals(t *testing.T) {
	r := community(t)
	cited := domaintest.ViolationRecorded("member/bo", "traffic.dui", 4, "2024-03-01")
	r.add(t, cited)
	points := func(effective string) domain.Envelope {
		return domaintest.Event("member/bo", effective, domain.PointsAssessed{Points: 2}, domaintest.Target(cited))
	}
	dismissed := domaintest.ViolationDismissed(cited, "2024-05-01")
	assert.ErrorContains(t, r.decide(dismissed, points(day)), "is already retracted or corrected", "in the same command")
	r.add(t, dismissed)
	assert.ErrorContains(t, r.decide(points(day)), "is already retracted or corrected")
	assert.ErrorContains(t, r.decide(domaintest.ViolationDismissed(cited, day)), "is already retracted or corrected")
	assert.ErrorContains(t, r.decide(domaintest.Corrected(dismissed, day, domain.ViolationDismissed{Reason: "r"})), "a dismissal can't be corrected: retract it, and the violation counts again")
	r.add(t, domaintest.Retracted(dismissed, "another case"))
	require.NoError(t, r.decide(points(day)))

	corrected := domaintest.Corrected(cited, "2024-03-02", domain.ViolationRecorded{Offence: "traffic.prepayable", Points: 1})
	r.add(t, corrected)
	assert.ErrorContains(t, r.decide(domaintest.ViolationDismissed(cited, day)), "is already retracted or corrected", "what stands is dismissed")
	on := domaintest.Event("member/bo", day, domain.ViolationDismissed{Reason: "r"}, domaintest.Target(corrected))
	require.NoError(t, r.decide(on))
	assert.ErrorContains(t, r.decide(on, points(day)), "is already retracted or corrected", "the violation does not stand again")
	undone := domaintest.Retracted(corrected, "dismissed")
	undone.ID = domain.EventID{1}
	assert.NoError(t, r.decide(undone, domaintest.ViolationDismissed(cited, day)))
}
