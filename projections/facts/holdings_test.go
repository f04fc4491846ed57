package facts_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/comity-project/comity/domain"
)

// What a member has at a time: each card with its own state, and the vehicles that
// are theirs then.
func TestHoldings(t *testing.T) {
	s := office()
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
	card := func(id domain.CardID, at string, e domain.Event) { s.tell(domain.Of(domain.KindCard, id), at, e) }
	car := func(at string, e domain.Event) { s.tell(domain.Of(domain.KindVehicle, domain.VehicleID("car")), at, e) }
	card("t1", "2024-02-01", domain.CardIssued{Holder: "ana", Kind: "tax", Until: when("2024-06-01")})
	card("t2", "2024-03-01", domain.CardIssued{Mission: "embassy", Kind: "tax_mission"})
	card("t3", "2024-03-01", domain.CardIssued{Holder: "ana", Kind: "identity"})
	card("t3", "2024-05-01", domain.CardReturned{})
	car("2024-02-01", domain.VehicleRecorded{Kind: "car", Owner: "ana"})
	car("2024-02-02", domain.VehicleRegistered{Plate: "S XX 0041", Until: when("2024-08-01")})
	car("2024-02-02", domain.InsuranceRecorded{Combined: 30_000_000, Until: when("2024-07-01")})
	car("2024-03-01", domain.TicketIssued{Place: "nyc"})
	car("2024-08-01", domain.VehicleRegistered{Until: when("2025-08-01")})
	car("2024-09-01", domain.VehicleTransferred{OwnerMission: "embassy"})
	v := s.view(t)

	ana, embassy := domain.Member("ana"), domain.Mission("embassy")
	cards := func(of domain.Subject, text string) []string {
		var out []string
		for _, c := range v.CardsOf(of, at(text)) {
			out = append(out, fmt.Sprintf("%s %s %s", c.ID, c.State, c.Issued.Date))
		}
		return out
	}
	assert.Empty(t, cards(ana, "2024-01-31"))
	assert.Equal(t, []string{"t1 held 2024-02-01", "t3 held 2024-03-01"}, cards(ana, "2024-04-01"))
	assert.Equal(t, []string{"t1 expired 2024-02-01", "t3 returned 2024-03-01"}, cards(ana, "2024-06-01"))
	assert.Equal(t, []string{"t2 held 2024-03-01"}, cards(embassy, "2024-06-01"))

	vehicles := func(of domain.Subject, text string) []string {
		var out []string
		for _, c := range v.VehiclesOf(of, at(text), sources) {
			out = append(out, fmt.Sprintf("%s %s %s %t %s %s %d %d", c.ID, c.Plate, c.Plates, c.Registered, c.Until.Date, c.Insurance, c.Tickets, c.Overdue))
		}
		return out
	}
	assert.Equal(t, []string{"car  none false no date none 0 0"}, vehicles(ana, "2024-02-01"))
	assert.Equal(t, []string{"car S XX 0041 held true 2024-08-01 in_force 1 1"}, vehicles(ana, "2024-06-30"))
	assert.Equal(t, []string{"car S XX 0041 held true 2025-08-01 lapsed 1 1"}, vehicles(ana, "2024-08-01"))
	assert.Empty(t, vehicles(ana, "2024-09-01"))
	assert.Len(t, vehicles(embassy, "2024-09-01"), 1)
}
