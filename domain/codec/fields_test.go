package codec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

// words splits a line of key=value, separated by a bar.
func words(line string) []codec.Field {
	var fields []codec.Field
	for word := range strings.SplitSeq(line, "|") {
		if word == "" {
			continue
		}
		key, value, _ := strings.Cut(word, "=")
		fields = append(fields, codec.Field{Key: key, Value: value})
	}
	return fields
}

func TestParseFields(t *testing.T) {
	yes := true
	for _, c := range []struct {
		typ  domain.Type
		line string
		want domain.Event
	}{
		{"member.departed", "", domain.MemberDeparted{}},
		{"member.accredited", "mission=arandia-embassy|category=dip.agent|rank=first secretary, acting|nationalities=arandia, borvia|personal.name=Ana|personal.birth=2001-02-28",
			domain.MemberAccredited{Mission: "arandia-embassy", Category: "dip.agent", Rank: "first secretary, acting", Nationalities: []domain.StateID{"arandia", "borvia"},
				Personal: &domain.Personal{Name: "Ana", Birth: calendar.Date{Year: 2001, Month: 2, Day: 28}}}},
		{"agreement.concluded", "states=cordania|families=true|raises.imm.criminal=allowed|raises.imm.civil=allowed_with_conditions",
			domain.AgreementConcluded{States: []domain.StateID{"cordania"}, Families: true,
				Raises: map[domain.Privilege]domain.Outcome{"imm.criminal": domain.Allowed, "imm.civil": domain.Conditional}}},
		{"member.functions_ended", "period.hours=72", domain.FunctionsEnded{Period: domain.Period{Hours: 72}}},
		{"member.functions_ended", "period.until=2025-06-30T24:00 America/Chicago|reason=end of tour",
			domain.FunctionsEnded{Period: domain.Period{Until: calendar.When{At: time.Date(2025, 7, 1, 5, 0, 0, 0, time.UTC), Zone: "America/Chicago"}}, Reason: "end of tour"}},
		{"measure.determined", "state=garanda|privileges=travel.move|level=approval|params.radius=25|params.places=a,b|params.rate=8.25|params.strict=true|params.from=2025-01-01|params.code=007|params.amount=$1,350|params.fee=$8.50|params.goods=$a,b|" +
			"scope.categories=dip.at|scope.family=true|observed.level=withdrawn|observed.params.radius=10|replaces=m-1,m-2",
			domain.MeasureDetermined{State: "garanda", Privileges: []domain.Privilege{"travel.move"}, Level: "approval",
				Params: domain.Params{"radius": domain.Int(25), "places": domain.List([]string{"a", "b"}), "rate": domain.Text("8.25"), "strict": domain.Bool(true), "from": domain.Text("2025-01-01"), "code": domain.Text("007"), "amount": domain.Int(135000), "fee": domain.Int(850), "goods": domain.List([]string{"$a", "b"})},
				Scope:  domain.Scope{Categories: []domain.Category{"dip.at"}, Family: &yes}, Replaces: []domain.MeasureID{"m-1", "m-2"},
				Observed: &domain.Observation{Level: "withdrawn", Params: domain.Params{"radius": domain.Int(10)}}}},
		{"event.corrected", "reason=wrong day|type=member.functions_ended|body.period.days=30|body.reason=recall",
			domain.EventCorrected{Reason: "wrong day", Body: domain.FunctionsEnded{Period: domain.Period{Days: 30}, Reason: "recall"}}},
		{"vehicle.recorded", "kind=car|owner=bo|leased=true|description=Volta sedan, 2023", domain.VehicleRecorded{Kind: "car", Owner: "bo", Leased: true, Description: "Volta sedan, 2023"}},
		{"insurance.recorded", "combined=$300,000|property=50000.00|per_person=100", domain.InsuranceRecorded{Combined: 30_000_000, Property: 5_000_000, PerPerson: 100}},
		{"license.suspended", "term.months=12|reason=refused a test", domain.LicenseSuspended{Term: domain.Term{Months: 12}, Reason: "refused a test"}},
		{"consequence.decided", "consequence=license.suspended|decided=declined", domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Declined}},
		{"request.filed", "kind=travel|mission=arandia-embassy|members=ana,bo|privileges=travel.move|from=2025-03-02|amount=$1,250.50",
			domain.RequestFiled{Kind: "travel", Mission: "arandia-embassy", Members: []domain.MemberID{"ana", "bo"}, Privileges: []domain.Privilege{"travel.move"},
				From: domaintest.When("2025-03-02"), Amount: 125050}},
		{"rate.recorded", "dollars=1.0842", domain.RateRecorded{Dollars: "1.0842"}},
	} {
		got, err := codec.ParseFields(c.typ, words(c.line), domaintest.Office)
		require.NoError(t, err, c.line)
		assert.Equal(t, c.want, got, c.line)
	}
}

