package standing_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// The law of the generated offices: the common law, and the same with a shorter
// period to leave, and with another name for a privilege.
var law = sync.OnceValue(func() (out struct {
	library                 *projections.Library
	first, shorter, renamed string
}) {
	bundle := must(rules.Bundle(rulesets.Common()))
	out.library = projections.NewLibrary()
	out.first = out.library.Put(bundle)
	out.shorter = out.library.Put(bytes.Replace(bundle, []byte("period: {days: 30}"), []byte("period: {days: 10}"), 1))
	out.renamed = out.library.Put(bytes.ReplaceAll(bundle, []byte("social.services"), []byte("social.servitude")))
	return out
})

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// number draws evenly from low to high; rapid by itself prefers small numbers.
func number(t *rapid.T, low, high int, label string) int {
	n := 0
	for range 12 {
		n <<= 1
		if rapid.Bool().Draw(t, label) {
			n++
		}
	}
	return low + n%(high-low+1)
}

func pick[T any](t *rapid.T, from []T, label string) T {
	return from[number(t, 0, len(from)-1, label)]
}

// days are few, so that many events share one, and reach into what was the
// future when most was recorded.
var days = []string{"2024-01-01", "2024-02-29", "2024-03-10", "2024-03-10", "2024-06-01", "2024-06-02", "2024-11-03", "2025-01-01", "2026-07-04", "2030-01-01"}

var (
	persons  = []domain.MemberID{"ana", "bo", "cy"}
	missions = []domain.MissionID{"arandia-embassy", "borvia-mission"}
	states   = []domain.StateID{"arandia", "borvia"}
	vehicles = []domain.VehicleID{"car-1", "car-2"}
	taxes    = []domain.Privilege{"tax.sales", "tax.fuel", "customs.personal", "travel.move"}
)

// An office is a log that was drawn, whole commands.
type office struct {
	log []domain.Envelope
}

func (o *office) tell(command int, e domain.Envelope) {
	n := len(o.log)
	e.ID = domain.EventID{1, byte(n >> 8), byte(n)}
	e.Command = domain.CommandID{2, byte(command >> 8), byte(command)}
	e.Recorded = time.Date(2024, 1, 1, command, 0, 0, 0, time.UTC)
	o.log = append(o.log, e)
}

func event(subject domain.Subject, day string, e domain.Event) domain.Envelope {
	return domaintest.Event(subject.String(), day, e)
}

// founded is what every office begins with: one command.
func founded() *office {
	o := &office{}
	for _, e := range []domain.Envelope{
		event(domain.Of(domain.KindOffice, domain.OfficeID("office")), "2020-01-01", domain.OfficeFounded{Zone: domaintest.Office.String(), Mode: domain.History}),
		event(domain.Of(domain.KindRuleset, "common"), "2020-01-01", domain.RulesetPublished{Hash: law().first}),
		domaintest.Registered("arandia", "2020-01-01"), domaintest.Registered("borvia", "2020-01-01"),
		domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Opened("borvia-mission", "borvia", "un_mission", "2020-01-01"),
	} {
		o.tell(0, e)
	}
	return o
}

// draw makes an office in which much goes wrong: events that share a day,
// corrections of corrections, retractions of retractions, what lies ahead.
func draw(t *rapid.T) *office {
	o := founded()
	o.tell(1, domaintest.Accredited("ana", pick(t, missions, "mission"), pick(t, []domain.Category{"dip.agent", "iom.diplomatic"}, "category"), pick(t, days, "day")))
	for command := range number(t, 2, 12, "commands") {
		for range pick(t, []int{1, 1, 2, 3}, "events") {
			if number(t, 0, 9, "amend") < 4 {
				o.amend(t, command+2)
			} else {
				s, e := o.event(t)
				o.tell(command+2, event(s, pick(t, days, "day"), e))
			}
		}
	}
	return o
}

