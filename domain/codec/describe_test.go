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
2024-07-01 mission/arandia-embassy granted property.lease until 2025-07-01
2025-02-01 member/bo restricted to notification for travel.move until 2025-08-01
2025-04-01 member/bo has a restriction lifted
2025-01-15 mission/arandia-embassy revoked property.lease (works finished)
2025-05-01 member/bo has privileges reinstated
2025-01-12 member/ana waiver of imm.criminal, imm.arrest requested in case-25-118 for jurisdiction
2025-03-10 member/ana waiver of imm.criminal, imm.arrest given by the state in case-25-118 for jurisdiction
2025-02-01 member/ana waiver refused in case-25-007 for execution
2024-01-01 member/ana event retracted (entered for the wrong person)
2024-01-15 member/ana event corrected: accredited at arandia-embassy as dip.at (entered wrongly)
`), strings.Join(got, "\n"))
}
