package domaintest

import (
	"strings"

	"github.com/comity-project/comity/domain"
)

// Examples returns one envelope with an event of every type there is, in the
// order of [domain.Events], each with as much in its payload as there can be.
// They are the content of the golden files of domain/codec.
func Examples() []domain.Envelope {
	var (
		yes, no    = true, false
		accredited = Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
		restricted = Restricted("member/bo", []domain.Privilege{"travel.move"}, "2025-02-01")
		granted    = Granted("mission/arandia-embassy", []domain.Privilege{"property.lease"}, "2024-07-01")
		hash       = func(c string) string { return strings.Repeat(c, 64) }
	)
	return []domain.Envelope{
		Event("office/ofm", "2020-01-01", domain.OfficeFounded{Name: "Office of Foreign Missions", Zone: "America/New_York", Mode: domain.History}),
		Event("ruleset/delmark", "2025-01-01", domain.RulesetPublished{Edition: "2025-01", Hash: hash("a1")[:64]}, Authority("determination 2025/1")),
		Event("ruleset/delmark", "2025-07-01", domain.RulesetSuperseded{Hash: hash("a1")[:64], By: hash("b2")[:64]}),
		Event("ruleset/delmark", "2025-09-01", domain.RulesetWithdrawn{Hash: hash("b2")[:64], Reason: "the practice ended"}),

		Event("state/arandia", "2020-01-01", domain.StateRegistered{Name: "Republic of Arandia"}),
		Event("state/garanda", "2025-07-24T16:00 America/Chicago", domain.RelationsChanged{Relations: "severed", Period: domain.Period{Hours: 72}}),
		Event("state/hestia", "2023-06-15", domain.StateSucceeded{Predecessor: "estovia"}),
		Event("state/delmark", "2024-11-05", domain.PracticeObserved{
			Privileges: []domain.Privilege{"tax.sales", "tax.lodging"}, Level: "minimum_purchase",
			Params: domain.Params{"amount": domain.Int(30000), "currency": domain.Text("USD")}, Source: "report 7/2024",
		}),
		Event("agreement/cordania-2010", "2010-06-01", domain.AgreementConcluded{
			States: []domain.StateID{"cordania"}, MissionKinds: []domain.MissionKind{"embassy"},
			Categories: []domain.Category{"dip.at", "dip.service"}, NationalsOnly: true,
			ExcludedStatuses: []domain.Status{"us_national", "lpr", "permanently_resident"}, Families: true,
			As: "dip.agent", Raises: map[domain.Privilege]domain.Outcome{"imm.civil": domain.Conditional, "imm.criminal": domain.Allowed},
			Until: When("2030-06-01"), KeepsAtEnd: true,
		}, Authority("agreement of 3 May 2010, article 4")),
		Event("agreement/cordania-2010", "2028-06-01", domain.AgreementTerminated{}),
		Event("measure/garanda-travel-2", "2020-09-02", domain.MeasureDetermined{
			State: "garanda", Privileges: []domain.Privilege{"travel.engage", "travel.move"}, Level: "approval",
			Params: domain.Params{"lead": domain.Int(5), "places": domain.List([]string{"chicago", "houston"}), "rate": domain.Text("8.25"), "strict": domain.Bool(true)},
			Scope: domain.Scope{
				MissionKinds: []domain.MissionKind{"embassy", "consular_post"}, Missions: []domain.MissionID{"garanda-houston"},
				Categories: []domain.Category{"dip.agent"}, Ranks: []string{"minister", "counsellor"},
				Statuses: []domain.Status{"none"}, Members: []domain.MemberID{"quin"}, Family: &yes, Visitors: &no,
			},
			Ground:   "reciprocity",
			Observed: &domain.Observation{Level: "approval", Params: domain.Params{"lead": domain.Int(5)}, Source: "report 3/2020"},
			Replaces: []domain.MeasureID{"garanda-travel-1"}, Until: When("2026-01-01"),
		}, Authority("determination 2020/9")),
		Event("measure/garanda-travel-2", "2021-03-01", domain.MeasureLifted{Scope: domain.Scope{Missions: []domain.MissionID{"garanda-houston"}, Family: &yes}}, Authority("determination 2021/2")),

		Event("mission/garanda-houston", "2019-04-01", domain.MissionOpened{State: "garanda", Kind: "consular_post", City: "Houston", Zone: "America/Chicago"}),
		Event("mission/estovia-embassy", "2024-03-18T12:00 America/New_York", domain.MissionSuspended{
			Leave: true, ExemptMembers: []domain.MemberID{"fay"}, ExemptStatuses: []domain.Status{"lpr", "us_national"}, Period: domain.Period{Days: 30},
		}),
		Event("mission/garanda-houston", "2025-07-21T10:00 America/Chicago", domain.ClosureOrdered{
			Deadline: When("2025-07-24T16:00 America/Chicago"), Period: domain.Period{Until: When("2025-08-23T24:00 America/Chicago")},
		}, Authority("note 88/2025")),
		Event("mission/garanda-houston", "2025-07-24T16:00 America/Chicago", domain.MissionClosed{Period: domain.Period{Days: 30}}),
		Event("mission/estovia-embassy", "2025-02-01", domain.MissionReopened{}),
		Event("mission/borvia-honorary", "2025-04-01", domain.ArchivesKept{Separate: true}),

		Event("member/ana", "2024-01-01", domain.MemberAccredited{
			Mission: "arandia-embassy", Category: "dip.agent", Rank: "first secretary", Capacity: "main",
			Nationalities: []domain.StateID{"arandia", "borvia"}, Status: "none",
			Personal: &domain.Personal{Name: "Ana", Birth: When("1984-02-29").Date},
		}, Authority("note 12/2024"), Recorded("2024-01-02T15:04:05.000001Z")),
		Event("member/quin", "2025-07-24T16:00 America/Chicago", domain.MemberReassigned{Mission: "garanda-chicago", Category: "con.officer", Rank: "consul", Capacity: "main"}),
		Event("member/kit", "2024-09-01", domain.CategoryChanged{Category: "dip.at", Rank: "office manager", Capacity: "second"}),
		Event("member/jo", "2025-03-01", domain.StatusChanged{Status: "lpr"}),
		Event("member/ike", "2025-05-20", domain.NationalityChanged{Nationalities: []domain.StateID{"cordania", "delmark"}}),
		Event("member/gil", "2024-06-01", domain.LocalHireChanged{LocalHire: true}),
		Event("member/fay", "2024-06-01", domain.PrivateWorkChanged{PrivateWork: false}),
		Event("member/lou", "2025-09-01", domain.StudentChanged{Student: true}),
		Event("member/lou", "2025-09-01", domain.BirthRecorded{Personal: &domain.Personal{Name: "Lou", Birth: When("2004-08-17").Date}}),
		Event("member/ana", "2025-05-31T24:00 America/New_York", domain.FunctionsEnded{Period: domain.Period{Days: 45}, Reason: "end of tour", Capacity: "main"}),
		Event("member/ana", "2025-06-10", domain.PeriodSet{Period: domain.Period{Until: When("2025-08-01")}}),
		Event("member/ana", "2025-06-20T21:35:00Z", domain.MemberDeparted{}),
		Event("member/cy", "2025-01-09", domain.MemberDied{}),
		Event("member/ray", "2025-07-24T16:00 America/Chicago", domain.PersonaNonGrata{As: "not_acceptable", Period: domain.Period{Hours: 48}}, Authority("note 90/2025")),

		Event("member/hal", "2024-02-01", domain.FamilyJoined{
			Sponsor: "ana", Relation: "spouse", Nationalities: []domain.StateID{"arandia"}, Status: "us_national",
			Personal: &domain.Personal{Name: "Hal", Birth: When("1985-10-03").Date},
		}),
		Event("member/hal", "2025-03-15", domain.FamilyLeft{Reason: "moved out"}),
		Event("member/max", "2025-02-03T18:20:00.5Z", domain.CourierDelivered{}),
		Event("member/nan", "2025-05-01", domain.VisitorRecorded{
			Mission: "garanda-embassy", Nationalities: []domain.StateID{"garanda"}, Status: "none",
			Personal: &domain.Personal{Name: "Nan"}, Until: When("2025-05-15"),
		}),
		Event("card/id-1001", "2024-02-15", domain.CardIssued{Holder: "hal", Kind: "identity", Border: "blue", Until: When("2026-02-15")}),
		Event("card/id-1001", "2025-03-20", domain.CardRecalled{Reason: "issued by mistake"}),
		Event("card/id-1001", "2025-03-28", domain.CardReturned{}),

		Event("mission/arandia-embassy", "2024-07-01", domain.PrivilegeGranted{Privileges: []domain.Privilege{"property.lease"}, Until: When("2025-07-01"), Reason: "temporary offices"}, Authority("note 40/2024")),
		Event("member/bo", "2025-02-01", domain.PrivilegeRestricted{
			Privileges: []domain.Privilege{"travel.move"}, Level: "notification",
			Params: domain.Params{"radius": domain.Int(25)}, Until: When("2025-08-01"), Reason: "travel without notice",
		}, Authority("order 3/2025")),
		Event("member/bo", "2025-04-01", domain.RestrictionLifted{}, Authority("order 9/2025"), Target(restricted)),
		Event("mission/arandia-embassy", "2025-01-15", domain.PrivilegeRevoked{Privileges: []domain.Privilege{"property.lease"}, Reason: "works finished"}, Authority("note 2/2025"), Target(granted)),
		Event("member/bo", "2025-05-01", domain.PrivilegeReinstated{}, Authority("order 12/2025"), Target(restricted)),

		Event("member/ana", "2025-01-12", domain.WaiverRequested{Matter: "case-25-118", Immunities: []domain.Privilege{"imm.criminal", "imm.arrest"}, Stage: "jurisdiction"}),
		Event("member/ana", "2025-03-10", domain.WaiverGranted{Matter: "case-25-118", Immunities: []domain.Privilege{"imm.criminal", "imm.arrest"}, Stage: "jurisdiction", By: "state"}, Authority("note 31/2025 of Arandia")),
		Event("member/ana", "2025-02-01", domain.WaiverRefused{Matter: "case-25-007", Immunities: []domain.Privilege{"imm.criminal"}, Stage: "execution"}),

		Retracted(accredited, "entered for the wrong person", Recorded("2024-03-01")),
		Corrected(accredited, "2024-01-15", domain.MemberAccredited{Mission: "arandia-embassy", Category: "dip.at", Nationalities: []domain.StateID{"arandia"}}, Recorded("2024-02-01")),
	}
}
