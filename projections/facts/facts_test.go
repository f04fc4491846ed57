package facts_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// office is a log in which the office is founded, with two missions of
// Arandia and two of Borvia.
func office() *scribe {
	s := &scribe{}
	s.found()
	return s
}

func (s *scribe) member(id domain.MemberID, effective string, e domain.Event) domain.EventID {
	return s.tell(domain.Member(id), effective, e)
}

func (s *scribe) view(t *testing.T) facts.View {
	t.Helper()
	return load(t, s.log).At(domain.Position(len(s.log)))
}

// phases renders the capacities of a person that have begun at an instant.
func phases(v facts.View, id domain.MemberID, text string) []string {
	p := v.Person(id, lawIn{v})
	var out []string
	for _, c := range p.At(at(text)) {
		what := string(c.Category)
		if c.Kind == facts.Visitor {
			what = "visitor"
		}
		out = append(out, fmt.Sprintf("%s at %s %s", what, c.Mission, c.Phase(at(text))))
	}
	return out
}

func TestEndOfTour(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("ana", "2025-05-31T24:00 America/New_York", domain.FunctionsEnded{})
	s.member("ana", "2025-06-10", domain.FunctionsEnded{}) // said again; nothing restarts
	v := s.view(t)
	assert.Empty(t, phases(v, "ana", "2023-12-31"))
	for when, phase := range map[string]string{
		"2025-05-31T23:59 America/New_York": "current",
		"2025-06-01":                        "leaving",
		"2025-06-30T23:59 America/New_York": "leaving",
		"2025-07-01":                        "ended",
	} {
		assert.Equal(t, []string{"dip.agent at embassy " + phase}, phases(v, "ana", when), when)
	}
	p := v.Person("ana", lawIn{v})
	require.Len(t, p.Capacities, 1)
	c := p.Capacities[0]
	assert.Equal(t, at("2025-06-01"), c.EndOfFunctions)
	assert.Equal(t, at("2025-07-01"), c.EndOfPeriod)
	assert.Equal(t, at("2025-07-01"), c.Ended)
	assert.Equal(t, []domain.Position{8, 9}, c.Events)
	assert.Equal(t, []domain.Position{8}, c.Basis(at("2025-05-31")))
	assert.Equal(t, domain.Position(9), c.Cause)
}

func TestTwoTimes(t *testing.T) {
	s := office()
	before := domain.Position(len(s.log))
	s.member("bo", "2025-01-10", domain.MemberAccredited{Mission: "embassy", Category: "dip.at"})
	store := load(t, s.log)
	assert.Empty(t, phases(store.At(before), "bo", "2025-01-15"))
	assert.Equal(t, []string{"dip.at at embassy current"}, phases(store.At(before+1), "bo", "2025-01-15"))
	assert.Empty(t, phases(store.At(before+1), "bo", "2025-01-09"))
}

func TestPostClosedAndPeopleMoved(t *testing.T) {
	s := office()
	const deadline = "2025-07-24T16:00 America/Chicago"
	s.member("quin", "2024-01-01", domain.MemberAccredited{Mission: "post", Category: "con.officer", Rank: "consul"})
	s.member("ray", "2024-01-01", domain.MemberAccredited{Mission: "post", Category: "con.officer"})
	s.tell(domain.Mission("post"), "2025-07-01", domain.ClosureOrdered{Deadline: when(deadline)})
	s.member("quin", deadline, domain.MemberReassigned{Mission: "embassy"})
	s.tell(domain.Mission("post"), "2025-09-01", domain.MissionReopened{})
	v := s.view(t)
	assert.Equal(t, []string{"con.officer at post current"}, phases(v, "quin", "2025-07-24T15:59 America/Chicago"))
	assert.Equal(t, []string{"con.officer at post ended", "con.officer at embassy current"}, phases(v, "quin", deadline))
	assert.Equal(t, []string{"con.officer at post leaving"}, phases(v, "ray", deadline))
	assert.Equal(t, []string{"con.officer at post ended"}, phases(v, "ray", "2025-09-02"), "reopening revives nobody")

	status := func(text string) string {
		got, _, _ := v.ReadMission("post", at(text))(register("status"))
		return got.Text()
	}
	assert.Equal(t, []string{"open", "closing", "closed", "open"}, []string{status("2025-06-30"), status("2025-07-01"), status(deadline), status("2025-09-01")})

	p := v.Person("ray", lawIn{v})
	assert.Equal(t, at("2025-08-23 America/Chicago"), p.Capacities[0].EndOfPeriod, "days are counted where the deadline says")
	quin := v.Person("quin", lawIn{v})
	assert.Equal(t, "consul", quin.Capacities[1].Rank, "what is not stated stays")
	assert.Equal(t, timeline.Never, quin.Capacities[0].EndOfFunctions, "moving on is not an end of functions")
}

