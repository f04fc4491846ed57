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
		lien       = Event("vehicle/arandia-car-1", "2024-03-01", domain.LienRecorded{Holder: "First Bank of Washington"})
		ticket     = Event("vehicle/arandia-car-1", "2024-05-02", domain.TicketIssued{Place: "dc", Number: "DC-4711"})
		violation  = Event("member/bo", "2025-03-08T22:40 America/New_York", domain.ViolationRecorded{
			Offence: "traffic.must_appear", Points: 4, Citation: "MD 12-778", Place: "Bethesda", Vehicle: "arandia-car-1", Matter: "case-25-131",
		})
		suspended = Event("member/bo", "2025-06-20", domain.LicenseSuspended{Term: domain.Term{Days: 90}, Reason: "twelve points in two years"}, Authority("determination 2025/14"), Target(violation))
		withheld  = Event("vehicle/arandia-car-1", "2025-06-01", domain.RegistrationWithheld{Reason: "a ticket unpaid for more than a year"}, Authority("note 71/2025"))
		fee       = Event("mission/arandia-embassy", "2025-06-02", domain.FeeImposed{Amount: 5000, Reason: "replacement of a plate"}, Authority("determination 2015/3"))
		guarded   = Event("property/arandia-chancery", "2025-09-18", domain.ProtectionAssigned{Kind: "uniformed_division", Ground: "threats received by letter", Until: When("2025-10-01")}, Authority("assessment 7/2025"))
		hash      = func(c string) string { return strings.Repeat(c, 64) }
	)
	return []domain.Envelope{
		Event("office/ofm", "2020-01-01", domain.OfficeFounded{Name: "Office of Foreign Missions", Zone: "America/New_York", Mode: domain.History}),
		Event("office/ofm", "2024-06-01", domain.SemanticsAdopted{Version: 1, Program: "comity 1.0"}),
		Event("ruleset/delmark", "2024-12-02", domain.RulesetDraftSaved{
			Hash: hash("a1")[:64], Edition: "2025-01", Title: "Delmark", Parent: hash("c3")[:64], Base: hash("d4")[:64], Common: hash("e5")[:64], Note: "the amounts of report 7",
		}),
		Event("ruleset/delmark", "2024-12-03", domain.RulesetProposed{Hash: hash("a1")[:64], From: When("2025-01-01"), Withdraw: true, Reason: "report 7/2024"}),
		Event("ruleset/delmark", "2024-12-04", domain.RulesetReturned{Hash: hash("a1")[:64], Reason: "the amount is in euros"}),
		Event("ruleset/delmark", "2024-12-09", domain.RulesetApproved{
			Hash: hash("a1")[:64], From: When("2025-01-01"), Withdraw: true, Base: hash("d4")[:64], Common: hash("e5")[:64], Note: "agreed with the desk",
		}),
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
		Event("card/id-1001", "2024-02-15", domain.CardIssued{Holder: "hal", Kind: "identity", Border: "blue", Until: When("2026-02-15")},
			// The ids of its golden file, which was made when cards had fewer fields.
			ID(must(domain.ParseEventID("3QKXD4C2RXYXZXH5NKJTTR82JE"))), Command(must(domain.ParseCommandID("5MVAVZREVYDYFTDYH36FNGPWRC")))),
		Event("card/id-1001", "2025-03-20", domain.CardRecalled{Reason: "issued by mistake"}),
		Event("card/id-1001", "2025-03-28", domain.CardReturned{}),
		Event("member/hal", "2024-02-01", domain.VisaRecorded{Class: "a1", Until: When("2029-02-01")}),

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

		Event("vehicle/arandia-car-1", "2024-02-20", domain.VehicleRecorded{Kind: "car", Owner: "bo", Leased: true, Description: "Volta sedan, 2023"}),
		Event("vehicle/arandia-car-1", "2025-08-01", domain.VehicleTransferred{OwnerMission: "arandia-embassy"}),
		Event("vehicle/arandia-car-1", "2026-03-01", domain.VehicleDisposed{Reason: "exported"}),
		Event("vehicle/arandia-car-1", "2024-03-05", domain.VehicleRegistered{Plate: "D TT 0042", Until: When("2025-03-05")}),
		Event("vehicle/arandia-car-1", "2025-07-01", domain.PlatesRecalled{Reason: "insurance lapsed"}),
		Event("vehicle/arandia-car-1", "2025-07-09T10:15 America/New_York", domain.PlatesSurrendered{}),
		Event("vehicle/arandia-car-1", "2024-03-01", domain.InsuranceRecorded{
			Combined: 30_000_000, PerPerson: 10_000_000, PerAccident: 30_000_000, Property: 10_000_000, Insurer: "Meridian Mutual", Until: When("2025-03-01"),
		}),
		Event("vehicle/arandia-car-1", "2025-06-25", domain.InsuranceLapsed{Reason: "the premium was not paid"}),
		lien,
		Event("vehicle/arandia-car-1", "2025-02-01", domain.LienReleased{}, Target(lien)),
		ticket,
		Event("vehicle/arandia-car-1", "2025-06-05", domain.TicketCleared{Reason: "paid"}, Target(ticket)),

		violation,
		Event("member/bo", "2025-06-30", domain.ViolationDismissed{Reason: "the court dismissed the charge"}, Target(violation)),
		Event("member/bo", "2025-05-15", domain.PointsAssessed{Points: 4}, Target(violation)),
		suspended,
		Event("member/cy", "2025-06-20", domain.LicenseRevoked{Reason: "habitual violator"}, Authority("determination 2025/15")),
		Event("member/bo", "2025-08-01", domain.LicenseReinstated{}, Authority("determination 2025/19"), Target(suspended)),
		withheld,
		Event("vehicle/arandia-car-1", "2025-06-06", domain.RegistrationReleased{}, Authority("note 74/2025"), Target(withheld)),
		fee,
		Event("mission/borvia-embassy", "2025-07-15", domain.SurchargeImposed{Amount: 12_500_050, Reason: "a judgment against an uninsured member left unpaid"}, Authority("22 U.S.C. 4304a")),
		Event("member/cy", "2025-04-11", domain.DutyAssessed{Amount: 84_000, Reason: "goods sold that were let in free of duty"}, Authority("DS-1504/2211")),
		Event("mission/arandia-embassy", "2025-06-20", domain.ChargeSettled{Reason: "paid"}, Target(fee)),
		Event("member/bo", "2025-06-20", domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Imposed, Reason: "twelve points in two years"}, Authority("determination 2025/14"), Target(violation)),
		Event("member/eli", "2025-10-01", domain.ExequaturWithdrawn{Period: domain.Period{Days: 10}}, Authority("note 120/2025")),
		Event("member/cy", "2025-10-02", domain.VisaBarred{Reason: "departure was required"}),
		Event("member/cy", "2025-10-02", domain.WarrantRecorded{Matter: "case-25-140", Offence: "crime.felony"}),
		Event("state/borvia", "2025-10-03", domain.NoteSent{Number: "25-1187", Subject: "unpaid judgments"}),

		Event("request/arandia-lease-1", "2025-03-01", domain.RequestFiled{
			Kind: "property", Mission: "arandia-embassy", Members: []domain.MemberID{"ana", "bo"}, Privileges: []domain.Privilege{"property.lease"},
			Object: "arandia-annex", From: When("2025-06-01"), Until: When("2025-12-01"), Place: "Washington", Amount: 20_000_000, Description: "lease of an annex",
		}),
		Event("request/arandia-lease-1", "2025-03-04", domain.RequestAcknowledged{Days: 30}),
		Event("request/arandia-lease-1", "2025-03-20", domain.RequestApproved{Terms: []string{"no commercial use", "works end by 18:00"}, Until: When("2026-03-01")}, Authority("note 33/2025")),
		Event("request/arandia-lease-2", "2025-04-10", domain.RequestDisapproved{Reason: "no equivalent treatment", Remedy: "a lease of the same kind for our consulate"}, Authority("note 41/2025")),
		Event("request/arandia-lease-3", "2025-04-12", domain.RequestWithdrawn{Reason: "another house was found"}),
		Event("member/bo", "2024-02-10", domain.BenefitUsed{
			Privilege: "customs.personal", Goods: "household effects", Quantity: 2, Unit: "containers", Amount: 1_850_000, Object: "shipment-7", FirstInstallation: true,
		}),
		Event("rate/eur", "2025-01-02", domain.RateRecorded{Dollars: "1.0842", Source: "table of 2 January 2025"}),

		Event("property/arandia-chancery", "2020-03-01", domain.PropertyRecorded{Mission: "arandia-embassy", Use: "chancery", Tenure: "owned", Address: "1 Harbour Street", Commercial: true}),
		Event("property/arandia-annex", "2025-06-01", domain.PropertyUseChanged{Use: "residence", Commercial: true}),
		Event("property/garanda-houston-post", "2025-07-24T16:00 America/Chicago", domain.PropertyUseForgone{Reason: "the post is closed"}, Authority("note 88/2025")),
		Event("property/garanda-houston-post", "2026-02-01", domain.PropertyUseRestored{}, Authority("note 12/2026")),
		Event("property/garanda-houston-post", "2025-07-24", domain.DivestitureOrdered{Deadline: When("2026-01-24"), Reason: "beyond what we may have there"}, Authority("22 U.S.C. 4305(b)")),
		Event("property/garanda-houston-post", "2026-01-10", domain.PropertyDisposed{Reason: "sold"}),
		Event("mission/garanda-houston", "2025-07-25", domain.CustodyTaken{Custodian: "the embassy of Cordania"}, Authority("22 U.S.C. 4305(c)")),

		Event("member/ana", "2025-09-15", domain.ThreatAssessed{Level: "elevated", Ground: "threats received by letter", Until: When("2025-12-15")}, Authority("assessment 6/2025")),
		guarded,
		Event("property/arandia-chancery", "2025-09-25", domain.ProtectionEnded{}, Target(guarded)),
		Event("mission/arandia-embassy", "2025-09-16", domain.OutreachRecorded{Kind: "briefing", Note: "doors and deliveries"}),

		Event("member/ana", "2024-02-10", domain.ConflictNoted{
			Matter: "the day on which functions began", Accounts: []string{"1 January: note 12/2024", "8 January: diplomatic list of spring 2024"},
			Taken: "1 January, since the note is the notification",
		}, Target(accredited)),

		Retracted(accredited, "entered for the wrong person", Recorded("2024-03-01")),
		Corrected(accredited, "2024-01-15", domain.MemberAccredited{Mission: "arandia-embassy", Category: "dip.at", Nationalities: []domain.StateID{"arandia"}}, Recorded("2024-02-01")),
	}
}
