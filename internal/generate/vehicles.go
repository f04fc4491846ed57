package generate

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

// A vehicle is on the road.
type vehicle struct {
	number int
	owner  int32
	place  domain.TicketPlace // where it gets tickets; nowhere if empty
}

func vehicleID(number int) domain.VehicleID { return domain.VehicleID(fmt.Sprintf("v-%d", number)) }

func vehicleOf(number int) domain.Subject { return domain.Of(domain.KindVehicle, vehicleID(number)) }

// buyCar enters a vehicle, insures and registers it, and renews both every year.
func (t *telling) buyCar() bool {
	n, found := t.somebody(func(n int32, p *person) bool { return t.marks[n]&hasCars == 0 && serves(n, p) })
	if !found {
		return false
	}
	if t.marks[n] |= hasCar; t.dice.chance(60) {
		t.marks[n] |= hasCars // that is enough
	}
	t.numbers.vehicle++
	v := vehicle{number: t.numbers.vehicle, owner: n}
	switch t.missions[t.posts[n]].city {
	case washington.name:
		v.place = "dc"
	case newYork.name:
		v.place = "nyc"
	}
	subject, d := vehicleOf(v.number), t.dice
	kind := draw(d, []lot[domain.VehicleKind]{{92, "car"}, {6, "motorcycle"}, {2, "trailer"}})
	day := t.since(n, 10)
	year := t.days.date(t.today).Year - d.below(6)
	t.story(
		t.about(subject, day, domain.VehicleRecorded{Kind: kind, Owner: memberID(n), Leased: d.chance(20), Description: fmt.Sprintf("%s, %d", pick(d, designs), year)}),
		t.about(subject, day, t.insurance(day)),
		t.about(subject, t.today, domain.VehicleRegistered{Plate: fmt.Sprintf("D %05d", v.number), Until: t.until(t.today, 12)}),
	)
	t.spots = append(t.spots, int32(len(t.vehicles)))
	t.vehicles = append(t.vehicles, v)
	t.later(d.between(350, 368), func() { t.renew(v) })
	return true
}

func (t *telling) insurance(day int) domain.InsuranceRecorded {
	i := domain.InsuranceRecorded{Combined: 30_000_000, Insurer: pick(t.dice, insurers), Until: t.until(day, 12)}
	switch {
	case t.dice.chance(20):
		i.Combined, i.PerPerson, i.PerAccident, i.Property = 0, 10_000_000, 30_000_000, 10_000_000
	case t.dice.chance(2): // too little
		i.Combined = 10_000_000
	}
	return i
}

// renew renews the insurance and the registration of a vehicle, if all goes well.
func (t *telling) renew(v vehicle) {
	subject, d := vehicleOf(v.number), t.dice
	if t.place[v.owner] == nobody { // the owner has gone
		t.sell(v)
		return
	}
	if d.chance(4) {
		t.story(t.about(subject, t.today-d.below(20), domain.InsuranceLapsed{Reason: "the premium was not paid"}))
		t.later(d.between(10, 40), func() { t.afterLapse(v) })
		return
	}
	t.story(
		t.about(subject, t.today, t.insurance(t.today)),
		t.about(subject, t.today, domain.VehicleRegistered{Plate: fmt.Sprintf("D %05d", v.number), Until: t.until(t.today, 12)}),
	)
	t.later(d.between(350, 368), func() { t.renew(v) })
}

func (t *telling) afterLapse(v vehicle) {
	subject := vehicleOf(v.number)
	if t.dice.chance(80) {
		t.story(t.about(subject, t.today, t.insurance(t.today)))
		t.later(t.dice.between(300, 340), func() { t.renew(v) })
		return
	}
	t.story(t.about(subject, t.today, domain.PlatesRecalled{Reason: "insurance lapsed"}))
	t.later(t.dice.between(5, 40), func() {
		t.story(t.about(subject, t.today, domain.PlatesSurrendered{}))
	})
}

// sell hands a vehicle on to somebody else, or takes it out.
func (t *telling) sell(v vehicle) {
	subject := vehicleOf(v.number)
	to, found := t.somebody(serves)
	if !found || t.dice.chance(60) {
		t.drop(v.number)
		t.story(
			t.about(subject, t.today-t.dice.below(20), domain.PlatesSurrendered{}),
			t.about(subject, t.today, domain.VehicleDisposed{Reason: pick(t.dice, []string{"exported", "sold", "scrapped"})}),
		)
		return
	}
	v.owner = to
	t.vehicles[t.spots[v.number-1]] = v
	t.story(t.about(subject, t.today, domain.VehicleTransferred{Owner: memberID(to)}), t.about(subject, t.today, t.insurance(t.today)))
	t.later(t.dice.between(350, 368), func() { t.renew(v) })
}

// drop takes a vehicle off the road.
func (t *telling) drop(number int) {
	at, last := t.spots[number-1], len(t.vehicles)-1
	t.vehicles[at] = t.vehicles[last]
	t.spots[t.vehicles[at].number-1] = at
	t.vehicles = t.vehicles[:last]
}

// park gets a vehicle a ticket in Washington or New York. Most are cleared.
func (t *telling) park() bool {
	if len(t.vehicles) == 0 {
		return false
	}
	v := pick(t.dice, t.vehicles)
	if v.place == "" {
		return false
	}
	subject, d := vehicleOf(v.number), t.dice
	day := t.since(v.owner, 20)
	number := fmt.Sprintf("%s-%d", upper(string(v.place)), d.between(100_000, 999_999))
	id := t.story(t.about(subject, day, domain.TicketIssued{Place: v.place, Number: number}))
	if d.chance(82) {
		after := d.between(5, 120)
		if d.chance(12) {
			after = d.between(120, 900)
		}
		t.later(after, func() {
			e := t.about(subject, t.today-1, domain.TicketCleared{Reason: pick(t.dice, []string{"paid", "paid", "dismissed", "adjudicated"})})
			e.Target = id
			t.story(e)
		})
	} else if d.chance(20) {
		t.later(d.between(300, 500), func() { t.withhold(subject, id) })
	}
	return true
}

// withhold keeps a vehicle from registration for an old ticket, and releases it
// when that is paid.
func (t *telling) withhold(subject domain.Subject, ticket domain.EventID) {
	id := t.story(t.ordered("note", subject, t.today, domain.RegistrationWithheld{Reason: "a ticket unpaid for more than a year"}))
	t.later(t.dice.between(10, 200), func() {
		cleared := t.about(subject, t.today-1, domain.TicketCleared{Reason: "paid"})
		cleared.Target = ticket
		released := t.ordered("note", subject, t.today, domain.RegistrationReleased{})
		released.Target = id
		t.story(cleared, released)
	})
}