func TestSuspensionWithAnOrderToLeave(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("bo", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.service", Status: "lpr"})
	s.member("cy", "2024-01-01", domain.MemberAccredited{Mission: "mission", Category: "iom.diplomatic"})
	s.member("dee", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.at"})
	s.tell(domain.Mission("embassy"), "2024-03-18", domain.MissionSuspended{
		Leave: true, ExemptStatuses: []domain.Status{"us_national", "lpr"}, ExemptMembers: []domain.MemberID{"dee"},
		Period: domain.Period{Until: when("2024-04-01")},
	})
	v := s.view(t)
	for who, phase := range map[domain.MemberID]string{"ana": "dip.agent at embassy leaving", "bo": "dip.service at embassy current", "cy": "iom.diplomatic at mission current", "dee": "dip.at at embassy current"} {
		assert.Equal(t, []string{phase}, phases(v, who, "2024-03-31"))
	}
	assert.Equal(t, []string{"dip.agent at embassy ended"}, phases(v, "ana", "2024-04-01"))
}

func TestPeriods(t *testing.T) {
	tests := []struct {
		name string
		tell func(*scribe)
		end  string
	}{
		{"hours from delivery", func(s *scribe) {
			s.member("ana", "2024-03-09T12:00 America/New_York", domain.PersonaNonGrata{Period: domain.Period{Hours: 72}})
		}, "2024-03-12T13:00 America/New_York"},
		{"days across the change of the clock", func(s *scribe) {
			s.member("ana", "2024-03-09T12:00 America/New_York", domain.PersonaNonGrata{Period: domain.Period{Days: 3}})
		}, "2024-03-12"},
		{"legal date and zone", func(s *scribe) {
			s.member("ana", "2024-03-09 Asia/Tokyo", domain.FunctionsEnded{Period: domain.Period{Days: 1}})
		}, "2024-03-10 Asia/Tokyo"},
		{"the legal date is what was written", func(s *scribe) {
			// as an older edition of the zone data put it
			e := when("2024-03-09 Asia/Tokyo")
			e.At = e.At.Add(-hours(1))
			s.write(domain.Member("ana"), e, domain.EventID{}, domain.FunctionsEnded{Period: domain.Period{Days: 1}})
		}, "2024-03-10 Asia/Tokyo"},
		{"set later", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{})
			s.member("ana", "2024-03-10", domain.PeriodSet{Period: domain.Period{Days: 10}})
		}, "2024-03-11"},
		{"set in hours, from its own delivery", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{})
			s.member("ana", "2024-03-10T12:00 America/New_York", domain.PeriodSet{Period: domain.Period{Hours: 24}})
		}, "2024-03-11T12:00 America/New_York"},
		{"set to what is past", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{})
			s.member("ana", "2024-03-10", domain.PeriodSet{Period: domain.Period{Days: 2}})
		}, "2024-03-10"},
		{"set when it is over", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{Period: domain.Period{Days: 2}})
			s.member("ana", "2024-03-10", domain.PeriodSet{Period: domain.Period{Days: 60}})
		}, "2024-03-03"},
		{"set as it is over", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{Period: domain.Period{Days: 2}})
			s.member("ana", "2024-03-03", domain.PeriodSet{Period: domain.Period{Days: 4}})
		}, "2024-03-05"},
		{"the length is that of the law at the end", func(s *scribe) {
			s.tell(common, "2024-03-05", domain.RulesetPublished{Hash: "second"})
			s.member("ana", "2024-03-01", domain.FunctionsEnded{})
		}, "2024-03-31"},
		{"left early", func(s *scribe) {
			s.member("ana", "2024-03-01", domain.FunctionsEnded{})
			s.member("ana", "2024-03-07", domain.MemberDeparted{})
		}, "2024-03-07"},
		{"relations severed", func(s *scribe) {
			s.tell(domain.State("arandia"), "2024-03-01", domain.RelationsChanged{Relations: "severed", Period: domain.Period{Days: 5}})
			s.tell(domain.State("arandia"), "2024-03-04", domain.RelationsChanged{Relations: "severed", Period: domain.Period{Days: 50}})
			s.tell(domain.State("arandia"), "2024-03-05", domain.RelationsChanged{Relations: "normal"})
		}, "2024-03-06"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := office()
			s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
			test.tell(s)
			v := s.view(t)
			p := v.Person("ana", lawIn{v})
			require.Len(t, p.Capacities, 1)
			assert.Equal(t, at(test.end).String(), p.Capacities[0].Ended.String())
			assert.Equal(t, facts.Leaving, p.Capacities[0].Phase(at(test.end)-1))
		})
	}
}