func TestParseFieldsErrors(t *testing.T) {
	for _, c := range []struct {
		typ        domain.Type
		line, want string
	}{
		{"member.departd", "", `unknown event type "member.departd" (did you mean "member.departed"?)`},
		{"member.departed", "reason=tired", `reason: unknown key: member.departed takes none`},
		{"member.accredited", "misson=a|category=dip.agent", `misson: unknown key (did you mean "mission"?); the keys of member.accredited are mission, category, rank, capacity, nationalities, status, personal.name, personal.birth`},
		{"member.accredited", "mission.x=a|mission=b|mission=c|category=", "mission.x: unknown key (did you mean \"mission\"?); the keys of member.accredited are mission, category, rank, capacity, nationalities, status, personal.name, personal.birth\n" +
			"mission: this key is there twice: keep one\ncategory: no value is given: leave the key out"},
		{"member.accredited", "rank=counsellor", "mission is missing: member.accredited needs it\ncategory is missing: member.accredited needs it"},
		{"member.accredited", "mission=Arandia|category=x|nationalities=a,,b|personal=Ana|personal.birth=2001", `mission: identifier "Arandia": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "arandia"?)` +
			"\nnationalities: \"a,,b\": there is nothing before or after a comma\npersonal: this has parts: write one of name, birth after a dot\n" +
			`personal.birth: "2001" is not a date: write year, month and day as in 2025-05-31`},
		{"member.student_changed", "student=yes", `student: "yes" is neither true nor false`},
		{"member.student_changed", "", `student is missing: member.student_changed needs it`},
		{"member.period_set", "period.hours=1.5", `period.hours: "1.5" is not a whole number`},
		{"member.period_set", "period.hours=72|period.days=3", `period: a period is stated once: keep hours, days or until`},
		{"member.period_set", "", `period is missing: member.period_set needs it`},
		{"measure.determined", "state=garanda|privileges=travel.move|level=approval|params=x|params.=y|observed.source=report", "params: this has parts: write a name after a dot\nparams.: unknown key (did you mean \"observed.params.NAME\"?); the keys of measure.determined are " +
			"state, privileges, level, params.NAME, scope.mission_kinds, scope.missions, scope.categories, scope.ranks, scope.statuses, scope.members, scope.family, scope.visitors, ground, observed.level, observed.params.NAME, observed.source, replaces, until"},
		{"measure.determined", "state=garanda|privileges=travel.move|level=approval|observed.source=report", `observed.level is missing: measure.determined needs it`},
		{"agreement.concluded", "states=cordania|raises.imm.civil=alowed", `raises.imm.civil: unknown code "alowed" (did you mean "allowed"?); the codes are allowed, allowed_with_conditions, notification_required, permission_required, denied`},
		{"card.issued", "holder=hal|kind=identity|until=tomorrow", `until: "tomorrow" is not a date: write year, month and day as in 2025-05-31`},
		{"license.suspended", "term.days=90|term.months=3", `term: a term is stated once: keep days, months or until`},
		{"license.suspended", "term.days=0", `term.days: 0 days say nothing: leave days out, and it lasts until it is ended`},
		{"license.suspended", "term.months=0", `term.months: 0 months say nothing: leave months out, and it lasts until it is ended`},
		{"member.functions_ended", "period.hours=0", `period.hours: 0 hours say nothing: leave hours out, and the period is that of the law`},
		{"fee.imposed", "amount=0", `amount: this is required: write a whole number above 0`},
		{"license.suspended", "term.days=-90", `term: a term is not negative`},
		{"fee.imposed", "amount=300,000", `amount: "300,000" is not an amount: write whole cents, 30000, or dollars, $300 or 300.00`},
		{"fee.imposed", "reason=tags", `amount is missing: fee.imposed needs it`},
		{"consequence.decided", "consequence=license.suspended|decided=impose", `decided: unknown code "impose" (did you mean "imposed"?); the codes are imposed, declined`},
		{"event.corrected", "reason=r|type=violation.dismissed|body.reason=r", `the body of a correction is what the event should have said, not violation.dismissed`},
		{"event.corrected", "reason=r", `type is missing: write type= and the type of the event that is corrected`},
		{"event.corrected", "reason=r|type=event.retracted", `the body of a correction is what the event should have said, not event.retracted`},
		{"event.corrected", "type=card.issued|body.holder=hal", "reason is missing: event.corrected needs it\nbody: kind is missing: card.issued needs it"},
	} {
		_, err := codec.ParseFields(c.typ, words(c.line), domaintest.Office)
		assert.EqualError(t, err, c.want, c.line)
	}
}

