package generate

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

// violate records that somebody with a license broke a rule of the road, or
// another, and what follows from it.
func (t *telling) violate() bool {
	d := t.dice
	n, found := t.somebody(func(n int32, p *person) bool { return t.marks[n]&(hasLicense|hasCar) != 0 })
	if !found {
		return false
	}
	v := domain.ViolationRecorded{Citation: fmt.Sprintf("%s %d-%03d", pick(d, []string{"MD", "VA", "DC", "NY"}), d.between(10, 99), d.below(1000))}
	v.Offence = draw(d, []lot[domain.Offence]{{60, "traffic.prepayable"}, {25, "traffic.must_appear"}, {6, "traffic.dui"}, {3, "insurance.lapse"}, {2, "plates.misuse"}, {2, "card.misuse"}, {2, "travel.unauthorized"}})
	switch v.Offence {
	case "traffic.prepayable":
		v.Points = d.between(0, 2)
	case "traffic.must_appear":
		v.Points = d.between(2, 4)
	}
	if v.Offence == "traffic.dui" || v.Offence == "traffic.must_appear" {
		t.numbers.matter++
		v.Matter = domain.MatterID(fmt.Sprintf("case-%d", t.numbers.matter))
	}
	e := t.about(member(n), t.since(n, 40), v)
	e.Effective = t.days.on(t.where(n), e.Effective.Date.DaysSince(t.days.first))
	id := t.story(e)
	switch {
	case d.chance(8):
		t.later(d.between(20, 200), func() {
			t.story(aimed(t.about(member(n), t.today, domain.ViolationDismissed{Reason: "the court dismissed the charge"}), id))
		})
	case v.Offence == "traffic.dui":
		t.later(1, func() { t.askWaiver(n, v.Matter, id) })
	case v.Offence == "traffic.must_appear" && d.chance(50):
		t.later(d.between(20, 90), func() { t.decide(n, id, "note.sent", "declined") })
	}
	return true
}

// aimed gives an event its target.
func aimed(e domain.Envelope, target domain.EventID) domain.Envelope {
	e.Target = target
	return e
}

// decide records what became of a proposed consequence.
func (t *telling) decide(n int32, violation domain.EventID, c domain.Consequence, how domain.Decided) {
	t.story(aimed(t.ordered("determination", member(n), t.today, domain.ConsequenceDecided{Consequence: c, Decided: how}), violation))
}

// askWaiver asks the sending State to waive immunity for a drive under the influence.
func (t *telling) askWaiver(n int32, matter domain.MatterID, violation domain.EventID) {
	immunities := []domain.Privilege{"imm.criminal", "imm.arrest"}
	t.story(t.about(member(n), t.today, domain.WaiverRequested{Matter: matter, Immunities: immunities}))
	t.later(t.dice.between(10, 120), func() {
		if t.dice.chance(35) {
			t.story(t.ordered("note", member(n), t.today-2, domain.WaiverGranted{Matter: matter, Immunities: immunities, By: "state"}))
			return
		}
		t.story(
			t.about(member(n), t.today-2, domain.WaiverRefused{Matter: matter, Immunities: immunities}),
			aimed(t.about(member(n), t.today, domain.PointsAssessed{Points: 8}), violation),
			aimed(t.ordered("determination", member(n), t.today, domain.ConsequenceDecided{Consequence: "license.suspended", Decided: domain.Imposed}), violation),
		)
		t.later(1, func() { t.suspend(n, violation) })
	})
}

// suspend takes a license for a term, or for good, and may give it back.
func (t *telling) suspend(n int32, violation domain.EventID) {
	var taken domain.Event = domain.LicenseSuspended{Term: domain.Term{Months: pick(t.dice, []int{3, 6, 12})}, Reason: "driving under the influence"}
	if t.dice.chance(10) {
		taken = domain.LicenseRevoked{Reason: "habitual violator"}
	}
	id := t.story(aimed(t.ordered("determination", member(n), t.today, taken), violation))
	if t.dice.chance(30) {
		t.later(t.dice.between(30, 80), func() {
			t.story(aimed(t.ordered("determination", member(n), t.today, domain.LicenseReinstated{}), id))
		})
	}
}