func TestFamilyFollowsTheSponsor(t *testing.T) {
	base := func() *scribe {
		s := office()
		s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
		s.member("kim", "2024-02-01", domain.FamilyJoined{Sponsor: "ana", Relation: "child", Personal: &domain.Personal{Birth: must(calendar.ParseDate("2004-02-29"))}})
		return s
	}
	t.Run("the sponsor's departure does not end it", func(t *testing.T) {
		s := base()
		s.member("ana", "2024-06-01", domain.FunctionsEnded{})
		s.member("ana", "2024-06-05", domain.MemberDeparted{})
		v := s.view(t)
		assert.Equal(t, []string{"dip.agent at embassy ended"}, phases(v, "ana", "2024-06-10"))
		assert.Equal(t, []string{"family at embassy leaving"}, phases(v, "kim", "2024-06-10"))
		assert.Equal(t, []string{"family at embassy ended"}, phases(v, "kim", "2024-07-01"))
	})
	t.Run("nor does death end it at once", func(t *testing.T) {
		s := base()
		s.member("ana", "2024-06-01", domain.MemberDied{})
		v := s.view(t)
		assert.Equal(t, []string{"family at embassy leaving"}, phases(v, "kim", "2024-06-30"))
		assert.Equal(t, []string{"family at embassy ended"}, phases(v, "kim", "2024-07-01"))
	})
	t.Run("age ends it on the clamped birthday", func(t *testing.T) {
		v := base().view(t)
		assert.Equal(t, []string{"family at embassy current"}, phases(v, "kim", "2025-02-27T23:59 America/New_York"))
		assert.Equal(t, []string{"family at embassy ended"}, phases(v, "kim", "2025-02-28"))
	})
	t.Run("a student has two years more, but not twice", func(t *testing.T) {
		s := base()
		s.member("kim", "2024-09-01", domain.StudentChanged{Student: true})
		s.member("kim", "2025-06-01", domain.StudentChanged{Student: false})
		s.member("kim", "2025-09-01", domain.StudentChanged{Student: true})
		v := s.view(t)
		assert.Equal(t, []string{"family at embassy current"}, phases(v, "kim", "2025-05-31"))
		assert.Equal(t, []string{"family at embassy ended"}, phases(v, "kim", "2025-09-02"))
	})
	t.Run("own work ends it in the period too", func(t *testing.T) {
		s := base()
		s.member("ana", "2024-06-01", domain.FunctionsEnded{})
		s.member("kim", "2024-06-10", domain.PrivateWorkChanged{PrivateWork: true})
		v := s.view(t)
		assert.Equal(t, []string{"family at embassy ended"}, phases(v, "kim", "2024-06-10"))
	})
	t.Run("a new post of the sponsor goes on with it", func(t *testing.T) {
		s := base()
		s.member("ana", "2024-06-01", domain.CategoryChanged{Category: "dip.at"})
		s.member("ana", "2024-03-01", domain.MemberAccredited{Mission: "mission", Category: "iom.diplomatic", Capacity: "second"})
		v := s.view(t)
		assert.Equal(t, []string{"family at embassy ended", "family at mission current"}, phases(v, "kim", "2024-06-02"),
			"one capacity for each of the sponsor's, but an administrative sponsor has no children of 20")
	})
	t.Run("expelled in person, the relative does not come back with a new post", func(t *testing.T) {
		s := base()
		s.member("kim", "2024-05-01", domain.PersonaNonGrata{Period: domain.Period{Days: 40}})
		s.member("ana", "2024-06-01", domain.MemberReassigned{Mission: "post"})
		v := s.view(t)
		assert.Equal(t, []string{"family at embassy leaving"}, phases(v, "kim", "2024-05-02"))
		assert.Equal(t, []string{"family at embassy ended", "family at post leaving"}, phases(v, "kim", "2024-06-02"))
		assert.Equal(t, []string{"family at embassy ended", "family at post ended"}, phases(v, "kim", "2024-06-10"))
	})
	t.Run("without a birth date it is not known", func(t *testing.T) {
		s := base()
		s.member("lee", "2024-02-01", domain.FamilyJoined{Sponsor: "ana", Relation: "child"})
		s.member("mo", "2024-02-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
		v := s.view(t)
		lee, mo := v.Person("lee", lawIn{v}), v.Person("mo", lawIn{v})
		assert.Equal(t, []facts.Missing{{Fact: "member.birth", From: at("2024-02-01"), To: timeline.Never}}, lee.Capacities[0].Missing)
		assert.Equal(t, "member.birth", lee.Capacities[0].MissingAt(at("2024-02-01")))
		assert.Empty(t, lee.Capacities[0].MissingAt(at("2024-01-31")))
		assert.Empty(t, mo.Capacities[0].Missing)
	})
}

func TestWithoutLaw(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("kim", "2024-01-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
	s.member("ana", "2024-06-01", domain.FunctionsEnded{})
	v := s.view(t)
	for _, law := range []facts.Law{nil, lawIn{load(t, nil).At(0)}} {
		ana, kim := v.Person("ana", law), v.Person("kim", law)
		assert.Equal(t, at("2024-06-01"), ana.Capacities[0].Ended, "no period is made up")
		assert.Equal(t, facts.MissingLaw, ana.Capacities[0].MissingAt(at("2024-06-01")))
		assert.Empty(t, ana.Capacities[0].MissingAt(at("2024-05-31")))
		assert.Equal(t, facts.MissingLaw, kim.Capacities[0].MissingAt(at("2024-05-31")))
	}
}

func TestCouriersAndVisitors(t *testing.T) {
	s := office()
	s.member("cy", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "courier"})
	s.member("cy", "2024-01-03", domain.CourierDelivered{})
	s.member("vi", "2024-01-01", domain.VisitorRecorded{Mission: "embassy", Until: when("2024-01-10")})
	s.member("vi", "2024-02-01", domain.VisitorRecorded{Mission: "post"})
	s.member("vi", "2024-02-05", domain.MemberDeparted{})
	v := s.view(t)
	assert.Equal(t, []string{"courier at embassy current"}, phases(v, "cy", "2024-01-02"))
	assert.Equal(t, []string{"courier at embassy ended"}, phases(v, "cy", "2024-01-03"))
	assert.Equal(t, []string{"visitor at embassy current"}, phases(v, "vi", "2024-01-09"))
	assert.Equal(t, []string{"visitor at embassy ended"}, phases(v, "vi", "2024-01-10"))
	assert.Equal(t, []string{"visitor at embassy ended", "visitor at post current"}, phases(v, "vi", "2024-02-04"))
	assert.Equal(t, []string{"visitor at embassy ended", "visitor at post ended"}, phases(v, "vi", "2024-02-05"))
	p := v.Person("vi", lawIn{v})
	assert.Equal(t, domain.Reach{State: "arandia", MissionKind: "embassy", Mission: "embassy", Status: "none", Member: "vi", Visitor: true}, p.Reach(&p.Capacities[0], at("2024-01-02")))
}

func measure(id domain.MeasureID) domain.Subject { return domain.Of(domain.KindMeasure, id) }

func TestMeasures(t *testing.T) {
	sales := []domain.Privilege{"tax.sales"}
	ana := domain.Reach{State: "arandia", Member: "ana", Category: "dip.agent", Mission: "embassy", Status: "none"}
	bo := domain.Reach{State: "arandia", Member: "bo", Category: "dip.at", Mission: "embassy", Status: "none"}
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	general := s.tell(measure("general"), "2024-02-01", domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "withdrawn"})
	s.tell(measure("personal"), "2024-02-01", domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "withdrawn", Scope: domain.Scope{Members: []domain.MemberID{"ana"}}})
	s.tell(measure("agents"), "2024-04-01", domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "minimum", Scope: domain.Scope{Categories: []domain.Category{"dip.agent"}}, Replaces: []domain.MeasureID{"general"}})
	s.tell(measure("agents"), "2024-05-01", domain.MeasureLifted{})
	s.tell(measure("general"), "2024-06-01", domain.MeasureLifted{Scope: domain.Scope{Categories: []domain.Category{"dip.at"}}})
	names := func(r domain.Reach, text string) []string {
		v := s.view(t)
		var out []string
		for _, m := range v.Measures("arandia") {
			if m.LiveFor(r, at(text)) {
				out = append(out, m.ID)
			}
		}
		return out
	}
	assert.Equal(t, []string{"general", "personal"}, names(ana, "2024-03-01"))
	assert.Equal(t, []string{"general"}, names(bo, "2024-03-01"))
	assert.Equal(t, []string{"personal", "agents"}, names(ana, "2024-04-01"), "displaced for agents")
	assert.Equal(t, []string{"general"}, names(bo, "2024-04-01"), "and for nobody else")
	assert.Equal(t, []string{"personal"}, names(ana, "2024-05-01"), "displaced for good")
	assert.Empty(t, names(bo, "2024-06-01"), "lifted for administrative staff")
	assert.Equal(t, []string{"personal"}, names(ana, "2024-06-01"), "lifting the general leaves the personal")

	s.write(measure("general"), when("2024-04-15"), general, domain.EventCorrected{Body: domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "withdrawn"}})
	assert.Empty(t, names(bo, "2024-04-01"))
	assert.Equal(t, []string{"general"}, names(bo, "2024-04-15"))
	assert.Empty(t, names(bo, "2024-06-01"), "the lift outlives the correction")

	called := s.tell(measure("later"), "2025-01-01", domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "full", Replaces: []domain.MeasureID{"personal"}})
	s.tell(measure("later"), "2024-12-01", domain.MeasureLifted{})
	assert.Equal(t, []string{"personal"}, names(ana, "2025-02-01"), "what was called off before it began displaces nothing")
	s.write(measure("later"), when("2025-01-01"), s.log[len(s.log)-1].ID, domain.EventRetracted{})
	assert.Equal(t, []string{"later"}, names(ana, "2025-02-01"))
	s.write(measure("later"), when("2025-01-01"), called, domain.EventRetracted{})
	assert.Equal(t, []string{"personal"}, names(ana, "2025-02-01"), "a retraction undoes the displacement")
	v := s.view(t)
	assert.False(t, v.Known(measure("later")), "all that was said of it was taken back")
	individual := map[string]bool{}
	for _, m := range v.Measures("arandia") {
		individual[m.ID] = m.Individual
	}
	assert.Equal(t, map[string]bool{"general": false, "personal": true, "agents": false}, individual)
}

