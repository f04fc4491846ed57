package facts_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
)

// Of causes at one instant in one command that counts which says most of the person,
// in whatever order they stand; of two commands, the first on record.
func TestCausesOfOneInstant(t *testing.T) {
	days := func(n int) domain.Period { return domain.Period{Days: n} }
	ana, embassy, arandia := domain.Member("ana"), domain.Mission("embassy"), domain.State("arandia")
	type one struct {
		effective string
		happening
	}
	on := func(about domain.Subject, e domain.Event) one { return one{"2024-03-01", happening{about, e}} }
	tests := []struct {
		name string
		said []one
		end  string // of the period to leave
	}{
		{"the person before the mission, though it is later over", []one{
			on(embassy, domain.MissionClosed{Period: days(5)}), on(ana, domain.FunctionsEnded{Period: days(20)}),
		}, "2024-03-21"},
		{"the person before the mission, though that states a period", []one{
			on(embassy, domain.MissionClosed{Period: days(5)}), on(ana, domain.MemberDied{}),
		}, "2024-03-31"},
		{"the person before the State", []one{
			on(arandia, domain.RelationsChanged{Relations: "severed", Period: days(5)}), on(ana, domain.PersonaNonGrata{Period: days(20)}),
		}, "2024-03-21"},
		{"an exequatur withdrawn is of the person", []one{
			on(embassy, domain.MissionClosed{Period: days(5)}), on(ana, domain.ExequaturWithdrawn{Period: days(20)}),
		}, "2024-03-21"},
		{"the mission before the State", []one{
			on(arandia, domain.RelationsChanged{Relations: "severed", Period: days(5)}), on(embassy, domain.MissionSuspended{Leave: true, Period: days(20)}),
		}, "2024-03-21"},
		{"a stated period before that of the law, though it is longer", []one{
			on(ana, domain.MemberDied{}), on(ana, domain.FunctionsEnded{Period: days(50)}),
		}, "2024-04-20"},
		{"the shorter of two periods", []one{
			on(ana, domain.PersonaNonGrata{Period: days(9)}), on(ana, domain.FunctionsEnded{Period: days(8)}),
		}, "2024-03-09"},
		{"the one that is over sooner, however they are stated", []one{
			on(ana, domain.PersonaNonGrata{Period: days(3)}), on(ana, domain.FunctionsEnded{Period: domain.Period{Hours: 48}}),
			on(ana, domain.FunctionsEnded{Period: domain.Period{Until: when("2024-03-03T00:30 America/New_York")}}),
		}, "2024-03-03"},
		{"the law's period from the earlier date", []one{
			{"2024-03-01T05:00:00Z", happening{ana, domain.MemberDied{}}}, {"2024-03-01T14:00 Asia/Tokyo", happening{ana, domain.FunctionsEnded{}}},
		}, "2024-03-31 Asia/Tokyo"},
		{"one mission closed twice over", []one{
			on(embassy, domain.MissionClosed{Period: days(9)}), on(embassy, domain.ClosureOrdered{Deadline: when("2024-03-01"), Period: days(8)}),
		}, "2024-03-09"},
		{"a closure ordered before, for the same instant", []one{
			on(embassy, domain.MissionClosed{Period: days(9)}),
			{"2024-02-01", happening{embassy, domain.ClosureOrdered{Deadline: when("2024-03-01"), Period: days(8)}}},
		}, "2024-03-09"},
		{"relations severed twice over", []one{
			on(arandia, domain.RelationsChanged{Relations: "severed", Period: days(9)}), on(arandia, domain.RelationsChanged{Relations: "severed", Period: days(8)}),
		}, "2024-03-09"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for range test.said {
				test.said = append(slices.Clone(test.said[1:]), test.said[0]) // each stands first once
				var whens []calendar.When
				var said []happening
				for _, one := range test.said {
					whens, said = append(whens, when(one.effective)), append(said, one.happening)
				}
				s := office()
				s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
				s.command(whens, said)
				assert.Equal(t, at(test.end).String(), endOfPeriod(t, s))
			}
		})
	}
}