// amend retracts or corrects one of the last events.
func (o *office) amend(t *rapid.T, command int) {
	target := o.log[max(6, len(o.log)-pick(t, []int{1, 1, 1, 2, 3, 5}, "back"))]
	day := pick(t, days, "day")
	if domain.Retracts(target.Event) || rapid.Bool().Draw(t, "retract") {
		e := event(target.Subject, day, domain.EventRetracted{Reason: "it never was"})
		e.Target = target.ID
		o.tell(command, e)
		return
	}
	body := target.Event
	if c, corrects := body.(domain.EventCorrected); corrects {
		body = c.Body
	}
	for range 4 { // another body of the type, if one is drawn; else only the time was wrong
		if s, e := o.event(t); e.Type() == body.Type() && s.Kind == target.Subject.Kind {
			body = e
			break
		}
	}
	e := event(target.Subject, day, domain.EventCorrected{Reason: "it was otherwise", Body: body})
	e.Target = target.ID
	o.tell(command, e)
}

func (o *office) event(t *rapid.T) (domain.Subject, domain.Event) {
	who := domain.Member(pick(t, persons, "who"))
	where := pick(t, missions, "mission")
	state := pick(t, states, "state")
	privilege := []domain.Privilege{pick(t, taxes, "privilege")}
	category := pick(t, []domain.Category{"dip.agent", "dip.at", "iom.diplomatic", "con.officer"}, "category")
	var until calendar.When
	if number(t, 0, 2, "bounded") == 0 {
		until = domaintest.When(pick(t, days, "until"))
	}
	switch number(t, 0, 23, "what") {
	case 0, 1:
		return who, domain.MemberAccredited{Mission: where, Category: category}
	case 2:
		return who, domain.CategoryChanged{Category: category}
	case 3:
		return who, domain.FunctionsEnded{Period: domain.Period{Days: pick(t, []int{0, 0, 3}, "days")}}
	case 4:
		return who, domain.StatusChanged{Status: pick(t, []domain.Status{"none", "lpr"}, "status")}
	case 5:
		return domain.Member("cy"), domain.FamilyJoined{Sponsor: "ana", Relation: pick(t, []domain.Relation{"spouse", "child"}, "relation"), Personal: &domain.Personal{Birth: must(calendar.ParseDate("2003-06-01"))}}
	case 6, 7, 8:
		return domain.Of(domain.KindMeasure, pick(t, []domain.MeasureID{"m-1", "m-2"}, "measure")), domain.MeasureDetermined{
			State: state, Privileges: privilege, Level: pick(t, []domain.Level{"withdrawn", "full", "minimum_purchase", "approval"}, "level"), Until: until,
			Params: pick(t, []domain.Params{nil, {"amount": domain.Int(15000), "currency": domain.Text("EUR"), "conversion": domain.Text("floating")}, {"radius": domain.Text("25")}}, "params"),
		}
	case 9:
		return domain.Of(domain.KindMeasure, pick(t, []domain.MeasureID{"m-1", "m-2"}, "measure")), domain.MeasureLifted{}
	case 10:
		return who, domain.PrivilegeRestricted{Privileges: privilege, Until: until}
	case 11:
		return who, domain.PrivilegeGranted{Privileges: privilege, Until: until}
	case 12:
		return domain.State(state), domain.RelationsChanged{Relations: pick(t, []domain.Relations{"severed", "normal"}, "relations")}
	case 13:
		return domain.Of(domain.KindRate, "eur"), domain.RateRecorded{Dollars: pick(t, []string{"1.1", "2", "0.5"}, "dollars")}
	case 14:
		return domain.Of(domain.KindRuleset, "common"), domain.RulesetPublished{Hash: pick(t, []string{law().first, law().shorter, law().renamed}, "hash")}
	case 15:
		return domain.Of(domain.KindRuleset, "common"), domain.RulesetWithdrawn{Hash: pick(t, []string{law().first, law().shorter}, "hash")}
	case 16:
		return domain.Of(domain.KindAgreement, "a-1"), domain.AgreementConcluded{States: []domain.StateID{state}, Raises: map[domain.Privilege]domain.Outcome{"imm.civil": domain.Allowed}, Families: true}
	case 17, 18:
		e := domain.VehicleRecorded{Owner: domain.MemberID(who.ID)}
		if rapid.Bool().Draw(t, "of the mission") {
			e = domain.VehicleRecorded{OwnerMission: where}
		}
		return domain.Of(domain.KindVehicle, pick(t, vehicles, "vehicle")), e
	case 19:
		return domain.Of(domain.KindVehicle, pick(t, vehicles, "vehicle")), domain.InsuranceRecorded{Combined: 50_000_000, Until: until}
	case 20:
		return domain.Of(domain.KindVehicle, pick(t, vehicles, "vehicle")), domain.TicketIssued{Place: "nyc"}
	case 21:
		e := domain.RequestFiled{Kind: "travel", Applicant: "ana", Members: persons[:number(t, 0, 2, "members")], Until: until}
		if rapid.Bool().Draw(t, "of the mission") {
			e.Applicant, e.Mission = "", where
		}
		return domain.Of(domain.KindRequest, "r-1"), e
	case 22:
		return domain.Of(domain.KindRequest, "r-1"), pick(t, []domain.Event{domain.RequestApproved{}, domain.RequestDisapproved{Reason: "r"}, domain.RequestWithdrawn{}}, "handled")
	default:
		return domain.Mission(where), domain.MissionSuspended{Leave: true}
	}
}