func TestPersonalActs(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	restricted := s.member("ana", "2024-02-01", domain.PrivilegeRestricted{Privileges: []domain.Privilege{"dmv.license"}, Params: domain.Params{"days": domain.Int(90)}, Until: when("2024-05-01")})
	granted := s.member("ana", "2024-02-01", domain.PrivilegeGranted{Privileges: []domain.Privilege{"tax.fuel"}})
	s.member("ana", "2024-02-01", domain.PrivilegeRevoked{Privileges: []domain.Privilege{"staff.domestic"}})
	corrected := s.write(domain.Member("ana"), when("2024-02-10"), restricted, domain.EventCorrected{Body: domain.PrivilegeRestricted{Privileges: []domain.Privilege{"dmv.license"}, Level: "review"}})
	s.write(domain.Member("ana"), when("2024-03-01"), corrected, domain.RestrictionLifted{})
	s.write(domain.Member("ana"), when("2024-04-01"), granted, domain.PrivilegeRevoked{})
	v := s.view(t)
	var out []string
	for _, span := range v.Personal(domain.Member("ana")) {
		read := span.Read()
		level, _, _ := read(field("level"))
		individual, from, _ := read(field("individual"))
		out = append(out, fmt.Sprintf("%T %s to %s level %s individual %s%v %v", span.Event, span.From, span.To, level, individual, from, span.Privileges()))
	}
	assert.Equal(t, []string{
		"domain.PrivilegeGranted 2024-02-01T05:00:00Z to 2024-04-01T04:00:00Z level granted individual true[10] [tax.fuel]",
		"domain.PrivilegeRevoked 2024-02-01T05:00:00Z to never level withdrawn individual true[11] [staff.domestic]",
		"domain.PrivilegeRestricted 2024-02-10T05:00:00Z to 2024-03-01T05:00:00Z level review individual true[12] [dmv.license]",
	}, out)
	assert.Equal(t, granted.String(), v.Personal(domain.Member("ana"))[0].ID)

	before := load(t, s.log).At(10).Personal(domain.Member("ana"))
	days, _, ok := before[0].Read()(domain.FactDecl{From: domain.FactSource{Constructor: "param", Attr: "days"}})
	assert.True(t, ok)
	assert.Equal(t, int64(90), days.Int())
	level, _, _ := before[0].Read()(field("level"))
	assert.Equal(t, "withdrawn", level.Text())
}

func field(name string) domain.FactDecl {
	return domain.FactDecl{From: domain.FactSource{Constructor: "field", Attr: name}}
}

func TestAgreements(t *testing.T) {
	s := office()
	agreement := domain.Of(domain.KindAgreement, domain.AgreementID("staff"))
	s.tell(agreement, "2010-06-01", domain.AgreementConcluded{
		States: []domain.StateID{"borvia"}, Categories: []domain.Category{"dip.service"}, NationalsOnly: true,
		ExcludedStatuses: []domain.Status{"lpr"}, KeepsAtEnd: true,
		Raises: map[domain.Privilege]domain.Outcome{"imm.civil": "allowed", "imm.arrest": "allowed"},
	})
	s.tell(domain.State("arandia"), "2015-01-01", domain.StateSucceeded{Predecessor: "borvia"})
	s.tell(domain.State("borvia"), "2015-01-01", domain.StateSucceeded{Predecessor: "arandia"}) // nonsense must not hang
	s.tell(agreement, "2020-01-01", domain.AgreementTerminated{})
	v := s.view(t)
	got := v.Agreements("borvia")
	require.Len(t, got, 1)
	ike := domain.Reach{State: "borvia", Category: "dip.service", Status: "none"}
	assert.True(t, got[0].LiveFor(ike, at("2010-06-01")))
	assert.False(t, got[0].LiveFor(ike, at("2020-01-01")))
	assert.False(t, got[0].LiveFor(domain.Reach{Category: "dip.agent"}, at("2012-01-01")))
	assert.False(t, got[0].LiveFor(domain.Reach{Category: "dip.service", Family: true}, at("2012-01-01")), "it does not cover families")
	assert.True(t, got[0].KeptFor(ike, at("2019-01-01"), at("2021-01-01")))
	assert.False(t, got[0].KeptFor(ike, at("2020-01-01"), at("2021-01-01")), "accredited after it ended")

	succeeded := v.Agreements("arandia")
	require.Len(t, succeeded, 1)
	assert.Equal(t, at("2015-01-01"), succeeded[0].From)

	var fields []string
	for _, name := range facts.Constructors()["field"] {
		if value, _, ok := got[0].Read()(field(name)); ok {
			fields = append(fields, name+" "+value.String())
		}
	}
	assert.Equal(t, []string{
		"id staff", "individual false", "states [borvia]", "categories [dip.service]", "mission_kinds []", "nationals_only true",
		"excluded_statuses [lpr]", "families false", "raises [imm.arrest=allowed, imm.civil=allowed]", "keeps_at_end true",
		"privileges [imm.arrest, imm.civil]",
	}, fields)
}