// charge charges a member a fee or duty, or a mission a surcharge.
func (t *telling) charge() bool {
	d := t.dice
	subject := domain.Mission(t.openMission().id)
	var event domain.Event = domain.FeeImposed{Amount: domain.Cents(d.between(10, 120) * 500), Reason: "replacement of a plate"}
	switch d.below(8) {
	case 0:
		event = domain.SurchargeImposed{Amount: domain.Cents(d.between(1_000_00, 90_000_00)), Reason: "a judgment left unpaid"}
	case 1, 2:
		if n, found := t.somebody(serves); found {
			subject, event = member(n), domain.DutyAssessed{Amount: domain.Cents(d.between(50_00, 4_000_00)), Reason: "goods sold that were let in free of duty"}
		}
	}
	id := t.story(t.ordered("determination", subject, t.today, event))
	if d.chance(75) {
		t.later(d.between(5, 150), func() {
			t.story(aimed(t.about(subject, t.today-1, domain.ChargeSettled{Reason: "paid"}), id))
		})
	}
	return true
}

// decideOne grants or restricts something individually, and ends it again.
func (t *telling) decideOne() bool {
	d := t.dice
	n, found := t.somebody(serves)
	if !found {
		return false
	}
	subject := member(n)
	if d.chance(45) {
		granted := domain.PrivilegeGranted{Privileges: []domain.Privilege{pick(d, []domain.Privilege{"tax.fuel", "customs.warehouse", "staff.domestic"})}, Until: t.until(t.today, d.between(6, 24)), Reason: "courtesy"}
		id := t.story(t.ordered("note", subject, t.today, granted))
		if d.chance(20) {
			t.later(d.between(30, 150), func() {
				t.story(aimed(t.ordered("note", subject, t.today, domain.PrivilegeRevoked{Reason: "no longer needed"}), id))
			})
		}
		return true
	}
	privilege := pick(d, []domain.Privilege{"staff.domestic", "customs.warehouse", "dmv.registration", "travel.engage", "acquire.goods"})
	restricted := domain.PrivilegeRestricted{Privileges: []domain.Privilege{privilege}, Reason: "misuse"}
	if d.chance(60) {
		restricted.Until = t.until(t.today, d.between(3, 24))
	}
	id := t.story(t.ordered("order", subject, t.today, restricted))
	if d.chance(40) {
		t.later(d.between(20, 80), func() {
			var end domain.Event = domain.RestrictionLifted{}
			if t.dice.chance(30) {
				end = domain.PrivilegeReinstated{}
			}
			t.story(aimed(t.ordered("order", subject, t.today, end), id))
		})
	}
	return true
}

// protect assesses a threat and answers it, which nothing else may be read from.
func (t *telling) protect() bool {
	d := t.dice
	subject := domain.Mission(t.openMission().id)
	if d.chance(40) {
		if n, found := t.somebody(serves); found {
			subject = member(n)
		}
	}
	ground := pick(d, []string{"threats received by letter", "a demonstration is announced", "an event abroad", "a visit at high level"})
	level := draw(d, []lot[domain.ThreatLevel]{{40, "low"}, {30, "moderate"}, {20, "elevated"}, {8, "high"}, {2, "critical"}})
	t.story(t.ordered("assessment", subject, t.today, domain.ThreatAssessed{Level: level, Ground: ground, Until: t.until(t.today, d.between(1, 12))}))
	if level == "low" {
		return true
	}
	t.later(1, func() {
		kind := pick(t.dice, []domain.ProtectionKind{"police_coverage", "uniformed_division", "extraordinary", "sensitive_location"})
		id := t.story(t.ordered("assessment", subject, t.today, domain.ProtectionAssigned{Kind: kind, Ground: ground}))
		t.later(t.dice.between(7, 180), func() {
			t.story(aimed(t.about(subject, t.today, domain.ProtectionEnded{}), id))
		})
	})
	return true
}