// endOfPeriod is when the period to leave of ana is over.
func endOfPeriod(t *testing.T, s *scribe) string {
	t.Helper()
	v := s.view(t)
	p := v.Person("ana", lawIn{v})
	require.Len(t, p.Capacities, 1)
	require.Equal(t, at("2024-03-01"), p.Capacities[0].EndOfFunctions)
	return p.Capacities[0].EndOfPeriod.String()
}

// Between commands the first on record counts, whatever it is about; a correction
// keeps the place of what it corrects, in its command too.
func TestCausesOfSeveralCommands(t *testing.T) {
	base := func() *scribe {
		s := office()
		s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
		return s
	}
	days := func(n int) domain.Period { return domain.Period{Days: n} }
	closed, ended := domain.MissionClosed{Period: days(9)}, domain.FunctionsEnded{Period: days(5)}
	both := []happening{{domain.Mission("embassy"), closed}, {domain.Member("ana"), ended}}
	march := when("2024-03-01")

	s := base()
	s.tell(domain.Mission("embassy"), "2024-03-01", closed)
	s.member("ana", "2024-03-01", ended)
	assert.Equal(t, at("2024-03-10").String(), endOfPeriod(t, s), "the mission closed first")

	s = base()
	s.member("ana", "2024-03-01", domain.MemberDied{})
	s.command([]calendar.When{march, march}, both)
	assert.Equal(t, at("2024-03-31").String(), endOfPeriod(t, s), "neither of a later command")

	s = base()
	s.command([]calendar.When{march, march}, both)
	s.member("ana", "2024-03-01", domain.PersonaNonGrata{Period: days(1)})
	assert.Equal(t, at("2024-03-06").String(), endOfPeriod(t, s), "an earlier command before a shorter period")

	s = base()
	s.command([]calendar.When{march, when("2024-02-01")}, both)
	last := s.log[len(s.log)-1]
	s.member("ana", "2024-03-01", domain.PersonaNonGrata{Period: days(1)})
	s.write(last.Subject, march, last.ID, domain.EventCorrected{Reason: "it was in March", Body: domain.FunctionsEnded{Period: days(7)}})
	assert.Equal(t, at("2024-03-08").String(), endOfPeriod(t, s), "a correction is of the command of what it corrects")
}

// A period set later is counted from the same date, though two causes that come to the
// same by themselves state their instant in different zones.
func TestPeriodSetAfterCausesInTwoZones(t *testing.T) {
	until := domain.Period{Until: when("2024-03-20")}
	for _, test := range []struct{ one, other, end string }{
		{"2024-03-01T05:00:00Z", "2024-03-01T14:00 Asia/Tokyo", "2024-03-11 Asia/Tokyo"},
		{"2024-03-01", "2024-03-01 America/Bogota", "2024-03-11 America/Bogota"}, // which is an hour later by then
	} {
		for _, order := range [][]string{{test.one, test.other}, {test.other, test.one}} {
			s := office()
			s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
			ends := happening{domain.Member("ana"), domain.FunctionsEnded{Period: until}}
			s.command([]calendar.When{when(order[0]), when(order[1])}, []happening{ends, ends})
			s.member("ana", "2024-03-02", domain.PeriodSet{Period: domain.Period{Days: 10}})
			assert.Equal(t, at(test.end).String(), endOfPeriod(t, s), order)
		}
	}
}

// A relative who is expelled twice over in one command leaves in the shorter period.
func TestRelativesExpelledTwiceOver(t *testing.T) {
	for _, order := range [][]int{{9, 5}, {5, 9}} {
		s := office()
		s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
		s.member("fay", "2024-01-01", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"})
		var said []happening
		for _, n := range order {
			said = append(said, happening{domain.Member("fay"), domain.PersonaNonGrata{Period: domain.Period{Days: n}}})
		}
		s.command([]calendar.When{when("2024-03-01"), when("2024-03-01")}, said)
		v := s.view(t)
		p := v.Person("fay", lawIn{v})
		require.Len(t, p.Capacities, 1)
		assert.Equal(t, facts.Family, p.Capacities[0].Kind)
		assert.Equal(t, at("2024-03-06").String(), p.Capacities[0].Ended.String())
	}
}