func TestWaivers(t *testing.T) {
	s := office()
	immunities := []domain.Privilege{"imm.criminal", "imm.arrest"}
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("ana", "2025-01-12", domain.WaiverRequested{Matter: "25-118", Immunities: immunities})
	s.member("ana", "2025-02-01", domain.WaiverRefused{Matter: "25-118", Immunities: immunities, Stage: "execution"})
	s.member("ana", "2025-03-10", domain.WaiverGranted{Matter: "25-118", Immunities: immunities, By: "state"})
	v := s.view(t)
	var out []string
	for _, w := range v.Waivers("ana") {
		line := w.From.String()
		for _, name := range []string{"act", "matter", "immunities", "stage", "by"} {
			value, _, _ := w.Read()(field(name))
			line += " " + value.String()
		}
		out = append(out, line)
	}
	assert.Equal(t, []string{
		"2025-01-12T05:00:00Z requested 25-118 [imm.criminal, imm.arrest] jurisdiction nothing",
		"2025-02-01T05:00:00Z refused 25-118 [imm.criminal, imm.arrest] execution nothing",
		"2025-03-10T04:00:00Z granted 25-118 [imm.criminal, imm.arrest] jurisdiction state",
	}, out)
	assert.Equal(t, immunities, v.Waivers("ana")[0].Privileges())
}

func TestPractice(t *testing.T) {
	s := office()
	sales := []domain.Privilege{"tax.sales"}
	s.tell(domain.State("arandia"), "2024-01-01", domain.PracticeObserved{Privileges: sales, Level: "full", Source: "cable 1"})
	s.tell(measure("m1"), "2024-06-01", domain.MeasureDetermined{State: "arandia", Privileges: sales, Level: "withdrawn", Observed: &domain.Observation{Level: "none"}})
	s.tell(measure("m1"), "2024-07-01", domain.MeasureLifted{})
	v := s.view(t)
	level := func(text string) string {
		seen, pos, found := v.Practice("arandia", "tax.sales", at(text))
		return fmt.Sprint(seen.Level, pos, found)
	}
	assert.Equal(t, "0 false", level("2023-12-31"))
	assert.Equal(t, "full8 true", level("2024-01-01"))
	assert.Equal(t, "none9 true", level("2024-06-01"))
	assert.Equal(t, "none9 true", level("2024-08-01"), "what was observed outlives the measure")
	_, _, found := v.Practice("arandia", "tax.fuel", at("2024-08-01"))
	assert.False(t, found)
}

