package generate

import (
	"fmt"
	"strings"

	"github.com/comity-project/comity/domain"
)

// mostAtOnce is how many events one story, or one thing that follows from it, has
// at most.
const mostAtOnce = 4

// tellings are the stories, by how often they come up. One that finds nobody to
// be about returns false.
var tellings = []lot[func(*telling) bool]{
	{46, (*telling).use},
	{9, (*telling).useByMission},
	{5, (*telling).buyCar},
	{14, (*telling).park},
	{4, (*telling).violate},
	{6, (*telling).file},
	{6, (*telling).issueCard},
	{2, (*telling).changePerson},
	{2, (*telling).decideOne},
	{1, (*telling).charge},
	{1, (*telling).protect},
	{1, (*telling).sendNote},
	{3, (*telling).reviseOne},
}

// tellStory records one story. What always finds somebody, and has one event, is
// how the last ones are made.
func (t *telling) tellStory() {
	if t.left() >= mostAtOnce && draw(t.dice, tellings)(t) {
		return
	}
	if t.left() < mostAtOnce && t.use() {
		return
	}
	t.useByMission()
}

// serves reports whether somebody serves, and is nobody's relative.
func serves(_ int32, p *person) bool { return p.sponsor == nobody }

// grown reports whether somebody is of age today.
func (t *telling) grown(_ int32, p *person) bool { return int(p.birth)+18*366 < t.today }

// use makes use of a privilege.
func (t *telling) use() bool {
	n, found := t.somebody(t.grown)
	if !found {
		return false
	}
	day := t.since(n, 25)
	e := t.about(member(n), day, t.purchase(n, day))
	e.Effective = t.days.on(t.where(n), day)
	t.mayRevise(t.story(e), e)
	return true
}

func (t *telling) purchase(n int32, day int) domain.BenefitUsed {
	d := t.dice
	cents := func(least, most int) domain.Cents { return domain.Cents(d.between(least, most)) }
	switch draw(d, []lot[int]{{45, 0}, {25, 1}, {8, 2}, {10, 3}, {5, 4}, {4, 5}, {3, 6}}) {
	case 0:
		return domain.BenefitUsed{Privilege: "tax.sales", Goods: pick(d, []string{"clothing", "electronics", "furniture", "groceries", "household goods"}), Amount: cents(900, 250_000)}
	case 1:
		return domain.BenefitUsed{Privilege: "tax.meals", Amount: cents(1_500, 60_000)}
	case 2:
		return domain.BenefitUsed{Privilege: "tax.lodging", Quantity: d.between(1, 6), Unit: "nights", Amount: cents(9_000, 200_000)}
	case 3:
		return domain.BenefitUsed{Privilege: "tax.fuel", Quantity: d.between(5, 25), Unit: "gallons", Amount: cents(1_500, 10_000)}
	case 4:
		bought := domain.BenefitUsed{Privilege: "customs.warehouse", Goods: pick(d, []string{"wine", "spirits", "tobacco"}), Quantity: d.between(1, 24), Unit: "bottles", Amount: cents(2_000, 90_000)}
		if bought.Goods == "tobacco" {
			bought.Unit = "cartons"
		}
		return bought
	case 5:
		first := day-int(t.people[n].arrives) < 180
		return domain.BenefitUsed{Privilege: "customs.personal", Goods: "household effects", Quantity: d.between(1, 2), Unit: "containers", FirstInstallation: first}
	default:
		return domain.BenefitUsed{Privilege: "acquire.goods", Goods: pick(d, []string{"membership goods", "office supplies"}), Amount: cents(1_000, 120_000)}
	}
}

// useByMission makes use of a privilege of a mission.
func (t *telling) useByMission() bool {
	m := t.openMission()
	d := t.dice
	used := domain.BenefitUsed{Privilege: draw(d, []lot[domain.Privilege]{{45, "tax.sales"}, {30, "tax.utility"}, {15, "tax.lodging"}, {10, "customs.official"}}), Amount: domain.Cents(d.between(2_000, 900_000))}
	t.story(t.about(domain.Mission(m.id), t.today-d.below(20), used))
	return true
}

