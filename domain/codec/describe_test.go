package codec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

func TestDescribe(t *testing.T) {
	var got []string
	for _, e := range domaintest.Examples() {
		e.Target = domain.EventID{}
		got = append(got, codec.Describe(e))
	}
	assert.Equal(t, strings.TrimSpace(`
2020-01-01 office/ofm founded as a history office in America/New_York
2024-06-01 office/ofm adopted semantics version 1 by comity 1.0
2024-12-02 ruleset/delmark draft a1a1a1a1a1a1 saved as 2025-01 made from c3c3c3c3c3c3 (the amounts of report 7)
2024-12-03 ruleset/delmark draft a1a1a1a1a1a1 proposed for withdrawal from 2025-01-01 (report 7/2024)
2024-12-04 ruleset/delmark draft a1a1a1a1a1a1 returned (the amount is in euros)
2024-12-09 ruleset/delmark draft a1a1a1a1a1a1 approved for withdrawal from 2025-01-01 (agreed with the desk)
2025-01-01 ruleset/delmark published as edition 2025-01
2025-07-01 ruleset/delmark edition a1a1a1a1a1a1 superseded by b2b2b2b2b2b2
2025-09-01 ruleset/delmark edition b2b2b2b2b2b2 withdrawn (the practice ended)
2020-01-01 state/arandia registered as Republic of Arandia
2025-07-24T16:00 America/Chicago state/garanda relations are severed with 72 hours to leave
2023-06-15 state/hestia succeeded to estovia
2024-11-05 state/delmark observed to give minimum_purchase for tax.sales, tax.lodging
2010-06-01 agreement/cordania-2010 concluded with cordania until 2030-06-01
2028-06-01 agreement/cordania-2010 terminated
2020-09-02 measure/garanda-travel-2 determined for garanda: approval for travel.engage, travel.move until 2026-01-01
2021-03-01 measure/garanda-travel-2 lifted in part
2019-04-01 mission/garanda-houston opened as consular_post of garanda in Houston
2024-03-18T12:00 America/New_York mission/estovia-embassy suspended with an order to leave with 30 days to leave
2025-07-21T10:00 America/Chicago mission/garanda-houston ordered to close by 2025-07-24T16:00 America/Chicago
2025-07-24T16:00 America/Chicago mission/garanda-houston closed with 30 days to leave
2025-02-01 mission/estovia-embassy reopened
2025-04-01 mission/borvia-honorary keeps its archives separate
2024-01-01 member/ana accredited at arandia-embassy as dip.agent in the capacity main
2025-07-24T16:00 America/Chicago member/quin reassigned to garanda-chicago as con.officer in the capacity main
2024-09-01 member/kit changed category to dip.at in the capacity second
2025-03-01 member/jo has the status lpr
2025-05-20 member/ike is a national of cordania, delmark
2024-06-01 member/gil is hired locally
2024-06-01 member/fay carries on no gainful private work
2025-09-01 member/lou is a full-time student
2025-09-01 member/lou has personal data recorded
2025-06-01T00:00 America/New_York member/ana ended functions in the capacity main with 45 days to leave (end of tour)
2025-06-10 member/ana has until 2025-08-01 to leave
2025-06-20T21:35:00Z member/ana departed for good
2025-01-09 member/cy died
2025-07-24T16:00 America/Chicago member/ray declared not acceptable with 48 hours to leave
2024-02-01 member/hal joined the household of ana as spouse
2025-03-15 member/hal left the household (moved out)
2025-02-03T18:20:00.5Z member/max delivered the bag
2025-05-01 member/nan visits garanda-embassy until 2025-05-15
2024-02-15 card/id-1001 issued to hal as identity card until 2026-02-15
2025-03-20 card/id-1001 recalled (issued by mistake)
2025-03-28 card/id-1001 returned
2024-02-01 member/hal has a visa of class a1 until 2029-02-01
2024-07-01 mission/arandia-embassy granted property.lease until 2025-07-01
2025-02-01 member/bo restricted to notification for travel.move until 2025-08-01
2025-04-01 member/bo has a restriction lifted
2025-01-15 mission/arandia-embassy revoked property.lease (works finished)
2025-05-01 member/bo has privileges reinstated
2025-01-12 member/ana waiver of imm.criminal, imm.arrest requested in case-25-118 for jurisdiction
2025-03-10 member/ana waiver of imm.criminal, imm.arrest given by the state in case-25-118 for jurisdiction
2025-02-01 member/ana waiver refused in case-25-007 for execution
2024-02-20 vehicle/arandia-car-1 recorded as car of bo (leased)
2025-08-01 vehicle/arandia-car-1 transferred to arandia-embassy
2026-03-01 vehicle/arandia-car-1 disposed of (exported)
2024-03-05 vehicle/arandia-car-1 registered with the plate ***42 until 2025-03-05
2025-07-01 vehicle/arandia-car-1 has its plates recalled (insurance lapsed)
2025-07-09T10:15 America/New_York vehicle/arandia-car-1 has its plates surrendered
2024-03-01 vehicle/arandia-car-1 insured for $300,000.00 combined, $100,000.00 per person, $300,000.00 per accident, $100,000.00 for property by Meridian Mutual until 2025-03-01
2025-06-25 vehicle/arandia-car-1 insurance lapsed (the premium was not paid)
2024-03-01 vehicle/arandia-car-1 has a lien of First Bank of Washington
2025-02-01 vehicle/arandia-car-1 has a lien released
2024-05-02 vehicle/arandia-car-1 got a parking ticket in dc no. DC-4711
2025-06-05 vehicle/arandia-car-1 has a ticket cleared (paid)
2025-03-08T22:40 America/New_York member/bo committed traffic.must_appear (4 points) with arandia-car-1 in case-25-131
2025-06-30 member/bo has a violation dismissed (the court dismissed the charge)
2025-05-15 member/bo assessed 4 points
2025-06-20 member/bo has the license suspended for 90 days (twelve points in two years)
2025-06-20 member/cy has the license revoked (habitual violator)
2025-08-01 member/bo has the license reinstated
2025-06-01 vehicle/arandia-car-1 has registration withheld (a ticket unpaid for more than a year)
2025-06-06 vehicle/arandia-car-1 has registration released
2025-06-02 mission/arandia-embassy owes a fee of $50.00 (replacement of a plate)
2025-07-15 mission/borvia-embassy owes a surcharge of $125,000.50 (a judgment against an uninsured member left unpaid)
2025-04-11 member/cy owes duty of $840.00 (goods sold that were let in free of duty)
2025-06-20 mission/arandia-embassy settled a charge (paid)
2025-06-20 member/bo has license.suspended imposed (twelve points in two years)
2025-10-01 member/eli has the exequatur withdrawn with 10 days to leave
2025-10-02 member/cy barred from visas (departure was required)
2025-10-02 member/cy has a warrant in case-25-140 for crime.felony
2025-10-03 state/borvia is the subject of note 25-1187 on unpaid judgments
2025-03-01 request/arandia-lease-1 filed by arandia-embassy as property on arandia-annex about property.lease from 2025-06-01 until 2025-12-01
2025-03-04 request/arandia-lease-1 acknowledged with 30 days
2025-03-20 request/arandia-lease-1 approved on terms: no commercial use; works end by 18:00 until 2026-03-01
2025-04-10 request/arandia-lease-2 disapproved (no equivalent treatment)
2025-04-12 request/arandia-lease-3 withdrawn (another house was found)
2024-02-10 member/bo used customs.personal for 2 containers household effects worth $18,500.00 on shipment-7 as first installation
2025-01-02 rate/eur is worth 1.0842 dollars (table of 2 January 2025)
2020-03-01 property/arandia-chancery recorded as owned chancery of arandia-embassy (in part commercial)
2025-06-01 property/arandia-annex used as residence (in part commercial)
2025-07-24T16:00 America/Chicago property/garanda-houston-post has its use forgone (the post is closed)
2026-02-01 property/garanda-houston-post has its use restored
2025-07-24 property/garanda-houston-post ordered to be parted with by 2026-01-24 (beyond what we may have there)
2026-01-10 property/garanda-houston-post disposed of (sold)
2025-07-25 mission/garanda-houston has its property in custody of the embassy of Cordania
2025-09-15 member/ana under a threat assessed as elevated until 2025-12-15
2025-09-18 property/arandia-chancery protected by uniformed_division until 2025-10-01
2025-09-25 property/arandia-chancery has a protection ended
2025-09-16 mission/arandia-embassy had outreach on security: briefing
2024-02-10 member/ana sources differ on the day on which functions began: 1 January: note 12/2024; 8 January: diplomatic list of spring 2024; taken: 1 January, since the note is the notification
2024-01-01 member/ana event retracted (entered for the wrong person)
2024-01-15 member/ana event corrected: accredited at arandia-embassy as dip.at (entered wrongly)
`), strings.Join(got, "\n"))
}

// Plates are shown whole only to those who may see restricted data, in a
// correction too.
func TestDescribePlates(t *testing.T) {
	registered := domaintest.Event("vehicle/car-1", "2024-03-05", domain.VehicleRegistered{Plate: "D TT 0042"})
	corrected := domaintest.Corrected(registered, "2024-03-05", domain.VehicleRegistered{Plate: "D TT 0043"})
	for e, want := range map[*domain.Envelope][2]string{&registered: {"***42", "D TT 0042"}, &corrected: {"***43", "D TT 0043"}} {
		assert.Contains(t, codec.Describe(*e), want[0])
		assert.NotContains(t, codec.Describe(*e), want[1])
		assert.Contains(t, codec.DescribeRestricted(*e), want[1])
	}
	assert.Equal(t, domain.VehicleRegistered{Plate: "D TT 0042"}, registered.Event, "nothing else changes")
	for plate, want := range map[string]string{"": "", "7": "***", "41": "***", "S41": "***41", "DÄÖ": "***ÄÖ"} {
		assert.Equal(t, want, domain.MaskedPlate(plate))
	}
}