func TestFactsOfAPerson(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent", Rank: "minister"})
	s.member("ana", "2024-01-01", domain.BirthRecorded{Personal: &domain.Personal{Birth: must(calendar.ParseDate("1980-02-29"))}})
	s.member("ana", "2024-03-01", domain.StatusChanged{Status: "lpr"})
	s.member("ana", "2024-05-01", domain.FunctionsEnded{})
	s.member("ana", "2024-07-01", domain.StatusChanged{Status: "us_national"})
	card := func(id, effective string, e domain.Event) {
		s.tell(domain.Of(domain.KindCard, domain.CardID(id)), effective, e)
	}
	card("c1", "2024-01-05", domain.CardIssued{Holder: "ana", Kind: "identity", Border: "blue"})
	card("c2", "2024-02-05", domain.CardIssued{Holder: "ana", Kind: "identity", Border: "green", Until: when("2024-04-01")})
	card("c3", "2024-02-06", domain.CardIssued{Holder: "ana", Kind: "tax", Border: "owl"})
	card("c1", "2024-05-10", domain.CardReturned{})
	v := s.view(t)
	p := v.Person("ana", lawIn{v})
	c := &p.Capacities[0]
	read := func(c *facts.Capacity, text, constructor, attr string) string {
		value, from, ok := p.Read(c, at(text))(domain.FactDecl{From: domain.FactSource{Constructor: constructor, Attr: attr}})
		if !ok {
			return "missing"
		}
		return fmt.Sprintf("%s%v", value, from)
	}
	tests := []struct {
		c                             *facts.Capacity
		text, constructor, attr, want string
	}{
		{c, "2024-02-01", "capacity", "category", "dip.agent[8]"},
		{c, "2024-02-01", "capacity", "rank", "minister[8]"},
		{c, "2024-02-01", "capacity", "kind", "accredited[8]"},
		{c, "2024-02-01", "capacity", "label", "main[8]"},
		{c, "2024-02-01", "capacity", "mission", "embassy[8]"},
		{c, "2024-02-01", "capacity", "state", "arandia[8]"},
		{c, "2024-02-01", "capacity", "relation", "missing"},
		{c, "2024-02-01", "capacity", "phase", "current[8]"},
		{c, "2024-02-01", "capacity", "start", "2024-01-01T05:00:00Z[8]"},
		{c, "2024-02-01", "capacity", "end_of_functions", "missing"},
		{c, "2024-05-01", "capacity", "end_of_functions", "2024-05-01T04:00:00Z[11]"},
		{c, "2024-02-01", "capacity", "end_of_period", "missing"},
		{c, "2024-05-01", "capacity", "end_of_period", "2024-05-31T04:00:00Z[8 11]"},
		{c, "2024-06-01", "capacity", "phase", "ended[8 11]"},
		{c, "2024-06-01", "capacity", "nothing", "missing"},
		{nil, "2024-02-01", "capacity", "phase", "none[]"},
		{nil, "2024-02-01", "capacity", "category", "[]"},
		{nil, "2024-02-01", "capacity", "mission", "missing"},
		{c, "2024-02-01", "status", "", "none[]"},
		{c, "2024-03-01", "status", "", "lpr[10]"},
		{c, "2024-08-01", "status", "", "lpr[10]"},
		{nil, "2024-08-01", "status", "", "us_national[12]"},
		{c, "2024-08-01", "register", "status", "us_national[12]"},
		{c, "2024-08-01", "register", "birth", "missing"},
		{c, "2024-02-01", "nationalities", "", "[arandia][8]"},
		{nil, "2024-02-01", "nationalities", "", "missing"},
		{c, "2025-02-27", "age", "", "44[9]"},
		{c, "2025-02-28", "age", "", "45[9]"},
		{c, "1979-01-01", "age", "", "missing"},
		{c, "2024-01-04", "identity_card", "", "missing"},
		{c, "2024-02-05", "document", "tax", "missing"},
		{c, "2024-02-06", "document", "tax", "held[15]"},
		{c, "2024-04-01", "document", "identity", "held[13]"},
		{c, "2024-01-05", "identity_card", "", "blue[13]"},
		{c, "2024-02-06", "identity_card", "", "green[14]"},
		{c, "2024-04-01", "identity_card", "", "blue[13]"},
		{c, "2024-05-10", "identity_card", "", "missing"},
		{c, "2024-05-10", "made_up", "", "missing"},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, read(test.c, test.text, test.constructor, test.attr), "%+v", test)
	}
	defaulted, from, ok := p.Read(nil, at("2024-02-01"))(domain.FactDecl{From: domain.FactSource{Constructor: "register", Attr: "local_hire"}, Default: domain.Bool(false), HasDefault: true})
	assert.True(t, ok)
	assert.Empty(t, from)
	assert.Equal(t, domain.Bool(false), defaulted)

	relations, _, ok := v.ReadState("arandia", at("2024-02-01"))(register("relations"))
	assert.False(t, ok, relations)
	_, _, ok = v.ReadMission("embassy", at("2024-02-01"))(domain.FactDecl{From: domain.FactSource{Constructor: "age"}})
	assert.False(t, ok, "a mission has no age")
}

func TestEditions(t *testing.T) {
	s := office()
	s.tell(common, "2024-01-01", domain.RulesetPublished{Hash: "second"})
	s.tell(common, "2024-02-01", domain.RulesetWithdrawn{Hash: "first"}) // not in force any more
	s.tell(common, "2024-03-01", domain.RulesetSuperseded{Hash: "second", By: "third"})
	s.tell(common, "2024-04-01", domain.RulesetWithdrawn{Hash: "third"})
	s.tell(domain.Of(domain.KindRuleset, domain.RulesetID("arandia")), "2024-01-01", domain.RulesetPublished{Hash: "x"})
	v := s.view(t)
	edition := func(text string) string {
		hash, pos, found := v.Ruleset("common", at(text))
		return fmt.Sprint(hash, pos, found)
	}
	assert.Equal(t, []string{"0 false", "first1 true", "second8 true", "second8 true", "third10 true", "11 false"},
		[]string{edition("2019-01-01"), edition("2023-01-01"), edition("2024-01-01"), edition("2024-02-01"), edition("2024-03-01"), edition("2024-04-01")})
	assert.Equal(t, []domain.RulesetID{"arandia", "common"}, v.Rulesets())
	assert.Contains(t, v.Breakpoints(domain.State("arandia"), lawIn{v}), at("2024-01-01"))
	assert.Contains(t, v.Breakpoints(domain.Mission("embassy"), lawIn{v}), at("2024-04-01"))
}