// openMission throws a mission that is entered by today; there is one on any day.
func (t *telling) openMission() *mission {
	for {
		if m := &t.missions[t.dice.below(len(t.missions))]; m.opens < t.today || m.opens == 0 {
			return m
		}
	}
}

// issueCard gives somebody a card they have not.
func (t *telling) issueCard() bool {
	kind, bit := domain.CardKind("identity"), hasIdentity
	switch t.dice.below(4) {
	case 0:
		kind, bit = "tax_personal", hasTaxCard
	case 1:
		kind, bit = "license", hasLicense
	}
	n, found := t.somebody(func(n int32, p *person) bool { return t.marks[n]&bit == 0 && t.grown(n, p) })
	if !found {
		return false
	}
	t.marks[n] |= bit
	card := domain.CardIssued{Holder: memberID(n), Kind: kind, Until: t.until(t.today, 48)}
	switch kind {
	case "identity":
		card.Border = border(t.people[n].rank)
	case "tax_personal":
		card.Design = pick(t.dice, []domain.CardDesign{"eagle", "eagle", "deer"})
	default:
		// a license has neither
	}
	t.numbers.card++
	subject := domain.Of(domain.KindCard, fmt.Sprintf("c-%d", t.numbers.card))
	t.story(t.about(subject, t.today, card))
	if leaves := int(t.people[n].leaves); leaves < t.days.count && t.dice.chance(70) {
		t.later(max(leaves-t.today, 1)+t.dice.below(40), func() { t.story(t.about(subject, t.today-1, domain.CardReturned{})) })
	} else if t.dice.chance(3) {
		t.later(t.dice.between(30, 700), func() {
			t.story(t.about(subject, t.today, domain.CardRecalled{Reason: "reported lost"}))
		})
	}
	return true
}

// border is the border of an identity card for a category.
func border(c domain.Category) string {
	switch {
	case c == "dip.agent" || c == "iom.diplomatic":
		return "blue"
	case strings.HasPrefix(string(c), "con.") || strings.HasPrefix(string(c), "teco."):
		return "red"
	default:
		return "green"
	}
}

// changePerson changes what somebody is, beside what they serve as.
func (t *telling) changePerson() bool {
	n, found := t.somebody(t.grown)
	if !found {
		return false
	}
	var event domain.Event
	switch d := t.dice; d.below(5) {
	case 0:
		event = domain.StatusChanged{Status: draw(d, []lot[domain.Status]{{60, "lpr"}, {20, "none"}, {10, "us_national"}, {10, "permanently_resident"}})}
	case 1:
		other := &t.states[d.below(len(t.states))]
		own := &t.states[t.missions[t.posts[n]].state]
		if other.entity || own.entity {
			return false
		}
		event = domain.NationalityChanged{Nationalities: []domain.StateID{own.id, other.id}}
	case 2:
		event = domain.LocalHireChanged{LocalHire: d.chance(70)}
	case 3:
		event = domain.PrivateWorkChanged{PrivateWork: d.chance(70)}
	default:
		event = domain.BirthRecorded{Personal: t.personal(n)}
	}
	t.story(t.about(member(n), t.since(n, 60), event))
	return true
}

// sendNote notes that a note was sent, or a visit made.
func (t *telling) sendNote() bool {
	m := t.openMission()
	if t.dice.chance(30) {
		e := t.about(domain.Mission(m.id), t.today-t.dice.below(6), domain.OutreachRecorded{Kind: pick(t.dice, []domain.OutreachKind{"visit", "briefing", "exercise"})})
		t.mayRevise(t.story(e), e)
		return true
	}
	t.numbers.note++
	subject := domain.Mission(m.id)
	if t.dice.chance(40) {
		subject = domain.State(t.states[m.state].id)
	}
	e := t.about(subject, t.today, domain.NoteSent{Number: fmt.Sprintf("%02d-%d", t.days.date(t.today).Year%100, t.numbers.note), Subject: pick(t.dice, []string{"unpaid tickets", "returns of cards", "notices of arrival", "insurance"})})
	t.mayRevise(t.story(e), e)
	return true
}

func upper(code string) string { return strings.ToUpper(code) }