func TestKeys(t *testing.T) {
	assert.Equal(t, []string{"reason", "type", "body.KEY"}, codec.Keys("event.corrected"))
	assert.Empty(t, codec.Keys("member.departed"))
	assert.Nil(t, codec.Keys("no.such"))
	assert.Contains(t, codec.Keys("agreement.concluded"), "raises.PRIVILEGE")
	for _, typ := range codec.Types() {
		assert.NotNil(t, codec.Keys(typ), typ)
	}
}

func FuzzParseFields(f *testing.F) {
	f.Add("member.accredited", "mission=arandia-embassy|category=dip.agent|personal.birth=2001-02-28")
	f.Add("agreement.concluded", "states=cordania|raises.imm.criminal=allowed|until=2025-01-01")
	f.Add("measure.determined", "state=garanda|privileges=travel.move|level=approval|params.radius=25|params.places=a,b|scope.family=true|observed.level=withdrawn")
	f.Add("insurance.recorded", "combined=$300,000|per_person=100000.00|property=5000000|until=2025-03-01")
	f.Add("license.suspended", "term.days=90|reason=twelve points")
	f.Add("request.filed", "kind=travel|mission=arandia-embassy|members=ana,bo|from=2025-03-02|until=2025-03-04|amount=$1,250.50")
	f.Add("event.corrected", "reason=r|type=member.period_set|body.period.until=2025-06-30T24:00 America/Chicago")
	f.Fuzz(func(t *testing.T, typ, line string) {
		event, err := codec.ParseFields(domain.Type(typ), words(line), domaintest.Office)
		if err != nil || len(line) > 1<<14 {
			return
		}
		e := domaintest.Event("member/ana", "2025-01-01", domain.MemberDeparted{})
		e.Event = event
		if kind := event.About(); kind != "" {
			e.Subject.Kind = kind
		}
		if c, ok := event.(domain.EventCorrected); ok && c.Body.About() != "" {
			e.Subject.Kind = c.Body.About()
		}
		data, err := codec.Encode(e)
		require.NoError(t, err, "what parses encodes")
		back, err := codec.Decode(data)
		require.NoError(t, err)
		require.Equal(t, event, back.Event)
	})
}