func TestLookups(t *testing.T) {
	s := office()
	accredited := s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("kim", "2024-01-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
	s.tell(domain.Of(domain.KindCard, domain.CardID("c1")), "2024-01-05", domain.CardIssued{Holder: "ana", Kind: "identity"})
	correction := s.write(domain.Member("ana"), when("2024-01-02"), accredited, domain.EventCorrected{Body: domain.MemberAccredited{Mission: "post", Category: "dip.agent"}})
	s.write(domain.Member("ana"), when("2024-01-02"), correction, domain.EventRetracted{})
	store := load(t, s.log)
	v := store.At(store.Position())
	assert.Equal(t, domain.Position(13), store.Position())
	assert.Equal(t, domain.Position(13), store.At(99).Position(), "nobody knows more than all")

	id, founded, found := v.Office()
	assert.Equal(t, []any{domain.OfficeID("office"), domain.History, true}, []any{id, founded.Mode, found})
	_, _, found = store.At(0).Office()
	assert.False(t, found)
	assert.Equal(t, calendar.UTC, store.At(0).Zone())

	assert.Equal(t, []string{"ana", "kim"}, v.Subjects(domain.KindMember))
	assert.Empty(t, store.At(8).Subjects(domain.KindMember))
	assert.Equal(t, []domain.MissionID{"embassy", "post"}, v.Missions("arandia"))
	assert.Equal(t, []domain.MemberID{"ana"}, v.Members("embassy"))
	assert.Empty(t, v.Members("post"))
	assert.Equal(t, []domain.MemberID{"ana"}, store.At(12).Members("post"))
	assert.Empty(t, store.At(12).Members("embassy"))
	assert.Equal(t, []domain.MemberID{"kim"}, v.Family("ana"))
	assert.Equal(t, []domain.CardID{"c1"}, v.Cards("ana"))

	assert.Equal(t, []domain.Position{8, 11, 12}, v.Events(domain.Member("ana")))
	assert.Equal(t, []domain.Position{8, 11, 12}, v.Lineage(8))
	assert.Equal(t, []bool{true, false, true}, []bool{v.Live(8), v.Live(11), v.Live(12)})
	assert.Equal(t, []bool{true, true, false}, []bool{store.At(11).Live(8), store.At(12).Live(11), store.At(12).Live(12)})
	pos, e, found := v.EventByID(correction)
	assert.Equal(t, []any{domain.Position(11), correction, true}, []any{pos, e.ID, found})
	_, _, found = store.At(11).EventByID(correction)
	assert.False(t, found)
	_, _, found = v.EventByID(domain.EventID{9})
	assert.False(t, found)
	assert.Nil(t, v.Lineage(99))
	assert.Equal(t, []domain.Position{11}, v.Command(e.Command))
	assert.Empty(t, store.At(11).Command(e.Command))
	assert.Empty(t, v.Command(domain.CommandID{9}))
}

func TestRefusals(t *testing.T) {
	s := office()
	ana := s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	next := domain.Position(len(s.log))
	member := domain.Member("ana")
	envelope := func(subject domain.Subject, target domain.EventID, e domain.Event) domain.Envelope {
		return domain.Envelope{ID: domain.EventID{77}, Subject: subject, Effective: when("2024-02-01"), Target: target, Event: e}
	}
	zoned := envelope(member, domain.EventID{}, domain.MemberDied{})
	zoned.Effective.Zone = "Mars/Olympus"
	twice := envelope(member, domain.EventID{}, domain.MemberDied{})
	twice.ID = ana
	tests := []struct {
		e    domain.Envelope
		want string
	}{
		{envelope(member, domain.EventID{}, nil), "it has no payload"},
		{envelope(domain.Mission("embassy"), domain.EventID{}, domain.MemberDied{}), "member.died is about a member, not about mission/embassy"},
		{envelope(domain.Subject{Kind: "ship", ID: "x"}, domain.EventID{}, domain.PrivilegeGranted{}), `there is no kind of subject "ship"`},
		{envelope(domain.Of(domain.KindOffice, domain.OfficeID("o")), domain.EventID{}, domain.OfficeFounded{}), "an office is founded by its first event"},
		{twice, "event id " + ana.String() + " is already taken"},
		{zoned, `there is no time zone "Mars/Olympus"`},
		{envelope(member, domain.EventID{}, domain.EventRetracted{}), "a retraction names the event that never was"},
		{envelope(member, domain.EventID{}, domain.EventCorrected{}), "a correction names the event that was otherwise"},
		{envelope(member, domain.EventID{}, domain.RestrictionLifted{}), "restriction.lifted names no event to end"},
		{envelope(member, domain.EventID{9}, domain.EventRetracted{}), "event.retracted acts on event " + domain.EventID{9}.String() + ", which is not in this log"},
		{envelope(domain.Member("bo"), ana, domain.EventRetracted{}), "event.retracted of member/bo acts on event " + ana.String() + ", which is about member/ana"},
		{envelope(member, ana, domain.EventCorrected{Body: domain.MemberDied{}}), "the correction of a member.accredited must hold one"},
		{envelope(member, ana, domain.EventCorrected{}), "the correction of a member.accredited must hold one"},
	}
	store := load(t, s.log)
	for _, test := range tests {
		err := store.Apply(next, test.e)
		require.Error(t, err, test.want)
		assert.Contains(t, err.Error(), fmt.Sprintf("apply event at position %d: %s", next, test.want))
		assert.Equal(t, next, store.Position())
	}
	assert.EqualError(t, store.Apply(next+1, zoned), fmt.Sprintf("apply event at position %d: the next is %d", next+1, next))
	assert.False(t, store.At(next).Known(domain.Member("bo")))
	require.NoError(t, store.Apply(next, envelope(member, domain.EventID{}, domain.MemberDied{})), "a refused event leaves nothing behind")
}

func TestBreakpoints(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("kim", "2024-02-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
	s.member("ana", "2024-03-01", domain.FunctionsEnded{})
	s.member("ana", "2024-03-10", domain.PeriodSet{Period: domain.Period{Days: 20}})
	s.tell(measure("m1"), "2024-01-11", domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"tax.sales"}, Until: when("2024-01-19")})
	s.tell(measure("m1"), "2024-01-12", domain.MeasureLifted{Scope: domain.Scope{Categories: []domain.Category{"dip.at"}}})
	agreement := domain.Of(domain.KindAgreement, domain.AgreementID("a1"))
	s.tell(agreement, "2024-01-13", domain.AgreementConcluded{States: []domain.StateID{"arandia"}})
	s.tell(agreement, "2024-01-14", domain.AgreementTerminated{})
	s.tell(domain.Mission("embassy"), "2024-01-15", domain.PrivilegeRestricted{Privileges: []domain.Privilege{"bank.account"}})
	s.member("kim", "2024-01-16", domain.WaiverGranted{Matter: "x", Immunities: []domain.Privilege{"imm.civil"}})
	s.tell(domain.Of(domain.KindCard, domain.CardID("c1")), "2024-01-17", domain.CardIssued{Holder: "kim", Kind: "identity", Border: "blue"})
	s.member("ana", "2024-01-18", domain.StatusChanged{Status: "lpr"})
	s.tell(domain.State("borvia"), "2024-01-20", domain.RelationsChanged{Relations: "severed"}) // no business of theirs
	v := s.view(t)
	var got []string
	for _, point := range v.Breakpoints(domain.Member("kim"), lawIn{v}) {
		got = append(got, officeZone.DateOf(point.Time()).String())
	}
	assert.Equal(t, []string{
		"2020-01-01", "2024-01-01", "2024-01-11", "2024-01-12", "2024-01-13", "2024-01-14", "2024-01-15", "2024-01-16",
		"2024-01-17", "2024-01-18", "2024-01-19", "2024-02-01", "2024-03-01", "2024-03-10", "2024-03-21", "2024-03-31",
	}, got)
	assert.NotContains(t, v.Breakpoints(domain.Mission("embassy"), lawIn{v}), at("2024-02-01"), "a mission does not change with its members")
	assert.Len(t, v.Breakpoints(domain.Of(domain.KindCard, domain.CardID("c1")), lawIn{v}), 1, "nobody asks about a card")
}