// root replays the first k events, and knows nothing of the others.
func (o *office) root(t require.TestingT, k int) *projections.Root {
	b := projections.NewBuilder(law().library)
	for i, e := range o.log[:k] {
		require.NoError(t, b.Apply(domain.Position(i), e), "%s", o)
	}
	return b.Root(domain.Position(k))
}

// ends are the positions at which commands end: those that can be asked at.
func (o *office) ends() []domain.Position {
	var out []domain.Position
	for i, e := range o.log {
		if i+1 == len(o.log) || o.log[i+1].Command != e.Command {
			out = append(out, domain.Position(i+1))
		}
	}
	return out
}

// String shows the log in a failure.
func (o *office) String() string {
	var b strings.Builder
	for i, e := range o.log {
		fmt.Fprintf(&b, "\n%3d c%d %s %s %s", i, e.Command[2], e.Effective, e.Subject, e.Type())
		if !e.Target.IsZero() {
			fmt.Fprintf(&b, " of %d", int(e.Target[1])<<8+int(e.Target[2]))
		}
		body := e.Event
		if c, ok := body.(domain.EventCorrected); ok {
			body = c.Body
		}
		fmt.Fprintf(&b, " %+v", body)
	}
	return b.String()
}

// A query is what is asked of an office.
type query struct {
	subject   domain.Subject
	privilege domain.Privilege
	request   map[string]string
}

func drawQuery(t *rapid.T) query {
	q := query{subject: domain.Member(pick(t, []domain.MemberID{"ana", "ana", "bo", "cy", "visitor@arandia-embassy", "nobody"}, "subject"))}
	q.privilege = pick(t, []domain.Privilege{"tax.sales", "tax.fuel", "imm.arrest", "imm.civil", "customs.personal", "travel.move", "social.services", "dmv.registration"}, "asked")
	q.request = pick(t, []map[string]string{nil, nil, {"amount": "200.00"}, {"distance": "30"}, {"offence": "crime.felony"}}, "request")
	if number(t, 0, 6, "of a mission") == 0 {
		q.subject = domain.Mission(pick(t, missions, "mission"))
		q.privilege = pick(t, []domain.Privilege{"tax.sales", "tax.fuel", "prem.inviolability"}, "asked")
	}
	if q.privilege == "dmv.registration" {
		q.request = map[string]string{"object": string(pick(t, vehicles, "object"))}
	}
	q.request = maps.Clone(q.request)
	return q
}

// moments are instants worth asking at: every edge that anything could have, a
// microsecond to either side, and some in between.
func (o *office) moments(t *rapid.T, n int, edges ...timeline.Instant) []timeline.Instant {
	pool := slices.Clone(edges)
	for _, e := range o.log {
		at := timeline.Of(e.Effective.At)
		const day = 24 * 3600 * 1_000_000
		pool = append(pool, at, at+3*day, at+10*day, at+30*day, at+31*day-3600*1_000_000)
	}
	pool = slices.DeleteFunc(pool, func(i timeline.Instant) bool { return i == timeline.Always || i == timeline.Never })
	out := make([]timeline.Instant, n)
	for i := range out {
		out[i] = pick(t, pool, "moment") + timeline.Instant(pick(t, []int{-1, -1, 0, 0, 0, 1, 86_400_000_000, -3_600_000_000}, "off"))
	}
	return out
}