// Every event there is can be applied; a new one that lower does not know fails here.
func TestEveryEventIsLowered(t *testing.T) {
	for _, e := range domain.Events() {
		s := office()
		kind := e.About()
		if kind == "" {
			kind = domain.KindMember
		}
		subject := domain.Subject{Kind: kind, ID: "ana"}
		store := load(t, s.log)
		next := store.Position()
		one := domain.Envelope{ID: domain.EventID{77}, Subject: subject, Effective: when("2024-02-01"), Event: e}
		if _, founded := e.(domain.OfficeFounded); founded {
			continue // is in every log
		}
		if domain.NeedsTarget(e) {
			first := domain.Envelope{ID: domain.EventID{78}, Subject: subject, Effective: when("2024-02-01"), Event: domain.PrivilegeRestricted{}}
			require.NoError(t, store.Apply(next, first))
			next++
			one.Target = first.ID
			if c, ok := one.Event.(domain.EventCorrected); ok {
				c.Body = domain.PrivilegeRestricted{}
				one.Event = c
			}
		}
		if e, ok := e.(domain.MeasureDetermined); ok {
			e.Observed = &domain.Observation{}
			one.Event = e
		}
		require.NoError(t, store.Apply(next, one), e.Type())
	}
}

func TestDocuments(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	card := func(id, at string, e domain.Event) { s.tell(domain.Of(domain.KindCard, domain.CardID(id)), at, e) }
	card("t1", "2024-02-01", domain.CardIssued{Holder: "ana", Kind: "tax", Until: when("2024-08-01")})
	card("t1", "2024-03-01", domain.CardReturned{})
	card("t2", "2024-04-01", domain.CardIssued{Holder: "ana", Kind: "tax", Until: when("2024-05-01")})
	card("t3", "2024-06-01", domain.CardIssued{Holder: "ana", Kind: "tax"})
	card("t3", "2024-07-01", domain.CardRecalled{Reason: "misuse"})
	v := s.view(t)
	person := v.Person("ana", lawIn{v})
	for _, tt := range []struct{ at, want string }{
		{"2024-01-31", ""}, {"2024-02-01", "held"}, {"2024-03-01", "returned"}, {"2024-04-01", "held"},
		{"2024-05-01", "expired"}, {"2024-06-01", "held"}, {"2024-07-01", "recalled"},
	} {
		got, _, _ := person.Read(person.At(at(tt.at))[0], at(tt.at))(domain.FactDecl{From: domain.FactSource{Constructor: "document", Attr: "tax"}})
		assert.Equal(t, tt.want, got.Text(), tt.at)
	}
}

func TestConstructors(t *testing.T) {
	all := facts.Constructors()
	assert.Equal(t, []string{
		"age", "capacity", "charges", "custody", "distance", "document", "field", "filing", "identity_card", "installation", "license",
		"nationalities", "noted", "overdue", "param", "points", "premises", "property", "protection", "register", "status",
		"threshold", "used", "vehicle", "withheld",
	}, slices.Sorted(maps.Keys(all)))
	assert.NotContains(t, all["register"], "birth")
	assert.Nil(t, all["age"])
}

// Readers hold a view while the writer goes on, and see what they saw. The race
// detector shows that nobody needs a lock.
func TestReadersBesideTheWriter(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("kim", "2024-01-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
	start := len(s.log)
	for i := range 60 {
		who := domain.MemberID(fmt.Sprintf("m%d", i%7))
		s.member(who, "2024-02-01", domain.MemberAccredited{Mission: missions[i%4], Category: "dip.at"})
		s.member("ana", moments[i%len(moments)], domain.CategoryChanged{Category: domain.Category(fmt.Sprintf("c%d", i))})
		s.tell(measure(domain.MeasureID(fmt.Sprintf("m%d", i))), "2024-02-01", domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"tax.sales"}})
	}
	store := load(t, s.log[:start])
	fixed := store.At(domain.Position(start))
	want := everything(fixed, at("2024-12-01"))
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if got := everything(fixed, at("2024-12-01")); got != want {
					t.Error("a view changed")
					return
				}
				head := store.At(store.Position())
				if first, second := everything(head, at("2024-12-01")), everything(head, at("2024-12-01")); first != second {
					t.Error("a view at the head changed")
					return
				}
				if ids := head.Subjects(domain.KindMember); !slices.IsSorted(ids) {
					t.Error("subjects out of order")
				}
			}
		})
	}
	for i, e := range s.log[start:] {
		if err := store.Apply(domain.Position(start+i), e); err != nil {
			t.Error(err)
		}
	}
	close(done)
	group.Wait()
}

func BenchmarkPerson(b *testing.B) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	s.member("ana", "2024-06-01", domain.CategoryChanged{Category: "dip.at"})
	s.member("ana", "2025-01-01", domain.FunctionsEnded{})
	s.member("kim", "2024-01-01", domain.FamilyJoined{Sponsor: "ana", Relation: "child", Personal: &domain.Personal{Birth: must(calendar.ParseDate("2010-01-01"))}})
	store := load(b, s.log)
	v := store.At(store.Position())
	law := lawIn{v}
	for _, who := range []domain.MemberID{"ana", "kim"} {
		b.Run(string(who), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := v.Person(who, law)
				_ = p.Capacities[0].Phase(at0)
			}
		})
	}
}

var at0 = at("2024-07-01")
